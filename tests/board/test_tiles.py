"""tlog-tiles: paths, tiles, bundles, the right edge."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.board.merkle import (
    LARGEST_SIZE,
    Frontier,
    prove_consistency,
    prove_inclusion,
    read_frontier,
    verify_consistency,
    verify_inclusion,
)
from psephos.board.tiles import (
    FULL,
    LARGEST_ENTRY,
    Bundle,
    Edge,
    Tile,
    bundles_of,
    node_reader,
    read_bundle,
    read_edge,
    read_path,
    read_tile,
    tiles_of,
    verify_bundle,
    write_bundle,
    write_tile,
)
from psephos.errors import InvalidProofError, MalformedError
from tests.board.example import EXAMPLE, SPECIFICATION, broken, head_of, leaves_of, reader_of

ENTRIES = [entry.encode() for entry in EXAMPLE["entries"]]
BUNDLE = write_bundle(ENTRIES)
tiles = st.builds(Tile, st.integers(0, 63), st.integers(0, LARGEST_SIZE // FULL), st.integers(1, FULL))
bundles = st.builds(Bundle, st.integers(0, LARGEST_SIZE // FULL), st.integers(1, FULL))


def test_paths_of_the_specification_are_written() -> None:
    """Every index of the document has the document's path."""
    for index, place in SPECIFICATION["tile_paths"].items():
        assert Tile(0, int(index)).path == f"tile/0/{place}"
        assert Bundle(int(index)).path == f"tile/entries/{place}"
        assert read_path(f"tile/63/{place}.p/255") == Tile(63, int(index), 255)


def test_trees_of_the_specification_have_its_tiles() -> None:
    """70,000 leaves and 256 leaves are the document's examples."""
    expected = SPECIFICATION["tiles_of_70000"]
    found = list(tiles_of(70_000))
    assert sum(tile.level == 0 and tile.width == FULL for tile in found) == expected["full_0"]
    assert sum(tile.level == 1 and tile.width == FULL for tile in found) == expected["full_1"]
    assert [tile.path for tile in found if tile.width < FULL] == [expected[f"partial_{level}"] for level in range(3)]
    assert [tile.path for tile in tiles_of(256)] == SPECIFICATION["tiles_of_256"]
    assert not list(tiles_of(0))


@given(tiles | bundles)
def test_path_that_is_written_is_read_again(place: Tile | Bundle) -> None:
    """Every tile has one path."""
    assert read_path(place.path) == place


@given(st.data())
def test_broken_path_is_refused_or_another(data: st.DataObject) -> None:
    """A path that was changed names nothing, or what it now says."""
    path = data.draw(broken(data.draw(tiles | bundles).path.encode())).decode(errors="surrogateescape")
    try:
        place = read_path(path)
    except MalformedError:
        return
    assert place.path == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/1000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001/x002",
        "tile/00/001",
        "tile/01/001",
        "tile/64/001",
        "tile/-1/001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/0/001.p/",
        "/tile/0/001",
        "tile/0/001/",
        "tile/0/001\n",
        "tile/0/٠٠١",
        "tile/8/0/001",
        "tile/entries/../001",
        "tile/0/" + "x999/" * 20 + "999",
    ],
)
def test_path_in_another_form_is_refused(path: str) -> None:
    """Nothing else names a tile."""
    with pytest.raises(MalformedError):
        read_path(path)


def test_bundle_of_the_example_is_made_byte_for_byte() -> None:
    """Five ballots make a bundle of eighty bytes, and a tile whose hash is published."""
    assert len(BUNDLE) == EXAMPLE["bundle_length"]
    assert BUNDLE.hex().startswith(EXAMPLE["bundle_prefix_hex"])
    digest = sha256(write_tile(leaves_of(5))).hexdigest()
    assert digest.startswith(EXAMPLE["tile_0_sha256_prefix"])
    assert digest.endswith(EXAMPLE["tile_0_sha256_suffix"])


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=FULL))
def test_bundle_that_is_written_is_read_again(entries: list[bytes]) -> None:
    """Entries of any length, also none."""
    bundle = Bundle(7, len(entries))
    assert list(read_bundle(write_bundle(entries), bundle)) == entries
    for width in {1, FULL, len(entries) - 1, len(entries) + 1} - {0, len(entries), FULL + 1}:
        with pytest.raises(MalformedError):
            read_bundle(write_bundle(entries), Bundle(7, width))


@given(broken(BUNDLE))
def test_broken_bundle_is_refused_or_other_entries(data: bytes) -> None:
    """A bundle that was changed does not read, or does not fit its tile."""
    try:
        entries = read_bundle(data, Bundle(0, 5))
    except MalformedError:
        return
    with pytest.raises(InvalidProofError):
        verify_bundle(entries, leaves_of(5), bundle=Bundle(0, 5))


def test_bundle_fits_its_tile_only() -> None:
    """The error says which entry of the log is not the one in the tree."""
    verify_bundle(ENTRIES, leaves_of(5), bundle=Bundle(0, 5))
    with pytest.raises(InvalidProofError) as caught:
        verify_bundle([*ENTRIES[:3], b"forged", ENTRIES[4]], leaves_of(5), bundle=Bundle(2, 5))
    assert caught.value.at == "entry 515"
    with pytest.raises(InvalidProofError):
        verify_bundle(ENTRIES[:4], leaves_of(5), bundle=Bundle(0, 5))


def test_entry_that_is_too_long_is_refused() -> None:
    """65,535 bytes are the most."""
    longest = bytes(LARGEST_ENTRY)
    assert read_bundle(write_bundle([longest]), Bundle(0, 1)) == (longest,)
    with pytest.raises(MalformedError):
        write_bundle([longest + b"\0"])


@pytest.mark.parametrize("length", [0, 31, 32, 159, 161, 8192])
def test_tile_of_another_length_is_refused(length: int) -> None:
    """A tile has 32 bytes for each hash."""
    with pytest.raises(MalformedError):
        read_tile(bytes(length), Tile(0, 0, 5))


@pytest.mark.parametrize(("level", "index", "width"), [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 2**56, 1), (0, 0, 257)])
def test_place_that_no_tree_has_is_refused(level: int, index: int, width: int) -> None:
    """Levels, indices and widths have limits."""
    with pytest.raises(MalformedError):
        Tile(level, index, width)
    with pytest.raises(MalformedError):
        Bundle(-1, width)


class Disk:
    """Files by their path; written once, never empty."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def write(self, files: dict[Tile, bytes]) -> None:
        """Store files; a path that exists keeps its bytes."""
        for tile, data in files.items():
            assert self.files.setdefault(tile.path, data) == data
            assert len(read_tile(data, tile)) == tile.width

    def read(self, tile: Tile) -> Sequence[bytes]:
        """A tile's hashes."""
        return read_tile(self.files[tile.path], tile)


@given(st.lists(st.integers(0, 700), min_size=1, max_size=6))
def test_tree_that_grows_has_its_tiles_and_no_others(steps: list[int]) -> None:
    """Batches of any size: each tile once, the tiles of every size served, the head by definition."""
    leaves = leaves_of(sum(steps))
    disk, edge, frontier = Disk(), Edge(), Frontier()
    for step in steps:
        added = leaves[edge.size : edge.size + step]
        old, frontier = edge.size, frontier.extended(added)
        edge, files = edge.extended(added)
        disk.write(files)
        assert set(files) == set(tiles_of(edge.size, old=old))
        assert all(tile.path in disk.files for tile in tiles_of(edge.size))
        assert edge.head() == frontier.head()
        assert edge == read_edge(edge.size, disk.read)
    read = node_reader(edge.size, disk.read)
    assert read_frontier(edge.size, read) == frontier
    assert edge.head() == head_of(leaves)


def test_tree_of_three_levels_is_read_through_its_tiles() -> None:
    """70,000 leaves: proofs made from tiles verify, and each hash in each tile is that of the definition."""
    leaves = leaves_of(70_000)
    edge, files = Edge().extended(leaves)
    disk = Disk()
    disk.write(files)
    head, read, by_definition = edge.head(), node_reader(edge.size, disk.read), reader_of(leaves)
    assert len(files) == 273 + 1 + 1 + 1 + 1
    for level, index in ((0, 69_999), (3, 8_000), (8, 272), (11, 33), (16, 0)):
        assert read(level, index) == by_definition(level, index)
    for index in (0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999):
        verify_inclusion(prove_inclusion(read, index=index, size=70_000), index=index, leaf=leaves[index], head=head)
    for old in (1, 255, 256, 257, 65_536, 69_888, 69_999):
        before = Frontier().extended(leaves[:old]).head()
        verify_consistency(prove_consistency(read, old=old, new=70_000), old=before, new=head)


def test_bundles_of_a_growing_log_are_those_of_its_leaf_tiles() -> None:
    """A bundle stands below each tile of level 0."""
    assert [bundle.path for bundle in bundles_of(513, old=255)] == [
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/1",
    ]


def test_edge_that_no_tree_has_is_refused() -> None:
    """The widths of the edge are the digits of the size."""
    hashes = tuple(leaves_of(2))
    for size, levels in ((1, (hashes,)), (2, ()), (256, (hashes,)), (2, (hashes, ())), (-1, ()), (2**63, ((),) * 8)):
        with pytest.raises(MalformedError):
            Edge(size, levels)
