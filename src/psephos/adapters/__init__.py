"""The real world behind the ports: clock, randomness, files, age."""
