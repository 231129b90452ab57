"""What a trustee decrypts on a board is what it would decrypt by files; and its reason, where the quorum is missing."""

from __future__ import annotations

import pytest

from psephos.errors import MalformedError, MismatchError, OutOfTurnError
from psephos.protocol.decryption import BoundDecryption
from psephos.protocol.encoding import read_json, sha256_hex
from psephos.record.board_entries import EntryKind
from psephos.record.keyfile import Answer
from psephos.record.state import RecordState, judge_log
from psephos.record.without_quorum import read_without_quorum
from psephos.roles import trustee
from tests.support.bad_entries import CLOSE, END, TALLY, entry
from tests.support.logged import MemoryLog, hold_vote, log_of
from tests.support.referendum import make_charter
from tests.support.world import randomness

HELD = hold_vote()
RECORD = read_json(HELD.decryptions[1][2], BoundDecryption, what="second proof").record
"""Fingerprint of the record's tally, as the trustees were told it by files."""


def state_of(log: MemoryLog) -> RecordState:
    """What a log says."""
    state = RecordState(log)
    for _ in judge_log(log, state):
        pass
    return state


@pytest.mark.parametrize("size", range(CLOSE + 1, END + 1))
def test_record_on_the_board_is_that_of_files(size: int) -> None:
    """From the close on, whether or not the tally, decryptions or the result stand there already."""
    tallied = trustee.tallied_by(state_of(log_of(HELD).first(size)))
    assert (tallied.record, tallied.tally.num_tallied) == (RECORD, 5)
    assert tallied.setup.fingerprint == sha256_hex(HELD.setup[-1])


@pytest.mark.parametrize("size", [0, 1, 2, CLOSE])
def test_nothing_is_decrypted_before_the_close(size: int) -> None:
    """Whatever stands in the log so far."""
    with pytest.raises(OutOfTurnError, match="has not ended"):
        trustee.tallied_by(state_of(log_of(HELD).first(size)))


def test_answer_given_by_files_is_the_one_answer_on_the_board() -> None:
    """The same request: the journal gives the same bytes again; another board's record is refused."""
    tallied = trustee.tallied_by(state_of(log_of(HELD).first(TALLY)))
    arguments = {"kept": HELD.keys[1], "accepted": HELD.acceptances[1], "rng": randomness(4)}
    answered = trustee.answer(HELD.charter, tallied, told=tallied.record, given=None, **arguments)  # type: ignore[arg-type]
    assert read_json(answered, Answer, what="answer").record == RECORD
    assert trustee.answer(HELD.charter, tallied, told=RECORD, given=answered, **arguments) == answered  # type: ignore[arg-type]
    log = log_of(HELD).first(TALLY)
    del log.received[CLOSE - 1]
    one_less = trustee.tallied_by(state_of(log_of_closed(log)))
    assert one_less.record != RECORD
    with pytest.raises(trustee.RefusedError, match="answers no second one"):
        trustee.answer(HELD.charter, one_less, told=one_less.record, given=answered, **arguments)  # type: ignore[arg-type]


def log_of_closed(log: MemoryLog) -> MemoryLog:
    """The log with an end that holds at its new place."""
    log.received[-1] = entry(EntryKind.END_BALLOTS, HELD.time(HELD.terms.wire.closes_at))
    return log


def test_reason_is_signed_by_the_trustees_own_key() -> None:
    """It is what the record's rules take, and names referendum, setup and trustee."""
    tallied = trustee.tallied_by(state_of(log_of(HELD).first(TALLY)))
    reason = "two observers cannot be reached since Monday"
    made = trustee.state_reason(HELD.charter, tallied, reason=reason, kept=HELD.keys[2], rng=randomness(3))
    statement = read_without_quorum(made)
    assert (statement.party, statement.reason, statement.charter) == ("trustee 3", reason, HELD.name)
    state = state_of(log_of(HELD).with_entries([(TALLY, entry(EntryKind.WITHOUT_QUORUM, made))]))
    assert state.without_quorum == {"trustee 3": statement}


def test_reason_for_another_referendum_or_without_words_is_not_signed() -> None:
    """The key file and the charter have to belong together; a reason is a line that can be shown."""
    tallied = trustee.tallied_by(state_of(log_of(HELD).first(TALLY)))
    with pytest.raises(MismatchError):
        trustee.state_reason(
            make_charter(size=3, threshold=2), tallied, reason="x", kept=HELD.keys[2], rng=randomness(3)
        )
    for reason in ("", "two\nlines", "\x1b[31mred"):
        with pytest.raises(MalformedError):
            trustee.state_reason(HELD.charter, tallied, reason=reason, kept=HELD.keys[2], rng=randomness(3))
