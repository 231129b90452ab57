"""What a verifying observer has found, and how far: durable before it cosigns, and never taken back. SQLite.

`seen` is the newest checkpoint that the log signed and that has grown from all before: it is stored before its files
are, so that a crash in between loses no evidence. `verified` is the tree of which every entry was judged.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from psephos.adapters.witness_store import BrokenStoreError
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.merkle import EMPTY_ROOT, TreeHead
from psephos.errors import MalformedError, MismatchError
from psephos.record.rules import Reason
from psephos.verify.board_audit import Excluded

_VERSION = 1
_SCHEMA = """
CREATE TABLE progress (
    ruleset TEXT NOT NULL,
    charter BLOB NOT NULL,
    seen    BLOB NOT NULL,
    size    INTEGER NOT NULL CHECK (size >= 0),
    root    BLOB NOT NULL CHECK (length(root) = 32)
) STRICT;
CREATE TABLE excluded (
    place   INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    reason  TEXT NOT NULL,
    code    TEXT NOT NULL,
    message TEXT NOT NULL,
    at      TEXT NOT NULL,
    culprit TEXT NOT NULL
) STRICT;
CREATE TRIGGER progress_is_kept BEFORE DELETE ON progress
BEGIN SELECT RAISE(ABORT, 'progress is never forgotten'); END;
CREATE TRIGGER progress_never_goes_back BEFORE UPDATE ON progress
WHEN NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
    OR NEW.ruleset <> OLD.ruleset OR NEW.charter <> OLD.charter
BEGIN SELECT RAISE(ABORT, 'progress never goes back'); END;
CREATE TRIGGER verdict_is_kept BEFORE DELETE ON excluded
BEGIN SELECT RAISE(ABORT, 'a verdict is never taken back'); END;
CREATE TRIGGER verdict_stays BEFORE UPDATE ON excluded
BEGIN SELECT RAISE(ABORT, 'a verdict is never changed'); END;
"""


class ObserverStore:
    """The open database of one log."""

    def __init__(self, path: Path, *, ruleset: str, charter: bytes) -> None:
        """Open the database; make it, if it is missing: what it holds follows from the log.

        Args:
            path: The file.
            ruleset: Fingerprint of the rules that this program applies.
            charter: The charter that this observer goes by.

        Raises:
            MismatchError: It was made under other rules, or for another charter.
            BrokenStoreError: It cannot be read, or holds what it cannot hold.
        """
        self._path = path
        self._lock = threading.Lock()
        with self._broken():
            self._connection = _open(path, ruleset=ruleset, charter=charter)
            row = self._connection.execute("SELECT ruleset, charter FROM progress").fetchone()
        if row != (ruleset, charter):
            self._connection.close()
            raise MismatchError(
                f"{path} is of another charter, or of other rules than this program's",
                at=str(path),
                hint="make a new observer for another vote; to apply other rules, use the program that has them",
            )

    @staticmethod
    def charter_in(path: Path) -> bytes | None:
        """The charter that a database is for; None if there is no database yet.

        Raises:
            BrokenStoreError: It cannot be read.
        """
        if not path.exists():
            return None
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            try:
                # Whoever died while making it left a file without a version.
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                row = connection.execute("SELECT charter FROM progress").fetchone() if version else None
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise BrokenStoreError(f"{path}: {error}", at=str(path)) from None
        return None if row is None else bytes(row[0])

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def seen(self) -> SignedCheckpoint | None:
        """The newest checkpoint that was seen, with the log's lines."""
        with self._broken():
            (note,) = self._connection.execute("SELECT seen FROM progress").fetchone()
        try:
            return read_signed_checkpoint(note) if note else None
        except MalformedError as error:
            raise BrokenStoreError(f"{self._path}: {error}", at=str(self._path)) from None

    def verified(self) -> TreeHead:
        """The tree of which every entry was judged."""
        with self._broken():
            return TreeHead(*self._connection.execute("SELECT size, root FROM progress").fetchone())

    def excluded(self) -> list[Excluded]:
        """Every entry without effect in that tree, in order."""
        with self._broken():
            rows = self._connection.execute(
                "SELECT place, kind, reason, code, message, at, culprit FROM excluded ORDER BY place"
            ).fetchall()
        return [Excluded(place, kind, Reason(reason), *words) for place, kind, reason, *words in rows]

    def saw(self, signed: SignedCheckpoint) -> None:
        """Remember a checkpoint, durably, before its files are fetched."""
        with self._writing() as connection:
            connection.execute("UPDATE progress SET seen = ?", (bytes(signed),))

    def commit(self, head: TreeHead, excluded: Sequence[Excluded]) -> None:
        """Remember that every entry of a tree was judged, and those without effect: durably, all at once.

        Args:
            head: The tree; larger than before.
            excluded: Those of its entries that were not in the tree before.

        Raises:
            BrokenStoreError: The disk failed; what is on it now, only a restart can tell.
        """
        rows = [(one.index, one.kind, one.reason, one.code, one.message, one.at, one.culprit) for one in excluded]
        with self._writing() as connection:
            connection.executemany("INSERT INTO excluded VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            connection.execute("UPDATE progress SET size = ?, root = ?", (head.size, head.root))

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
        try:
            yield
        except sqlite3.Error as error:
            raise BrokenStoreError(f"{self._path}: {error}", at=str(self._path)) from None


def _open(path: Path, *, ruleset: str, charter: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        connection.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA.split(";\nCREATE "):
            connection.execute(statement if statement.strip().startswith("CREATE") else f"CREATE {statement}")
        first = (ruleset, charter, b"", 0, EMPTY_ROOT)
        connection.execute("INSERT INTO progress VALUES (?, ?, ?, ?, ?)", first)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")
    elif version != _VERSION:
        raise sqlite3.DatabaseError(f"version {version} is not known here")
    return connection
