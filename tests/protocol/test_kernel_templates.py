"""Templates: the one text that values have, read and written in all three groups."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psephos_kernel import Template

from tests.support.oracle import broken_elements
from tests.support.oracle.nonces import seeded
from tests.support.pairs import PAIRS, REASONS, Pair, Value, accepted, every_group

PARTS = [b'{"credential":"', b'","a":[{"c":"', b'","r":"', b'"}],"hash":"', b'","alpha":"', b'"}']
HOLES = ["element", "scalar", "scalar", "digest", "element"]
DIGEST = "jR7enGdfVhwrHC02BHJzxIjJLShJn10fng8wqcYzym+"[:42] + "/"


def filled(pair: Pair, *, elements: Sequence[Value], scalars: Sequence[int], digest: str = DIGEST) -> bytes:
    """The template's text, written without the kernel."""
    first, second = (pair.theirs.encode(value).encode() for value in elements)
    one, two = (str(value).encode() for value in scalars)
    parts = PARTS
    return (
        parts[0] + first + parts[1] + one + parts[2] + two + parts[3] + digest.encode() + parts[4] + second + parts[5]
    )


def test_template_written_is_read_again(pair: Pair) -> None:
    """Texts are what the oracle writes; columns come back in the order of their holes."""
    template = Template(pair.ours, PARTS, HOLES)
    draw = seeded(pair.theirs, "template")
    first, second = pair.random("first", 3), pair.random("second", 3)
    one, two = [0, draw(), pair.theirs.q - 1], [draw(), 1, 10**19]
    digests = [DIGEST, "A" * 43, "0/" * 21 + "+"]
    texts = template.write(
        [pair.column(first), pair.column(second)],
        [pair.scalars(one), pair.scalars(two)],
        [[digest.encode() for digest in digests]],
    )
    assert texts == [
        filled(pair, elements=(first[row], second[row]), scalars=(one[row], two[row]), digest=digests[row])
        for row in range(3)
    ]
    elements, scalars, faults = template.read(texts)
    assert elements == [pair.column(first), pair.column(second)]
    assert [column.texts() for column in scalars] == [[str(n) for n in one], [str(n) for n in two]]
    assert faults == []
    assert [len(column) for column in template.read([])[0]] == [0, 0]


def test_template_that_does_not_match_names_row_offset_hole_and_reason(pair: Pair) -> None:
    """A fault stands where the hole starts or the text first differs; good rows around it are kept."""
    template = Template(pair.ours, PARTS, HOLES)
    elements, scalars = pair.random("fault", 2), (5, pair.theirs.q - 1)
    good = filled(pair, elements=elements, scalars=scalars)
    text, q = pair.theirs.encode(elements[0]).encode(), pair.theirs.q
    at = [len(PARTS[0])]
    at.append(at[0] + len(text) + len(PARTS[1]))
    at.append(at[1] + 1 + len(PARTS[2]))
    at.append(at[2] + len(str(q - 1)) + len(PARTS[3]))
    at.append(at[3] + 43 + len(PARTS[4]))
    identity = pair.ours.identity.text.encode()
    torsion = pair.theirs.encode(broken_elements.with_torsion(pair.theirs, elements[1], order=2)).encode()
    end = good[: at[4]]
    cases: list[tuple[str, bytes, tuple[int, int, str]]] = [
        ("empty", b"", (0, -1, "syntax")),
        ("first byte", b"[" + good[1:], (0, -1, "syntax")),
        ("inside a part", good.replace(b'"a"', b'"b"'), (at[0] + len(text) + 3, -1, "syntax")),
        ("blank after", good + b" ", (len(good), -1, "syntax")),
        ("cut at the end", good[:-1], (len(good) - 1, -1, "syntax")),
        ("identity", good.replace(text, identity), (at[0], 0, "identity")),
        ("number q", good[: at[1]] + str(q).encode() + good[at[1] + 1 :], (at[1], 1, "out-of-range")),
        ("leading zero", good[: at[1]] + b"0" + good[at[1] :], (at[1], 1, "not-canonical")),
        ("no number", good[: at[1]] + good[at[1] + 1 :], (at[1], 1, "syntax")),
        ("sign", good[: at[2]] + b"-" + good[at[2] :], (at[2], 2, "syntax")),
        ("digest with =", good[: at[3]] + b"=" + good[at[3] + 1 :], (at[3], 3, "syntax")),
        ("digest too long", good[: at[3]] + b"A" + good[at[3] :], (at[3] + 43, -1, "syntax")),
        ("no member", end + torsion + b'"}', (at[4], 4, "not-a-member")),
        ("cut within the digest", good[: at[3] + 42], (at[3], 3, "syntax")),
        ("two faults", good.replace(text, identity)[:-1], (at[0], 0, "identity")),
    ]
    for name, bad, (offset, hole, reason) in cases:
        read, numbers, faults = template.read([good, bad, good, b"x"])
        assert faults == [(1, offset, hole, reason), (3, 0, -1, "syntax")], name
        assert [column.texts() for column in read] == [[column.texts()[0]] * 2 for column in read], name
        assert read[0].texts() == [text.decode()] * 2, name
        assert numbers[1].texts() == [str(q - 1)] * 2, name


@every_group
@settings(max_examples=40)
@given(data=st.data())
def test_template_takes_an_edited_text_only_if_it_is_the_canonical_one_of_its_values(
    name: str, data: st.DataObject
) -> None:
    """Whatever is read is written again to the same bytes, and its element is one that the oracle takes."""
    pair = PAIRS[name]
    template = Template(pair.ours, PARTS, HOLES)
    good = filled(pair, elements=pair.random("edited", 2), scalars=(5, 10**20))
    start, removed = data.draw(st.integers(0, len(good))), data.draw(st.integers(0, 3))
    bad = good[:start] + data.draw(st.binary(max_size=3)) + good[start + removed :]
    elements, scalars, faults = template.read([bad, good])
    if faults:
        ((row, offset, hole, reason),) = faults
        assert (row, len(elements[0])) == (0, 1)
        assert 0 <= offset <= len(bad)
        assert -1 <= hole < len(HOLES)
        assert reason in REASONS
        return
    for column in elements:
        assert accepted(pair.theirs.decode, column.texts()[0])
    written = template.write(elements, scalars, [[bad[bad.index(b'"hash":"') + 8 :][:43], DIGEST.encode()]])
    assert written == [bad, good]


def test_template_of_the_wrong_shape_is_refused(pair: Pair) -> None:
    """Parts and holes, columns and digests must fit."""
    column, scalars = pair.column(pair.random("shape", 2)), pair.scalars([1, 2])
    stranger = next(other for name, other in PAIRS.items() if name != pair.ours.name)
    foreign = stranger.column(stranger.random("shape", 2))
    template = Template(pair.ours, [b"a", b"b", b"c", b"d"], ["element", "scalar", "digest"])
    digests = [DIGEST.encode()] * 2
    for wrong in (
        lambda: Template(pair.ours, [b""], ["element"]),
        lambda: Template(pair.ours, [b"", b""], ["secret"]),
        lambda: template.write([column], [scalars], []),
        lambda: template.write([column], [], [digests]),
        lambda: template.write([column, column], [scalars], [digests]),
        lambda: template.write([column], [pair.scalars([1])], [digests]),
        lambda: template.write([column], [scalars], [digests[:1]]),
        lambda: template.write([column], [scalars], [[b"short"] * 2]),
        lambda: template.write([foreign], [scalars], [digests]),
    ):
        with pytest.raises(ValueError, match=r"."):
            wrong()
    assert Template(pair.ours, [b"only text"], []).read([b"only text", b"only one"])[2] == [(1, 5, -1, "syntax")]
