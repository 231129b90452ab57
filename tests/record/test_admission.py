"""Admission to the ballot box: every check, in order of cost; a chunk together and each alone come to the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.errors import InvalidProofError, MalformedError, MismatchError, PsephosError, RuleError
from psephos.ports import UnixSeconds
from psephos.protocol.ballot import BallotChunk
from psephos.record.admission import HOUR, Admitted, AllowanceError, Allowances, BallotAdmission, ballot_entry
from psephos.record.counting import BallotCount
from psephos.record.state import RecordState, judge_log
from tests.support.bad_entries import another_vote, ballot_by, forged
from tests.support.logged import hold_vote, log_of

NOW = UnixSeconds(1_800_000_000)
VOTE = hold_vote()
GOOD = VOTE.ballots
ELSEWHERE = another_vote().ballots[0]
"""Of another election."""
BAD: dict[bytes, type[PsephosError]] = {
    b"": MalformedError,
    b"{}": MalformedError,
    GOOD[0] + b" ": MalformedError,
    GOOD[0].replace(b'":"', b'": "', 1): MalformedError,
    GOOD[0][:-2]: MalformedError,
    bytes(10_001): MalformedError,
    ELSEWHERE: MismatchError,
    ballot_by(VOTE): RuleError,
    forged(GOOD[0]): InvalidProofError,
    VOTE.unproven: InvalidProofError,
}


def count() -> BallotCount:
    """The ballots' form and the electorate, as the log has them."""
    log, size = log_of(VOTE), 2 + len(VOTE.acceptances)
    state = RecordState(log.first(size))
    assert all(verdict.has_effect for verdict in judge_log(log.first(size), state))
    assert state.is_open
    assert state.count is not None
    return state.count


COUNT = count()


def box(known: dict[bytes, int] | None = None, *, per_hour: int = 20) -> BallotAdmission[int]:
    """A ballot box that knows these entries."""
    return BallotAdmission(
        COUNT.form,
        COUNT.electorate,
        largest=10_000,
        per_hour=per_hour,
        known=lambda entries: [(known or {}).get(entry) for entry in entries],
    )


def kinds(decisions: list[Admitted | int | PsephosError]) -> list[object]:
    """What a test compares: the entry, the place, or the error's code and place."""
    return [
        (type(one), one.code, one.at)
        if isinstance(one, PsephosError)
        else one.entry
        if isinstance(one, Admitted)
        else one
        for one in decisions
    ]


@given(ballots=st.lists(st.sampled_from([*GOOD, *BAD]), unique=True, max_size=8))
@settings(max_examples=40)
def test_ballots_are_judged_together_as_each_would_be_alone(ballots: list[bytes]) -> None:
    """One ballot in a chunk decides nothing about another."""
    together = box().admit(ballots, now=NOW)
    assert kinds(together) == [kinds(box().admit([ballot], now=NOW))[0] for ballot in ballots]
    for ballot, decision in zip(ballots, together, strict=True):
        if ballot in BAD:
            assert isinstance(decision, BAD[ballot])
        else:
            assert isinstance(decision, Admitted)
            assert (decision.entry, decision.ballot) == (ballot_entry(ballot), ballot)
            assert decision.credential == COUNT.form.credential_of(ballot).encode()
            assert decision.row == COUNT.electorate.row(decision.credential.decode())


def test_ballot_that_the_log_has_is_found_before_anything_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even its form is looked at again: the answer is its first place."""
    monkeypatch.setattr(BallotChunk, "check_signatures", lambda _: pytest.fail("it was checked"))
    known = {ballot_entry(GOOD[0]): 7, ballot_entry(b"{}"): 9}
    assert box(known).admit([GOOD[0], b"{}"], now=NOW) == [7, 9]


def test_dear_checks_are_only_made_of_what_passed_the_cheap_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures of listed credentials; proofs of signed ballots that are within the allowance."""
    checked: dict[str, list[list[bytes]]] = {"check_signatures": [], "check_proofs": []}
    for name, found in checked.items():
        real = getattr(BallotChunk, name)

        def spy(chunk: BallotChunk, real: object = real, found: list[list[bytes]] = found) -> object:
            found.append(chunk.texts)
            return real(chunk)  # type: ignore[operator]

        monkeypatch.setattr(BallotChunk, name, spy)
    ballots = [b"{}", ballot_by(VOTE), forged(GOOD[0]), GOOD[0], GOOD[3], VOTE.unproven]  # two of voter 0
    decisions = box(per_hour=1).admit(ballots, now=NOW)
    assert checked["check_signatures"] == [[forged(GOOD[0]), GOOD[0], GOOD[3], VOTE.unproven]]
    assert checked["check_proofs"] == [[GOOD[0], VOTE.unproven]]
    assert [type(one) for one in decisions] == [
        MalformedError,
        RuleError,
        InvalidProofError,
        Admitted,
        AllowanceError,
        InvalidProofError,
    ]


def test_forged_signatures_use_up_nobodys_allowance() -> None:
    """Whoever has only a public credential cannot keep its voter from voting; a wrong proof costs the voter herself."""
    one = box(per_hour=1)
    for _ in range(5):
        (decision,) = one.admit([forged(GOOD[0])], now=NOW)
        assert isinstance(decision, InvalidProofError)
    assert isinstance(one.admit([GOOD[0]], now=NOW)[0], Admitted)
    assert isinstance(one.admit([GOOD[3]], now=NOW)[0], AllowanceError)
    other = box(per_hour=1)
    assert isinstance(other.admit([VOTE.unproven], now=NOW)[0], InvalidProofError)
    assert isinstance(other.admit([GOOD[8]], now=NOW)[0], AllowanceError)  # of the same voter


@given(
    per_hour=st.integers(1, 50),
    steps=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 1)), max_size=200),
)
def test_allowance_is_that_of_a_bucket_that_fills_in_an_hour(per_hour: int, steps: list[tuple[int, int]]) -> None:
    """As an exact bucket would have it, for each voter by herself, whatever others do."""
    allowances, now = Allowances(2, per_hour=per_hour), NOW
    price = HOUR * 1000 // per_hour
    level = [HOUR * 1000, HOUR * 1000]  # in thousandths of a second that were paid in
    for pause, row in steps:
        now = UnixSeconds(now + pause)
        level = [min(HOUR * 1000, one + pause * 1000) for one in level]
        if level[row] >= price:
            allowances.take(row, now=now)
            level[row] -= price
            continue
        with pytest.raises(AllowanceError) as caught:
            allowances.take(row, now=now)
        assert (caught.value.code, caught.value.retry_after) == ("too-many", -(-(price - level[row]) // 1000))


def test_allowance_that_is_given_back_can_be_taken_again() -> None:
    """A ballot that found the pool full has cost nothing."""
    allowances = Allowances(1, per_hour=1)
    allowances.take(0, now=NOW)
    allowances.give_back(0)
    allowances.take(0, now=NOW)
    with pytest.raises(AllowanceError):
        allowances.take(0, now=UnixSeconds(NOW + HOUR - 1))
    allowances.take(0, now=UnixSeconds(NOW + HOUR))
