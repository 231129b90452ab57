"""The log as its own server reads it: from the files that it has written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from psephos.adapters.files import FileSource, MemorySource
from psephos.board.blobs import path_of
from psephos.board.storage import Storage
from psephos.board.tiles import FULL, Bundle
from psephos.board.view import read_stored_bundle
from psephos.errors import MalformedError, UnavailableError
from psephos.ports import ByteSource


class StoredLog:
    """The entries and objects of a log. Fulfils `record.board_entries.LogSource`. For one thread."""

    def __init__(self, storage: Storage, root: Path, *, size: Callable[[], int]) -> None:
        """Read a log.

        Args:
            storage: Its files.
            root: Their folder.
            size: How many entries are committed now.
        """
        self._storage, self._root, self._size = storage, root, size
        self._offered: Mapping[str, bytes] = {}

    def size(self) -> int:
        """See `LogSource`."""
        return self._size()

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """See `LogSource`."""
        size = self._size()
        for index in range(start // FULL, -(-end // FULL)):
            bundle = Bundle(index, min(FULL, size - index * FULL))
            try:
                found = read_stored_bundle(self._storage, bundle)
            except (OSError, MalformedError) as error:
                raise UnavailableError(f"{bundle.path} cannot be read: {error}", at=bundle.path) from None
            first = index * FULL
            yield from found[max(start - first, 0) : end - first]

    def blob(self, digest: str) -> ByteSource:
        """See `LogSource`."""
        offered = self._offered.get(digest)
        return MemorySource(offered) if offered is not None else FileSource(self._root / path_of(digest))

    @contextmanager
    def offering(self, blobs: Mapping[str, bytes]) -> Iterator[None]:
        """Have objects that are not stored yet: those that came with an entry that is being judged."""
        self._offered = blobs
        try:
            yield
        finally:
            self._offered = {}
