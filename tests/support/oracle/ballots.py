"""Ballots: make, sign, read and verify.

Clauses: Belenios 2.0 §4.14 and §4.15. The bytes are canonical JSON, or the ballot is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .answers import Answer, answer_from_json, answer_to_json, make_answer, verify_answer
from .canonical import array, dump, fields, parse_canonical, sha256_base64, text
from .election import Election
from .errors import RefusedError
from .nonces import Draw
from .proofs import Proof, proof_from_json, prove_knowledge, verify_knowledge


@dataclass(frozen=True)
class Ballot:
    """A ballot whose format was checked; whether its proofs hold is another question."""

    raw: bytes
    uuid: str
    election_hash: str
    credential: str
    answers: tuple[Answer, ...]
    signed_hash: str
    signature: Proof


def ballot_string(election: Election, credential: str) -> str:
    """Write S0: the election's fingerprint, a bar, the encoded public credential."""
    return f"{election.fingerprint}|{credential}"


def sign_ballot(election: Election, secret: int, *, unsigned: dict[str, object], w: int) -> bytes:
    """Append a signature to any ballot body, well formed or not, and serialize it."""
    body_hash = sha256_base64(dump(unsigned).encode("utf-8", "surrogatepass"))
    proof = prove_knowledge(election.group, secret, prefix=f"sig|{body_hash}|", w=w)
    signed = {**unsigned, "signature": {"hash": body_hash, "proof": proof.to_json()}}
    return dump(signed).encode("utf-8", "surrogatepass")


def resign_ballot(election: Election, secret: int, *, ballot: dict[str, object], w: int) -> bytes:
    """Sign again a ballot that a test changed after parsing it."""
    unsigned = {name: value for name, value in ballot.items() if name != "signature"}
    return sign_ballot(election, secret, unsigned=unsigned, w=w)


def unsigned_ballot(election: Election, credential: str, *, answers: Sequence[object]) -> dict[str, object]:
    """Write the body of a ballot, fields in order."""
    return {
        "election_uuid": election.uuid,
        "election_hash": election.fingerprint,
        "credential": credential,
        "answers": list(answers),
    }


def make_ballot(election: Election, secret: int, *, plaintext: Sequence[Sequence[int]], draw: Draw) -> bytes:
    """Make a ballot; a plaintext outside the rules gives a ballot with false proofs.

    Args:
        election: The election.
        secret: Secret exponent of the voter's credential.
        plaintext: One list per question, as in the tool's choices file.
        draw: Source of all randomness.
    """
    group = election.group
    credential = group.encode(group.power(group.g, secret))
    string = ballot_string(election, credential)
    answers = [
        answer_to_json(group, make_answer(election, question, string=string, plaintext=integers, draw=draw))
        for question, integers in zip(election.questions, plaintext, strict=True)
    ]
    return sign_ballot(election, secret, unsigned=unsigned_ballot(election, credential, answers=answers), w=draw())


def parse_ballot(election: Election, raw: bytes) -> Ballot:
    """Read a ballot of exactly the shape this election demands.

    Raises:
        RefusedError: If it is not canonical, or any part is malformed.
    """
    group = election.group
    entry = fields(parse_canonical(raw), "election_uuid", "election_hash", "credential", "answers", "signature")
    credential = text(entry["credential"])
    group.decode(credential)
    signature = fields(entry["signature"], "hash", "proof")
    items = array(entry["answers"], len(election.questions))
    return Ballot(
        raw=raw,
        uuid=text(entry["election_uuid"]),
        election_hash=text(entry["election_hash"]),
        credential=credential,
        answers=tuple(
            answer_from_json(group, question, value=item)
            for question, item in zip(election.questions, items, strict=True)
        ),
        signed_hash=text(signature["hash"]),
        signature=proof_from_json(group, signature["proof"]),
    )


def _hash_without_signature(raw: bytes) -> str:
    entry = parse_canonical(raw)
    assert isinstance(entry, dict)
    unsigned = {name: value for name, value in entry.items() if name != "signature"}
    return sha256_base64(dump(unsigned).encode())


def verify_ballot(election: Election, raw: bytes) -> Ballot:
    """Check a ballot in full, except that its credential is listed (`tally.verify_box` does that).

    Raises:
        RefusedError: At the first rule it breaks.
    """
    ballot = parse_ballot(election, raw)
    if ballot.uuid != election.uuid or ballot.election_hash != election.fingerprint:
        raise RefusedError("the ballot is for another election")
    if ballot.signed_hash != _hash_without_signature(raw):
        raise RefusedError("the signed hash is not that of the ballot")
    verify_knowledge(
        election.group,
        election.group.decode(ballot.credential),
        prefix=f"sig|{ballot.signed_hash}|",
        proof=ballot.signature,
    )
    string = ballot_string(election, ballot.credential)
    for question, answer in zip(election.questions, ballot.answers, strict=True):
        verify_answer(election, question, string=string, answer=answer)
    return ballot
