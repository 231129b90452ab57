"""Proofs and signatures on single messages; ballots, which come by the thousand, use the kernel's columns directly.

All are of one kind: Fiat–Shamir, (challenge, response), response = w - x·challenge, so that
a verifier recomputes the commitments and hashes them again (specification §4.5, §4.6.1, §4.14, §4.18).
"""

from __future__ import annotations

from collections.abc import Sequence

from psephos_kernel import (
    WitnessError,
    prove_disjunction,
    prove_equality,
    prove_schnorr,
    verify_disjunction,
    verify_equality,
    verify_schnorr,
)

from psephos.errors import InvalidProofError
from psephos.protocol import transcript
from psephos.protocol.encoding import Decimal, Wire
from psephos.protocol.group import Element, Elements, Group, Randomness, Scalars, Secrets, read_scalars

__all__ = [
    "Proof",
    "SignedMessage",
    "WitnessError",
    "multiply_columns",
    "proofs_from",
    "prove_disjunction",
    "prove_equality",
    "prove_possession",
    "prove_schnorr",
    "read_proofs",
    "sign_message",
    "verify_disjunction",
    "verify_equality",
    "verify_message",
    "verify_possession",
    "verify_schnorr",
]


class Proof(Wire, frozen=True):
    """> proof = {challenge : Zq, response : Zq}  (§4.3)."""

    challenge: Decimal
    response: Decimal


class SignedMessage(Wire, frozen=True):
    """> signed_msg = {message : string, signature : proof}  (§4.6.1)."""

    message: str
    signature: Proof


def read_proofs(group: Group, proofs: Sequence[Proof], *, at: str) -> tuple[Scalars, Scalars]:
    """The proofs as two columns.

    Raises:
        MalformedError: A number is not below the order.
    """
    return (
        read_scalars(group, [proof.challenge for proof in proofs], at=f"{at}/challenge"),
        read_scalars(group, [proof.response for proof in proofs], at=f"{at}/response"),
    )


def proofs_from(columns: tuple[Scalars, Scalars]) -> list[Proof]:
    """Two columns as proofs."""
    challenges, responses = columns
    return [
        Proof(challenge=challenge, response=response)
        for challenge, response in zip(challenges.texts(), responses.texts(), strict=True)
    ]


def _verify_one(group: Group, prefix: bytes, public: Element, proof: Proof, *, what: str, culprit: str) -> None:
    challenges, responses = read_proofs(group, [proof], at=what)
    if verify_schnorr([prefix], group.column([public]), challenges, responses):
        raise InvalidProofError(f"{what} does not hold", at=what, culprit=culprit)


def prove_possession(group: Group, secret: Secrets, rng: Randomness) -> tuple[Element, Proof]:
    """A public key and the proof that its secret is known (§4.5)."""
    public = secret.public()[0]
    (proof,) = proofs_from(prove_schnorr(secret, rng, [transcript.possession(group, public)]))
    return public, proof


def verify_possession(group: Group, public: Element, proof: Proof, *, culprit: str) -> None:
    """> check that challenge = Hpok(X, A) mod q  (§4.5).

    Raises:
        InvalidProofError: It is not.
    """
    what = "proof of possession"
    _verify_one(group, transcript.possession(group, public), public, proof, what=what, culprit=culprit)


def sign_message(secret: Secrets, rng: Randomness, text: str) -> SignedMessage:
    """Sign with a key of the trustees' public key infrastructure (§4.6.1)."""
    (proof,) = proofs_from(prove_schnorr(secret, rng, [transcript.message(text)]))
    return SignedMessage(message=text, signature=proof)


def verify_message(group: Group, public: Element, signed: SignedMessage, *, what: str, culprit: str) -> None:
    """> check that challenge = SHA256(sigmsg|M|A)  (§4.6.1).

    Raises:
        InvalidProofError: The signature does not hold.
    """
    prefix = transcript.message(signed.message)
    _verify_one(group, prefix, public, signed.signature, what=f"signature of {what}", culprit=culprit)


def multiply_columns(columns: Sequence[Elements]) -> Elements:
    """The product of several columns, row by row."""
    product = columns[0]
    for column in columns[1:]:
        product = product * column
    return product
