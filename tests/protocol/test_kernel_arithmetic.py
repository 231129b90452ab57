"""Kernel and oracle compute the same: products, hashes, secrets, logarithms; and randomness."""

import hashlib
from itertools import product
from math import isqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psephos_kernel import Group, Rng

from tests.support.oracle import credentials, pki
from tests.support.oracle.answers import encrypt
from tests.support.oracle.nonces import seeded
from tests.support.pairs import KAT, PAIRS, Pair, every_group

# ── arithmetic ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_products_and_quotients_agree(pair: Pair) -> None:
    """Multiplication and division, element by element and by columns, the identity and equal factors included."""
    theirs = pair.theirs
    values = [theirs.identity, theirs.g, theirs.invert(theirs.g), *pair.random("arithmetic", 2)]
    left, right = zip(*product(values, values), strict=True)
    quotients = [theirs.divide(a, b) for a, b in zip(left, right, strict=True)]
    products = [theirs.multiply(a, b) for a, b in zip(left, right, strict=True)]
    ours = pair.column(left) * pair.column(right)
    assert ours == pair.column(products)
    assert ours.texts() == [theirs.encode(value) for value in products]
    assert pair.column(left) / pair.column(right) == pair.column(quotients)
    for a, b, times, over in zip(left, right, products, quotients, strict=True):
        assert pair.to_kernel(a) * pair.to_kernel(b) == pair.to_kernel(times)
        assert (pair.to_kernel(a) / pair.to_kernel(b)).text == theirs.encode(over)
        assert (pair.to_kernel(a) == pair.to_kernel(b)) == (a == b)
        assert (hash(pair.to_kernel(a)) == hash(pair.to_kernel(b))) == (a == b)


@every_group
@settings(max_examples=12)
@given(data=st.data())
def test_powers_agree_for_exponents_of_any_sign_and_size(name: str, data: st.DataObject) -> None:
    """Public exponents are reduced modulo the order, negative ones too."""
    pair = PAIRS[name]
    q = pair.theirs.q
    wide = st.one_of(
        st.integers(-3, 3),
        st.integers(q - 2, q + 2),
        st.integers(-q - 2, -q + 2),
        st.integers(-(2**4096), 2**4096),
        st.integers(0, q),
    )
    exponent = data.draw(wide)
    base = data.draw(st.sampled_from([pair.theirs.identity, pair.theirs.g, *pair.random("power", 1)]))
    expected = pair.theirs.power(base, exponent % q)
    assert (pair.to_kernel(base) ** exponent).text == pair.theirs.encode(expected)


def test_power_with_a_modulus_is_refused(pair: Pair) -> None:
    """The third argument of pow() has no meaning here."""
    with pytest.raises(TypeError):
        pow(pair.ours.generator, 2, 3)


@every_group
@settings(max_examples=12)
@given(data=st.data())
def test_product_of_a_column_agrees(name: str, data: st.DataObject) -> None:
    """With and without exponents up to 2**64 - 1; of no rows it is the identity."""
    pair = PAIRS[name]
    values = [pair.theirs.identity, *pair.random("weights", 3)]
    rows = data.draw(st.lists(st.integers(0, 3), max_size=6))
    exponents = data.draw(
        st.lists(st.sampled_from([0, 1, 2, 3, 2**30, 2**32, 2**63, 2**64 - 1]), min_size=len(rows), max_size=len(rows))
    )
    column = pair.column(values).select(rows)
    assert pair.from_kernel(column.product()) == pair.theirs.product(values[row] for row in rows)
    weighted = (pair.theirs.power(values[row], e) for row, e in zip(rows, exponents, strict=True))
    assert pair.from_kernel(column.product(exponents)) == pair.theirs.product(weighted)


def test_product_over_several_blocks_agrees() -> None:
    """A column longer than a block: with exponents 0, 1, 2, … and without."""
    pair = PAIRS["Ed25519"]
    secrets = pair.ours.random_secrets(Rng.seeded(bytes(32)), 150)
    exposed = [int(text) for text in secrets.expose()]
    column = secrets.public()
    theirs = pair.theirs
    assert pair.from_kernel(column.product()) == theirs.power(theirs.g, sum(exposed) % theirs.q)
    weighted = sum(row * value for row, value in enumerate(exposed)) % theirs.q
    assert pair.from_kernel(column.product(list(range(150)))) == theirs.power(theirs.g, weighted)


def test_columns_that_do_not_fit_are_refused(pair: Pair) -> None:
    """Other lengths, other groups, exponents out of range and missing rows are errors, never a guess."""
    two, three = (pair.column(pair.random("shapes", count)) for count in (2, 3))
    stranger = next(other for name, other in PAIRS.items() if name != pair.ours.name)
    foreign = stranger.column(stranger.random("foreign", 2))
    for wrong in (
        lambda: two * three,
        lambda: two / three,
        lambda: two.product([1]),
        lambda: two * foreign,
        lambda: two / foreign,
        lambda: two.concat(foreign),
        lambda: two[0] * foreign[0],
        lambda: two[0] / foreign[0],
        lambda: pair.ours.column([two[0], foreign[0]]),
        lambda: two.select([2]),
    ):
        with pytest.raises(ValueError, match=r"."):
            wrong()
    with pytest.raises(OverflowError):
        two.product([1, 2**64])
    with pytest.raises(OverflowError):
        two.product([1, -1])
    with pytest.raises(IndexError):
        two[2]
    assert two[0] != foreign[0]
    assert two != foreign
    assert two != three
    assert two[-1] == two[1]
    assert two.concat(three).texts() == two.texts() + three.texts()
    assert three.select([2, 0, 0]).texts() == [three.texts()[row] for row in (2, 0, 0)]
    assert pair.ours.column([three[row] for row in range(3)]) == three
    assert len(pair.ours.column([])) == len(pair.ours.elements([])) == 0


# ── hashes and derivations ──────────────────────────────────────────────────────────────────────────────────────


@every_group
@settings(max_examples=20)
@given(prefix=st.text(max_size=40), rows=st.lists(st.integers(0, 3), max_size=5))
def test_hash_agrees(name: str, prefix: str, rows: list[int]) -> None:
    """Any prefix, any number of elements (none too), the identity among them."""
    pair = PAIRS[name]
    values = [pair.theirs.identity, pair.theirs.g, *pair.random("hash", 2)]
    elements = [pair.to_kernel(values[row]) for row in rows]
    expected = pair.theirs.hash_to_scalar(prefix, [values[row] for row in rows])
    assert pair.ours.hash(prefix.encode(), elements) == expected


@pytest.mark.parametrize("place", range(len(KAT["fiat_shamir"])))
def test_hash_agrees_with_known_answers(place: int) -> None:
    """The exact inputs of a real record's challenges give its challenges."""
    case = KAT["fiat_shamir"][place]
    head, _, tail = case["hash_input"].rpartition("|")
    ours = Group("Ed25519")
    elements = [ours.element(text.encode()) for text in tail.split(",")]
    assert ours.hash(f"{head}|".encode(), elements) == int(case["challenge_sum"])
    assert ours.hash(case["hash_input"].encode(), []) == int(case["challenge_sum"])


def test_derived_secret_agrees_with_the_known_answer() -> None:
    """A real credential's secret exponent and public credential."""
    case, uuid = KAT["credential"], KAT["uuid"]
    prefixes = [f"derive_credential|{uuid}|{block}|".encode() for block in (0, 1)]
    assert [text.encode() for text in case["seed_strings"]] == [p + case["private"].encode() for p in prefixes]
    secret = Group("Ed25519").derived_secrets(prefixes, [case["private"].encode()])
    assert secret.expose() == [case["secret_scalar"]]
    assert secret.public().texts() == [case["public"]]


@every_group
@settings(max_examples=10)
@given(characters=st.lists(st.text(credentials.BASE58, min_size=22, max_size=22), max_size=3), uuid=st.text(max_size=9))
def test_derived_secrets_agree(name: str, characters: list[str], uuid: str) -> None:
    """Credentials of 3.3 by two hashes, keys of the trustees' infrastructure by one; no prefix gives zero."""
    pair = PAIRS[name]
    texts = [credentials.format_modern(text) for text in characters]
    prefixes = [f"derive_credential|{uuid}|{block}|".encode() for block in (0, 1)]
    seeds = [text.encode() for text in texts]
    expected = [str(credentials.derive_modern(pair.theirs, text, uuid=uuid)) for text in texts]
    assert pair.ours.derived_secrets(prefixes, seeds).expose() == expected
    for purpose in ("sk", "dk"):
        found = pair.ours.derived_secrets([f"{purpose}|".encode()], seeds).expose()
        assert found == [str(pki.derive_key(pair.theirs, text, purpose=purpose)) for text in texts]
    assert pair.ours.derived_secrets([], seeds).expose() == ["0"] * len(texts)
    three = [hashlib.sha256(p + uuid.encode()).hexdigest() for p in (b"a", b"b", b"")]
    found = pair.ours.derived_secrets([b"a", b"b", b""], [uuid.encode()]).expose()
    assert found == [str(int("".join(three), 16) % pair.theirs.q)]


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_secrets_do_what_integers_do(pair: Pair) -> None:
    """Sums, totals, polynomials and powers of the generator, the edges of the order included."""
    q = pair.theirs.q
    values = [0, 1, q - 1, *(seeded(pair.theirs, "secrets")() for _ in range(2))]
    other = [q - 1, q - 1, 1, 5, 0]
    ours = pair.secrets(values)
    assert (ours + pair.secrets(other)).expose() == [str((a + b) % q) for a, b in zip(values, other, strict=True)]
    assert ours.total().expose() == [str(sum(values) % q)]
    assert pair.secrets([]).total().expose() == ["0"]
    points = [0, 1, 2, 100, 2**64 - 1]
    at = [sum(value * pow(point, k, q) for k, value in enumerate(values)) % q for point in points]
    assert ours.powers(points).expose() == [str(value) for value in at]
    assert ours.public() == pair.column([pair.theirs.power(pair.theirs.g, value) for value in values])
    assert ours.select([4, 0, 0]).expose() == [str(values[row]) for row in (4, 0, 0)]
    assert len(ours) == len(values)


def test_secrets_apply_to_bases_as_integers_do(pair: Pair) -> None:
    """Row by row, or one secret for all bases; the identity as base too."""
    q, theirs = pair.theirs.q, pair.theirs
    bases = [theirs.identity, theirs.g, *pair.random("bases", 2)]
    values = [3, 0, q - 1, seeded(theirs, "apply")()]
    expected = [theirs.power(base, value) for base, value in zip(bases, values, strict=True)]
    assert pair.secrets(values).apply(pair.column(bases)) == pair.column(expected)
    one = [theirs.power(base, values[3]) for base in bases]
    assert pair.secrets(values[3:]).apply(pair.column(bases)) == pair.column(one)
    for wrong in (
        lambda: pair.secrets(values[:3]).apply(pair.column(bases)),
        lambda: pair.secrets(values) + pair.secrets(values[:2]),
        lambda: pair.secrets([1]).select([1]),
    ):
        with pytest.raises(ValueError, match=r"."):
            wrong()


def test_encryption_is_what_the_oracle_computes_from_the_same_randomness(pair: Pair) -> None:
    """(g^r, y^r g^m) for the r that comes with it; 0, 1 and the largest message; fresh r in each row."""
    (y,) = pair.random("key", 1)
    messages = [0, 1, 1, 7, 2**32 - 1]
    alphas, betas, randomness = pair.ours.encrypt(pair.key(y), Rng.seeded(bytes(32)), messages)
    exponents = [int(text) for text in randomness.expose()]
    assert len(set(exponents)) == len(messages)
    for row, (m, r) in enumerate(zip(messages, exponents, strict=True)):
        ciphertext = encrypt(pair.theirs, y, m=m, r=r)
        assert pair.from_kernel(alphas[row]) == ciphertext.alpha
        assert pair.from_kernel(betas[row]) == ciphertext.beta
    with pytest.raises(ValueError, match=r"."):
        pair.ours.encrypt(pair.key(y), Rng.seeded(bytes(32)), [0, 2**32])
    with pytest.raises(OverflowError):
        pair.ours.encrypt(pair.key(y), Rng.seeded(bytes(32)), [-1])
    assert pair.key(y).element == pair.to_kernel(y)


# ── discrete logarithms ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("bound", [0, 1, 2, 3, 24, 25, 1000, 65_535, 10**6])
def test_discrete_logarithms_are_found_up_to_the_bound_only(pair: Pair, bound: int) -> None:
    """0, 1, the bound and places around giant steps; beyond the bound, negative and random ones have none."""
    step, theirs = isqrt(bound), pair.theirs
    inside = sorted({n for n in (0, 1, step - 1, step, step + 1, 2 * step, bound - 1, bound) if 0 <= n <= bound})
    outside = [bound + 1, bound + 2, bound + step + 1, 4 * bound + 5, -1, -bound - 1]
    values = [theirs.power(theirs.g, n % theirs.q) for n in [*inside, *outside]] + pair.random("logarithm", 1)
    found = pair.ours.discrete_logarithms(pair.column(values), bound)
    assert found == [*inside, *([None] * (len(outside) + 1))]


def test_discrete_logarithms_of_a_large_electorate_are_found() -> None:
    """Up to 10**9 on the curve, the edges included; 10**10 is the last bound that is taken."""
    pair, bound = PAIRS["Ed25519"], 10**9
    counts = [0, 1, 31_621, 31_622, 31_623, 31_624, 123_456_789, bound - 1, bound]
    column = pair.ours.column([pair.ours.generator**n for n in [*counts, bound + 1, -1]])
    assert pair.ours.discrete_logarithms(column, bound) == [*counts, None, None]
    assert pair.ours.discrete_logarithms(pair.ours.column([]), bound) == []
    with pytest.raises(ValueError, match=r"."):
        pair.ours.discrete_logarithms(column, 10**10 + 1)
    with pytest.raises(OverflowError):
        pair.ours.discrete_logarithms(column, -1)


@every_group
@settings(max_examples=25)
@given(count=st.integers(0, 6000), bound=st.integers(0, 5000))
def test_discrete_logarithm_of_any_count_is_found_exactly_within_the_bound(name: str, count: int, bound: int) -> None:
    """A count is found if and only if it is not above the bound."""
    pair = PAIRS[name]
    column = pair.ours.column([pair.ours.generator**count])
    assert pair.ours.discrete_logarithms(column, bound) == [count if count <= bound else None]


# ── randomness ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_seeded_randomness_repeats_and_system_randomness_does_not(pair: Pair) -> None:
    """The same seed gives the same secrets, texts and bytes; the system's never repeats."""
    for make in (
        lambda rng: pair.ours.random_secrets(rng, 3).expose(),
        lambda rng: rng.base58(40),
        lambda rng: rng.bytes(32),
    ):
        assert make(Rng.seeded(bytes(32))) == make(Rng.seeded(bytes(32)))
        assert make(Rng.seeded(bytes(32))) != make(Rng.seeded(b"\x01" * 32))
        assert make(Rng.system()) != make(Rng.system())
    rng = Rng.seeded(bytes(32))
    assert rng.base58(22) != rng.base58(22)
    assert all(character in credentials.BASE58 for character in rng.base58(500))
    with pytest.raises(ValueError, match=r"."):
        Rng.seeded(b"short")
