"""Judges conditions on figures: every term with its numbers, its truth and its margin.

What figures leave open stays open: a region that is not published can lie on either side, and a term is unknown only
if that matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from psephos.errors import MismatchError, UnavailableError
from psephos.referendum.figures import Counted, Figures, Known
from psephos.referendum.linear import Linear, difference, linear, with_parts
from psephos.referendum.rule import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    NotSo,
    Number,
    Operator,
    Quantity,
    RegionCount,
    Scaled,
    Total,
)
from psephos.referendum.rule_file import PARTS_OF_VALID, Region, Rule
from psephos.referendum.truth import Interval, Truth, every, opposite, some


class Unit(StrEnum):
    """In what a margin is counted."""

    VOTES = "votes"
    REGIONS = "regions"
    WEIGHT = "weight"


@dataclass(frozen=True, slots=True)
class RegionFinding:
    """What a condition says of one region.

    Attributes:
        region: Which one.
        truth: Whether it holds there.
        finding: In detail.
    """

    region: Region
    truth: Truth
    finding: Finding


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison, judged.

    Attributes:
        at: Where it stands in the rule, as a JSON pointer.
        comparison: As the rule has it.
        truth: Whether it holds.
        numerator: The left side.
        denominator: Of what the right side is a share; None if it is a constant.
        threshold: Which share, or the constant.
        bound: The right side.
        margin: By how much the left side, alone, would have to change: below zero if it is short. None if unknown.
        unit: In what the margin is counted.
        form: Left less right.
        value: Its value; None if the figures do not show it.
        regions: Each region's finding, by the count that asked for it.
    """

    at: str
    comparison: Comparison
    truth: Truth
    numerator: Interval | None
    denominator: Interval | None
    threshold: Fraction
    bound: Interval | None
    margin: Fraction | None
    unit: Unit
    form: Linear
    value: Interval | None
    regions: tuple[tuple[RegionCount, tuple[RegionFinding, ...]], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions together, judged.

    Attributes:
        at: Where it stands in the rule.
        name: all, any or not.
        truth: Whether it holds.
        parts: Its conditions.
    """

    at: str
    name: str
    truth: Truth
    parts: tuple[Finding, ...]


Finding = Term | Group


def conjuncts(finding: Finding) -> tuple[Finding, ...]:
    """What a condition demands, one by one."""
    return finding.parts if isinstance(finding, Group) and finding.name == "all" else (finding,)


def terms(finding: Finding) -> Iterator[Term]:
    """Every term of a condition, in its order."""
    if isinstance(finding, Term):
        yield finding
    else:
        for part in finding.parts:
            yield from terms(part)


@dataclass(frozen=True)
class Judge:
    """Judges conditions on the figures of the country, or of one region.

    Attributes:
        rule: For what `valid` means, and for the regions.
        counted: The figures.
        regions: The regions' figures; None inside a region.
        at: Where the figures stand, for errors.
    """

    rule: Rule
    counted: Counted
    regions: Mapping[str, Counted] | None
    at: str = "/totals"

    def judge(self, condition: Condition, at: str) -> Finding:
        """Judge a condition.

        Args:
            condition: From the rule.
            at: Where it stands there.

        Raises:
            UnavailableError: The national figures lack what it needs; says what.
            MismatchError: The figures' `valid` is not the rule's.
        """
        match condition:
            case Comparison():
                return self._term(condition, f"{at}/{condition.operator}")
            case AllOf(parts):
                below = self._parts(parts, f"{at}/all")
                return Group(f"{at}/all", "all", every(part.truth for part in below), below)
            case AnyOf(parts):
                below = self._parts(parts, f"{at}/any")
                return Group(f"{at}/any", "any", some(part.truth for part in below), below)
            case NotSo(part):
                inner = self.judge(part, f"{at}/not")
                return Group(f"{at}/not", "not", opposite(inner.truth), (inner,))

    def _parts(self, parts: tuple[Condition, ...], at: str) -> tuple[Finding, ...]:
        return tuple(self.judge(part, f"{at}/{place}") for place, part in enumerate(parts))

    def _term(self, comparison: Comparison, at: str) -> Term:
        form = difference(comparison)
        found = {count: self._findings(count, at) for _, count in form.regions if count.where is not None}
        value = self._value(form, found)
        truth = Truth.UNKNOWN if value is None else value.against_zero(comparison.operator)
        shown = self.counted.known in {Known.COUNTS, Known.SHARES}
        threshold, of = _threshold(comparison)
        unit = _unit(form)
        whole = self.counted.known is Known.COUNTS and value is not None and value.known
        return Term(
            at=at,
            comparison=comparison,
            truth=truth,
            numerator=self._value(linear(comparison.left), found) if shown else None,
            denominator=self._value(linear(of), found) if shown and of is not None else None,
            threshold=threshold,
            bound=self._value(linear(comparison.right), found) if shown else None,
            margin=_margin(value.low, comparison.operator, unit) if whole and value is not None else None,
            unit=unit,
            form=form,
            value=value,
            regions=tuple(found.items()),
        )

    def _value(self, form: Linear, found: Mapping[RegionCount, tuple[RegionFinding, ...]]) -> Interval | None:
        """A sum's value; None if a region's figures do not show it."""
        if not self._comparable(form):
            return None
        value = Interval.exactly(form.constant)
        for total, factor in form.totals.items():
            amount = self._total(total)
            if amount is None:
                return None
            value += Interval.exactly(factor * amount)
        for factor, count in form.regions:
            value += self._weigh(count, found.get(count, ())).times(factor)
        return value

    def _comparable(self, form: Linear) -> bool:
        """Whether shares, or the order of two answers, are enough to know a sum's sign."""
        if self.counted.known is Known.SHARES:
            return not form.constant or not form.totals
        if self.counted.known is Known.ORDER and form.totals:
            totals = with_parts(form, self.rule.valid).totals
            balanced = totals.get(Total.YES) == -totals.get(Total.NO, Fraction(0))
            return set(totals) == {Total.YES, Total.NO} and balanced and not form.constant
        return True

    def _total(self, total: Total) -> Fraction | None:
        totals = self.counted.totals
        found = self._valid() if total is Total.VALID else totals.get(total)
        if found is None and total is Total.BALLOTS and set(PARTS_OF_VALID) <= set(totals):
            found = sum((totals[part] for part in PARTS_OF_VALID), Fraction(0))
        if found is None and self.regions is not None:
            raise UnavailableError(
                f"the rule needs {total.value}, and the figures do not give it",
                at=f"{self.at}/{total.value}",
                hint="a case gives what its rule names; nothing is assumed in its place",
            )
        return found

    def _valid(self) -> Fraction | None:
        """The sum of what this rule calls valid."""
        totals = self.counted.totals
        given = totals.get(Total.VALID)
        if not set(self.rule.valid) <= set(totals):
            return given
        added = sum((totals[part] for part in self.rule.valid), Fraction(0))
        if given is not None and given != added and self.counted.known is Known.COUNTS:
            words = " + ".join(self.rule.valid)
            raise MismatchError(
                f"under this rule valid is {words} = {added}, and the figures say {given}", at=f"{self.at}/valid"
            )
        return added if given is None else given

    def _findings(self, count: RegionCount, at: str) -> tuple[RegionFinding, ...]:
        assert self.regions is not None
        assert count.where is not None
        found = []
        for region in self.rule.of_class(count.kind):
            counted = self.regions.get(region.id, Counted({}, Known.NOTHING))
            inside = Judge(self.rule, counted, None, f"/regions/{region.id}")
            finding = inside.judge(count.where, f"{at}/{region.id}")
            found.append(RegionFinding(region, finding.truth, finding))
        return tuple(found)

    def _weigh(self, count: RegionCount, found: tuple[RegionFinding, ...]) -> Interval:
        """How many regions, or how much weight, at least and at most."""
        low = high = Fraction(0)
        truths = {finding.region.id: finding.truth for finding in found}
        for region in self.rule.of_class(count.kind):
            weight = region.weight if count.weighted else Fraction(1)
            truth = truths.get(region.id, Truth.TRUE)
            low += weight if truth is Truth.TRUE else Fraction(0)
            high += weight if truth is not Truth.FALSE else Fraction(0)
        return Interval(low, high)


def judge_country(rule: Rule, figures: Figures) -> Judge:
    """A judge of the country's figures.

    Raises:
        MismatchError: The figures have a region that the rule does not have.
    """
    known = {region.id for region in rule.regions}
    strange = [name for name in figures.regions if name not in known]
    if strange and known:
        raise MismatchError(
            f"the rule has no region {strange[0]!r}", at=f"/regions/{strange[0]}", hint="write it as the rule does"
        )
    return Judge(rule, figures.nation, figures.regions)


def _threshold(comparison: Comparison) -> tuple[Fraction, Quantity | None]:
    match comparison.right:
        case Scaled(factor, of):
            return factor, of
        case Number(value):
            counts = comparison.left
            return value, RegionCount(None, counts.weighted, counts.kind) if isinstance(counts, RegionCount) else None
        case right:
            return Fraction(1), right


def _unit(form: Linear) -> Unit:
    if any(count.weighted for _, count in form.regions):
        return Unit.WEIGHT
    return Unit.REGIONS if form.regions else Unit.VOTES


def _margin(value: Fraction, operator: Operator, unit: Unit) -> Fraction:
    """By how much the left side would have to change for the comparison to turn: in whole votes or regions."""
    if unit is Unit.WEIGHT:
        return value
    if operator is Operator.GT:
        return Fraction(ceil(value) if value > 0 else -(floor(-value) + 1))
    return Fraction(floor(value) + 1 if value >= 0 else -ceil(-value))
