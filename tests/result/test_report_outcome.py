"""What a report says of outcome and time: never more than was verified, and nothing that is not so."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from psephos.errors import MismatchError, UnsupportedError
from psephos.record.board_terms import show_time
from psephos.referendum.words import outcome_in_words
from psephos.result.facts import OnBoard
from psephos.result.language import LANGUAGES, Language
from psephos.result.report import COUNTERSIGNATURES, Checked, Program
from psephos.result.report_files import report_files
from psephos.result.report_pages import PAPER
from psephos.verify.board_audit import BoardReport, audit_board
from tests.result.test_report import Page, report
from tests.result.words import language
from tests.support.boards import StaticBoard, head_at, note_of
from tests.support.defined import defined_log, defined_vote
from tests.support.logged import CLOSES, VERIFIERS, WITNESSES, MemoryLog, board_terms, hold_vote, log_of


def phrase(spoken: Language, name: str) -> str:
    """A phrase, with its blanks as `outcome_on` gives them."""
    return " ".join(spoken.phrases[f"report.{name}"].split())


def outcome_on(page: bytes) -> str:
    """What the section on the outcome says."""
    content = page.decode()
    start = content.index('<section id="outcome">')
    return " ".join(Page(content[start : content.index("</section>", start) + len("</section>")]).text.split())


def checked(board: BoardReport, log: MemoryLog) -> Checked:
    """What a report is made from, where nobody has to countersign."""
    signed = note_of(head_at(log, log.size()))
    on_board = OnBoard(board, defined_vote().terms, signed, (), frozenset())
    return Checked(board.report, b"", frozenset(), Program("0", "0" * 64), board=on_board)


def test_outcome_without_the_quorum_has_its_condition_before_it(tmp_path: Path) -> None:
    """In every language; with the quorum there is no condition."""
    board = audit_board(defined_log())
    assert board.defined is not None
    (decided,) = board.defined.outcomes.values()
    for verifiers, code in ((2, 3), (4, 0)):
        StaticBoard(tmp_path / f"board{verifiers}", defined_log()).publish(verifiers=verifiers)
        report(tmp_path / f"board{verifiers}", tmp_path / f"to{verifiers}", code=code)
    for name in LANGUAGES:
        spoken = language(name, PAPER)
        condition = phrase(spoken, "outcome_if_countersigned")
        said = outcome_on((tmp_path / "to2" / f"report.{name}.html").read_bytes())
        assert said.index(condition) < said.index(outcome_in_words(decided, spoken.words)[0])
        said = outcome_on((tmp_path / "to4" / f"report.{name}.html").read_bytes())
        assert outcome_in_words(decided, spoken.words)[0] in said
        assert condition not in said


def test_false_record_has_no_outcome() -> None:
    """Not even of the question whose figures add up, where those of another do not."""
    log = defined_log()
    board = audit_board(log)
    assert board.defined is not None
    (decided,) = board.defined.outcomes.values()
    board.report.failed("V28", MismatchError("figures do not add up"), at="question 2")
    english = language("en", PAPER)
    files = report_files(checked(board, log), [english], english=english)
    assert json.loads(files["report.json"])["definition"]["outcomes"] == []
    said = outcome_on(files["report.en.html"])
    assert outcome_in_words(decided, english.words)[0] not in said
    assert "Nothing follows from this record" in said


def test_policy_that_demands_nobody_is_not_called_checked(tmp_path: Path) -> None:
    """The charter's, or the reader's: that others see the same tree is then nobody's word."""
    nobody = re.sub("(?m)^quorum .*$", "quorum none", board_terms().receipts)
    StaticBoard(tmp_path / "board", log_of(hold_vote(board=board_terms(receipts=nobody))).first(8)).publish()
    (tmp_path / "own.policy").write_text(nobody)
    for number, options in enumerate([(), ("--policy", str(tmp_path / "own.policy"))]):
        to = tmp_path / str(number)
        found = report(tmp_path / "board", to, *options)
        recorded = next(one for one in found["properties"] if one["name"] == "recorded")
        assert COUNTERSIGNATURES in recorded["missing"]
        assert recorded["state"] == "partly"
        for name in LANGUAGES:
            phrases = language(name, PAPER).phrases
            text = Page((to / f"report.{name}.html").read_text()).text
            assert phrases["report.countersignatures_none" + ("_yours" if options else "")] in text
            assert phrases["report.countersignatures"] not in text


@pytest.mark.parametrize("code", LANGUAGES)
def test_check_that_cannot_be_run_is_the_condition(code: str) -> None:
    """Where it is no quorum that is missing."""
    log = defined_log()
    board = audit_board(log)
    board.report.unsupported("V7", UnsupportedError("a kind of key that is not known"))
    spoken = language(code, PAPER)
    said = outcome_on(report_files(checked(board, log), [spoken], english=spoken)[f"report.{code}.html"])
    assert phrase(spoken, "outcome_if_holds") in said


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_cannot_be_said_is_not_called_missing(code: str) -> None:
    """The definition is there, and so is the result: what is not known are figures that its rule needs."""
    log = defined_log()
    board = audit_board(log)
    assert board.defined is not None
    now = replace(board.defined.now, annulled_regions=("South", "کوهستان"))
    board.defined = replace(board.defined, now=now, outcomes={})
    board.report.found("V28", "question 1 has no outcome: the vote in South is void, and its yes, no are not known")
    spoken = language(code, PAPER)
    said = outcome_on(report_files(checked(board, log), [spoken], english=spoken)[f"report.{code}.html"])
    assert phrase(spoken, "outcome_unknown") in said
    assert "the vote in South is void, and its yes, no are not known" in said
    assert phrase(spoken, "no_outcome") not in said
    assert all(name in said for name in now.annulled_regions)


@pytest.mark.parametrize(
    ("late", "honest", "moment", "label"),
    [
        (2**40, 3, CLOSES + 1, "countersigned"),
        (2**63 - 1, 3, CLOSES + 1, "countersigned"),
        (CLOSES + 999_999, 3, CLOSES + 1, "countersigned"),
        (2**40, 1, CLOSES, "earliest"),
    ],
)
def test_clock_of_one_observer_sets_no_time(late: int, honest: int, moment: int, label: str, tmp_path: Path) -> None:
    """A cosignature may name any time; the report is of the moment at which a quorum had signed, or of the first."""
    log, made = defined_log(), StaticBoard(tmp_path / "board", defined_log())
    made.publish()
    head, lines = head_at(log, log.size()), []
    for cosigners in (WITNESSES, VERIFIERS):
        for number, one in enumerate(cosigners[: honest + 1]):
            at = late if number == honest else CLOSES + number
            lines.append(note_of(head, [one], at=at).note.signatures[1])
    note = note_of(head)
    for place in ("checkpoint.latest", "checkpoint", "checkpoint.verified"):
        made.write(place, bytes(note.with_signatures([*note.note.signatures, *lines])))
    options = ("--language", "en", "--language", "fa")
    found = report(tmp_path / "board", tmp_path / "to", *options, code=0 if honest > 1 else 3)
    assert found["made_from"] == show_time(moment)
    text = Page((tmp_path / "to" / "report.en.html").read_text()).text
    assert "on the same record with the same countersignatures" in text
    assert language("en", PAPER).phrases[f"report.{label}"] in text
    assert (f"impossible time {late}" in text) == (late >= 2**40)


def test_every_number_of_seconds_is_shown() -> None:
    """The last second of the calendar as a time, whatever is beyond as a number."""
    assert show_time(253_402_300_799) == "9999-12-31T23:59:59Z"
    for seconds in (253_402_300_800, 2**40, 2**63 - 1, -(2**63)):
        assert show_time(seconds) == f"impossible time {seconds}"
