"""When the log is dead or has forked: which log goes on, and from where (design D12).

The observers decide it by cosigning, with the quorum of the `tally` policy, a checkpoint of a standby log whose
tree is a beginning of the old log's: the standby log begins with exactly those entries, and that checkpoint is its next
one. What the old log holds beyond them does not count; ballots that it acknowledged there are handed in again, by
anybody who has them.

The root covers entry 0, so the decision is about this charter and no other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.merkle import Frontier, TreeHead, hash_leaf
from psephos.board.note import VerifierKey
from psephos.board.policy import Log, verify_checkpoint, verify_quorum
from psephos.errors import MismatchError, OutOfTurnError
from psephos.record.board_entries import LogSource
from psephos.record.terms import Terms

_WINDOW = 1024


@dataclass(frozen=True, slots=True)
class Succession:
    """What the observers decided.

    Attributes:
        log: Key of the log that goes on.
        head: The entries that it begins with.
    """

    log: VerifierKey
    head: TreeHead


def verify_succession(received: bytes, terms: Terms, *, log: VerifierKey, size: int) -> Succession:
    """Check the note that a Succession entry brings; whether the entries before it fit is `check_beginning`'s.

    Args:
        received: A checkpoint of a standby log with the observers' cosignatures.
        terms: The charter's.
        log: The log in force.
        size: How many entries stand before.

    Raises:
        MalformedError: Not a checkpoint.
        MismatchError: It is not of a standby log, or of the log in force.
        OutOfTurnError: Another number of entries stands before.
        InvalidProofError: A signature does not hold.
        QuorumError: Too few observers have cosigned.
    """
    signed = read_signed_checkpoint(received)
    policy = replace(terms.tally, logs=tuple(map(Log, terms.logs)))
    observed = verify_checkpoint(signed, policy)
    by = {(line.name, line.key_id) for line in observed.logs}
    new = next((key for key in terms.logs[1:] if (key.name, key.key_id) in by and key != log), None)
    if new is None:
        raise MismatchError("not a checkpoint of a standby log of the charter", at="checkpoint")
    if signed.head.size != size:
        raise OutOfTurnError(f"{size} entries stand before, and it is of {signed.head.size}", at="checkpoint")
    verify_quorum(observed.cosignatures, policy)
    return Succession(new, signed.head)


def check_beginning(succession: Succession, source: LogSource) -> None:
    """Check that the log begins with exactly the entries that the observers meant.

    Raises:
        MismatchError: It begins with others.
        UnavailableError: An entry cannot be had now.
    """
    frontier = Frontier()
    for entries in _windows(source, succession.head.size):
        frontier = frontier.extended(map(hash_leaf, entries))
    if frontier.head() != succession.head:
        raise MismatchError("the entries before are not the ones that the observers meant", at="checkpoint")


def _windows(source: LogSource, size: int) -> Iterable[Iterable[bytes]]:
    return (source.entries(start, min(start + _WINDOW, size)) for start in range(0, size, _WINDOW))
