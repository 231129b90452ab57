"""Why an entry of the board has no effect: the numbered rules, and the verdict on one entry.

An entry that breaks a rule stays in the log, is listed with its reason, and changes nothing (design D3). The rules need
only the log and its blobs, so that everybody who has them comes to the same verdicts, at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from psephos.errors import PsephosError, UnavailableError
from psephos.record.derivation import Derived


class Reason(StrEnum):
    """Which rule an entry breaks."""

    MALFORMED = "malformed"
    UNKNOWN_KIND = "unknown-kind"
    CHARTER = "charter"
    OUT_OF_TURN = "out-of-turn"
    UNSIGNED = "unsigned"
    SETUP = "setup"
    ACCEPTANCE = "acceptance"
    BALLOT = "ballot"
    DUPLICATE = "duplicate"
    CLOSING = "closing"
    TALLY = "tally"
    DECRYPTION = "decryption"
    RESULT = "result"
    STATEMENT = "statement"
    SUCCESSION = "succession"
    WITHOUT_QUORUM = "without-quorum"
    REGIONS = "regions"
    REGIONAL_TALLY = "regional-tally"
    REGIONAL_DECRYPTION = "regional-decryption"
    REGIONAL_RESULT = "regional-result"
    DEFINITION = "definition"
    ADDENDUM = "addendum"
    BOOTH = "booth"


@dataclass(frozen=True)
class Rule:
    """A numbered rule.

    Attributes:
        id: Its number.
        reason: The reason of those that break it.
        text: What must hold for an entry to have effect.
    """

    id: str
    reason: Reason
    text: str


RULES = (
    Rule("E1", Reason.MALFORMED, "an entry has its one form"),
    Rule("E2", Reason.UNKNOWN_KIND, "an entry is of a kind and version of this list"),
    Rule("E3", Reason.CHARTER, "entry 0 is a charter with a board, signed by as many of its organisers as it demands"),
    Rule("E4", Reason.OUT_OF_TURN, "entries come in the order of an election; ballots once everybody has accepted"),
    Rule("E5", Reason.UNSIGNED, "Setup and ClosingTime are signed by as many organisers as the charter demands"),
    Rule("E6", Reason.SETUP, "Setup is of the charter's referendum, and its keys, proofs and credentials hold (V4-V8)"),
    Rule("E7", Reason.ACCEPTANCE, "an acceptance is signed by a trustee or registrar, for this setup, once each"),
    Rule("E8", Reason.BALLOT, "a ballot is small enough, has the form, a listed credential, and it holds (V9-V12)"),
    Rule("E9", Reason.DUPLICATE, "no ballot stands in the log before"),
    Rule(
        "E10",
        Reason.CLOSING,
        "EndBallots proves that the closing time has come, which ClosingTime moves within the charter's bounds only;"
        " once it lies after the charter's own closing time, it is not moved earlier, except in a rehearsal",
    ),
    Rule("E11", Reason.TALLY, "the tally is the product of the last ballots, its number and weight are theirs (V14)"),
    Rule(
        "E12", Reason.DECRYPTION, "a partial decryption is by a trustee, once, and both its proofs hold (V15 and V18)"
    ),
    Rule("E13", Reason.RESULT, "enough trustees have decrypted, and the result is what the sums say (V16 and V17)"),
    Rule("E14", Reason.STATEMENT, "a statement of the log about itself can be read, and can be true"),
    Rule(
        "E15",
        Reason.SUCCESSION,
        "a succession is a checkpoint of a standby log after the one in force, over exactly the entries before it,"
        " cosigned by the tally policy's quorum",
    ),
    Rule(
        "E16",
        Reason.WITHOUT_QUORUM,
        "a statement that a trustee decrypts without the quorum is signed by that trustee, for this setup, once each",
    ),
    Rule(
        "E17",
        Reason.REGIONS,
        "a region list is of a charter with regions, before the first ballot, once; it is signed by every registrar,"
        " parallel to the credentials, and has as many voters in each region as the charter (V20)",
    ),
    Rule(
        "E18",
        Reason.REGIONAL_TALLY,
        "the regional tally has the cells that follow from the charter and the ballots that count, none of them small,"
        " and its sums are theirs (V21)",
    ),
    Rule(
        "E19",
        Reason.REGIONAL_DECRYPTION,
        "a regional decryption is by a trustee, once, of all cells, and its proofs hold (V22)",
    ),
    Rule(
        "E20",
        Reason.REGIONAL_RESULT,
        "enough trustees have decrypted the cells, and the regional result is what the sums say (V23)",
    ),
    Rule(
        "E21",
        Reason.DEFINITION,
        "a definition is the one that the charter names, signed by as many organisers as the charter demands; it comes"
        " before the setup, which waits for it, and once (V24)",
    ),
    Rule(
        "E22",
        Reason.ADDENDUM,
        "an addendum comes after the definition and has the next number, and is signed for this charter by as many"
        " organisers as it demands",
    ),
    Rule(
        "E23",
        Reason.BOOTH,
        "a publication of the booth is of this charter, has the number after the last one, and is signed by as many"
        " organisers as the charter demands; the last one before the end of the vote is in force",
    ),
)


class ExcludedError(Exception):
    """An entry breaks a rule: caught where the verdict is made, and no part of the tree of errors.

    Attributes:
        reason: Which rule.
        error: What is wrong.
    """

    def __init__(self, reason: Reason, error: PsephosError) -> None:
        super().__init__(error.message)
        self.reason = reason
        self.error = error


@contextmanager
def excluding(reason: Reason) -> Iterator[None]:
    """Make every error that shows something to be wrong a reason for having no effect.

    What cannot be had now shows nothing: such an error goes through.
    """
    try:
        yield
    except UnavailableError:
        raise
    except PsephosError as error:
        raise ExcludedError(reason, error) from None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an entry.

    Attributes:
        index: Its place in the log.
        kind: As it says; empty if it cannot be read.
        reason: Why it has no effect; None if it has.
        error: What exactly is wrong; None if it has effect.
        derived: What follows in the `.bel` archive; None for what is no event of Belenios.
    """

    index: int
    kind: str
    reason: Reason | None = None
    error: PsephosError | None = None
    derived: Derived | None = None

    @property
    def has_effect(self) -> bool:
        """Whether the rules count it."""
        return self.reason is None
