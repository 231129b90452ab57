"""The kernel and the oracle, each group twice, and conversions between the two."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pytest
from psephos_kernel import DecodeError, Element, Elements, Group, Key, Scalars, Secrets

from tests.support.oracle import broken_elements
from tests.support.oracle import groups as oracle_groups
from tests.support.oracle.errors import RefusedError
from tests.support.oracle.groups import GROUPS, ModP
from tests.support.oracle.nonces import seeded
from tests.support.oracle.proofs import Proof
from tests.support.records import VECTORS, json_of

NAMES = tuple(GROUPS)
REASONS = {"syntax", "not-canonical", "not-a-member", "identity", "out-of-range"}
ROWS = 4
BAD_ROW = 2
KAT = json_of(VECTORS / "protocol" / "kat-ed25519-v1.json")

Value = oracle_groups.Element


@dataclass(frozen=True)
class Pair:
    """The same group twice, and conversions between the two."""

    ours: Group
    theirs: oracle_groups.Group

    def random(self, seed: str, count: int) -> list[Value]:
        """Members of the group, as the oracle has them."""
        draw = seeded(self.theirs, seed)
        return [broken_elements.random_element(self.theirs, draw) for _ in range(count)]

    def to_kernel(self, value: Value) -> Element:
        """The kernel's element."""
        return self.ours.element(self.theirs.encode(value).encode(), identity=True)

    def column(self, values: Sequence[Value]) -> Elements:
        """The kernel's column; the identity may be in it."""
        return self.ours.elements([self.theirs.encode(value).encode() for value in values], identity=True)

    def from_kernel(self, element: Element) -> Value:
        """The oracle's element."""
        return self.theirs.decode_any(element.text)

    def scalars(self, values: Sequence[int]) -> Scalars:
        """The kernel's column of numbers."""
        return self.ours.scalars([str(value).encode() for value in values])

    def secrets(self, values: Sequence[int]) -> Secrets:
        """The kernel's column of secrets."""
        return self.ours.secrets([str(value).encode() for value in values])

    def key(self, value: Value) -> Key:
        """The kernel's key."""
        return Key(self.to_kernel(value))


class Remembering(ModP):
    """The oracle's integers modulo p; a power that was computed before is not computed again."""

    def __init__(self, group: ModP) -> None:
        super().__init__(group.name, p=group.p, q=group.q, g=group.g[0])
        self.power = lru_cache(50_000)(super().power)  # type: ignore[method-assign]


PAIRS = {
    name: Pair(Group(name), Remembering(group) if isinstance(group, ModP) else group) for name, group in GROUPS.items()
}


every_group = pytest.mark.parametrize("name", NAMES)


def accepted(read: Callable[[str], object], text: str) -> bool:
    """Whether the oracle takes a text."""
    try:
        read(text)
    except RefusedError:
        return False
    return True


def refusal(read: Callable[[], object]) -> tuple[int, str]:
    """Row and reason of a refusal by the kernel."""
    with pytest.raises(DecodeError) as caught:
        read()
    row, reason = caught.value.args
    assert reason in REASONS
    return row, reason


def tampered_proofs(pair: Pair, proof: Proof) -> list[Proof]:
    """Each of challenge and response by one more, one less, their negatives and zero; and the two exchanged."""
    q, c, r = pair.theirs.q, proof.challenge, proof.response
    others = [Proof(value % q, r) for value in (c + 1, c - 1, -c, 0)]
    others += [Proof(c, value % q) for value in (r + 1, r - 1, -r, 0)]
    others.append(Proof(r, c))
    return [other for other in others if other != proof]


def tampered_elements(pair: Pair, value: Value) -> list[Value]:
    """Times g, inverted, the identity, the generator."""
    theirs = pair.theirs
    others = [theirs.multiply(value, theirs.g), theirs.invert(value), theirs.identity, theirs.g]
    return [other for other in others if other != value]
