"""Regional sums: what is decrypted beside the national tally, in one message per step (design D8).

Nothing of this is in a Belenios archive. A cell is a sum over the ballots of some regions; which cells there are is
decided elsewhere. All cells are decrypted together: their sums, one after the other, are treated as one tally, whose
questions are those of the first cell, then those of the second, and so on.

A trustee proves its factors with Psephos' second kind of proof only, whose challenge covers ciphertext, factor and
the fingerprint of the regional tally, which names the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec

from psephos.errors import MalformedError, MismatchError
from psephos.protocol.decryption import BoundDecryption, PartialDecryption, bind, verify_bound_decryption
from psephos.protocol.election import Election
from psephos.protocol.encoding import Count, Digest, Wire, read_json, read_weight, sha256_hex, write_json, write_weight
from psephos.protocol.group import Elements, Group, Randomness, Secrets, read_elements
from psephos.protocol.proofs import Proof
from psephos.protocol.result import Counts, check_result, combine_factors, compute_result
from psephos.protocol.tally import CiphertextMessage, EncryptedTally, Tally
from psephos.protocol.trustees import Trustee, Trustees

FORMAT: Literal["psephos/regional-tally/1"] = "psephos/regional-tally/1"


class CellMessage(Wire, frozen=True):
    """A cell's sums.

    Attributes:
        regions: Names of its regions; that of the voters of no region is empty.
        num_tallied: How many ballots are in it.
        encrypted_tally: Shape (questions, choices of that question).
    """

    regions: tuple[str, ...]
    num_tallied: Count
    encrypted_tally: tuple[tuple[CiphertextMessage, ...], ...]


class RegionalTallyMessage(Wire, frozen=True):
    """All cells of a referendum.

    Attributes:
        format: Version of this message.
        record: Fingerprint of the record's event that holds the national tally.
        cells: In order.
    """

    format: Literal["psephos/regional-tally/1"]
    record: Digest
    cells: tuple[CellMessage, ...]


class RegionalDecryptionMessage(Wire, frozen=True):
    """A trustee's factors for all cells.

    Attributes:
        tally: Fingerprint of the regional tally.
        owner: The trustee's number.
        factors: Shape (questions of all cells, choices of that question).
        proofs: Of the same shape.
    """

    tally: Digest
    owner: Count
    factors: tuple[tuple[str, ...], ...]
    proofs: tuple[tuple[Proof, ...], ...]


class RegionalResultMessage(Wire, frozen=True):
    """The counts of all cells, shape (cells, questions, choices of that question)."""

    result: tuple[tuple[tuple[Annotated[int, msgspec.Meta(ge=0)] | str, ...], ...], ...]


class RegionalTally(msgspec.Struct, frozen=True):
    """Regional sums that were recomputed.

    Attributes:
        names: Of each cell's regions.
        cells: The sums of each, how many ballots are in them.
        record: See `RegionalTallyMessage`.
        written: The message's bytes.
        fingerprint: Their SHA-256.
    """

    names: tuple[tuple[str, ...], ...]
    cells: tuple[Tally, ...]
    record: str
    written: bytes
    fingerprint: str

    @property
    def sums(self) -> EncryptedTally:
        """The sums of all cells, one after the other."""
        return tuple(question for cell in self.cells for question in cell.sums)


def regional_tally(names: Sequence[tuple[str, ...]], cells: Sequence[Tally], *, record: str) -> RegionalTally:
    """Regional sums, with the message that says them.

    Args:
        names: Of each cell's regions.
        cells: The sums of each.
        record: Fingerprint of the record's event that holds the national tally.
    """
    messages = tuple(
        CellMessage(
            regions=regions,
            num_tallied=cell.num_tallied,
            encrypted_tally=tuple(
                tuple(CiphertextMessage(alpha=a.text, beta=b.text) for a, b in question) for question in cell.sums
            ),
        )
        for regions, cell in zip(names, cells, strict=True)
    )
    written = write_json(RegionalTallyMessage(format=FORMAT, record=record, cells=messages))
    return RegionalTally(tuple(names), tuple(cells), record, written, sha256_hex(written))


def decrypt_cells(secret: Secrets, tally: RegionalTally, *, owner: int, group: Group, rng: Randomness) -> bytes:
    """A trustee's factors for all cells, with their proofs.

    Args:
        secret: What the trustee decrypts with.
        tally: The regional sums; at least one cell.
        owner: The trustee's number.
        group: The election's group.
        rng: Where randomness comes from.
    """
    sums = tally.sums
    factors = secret.apply(group.column([alpha for question in sums for alpha, _ in question]))
    left = iter(factors.texts())
    message = RegionalDecryptionMessage(
        tally=tally.fingerprint,
        owner=owner,
        factors=tuple(tuple(next(left) for _ in question) for question in sums),
        proofs=bind(secret, sums, factors, group=group, record=tally.fingerprint, rng=rng),
    )
    return write_json(message)


def verify_cell_decryption(received: bytes, *, tally: RegionalTally, trustee: Trustee, group: Group) -> Elements:
    """Read a trustee's factors for all cells, and check that it made them with the key that it announced.

    Returns:
        The factors, one row per ciphertext.

    Raises:
        MalformedError: Not canonical, another shape than the cells', a factor outside the group.
        MismatchError: By another trustee, or of another regional tally.
        InvalidProofError: At the first factor whose proof fails.
    """
    wire = read_json(received, RegionalDecryptionMessage, what="regional decryption")
    if wire.owner != trustee.owner:
        raise MismatchError("by another trustee", at="/owner", culprit=trustee.label)
    sums, shape = tally.sums, [len(question) for question in tally.sums]
    if [len(row) for row in wire.factors] != shape:
        raise MalformedError("regional decryption: not the shape of the cells", at="/factors", culprit=trustee.label)
    texts = [text for row in wire.factors for text in row]
    factors = read_elements(group, texts, at="/factors", identity=True)
    bound = BoundDecryption(record=wire.tally, owner=wire.owner, payload=sha256_hex(received), proofs=wire.proofs)
    share = PartialDecryption(received, factors, ())
    verify_bound_decryption(bound, share, tally=sums, trustee=trustee, group=group, record=tally.fingerprint)
    return factors


def _together(tally: RegionalTally) -> Tally:
    """All cells as one tally; no count is larger than the largest cell."""
    largest = max(cell.num_tallied for cell in tally.cells)
    return Tally(tally.sums, sum(cell.num_tallied for cell in tally.cells), largest)


def _by_cell(counts: Counts, tally: RegionalTally) -> tuple[Counts, ...]:
    left = iter(counts)
    return tuple(tuple(next(left) for _ in cell.sums) for cell in tally.cells)


def compute_cells(
    tally: RegionalTally, trustees: Trustees, factors: Mapping[int, Elements], group: Group
) -> tuple[Counts, ...]:
    """Read the counts of all cells off.

    Raises:
        InvalidProofError: Not enough trustees have decrypted.
        MismatchError: A sum has no logarithm in range.
    """
    return _by_cell(compute_result(_together(tally), combine_factors(trustees, factors, group), group), tally)


def write_cells(counts: Sequence[Counts]) -> bytes:
    """The bytes of a regional result."""
    return write_json(
        RegionalResultMessage(
            result=tuple(tuple(tuple(map(write_weight, question)) for question in cell) for cell in counts)
        )
    )


def check_cells_result(
    received: bytes,
    *,
    tally: RegionalTally,
    trustees: Trustees,
    factors: Mapping[int, Elements],
    election: Election,
) -> tuple[Counts, ...]:
    """Check a regional result against what the sums decrypt to.

    Raises:
        InvalidProofError: Not enough trustees have decrypted; names those who are missing.
        MismatchError: At the first count that is not what its sum decrypts to, or is beyond its cell's ballots.
        MalformedError: Not a result of these cells.
    """
    combined = combine_factors(trustees, factors, election.group)
    wire = read_json(received, RegionalResultMessage, what="regional result")
    shape = [[len(question) for question in cell.sums] for cell in tally.cells]
    if [[len(question) for question in cell] for cell in wire.result] != shape:
        raise MalformedError("regional result: not the shape of the cells", at="/result")
    counts = tuple(
        tuple(tuple(read_weight(count, what="/result") for count in question) for question in cell)
        for cell in wire.result
    )
    for place, (cell, its) in enumerate(zip(tally.cells, counts, strict=True)):
        if any(count > cell.num_tallied for question in its for count in question):
            raise MismatchError(f"more than the {cell.num_tallied} ballots of the cell", at=f"/result/{place}")
    check_result(tuple(question for cell in counts for question in cell), _together(tally), combined, election.group)
    return counts
