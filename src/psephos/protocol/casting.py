"""Casting: what a voter encrypts, proves and signs (specification §4.11 – §4.15)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from psephos.errors import MalformedError
from psephos.protocol import transcript
from psephos.protocol.ballot import SIGNATURE, AnswerColumns, BallotForm, blank_prefixes
from psephos.protocol.election import Question
from psephos.protocol.encoding import sha256_base64
from psephos.protocol.group import Elements, Randomness, Scalars, Secrets
from psephos.protocol.proofs import multiply_columns, prove_disjunction, prove_schnorr


def selection(question: Question, chosen: Sequence[int], *, blank: bool = False) -> list[int]:
    """A voter's answer as the vector that is encrypted: 1 for each answer chosen (§4.11.1).

    Args:
        question: The question.
        chosen: Indices of the answers chosen, from 0.
        blank: Vote blank; nothing else may be chosen then.

    Raises:
        MalformedError: More or fewer answers than the question allows; the message does not repeat the choice.
    """
    if len(set(chosen)) != len(chosen) or any(not 0 <= index < len(question.answers) for index in chosen):
        raise MalformedError("an answer was chosen twice, or is not one of the question's")
    vector = [int(index in chosen) for index in range(len(question.answers))]
    if blank:
        if not question.blank_allowed or chosen:
            raise MalformedError("blank cannot be combined with answers, and the question must allow it")
        return [1, *vector]
    if not question.min <= len(chosen) <= question.max:
        raise MalformedError(f"choose between {question.min} and {question.max} answers")
    return [0, *vector] if question.blank_allowed else vector


class UnsignedBallots(msgspec.Struct, frozen=True):
    """Encrypted, proven, not yet signed.

    Attributes:
        texts: The ballots without signature.
        commitments: What a voter notes before she decides to challenge or to cast: Belenios' `signature.hash`.
    """

    texts: list[bytes]
    commitments: list[str]


def encrypt(
    form: BallotForm, credentials: Elements, choices: Sequence[Sequence[Sequence[int]]], rng: Randomness
) -> UnsignedBallots:
    """Encrypt and prove (§4.11 – §4.13).

    Args:
        form: The election's form.
        credentials: The voters' public credentials, a row each.
        choices: The voters' answers, shape (rows, questions, size of that question); see `selection`.
        rng: Where randomness comes from.
    """
    fingerprint = form.election.fingerprint
    statements = [transcript.statement(fingerprint, text) for text in credentials.texts()]
    elements, scalars = [credentials], list[Scalars]()
    for number, answer in enumerate(form.answers):
        by_choice = [[row[number][place] for row in choices] for place in range(answer.question.size)]
        ciphertexts, proofs = _prove_answer(form, answer, statements, by_choice, rng)
        elements += [column for ciphertext in ciphertexts for column in ciphertext]
        scalars += proofs
    texts = form.write(elements, scalars)
    return UnsignedBallots(texts, [sha256_base64(text) for text in texts])


def _prove_answer(
    form: BallotForm, answer: AnswerColumns, statements: list[str], messages: list[list[int]], rng: Randomness
) -> tuple[list[tuple[Elements, Elements]], list[Scalars]]:
    """Encrypt one question's choices; the proofs' columns come in the order of the ballot's text."""
    question, key, group = answer.question, form.election.key, form.election.group
    encrypted = [group.encrypt(key, rng, column) for column in messages]
    choices = [(alpha, beta) for alpha, beta, _ in encrypted]
    scalars: list[Scalars] = []

    def prove(
        prefixes: list[bytes], listed: list[list[Elements]], alternatives: list[tuple[Secrets, list[int], int]]
    ) -> None:
        challenges, responses = prove_disjunction(key, rng, prefixes, listed, alternatives)
        for challenge, response in zip(challenges, responses, strict=True):
            scalars.extend((challenge, response))

    interval = [transcript.interval(statement) for statement in statements]
    for (alpha, beta, secret), column in zip(encrypted, messages, strict=True):
        prove(interval, [[alpha, beta]], [(secret, column, 0), (secret, column, 1)])
    first = int(question.blank_allowed)
    total_secret = encrypted[first][2]
    for _, _, secret in encrypted[first + 1 :]:
        total_secret = total_secret + secret
    total = [sum(column) for column in zip(*messages[first:], strict=True)]
    in_range = [(total_secret, total, value) for value in range(question.min, question.max + 1)]
    listed = [column for choice in choices for column in choice]
    if not question.blank_allowed:
        sums = [multiply_columns([alpha for alpha, _ in choices]), multiply_columns([beta for _, beta in choices])]
        prove(interval, [listed, sums], in_range)
        return choices, scalars
    blank_secret, blank = encrypted[0][2], messages[0]
    nothing, ranged = blank_prefixes(question, statements) or ([], [])
    prove(ranged, [listed], [(blank_secret, blank, 1), *in_range])
    prove(nothing, [listed], [(blank_secret, blank, 0), (total_secret, total, 0)])
    return choices, scalars


def sign(ballots: UnsignedBallots, secrets: Secrets, rng: Randomness) -> list[bytes]:
    """Cast: sign each ballot with its voter's credential (§4.14).

    Args:
        ballots: As encrypted for the public credentials of `secrets`.
        secrets: The voters' secret exponents, a row each.
        rng: Where randomness comes from.
    """
    prefixes = [transcript.ballot_signature(commitment) for commitment in ballots.commitments]
    challenges, responses = (column.texts() for column in prove_schnorr(secrets, rng, prefixes))
    return [
        text[:-1]
        + SIGNATURE
        + f'{commitment}","proof":{{"challenge":"{challenge}","response":"{response}"}}}}}}'.encode()
        for text, commitment, challenge, response in zip(
            ballots.texts, ballots.commitments, challenges, responses, strict=True
        )
    ]
