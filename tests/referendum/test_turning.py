"""“Would it change the outcome?”: no fewer votes than we say can, by trying all of them."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import MalformedError, MismatchError
from psephos.protocol.encoding import write_json
from psephos.referendum.irregular import Change, assess, fewest_for_outcome, read_irregularities
from psephos.referendum.outcome import decide
from psephos.referendum.turning import Reach, Touched, fewest_for_term
from tests.support.rules import YES_OVER_NO, case, conditions, figures, rule

People = tuple[int, int, int, int, int]
"""How many voted yes, no, blank, invalid, and how many did not."""
PEOPLE = 4


def ways(people: int) -> Iterator[People]:
    """All ways in which so many people can have voted."""
    for cast in product(range(people + 1), repeat=4):
        if sum(cast) <= people:
            yield (*cast, people - sum(cast))


def changed(one: People, other: People) -> int:
    """How many votes must be changed to come from one to the other."""
    return sum(max(0, after - before) for before, after in zip(one, other, strict=True))


def totals(people: People) -> dict[str, int]:
    """What is counted."""
    yes, no, blank, invalid, _ = people
    ballots = yes + no + blank + invalid
    return {
        "yes": yes,
        "no": no,
        "blank": blank,
        "invalid": invalid,
        "ballots": ballots,
        "voters": ballots,
        "registered": sum(people),
        "eligible": sum(people),
    }


@given(conditions(), st.sampled_from(list(ways(PEOPLE))))
def test_fewer_votes_than_said_never_change_the_outcome(raw: dict[str, Any], people: People) -> None:
    """Every way to change fewer votes leaves the outcome as it is."""
    one = rule(passes=raw, valid=["yes", "no"])
    found = decide(one, figures(totals(people)))
    fewest = fewest_for_outcome(found)
    for other in ways(PEOPLE):
        if fewest is Reach.NEVER or (isinstance(fewest, int) and changed(people, other) < fewest):
            assert decide(one, figures(totals(other))).result is found.result


@given(st.sampled_from(list(ways(PEOPLE))))
def test_majority_is_changed_by_as_many_votes_as_said(people: People) -> None:
    """Where there are votes enough to change, so many are enough."""
    one = rule(passes=YES_OVER_NO)
    found = decide(one, figures(totals(people)))
    turning = [other for other in ways(PEOPLE) if decide(one, figures(totals(other))).result is not found.result]
    assert min(changed(people, other) for other in turning) == fewest_for_outcome(found)


Pair = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
SMALL = [(yes, no) for yes in range(3) for no in range(3 - yes)]


@given(st.tuples(*[st.sampled_from(SMALL)] * 3), st.sampled_from(("1", "1/2")), st.booleans())
def test_regional_term_is_turned_by_as_few_votes_as_said(votes: Pair, weight: str, negated: bool) -> None:
    """The cheapest set of regions, by trying every change in every region."""
    carried = {"regions": {"where": YES_OVER_NO, "weight": True}}
    half = {"gt": [carried, {"mul": ["1/2", {"regions": {"weight": True}}]}]}
    one = rule(
        passes={"not": half} if negated else half,
        regions=[{"id": "A", "weight": weight}, {"id": "B"}, {"id": "C"}],
    )

    def outcome(lines: Pair) -> Any:
        rows = [{"id": name, "yes": yes, "no": no} for name, (yes, no) in zip("ABC", lines, strict=True)]
        return decide(one, figures(regions=rows))

    found = outcome(votes)

    def cost(lines: Pair) -> int:
        return sum(
            changed((*before, 0, 0, 2 - sum(before)), (*after, 0, 0, 2 - sum(after)))
            for before, after in zip(votes, lines, strict=True)
        )

    turning = [lines for lines in product(SMALL, repeat=3) if outcome(lines).result is not found.result]
    assert min(cost(lines) for lines in turning) == fewest_for_outcome(found) == fewest_for_term(found.terms[0], one)


def test_constant_comparison_is_never_turned() -> None:
    """No vote changes how many people may vote."""
    found = decide(rule(passes={"gt": ["eligible", "3"]}), figures({"eligible": 5}))
    assert fewest_for_outcome(found) is Reach.NEVER
    assert assess(found, Touched(1000)).outcome is Change.CANNOT


def test_irregularities_below_and_at_the_margin() -> None:
    """Italy 1999 hung on 207,010 ballots."""
    found = decide(case("it-1999").rule, case("it-1999").figures)
    assert assess(found, Touched(207_009)).outcome is Change.CANNOT
    at = assess(found, Touched(207_010))
    assert at.outcome is Change.COULD
    assert list(at.terms.values()) == [Change.COULD, Change.CANNOT]


def test_irregularities_in_a_region_turn_that_region_only() -> None:
    """Australia 1977: 9,211 votes in Western Australia; the same number in Tasmania is far from enough."""
    found = decide(case("au-1977-simultaneous").rule, case("au-1977-simultaneous").figures)
    for touched, expected in (
        (Touched(0, {"WA": 9_211}), Change.COULD),
        (Touched(0, {"WA": 9_210}), Change.CANNOT),
        (Touched(1, {"WA": 9_210}), Change.COULD),
        (Touched(0, {"TAS": 9_211}), Change.CANNOT),
        (Touched(0, {"TAS": 9_210, "QLD": 9_210}), Change.CANNOT),
        (Touched(9_211), Change.COULD),
    ):
        assert assess(found, touched).outcome is expected


def test_irregularities_where_only_shares_are_known_are_not_assessed() -> None:
    """Iraq 2005: two vetoes of three, and the regions' numbers of votes are not known."""
    found = decide(case("iq-2005").rule, case("iq-2005").figures)
    assert assess(found, Touched(1)).outcome is Change.UNKNOWN
    assert assess(found, Touched(0)).outcome is Change.CANNOT


def test_irregularities_in_an_unknown_region_are_refused() -> None:
    """A misspelt region would otherwise turn nothing."""
    found = decide(case("au-1977-simultaneous").rule, case("au-1977-simultaneous").figures)
    with pytest.raises(MismatchError, match="'Wa'"):
        assess(found, Touched(0, {"Wa": 10}))


def test_irregularities_are_added_up_by_region() -> None:
    """A file lists them, each with the most votes that it touched."""
    lines = [
        {"what": "box opened", "votes": 300, "region": "WA"},
        {"what": "late opening", "votes": 20, "region": "WA", "basis": "queue counted by two observers"},
        {"what": "letters lost", "votes": 7},
    ]
    message = {"format": "psephos/irregularities/1", "irregularities": lines}
    touched = read_irregularities(write_json(message), what="list")
    assert (touched.anywhere, dict(touched.regions), touched.total) == (7, {"WA": 320}, 327)
    with pytest.raises(MalformedError):
        read_irregularities(write_json({**message, "irregularities": [{"what": "x", "votes": -1}]}), what="list")


def test_weights_too_fine_to_combine_are_said_to_be_so() -> None:
    """Population weights decide the outcome; the cheapest set of regions is not searched among millions of units."""
    carried = {"regions": {"where": YES_OVER_NO, "weight": True}}
    half = {"gt": [carried, {"mul": ["1/2", {"regions": {"weight": True}}]}]}
    one = rule(passes=half, regions=[{"id": "A", "weight": "1500000"}, {"id": "B", "weight": "900000"}])
    lines = [{"id": "A", "yes": 3, "no": 1}, {"id": "B", "yes": 1, "no": 3}]
    found = decide(one, figures(regions=lines))
    assert found.result == "passes"
    assert fewest_for_outcome(found) is Reach.UNKNOWN


def test_nothing_is_said_of_a_vote_that_was_not_counted() -> None:
    """What is unknown stays unknown."""
    found = decide(rule(passes=YES_OVER_NO), figures(undecryptable="too few trustees"))
    assert fewest_for_outcome(found) is Reach.UNKNOWN
    assert assess(found, Touched(10)).outcome is Change.UNKNOWN


@pytest.mark.parametrize("order", [("A", "B", "C"), ("C", "B", "A"), ("B", "A", "C")])
def test_cheapest_region_is_turned_in_whatever_order_regions_stand(order: tuple[str, ...]) -> None:
    """Two of three regions are carried; the one with the smallest margin is the way to turn that."""
    votes = {"A": (9, 3), "B": (5, 3), "C": (1, 3)}
    two = {"ge": [{"regions": {"where": YES_OVER_NO}}, "2"]}
    lines = [{"id": name, "yes": votes[name][0], "no": votes[name][1]} for name in order]
    found = decide(rule(passes=two, regions=[{"id": name} for name in order]), figures(regions=lines))
    assert fewest_for_outcome(found) == 1
