"""Real referendums, with the outcome that the law gave them: what a rule would have said of the past."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from psephos.errors import PsephosError
from psephos.protocol.encoding import Wire
from psephos.referendum.figures import Counted, Figures, FiguresMessage, figures_from
from psephos.referendum.handwritten import convert
from psephos.referendum.outcome import Outcome, decide
from psephos.referendum.rule import RegionCount, Total, quantities
from psephos.referendum.rule_file import Result, Rule, RuleMessage, rule_from
from psephos.referendum.truth import Truth


class CaseMessage(Wire, frozen=True):
    """A case as the file gives it."""

    id: str
    provenance: str
    rule: RuleMessage
    figures: FiguresMessage
    expect: Literal["passes", "fails", "inconclusive"]
    conjuncts: tuple[bool, ...]


@dataclass(frozen=True)
class Case:
    """A referendum of the past.

    Attributes:
        id: Country, year and subject.
        provenance: How well its figures are documented.
        rule: The rule that was in force.
        figures: What was counted.
        expect: What followed in law.
        conjuncts: Whether each of the rule's demands was met.
    """

    id: str
    provenance: str
    rule: Rule
    figures: Figures
    expect: Result
    conjuncts: tuple[Truth, ...]


@dataclass(frozen=True)
class Trial:
    """What a rule says of a case.

    Attributes:
        case: The case.
        outcome: What would have followed; None if it cannot be computed.
        reason: Why it cannot, or what was taken for what.
    """

    case: Case
    outcome: Outcome | None
    reason: str


def read_history(raw: object) -> tuple[Case, ...]:
    """Read the cases.

    Raises:
        MalformedError: Not cases.
        MismatchError: Figures that do not add up.
    """
    messages: tuple[CaseMessage, ...] = convert(raw, tuple[CaseMessage, ...], what="history")
    return tuple(
        Case(
            id=message.id,
            provenance=message.provenance,
            rule=rule_from(message.rule, at=f"/{place}/rule"),
            figures=figures_from(message.figures, at=f"/{place}/figures"),
            expect=Result(message.expect),
            conjuncts=tuple(Truth.TRUE if holds else Truth.FALSE for holds in message.conjuncts),
        )
        for place, message in enumerate(messages)
    )


def try_history(rule: Rule, cases: tuple[Case, ...]) -> tuple[Trial, ...]:
    """What a rule would have said of each case.

    A rule about regions is tried with the case's own regions and weights; its own are of another country.
    """
    return tuple(_try(rule, case) for case in cases)


def _try(rule: Rule, case: Case) -> Trial:
    regional = [
        part
        for condition in rule.conditions.values()
        for part in quantities(condition)
        if isinstance(part, RegionCount)
    ]
    if regional and not case.rule.regions:
        return Trial(case, None, "the case has no figures for regions")
    regions = case.rule.regions
    kinds = {part.kind for part in regional} - {"", *(region.kind for region in regions)}
    if kinds:
        # The rule's class is of another country: all of the case's regions stand in for it, if it names only one.
        if len(kinds) > 1:
            return Trial(case, None, f"the case has no regions of the classes {', '.join(sorted(kinds))}")
        regions = tuple(replace(region, kind=next(iter(kinds))) for region in regions)
    figures, taken = _one_electorate(case.figures)
    try:
        trial = decide(replace(rule, regions=regions), figures)
        return Trial(case, trial, "; ".join(text for total, text in taken.items() if total in rule.totals))
    except PsephosError as error:
        return Trial(case, None, error.message)


def _one_electorate(figures: Figures) -> tuple[Figures, dict[Total, str]]:
    """A case gives one electorate and one turnout: both names of each stand for it."""
    totals, taken = dict(figures.nation.totals), {}
    for one, other in (
        (Total.REGISTERED, Total.ELIGIBLE),
        (Total.ELIGIBLE, Total.REGISTERED),
        (Total.VOTERS, Total.BALLOTS),
    ):
        if one not in totals and other in totals:
            totals[one] = totals[other]
            taken[one] = f"{other} taken for {one}"
    return replace(figures, nation=Counted(totals)), taken


def as_data(trial: Trial) -> dict[str, Any]:
    """A trial for programs."""
    return {
        "case": trial.case.id,
        "name": trial.case.rule.name,
        "in_law": trial.case.expect,
        "this_rule": None if trial.outcome is None else trial.outcome.result,
        "reason": trial.reason,
    }
