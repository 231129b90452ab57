"""Checks about the definition: V24 to V28, and what follows from the verified result under its rule.

They need a board: a definition and its addenda stand there, and nothing of them but a fingerprint in an archive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from psephos.errors import PsephosError, UnsupportedError
from psephos.record.board_terms import show_time
from psephos.record.charter import Charter
from psephos.record.definition_entry import definition_in, fingerprint_in
from psephos.record.phases import Phase
from psephos.record.regional import RegionalRecord
from psephos.record.regions import show_cells
from psephos.record.state import RecordState
from psephos.referendum.addenda import Addendum, Annul, InForce, Undecryptable, Withdraw, apply, in_force, read_addendum
from psephos.referendum.consequences import figures_after
from psephos.referendum.counted import Answers, defined_answers, figures_of, with_eligible
from psephos.referendum.definition import Definition, check_against_election, rule_of
from psephos.referendum.definition_charter import check_agreement, compare_observers
from psephos.referendum.figures import Counted, Figures
from psephos.referendum.lint import LintReport, WordLists
from psephos.referendum.lint_page import lint, report_data
from psephos.referendum.moments import seconds
from psephos.referendum.outcome import Outcome, decide
from psephos.referendum.outcome_data import outcome_data
from psephos.referendum.regional import figures_of_regions
from psephos.referendum.rule import Total
from psephos.referendum.words import Words
from psephos.verify.report import Report, Verdict

CHECKS = ("V24", "V25", "V26", "V27", "V28")
ORGANISERS = "organisers"
NONE_NAMED = "the charter names no definition"
_UNCOUNTED = "the vote was declared void before it was counted"
_WHEN = {
    Phase.DONE: ("after_result", "after the result"),
    Phase.DECRYPTING: ("while_decrypting", "after trustees had begun to decrypt"),
}


@dataclass(frozen=True)
class Defined:
    """What a board's definition means.

    Attributes:
        definition: As the organisers published it.
        now: With the addenda that have effect.
        lint: What the linter finds in it; None if no word lists were given.
        outcomes: By question, counted from 1; empty as long as nothing follows.
    """

    definition: Definition
    now: InForce
    lint: LintReport | None = None
    outcomes: Mapping[int, Outcome] = field(default_factory=dict)


def block_definition(report: Report, *, charter: Charter | None, description: str) -> None:
    """Say why an archive alone says nothing about a definition.

    Args:
        report: The report on it.
        charter: The charter beside it; None if none was given, or it does not hold.
        description: The election's; empty if there is none.
    """
    named = fingerprint_in(description) if charter is None else definition_in(charter.text)
    why = NONE_NAMED if named is None else "the definition stands on the board, not in the archive: verify the board"
    for check in CHECKS:
        report.blocked(check, why)


def report_definition(report: Report, state: RecordState, lists: Mapping[str, WordLists] | None) -> Defined | None:
    """What the entries of a log with effect say about the definition, and what follows from the result.

    Args:
        report: With everything else that was found: what failed elsewhere has no outcome.
        state: Of the log.
        lists: The linter's word lists, by language; without them the linter is not run.

    Returns:
        None if there is no definition that holds.
    """
    assert state.signed is not None
    block_definition(report, charter=state.signed.charter, description="")
    if state.named_definition is None:
        return None
    for check in CHECKS:
        report.blocked(check, "the definition that the charter names is not on the board yet")
    if state.definition is None:
        return None
    report.passed("V24")
    try:
        definition = _check_agreement(state, state.definition)
    except PsephosError as error:
        report.failed("V25", error)
        for check in CHECKS[2:]:
            report.blocked(check, "the definition is not that of this vote (V25)")
        return None
    report.passed("V25")
    _compare_registered(report, state, definition)
    _report_observers(report, state, definition)
    found = None if lists is None else _report_lint(report, definition, lists)
    now = _report_addenda(report, state, in_force(state.definition))
    return Defined(definition, now, found, _report_outcomes(report, state, definition, now))


def _check_agreement(state: RecordState, received: bytes) -> Definition:
    """V25.

    Raises:
        MismatchError, MalformedError: See `check_agreement`, `check_against_election`.
    """
    assert state.signed is not None
    definition = check_agreement(received, state.signed.charter, state.signed.received)
    if state.setup is not None:
        check_against_election(received, state.setup.election)
    return definition


def _compare_registered(report: Report, state: RecordState, definition: Definition) -> None:
    said = definition.electorate.registered
    if state.count is not None and said and said != len(state.count.electorate):
        report.found(
            "V25",
            f"the definition says that {said} are registered, and there are {len(state.count.electorate)} credentials",
        )


def _report_observers(report: Report, state: RecordState, definition: Definition) -> None:
    """Who watches is part of the definition; that others do is said beside every result."""
    assert state.signed is not None
    if definition.kind == "rehearsal":
        return
    for kind, message, names in compare_observers(definition, state.signed.terms).sentences:
        report.found("V25", _one_line(message), culprit=ORGANISERS)
        report.caveat(kind, _one_line(message), names=_one_line(names))


def _report_lint(report: Report, definition: Definition, lists: Mapping[str, WordLists]) -> LintReport | None:
    """V26. What is not answered is said beside every result, and makes no record false: such rules change."""
    try:
        found = lint(definition, lists)
    except PsephosError as error:
        report.found("V26", f"the linter could not be run: {error.message} [{error.at}]")
        report.passed("V26", 0)
        return None
    report.passed("V26", len(found.findings))
    for finding in found.blocking:
        what = f"{finding.rule.id} {finding.status}: {finding.message} [{finding.at}]"
        report.found("V26", what, culprit=ORGANISERS)
    if found.blocking:
        rules = ", ".join(dict.fromkeys(finding.rule.id for finding in found.blocking))
        report.caveat("practice", f"rules of good practice are not answered in its definition: {rules}", rules=rules)
    return found


# ── addenda ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _report_addenda(report: Report, state: RecordState, now: InForce) -> InForce:
    """V27. An addendum that its definition does not allow has no effect."""
    for number, (received, phase) in enumerate(zip(state.addenda, state.addenda_phases, strict=True), start=1):
        try:
            addendum = read_addendum(received)
            now = apply(now, addendum)
        except PsephosError as error:
            why = _one_line(f"{error.message} [{error.at}]")
            message = f"addendum {number} has no effect: {why}"
            report.found("V27", message, culprit=ORGANISERS)
            report.caveat("no_effect", message, number=number, why=why)
            now = replace(now, number=number)
            continue
        _report_change(report, addendum, phase)
    report.blocked("V27", "there are no addenda")
    if state.addenda:
        report.passed("V27", len(state.addenda))
    _compare_closing(report, state, now)
    return now


def _report_change(report: Report, addendum: Addendum, phase: Phase) -> None:
    """Who has withdrawn; and what takes votes out of the result, which is the organisers' word alone."""
    match addendum.change:
        case Withdraw(name, reason):
            report.found("V27", _one_line(f"{name} has withdrawn: {reason}"))
            return
        case Annul(body, reasons, regions):
            where = f"in {', '.join(regions)} " if regions else ""
            said = f"that {body} has declared the vote {where}void: {reasons}"
            kind, values = "annulled", {"body": body, "reasons": reasons}
            if regions:
                kind, values = "annulled_regions", values | {"regions": ", ".join(regions)}
        case Undecryptable(reason):
            said = f"that the votes cannot be counted: {reason}"
            kind, values = "undecryptable", {"reason": reason}
        case _:
            return
    moment, when = _WHEN.get(phase, ("before_decrypting", "before the votes were decrypted"))
    message = _one_line(
        f"the organisers have signed (addendum {addendum.number}, decided {addendum.made_at}, on the board {when}) "
        f"{said} — this is their word, and no check shows that it is so"
    )
    report.found("V27", message, culprit=ORGANISERS)
    written = {name: _one_line(value) for name, value in values.items()}
    report.caveat(kind, message, number=addendum.number, decided=addendum.made_at, when=moment, **written)


def _one_line(text: str) -> str:
    """What organisers wrote, so that no line of it is taken for one of the report."""
    return " ".join(text.split())


def _compare_closing(report: Report, state: RecordState, now: InForce) -> None:
    """The closing time is moved by an entry of its own, within the charter's bounds; the addendum gives the reason."""
    moment = now.definition.calendar.closes_at
    said = None if moment is None else seconds(moment, at="/calendar/closes_at")
    if said is None or said == state.closes_at:
        return
    moved, defined = show_time(state.closes_at), show_time(said)
    message = f"closing was moved to {moved}, and the definition with its addenda says {defined}"
    report.found("V27", message, culprit=ORGANISERS)
    if now.definition.kind != "rehearsal":
        report.caveat("closing", message, moved=state.closes_at, defined=said)


# ── the outcome ─────────────────────────────────────────────────────────────────────────────────────────────────


def _report_outcomes(report: Report, state: RecordState, definition: Definition, now: InForce) -> dict[int, Outcome]:
    """V28. The record holds whatever its rule makes of it: where nothing can be decided, that is said beside it."""
    if report.verdict is Verdict.FALSE:
        report.blocked("V28", "another check failed: nothing follows from the result")
        return {}
    if report.result is None and now.annulled is None and not now.undecryptable:
        report.blocked("V28", "there is no result yet")
        return {}
    if report.result is not None and now.undecryptable:
        message = "the organisers have signed that the votes cannot be counted, and they were counted"
        report.found("V28", message, culprit=ORGANISERS)
        report.caveat("counted_anyway", message)
        now = replace(now, undecryptable="")
    if report.result is None:
        now = replace(now, annulled_regions=())
    outcomes: dict[int, Outcome] = {}
    _compare_eligible(report, definition)
    for question in range(1, len(definition.questions) + 1):
        try:
            figures = _figures(report, state, definition, now, question=question)
            _report_as_counted(report, definition, figures, now, question=question)
            outcomes[question] = decide(rule_of(definition), figures_after(figures, now))
        except PsephosError as error:
            why = _one_line(error.message)
            report.blocked("V28", f"question {question}: {why}")
            message = f"question {question} has no outcome: {why}"
            report.found("V28", message)
            if not isinstance(error, UnsupportedError):  # a question with options is not meant to have one
                report.caveat("no_outcome", message, question=question, why=why)
    if outcomes:
        report.passed("V28", len(outcomes))
    return outcomes


def _compare_eligible(report: Report, definition: Definition) -> None:
    """Where more have voted than may, as the definition says, and its rule does not hang on that number."""
    known = definition.electorate.eligible
    if known is not None and known.number < report.counted and Total.ELIGIBLE not in rule_of(definition).totals:
        counted = f"{report.counted} ballots count; the rule does not name that number"
        report.found("V28", f"the definition says that {known.number} may vote, and {counted}", culprit=ORGANISERS)


def _figures(report: Report, state: RecordState, definition: Definition, now: InForce, *, question: int) -> Figures:
    """The figures of a question, as they were counted.

    Raises:
        UnsupportedError: It is not decided by yes and no.
        MismatchError: They do not add up.
    """
    answers = defined_answers(definition, question)
    if report.result is None:
        return Figures(Counted({}), undecryptable=now.undecryptable or _UNCOUNTED)
    beside = replace(with_eligible(None, definition), regions=_regions(report, state.regional, answers))
    return figures_of(report, answers, beside)


def _report_as_counted(
    report: Report, definition: Definition, figures: Figures, now: InForce, *, question: int
) -> None:
    """What would follow if the organisers' word took no region's votes out."""
    if not now.annulled_regions:
        return
    with suppress(PsephosError):  # then nothing follows from them, and what is left of them is judged by itself
        result = decide(rule_of(definition), figures).result
        regions = _one_line(", ".join(now.annulled_regions))
        message = f"question {question}: with the votes of {regions}, as they were counted, the outcome is: {result}"
        report.found("V28", message, culprit=ORGANISERS)
        report.caveat("as_counted", message, question=question, regions=regions, result=result)


def _regions(report: Report, regional: RegionalRecord | None, answers: Answers) -> dict[str, Counted]:
    if regional is None:
        return {}
    if regional.counts is None and regional.cells():
        report.found("V28", "the counts of the regions are not there yet: what hangs on one of them is unknown")
    shown = () if regional.counts is None else show_cells(regional.regions, regional.cells(), regional.counts)
    return figures_of_regions(regional.regions, tuple(shown), questions=report.questions, answers=answers)


def as_data(defined: Defined, words: Iterable[Words]) -> dict[str, Any]:
    """For programs.

    Args:
        defined: What the definition means.
        words: In whose words outcomes are explained.
    """
    spoken, now = tuple(words), defined.now
    return {
        "fingerprint": now.fingerprint,
        "kind": defined.definition.kind,
        "addenda": now.number,
        "withdrawn": list(now.withdrawn),
        "annulled": None if now.annulled is None else {"body": now.annulled.body, "reasons": now.annulled.reasons},
        "annulled_regions": list(now.annulled_regions),
        "undecryptable": now.undecryptable,
        "lint": None if defined.lint is None else report_data(defined.definition, defined.lint),
        "outcomes": [
            {"question": number, **outcome_data(outcome, spoken)} for number, outcome in defined.outcomes.items()
        ],
    }
