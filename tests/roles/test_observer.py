"""An observer's report says one thing only, and its alarms begin and end when they should."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.cosignature import Ed25519Cosigner
from psephos.board.policy import read_policy, verify_checkpoint
from psephos.errors import InvalidProofError, MalformedError
from psephos.ports import UnixSeconds
from psephos.record.rules import Reason
from psephos.roles.observer import (
    PROVES_FALSE,
    Alarm,
    Change,
    ObserverReport,
    Patience,
    Watch,
    is_stalled,
    make_report,
    sign_report,
    verify_report,
    write_list,
)
from psephos.verify.board_audit import Excluded
from tests.board.example import LOG, NOW, OBSERVER, ORIGIN, broken, head_of, leaves_of

KEY = OBSERVER.key
DIGEST = st.binary(min_size=32, max_size=32).map(bytes.hex)
REPORTS = st.builds(
    ObserverReport,
    st.just(ORIGIN),
    st.integers(1, 30).map(lambda size: head_of(leaves_of(size))),
    DIGEST | st.just(""),
    DIGEST,
    DIGEST | st.just(""),
    st.integers(0, 2**40),
    DIGEST,
)
FIRST = Excluded(7, "Ballot", Reason.DUPLICATE, "mismatch", "twice", "", "")
SECOND = Excluded(9, "", Reason.MALFORMED, "malformed", "nothing", "line 1", "")


@given(REPORTS)
def test_report_is_read_as_it_was_signed(report: ObserverReport) -> None:
    """By the verifying key, and by no other."""
    note = sign_report(report, OBSERVER, now=NOW)
    assert verify_report(note, KEY) == report
    with pytest.raises(InvalidProofError):
        verify_report(note, Ed25519Cosigner(KEY.name, bytes(32)).key)
    with pytest.raises(InvalidProofError):
        verify_report(note, Ed25519Cosigner("other.example/v", bytes(32)).key)


@given(REPORTS, st.data())
def test_changed_report_is_refused(report: ObserverReport, data: st.DataObject) -> None:
    """Whatever is changed, nothing else is read than what was signed."""
    note = data.draw(broken(sign_report(report, OBSERVER, now=NOW)))
    with suppress(MalformedError, InvalidProofError):
        assert verify_report(note, KEY) == report


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("psephos/report/1", "psephos/report/2"),
        ("ruleset " + "0" * 64, "ruleset none"),
        ("charter none\n", ""),
        ("charter none\n", "charter none\ncharter none\n"),
        ("without-effect 0 ", "without-effect 00 "),
        ("without-effect 0 ", "without-effect "),
        ("log ", "lag "),
    ],
)
def test_report_of_another_form_is_refused(old: str, new: str) -> None:
    """Even if the right key signed it."""
    report = ObserverReport(ORIGIN, head_of(leaves_of(3)), "", "0" * 64, "", 0, "1" * 64)
    text = sign_report(report, OBSERVER, now=NOW).partition(b"\n\n")[0] + b"\n"
    assert old.encode() in text
    text = text.replace(old.encode(), new.encode())
    line = OBSERVER.cosign(text, now=NOW)
    note = read_signed_checkpoint(sign_report(report, OBSERVER, now=NOW))
    forged = text + b"\n" + bytes(note.with_signatures([line])).rpartition(b"\n\n")[2]
    with pytest.raises(MalformedError):
        verify_report(forged, KEY)


def test_report_is_no_checkpoint_of_the_board() -> None:
    """A policy that counts the key does not take a report for a tree of the log."""
    report = ObserverReport(ORIGIN, head_of(leaves_of(3)), "", "0" * 64, "", 0, "1" * 64)
    signed = read_signed_checkpoint(sign_report(report, OBSERVER, now=NOW))
    policy = read_policy(f"log {LOG.key}\nwitness o {KEY}\nquorum o\n".encode())
    with pytest.raises(InvalidProofError):
        verify_checkpoint(signed, policy)


def test_list_depends_on_the_rules_alone() -> None:
    """Index, kind and reason; the words of a message are each program's own."""
    listed = write_list([FIRST, SECOND])
    assert listed == b"7\tBallot\tduplicate\n9\t-\tmalformed\n"
    report, same = make_report(
        log=ORIGIN, head=head_of(leaves_of(10)), charter=b"{}", ruleset=b"[]", record="", excluded=[FIRST, SECOND]
    )
    assert (same, report.excluded) == (listed, 2)


def look(watch: Watch, now: int, *alarms: Alarm) -> list[Change]:
    """A look that finds these."""
    return watch.look(dict.fromkeys(alarms, "why"), now=UnixSeconds(now))


@pytest.mark.parametrize("alarm", Alarm)
def test_alarm_begins_once_and_ends_once(alarm: Alarm) -> None:
    """What a cache or a restart does for a while waits for its patience; what is signed does not."""
    watch = Watch(Patience(trouble=120))
    waits = alarm in {Alarm.ROLLBACK, Alarm.MISSING_DATA}
    begins, ends = [Change(alarm, begins=True, reason="why")], [Change(alarm, begins=False, reason="why")]
    assert look(watch, 1000, alarm) == ([] if waits else begins)
    assert look(watch, 1119, alarm) == []
    assert look(watch, 1120, alarm) == (begins if waits else [])
    assert look(watch, 1500, alarm) == []
    assert watch.standing == {alarm: "why"}
    assert look(watch, 1501) == ends
    assert look(watch, 1502) == []
    assert watch.standing == {}


def test_trouble_that_passes_is_no_alarm() -> None:
    """It has to last without a break."""
    watch = Watch(Patience(trouble=120))
    for now in (0, 100):
        assert look(watch, now, Alarm.ROLLBACK) == []
    assert look(watch, 110) == []
    assert look(watch, 130, Alarm.ROLLBACK) == []
    assert look(watch, 249, Alarm.ROLLBACK) == []
    assert [change.begins for change in look(watch, 250, Alarm.ROLLBACK)] == [True]


def test_silence_counts_only_while_voters_wait() -> None:
    """And only once there was something to hear."""
    patience = Patience(stalled=900)
    for is_open, fresh_at, now, stalled in (
        (True, 1000, 1900, False),
        (True, 1000, 1901, True),
        (False, 1000, 9000, False),
        (True, 0, 9000, False),
    ):
        found = is_stalled(is_open=is_open, fresh_at=UnixSeconds(fresh_at), now=UnixSeconds(now), patience=patience)
        assert found is stalled


def test_missing_data_proves_nothing() -> None:
    """Nor does silence: neither may end with the exit code of a log that lies."""
    assert set(Alarm) - PROVES_FALSE == {Alarm.MISSING_DATA, Alarm.STALLED}


def test_look_that_does_not_end_is_an_alarm_until_it_does() -> None:
    """Nothing comes: missing data. It goes on and on, although something comes: stalled. Each is said once."""
    watch = Watch(Patience(trouble=120, stalled=900))
    assert watch.overdue(silent=119, seconds=119) == []
    assert [change.alarm for change in watch.overdue(silent=120, seconds=120)] == [Alarm.MISSING_DATA]
    assert watch.overdue(silent=121, seconds=121) == []
    assert [change.alarm for change in watch.overdue(silent=1, seconds=900)] == [Alarm.STALLED]
    assert set(watch.standing) == {Alarm.MISSING_DATA, Alarm.STALLED}
    assert [(change.alarm, change.begins) for change in look(watch, 2000)] == [
        (Alarm.MISSING_DATA, False),
        (Alarm.STALLED, False),
    ]
    assert Watch(Patience(trouble=0)).overdue(silent=5, seconds=5) == []
