"""Kernel and oracle prove to each other, and refuse the same: knowledge, and equality of logarithms."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import psephos_kernel as kernel
from psephos_kernel import Rng

from tests.support.oracle import proofs as oracle
from tests.support.oracle.errors import RefusedError
from tests.support.oracle.nonces import seeded
from tests.support.oracle.proofs import Proof
from tests.support.pairs import BAD_ROW, PAIRS, ROWS, Pair, Value, tampered_elements, tampered_proofs

# ── Schnorr ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Knowledge:
    """One row: a claim of knowledge of a logarithm, with its proof."""

    prefix: str
    public: Value
    proof: Proof


def verify_knowledge_ours(pair: Pair, rows: Sequence[Knowledge]) -> list[int]:
    """The kernel's verdict: the rows that fail."""
    return kernel.verify_schnorr(
        [row.prefix.encode() for row in rows],
        pair.column([row.public for row in rows]),
        pair.scalars([row.proof.challenge for row in rows]),
        pair.scalars([row.proof.response for row in rows]),
    )


def verify_knowledge_theirs(pair: Pair, rows: Sequence[Knowledge]) -> list[int]:
    """The oracle's."""

    def holds(row: Knowledge) -> bool:
        try:
            oracle.verify_knowledge(pair.theirs, row.public, prefix=row.prefix, proof=row.proof)
        except RefusedError:
            return False
        return True

    return [number for number, row in enumerate(rows) if not holds(row)]


def knowledge(pair: Pair, secrets: Sequence[int]) -> list[Knowledge]:
    """Proofs by the oracle; 0, 1 and q - 1 may be among the secrets."""
    draw = seeded(pair.theirs, "knowledge")
    return [
        Knowledge(
            prefix=f"prefix {number}|",
            public=pair.theirs.power(pair.theirs.g, secret),
            proof=oracle.prove_knowledge(pair.theirs, secret, prefix=f"prefix {number}|", w=draw()),
        )
        for number, secret in enumerate(secrets)
    ]


def test_knowledge_proved_by_either_is_verified_by_the_other(pair: Pair) -> None:
    """Schnorr, both directions, with the secrets 0, 1 and q - 1 among them."""
    secrets = [0, 1, pair.theirs.q - 1, seeded(pair.theirs, "schnorr")()]
    rows = knowledge(pair, secrets)
    assert verify_knowledge_ours(pair, rows) == verify_knowledge_theirs(pair, rows) == []
    prefixes = ["", "bar|", "ü", "long" * 100]
    challenges, responses = kernel.prove_schnorr(
        pair.secrets(secrets), Rng.seeded(bytes(32)), [p.encode() for p in prefixes]
    )
    made = [
        Knowledge(prefix, row.public, Proof(challenges[number], responses[number]))
        for number, (prefix, row) in enumerate(zip(prefixes, rows, strict=True))
    ]
    assert verify_knowledge_theirs(pair, made) == verify_knowledge_ours(pair, made) == []
    assert kernel.verify_schnorr([], pair.column([]), pair.scalars([]), pair.scalars([])) == []


def test_knowledge_with_any_input_changed_fails_in_its_row(pair: Pair) -> None:
    """Each of prefix, key, challenge and response, in one row of several: both refuse that row only."""
    draw = seeded(pair.theirs, "tamper knowledge")
    rows = knowledge(pair, [draw() for _ in range(ROWS)])
    assert verify_knowledge_theirs(pair, rows) == []
    good = rows[BAD_ROW]
    variants = [replace(good, proof=proof) for proof in tampered_proofs(pair, good.proof)]
    variants += [replace(good, public=value) for value in tampered_elements(pair, good.public)]
    prefixes = (good.prefix + "|", good.prefix[1:], "", good.prefix.upper(), rows[0].prefix)
    variants += [replace(good, prefix=prefix) for prefix in prefixes]
    variants += [replace(good, proof=rows[0].proof), replace(rows[0], prefix=good.prefix)]
    for variant in variants:
        assert verify_knowledge_theirs(pair, [variant]) == [0], variant
        assert verify_knowledge_ours(pair, [*rows[:BAD_ROW], variant, *rows[BAD_ROW + 1 :]]) == [BAD_ROW], variant


def test_knowledge_in_long_columns_fails_in_every_bad_row() -> None:
    """Several bad rows in several blocks are listed in ascending order."""
    pair = PAIRS["Ed25519"]
    secrets = pair.ours.random_secrets(Rng.seeded(bytes(32)), 200)
    prefixes = [f"{row}|".encode() for row in range(200)]
    challenges, responses = kernel.prove_schnorr(secrets, Rng.seeded(bytes(32)), prefixes)
    assert kernel.verify_schnorr(prefixes, secrets.public(), challenges, responses) == []
    bad = [0, 63, 64, 127, 128, 199]
    for row in bad:
        prefixes[row] += b"x"
    assert kernel.verify_schnorr(prefixes, secrets.public(), challenges, responses) == bad


# ── equality of logarithms ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Equality:
    """One row: a claim that two logarithms are equal, with its proof."""

    prefix: str
    public: Value
    base: Value
    image: Value
    proof: Proof


def verify_equality_ours(pair: Pair, rows: Sequence[Equality]) -> list[int]:
    """The kernel's verdict: the rows that fail."""
    return kernel.verify_equality(
        [row.prefix.encode() for row in rows],
        pair.column([row.public for row in rows]),
        pair.column([row.base for row in rows]),
        pair.column([row.image for row in rows]),
        pair.scalars([row.proof.challenge for row in rows]),
        pair.scalars([row.proof.response for row in rows]),
    )


def verify_equality_theirs(pair: Pair, rows: Sequence[Equality]) -> list[int]:
    """The oracle's."""

    def holds(row: Equality) -> bool:
        try:
            oracle.verify_equality(
                pair.theirs, row.public, base=row.base, value=row.image, prefix=row.prefix, proof=row.proof
            )
        except RefusedError:
            return False
        return True

    return [number for number, row in enumerate(rows) if not holds(row)]


def equalities(pair: Pair, secrets: Sequence[int], bases: Sequence[Value]) -> list[Equality]:
    """Proofs by the oracle."""
    draw, theirs = seeded(pair.theirs, "equality"), pair.theirs
    return [
        Equality(
            prefix=f"decrypt|{number}|",
            public=theirs.power(theirs.g, secret),
            base=base,
            image=theirs.power(base, secret),
            proof=oracle.prove_equality(theirs, secret, base=base, prefix=f"decrypt|{number}|", w=draw()),
        )
        for number, (secret, base) in enumerate(zip(secrets, bases, strict=True))
    ]


def test_equality_proved_by_either_is_verified_by_the_other(pair: Pair) -> None:
    """Chaum-Pedersen, both directions; the identity as base (a sum of nothing) and small secrets among them."""
    theirs = pair.theirs
    secrets = [seeded(theirs, "equal")(), 1, 0, theirs.q - 1]
    bases = [theirs.identity, theirs.g, *pair.random("equal", 2)]
    rows = equalities(pair, secrets, bases)
    assert verify_equality_ours(pair, rows) == verify_equality_theirs(pair, rows) == []
    prefixes = [row.prefix.encode() for row in rows]
    for secret_column, used in ((pair.secrets(secrets), secrets), (pair.secrets(secrets[:1]), secrets[:1] * 4)):
        challenges, responses = kernel.prove_equality(
            secret_column, Rng.seeded(bytes(32)), prefixes, pair.column(bases)
        )
        made = [
            Equality(
                row.prefix,
                theirs.power(theirs.g, secret),
                row.base,
                theirs.power(row.base, secret),
                Proof(challenges[number], responses[number]),
            )
            for number, (row, secret) in enumerate(zip(rows, used, strict=True))
        ]
        assert verify_equality_theirs(pair, made) == verify_equality_ours(pair, made) == []


def test_equality_with_any_input_changed_fails_in_its_row(pair: Pair) -> None:
    """Each of prefix, key, base, image, challenge and response: both refuse that row only."""
    draw = seeded(pair.theirs, "tamper equality")
    rows = equalities(pair, [draw() for _ in range(ROWS)], pair.random("tamper bases", ROWS))
    assert verify_equality_theirs(pair, rows) == []
    good, other = rows[BAD_ROW], rows[0]
    variants = [replace(good, proof=proof) for proof in tampered_proofs(pair, good.proof)]
    variants += [replace(good, public=value) for value in tampered_elements(pair, good.public)]
    variants += [replace(good, base=value) for value in tampered_elements(pair, good.base)]
    variants += [replace(good, image=value) for value in tampered_elements(pair, good.image)]
    variants += [
        replace(good, prefix=other.prefix),
        replace(good, public=other.public),
        replace(good, base=other.base),
        replace(good, image=other.image),
        replace(good, proof=other.proof),
        replace(good, base=good.image, image=good.base),
        replace(good, public=good.image, image=good.public),
    ]
    for variant in variants:
        assert verify_equality_theirs(pair, [variant]) == [0], variant
        assert verify_equality_ours(pair, [*rows[:BAD_ROW], variant, *rows[BAD_ROW + 1 :]]) == [BAD_ROW], variant
