"""What must be said with a result: in every language, on the page and in the report, also before there is a result."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from psephos.cli.main import run
from psephos.record.board_terms import show_time
from psephos.result.caveats import in_words
from psephos.result.language import LANGUAGES
from psephos.verify.board_audit import audit_board
from psephos.verify.checks import CHECKS
from psephos.verify.report import Caveat
from tests.result.test_report import Page, report
from tests.result.words import language
from tests.support.defined import ANNUL, addendum, addendum_entry, defined_log
from tests.support.logged import CLOSES, MemoryLog
from tests.support.sites import board_at

ADDENDUM = {"number": 1, "decided": "2026-12-01T08:00:00+01:00", "when": "after_result"}
KINDS: dict[str, dict[str, str | int]] = {
    "no_quorum": {"party": "Trustee 1", "reason": "observers cannot be reached"},
    "closed_by_organisers": {},
    "unnamed": {"names": "o1, o2"},
    "uncounted": {"names": "witness-1.example"},
    "practice": {"rules": "Q05, O01"},
    "no_effect": {"number": 1, "why": "another definition"},
    "annulled": {**ADDENDUM, "body": "A court", "reasons": "Polling points were raided."},
    "annulled_regions": {**ADDENDUM, "body": "A court", "reasons": "Raids.", "regions": "North, South"},
    "undecryptable": {**ADDENDUM, "reason": "Two trustees are in prison."},
    "closing": {"moved": CLOSES, "defined": CLOSES + 60},
    "counted_anyway": {},
    "no_outcome": {"question": 2, "why": "figures do not fit"},
    "as_counted": {"question": 1, "regions": "North", "result": "passes"},
}
MOMENTS = {"before_decrypting", "while_decrypting", "after_result"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_kind_is_said_with_all_its_values(code: str) -> None:
    """No kind without its phrase, no phrase without its kind, and nothing that was written is left out."""
    spoken = language(code, "site")
    phrases = {name.removeprefix("verifier.") for name in spoken.phrases if name.startswith("verifier.")}
    assert phrases - {f"check_{check.id.lower()}" for check in CHECKS} == {*KINDS, *MOMENTS}
    for kind, values in KINDS.items():
        (said,) = in_words([Caveat(kind, "in English", values)], spoken)
        assert set(re.findall(r"\{(\w+)\}", spoken.phrases[f"verifier.{kind}"])) == set(values)
        assert "{" not in said
        for name, value in values.items():
            if name in {"party", "reason", "names", "rules", "why", "body", "reasons", "regions", "decided"}:
                assert str(value) in said
    assert spoken.time(CLOSES) in in_words([Caveat("closing", "", KINDS["closing"])], spoken)[0]


def annulled_before_the_count() -> MemoryLog:
    """A vote that organisers declared void while nothing was decrypted yet."""
    log = defined_log()
    log = log.first(log.size() - 3)
    log.received.append(addendum_entry(addendum(ANNUL, made_at=show_time(CLOSES + 60))))
    return log


def test_that_it_is_the_organisers_word_is_said_before_the_count_in_every_language(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """On the site, in the report and at the terminal; nowhere but there in English."""
    log = annulled_before_the_count()
    (caveat,) = audit_board(log).report.to_say
    assert caveat.kind == "annulled"
    board_at(tmp_path / "board", log)
    assert run(["auditor", "site", str(tmp_path / "board"), "--to", str(tmp_path / "site")]) == 0
    report(tmp_path / "board", tmp_path / "report")
    for code in LANGUAGES:
        spoken = language(code, "report")
        (said,) = in_words([caveat], spoken)
        site = (tmp_path / "site" / code / "index.html").read_text()
        assert said in site
        assert caveat.message not in site
        assert said in Page((tmp_path / "report" / f"report.{code}.html").read_text()).text
    capfd.readouterr()
    assert run(["verify", str(tmp_path / "board")]) == 0
    assert "NOTE: " + " ".join(caveat.message.split()) in " ".join(capfd.readouterr().out.split())


@pytest.mark.parametrize("code", LANGUAGES)
def test_titles_of_checks_are_in_the_language_of_the_page(code: str, tmp_path: Path) -> None:
    """What a check demands is in every language; what the program found is in its own."""
    board_at(tmp_path / "board", defined_log())
    assert run(["auditor", "site", str(tmp_path / "board"), "--to", str(tmp_path / "site")]) == 0
    page = (tmp_path / "site" / code / "observers.html").read_text()
    for check in CHECKS:
        assert language(code, "site").phrases[f"verifier.check_{check.id.lower()}"].replace("'", "&#39;") in page
