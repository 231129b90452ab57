"""What each page shows, as values in the reader's language: templates only place them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from shlex import quote
from typing import Any

from psephos.protocol.encoding import sha256_hex
from psephos.referendum.irregular import fewest_for_outcome
from psephos.referendum.judging import Term, terms
from psephos.referendum.outcome import Outcome
from psephos.referendum.rule import Comparison, Condition, Named, Operator, RegionCount, Scaled, Total
from psephos.referendum.rule_file import Result
from psephos.referendum.truth import Truth
from psephos.referendum.turning import fewest_for_term
from psephos.referendum.words import fewest_in_words, margin_in_words, outcome_in_words, rule_in_words, term_in_words
from psephos.result.caveats import in_words
from psephos.result.facts import AnswerFact, Area, Facts, QuestionFact, asks_for_more
from psephos.result.language import Language
from psephos.result.site_words import outcome_sentence
from psephos.result.stage import Stage, Standing
from psephos.result.wording import apart, picked, plain, region_name
from psephos.verify.report import Status

_SIGNS = {Truth.TRUE: "✓", Truth.FALSE: "✗", Truth.UNKNOWN: "?"}
_TONES = {Total.YES: "yes", Total.NO: "no"}
_HALF = Fraction(1, 2)
_MOST_FINDINGS = 5


# ── the result ──────────────────────────────────────────────────────────────────────────────────────────────────


def result_view(facts: Facts, standing: Standing, language: Language) -> dict[str, Any]:
    """The page with the result."""
    signed = facts.signed_at
    shown = standing.stage not in {Stage.VOTING, Stage.COUNTING, Stage.UNSIGNED}
    return {
        "stage_body": _stage_body(facts, standing, language),
        "as_of": language.say("site.as_of", time=language.time(signed)) if shown and signed is not None else "",
        "void_regions": _void_regions(facts, language),
        "caveats": in_words(facts.verified.report.to_say, language),
        "questions": [_question(facts, question, language) for question in facts.questions],
    }


def _void_regions(facts: Facts, language: Language) -> str:
    names = " · ".join(apart(name) for name in facts.verified.void_regions)
    return language.say("site.void_regions", names=names) if names else ""


def _stage_body(facts: Facts, standing: Standing, language: Language) -> str:
    if standing.stage is Stage.UNSIGNED:
        return language.say(f"site.stage_unsigned_{'file' if facts.verified.board is None else 'board'}")
    said = _stage_said(facts, standing, language)
    return f"{said} {language.say('site.stage_without_quorum')}" if facts.unsigned else said


def _stage_said(facts: Facts, standing: Standing, language: Language) -> str:
    """What a stage means, wherever it does not hang on a quorum that is missing."""
    until, decided = standing.contested_until, standing.decided_by
    if standing.stage is Stage.FINAL and decided is not None:
        return language.say("site.stage_final_body", decided=language.time(decided))
    manner = "alone" if facts.undemanded else "body"
    if standing.stage is Stage.PROVISIONAL and decided is not None:
        return language.say(
            f"site.stage_provisional_{manner}",
            until=language.time(decided if until is None else until),
            decided=language.time(decided),
        )
    if standing.stage is Stage.VOID and facts.verified.report.result is not None:
        return f"{language.say('site.stage_void_body')} {language.say('site.stage_void_figures')}"
    if standing.stage is Stage.COUNTING and facts.verified.report.result is not None:
        return language.say("site.stage_counting_regions")
    return language.say(f"site.stage_{standing.stage}_{manner if standing.stage is Stage.COUNTED else 'body'}")


def _question(facts: Facts, question: QuestionFact, language: Language) -> dict[str, Any]:
    outcome, counted = question.outcome, facts.verified.report.counted
    why_none = {None: "site.no_rule", False: "site.no_outcome", True: "site.no_figures"}[question.yes_no]
    has_result = facts.verified.report.result is not None
    charter = facts.verified.read
    return {
        "number": question.number,
        "texts": question.texts,
        "result": "" if outcome is None else outcome.result,
        "provided": language.say("site.provided") if facts.unsigned else "",
        "sentence": "" if outcome is None else outcome_sentence(outcome, language),
        "more": [] if outcome is None else _more(facts, outcome, language),
        "why_none": language.say(why_none) if has_result and outcome is None else "",
        "lacking": [plain(one) for one in question.lacking] if question.yes_no else [],
        "counted": has_result,
        "rows": [_row(answer, counted, language) for answer in question.answers] if has_result else [],
        "ballots": language.number(counted),
        "conditions": [] if outcome is None else list(_conditions(outcome, language)),
        "rule": [] if outcome is None else [plain(line) for line in rule_in_words(outcome.rule, language.words)],
        "statute": "" if outcome is None else plain(outcome.rule.statute),
        "has_regions": charter is not None and charter.regions is not None and has_result,
        **_turnout(facts, outcome, language),
        **_regions(question, language),
    }


def _more(facts: Facts, outcome: Outcome, language: Language) -> list[str]:
    lines = [plain(line) for line in outcome_in_words(outcome, language.words)[1:]]
    if facts.verified.void_regions and facts.verified.report.result is not None:
        lines.append(language.say("site.void_left_out"))
    if outcome.findings and outcome.result not in {Result.UNKNOWN, Result.VOID}:
        lines.append(fewest_in_words(fewest_for_outcome(outcome), language.words, outcome=True))
    return lines


def _row(answer: AnswerFact, counted: int, language: Language) -> dict[str, Any]:
    votes = answer.votes or 0
    share = Fraction(votes, counted) if counted else Fraction(0)
    return {
        "texts": answer.texts,
        "votes": language.number(votes),
        "share": min(share, Fraction(1)),
        "percent": language.percentage(share) if counted else "–",
        "tone": "" if answer.meaning is None else _TONES.get(answer.meaning, ""),
    }


def _turnout(facts: Facts, outcome: Outcome | None, language: Language) -> dict[str, Any]:
    report = facts.verified.report
    share = Fraction(report.counted, report.voters) if report.voters else Fraction(0)
    said = {"ballots": report.counted, "registered": report.voters, "percent": language.percentage(share)}
    lines = [language.say("site.turnout_registered", **said)]
    if outcome is not None and facts.eligible:
        percent = language.percentage(Fraction(report.counted, facts.eligible))
        lines.append(language.say("site.turnout_eligible", eligible=facts.eligible, percent=percent))
    if report.ballots > report.counted:
        lines.append(language.say("site.turnout_recast", all=report.ballots))
    return {"turnout": min(share, Fraction(1)), "turnout_lines": lines}


# ── conditions ──────────────────────────────────────────────────────────────────────────────────────────────────


def _conditions(outcome: Outcome, language: Language) -> Iterator[dict[str, Any]]:
    words = language.words
    for name, finding in outcome.findings.items():
        for term in terms(finding):
            fewest = "" if term.truth is Truth.UNKNOWN else fewest_in_words(fewest_for_term(term, outcome.rule), words)
            margin = margin_in_words(term, words)
            yield {
                "truth": term.truth,
                "sign": _SIGNS[term.truth],
                "said": words.truths[term.truth],
                "purpose": language.say(f"site.for_{name}") if len(outcome.findings) > 1 else "",
                "term": plain(term_in_words(term, words)),
                "margin": margin,
                "fewest": fewest,
                "details": " · ".join(filter(None, (margin, fewest))),
                **_lengths(term),
            }


def _lengths(term: Term) -> dict[str, Fraction | None]:
    """How long the bar of a term is, of 1, and where the mark lies that it has to reach."""
    left, right, of = term.numerator, term.bound, term.denominator
    if left is None or right is None:
        return {"length": None, "possible": None, "mark": None}
    whole = of.high if of is not None and isinstance(term.comparison.right, Scaled) else max(left.high, right.high)
    if isinstance(term.comparison.left, RegionCount) and of is not None:
        whole = of.high
    whole = max(whole, Fraction(1))
    low, high = min(left.low / whole, Fraction(1)), min(left.high / whole, Fraction(1))
    return {"length": low, "possible": high - low or None, "mark": min(right.low / whole, Fraction(1))}


# ── regions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _regions(question: QuestionFact, language: Language) -> dict[str, Any]:
    answer = apart(picked(question.answers[question.compared].texts, language.code))
    if question.answers[question.compared].meaning is not Total.YES:
        phrase = "site.regions_lead_plain"
    elif question.outcome is not None and asks_for_more(question.outcome):
        phrase = "site.regions_lead_sides"
    else:
        phrase = "site.regions_lead"
    lead = language.say(phrase, answer=answer)
    line = _threshold(question.outcome)
    judged = any(truth is not Truth.UNKNOWN for area in question.areas for truth in area.truths.values())
    lines = [lead, language.say("site.regions_line", share=language.threshold(line))]
    return {
        "regions_lead": " ".join([*lines, *([language.say("site.regions_judged")] if judged else [])]),
        "line": line,
        "areas": [_area(area, line, language) for area in question.areas],
        "any_merged": any(area.merged for area in question.areas),
        "columns": [answer.texts for answer in question.answers],
        "judged": judged,
    }


def _threshold(outcome: Outcome | None) -> Fraction:
    """Which share of the valid votes a region has to give; one half where the rule says nothing so simple."""
    counts = [count for term in (outcome.terms if outcome else ()) for count, _ in term.regions]
    where: Condition | None = counts[0].where if counts else None
    if isinstance(where, Comparison) and where.left == Named(Total.YES) and where.operator in Operator:
        right = where.right
        if isinstance(right, Scaled) and right.of == Named(Total.VALID):
            return right.factor
    return _HALF


def _area(area: Area, line: Fraction, language: Language) -> dict[str, Any]:
    nothing = "–" if area.counted else language.say("site.no_ballots")
    return {
        "names": [plain(region_name(name, language)) for name in area.names],
        "share": area.share,
        "merged": area.merged,
        "percent": nothing if area.share is None else language.percentage(area.share, beside=line),
        "truth": _truth(area, language),
        "unanimous": area.unanimous,
        "votes": [language.number(count) for count in area.votes],
        "counted": language.number(area.counted),
        "registered": language.number(area.registered),
    }


def _truth(area: Area, language: Language) -> str:
    found = {truth for name, truth in area.truths.items() if name}
    return language.say(f"site.truth_{found.pop()}") if len(found) == 1 else ""


# ── observers ───────────────────────────────────────────────────────────────────────────────────────────────────


def observers_view(facts: Facts, language: Language) -> dict[str, Any]:
    """The page about who observed, with what limits, and what was checked."""
    definition, board, say = facts.verified.definition, facts.verified.board, language.say
    limits = "unknown" if definition is None or definition.exclusions is None else "open"
    return {
        "quorums": list(_quorums(facts, language)),
        "observers": [
            {
                "name": plain(one.name),
                "organisation": plain(one.organisation),
                "jurisdiction": plain(one.jurisdiction),
                "witnessed": "" if one.witnessed is None else language.time(one.witnessed),
                "checked": "" if one.checked is None else language.time(one.checked),
            }
            for one in facts.observers
        ],
        "houses": any(one.organisation or one.jurisdiction for one in facts.observers),
        "groups": []
        if definition is None
        else [
            {
                "name": plain(group.name),
                "kind": say(f"site.kind_{group.kind.replace('-', '_')}"),
                "side": say(f"site.side_{group.side or 'none'}"),
            }
            for group in definition.observation.groups
        ],
        "exclusions": []
        if definition is None
        else [{"place": plain(one.place), "reason": plain(one.reason)} for one in definition.exclusions or ()],
        "limits_none": say(f"site.limits_{limits}"),
        "checks": list(_checks(facts, language)),
        "entries": 0 if board is None else board.report.entries,
        **_excluded(facts, language),
    }


def _quorums(facts: Facts, language: Language) -> Iterator[dict[str, Any]]:
    board = facts.verified.board
    for one in board.standings if board else ():
        assert board is not None
        counted, holds = one.counted, one.covers(board.signed.head.size)
        numbers = {"have": counted.have, "all": counted.of, "need": counted.need}
        said = language.say(f"site.quorum_{'yes' if holds else 'no'}", **numbers)
        said = said if counted.of else language.say("site.quorum_none")
        yield {"what": language.say(f"site.policy_{one.policy}"), "holds": holds, "said": said}


def _checks(facts: Facts, language: Language) -> Iterator[dict[str, Any]]:
    for result in facts.verified.report.results.values():
        held = result.status is Status.PASSED
        yield {
            "id": result.check.id,
            "title": language.phrases[f"verifier.check_{result.check.id.lower()}"],
            "status": language.say(f"site.status_{'passed' if held else 'not_run'}"),
            "examined": language.number(result.examined) if held else "–",
            "findings": [plain(finding.message) for finding in result.findings[:_MOST_FINDINGS]],
            "reason": "" if held else plain(result.reason),
        }


def _excluded(facts: Facts, language: Language) -> dict[str, Any]:
    board = facts.verified.board
    if board is None:
        return {"excluded_said": "", "reasons": [], "excluded_file": ""}
    excluded, entries = board.report.excluded, board.report.entries
    reasons = Counter(str(one.reason) for one in excluded)
    said = language.say("site.excluded_some", count=len(excluded), all=entries)
    return {
        "excluded_said": said if excluded else language.say("site.excluded_none", all=entries),
        "reasons": [(reason, language.number(count)) for reason, count in sorted(reasons.items())],
        "excluded_file": language.say("site.excluded_all", file=apart("data/excluded.csv")),
    }


# ── data ────────────────────────────────────────────────────────────────────────────────────────────────────────


def data_view(
    facts: Facts, files: Mapping[str, bytes], language: Language, *, program: str, compares: bool
) -> dict[str, Any]:
    """The page with everything as data, and what it was made from."""
    listed = [path for path in files if path.startswith("data/") and not path.startswith("data/ballots-")]
    definition, board = facts.verified.definition, facts.verified.board
    place = definition.hosts[0].url if definition is not None and definition.hosts else "URL"
    beside = "" if definition is None else " --definition definition.json"
    source = f"record.bel{beside}" if board is None else quote(plain(place))
    return {
        "files": [
            {
                "path": path,
                "name": path.removeprefix("data/"),
                "content": language.say(f"site.file_{path.removeprefix('data/').partition('.')[0]}"),
                "size": language.number(len(files[path])),
            }
            for path in listed
        ],
        "verify_said": language.say(f"site.verify_{'file_' if board is None else ''}body"),
        "verify_command": verify_command("record.bel" if board is None else place),
        "again_command": f"psephos auditor site {source} --to FOLDER{' --script check.js' if compares else ''}",
        "made": list(_made(facts, language, program=program)),
    }


def verify_command(place: str) -> str:
    """What a reader types to check a record; an address that others wrote is one word of it."""
    return f"psephos verify {quote(plain(place))} --charter charter.json"


def _made(facts: Facts, language: Language, *, program: str) -> Iterator[tuple[str, str, bool]]:
    """Name, value, and whether it is to be compared character by character."""
    verified, say = facts.verified, language.say
    if verified.board is not None:
        yield say("both.board"), plain(verified.board.terms.origin), True
        yield say("site.made_size"), language.number(verified.board.signed.head.size), False
        yield say("site.made_root"), facts.root, True
        yield say("site.made_time"), _made_time(facts, language), False
        yield say("site.made_rules"), verified.board.terms.wire.ruleset, True
    yield say("site.made_head"), verified.report.head, True
    if verified.charter:
        yield say("both.charter_fingerprint"), sha256_hex(verified.charter), True
    yield say("both.election_fingerprint"), verified.report.election.get("fingerprint", ""), True
    if verified.board is not None:
        yield say("both.organisers"), _names([key.name for key in verified.board.terms.organisers]), False
    if verified.read is not None:
        yield say("both.registrars"), _names([one.name for one in verified.read.registrars]), False
        yield say("both.trustees"), _names(verified.read.trustees), False
    yield say("site.made_program"), program, True


def _made_time(facts: Facts, language: Language) -> str:
    if facts.signed_at is not None:
        return language.time(facts.signed_at)
    return language.say("site.foot_undemanded" if facts.undemanded else "site.foot_not")


def _names(names: Sequence[str]) -> str:
    return " · ".join(apart(name) for name in names) or "–"
