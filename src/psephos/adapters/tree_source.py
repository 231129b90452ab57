"""A log read straight from a board: each entry is hashed and led to the signed root before anybody sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from psephos.adapters.files import MemorySource
from psephos.board.client import Fetcher, Tree
from psephos.errors import InvalidProofError, MalformedError, UnavailableError

LARGEST_BLOB = 256 << 20
"""As much as a board takes in with an entry."""


class TreeSource:
    """Entries and blobs of one tree. Fulfils `record.board_entries.LogSource`."""

    def __init__(self, tree: Tree, fetcher: Fetcher) -> None:
        self._tree = tree
        self._fetcher = fetcher

    def size(self) -> int:
        """See `LogSource`."""
        return self._tree.head.size

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """See `LogSource`."""
        with only_unavailable():
            for _, found in self._tree.entries(start, end):
                yield from found

    def blob(self, digest: str) -> MemorySource:
        """See `LogSource`."""
        return MemorySource(fetch_blob(self._fetcher, digest))


def fetch_blob(fetcher: Fetcher, digest: str) -> bytes:
    """An object of the log.

    Raises:
        UnavailableError: It cannot be had here, or what is here is another.
    """
    data = fetcher.fetch(f"blob/{digest}", limit=LARGEST_BLOB)
    if sha256(data).hexdigest() != digest:
        raise UnavailableError("not the object that its name promises", at=f"blob/{digest}")
    return data


@contextmanager
def only_unavailable() -> Iterator[None]:
    """Turn what is wrong with a copy into what it means: the log's data cannot be had from there.

    Whoever keeps a copy may have changed it; the log signed something else, which says nothing against the log.
    """
    try:
        yield
    except (InvalidProofError, MalformedError) as error:
        raise UnavailableError(
            f"{error.message}: this copy is not what the log signed", at=error.at, hint="try another mirror"
        ) from None
