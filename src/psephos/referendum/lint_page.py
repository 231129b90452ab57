"""All rules in their order, and a report as a page of the public record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psephos.referendum.definition import Definition
from psephos.referendum.lint import (
    Finding,
    LintReport,
    WordLists,
    context_of,
    run_rules,
)
from psephos.referendum.lint_conduct import CONDUCT_RULES
from psephos.referendum.lint_people import PEOPLE_RULES
from psephos.referendum.lint_rules import OUTCOME_RULES
from psephos.referendum.lint_texts import TEXT_RULES, reading, word_count

LINT_RULES = (*TEXT_RULES, *OUTCOME_RULES, *CONDUCT_RULES, *PEOPLE_RULES)


def lint(definition: Definition, words: Mapping[str, WordLists]) -> LintReport:
    """Run every rule on a definition.

    Args:
        definition: As organisers wrote it, or as it was published.
        words: Word lists, by language.

    Raises:
        MalformedError: A justification or an answer is about no rule.
    """
    return run_rules(context_of(definition, words), LINT_RULES)


def report_data(definition: Definition, report: LintReport) -> dict[str, Any]:
    """A report for programs."""
    return {
        "format": "psephos/lint/1",
        "kind": definition.kind,
        "findings": [finding.as_dict() for finding in report.findings],
        "against_publishing": len(report.blocking),
        "reading": [{"path": at, "words": words, "lix": lix} for at, words, lix in _reading(definition)],
    }


def report_lines(definition: Definition, report: LintReport) -> list[str]:
    """A report as Markdown, one sentence a line."""
    lines = [
        "# What was checked before publication",
        "",
        f"Kind: {definition.kind}.",
        f"Rules: {len(LINT_RULES)}; findings that stand against publication: {len(report.blocking)}.",
        "A definition has no grade: every finding is listed with what became of it.",
        "",
    ]
    for finding in report.findings:
        lines += _finding_lines(finding)
    lines += ["## How the questions read", ""]
    for at, words, lix in _reading(definition):
        lines.append(
            f"- `{at}`: {words} words; reading index LIX {lix} (words in a sentence, and long words in a hundred)."
        )
    return lines


def _finding_lines(finding: Finding) -> Iterator[str]:
    yield f"## {finding.rule.id}: {finding.status}"
    yield ""
    yield f"- What must hold: {finding.rule.text} ({finding.rule.clause})."
    if finding.rule.house:
        yield "- A limit in this rule is this project's own."
    yield f"- Found ({finding.severity}): {finding.message} [`{finding.at}`]"
    if finding.justification:
        yield f"- Justification: {finding.justification}"
    else:
        yield f"- What to do: {finding.rule.remedy}."
    for reviewer, answer in finding.reviewers:
        yield f"- {reviewer}: {answer}"
    yield ""


def _reading(definition: Definition) -> Iterator[tuple[str, int, int]]:
    """Place, number of words, and reading index of every question in every language."""
    for place, question in enumerate(definition.questions):
        for language, text in question.text.items():
            yield f"/questions/{place}/text/{language}", word_count(text), int(reading(text))
