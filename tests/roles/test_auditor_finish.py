"""Anybody computes the tally and the result of a vote that has ended, and comes to the same bytes."""

from __future__ import annotations

import pytest

from psephos.errors import OutOfTurnError
from psephos.record.board_entries import EntryKind, make_board_entry
from psephos.record.state import RecordState, judge_log
from psephos.roles.auditor_finish import next_entry
from tests.support.bad_entries import CLOSE, DECRYPTED, END, RESULT, TALLY
from tests.support.logged import hold_vote, log_of

HELD = hold_vote()


def state_at(size: int) -> RecordState:
    """What the log says when it has this size."""
    log = log_of(HELD).first(size)
    state = RecordState(log)
    for _ in judge_log(log, state):
        pass
    return state


@pytest.mark.parametrize(
    ("size", "kind"), [(TALLY, EntryKind.ENCRYPTED_TALLY), (RESULT, EntryKind.RESULT)], ids=["tally", "result"]
)
def test_what_follows_is_what_stands_in_the_log(size: int, kind: EntryKind) -> None:
    """Byte for byte the entry that had effect."""
    found, contents = next_entry(state_at(size))
    assert found is kind
    assert make_board_entry(found, contents)[0] == log_of(HELD).received[size]


@pytest.mark.parametrize("size", [0, 1, 2, CLOSE])
def test_nothing_follows_before_the_close(size: int) -> None:
    """The closing time is said where it is known."""
    with pytest.raises(OutOfTurnError, match="has not ended" if size == 0 else "it closes at 2027-01-15T10:46:40Z"):
        next_entry(state_at(size))


@pytest.mark.parametrize(
    ("size", "missing"),
    [
        (DECRYPTED, ["Trustee Aster", "Trustee Birch", "Trustee Cedar"]),
        (DECRYPTED + 1, ["Trustee Birch", "Trustee Cedar"]),
    ],
)
def test_too_few_trustees_are_waited_for_by_name(size: int, missing: list[str]) -> None:
    """Those who have not decrypted yet."""
    with pytest.raises(OutOfTurnError, match="more are needed") as refused:
        next_entry(state_at(size))
    assert all(name in refused.value.hint for name in missing)
    assert refused.value.hint.count("Trustee") == len(missing)


def test_nothing_follows_the_result() -> None:
    """The first one stands."""
    with pytest.raises(OutOfTurnError, match="already"):
        next_entry(state_at(END))
