"""What linear combinations of published sums are about: exact, ballot by ballot, and slow.

A published sum is a row with a factor for each ballot. Some combination is about a set of ballots only if a non-zero
row of the span has factors on that set alone. With the other ballots' columns, the rows have then a smaller rank than
with all columns: the combination is in the kernel of what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, product

from psephos.record.regions import Cell

Row = tuple[int, ...]


def ballots_of(counted: Sequence[int], cells: Sequence[Cell]) -> list[Row]:
    """The national sum and the cells' sums, as factors of single ballots."""
    leaf_of = [place for place, number in enumerate(counted) for _ in range(number)]
    return [(1,) * len(leaf_of), *(tuple(int(leaf in cell.leaves) for leaf in leaf_of) for cell in cells)]


def isolated(sums: Sequence[Row], *, fewer_than: int) -> tuple[int, ...] | None:
    """Some ballots, fewer than that, that a combination with rational factors is about; None if there are none."""
    ballots = range(len(sums[0]))
    whole = rank(sums)
    for size in range(1, min(fewer_than - 1, len(ballots)) + 1):
        for chosen in combinations(ballots, size):
            left = [tuple(row[ballot] for ballot in ballots if ballot not in chosen) for row in sums]
            if rank(left) < whole:
                return chosen
    return None


def isolated_by_small_factors(sums: Sequence[Row], *, fewer_than: int) -> tuple[int, ...] | None:
    """The same, by trying every combination with factors from -2 to 2."""
    columns = list(zip(*sums, strict=True))
    for factors in product(range(-2, 3), repeat=len(sums)):
        row = [sum(factor * one for factor, one in zip(factors, column, strict=True)) for column in columns]
        about = tuple(ballot for ballot, factor in enumerate(row) if factor)
        if 0 < len(about) < fewer_than:
            return about
    return None


def rank(rows: Sequence[Row]) -> int:
    """By Gauss' elimination over the rationals."""
    left = [[Fraction(value) for value in row] for row in rows]
    found = 0
    for column in range(len(rows[0])):
        pivot = next((row for row in range(found, len(left)) if left[row][column]), None)
        if pivot is None:
            continue
        left[found], left[pivot] = left[pivot], left[found]
        for row in range(found + 1, len(left)):
            factor = left[row][column] / left[found][column]
            left[row] = [a - factor * b for a, b in zip(left[row], left[found], strict=True)]
        found += 1
    return found
