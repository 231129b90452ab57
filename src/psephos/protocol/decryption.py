"""Partial decryptions: what each trustee makes of the encrypted tally (specification §4.18).

Belenios' proof shows knowledge of the secret but its challenge does not hash the factor. Psephos' trustees therefore
make a second proof, beside the archive, whose challenge also covers ciphertext, factor and record (design D1).
"""

from __future__ import annotations

import msgspec

from psephos.errors import InvalidProofError, MalformedError, MismatchError
from psephos.protocol import transcript
from psephos.protocol.encoding import Count, Digest, Wire, read_json, write_json
from psephos.protocol.group import Element, Elements, Group, Randomness, Secrets, read_elements
from psephos.protocol.proofs import Proof, proofs_from, prove_equality, read_proofs, verify_equality
from psephos.protocol.tally import EncryptedTally
from psephos.protocol.trustees import Trustee


class PartialDecryptionMessage(Wire, frozen=True):
    """> partial_decryption = {decryption_factors : G**, decryption_proofs : proof**}  (§4.18)."""

    decryption_factors: tuple[tuple[str, ...], ...]
    decryption_proofs: tuple[tuple[Proof, ...], ...]


class Owned(Wire, frozen=True):
    """> owned_partial_decryption = {owner : I, payload : H}  (§4.18)."""

    owner: Count
    payload: Digest


class BoundDecryption(Wire, frozen=True):
    """Psephos' second proof, made beside the archive.

    Attributes:
        record: Fingerprint of the record's last event when the trustee decrypted.
        owner: The trustee's number.
        payload: Fingerprint of the partial decryption that it is about.
        proofs: Shape (questions, choices of that question).
    """

    record: Digest
    owner: Count
    payload: Digest
    proofs: tuple[tuple[Proof, ...], ...]


class PartialDecryption(msgspec.Struct, frozen=True):
    """A trustee's factors, decoded.

    Attributes:
        received: The message's bytes.
        factors: One row per ciphertext of the tally, question by question.
    """

    received: bytes
    factors: Elements
    proofs: tuple[Proof, ...]


def _flat_alphas(tally: EncryptedTally, group: Group) -> Elements:
    return group.column([alpha for question in tally for alpha, _ in question])


def _shaped(items: list[Proof] | list[str], tally: EncryptedTally) -> list[list[object]]:
    left = iter(items)
    return [[next(left) for _ in question] for question in tally]


def decrypt(
    secret: Secrets, tally: EncryptedTally, *, group: Group, fingerprint: str, rng: Randomness
) -> tuple[bytes, Elements]:
    """A trustee's factors and Belenios' proofs (§4.18).

    Returns:
        The message's bytes, and the factors.
    """
    alphas = _flat_alphas(tally, group)
    factors = secret.apply(alphas)
    prefix = transcript.decryption(fingerprint, secret.public()[0])
    proofs = proofs_from(prove_equality(secret, rng, [prefix] * len(alphas), alphas))
    message = write_json(
        {
            "decryption_factors": _shaped(factors.texts(), tally),
            "decryption_proofs": _shaped(proofs, tally),
        }
    )
    return message, factors


def bind(
    secret: Secrets, tally: EncryptedTally, factors: Elements, *, group: Group, record: str, rng: Randomness
) -> tuple[tuple[Proof, ...], ...]:
    """The second proof: the challenge also hashes ciphertext, factor and record."""
    prefixes = _bound_prefixes(tally, factors, secret.public()[0], record)
    proofs = proofs_from(prove_equality(secret, rng, prefixes, _flat_alphas(tally, group)))
    left = iter(proofs)
    return tuple(tuple(next(left) for _ in question) for question in tally)


def _bound_prefixes(tally: EncryptedTally, factors: Elements, public: Element, record: str) -> list[bytes]:
    ciphertexts = [ciphertext for question in tally for ciphertext in question]
    return [
        transcript.bound_decryption(record, public.text, alpha.text, beta.text, factor)
        for (alpha, beta), factor in zip(ciphertexts, factors.texts(), strict=True)
    ]


def read_partial_decryption(received: bytes, tally: EncryptedTally, group: Group) -> PartialDecryption:
    """Read a partial decryption of this tally.

    Raises:
        MalformedError: Not canonical, another shape than the tally's, a factor outside the group, a number not below
            the order.
    """
    what = "partial decryption"
    wire = read_json(received, PartialDecryptionMessage, what=what)
    shape = [len(question) for question in tally]
    for name, rows in (
        ("decryption_factors", [len(row) for row in wire.decryption_factors]),
        ("decryption_proofs", [len(row) for row in wire.decryption_proofs]),
    ):
        if rows != shape:
            raise MalformedError(f"{what}: not the shape of the tally", at=f"/{name}")
    texts = [text for row in wire.decryption_factors for text in row]
    factors = read_elements(group, texts, at="/decryption_factors", identity=True)
    proofs = tuple(proof for row in wire.decryption_proofs for proof in row)
    read_proofs(group, proofs, at="/decryption_proofs")
    return PartialDecryption(received, factors, proofs)


def verify_partial_decryption(
    share: PartialDecryption, *, tally: EncryptedTally, trustee: Trustee, group: Group, fingerprint: str
) -> None:
    """Check that a trustee decrypted this tally with the key it announced.

    > check that Hdecrypt(public_key(k), A, B) = challenge  (§4.18)

    Raises:
        MalformedError: A number is not below the order.
        InvalidProofError: At the first factor whose proof fails.
    """
    prefix = transcript.decryption(fingerprint, trustee.verification_key)
    _verify(
        share.factors,
        share.proofs,
        [prefix] * len(share.factors),
        tally=tally,
        trustee=trustee,
        group=group,
        what="decryption proof",
    )


def verify_bound_decryption(
    bound: BoundDecryption,
    share: PartialDecryption,
    *,
    tally: EncryptedTally,
    trustee: Trustee,
    group: Group,
    record: str,
) -> None:
    """Check the second proof.

    Raises:
        MismatchError: It is about another record or another partial decryption.
        MalformedError: Another shape than the tally's.
        InvalidProofError: At the first factor whose proof fails.
    """
    if bound.record != record:
        raise MismatchError("made for another record", at="/record", culprit=trustee.label)
    if [len(row) for row in bound.proofs] != [len(question) for question in tally]:
        raise MalformedError("not the shape of the tally", at="/proofs", culprit=trustee.label)
    prefixes = _bound_prefixes(tally, share.factors, trustee.verification_key, record)
    proofs = tuple(proof for row in bound.proofs for proof in row)
    _verify(share.factors, proofs, prefixes, tally=tally, trustee=trustee, group=group, what="bound decryption proof")


def _verify(
    factors: Elements,
    proofs: tuple[Proof, ...],
    prefixes: list[bytes],
    *,
    tally: EncryptedTally,
    trustee: Trustee,
    group: Group,
    what: str,
) -> None:
    challenges, responses = read_proofs(group, proofs, at=what)
    public = group.column([trustee.verification_key] * len(factors))
    failed = verify_equality(prefixes, public, _flat_alphas(tally, group), factors, challenges, responses)
    if failed:
        places = [f"/{i}/{j}" for i, question in enumerate(tally) for j in range(len(question))]
        raise InvalidProofError(f"{what} does not hold", at=places[failed[0]], culprit=trustee.label)
