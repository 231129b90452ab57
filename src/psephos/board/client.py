"""Reading a board and believing nothing of it: checkpoints that only grow, tiles and entries that lead to their root.

Every file comes through a `Fetcher`, which may be a stranger's mirror, a cache or a USB stick: what is read is either
what the log signed, or refused. What a log signed twice, differently, is a `ForkError`, fit to publish.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint, refuse_split_view, verify_log
from psephos.board.cosignature import verifiers_of
from psephos.board.merkle import (
    EMPTY_ROOT,
    HASH_SIZE,
    NodeReader,
    TreeHead,
    hash_perfect,
    prove_consistency,
    prove_inclusion,
    read_frontier,
)
from psephos.board.note import LARGEST_NOTE, VerifierKey
from psephos.board.policy import Observed, Policy, verify_checkpoint
from psephos.board.proof import Receipt
from psephos.board.tiles import (
    FULL,
    HEIGHT,
    LARGEST_ENTRY,
    Bundle,
    Edge,
    Tile,
    node_reader,
    read_bundle,
    read_edge,
    read_tile,
    verify_bundle,
)
from psephos.errors import BoardError, InvalidProofError, MalformedError, SplitViewError, UnavailableError

CHECKPOINT = "checkpoint"
"""The newest checkpoint that the receipts' quorum has cosigned; of a log without a quorum, the newest."""
LATEST = "checkpoint.latest"
"""The newest checkpoint that the log has signed; where it is absent, that is `checkpoint`."""
VERIFIED = "checkpoint.verified"
"""The newest checkpoint that the tally's quorum has cosigned."""
_LENGTH_SIZE = 2
_MOST_TILES = 1024
"""Tiles kept in memory, 8 KiB each."""


class AbsentError(UnavailableError):
    """The board answered, and has no such file."""


class Fetcher(Protocol):
    """Where a board's static files are."""

    def fetch(self, path: str, *, limit: int) -> bytes:
        """A file's bytes.

        Args:
            path: Below the board's URL, such as `tile/0/000`.
            limit: It has no more bytes than this; whoever sends more is cut off.

        Raises:
            AbsentError: There is no such file.
            UnavailableError: It could not be had, or is larger.
        """
        ...


class ForkError(SplitViewError):
    """Two histories signed by one log, and the proof.

    Attributes:
        proof: Consistency proof from the smaller to the larger of the two; empty if they are of one size.
        old_root: Root of the larger tree when it had the smaller's size; it is not the one that was signed.
        log: The log's keys.
    """

    def __init__(
        self, found: SplitViewError, *, proof: tuple[bytes, ...], old_root: bytes, log: tuple[VerifierKey, ...]
    ) -> None:
        super().__init__(
            found.message, ours=found.ours, theirs=found.theirs, at=found.at, culprit=found.culprit, hint=found.hint
        )
        self.proof = proof
        self.old_root = old_root
        self.log = log


@dataclass(frozen=True, slots=True)
class View:
    """A checkpoint that holds.

    Attributes:
        signed: The note as received.
        observed: Whose signatures under it hold. Whether they are enough is `policy.verify_quorum`'s question.
    """

    signed: SignedCheckpoint
    observed: Observed

    @property
    def head(self) -> TreeHead:
        """Size and root."""
        return self.signed.head

    def own(self) -> SignedCheckpoint:
        """The checkpoint with the log's lines only, as a witness is sent it."""
        return self.signed.with_signatures(self.observed.logs)


class Tree:
    """A log's tree of one size, read through its tiles. No hash leaves this class before it led to the root."""

    def __init__(self, fetcher: Fetcher, head: TreeHead) -> None:
        self.head = head
        self._fetcher = fetcher
        self._edge: Edge | None = None
        self._tiles: OrderedDict[Tile, tuple[bytes, ...]] = OrderedDict()

    def tile(self, tile: Tile) -> tuple[bytes, ...]:
        """The hashes of a tile of this tree, in its width there.

        Raises:
            ValueError: The tree has no such tile.
            InvalidProofError: The board's tiles do not lead to the root that the log signed.
            MalformedError: A file is not a tile.
            UnavailableError: A file could not be had.
        """
        if tile.width != min(FULL, (self.head.size >> (HEIGHT * tile.level)) - tile.index * FULL):
            raise ValueError(f"a tree of size {self.head.size} has no {tile.path}")
        edge = self._right_edge()
        if tile.width < FULL:
            return edge.levels[tile.level]
        if tile not in self._tiles:
            hashes = self._read(tile)
            above = self.head.size >> (HEIGHT * (tile.level + 1))
            parent, place = divmod(tile.index, FULL)
            expected = self.tile(Tile(tile.level + 1, parent, min(FULL, above - parent * FULL)))[place]
            if hash_perfect(hashes) != expected:
                raise InvalidProofError("a tile does not belong to the tree that the log signed", at=tile.path)
            self._tiles[tile] = hashes
            if len(self._tiles) > _MOST_TILES:
                self._tiles.popitem(last=False)
        self._tiles.move_to_end(tile)
        return self._tiles[tile]

    def root_at(self, size: int) -> TreeHead:
        """The head that this tree had at an earlier size.

        Raises:
            ValueError: The size is larger than the tree's.
            InvalidProofError: See `tile`; and so for the others.
        """
        if not 0 <= size <= self.head.size:
            raise ValueError(f"a tree of size {self.head.size} never had size {size}")
        return read_frontier(size, self._nodes()).head()

    def prove_growth(self, old: int) -> tuple[bytes, ...]:
        """The consistency proof from an earlier size.

        Raises:
            ValueError: The size is larger than the tree's.
            InvalidProofError: See `tile`; and so for the others.
        """
        return prove_consistency(self._nodes(), old=old, new=self.head.size)

    def prove_entry(self, index: int) -> tuple[bytes, ...]:
        """The audit path from an entry.

        Raises:
            ValueError: The tree has no such entry.
            InvalidProofError: See `tile`; and so for the others.
        """
        return prove_inclusion(self._nodes(), index=index, size=self.head.size)

    def entries(self, start: int, end: int) -> Iterator[tuple[int, tuple[bytes, ...]]]:
        """The entries [start, end), file by file: the number of the first, and what the file has of them.

        Raises:
            ValueError: The tree has no such entries.
            InvalidProofError: An entry or a tile is not the one that the log signed.
            MalformedError: A file is not what it should be.
            UnavailableError: A file could not be had.
        """
        if not 0 <= start <= end <= self.head.size:
            raise ValueError(f"a tree of size {self.head.size} has no entries [{start}, {end})")
        for index in range(start // FULL, -(-end // FULL)):
            width = min(FULL, self.head.size - index * FULL)
            bundle = Bundle(index, width)
            found = self._read_bundle(bundle)
            verify_bundle(found, self.tile(Tile(0, index, width)), bundle=bundle)
            first, last = max(start, index * FULL), min(end, index * FULL + width)
            yield first, found[first - index * FULL : last - index * FULL]

    def entry(self, index: int) -> bytes:
        """One entry; see `entries`."""
        ((_, (found,)),) = self.entries(index, index + 1)
        return found

    def _nodes(self) -> NodeReader:
        return node_reader(self.head.size, self.tile)

    def _right_edge(self) -> Edge:
        if self._edge is None:
            edge = read_edge(self.head.size, self._read)
            if edge.head() != self.head:
                raise InvalidProofError("the board's tiles do not lead to the root that the log signed")
            self._edge = edge
        return self._edge

    def _read(self, tile: Tile) -> tuple[bytes, ...]:
        def read(path: str, width: int) -> tuple[bytes, ...]:
            data = self._fetcher.fetch(path, limit=width * HASH_SIZE)
            return read_tile(data, Tile(tile.level, tile.index, width))

        return self._partial(tile.path, tile.width, read)

    def _read_bundle(self, bundle: Bundle) -> tuple[bytes, ...]:
        def read(path: str, width: int) -> tuple[bytes, ...]:
            data = self._fetcher.fetch(path, limit=width * (_LENGTH_SIZE + LARGEST_ENTRY))
            return read_bundle(data, Bundle(bundle.index, width))

        return self._partial(bundle.path, bundle.width, read)

    @staticmethod
    def _partial(path: str, width: int, read: Callable[[str, int], tuple[bytes, ...]]) -> tuple[bytes, ...]:
        """A partial file may be gone once the full one is there, which begins with the same."""
        try:
            return read(path, width)
        except AbsentError:
            if width == FULL:
                raise
            return read(path.partition(".p/")[0], FULL)[:width]


class BoardReader:
    """One log as one reader sees it: never back, never two histories."""

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        origin: str,
        policy: Policy,
        seen: SignedCheckpoint | None = None,
        mirror: Fetcher | None = None,
    ) -> None:
        """Read a board.

        Args:
            fetcher: Where its files are.
            origin: Which log it must be.
            policy: Whose signatures count.
            seen: The checkpoint that this reader verified last, kept by the caller; none at first.
            mirror: Its own copy of the tree that it saw last. With one, a board that went back to another history is
                caught with proof; without one, that board need not show the tiles that convict it.

        Raises:
            InvalidProofError: The policy has no key of this log, or `seen` is not signed by it.
        """
        self._fetcher = fetcher
        self._mirror = mirror or fetcher
        self._policy = policy
        self._verifiers = verifiers_of(log.key for log in policy.logs if log.key.name == origin)
        if not self._verifiers:
            raise InvalidProofError(f"the policy does not list the log {origin!a}")
        if seen is not None:
            verify_log(seen, origin=origin, verifiers=self._verifiers)
        self.origin = origin
        self.seen = seen

    def update(self) -> View:
        """The board's newest checkpoint, which has grown from all that this reader has seen.

        Raises:
            ForkError: The log signed two histories.
            BoardError: The board shows an older checkpoint than before. Nothing is proved: it may be a cache.
            InvalidProofError: A signature does not hold, or the board's tiles do not lead to what the log signed.
            MalformedError: A file is not what it should be.
            UnavailableError: A file could not be had.
        """
        view = self._newest()
        if self.seen is not None and view.head.size < self.seen.head.size:
            with suppress(UnavailableError, InvalidProofError, MalformedError):  # it went back, whatever its tiles say
                self.compare(view.signed)
            raise BoardError(
                f"the board went back from size {self.seen.head.size} to {view.head.size}",
                culprit=self.origin,
                hint="a cache may do that for seconds; if it lasts, the board hides what it signed",
            )
        self.compare(view.signed)
        self.seen = view.signed
        return view

    def compare(self, theirs: SignedCheckpoint) -> None:
        """Check that a checkpoint, from wherever, and the one seen last are of one history; nothing is remembered.

        Raises:
            ForkError: They are not.
            InvalidProofError: A signature does not hold, or the board's tiles do not lead to what the log signed.
            UnavailableError: They are of different sizes, and the board does not show how one grew from the other.
        """
        verify_log(theirs, origin=self.origin, verifiers=self._verifiers)
        if self.seen is None or theirs.head == self.seen.head:
            return
        small, large = sorted((self.seen.head, theirs.head), key=lambda head: head.size)
        proof: tuple[bytes, ...] = ()
        old_root = large.root
        if small.size not in {0, large.size}:
            tree = Tree(self._mirror if large == self.seen.head else self._fetcher, large)
            proof, old_root = tree.prove_growth(small.size), tree.root_at(small.size).root
        try:
            refuse_split_view(self.seen, theirs, proof=proof, verifiers=self._verifiers, old_root=old_root)
        except SplitViewError as found:
            log = tuple(verifier.key for verifier in self._verifiers)
            raise ForkError(found, proof=proof, old_root=old_root, log=log) from None

    def tree(self, head: TreeHead) -> Tree:
        """The tree of a head that was verified."""
        return Tree(self._fetcher, head)

    def receipt(self, view: View, index: int) -> Receipt:
        """The receipt of an entry under a checkpoint: how a provisional one gets its quorum.

        Raises:
            ValueError: The tree has no such entry.
            InvalidProofError: The board's tiles do not lead to what the log signed.
            UnavailableError: A file could not be had.
        """
        return Receipt(index, self.tree(view.head).prove_entry(index), view.signed)

    def _newest(self) -> View:
        signed = _read_latest(self._fetcher)
        if signed.checkpoint.origin != self.origin:
            raise InvalidProofError(f"the board shows the log {signed.checkpoint.origin!a}, not {self.origin!a}")
        if signed.head.size == 0 and signed.head.root != EMPTY_ROOT:
            raise InvalidProofError("the root of an empty tree is the hash of nothing", culprit=self.origin)
        return View(signed, verify_checkpoint(signed, self._policy))


def read_shown(fetcher: Fetcher) -> dict[str, SignedCheckpoint]:
    """All checkpoints that a board shows, by where; nothing is verified.

    Raises:
        MalformedError: A file is not a checkpoint.
        AbsentError: It shows none.
        UnavailableError: A file could not be had.
    """
    shown: dict[str, SignedCheckpoint] = {}
    for place in (LATEST, CHECKPOINT, VERIFIED):
        with suppress(AbsentError):
            shown[place] = read_signed_checkpoint(fetcher.fetch(place, limit=LARGEST_NOTE))
    if not shown:
        fetcher.fetch(CHECKPOINT, limit=LARGEST_NOTE)  # says where it is not
    return shown


def _read_latest(fetcher: Fetcher) -> SignedCheckpoint:
    try:
        return read_signed_checkpoint(fetcher.fetch(LATEST, limit=LARGEST_NOTE))
    except AbsentError:
        return read_signed_checkpoint(fetcher.fetch(CHECKPOINT, limit=LARGEST_NOTE))
