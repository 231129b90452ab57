"""A challenge: an encrypted ballot and what opens it, checked on another device (docs/reference/challenge.md).

A booth shows a ballot's commitment, and only then learns whether the ballot is cast or challenged. Of a challenged
one it gives out the randomness of every ciphertext, with which everybody can see what the ballot holds.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from psephos.errors import InvalidProofError, MalformedError, MismatchError
from psephos.protocol import credentials
from psephos.protocol.election import Election, Question, read_election
from psephos.protocol.encoding import Decimal, Wire, read_json, sha256_base64
from psephos.protocol.group import read_element
from psephos.protocol.proofs import Proof


class Challenge(Wire, frozen=True):
    """What the challenged device gives out.

    Attributes:
        format: Version of this message.
        election: The election's bytes, as text.
        ballot: The ballot without its signature, as text; its hash is the commitment.
        choice: For each question 0 or 1 for each answer, after that for blank where it has a box of its own.
        randomness: The exponent of each ciphertext.
    """

    format: Literal["psephos/challenge/1"]
    election: str
    ballot: str
    choice: tuple[tuple[Annotated[int, msgspec.Meta(ge=0, le=1)], ...], ...]
    randomness: tuple[tuple[Decimal, ...], ...]


class _Ciphertext(Wire, frozen=True):
    alpha: str
    beta: str


class _Answer(Wire, frozen=True):
    choices: tuple[_Ciphertext, ...]
    individual_proofs: tuple[tuple[Proof, ...], ...]
    overall_proof: tuple[Proof, ...]
    blank_proof: tuple[Proof, ...] | None = None


class _Unsigned(Wire, frozen=True):
    election_uuid: str
    election_hash: str
    credential: str
    answers: tuple[_Answer, ...]


class Opened(msgspec.Struct, frozen=True):
    """What a challenged ballot holds.

    Attributes:
        election: As the challenge has it: compare its fingerprint.
        commitment: To be compared with what the device showed before it learned that it is challenged.
        credential: The public credential that the ballot is for.
        chosen: For each question the indices of the answers in it; None for a blank vote in a box of its own.
    """

    election: Election
    commitment: str
    credential: str
    chosen: list[list[int] | None]


def check_challenge(received: bytes) -> Opened:
    """Check that the ballot of a challenge holds the choice that it says.

    > alpha = g^r; beta = y^r g^m (specification §4.11.1), for every ciphertext.

    Its proofs are not checked: the ballot box and every observer do that with the ballots that are cast.

    Raises:
        MalformedError: It is not a challenge.
        MismatchError: The ballot is another election's.
        InvalidProofError: It holds another choice: the device did not do what it was told.
    """
    challenge = read_json(received, Challenge, what="challenge")
    election = read_election(challenge.election.encode())
    text = challenge.ballot.encode()
    ballot = read_json(text, _Unsigned, what="ballot")
    if (ballot.election_uuid, ballot.election_hash) != (election.uuid, election.fingerprint):
        raise MismatchError("the ballot is of another election", at="/ballot/election_hash")
    parts = (ballot.answers, challenge.choice, challenge.randomness)
    if any(len(part) != len(election.questions) for part in parts):
        raise MalformedError("challenge: not as many answers as questions", at="/choice")
    chosen: list[list[int] | None] = []
    for number, question in enumerate(election.questions):
        bits = challenge.choice[number]
        _check_answer(
            election, ballot.answers[number], bits=bits, exponents=challenge.randomness[number], number=number
        )
        chosen.append(_chosen(question, bits, at=f"/choice/{number}"))
    return Opened(election, sha256_base64(text), ballot.credential, chosen)


def _check_answer(
    election: Election, answer: _Answer, *, bits: tuple[int, ...], exponents: tuple[str, ...], number: int
) -> None:
    group, key = election.group, election.public_key
    size = election.questions[number].size
    if {len(answer.choices), len(bits), len(exponents)} != {size}:
        raise MalformedError(f"challenge: question {number + 1} has {size} boxes", at=f"/choice/{number}")
    for place, (ciphertext, bit, exponent) in enumerate(zip(answer.choices, bits, exponents, strict=True)):
        at = f"/ballot/answers/{number}/choices/{place}"
        alpha = read_element(group, ciphertext.alpha, at=f"{at}/alpha")
        beta = read_element(group, ciphertext.beta, at=f"{at}/beta")
        r = int(exponent)
        if r >= group.order:
            raise MalformedError("challenge: not below the group's order", at=f"/randomness/{number}/{place}")
        if alpha != group.generator**r or beta != key**r * group.generator**bit:
            raise InvalidProofError(
                "the ballot does not hold the choice that was opened",
                at=at,
                hint="do not vote with the device that made it; show this file to the observers",
            )


def _chosen(question: Question, bits: tuple[int, ...], *, at: str) -> list[int] | None:
    answers = bits[int(question.blank_allowed) :]
    if question.blank_allowed and bits[0]:
        if any(answers):
            raise MalformedError("challenge: blank beside answers", at=at)
        return None
    if not question.min <= sum(answers) <= question.max:
        raise MalformedError("challenge: not a choice that the question allows", at=at)
    return [place for place, bit in enumerate(answers) if bit]


def check_credential(opened: Opened, halves: list[str]) -> None:
    """Check that a challenged ballot was made for the voter's own credential, and not for somebody else's.

    Args:
        opened: What `check_challenge` found.
        halves: Her credential, or its two halves.

    Raises:
        MismatchError: It was not: a ballot like this would have voted for another.
    """
    election = opened.election
    secret = credentials.derive_secrets(election.group, election.uuid, halves).total()
    if secret.public()[0].text != opened.credential:
        raise MismatchError(
            "the ballot was made for another credential",
            at="/ballot/credential",
            hint="do not vote with the device that made it; show this file to the observers",
        )
