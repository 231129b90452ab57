"""Whether the closing time has come: observers' clocks say so, or organisers sign for it where observers cannot.

A checkpoint has no time, but each of its cosignatures has. EndBallots therefore brings a checkpoint that the quorum
for receipts has cosigned at the closing time or after it: nobody who holds the log's key alone can close early, and
everybody comes to the same conclusion from the log itself, at any later time.
"""

from __future__ import annotations

from enum import StrEnum

from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.cosignature import read_timestamp
from psephos.board.note import read_note
from psephos.board.policy import verify_checkpoint, verify_quorum
from psephos.errors import MismatchError, OutOfTurnError
from psephos.ports import UnixSeconds
from psephos.record.terms import Terms, is_time_text, read_time_text, verify_organisers_note


class ClosedBy(StrEnum):
    """Whose word it is that the closing time had come."""

    OBSERVERS = "observers"
    ORGANISERS = "organisers"


def verify_time_reached(received: bytes, terms: Terms, *, charter: str, closes_at: UnixSeconds, index: int) -> ClosedBy:
    """Check the proof that an EndBallots entry brings.

    Args:
        received: A checkpoint of this log with cosignatures, or the organisers' note.
        terms: The charter's.
        charter: Fingerprint of the charter.
        closes_at: The closing time in force.
        index: The entry's place in the log.

    Returns:
        Whose word it is.

    Raises:
        OutOfTurnError: The time has not come yet.
        QuorumError: Too few observers say that it has.
        MalformedError, MismatchError, InvalidProofError: The proof does not hold.
    """
    if is_time_text(read_note(received).text):
        text = verify_organisers_note(received, terms)
        if read_time_text(text, charter=charter) < closes_at:
            raise OutOfTurnError(f"closed before its time: not before {closes_at}", at="time")
        return ClosedBy.ORGANISERS
    signed = read_signed_checkpoint(received)
    policy = terms.receipts
    observed = verify_checkpoint(signed, policy)
    if signed.head.size > index:
        raise MismatchError(f"a checkpoint of size {signed.head.size} cannot be in entry {index}", at="checkpoint")
    verify_quorum([name for name, line in observed.cosignatures.items() if read_timestamp(line) >= closes_at], policy)
    return ClosedBy.OBSERVERS
