"""Figures: a set whose parts do not add up is refused, and the sum is named."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import MalformedError, MismatchError
from psephos.referendum.figures import Known
from tests.support.rules import counts, figures

GOOD = {"yes": 60, "no": 30, "blank": 5, "invalid": 5, "ballots": 100, "registered": 150, "eligible": 200}


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"yes": 61}, "/totals/ballots"),
        ({"ballots": 99}, "/totals/ballots"),
        ({"valid": 89}, "/totals/valid"),
        ({"valid": 101}, "/totals/valid"),
        ({"voters": 99}, "/totals/voters"),
        ({"registered": 99}, "/totals/registered"),
        ({"eligible": 99}, "/totals/eligible"),
    ],
)
def test_figures_that_do_not_add_up_are_refused_with_the_sum(change: dict[str, int], at: str) -> None:
    """An importer that lets a wrong digit through helps nobody."""
    figures(GOOD)
    with pytest.raises(MismatchError) as caught:
        figures({**GOOD, **change})
    assert caught.value.at == at


@pytest.mark.parametrize(
    ("totals", "place"),
    [
        # practice: a wrong edition of Scotland 1979, of Eritrea's Barka and of Italy 1999
        ({"yes": 1230937, "no": 1153532, "invalid": 3133, "ballots": 2387572}, "/totals/ballots"),
        ({"yes": 21161866, "no": 1960022, "invalid": 1293576, "ballots": 24447521}, "/totals/ballots"),
    ],
)
def test_figures_that_wrong_editions_carry_are_refused(totals: dict[str, int], place: str) -> None:
    """Figures that stand in public pages and do not add up are found."""
    with pytest.raises(MismatchError) as caught:
        figures(totals)
    assert caught.value.at == place


@given(counts(), st.sampled_from(("yes", "no", "blank", "invalid")), st.integers(1, 100))
def test_figures_with_one_part_changed_are_refused(totals: dict[str, int], part: str, more: int) -> None:
    """Any part that is larger than it was no longer adds up to the ballots."""
    figures(totals)
    with pytest.raises(MismatchError):
        figures({**totals, part: totals[part] + more})


def region(name: str, **parts: Any) -> dict[str, Any]:
    """A region's line."""
    return {"id": name, **parts}


@pytest.mark.parametrize(
    ("regions", "complete", "good"),
    [
        ([region("A", yes=40), region("B", yes=20)], True, True),
        ([region("A", yes=40), region("B", yes=19)], True, False),
        ([region("A", yes=40), region("B", yes=19)], False, True),
        ([region("A", yes=40), region("B", yes=21)], False, False),
        ([region("A", yes=40), region("B", suppressed=True)], True, True),
        ([region("A", yes=61), region("B", suppressed=True)], True, False),
        ([region("A", yes=40), region("B and C", of=["B", "C"], yes=20)], True, True),
        ([region("A", yes=40), region("B and C", of=["B", "C"], yes=21)], True, False),
    ],
)
def test_regions_add_up_to_the_country(regions: list[dict[str, Any]], complete: bool, good: bool) -> None:
    """All regions make the country; some of them no more than that."""
    if good:
        figures({"yes": 60}, regions=regions, complete=complete)
        return
    with pytest.raises(MismatchError) as caught:
        figures({"yes": 60}, regions=regions, complete=complete)
    assert caught.value.at == "/regions, yes"


def test_merged_regions_hide_their_members() -> None:
    """What is published for two regions together says nothing of one of them."""
    found = figures({"yes": 60}, regions=[region("A", yes=40), region("B and C", of=["B", "C"], yes=20)])
    assert {name: counted.known for name, counted in found.regions.items()} == {
        "A": Known.COUNTS,
        "B": Known.NOTHING,
        "C": Known.NOTHING,
    }


@pytest.mark.parametrize(
    "line",
    [
        region("A"),
        region("A", yes=1, suppressed=True),
        region("A", yes=1, more="yes"),
        region("A", shares={"no": "1/2"}),
        region("A", share_of="valid"),
        region("A", share_of="valid", shares={"no": "2/3", "yes": "2/3"}),
        region("A", of=["B"], suppressed=True),
    ],
)
def test_region_in_no_form_or_in_two_is_refused(line: dict[str, Any]) -> None:
    """A region's figures have one form."""
    with pytest.raises(MismatchError):
        figures({}, regions=[line])


def test_region_given_twice_is_refused() -> None:
    """Neither by itself, nor once more in a merged line."""
    for lines in (
        [region("A", yes=1), region("A", yes=1)],
        [region("A", yes=1), region("A and B", of=["A", "B"], yes=1)],
    ):
        with pytest.raises(MismatchError, match="given twice"):
            figures({}, regions=lines)


@pytest.mark.parametrize("totals", [{"yes": -1}, {"yes": 1.5}, {"yes": 2**60}, {"yes": "1"}, {"aye": 1}])
def test_figures_in_another_form_are_refused(totals: dict[str, Any]) -> None:
    """Counts are whole numbers with known names."""
    with pytest.raises(MalformedError):
        figures(totals)
