"""Kernel and oracle decode and refuse the same elements and numbers, in all three groups."""

import json
import re
from pathlib import Path

import psephos_kernel as kernel
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from psephos_kernel import DecodeError, Group, Rng

from tests.support.oracle import broken_elements
from tests.support.oracle.groups import GROUPS
from tests.support.pairs import KAT, PAIRS, REASONS, ROWS, Pair, accepted, every_group, refusal

ROOT = Path(__file__).parents[2]

# ── groups ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_groups_are_the_same() -> None:
    """Names, orders, generators and identities are the oracle's."""
    assert set(kernel.GROUP_NAMES) == set(GROUPS)
    for name, theirs in GROUPS.items():
        ours = Group(name)
        assert (ours.name, ours.order) == (name, theirs.q)
        assert ours.generator.text == theirs.encode(theirs.g)
        assert ours.identity.text == theirs.encode(theirs.identity)
        assert ours.identity.is_identity
        assert not ours.generator.is_identity
    assert KAT["group"]["g"] == Group("Ed25519").generator.text
    assert KAT["group"]["one"] == Group("Ed25519").identity.text
    assert int(KAT["group"]["q"]) == Group("Ed25519").order


@pytest.mark.parametrize("name", ["", "ed25519", "Ed25519 ", "BELENIOS-3072", "Ed25519\0", "RFC-3526-2048\n"])
def test_group_of_another_name_is_refused(name: str) -> None:
    """There are three names, exactly written."""
    with pytest.raises(ValueError, match=r"."):
        Group(name)


# ── elements: every encoding ────────────────────────────────────────────────────────────────────────────────────


def test_element_of_the_group_survives_both_ways(pair: Pair) -> None:
    """What the oracle writes the kernel reads and writes again, and the reverse."""
    values = pair.random("round trip", 12)
    texts = [pair.theirs.encode(value) for value in values]
    assert pair.column(values).texts() == texts
    secrets = pair.ours.random_secrets(Rng.seeded(bytes(32)), 12)
    for text, exponent in zip(secrets.public().texts(), secrets.expose(), strict=True):
        assert pair.theirs.encode(pair.theirs.power(pair.theirs.g, int(exponent))) == text
        assert pair.theirs.encode(pair.theirs.decode(text)) == text


def test_element_in_any_broken_encoding_is_refused_by_both(pair: Pair) -> None:
    """Near misses (torsion, other spellings, off the curve, unreduced) are refused; the error names the row."""
    good, *others = pair.random("broken", ROWS)
    cases = broken_elements.broken_encodings(pair.theirs, good)
    assert len(cases) >= 22
    for name, text in cases.items():
        row = len(name) % ROWS
        texts = [pair.theirs.encode(value).encode() for value in others]
        texts.insert(row, text.encode())
        assert not accepted(pair.theirs.decode, text), name
        found, reason = refusal(lambda texts=texts: pair.ours.elements(texts))
        assert found == row, name
        assert refusal(lambda text=text: pair.ours.element(text.encode())) == (0, reason), name
        assert (reason == "identity") == (name == "identity"), name
        if name == "identity":
            assert pair.ours.element(text.encode(), identity=True) == pair.ours.identity
            assert pair.ours.elements(texts, identity=True)[row].is_identity
            assert accepted(pair.theirs.decode_or_identity, text)
        else:
            assert not accepted(pair.theirs.decode_or_identity, text), name
            assert refusal(lambda text=text: pair.ours.element(text.encode(), identity=True)) == (0, reason), name


def test_element_of_torsion_is_refused_in_every_product(pair: Pair) -> None:
    """A member times an element of small order is no member, for every small order and for several members."""
    for value in pair.random("torsion", 3):
        for order in broken_elements.torsion_elements(pair.theirs):
            text = pair.theirs.encode(broken_elements.with_torsion(pair.theirs, value, order=order)).encode()
            assert refusal(lambda text=text: pair.ours.element(text)) == (0, "not-a-member")


@pytest.mark.parametrize("count", [2, 255, 256, 257, 700])
def test_element_outside_the_group_is_found_in_a_column_of_any_length(count: int) -> None:
    """Whatever a column's length, one bad row is found, and of two the first is named."""
    pair = PAIRS["Ed25519"]
    texts = [text.encode() for text in pair.ours.random_secrets(Rng.seeded(bytes(32)), count).public().texts()]
    assert len(pair.ours.elements(texts)) == count
    (value,) = pair.random("one", 1)
    for order in broken_elements.SMALL_ORDERS:
        bad = pair.theirs.encode(broken_elements.with_torsion(pair.theirs, value, order=order)).encode()
        for row in {0, count // 2, count - 1}:
            column = [*texts[:row], bad, *texts[row + 1 :]]
            assert refusal(lambda column=column: pair.ours.elements(column)) == (row, "not-a-member")
            if row:
                column[-1] = b"syntax"
                expected = (row, "not-a-member") if row < count - 1 else (row, "syntax")
                assert refusal(lambda column=column: pair.ours.elements(column)) == expected


@pytest.mark.parametrize("order", broken_elements.SMALL_ORDERS)
def test_elements_whose_torsion_cancels_are_refused(order: int) -> None:
    """Two bad rows whose product is a member, and a column of nothing but bad rows, are refused."""
    pair = PAIRS["Ed25519"]
    good, other = pair.random("cancel", 2)
    torsion = broken_elements.torsion_elements(pair.theirs)[order]
    bad = [pair.theirs.multiply(good, torsion), pair.theirs.multiply(other, pair.theirs.invert(torsion))]
    assert accepted(pair.theirs.decode, pair.theirs.encode(pair.theirs.multiply(*bad)))
    texts = [pair.theirs.encode(value).encode() for value in bad]
    fill = [text.encode() for text in pair.ours.random_secrets(Rng.seeded(bytes(32)), 300).public().texts()]
    assert refusal(lambda: pair.ours.elements([fill[0], *texts])) == (1, "not-a-member")
    assert refusal(lambda: pair.ours.elements([*fill, *texts])) == (300, "not-a-member")
    assert refusal(lambda: pair.ours.elements(texts * 200)) == (0, "not-a-member")


@settings(max_examples=60)
@given(
    y=st.one_of(st.integers(0, 40), st.integers(2**255 - 60, 2**255 - 1), st.integers(0, 2**255 - 1)),
    sign=st.booleans(),
)
@example(y=1, sign=True)
@example(y=2**255 - 20, sign=True)
@example(y=0, sign=True)
@example(y=2**255 - 19, sign=False)
@example(y=2**255 - 18, sign=False)
def test_points_of_any_coordinate_are_judged_alike(y: int, sign: bool) -> None:
    """For any y and sign bit, small and unreduced ones included, both decide alike."""
    pair = PAIRS["Ed25519"]
    text = f"{y | sign << 255:064x}"
    if accepted(pair.theirs.decode, text):
        assert pair.ours.element(text.encode()).text == text
    else:
        refusal(lambda: pair.ours.element(text.encode()))


@every_group
@settings(max_examples=25)
@given(data=st.data())
def test_texts_of_any_kind_are_judged_alike(name: str, data: st.DataObject) -> None:
    """Any text, any edit of a good one: both take it or both refuse it."""
    pair = PAIRS[name]
    good = pair.theirs.encode(pair.random("edit", 1)[0])
    residues = st.integers(0, 200) if name != "Ed25519" else st.integers(0, 2**255)
    text = data.draw(
        st.one_of(
            st.text(max_size=70),
            residues.map(str),
            st.tuples(st.integers(0, len(good)), st.integers(0, 2), st.text(max_size=2)).map(
                lambda edit: good[: edit[0]] + edit[2] + good[edit[0] + edit[1] :]
            ),
        )
    )
    for identity in (False, True):
        read = pair.theirs.decode_or_identity if identity else pair.theirs.decode
        if accepted(read, text):
            assert pair.ours.element(text.encode(), identity=identity).text == text
        else:
            refusal(lambda identity=identity: pair.ours.element(text.encode(), identity=identity))


@every_group
@given(raw=st.binary(max_size=80))
def test_bytes_that_are_no_text_are_refused_not_crashed_on(name: str, raw: bytes) -> None:
    """Arbitrary bytes are refused with a reason, as an element and as a number."""
    ours = Group(name)
    if not raw.isdigit() and len(raw) != 64:
        refusal(lambda: ours.element(raw))
        refusal(lambda: ours.scalars([b"1", raw]))


# ── scalars ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_scalars_below_the_order_survive_both_ways(pair: Pair) -> None:
    """0, 1, the edges of machine words and q - 1 are read and written alike."""
    q = pair.theirs.q
    edges = [0, 1, 9, 10, 10**18, 10**19 - 1, 10**19, 10**38, 2**63, 2**64 - 1, 2**64, 2**128, 2**252, q - 2, q - 1]
    column = pair.scalars(edges)
    assert [column[row] for row in range(len(edges))] == edges
    assert column.texts() == [str(value) for value in edges]
    assert pair.secrets(edges).expose() == [str(value) for value in edges]
    assert [pair.theirs.decode_scalar(str(value)) for value in edges] == edges
    assert column.select([2, 0, 2]).texts() == ["9", "0", "9"]
    assert column[-1] == q - 1


def test_scalar_in_any_broken_form_is_refused_by_both(pair: Pair) -> None:
    """Signs, blanks, leading zeros, other digits, q and beyond are refused; the error names the row."""
    q = pair.theirs.q
    for scalar in (0, 7, q - 1):
        cases = broken_elements.broken_scalars(pair.theirs, scalar)
        # What is spelt in another way may be another number: "1_2" never is, "plus q" of q - 1 is.
        cases |= {
            "double zero": "00",
            "q + 1": str(q + 1),
            "wraps at 256 bits": str(scalar + 2**256),
            "wraps at 2048 bits": str(scalar + 2**2048),
            "float": f"{scalar}.0",
            "comma": f"{scalar},",
            "two": f"{scalar} {scalar}",
            "bytes": f"{scalar}é",
        }
        for name, text in cases.items():
            if accepted(pair.theirs.decode_scalar, text):
                # 2**256 is below the order of the largest group; a "minus q" or "1" before 7 is a number too.
                assert pair.scalars([int(text)]).texts() == [text], name
                continue
            row = len(name) % 3
            texts = [b"0", b"1"]
            texts.insert(row, text.encode())
            assert refusal(lambda texts=texts: pair.ours.scalars(texts))[0] == row, name
            found, _ = refusal(lambda texts=texts: pair.ours.secrets(texts))
            assert found == row, name


@every_group
@settings(max_examples=80)
@given(data=st.data())
def test_numbers_of_any_size_are_judged_alike(name: str, data: st.DataObject) -> None:
    """Around q, around words and anywhere, with and without leading zeros: both decide alike."""
    pair = PAIRS[name]
    q = pair.theirs.q
    near = st.one_of(
        st.integers(q - 3, q + 3), st.integers(0, 2 * q), st.integers(0, 70).map(lambda n: 10**n), st.integers(0, 99)
    )
    text = data.draw(st.one_of(near.map(str), near.map(lambda n: f"0{n}"), st.text("0123456789+-_ e", max_size=6)))
    if accepted(pair.theirs.decode_scalar, text):
        assert pair.ours.scalars([text.encode()])[0] == int(text)
    else:
        refusal(lambda: pair.ours.scalars([text.encode()]))


def test_secret_that_is_refused_is_not_in_the_error(pair: Pair) -> None:
    """Neither the error nor the representation shows a secret."""
    with pytest.raises(DecodeError) as caught:
        pair.ours.secrets([b"123456789x"])
    assert "123456789" not in repr(caught.value)
    assert "123456789" not in repr(pair.secrets([123456789]))
    assert "123456789" not in str(pair.secrets([123456789]))


def test_reasons_are_those_of_the_stub() -> None:
    """The words of refusals that tests compare with are all that the kernel's interface promises."""
    stub = (ROOT / "kernel" / "python" / "psephos_kernel" / "__init__.pyi").read_text()
    (reasons,) = re.findall(r"^Reason: TypeAlias = Literal\[(.*)\]$", stub, re.MULTILINE)
    assert set(json.loads(f"[{reasons}]")) == REASONS
