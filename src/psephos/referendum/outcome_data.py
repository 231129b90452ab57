"""An outcome as data, for programs: every term with its numbers, exact, and in words."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from psephos.referendum.irregular import Assessment, fewest_for_outcome
from psephos.referendum.judging import Finding, Group, Term
from psephos.referendum.outcome import Outcome
from psephos.referendum.rule import write_condition
from psephos.referendum.rule_file import write_rule
from psephos.referendum.truth import Interval
from psephos.referendum.turning import fewest_for_term
from psephos.referendum.words import (
    Words,
    fewest_in_words,
    margin_in_words,
    outcome_in_words,
    rule_in_words,
    term_in_words,
)


def outcome_data(outcome: Outcome, languages: Iterable[Words], assessment: Assessment | None = None) -> dict[str, Any]:
    """An outcome for programs.

    Whole numbers stand as numbers, others as texts such as "4803001/2"; what is open is {"low": …, "high": …}.

    Args:
        outcome: What follows.
        languages: In whose words it is explained.
        assessment: What irregularities could have changed.
    """
    spoken = tuple(languages)
    annulled = outcome.figures.annulled
    data: dict[str, Any] = {
        "format": "psephos/outcome/1",
        "rule": write_rule(outcome.rule),
        "direction": outcome.rule.direction,
        "result": outcome.result,
        "arithmetic": outcome.arithmetic,
        "annulled": None if annulled is None else {"body": annulled.body, "reasons": annulled.reasons},
        "undecryptable": outcome.figures.undecryptable,
        "fewest_votes": fewest_for_outcome(outcome),
        "conjuncts": [finding.truth for finding in outcome.conjuncts],
        "findings": {
            name: _finding(finding, outcome, spoken, assessment) for name, finding in outcome.findings.items()
        },
        "words": {
            words.language: {"rule": rule_in_words(outcome.rule, words), "outcome": outcome_in_words(outcome, words)}
            for words in spoken
        },
    }
    if assessment is not None:
        touched = assessment.touched
        data["irregularities"] = {
            "votes": touched.total,
            "anywhere": touched.anywhere,
            "regions": dict(touched.regions),
            "outcome": assessment.outcome,
        }
    return data


def _finding(
    finding: Finding, outcome: Outcome, spoken: tuple[Words, ...], assessment: Assessment | None
) -> dict[str, Any]:
    if isinstance(finding, Group):
        parts = [_finding(part, outcome, spoken, assessment) for part in finding.parts]
        return {"at": finding.at, "operation": finding.name, "truth": finding.truth, "parts": parts}
    data: dict[str, Any] = {
        "at": finding.at,
        "condition": write_condition(finding.comparison),
        "truth": finding.truth,
        "numerator": _interval(finding.numerator),
        "denominator": _interval(finding.denominator),
        "threshold": str(finding.threshold),
        "bound": _interval(finding.bound),
        "margin": None if finding.margin is None else _number(finding.margin),
        "unit": finding.unit,
        "fewest_votes": fewest_for_term(finding, outcome.rule),
        "words": {words.language: _words(finding, outcome, words) for words in spoken},
    }
    if finding.regions:
        data["regions"] = _regions(finding)
    if assessment is not None:
        data["irregularities"] = assessment.terms[finding.at]
    return data


def _words(term: Term, outcome: Outcome, words: Words) -> dict[str, str]:
    return {
        "term": term_in_words(term, words),
        "truth": words.truths[term.truth],
        "margin": margin_in_words(term, words),
        "fewest": fewest_in_words(fewest_for_term(term, outcome.rule), words),
    }


def _regions(term: Term) -> list[dict[str, Any]]:
    return [
        {"id": found.region.id, "weight": str(found.region.weight), "truth": found.truth}
        for _, findings in term.regions
        for found in findings
    ]


def _interval(value: Interval | None) -> int | str | dict[str, int | str] | None:
    if value is None:
        return None
    return _number(value.low) if value.known else {"low": _number(value.low), "high": _number(value.high)}


def _number(value: Fraction) -> int | str:
    return value.numerator if value.denominator == 1 else str(value)
