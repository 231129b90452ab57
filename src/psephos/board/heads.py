"""The head that a log has committed to: one row, changed only by compare and swap.

This is the commit point. Who loses this row, or brings an older one back, lets the log sign a second history: it must
exist before the log starts, and must never be in a backup.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from psephos.board.checkpoint import Checkpoint, SignedCheckpoint, verify_log, write_checkpoint
from psephos.board.merkle import EMPTY_ROOT, TreeHead
from psephos.board.note import Ed25519Signer, Ed25519Verifier, Note
from psephos.board.storage import FatalError
from psephos.errors import RefusedError
from psephos.ports import UnixSeconds

_TABLE = """
CREATE TABLE head (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    body BLOB NOT NULL,
    signed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID
"""
_FULL = 2
_EMPTY = TreeHead(0, EMPTY_ROOT)


@dataclass(frozen=True, slots=True)
class Head:
    """What the log has committed to.

    Attributes:
        origin: Which log.
        size: Number of entries.
        body: The checkpoint that the log signed, as a note.
        signed_at: When, by the log's clock.
    """

    origin: str
    size: int
    body: bytes
    signed_at: UnixSeconds


class Heads(Protocol):
    """Keeps the head of one log."""

    def read(self) -> Head | None:
        """The head; none if this log has no row.

        Raises:
            OSError: It cannot be read.
            sqlite3.Error: Likewise.
        """
        ...

    def swap(self, *, old: Head, new: Head) -> None:
        """Exchange the head, durably, if it still is the old one.

        Raises:
            FatalError: It is another: somebody else writes this log.
            OSError: It may be exchanged or not.
            sqlite3.Error: Likewise.
        """
        ...


class MemoryHeads:
    """The head in a variable."""

    def __init__(self, head: Head | None) -> None:
        self.head = head

    def read(self) -> Head | None:
        """See `Heads`."""
        return self.head

    def swap(self, *, old: Head, new: Head) -> None:
        """See `Heads`."""
        if self.head is None or self.head.body != old.body:
            raise _moved(old)
        self.head = new


class SqliteHeads:
    """The head in a database of its own."""

    def __init__(self, path: Path, origin: str) -> None:
        """Open a database that exists.

        Raises:
            RefusedError: It does not exist, or is damaged.
            OSError: It cannot be opened.
            sqlite3.Error: Likewise.
        """
        self._origin = origin
        if not path.is_file():
            raise RefusedError(
                f"the head's database is missing: {path}",
                at=str(path),
                hint="a log whose head is lost must not go on: start its successor, see docs/reference/log-storage.md",
            )
        try:
            self._database = _connect(path, mode="rw")
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            raise RefusedError(f"the head's database is damaged: {error}", at=str(path)) from None
        try:
            # The write-ahead log may have a commit that a dying process could not make durable and that only the
            # kernel's cache still has. Copying it into the database writes it anew.
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            # SQLite has just made that log's file, and overlooks it if the folder cannot be synced.
            _sync_folder(path.parent)
        except BaseException:
            self._database.close()
            raise

    @staticmethod
    def create(path: Path, head: Head) -> None:
        """Make the database of a new log.

        Raises:
            RefusedError: There is one.
            OSError: It cannot be made.
            sqlite3.Error: Likewise.
        """
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            raise RefusedError(f"there is a log already: {path}", at=str(path)) from None
        database = _connect(path, mode="rw")
        try:
            with database:
                database.execute(_TABLE)
                row = (head.origin, head.size, head.body, head.signed_at)
                database.execute("INSERT INTO head VALUES (?, ?, ?, ?)", row)
        finally:
            database.close()
        _sync_folder(path.parent)

    def close(self) -> None:
        """Let another process open it."""
        self._database.close()

    def read(self) -> Head | None:
        """See `Heads`."""
        query = "SELECT origin, size, body, signed_at FROM head WHERE origin = ?"
        row = self._database.execute(query, (self._origin,)).fetchone()
        return None if row is None else Head(*row)

    def swap(self, *, old: Head, new: Head) -> None:
        """See `Heads`."""
        # One statement is one transaction, on disk when it returns.
        changed = self._database.execute(
            "UPDATE head SET size = ?, body = ?, signed_at = ? WHERE origin = ? AND body = ?",
            (new.size, new.body, new.signed_at, self._origin, old.body),
        ).rowcount
        if changed != 1:
            raise _moved(old)


def sign(signer: Ed25519Signer, head: TreeHead) -> SignedCheckpoint:
    """The log's checkpoint of a tree. The signature is verified: a fault while signing could give the key away.

    Raises:
        InvalidProofError: The signature does not hold.
    """
    checkpoint = Checkpoint(signer.key.name, head)
    text = write_checkpoint(checkpoint)
    signed = SignedCheckpoint(Note(text, (signer.sign(text),)), checkpoint)
    verify_log(signed, origin=signer.key.name, verifiers=[Ed25519Verifier(signer.key)])
    return signed


def first_head(signer: Ed25519Signer, head: TreeHead = _EMPTY, *, now: UnixSeconds) -> Head:
    """The head of a log that begins, with no entries or with those that it takes over."""
    return Head(signer.key.name, head.size, bytes(sign(signer, head)), now)


def _connect(path: Path, *, mode: str) -> sqlite3.Connection:
    """A connection whose commits are durable; its settings are read back, since SQLite ignores what it cannot do."""
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=0, check_same_thread=False
    )
    # One process: no shared memory. In a write-ahead log, FULL syncs each commit before it returns. (With the older
    # kind of journal a power cut could take back a commit, as its folder is not synced after the journal is gone.)
    settings = {"locking_mode": "exclusive", "journal_mode": "wal", "synchronous": _FULL}
    try:
        for name, value in settings.items():
            database.execute(f"PRAGMA {name} = {value}")
            found = database.execute(f"PRAGMA {name}").fetchone()[0]
            if found != value:
                message = f"{name} is {found}, not {value}"
                raise sqlite3.OperationalError(message)  # noqa: TRY301 - the connection is closed below
    except BaseException:
        database.close()
        raise
    return database


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _moved(old: Head) -> FatalError:
    return FatalError(
        f"the head is no longer that of size {old.size}", culprit=old.origin, hint="another process writes this log"
    )
