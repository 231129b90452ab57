"""One encrypted answer to a homomorphic question, and the proofs that it is well formed.

Clauses: Belenios 2.0 §4.11.1, §4.12, §4.13.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .canonical import array, fields, text
from .election import Election, Question
from .errors import RefusedError
from .groups import Element, Group
from .nonces import Draw
from .proofs import Clause, Proof, proofs_from_json, prove_one_of, verify_one_of

ZERO_OR_ONE = (0, 1)


@dataclass(frozen=True)
class Ciphertext:
    """An ElGamal encryption: alpha = g^r, beta = y^r g^m."""

    alpha: Element
    beta: Element


@dataclass(frozen=True)
class Answer:
    """Ciphertexts and proofs for one question; blank_proof exactly if blank votes are allowed."""

    choices: tuple[Ciphertext, ...]
    individual_proofs: tuple[tuple[Proof, ...], ...]
    overall_proof: tuple[Proof, ...]
    blank_proof: tuple[Proof, ...] | None


def encrypt(group: Group, y: Element, *, m: int, r: int) -> Ciphertext:
    """Encrypt the integer m with randomness r."""
    return Ciphertext(group.power(group.g, r), group.multiply(group.power(y, r), group.power(group.g, m % group.q)))


def combine(group: Group, ciphertexts: Sequence[Ciphertext]) -> Ciphertext:
    """Multiply ciphertexts: an encryption of the sum."""
    return Ciphertext(
        group.product(ciphertext.alpha for ciphertext in ciphertexts),
        group.product(ciphertext.beta for ciphertext in ciphertexts),
    )


def encode_ciphertext(group: Group, ciphertext: Ciphertext) -> str:
    """Write alpha,beta as challenges hash it."""
    return f"{group.encode(ciphertext.alpha)},{group.encode(ciphertext.beta)}"


def ciphertext_to_json(group: Group, ciphertext: Ciphertext) -> dict[str, str]:
    """Write a ciphertext with its fields in order."""
    return {"alpha": group.encode(ciphertext.alpha), "beta": group.encode(ciphertext.beta)}


def ciphertext_from_json(group: Group, value: object) -> Ciphertext:
    """Read a voter's ciphertext: both halves members of the group, neither the identity.

    Raises:
        RefusedError: If not.
    """
    entry = fields(value, "alpha", "beta")
    return Ciphertext(group.decode(text(entry["alpha"])), group.decode(text(entry["beta"])))


def value_clause(group: Group, ciphertext: Ciphertext, *, value: int) -> Clause:
    """State that the ciphertext encrypts this value."""
    return Clause(ciphertext.alpha, group.divide(ciphertext.beta, group.power(group.g, value)))


def value_clauses(group: Group, ciphertext: Ciphertext, *, values: Sequence[int]) -> list[Clause]:
    """State that the ciphertext encrypts one of these values."""
    return [value_clause(group, ciphertext, value=value) for value in values]


def answer_string(group: Group, base: str, *, choices: Sequence[Ciphertext]) -> str:
    """Write S: the ballot's string S0, a bar, and all ciphertexts separated by commas."""
    return base + "|" + ",".join(encode_ciphertext(group, choice) for choice in choices)


@dataclass(frozen=True)
class Disjunction:
    """A statement of an answer: what the challenge is hashed over, and the clauses."""

    prefix: str
    clauses: tuple[Clause, ...]


def interval(group: Group, ciphertext: Ciphertext, *, string: str, values: Sequence[int]) -> Disjunction:
    """State by §4.12 that the ciphertext encrypts one of the values."""
    prefix = f"prove|{string}|{encode_ciphertext(group, ciphertext)}|"
    return Disjunction(prefix, tuple(value_clauses(group, ciphertext, values=values)))


def overall_statement(group: Group, question: Question, *, string: str, choices: Sequence[Ciphertext]) -> Disjunction:
    """State what overall_proof proves: the sum is in the interval, or the vote is blank."""
    values = range(question.minimum, question.maximum + 1)
    if not question.blank:
        return interval(group, combine(group, choices), string=string, values=values)
    chosen = combine(group, choices[1:])
    # > overall_proof proves that m0 = 1 or mSigma in [min ... max]
    clauses = [value_clause(group, choices[0], value=1), *value_clauses(group, chosen, values=values)]
    return Disjunction(f"bproof1|{string}|", tuple(clauses))


def blank_statement(group: Group, *, string: str, choices: Sequence[Ciphertext]) -> Disjunction:
    """State what blank_proof proves: the vote is not blank, or nothing is chosen."""
    chosen = combine(group, choices[1:])
    # > blank_proof proves that m0 = 0 or mSigma = 0
    return Disjunction(
        f"bproof0|{string}|", (value_clause(group, choices[0], value=0), value_clause(group, chosen, value=0))
    )


def prove_statement(
    group: Group, y: Element, *, statement: Disjunction, true_index: int, r: int, draw: Draw
) -> tuple[Proof, ...]:
    """Prove a statement, drawing challenge and response of each false clause, then the nonce.

    An index outside the clauses is moved to the nearest: that makes the false proof of a cheater.
    """
    nearest = min(max(true_index, 0), len(statement.clauses) - 1)
    simulated = [Proof(draw(), draw()) for _ in statement.clauses[1:]]
    return prove_one_of(
        group,
        y,
        clauses=statement.clauses,
        true_index=nearest,
        r=r,
        prefix=statement.prefix,
        simulated=simulated,
        w=draw(),
    )


@dataclass(frozen=True)
class Opened:
    """Ciphertexts with what the voter knows about them."""

    choices: tuple[Ciphertext, ...]
    plaintext: tuple[int, ...]
    r: tuple[int, ...]


def prove_overall(
    election: Election, question: Question, *, string: str, opened: Opened, draw: Draw
) -> tuple[Proof, ...]:
    """Make overall_proof; `string` is S."""
    group, plaintext, r = election.group, opened.plaintext, opened.r
    statement = overall_statement(group, question, string=string, choices=opened.choices)
    if not question.blank:
        index, randomness = sum(plaintext) - question.minimum, sum(r)
    elif plaintext[0] == 1:
        index, randomness = 0, r[0]
    else:
        index, randomness = max(sum(plaintext[1:]) - question.minimum, 0) + 1, sum(r[1:])
    return prove_statement(group, election.public_key, statement=statement, true_index=index, r=randomness, draw=draw)


def prove_blank(election: Election, *, string: str, opened: Opened, draw: Draw) -> tuple[Proof, ...]:
    """Make blank_proof; `string` is S."""
    statement = blank_statement(election.group, string=string, choices=opened.choices)
    index = 1 if opened.plaintext[0] == 1 else 0
    randomness = sum(opened.r[1:]) if index else opened.r[0]
    return prove_statement(
        election.group, election.public_key, statement=statement, true_index=index, r=randomness, draw=draw
    )


def make_answer(election: Election, question: Question, *, string: str, plaintext: Sequence[int], draw: Draw) -> Answer:
    """Encrypt and prove an answer; any integers are accepted, and false proofs made for bad ones.

    Args:
        election: For its group and public key.
        question: The question.
        string: S0, the fingerprint and the public credential joined by a bar.
        plaintext: One integer per ciphertext, the blank flag first if the question has one.
        draw: Source of all randomness.
    """
    group, y = election.group, election.public_key
    r = tuple(draw() for _ in plaintext)
    choices = tuple(encrypt(group, y, m=m_i, r=r_i) for m_i, r_i in zip(plaintext, r, strict=True))
    opened = Opened(choices, tuple(plaintext), r)
    individual = []
    for choice, m_i, r_i in zip(choices, plaintext, r, strict=True):
        statement = interval(group, choice, string=string, values=ZERO_OR_ONE)
        individual.append(prove_statement(group, y, statement=statement, true_index=m_i, r=r_i, draw=draw))
    s = answer_string(group, string, choices=choices)
    overall = prove_overall(election, question, string=s, opened=opened, draw=draw)
    blank = prove_blank(election, string=s, opened=opened, draw=draw) if question.blank else None
    return Answer(choices, tuple(individual), overall, blank)


def answer_to_json(group: Group, answer: Answer) -> dict[str, object]:
    """Write an answer with its fields in order; blank_proof only if there is one."""
    value: dict[str, object] = {
        "choices": [ciphertext_to_json(group, choice) for choice in answer.choices],
        "individual_proofs": [[proof.to_json() for proof in proofs] for proofs in answer.individual_proofs],
        "overall_proof": [proof.to_json() for proof in answer.overall_proof],
    }
    if answer.blank_proof is not None:
        value["blank_proof"] = [proof.to_json() for proof in answer.blank_proof]
    return value


def answer_from_json(group: Group, question: Question, *, value: object) -> Answer:
    """Read an answer of exactly the shape the question demands.

    Raises:
        RefusedError: If a number of ciphertexts or proofs is wrong, a field unknown, an element
            no member of the group, or blank_proof present where it must not be or the reverse.
    """
    names = ["choices", "individual_proofs", "overall_proof", *(["blank_proof"] if question.blank else [])]
    entry = fields(value, *names)
    width, span = question.width, question.maximum - question.minimum + 1
    return Answer(
        choices=tuple(ciphertext_from_json(group, item) for item in array(entry["choices"], width)),
        individual_proofs=tuple(
            proofs_from_json(group, item, length=len(ZERO_OR_ONE)) for item in array(entry["individual_proofs"], width)
        ),
        overall_proof=proofs_from_json(group, entry["overall_proof"], length=span + int(question.blank)),
        blank_proof=proofs_from_json(group, entry["blank_proof"], length=2) if question.blank else None,
    )


def verify_answer(election: Election, question: Question, *, string: str, answer: Answer) -> None:
    """Check all proofs of an answer.

    Raises:
        RefusedError: At the first that does not hold.
    """
    group, y = election.group, election.public_key
    for choice, proofs in zip(answer.choices, answer.individual_proofs, strict=True):
        zero_or_one = interval(group, choice, string=string, values=ZERO_OR_ONE)
        verify_one_of(group, y, clauses=zero_or_one.clauses, prefix=zero_or_one.prefix, proofs=proofs)
    s = answer_string(group, string, choices=answer.choices)
    overall = overall_statement(group, question, string=s, choices=answer.choices)
    verify_one_of(group, y, clauses=overall.clauses, prefix=overall.prefix, proofs=answer.overall_proof)
    if question.blank != (answer.blank_proof is not None):
        raise RefusedError("blank_proof must be there exactly if blank votes are allowed")
    if answer.blank_proof is not None:
        blank = blank_statement(group, string=s, choices=answer.choices)
        verify_one_of(group, y, clauses=blank.clauses, prefix=blank.prefix, proofs=answer.blank_proof)
