"""Independent generators and small integers as curve points, for the known-answer tests.

Clause: Belenios 2.0 §4.11.2 and table 8; for Ed25519 as of 2.1 (Koblitz' method).
"""

import hashlib
from collections.abc import Sequence

from .errors import RefusedError
from .groups import ED25519, Element, ModP

BITS_PER_INTEGER = 8
PADDING_BITS = 14
COFACTOR = 8


def generator_mod_p(group: ModP, index: int) -> Element:
    """Derive the generator h_index (table 8: GetGenerator)."""
    x = int.from_bytes(hashlib.sha256(f"ggen|{index}".encode()).digest(), "big")
    return group.power((x,), (group.p - 1) // group.q)


def generator_ed25519(index: int) -> Element:
    """Derive the generator h_index: the first point at or above the hash, times the cofactor."""
    y = int.from_bytes(hashlib.sha256(f"ggen|{index}".encode()).digest(), "big") >> 2
    while True:
        try:
            return ED25519.power(ED25519.decode_any(f"{y:064x}"), COFACTOR)
        except RefusedError:
            y += 1


def embed_ed25519(integers: Sequence[int]) -> Element:
    """Encode integers of 8 bits as the first group member at or above their padded digits."""
    y = 0
    for integer in integers:
        assert 0 <= integer < 2**BITS_PER_INTEGER
        y = y << BITS_PER_INTEGER | integer
    y <<= PADDING_BITS
    while True:
        try:
            return ED25519.decode_or_identity(f"{y:064x}")
        except RefusedError:
            y += 1
