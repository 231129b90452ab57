"""What the charter takes from a definition's regions: the merge tree, as `psephos.record.regions` reads it."""

from __future__ import annotations

from psephos.errors import MalformedError
from psephos.record.regions import RegionMessage, RegionTerms
from psephos.referendum.definition import Definition


def region_terms(definition: Definition) -> RegionTerms | None:
    """The charter's terms of regions; None if the definition has none.

    Every group stands before the first of its regions.

    Raises:
        MalformedError: There are regions, and it is not said how small ones are merged.
    """
    regions, suppression = definition.regions, definition.suppression
    if regions is None:
        return None
    if suppression is None:
        raise MalformedError("there are regions, and the smallest sum is not said", at="/suppression")
    tree: list[RegionMessage] = []
    groups: set[str] = {""}
    for leaf in regions.leaves:
        if leaf.group not in groups:
            groups.add(leaf.group)
            tree.append(RegionMessage(id=leaf.group))
        tree.append(RegionMessage(id=leaf.id, group=leaf.group, registered=leaf.registered))
    return RegionTerms(
        minimum_registered=suppression.minimum_registered,
        minimum_counted=suppression.minimum_counted,
        regions=tuple(tree),
        rest=regions.rest,
        merge_unanimous=suppression.merge_unanimous,
    )
