"""The result site: it says what was verified and decided, in the same bytes each time, and asks nobody."""

from __future__ import annotations

import base64
import csv
import json
import os
import re
import shlex
import subprocess
import sys
from fractions import Fraction
from functools import cache
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.cli.languages import read_languages
from psephos.cli.main import run
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import EntryKind
from psephos.record.board_terms import show_time
from psephos.record.charter import fingerprint, read_charter
from psephos.record.regions import find_cells, read_regions
from psephos.record.terms import read_terms
from psephos.referendum.addenda import addendum_text, make_addendum
from psephos.referendum.definition import Definition, write_definition
from psephos.referendum.definition_conduct import KnownNumber
from psephos.referendum.definition_regions import region_terms
from psephos.referendum.outcome_data import outcome_data
from psephos.referendum.rule_file import Result, RuleMessage
from psephos.referendum.truth import Truth
from psephos.referendum.turning import Reach
from psephos.referendum.words import fewest_in_words
from psephos.result.facts import Verified, gather
from psephos.result.language import LANGUAGES, Language
from psephos.result.site import site_files
from psephos.result.site_lookup import ballot_files, digits_for
from psephos.result.site_views import verify_command
from psephos.result.stage import Stage
from psephos.result.wording import apart
from tests.support.defined import ANNUL, UNDECRYPTABLE, addendum, addendum_entry, charter_of, defined_log
from tests.support.defined import definition as small_definition
from tests.support.logged import CLOSES, LOG, MemoryLog, board_terms, hold_vote, log_of, organisers_note
from tests.support.rules import YES_OVER_NO
from tests.support.sites import (
    DECIDED,
    REGIONS,
    REST,
    RULE,
    Page,
    ascii_digits,
    board_at,
    counted,
    definition,
    hold,
    verified,
)

CHECKER = "const nothing = 1;"
ANNULMENTS = {
    "en": "Annulments",
    "fa": "حکم‌های ابطال",
    "ar": "أحكام الإلغاء",
    "ckb": "هەڵوەشاندنەوەکان",
    "fr": "Les annulations",
}
"""Of what a page from a file says that it does not know it."""

BOOTH = Path(__file__).parents[2] / "booth"


@cache
def spoken() -> tuple[Language, ...]:
    """All languages."""
    return tuple(read_languages(paper="site"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a board of a whole vote, and its definition."""
    folder = tmp_path_factory.mktemp("board")
    received, vote = hold()
    board_at(folder / "board", counted())
    (folder / "definition.json").write_bytes(received)
    (folder / "charter.json").write_bytes(vote.charter)
    return folder


@pytest.fixture(scope="module")
def made(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its site."""
    folder = tmp_path_factory.mktemp("site") / "site"
    assert make(place, folder) == 0
    return folder


def make(place: Path, folder: Path, *options: str) -> int:
    """Make a site by the command."""
    return run(["auditor", "site", str(place / "board"), "--to", str(folder), *options])


def printed(capfd: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """What a command prints as JSON."""
    capfd.readouterr()
    assert run([*arguments, "--json"]) in {0, 3}
    return json.loads(capfd.readouterr().out)


def rows(path: Path) -> list[dict[str, str]]:
    """A CSV file's rows."""
    return list(csv.DictReader(StringIO(path.read_text(encoding="utf-8-sig"))))


# ── equal to what was verified and decided ──────────────────────────────────────────────────────────────────────


def test_site_says_what_verify_says(place: Path, made: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The verifier's report is copied; tables of every language, JSON and CSV have its counts."""
    report = printed(capfd, "verify", str(place / "board"))
    assert json.loads((made / "data" / "verify.json").read_text()) == report
    (counts,) = report["result"]
    result = json.loads((made / "data" / "result.json").read_text())
    assert [answer["votes"] for answer in result["questions"][0]["answers"]] == counts
    assert [int(row["votes"]) for row in rows(made / "data" / "national.csv")] == counts
    regional = {tuple(cell["regions"]): cell for cell in report["regional"]}
    assert any(len(names) > 1 for names in regional)
    for area in result["questions"][0]["regions"]:
        assert [area["votes"]] == regional[tuple(area["regions"])]["counts"]
    (decided,) = report["definition"]["outcomes"]
    assert {"question": 1, **result["questions"][0]["outcome"]} == decided
    for code in LANGUAGES:
        page = Page((made / code / "index.html").read_bytes())
        national, regions = page.tables[0], page.tables[2]
        assert [int(row[1]) for row in national[1:]] == [*counts, report["counted"]]
        assert sorted([int(cell) for cell in row[1:5]] for row in regions[1:]) == sorted(
            [*cell["counts"][0], cell["counted"]] for cell in regional.values()
        )


def test_site_says_what_outcome_says(place: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """From a record in a file with a definition: the outcome is that of `auditor outcome`, in every word and number."""
    record = tmp_path / "record.bel"
    assert run(["verify", str(place / "board"), "--save", str(record)]) == 0
    (tmp_path / "charter.json").write_bytes((place / "charter.json").read_bytes())
    defined = ["--definition", str(place / "definition.json")]
    decided = printed(capfd, "auditor", "outcome", str(record), *defined)
    assert run(["auditor", "site", str(record), *defined, "--to", str(tmp_path / "site")]) == 0
    result = json.loads((tmp_path / "site" / "data" / "result.json").read_text())
    said = result["questions"][0]["outcome"]
    assert said == decided
    assert result["made_from"]["record"] == sha256_hex(record.read_bytes())
    for code in LANGUAGES:
        page = (tmp_path / "site" / code / "index.html").read_text()
        assert re.findall(r'class="follows (\w+)"', page) == [decided["result"]]
        assert 'class="stage unsigned"' in page
        assert ANNULMENTS[code] in page


def test_regions_decide_where_they_are_known(made: Path) -> None:
    """The outcome on a board names how many regions meet the condition, and leaves those that were merged open."""
    outcome = json.loads((made / "data" / "result.json").read_text())["questions"][0]["outcome"]
    assert outcome["result"] == Result.PASSES
    regions = outcome["findings"]["passes"]["parts"][1]
    assert regions["numerator"]["low"] < regions["numerator"]["high"]
    sentence = Page((made / "en" / "index.html").read_bytes()).said["sentence"][0]
    low, high = regions["numerator"]["low"], regions["numerator"]["high"]
    assert f"{low} to {high} of 12 regions meet the condition (at least 6 needed)" in sentence


Cells = list[tuple[tuple[int, ...], tuple[int, int, int]]]


@cache
def one_definition() -> Definition:
    """The definition of the made-up votes."""
    return definition()


@st.composite
def counts(draw: st.DrawFn) -> Cells:
    """Votes of each region, in the cells that the charter's rule puts them into."""
    regions = region_terms(one_definition())
    assert regions is not None
    read = read_regions(regions)
    leaves = [draw(st.tuples(*[st.integers(0, leaf.registered // 3)] * 3)) for leaf in read.leaves]
    cells = find_cells(read, [sum(votes) for votes in leaves])
    return [
        (cell.leaves, tuple(map(sum, zip(*(leaves[place] for place in cell.leaves), strict=True))))  # type: ignore[misc]
        for cell in cells
    ]


@settings(max_examples=12, deadline=None)
@given(counts())
def test_every_page_says_what_was_decided_whatever_was_counted(cells: Cells) -> None:
    """Counts, shares, conditions and regions on pages of all languages are those of the verifier and of the engine."""
    facts = gather(verified(cells, one_definition()))
    files = site_files(facts, spoken(), script=CHECKER, program="test")
    (question,), outcome = facts.questions, facts.questions[0].outcome
    assert outcome is not None
    result = json.loads(files["data/result.json"])["questions"][0]
    assert result["outcome"] == json.loads(json.dumps(outcome_data(outcome, [one.words for one in spoken()])))
    for language in spoken():
        page = Page(files[f"{language.code}/index.html"])
        votes = [answer.votes for answer in question.answers]
        assert [int(row[1]) for row in page.tables[0][1:-1]] == votes
        _check_shares(page.tables[0][1:-1], votes, facts.verified.report.counted)
        truths = [language.words.truths[term.truth] for term in outcome.terms]
        assert [row[1] for row in page.tables[1][1:]] == truths
        result_said = language.say(f"site.result_{outcome.result}")
        assert page.said["sentence"][0].startswith(ascii_digits(" ".join(result_said.split())))
        _check_regions(page, facts.verified, language)


def _check_shares(table: list[list[str]], votes: list[int | None], counted: int) -> None:
    for row, number in zip(table, votes, strict=True):
        if counted:
            shown = Fraction(re.sub("[^0-9.]", "", row[2].replace(",", "."))) / 100
            assert abs(shown - Fraction(number or 0, counted)) <= Fraction(1, 2000)


def _check_regions(page: Page, found: Verified, language: Language) -> None:
    """Sorted by share; merged regions in one row with their sum; nobody is left out, and nothing is made up."""
    if not found.report.regional:
        return
    table = page.tables[2][1:]
    none = ascii_digits(language.say("site.region_none"))
    names = [set(row[0].split(" + ")) for row in table]
    expected = {name for name, _ in REGIONS} | {none}
    assert set.union(*names) == expected
    assert sum(map(len, names)) == len(expected)
    for cell in found.report.regional:
        row = table[names.index({name or none for name in cell["regions"]})]
        assert [int(one) for one in row[1:4]] == cell["counts"][0]
    shares = [Fraction(int(row[1]), int(row[1]) + int(row[2])) for row in table if int(row[1]) + int(row[2]) > 0]
    assert shares == sorted(shares, reverse=True)


# ── refused, marked, staged ─────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_made_of_a_record_that_is_false(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A record with a failed check has no pages."""
    vote = hold_vote()
    (tmp_path / "record.bel").write_bytes(vote.bel[:-1024])
    (tmp_path / "charter.json").write_bytes(vote.charter.replace(b"A bridge", b"A tunnel"))
    assert run(["auditor", "site", str(tmp_path / "record.bel"), "--to", str(tmp_path / "site")]) == 1
    assert "no pages are made of it" in capfd.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["charter.json", "record.bel"]


def test_definition_of_another_vote_is_refused(place: Path, tmp_path: Path) -> None:
    """Its fingerprint has to stand in the record's description; a board brings its own."""
    record, other = tmp_path / "record.bel", tmp_path / "other.json"
    assert run(["verify", str(place / "board"), "--save", str(record)]) == 0
    other.write_bytes((place / "definition.json").read_bytes().replace(b"Double majority", b"Simple majority"))
    given = ["--definition", str(other), "--to", str(tmp_path / "site")]
    assert run(["auditor", "site", str(record), *given]) == 1
    assert run(["auditor", "site", str(place / "board"), *given]) == 2
    assert not (tmp_path / "site").exists()


def test_folder_is_never_overwritten(place: Path, made: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The same pages again are no error; a folder with anything else is left alone."""
    assert make(place, made) == 0
    assert "kept" in capfd.readouterr().err
    (made / "note.txt").write_text("mine")
    try:
        assert make(place, made) == 1
    finally:
        (made / "note.txt").unlink()
    assert "never overwritten" in capfd.readouterr().err


@pytest.mark.parametrize("witnesses", [2, 4])
def test_every_page_says_that_the_quorum_is_missing(witnesses: int, tmp_path: Path) -> None:
    """Two of four have checked every entry: the result is marked in every language and on every page."""
    board_at(tmp_path / "board", counted(), witnesses=witnesses, verifiers=2)
    assert make(tmp_path, tmp_path / "site") == 0
    assert json.loads((tmp_path / "site" / "data" / "result.json").read_text())["quorum_signed"] is False
    for language in spoken():
        for path in (tmp_path / "site" / language.code).iterdir():
            assert language.say("site.foot_not") in path.read_text()
            assert language.say("site.foot_time", time="").strip(" .") not in path.read_text()
        page = (tmp_path / "site" / language.code / "index.html").read_text()
        assert language.say("site.stage_unsigned_board") in page
        assert 'class="stage unsigned"' in page
        (sentence,) = Page(page.encode()).said["sentence"]
        assert sentence.startswith(ascii_digits(" ".join(language.say("site.provided").split())))


@pytest.mark.parametrize("change", [ANNUL, UNDECRYPTABLE])
@pytest.mark.parametrize("cosigners", [2, 4])
def test_void_and_lost_need_a_quorum_as_well(change: dict[str, Any], cosigners: int, tmp_path: Path) -> None:
    """A tree that too few observers saw may be one in which somebody annulled alone."""
    log = defined_log()
    log = log.first(log.size() - 3)
    log.received.append(addendum_entry(addendum(change, made_at=show_time(CLOSES + 60))))
    board_at(tmp_path / "board", log, witnesses=cosigners, verifiers=cosigners)
    assert make(tmp_path, tmp_path / "site") == 0
    for language in spoken():
        text = (tmp_path / "site" / language.code / "index.html").read_text()
        assert (language.say("site.stage_without_quorum") in text) == (cosigners < 3)
        assert (language.say("site.provided") in text) == (cosigners < 3)


def test_charter_that_demands_nobody_is_not_said_to_be_countersigned(tmp_path: Path) -> None:
    """A quorum of none is legal, and nothing that anybody countersigned."""
    nobody = f"log {LOG.key}\nquorum none\n"
    vote = hold_vote(board=board_terms(receipts=nobody, tally=nobody))
    board_at(tmp_path / "board", log_of(vote))
    assert make(tmp_path, tmp_path / "site") == 0
    data = json.loads((tmp_path / "site" / "data" / "result.json").read_text())
    assert (data["stage"], data["quorum_demanded"], data["quorum_signed"]) == (Stage.COUNTED, False, False)
    for language in spoken():
        for path in (tmp_path / "site" / language.code).iterdir():
            assert language.say("site.foot_undemanded") in path.read_text()
            assert language.say("site.foot_not") not in path.read_text()
        text = (tmp_path / "site" / language.code / "index.html").read_text()
        assert language.say("site.stage_counted_alone") in text
        assert language.say("site.stage_counted_body") not in text


@pytest.mark.parametrize(
    ("at", "stage"), [(CLOSES, Stage.PROVISIONAL), (DECIDED - 1, Stage.PROVISIONAL), (DECIDED, Stage.FINAL)]
)
def test_result_is_final_when_observers_signed_after_the_appeals(at: int, stage: Stage, tmp_path: Path) -> None:
    """Only the observers' time says so; no clock of this machine does."""
    board_at(tmp_path / "board", counted(), at=at)
    assert make(tmp_path, tmp_path / "site") == 0
    assert json.loads((tmp_path / "site" / "data" / "result.json").read_text())["stage"] == stage


def test_observer_who_signs_an_impossible_time_stops_no_pages(tmp_path: Path) -> None:
    """The number stands where the time would."""
    board_at(tmp_path / "board", log_of(hold_vote()), at=2**40)
    assert make(tmp_path, tmp_path / "site") == 0
    for language in spoken():
        page = Page((tmp_path / "site" / language.code / "observers.html").read_bytes())
        assert {str(2**40)} == {re.sub("[^0-9]", "", said) for said in page.said["when"]}


@pytest.mark.parametrize(("size", "stage"), [(20, Stage.VOTING), (252, Stage.COUNTING)])
def test_before_the_result_no_number_of_votes_is_shown(size: int, stage: Stage, tmp_path: Path) -> None:
    """While people vote and while it is counted, pages say how far it is, and nothing about answers."""
    log = counted()
    first = MemoryLog(log.received[:size], log.blobs)
    board_at(tmp_path / "board", first)
    assert make(tmp_path, tmp_path / "site") == 0
    data = json.loads((tmp_path / "site" / "data" / "result.json").read_text())
    assert data["stage"] == stage
    assert [answer["votes"] for answer in data["questions"][0]["answers"]] == [None] * 3
    page = Page((tmp_path / "site" / "en" / "index.html").read_bytes())
    assert not page.tables
    assert not (tmp_path / "site" / "data" / "national.csv").exists()


@pytest.mark.parametrize("witnesses", [2, 4])
def test_result_without_that_of_the_regions_is_not_complete(witnesses: int, tmp_path: Path) -> None:
    """The country's counts are there, the cells' are not: being counted still, even after the appeals."""
    log = counted()
    board_at(tmp_path / "board", log.first(log.size() - 1), at=DECIDED, witnesses=witnesses, verifiers=witnesses)
    assert make(tmp_path, tmp_path / "site") == 0
    data = json.loads((tmp_path / "site" / "data" / "result.json").read_text())
    assert data["questions"][0]["answers"][0]["votes"] > 0
    assert data["stage"] == Stage.COUNTING
    for language in spoken():
        text = (tmp_path / "site" / language.code / "index.html").read_text()
        assert language.say("site.stage_counting_regions") in text
        assert (language.say("site.stage_without_quorum") in text) == (witnesses < 3)


@pytest.mark.parametrize(("left", "figures"), [(0, True), (3, False)])
def test_void_vote_speaks_of_figures_where_there_are_any(left: int, figures: bool, tmp_path: Path) -> None:
    """Annulled before it was counted, nothing stands below."""
    log = defined_log()
    log = log.first(log.size() - left)
    log.received.append(addendum_entry(addendum(ANNUL, made_at=show_time(CLOSES + 60))))
    board_at(tmp_path / "board", log)
    assert make(tmp_path, tmp_path / "site") == 0
    for language in spoken():
        text = (tmp_path / "site" / language.code / "index.html").read_text()
        assert language.say("site.stage_void_body") in text
        assert (language.say("site.stage_void_figures") in text) == figures
        assert language.say("site.stage_without_quorum") not in text


def test_vote_without_a_definition_has_counts_and_no_outcome(tmp_path: Path) -> None:
    """It is said plainly that nothing is known about what follows."""
    board_at(tmp_path / "board", log_of(hold_vote()))
    assert run(["auditor", "site", str(tmp_path / "board"), "--to", str(tmp_path / "site")]) == 0
    data = json.loads((tmp_path / "site" / "data" / "result.json").read_text())
    assert data["stage"] == Stage.COUNTED
    assert data["questions"][0]["outcome"] is None
    for language in spoken():
        page = Page((tmp_path / "site" / language.code / "index.html").read_bytes())
        assert ascii_digits(language.say("site.no_rule")) in page.said["note"]
        assert "sentence" not in page.said


def test_rehearsal_is_marked_even_without_its_charter(tmp_path: Path) -> None:
    """A record in a file says by itself that nothing of it counts."""
    record = tmp_path / "record.bel"
    board_at(tmp_path / "board", defined_log("rehearsal"))
    assert run(["verify", str(tmp_path / "board"), "--save", str(record)]) == 0
    assert run(["auditor", "site", str(record), "--to", str(tmp_path / "site")]) == 0
    for language in spoken():
        for path in (tmp_path / "site" / language.code).iterdir():
            assert language.say("site.rehearsal_note") in path.read_text()


def test_entries_without_effect_are_counted_and_listed(tmp_path: Path) -> None:
    """What the ballot box should not have taken in stands on the page of the observers, and in a table."""
    log = log_of(hold_vote())
    log.received.append(b"\x00nothing")
    board_at(tmp_path / "board", log)
    assert run(["auditor", "site", str(tmp_path / "board"), "--to", str(tmp_path / "site")]) == 0
    listed = rows(tmp_path / "site" / "data" / "excluded.csv")
    assert listed
    for language in spoken():
        page = Page((tmp_path / "site" / language.code / "observers.html").read_bytes())
        said = language.say("site.excluded_some", count=len(listed), all=log.size())
        assert ascii_digits(" ".join(said.split())) in page.said["p"]


@pytest.mark.parametrize(
    ("change", "stage", "result"), [(ANNUL, Stage.VOID, Result.VOID), (UNDECRYPTABLE, Stage.LOST, Result.UNKNOWN)]
)
def test_addendum_decides_what_the_first_page_says(
    change: dict[str, Any], stage: Stage, result: Result, tmp_path: Path
) -> None:
    """Annulled after the count, or never counted: each page says so before anything else, with the reasons."""
    log = defined_log()
    if stage is Stage.LOST:
        log = log.first(log.size() - 3)
    log.received.append(addendum_entry(addendum(change, made_at=show_time(CLOSES + 60))))
    board_at(tmp_path / "board", log)
    assert run(["auditor", "site", str(tmp_path / "board"), "--to", str(tmp_path / "site")]) == 0
    data = json.loads((tmp_path / "site" / "data" / "result.json").read_text())
    assert data["stage"] == stage
    assert data["questions"][0]["outcome"]["result"] == result
    for language in spoken():
        text = (tmp_path / "site" / language.code / "index.html").read_text()
        assert f'class="stage {stage}"' in text
        assert change.get("reasons", change.get("reason")) in text


@pytest.mark.parametrize(("region", "decided"), [("North", True), ("Islands", False)])
def test_void_regions_are_named_whether_something_follows_or_not(region: str, decided: bool, tmp_path: Path) -> None:
    """The votes of a region that was counted with others cannot be taken out: nothing follows, and pages say why."""
    received, vote = hold()
    annulled = make_addendum(received, [], {**ANNUL, "regions": [region]}, made_at=show_time(CLOSES + 60))
    terms = read_charter(vote.charter).board
    assert terms is not None
    note = organisers_note(addendum_text(annulled, charter=fingerprint(vote.charter)), read_terms(terms))
    log = MemoryLog([*counted().received], counted().blobs)
    log.add(EntryKind.ADDENDUM, [annulled, note])
    board_at(tmp_path / "board", log)
    assert make(tmp_path, tmp_path / "site") == 0
    data = json.loads((tmp_path / "site" / "data" / "result.json").read_text())
    assert data["annulled"] is False
    assert data["annulled_regions"] == [region]
    assert (data["questions"][0]["outcome"] is not None) == decided
    for language in spoken():
        text = (tmp_path / "site" / language.code / "index.html").read_text()
        assert language.say("site.void_regions", names=apart(region)) in text
        assert (language.say("site.void_left_out") in text) == decided
        assert (language.say("site.no_figures") in text) == (not decided)
        assert (f"the vote in {region} is void" in text) == (not decided)
        assert language.say("site.no_outcome") not in text


def test_rule_whose_figures_are_not_there_decides_nothing() -> None:
    """How many may vote is not known: that is said, and not that Yes and No do not decide."""
    rule = {**RULE, "passes": {"ge": ["ballots", {"mul": ["1/2", "eligible"]}]}}
    found = verified([((0,), (11, 10, 1))], definition({"rule": rule, "electorate.eligible": None}))
    files = site_files(gather(found), spoken(), script="", program="test")
    for language in spoken():
        text = files[f"{language.code}/index.html"].decode()
        assert language.say("site.no_figures") in text
        assert language.say("site.no_outcome") not in text


def with_eligible(number: int, rule: dict[str, Any]) -> bytes:
    """A definition that says how many may vote, and its rule, published."""
    estimate = KnownNumber(number, source="an estimate")
    electorate = msgspec.structs.replace(small_definition().electorate, eligible=estimate)
    message = {"format": "psephos/rule/1", "name": "A rule", "valid": ["yes", "no"], "tie": "fails", "passes": rule}
    return write_definition(small_definition(electorate=electorate, rule=msgspec.convert(message, RuleMessage)))


@pytest.mark.parametrize(
    ("rule", "decided"), [(YES_OVER_NO, True), ({"ge": ["yes", {"mul": ["1/4", "eligible"]}]}, False)]
)
def test_pages_of_a_file_are_made_where_more_have_voted_than_may(
    rule: dict[str, Any], decided: bool, tmp_path: Path
) -> None:
    """An estimate that was too low takes away what hangs on it, and no page."""
    received = with_eligible(4, rule)
    vote = hold_vote(charter=charter_of(received))
    for name, content in (("record.bel", vote.bel), ("charter.json", vote.charter), ("definition.json", received)):
        (tmp_path / name).write_bytes(content)
    given = ["--definition", str(tmp_path / "definition.json"), "--to", str(tmp_path / "site")]
    assert run(["auditor", "site", str(tmp_path / "record.bel"), *given]) == 0
    (question,) = json.loads((tmp_path / "site" / "data" / "result.json").read_text())["questions"]
    assert (question["outcome"] is not None) is decided
    for language in spoken():
        text = (tmp_path / "site" / language.code / "index.html").read_text()
        assert (language.say("site.no_figures") in text) is not decided
        assert ("eligible = 4, and there are 5 ballots" in text) is not decided
        assert (
            language.say("site.turnout_eligible", eligible=4, percent=language.percentage(Fraction(5, 4))) not in text
        )


@pytest.mark.parametrize("where", [{"gt": ["yes", "no"]}, {"gt": ["yes", {"mul": ["1/2", "valid"]}]}])
def test_dot_lies_where_the_condition_of_the_region_says(where: dict[str, Any]) -> None:
    """45 Yes, 40 No and 15 blank, where blank is valid: more yes than no is met, and more than half of all is not."""
    rule = {**RULE, "valid": ["yes", "no", "blank"], "passes": {"ge": [{"regions": {"where": where}}, "1"]}}
    sides = where == YES_OVER_NO
    facts = gather(verified([((0,), (45, 40, 15)), ((1,), (5, 5, 5))], definition({"rule": rule})))
    area = next(one for one in facts.questions[0].areas if one.names == (REGIONS[0][0],))
    assert area.share == (Fraction(45, 85) if sides else Fraction(45, 100))
    assert area.truths[REGIONS[0][0]] is (Truth.TRUE if sides else Truth.FALSE)
    assert (area.share > Fraction(1, 2)) is sides
    files = site_files(facts, spoken(), script="", program="test")
    for language in spoken():
        text = files[f"{language.code}/index.html"].decode()
        said, other = (language.phrases[f"site.regions_lead{name}"].partition("{")[2] for name in ("_sides", ""))
        assert (said.partition("}")[2] in text) is sides
        assert (other.partition("}")[2] in text) is not sides


# ── bytes, browsers, attackers ──────────────────────────────────────────────────────────────────────────────────


def test_same_record_gives_the_same_bytes_anywhere(place: Path, made: Path, tmp_path: Path) -> None:
    """Another process with another time zone, locale and hash seed writes the same files."""
    odd = {"TZ": "Asia/Tehran", "LC_ALL": "C", "LANG": "fa_IR.UTF-8", "PYTHONHASHSEED": "7", "PYTHONUTF8": "0"}
    arguments = ["auditor", "site", str(place / "board")]
    subprocess.run(
        [sys.executable, "-m", "psephos.cli.main", *arguments, "--to", str(tmp_path / "again")],
        env={**os.environ, **odd},
        check=True,
        capture_output=True,
    )
    ours = {str(path.relative_to(made)): path.read_bytes() for path in made.rglob("*") if path.is_file()}
    theirs = {
        str(path.relative_to(tmp_path / "again")): path.read_bytes()
        for path in (tmp_path / "again").rglob("*")
        if path.is_file()
    }
    assert ours == theirs


def test_sums_are_those_of_the_files(made: Path) -> None:
    """`sha256sum --check` finds every file as it is listed."""
    done = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=made, check=False)
    assert done.returncode == 0
    listed = {line.split("  ")[1] for line in (made / "SHA256SUMS").read_text().splitlines()}
    assert listed == {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()} - {"SHA256SUMS"}


def test_pages_load_nothing_and_their_policy_says_so(place: Path, tmp_path: Path) -> None:
    """One style and one program, each by its hash; links lead to files of the site, which are there."""
    (tmp_path / "check.js").write_text(CHECKER)
    site = tmp_path / "site"
    assert make(place, site, "--script", str(tmp_path / "check.js")) == 0
    for path in site.rglob("*.html"):
        text, page = path.read_text(), Page(path.read_bytes())
        assert set(page.loads) == {"data:,"}
        assert all((path.parent / link).exists() for link in page.links if not link.startswith("#"))
        policy = re.search('Content-Security-Policy" content="([^"]*)"', text)
        assert policy is not None
        allowed = policy[1].replace("&#39;", "'").split("; ")
        assert allowed[0] == "default-src 'none'"
        for tag, name in (("style", "style-src"), ("script", "script-src")):
            for content in re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL):
                digest = base64.b64encode(sha256(content.encode()).digest()).decode()
                assert any(one.startswith(f"{name} 'sha256-{digest}'") for one in allowed)
        assert ("<script>" in text) == (path.name == "check.html")
        assert not re.search(r"\sstyle=|\son[a-z]+=", re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.DOTALL))


def test_program_that_would_end_its_element_is_refused(place: Path, tmp_path: Path) -> None:
    """A script that closes the element that it stands in is none that we built."""
    (tmp_path / "check.js").write_text("'</script><p>'")
    assert make(place, tmp_path / "site", "--script", str(tmp_path / "check.js")) == 1


def test_what_others_wrote_is_shown_as_text() -> None:
    """Markup, characters that turn a line, and formulas of spreadsheets do nothing."""
    nasty = "<img src=x onerror=alert(1)></script>"
    leaves = [{"id": "=HYPERLINK(1)", "registered": 40}, {"id": nasty, "registered": 40}]
    changes = {
        "regions": {"rest": 20, "weights_add_up_to": "2", "leaves": leaves},
        "title.en": nasty,
        "questions.0.text.en": nasty,
        "questions.0.answers.0.text.en": nasty,
        "exclusions.0.place": nasty,
        "observation.groups.0.name": nasty,
        "rule": {**RULE, "statute": nasty},
        "hosts.0.url": nasty,
        "legal.text.name": nasty,
    }
    found = verified([((0,), (20, 10, 0)), ((1,), (5, 10, 0)), ((2,), (5, 10, 0))], definition(changes))
    found.report.caveat("no_quorum", nasty, party=nasty, reason=f"{nasty}\u202e")
    files = site_files(gather(found), spoken(), script=CHECKER, program="test")
    for path, content in files.items():
        if path.endswith(".html"):
            text = content.decode()
            assert "<img" not in text, path
            assert "\u202e" not in text, path
            assert text.count("</script>") == text.count("<script"), path
    assert "'=HYPERLINK(1)" in files["data/regions.csv"].decode()


def test_fewer_characters_name_the_file_of_a_ballot_the_fewer_there_are() -> None:
    """Each ballot is in the file of its first characters, with its place; thousands share a file."""
    assert [digits_for(count) for count in (0, 2**16, 2**16 + 1, 2**20, 2**20 + 1, 10**8)] == [0, 0, 1, 1, 2, 3]
    ballots = [sha256(number.to_bytes(3, "big")).hexdigest() for number in range(2**16 + 1)]
    files = ballot_files(ballots)
    assert len(files) == 16
    assert min(content.count(b":") for content in files.values()) > 3000
    for place, ballot in list(enumerate(ballots, start=1))[::997]:
        assert f"{ballot[1:]}:{place}" in files[f"data/ballots-{ballot[0]}.js"].decode()


def test_page_says_what_a_web_server_learns() -> None:
    """A page that looks for ballots loads a list of them, and does not promise that nothing leaves the device."""
    files = site_files(gather(verified([], one_definition())), spoken(), script=CHECKER, program="test")
    for language in spoken():
        page = Page(files[f"{language.code}/check.html"])
        for phrase, kind in (("site.real_private", "hint"), ("site.real_lead", "p")):
            assert ascii_digits(" ".join(language.say(phrase).split())) in page.said[kind]


def test_colours_are_those_of_the_booth() -> None:
    """Pages of one project look alike: the first rule of both styles is the same."""
    ours = (Path(__file__).parents[2] / "src" / "psephos" / "result" / "templates" / "site.css").read_text()
    theirs = (BOOTH / "src" / "style" / "booth.css").read_text()
    root = re.compile(r":root \{.*?\}", re.DOTALL)
    assert root.findall(ours)[0] == root.findall(theirs)[0]


def test_every_phrase_is_used() -> None:
    """No phrase is left over from something that pages no longer say."""
    folder = Path(__file__).parents[2] / "src" / "psephos" / "result"
    sources = [*folder.glob("*.py"), *folder.glob("templates/*.html"), *(BOOTH / "src" / "result").glob("*.ts")]
    text = "\n".join(path.read_text() for path in sources)
    families = r"(stage|clause|subject|whole|result|kind|side|file|truth|policy|quorum|for|limits|status|verify)_"
    for name in spoken()[0].phrases:
        paper, _, phrase = name.partition(".")
        if paper == "site" and not re.match(families, phrase):
            bare = phrase.removeprefix("real_")
            assert re.search(rf'"{bare}"', text) or re.search(rf"site\.{phrase}\b", text), name


@pytest.mark.parametrize(
    ("passes", "said"),
    [
        ({"gt": ["yes", "no"]}, "Yes has 21 votes, against 20."),
        ({"ge": [{"mul": ["2", "yes"]}, "valid"]}, "is at least the number of valid votes: met."),
        ({"ge": ["ballots", {"mul": ["1/2", "eligible"]}]}, "10.0 % of those entitled to vote (at least 50 % needed)."),
        (
            {"gt": [{"regions": {"where": YES_OVER_NO}}, "1"]},
            "1 of 12 regions meet the condition (more than 1 ",
        ),
        (
            {"gt": [{"regions": {"where": YES_OVER_NO}}, {"mul": ["1/2", {"regions": {}}]}]},
            "1 of 12 regions meet the condition (more than 6 needed).",
        ),
        (
            {"not": {"gt": ["no", "yes"]}},
            "it is not so that the number of No votes is more than the number",
        ),
    ],
)
def test_sentence_names_each_demand(passes: dict[str, Any], said: str) -> None:
    """A share, a number, a number of regions, or else the demand in the rule's words with whether it is met."""
    rule = {**RULE, "passes": passes}
    facts = gather(verified([((0,), (11, 10, 1)), ((1,), (10, 10, 0))], definition({"rule": rule})))
    page = Page(site_files(facts, spoken()[:1], script="", program="test")["en/index.html"])
    assert said in page.said["sentence"][0].replace("\u00a0", " ")


def test_void_vote_has_no_demands(tmp_path: Path) -> None:
    """No demand decided it, and no votes could change it."""
    log = defined_log()
    log.received.append(addendum_entry(addendum(ANNUL, made_at=show_time(CLOSES + 60))))
    board_at(tmp_path / "board", log)
    assert make(tmp_path, tmp_path / "site") == 0
    for language in spoken():
        page = Page((tmp_path / "site" / language.code / "index.html").read_bytes())
        assert page.said["sentence"] == [language.say("site.result_void") + "."]
        fewest = [fewest_in_words(one, language.words, outcome=True) for one in (*range(50), *Reach)]
        assert not {ascii_digits(" ".join(one.split())) for one in fewest} & set(page.said["p"])


def test_region_of_blank_votes_is_not_one_without_ballots() -> None:
    """Nothing can be divided there, and there are ballots."""
    blank = [((place,), (0, 0, 9) if place == 1 else (8, 8, 0)) for place in range(len(REGIONS) + 1) if place != 2]
    files = site_files(gather(verified(blank, one_definition())), spoken()[:1], script="", program="test")
    table = {row[0]: row for row in Page(files["en/index.html"]).tables[2][1:]}
    none = spoken()[0].say("site.no_ballots")
    assert "–" in table[REGIONS[1][0]]
    assert none not in table[REGIONS[1][0]]
    assert none in table[REGIONS[2][0]]


def test_rest_is_counted_in_no_region() -> None:
    """Voters of no region are shown apart, with their number."""
    facts = gather(verified([((place,), (8, 8, 0)) for place in range(len(REGIONS) + 1)], one_definition()))
    (area,) = [one for one in facts.questions[0].areas if one.names == ("",)]
    assert area.registered == REST


def test_regions_of_which_nothing_was_decrypted_are_not_shown() -> None:
    """Too few ballots, or trustees who have not answered yet: no region is said to have no ballots."""
    found = verified([((0,), (8, 8, 0))], one_definition())
    found.report.regional.clear()
    files = site_files(gather(found), spoken(), script="", program="test")
    assert "data/regions.csv" not in files
    for language in spoken():
        page = Page(files[f"{language.code}/index.html"])
        assert ascii_digits(language.say("site.regions_later")) in page.said["p"]


def test_command_that_is_shown_does_nothing_else_when_it_is_pasted() -> None:
    """An address that stands in the definition is one word for a shell."""
    address = "https://x.example; echo stolen"
    words = shlex.split(verify_command(address))
    assert words == ["psephos", "verify", address, "--charter", "charter.json"]
