"""Checks V20 to V23, and what other programs say of the archive of a referendum with regions."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from psephos.adapters.files import MemorySource
from psephos.record import regional
from psephos.record.state import derive_record
from psephos.verify.audit import Beside, audit
from psephos.verify.board_audit import audit_board
from psephos.verify.regional import CHECKS
from psephos.verify.report import Status, Verdict
from tests.support.bad_regional import overlap, regional_tally_with, regions_entry, swapped
from tests.support.logged import MemoryLog, hold_vote, log_of
from tests.support.regional import ANSWER, CLOSE, END, LIST, REGIONAL_TALLY, RESULT, TERMS, finished, hold_regional


def test_whole_vote_with_regions_is_verified_with_the_counts_of_its_cells() -> None:
    """All checks run; what was merged and what is unanimous is said."""
    report = audit_board(finished(), charter=hold_regional().charter).report
    assert report.verdict is Verdict.VERIFIED
    assert report.ok(*CHECKS)
    assert [report.results[check].examined for check in CHECKS] == [19, 3, 2, 3]
    assert [(one["regions"], one["counted"], one["counts"], one["unanimous"]) for one in report.regional] == [
        (["coast", "hills"], 6, [[3, 2, 1]], False),
        (["south"], 4, [[0, 3, 1]], False),
        ([""], 3, [[0, 3, 0]], True),
    ]
    (merged,) = report.results["V21"].findings
    assert "coast + hills" in merged.message
    (unanimous,) = report.results["V23"].findings
    assert "no region: all 3 ballots say the same" in unanimous.message
    assert report.as_dict()["regional"] == report.regional


def test_unanimous_cell_is_shown_with_another_if_the_charter_says_so() -> None:
    """Figures are merged on; the report says so, and not which part it is."""
    log = hold_regional(terms=replace(TERMS, merge_unanimous=True)).done()
    report = audit_board(log).report
    assert report.ok(*CHECKS)
    assert [(one["regions"], one["counts"], one["merged_on"]) for one in report.regional] == [
        (["coast", "hills"], [[3, 2, 1]], False),
        (["south", ""], [[0, 6, 1]], True),
    ]
    (shown,) = report.results["V23"].findings
    assert "south + no region: shown together" in shown.message


@pytest.mark.parametrize(
    ("size", "ran"), [(LIST, 0), (LIST + 1, 1), (REGIONAL_TALLY, 1), (REGIONAL_TALLY + 1, 2), (ANSWER + 1, 3), (END, 4)]
)
def test_checks_run_as_soon_as_their_entry_is_there(size: int, ran: int) -> None:
    """What did not run says why."""
    report = audit_board(finished().first(size)).report
    status = [report.results[check].status for check in CHECKS]
    assert status == [Status.PASSED] * ran + [Status.NOT_RUN] * (4 - ran)
    assert all(report.results[check].reason not in {"", "not reached"} for check in CHECKS[ran:])
    assert report.verdict is Verdict.VERIFIED


def test_entries_without_effect_are_findings_at_their_check() -> None:
    """The ballot box let them in; the record is not false for it."""
    good = finished()
    lies = [
        (CLOSE - 1, regions_entry(hold_regional(), swapped(hold_regional())), "V3"),
        (REGIONAL_TALLY, regional_tally_with(good, overlap), "V21"),
    ]
    for place, lie, check in lies:
        report = audit_board(good.first(place).with_entries([(place, lie)])).report
        assert any("has no effect" in finding.message for finding in report.results[check].findings)
        assert report.verdict is Verdict.VERIFIED


def test_too_few_ballots_for_any_cell_are_said() -> None:
    """Nothing will be decrypted."""
    report = audit_board(hold_regional(votes=((0, 0), (5, 1))).tallied()).report
    assert report.ok("V20", "V21")
    assert "none is decrypted" in report.results["V22"].reason


def test_archive_alone_says_nothing_about_regions() -> None:
    """Verified without them, and said so."""
    vote, archive = hold_regional(), b"".join(derive_record(finished()))
    report = audit(MemorySource(archive), Beside(charter=vote.charter))
    assert report.verdict is Verdict.VERIFIED
    assert report.result == ((3, 8, 2),)
    assert report.regional == []
    for check in CHECKS:
        assert report.results[check].status is Status.NOT_RUN
        assert "verify the board" in report.results[check].reason
    without = audit_board(log_of(hold_vote())).report
    assert {without.results[check].reason for check in CHECKS} == {"the charter counts no regions"}


def test_regional_result_is_not_believed_where_it_contradicts_the_national_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two computations that must agree are compared, even if each holds by the rules."""
    log = finished()
    report = audit_board(log).report
    assert report.ok("V23")
    counts = (((3, 2, 1),), ((0, 3, 1),), ((0, 2, 1),))
    monkeypatch.setattr(regional, "check_cells_result", lambda *_args, **_named: counts)
    false = audit_board(MemoryLog([*log.received[:RESULT], log.received[RESULT]], log.blobs)).report
    assert false.verdict is Verdict.FALSE
    assert "do not add up" in false.results["V23"].failures[0].message
    assert false.regional == []


def test_belenios_tool_verifies_the_archive_of_a_regional_referendum(tmp_path: Path) -> None:
    """Debian's belenios-tool knows nothing of regions, and need not."""
    tool = shutil.which("belenios-tool")
    assert tool, "belenios-tool is missing: run make setup"
    log = hold_regional(group="BELENIOS-2048", threshold=3).done(owners=(1, 2, 3))
    report = audit_board(log).report
    assert report.ok(*CHECKS)
    assert report.election["group"] == "BELENIOS-2048"
    (tmp_path / f"{report.election['uuid']}.bel").write_bytes(b"".join(derive_record(log)))
    done = subprocess.run(
        [tool, "election", "verify", "--dir", str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert (done.returncode, "all checks passed" in done.stderr) == (0, True), done.stderr
