"""Regions without small cells: which regional sums may be decrypted, decided by turnout alone (design D8).

    leaf    a region that the registrar's list names; the voters of no region together are one more leaf, the rest
    group   leaves, or groups of them: the merge tree, fixed before the vote
    cell    leaves whose ballots are decrypted as one sum

How many ballots count in which leaf is public: the record shows which credentials were used. So the cells follow from
public numbers, everybody computes them, and no choice of a voter has any influence on them:

    Every leaf in which ballots count is a cell.
    As long as a cell has fewer than `minimum_counted` ballots and there is another cell:
        take the smallest cell                              the first in the charter's order, of several
        find the lowest group that holds it and another
        merge it with the smallest other one in that group

Why nothing that is published says anything about fewer than k = `minimum_counted` ballots:

    The cells are disjoint, and together they are all ballots that count, which the national sum is about. Each cell's
    sum is a sum over its ballots, each with the factor 1. A linear combination of published sums, with any rational
    factors, is therefore a sum in which all ballots of one cell have the same factor (the national sum adds its own
    factor to all). Either all factors are 0, and it says nothing; or those of some cell are not, and then it is about
    all ballots of that cell at least, which are k or more. A difference, a complement and a total of groups are such
    combinations. The same holds for factors modulo any prime.

What this is not: a statement about what can be guessed. A cell whose ballots all say the same tells how everybody in it
voted, whatever its size; and who knows some of its ballots knows the sum of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from psephos.errors import MalformedError, RefusedError
from psephos.protocol.encoding import Count, Wire

MOST_REGIONS = 2000
_NATION = 0

RegionName = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]

Counts = Sequence[Sequence[int]]
"""Decrypted sums of a cell, shape (questions, choices of that question)."""


class RegionMessage(Wire, frozen=True):
    """A leaf or a group of the merge tree.

    Attributes:
        id: Its name.
        group: The group that it is in, which stands before it; the whole nation if empty.
        registered: Of a leaf: how many voters the registrar's list has there. None for a group.
    """

    id: RegionName
    group: str = ""
    registered: Count | None = None


class RegionTerms(Wire, frozen=True):
    """What a charter says about regions; fixed before credentials are made.

    Attributes:
        minimum_registered: A leaf has at least so many voters, because the board shows its turnout.
        minimum_counted: A cell has at least so many ballots that count.
        regions: Leaves and groups.
        rest: How many voters are in no region.
        merge_unanimous: Whether published figures show a cell whose ballots all say the same with another one only.
    """

    minimum_registered: Annotated[int, msgspec.Meta(ge=2)]
    minimum_counted: Annotated[int, msgspec.Meta(ge=2)]
    regions: Annotated[tuple[RegionMessage, ...], msgspec.Meta(min_length=1, max_length=MOST_REGIONS)]
    rest: Count = 0
    merge_unanimous: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """A region that the registrar's list names, or the rest.

    Attributes:
        id: Its name; empty for the rest.
        registered: How many voters it has.
        groups: Numbers of the groups that hold it, from the lowest to the nation.
    """

    id: str
    registered: int
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Regions:
    """Terms whose parts fit each other.

    Attributes:
        terms: As the charter has them.
        leaves: In the charter's order; the rest, if there is one, is the last.
    """

    terms: RegionTerms
    leaves: tuple[Leaf, ...]

    @property
    def voters(self) -> int:
        """All of them."""
        return sum(leaf.registered for leaf in self.leaves)

    def names(self, cell: Cell) -> tuple[str, ...]:
        """The names of a cell's leaves; the rest's is empty."""
        return tuple(self.leaves[place].id for place in cell.leaves)


@dataclass(frozen=True, slots=True)
class Cell:
    """Leaves whose ballots are decrypted as one sum.

    Attributes:
        leaves: Their places among the leaves, in order.
        counted: How many ballots count in them.
    """

    leaves: tuple[int, ...]
    counted: int


# ── before the vote ─────────────────────────────────────────────────────────────────────────────────────────────


def read_regions(terms: RegionTerms, *, at: str = "/regions") -> Regions:
    """Read the merge tree.

    Raises:
        MalformedError: Its parts do not fit each other, or a leaf is too small; says which.
    """
    if terms.minimum_counted > terms.minimum_registered:
        raise MalformedError(
            "charter: a cell needs more ballots than a region needs voters", at=f"{at}/minimum_counted"
        )
    groups: dict[str, tuple[int, ...]] = {"": (_NATION,)}
    leaves: list[Leaf] = []
    used: set[str] = {""}
    for place, region in enumerate(terms.regions):
        here = f"{at}/regions/{place}"
        if region.id in groups or region.id in used:
            raise MalformedError(f"charter: two regions are called {region.id!r}", at=f"{here}/id")
        if region.group not in groups:
            raise MalformedError(f"charter: no group {region.group!r} stands before it", at=f"{here}/group")
        used |= {region.group}
        if region.registered is None:
            groups[region.id] = (place + 1, *groups[region.group])
            continue
        used |= {region.id}
        leaves.append(Leaf(region.id, region.registered, groups[region.group]))
    empty = next((name for name in groups if name not in used), None)
    if empty is not None:
        raise MalformedError(f"charter: the group {empty!r} holds no region", at=f"{at}/regions")
    if terms.rest:
        leaves.append(Leaf("", terms.rest, (_NATION,)))
    _check_sizes(leaves, terms, at=at)
    return Regions(terms, tuple(leaves))


def _check_sizes(leaves: Sequence[Leaf], terms: RegionTerms, *, at: str) -> None:
    for leaf in leaves:
        if leaf.registered < terms.minimum_registered:
            named = f"region {leaf.id!r} has" if leaf.id else "the rest, who are in no region, are"
            raise MalformedError(
                f"charter: {named} {leaf.registered} voters; {terms.minimum_registered} are the fewest, because the "
                "record shows the turnout of each",
                at=f"{at}/regions" if leaf.id else f"{at}/rest",
                hint="merge it with another one before credentials are made",
            )


# ── after the close ─────────────────────────────────────────────────────────────────────────────────────────────


def find_cells(regions: Regions, counted: Sequence[int]) -> tuple[Cell, ...]:
    """The cells to decrypt; none if fewer ballots count in all than one cell needs.

    Args:
        regions: The charter's.
        counted: How many ballots count in each leaf, in their order.
    """
    groups = {
        Cell((place,), number): leaf.groups
        for place, (leaf, number) in enumerate(zip(regions.leaves, counted, strict=True))
        if number
    }
    least = regions.terms.minimum_counted
    while len(groups) > 1 and (smallest := min(groups, key=_by_size)).counted < least:
        _merge(smallest, groups)
    if sum(cell.counted for cell in groups) < least:
        return ()
    return tuple(sorted(groups, key=lambda cell: cell.leaves))


def _by_size(cell: Cell) -> tuple[int, tuple[int, ...]]:
    return cell.counted, cell.leaves


def _merge(cell: Cell, groups: dict[Cell, tuple[int, ...]]) -> tuple[Cell, Cell]:
    """Merge a cell with the smallest other one in the lowest group that holds it and another.

    Args:
        cell: One of the cells; not the only one.
        groups: For each cell, the groups that hold all of it, from the lowest to the nation.

    Returns:
        The other one, and both together.
    """
    own = groups.pop(cell)
    inside = ([other for other, its in groups.items() if group in its] for group in own)
    other = min(next(candidates for candidates in inside if candidates), key=_by_size)
    its = groups.pop(other)
    both = Cell(tuple(sorted((*cell.leaves, *other.leaves))), cell.counted + other.counted)
    groups[both] = tuple(group for group in own if group in its)
    return other, both


def check_cells(regions: Regions, counted: Sequence[int], cells: Sequence[Cell]) -> None:
    """Check what the promise rests on, whoever made the cells and however.

    Args:
        regions: The charter's.
        counted: How many ballots count in each leaf.
        cells: What is to be decrypted.

    Raises:
        RefusedError: A cell has too few ballots or another number than it says, two overlap, or ballots are in none.
    """
    least = regions.terms.minimum_counted
    seen: set[int] = set()
    for cell in cells:
        at = "cell " + " + ".join(regions.names(cell) or ("of nothing",))
        if len(set(cell.leaves)) != len(cell.leaves) or seen & set(cell.leaves):
            raise RefusedError("a region is in two sums: their difference would be a third one", at=at)
        seen |= set(cell.leaves)
        if cell.counted != sum(counted[place] for place in cell.leaves):
            raise RefusedError("other ballots than those of its regions are in the sum", at=at)
        if cell.counted < least:
            raise RefusedError(f"a sum of {cell.counted} ballots; the charter allows none of fewer than {least}", at=at)
    left = sum(number for place, number in enumerate(counted) if place not in seen)
    if cells and left:
        raise RefusedError(f"{left} ballots are in no sum: the national sum would tell theirs", at="cells")


# ── after decryption ────────────────────────────────────────────────────────────────────────────────────────────


def is_unanimous(counted: int, counts: Counts) -> bool:
    """Whether all ballots of a cell chose the same in some question: then everybody knows how each of them voted."""
    return counted > 0 and any(count == counted for question in counts for count in question)


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell as it is published.

    Attributes:
        cell: Its leaves and its number of ballots.
        counts: Its figures.
        unanimous: Whether all its ballots chose the same in some question.
        merged_on: Whether it was put together of cells that were decrypted apart, because one was unanimous.
    """

    cell: Cell
    counts: tuple[tuple[int, ...], ...]
    unanimous: bool
    merged_on: bool = False


def show_cells(regions: Regions, cells: Sequence[Cell], counts: Sequence[Counts]) -> tuple[Shown, ...]:
    """The figures to publish: unanimous cells are flagged, and merged on if the charter says so.

    Nothing new is decrypted for that: figures that are known are added up. So it keeps readers of figures from learning
    how a cell voted, and not readers of the record, in which the trustees' answers for each cell stand.

    Args:
        regions: The charter's.
        cells: What was decrypted.
        counts: Of each.
    """
    known = {
        cell: Shown(cell, tuple(map(tuple, its)), is_unanimous(cell.counted, its))
        for cell, its in zip(cells, counts, strict=True)
    }
    groups = {cell: _common_groups(cell, regions) for cell in cells}
    while regions.terms.merge_unanimous and len(groups) > 1:
        unanimous = [shown.cell for shown in known.values() if shown.unanimous]
        if not unanimous:
            break
        cell = min(unanimous, key=_by_size)
        other, both = _merge(cell, groups)
        added = _added(known.pop(cell).counts, known.pop(other).counts)
        known[both] = Shown(both, added, is_unanimous(both.counted, added), merged_on=True)
    return tuple(sorted(known.values(), key=lambda shown: shown.cell.leaves))


def _common_groups(cell: Cell, regions: Regions) -> tuple[int, ...]:
    first, *others = (regions.leaves[place].groups for place in cell.leaves)
    return tuple(group for group in first if all(group in its for its in others))


def _added(one: Counts, other: Counts) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(a + b for a, b in zip(left, right, strict=True)) for left, right in zip(one, other, strict=True))
