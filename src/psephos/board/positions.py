"""Where each entry is: SHA-256 of the entry to its index in the log. Derived from the entries; may be thrown away."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from psephos.board.merkle import EMPTY_ROOT, TreeHead

_AT_ONCE = 512
"""Values in a query: any SQLite takes 999."""
_TABLES = """
CREATE TABLE IF NOT EXISTS positions (
    fingerprint BLOB PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS covered (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    known INTEGER NOT NULL
) STRICT;
"""


class Positions:
    """The index of a log; of one in memory if it has no path. May be asked by many threads."""

    def __init__(self, path: Path | None = None) -> None:
        """Open an index; begin a new one if there is none or it is damaged.

        Raises:
            sqlite3.Error: No index can be written there.
            OSError: Likewise.
        """
        self._lock = threading.Lock()
        self._path = path
        try:
            self._database = self._open()
            if not self._whole():
                self.reset()
        except sqlite3.DatabaseError:
            self.reset()

    def covered(self) -> TreeHead:
        """The tree whose entries are all in the index; no others are."""
        with self._lock:
            row = self._database.execute("SELECT size, root FROM covered").fetchone()
        return TreeHead(0, EMPTY_ROOT) if row is None else TreeHead(*row)

    def find(self, fingerprints: Sequence[bytes]) -> dict[bytes, int]:
        """The indices of those entries that the log has; the first index of one that it has more than once.

        Raises:
            sqlite3.Error: The index cannot be read.
        """
        found: dict[bytes, int] = {}
        for start in range(0, len(fingerprints), _AT_ONCE):
            part = fingerprints[start : start + _AT_ONCE]
            query = f"SELECT fingerprint, position FROM positions WHERE fingerprint IN ({', '.join('?' * len(part))})"  # noqa: S608
            with self._lock:
                found.update(self._database.execute(query, part))
        return found

    def add(self, fingerprints: Sequence[bytes], *, start: int, head: TreeHead) -> None:
        """Take up entries.

        Args:
            fingerprints: SHA-256 of each, in the log's order.
            start: Index of the first; those before are in the index.
            head: The tree that ends with the last.

        Raises:
            sqlite3.Error: They are not in the index; what was there still is.
        """
        with self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            rows = ((fingerprint, start + at) for at, fingerprint in enumerate(fingerprints))
            added = self._database.executemany("INSERT OR IGNORE INTO positions VALUES (?, ?)", rows).rowcount
            known = self._database.execute("SELECT sum(known) FROM covered").fetchone()[0] or 0
            row = (0, head.size, head.root, known + added)
            self._database.execute("INSERT OR REPLACE INTO covered VALUES (?, ?, ?, ?)", row)

    def reset(self) -> None:
        """Forget everything.

        Raises:
            sqlite3.Error: The index cannot be written.
            OSError: Likewise.
        """
        self.close()
        if self._path is not None:
            for suffix in ("", "-wal", "-shm", "-journal"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        self._database = self._open()

    def close(self) -> None:
        """Close the database."""
        if hasattr(self, "_database"):
            self._database.close()

    def _open(self) -> sqlite3.Connection:
        name = ":memory:" if self._path is None else str(self._path)
        database = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
        # After a power cut the index is whole, but may lag: it is caught up at the start. One process has it, so that
        # there is no need for shared memory, or for locks at every look.
        settings = "PRAGMA locking_mode = exclusive; PRAGMA journal_mode = wal; PRAGMA synchronous = normal;"
        try:
            database.executescript(settings + _TABLES)
        except BaseException:
            database.close()
            raise
        return database

    def _whole(self) -> bool:
        row = self._database.execute("SELECT known FROM covered").fetchone()
        counted = self._database.execute("SELECT count(*) FROM positions").fetchone()[0]
        checked = self._database.execute("PRAGMA quick_check(1)").fetchone()[0]
        return bool(checked == "ok" and counted == (0 if row is None else row[0]))
