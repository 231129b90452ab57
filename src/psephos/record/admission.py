"""Which ballots the ballot box takes in: checked in order of cost, a chunk at a time.

    size → the log has it already → form → credential listed → signature → allowance → proofs

A ballot that the log has is answered before its elements are decoded, since finding it costs less. The allowance of a
credential is a rate, and only ballots count whose signature holds: nobody uses up another voter's.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from psephos.errors import MalformedError, PsephosError, RuleError
from psephos.ports import UnixSeconds
from psephos.protocol.ballot import BallotChunk, BallotForm
from psephos.protocol.credentials import Electorate
from psephos.record.board_entries import EntryKind, make_board_entry

HOUR = 3600
_FINE = 1000
"""Parts of a second in which allowances are reckoned."""

Known = TypeVar("Known")
_Holds = tuple[bytes, int, tuple[BallotChunk, int]]
"""Of a ballot that holds: its credential, the voter's row, where its elements were read."""


class AllowanceError(RuleError):
    """A credential has handed in as many ballots as it may for now.

    Attributes:
        retry_after: Seconds after which it may hand in one more.
    """

    code = "too-many"

    def __init__(self, message: str, *, retry_after: int, at: str = "", hint: str = "") -> None:
        super().__init__(message, at=at, hint=hint)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Admitted:
    """A ballot that may be appended.

    Attributes:
        entry: Its entry.
        ballot: Its bytes.
        credential: The voter's public credential.
        row: The voter's row in the electorate.
        read: The chunk in which its elements were read, and its place there.
    """

    entry: bytes
    ballot: bytes
    credential: bytes
    row: int
    read: tuple[BallotChunk, int]


def ballot_entry(ballot: bytes) -> bytes:
    """The entry of a ballot.

    Raises:
        MalformedError: It is too large for one.
    """
    return make_board_entry(EntryKind.BALLOT, [ballot])[0]


class Allowances:
    """How many ballots each credential may still hand in; eight bytes a voter.

    A bucket of `per_hour` tokens that fills up again in an hour. What is kept is the time at which it will be full.
    """

    def __init__(self, rows: int, *, per_hour: int) -> None:
        """Begin with full buckets.

        Args:
            rows: Of the electorate's table.
            per_hour: Tokens.
        """
        self._full_at = array("q", bytes(8)) * rows
        self._price = HOUR * _FINE // per_hour

    def take(self, row: int, *, now: UnixSeconds) -> None:
        """Take a token.

        Raises:
            AllowanceError: There is none.
        """
        start = max(self._full_at[row], now * _FINE)
        wait = start + self._price - (now + HOUR) * _FINE
        if wait > 0:
            raise AllowanceError(
                "this credential has handed in as many ballots as it may in an hour",
                retry_after=-(-wait // _FINE),
                at="/credential",
                hint="the last one that was taken in counts; a later one is taken in later",
            )
        self._full_at[row] = start + self._price

    def give_back(self, row: int) -> None:
        """Put a token back: its ballot was not taken in, for no fault of the voter's."""
        self._full_at[row] -= self._price


class BallotAdmission(Generic[Known]):
    """The checks. One thread at a time."""

    def __init__(
        self,
        form: BallotForm,
        electorate: Electorate,
        *,
        largest: int,
        per_hour: int,
        known: Callable[[Sequence[bytes]], Sequence[Known | None]],
    ) -> None:
        """Take the election's rules.

        Args:
            form: The one form of its ballots.
            electorate: Who may vote.
            largest: Bytes that a ballot may have.
            per_hour: See `Allowances`.
            known: What the log has to say of each entry, if it has it.
        """
        self._form, self._electorate, self._largest, self._known = form, electorate, largest, known
        self.allowances = Allowances(electorate.rows, per_hour=per_hour)

    def admit(self, ballots: Sequence[bytes], *, now: UnixSeconds) -> list[Admitted | Known | PsephosError]:
        """Judge ballots that came together.

        Args:
            ballots: In the order in which they came; no two of them equal.
            now: The clock.

        Returns:
            For each: it may be appended, it is in the log, or why it is refused.
        """
        decided: dict[int, Admitted | Known | PsephosError] = {}
        entries: dict[int, bytes] = {}
        for place, ballot in enumerate(ballots):
            if len(ballot) > self._largest:
                message = f"ballot: {len(ballot)} bytes are more than the {self._largest} that the charter allows"
                decided[place] = MalformedError(message)
                continue
            entries[place] = ballot_entry(ballot)
        found = zip(entries, self._known(list(entries.values())), strict=True)
        decided.update({place: known for place, known in found if known is not None})
        places = [place for place in range(len(ballots)) if place not in decided]
        for place, decision in self._check([ballots[place] for place in places], now=now).items():
            decided[places[place]] = (
                decision
                if isinstance(decision, PsephosError)
                else Admitted(entries[places[place]], ballots[places[place]], *decision)
            )
        return [decided[place] for place in range(len(ballots))]

    def _check(self, ballots: Sequence[bytes], *, now: UnixSeconds) -> Mapping[int, _Holds | PsephosError]:
        """Everything that arithmetic decides."""
        decided: dict[int, _Holds | PsephosError] = {}
        if not ballots:
            return decided
        chunk, faults = self._form.read(ballots)
        decided.update(faults)
        credentials = dict(zip(chunk.rows, chunk.credentials(), strict=True))
        voters: dict[int, int] = {}
        for place, credential in credentials.items():
            row = self._electorate.row(credential)
            if row is None:
                decided[place] = RuleError("ballot: its credential is not listed", at="/credential")
            else:
                voters[place] = row
        chunk = _without(chunk, decided)
        decided.update(chunk.check_signatures())
        for place in chunk.rows:
            if place not in decided:
                try:
                    self.allowances.take(voters[place], now=now)
                except AllowanceError as error:
                    decided[place] = error
        chunk = _without(chunk, decided)
        decided.update(chunk.check_proofs())
        for number, place in enumerate(chunk.rows):
            decided.setdefault(place, (credentials[place].encode(), voters[place], (chunk, number)))
        return decided


def _without(chunk: BallotChunk, decided: Mapping[int, object]) -> BallotChunk:
    """The ballots of a chunk about which nothing is decided yet."""
    left = [place for place, row in enumerate(chunk.rows) if row not in decided]
    return chunk if len(left) == len(chunk.rows) else chunk.select(left)
