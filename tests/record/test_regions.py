"""Regions: the merge tree, the registrar's list, the cells, and that no published sum is about fewer than k ballots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from psephos.errors import MalformedError, MismatchError, PsephosError, RefusedError
from psephos.protocol.encoding import read_json, write_json
from psephos.record.region_list import OUTSIDE, RegionCodes, write_codes
from psephos.record.regions import (
    Cell,
    RegionMessage,
    Regions,
    RegionTerms,
    check_cells,
    find_cells,
    is_unanimous,
    read_regions,
    show_cells,
)
from tests.support.isolation import ballots_of, isolated, isolated_by_small_factors

NORTH = (
    RegionMessage(id="north"),
    RegionMessage(id="coast", group="north", registered=100),
    RegionMessage(id="hills", group="north", registered=150),
)
TERMS = RegionTerms(
    minimum_registered=100,
    minimum_counted=10,
    regions=(
        *NORTH,
        RegionMessage(id="south"),
        RegionMessage(id="plain", group="south", registered=200),
        RegionMessage(id="valley", group="south", registered=300),
        RegionMessage(id="capital", registered=400),
    ),
    rest=120,
)


def cells_of(*counted: int, terms: RegionTerms = TERMS) -> dict[str, int]:
    """The cells of these numbers of counted ballots, by the names of their leaves."""
    regions = read_regions(terms)
    found = find_cells(regions, counted)
    check_cells(regions, counted, found)
    return {"+".join(name or "rest" for name in regions.names(cell)): cell.counted for cell in found}


# ── before the vote ─────────────────────────────────────────────────────────────────────────────────────────────


def test_regions_of_a_charter_are_its_leaves_and_the_rest() -> None:
    """Groups are no regions of the list; the rest is the last leaf."""
    regions = read_regions(TERMS)
    assert [leaf.id for leaf in regions.leaves] == ["coast", "hills", "plain", "valley", "capital", ""]
    assert regions.voters == 100 + 150 + 200 + 300 + 400 + 120
    assert read_json(write_json(TERMS), RegionTerms, what="") == TERMS


@pytest.mark.parametrize(
    ("terms", "at"),
    [
        (replace(TERMS, minimum_counted=101), "/regions/minimum_counted"),
        (replace(TERMS, regions=(*TERMS.regions, RegionMessage(id="coast", registered=100))), "/regions/regions/7/id"),
        (replace(TERMS, regions=(*TERMS.regions, RegionMessage(id="south", registered=100))), "/regions/regions/7/id"),
        (replace(TERMS, regions=(*TERMS.regions, RegionMessage(id="capital"))), "/regions/regions/7/id"),
        (replace(TERMS, regions=TERMS.regions[::-1]), "/regions/regions/1/group"),
        (replace(TERMS, regions=(*TERMS.regions, RegionMessage(id="sea"))), "/regions/regions"),
        (replace(TERMS, regions=(*TERMS.regions, RegionMessage(id="a", group="a"))), "/regions/regions/7/group"),
        (replace(TERMS, minimum_registered=101), "/regions/regions"),
        (replace(TERMS, regions=(*TERMS.regions, RegionMessage(id="isle", registered=3))), "/regions/regions"),
        (replace(TERMS, rest=99), "/regions/rest"),
    ],
)  # fmt: skip
def test_terms_that_do_not_fit_are_refused(terms: RegionTerms, at: str) -> None:
    """Names are unique, groups stand before what is in them and hold something, and no leaf or rest is small."""
    with pytest.raises(MalformedError) as raised:
        read_regions(terms)
    assert raised.value.at == at


@pytest.mark.parametrize("changes", [{"minimum_counted": 1}, {"minimum_registered": 1}, {"regions": []}, {"rest": -1}])
def test_terms_without_any_protection_are_refused(changes: dict[str, object]) -> None:
    """One ballot is never a cell."""
    raw = msgspec.json.decode(write_json(TERMS)) | changes
    with pytest.raises(MalformedError):
        read_json(write_json(raw), RegionTerms, what="")


def listed(regions: Regions) -> list[int]:
    """A place for each credential."""
    return [place for place, leaf in enumerate(regions.leaves) for _ in range(leaf.registered)]


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_list_is_read_in_pieces_of_any_size(size: int) -> None:
    """Two bytes a voter, however they arrive."""
    regions = read_regions(TERMS)
    places = listed(regions)[::-1]
    written = write_codes(places, regions)
    assert len(written) == 2 * regions.voters
    assert written[:2] == OUTSIDE.to_bytes(2, "big")
    codes, read = RegionCodes(regions), list[int]()
    for start in range(0, len(written), size):
        read += codes.take(written[start : start + size])
    codes.check()
    assert read == places


def test_list_that_differs_from_the_charter_is_refused() -> None:
    """One voter more here and fewer there; a code of no region; half a code."""
    regions = read_regions(TERMS)
    places = listed(regions)
    with pytest.raises(MismatchError, match="99 voters where the charter has 100") as raised:
        write_codes([1, *places[1:]], regions)
    assert raised.value.at == "region 'coast'"
    with pytest.raises(MismatchError, match="119 voters where the charter has 120") as raised:
        write_codes(places[:-1], regions)
    assert raised.value.at == "no region"
    with pytest.raises(MalformedError, match="no region 6"):
        write_codes([6, *places[1:]], regions)
    codes = RegionCodes(regions)
    codes.take(write_codes(places, regions) + b"\0")
    with pytest.raises(MalformedError, match="within a credential"):
        codes.check()


def test_code_of_the_rest_is_refused_where_there_is_none() -> None:
    """Neither the mark of no region nor the place that the rest would have."""
    regions = read_regions(replace(TERMS, rest=0))
    for code in (OUTSIDE, len(regions.leaves)):
        with pytest.raises(MalformedError, match="no region"):
            RegionCodes(regions).take(code.to_bytes(2, "big"))
    with_rest = read_regions(TERMS)
    with pytest.raises(MalformedError, match="no region 5"):
        RegionCodes(with_rest).take((5).to_bytes(2, "big"))


# ── the cells ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_large_leaves_are_cells_of_their_own() -> None:
    """Nothing is merged without need."""
    assert cells_of(10, 20, 30, 40, 50, 60) == {
        "coast": 10, "hills": 20, "plain": 30, "valley": 40, "capital": 50, "rest": 60,
    }  # fmt: skip


def test_small_leaf_is_merged_within_its_group() -> None:
    """The neighbours in other groups keep their own results."""
    assert cells_of(9, 20, 30, 40, 50, 60) == {
        "coast+hills": 29, "plain": 30, "valley": 40, "capital": 50, "rest": 60,
    }  # fmt: skip


def test_small_group_is_merged_with_the_smallest_outside_it() -> None:
    """Two small leaves of one group do not suffice together."""
    assert cells_of(3, 4, 30, 40, 50, 60) == {"coast+hills+plain": 37, "valley": 40, "capital": 50, "rest": 60}


def test_small_rest_is_merged() -> None:
    """Otherwise the national sum less the regions' would be its result."""
    assert cells_of(10, 20, 30, 40, 50, 1) == {
        "coast+rest": 11, "hills": 20, "plain": 30, "valley": 40, "capital": 50,
    }  # fmt: skip


def test_leaf_without_ballots_is_in_no_cell() -> None:
    """There is no sum to hide, and no other region has to be merged for it."""
    assert cells_of(0, 20, 30, 40, 50, 0) == {"hills": 20, "plain": 30, "valley": 40, "capital": 50}


def test_small_leaves_are_merged_with_each_other_first() -> None:
    """The smallest with the smallest."""
    terms = replace(TERMS, rest=0, regions=tuple(RegionMessage(id=name, registered=100) for name in "abcde"))
    assert cells_of(6, 90, 5, 4, 80, terms=terms) == {"a+c+d": 15, "b": 90, "e": 80}


def test_ties_go_by_the_order_of_the_charter() -> None:
    """Equal numbers leave no choice to anybody."""
    terms = replace(TERMS, rest=0, regions=tuple(RegionMessage(id=name, registered=100) for name in "abcd"))
    assert cells_of(5, 5, 5, 5, terms=terms) == {"a+b": 10, "c+d": 10}


def test_too_few_ballots_in_all_give_no_cell() -> None:
    """Not even all of them together are enough."""
    assert cells_of(1, 2, 3, 0, 0, 3) == {}
    assert cells_of(0, 0, 0, 0, 0, 0) == {}
    assert cells_of(1, 2, 3, 0, 0, 4) == {"coast+hills+plain+rest": 10}


@st.composite
def elections(draw: st.DrawFn) -> tuple[Regions, list[int]]:
    """A random tree with random numbers of counted ballots."""
    least = draw(st.integers(2, 12))
    groups, regions = [""], []
    for number in range(draw(st.integers(0, 6))):
        group = draw(st.sampled_from(groups))
        groups.append(f"g{number}")
        regions += [RegionMessage(id=groups[-1], group=group)]
    held = [RegionMessage(id=f"{name}/0", group=name, registered=100) for name in groups]
    more = draw(st.lists(st.sampled_from(groups), max_size=12))
    held += [RegionMessage(id=f"{name}/{place}!", group=name, registered=100) for place, name in enumerate(more)]
    terms = RegionTerms(
        minimum_registered=20,
        minimum_counted=least,
        regions=(*regions, *draw(st.permutations(held))),
        rest=draw(st.sampled_from([0, 100])),
    )
    read = read_regions(terms)
    counted = st.lists(st.integers(0, 3 * least), min_size=len(read.leaves), max_size=len(read.leaves))
    return read, draw(counted)


@given(elections())
def test_cells_are_a_partition_into_large_cells(election: tuple[Regions, list[int]]) -> None:
    """Every ballot that counts is in exactly one cell, no cell is small, and nothing is merged without need."""
    regions, counted = election
    cells, least = find_cells(regions, counted), regions.terms.minimum_counted
    check_cells(regions, counted, cells)
    if sum(counted) < least:
        assert cells == ()
        return
    held = sorted(place for cell in cells for place in cell.leaves)
    assert held == [place for place, number in enumerate(counted) if number]
    assert sum(cell.counted for cell in cells) == sum(counted)
    for cell in cells:
        assert cell.counted >= least
        assert len(cell.leaves) == 1 or min(counted[place] for place in cell.leaves) < least


@given(elections(), st.randoms(use_true_random=False))
def test_cells_depend_on_last_ballots_only(election: tuple[Regions, list[int]], random: object) -> None:
    """Who votes again in her region changes no cell: leaves count voters, in whatever order and however often."""
    regions, counted = election
    cast = [(place, voter) for place, number in enumerate(counted) for voter in range(number)]
    cast += cast[::3] + cast[::2]
    random.shuffle(cast)  # type: ignore[attr-defined]
    again = [len({voter for where, voter in cast if where == place}) for place in range(len(counted))]
    assert find_cells(regions, again) == find_cells(regions, counted)


# ── no combination of published sums is about fewer than k ballots ──────────────────────────────────────────────

TREES = (
    (("a", ""), ("b", "")),
    (("a", ""), ("b", ""), ("c", "")),
    (("G", ""), ("a", "G"), ("b", "G"), ("c", "")),
    (("G", ""), ("H", "G"), ("a", "H"), ("b", "H"), ("c", "G")),
)


def small_elections() -> Iterator[tuple[Regions, tuple[int, ...]]]:
    """Every tree above, with and without a rest, every k from 2 to 4, every distribution of at most 8 ballots."""
    for tree, rest, least in product(TREES, (0, 9), (2, 3, 4)):
        held = tuple(RegionMessage(id=i, group=g, registered=None if i.isupper() else 9) for i, g in tree)
        terms = RegionTerms(minimum_registered=4, minimum_counted=least, regions=held, rest=rest)
        regions = read_regions(terms)
        for counted in product(range(6), repeat=len(regions.leaves)):
            if sum(counted) <= 8:
                yield regions, counted


@pytest.mark.slow
def test_no_combination_of_published_sums_is_about_few_ballots() -> None:
    """Exhaustive: every small election, every set of fewer than k ballots, every rational factors.

    No combination, other than the one that is always zero, has factors on ballots of such a set only.
    """
    checked = 0
    for regions, counted in small_elections():
        cells = find_cells(regions, counted)
        if sum(counted) < regions.terms.minimum_counted:
            continue
        sums = ballots_of(counted, cells)
        assert isolated(sums, fewer_than=regions.terms.minimum_counted) is None
        checked += 1
    assert checked > 4000


def test_no_combination_with_small_whole_factors_is_about_few_ballots() -> None:
    """The same by trying factors from -2 to 2 on each published sum, for every seventh of the small elections."""
    for number, (regions, counted) in enumerate(small_elections()):
        least = regions.terms.minimum_counted
        if number % 7 == 0 and sum(counted) >= least:
            sums = ballots_of(counted, find_cells(regions, counted))
            assert isolated_by_small_factors(sums, fewer_than=least) is None


LEAKS = {
    "cell of one ballot": ((1, 4), [(0,), (1,)]),
    "cell below k": ((2, 4), [(0,), (1,)]),
    "overlap": ((2, 4, 4), [(0, 1), (1, 2)]),
    "cell beside its union": ((2, 4), [(1,), (0, 1)]),
    "left out": ((4, 2, 4), [(0,), (2,)]),
}


@pytest.mark.parametrize("name", LEAKS)
def test_unsafe_cells_are_found_by_the_checker_and_refused(name: str) -> None:
    """The checker of these tests is able to fail, and what it finds is what `check_cells` refuses."""
    counted, leaves = LEAKS[name]
    cells = [Cell(places, sum(counted[place] for place in places)) for places in leaves]
    sums = ballots_of(counted, cells)
    found = isolated(sums, fewer_than=3)
    assert found is not None
    assert 0 < len(found) < 3
    assert isolated_by_small_factors(sums, fewer_than=3) is not None
    held = tuple(RegionMessage(id=name, registered=9) for name in "abc"[: len(counted)])
    regions = read_regions(RegionTerms(minimum_registered=4, minimum_counted=3, regions=held))
    with pytest.raises(RefusedError):
        check_cells(regions, counted, cells)


def partitions(places: Sequence[int]) -> Iterator[list[tuple[int, ...]]]:
    """Every way to put some of these leaves into sums: every set of at most three sets of leaves."""
    subsets = [chosen for size in range(1, len(places) + 1) for chosen in combinations(places, size)]
    for size in range(1, 4):
        yield from map(list, combinations(subsets, size))


@pytest.mark.slow
def test_check_of_cells_refuses_exactly_what_leaks() -> None:
    """Whatever sums somebody asks for, those that pass say nothing about fewer than k ballots.

    Those that are refused say something about fewer than k, overlap, or leave ballots out.
    """
    held = tuple(RegionMessage(id=name, registered=9) for name in "abc")
    regions = read_regions(RegionTerms(minimum_registered=4, minimum_counted=3, regions=held))
    passed = 0
    for counted in product((1, 2, 3), repeat=3):
        for leaves in partitions(range(3)):
            cells = [Cell(chosen, sum(counted[place] for place in chosen)) for chosen in leaves]
            leaks = isolated(ballots_of(counted, cells), fewer_than=3) is not None
            try:
                check_cells(regions, counted, cells)
            except PsephosError:
                held_places = [place for cell in cells for place in cell.leaves]
                assert leaks or sorted(held_places) != [0, 1, 2]
            else:
                assert not leaks
                passed += 1
    assert passed > 27


def test_cell_with_other_ballots_than_its_regions_is_refused() -> None:
    """The number of a cell is that of its leaves."""
    regions = read_regions(TERMS)
    cells = find_cells(regions, (10, 20, 30, 40, 50, 60))
    with pytest.raises(RefusedError, match="other ballots"):
        check_cells(regions, (11, 20, 30, 40, 50, 60), cells)


# ── unanimous cells ─────────────────────────────────────────────────────────────────────────────────────────────


def test_unanimous_cell_is_flagged() -> None:
    """Whatever the question in which all said the same."""
    assert is_unanimous(3, [[3, 0, 0]])
    assert is_unanimous(3, [[1, 2, 0], [0, 3]])
    assert not is_unanimous(3, [[2, 1, 0]])
    assert not is_unanimous(0, [[0, 0, 0]])
    regions = read_regions(TERMS)
    cells = find_cells(regions, (10, 20, 0, 0, 0, 0))
    shown = show_cells(regions, cells, [[[10, 0]], [[19, 1]]])
    assert [one.unanimous for one in shown] == [True, False]
    assert [one.cell for one in shown] == list(cells)


def test_unanimous_cell_is_merged_on_if_the_charter_says_so() -> None:
    """With the smallest in its group, and on as long as all say the same; nothing is decrypted for it."""
    regions = read_regions(replace(TERMS, merge_unanimous=True))
    counted = (10, 20, 30, 40, 50, 60)
    cells = find_cells(regions, counted)
    shown = show_cells(regions, cells, [[[10, 0]], [[20, 0]], [[29, 1]], [[1, 39]], [[1, 49]], [[1, 59]]])
    assert ["+".join(regions.names(one.cell)) for one in shown] == ["coast+hills+plain", "valley", "capital", ""]
    assert shown[0].counts == ((59, 1),)
    assert [one.merged_on for one in shown] == [True, False, False, False]
    check_cells(regions, counted, [one.cell for one in shown])


def test_unanimous_nation_stays_flagged() -> None:
    """There is nothing left to merge with."""
    regions = read_regions(replace(TERMS, merge_unanimous=True))
    cells = find_cells(regions, (10, 20, 0, 0, 0, 0))
    (only,) = show_cells(regions, cells, [[[10, 0]], [[20, 0]]])
    assert only.unanimous
    assert only.cell.counted == 30


@given(elections(), st.data())
def test_shown_figures_add_up_and_keep_the_cells_apart(
    election: tuple[Regions, list[int]], data: st.DataObject
) -> None:
    """Merging on loses no ballot, makes no cell smaller, and leaves no unanimous cell but the nation."""
    drawn, counted = election
    regions = read_regions(replace(drawn.terms, merge_unanimous=True))
    cells = find_cells(regions, counted)
    yes = [data.draw(st.sampled_from([0, cell.counted, cell.counted // 2])) for cell in cells]
    shown = show_cells(regions, cells, [[[one, cell.counted - one]] for one, cell in zip(yes, cells, strict=True)])
    check_cells(regions, counted, [one.cell for one in shown])
    assert sum(one.counts[0][0] for one in shown) == sum(yes)
    assert len(shown) <= 1 or not any(one.unanimous for one in shown)
