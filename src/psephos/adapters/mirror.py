"""An observer's copy of a log: the board's static layout, written once, durable before anything is said about it.

Every entry comes through a `Tree`, which led it to a root that the log signed; the tiles are computed here, not copied.
What is read again after a start is hashed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from psephos.adapters.buckets import Buckets
from psephos.adapters.files import FileSource
from psephos.adapters.http import DirectoryFetcher
from psephos.adapters.tree_source import fetch_blob
from psephos.board.client import Fetcher, Tree
from psephos.board.merkle import TreeHead, hash_leaf
from psephos.board.note import LARGEST_NOTE
from psephos.board.storage import DiskStorage, FatalError
from psephos.board.tiles import FULL, HEIGHT, Bundle, Edge, Tile, read_bundle, tiles_of, write_bundle, write_tile
from psephos.board.view import folders_of_parts
from psephos.errors import MalformedError, RefusedError, UnavailableError

PUBLIC = "mirror"
_AT_ONCE = 64
"""Bundles that are written together."""


class Mirror:
    """The copy. Fulfils `record.board_entries.LogSource`; one process at a time has it."""

    def __init__(self, home: Path) -> None:
        """Open the mirror in an observer's directory.

        Raises:
            RefusedError: Another process has it.
            UnavailableError: It cannot be opened.
        """
        with _explaining(home):
            self._storage = DiskStorage(home, public=PUBLIC)
        self.folder = home / PUBLIC
        self.fetcher = DirectoryFetcher(self.folder)
        self._edge = Edge()
        self.copied = 0
        """How many entries this process has fetched."""
        self._sources: tuple[Fetcher, ...] = ()
        self._buckets = Buckets(home, public=PUBLIC)

    def close(self) -> None:
        """Let another process have it."""
        self._storage.close()

    @property
    def head(self) -> TreeHead:
        """Size and root of what is here."""
        return self._edge.head()

    def tree(self) -> Tree:
        """The tree that is here."""
        return Tree(self.fetcher, self.head)

    def use(self, sources: Sequence[Fetcher]) -> None:
        """Where blobs are fetched from when they are needed."""
        self._sources = tuple(sources)

    # ── as a log ────────────────────────────────────────────────────────────────────────────────────────────────

    def size(self) -> int:
        """See `LogSource`."""
        return self._edge.size

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """See `LogSource`."""
        for index in range(start // FULL, -(-end // FULL)):
            first = index * FULL
            found = self._bundle(Bundle(index, min(FULL, self._edge.size - first)))
            yield from found[max(start - first, 0) : end - first]

    def blob(self, digest: str) -> FileSource:
        """See `LogSource`."""
        path = self.folder / "blob" / digest
        if not path.exists():
            self.keep_blob(self._fetch_blob(digest))
        return FileSource(path)

    def keep_blob(self, content: bytes) -> None:
        """Store an object that an entry names.

        Raises:
            UnavailableError: It cannot be written.
        """
        self._write({f"blob/{sha256(content).hexdigest()}": content})

    def _fetch_blob(self, digest: str) -> bytes:
        failure = UnavailableError("nobody has this object", at=f"blob/{digest}")
        for source in self._sources:
            try:
                return fetch_blob(source, digest)
            except UnavailableError as error:
                failure = error
        raise failure

    # ── growing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def load(self, size: int) -> None:
        """Take up what an earlier process wrote, if it is there up to a size; every entry is hashed.

        Otherwise the mirror stays empty, and `append` finds what is there.

        Raises:
            UnavailableError: A file cannot be read.
        """
        edge = Edge()
        for index in range(-(-size // FULL)):
            bundle = Bundle(index, min(FULL, size - index * FULL))
            if not any((self.folder / one.path).exists() for one in (bundle, Bundle(index))):
                return
            edge, _ = edge.extended([hash_leaf(entry) for entry in self._bundle(bundle)])
        self._edge = edge

    def append(self, tree: Tree) -> None:
        """Copy what is missing up to a tree that has grown from this one: all of it, or the mirror stays as it is.

        What was written before it fails is found again: see `finished`.

        Raises:
            InvalidProofError: What is fetched does not lead to the tree's root.
            MalformedError: A file is not what it should be.
            UnavailableError: A file could not be had, or nothing can be written.
            RefusedError: What an earlier process wrote is not what the log signed.
        """
        edge = self._edge
        waiting: dict[str, bytes] = {}
        for first, found in tree.entries(edge.size // FULL * FULL, tree.head.size):
            fresh = found[max(edge.size - first, 0) :]
            self.copied += len(fresh)
            edge, tiles = edge.extended([hash_leaf(entry) for entry in fresh])
            waiting |= {tile.path: data for tile, data in tiles.items() if tile.width == FULL}
            waiting[Bundle(first // FULL, len(found)).path] = write_bundle(found)
            if len(waiting) >= _AT_ONCE:
                self._write(waiting)
                waiting = {}
        for level, hashes in enumerate(edge.levels):
            if hashes:
                tile = Tile(level, edge.size >> (HEIGHT * (level + 1)), len(hashes))
                waiting[tile.path] = write_tile(hashes)
        self._write(waiting)
        if edge.head() != tree.head:
            raise RefusedError(
                f"the mirror of size {edge.size} does not have the root that the log signed",
                at=str(self.folder),
                hint="a file in it was changed: move the whole folder away, and start again; it is fetched anew",
            )
        self._edge = edge

    def finished(self, fetcher: Fetcher) -> Fetcher:
        """A board's files; full tiles and bundles that are here already are not fetched again, but read and checked.

        Args:
            fetcher: The board's.
        """
        return _Finished(self.fetcher, fetcher)

    def index_ballot(self, index: int, fingerprint: bytes) -> None:
        """Take a ballot up in the look-up buckets, in the log's order; `write_buckets` writes them."""
        self._buckets.add(index, fingerprint)

    def write_buckets(self) -> None:
        """Write the look-up buckets that have changed; every ballot was taken up.

        Raises:
            BrokenMirrorError: A bucket cannot be written.
        """
        try:
            self._buckets.write()
        except UnavailableError as error:
            raise BrokenMirrorError(error.message, at=error.at) from None

    def complete(self, size: int) -> None:
        """Write the partial tiles and bundles of an earlier tree, so that its checkpoint can be shown.

        Each is the beginning of a larger one that is here.

        Raises:
            UnavailableError: The mirror cannot be read or written.
        """
        tree, files = self.tree(), {}
        for tile in tiles_of(size):
            larger = min(FULL, (self._edge.size >> (HEIGHT * tile.level)) - tile.index * FULL)
            if tile.width < larger < FULL:
                whole = tree.tile(Tile(tile.level, tile.index, larger))
                files[tile.path] = write_tile(whole[: tile.width])
                if tile.level == 0:
                    bundle = Bundle(tile.index, tile.width)
                    files[bundle.path] = write_bundle(self._bundle(Bundle(tile.index, larger))[: tile.width])
        self._write({path: data for path, data in files.items() if not (self.folder / path).exists()})

    def collect(self, old: int) -> None:
        """Remove partial tiles that are full by now, and were not when the mirror had that size."""
        with _explaining(self.folder):
            for folder in folders_of_parts(self._edge.size, old=old):
                self._storage.remove(f"{PUBLIC}/{folder}")

    def place(self, path: str, data: bytes) -> None:
        """Exchange a file of the mirror, such as a checkpoint.

        Raises:
            UnavailableError: It cannot be written.
        """
        with _explaining(self.folder):
            self._storage.replace(f"{PUBLIC}/{path}", data)

    def read(self, path: str) -> bytes:
        """A small file of the mirror; empty if there is none.

        Raises:
            UnavailableError: It cannot be read.
        """
        if not (self.folder / path).exists():
            return b""
        return self.fetcher.fetch(path, limit=LARGEST_NOTE)

    def add(self, files: Mapping[str, bytes]) -> None:
        """Write files of the mirror that never change, such as a report.

        Raises:
            RefusedError: Another file of that name is there.
            UnavailableError: They cannot be written.
        """
        self._write(files)

    def _write(self, files: Mapping[str, bytes]) -> None:
        with _explaining(self.folder):
            self._storage.write_once({f"{PUBLIC}/{path}": data for path, data in files.items()})

    def _bundle(self, bundle: Bundle) -> tuple[bytes, ...]:
        """The entries of a bundle; a partial one may be gone once the full one is there."""
        path = self.folder / bundle.path
        full = Bundle(bundle.index)
        if not path.exists() and (self.folder / full.path).exists():
            path, bundle, width = self.folder / full.path, full, bundle.width
        else:
            width = bundle.width
        try:
            return read_bundle(path.read_bytes(), bundle)[:width]
        except (OSError, MalformedError) as error:
            raise UnavailableError(f"{path}: {error}", at=str(path)) from None


@contextmanager
def _explaining(folder: Path) -> Iterator[None]:
    """After an error in writing nobody knows what is stored: the process has to end, and the next one finds out."""
    try:
        yield
    except FatalError as error:
        raise RefusedError(
            f"the mirror has other bytes than the log: {error.message}",
            at=error.at,
            hint="move the whole folder away, and start again; it is fetched anew",
        ) from None
    except OSError as error:
        raise BrokenMirrorError(f"{folder}: {error.strerror or error}", at=str(folder)) from None
    except UnavailableError as error:
        raise BrokenMirrorError(error.message, at=error.at) from None


class BrokenMirrorError(UnavailableError):
    """The disk failed or is full: what is on it now, only a new start can tell."""


class _Finished:
    """Files that never change from one copy, everything else, and what is not there, from another."""

    def __init__(self, here: Fetcher, there: Fetcher) -> None:
        self._here, self._there = here, there

    def fetch(self, path: str, *, limit: int) -> bytes:
        """See `Fetcher.fetch`."""
        if path.startswith("tile/") and ".p/" not in path:
            with suppress(UnavailableError):
                return self._here.fetch(path, limit=limit)
        return self._there.fetch(path, limit=limit)
