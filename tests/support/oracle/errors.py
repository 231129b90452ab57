"""The two ways in which the oracle declines."""


class RefusedError(ValueError):
    """What was read breaks a rule of the protocol; the message names the rule."""


class UnsupportedError(RefusedError):
    """What was read may be right, but the oracle does not implement it (it never accepts it)."""
