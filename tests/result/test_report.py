"""The verifier's report: it says what the verifier found, in every language, and says it the same everywhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from psephos.board.note import SignatureType, VerifierKey
from psephos.cli.main import run
from psephos.protocol.encoding import sha256_hex
from psephos.referendum.words import outcome_in_words, rule_in_words, term_in_words
from psephos.result.language import LANGUAGES
from psephos.result.report import PROPERTIES, Checked, Program
from psephos.result.report_files import report_files
from psephos.result.report_pages import MOST_SHOWN, PAPER
from psephos.verify.board_audit import audit_board
from psephos.verify.checks import CHECKS
from tests.result.paper import opened, seen_on, text_on
from tests.result.words import language, plain
from tests.support.bad_entries import bad_entry
from tests.support.boards import StaticBoard
from tests.support.logged import hold_vote, log_of
from tests.support.regional import finished
from tests.support.sites import board_at, counted

PASSPHRASE = "correct horse battery\n"
NEVER = {
    "en": ("certif", "attest", "approved", "guarantee"),
    "fr": ("certif", "attest", "garanti"),
    "fa": ("گواهی", "تضمین"),
    "ar": ("شهادة", "تصديق", "ضمان"),
    "ckb": ("بڕوانامە", "گەرەنتی"),
}
"""Words of an authority: a report is evidence."""


def board(folder: Path) -> Path:
    """A board with a whole vote, which everybody has cosigned."""
    made = StaticBoard(folder, log_of(hold_vote()))
    made.publish()
    return folder


def report(place: Path | str, to: Path, *options: str, code: int = 0) -> dict[str, Any]:
    """Make a report; the one for programs."""
    assert run(["auditor", "report", str(place), "--to", str(to), *options]) == code
    found: dict[str, Any] = json.loads((to / "report.json").read_bytes())
    return found


class Page(HTMLParser):
    """What stands in a page: the text of each section, and of each cell of its tables."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []
        self.heads: list[str] = []
        self.text = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a cell."""
        assert tag not in {"script", "img", "iframe", "form", "object", "base"}
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in {"src", "href", "action", "style"} or (value or "").startswith(("#", "data:,")), name
        if tag in {"meta", "link"}:
            return
        self.open.append(tag)
        if tag in {"td", "th"}:
            (self.cells if tag == "td" else self.heads).append("")

    def handle_endtag(self, tag: str) -> None:
        """End what was begun last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text."""
        if "style" in self.open:
            return
        self.text += data
        for tag, found in (("td", self.cells), ("th", self.heads)):
            if tag in self.open:
                found[-1] += data


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on a whole vote, in every language."""
    folder = tmp_path_factory.mktemp("report")
    report(board(folder / "board"), folder / "to")
    return folder / "to"


def test_every_check_and_property_has_its_words() -> None:
    """In every language; the words of a language are not those of another."""
    for code in LANGUAGES:
        phrases = language(code, PAPER).phrases
        for check in CHECKS:
            assert phrases[f"verifier.check_{check.id.lower()}"].strip()
        for one in PROPERTIES:
            for cell in ("", "_who", "_with", "_when", "_trust", "_open"):
                assert phrases[f"report.{one.name}{cell}"].strip()


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_word_of_an_authority(code: str, made: Path) -> None:
    """Neither in our words nor in what is made of them."""
    phrases = language(code, PAPER).phrases
    texts = [text for name, text in phrases.items() if name.startswith("report.")]
    texts.append(Page((made / f"report.{code}.html").read_text()).text)
    with opened((made / f"report.{code}.pdf").read_bytes()) as pages:
        texts += map(text_on, pages)
    for text in texts:
        assert not any(word in text.lower() for word in NEVER[code]), text


@pytest.mark.parametrize("code", LANGUAGES)
def test_matrix_has_no_empty_cell(code: str, made: Path) -> None:
    """For every property, six cells with words in them; and no other cell of the report is empty."""
    content = (made / f"report.{code}.html").read_text()
    matrix = Page(content[content.index('<section id="matrix">') : content.index('<section id="unchecked">')])
    assert len(matrix.cells) == len(matrix.heads) == 6 * len(PROPERTIES)
    whole = Page(content)
    assert all(cell.strip() for cell in (*whole.cells, *whole.heads))


def test_report_says_what_verify_says(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Every check with its status, counts and findings; the figures of the page are those of the data."""
    place = board(tmp_path / "board")
    found = report(place, tmp_path / "to", "--language", "en")
    capfd.readouterr()
    assert run(["verify", str(place), "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    for name in (
        "verdict",
        "phase",
        "election",
        "questions",
        "result",
        "regional",
        "voters",
        "ballots",
        "counted",
        "caveats",
    ):
        assert found[name] == said[name], name
    assert found["without_effect"] == said["excluded"]
    for ours, theirs in zip(found["checks"], said["checks"], strict=True):
        assert {**theirs, "title": ours["title"]} == ours
    assert found["log"]["size"] == said["log"]["size"]
    assert found["log"]["root"] == said["log"]["root"]
    assert [(one["policy"], one["holds"], one["have"]) for one in found["observers"]] == [
        (name, one["holds"], one["have"]) for name, one in said["observers"].items()
    ]
    cells = Page((tmp_path / "to" / "report.en.html").read_text()).cells
    start = cells.index("yes")
    assert cells[start : start + 6] == ["yes", "3", "no", "1", "blank", "1"]


def test_report_is_the_same_everywhere(tmp_path: Path) -> None:
    """In another time zone, locale, directory, with another seed of hashes, from an address instead of a folder."""
    place = board(tmp_path / "board")
    contents = []
    for number, (zone, locale, place_) in enumerate(
        [("Asia/Tehran", "C", str(place)), ("America/St_Johns", "fa_IR.UTF-8", place.as_uri())]
    ):
        to = tmp_path / f"deep/er/{number}"
        environment = {**os.environ, "TZ": zone, "LC_ALL": locale, "LANG": locale, "PYTHONHASHSEED": str(number + 1)}
        command = [sys.executable, "-m", "psephos.cli.main", "auditor", "report", place_, "--to", str(to)]
        cwd = tmp_path / f"cwd-{number}"
        cwd.mkdir()
        done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        contents.append({path.name: path.read_bytes() for path in to.iterdir()})
    assert contents[0] == contents[1]
    assert set(contents[0]) == {
        "report.json",
        *(f"report.{code}.{kind}" for code in LANGUAGES for kind in ("html", "pdf")),
    }
    for content in contents[0].values():
        assert str(tmp_path).encode() not in content


@pytest.mark.parametrize("code", LANGUAGES)
def test_paper_is_tagged_and_says_everything(code: str, made: Path) -> None:
    """PDF/UA-1, in its language; every check and every property stands in it."""
    content = (made / f"report.{code}.pdf").read_bytes()
    assert b"pdfuaid" in content
    assert re.search(rf"/Lang\s*\({code}\)".encode(), content)
    phrases = language(code, PAPER).phrases
    with opened(content) as pages:
        text = plain("".join(map(text_on, pages)))
        seen = "\n".join(map(seen_on, pages))
        for page in pages:
            assert page.get_size() == pytest.approx((595.28, 841.89), abs=0.1)
    for check in CHECKS:
        assert check.id in seen
    assert hold_vote().name in seen
    if code in {"en", "fr"}:
        for one in PROPERTIES:
            assert plain(phrases[f"report.{one.name}_open"]) in text


def test_entries_without_effect_are_listed(tmp_path: Path) -> None:
    """With their reasons, all in the data, and a part of very many in the page."""
    log = log_of(hold_vote())
    log.received += [bad_entry("unknown kind")] * (MOST_SHOWN + 5)
    StaticBoard(tmp_path / "board", log).publish()
    found = report(tmp_path / "board", tmp_path / "to", "--language", "en")
    assert len(found["without_effect"]) == MOST_SHOWN + 5
    text = Page((tmp_path / "to" / "report.en.html").read_text()).text
    assert f"In all: {MOST_SHOWN + 5}" in text
    assert "5 more stand in report.json" in text


def test_what_no_record_shows_is_not_called_checked(tmp_path: Path) -> None:
    """A roll that was stuffed, or a ballot that was turned away, leaves every check passing."""
    found = report(board(tmp_path / "board"), tmp_path / "to")
    assert found["verdict"] == "verified"
    states = {one["name"]: one["state"] for one in found["properties"]}
    assert {name for name, state in states.items() if state == "checked"} == {"tallied"}
    assert {name for name, state in states.items() if state == "of_it"} >= {"eligibility", "recorded", "secrecy"}
    for code in LANGUAGES:
        page, phrases = Page((tmp_path / "to" / f"report.{code}.html").read_text()), language(code, PAPER).phrases
        said = phrases["report.here_checked"].partition("{")[0].strip()
        assert sum(cell.strip().startswith(said) for cell in page.cells) == 1
        assert phrases["report.tallied_trust"] in page.cells


def test_missing_quorum_is_no_verdict(tmp_path: Path) -> None:
    """Every check passes, and still it could not be verified that others are shown the same."""
    made = StaticBoard(tmp_path / "board", log_of(hold_vote()))
    made.publish(witnesses=4, verifiers=2)
    found = report(tmp_path / "board", tmp_path / "to", "--language", "en", code=3)
    assert found["verdict"] == "could not verify"
    recorded = next(one for one in found["properties"] if one["name"] == "recorded")
    assert (recorded["state"], recorded["missing"]) == ("partly", ["countersignatures"])
    assert "too few observers" in (tmp_path / "to" / "report.en.html").read_text()


def test_record_in_a_file(tmp_path: Path) -> None:
    """Without observers, and without the charter unless it is there: the report says so."""
    vote = hold_vote()
    (tmp_path / "record.bel").write_bytes(vote.bel)
    found = report(tmp_path / "record.bel", tmp_path / "alone", "--language", "en")
    assert (found["log"], found["charter"], found["given"]) == (None, None, [])
    (tmp_path / "charter.json").write_bytes(vote.charter)
    found = report(tmp_path / "record.bel", tmp_path / "with", "--language", "en")
    assert (found["given"], found["charter"]["kind"]) == (["charter"], "real")
    assert found["made_from"]


def test_false_record_has_a_report_that_says_so(tmp_path: Path) -> None:
    """It is written all the same; no counts stand in it."""
    content = bytearray(hold_vote().bel)
    content[content.index(b'"num_tallied":5') + len(b'"num_tallied":5') - 1] = ord("6")
    (tmp_path / "record.bel").write_bytes(content)
    found = report(tmp_path / "record.bel", tmp_path / "to", "--language", "en", "--language", "fa", code=1)
    assert found["verdict"] == "verified false"
    text = Page((tmp_path / "to" / "report.en.html").read_text()).text
    assert "At least one check has failed" in text
    with opened((tmp_path / "to" / "report.fa.pdf").read_bytes()) as pages:
        assert "V1" in seen_on(pages[0])


def test_regions_are_reported(tmp_path: Path) -> None:
    """V20 to V23, the counts of each cell, and what a unanimous cell tells."""
    StaticBoard(tmp_path / "board", finished()).publish()
    found = report(tmp_path / "board", tmp_path / "to", "--language", "en")
    tallied = next(one for one in found["properties"] if one["name"] == "tallied")
    assert tallied["passed"] == ["V14", "V15", "V16", "V17", "V20", "V21", "V22", "V23"]
    assert tallied["state"] == "checked"
    assert (
        "that their list puts everybody into the right region"
        in Page((tmp_path / "to" / "report.en.html").read_text()).text
    )
    page = Page((tmp_path / "to" / "report.en.html").read_text())
    assert "coast" in page.text
    assert "All ballots of this cell say the same" in page.text


@pytest.mark.parametrize("code", LANGUAGES)
def test_outcome_and_regions_are_those_of_the_engine(code: str, tmp_path: Path) -> None:
    """What follows stands in the report as the engine says it, in each language; every region has its counts."""
    board_at(tmp_path / "board", counted())
    found = report(tmp_path / "board", tmp_path / "to", "--language", code)
    outcome = audit_board(counted()).defined
    assert outcome is not None
    (decided,) = outcome.outcomes.values()
    assert [one["result"] for one in found["definition"]["outcomes"]] == [decided.result]
    words, page = language(code, PAPER).words, Page((tmp_path / "to" / f"report.{code}.html").read_text())
    for line in (*outcome_in_words(decided, words), *rule_in_words(decided.rule, words)):
        assert line in page.text
    for term in decided.terms:
        assert term_in_words(term, words) in page.cells
    for cell in found["regional"]:
        start = page.cells.index(
            " + ".join(name or language(code, PAPER).phrases["report.no_region"] for name in cell["regions"])
        )
        numbers = [language(code, PAPER).number(votes) for votes in cell["counts"][0]]
        assert [text.strip() for text in page.cells[start + 1 : start + 4]] == numbers


def test_texts_of_a_record_are_never_markup() -> None:
    """A title, an answer or a message that looks like HTML or like a template stands there as it is."""
    nasty = '<script>alert(1)</script> #panic("x") {{ 7*7 }} {checks} $x$ "quoted" & 漢字 😀'
    turned = f"{nasty}\u202e\u2069\x07\udc80"
    board = audit_board(log_of(hold_vote()))
    found = board.report
    found.election["name"] = nasty
    found.questions = [{"question": nasty, "answers": [nasty, f"{nasty} · دوم", "(blank)"]}]
    found.caveat("no_quorum", nasty, party=nasty, reason=turned)
    found.found("V3", turned, culprit=turned)
    checked = Checked(found, b"", frozenset(), Program("0", "0" * 64), file="0" * 64)
    files = report_files(checked, [language(code, PAPER) for code in LANGUAGES], english=language("en", PAPER))
    for code in LANGUAGES:
        assert Page(files[f"report.{code}.html"].decode()).text.count(nasty) >= 5
        with opened(files[f"report.{code}.pdf"]) as pages:
            text = "".join(map(text_on, pages))
        assert text.count("panic") == text.count("alert") >= 5
        assert "[U+6F22]" in text or code in {"fa", "ar", "ckb"}


def test_signed_report_is_checked_and_changed_ones_are_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The note covers every file, and only its own key signs it."""
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE)
    passphrase.chmod(0o600)
    secret = ["--passphrase-file", str(passphrase)]
    assert run(["auditor", "key", "--name", "auditor1.example", "--home", str(tmp_path), *secret]) == 0
    vkey = (tmp_path / "auditor.vkey").read_text().strip()
    to = tmp_path / "to"
    (tmp_path / "record.bel").write_bytes(hold_vote().bel)
    options = ["--language", "en", "--key", str(tmp_path / "auditor.key.age"), *secret]
    report(tmp_path / "record.bel", to, *options)
    check = ["auditor", "check-report", str(to), "--key", vkey]
    assert run(check) == 0
    assert "SIGNED — 3 files; verdict: verified" in capfd.readouterr().out
    note = (to / "report.note").read_bytes()
    for name in ("report.json", "report.en.html", "report.en.pdf"):
        content = (to / name).read_bytes()
        (to / name).write_bytes(content + b" ")
        assert run(check) == 1
        (to / name).unlink()
        assert run(check) == 1
        (to / name).write_bytes(content)
    for name in ("report.fa.html", "Report.fa.PDF", "report.en.html.exe"):
        (to / name).write_bytes(b"<p>Nobody has signed this.</p>")
        capfd.readouterr()
        assert run(check) == 1
        assert name in capfd.readouterr().err
        (to / name).unlink()
    (to / "report.note").write_bytes(note.replace(b"verdict verified", b"verdict verified false"))
    assert run(check) == 1
    (to / "report.note").write_bytes(note)
    other = hold_vote().terms.organisers[0]
    assert run([*check[:-1], str(other)]) == 1
    assert run(check) == 0


def test_report_is_never_overwritten(tmp_path: Path) -> None:
    """The same one is kept; another one is refused."""
    (tmp_path / "record.bel").write_bytes(hold_vote().bel)
    report(tmp_path / "record.bel", tmp_path / "to", "--language", "en")
    report(tmp_path / "record.bel", tmp_path / "to", "--language", "en")
    (tmp_path / "charter.json").write_bytes(hold_vote().charter)
    assert (
        run(["auditor", "report", str(tmp_path / "record.bel"), "--to", str(tmp_path / "to"), "--language", "en"]) == 1
    )


def test_numbers_of_a_page_are_in_its_digits(made: Path) -> None:
    """Persian digits in Persian; what a program says stays as it is."""
    cells = Page((made / "report.fa.html").read_text()).cells
    assert "۳" in cells
    assert any(re.search("[0-9a-f]{64}", cell) for cell in cells)


def test_board_without_an_election_has_a_report(tmp_path: Path) -> None:
    """Nothing is made up where nothing is there yet; no cell is empty."""
    made = StaticBoard(tmp_path / "board", log_of(hold_vote()))
    made.publish(1)
    found = report(tmp_path / "board", tmp_path / "to")
    assert (found["phase"], found["election"], found["result"]) == ("empty", {}, None)
    page = Page((tmp_path / "to" / "report.en.html").read_text())
    assert all(cell.strip() for cell in (*page.cells, *page.heads))
    assert "there is no election yet" in page.text


def test_file_that_is_no_record_has_a_report(tmp_path: Path) -> None:
    """It could not be verified, and that is not valid for that."""
    (tmp_path / "record.bel").write_bytes(b"something else")
    found = report(tmp_path / "record.bel", tmp_path / "to", "--language", "en", code=3)
    assert (found["verdict"], found["made_from"]) == ("could not verify", "")


def test_quorum_of_the_reader_is_the_one_that_counts(tmp_path: Path) -> None:
    """With observers of her own, a reader's report names them, and their policy."""
    place = board(tmp_path / "board")
    own = tmp_path / "own.policy"
    own.write_text(hold_vote().terms.wire.tally)
    found = report(place, tmp_path / "to", "--language", "en", "--policy", str(own))
    assert found["given"] == ["policy"]
    assert (found["observers"][0]["policy"], found["observers"][0]["needed"]) == ("yours", True)
    assert "the one that the reader demands" in (tmp_path / "to" / "report.en.html").read_text()


def test_long_keys_of_a_policy_fill_no_page(tmp_path: Path) -> None:
    """They are cut for people; programs have all of them, and both name the same policy by its hash."""
    own = tmp_path / "own.policy"
    key = VerifierKey("observer9.example/w1", SignatureType.COSIGNATURE_ML_DSA_44, bytes(range(256)) * 5 + bytes(32))
    policy = hold_vote().terms.wire.receipts.replace("group", f"witness late {key}\ngroup", 1)
    own.write_text(policy)
    found = report(board(tmp_path / "board"), tmp_path / "to", "--language", "en", "--policy", str(own))
    assert str(key) in found["observers"][0]["text"]
    text = Page((tmp_path / "to" / "report.en.html").read_text()).text
    assert str(key) not in text
    assert f"{str(key)[:50]}…" in text
    assert f"SHA-256 {sha256_hex(found['observers'][0]['text'].encode())}" in text
