"""The three zero-knowledge proofs everything else is made of.

Clauses: Belenios 2.0 §4.5 (knowledge of a logarithm), §4.18 (equality of two logarithms),
§4.12 and §4.13 (disjunctions). Convention of Belenios: response = w - x * challenge.
Nonces are arguments, and provers never check what they prove, so tests can make broken proofs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .canonical import array, fields, text
from .errors import RefusedError
from .groups import Element, Group


@dataclass(frozen=True)
class Proof:
    """A challenge and a response, both below q."""

    challenge: int
    response: int

    def to_json(self) -> dict[str, str]:
        """Write the proof with its fields in order."""
        return {"challenge": str(self.challenge), "response": str(self.response)}


@dataclass(frozen=True)
class Clause:
    """The claim that alpha = g^r and beta = y^r for one known r: an encryption of zero."""

    alpha: Element
    beta: Element


def proof_from_json(group: Group, value: object) -> Proof:
    """Read a proof.

    Raises:
        RefusedError: If a field is unknown or missing, or a scalar not canonical.
    """
    entry = fields(value, "challenge", "response")
    return Proof(
        challenge=group.decode_scalar(text(entry["challenge"])),
        response=group.decode_scalar(text(entry["response"])),
    )


def proofs_from_json(group: Group, value: object, *, length: int) -> tuple[Proof, ...]:
    """Read a disjunction's proofs, one per clause.

    Raises:
        RefusedError: If one is malformed or their number is wrong.
    """
    return tuple(proof_from_json(group, item) for item in array(value, length))


def recommit(group: Group, base: Element, *, value: Element, proof: Proof) -> Element:
    """Recompute a commitment: base^response * value^challenge."""
    return group.multiply(group.power(base, proof.response), group.power(value, proof.challenge))


def prove_knowledge(group: Group, secret: int, *, prefix: str, w: int) -> Proof:
    """Prove knowledge of the logarithm of g^secret (§4.5); also the ballot's and the PKI's signature."""
    challenge = group.hash_to_scalar(prefix, [group.power(group.g, w)])
    return Proof(challenge, (w - secret * challenge) % group.q)


def verify_knowledge(group: Group, public: Element, *, prefix: str, proof: Proof) -> None:
    """Check a proof made by `prove_knowledge`.

    Raises:
        RefusedError: If it does not hold.
    """
    commitment = recommit(group, group.g, value=public, proof=proof)
    if group.hash_to_scalar(prefix, [commitment]) != proof.challenge:
        raise RefusedError(f"proof of knowledge does not hold: {prefix[:60]}")


def prove_equality(group: Group, secret: int, *, base: Element, prefix: str, w: int) -> Proof:
    """Prove that g^secret and base^secret have the same logarithm (§4.18, Chaum-Pedersen)."""
    challenge = group.hash_to_scalar(prefix, [group.power(group.g, w), group.power(base, w)])
    return Proof(challenge, (w - secret * challenge) % group.q)


def verify_equality(group: Group, public: Element, *, base: Element, value: Element, prefix: str, proof: Proof) -> None:
    """Check a proof made by `prove_equality`: log of public to g = log of value to base.

    Raises:
        RefusedError: If it does not hold.
    """
    a = recommit(group, group.g, value=public, proof=proof)
    b = recommit(group, base, value=value, proof=proof)
    if group.hash_to_scalar(prefix, [a, b]) != proof.challenge:
        raise RefusedError(f"proof of equal logarithms does not hold: {prefix[:60]}")


def commitments_of(group: Group, y: Element, *, clauses: Sequence[Clause], proofs: Sequence[Proof]) -> list[Element]:
    """Recompute A_0, B_0, A_1, B_1, ... of a disjunction from its proofs."""
    commitments = []
    for clause, proof in zip(clauses, proofs, strict=True):
        commitments.append(recommit(group, group.g, value=clause.alpha, proof=proof))
        commitments.append(recommit(group, y, value=clause.beta, proof=proof))
    return commitments


def prove_one_of(
    group: Group,
    y: Element,
    *,
    clauses: Sequence[Clause],
    true_index: int,
    r: int,
    prefix: str,
    simulated: Sequence[Proof],
    w: int,
) -> tuple[Proof, ...]:
    """Prove that at least one clause holds, without telling which (§4.12, §4.13).

    Args:
        group: The group.
        y: The election's public key.
        clauses: The disjuncts, in order.
        true_index: Which one the prover knows r for.
        r: Its randomness.
        prefix: What the challenge is hashed over, before the commitments.
        simulated: Random proofs for the other clauses, in order.
        w: The nonce of the true one.
    """
    placeholder = Proof(0, 0)
    proofs = [*simulated[:true_index], placeholder, *simulated[true_index:]]
    commitments = commitments_of(group, y, clauses=clauses, proofs=proofs)
    commitments[2 * true_index] = group.power(group.g, w)
    commitments[2 * true_index + 1] = group.power(y, w)
    others = sum(proof.challenge for proof in simulated)
    challenge = (group.hash_to_scalar(prefix, commitments) - others) % group.q
    proofs[true_index] = Proof(challenge, (w - r * challenge) % group.q)
    return tuple(proofs)


def verify_one_of(group: Group, y: Element, *, clauses: Sequence[Clause], prefix: str, proofs: Sequence[Proof]) -> None:
    """Check a proof made by `prove_one_of`.

    Raises:
        RefusedError: If it does not hold, or has not one proof per clause.
    """
    if len(clauses) != len(proofs):
        raise RefusedError(f"{len(proofs)} proofs for {len(clauses)} clauses")
    commitments = commitments_of(group, y, clauses=clauses, proofs=proofs)
    # > check that Hiprove(S, alpha, beta, A0, B0, ..., Ak, Bk) = sum of challenge(pi_j) mod q
    if group.hash_to_scalar(prefix, commitments) != sum(proof.challenge for proof in proofs) % group.q:
        raise RefusedError(f"disjunction does not hold: {prefix[:60]}")
