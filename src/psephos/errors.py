"""Everything that can go wrong, by who is at fault.

    PsephosError
    ├── MalformedError          malformed        bytes we refuse to read
    ├── RuleError               rule             well-formed, but against the election's rules
    │   ├── OutOfTurnError      out-of-turn      a step before or after its time
    │   ├── InvalidProofError   invalid-proof    a proof or signature does not hold
    │   ├── MismatchError       mismatch         two things that must be equal are not
    │   └── RefusedError        refused          a party declines to act, and says who can change that
    ├── BoardError              board            the log, or a witness of it, breaks its promise
    │   ├── SplitViewError      split-view       two signed views that cannot both be true: fit to publish
    │   └── QuorumError         quorum-not-met   fewer observers have cosigned than the policy asks for
    ├── UnsupportedError        unsupported      well-formed, and Psephos cannot check it yet
    └── UnavailableError        unavailable      nothing was proved; retrying may help

A message says what, where and what to do. It never contains a secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class PsephosError(Exception):
    """Base of all errors that a user may see.

    Attributes:
        code: Stable name of the kind of error, for programs and documentation.
        at: Where it went wrong: a JSON pointer, a file, a row; empty if there is no narrower place.
        culprit: The party whose message is at fault; empty if that is not known.
        hint: What the reader can do next; empty if the message says it all.
    """

    code = "error"

    def __init__(self, message: str, *, at: str = "", culprit: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.culprit = culprit
        self.hint = hint

    def __str__(self) -> str:
        place = f" (at {self.at})" if self.at else ""
        party = f" [{self.culprit}]" if self.culprit else ""
        return f"{self.message}{place}{party}"


class MalformedError(PsephosError):
    """Bytes that we refuse to read: not the one encoding of anything."""

    code = "malformed"


class RuleError(PsephosError):
    """Well-formed, but against the election's rules."""

    code = "rule"


class OutOfTurnError(RuleError):
    """A step taken before or after its time."""

    code = "out-of-turn"


class InvalidProofError(RuleError):
    """A proof or a signature does not hold."""

    code = "invalid-proof"


class MismatchError(RuleError):
    """Two values that must be equal are not."""

    code = "mismatch"


class RefusedError(RuleError):
    """A party declines to act; the hint says who can change that."""

    code = "refused"


class BoardError(PsephosError):
    """The log, or a witness of it, breaks its promise."""

    code = "board"


class SplitViewError(BoardError):
    """Two views signed by one key that cannot both be true.

    Attributes:
        ours: The signed bytes that we hold.
        theirs: The signed bytes that contradict them.
    """

    code = "split-view"

    def __init__(
        self, message: str, *, ours: bytes, theirs: bytes, at: str = "", culprit: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, at=at, culprit=culprit, hint=hint)
        self.ours = ours
        self.theirs = theirs


class QuorumError(BoardError):
    """Fewer observers have cosigned than the policy asks for.

    Attributes:
        have: How many members of the policy's quorum have cosigned.
        need: How many of them must.
    """

    code = "quorum-not-met"

    def __init__(self, message: str, *, have: int, need: int, at: str = "", culprit: str = "", hint: str = "") -> None:
        super().__init__(message, at=at, culprit=culprit, hint=hint)
        self.have = have
        self.need = need


class UnsupportedError(PsephosError):
    """Well-formed, and Psephos cannot check it yet: never the same as valid."""

    code = "unsupported"


class UnavailableError(PsephosError):
    """Nothing was proved: a file or a service could not be reached; retrying may help."""

    code = "unavailable"


@contextmanager
def blaming(culprit: str) -> Iterator[None]:
    """Name the party whose message is read here, in every error that names nobody yet."""
    try:
        yield
    except PsephosError as error:
        error.culprit = error.culprit or culprit
        raise
