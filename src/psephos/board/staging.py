"""A batch before it is committed: the files that it adds, as one tar, and the checks that they must pass.

The tar holds every tile and bundle in which an entry was added, under the paths that they are served at. Its name is
the new tree's `<size>-<root>`. It is written and synced before anything is signed, and read back: what is signed is
what the disk gives back, not what memory had.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from psephos.board.merkle import Frontier, TreeHead, hash_leaf, hash_perfect
from psephos.board.storage import Storage
from psephos.board.tiles import (
    FULL,
    HEIGHT,
    Bundle,
    Edge,
    Tile,
    bundles_of,
    read_bundle,
    read_edge,
    read_path,
    read_tile,
    tiles_of,
    verify_bundle,
    write_bundle,
)
from psephos.errors import InvalidProofError, MalformedError

FOLDER = "state/staging"
TileReader = Callable[[Tile], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Grown:
    """A tree with a batch more.

    Attributes:
        edge: Its right edge.
        tail: The entries that do not fill a bundle.
        files: The new tiles and bundles, by path.
    """

    edge: Edge
    tail: tuple[bytes, ...]
    files: dict[str, bytes]


def grow(edge: Edge, entries: Sequence[bytes], *, tail: Sequence[bytes]) -> Grown:
    """Add entries to a tree.

    Args:
        edge: The right edge so far.
        entries: The new ones.
        tail: The old ones in the bundle that is not full.
    """
    after, tiles = edge.extended([hash_leaf(entry) for entry in entries])
    first = edge.size - len(tail)
    known = (*tail, *entries)
    files = {tile.path: data for tile, data in tiles.items()}
    for bundle in bundles_of(after.size, old=edge.size):
        start = bundle.index * FULL - first
        files[bundle.path] = write_bundle(known[start : start + bundle.width])
    return Grown(after, known[len(known) - after.size % FULL :], files)


def stage(
    storage: Storage,
    entries: Sequence[tuple[bytes, bytes]],
    *,
    edge: Edge,
    tail: Sequence[bytes],
    frontier: Frontier,
    read: TileReader,
) -> tuple[Grown, Frontier]:
    """Write a batch, and find it on the disk as it was accepted.

    Args:
        storage: The log's.
        entries: The new ones, each with its SHA-256 when it was accepted.
        edge: See `grow`.
        tail: See `grow`.
        frontier: The tree that was signed last, kept apart from the edge.
        read: Gives the tiles that are stored.

    Returns:
        What the disk gives back, and the new frontier that was computed from it.

    Raises:
        OSError: It cannot be written or read.
        InvalidProofError, MalformedError: See `verify_batch`.
    """
    grown = grow(edge, [entry for entry, _ in entries], tail=tail)
    head = grown.edge.head()
    path = name_of(head)
    storage.write_once({path: pack(grown.files)})
    files = unpack(storage.read(path))
    fingerprints = [fingerprint for _, fingerprint in entries]
    return replace(grown, files=files), verify_batch(files, head, old=frontier, fingerprints=fingerprints, read=read)


def name_of(head: TreeHead) -> str:
    """The path of a batch that makes this tree."""
    return f"{FOLDER}/{head.size}-{head.root.hex()}"


def pack(files: Mapping[str, bytes]) -> bytes:
    """The files as one tar; the same files always as the same bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(files):
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(files[path]), 0o444
            tar.addfile(member, io.BytesIO(files[path]))
    return packed.getvalue()


def unpack(packed: bytes) -> dict[str, bytes]:
    """The files of a tar that `pack` wrote.

    Raises:
        MalformedError: It is another, or damaged.
    """
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:") as tar:
            for member in tar:
                found = tar.extractfile(member) if member.isreg() else None
                if found is None:
                    break
                files[member.name] = found.read()
        # There is one encoding, so that nothing in it was overlooked.
        same = pack(files) == packed
    except (tarfile.TarError, ValueError):
        same = False
    if not same:
        raise MalformedError("the staged batch is damaged")
    return files


def verify_files(files: Mapping[str, bytes], head: TreeHead, *, read: TileReader) -> None:
    """Check from the root downwards that files belong to a tree.

    Args:
        files: Tiles and bundles by path; of a tile, all the tiles above it that its hashes change are among them.
        head: The tree's.
        read: Gives the tiles that are not among the files.

    Raises:
        InvalidProofError: A file is not the tree's.
        MalformedError: It is none at all.
    """

    def hashes_of(tile: Tile) -> Sequence[bytes]:
        data = files.get(tile.path)
        return read(tile) if data is None else read_tile(data, tile)

    if read_edge(head.size, hashes_of).head() != head:
        raise InvalidProofError("the right edge does not lead to the root", at=f"size {head.size}")
    for path, data in files.items():
        found = read_path(path)
        level = found.level if isinstance(found, Tile) else 0
        if found.width != _width(head.size, level, found.index):
            raise InvalidProofError("not as wide as in this tree", at=path)
        hashes = hashes_of(Tile(level, found.index, found.width))
        if isinstance(found, Bundle):
            verify_bundle(read_bundle(data, found), hashes, bundle=found)
        elif found.width == FULL:  # a tile that is not full is part of the edge
            above, at = divmod(found.index, FULL)
            parent = Tile(level + 1, above, _width(head.size, level + 1, above))
            if hashes_of(parent)[at] != hash_perfect(hashes):
                raise InvalidProofError("a tile is not the one that the tree has there", at=path)


def verify_batch(
    files: Mapping[str, bytes],
    head: TreeHead,
    *,
    old: Frontier,
    fingerprints: Sequence[bytes],
    read: TileReader,
) -> Frontier:
    """Check a batch as it was read back: these entries, after those that are there, and no others.

    The root is computed once more from the entries alone, not from tiles.

    Args:
        files: What was staged.
        head: The tree that is to be signed.
        old: The tree that was signed last.
        fingerprints: SHA-256 of each entry when it was accepted, in order.
        read: Gives the tiles that are not among the files.

    Returns:
        The new frontier.

    Raises:
        InvalidProofError: Something is not as it was accepted.
        MalformedError: A file is damaged.
    """
    bundles = list(bundles_of(head.size, old=old.size))
    expected = {tile.path for tile in tiles_of(head.size, old=old.size)} | {bundle.path for bundle in bundles}
    if expected != set(files):
        raise InvalidProofError("not the files of this batch", at=min(expected ^ set(files)))
    verify_files(files, head, read=read)
    known = [entry for bundle in bundles for entry in read_bundle(files[bundle.path], bundle)]
    entries = known[len(known) - (head.size - old.size) :]
    if [sha256(entry).digest() for entry in entries] != list(fingerprints):
        raise InvalidProofError("an entry is not the one that was accepted")
    frontier = old.extended(map(hash_leaf, entries))
    if frontier.head() != head:
        raise InvalidProofError("the entries do not lead to the root", at=f"size {head.size}")
    return frontier


def _width(size: int, level: int, index: int) -> int:
    """How wide a tile is in a tree of this size; zero or less if the tree does not have it."""
    return min(FULL, (size >> (HEIGHT * level)) - index * FULL)
