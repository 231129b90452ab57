"""What follows, in one sentence: the result, and each demand of the rule with how far it is met."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from psephos.referendum.judging import Finding, Term, conjuncts
from psephos.referendum.outcome import Outcome
from psephos.referendum.rule import AllOf, Condition, Named, Number, RegionCount, Scaled
from psephos.referendum.rule_file import Result
from psephos.referendum.truth import Interval, Truth
from psephos.referendum.words import condition_in_words
from psephos.result.language import Language


def outcome_sentence(outcome: Outcome, language: Language) -> str:
    """What follows from a vote, in one sentence."""
    result = language.say(f"site.result_{outcome.result}")
    said = [_clause(finding, condition, language) for finding, condition in _demands(outcome)]
    if not said:
        return f"{result}."
    clauses = reduce(lambda first, second: language.say("site.clause_link", first=first, second=second), said)
    return language.say("site.sentence", result=result, clauses=clauses)


def _demands(outcome: Outcome) -> Iterator[tuple[Finding, Condition]]:
    """What decided, one by one: what the vote needs to bind if it does not, else what the proposal needs.

    A void vote was decided by none of them.
    """
    if outcome.result is Result.VOID:
        return
    name = "passes" if "passes" in outcome.findings else "fails"
    binding = outcome.findings.get("binding")
    if binding is not None and (binding.truth is not Truth.TRUE or name not in outcome.findings):
        name = "binding"
    if name in outcome.findings:
        condition = outcome.rule.conditions[name]
        parts = condition.parts if isinstance(condition, AllOf) else (condition,)
        yield from zip(conjuncts(outcome.findings[name]), parts, strict=True)


def _clause(finding: Finding, condition: Condition, language: Language) -> str:
    """One demand with how far it is met."""
    if isinstance(finding, Term) and finding.numerator is not None and finding.bound is not None:
        said = _share(finding, language) or _regions(finding, language) or _more(finding, language)
        if said:
            return said
    truth = language.words.truths[finding.truth]
    return language.say("site.clause_other", term=condition_in_words(condition, language.words), truth=truth)


def _share(term: Term, language: Language) -> str:
    """A total as a share of another."""
    left, right, have, of = term.comparison.left, term.comparison.right, term.numerator, term.denominator
    if not (isinstance(left, Named) and isinstance(right, Scaled) and isinstance(right.of, Named)):
        return ""
    if have is None or of is None or not have.known or not of.known or not of.low:
        return ""
    return language.say(
        f"site.clause_share_{term.comparison.operator}",
        subject=language.say(f"site.subject_{left.total}"),
        percent=language.percentage(have.low / of.low, beside=right.factor),
        whole=language.say(f"site.whole_{right.of.total}"),
        needed=language.threshold(right.factor),
    )


def _regions(term: Term, language: Language) -> str:
    """A number of regions, or their weight, against a number or a share of all of them."""
    left, right, have, of = term.comparison.left, term.comparison.right, term.numerator, term.denominator
    counted = isinstance(right, Number) or (isinstance(right, Scaled) and isinstance(right.of, RegionCount))
    if not (isinstance(left, RegionCount) and counted) or have is None or of is None or term.bound is None:
        return ""
    return language.say(
        f"site.clause_{'weight' if left.weighted else 'regions'}_{term.comparison.operator}",
        have=_between(have, language),
        all=of.low,
        needed=term.bound.low,
    )


def _more(term: Term, language: Language) -> str:
    """A total against another."""
    left, right, have, other = term.comparison.left, term.comparison.right, term.numerator, term.bound
    if not (isinstance(left, Named) and isinstance(right, Named)) or have is None or other is None:
        return ""
    subject = language.say(f"site.subject_{left.total}")
    votes, others = _between(have, language), _between(other, language)
    return language.say("site.clause_more", subject=subject, votes=votes, others=others)


def _between(value: Interval, language: Language) -> str:
    if value.known:
        return language.number(value.low)
    return language.say("site.between", low=value.low, high=value.high)
