"""Cosignatures that were collected, by the size of their checkpoint.

Anybody can bring them again, so losing them is no more than a delay; but nobody has to, as they are on disk.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.cosignature import read_timestamp
from psephos.board.note import SignatureLine
from psephos.board.policy import Policy, verify_quorum
from psephos.errors import PsephosError, QuorumError, UnavailableError
from psephos.ports import UnixSeconds

_TABLE = "CREATE TABLE IF NOT EXISTS note (size INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT"
_KEPT = 512
"""Sizes; those of a slow cosigner are asked for among them."""


def satisfies(signed: SignedCheckpoint, policy: Policy, *, since: UnixSeconds | None = None) -> bool:
    """Whether enough of a policy's witnesses have lines under a checkpoint; all of its lines were verified before.

    Args:
        signed: The checkpoint.
        policy: Whose.
        since: Only lines count that were made then or later.
    """
    try:
        verify_quorum(names_under(signed, policy, since=since), policy)
    except QuorumError:
        return False
    return True


def names_under(signed: SignedCheckpoint, policy: Policy, *, since: UnixSeconds | None = None) -> list[str]:
    """The witnesses of a policy that have lines under a checkpoint; see `satisfies`."""
    pairs = {
        (line.name, line.key_id)
        for line in signed.note.signatures
        if since is None or ((line.name, line.key_id) in _keys(policy) and read_timestamp(line) >= since)
    }
    return [one.name for one in policy.witnesses if (one.key.name, one.key.key_id) in pairs]


def _keys(policy: Policy) -> set[tuple[str, bytes]]:
    return {(one.key.name, one.key.key_id) for one in policy.witnesses}


class CosignatureStore:
    """Checkpoints with verified lines. Any thread."""

    def __init__(self, path: Path) -> None:
        """Open the database; begin a new one if there is none or it is damaged.

        Raises:
            UnavailableError: It cannot be opened.
        """
        self._path = path
        self._lock = threading.Lock()
        self._notes: dict[int, SignedCheckpoint] = {}
        with self._telling():
            try:
                self._database = self._open()
                self._read()
            except (sqlite3.DatabaseError, PsephosError):
                for suffix in ("", "-wal", "-shm", "-journal"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
                self._notes.clear()
                self._database = self._open()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def add(self, signed: SignedCheckpoint) -> SignedCheckpoint:
        """Take up verified lines.

        Args:
            signed: A checkpoint of the log's history, with the log's line and those of known cosigners, all verified.

        Returns:
            The checkpoint with all lines that are known: of each key the newest.

        Raises:
            UnavailableError: They cannot be written.
        """
        with self._lock, self._telling():
            known = self._notes.get(signed.head.size)
            merged = signed if known is None else _merge(known, signed)
            if merged != known:
                self._notes[signed.head.size] = merged
                row = (signed.head.size, bytes(merged))
                self._database.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", row)
                self._forget()
            return merged

    def largest(self) -> int:
        """The size of the largest checkpoint that was ever cosigned; 0 if none was."""
        with self._lock:
            return max(self._notes, default=0)

    def lines_under(self, signed: SignedCheckpoint) -> SignedCheckpoint:
        """A checkpoint with all lines that are known."""
        with self._lock:
            return self._notes.get(signed.head.size, signed)

    def newest(self, policy: Policy, *, since: UnixSeconds | None = None) -> SignedCheckpoint | None:
        """The largest checkpoint that a policy's quorum has cosigned; see `satisfies`."""
        with self._lock:
            notes = sorted(self._notes.items(), reverse=True)
        return next((signed for _, signed in notes if satisfies(signed, policy, since=since)), None)

    def _forget(self) -> None:
        for size in sorted(self._notes)[:-_KEPT]:
            del self._notes[size]
            self._database.execute("DELETE FROM note WHERE size = ?", (size,))

    def _read(self) -> None:
        for size, body in self._database.execute("SELECT size, body FROM note"):
            self._notes[size] = read_signed_checkpoint(body)

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            database.executescript(
                "PRAGMA locking_mode = exclusive; PRAGMA journal_mode = wal; PRAGMA synchronous = normal;" + _TABLE
            )
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise UnavailableError(f"{self._path}: {error}", at=str(self._path)) from None


def _merge(known: SignedCheckpoint, fresh: SignedCheckpoint) -> SignedCheckpoint:
    """The log's line, then of each cosigner the newest line, ordered."""
    own, *_ = known.note.signatures
    lines: dict[tuple[str, bytes], SignatureLine] = {}
    for line in (*known.note.signatures[1:], *fresh.note.signatures[1:]):
        pair = (line.name, line.key_id)
        if pair not in lines or read_timestamp(line) > read_timestamp(lines[pair]):
            lines[pair] = line
    return known.with_signatures([own, *(line for _, line in sorted(lines.items()))])
