"""A log ends, another goes on: who decides it, and what it leaves of the record."""

from __future__ import annotations

import pytest

from psephos.record.board_entries import EntryKind, make_board_entry
from psephos.record.rules import Reason
from psephos.record.state import RecordState, derive_record, judge_log
from psephos.verify.board_audit import audit_board
from psephos.verify.report import Verdict
from tests.support.bad_entries import BALLOTS, CLOSE, END, TALLY
from tests.support.logged import LOG, STANDBY, MemoryLog, Vote, hold_vote, log_of, succession_note, time_proof


def succeeded(vote: Vote, size: int) -> MemoryLog:
    """The successor of a log that ended at a size: the observers' note, then the rest as it is handed in again."""
    whole = log_of(vote)
    log = whole.first(size)
    log.add(EntryKind.SUCCESSION, [succession_note(log)])
    for index in range(size, END):
        if index == CLOSE:
            log.add(EntryKind.END_BALLOTS, [time_proof(log)])
        else:
            log.received.append(whole.received[index])
    return log


@pytest.mark.parametrize("size", [1, 2, BALLOTS, BALLOTS + 3, CLOSE, CLOSE + 1, TALLY + 1, END])
def test_succession_at_any_point_leaves_the_same_archive(size: int) -> None:
    """Whenever the log ends, before the setup or after the result, the successor's record is the same `.bel`."""
    vote = hold_vote()
    log = succeeded(vote, size)
    state = RecordState(log)
    assert [one.reason for one in judge_log(log, state)] == [None] * (END + 1)
    assert state.log == STANDBY.key
    assert [one.head.size for one in state.successions] == [size]
    assert b"".join(derive_record(log)) == vote.bel


def test_ballots_handed_in_again_before_they_are_lost_count_once() -> None:
    """A ballot that is in the successor's beginning stands in the log; handed in again it has no effect."""
    vote = hold_vote()
    log = log_of(vote).first(BALLOTS + 3)
    log.add(EntryKind.SUCCESSION, [succession_note(log)])
    again, _ = make_board_entry(EntryKind.BALLOT, [vote.ballots[0]])
    log.received.append(again)
    assert log.verdicts()[-1].reason is Reason.DUPLICATE


def test_second_succession_needs_another_standby_log() -> None:
    """The log in force is the successor: one to itself, and one that leads back, have no effect."""
    vote = hold_vote()
    log = log_of(vote).first(BALLOTS)
    log.add(EntryKind.SUCCESSION, [succession_note(log)])
    for new in (STANDBY, LOG):
        log.add(EntryKind.SUCCESSION, [succession_note(log, new=new)])
    assert [one.reason for one in log.verdicts()[-2:]] == [Reason.SUCCESSION] * 2


def test_audit_asks_in_which_log_the_record_stands() -> None:
    """A standby log without the observers' decision is no record, nor is the old log after it."""
    vote = hold_vote()
    before, after = log_of(vote), succeeded(vote, BALLOTS)
    for log, key, verdict in (
        (before, LOG.key, Verdict.VERIFIED),
        (before, STANDBY.key, Verdict.FALSE),
        (after, STANDBY.key, Verdict.VERIFIED),
        (after, LOG.key, Verdict.FALSE),
    ):
        board = audit_board(log, log=key)
        assert board.report.verdict is verdict
        failures = [failure.at for failure in board.report.results["V5"].failures]
        assert failures == ([] if verdict is Verdict.VERIFIED else ["log"])
    assert audit_board(after).successions == 1
    assert "another log, standby.example/2026, went on" in audit_board(after).report.results["V3"].findings[0].message
