"""The outcome: what follows from the count under the rule, and why, down to the vote.

The engine is exact: whole numbers and fractions of them, never a number with a rounded value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psephos.errors import MismatchError
from psephos.referendum.figures import Figures
from psephos.referendum.judging import Finding, Term, conjuncts, judge_country, terms
from psephos.referendum.rule import Total
from psephos.referendum.rule_file import Result, Rule
from psephos.referendum.truth import Truth


@dataclass(frozen=True)
class Outcome:
    """What follows.

    Attributes:
        rule: Under which rule.
        figures: From which figures.
        result: What follows.
        arithmetic: What would follow from the figures alone, whatever was annulled.
        findings: The rule's conditions, judged, by their names; empty where there is nothing to judge.
    """

    rule: Rule
    figures: Figures
    result: Result
    arithmetic: Result
    findings: Mapping[str, Finding]

    @property
    def conjuncts(self) -> tuple[Finding, ...]:
        """What the proposal needs to pass, one by one; what it needs to fail, where the rule is for rejection."""
        deciding = self.findings.get("passes") or self.findings.get("fails")
        return () if deciding is None else conjuncts(deciding)

    @property
    def breaks_tie(self) -> bool:
        """Whether there are as many yes as no, and something else follows than the rule's maker says of that.

        The conditions decide; `tie` is a word about them. Another condition, such as a quorum, may not be met.
        """
        totals = self.figures.nation.totals
        tied = Total.YES in totals and totals[Total.YES] == totals.get(Total.NO)
        return tied and self.rule.tie not in {None, self.arithmetic} and self.arithmetic is not Result.UNKNOWN

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term of every condition."""
        return tuple(term for finding in self.findings.values() for term in terms(finding))


def decide(rule: Rule, figures: Figures) -> Outcome:
    """What follows from figures under a rule.

    Raises:
        UnavailableError: The figures lack a national total that the rule names.
        MismatchError: They do not fit the rule, or the rule lets the proposal pass and fail at once.
    """
    findings: dict[str, Finding] = {}
    result = Result.UNKNOWN
    if not figures.undecryptable:
        judge = judge_country(rule, figures)
        findings = {name: judge.judge(condition, f"/{name}") for name, condition in rule.conditions.items()}
        result = _combine({name: finding.truth for name, finding in findings.items()})
    final = result if figures.annulled is None else Result.VOID
    return Outcome(rule, figures, final, result, findings)


def _combine(truths: Mapping[str, Truth]) -> Result:
    """What follows from the truth of a rule's conditions.

    Raises:
        MismatchError: It passes and fails at once.
    """
    binding, passes, fails = (truths.get(name) for name in ("binding", "passes", "fails"))
    if binding is Truth.FALSE:
        return Result.INCONCLUSIVE
    if passes is Truth.TRUE and fails is Truth.TRUE:
        raise MismatchError("under this rule the proposal both passes and fails", at="/fails")
    if binding is Truth.UNKNOWN:
        return Result.UNKNOWN
    if Truth.TRUE in {passes, fails}:
        return Result.PASSES if passes is Truth.TRUE else Result.FAILS
    if Truth.UNKNOWN in {passes, fails}:
        return Result.UNKNOWN
    if passes is None:
        return Result.PASSES
    return Result.FAILS if fails is None else Result.INCONCLUSIVE
