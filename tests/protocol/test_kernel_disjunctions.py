"""Kernel and oracle prove to each other, and refuse the same: that one of several statements is true."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psephos_kernel as kernel
import pytest
from psephos_kernel import Elements, Rng, WitnessError

from tests.support.oracle import proofs as oracle
from tests.support.oracle.answers import encrypt, value_clause
from tests.support.oracle.errors import RefusedError
from tests.support.oracle.groups import ModP
from tests.support.oracle.nonces import seeded
from tests.support.oracle.proofs import Clause, Proof
from tests.support.pairs import BAD_ROW, PAIRS, Pair, Value, tampered_elements, tampered_proofs


@dataclass(frozen=True)
class Claimed:
    """One row of one statement: "this ciphertext encrypts `value`"."""

    alpha: Value
    beta: Value
    value: int


@dataclass(frozen=True)
class Disjunction:
    """One row: what is listed in the transcript, the statements, a proof for each."""

    prefix: str
    listed: tuple[tuple[Value, ...], ...]
    claims: tuple[Claimed, ...]
    proofs: tuple[Proof, ...]


def verify_disjunctions_ours(pair: Pair, y: Value, rows: Sequence[Disjunction]) -> list[int]:
    """The kernel's verdict; the shape and the values are those of the first row."""
    first = rows[0]

    def column(part: Callable[[Disjunction], Value]) -> Elements:
        return pair.column([part(row) for row in rows])

    return kernel.verify_disjunction(
        pair.key(y),
        [row.prefix.encode() for row in rows],
        [
            [column(lambda row, i=i, j=j: row.listed[i][j]) for j in range(len(columns))]
            for i, columns in enumerate(first.listed)
        ],
        [
            (column(lambda row, k=k: row.claims[k].alpha), column(lambda row, k=k: row.claims[k].beta), claim.value)
            for k, claim in enumerate(first.claims)
        ],
        [pair.scalars([row.proofs[k].challenge for row in rows]) for k in range(len(first.claims))],
        [pair.scalars([row.proofs[k].response for row in rows]) for k in range(len(first.claims))],
    )


def full_prefix(pair: Pair, row: Disjunction) -> str:
    """What is hashed before the commitments."""
    lists = (",".join(pair.theirs.encode(value) for value in values) + "|" for values in row.listed)
    return row.prefix + "".join(lists)


def clauses_of(pair: Pair, claims: Sequence[Claimed]) -> list[Clause]:
    """Statements as the oracle has them."""
    return [
        Clause(
            claim.alpha, pair.theirs.divide(claim.beta, pair.theirs.power(pair.theirs.g, claim.value % pair.theirs.q))
        )
        for claim in claims
    ]


def disjunction_holds(pair: Pair, y: Value, row: Disjunction) -> bool:
    """The oracle's verdict."""
    try:
        oracle.verify_one_of(
            pair.theirs, y, clauses=clauses_of(pair, row.claims), prefix=full_prefix(pair, row), proofs=row.proofs
        )
    except RefusedError:
        return False
    return True


def disjunctions(pair: Pair, y: Value, values: Sequence[int], messages: Sequence[int]) -> list[Disjunction]:
    """Proofs by the oracle that each message is one of the values; transcripts list the ciphertext and one more."""
    draw, theirs, rows = seeded(pair.theirs, "disjunction"), pair.theirs, []
    for number, m in enumerate(messages):
        r = draw()
        ciphertext, other = encrypt(theirs, y, m=m, r=r), theirs.power(theirs.g, draw())
        unproved = Disjunction(
            prefix=f"prove|{number}|",
            listed=((ciphertext.alpha, ciphertext.beta), (other,)),
            claims=tuple(Claimed(ciphertext.alpha, ciphertext.beta, value) for value in values),
            proofs=(),
        )
        proofs = oracle.prove_one_of(
            theirs,
            y,
            clauses=clauses_of(pair, unproved.claims),
            true_index=values.index(m),
            r=r,
            prefix=full_prefix(pair, unproved),
            simulated=[Proof(draw(), draw()) for _ in values[1:]],
            w=draw(),
        )
        rows.append(replace(unproved, proofs=proofs))
    return rows


@pytest.mark.parametrize(
    ("values", "messages"), [((0, 1), (0, 1, 0)), ((1,), (1, 1)), ((0, 1, 2, 3), (3, 0)), ((5, 2**32 - 1), (5,))]
)
def test_disjunction_proved_by_the_oracle_is_verified(
    pair: Pair, values: tuple[int, ...], messages: tuple[int, ...]
) -> None:
    """Intervals of one, two and four values; each place of the true one."""
    (y,) = pair.random("y", 1)
    rows = disjunctions(pair, y, values, messages)
    assert all(disjunction_holds(pair, y, row) for row in rows)
    assert verify_disjunctions_ours(pair, y, rows) == []


def test_disjunction_proved_by_the_kernel_is_verified_by_the_oracle(pair: Pair) -> None:
    """For every choice of true statements out of two ciphertexts; where none is true, nothing is proved."""
    (y,) = pair.random("y", 1)
    key, rng = pair.key(y), Rng.seeded(bytes(32))
    # Statements as of a blank proof: m0 = 1, or m in {1, 2}.
    blanks, sums = [1, 1, 1, 0, 0], [1, 2, 0, 1, 2]
    (a0, b0, r0), (a1, b1, r1) = (pair.ours.encrypt(key, rng, column) for column in (blanks, sums))
    prefixes = [f"bproof1|{row}|".encode() for row in range(len(blanks))]
    statements = [(r0, blanks, 1), (r1, sums, 1), (r1, sums, 2)]
    listed = [[a0, b0, a1, b1], [], [a1]]
    challenges, responses = kernel.prove_disjunction(key, rng, prefixes, listed, statements)
    texts = [[column[row] for column in (a0, b0, a1, b1)] for row in range(len(blanks))]
    for row, elements in enumerate(texts):
        alpha0, beta0, alpha1, beta1 = (pair.from_kernel(element) for element in elements)
        claims = (Claimed(alpha0, beta0, 1), Claimed(alpha1, beta1, 1), Claimed(alpha1, beta1, 2))
        proofs = tuple(Proof(challenges[k][row], responses[k][row]) for k in range(3))
        made = Disjunction(prefixes[row].decode(), ((alpha0, beta0, alpha1, beta1), (), (alpha1,)), claims, proofs)
        assert disjunction_holds(pair, y, made)
    columns = [(a0, b0, 1), (a1, b1, 1), (a1, b1, 2)]
    assert kernel.verify_disjunction(key, prefixes, listed, columns, challenges, responses) == []
    for wrong, first in ((0, 3), (3, 3)):
        bad_sums = [*sums[:wrong], 7, *sums[wrong + 1 :]]
        false = [(r0, blanks, 1), (r1, bad_sums, 1), (r1, bad_sums, 2)]
        if blanks[wrong]:
            kernel.prove_disjunction(key, rng, prefixes, listed, false)
            continue
        with pytest.raises(WitnessError) as caught:
            kernel.prove_disjunction(key, rng, prefixes, listed, false)
        assert caught.value.args == (first,)


@pytest.mark.slow
def test_disjunction_with_any_input_changed_fails_in_its_row(pair: Pair) -> None:
    """Every challenge, response, ciphertext, listed column and the prefix: both refuse that row only."""
    (y,) = pair.random("y", 1)
    q = pair.theirs.q
    rows = disjunctions(pair, y, (0, 1), (0, 1, 1))
    good = rows[BAD_ROW]
    first, second = good.proofs
    variants = [replace(good, proofs=(proof, second)) for proof in tampered_proofs(pair, first)]
    variants += [replace(good, proofs=(first, proof)) for proof in tampered_proofs(pair, second)]
    # The sum of the challenges stays the same.
    shifted = Proof((first.challenge + 1) % q, first.response), Proof((second.challenge - 1) % q, second.response)
    exchanged = Proof(second.challenge, first.response), Proof(first.challenge, second.response)
    variants += [replace(good, proofs=proofs) for proofs in (shifted, exchanged, (second, first))]
    for k, claim in enumerate(good.claims):
        changed = [replace(claim, alpha=value) for value in tampered_elements(pair, claim.alpha)]
        changed += [replace(claim, beta=value) for value in tampered_elements(pair, claim.beta)]
        changed.append(replace(claim, alpha=claim.beta, beta=claim.alpha))
        variants += [replace(good, claims=(*good.claims[:k], other, *good.claims[k + 1 :])) for other in changed]
    for i, values in enumerate(good.listed):
        for j, value in enumerate(values):
            for other in tampered_elements(pair, value)[:2]:
                listed = (*good.listed[:i], (*values[:j], other, *values[j + 1 :]), *good.listed[i + 1 :])
                variants.append(replace(good, listed=listed))
    variants += [replace(good, prefix=prefix) for prefix in ("", good.prefix + "x", rows[0].prefix)]
    for variant in variants:
        assert not disjunction_holds(pair, y, variant), variant
        assert verify_disjunctions_ours(pair, y, [*rows[:BAD_ROW], variant]) == [BAD_ROW], variant


def test_disjunction_about_other_values_another_key_or_in_another_order_fails(pair: Pair) -> None:
    """What holds for all rows at once: the statements' values, their order and number, the key, the lists' shape."""
    y, other = pair.random("y", 2)
    rows = disjunctions(pair, y, (0, 1), (0, 1))
    assert verify_disjunctions_ours(pair, y, rows) == []
    assert verify_disjunctions_ours(pair, other, rows) == [0, 1]
    assert not disjunction_holds(pair, other, rows[0])

    def with_values(row: Disjunction, values: Sequence[int]) -> Disjunction:
        claims = zip(row.claims, values, strict=True)
        return replace(row, claims=tuple(replace(claim, value=value) for claim, value in claims))

    changed: list[list[Disjunction]] = [
        [with_values(row, values) for row in rows] for values in ((1, 0), (0, 2), (2, 1), (1, 2), (0, 0))
    ]
    changed += [
        [replace(row, listed=row.listed[::-1]) for row in rows],
        [replace(row, listed=row.listed[:1]) for row in rows],
        [replace(row, listed=((*row.listed[0], *row.listed[1]),)) for row in rows],
        [replace(row, listed=(*row.listed, ())) for row in rows],
        [replace(row, listed=((row.listed[0][::-1]), row.listed[1])) for row in rows],
        [replace(row, claims=row.claims[:1], proofs=row.proofs[:1]) for row in rows],
        [replace(row, claims=row.claims * 2, proofs=row.proofs * 2) for row in rows],
    ]
    for variant in changed:
        assert [disjunction_holds(pair, y, row) for row in variant] == [False, False]
        assert verify_disjunctions_ours(pair, y, variant) == [0, 1]


def test_proofs_of_columns_that_do_not_fit_are_refused(pair: Pair) -> None:
    """Columns of different lengths or groups are errors, for provers and verifiers."""
    (y,) = pair.random("y", 1)
    two, one = pair.column(pair.random("fit", 2)), pair.column(pair.random("fit", 1))
    scalars, scalar, rng = pair.scalars([1, 2]), pair.scalars([1]), Rng.seeded(bytes(32))
    stranger = next(other for name, other in PAIRS.items() if name != pair.ours.name)
    foreign = stranger.column(stranger.random("foreign", 2))
    key, prefixes = pair.key(y), [b"a", b"b"]
    secrets = pair.secrets([1, 2])
    wrong: list[Callable[[], Any]] = [
        lambda: kernel.verify_schnorr([b""], two, scalars, scalars),
        lambda: kernel.verify_schnorr(prefixes, one, scalars, scalars),
        lambda: kernel.verify_schnorr(prefixes, two, scalar, scalars),
        lambda: kernel.verify_schnorr(prefixes, two, scalars, scalar),
        lambda: kernel.verify_schnorr(prefixes, foreign, scalars, scalars),
        lambda: kernel.verify_equality(prefixes, two, one, two, scalars, scalars),
        lambda: kernel.verify_equality(prefixes, two, two, one, scalars, scalars),
        lambda: kernel.verify_equality(prefixes, two, two, foreign, scalars, scalars),
        lambda: kernel.prove_schnorr(secrets, rng, [b""]),
        lambda: kernel.prove_equality(secrets, rng, prefixes, one),
        lambda: kernel.prove_equality(secrets, rng, [b""], one),
        lambda: kernel.verify_disjunction(key, prefixes, [[one]], [(two, two, 0)], [scalars], [scalars]),
        lambda: kernel.verify_disjunction(key, prefixes, [], [(two, one, 0)], [scalars], [scalars]),
        lambda: kernel.verify_disjunction(key, prefixes, [], [(two, two, 0)], [], [scalars]),
        lambda: kernel.verify_disjunction(key, prefixes, [], [(two, two, 0)], [scalars], [scalars, scalars]),
        lambda: kernel.verify_disjunction(key, prefixes, [[foreign]], [(two, two, 0)], [scalars], [scalars]),
        lambda: kernel.prove_disjunction(key, rng, prefixes, [[one]], [(secrets, [0, 0], 0)]),
        lambda: kernel.prove_disjunction(key, rng, prefixes, [], [(secrets, [0], 0)]),
    ]
    for call in wrong:
        with pytest.raises(ValueError, match=r"."):
            call()


def test_value_clause_is_the_statement_that_the_kernel_checks(pair: Pair) -> None:
    """A proof about the oracle's own clause (beta divided by g^M) is the kernel's statement (alpha, beta, M)."""
    (y,) = pair.random("y", 1)
    (row,) = disjunctions(pair, y, (0, 1), (1,))
    ciphertext = encrypt(pair.theirs, y, m=1, r=seeded(pair.theirs, "disjunction")())
    assert value_clause(pair.theirs, ciphertext, value=1) == clauses_of(pair, row.claims)[1]
    assert isinstance(pair.theirs, ModP) == (pair.ours.name != "Ed25519")
