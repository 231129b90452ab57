"""Partial decryptions, their combination, and the result.

Clauses: Belenios 2.0 §4.18 and §4.19; invalid partial decryptions of threshold trustees are
left out if enough valid ones remain, as of 3.3.0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt

from .canonical import array, dump, fields, parse_canonical, text, weight_from_json, weight_to_json
from .election import Election
from .errors import RefusedError
from .groups import Element, Group
from .nonces import Draw
from .proofs import Proof, proof_from_json, prove_equality, verify_equality
from .tally import EncryptedTally
from .trustees import Single, Trustees, keys_by_owner, lagrange

Factors = tuple[tuple[Element, ...], ...]


@dataclass(frozen=True)
class PartialDecryption:
    """One trustee's factors alpha^x and proofs, shape (question, answer)."""

    factors: Factors
    proofs: tuple[tuple[Proof, ...], ...]


def decrypt_prefix(election: Election, public: Element) -> str:
    """Write what the challenges of a partial decryption are hashed over."""
    return f"decrypt|{election.fingerprint}|{election.group.encode(public)}|"


def make_partial_decryption(
    election: Election, tally: EncryptedTally, *, private: int, draw: Draw
) -> PartialDecryption:
    """Decrypt with one private key."""
    group = election.group
    prefix = decrypt_prefix(election, group.power(group.g, private))
    return PartialDecryption(
        factors=tuple(tuple(group.power(item.alpha, private) for item in row) for row in tally.sums),
        proofs=tuple(
            tuple(prove_equality(group, private, base=item.alpha, prefix=prefix, w=draw()) for item in row)
            for row in tally.sums
        ),
    )


def dump_partial_decryption(election: Election, share: PartialDecryption) -> bytes:
    """Write the partial_decryption structure."""
    value = {
        "decryption_factors": [[election.group.encode(factor) for factor in row] for row in share.factors],
        "decryption_proofs": [[proof.to_json() for proof in row] for row in share.proofs],
    }
    return dump(value).encode()


def parse_partial_decryption(election: Election, raw: bytes, *, tally: EncryptedTally) -> PartialDecryption:
    """Read a partial decryption of exactly the shape of the tally.

    A factor may be the identity, since a sum may be (nobody voted): its proof settles that.

    Raises:
        RefusedError: If it is malformed.
    """
    group = election.group
    entry = fields(parse_canonical(raw), "decryption_factors", "decryption_proofs")
    widths = [len(row) for row in tally.sums]
    factor_rows = array(entry["decryption_factors"], len(widths))
    proof_rows = array(entry["decryption_proofs"], len(widths))
    return PartialDecryption(
        factors=tuple(
            tuple(group.decode_or_identity(text(item)) for item in array(row, width))
            for row, width in zip(factor_rows, widths, strict=True)
        ),
        proofs=tuple(
            tuple(proof_from_json(group, item) for item in array(row, width))
            for row, width in zip(proof_rows, widths, strict=True)
        ),
    )


def verify_partial_decryption(
    election: Election, share: PartialDecryption, *, tally: EncryptedTally, public: Element
) -> None:
    """Check that the factors were made from this tally with the private key of `public`.

    Raises:
        RefusedError: At the first proof that does not hold.
    """
    prefix = decrypt_prefix(election, public)
    for sums, factors, proofs in zip(tally.sums, share.factors, share.proofs, strict=True):
        for item, factor, proof in zip(sums, factors, proofs, strict=True):
            verify_equality(election.group, public, base=item.alpha, value=factor, prefix=prefix, proof=proof)


def _multiply_factors(group: Group, all_factors: Sequence[Factors]) -> Factors:
    return tuple(
        tuple(group.product(column) for column in zip(*rows, strict=True)) for rows in zip(*all_factors, strict=True)
    )


def _raise_factors(group: Group, factors: Factors, *, exponent: int) -> Factors:
    return tuple(tuple(group.power(factor, exponent) for factor in row) for row in factors)


def combine_factors(election: Election, trustees: Trustees, *, shares: Mapping[int, PartialDecryption]) -> Factors:
    """Combine valid partial decryptions to the synthetic factors F (§4.19).

    Args:
        election: For its group.
        trustees: The trustees structure.
        shares: Valid ones only, by owner, counted from 1.

    Raises:
        RefusedError: If a mandatory one is missing, or fewer than the threshold are there.
    """
    group = election.group
    sub_factors: list[Factors] = []
    owner = 1
    for item in trustees:
        size = 1 if isinstance(item, Single) else len(item.keys)
        own = {index: shares[owner + index - 1] for index in range(1, size + 1) if owner + index - 1 in shares}
        needed = 1 if isinstance(item, Single) else item.threshold
        if len(own) < needed:
            raise RefusedError(f"{len(own)} valid partial decryptions of {needed} needed, owners from {owner}")
        indexes = sorted(own)[:needed]
        sub_factors.extend(
            _raise_factors(group, own[delta].factors, exponent=lagrange(group, indexes, delta=delta))
            for delta in indexes
        )
        owner += size
    return _multiply_factors(group, sub_factors)


def valid_shares(
    election: Election,
    raw_shares: Sequence[tuple[int, bytes]],
    *,
    tally: EncryptedTally,
    trustees: Trustees,
) -> tuple[dict[int, PartialDecryption], dict[int, str]]:
    """Sort partial decryptions into valid ones and, from threshold trustees only, invalid ones.

    Returns:
        Valid ones by owner; and for each owner of an invalid one, why.

    Raises:
        RefusedError: If an owner is out of range or stands twice, or a mandatory one is invalid.
    """
    keys = keys_by_owner(trustees)
    mandatory = [isinstance(item, Single) for item in trustees for _ in keys_by_owner((item,))]
    valid: dict[int, PartialDecryption] = {}
    invalid: dict[int, str] = {}
    for owner, raw in raw_shares:
        if not 1 <= owner <= len(keys):
            raise RefusedError(f"no trustee has number {owner}")
        if owner in valid or owner in invalid:
            raise RefusedError(f"two partial decryptions of trustee {owner}")
        try:
            share = parse_partial_decryption(election, raw, tally=tally)
            verify_partial_decryption(election, share, tally=tally, public=keys[owner - 1].public_key)
        except RefusedError as error:
            if mandatory[owner - 1]:
                raise RefusedError(f"partial decryption of mandatory trustee {owner}: {error}") from error
            invalid[owner] = str(error)
        else:
            valid[owner] = share
    return valid, invalid


def discrete_logarithm(group: Group, element: Element, *, largest: int) -> int:
    """Find n <= largest with g^n = element, by baby steps and giant steps.

    Raises:
        RefusedError: If there is none.
    """
    step = isqrt(largest) + 1
    baby: dict[Element, int] = {}
    cursor = group.identity
    for n in range(step):
        baby[cursor] = n
        cursor = group.multiply(cursor, group.g)
    giant = group.invert(cursor)
    cursor = element
    for n in range(step):
        if cursor in baby:
            logarithm = n * step + baby[cursor]
            if logarithm <= largest:
                return logarithm
        cursor = group.multiply(cursor, giant)
    raise RefusedError("a count is larger than the total weight")


def plaintexts(election: Election, tally: EncryptedTally, *, factors: Factors) -> Factors:
    """Compute beta / F, which is g to the power of the count."""
    return tuple(
        tuple(election.group.divide(item.beta, factor) for item, factor in zip(sums, row, strict=True))
        for sums, row in zip(tally.sums, factors, strict=True)
    )


def compute_result(election: Election, tally: EncryptedTally, *, factors: Factors) -> list[list[int]]:
    """Count.

    Raises:
        RefusedError: If a count is larger than the total weight.
    """
    return [
        [discrete_logarithm(election.group, element, largest=tally.total_weight) for element in row]
        for row in plaintexts(election, tally, factors=factors)
    ]


def dump_result(result: Sequence[Sequence[int]]) -> bytes:
    """Write the result structure."""
    return dump({"result": [[weight_to_json(count) for count in row] for row in result]}).encode()


def verify_result(election: Election, raw: bytes, *, tally: EncryptedTally, factors: Factors) -> list[list[int]]:
    """Check that each published count r satisfies g^r = beta / F.

    Raises:
        RefusedError: If the result is malformed or one does not.
    """
    group = election.group
    rows = array(fields(parse_canonical(raw), "result")["result"], len(tally.sums))
    result = []
    for row, expected in zip(rows, plaintexts(election, tally, factors=factors), strict=True):
        counts = [weight_from_json(item) for item in array(row, len(expected))]
        for count, element in zip(counts, expected, strict=True):
            if count > tally.total_weight or group.power(group.g, count) != element:
                raise RefusedError(f"the result {count} is not what the decryption gives")
        result.append(counts)
    return result
