"""Who: each party as functions over values. No files, no clock; randomness is an argument. Parties share no code."""
