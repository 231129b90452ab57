"""From the counts of cells to figures of regions. A region that was counted with others is not known, and not guessed.

What is known of a merged cell is the sum over its regions. A rule that asks each region gets *unknown* for those of a
merged cell, and the term in which it asks says so; national totals do not suffer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psephos.protocol.result import Counts
from psephos.record.regions import Regions, Shown
from psephos.referendum.counted import Answers, figures_of
from psephos.referendum.figures import Counted, Known


@dataclass
class _Leaf:
    """What a region's counts say; see `counted.Counting`."""

    questions: list[dict[str, Any]]
    result: Counts | None
    counted: int
    voters: int


def figures_of_regions(
    regions: Regions, shown: Sequence[Shown], *, questions: Sequence[dict[str, Any]], answers: Answers
) -> dict[str, Counted]:
    """The figures of every region of a charter, by name; those of no region count nationally only.

    Args:
        regions: The charter's.
        shown: The verified counts of all cells, as they may be shown; a region in none of them has no ballot. Empty
            if nothing was decrypted.
        questions: See `figures_of`.
        answers: What they mean.

    Raises:
        MismatchError, MalformedError: See `figures_of`.
    """
    nobody = tuple((0,) * len(question["answers"]) for question in questions)
    counts = dict.fromkeys(range(len(regions.leaves)), nobody)
    unknown: set[int] = set() if shown else set(counts)
    for one in shown:
        if len(one.cell.leaves) > 1:
            unknown.update(one.cell.leaves)
        else:
            counts[one.cell.leaves[0]] = one.counts
    return {
        leaf.id: Counted({}, Known.NOTHING)
        if place in unknown
        else figures_of(
            _Leaf(list(questions), counts[place], max(map(sum, counts[place])), leaf.registered), answers
        ).nation
        for place, leaf in enumerate(regions.leaves)
        if leaf.id
    }
