"""From the record of a referendum with regions to its outcome: what was merged is unknown where a rule needs it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from psephos.protocol.encoding import write_json
from psephos.record.regions import RegionMessage, RegionTerms, find_cells, read_regions, show_cells
from psephos.record.state import RecordState
from psephos.referendum.counted import figures_of, named_answers
from psephos.referendum.figures import Figures, Known
from psephos.referendum.outcome import Outcome, decide
from psephos.referendum.regional import figures_of_regions
from psephos.referendum.rule import Total
from psephos.referendum.rule_file import Result, read_rule
from psephos.referendum.truth import Truth
from psephos.verify.board_audit import audit_board
from psephos.verify.report import Report
from tests.support.regional import finished, state_of

ANSWERS = named_answers(1, yes="yes", no="no", blank="blank")
QUESTIONS = [{"question": "A bridge?", "answers": ["yes", "no", "blank"]}]
LEAVES = ("a", "b", "c", "d")
REGIONS = read_regions(
    RegionTerms(
        minimum_registered=100,
        minimum_counted=10,
        regions=(
            RegionMessage(id="g"),
            *(RegionMessage(id=name, group="g" * (name < "c"), registered=100) for name in LEAVES),
        ),
        rest=100,
    )
)


def figures(*cast: tuple[int, int]) -> Figures:
    """The figures of these (yes, no) in the four leaves and the rest."""
    counted = [sum(one) for one in cast]
    cells = find_cells(REGIONS, counted)
    counts = [
        ((sum(cast[place][0] for place in cell.leaves), sum(cast[place][1] for place in cell.leaves), 0),)
        for cell in cells
    ]
    shown = show_cells(REGIONS, cells, counts)
    nation = ((sum(one[0] for one in cast), sum(one[1] for one in cast), 0),)
    report = Report(questions=QUESTIONS, result=nation, counted=sum(counted), voters=REGIONS.voters)
    found = figures_of(report, ANSWERS)
    regional = figures_of_regions(REGIONS, shown, questions=QUESTIONS, answers=ANSWERS)
    return Figures(found.nation, regional)


def double(*cast: tuple[int, int]) -> Outcome:
    """What follows under a double majority of these regions."""
    rule: dict[str, Any] = {
        "format": "psephos/rule/1",
        "name": "double majority",
        "regions": [{"id": name} for name in LEAVES],
        "ready": {"rule": "double-majority"},
    }
    return decide(read_rule(write_json(rule)), figures(*cast))


def test_regions_that_are_cells_of_their_own_decide() -> None:
    """Three of four carried; those of no region count nationally only."""
    outcome = double((30, 10), (30, 10), (30, 10), (10, 30), (1, 99))
    assert outcome.result is Result.FAILS
    assert [one.truth for one in outcome.conjuncts] == [Truth.FALSE, Truth.TRUE]
    assert double((30, 10), (30, 10), (30, 10), (10, 30), (10, 10)).result is Result.PASSES


def test_merged_regions_are_unknown_and_the_conjunct_that_suffers_is_named() -> None:
    """The national majority is known; whether most regions were carried is not."""
    outcome = double((9, 0), (30, 10), (30, 10), (10, 30), (20, 10))
    assert outcome.figures.regions["a"].known is Known.NOTHING
    assert outcome.figures.regions["b"].known is Known.NOTHING
    assert outcome.result is Result.UNKNOWN
    assert [one.truth for one in outcome.conjuncts] == [Truth.TRUE, Truth.UNKNOWN]


def test_merged_regions_do_not_matter_where_the_others_decide() -> None:
    """With two of four lost, no more than half can be carried."""
    outcome = double((9, 0), (30, 10), (10, 30), (10, 30), (90, 10))
    assert outcome.result is Result.FAILS
    assert [one.truth for one in outcome.conjuncts] == [Truth.TRUE, Truth.FALSE]


def test_region_without_ballots_is_known() -> None:
    """Nobody voted there: there is nothing to hide and nothing to guess."""
    found = figures((0, 0), (30, 10), (30, 10), (10, 30), (0, 0)).regions
    assert found["a"].totals[Total.BALLOTS] == 0
    assert found["a"].totals[Total.REGISTERED] == 100
    assert found["b"].totals[Total.YES] == 30


def test_nothing_is_known_where_nothing_was_decrypted() -> None:
    """No region is taken to be empty because its ballots are too few."""
    found = figures((1, 0), (2, 0), (0, 3), (0, 0), (0, 0)).regions
    assert {one.known for one in found.values()} == {Known.NOTHING}


def test_record_gives_the_figures_of_its_regions() -> None:
    """From the log to the figures: merged ones unknown, the rest is no region."""
    state: RecordState = state_of(finished())
    assert state.regional is not None
    assert state.regional.counts is not None
    shown = show_cells(state.regional.regions, state.regional.cells(), state.regional.counts)
    report = audit_board(finished()).report
    found = figures_of_regions(state.regional.regions, shown, questions=report.questions, answers=ANSWERS)
    assert {name: one.known for name, one in found.items()} == {
        "coast": Known.NOTHING,
        "hills": Known.NOTHING,
        "south": Known.COUNTS,
    }
    assert found["south"].totals[Total.NO] == 3
    assert found["south"].totals[Total.BLANK] == 1


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=5, max_size=5))
def test_what_is_known_is_right_and_merging_changes_no_national_total(cast: list[tuple[int, int]]) -> None:
    """Never a guess: known regions have their own counts, and an outcome that is not unknown is the true one."""
    found = figures(*cast)
    for name, (yes, no) in zip(LEAVES, cast, strict=False):
        region = found.regions[name]
        if region.known is not Known.NOTHING:
            assert (region.totals[Total.YES], region.totals[Total.NO]) == (Fraction(yes), Fraction(no))
    outcome = double(*cast)
    true = sum(yes for yes, _ in cast) > sum(no for _, no in cast) and sum(yes > no for yes, no in cast[:4]) > 2
    if outcome.result is not Result.UNKNOWN:
        assert outcome.result is (Result.PASSES if true else Result.FAILS)


@pytest.mark.parametrize("merge", [False, True])
def test_unanimous_region_that_is_merged_on_is_unknown(merge: bool) -> None:
    """What is not shown is not used either."""
    regions = read_regions(replace(REGIONS.terms, merge_unanimous=merge))
    cells = find_cells(regions, (20, 20, 20, 20, 20))
    counts = [((20, 0, 0),), *[((5, 15, 0),)] * 4]
    shown = show_cells(regions, cells, counts)
    found = figures_of_regions(regions, shown, questions=QUESTIONS, answers=ANSWERS)
    assert (found["a"].known is Known.NOTHING) is merge
