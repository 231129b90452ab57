"""What a relay says about a ballot: an observer's word that it has received it, and will bring it to the log.

    psephos/relayed/1
    2f3ab1…                 fingerprint of the charter
    9c01d4…                 fingerprint of the ballot
    1769421600              when it was received, by the relay's clock

A note, signed with the observer's key for relaying, which does nothing else. It is no receipt: the log has promised
nothing yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from psephos.board.cosignature import verifiers_of
from psephos.board.note import Ed25519Signer, Note, VerifierKey, read_note, read_size, verify_note, write_note
from psephos.errors import MalformedError, MismatchError
from psephos.ports import UnixSeconds
from psephos.record.board_terms import LATEST_TIME

_FIRST = "psephos/relayed/1"
_LINES = 4


@dataclass(frozen=True, slots=True)
class Relayed:
    """What a relay has received.

    Attributes:
        charter: Fingerprint of the charter.
        ballot: Fingerprint of the ballot.
        at: When, by the relay's clock.
    """

    charter: str
    ballot: str
    at: UnixSeconds


def sign_relayed(relayed: Relayed, signer: Ed25519Signer) -> bytes:
    """The relay's word, as a note."""
    text = _write(relayed)
    return write_note(Note(text, (signer.sign(text),)))


def verify_relayed(received: bytes, key: VerifierKey, *, charter: str, ballot: str) -> Relayed:
    """Check that a relay has said that it received a ballot.

    Args:
        received: The note.
        key: The observer's, for relaying.
        charter: Fingerprint of the charter.
        ballot: Fingerprint of the ballot.

    Raises:
        MalformedError: Not such a note.
        MismatchError: It is about something else.
        InvalidProofError: The signature does not hold.
    """
    note = read_note(received)
    verify_note(note, verifiers_of([key]))
    last = note.text.removesuffix(b"\n").rpartition(b"\n")[2]
    at = read_size(last.decode("ascii", errors="replace"), at="time")
    relayed = Relayed(charter, ballot, UnixSeconds(at))
    if at > LATEST_TIME or not note.text.startswith(f"{_FIRST}\n".encode()):
        raise MalformedError("not the word of a relay", at="line 1")
    if note.text != _write(relayed):
        raise MismatchError("the relay speaks of another ballot, or of another referendum", at="ballot")
    return relayed


def charter_in(received: bytes) -> str:
    """The charter that a relay's word names; nothing is verified.

    Raises:
        MalformedError: Not such a note.
    """
    lines = read_note(received).text.split(b"\n")
    if len(lines) <= _LINES:
        raise MalformedError("not the word of a relay", at="line 2")
    return lines[1].decode("ascii", errors="replace")


def _write(relayed: Relayed) -> bytes:
    return f"{_FIRST}\n{relayed.charter}\n{relayed.ballot}\n{relayed.at}\n".encode()
