"""The ballot box: gathers what comes within a few milliseconds, has it checked, and lets the log have it.

One thread; the arithmetic inside uses all cores. A ballot is handed to the log under the same lock under which the box
is shut, so that no ballot that was taken in stands behind the end of the vote.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from hashlib import sha256
from typing import Any

from psephos.board.log import Log
from psephos.board.note import VerifierKey
from psephos.board.pool import Batch, Ticket
from psephos.board.proof import Receipt
from psephos.board.storage import NotNowError
from psephos.errors import OutOfTurnError, PsephosError
from psephos.ports import Clock, UnixSeconds
from psephos.protocol.ballot import BallotChunk
from psephos.record.admission import Admitted, BallotAdmission, ballot_entry
from psephos.record.state import RecordState

CHUNK = 512
"""Ballots that are checked together."""
_MOST_WAITING = 4096

Answered = Future[Receipt]
Checked = dict[bytes, tuple[BallotChunk, int]]
"""Ballots that hold, by their SHA-256: the chunk in which their elements were read, and their place there."""


class Answers:
    """Who waits for which entry."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[bytes, list[Answered]] = {}

    def wait(self, ticket: Ticket, futures: Sequence[Answered]) -> None:
        """Answer these as soon as the entry is in the log."""
        with self._lock:
            if ticket.answer is None:
                self._waiting.setdefault(ticket.fingerprint, []).extend(futures)
                return
        for future in futures:
            _give(future, ticket.answer.receipt)

    def settle(self, batch: Batch) -> None:
        """Answer all who wait for entries of a batch that was committed."""
        with self._lock:
            found = [(self._waiting.pop(ticket.fingerprint, []), ticket) for ticket in batch.tickets]
        for futures, ticket in found:
            assert ticket.answer is not None
            for future in futures:
                _give(future, ticket.answer.receipt)


class Doors:
    """Whether ballots are taken in. Who holds `lock` can rely on the answer."""

    def __init__(self, log: VerifierKey) -> None:
        """Begin shut.

        Args:
            log: Our own key: ballots are taken in only while the record stands in our log.
        """
        self.lock = threading.Lock()
        self._log = log
        self.admission: BallotAdmission[Ticket] | None = None
        self._opens_at = self.closes_at = UnixSeconds(0)
        self._phase = "not set up yet"
        self._shut = False

    def follow(self, state: RecordState, *, known: Callable[[Sequence[bytes]], Sequence[Ticket | None]]) -> None:
        """See what the newest entries have changed."""
        with self.lock:
            if state.signed is not None:
                self._opens_at, self.closes_at = UnixSeconds(state.signed.terms.wire.opens_at), state.closes_at
            missing = ", ".join(sorted(state.waiting_for))
            self._phase = f"waiting for {missing} to accept its setup" if missing else str(state.phase)
            self._shut = False
            if state.log not in {None, self._log}:
                self._phase = f"{state.phase}, and this log waits until the observers decide that it goes on with it"
                self.admission = None
            elif not state.is_open or state.count is None or state.signed is None:
                self.admission = None
            elif self.admission is None:
                wire = state.signed.terms.wire
                self.admission = BallotAdmission(
                    state.count.form,
                    state.count.electorate,
                    largest=wire.largest_ballot,
                    per_hour=wire.ballots_per_hour,
                    known=known,
                )

    def shut(self) -> None:
        """Take in no ballot from now on, until `follow`. The caller holds the lock."""
        self._shut = True

    def pass_through(self, now: UnixSeconds) -> BallotAdmission[Ticket]:
        """The checks that a ballot must pass now.

        Raises:
            OutOfTurnError: No ballot is taken in now.
        """
        admission = self.admission
        if admission is None:
            raise OutOfTurnError(f"no ballots are taken in: the election is {self._phase}", at="Ballot")
        if now < self._opens_at:
            raise OutOfTurnError(f"ballots are taken in from {self._opens_at} on, and it is {now}", at="Ballot")
        if self._shut or now >= self.closes_at:
            raise OutOfTurnError(f"ballots were taken in until {self.closes_at}, and it is {now}", at="Ballot")
        return admission


class BallotBox:
    """One thread that takes ballots in."""

    def __init__(
        self,
        log: Log,
        doors: Doors,
        answers: Answers,
        *,
        clock: Clock,
        gather: float,
        fault: Callable[[Exception], None],
    ) -> None:
        """Bring the parts together.

        Args:
            log: Where ballots go.
            doors: Whether they may.
            answers: Who waits.
            clock: Tells the time.
            gather: Seconds in which ballots gather, before they are checked together.
            fault: Called with an error of ours that a ballot has brought to light.
        """
        self._log, self._doors, self._answers = log, doors, answers
        self._clock, self._gather, self._fault = clock, gather, fault
        self._came = threading.Condition()
        self._waiting: list[tuple[bytes, Answered]] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ballot box")
        self.checked: Checked = {}
        """The ballots that hold and were handed to the log, until somebody takes them out."""

    def start(self) -> None:
        """Begin to take in."""
        self._thread.start()

    def stop(self) -> None:
        """End, after what has come was checked."""
        with self._came:
            self._stopping = True
            self._came.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def hand_in(self, ballot: bytes) -> Answered:
        """Hand in a ballot.

        Returns:
            Its receipt, once it is in the log; or the error for which it is refused.

        Raises:
            NotNowError: Too many wait.
        """
        future: Answered = Future()
        with self._came:
            if len(self._waiting) >= _MOST_WAITING or self._stopping:
                raise NotNowError(f"{len(self._waiting)} ballots wait already", retry_after=1)
            self._waiting.append((ballot, future))
            if len(self._waiting) == 1:
                self._came.notify()
        return future

    def _run(self) -> None:
        while True:
            with self._came:
                self._came.wait_for(lambda: self._waiting or self._stopping)
                if not self._waiting:
                    return
            if len(self._waiting) < CHUNK:
                time.sleep(self._gather)
            with self._came:
                taken, self._waiting = self._waiting[:CHUNK], self._waiting[CHUNK:]
            ballots: dict[bytes, list[Answered]] = {}
            for ballot, future in taken:
                ballots.setdefault(ballot, []).append(future)
            try:
                decided = self._append(self._decide(list(ballots)))
                for futures, decision in zip(ballots.values(), decided, strict=True):
                    self._act(futures, decision)
            except Exception as error:  # noqa: BLE001 - this thread goes on, and nobody waits for nothing
                self._fault(error)
                for _, future in taken:
                    if not future.done():
                        fail(future, error)

    def _decide(self, ballots: list[bytes]) -> list[Admitted | Ticket | Exception]:
        """Check ballots. One that makes us fail does not take the others with it."""
        now = self._clock.now()
        try:
            try:
                admission = self._doors.pass_through(now)
            except OutOfTurnError as error:  # what was taken in before is answered at any time
                return [self._find(ballot) or error for ballot in ballots]
            return list(admission.admit(ballots, now=now))
        except PsephosError as error:
            return [error] * len(ballots)
        except Exception as error:  # noqa: BLE001 - nobody may stop the vote with a ballot that we do not foresee
            if len(ballots) > 1:
                return [self._decide([ballot])[0] for ballot in ballots]
            self._fault(error)
            return [error]

    def _find(self, ballot: bytes) -> Ticket | PsephosError | None:
        """A ballot that is in the log; or why that cannot be said of it."""
        try:
            return self._log.find([ballot_entry(ballot)])[0]
        except PsephosError as error:
            return error

    def _append(self, decided: Sequence[Admitted | Ticket | Exception]) -> list[Ticket | Exception]:
        """Hand what was admitted to the log, all of it together; for each ballot its ticket, or why it has none."""
        admitted = [one for one in decided if isinstance(one, Admitted)]
        with self._doors.lock:
            handed = iter(self._submit(admitted) if admitted else [])
        return [next(handed) if isinstance(one, Admitted) else one for one in decided]

    def _submit(self, admitted: Sequence[Admitted]) -> Sequence[Ticket | PsephosError]:
        """The caller holds the doors' lock."""
        fingerprints = [sha256(one.ballot).digest() for one in admitted]
        found: Sequence[Ticket | PsephosError]
        try:
            self._doors.pass_through(self._clock.now())
            self.checked.update(zip(fingerprints, (one.read for one in admitted), strict=True))
            found = self._log.submit_all([(one.entry, one.credential) for one in admitted])
        except PsephosError as error:
            found = [error] * len(admitted)
        for one, fingerprint, result in zip(admitted, fingerprints, found, strict=True):
            if isinstance(result, PsephosError):
                self.checked.pop(fingerprint, None)
                if self._doors.admission is not None:
                    self._doors.admission.allowances.give_back(one.row)
        return found

    def _act(self, futures: list[Answered], decision: Ticket | Exception) -> None:
        if isinstance(decision, Ticket):
            self._answers.wait(decision, futures)
            return
        for future in futures:
            fail(future, decision)


def _give(future: Answered, receipt: Receipt) -> None:
    if future.set_running_or_notify_cancel():
        future.set_result(receipt)


def fail(future: Future[Any], error: Exception) -> None:
    """Tell whoever waits why nothing will come."""
    if future.set_running_or_notify_cancel():
        future.set_exception(error)
