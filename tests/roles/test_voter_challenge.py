"""Challenges: what a ballot holds, shown to another device."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from psephos.errors import InvalidProofError, MalformedError, MismatchError, PsephosError
from psephos.protocol import credentials
from psephos.protocol.election import Election, Question, read_election, write_election
from psephos.protocol.encoding import sha256_base64, write_json
from psephos.protocol.group import Group
from psephos.roles.voter_challenge import Challenge, check_challenge, check_credential
from tests.support.world import randomness

YES_NO_BLANK = Question(answers=("yes", "no", "blank"), min=1, max=1, question="A bridge?")
ONE_OR_TWO = Question(answers=("A", "B", "C"), blank=True, min=1, max=2, question="Which?")
CREDENTIAL = "abcde-FGHJKL-mnopq-23456Z"
BITS = ((0, 1, 0), (0, 1, 0, 1))


def election(*, name: str = "A vote") -> Election:
    """An election of two questions."""
    group = Group("Ed25519")
    return read_election(
        write_election(
            description="",
            name=name,
            group=group,
            public_key=group.random_secrets(randomness(1), 1).public()[0],
            questions=(YES_NO_BLANK, ONE_OR_TWO),
            uuid="Psephos1Psephos1",
        )
    )


def made(bits: tuple[tuple[int, ...], ...] = BITS) -> dict[str, Any]:
    """A challenge as an honest device makes it; the form of the proofs is that of a ballot, their content nothing."""
    vote = election()
    group, random = vote.group, randomness(2)
    answers, randomnesses = [], []
    for question, row in zip(vote.questions, bits, strict=True):
        alphas, betas, secrets = group.encrypt(vote.key, random, list(row))
        proof = {"challenge": "0", "response": "0"}
        size = question.max - question.min + 1 + question.blank_allowed
        answer: dict[str, Any] = {
            "choices": [
                {"alpha": alpha, "beta": beta} for alpha, beta in zip(alphas.texts(), betas.texts(), strict=True)
            ],
            "individual_proofs": [[proof, proof]] * len(row),
            "overall_proof": [proof] * size,
        }
        answers.append(answer | ({"blank_proof": [proof, proof]} if question.blank_allowed else {}))
        randomnesses.append(secrets.expose())
    public = credentials.derive_secrets(group, vote.uuid, [CREDENTIAL]).public()[0].text
    ballot = {"election_uuid": vote.uuid, "election_hash": vote.fingerprint, "credential": public, "answers": answers}
    return {
        "format": "psephos/challenge/1",
        "election": vote.received.decode(),
        "ballot": json.dumps(ballot, separators=(",", ":")),
        "choice": bits,
        "randomness": randomnesses,
    }


def file_of(challenge: dict[str, Any]) -> bytes:
    """Its bytes."""
    return json.dumps(challenge, separators=(",", ":")).encode()


def test_honest_challenge_shows_its_choice() -> None:
    """The choice, the commitment and the election come out; the file has one form."""
    challenge = made()
    opened = check_challenge(file_of(challenge))
    assert opened.chosen == [[1], [0, 2]]
    assert opened.commitment == sha256_base64(challenge["ballot"].encode())
    assert opened.election.fingerprint == election().fingerprint
    check_credential(opened, [CREDENTIAL])
    assert write_json(Challenge(**challenge)) == file_of(challenge)


def test_blank_box_is_told_from_answers() -> None:
    """A blank vote in its own box is no answer."""
    assert check_challenge(file_of(made(((1, 0, 0), (1, 0, 0, 0))))).chosen == [[0], None]


def _other_choice(challenge: dict[str, Any]) -> None:
    challenge["choice"] = [[1, 0, 0], challenge["choice"][1]]


def _other_randomness(challenge: dict[str, Any]) -> None:
    challenge["randomness"][0][0] = "5"


def _other_election(challenge: dict[str, Any]) -> None:
    challenge["election"] = election(name="Another vote").received.decode()


def _two_answers(challenge: dict[str, Any]) -> None:
    challenge |= made(((1, 1, 0), (0, 1, 0, 0)))


def _blank_and_answer(challenge: dict[str, Any]) -> None:
    challenge |= made(((1, 0, 0), (1, 1, 0, 0)))


def _short(challenge: dict[str, Any]) -> None:
    challenge["choice"] = [[0, 1], challenge["choice"][1]]


def _one_question(challenge: dict[str, Any]) -> None:
    challenge["choice"] = challenge["choice"][:1]


def _too_large(challenge: dict[str, Any]) -> None:
    challenge["randomness"][0][0] = str(Group("Ed25519").order)


def _too_long(challenge: dict[str, Any]) -> None:
    challenge["randomness"][0][0] = "1" * 701


def _line_end(challenge: dict[str, Any]) -> None:
    challenge["randomness"][0][0] += "\n"


def _version(challenge: dict[str, Any]) -> None:
    challenge["format"] = "psephos/challenge/2"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (_other_choice, InvalidProofError),
        (_other_randomness, InvalidProofError),
        (_other_election, MismatchError),
        (_two_answers, MalformedError),
        (_blank_and_answer, MalformedError),
        (_short, MalformedError),
        (_one_question, MalformedError),
        (_too_large, MalformedError),
        (_line_end, MalformedError),
        (_too_long, MalformedError),
        (_version, MalformedError),
    ],
)
def test_changed_challenge_is_refused(change: Callable[[dict[str, Any]], None], error: type[PsephosError]) -> None:
    """A device that opens another choice than the one in its ballot is found out, and so is a file of another form."""
    challenge = made()
    change(challenge)
    with pytest.raises(error) as raised:
        check_challenge(file_of(challenge))
    assert type(raised.value) is error


def test_ballot_for_another_credential_is_refused() -> None:
    """A ballot that would have voted for somebody else is found out by whoever gives her credential."""
    opened = check_challenge(file_of(made()))
    with pytest.raises(MismatchError, match="another credential"):
        check_credential(opened, ["bbcde-FGHJKL-mnopq-23456Z"])
