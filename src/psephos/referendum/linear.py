"""Every quantity is linear in what is counted: totals times fractions, regions times fractions, and a constant."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from psephos.referendum.rule import Added, Comparison, Named, Number, Quantity, RegionCount, Scaled, Total

_CAST = (Total.YES, Total.NO, Total.BLANK, Total.INVALID)
_OF_EVERY_BALLOT = (Total.BALLOTS, Total.VOTERS)
_IN = dict.fromkeys((Total.VALID, *_OF_EVERY_BALLOT), _CAST)


@dataclass(frozen=True, slots=True)
class Linear:
    """A quantity, or the difference of two, as a sum.

    Attributes:
        totals: Factors of the totals; none is zero.
        regions: Factors of counts of regions.
        constant: What is added.
    """

    totals: dict[Total, Fraction]
    regions: tuple[tuple[Fraction, RegionCount], ...]
    constant: Fraction

    def __add__(self, other: Linear) -> Linear:
        totals = dict(self.totals)
        for total, factor in other.totals.items():
            totals[total] = totals.get(total, Fraction(0)) + factor
        return Linear(
            {total: factor for total, factor in totals.items() if factor},
            self.regions + other.regions,
            self.constant + other.constant,
        )

    def times(self, factor: Fraction) -> Linear:
        """Every part times a factor."""
        if not factor:
            return Linear({}, (), Fraction(0))
        return Linear(
            {total: factor * of for total, of in self.totals.items()},
            tuple((factor * of, count) for of, count in self.regions),
            factor * self.constant,
        )


def linear(quantity: Quantity) -> Linear:
    """A quantity as a sum."""
    match quantity:
        case Number(value):
            return Linear({}, (), value)
        case Named(total):
            return Linear({total: Fraction(1)}, (), Fraction(0))
        case RegionCount():
            return Linear({}, ((Fraction(1), quantity),), Fraction(0))
        case Scaled(factor, of):
            return linear(of).times(factor)
        case Added(parts):
            added = Linear({}, (), Fraction(0))
            for part in parts:
                added += linear(part)
            return added


def difference(comparison: Comparison) -> Linear:
    """Left less right: the comparison holds if this is more than, or at least, zero."""
    return linear(comparison.left) + linear(comparison.right).times(Fraction(-1))


def with_parts(form: Linear, valid: tuple[Total, ...]) -> Linear:
    """The same sum with `valid` written out."""
    factor = form.totals.get(Total.VALID)
    if factor is None:
        return form
    rest: dict[Total, Fraction] = {total: of for total, of in form.totals.items() if total is not Total.VALID}
    parts: dict[Total, Fraction] = dict.fromkeys(valid, factor)
    return Linear(rest, form.regions, form.constant) + Linear(parts, (), Fraction(0))


def effects(form: Linear, valid: tuple[Total, ...]) -> dict[Total, Fraction]:
    """By how much a sum moves if somebody who stayed at home casts a vote of each sort.

    Args:
        form: The sum.
        valid: Whose sum `valid` is.
    """
    totals = with_parts(form, valid).totals
    return {
        cast: sum((totals.get(total, Fraction(0)) for total in (cast, *_OF_EVERY_BALLOT)), Fraction(0))
        for cast in _CAST
    }


def votes_in(form: Linear) -> list[Total]:
    """Which votes a sum counts, each as often as it stands in it; `valid` may hold any of them."""
    return [cast for total in form.totals for cast in ((total,) if total in _CAST else _IN.get(total, ()))]


def is_moved_by_a_vote(comparison: Comparison) -> bool:
    """Whether each vote that the left side counts moves that side by one, and the right one not at all."""
    left, right = linear(comparison.left), linear(comparison.right)
    counted = votes_in(left)
    once = bool(counted) and len(set(counted)) == len(counted) and set(left.totals.values()) == {1}
    return once and not set(counted) & set(votes_in(right))


def swing(form: Linear, valid: tuple[Total, ...]) -> Fraction:
    """By how much one vote, changed in the way that matters most, moves a sum.

    A vote is for yes, for no, blank, invalid, or was not cast: it can be changed from each of these into each other
    one. The number of people who may vote stays.
    """
    moves = [Fraction(0), *effects(form, valid).values()]
    return max(moves) - min(moves)
