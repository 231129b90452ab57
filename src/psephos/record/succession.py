"""When the log is dead or has forked: which log goes on, and from where (design D12).

The observers decide it by cosigning, with the quorum of the `tally` policy, a checkpoint of a standby log whose
tree is a beginning of the old log's: the standby log begins with exactly those entries, and that checkpoint is its next
one. What the old log holds beyond them does not count; ballots that it acknowledged there are handed in again, by
anybody who has them.

The root covers entry 0, so the decision is about this charter and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.merkle import Frontier, TreeHead, hash_leaf
from psephos.board.note import VerifierKey, read_size, read_verifier_key
from psephos.board.policy import verify_checkpoint, verify_quorum
from psephos.errors import MalformedError, MismatchError, OutOfTurnError
from psephos.record.board_entries import EntryKind, LogSource, read_board_entry
from psephos.record.terms import Terms

SUCCESSION = "succession"
"""A board's static file: the places of its Succession entries, a line each, so that nobody has to look for them."""
LARGEST_PLACES = 1024
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


def write_places(successions: Iterable[Succession]) -> bytes:
    """The file `succession`."""
    return "".join(f"{one.head.size}\n" for one in successions).encode()


def read_places(received: bytes) -> list[int]:
    """The places in a file `succession`, which is a hint and nothing more.

    Raises:
        MalformedError: It is none.
    """
    *lines, rest = received.decode(errors="replace").split("\n")
    if rest:
        raise MalformedError("not a list of places", at=SUCCESSION)
    return [read_size(line, at=SUCCESSION) for line in lines]


def verify_succession(received: bytes, terms: Terms, *, log: VerifierKey, size: int) -> Succession:
    """Check the note that a Succession entry brings; whether the entries before it fit is `check_beginning`'s.

    Args:
        received: A checkpoint of a standby log with the observers' cosignatures.
        terms: The charter's.
        log: The log in force; a standby takes over from those that the charter lists before it.
        size: How many entries stand before.

    Raises:
        MalformedError: Not a checkpoint.
        MismatchError: It is not of a standby log, or of the log in force.
        OutOfTurnError: Another number of entries stands before.
        InvalidProofError: A signature does not hold.
        QuorumError: Too few observers have cosigned.
    """
    signed = read_signed_checkpoint(received)
    observed = verify_checkpoint(signed, terms.tally)
    by = {(line.name, line.key_id) for line in observed.logs}
    order = [terms.wire.log, *terms.wire.standby]
    later = order[order.index(str(log)) + 1 :]
    new = next((key for key in terms.logs if (key.name, key.key_id) in by and str(key) in later), None)
    if new is None:
        raise MismatchError("not a checkpoint of a standby log after the one in force", at="checkpoint")
    if signed.head.size != size:
        raise OutOfTurnError(f"{size} entries stand before, and it is of {signed.head.size}", at="checkpoint")
    verify_quorum(observed.cosignatures, terms.tally)
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


def check_in_force(terms: Terms, entries: Sequence[tuple[int, bytes]], root_at: Callable[[int], TreeHead]) -> None:
    """Check that the record stands in a log, without reading all of its entries.

    Args:
        terms: The charter's, with the log in question as the first; see `Terms.under`.
        entries: The log's Succession entries, each with its place. Whoever leaves one out shows a log that is not in
            force; nobody can show a decision that the observers have not made.
        root_at: Gives the head that the log had at a size.

    Raises:
        MismatchError: It stands in another log, or an entry is no Succession of these logs.
        MalformedError, OutOfTurnError, InvalidProofError, QuorumError: See `verify_succession`.
    """
    log = read_verifier_key(terms.wire.log)
    for place, received in entries:
        entry = read_board_entry(received)
        if entry.kind is not EntryKind.SUCCESSION:
            raise MismatchError(f"entry {place} is no decision of the observers", at="succession")
        succession = verify_succession(entry.parts[0].content or b"", terms, log=log, size=place)
        if root_at(place) != succession.head:
            raise MismatchError("the entries before are not the ones that the observers meant", at=f"entry {place}")
        log = succession.log
    if log != terms.logs[0]:
        raise MismatchError(
            f"the record stands in the log {log.name}; the observers have not decided that {terms.origin} goes on",
            at=terms.origin,
            hint="use the address of the board that the observers name",
        )


def _windows(source: LogSource, size: int) -> Iterable[Iterable[bytes]]:
    return (source.entries(start, min(start + _WINDOW, size)) for start in range(0, size, _WINDOW))
