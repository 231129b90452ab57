"""A board and its ballot box: the log, what its entries mean so far, and the one thread that writes.

That thread takes turns. In each it has entries of other kinds than ballots judged by the state that they would change,
ends the vote if its time has come, commits what waits, and publishes. Whatever fails in the log ends the process.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from psephos.adapters.ballot_box import Answered, fail
from psephos.adapters.board_directory import charter_entry
from psephos.adapters.board_parts import Job, Parts, ServiceSettings
from psephos.adapters.successor import show_successions
from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.pool import Ticket
from psephos.board.recovery import CHECKPOINT, LATEST, VERIFIED
from psephos.board.storage import FatalError, NotNowError
from psephos.errors import MismatchError, OutOfTurnError, PsephosError, RefusedError, UnavailableError
from psephos.ports import Clock
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.board_entries import EntryKind, StartAlone, make_board_entry, read_board_entry
from psephos.record.terms import Terms

_OWN = frozenset({EntryKind.CHARTER, EntryKind.START_ALONE})
_MOST_JOBS = 64
_COLLECT_EVERY = 256
_HURRY_SECONDS = 2.0


class BoardService:
    """Takes things in, and writes."""

    def __init__(
        self,
        parts: Parts,
        *,
        directory: Path,
        note: bytes,
        terms: Terms,
        clock: Clock,
        settings: ServiceSettings,
        say: Callable[..., None],
        on_fatal: Callable[[FatalError], None],
    ) -> None:
        """Bring the parts together.

        Args:
            parts: The parts.
            directory: The server's.
            note: The charter, signed: entry 0.
            terms: The charter's.
            clock: Tells the time.
            settings: The operator's.
            say: Takes an event and its values.
            on_fatal: Ends the process.
        """
        self._log, self._record, self._answers = parts.log, parts.record, parts.answers
        self._doors, self.box, self._buckets, self._cosigning = parts.doors, parts.box, parts.buckets, parts.cosigning
        self._directory = directory
        self._note, self._terms, self._clock, self._settings = note, terms, clock, settings
        self._say, self._on_fatal = say, on_fatal
        self._confirmation = parts.confirmation
        self._jobs: deque[Job] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sequencer")
        self._published: dict[str, SignedCheckpoint] = {}
        self._collected = 0
        self._hurry_due = 0.0

    # ── the beginning and the end ───────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Judge what is in the log, ask what others have seen of it, and begin.

        Raises:
            RefusedError: The log is of another charter, or somebody has seen more of it than we have.
            UnavailableError: Something that is stored cannot be read.
        """
        self._record.replay()
        self._check_charter()
        show_successions(self._directory, self._record.state)
        self._say("judged", entries=self._record.state.size, phase=self._record.state.phase)
        alone = self._settings.start_alone and not self._waits
        self._confirmation.begin(alone=alone)
        if alone and not self._confirmation.stands:
            self._start_alone()
        confirmed = str(self._confirmation.stands).lower()
        self._say("standing", confirmed=confirmed, witnesses=self._cosigning.witnesses)
        self._thread.start()
        self._buckets.start()
        self.box.start()
        self._cosigning.start()

    def stop(self) -> None:
        """Commit what was accepted, and end."""
        self.box.stop()
        self._stopping = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._buckets.stop()
        self._cosigning.stop()

    def _check_charter(self) -> None:
        state = self._record.state
        if not state.size and self._terms.wire.log != str(self._terms.logs[0]):
            raise RefusedError(
                "this is a standby log, and the charter's own log begins the vote",
                at="/board/standby",
                hint="if that log is dead or forked: psephos-server succeed",
            )
        if state.size and (state.signed is None or state.signed.terms.wire != self._terms.wire):
            raise RefusedError("the log begins with another charter than the one that was taken", at="entry 0")

    def _start_alone(self) -> None:
        """Say in the log that nobody confirmed its head; in an empty log, the charter comes first."""
        size = self._log.signed.head.size
        statement = StartAlone(size=size, at=self._clock.now())
        entry, _ = make_board_entry(EntryKind.START_ALONE, [write_json(statement)])
        if size:
            self._log.start_alone(entry)
        else:
            charter, blobs = charter_entry(self._note)
            self._log.start_alone(charter)
            for blob in blobs.values():
                self._log.store_blob(blob)
            self._commit()
            self._log.submit(entry, alone=True)
        self._commit()
        self._confirmation.stands = True
        self._say("alone", size=size)

    # ── what anybody may do ─────────────────────────────────────────────────────────────────────────────────────

    def hand_in_ballot(self, ballot: bytes) -> Answered:
        """See `BallotBox.hand_in`."""
        return self.box.hand_in(ballot)

    def look_at(self, entry: bytes) -> Future[Any]:
        """Look at an entry before its objects are read.

        Returns:
            Its receipt if it is in the log already; None if it would have effect with the right objects; or why not.

        Raises:
            NotNowError: Too many wait.
            UnavailableError: The log cannot be read.
        """
        future: Future[Any] = Future()
        (ticket,) = self._log.find([entry])
        if ticket is not None:
            self._answers.wait(ticket, [future])
        else:
            self._queue(Job(entry, None, future))
        return future

    def hand_in(self, entry: bytes, blobs: Sequence[bytes]) -> Answered:
        """Hand in an entry of another kind than ballots.

        Args:
            entry: Its bytes.
            blobs: The objects that it names, in its order.

        Returns:
            Its receipt, once it is in the log; or the error for which it is refused.

        Raises:
            MalformedError: It is not an entry.
            MismatchError: The objects are not those that it names.
            RefusedError: It is of a kind that nobody hands in.
            NotNowError: Too many wait.
        """
        read = read_board_entry(entry)
        if read.kind in _OWN:
            raise RefusedError(f"an entry of kind {read.kind} is made by the server itself", at=read.kind)
        named = [part.digest for part in read.parts if part.content is None]
        found = [sha256_hex(blob) for blob in blobs]
        if named != found:
            raise MismatchError("the objects are not those that the entry names, in its order", at="blobs")
        future: Answered = Future()
        self._queue(Job(entry, dict(zip(found, blobs, strict=True)), future))
        return future

    def health(self) -> dict[str, Any]:
        """What the service is doing."""
        state, now = self._record.state, self._clock.now()
        try:
            self._doors.pass_through(now)
        except OutOfTurnError:
            ballots = False
        else:
            ballots = self._confirmation.stands
        return {
            "status": "ok" if self._confirmation.stands else "read-only",
            "phase": str(state.phase),
            "size": self._log.signed.head.size,
            "cosigned": _size(self._published.get(CHECKPOINT)),
            "verified": _size(self._published.get(VERIFIED)),
            "closes_at": state.closes_at,
            "ballots": ballots,
        }

    def _queue(self, job: Job) -> None:
        if len(self._jobs) >= _MOST_JOBS or self._stopping:
            raise NotNowError(f"{len(self._jobs)} entries wait already", retry_after=1)
        if not self._confirmation.stands:
            raise NotNowError("the log is read-only until a witness confirms its head", retry_after=60)
        if self._waits:
            raise NotNowError("the log waits until the observers decide that it goes on", retry_after=60)
        self._jobs.append(job)
        self._wake.set()

    # ── turns ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        due = time.monotonic() + self._settings.interval
        try:
            while True:
                self._wake.wait(max(0.0, due - time.monotonic()))
                self._wake.clear()
                last = self._stopping
                due = max(due, time.monotonic()) + self._settings.interval if time.monotonic() >= due else due
                self._turn()
                if last:
                    while self._confirmation.stands and self._commit():
                        pass
                    return
        except FatalError as error:  # the log has told, but another part may not have
            self._on_fatal(error)
        except Exception as error:  # noqa: BLE001 - a fault of ours: nobody knows whether the log may go on
            self._on_fatal(FatalError(f"the service has ended: {error!r}", hint="start it again"))

    def _turn(self) -> None:
        if self._confirmation.stands and self._waits:
            self._succeed()
        elif self._confirmation.stands:
            if self._record.state.size == 0:
                self._begin()
            for _ in range(len(self._jobs)):
                self._do(self._jobs.popleft())
            self._end_ballots()
            self._commit()
        self._publish()

    @property
    def _waits(self) -> bool:
        """Whether this is a standby log with the entries of another, and the observers have not decided yet."""
        return self._record.state.log not in {None, self._terms.logs[0]}

    def _succeed(self) -> None:
        """Append Succession, once the tally policy's quorum has cosigned exactly the entries that we began with."""
        signed = self._cosigning.newest(self._terms.tally)
        if signed is None or signed.head != self._log.signed.head:
            return
        entry, _ = make_board_entry(EntryKind.SUCCESSION, [bytes(signed)])
        try:
            self._record.check(entry, {})
        except PsephosError as error:
            self._say("trouble", kind=EntryKind.SUCCESSION, reason=error.message)
            return
        self._commit_until(self._log.submit(entry, alone=True))
        show_successions(self._directory, self._record.state)
        self._say("succeeded", size=signed.head.size)

    def _begin(self) -> None:
        """Make the charter entry 0."""
        entry, blobs = charter_entry(self._note)
        names = [self._log.store_blob(blob) for blob in blobs.values()]
        ticket = self._log.submit(entry, blobs=names, alone=True)
        self._commit_until(ticket)

    def _do(self, job: Job) -> None:
        """Judge an entry, and append it if it would have effect; then the next one is judged by what it changed."""
        try:
            (ticket,) = self._log.find([job.entry])
            if ticket is None:
                ticket = self._judge(job)
        except FatalError:
            raise
        except Exception as error:  # noqa: BLE001 - nobody may stop the vote with an entry that we do not foresee
            if not isinstance(error, PsephosError):
                self._say("fault", reason=repr(error))
            fail(job.answer, error)
            return
        if ticket is None:
            if job.answer.set_running_or_notify_cancel():
                job.answer.set_result(None)
            return
        # Whoever gets the answer can build on what the entry has changed.
        self._commit_until(ticket)
        self._answers.wait(ticket, [job.answer])

    def _judge(self, job: Job) -> Ticket | None:
        try:
            self._record.check(job.entry, job.blobs or {})
        except UnavailableError:
            if job.blobs is None:
                return None  # its objects are needed for that
            raise
        if job.blobs is None:
            return None
        names = [self._log.store_blob(blob) for blob in job.blobs.values()]
        return self._log.submit(job.entry, blobs=names, alone=True)

    def _end_ballots(self) -> None:
        """Append EndBallots, once the time has come and the quorum says so."""
        state = self._record.state
        if not state.is_open or self._clock.now() < state.closes_at:
            return
        proof = self._cosigning.time_proof(since=state.closes_at)
        if proof is None:
            if time.monotonic() >= self._hurry_due:
                self._cosigning.hurry()
                self._hurry_due = time.monotonic() + _HURRY_SECONDS
            return
        entry, _ = make_board_entry(EntryKind.END_BALLOTS, [proof])
        try:
            self._record.check(entry, {})
            with self._doors.lock:
                ticket = self._log.submit(entry, alone=True)
                self._doors.shut()
        except FatalError:
            raise
        except PsephosError as error:
            self._say("trouble", kind=EntryKind.END_BALLOTS, reason=error.message)
            return
        self._commit_until(ticket)

    def _commit_until(self, ticket: Ticket) -> None:
        """Commit everything that was accepted before an entry, and the entry."""
        while ticket.answer is None:
            self._commit()

    def _commit(self) -> int:
        """Commit a batch; how many entries it has."""
        batch = self._log.sequence(self._clock.now(), answered=self._answers.settle)
        if batch.tickets:
            self._record.take(ticket.entry for ticket in batch.tickets)
            self._cosigning.grown()
        return len(batch.tickets)

    def _publish(self) -> None:
        """Publish what the policies' quorums have cosigned, and the newest head with the lines that it has."""
        wanted = {
            CHECKPOINT: self._cosigning.newest(self._terms.receipts),
            VERIFIED: self._cosigning.newest(self._terms.tally),
            LATEST: self._cosigning.known(self._log.signed),
        }
        if wanted[LATEST] == self._log.signed:  # as the log itself has published it
            del wanted[LATEST]
        for path, signed in wanted.items():
            known = self._published.get(path)
            if signed is None or signed == known:
                continue
            # An earlier process may have published a larger one, whose cosignatures are lost: they come again.
            if signed.head.size >= (known.head.size if known else self._log.published(path)):
                self._log.publish(signed, at=path)
                self._published[path] = signed
        size = _size(self._published.get(CHECKPOINT))
        if size >= self._collected + _COLLECT_EVERY:
            self._log.collect(size)
            self._collected = size


def _size(signed: SignedCheckpoint | None) -> int:
    return 0 if signed is None else signed.head.size
