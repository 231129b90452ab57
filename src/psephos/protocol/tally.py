"""The encrypted tally: the product of all ballots that count, each to its weight (specification §4.16)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from psephos.errors import MalformedError, MismatchError
from psephos.protocol.ballot import BallotChunk
from psephos.protocol.election import Election
from psephos.protocol.encoding import Count, Digest, Weight, Wire, read_json, read_weight, write_json, write_weight
from psephos.protocol.group import Element, Elements, read_element


class CiphertextMessage(Wire, frozen=True):
    """> ciphertext = {alpha : G, beta : G}  (§4.3)."""

    alpha: str
    beta: str


class SizedEncryptedTally(Wire, frozen=True):
    """> sized_encrypted_tally = {num_tallied, total_weight, encrypted_tally}  (§4.16)."""

    num_tallied: Count
    total_weight: Weight
    encrypted_tally: Digest


Ciphertext = tuple[Element, Element]
"""(alpha, beta)."""

EncryptedTally = tuple[tuple[Ciphertext, ...], ...]
"""Sums, shape (questions, choices of that question)."""


class Tally(msgspec.Struct, frozen=True):
    """What is decrypted: the sums, how many ballots are in them, and their weight."""

    sums: EncryptedTally
    num_tallied: int
    total_weight: int


class RunningTally:
    """Sums over ballots that arrive in chunks; a ballot that is superseded later is taken out again."""

    def __init__(self, election: Election) -> None:
        identity = election.group.identity
        self._sums = [[(identity, identity)] * question.size for question in election.questions]
        self._number = 0
        self._weight = 0

    def add(self, chunk: BallotChunk, places: Sequence[int], weights: Sequence[int]) -> None:
        """Count ballots of a chunk.

        Args:
            chunk: Ballots that have the form; whether their proofs hold is checked elsewhere.
            places: Which of its ballots, by place in the chunk.
            weights: Their weights.
        """
        if not places:
            return
        self._number += len(places)
        self._weight += sum(weights)
        for sums, factors in zip(self._sums, _products(chunk, places, weights), strict=True):
            sums[:] = [(a * x, b * y) for (a, b), (x, y) in zip(sums, factors, strict=True)]

    def remove(self, chunk: BallotChunk, places: Sequence[int], weights: Sequence[int]) -> None:
        """Take ballots out again that were added before: their voters cast another."""
        self._number -= len(places)
        self._weight -= sum(weights)
        for sums, factors in zip(self._sums, _products(chunk, places, weights), strict=True):
            sums[:] = [(a / x, b / y) for (a, b), (x, y) in zip(sums, factors, strict=True)]

    def total(self) -> Tally:
        """The sums so far."""
        return Tally(tuple(tuple(sums) for sums in self._sums), self._number, self._weight)


def together(tallies: Sequence[Tally]) -> Tally:
    """The sums of several tallies of the same questions; at least one."""
    first, *others = tallies
    sums = first.sums
    for other in others:
        sums = tuple(
            tuple((a * x, b * y) for (a, b), (x, y) in zip(ours, theirs, strict=True))
            for ours, theirs in zip(sums, other.sums, strict=True)
        )
    return Tally(sums, sum(one.num_tallied for one in tallies), sum(one.total_weight for one in tallies))


class GroupedTally:
    """The same sums apart for each of several groups of voters: one column per choice, one row per group.

    Each ballot has the weight 1.

    Attributes:
        numbers: How many ballots are in each group's sums.
    """

    def __init__(self, election: Election, groups: int) -> None:
        """Begin with empty sums.

        Args:
            election: The election.
            groups: How many there are.
        """
        empty = election.group.column([election.group.identity] * groups)
        self._sums = [[(empty, empty)] * question.size for question in election.questions]
        self.numbers = [0] * groups

    def add(self, chunk: BallotChunk, places: Sequence[int], groups: Sequence[int]) -> None:
        """Count ballots of a chunk.

        Args:
            chunk: Ballots that have the form.
            places: Which of its ballots, by place in the chunk.
            groups: To which group each of them belongs.
        """
        self._apply(chunk, places, groups, sign=1)

    def remove(self, chunk: BallotChunk, places: Sequence[int], groups: Sequence[int]) -> None:
        """Take ballots out again that were added before, each from its group."""
        self._apply(chunk, places, groups, sign=-1)

    def _apply(self, chunk: BallotChunk, places: Sequence[int], groups: Sequence[int], *, sign: int) -> None:
        if not places:
            return
        for group in groups:
            self.numbers[group] += sign
        rounds, touched = _pairings(groups)
        size = len(self.numbers)
        rows = list(range(size))
        for number, group in enumerate(touched):
            rows[group] = size + number

        def apply(sums: Elements, column: Elements) -> Elements:
            for left, right, single in rounds:
                column = (column.select(left) * column.select(right)).concat(column.select(single))
            before = sums.select(touched)
            return sums.concat(before * column if sign > 0 else before / column).select(rows)

        for sums, question in zip(self._sums, chunk.ciphertexts(), strict=True):
            sums[:] = [
                (apply(a, alpha.select(places)), apply(b, beta.select(places)))
                for (a, b), (alpha, beta) in zip(sums, question, strict=True)
            ]

    def total(self, groups: Sequence[int]) -> Tally:
        """The sums of these groups together."""
        number = sum(self.numbers[group] for group in groups)
        sums = tuple(
            tuple((a.select(groups).product(), b.select(groups).product()) for a, b in question)
            for question in self._sums
        )
        return Tally(sums, number, number)


_Round = tuple[list[int], list[int], list[int]]
"""Rows to multiply with each other, and rows that are left as they are; the products come first."""


def _pairings(groups: Sequence[int]) -> tuple[list[_Round], list[int]]:
    """In which rounds rows of the same group are multiplied pairwise, until there is one for each group.

    Returns:
        The rounds, and the groups in the order of the rows that are left.
    """
    rows = list(groups)
    rounds: list[_Round] = []
    while len(set(rows)) < len(rows):
        waiting: dict[int, int] = {}
        left: list[int] = []
        right: list[int] = []
        for row, group in enumerate(rows):
            if group in waiting:
                left.append(waiting.pop(group))
                right.append(row)
            else:
                waiting[group] = row
        single = sorted(waiting.values())
        rounds.append((left, right, single))
        rows = [rows[row] for row in (*left, *single)]
    return rounds, rows


def _products(chunk: BallotChunk, places: Sequence[int], weights: Sequence[int]) -> list[list[Ciphertext]]:
    """> C_ij = ∏_k choices(answers(b_k)_i)_j ^ weight(b_k)  (§4.16)."""
    exponents = None if all(weight == 1 for weight in weights) else weights
    return [
        [(alpha.select(places).product(exponents), beta.select(places).product(exponents)) for alpha, beta in question]
        for question in chunk.ciphertexts()
    ]


def write_encrypted_tally(sums: EncryptedTally) -> bytes:
    """The bytes of an encrypted tally."""
    return write_json([[CiphertextMessage(alpha=a.text, beta=b.text) for a, b in question] for question in sums])


def read_encrypted_tally(received: bytes, election: Election) -> EncryptedTally:
    """Read an encrypted tally of this election; with no ballots, its elements are the identity.

    Raises:
        MalformedError: Not canonical, another shape than the questions', an element outside the group.
    """
    wire = read_json(received, tuple[tuple[CiphertextMessage, ...], ...], what="encrypted tally")
    if [len(question) for question in wire] != [question.size for question in election.questions]:
        raise MalformedError("encrypted tally: not the shape of the questions", at="encrypted tally")
    return tuple(
        tuple(
            (
                read_element(election.group, ciphertext.alpha, at=f"/{i}/{j}/alpha", identity=True),
                read_element(election.group, ciphertext.beta, at=f"/{i}/{j}/beta", identity=True),
            )
            for j, ciphertext in enumerate(question)
        )
        for i, question in enumerate(wire)
    )


def check_tally(received: EncryptedTally, size: SizedEncryptedTally, recomputed: Tally) -> None:
    """Check a published tally against the one recomputed from the ballots.

    Raises:
        MismatchError: The sums, the number of ballots or their weight differ.
        MalformedError: The weight is not in its canonical form.
    """
    if size.num_tallied != recomputed.num_tallied:
        raise MismatchError(f"{recomputed.num_tallied} ballots count, not {size.num_tallied}", at="/num_tallied")
    weight = read_weight(size.total_weight, what="/total_weight")
    if weight != recomputed.total_weight:
        raise MismatchError(f"the ballots' weight is {recomputed.total_weight}, not {weight}", at="/total_weight")
    for i, (theirs, ours) in enumerate(zip(received, recomputed.sums, strict=True)):
        for j, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            if one != other:
                raise MismatchError("the sum is not the product of the ballots that count", at=f"/{i}/{j}")


def write_sized(tally: Tally, encrypted_tally: str) -> bytes:
    """The bytes of the payload of the EncryptedTally event."""
    return write_json(
        SizedEncryptedTally(
            num_tallied=tally.num_tallied,
            total_weight=write_weight(tally.total_weight),
            encrypted_tally=encrypted_tally,
        )
    )
