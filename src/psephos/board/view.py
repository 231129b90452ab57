"""A committed state of the log, and the proofs that it gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.heads import Head
from psephos.board.merkle import Frontier, TreeHead, hash_node, prove_consistency, prove_inclusion, read_frontier
from psephos.board.proof import Receipt
from psephos.board.storage import Storage
from psephos.board.tiles import FULL, HEIGHT, Bundle, Edge, Tile, read_bundle, read_tile

PUBLIC = "pub/"
_MOST_NODES = 1 << 17


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the next batch is built on. It never changes: the log exchanges it as a whole.

    Attributes:
        head: The row in the head's database.
        signed: Its checkpoint.
        edge: The right edge of the tree.
        frontier: The same tree, kept apart from the edge so that one checks the other.
        tail: The entries that do not fill a bundle.
    """

    head: Head
    signed: SignedCheckpoint
    edge: Edge
    frontier: Frontier
    tail: tuple[bytes, ...]


class Nodes:
    """Nodes of a log's tree, from its full tiles and the edge of a view; those that were asked for are kept.

    A node covers leaves that are all there, so it never changes, whatever the view.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._known: dict[tuple[int, int], bytes] = {}

    def read(self, edge: Edge, level: int, index: int) -> bytes:
        """A node.

        Args:
            edge: Of a tree that has this node.
            level: Its height above the leaves.
            index: Its number at that height.

        Raises:
            OSError: A tile cannot be read.
            MalformedError: A tile is damaged.
        """
        found = self._known.get((level, index))
        if found is not None:
            return found
        if len(self._known) > _MOST_NODES:
            self._known = {}
        height, between = divmod(level, HEIGHT)
        if between:
            found = hash_node(self.read(edge, level - 1, 2 * index), self.read(edge, level - 1, 2 * index + 1))
            self._known[level, index] = found
            return found
        tile, at = divmod(index, FULL)
        if tile == edge.size >> (level + HEIGHT):
            return edge.levels[height][at]
        hashes = read_stored_tile(self._storage, Tile(height, tile))
        self._known.update(((level, tile * FULL + number), part) for number, part in enumerate(hashes))
        return hashes[at]

    def head_at(self, edge: Edge, size: int) -> TreeHead:
        """The head that the tree had when it was of this size."""
        return read_frontier(size, lambda level, index: self.read(edge, level, index)).head()

    def receipt(self, edge: Edge, index: int, *, signed: SignedCheckpoint) -> Receipt:
        """The receipt of an entry under a checkpoint of this tree."""
        path = prove_inclusion(
            lambda level, at: self.read(edge, level, at), index=index, size=signed.checkpoint.head.size
        )
        return Receipt(index, path, signed)

    def consistency(self, edge: Edge, *, old: int, new: int) -> tuple[bytes, ...]:
        """The consistency proof between two sizes of this tree."""
        return prove_consistency(lambda level, index: self.read(edge, level, index), old=old, new=new)


def folders_of_parts(size: int, *, old: int) -> Iterator[str]:
    """The folders of partial tiles and bundles that are full in a tree of this size; only those not so in an older.

    Whoever asks for such a part, because of an older checkpoint, finds the full tile instead.
    """
    level = 0
    while size >> (HEIGHT * (level + 1)):
        shift = HEIGHT * (level + 1)
        for index in range(old >> shift, size >> shift):
            yield f"{Tile(level, index).path}.p"
            if level == 0:
                yield f"{Bundle(index).path}.p"
        level += 1


def read_stored_tile(storage: Storage, tile: Tile) -> tuple[bytes, ...]:
    """The hashes of a tile that is stored.

    Raises:
        OSError: It cannot be read.
        MalformedError: It is damaged.
    """
    return read_tile(storage.read(PUBLIC + tile.path), tile)


def read_stored_bundle(storage: Storage, bundle: Bundle) -> tuple[bytes, ...]:
    """The entries of a bundle that is stored; see `read_stored_tile`."""
    return read_bundle(storage.read(PUBLIC + bundle.path), bundle)
