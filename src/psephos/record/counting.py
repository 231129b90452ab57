"""Ballots on their way from the log into the sum: checked in chunks, counted in the log's order.

Memory is the packed electorate and eight bytes a voter: where her last ballot stands. Only ballots that are superseded
are read again, to take them out of the sum, and only of voters who vote again are fingerprints kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from psephos.errors import MismatchError, RuleError
from psephos.protocol.ballot import BallotChunk, BallotForm, Faults
from psephos.protocol.credentials import Electorate
from psephos.protocol.election import Election
from psephos.protocol.encoding import sha256_hex
from psephos.protocol.tally import GroupedTally, RunningTally, Tally
from psephos.record.board_entries import LogSource, Part, read_board_entry
from psephos.record.rules import ExcludedError, Reason

Checked = tuple[BallotChunk, Faults]
"""The ballots of a chunk that have the form, and what is wrong with which row."""


class Spread(Protocol):
    """Applies a function to chunks of ballots, which are independent: `map`, or that of a pool of threads."""

    def __call__(self, function: Callable[[list[bytes]], Checked], chunks: list[list[bytes]], /) -> Iterable[Checked]:
        """The results, in the order of the chunks."""
        ...


@dataclass(frozen=True, slots=True)
class WaitingBallot:
    """A ballot that has not been checked yet."""

    index: int
    part: Part

    @property
    def text(self) -> bytes:
        """The ballot: never a blob."""
        return self.part.content or b""


def check_ballots(form: BallotForm, texts: Sequence[bytes]) -> Checked:
    """Check form, signatures and proofs of ballots: all that needs no other entry, so chunks are independent."""
    chunk, faults = form.read(texts)
    for found in (chunk.check_signatures(), chunk.check_proofs()):
        for row, fault in found.items():
            faults.setdefault(row, fault)
    return chunk, faults


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A ballot that holds: its place in the chunk, its voter's row."""

    place: int
    row: int
    ballot: WaitingBallot


class BallotCount:
    """The ballots that have effect so far.

    Attributes:
        form: The election's form of ballots.
        electorate: Who may vote.
        ballots: How many have effect.
    """

    def __init__(self, election: Election, electorate: Electorate, source: LogSource) -> None:
        """Begin with no ballot.

        Args:
            election: The election.
            electorate: Who may vote; without weights.
            source: The log, from which superseded ballots are read again.
        """
        self.form = BallotForm(election)
        self.electorate = electorate
        self.ballots = 0
        self._source = source
        self._sums = RunningTally(election)
        self._latest = array("q", bytes(8)) * electorate.rows
        self._revotes: dict[int, set[str]] = {}
        self._leaves: tuple[Sequence[int], GroupedTally] | None = None

    def total(self) -> Tally:
        """The sums of the last ballots."""
        return self._sums.total()

    def divide(self, leaf_of: Sequence[int], leaves: int) -> GroupedTally:
        """Count each ballot in its voter's leaf as well, from the first one on.

        Args:
            leaf_of: By the electorate's rows.
            leaves: How many there are.

        Returns:
            The sums of each leaf, as they grow.
        """
        assert not self.ballots
        sums = GroupedTally(self.form.election, leaves)
        self._leaves = leaf_of, sums
        return sums

    def check(self, texts: Sequence[bytes]) -> Checked:
        """See `check_ballots`."""
        return check_ballots(self.form, texts)

    def count(self, ballots: Sequence[WaitingBallot], checked: Checked) -> list[ExcludedError | None]:
        """Count a chunk's ballots: all of them, or, on an error, none.

        Args:
            ballots: In the log's order.
            checked: See `check`, of the same ballots.

        Returns:
            For each, why it has no effect; None if it has.

        Raises:
            UnavailableError: A ballot that was superseded cannot be read again now.
        """
        chunk, faults = checked
        candidates = []
        for place, (number, credential) in enumerate(zip(chunk.rows, chunk.credentials(), strict=True)):
            row = self.electorate.row(credential)
            if row is None:
                faults.setdefault(number, RuleError("ballot: its credential is not listed", at="/credential"))
            elif number not in faults:
                candidates.append(_Candidate(place, row, ballots[number]))
        superseded = self._read_superseded({one.row for one in candidates})
        again = self._take(candidates, superseded, chunk)
        excluded: list[ExcludedError | None] = [None] * len(ballots)
        for number, fault in faults.items():
            excluded[number] = ExcludedError(Reason.BALLOT, fault)
        for place in again:
            fault = MismatchError("this very ballot stands in the log before")
            excluded[chunk.rows[place]] = ExcludedError(Reason.DUPLICATE, fault)
        return excluded

    def _read_superseded(self, rows: set[int]) -> dict[int, bytes]:
        """The last ballots of these voters, by row; of those that have any."""
        return {row: self._read_again(self._latest[row]) for row in sorted(rows) if self._latest[row]}

    def _read_again(self, index: int) -> bytes:
        (received,) = self._source.entries(index, index + 1)
        return read_board_entry(received).parts[0].content or b""

    def _take(self, candidates: list[_Candidate], superseded: dict[int, bytes], chunk: BallotChunk) -> list[int]:
        """Take ballots into the sums, and out of them those that they supersede.

        Returns:
            Places of ballots that came before.
        """
        last: dict[int, _Candidate] = {}
        again = []
        for one in candidates:
            row, digest = one.row, one.ballot.part.digest
            if self._latest[row]:
                before = last[row].ballot.part.digest if row in last else sha256_hex(superseded[row])
                seen = self._revotes.setdefault(row, {before})
                if digest in seen:
                    again.append(one.place)
                    continue
                seen.add(digest)
            last[row] = one
            self._latest[row] = one.ballot.index
        self._sums.add(chunk, [one.place for one in last.values()], [1] * len(last))
        replaced = {row: superseded[row] for row in last if row in superseded}
        removed, _ = self.form.read(list(replaced.values()))
        self._sums.remove(removed, range(len(replaced)), [1] * len(replaced))
        if self._leaves is not None:
            leaf_of, leaves = self._leaves
            leaves.add(chunk, [one.place for one in last.values()], [leaf_of[row] for row in last])
            leaves.remove(removed, range(len(replaced)), [leaf_of[row] for row in replaced])
        self.ballots += len(candidates) - len(again)
        return again
