"""What a log means: which of its entries have effect, and what follows from them.

    state = RecordState(source)
    for received in entries:                    in the log's order, from entry 0 on
        for verdict in state.take(received):    of this entry, or of earlier ones that waited
            …
    verdicts = state.flush()

An entry that breaks a rule never stops the state. A blob that cannot be had does: nobody may call an entry without
effect because of what he could not read, or two observers would hold two records. The error is `UnavailableError`, the
state is as before the entry, and the same entry is to be handed in again.

Only what an entry is judged by is fetched: an entry that comes out of turn, is not signed or names another object than
the one we compute is judged without its blobs, so that nobody can stop the others with an object that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from psephos.errors import MalformedError, MismatchError, OutOfTurnError, UnsupportedError
from psephos.ports import UnixSeconds
from psephos.record.board_entries import BoardEntry, EntryKind, LogSource, Part, read_board_entry
from psephos.record.charter import fingerprint
from psephos.record.closing import verify_time_reached
from psephos.record.counting import BallotCount, Spread, WaitingBallot
from psephos.record.definition_entry import check_definition_turn, definition_in
from psephos.record.derivation import Derived, derive_event, write_derived
from psephos.record.entries import Head
from psephos.record.opening import read_signed_charter, read_signed_setup
from psephos.record.outcome import Decryptions, check_tally_entry
from psephos.record.phases import EventKind, Phase, next_phase
from psephos.record.regional import REGION_LIST, RegionalRecord, check_regional_turn
from psephos.record.rules import ExcludedError, Reason, Verdict, excluding
from psephos.record.standing import Commit, Standing
from psephos.record.statements import STATEMENTS

CHUNK = 1000
"""Ballots that are checked together."""
_WINDOW = 1024
_EVENTS = frozenset(kind for kind in EntryKind if kind.value in {event.value for event in EventKind})
_BEFORE_THE_END = {EntryKind.CLOSING_TIME: "a closing time", EntryKind.BOOTH: "a publication of the booth"}
_DECRYPTION = frozenset({Phase.CLOSED, Phase.TALLIED, Phase.DECRYPTING})


class RecordState(Standing):
    """The meaning of a log's entries up to some place.

    Ballots that wait are in none of the attributes but `size` until they are counted: see `flush`.
    """

    def __init__(self, source: LogSource, *, spread: Spread = map, width: int = 1) -> None:
        """Begin before entry 0.

        Args:
            source: The log that the entries are from: for blobs, and for ballots that were superseded.
            spread: Where chunks of ballots are checked.
            width: How many chunks are given to `spread` together.
        """
        super().__init__(source)
        self._spread, self._width = spread, width
        self._queue: list[Verdict | WaitingBallot] = []
        self._decided: list[Verdict] = []
        self._premature: set[str] = set()

    def take(self, received: bytes) -> list[Verdict]:
        """Judge the next entry.

        Returns:
            Verdicts that are decided now, in the log's order, each entry once. Ballots wait until a chunk is full, or
            an entry comes that they must be counted before.

        Raises:
            UnavailableError: Something that this verdict needs cannot be had now; hand the entry in again.
        """
        if len(self._queue) >= CHUNK * self._width:
            self._count_waiting()
        kind = ""
        try:
            entry = _read(received)
            kind = str(entry.kind)
            commit = self._judge(entry)
        except ExcludedError as excluded:
            self._queue.append(Verdict(self.size, kind, excluded.reason, excluded.error))
        else:
            if commit is not None:
                self._count_waiting()
                self._queue.append(Verdict(self.size, kind, derived=commit()))
        self.size += 1
        if isinstance(self._queue[0], Verdict):  # so no ballot waits: they are queued first
            self._count_waiting()
        return self._hand_out()

    def check_effect(self, received: bytes) -> BoardEntry:
        """Check that an entry other than a ballot would have effect if it came next; nothing changes.

        Raises:
            ExcludedError: It would not.
            UnavailableError: See `take`.
        """
        entry = _read(received)
        if entry.kind is not EntryKind.BALLOT:
            self._judge(entry)
        return entry

    def flush(self) -> list[Verdict]:
        """Check and count the ballots that wait.

        Raises:
            UnavailableError: A ballot that was superseded cannot be read again now; flush again later.
        """
        self._count_waiting()
        return self._hand_out()

    def _hand_out(self) -> list[Verdict]:
        decided, self._decided = self._decided, []
        return decided

    # ── ballots ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _wait(self, entry: BoardEntry) -> None:
        """Let a ballot wait for its chunk, if nothing speaks against it that is cheap to see."""
        assert self.signed is not None
        ballot = WaitingBallot(self.size, entry.parts[0])
        if ballot.part.digest in self._premature:
            message = "this very ballot stands in the log before, when it was too early"
            raise ExcludedError(Reason.DUPLICATE, MismatchError(message))
        if ballot.part.size > self.signed.terms.wire.largest_ballot:
            message = f"ballot: {ballot.part.size} bytes are more than the charter allows"
            raise ExcludedError(Reason.BALLOT, MalformedError(message))
        self._queue.append(ballot)

    def _count_waiting(self) -> None:
        """Decide what is in the queue, chunk by chunk; what was decided stays so even if a later chunk fails."""
        pieces = [self._queue[start : start + CHUNK] for start in range(0, len(self._queue), CHUNK)]
        waiting = [[one for one in piece if isinstance(one, WaitingBallot)] for piece in pieces]
        if self.count is None or not any(waiting):
            self._decided += [one for one in self._queue if isinstance(one, Verdict)]
            self._queue.clear()
            return
        checked = self._spread(self.count.check, [[one.text for one in ballots] for ballots in waiting])
        for piece, ballots, found in zip(pieces, waiting, checked, strict=True):
            excluded = iter(self.count.count(ballots, found))
            for one in piece:
                self._decided.append(one if isinstance(one, Verdict) else self._ballot_verdict(one, next(excluded)))
            del self._queue[: len(piece)]

    def _ballot_verdict(self, ballot: WaitingBallot, excluded: ExcludedError | None) -> Verdict:
        if excluded is not None:
            return Verdict(ballot.index, EntryKind.BALLOT, excluded.reason, excluded.error)
        return Verdict(ballot.index, EntryKind.BALLOT, derived=self._extend(EventKind.BALLOT, [ballot.part]))

    # ── other entries: judge, then commit ───────────────────────────────────────────────────────────────────────

    def _judge(self, entry: BoardEntry) -> Commit | None:
        """Judge an entry by all rules but those for ballots; None for a ballot, which waits.

        Raises:
            ExcludedError: It breaks a rule.
        """
        if self.size == 0:
            return self._charter(entry)
        with excluding(Reason.OUT_OF_TURN):
            self._check_turn(entry)
            check_regional_turn(entry.kind, self.regional, self.phase)
            is_there = self.definition is not None
            check_definition_turn(entry.kind, named=self.named_definition, is_there=is_there, phase=self.phase)
        if entry.kind is EntryKind.BALLOT:
            self._wait(entry)
            return None
        judge = STATEMENTS.get(entry.kind)
        return judge(self, entry) if judge else self._judges[entry.kind](self, entry)

    def _check_turn(self, entry: BoardEntry) -> None:
        kind, missing = entry.kind, ", ".join(sorted(self.waiting_for))
        if self.signed is None:
            raise OutOfTurnError("the log does not begin with a charter that holds", at=kind)
        if kind is EntryKind.CHARTER:
            raise OutOfTurnError("a charter can only be entry 0", at=kind)
        if kind is EntryKind.BALLOT and not self.is_open:
            if self.phase in {Phase.EMPTY, Phase.OPEN}:
                self._premature.add(entry.parts[0].digest)
            waits = f"; waiting for {missing}" if missing else ""
            raise OutOfTurnError(f"a ballot while the election is {self.phase}{waits}", at=kind)
        if kind is EntryKind.ACCEPTANCE and not self.waiting_for:
            raise OutOfTurnError("there is no setup to accept, or everybody has accepted it", at=kind)
        if kind in _BEFORE_THE_END and self.phase not in {Phase.EMPTY, Phase.OPEN}:
            raise OutOfTurnError(f"{_BEFORE_THE_END[kind]} while the election is {self.phase}", at=kind)
        if kind is EntryKind.WITHOUT_QUORUM and self.phase not in _DECRYPTION:
            raise OutOfTurnError(f"nothing is decrypted while the election is {self.phase}", at=kind)
        if kind in _EVENTS:
            next_phase(self.phase, EventKind(kind))
        if kind is EntryKind.END_BALLOTS and self.waiting_for:
            raise OutOfTurnError(f"the vote was never opened: waiting for {missing}", at=kind)

    def _extend(self, kind: EventKind, data: Sequence[Part]) -> Derived:
        """Continue the derived chain."""
        self.phase = next_phase(self.phase, kind)
        derived, self.head = derive_event(self.head, kind, data)
        return derived

    def _charter(self, entry: BoardEntry) -> Commit:
        with excluding(Reason.CHARTER):
            if entry.kind is not EntryKind.CHARTER:
                raise OutOfTurnError(f"entry 0 is not a charter but of kind {entry.kind}", at=entry.kind)
            signed = read_signed_charter(entry, self.source)

        def commit() -> None:
            self.signed, self.log = signed, signed.terms.logs[0]
            self.closes_at = UnixSeconds(signed.terms.wire.closes_at)
            self.named_definition = definition_in(signed.charter.text)

        return commit

    def _setup(self, entry: BoardEntry) -> Commit:
        assert self.signed is not None
        charter = self.signed.charter
        read = read_signed_setup(entry, self.source, self.signed)
        count = BallotCount(read.setup.election, read.electorate, self.source)

        def commit() -> Derived:
            self.setup, self.count = read.setup, count
            self.parties, self.waiting_for = read.parties, set(read.parties)
            if charter.regions is not None:
                self.regional = RegionalRecord(charter, read.setup, count, credentials=entry.parts[2])
                self.waiting_for.add(REGION_LIST)
            self.head = Head(None, 0, read.timestamp)
            return self._extend(EventKind.SETUP, entry.parts[:4])

        return commit

    def _end_ballots(self, entry: BoardEntry) -> Commit:
        assert self.signed is not None
        with excluding(Reason.CLOSING):
            closed_by = verify_time_reached(
                entry.parts[0].content or b"",
                self.signed.terms,
                charter=fingerprint(self.signed.received),
                closes_at=self.closes_at,
                index=self.size,
            )

        def commit() -> Derived:
            self.closed_by = closed_by
            return self._extend(EventKind.END_BALLOTS, [])

        return commit

    def _encrypted_tally(self, entry: BoardEntry) -> Commit:
        assert self.count is not None
        assert self.setup is not None
        setup, tally = self.setup, self.count.total()
        with excluding(Reason.TALLY):
            data = check_tally_entry(entry, tally, setup.election)

        def commit() -> Derived:
            derived = self._extend(EventKind.ENCRYPTED_TALLY, data)
            self.tally, self.decryptions = tally, Decryptions(setup, tally, self.head.parent or "")
            return derived

        return commit

    def _partial_decryption(self, entry: BoardEntry) -> Commit:
        assert self.decryptions is not None
        decryptions = self.decryptions
        with excluding(Reason.DECRYPTION):
            answer = decryptions.check_answer(entry, self.source)

        def commit() -> Derived:
            decryptions.answers[answer.owner] = answer
            return self._extend(EventKind.PARTIAL_DECRYPTION, entry.parts[:2])

        return commit

    def _result(self, entry: BoardEntry) -> Commit:
        assert self.decryptions is not None
        decryptions = self.decryptions
        with excluding(Reason.RESULT):
            counts = decryptions.check_result(entry)

        def commit() -> Derived:
            decryptions.counts = counts
            return self._extend(EventKind.RESULT, entry.parts)

        return commit

    _judges: ClassVar[dict[EntryKind, Callable[[RecordState, BoardEntry], Commit]]] = {
        EntryKind.SETUP: _setup,
        EntryKind.END_BALLOTS: _end_ballots,
        EntryKind.ENCRYPTED_TALLY: _encrypted_tally,
        EntryKind.PARTIAL_DECRYPTION: _partial_decryption,
        EntryKind.RESULT: _result,
    }


def _read(received: bytes) -> BoardEntry:
    try:
        with excluding(Reason.MALFORMED):
            return read_board_entry(received)
    except ExcludedError as excluded:
        if isinstance(excluded.error, UnsupportedError):
            raise ExcludedError(Reason.UNKNOWN_KIND, excluded.error) from None
        raise


def judge_log(source: LogSource, state: RecordState) -> Iterator[Verdict]:
    """The verdicts on all entries that the state has not taken yet.

    Raises:
        UnavailableError: Something cannot be had now; begin again with the same state to go on.
    """
    end = source.size()
    while state.size < end:
        for received in source.entries(state.size, min(state.size + _WINDOW, end)):
            yield from state.take(received)
    yield from state.flush()


def derive_record(source: LogSource) -> Iterator[bytes]:
    """The `.bel` archive that follows from a log; nothing while no setup has effect.

    Raises:
        UnavailableError: An entry or a blob cannot be had now.
    """
    for verdict in judge_log(source, RecordState(source)):
        if verdict.derived is not None:
            yield from write_derived(verdict.derived, source)
