"""What a witness remembers: for each log the one checkpoint that it cosigned last. SQLite; it never goes back.

Three things keep it from that: a head is replaced only if it is still the one that was judged (compare and swap), the
database itself refuses to shrink or to forget (triggers), and whoever opens it must hold the keys it was made with.
What none of them can see is an older copy put in its place: so this file is never restored from a backup. Who lost it
retires the keys.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.merkle import TreeHead
from psephos.board.note import VerifierKey, read_verifier_key
from psephos.board.witness import NO_HEAD
from psephos.errors import MalformedError, RefusedError, UnavailableError
from psephos.ports import UnixSeconds

_VERSION = 1
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_WAIT = 5.0
_LONGEST_ORIGIN = 255

_SCHEMA = """
CREATE TABLE witness (keys TEXT NOT NULL) STRICT;
CREATE TABLE log (
    origin      TEXT PRIMARY KEY,
    keys        TEXT NOT NULL,
    size        INTEGER NOT NULL CHECK (size >= 0),
    root        BLOB NOT NULL CHECK (length(root) = 32),
    note        BLOB NOT NULL,
    cosigned_at INTEGER NOT NULL CHECK (cosigned_at >= 0)
) STRICT;
CREATE TRIGGER log_is_kept BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'a log is never forgotten'); END;
CREATE TRIGGER log_never_goes_back BEFORE UPDATE ON log
WHEN NEW.origin <> OLD.origin OR NEW.size < OLD.size OR NEW.cosigned_at < OLD.cosigned_at
    OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
BEGIN SELECT RAISE(ABORT, 'a log never goes back'); END;
"""


class BrokenStoreError(UnavailableError):
    """The disk failed, or the file is not what it was: nothing more may be cosigned before a person looked at it."""


@dataclass(frozen=True, slots=True)
class LogState:
    """What a witness knows of one log.

    Attributes:
        keys: The log's keys.
        head: The tree that was cosigned last; the empty one if none was.
        note: That checkpoint with the log's verified lines; empty if none was cosigned.
        cosigned_at: The time in its cosignatures; 0 if there is none.
    """

    keys: tuple[VerifierKey, ...]
    head: TreeHead
    note: bytes
    cosigned_at: UnixSeconds


class WitnessStore:
    """The open database. Threads and processes may share it."""

    def __init__(self, path: Path, keys: Sequence[VerifierKey]) -> None:
        """Open the database that was made with these keys.

        Raises:
            RefusedError: It is missing, or was made with other keys.
            BrokenStoreError: It cannot be read, or holds what it cannot hold.
        """
        if not path.exists():
            raise RefusedError(
                f"{path} is missing: without it, the witness could cosign two histories",
                at=str(path),
                hint="if it is lost for good, retire the keys: make a new witness with `psephos-witness init`",
            )
        self._path = path
        self._lock = threading.Lock()
        self._failure = ""
        with self._broken():
            self._connection = _connect(path)
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            (check,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            rows = [] if version != _VERSION else self._connection.execute("SELECT keys FROM witness").fetchall()
        if version != _VERSION or check != "ok" or len(rows) != 1:
            raise BrokenStoreError(f"{path} is damaged, or not a witness's database: {check}", at=str(path))
        if rows[0][0] != _write_keys(keys):
            raise RefusedError(f"{path} was made with other keys", at=str(path))
        self.logs()

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._connection.close()

    def logs(self) -> dict[str, LogState]:
        """What is known of every log, by origin, at one moment.

        Raises:
            UnavailableError: Another process keeps it busy.
            BrokenStoreError: It cannot be read, or holds what it cannot hold.
        """
        with self._lock, self._broken():
            rows = self._connection.execute("SELECT origin, keys, size, root, note, cosigned_at FROM log").fetchall()
        return {row[0]: self._state(row) for row in rows}

    def add_log(self, keys: Sequence[VerifierKey]) -> None:
        """Begin to witness a log, or give it more keys. It is never removed.

        Args:
            keys: Their name is the log's origin.

        Raises:
            RefusedError: They are of different names, or the name is too long to be cosigned.
            UnavailableError: It cannot be written.
        """
        origins = {key.name for key in keys}
        if len(origins) != 1 or len(min(origins).encode()) > _LONGEST_ORIGIN:
            raise RefusedError("a log has one origin of at most 255 bytes, which is the name of all its keys")
        (origin,) = origins
        with self._writing() as connection:
            row = connection.execute("SELECT keys FROM log WHERE origin = ?", (origin,)).fetchone()
            known = _read_keys(row[0]) if row else ()
            text = _write_keys([*known, *(key for key in keys if key not in known)])
            if row:
                connection.execute("UPDATE log SET keys = ? WHERE origin = ?", (text, origin))
            else:
                first = (origin, text, NO_HEAD.size, NO_HEAD.root, b"", 0)
                connection.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)", first)

    def replace_head(self, origin: str, *, old: TreeHead, new: TreeHead, note: bytes, now: UnixSeconds) -> bool:
        """Put a head in the place of the one that was judged: durably, or not at all.

        Only after this has returned True may the new head be cosigned.

        Args:
            origin: Which log.
            old: The head that must still be there.
            new: What follows from it.
            note: The new checkpoint, with the log's verified lines.
            now: The time that the cosignatures will have.

        Returns:
            False if another head is there by now, or a later time.

        Raises:
            UnavailableError: Another process keeps it busy; nothing was written.
            BrokenStoreError: The disk failed; what is on it now, only a restart can tell.
        """
        with self._writing() as connection:
            done = connection.execute(
                "UPDATE log SET size = ?, root = ?, note = ?, cosigned_at = ?"
                " WHERE origin = ? AND size = ? AND root = ? AND cosigned_at <= ?",
                (new.size, new.root, note, now, origin, old.size, old.root, now),
            )
        return done.rowcount == 1

    def _state(self, row: tuple[str, str, int, bytes, bytes, int]) -> LogState:
        origin, keys, size, root, note, cosigned_at = row
        head = TreeHead(size, root)
        try:
            found = read_signed_checkpoint(note).head if note else NO_HEAD
            state = LogState(_read_keys(keys), head, note, UnixSeconds(cosigned_at))
        except MalformedError as error:
            raise BrokenStoreError(f"{self._path}: {origin!a}: {error}", at=str(self._path)) from None
        if found != head:
            raise BrokenStoreError(f"{self._path}: {origin!a}: the checkpoint is not the head", at=str(self._path))
        return state

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on disk before this returns."""
        with self._lock, self._broken():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _broken(self) -> Iterator[None]:
        """Turn SQLite's errors into ours. After one that is not mere waiting, nothing is done any more."""
        if self._failure:
            raise BrokenStoreError(self._failure, at=str(self._path))
        try:
            yield
        except sqlite3.Error as error:
            message = f"{self._path}: {error}"
            if getattr(error, "sqlite_errorcode", None) in _BUSY:
                raise UnavailableError(message, at=str(self._path)) from None
            self._failure = message
            raise BrokenStoreError(message, at=str(self._path)) from None


def create_store(path: Path, keys: Sequence[VerifierKey]) -> None:
    """Make the database of a new witness.

    Raises:
        RefusedError: There is one.
        BrokenStoreError: It cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        connection = _connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)
        connection.execute("INSERT INTO witness VALUES (?)", (_write_keys(keys),))
        connection.execute(f"PRAGMA user_version = {_VERSION}")  # last: without it, the database is not opened
        connection.close()
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except FileExistsError:
        raise RefusedError(f"{path} exists and is never overwritten", at=str(path)) from None
    except (OSError, sqlite3.Error) as error:
        raise BrokenStoreError(f"{path}: {error}", at=str(path)) from None


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=_WAIT, check_same_thread=False
    )
    # The journal is written ahead and, with FULL, synchronised at every commit: a commit survives a loss of power.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    return connection


def _write_keys(keys: Sequence[VerifierKey]) -> str:
    return "".join(f"{key}\n" for key in keys)


def _read_keys(text: str) -> tuple[VerifierKey, ...]:
    return tuple(read_verifier_key(line) for line in text.split("\n")[:-1])
