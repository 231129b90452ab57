"""A server's directory: the log's key, the charter that it was given, and the log itself.

log.key         the log's private key, readable by its owner only
log.vkey        its public key, for the charter
charter.note    the charter that the organisers have signed: entry 0
pub/ state/     the log; see docs/reference/log-storage.md
evidence/       checkpoints that contradict the log
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from psephos.adapters.files import MemorySource, read_message, write_new
from psephos.adapters.note_keys import create_signer, read_signer
from psephos.board.disk import create_log
from psephos.board.note import Ed25519Signer, check_name
from psephos.errors import MismatchError, RefusedError
from psephos.ports import ByteSource, UnixSeconds
from psephos.record.board_entries import EntryKind, make_board_entry, read_board_entry
from psephos.record.opening import SignedCharter, read_signed_charter

KEY, PUBLIC_KEY, CHARTER, EVIDENCE = "log.key", "log.vkey", "charter.note", "evidence"


class _Objects:
    """An entry's objects before there is a log. Fulfils `record.board_entries.LogSource`."""

    def __init__(self, blobs: dict[str, bytes]) -> None:
        self._blobs = blobs

    def size(self) -> int:
        """No entry yet."""
        return 0

    def entries(self, _start: int, _end: int) -> tuple[bytes, ...]:
        """None."""
        return ()

    def blob(self, digest: str) -> ByteSource:
        """One of them."""
        return MemorySource(self._blobs[digest])


def create_directory(directory: Path, name: str, *, fresh: Callable[[int], bytes], now: UnixSeconds) -> Ed25519Signer:
    """Make a key and an empty log.

    Args:
        directory: Where.
        name: The log's origin, such as `board.example/2026`: its address without the scheme.
        fresh: Gives so many random bytes.
        now: The clock.

    Raises:
        MalformedError: The name is not one.
        RefusedError: There is a log, or a key.
        UnavailableError: They cannot be written.
    """
    check_name(name)
    if (directory / KEY).exists():
        raise RefusedError(f"there is a log's key in {directory}", at=str(directory))
    signer = create_signer(directory / KEY, directory / PUBLIC_KEY, name=name, fresh=fresh)
    create_log(directory, signer, now=now)
    return signer


def read_log_key(directory: Path) -> Ed25519Signer:
    """The log's key.

    Raises:
        RefusedError: Others may read it.
        MalformedError: The file is not a key.
        UnavailableError: It cannot be read.
    """
    return read_signer(directory / KEY)


def charter_entry(note: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Entry 0, and its objects."""
    return make_board_entry(EntryKind.CHARTER, [note])


def check_charter_note(note: bytes, signer: Ed25519Signer) -> SignedCharter:
    """Check that a charter is signed by its organisers, and names this log, as its own or as a standby.

    Raises:
        MalformedError: It is not a charter with a board, as a note.
        InvalidProofError: Too few organisers have signed, or a signature does not hold.
        MismatchError: It is of another log.
    """
    entry, blobs = charter_entry(note)
    signed = read_signed_charter(read_board_entry(entry), _Objects(blobs))
    if signer.key not in signed.terms.logs:
        raise MismatchError(
            f"the charter is of the log {signed.terms.logs[0]}, and does not name ours, {signer.key}",
            at="/board/log",
            hint="the organisers need log.vkey of this server",
        )
    return signed


def take_charter(directory: Path, note: bytes) -> SignedCharter:
    """Keep the charter that becomes entry 0 when the server starts.

    Raises:
        RefusedError: Another charter was taken before.
        MalformedError, InvalidProofError, MismatchError: See `check_charter_note`.
        UnavailableError: It cannot be written.
    """
    signed = check_charter_note(note, read_log_key(directory))
    write_new(directory / CHARTER, note)
    return signed


def read_charter_note(directory: Path) -> bytes:
    """The charter that was taken.

    Raises:
        RefusedError: There is none.
        UnavailableError: It cannot be read.
    """
    if not (directory / CHARTER).exists():
        raise RefusedError(
            f"no charter was taken in {directory}",
            at=str(directory),
            hint="psephos-server charter DIRECTORY charter.note, with the charter that the organisers have signed",
        )
    return read_message(directory / CHARTER)
