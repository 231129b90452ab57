"""The audit of a log says the same as the audit of the archive that follows from it, and lists what has no effect."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.adapters.files import MemorySource
from psephos.errors import UnavailableError
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.board_entries import EntryKind, StartAlone
from psephos.record.closing import ClosedBy
from psephos.record.phases import EventKind
from psephos.record.rules import Reason
from psephos.record.state import RecordState, derive_record, judge_log
from psephos.verify.audit import Beside, audit
from psephos.verify.board_audit import audit_board, ruleset
from psephos.verify.checks import CHECKS
from psephos.verify.report import Verdict
from tests.support.bad_entries import BAD, CLOSE, END, TALLY, bad_entry, entry
from tests.support.logged import MemoryLog, board_terms, hold_vote, log_of
from tests.support.referendum import NOW
from tests.support.world import RecordWriter

NOT_RUN_HERE = {"V19", "V20", "V21", "V22", "V23", "V24", "V25", "V26", "V27", "V28"}
"""There is no earlier copy, no regions are counted, and there is no definition."""


def audited_archive(log: MemoryLog) -> dict[str, Any]:
    """What `verify.audit` says about the archive that follows from a log, with everything beside it."""
    state = RecordState(log)
    for _ in judge_log(log, state):
        pass
    assert state.signed is not None
    answers = state.decryptions.answers.values() if state.decryptions else ()
    beside = Beside(charter=state.signed.received, bound=write_json([one.bound for one in answers]))
    return audit(MemorySource(b"".join(derive_record(log))), beside).as_dict()


def without_findings(report: dict[str, Any]) -> dict[str, Any]:
    """A report's dictionary without the findings, and without what a board says beside its record."""
    return report | {"checks": [{**check, "findings": []} for check in report["checks"]], "caveats": []}


@pytest.mark.parametrize("size", range(2, END + 1))
def test_report_is_that_of_the_derived_archive(size: int) -> None:
    """At every size of the log, both audits report the same, check by check and number by number."""
    log = log_of(hold_vote()).first(size)
    assert audit_board(log).report.as_dict() == audited_archive(log)


def test_whole_vote_is_verified_with_its_result() -> None:
    """All checks that need nothing else pass; the counts are those of the votes."""
    board = audit_board(log_of(hold_vote()), charter=hold_vote().charter)
    assert board.report.verdict is Verdict.VERIFIED
    assert board.report.ok(*(check.id for check in CHECKS if check.id not in NOT_RUN_HERE))
    assert board.report.result == ((3, 1, 1),)
    assert (board.entries, board.charter) == (END, hold_vote().name)
    assert (board.excluded, board.closed_by, board.alone) == ([], ClosedBy.OBSERVERS, 0)


def test_entries_without_effect_are_findings_against_the_ballot_box() -> None:
    """The verdict, the result and every check stay; each bad entry is a finding and listed, with its reason."""
    log = log_of(hold_vote())
    worse = log.with_entries((BAD[name][0], bad_entry(name)) for name in BAD if "premature" not in name)
    board = audit_board(worse)
    assert board.report.verdict is Verdict.VERIFIED
    assert without_findings(board.report.as_dict()) == without_findings(audit_board(log).report.as_dict())
    assert len(board.excluded) == worse.size() - log.size()
    findings = [one for result in board.report.results.values() for one in result.findings]
    assert len(findings) == len(board.excluded)
    assert {one.culprit for one in findings} == {"ballot box"}
    listed = {f"entry {one.index} ({one.kind}) has no effect: {one.reason}: {one.message}" for one in board.excluded}
    assert {one.message for one in findings if "entry" in one.message} >= {one for one in listed if "()" not in one}
    assert board.as_dict()["excluded"][0].keys() == {"index", "kind", "reason", "code", "message", "at", "culprit"}


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("a bare ballot", "V1"),
        ("setup signed by too few", "V5"),
        ("acceptance of a stranger", "V5"),
        ("late ballot", "V3"),
        ("ballot that is none", "V9"),
        ("ballot of another election", "V9"),
        ("ballot of a stranger", "V10"),
        ("ballot with a forged signature", "V11"),
        ("ballot with a changed proof", "V11"),
        ("ballot signed over a proof that fails", "V12"),
        ("replay after a revote", "V13"),
        ("early close", "V3"),
        ("tally with another number", "V14"),
        ("decryption by nobody", "V15"),
        ("wrong result", "V17"),
    ],
)
def test_finding_stands_with_the_check_that_the_entry_would_fail(name: str, check: str) -> None:
    """Each reason has its place among the numbered checks."""
    log = log_of(hold_vote()).with_entries([(BAD[name][0], bad_entry(name))])
    board = audit_board(log)
    found = {result.check.id for result in board.report.results.values() if result.findings}
    assert found == {check}
    assert board.report.verdict is Verdict.VERIFIED


@pytest.mark.parametrize("kind", ["invalid", "late", "replayed"])
def test_archive_with_an_entry_that_has_no_effect_is_verified_false(kind: str) -> None:
    """On a log such a ballot is a finding; in a `.bel` it makes the record false."""
    vote = hold_vote()
    writer, bad = RecordWriter(NOW), {"invalid": b"{}", "late": vote.ballots[-1], "replayed": vote.ballots[0]}[kind]
    writer.add(EventKind.SETUP, vote.setup)
    for ballot in vote.ballots[:-1]:
        writer.add(EventKind.BALLOT, [ballot])
    if kind != "late":
        writer.add(EventKind.BALLOT, [bad])
    writer.add(EventKind.END_BALLOTS, [])
    if kind == "late":
        writer.add(EventKind.BALLOT, [bad])
    assert audit(MemorySource(writer.bytes()), Beside(charter=vote.charter)).verdict is Verdict.FALSE
    place = CLOSE + (kind == "late")
    log = log_of(vote).with_entries([(place, entry(EntryKind.BALLOT, bad))])
    assert audit_board(log).report.verdict is Verdict.VERIFIED


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_whatever_a_log_holds_its_archive_verifies(data: st.DataObject) -> None:
    """Entries in any order, left out, repeated, good and bad: what follows from them is a record that holds."""
    good = log_of(hold_vote()).received
    entries = [*good, *good, *(bad_entry(name) for name in BAD)]
    begin = data.draw(st.integers(1, END))
    rest = data.draw(st.lists(st.sampled_from(entries), max_size=30))
    log = MemoryLog([*good[:begin], *rest])
    board = audit_board(log)
    assert board.report.verdict is Verdict.VERIFIED
    assert board.entries == log.size()
    if board.report.head:
        assert without_findings(board.report.as_dict()) == without_findings(audited_archive(log))


def test_log_without_a_charter_is_verified_false() -> None:
    """Nothing follows from it; the check that names the charter fails."""
    log = log_of(hold_vote())
    log.received[0] = bad_entry("unknown kind")
    board = audit_board(log)
    assert board.report.verdict is Verdict.FALSE
    assert [failure.at for failure in board.report.results["V5"].failures] == ["entry 0"]
    assert board.excluded[0].reason is Reason.UNKNOWN_KIND
    assert board.charter == ""


def test_log_of_another_charter_than_expected_is_verified_false() -> None:
    """Who knows the charter does not take the log's word for it."""
    other = hold_vote(board=board_terms(opens_at=NOW + 1)).charter
    board = audit_board(log_of(hold_vote()), charter=other)
    assert board.report.verdict is Verdict.FALSE
    assert [failure.code for failure in board.report.results["V5"].failures] == ["mismatch"]


def test_empty_log_says_nothing() -> None:
    """Without entries nothing has failed, and no check ran."""
    board = audit_board(MemoryLog())
    assert board.report.verdict is Verdict.VERIFIED
    assert not any(result.examined for result in board.report.results.values())


def test_missing_blob_is_no_verdict() -> None:
    """What could not be had is neither verified nor false."""
    log = log_of(hold_vote(voters=1000))
    with pytest.raises(UnavailableError):
        audit_board(MemoryLog(log.received, {}))


def test_reader_is_told_about_other_rules_the_organisers_clock_and_a_log_alone() -> None:
    """A charter with another list of rules, a close without observers, and StartAlone are findings."""
    vote = hold_vote(board=board_terms(ruleset=sha256_hex(b"other rules")))
    log = log_of(vote)
    log.received[CLOSE] = entry(EntryKind.END_BALLOTS, vote.time(vote.terms.wire.closes_at))
    alone = entry(EntryKind.START_ALONE, write_json(StartAlone(size=9, at=NOW)))
    board = audit_board(log.with_entries([(9, alone)]))
    assert board.report.verdict is Verdict.VERIFIED
    assert (board.closed_by, board.alone) == (ClosedBy.ORGANISERS, 1)
    messages = [one.message for check in ("V5", "V3") for one in board.report.results[check].findings]
    assert [message.split(",")[0].split(";")[0][:35] for message in messages] == [
        "the charter names the rules " + sha256_hex(b"other rules")[:7],
        "the vote was closed on the organise",
        "the log went on alone 1 times",
    ]


def test_reason_of_a_trustee_stands_beside_the_result_for_ever() -> None:
    """A trustee that decrypted without the quorum is a finding and a caveat; the verdict stays."""
    vote = hold_vote()
    stated = entry(EntryKind.WITHOUT_QUORUM, vote.without_quorum(3))
    board = audit_board(log_of(vote).with_entries([(TALLY, stated)]))
    assert board.report.verdict is Verdict.VERIFIED
    assert board.without_quorum == {"trustee 3": "three observers were arrested"}
    sentence = "trustee 3 decrypts without the observers' quorum: three observers were arrested"
    assert board.report.caveats == [sentence]
    assert board.as_dict()["caveats"] == [sentence]
    assert sentence in [one.message for one in board.report.results["V15"].findings]


def test_progress_is_told() -> None:
    """Entries judged, of how many."""
    told: list[tuple[int, int]] = []
    audit_board(log_of(hold_vote()), progress=lambda done, total: told.append((done, total)))
    assert told == [(0, END)]


def test_ruleset_names_every_check_and_rule() -> None:
    """The published list is one JSON text; its fingerprint stands in charters."""
    text = ruleset()
    assert text.startswith(b'{"format":"psephos/ruleset/1","checks":[["V1",')
    assert all(f'["{check.id}",'.encode() in text for check in CHECKS)
    assert all(f'"{reason}"'.encode() in text for reason in Reason)
