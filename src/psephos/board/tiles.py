"""Tiles: the tree and the entries as static files (c2sp.org/tlog-tiles, v0.1.0; text of 2026-07-22).

    tile/<level>/<index>[.p/<width>]        256 hashes, fewer at the right edge
    tile/entries/<index>[.p/<width>]        the entries below one tile of level 0: (length u16 || entry) each

Hash i of tile n at level l is that of the perfect subtree over the leaves [(256 n + i) 256**l, (256 n + i + 1) 256**l):
node (8 l, 256 n + i) in the words of `merkle`. A tile that is full never changes; `<width>` keeps the others apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from psephos.board.merkle import HASH_SIZE, LARGEST_SIZE, Frontier, NodeReader, TreeHead, hash_leaf, hash_perfect
from psephos.errors import InvalidProofError, MalformedError

HEIGHT = 8
FULL = 1 << HEIGHT
LARGEST_ENTRY = 2**16 - 1
_MOST_LEVELS = 63
_LENGTH_SIZE = 2
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def fits(entry: bytes) -> bool:
    """Whether an entry has as many bytes as one may."""
    return 0 < len(entry) <= LARGEST_ENTRY


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile: hashes `FULL * index` up to `FULL * index + width` of its level."""

    level: int
    index: int
    width: int = FULL

    def __post_init__(self) -> None:
        _check_place(self.index, self.width)
        if not 0 <= self.level <= _MOST_LEVELS:
            raise MalformedError(f"there is no tile at level {self.level}")

    @property
    def path(self) -> str:
        """Below the log's URL."""
        return f"tile/{self.level}/{_place(self.index, self.width)}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Which entries: `FULL * index` up to `FULL * index + width`."""

    index: int
    width: int = FULL

    def __post_init__(self) -> None:
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Below the log's URL."""
        return f"tile/entries/{_place(self.index, self.width)}"


def read_path(path: str) -> Tile | Bundle:
    """Which tile or bundle a path names.

    Raises:
        MalformedError: None, or not in the one form.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise MalformedError("not the path of a tile", at=path[:80])
    index = int(match[2].replace("x", "").replace("/", ""))
    width = FULL if match[3] is None else int(match[3])
    found = Bundle(index, width) if match[1] == "entries" else Tile(int(match[1]), index, width)
    if found.path != path:
        raise MalformedError("a path of a tile that is written otherwise", at=path[:80])
    return found


def tiles_of(size: int, *, old: int = 0) -> Iterator[Tile]:
    """Every tile of a tree, lowest level first; only those that a tree of size `old` has not.

    > Empty tiles MUST NOT be served.
    """
    level, was = 0, old
    while size > 0:
        for index in range(was // FULL, size // FULL):
            yield Tile(level, index)
        if size % FULL and size != was:
            yield Tile(level, size // FULL, size % FULL)
        level, size, was = level + 1, size // FULL, was // FULL


def bundles_of(size: int, *, old: int = 0) -> Iterator[Bundle]:
    """Every bundle of a log; only those that a log of size `old` has not."""
    yield from (Bundle(tile.index, tile.width) for tile in tiles_of(size, old=old) if tile.level == 0)


def read_tile(data: bytes, tile: Tile) -> tuple[bytes, ...]:
    """The hashes in a tile's file.

    Raises:
        MalformedError: It is not as long as that tile.
    """
    if len(data) != tile.width * HASH_SIZE:
        raise MalformedError(f"a tile of width {tile.width} does not have {len(data)} bytes", at=tile.path)
    return tuple(data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE))


def write_tile(hashes: Sequence[bytes]) -> bytes:
    """The file of a tile with these hashes."""
    return b"".join(hashes)


def read_bundle(data: bytes, bundle: Bundle) -> tuple[bytes, ...]:
    """The entries in a bundle's file.

    Raises:
        MalformedError: It does not have exactly that many, or one is cut off.
    """
    entries, start = [], 0
    while start < len(data):
        end = start + _LENGTH_SIZE + int.from_bytes(data[start : start + _LENGTH_SIZE], "big")
        if start + _LENGTH_SIZE > len(data) or end > len(data):
            raise MalformedError("the bundle is cut off", at=f"{bundle.path}, byte {start}")
        entries.append(data[start + _LENGTH_SIZE : end])
        start = end
    if len(entries) != bundle.width:
        raise MalformedError(f"a bundle of width {bundle.width} does not have {len(entries)} entries", at=bundle.path)
    return tuple(entries)


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """The file of a bundle with these entries.

    Raises:
        MalformedError: An entry is longer than its length can say.
    """
    return b"".join(_length(entry) + entry for entry in entries)


def verify_bundle(entries: Sequence[bytes], hashes: Sequence[bytes], *, bundle: Bundle) -> None:
    """Check a bundle against its tile of level 0, which the caller checks against a checkpoint.

    > Each entry in a bundle hashes to the corresponding entry in the corresponding "level 0" Merkle Tree tile.

    Raises:
        InvalidProofError: An entry is not the one that the tree has there.
    """
    if len(entries) != len(hashes):
        raise InvalidProofError("the bundle and its tile differ in width", at=bundle.path)
    for at, (entry, expected) in enumerate(zip(entries, hashes, strict=True)):
        if hash_leaf(entry) != expected:
            raise InvalidProofError("an entry is not the one in the tree", at=f"entry {bundle.index * FULL + at}")


def node_reader(size: int, read: Callable[[Tile], Sequence[bytes]]) -> NodeReader:
    """Nodes of a tree, for `merkle`, out of its tiles. What the tiles say is not verified; the proofs made of it are.

    Args:
        size: The tree's, as a checkpoint says: > Clients MUST NOT fetch arbitrary partial tiles
        read: Gives the hashes of a tile of that tree, in its width there. It may keep them: it is often asked again.
    """

    def read_node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        tile_index, first = divmod(index << height, FULL)
        width = min(FULL, (size >> (HEIGHT * tile_level)) - tile_index * FULL)
        return hash_perfect(read(Tile(tile_level, tile_index, width))[first : first + (1 << height)])

    return read_node


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: at every level the hashes that do not fill a tile yet.

    Attributes:
        size: Number of leaves.
        levels: `levels[l]` has the `size // 256**l % 256` hashes of the partial tile at level l.
    """

    size: int = 0
    levels: tuple[tuple[bytes, ...], ...] = ()

    def __post_init__(self) -> None:
        height = -(-self.size.bit_length() // HEIGHT)
        expected = [(self.size >> (HEIGHT * level)) % FULL for level in range(height)]
        if not 0 <= self.size <= LARGEST_SIZE or expected != list(map(len, self.levels)):
            raise MalformedError("not the edge of a tree", at=f"size {self.size}")

    def extended(self, leaves: Sequence[bytes]) -> tuple[Edge, dict[Tile, bytes]]:
        """The edge after more leaves, and the files that are new: every tile in which a hash was added.

        Args:
            leaves: The hashes of the new entries.

        Returns:
            The edge, and each new tile's bytes. Tiles of the old size that are still partial are not among them.
        """
        files: dict[Tile, bytes] = {}
        levels: list[tuple[bytes, ...]] = []
        rising, level, size = tuple(leaves), 0, self.size + len(leaves)
        while size >> (HEIGHT * level):
            old = self.levels[level] if level < len(self.levels) else ()
            first = self.size >> (HEIGHT * (level + 1))
            hashes, above = (*old, *rising), []
            for at in range(len(hashes) // FULL):
                full = hashes[at * FULL : (at + 1) * FULL]
                files[Tile(level, first + at)] = write_tile(full)
                above.append(hash_perfect(full))
            partial = hashes[len(above) * FULL :]
            if partial and rising:
                files[Tile(level, first + len(above), len(partial))] = write_tile(partial)
            levels.append(partial)
            rising, level = tuple(above), level + 1
        return Edge(size, tuple(levels)), files

    def head(self) -> TreeHead:
        """The tree's head."""
        peaks: list[bytes] = []
        for hashes in reversed(self.levels):
            start = 0
            for height in reversed(range(HEIGHT)):
                if len(hashes) & (1 << height):
                    peaks.append(hash_perfect(hashes[start : start + (1 << height)]))
                    start += 1 << height
        return Frontier(self.size, tuple(peaks)).head()


def read_edge(size: int, read: Callable[[Tile], Sequence[bytes]]) -> Edge:
    """The right edge of a tree that is stored. Compare its head with the signed one before building on it."""
    levels: list[tuple[bytes, ...]] = []
    while size >> (HEIGHT * len(levels)):
        index, width = divmod(size >> (HEIGHT * len(levels)), FULL)
        levels.append(tuple(read(Tile(len(levels), index, width))) if width else ())
    return Edge(size, tuple(levels))


def _check_place(index: int, width: int) -> None:
    if not 0 <= index <= LARGEST_SIZE // FULL or not 1 <= width <= FULL:
        raise MalformedError(f"there is no tile {index} of width {width}")


def _place(index: int, width: int) -> str:
    """> index 1234067 will be encoded as x001/x234/067 — and `.p/<width>` after it for a partial one."""
    digits = str(index)
    digits = digits.zfill(len(digits) + -len(digits) % 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    suffix = "" if width == FULL else f".p/{width}"
    return "".join(f"x{group}/" for group in groups[:-1]) + groups[-1] + suffix


def _length(entry: bytes) -> bytes:
    if len(entry) > LARGEST_ENTRY:
        raise MalformedError(f"an entry of {len(entry)} bytes is too long")
    return len(entry).to_bytes(_LENGTH_SIZE, "big")
