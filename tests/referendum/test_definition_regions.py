"""The charter's merge tree follows from the definition, and is one that the charter's reader accepts."""

import pytest

from psephos.errors import MalformedError
from psephos.record.regions import read_regions
from psephos.referendum.definition import write_definition
from psephos.referendum.definition_regions import region_terms
from tests.support.definitions import draft


def test_regions_of_the_template_are_a_merge_tree() -> None:
    """The same names, numbers and limits."""
    terms = region_terms(draft())
    assert terms is not None
    read = read_regions(terms)
    assert [(leaf.id, leaf.registered) for leaf in read.leaves] == [("North", 3000), ("South", 2000)]
    assert (terms.minimum_registered, terms.minimum_counted, terms.rest) == (100, 20, 0)


def test_groups_stand_before_their_regions() -> None:
    """Regions of one group are merged with each other first."""
    leaves = [
        {"id": "A", "registered": 2000, "group": "East"},
        {"id": "B", "registered": 1000},
        {"id": "C", "registered": 1500, "group": "East"},
        {"id": "D", "registered": 500, "group": "West"},
    ]
    terms = region_terms(draft({"regions.leaves": leaves}))
    assert terms is not None
    assert [(region.id, region.group) for region in terms.regions] == [
        ("East", ""),
        ("A", "East"),
        ("B", ""),
        ("C", "East"),
        ("West", ""),
        ("D", "West"),
    ]
    assert [leaf.id for leaf in read_regions(terms).leaves] == ["A", "B", "C", "D"]


def test_definition_without_regions_has_no_terms() -> None:
    """And one with regions and without limits has none that could be read."""
    assert region_terms(draft({"regions": None})) is None
    with pytest.raises(MalformedError):
        region_terms(draft({"suppression": None}))


def test_definition_says_whether_unanimous_regions_are_merged_on() -> None:
    """Not unless it says so; a charter that says the other is not its charter."""
    asked = draft({"suppression.merge_unanimous": True})
    for definition, merged in ((draft(), False), (asked, True)):
        terms = region_terms(definition)
        assert terms is not None
        assert terms.merge_unanimous is merged
        read_regions(terms)
    assert write_definition(asked) != write_definition(draft())
