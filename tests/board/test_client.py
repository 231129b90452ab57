"""Reading a board: what holds is returned, what does not is refused, and two histories are evidence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint, refuse_split_view
from psephos.board.client import AbsentError, BoardReader, Fetcher, ForkError, Tree
from psephos.board.cosignature import verifiers_of
from psephos.board.merkle import TreeHead, hash_leaf, prove_consistency, prove_inclusion, verify_consistency
from psephos.board.note import Ed25519Signer
from psephos.board.policy import Log, Policy, Witness
from psephos.board.proof import verify_receipt
from psephos.board.tiles import Edge, Tile, bundles_of, write_bundle
from psephos.errors import (
    BoardError,
    InvalidProofError,
    MalformedError,
    PsephosError,
    QuorumError,
    SplitViewError,
    UnavailableError,
)
from tests.board.example import LOG, NOW, OBSERVER, ORIGIN, reader_of, signed

POLICY = Policy((Log(LOG.key),), (Witness("o1", OBSERVER.key),), (), "o1")
SIZES = [1, 2, 3, 5, 255, 256, 257, 511, 512, 700, 1000]
LARGEST = 70_000


def entries_of(size: int, salt: str = "ballot", shared: int = 0) -> list[bytes]:
    """Entries of one history; another salt is another history after the shared ones."""
    return [f"{'ballot' if at < shared else salt}-{at:07}".encode() for at in range(size)]


ENTRIES = entries_of(1000)
EDGES = {size: Edge().extended([hash_leaf(entry) for entry in ENTRIES[:size]])[0] for size in SIZES}


class Files:
    """A board's files in memory. Counts what is asked for, and refuses what was never published."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self._edge = Edge()
        self._entries: list[bytes] = []

    def fetch(self, path: str, *, limit: int) -> bytes:
        """As a board would; it holds to no limit, so that the reader's are seen."""
        self.asked.append(path)
        if path not in self.files:
            raise AbsentError("not there", at=path)
        assert path == "checkpoint" or len(self.files[path]) <= limit
        return self.files[path]

    def grow(self, entries: list[bytes]) -> SignedCheckpoint:
        """Append, publish, sign."""
        old = self._edge.size
        self._edge, tiles = self._edge.extended([hash_leaf(entry) for entry in entries])
        self._entries += entries
        self.files |= {tile.path: data for tile, data in tiles.items()}
        for bundle in bundles_of(self._edge.size, old=old):
            first = bundle.index * 256
            self.files[bundle.path] = write_bundle(self._entries[first : first + bundle.width])
        return self.show(self._edge.head())

    def show(self, head: TreeHead, cosigned: bool = False) -> SignedCheckpoint:
        """Publish a signed head, whatever the tiles are."""
        note = signed(head)
        if cosigned:
            note = note.with_signatures([*note.note.signatures, OBSERVER.cosign(note.note.text, now=NOW)])
        self.files["checkpoint"] = bytes(note)
        return note


def board(*steps: int, entries: list[bytes] = ENTRIES) -> Files:
    """A board that grew to these sizes."""
    files, old = Files(), 0
    for step in steps:
        files.grow(entries[old:step])
        old = step
    return files


def reader(files: Fetcher, seen: SignedCheckpoint | None = None, mirror: Fetcher | None = None) -> BoardReader:
    """A reader of the example's log."""
    return BoardReader(files, origin=ORIGIN, policy=POLICY, seen=seen, mirror=mirror)


def flat(runs: object) -> list[bytes]:
    """Entries without their numbers, which are checked."""
    found: list[bytes] = []
    start = None
    for first, entries in runs:  # type: ignore[attr-defined]
        assert start is None or first == start + len(found)
        start = first if start is None else start
        found += entries
    return found


def test_checkpoint_of_the_log_is_returned_with_those_who_signed() -> None:
    """The observer's line is counted, and the quorum is the caller's question."""
    files = board(5)
    view = reader(files).update()
    assert (view.head, set(view.observed.cosignatures)) == (EDGES[5].head(), set())
    files.show(view.head, cosigned=True)
    view = reader(files).update()
    assert set(view.observed.cosignatures) == {"o1"}
    assert view.own() == signed(EDGES[5].head())


@pytest.mark.parametrize(
    "note",
    [
        bytes(signed(EDGES[5].head(), signer=Ed25519Signer(ORIGIN, bytes(32)))),
        bytes(signed(EDGES[5].head())).replace(b"\n5\n", b"\n6\n"),
        bytes(signed(EDGES[5].head(), signer=Ed25519Signer("other.example", bytes(32)), origin="other.example")),
        bytes(signed(TreeHead(0, bytes(32)))),
    ],
)
def test_checkpoint_that_the_log_did_not_sign_is_refused(note: bytes) -> None:
    """A stranger's, a changed one, another log's, one of an impossible tree."""
    files = board(5)
    files.files["checkpoint"] = note
    reading = reader(files)
    with pytest.raises(InvalidProofError) as caught:
        reading.update()
    assert caught.value.code == "invalid-proof"
    assert reading.seen is None


def test_reader_needs_a_key_of_the_log() -> None:
    """A policy without it, and a remembered checkpoint that is not the log's, are mistakes."""
    with pytest.raises(InvalidProofError):
        BoardReader(Files(), origin="other.example", policy=POLICY)
    with pytest.raises(InvalidProofError):
        reader(Files(), seen=signed(EDGES[5].head(), signer=Ed25519Signer(ORIGIN, bytes(32))))


def test_board_that_grows_is_followed() -> None:
    """Through every kind of edge; what was seen is remembered."""
    files, reading, old = Files(), None, 0
    for size in SIZES:
        files.grow(ENTRIES[old:size])
        old = size
        reading = reading or reader(files)
        assert reading.update().head == EDGES[size].head()
        assert reading.seen is not None
        assert reading.seen.head.size == size


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=5), st.integers(0, 1000), st.integers(0, 1000))
def test_entries_are_read_whatever_the_steps(steps: list[int], one: int, other: int) -> None:
    """Any range of any tree that grew in any steps, from published files only."""
    steps = sorted(set(steps))
    files = board(*steps)
    size = steps[-1]
    start, end = sorted((min(one, size), min(other, size)))
    view = reader(files).update()
    assert flat(Tree(files, view.head).entries(start, end)) == ENTRIES[start:end]


def test_entries_beyond_the_tree_are_a_mistake() -> None:
    """There are none, and no board is asked."""
    files = board(5)
    tree = Tree(files, EDGES[5].head())
    for start, end in ((0, 6), (-1, 2), (3, 2)):
        with pytest.raises(ValueError, match="has no entries"):
            list(tree.entries(start, end))
    for wrong in (Tile(0, 0), Tile(0, 0, 4), Tile(0, 1, 5), Tile(1, 0, 1)):
        with pytest.raises(ValueError, match="a tree of size 5 has no tile"):
            tree.tile(wrong)
    with pytest.raises(ValueError, match="never had size 6"):
        tree.root_at(6)
    assert files.asked == []


def test_full_file_serves_where_the_partial_one_is_gone() -> None:
    """Partial files may be collected once the full one is there; an old tree can still be read."""
    files = board(300, 700)
    for path in [path for path in files.files if ".p/44" in path]:
        del files.files[path]
    head = Edge().extended([hash_leaf(entry) for entry in ENTRIES[:300]])[0].head()
    assert "tile/0/001" in files.files
    assert flat(Tree(files, head).entries(250, 300)) == ENTRIES[250:300]


@given(st.data())
def test_one_bit_in_any_file_that_is_read_is_found(data: st.DataObject) -> None:
    """Whatever a mirror changes, no wrong entry comes out, and nothing but our errors."""
    files = board(3, 700)
    view = reader(files).update()
    tree = Tree(files, view.head)
    assert flat(tree.entries(0, 700)) == ENTRIES[:700]
    path = data.draw(st.sampled_from(sorted(set(files.asked) - {"checkpoint", "checkpoint.latest"})))
    changed = bytearray(files.files[path])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    files.files[path] = bytes(changed)
    with pytest.raises((InvalidProofError, MalformedError)):
        flat(Tree(files, view.head).entries(0, 700))


@pytest.mark.parametrize("index", [3, 690])
@pytest.mark.parametrize("levels", [1, 2])
def test_entry_that_is_replaced_together_with_its_tiles_is_found(index: int, levels: int) -> None:
    """A liar who keeps entries and tiles in step is caught where they meet the signed root."""
    files = board(700)
    liar = board(700, entries=[*ENTRIES[:index], b"forged", *ENTRIES[index + 1 :]])
    for path, data in liar.files.items():
        if path.startswith(("tile/entries/", *(f"tile/{level}/" for level in range(levels)))):
            files.files[path] = data
    view = reader(files).update()
    for look in (
        lambda tree: flat(tree.entries(index, index + 1)),
        lambda tree: tree.prove_entry(index ^ 1),
        lambda tree: tree.root_at(index + 1),
        lambda tree: tree.tile(Tile(0, index // 256, min(256, 700 - index // 256 * 256))),
    ):
        with pytest.raises(InvalidProofError) as caught:
            look(Tree(files, view.head))
        assert caught.value.code == "invalid-proof"


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/001"])
def test_withheld_file_is_no_proof_of_anything(path: str) -> None:
    """What is missing is named, and trying again may help."""
    files = board(700)
    del files.files[path]
    with pytest.raises(UnavailableError) as caught:
        flat(Tree(files, EDGES[700].head()).entries(0, 700))
    assert (caught.value.code, caught.value.at) == ("unavailable", path.partition(".p/")[0])


def convicts(fork: ForkError) -> None:
    """Whoever has the log's key and the evidence needs nothing else."""
    assert fork.code == "split-view"
    ours, theirs = read_signed_checkpoint(fork.ours), read_signed_checkpoint(fork.theirs)
    with pytest.raises(SplitViewError):
        refuse_split_view(ours, theirs, proof=fork.proof, verifiers=verifiers_of([LOG.key]), old_root=fork.old_root)


@pytest.mark.parametrize("size", SIZES)
def test_fork_of_one_size_is_evidence(size: int) -> None:
    """Two notes, and no tile is needed."""
    ours, theirs = board(size), board(size, entries=entries_of(size, "forged", size - 1))
    reading = reader(ours)
    seen = reading.update().signed
    ours.files["checkpoint"] = theirs.files["checkpoint"]
    ours.asked.clear()
    with pytest.raises(ForkError) as caught:
        reading.update()
    assert (caught.value.ours, caught.value.theirs) == (bytes(seen), theirs.files["checkpoint"])
    assert (caught.value.proof, caught.value.culprit) == ((), ORIGIN)
    assert ours.asked == ["checkpoint.latest", "checkpoint"]
    assert reading.seen == seen
    convicts(caught.value)


@pytest.mark.parametrize("old", [size for size in SIZES if size < 1000])
@pytest.mark.parametrize("shared", [0, 0.5, -1])
def test_fork_that_went_on_is_evidence(old: int, shared: float) -> None:
    """The tiles of the other history convict it, also at powers of two, where the proof alone does not."""
    common = old - 1 if shared < 0 else int(old * shared)
    reading = reader(board(old))
    seen = reading.update().signed
    other = reader(board(1000, entries=entries_of(1000, "forged", common)), seen=seen)
    with pytest.raises(ForkError) as caught:
        other.update()
    assert caught.value.ours == bytes(seen)
    assert other.seen == seen
    convicts(caught.value)


def test_fork_without_tiles_that_fit_proves_nothing() -> None:
    """A board that signs another history and shows the first one's tiles is refused, not convicted."""
    files = board(300, 700)
    reading = reader(files, seen=signed(Edge().extended([hash_leaf(e) for e in ENTRIES[:300]])[0].head()))
    files.show(TreeHead(700, bytes(32)))
    with pytest.raises(InvalidProofError) as caught:
        reading.update()
    assert not isinstance(caught.value, SplitViewError)


def test_board_that_goes_back_is_an_alarm() -> None:
    """Same history or no tiles at all: not proof, but never accepted."""
    files = board(300, 700)
    reading = reader(files)
    seen = reading.update().signed
    files.show(Edge().extended([hash_leaf(entry) for entry in ENTRIES[:300]])[0].head())
    for broken in (False, True):
        if broken:
            files.files = {"checkpoint": files.files["checkpoint"]}
        with pytest.raises(BoardError) as caught:
            reading.update()
        assert not isinstance(caught.value, SplitViewError)
        assert (caught.value.code, caught.value.culprit) == ("board", ORIGIN)
    assert reading.seen == seen


def test_board_that_goes_back_to_another_history_is_convicted_by_our_mirror() -> None:
    """It need not show the tiles that convict it: we kept ours."""
    mine = board(700)
    seen = reader(mine).update().signed
    forged = board(300, entries=entries_of(300, "forged", 200))
    with pytest.raises(BoardError) as weak:
        reader(forged, seen=seen).update()
    assert not isinstance(weak.value, ForkError)
    with pytest.raises(ForkError) as caught:
        reader(forged, seen=seen, mirror=mine).update()
    assert caught.value.theirs == forged.files["checkpoint"]
    convicts(caught.value)


def test_checkpoint_from_elsewhere_is_compared_and_not_remembered() -> None:
    """Gossip: an honest one of any size is silent, a forged one is evidence, a stranger's is refused."""
    files = board(*SIZES)
    reading = reader(files)
    seen = reading.update().signed
    for size in SIZES:
        reading.compare(signed(EDGES[size].head()))
    with pytest.raises(ForkError) as caught:
        reading.compare(signed(TreeHead(512, bytes(32))))
    convicts(caught.value)
    with pytest.raises(InvalidProofError):
        reading.compare(signed(EDGES[5].head(), signer=Ed25519Signer(ORIGIN, bytes(32))))
    assert reading.seen == seen


def test_proofs_from_tiles_are_those_of_the_definition() -> None:
    """Consistency from every size we have, inclusion of some entries, the root at every size."""
    files = board(*SIZES)
    tree = Tree(files, EDGES[1000].head())
    read = reader_of([hash_leaf(entry) for entry in ENTRIES])
    for size in SIZES:
        proof = tree.prove_growth(size)
        assert proof == prove_consistency(read, old=size, new=1000)
        assert tree.root_at(size) == EDGES[size].head()
        verify_consistency(proof, old=EDGES[size].head(), new=EDGES[1000].head())
    for index in (0, 255, 256, 999):
        assert tree.prove_entry(index) == prove_inclusion(read, index=index, size=1000)


def test_receipt_is_upgraded_by_a_later_checkpoint() -> None:
    """Provisional without the observer, good with the next cosigned checkpoint."""
    files = board(5)
    reading = reader(files)
    leaf = hash_leaf(ENTRIES[2])
    with pytest.raises(QuorumError):
        verify_receipt(reading.receipt(reading.update(), 2), leaf=leaf, policy=POLICY)
    files.show(files.grow(ENTRIES[5:700]).head, cosigned=True)
    verify_receipt(reading.receipt(reading.update(), 2), leaf=leaf, policy=POLICY)


def test_few_files_are_asked_for() -> None:
    """70,000 entries: growth is proved from a handful of tiles, and reading all asks for each file once."""
    entries = entries_of(LARGEST)
    files = board(300, LARGEST, entries=entries)
    reading = reader(files, seen=signed(Edge().extended([hash_leaf(e) for e in entries[:300]])[0].head()))
    view = reading.update()
    assert len(files.asked) <= 8
    files.asked.clear()
    assert flat(Tree(files, view.head).entries(0, LARGEST)) == entries
    assert len(files.asked) == len(set(files.asked)) <= 2 * 274 + 4


@given(st.binary(max_size=300), st.sampled_from(["checkpoint", "tile/0/000.p/5", "tile/entries/000.p/5"]))
def test_bytes_at_random_are_refused(data: bytes, path: str) -> None:
    """Nothing but our errors, whatever a board serves."""
    files = board(5)
    files.files[path] = data
    with pytest.raises(PsephosError):
        flat(Tree(files, reader(files).update().head).entries(0, 5))
