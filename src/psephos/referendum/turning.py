"""“Would it change the outcome?” — how few votes could turn a term, a condition, the whole rule.

A vote that an irregularity touched can have been changed in any way: from yes to no, cast by nobody, kept from the box.
For each term, `fewest` is how many votes, each changed in the way that matters most, it takes to turn the term: no
fewer can, and so many can where so many are there to be changed. Where it cannot be computed, it is said to be unknown.
A vote that was counted in the wrong region is two: one that is missing there, and one that is too many here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor, lcm

from psephos.referendum.judging import Finding, Term, terms
from psephos.referendum.linear import swing
from psephos.referendum.rule import Operator
from psephos.referendum.rule_file import Rule
from psephos.referendum.truth import Truth, every, opposite, some


class Reach(StrEnum):
    """Where there is no number of votes."""

    NEVER = "never"
    UNKNOWN = "unknown"


FINEST = 10_000
"""In units of their common denominator, no more weight than this is combined: beyond, it takes too long."""

Fewest = int | Reach
"""The fewest votes that could turn something."""


@dataclass(frozen=True)
class Touched:
    """Votes that irregularities touched.

    Attributes:
        anywhere: Those of which no region is known.
        regions: Those of each region.
    """

    anywhere: int = 0
    regions: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of them."""
        return self.anywhere + sum(self.regions.values())


_NONE = Touched()


def fewest_for_term(term: Term, rule: Rule, touched: Touched = _NONE) -> Fewest:
    """The fewest votes that could turn a term.

    Args:
        term: As judged.
        rule: Whose term it is.
        touched: For terms about regions: votes touched in a region already, which cost nothing more.
    """
    if term.truth is Truth.UNKNOWN:
        return 0
    assert term.value is not None
    away = term.value.low if term.truth is Truth.TRUE else -term.value.high
    reach_it = (term.truth is Truth.TRUE) == (term.comparison.operator is Operator.GT)
    counts = [(factor, count) for factor, count in term.form.regions if count.where is not None]
    if counts:
        if len(counts) > 1 or term.form.totals:
            return Reach.UNKNOWN
        return _fewest_over_regions(term, rule, touched, away=away, reach_it=reach_it)
    step = swing(term.form, rule.valid)
    if not step:
        return Reach.NEVER
    if term.margin is None:
        return Reach.UNKNOWN
    return _steps(away * Fraction(step.denominator, step.numerator), reach_it=reach_it)


def _steps(distance: Fraction, *, reach_it: bool) -> int:
    """Whole steps that cover a distance, or go beyond it where reaching it is not enough."""
    return ceil(distance) if reach_it else floor(distance) + 1


def _fewest_over_regions(term: Term, rule: Rule, touched: Touched, *, away: Fraction, reach_it: bool) -> Fewest:
    """The cheapest set of regions whose turning is enough."""
    [(factor, count)] = [(factor, count) for factor, count in term.form.regions if count.where is not None]
    findings = dict(term.regions)[count]
    wanted = Truth.TRUE if (term.truth is Truth.TRUE) == (factor > 0) else Truth.FALSE
    offers: list[tuple[Fraction, int]] = []
    for finding in (finding for finding in findings if finding.truth is wanted):
        cost = fewest(finding.finding, rule)
        if cost is Reach.UNKNOWN:
            return Reach.UNKNOWN
        if isinstance(cost, int):
            weight = finding.region.weight if count.weighted else Fraction(1)
            offers.append((weight, max(0, cost - touched.regions.get(finding.region.id, 0))))
    return _cheapest(offers, away * Fraction(factor.denominator, abs(factor.numerator)), reach_it=reach_it)


def _cheapest(offers: list[tuple[Fraction, int]], distance: Fraction, *, reach_it: bool) -> Fewest:
    """The least cost of weights that cover a distance: exact, by all sums of weights that can be reached."""
    unit = lcm(1, *(weight.denominator for weight, _ in offers))
    need = _steps(distance * unit, reach_it=reach_it)
    if need > FINEST:
        return Reach.UNKNOWN
    least = {0: 0}
    for weight, cost in offers:
        step = int(weight * unit)
        for reached, spent in list(least.items()):
            after = min(need, reached + step)
            least[after] = min(least.get(after, spent + cost), spent + cost)
    return least.get(need, Reach.NEVER)


def fewest(finding: Finding, rule: Rule) -> Fewest:
    """The fewest votes that could turn a condition: no fewer can."""
    if finding.truth is Truth.UNKNOWN:
        return 0
    costs = {term.at: fewest_for_term(term, rule) for term in terms(finding)}
    return first_unsettled(costs, lambda settled: relaxed(finding, settled))


def first_unsettled(costs: Mapping[str, Fewest], truth_under: Callable[[set[str]], Truth]) -> Fewest:
    """The least number of votes with which something is no longer settled.

    Args:
        costs: Of each term, by where it stands in the rule.
        truth_under: What is still settled if the terms of a set could go either way.
    """
    unknown = {at for at, cost in costs.items() if cost is Reach.UNKNOWN}
    if truth_under(unknown) is Truth.UNKNOWN:
        return Reach.UNKNOWN
    for votes in sorted({cost for cost in costs.values() if isinstance(cost, int)}):
        turned = {at for at, cost in costs.items() if isinstance(cost, int) and cost <= votes}
        if truth_under(turned) is Truth.UNKNOWN:
            return votes
        if truth_under(turned | unknown) is Truth.UNKNOWN:
            return Reach.UNKNOWN
    return Reach.NEVER


def relaxed(finding: Finding, turned: Iterable[str]) -> Truth:
    """Whether a condition holds, if some terms could go either way.

    Args:
        finding: As judged.
        turned: Where these terms stand in the rule.
    """
    open_terms = set(turned)
    if isinstance(finding, Term):
        return Truth.UNKNOWN if finding.at in open_terms else finding.truth
    below = [relaxed(part, open_terms) for part in finding.parts]
    return {"all": every, "any": some}[finding.name](below) if finding.name != "not" else opposite(below[0])
