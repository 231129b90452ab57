"""Three values: what figures show, what they exclude, and what they leave open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from psephos.referendum.rule import Operator


class Truth(StrEnum):
    """Whether a condition holds."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Interval:
    """A number that is known, or between which two it lies."""

    low: Fraction
    high: Fraction

    @classmethod
    def exactly(cls, value: Fraction) -> Interval:
        """A number that is known."""
        return cls(value, value)

    @property
    def known(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def times(self, factor: Fraction) -> Interval:
        """Each end times a factor, which may be negative."""
        ends = (self.low * factor, self.high * factor)
        return Interval(min(ends), max(ends))

    def against_zero(self, operator: Operator) -> Truth:
        """Whether it is more than zero, or at least zero."""
        if operator is Operator.GT:
            return Truth.TRUE if self.low > 0 else Truth.FALSE if self.high <= 0 else Truth.UNKNOWN
        return Truth.TRUE if self.low >= 0 else Truth.FALSE if self.high < 0 else Truth.UNKNOWN


def every(truths: Iterable[Truth]) -> Truth:
    """Whether all hold: one that does not decides."""
    found = set(truths)
    if Truth.FALSE in found:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in found else Truth.TRUE


def some(truths: Iterable[Truth]) -> Truth:
    """Whether at least one holds: one that does decides."""
    return opposite(every(map(opposite, truths)))


def opposite(truth: Truth) -> Truth:
    """Whether it does not hold."""
    return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}[truth]
