"""Look-up buckets on disk (`record.lookup`): derived from the log, so they are not made durable but checked at a start.

A thread of its own writes them now and then, so that no batch waits for 256 files. They are written beside what is
served and renamed, so that nobody reads half of one.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from psephos.errors import UnavailableError
from psephos.record.lookup import SEGMENT, bucket_path, write_bucket


class Buckets:
    """The buckets of a log."""

    def __init__(
        self,
        root: Path,
        *,
        public: str = "pub",
        every: float = 3.0,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Begin with no ballot.

        Args:
            root: The server's directory, or an observer's.
            public: The folder in it that is served.
            every: Seconds between two writings.
            failed: Called with the reason if they cannot be written; that is tried again.
        """
        self._public, self._part = root / public, root / "state" / "bucket.part"
        self._every, self._failed = every, failed
        self._lock = threading.Lock()
        self._segment = 0
        self._rows: defaultdict[int, list[tuple[bytes, int]]] = defaultdict(list)
        self._changed: set[int] = set()
        self._filled: dict[Path, bytes] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="buckets")
        self.full = 0
        """Segments whose buckets are all written, and never change again."""

    def start(self) -> None:
        """Begin to write now and then."""
        self._thread.start()

    def stop(self) -> None:
        """Write what has changed, and end."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    def add(self, index: int, fingerprint: bytes) -> None:
        """Take up a ballot, in the log's order."""
        with self._lock:
            if index // SEGMENT != self._segment:
                self._filled |= self._take_changed()
                self._rows.clear()
                self._segment = index // SEGMENT
            self._rows[fingerprint[0]].append((fingerprint, index))
            self._changed.add(fingerprint[0])

    def write(self) -> None:
        """Write what has changed.

        Raises:
            UnavailableError: Something cannot be written; it is tried again next time.
        """
        with self._lock:
            segment, filled, self._filled = self._segment, self._filled, {}
            changed = set(self._changed)
            files = filled | self._take_changed()
        try:
            for path, data in files.items():
                self._replace(path, data)
        except OSError as error:
            with self._lock:
                same = segment == self._segment
                self._filled = (filled if same else files) | self._filled
                self._changed |= changed if same else set()
            raise UnavailableError(f"the look-up buckets: {error}", at=str(self._public)) from None
        self.full = segment

    def _take_changed(self) -> dict[Path, bytes]:
        """The files of the segment that have changed; the caller holds the lock."""
        found = {
            self._public / bucket_path(self._segment, bytes([prefix])): write_bucket(self._rows[prefix])
            for prefix in sorted(self._changed)
        }
        self._changed.clear()
        return found

    def _run(self) -> None:
        while not self._ending.wait(self._every):
            self._try()
        self._try()

    def _try(self) -> None:
        try:
            self.write()
        except UnavailableError as error:
            self._failed(error.message)

    def _replace(self, path: Path, data: bytes) -> None:
        if path.exists() and path.read_bytes() == data:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._part.write_bytes(data)
        self._part.replace(path)
