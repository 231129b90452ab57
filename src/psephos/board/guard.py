"""May the log write? Whether others have seen more of it than it has itself.

A disk that was restored from an old copy has an old head, and would sign a second history. The log cannot notice that;
witnesses and observers can. They are asked before the first signature after each start. One that has seen less than our
head confirms nothing: it may be late, and others may have seen more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from psephos.board.merkle import TreeHead
from psephos.errors import RefusedError


class Standing(StrEnum):
    """What the others' answers amount to."""

    CURRENT = "current"
    """Somebody has seen exactly our head, and nobody has seen more."""
    UNKNOWN = "unknown"
    """Nobody has seen our head: the log stays read-only until somebody does, or its operator decides to start alone."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a witness or an observer says about the log.

    Attributes:
        observer: Who.
        size: The largest tree that it has seen; zero if it has seen none; none if it did not answer.
        root: That tree's root, if it said so.
    """

    observer: str
    size: int | None
    root: bytes | None = None


def judge_sightings(head: TreeHead, sightings: Sequence[Sighting], *, head_at: Callable[[int], TreeHead]) -> Standing:
    """Decide whether the log may sign again.

    Answers are not signed by the log when they are bare sizes: one that lies keeps us from starting, and does no worse.

    Args:
        head: Our own.
        sightings: One for each witness and observer that was asked.
        head_at: Our own tree's head at a smaller size.

    Raises:
        RefusedError: Somebody has seen more than we have, or another history.
    """
    for seen in sightings:
        if seen.size is None:
            continue
        if seen.size > head.size:
            raise RefusedError(
                f"{seen.observer} has seen {seen.size} entries and we have {head.size}: this is an old copy of the log",
                culprit=seen.observer,
                hint="never start from a backup; find the disk with the newest head, or start the successor",
            )
        if seen.root is not None and head_at(seen.size).root != seen.root:
            raise RefusedError(
                f"{seen.observer} has seen another history of {seen.size} entries",
                culprit=seen.observer,
                hint="keep both checkpoints: they are evidence of a fork",
            )
    confirmed = any(seen.size == head.size for seen in sightings)
    return Standing.CURRENT if confirmed else Standing.UNKNOWN
