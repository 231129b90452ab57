"""Reproducible scalars for provers: a test names a seed and gets the same record each time."""

import hashlib
from collections.abc import Callable, Iterator

from .groups import Group

Draw = Callable[[], int]


def _blocks(seed: str) -> Iterator[bytes]:
    counter = 0
    while True:
        yield hashlib.sha512(f"{seed}|{counter}".encode()).digest()
        counter += 1


def seeded(group: Group, seed: str) -> Draw:
    """Make a source of scalars below q, determined by the seed (bias below 2^-128)."""
    blocks = _blocks(seed)
    blocks_needed = (group.q.bit_length() + 128 + 511) // 512

    def draw() -> int:
        return int.from_bytes(b"".join(next(blocks) for _ in range(blocks_needed)), "big") % group.q

    return draw
