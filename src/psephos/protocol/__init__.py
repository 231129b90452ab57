"""What is right: the Belenios protocol, version 1, in the order of an election. Pure."""
