"""Everything that the pages say as JSON and CSV, and the sources that it was made from."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from io import StringIO
from typing import Any

from psephos.referendum.outcome_data import outcome_data
from psephos.referendum.truth import Interval
from psephos.referendum.words import Words, margin_in_words, term_in_words
from psephos.result.facts import Area, Facts, QuestionFact
from psephos.result.stage import Standing

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_Cell = str | int | None


def data_files(facts: Facts, standing: Standing, spoken: Sequence[Words]) -> dict[str, bytes]:
    """The files in `data/`, but for the ballots' fingerprints.

    Args:
        facts: What pages say.
        standing: How far the result is.
        spoken: In whose words outcomes are explained; the first is that of the tables.
    """
    verified, files = facts.verified, {}
    files["result.json"] = _json(_result(facts, standing, spoken))
    files["verify.json"] = _json(verified.data)
    if verified.report.result is not None:
        files["national.csv"] = _csv(_NATIONAL, _national(facts))
        if any(question.areas for question in facts.questions):
            files["regions.csv"] = _csv(_REGIONS, _regions(facts))
        if any(question.outcome for question in facts.questions):
            files["conditions.csv"] = _csv(_CONDITIONS, _conditions(facts, spoken[0]))
    files["checks.csv"] = _csv(_CHECKS, _checks(facts))
    if verified.board is not None:
        files["observers.csv"] = _csv(_OBSERVERS, _observers(facts))
        files["excluded.csv"] = _csv(_EXCLUDED, _excluded(facts))
    files["ballots.csv"] = _csv(("number", "fingerprint"), enumerate(verified.ballots, start=1))
    if verified.charter:
        files["charter.json"] = verified.charter
    if verified.received:
        files["definition.json"] = verified.received
    return {f"data/{name}": content for name, content in files.items()}


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _result(facts: Facts, standing: Standing, spoken: Sequence[Words]) -> dict[str, Any]:
    verified, board = facts.verified, facts.verified.board
    return {
        "format": "psephos/site/1",
        "stage": standing.stage,
        "contested_until": standing.contested_until,
        "decided_by": standing.decided_by,
        "rehearsal": facts.rehearsal,
        "title": dict(facts.titles),
        "made_from": {
            "origin": "" if board is None else board.terms.origin,
            "entries": None if board is None else board.signed.head.size,
            "root": facts.root,
            "signed_at": facts.signed_at,
            "head": verified.report.head,
            "record": verified.record,
        },
        "registered": verified.report.voters,
        "ballots": verified.report.ballots,
        "counted": verified.report.counted,
        "questions": [_question(question, spoken) for question in facts.questions],
        "observers": [
            {
                "name": one.name,
                "organisation": one.organisation,
                "jurisdiction": one.jurisdiction,
                "witnessed_at": one.witnessed,
                "checked_at": one.checked,
            }
            for one in facts.observers
        ],
        "annulled": verified.annulled,
        "annulled_regions": list(verified.void_regions),
        "quorum_demanded": None if board is None else not facts.undemanded,
        "quorum_signed": board is not None and not facts.unsigned and not facts.undemanded,
        "entries_without_effect": None if board is None else len(board.report.excluded),
        "caveats": list(verified.report.caveats),
    }


def _question(question: QuestionFact, spoken: Sequence[Words]) -> dict[str, Any]:
    return {
        "text": dict(question.texts),
        "answers": [
            {"text": dict(answer.texts), "meaning": answer.meaning, "votes": answer.votes}
            for answer in question.answers
        ],
        "regions": [_area(area) for area in question.areas],
        "outcome": None if question.outcome is None else outcome_data(question.outcome, spoken),
    }


def _area(area: Area) -> dict[str, Any]:
    return {
        "regions": list(area.names),
        "registered": area.registered,
        "counted": area.counted,
        "votes": list(area.votes),
        "share": None if area.share is None else str(area.share),
        "unanimous": area.unanimous,
        "condition": dict(area.truths),
    }


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


# ── CSV ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_NATIONAL = ("question", "answer", "meaning", "votes", "ballots", "registered")
_REGIONS = ("question", "regions", "merged", "answer", "votes", "ballots", "registered")
_CONDITIONS = ("question", "at", "term", "holds", "left", "right", "margin", "unit", "words", "margin in words")
_CHECKS = ("check", "title", "status", "examined", "failures", "findings", "reason")
_OBSERVERS = ("observer", "organisation", "jurisdiction", "witnessed at", "checked at")
_EXCLUDED = ("entry", "kind", "reason", "code", "message", "at", "culprit")


def _national(facts: Facts) -> Iterable[Sequence[_Cell]]:
    report = facts.verified.report
    for question in facts.questions:
        for answer in question.answers:
            meaning = answer.meaning or ""
            yield question.number, answer.texts[""], meaning, answer.votes, report.counted, report.voters


def _regions(facts: Facts) -> Iterable[Sequence[_Cell]]:
    for question in facts.questions:
        for area in question.areas:
            names, merged = " + ".join(area.names), "yes" if area.merged else "no"
            for place, answer in enumerate(question.answers):
                votes = area.votes[place]
                yield question.number, names, merged, answer.texts[""], votes, area.counted, area.registered


def _conditions(facts: Facts, words: Words) -> Iterable[Sequence[_Cell]]:
    for question in facts.questions:
        for term in question.outcome.terms if question.outcome else ():
            yield (
                question.number,
                term.at,
                term_in_words(term, words),
                term.truth,
                _interval(term.numerator),
                _interval(term.bound),
                None if term.margin is None else str(term.margin),
                term.unit,
                words.truths[term.truth],
                margin_in_words(term, words),
            )


def _checks(facts: Facts) -> Iterable[Sequence[_Cell]]:
    for result in facts.verified.report.results.values():
        findings = " · ".join(finding.message for finding in result.findings)
        failures = " · ".join(failure.message for failure in result.failures)
        reason = result.reason if result.status == "not run" else ""
        yield result.check.id, result.check.title, result.status, result.examined, failures, findings, reason


def _observers(facts: Facts) -> Iterable[Sequence[_Cell]]:
    for one in facts.observers:
        yield one.name, one.organisation, one.jurisdiction, one.witnessed, one.checked


def _excluded(facts: Facts) -> Iterable[Sequence[_Cell]]:
    board = facts.verified.board
    for one in board.report.excluded if board else ():
        yield one.index, one.kind, one.reason, one.code, one.message, one.at, one.culprit


def _interval(value: Interval | None) -> str:
    if value is None:
        return ""
    return _fraction(value.low) if value.known else f"{_fraction(value.low)}…{_fraction(value.high)}"


def _fraction(value: Fraction) -> str:
    return str(value)


def _csv(head: Sequence[str], rows: Iterable[Sequence[_Cell]]) -> bytes:
    """A table that a spreadsheet opens: with its mark for UTF-8, and no text that it would take for a formula."""
    written = StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow(["" if cell is None else _safe(cell) if isinstance(cell, str) else cell for cell in row])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def _safe(text: str) -> str:
    # A region's name, or what an entry without effect says, is written by others, and is opened by whoever trusts us.
    return f"'{text}" if text.startswith(_FORMULA) else text


def sums(files: Mapping[str, bytes], digest: Mapping[str, str]) -> bytes:
    """The SHA-256 of each file, as `sha256sum --check` reads it.

    Args:
        files: Which ones.
        digest: Of each.
    """
    return "".join(f"{digest[path]}  {path}\n" for path in sorted(files)).encode()
