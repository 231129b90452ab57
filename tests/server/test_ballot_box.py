"""The ballot box without a server: a ballot that brings a fault of ours to light stops nobody else's."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait

import pytest

from psephos.adapters.ballot_box import Answers, BallotBox, Doors
from psephos.board.log import Log
from psephos.board.pool import Ticket
from psephos.board.proof import Receipt
from psephos.board.storage import NotNowError
from psephos.errors import MalformedError, OutOfTurnError, PsephosError
from psephos.ports import UnixSeconds
from psephos.record.admission import Admitted, ballot_entry
from tests.board.log_world import World
from tests.server.process import SetClock


class Allowing:
    """An admission that lets everything in, fails at some ballots, and refuses one."""

    def __init__(self) -> None:
        self.chunks: list[list[bytes]] = []
        self.given_back: list[int] = []
        self.allowances = self

    def admit(self, ballots: Sequence[bytes], *, now: UnixSeconds) -> list[Admitted | PsephosError]:
        self.chunks.append(list(ballots))
        if any(ballot.startswith(b"poison") for ballot in ballots):
            raise ZeroDivisionError(now)
        return [
            MalformedError("no") if ballot == b"bad" else Admitted(ballot_entry(ballot), ballot, ballot[:1], 7, None)  # type: ignore[arg-type]
            for ballot in ballots
        ]

    def give_back(self, row: int) -> None:
        self.given_back.append(row)


class OpenDoors(Doors):
    """Doors that a test opens and shuts."""

    def __init__(self, admission: Allowing) -> None:
        super().__init__(None)  # type: ignore[arg-type]
        self.admission = admission  # type: ignore[assignment]
        self.shut_now = False

    def pass_through(self, now: UnixSeconds) -> Allowing:  # type: ignore[override]
        if self.shut_now:
            raise OutOfTurnError(f"shut at {now}")
        return self.admission  # type: ignore[return-value]


class Stage:
    """A log in memory, its box, and what its faults were."""

    def __init__(self) -> None:
        self.world, self.admission, self.answers = World(), Allowing(), Answers()
        self.doors, self.faults = OpenDoors(self.admission), list[Exception]()
        self.log: Log = self.world.open()
        self.box = BallotBox(
            self.log, self.doors, self.answers, clock=SetClock(), gather=0.05, fault=self.faults.append
        )

    def commit(self) -> None:
        """Commit a batch and answer."""
        self.log.sequence(self.world.now, answered=self.answers.settle)

    def until_checked(self, condition: Callable[[], bool]) -> None:
        """Wait for the thread."""
        end = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.005)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """It runs."""
    found = Stage()
    found.box.start()
    yield found
    found.box.stop()


def test_ballot_that_makes_us_fail_does_not_take_the_others_with_it(stage: Stage) -> None:
    """They are checked again, one by one; the fault is told, and so is whoever handed it in."""
    names = [b"a", b"poison", b"b", b"bad", b"poison 2"]
    futures: list[Future[Receipt]] = [stage.box.hand_in(name) for name in names]
    stage.until_checked(lambda: len(stage.log._pool) == 2 and sum(future.done() for future in futures) == 3)
    stage.commit()
    wait(futures, timeout=10)
    assert [type(future.exception()) for future in futures] == [
        type(None),
        ZeroDivisionError,
        type(None),
        MalformedError,
        ZeroDivisionError,
    ]
    assert [type(fault) for fault in stage.faults] == [ZeroDivisionError] * 2
    assert {future.result().index for future in (futures[0], futures[2])} == {0, 1}


def test_same_ballot_at_once_is_checked_once_and_answered_to_all(stage: Stage) -> None:
    """Ten hand it in; the log has it once."""
    futures = [stage.box.hand_in(b"a") for _ in range(10)]
    stage.until_checked(lambda: len(stage.log._pool) == 1)
    stage.commit()
    assert {future.result(timeout=10).index for future in futures} == {0}
    assert sum(chunk.count(b"a") for chunk in stage.admission.chunks) <= 2  # two, if the thread was in between


def test_ballot_that_finds_the_doors_shut_in_the_end_costs_nothing(stage: Stage) -> None:
    """They may shut while it is checked; then it is refused, and its allowance is given back."""
    real = stage.admission.admit

    def admit(ballots: Sequence[bytes], *, now: UnixSeconds) -> list[Admitted | PsephosError]:
        found = real(ballots, now=now)
        stage.doors.shut_now = True
        return found

    stage.admission.admit = admit  # type: ignore[method-assign]
    future = stage.box.hand_in(b"a")
    assert isinstance(future.exception(timeout=10), OutOfTurnError)
    assert (stage.admission.given_back, len(stage.log._pool), stage.box.checked) == ([7], 0, {})


def test_ballot_for_which_there_is_no_room_costs_nothing_and_keeps_nobody_out(stage: Stage) -> None:
    """Of three that come together two find room: the third is told to come again, and has its allowance back."""
    stage.log._pool._most = 2
    futures = [stage.box.hand_in(name) for name in (b"a", b"b", b"c")]
    assert isinstance(futures[2].exception(timeout=10), NotNowError)
    assert (stage.admission.given_back, len(stage.log._pool), len(stage.box.checked)) == ([7], 2, 2)
    stage.commit()
    assert {future.result(timeout=10).index for future in futures[:2]} == {0, 1}


def test_ballot_that_was_taken_in_is_answered_behind_shut_doors(stage: Stage) -> None:
    """Its first place, at any time; another one is refused."""
    first = stage.box.hand_in(b"a")
    stage.until_checked(lambda: len(stage.log._pool) == 1)
    stage.doors.shut_now = True
    waiting = stage.box.hand_in(b"a")  # not committed yet: it waits for the same answer
    refused = stage.box.hand_in(b"b")
    assert isinstance(refused.exception(timeout=10), OutOfTurnError)
    stage.commit()
    assert first.result(timeout=10).index == waiting.result(timeout=10).index == 0
    assert stage.box.hand_in(b"a").result(timeout=10).index == 0


def test_box_that_is_full_says_so() -> None:
    """Nobody waits without end: 503, and come again."""
    stage = Stage()  # nobody takes anything out
    for number in range(4096):
        stage.box.hand_in(b"%d" % number)
    with pytest.raises(NotNowError) as caught:
        stage.box.hand_in(b"one more")
    assert caught.value.retry_after == 1


def test_oversized_ballot_while_the_doors_are_shut_says_nothing_about_the_others(stage: Stage) -> None:
    """Whoever hands in again for a receipt gets it, whatever comes in the same moment."""
    first = stage.box.hand_in(b"a")
    stage.until_checked(lambda: len(stage.log._pool) == 1)
    stage.commit()
    assert first.result(timeout=10)
    stage.doors.shut_now = True
    ballots = [b"a", bytes(65_000), b"b"]
    decided = stage.box._decide(ballots)
    assert [type(one) for one in decided] == [Ticket, MalformedError, OutOfTurnError]
