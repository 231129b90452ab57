"""What the bytes mean: archives, entries, their order, the charter. Pure."""
