"""The result: factors combined, sums decrypted, counts read off (specification §4.19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

from psephos.errors import InvalidProofError, MalformedError, MismatchError, UnsupportedError
from psephos.protocol.election import Election
from psephos.protocol.encoding import Wire, read_json, read_weight, write_json, write_weight
from psephos.protocol.group import Element, Elements, Group
from psephos.protocol.tally import Tally
from psephos.protocol.trustees import Trustees

LARGEST_COUNT = 10**10
"""Beyond this, computing a discrete logarithm would take minutes; a referendum is far below."""

Counts = tuple[tuple[int, ...], ...]
"""Decrypted sums, shape (questions, choices of that question); the leading one is blank, where allowed."""


class ResultMessage(Wire, frozen=True):
    """> result = {result : (I*)*}  (§4.19), for homomorphic questions."""

    result: tuple[tuple[Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | str, ...], ...]


def lagrange(indices: Sequence[int], index: int, order: int) -> int:
    """> λ_δ = ∏_{k ∈ I∖{δ}} k / (k - δ)  mod q  (§4.19)."""
    coefficient = 1
    for k in indices:
        if k != index:
            coefficient = coefficient * k * pow(k - index, -1, order) % order
    return coefficient


def combine_factors(trustees: Trustees, factors: Mapping[int, Elements], group: Group) -> list[Element]:
    """The factors of the whole structure, one per ciphertext.

    Args:
        trustees: The structure.
        factors: By owner; only those whose proofs hold.
        group: The election's group.

    Raises:
        InvalidProofError: Not enough of them; names the trustees that are missing.
    """
    combined: list[Element] | None = None
    for item in trustees.items:
        present = [owner for owner in item.owners if owner in factors][: item.threshold]
        if len(present) < item.threshold:
            missing = [trustees.members[owner - 1].label for owner in item.owners if owner not in factors]
            raise InvalidProofError(
                f"{len(present)} valid partial decryptions of {item.threshold} that are needed",
                at="PartialDecryption",
                culprit=", ".join(missing),
            )
        indices = [owner - item.owners[0] + 1 for owner in present]
        for owner, index in zip(present, indices, strict=True):
            exponent = lagrange(indices, index, group.order)
            row = [factors[owner][place] ** exponent for place in range(len(factors[owner]))]
            combined = row if combined is None else [one * other for one, other in zip(combined, row, strict=True)]
    assert combined is not None
    return combined


def sums_in_exponent(tally: Tally, factors: Sequence[Element], group: Group) -> Elements:
    """> beta / F = g^result, one per ciphertext  (§4.19)."""
    betas = [beta for question in tally.sums for _, beta in question]
    return group.column(betas) / group.column(factors)


def compute_result(tally: Tally, factors: Sequence[Element], group: Group) -> Counts:
    """Read the counts off: the discrete logarithms, at most the total weight.

    Raises:
        UnsupportedError: The total weight is too large to search.
        MismatchError: A sum has no logarithm in range: some factor is wrong although its proof holds.
    """
    if tally.total_weight > LARGEST_COUNT:
        raise UnsupportedError(f"counts up to {tally.total_weight} cannot be computed", at="total_weight")
    found = group.discrete_logarithms(sums_in_exponent(tally, factors, group), tally.total_weight)
    counts = [count for count in found if count is not None]
    if len(counts) != len(found):
        raise MismatchError("a sum does not decrypt to a count", at=f"ciphertext {found.index(None) + 1}")
    left = iter(counts)
    return tuple(tuple(next(left) for _ in question) for question in tally.sums)


def read_result(received: bytes, election: Election) -> Counts:
    """Read a result of this election.

    Raises:
        MalformedError: Not canonical, another shape than the questions', a count that is negative.
    """
    wire = read_json(received, ResultMessage, what="result")
    if [len(question) for question in wire.result] != [question.size for question in election.questions]:
        raise MalformedError("result: not the shape of the questions", at="/result")
    return tuple(
        tuple(read_weight(count, what=f"/result/{i}/{j}") for j, count in enumerate(question))
        for i, question in enumerate(wire.result)
    )


def write_result(counts: Counts) -> bytes:
    """The bytes of a result."""
    return write_json(ResultMessage(result=tuple(tuple(map(write_weight, question)) for question in counts)))


def check_result(counts: Counts, tally: Tally, factors: Sequence[Element], group: Group) -> None:
    """> g^result = beta / F for each ciphertext, and no count beyond the total weight  (§4.19).

    Raises:
        MismatchError: At the first count that is not what the sum decrypts to.
    """
    decrypted = sums_in_exponent(tally, factors, group)
    row = 0
    for i, question in enumerate(counts):
        for j, count in enumerate(question):
            if count > tally.total_weight or group.generator**count != decrypted[row]:
                raise MismatchError(f"{count} is not what the sum decrypts to", at=f"/result/{i}/{j}")
            row += 1
