"""The linter: what good practice asks of a definition, as numbered rules.

    E   refuses to publish
    W   needs a justification, which becomes part of the record
    H   is for people to read: two reviewers' answers become part of the record

A definition has no grade: it has findings. In an urgent referendum, rules that need days or outside bodies drop from E
to W; arithmetic and privacy never drop. In a rehearsal everything else is noted only, and nothing has to be justified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from psephos.errors import MalformedError, PsephosError, RefusedError
from psephos.protocol.encoding import Wire
from psephos.referendum.definition import Definition, rule_of
from psephos.referendum.handwritten import convert
from psephos.referendum.rule_file import Rule

REVIEWERS = 2
"""So many different reviewers answer each H."""


class Severity(StrEnum):
    """What a finding demands."""

    ERROR = "E"
    WARNING = "W"
    HUMAN = "H"


class Status(StrEnum):
    """What became of a finding."""

    REFUSES = "refuses to publish"
    NEEDS_JUSTIFICATION = "needs a justification"
    JUSTIFIED = "justified"
    NEEDS_REVIEWERS = "needs reviewers"
    REVIEWED = "reviewed"
    NOTED = "noted"


_BLOCKING = {Status.REFUSES, Status.NEEDS_JUSTIFICATION, Status.NEEDS_REVIEWERS}


class WordLists(Wire, frozen=True):
    """A language's words that a linter looks for, and where the list comes from."""

    language: str
    source: str
    loaded: tuple[str, ...]
    promises: tuple[str, ...]
    negations: tuple[str, ...]
    joints: tuple[str, ...]
    dependences: tuple[str, ...]


def read_word_lists(raw: object) -> WordLists:
    """Read a language's lists.

    Raises:
        MalformedError: Another form.
    """
    return convert(raw, WordLists, what="word lists")


@dataclass(frozen=True)
class Context:
    """What a rule looks at.

    Attributes:
        definition: As organisers wrote it.
        words: Word lists, by language.
        rule: Its outcome rule; None if there is none that can be read.
        rule_error: Why it cannot be read; None if it can.
    """

    definition: Definition
    words: Mapping[str, WordLists] = field(default_factory=dict)
    rule: Rule | None = None
    rule_error: PsephosError | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a rule found.

    Attributes:
        at: Where, as a JSON pointer.
        message: What.
        severity: Where it differs from the rule's.
        drops: Whether it drops from E to W in an urgent referendum, where the rule as a whole does not.
    """

    at: str
    message: str
    severity: Severity | None = None
    drops: bool = False


@dataclass(frozen=True, slots=True)
class LintRule:
    """A rule of good practice.

    Attributes:
        id: Its number; never used again for another rule.
        severity: What its findings demand.
        human: Whether people have to read this besides.
        text: What must hold.
        clause: Where that is asked for.
        remedy: What to do.
        check: Finds what does not hold.
        urgent: Whether E drops to W in an urgent referendum.
        firm: Whether it never drops, in a rehearsal neither.
        house: Whether a limit in it is this project's own.
    """

    id: str
    severity: Severity
    text: str
    clause: str
    remedy: str
    check: Callable[[Context], Iterator[Problem]]
    human: bool = False
    urgent: bool = False
    firm: bool = False
    house: bool = False


@dataclass(frozen=True)
class Finding:
    """What a rule found, and what became of it.

    Attributes:
        rule: Which.
        severity: What it demands.
        at: Where, as a JSON pointer.
        message: What.
        status: What became of it.
        justification: Why the rule is not followed.
        reviewers: Who answered, and what.
    """

    rule: LintRule
    severity: Severity
    at: str
    message: str
    status: Status
    justification: str = ""
    reviewers: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "rule": self.rule.id,
            "severity": self.severity,
            "path": self.at,
            "message": self.message,
            "clause": self.rule.clause,
            "remedy": self.rule.remedy,
            "status": self.status,
            "justification": self.justification,
            "reviewers": [{"reviewer": reviewer, "answer": answer} for reviewer, answer in self.reviewers],
        }


@dataclass(frozen=True)
class LintReport:
    """All findings. There is no grade.

    Attributes:
        findings: In the order of the rules.
    """

    findings: tuple[Finding, ...]

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Those that stand against publishing."""
        return tuple(finding for finding in self.findings if finding.status in _BLOCKING)


def context_of(definition: Definition, words: Mapping[str, WordLists]) -> Context:
    """What rules look at, for a definition."""
    try:
        return Context(definition, words, rule_of(definition))
    except PsephosError as error:
        return Context(definition, words, None, error)


def run_rules(context: Context, rules: tuple[LintRule, ...]) -> LintReport:
    """Run rules on a definition.

    Raises:
        MalformedError: A justification or an answer is about no rule.
    """
    definition = context.definition
    known = {rule.id for rule in rules}
    for part in ("justifications", "reviews"):
        for place, one in enumerate(getattr(definition, part)):
            if one.rule not in known:
                raise MalformedError(f"there is no rule {one.rule!r}", at=f"/{part}/{place}/rule")
    return LintReport(tuple(finding for rule in rules for finding in _findings(rule, context)))


def _findings(rule: LintRule, context: Context) -> Iterator[Finding]:
    for problem in rule.check(context):
        severity = _severity(rule, problem, context.definition)
        justification = _justification(rule, context.definition)
        if severity is Severity.ERROR:
            status = Status.REFUSES
        elif justification:
            status = Status.JUSTIFIED
        else:
            status = Status.NEEDS_JUSTIFICATION
        if context.definition.kind == "rehearsal" and not (rule.firm and severity is Severity.ERROR):
            status = Status.NOTED
        yield Finding(rule, severity, problem.at, problem.message, status, justification)
    if rule.human or rule.severity is Severity.HUMAN:
        yield _human(rule, context.definition)


def _severity(rule: LintRule, problem: Problem, definition: Definition) -> Severity:
    severity = problem.severity or rule.severity
    if definition.kind == "urgent" and (rule.urgent or problem.drops) and severity is Severity.ERROR:
        return Severity.WARNING
    return severity


def _justification(rule: LintRule, definition: Definition) -> str:
    texts = (one.text.strip() for one in definition.justifications if one.rule == rule.id)
    return " ".join(text for text in texts if text)


def _human(rule: LintRule, definition: Definition) -> Finding:
    """What people have to read: always a finding, answered or not."""
    answers = {" ".join(one.reviewer.split()): one.answer.strip() for one in definition.reviews if one.rule == rule.id}
    given = tuple((reviewer, answer) for reviewer, answer in answers.items() if answer)
    if definition.kind == "rehearsal":
        status = Status.NOTED
    else:
        status = Status.REVIEWED if len(given) >= REVIEWERS else Status.NEEDS_REVIEWERS
    return Finding(rule, Severity.HUMAN, "/questions", f"for people to judge: {rule.text}", status, reviewers=given)


def check_publishable(report: LintReport) -> None:
    """Refuse to publish what rules stand against.

    Raises:
        RefusedError: Names the first finding, and says how many there are.
    """
    if not report.blocking:
        return
    first = report.blocking[0]
    raise RefusedError(
        f"{len(report.blocking)} findings stand against publishing; the first is {first.rule.id}: {first.message}",
        at=first.at,
        hint=first.rule.remedy,
    )
