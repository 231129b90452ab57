"""Look-up buckets on disk (`record.lookup`): derived from the log, so they are not made durable but checked at a start.

They are written beside what is served and renamed, so that nobody reads half of one.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from psephos.errors import UnavailableError
from psephos.record.lookup import SEGMENT, bucket_path, write_bucket

Rows = list[tuple[bytes, int]]


class Buckets:
    """The buckets of a log; `add` and `write` from one thread."""

    def __init__(self, root: Path) -> None:
        """Begin with no ballot.

        Args:
            root: The server's directory.
        """
        self._public, self._part = root / "pub", root / "state" / "bucket.part"
        self._segment = 0
        self._rows: defaultdict[int, Rows] = defaultdict(list)
        self._changed: set[int] = set()
        self.full = 0
        """Segments whose buckets are all written, and never change again."""

    def add(self, index: int, fingerprint: bytes) -> None:
        """Take up a ballot, in the log's order.

        Raises:
            UnavailableError: A bucket cannot be written.
        """
        if index // SEGMENT != self._segment:
            self._end_segment(index // SEGMENT)
        self._rows[fingerprint[0]].append((fingerprint, index))
        self._changed.add(fingerprint[0])

    def write(self, size: int) -> None:
        """Write what has changed.

        Args:
            size: Of the log; all ballots in it were added.

        Raises:
            UnavailableError: A bucket cannot be written.
        """
        if size // SEGMENT != self._segment:
            self._end_segment(size // SEGMENT)
        self._write_changed()

    def _write_changed(self) -> None:
        for prefix in sorted(self._changed):
            path = self._public / bucket_path(self._segment, bytes([prefix]))
            self._replace(path, write_bucket(self._rows[prefix]))
        self._changed.clear()

    def _end_segment(self, following: int) -> None:
        self._write_changed()
        self._rows.clear()
        self._segment = self.full = following

    def _replace(self, path: Path, data: bytes) -> None:
        try:
            if path.exists() and path.read_bytes() == data:
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            self._part.write_bytes(data)
            self._part.replace(path)
        except OSError as error:
            raise UnavailableError(f"{path}: {error.strerror or error}", at=str(path)) from None
