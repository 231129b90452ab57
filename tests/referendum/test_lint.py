"""The linter: each rule has a definition that it alone catches, and a neighbour that passes."""

from __future__ import annotations

from typing import Any

import pytest

from psephos.adapters.package_data import data_names, read_data, read_text
from psephos.errors import MalformedError, RefusedError
from psephos.referendum.definition import Definition, read_draft
from psephos.referendum.lint import LintReport, Severity, Status, check_publishable, read_word_lists
from psephos.referendum.lint_page import LINT_RULES, lint, report_data, report_lines
from psephos.referendum.rule_file import Result
from tests.support.definitions import MISSING, draft

WORDS = {name.removeprefix("lint."): read_word_lists(read_data(name)) for name in data_names("lint.")}
FIRM = {"Q01", "Q02", "R01", "R02", "R05", "R06", "S01", "S02", "K01", "K02", "V04"}
URGENT = {"I01", "Q13", "T03", "T04", "T05", "T06", "O01", "R09"}
TEXT = "questions.0.text.en"
FILE = {"name": "A file", "sha256": MISSING}
HOUSE = "parties.trustees.0.organisation"


def report_of(definition: Definition) -> LintReport:
    """The findings of a definition."""
    return lint(definition, WORDS)


def caught(changes: dict[str, Any] | None = None) -> set[str]:
    """The rules that stand against publishing the template with some places changed."""
    return {finding.rule.id for finding in report_of(draft(changes)).blocking}


def test_template_with_its_files_has_nothing_against_it() -> None:
    """The definition that all others are changes of passes, with every human rule answered."""
    assert caught() == set()
    check_publishable(report_of(draft()))


def test_template_as_it_is_lacks_its_files_only() -> None:
    """Digests of zeros are files that are missing."""
    found = {finding.rule.id for finding in report_of(read_draft(read_text("template.toml").encode())).blocking}
    assert found == {"Q10", "Q12", "Q13", "I01", "I02"}


def without(place: str) -> dict[str, Any]:
    """The template without something."""
    return {place: None}


OPTIONS: dict[str, Any] = {
    "questions.0.form": "options",
    "questions.0.answers": [
        {"meaning": "option", "text": {"en": "North quay", "fa": "اسکلهٔ شمال"}},
        {"meaning": "option", "text": {"en": "South quay", "fa": "اسکلهٔ جنوب"}},
        {"meaning": "blank", "text": {"en": "Blank", "fa": "سفید"}},
    ],
}
CHOSEN = {"questions.0.winner": "most votes", "questions.0.no_winner": "nothing is built"}
ELIGIBLE = {"ge": ["yes", {"mul": ["0", "eligible"]}]}
YES_OVER_NO = {"gt": ["yes", "no"]}


REGIONAL_TURNOUT = {
    "ge": [{"regions": {"where": {"ge": ["ballots", {"mul": ["1/2", "registered"]}]}}}, "1"],
}
REGIONAL_VETO = {
    "gt": ["1", {"regions": {"where": {"ge": ["no", {"mul": ["2/3", "valid"]}]}}}],
}


def passes(*conditions: dict[str, Any]) -> dict[str, Any]:
    """The template with these conditions."""
    return {"rule.ready": None, "rule.passes": {"all": list(conditions)}}


def justified(rule: str) -> dict[str, Any]:
    """The template with a reason why a rule is not followed."""
    return {"justifications": [{"rule": rule, "text": "The country is small."}]}


def ready(**parameters: str) -> dict[str, Any]:
    """The template with a ready-made rule."""
    return {"rule.ready": parameters}


HALF_OF_ALL = {"ge": ["valid", {"mul": ["1/2", "registered"]}]}
TIE_PASSES = {
    **passes({"ge": ["yes", "no"]}, {"ge": ["yes", {"mul": ["1/4", "registered"]}]}),
    **justified("R04"),
}
"""At a high turnout a tie passes; at a low one nothing does."""

# rule → (changes that it alone catches, changes beside them that pass)
TABLE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("Q01", {"questions.0.answers.1.meaning": "yes"}, {"questions.0.answers.1.text.en": "No, it stays"}),
    ("Q01", {**OPTIONS, **CHOSEN, "questions.0.answers.1": None}, {**OPTIONS, **CHOSEN}),
    ("Q02", without("questions.0.answers.2"), {"questions.0.answers.2.text.en": "Neither"}),
    ("Q02", {"questions.0.blank": "with-invalid"}, {"questions.0.blank": "apart"}),
    ("Q03", {TEXT: "Shall the harbour be extended and a bridge be built?"}, {TEXT: "Shall the harbour be extended?"}),
    ("Q03", {TEXT: "Shall it be extended? Shall it be built?"}, {TEXT: "Shall it be extended as described?"}),
    (
        "Q03",
        {"questions.0.text.fa": "آیا بندر گسترش یابد و پل ساخته شود؟"},
        {"questions.0.text.fa": "آیا بندر گسترش یابد؟"},
    ),
    ("Q04", {TEXT: "If the first question passes, shall it be extended?"}, {TEXT: "Shall it first be extended?"}),
    ("Q05", {TEXT: "Shall the harbour finally be extended?"}, {TEXT: "Shall the final harbour be extended?"}),
    ("Q05", {TEXT: "Shall the harbour be extended so that trade grows?"}, {TEXT: "Shall the harbour be extended so?"}),
    ("Q05", {"questions.0.text.fa": "آیا بهترین بندر گسترش یابد؟"}, {"questions.0.text.fa": "آیا بندر گسترش یابد؟"}),
    ("Q06", {TEXT: "Shall the harbour not be closed without a vote?"}, {TEXT: "Shall the harbour not be closed?"}),
    ("Q06", without("questions.0.yes_means"), {"questions.0.yes_means": "change"}),
    (
        "Q06",
        {"questions.0.yes_means": "status-quo"},
        {"questions.0.yes_means": "status-quo", "questions.0.yes_explained": "It stands above the question."},
    ),
    ("Q07", {TEXT: "Shall " + "long " * 60 + "be?"}, {TEXT: "Shall " + "long " * 58 + "be?"}),
    (
        "Q08",
        {"questions.0.wording": ["specific-text", "general-principle"]},
        {"questions.0.wording": ["general-principle"]},
    ),
    ("Q08", without("questions.0.wording"), {"questions.0.wording": ["specific-text"]}),
    ("Q09", {"questions.0.levels": ["constitution", "statute"]}, {"questions.0.levels": ["constitution"]}),
    ("Q10", without("questions.0.answers.1.text.fa"), {"questions.0.answers.1.text.fa": "خیر"}),
    ("Q10", without("questions.0.explanation.fa"), {}),
    ("Q10", {"title.de": "Volksabstimmung"}, {}),
    (
        "Q10",
        {"translations.0.translators": ["Translator 1", "Translator 1"]},
        {"translations.0.translators.1": "Translator 3"},
    ),
    ("Q10", {"translations.0.back_translation": FILE}, {}),
    ("Q11", without("effect"), {"effect.binding": "consultative"}),
    ("Q11", {"effect.on": " "}, {"effect.on": "the government"}),
    ("Q12", {"legal.text": FILE}, {}),
    ("Q12", {"legal.basis": ""}, {"legal.basis": "Decision 7"}),
    ("Q13", without("opinion"), {}),
    ("Q13", {"opinion.given_at": "2026-02-02T12:00:00+03:30"}, {"opinion.given_at": "2026-01-31T12:00:00+03:30"}),
    ("Q14", {"reviews.10.answer": ""}, {"reviews.10.answer": "It does not."}),
    ("I01", without("information.texts.3"), {}),
    ("I01", {"information.texts.0.document.size": 20001}, {"information.texts.0.document.size": 20000}),
    (
        "I01",
        {"information.delivered_at": "2026-04-17T08:00:01+03:30"},
        {"information.delivered_at": "2026-04-17T08:00:00+03:30"},
    ),
    ("I02", {"information.report_authors": []}, {"information.report_authors": ["Author 1"]}),
    ("I03", {"information.funding": ""}, {"information.funding": "Donations, listed on the page."}),
    ("R01", without("rule"), {}),
    ("R01", passes(YES_OVER_NO, {"gt": ["yes", "nay"]}), passes(YES_OVER_NO, {"gt": ["yes", "blank"]})),
    ("R02", {"rule.valid": []}, {"rule.valid": ["yes", "no", "blank"]}),
    (
        "R02",
        {**passes({"gt": ["yes", {"mul": ["1/2", "valid"]}]}), "rule.valid": []},
        passes({"gt": ["yes", {"mul": ["1/2", "valid"]}]}),
    ),
    (
        "R03",
        ready(rule="turnout-quorum", share="1/2", of="registered", compare="ge"),
        ready(rule="supermajority", share="3/5", of="ballots", compare="ge"),
    ),
    (
        "R03",
        {"rule.binding": {"gt": [{"add": ["yes", "no"]}, {"mul": ["1/2", "registered"]}]}},
        {"rule.binding": {"gt": ["registered", "100"]}},
    ),
    ("R03", passes(YES_OVER_NO, REGIONAL_TURNOUT), passes(YES_OVER_NO, REGIONAL_VETO)),
    ("R04", ready(rule="approval-quorum", share="1/4", of="registered", compare="ge"), ready(rule="simple-majority")),
    ("R05", without("rule.tie"), {"rule.tie": "fails"}),
    ("R05", {"rule.tie": "passes"}, {**passes({"ge": ["yes", "no"]}), "rule.tie": "passes"}),
    ("R05", {**TIE_PASSES, "rule.tie": "fails"}, {**TIE_PASSES, "rule.tie": "passes"}),
    (
        "R05",
        {"rule.binding": HALF_OF_ALL, "rule.tie": "inconclusive", **justified("R03")},
        {"rule.binding": HALF_OF_ALL, "rule.tie": "fails", **justified("R03")},
    ),
    ("R06", passes({"ge": ["yes", {"mul": ["0.6", "ballots"]}]}), passes({"ge": ["yes", {"mul": ["3/5", "ballots"]}]})),
    ("R06", passes({"gte": ["yes", "no"]}), {**passes({"ge": ["yes", "no"]}), "rule.tie": "passes"}),
    (
        "R06",
        ready(rule="supermajority", share="3/5", of="valid", compare=">"),
        ready(rule="supermajority", share="3/5", of="valid", compare="gt"),
    ),
    (
        "R07",
        {**passes(YES_OVER_NO, {"ge": ["eligible", "1"]}), "electorate.eligible.source": ""},
        passes(YES_OVER_NO, {"ge": ["eligible", "1"]}),
    ),
    ("R07", {"electorate.eligible.number": 4999}, {"electorate.eligible.number": 5000}),
    ("R07", {"electorate.eligible.number": 0}, without("electorate.eligible")),
    (
        "R07",
        {**passes(YES_OVER_NO, {"ge": ["eligible", "1"]}), "regions": None, "electorate.registered": 0},
        {"regions": None, "electorate.registered": 0},
    ),
    ("R08", {"regions.weights_add_up_to": "3"}, {"regions.weights_add_up_to": "5/2", "regions.leaves.0.weight": "3/2"}),
    ("R08", {"electorate.registered": 5001}, {"electorate.registered": 5200, "regions.rest": 200}),
    ("R09", {"legal.in_force_since": "2025-06-01"}, {"legal.in_force_since": "2025-01-31"}),
    (
        "R09",
        {"legal.in_force_since": None},
        {"legal.in_force_since": None, "legal.reason_for_change": "The old one was struck down."},
    ),
    ("R10", OPTIONS, {**OPTIONS, **CHOSEN}),
    ("S01", {"suppression.merging": ""}, {"suppression.merging": "smallest-first"}),
    ("S01", {"suppression.minimum_counted": 1}, {"suppression.minimum_counted": 10}),
    ("S01", {"suppression.minimum_counted": 9}, {"suppression.minimum_counted": 10}),
    ("S01", {"suppression.minimum_counted": 2}, {"suppression.minimum_counted": 2, **justified("S01")}),
    (
        "S01",
        {"suppression.decided_at": "2026-05-01T08:00:00+03:30"},
        {"suppression.decided_at": "2026-04-30T08:00:00+03:30"},
    ),
    ("S01", without("suppression"), {}),
    ("S02", {"suppression.minimum_registered": 2001}, {"suppression.minimum_registered": 2000}),
    ("S02", {"suppression.minimum_registered": 19}, {"suppression.minimum_registered": 100}),
    ("S02", {"suppression.minimum_registered": 99}, {"suppression.minimum_registered": 100}),
    ("S02", {"suppression.minimum_registered": 20}, {"suppression.minimum_registered": 20, **justified("S02")}),
    (
        "S02",
        {"suppression.minimum_registered": 19, **justified("S02")},
        {"suppression.minimum_registered": 20, **justified("S02")},
    ),
    ("S02", {"regions.rest": 99, "electorate.registered": 5099}, {"regions.rest": 100, "electorate.registered": 5100}),
    ("S02", {"regions.leaves.0.group": "South"}, {"regions.leaves.0.group": "Upper half"}),
    ("T01", {"calendar.tally_at": "2026-05-07T20:00:00+03:30"}, {"calendar.tally_at": "2026-05-07T20:00:01+03:30"}),
    ("T01", without("calendar.tally_at"), {}),
    (
        "T01",
        {"observation.closes_at": "2026-04-10T08:00:00+03:30"},
        {"observation.closes_at": "2026-04-10T07:59:59+03:30"},
    ),
    ("T02", {"calendar.time_zone": "+03:30"}, {"calendar.time_zone": "Europe/Berlin"}),
    (
        "T02",
        {"calendar.local.1.opens_at": "2026-05-01T06:30:00+01:00"},
        {"calendar.local.1.opens_at": "2026-05-01T05:30:00+01:00"},
    ),
    ("T02", {"electorate.countries.2": "Canada"}, without("electorate.countries.1")),
    (
        "T03",
        {"calendar.opens_at": "2026-05-05T08:00:00+03:30", "calendar.local": [], "electorate.countries": []},
        {"calendar.opens_at": "2026-05-04T20:00:00+03:30", "calendar.local": [], "electorate.countries": []},
    ),
    ("T03", without("calendar.extension"), {"calendar.extension.grounds": "an attack"}),
    ("T03", {"calendar.extension.latest_close": "2026-05-07T20:00:00+03:30"}, {}),
    (
        "T04",
        {"calendar.contest_opens_at": "2026-02-25T08:00:00+03:30"},
        {"calendar.contest_opens_at": "2026-02-22T08:00:00+03:30"},
    ),
    ("T04", {"appeals.days_to_file": 2}, {"appeals.days_to_file": 3}),
    ("T04", {"appeals.days_to_file": 8}, {"appeals.days_to_file": 7}),
    ("T04", {"appeals.days_to_decide": 11}, {"appeals.days_to_decide": 10}),
    ("T05", without("calendar.rehearsal_at"), {}),
    (
        "T05",
        {"calendar.rehearsal_at": "2026-04-10T08:00:00+03:30"},
        {"calendar.rehearsal_at": "2026-04-09T08:00:00+03:30"},
    ),
    (
        "T06",
        {"observation.opens_at": "2026-02-01T08:00:01+03:30"},
        {"observation.opens_at": "2026-01-01T08:00:00+03:30"},
    ),
    ("V01", {"electorate.evidence": []}, {"electorate.evidence": ["passport"]}),
    ("V01", without("electorate.criteria.fa"), {}),
    ("V02", {"electorate.duplicates.missed": ""}, {"electorate.duplicates.missed": "unknown: no study exists"}),
    ("V03", without("electorate.data"), {"electorate.data": []}),
    ("V03", without("electorate.data.0.destroyed_at"), {"electorate.data.0.destroyed_at": "2027-01-01"}),
    ("V04", {"electorate.weighted": True}, {"electorate.weighted": False}),
    ("P01", {"channels.kinds": ["remote"]}, {"channels.kinds": ["remote", "paper"]}),
    ("P02", {"channels.precedence": ""}, {"channels.kinds": ["paper"], "channels.precedence": ""}),
    ("D01", {"retention.public_record_until": "2027-05-24"}, {"retention.public_record_until": "2027-05-26"}),
    ("D01", without("retention"), {}),
    ("OB-01", {"observation.appeal_to": ""}, {"observation.appeal_to": "the court"}),
    ("OB-03", {"exclusions.0.reason": ""}, {"exclusions": []}),
    ("O01", {"observation.groups": []}, {"observation.groups.2": None}),
    (
        "O01",
        {"observation.witnesses.0.organisation": "Hosting cooperative", "observation.witnesses.1.organisation": ""},
        {"observation.witnesses.2": None},
    ),
    (
        "O01",
        {"observation.witnesses.1.jurisdiction": "Germany", "observation.witnesses.2.jurisdiction": ""},
        {"observation.witnesses.1.jurisdiction": "Germany"},
    ),
    ("O02", without("exclusions"), {"exclusions": []}),
    ("O03", {"hosts.1.organisation": "Hosting cooperative"}, {"hosts.1.organisation": "Library"}),
    ("O03", {"hosts.1.url": "https://RECORD.example.org:8443/copy"}, {"hosts.1.url": "https://record2.example.org"}),
    ("K01", {"parties.threshold": 5}, {"parties.threshold": 4}),
    ("K01", {"parties.threshold": 2}, {"parties.threshold": 3}),
    ("K01", {HOUSE: "Election office"}, {HOUSE: "Observatory"}),
    ("K01", {HOUSE: "Foundation"}, {HOUSE: "Another foundation"}),
    ("K01", {"parties.trustees.0.country": "Canada"}, {"parties.trustees.0.country": "Peru"}),
    (
        "K02",
        {"parties.registrars.0.organisation": "Hosting cooperative"},
        {"parties.registrars.0.organisation": "Roll office 3"},
    ),
    ("K02", {"parties.operator.name": "Trustee 1"}, {"parties.operator.name": "Operator 2"}),
    ("K02", without("parties.operator"), {}),
    ("K03", {"parties.replacements": [], "parties.threshold": 4}, {"parties.replacements": [], "parties.threshold": 3}),
]


IDS = [f"{rule}-{at}" for at, (rule, _, _) in enumerate(TABLE)]


@pytest.mark.parametrize(("rule", "bad", "good"), TABLE, ids=IDS)
def test_rule_alone_catches_its_definition_and_lets_its_neighbour_pass(
    rule: str, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    """One change, one rule."""
    assert caught(bad) == {rule}
    assert caught(good) == set()


def test_every_rule_has_its_definition() -> None:
    """No rule is without a definition that it alone catches; no number stands twice."""
    assert {rule for rule, _, _ in TABLE} == {rule.id for rule in LINT_RULES}
    assert len({rule.id for rule in LINT_RULES}) == len(LINT_RULES)


# ── what becomes of findings ────────────────────────────────────────────────────────────────────────────────────


def test_warning_is_justified_in_writing() -> None:
    """The justification is part of the definition, hence of the record."""
    remote = {"channels.kinds": ["remote"]}
    assert caught(remote) == {"P01"}
    assert caught({**remote, "justifications": [{"rule": "P01", "text": " "}]}) == {"P01"}
    justified = draft({**remote, "justifications": [{"rule": "P01", "text": "Polling points would be raided."}]})
    finding = next(one for one in report_of(justified).findings if one.rule.id == "P01")
    assert (finding.status, finding.justification) == (Status.JUSTIFIED, "Polling points would be raided.")
    check_publishable(report_of(justified))


def test_error_is_not_justified_away() -> None:
    """E refuses, whatever is written."""
    changes = {"electorate.weighted": True, "justifications": [{"rule": "V04", "text": "Elders count twice."}]}
    assert caught(changes) == {"V04"}
    with pytest.raises(RefusedError) as error:
        check_publishable(report_of(draft(changes)))
    assert error.value.at == "/electorate/weighted"


@pytest.mark.parametrize("code", ["ar", "ckb", "fr"])
def test_heuristic_without_its_list_says_so(code: str) -> None:
    """A rule that looks for nothing has found nothing."""
    found = [one for one in report_of(draft({f"questions.0.text.{code}": "?"})).findings if one.at.endswith(f"/{code}")]
    without_list = {one.rule.id for one in found if one.message.startswith("there is no list of ")}
    assert without_list == {"Q03", "Q04", "Q05", "Q06"}


def test_human_rule_needs_two_different_reviewers() -> None:
    """One reviewer who answers twice is one reviewer."""
    assert caught({"reviews.10.reviewer": "Reviewer B"}) == {"Q14"}
    assert caught({"reviews.10.reviewer": " Reviewer  B "}) == {"Q14"}
    assert caught({"reviews.10.reviewer": "Reviewer C"}) == set()
    finding = next(one for one in report_of(draft()).findings if one.rule.id == "Q14")
    assert [reviewer for reviewer, _ in finding.reviewers] == ["Reviewer A", "Reviewer B"]
    assert finding.severity is Severity.HUMAN


def test_answers_and_justifications_of_unknown_rules_are_refused() -> None:
    """A misspelt number would justify nothing and look as if it did."""
    for changes in (
        {"justifications": [{"rule": "P1", "text": "x"}]},
        {"reviews.0.rule": "Q30"},
    ):
        with pytest.raises(MalformedError, match="there is no rule"):
            report_of(draft(changes))


def test_rules_that_never_drop_and_rules_that_do_are_those_of_the_list() -> None:
    """Arithmetic and privacy stay; what needs days or outside bodies drops."""
    assert {rule.id for rule in LINT_RULES if rule.firm} == FIRM
    assert {rule.id for rule in LINT_RULES if rule.urgent} == URGENT
    assert not FIRM & URGENT


@pytest.mark.parametrize(("rule", "bad", "good"), TABLE, ids=IDS)
def test_urgent_referendum_drops_what_needs_days_and_nothing_else(
    rule: str, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    """Dropped errors are warnings, to be justified; all others stay."""
    assert caught({**good, "kind": "urgent"}) == set()
    ordinary = [one for one in report_of(draft(bad)).findings if one.rule.id == rule]
    urgent = [one for one in report_of(draft({**bad, "kind": "urgent"})).findings if one.rule.id == rule]
    translators = rule == "Q10" and "translations" in next(iter(bad))
    for before, after in zip(ordinary, urgent, strict=True):
        drops = before.severity is Severity.ERROR and (rule in URGENT or translators)
        assert after.severity is (Severity.WARNING if drops else before.severity)


@pytest.mark.parametrize(
    ("bad", "good"), [row[1:] for row in TABLE], ids=[f"{row[0]}-{at}" for at, row in enumerate(TABLE)]
)
def test_rehearsal_is_refused_for_arithmetic_and_privacy_only(bad: dict[str, Any], good: dict[str, Any]) -> None:
    """Everything else is noted; one person can rehearse alone."""
    ordinary = report_of(draft(bad))
    errors = {one.rule.id for one in ordinary.findings if one.status is Status.REFUSES}
    assert caught({**bad, "kind": "rehearsal"}) == errors & FIRM
    assert caught({**good, "kind": "rehearsal", "reviews": []}) == set()


# ── R03 and the word lists ──────────────────────────────────────────────────────────────────────────────────────


def test_turnout_quorum_is_explained_on_the_organiser_s_own_numbers() -> None:
    """The figures that are named show the paradox, for this electorate."""
    changes = ready(rule="turnout-quorum", share="1/2", of="registered", compare="ge")
    found = next(one for one in report_of(draft(changes)).findings if one.rule.id == "R03")
    assert "with your 5000 registered: 1500 Yes and 999 No, and it fails; one No more, and it passes" in found.message


def test_paradox_is_real() -> None:
    """What the message says is what the engine says."""
    from psephos.referendum.definition import rule_of  # noqa: PLC0415 - two uses
    from psephos.referendum.quorums import find_paradox, vote  # noqa: PLC0415

    for share in ("1/3", "2/5", "1/2", "3/5", "4/5"):
        one = rule_of(draft(ready(rule="turnout-quorum", share=share, of="eligible", compare="gt")))
        shown = find_paradox(one, registered=5000, eligible=6000)
        assert shown is not None
        people = {"registered": 5000, "eligible": 6000}
        assert vote(one, yes=shown.yes, no=shown.no, **people) is Result.FAILS
        assert vote(one, yes=shown.yes, no=shown.no + 1, **people) is Result.PASSES
    none = rule_of(draft(ready(rule="approval-quorum", share="1/4", of="eligible", compare="ge")))
    assert find_paradox(none, registered=5000, eligible=6000) is None


def test_word_lists_say_where_they_come_from() -> None:
    """Each list has a source, and no word twice."""
    assert {"en", "fa"} <= set(WORDS)
    for lists in WORDS.values():
        assert lists.source
        for words in (lists.loaded, lists.promises, lists.negations, lists.joints, lists.dependences):
            assert words
            assert len(set(words)) == len(words)


def test_language_without_a_list_is_left_to_people_and_said() -> None:
    """Silence would look like approval."""
    found = lint(draft(), {"en": WORDS["en"]})
    rules = ("Q03", "Q04", "Q05", "Q06")
    assert {(one.rule.id, one.at) for one in found.blocking} == {(rule, "/questions/0/text/fa") for rule in rules}


# ── the report ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_report_has_clause_place_and_remedy_and_no_grade() -> None:
    """What a finding says is enough to act on."""
    definition = draft({"electorate.weighted": True})
    data = report_data(definition, report_of(definition))
    finding = next(one for one in data["findings"] if one["rule"] == "V04")
    assert all(finding[name] for name in ("severity", "path", "message", "clause", "remedy", "status"))
    assert data["against_publishing"] == 1
    assert set(data) == {"format", "kind", "findings", "against_publishing", "reading"}
    assert [line["words"] for line in data["reading"]] == [9, 9]
    assert all(isinstance(line["lix"], int) for line in data["reading"])


def test_report_as_a_page_lists_every_finding() -> None:
    """The page is part of the public record."""
    definition = draft({"channels.kinds": ["remote"], "justifications": [{"rule": "P01", "text": "No safe place."}]})
    page = "\n".join(report_lines(definition, report_of(definition)))
    assert "## P01: justified" in page
    assert "- Justification: No safe place." in page
    assert "- Reviewer B: A text, word by word." in page
    assert "LIX" in page
