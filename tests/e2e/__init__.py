"""A whole referendum, from outside: the parties as processes, the voter in a browser."""
