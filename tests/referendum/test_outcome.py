"""The outcome: real referendums come out as they did in law, and the properties that a rule must have."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from psephos.errors import MismatchError, UnavailableError
from psephos.protocol.encoding import write_json
from psephos.referendum.history import try_history
from psephos.referendum.judging import Term
from psephos.referendum.outcome import decide
from psephos.referendum.rule_file import Result, read_rule
from psephos.referendum.truth import Truth
from tests.support.records import VECTORS, json_of
from tests.support.rules import YES_OVER_NO, case, cases, conditions, counts, figures, rule

PUBLIC = json_of(VECTORS / "outcomes" / "outcomes.json")
IDS = [one["id"] for one in PUBLIC]
HALF_REGIONS = {"gt": [{"regions": {"where": YES_OVER_NO}}, {"mul": ["1/2", {"regions": {}}]}]}
NATIONAL_AND_REGIONAL = {"all": [YES_OVER_NO, HALF_REGIONS]}


def truths(conjuncts: tuple[bool, ...]) -> tuple[Truth, ...]:
    """Truth values."""
    return tuple(Truth.TRUE if one else Truth.FALSE for one in conjuncts)


# ── the past ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("vector", PUBLIC, ids=IDS)
def test_referendum_of_the_past_comes_out_as_it_did_in_law(vector: dict[str, Any]) -> None:
    """Outcome and every conjunct are those of the vector."""
    found = decide(case(vector["id"]).rule, case(vector["id"]).figures)
    assert found.result == vector["expect"]
    assert tuple(conjunct.truth for conjunct in found.conjuncts) == truths(tuple(vector["conjuncts"]))


@pytest.mark.parametrize("vector", PUBLIC, ids=IDS)
def test_case_of_the_package_has_the_vector_s_figures(vector: dict[str, Any]) -> None:
    """The package's file of cases says nothing else than the vectors."""
    one = case(vector["id"])
    totals = dict(vector["totals"])
    if "annulled" in totals:
        totals["invalid"] = totals.pop("annulled") + totals.pop("observed_rejected")
    assert {total.value: int(count) for total, count in one.figures.nation.totals.items()} == totals
    regions = {name: counted.totals for name, counted in one.figures.regions.items()}
    if "regions" in vector:
        assert {name: [int(count) for count in found.values()] for name, found in regions.items()} == vector["regions"]
    if "carried" in vector:
        weights = {region.id: region.weight for region in one.rule.regions}
        carried = {name: str(weights[name]) for name, found in regions.items() if found["yes"] == 1}
        assert carried == vector["carried"]
        assert sum(weights.values()) == Fraction(vector["regions_total_weight"])
    if "region_no_percent" in vector:
        shares = {name: found["no"] for name, found in regions.items()}
        assert shares == {name: Fraction(text) / 100 for name, text in vector["region_no_percent"].items()}
    assert (one.expect, one.conjuncts) == (vector["expect"], truths(tuple(vector["conjuncts"])))
    assert one.provenance == vector["prov"]


def test_no_case_of_the_vectors_is_left_out() -> None:
    """The package has the same cases, in the same order."""
    assert [one.id for one in cases()] == IDS


def test_known_margins_of_the_past() -> None:
    """Italy 1999 was short by 207,010 voters, and Switzerland 2020 by three cantons' weight."""
    italy = decide(case("it-1999").rule, case("it-1999").figures)
    assert [term.margin for term in italy.terms] == [-207_010, 19_201_844]
    swiss = decide(case("ch-2020-rbi").rule, case("ch-2020-rbi").figures)
    assert [term.margin for term in swiss.terms] == [37_500, -3]
    assert swiss.terms[1].numerator is not None
    assert swiss.terms[1].numerator.low == Fraction(17, 2)


def test_what_a_definition_of_valid_decides() -> None:
    """Uruguay 2022 at half of the valid votes hangs on whether blank votes are valid."""
    half = {"gt": ["yes", {"mul": ["1/2", "valid"]}]}
    totals = {"yes": 1_100_000, "no": 1_090_000, "blank": 29_119}
    for valid, expected in ((["yes", "no"], Result.PASSES), (["yes", "no", "blank"], Result.FAILS)):
        assert decide(rule(passes=half, valid=valid), figures(totals)).result is expected


# ── results of their own ────────────────────────────────────────────────────────────────────────────────────────


def test_rule_for_rejection_passes_unless_rejected() -> None:
    """Denmark's §42: rejected if a majority, and 30 % of the electorate, vote against."""
    rejected = {"all": [{"gt": ["no", "yes"]}, {"ge": ["no", {"mul": ["3/10", "eligible"]}]}]}
    against = rule(fails=rejected)
    assert decide(against, figures({"yes": 10, "no": 29, "eligible": 100})).result is Result.PASSES
    assert decide(against, figures({"yes": 10, "no": 30, "eligible": 100})).result is Result.FAILS


def test_rule_with_two_sides_is_inconclusive_if_neither_holds() -> None:
    """No binding answer is not No."""
    sides = [
        {"all": [{"gt": pair}, {"ge": [pair[0], {"mul": ["1/4", "eligible"]}]}]}
        for pair in (["yes", "no"], ["no", "yes"])
    ]
    both = rule(passes=sides[0], fails=sides[1])
    for yes, no, expected in ((25, 3, "passes"), (3, 25, "fails"), (24, 3, "inconclusive"), (30, 30, "inconclusive")):
        assert decide(both, figures({"yes": yes, "no": no, "eligible": 100})).result == expected


def test_rule_that_lets_pass_and_fail_at_once_is_refused() -> None:
    """A rule that contradicts itself decides nothing."""
    with pytest.raises(MismatchError, match="both passes and fails"):
        decide(rule(passes=YES_OVER_NO, fails=YES_OVER_NO), figures({"yes": 2, "no": 1}))


def test_vote_that_does_not_bind_is_inconclusive_whatever_was_answered() -> None:
    """Hungary 2016: No had 98 %, and nothing followed."""
    binding = rule(binding={"gt": ["ballots", {"mul": ["1/2", "eligible"]}]}, passes=YES_OVER_NO)
    for yes, no in ((40, 10), (10, 40)):
        totals = {"yes": yes, "no": no, "ballots": 50, "eligible": 100}
        assert decide(binding, figures(totals)).result is Result.INCONCLUSIVE
        assert decide(binding, figures({**totals, "eligible": 99})).result in {Result.PASSES, Result.FAILS}


def test_annulled_vote_is_void_and_its_arithmetic_is_still_said() -> None:
    """Legal status and arithmetic are two things."""
    found = decide(rule(passes=YES_OVER_NO), figures({"yes": 2, "no": 1}, annulled={"body": "A court", "reasons": "x"}))
    assert (found.result, found.arithmetic) == (Result.VOID, Result.PASSES)


def test_vote_that_cannot_be_decrypted_is_unknown() -> None:
    """What was never counted has no outcome."""
    found = decide(rule(passes=YES_OVER_NO), figures(undecryptable="too few trustees are left"))
    assert found.result is Result.UNKNOWN
    assert found.findings == {}


def test_total_that_the_rule_names_and_the_figures_lack_is_named() -> None:
    """A case gives what its rule needs; what it needs is asked for, not assumed."""
    quorum = rule(passes={"ge": ["yes", {"mul": ["1/4", "eligible"]}]})
    with pytest.raises(UnavailableError) as caught:
        decide(quorum, figures({"yes": 2, "registered": 5}))
    assert caught.value.at == "/totals/eligible"
    assert decide(quorum, figures({"yes": 2, "eligible": 8})).result is Result.PASSES


def test_valid_that_is_not_the_rule_s_is_refused() -> None:
    """Figures that count blank votes as valid do not fit a rule that does not."""
    half = rule(passes={"gt": ["yes", {"mul": ["1/2", "valid"]}]}, valid=["yes", "no"])
    with pytest.raises(MismatchError, match=r"yes \+ no = 10"):
        decide(half, figures({"yes": 6, "no": 4, "blank": 1, "valid": 11}))


# ── regions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def regional(*lines: dict[str, Any], **parts: Any) -> Any:
    """The outcome of a double majority over regions A, B and C."""
    regions = [{"id": name, **parts.get(name, {})} for name in "ABC"]
    return decide(
        rule(passes=parts.get("passes", NATIONAL_AND_REGIONAL), valid=["yes", "no"], regions=regions),
        figures({"yes": 60, "no": 30}, regions=list(lines), complete=False),
    )


def test_suppressed_region_leaves_open_only_what_hangs_on_it() -> None:
    """Two of three regions decide; the third may stay hidden."""
    hidden = {"id": "C", "suppressed": True}
    one = regional({"id": "A", "yes": 30, "no": 5}, {"id": "B", "yes": 20, "no": 5}, hidden)
    assert one.result is Result.PASSES
    other = regional({"id": "A", "yes": 30, "no": 5}, {"id": "B", "yes": 10, "no": 15}, hidden)
    assert other.result is Result.UNKNOWN
    assert (other.terms[1].numerator.low, other.terms[1].numerator.high) == (1, 2)
    third = regional({"id": "A", "yes": 4, "no": 5}, {"id": "B", "yes": 10, "no": 15}, hidden)
    assert third.result is Result.FAILS
    assert regional({"id": "A", "yes": 30, "no": 5}).result is Result.UNKNOWN


def test_regions_of_another_class_count_nationally_only() -> None:
    """Territories vote, and are no states."""
    states = {
        "gt": [{"regions": {"where": YES_OVER_NO, "class": "state"}}, {"mul": ["1/2", {"regions": {"class": "state"}}]}]
    }
    classes = {"A": {"class": "state"}, "B": {"class": "state"}, "C": {"class": "territory"}}
    lines = [{"id": "A", "yes": 30, "no": 5}, {"id": "B", "yes": 10, "no": 15}, {"id": "C", "yes": 20, "no": 10}]
    found = regional(*lines, passes=states, **classes)
    assert found.result is Result.FAILS
    assert found.terms[0].numerator.low == 1


def test_region_that_the_rule_does_not_have_is_refused() -> None:
    """A misspelt name would otherwise count as a region without figures."""
    with pytest.raises(MismatchError, match="no region 'D'"):
        regional({"id": "D", "yes": 1})


def test_order_alone_decides_only_which_answer_has_more() -> None:
    """A region of which only the winner is known says nothing about shares."""
    lines = [{"id": name, "more": "yes"} for name in "ABC"]
    assert regional(*lines).result is Result.PASSES
    half = {"gt": ["yes", {"mul": ["1/2", "valid"]}]}
    two_thirds = {"ge": ["yes", {"mul": ["2/3", "valid"]}]}
    by_a_hundred = {"gt": ["yes", {"add": ["no", "100"]}]}
    for where, expected in ((half, Result.PASSES), (two_thirds, Result.UNKNOWN), (by_a_hundred, Result.UNKNOWN)):
        assert regional(*lines, passes={"gt": [{"regions": {"where": where}}, "1"]}).result is expected
    tie = [{"id": name, "more": "neither"} for name in "ABC"]
    for operator, expected in (("gt", Result.FAILS), ("ge", Result.PASSES)):
        where = {operator: ["yes", "no"]}
        assert regional(*tie, passes={"ge": [{"regions": {"where": where}}, "3"]}).result is expected


def test_shares_alone_do_not_decide_a_number_of_votes() -> None:
    """A region with shares says nothing of a constant, nor of another denominator."""
    lines = [{"id": name, "share_of": "valid", "shares": {"no": "2/3"}} for name in "ABC"]
    for where, expected in (
        ({"ge": ["no", {"mul": ["2/3", "valid"]}]}, Result.PASSES),
        ({"gt": ["no", {"mul": ["2/3", "valid"]}]}, Result.FAILS),
        ({"ge": ["no", {"mul": ["2/3", "ballots"]}]}, Result.UNKNOWN),
        ({"ge": ["no", "0"]}, Result.PASSES),
        ({"ge": ["no", "1/2"]}, Result.UNKNOWN),
    ):
        assert regional(*lines, passes={"ge": [{"regions": {"where": where}}, "3"]}).result is expected


# ── properties ──────────────────────────────────────────────────────────────────────────────────────────────────


def independent(raw: Any, totals: dict[str, int]) -> bool:
    """A condition's truth, by whole numbers alone: numerators over one denominator, cross-multiplied."""

    def value(quantity: Any) -> tuple[int, int]:
        if isinstance(quantity, str):
            whole = {**totals, "valid": totals["yes"] + totals["no"]}
            return whole[quantity], 1
        (name, inner), *_ = quantity.items()
        if name == "mul":
            over, under = map(int, inner[0].split("/"))
            top, bottom = value(inner[1])
            return over * top, under * bottom
        top, bottom = 0, 1
        for part in inner:
            more, under = value(part)
            top, bottom = top * under + more * bottom, bottom * under
        return top, bottom

    (name, inner), *_ = raw.items()
    if name in {"all", "any"}:
        return {"all": all, "any": any}[name](independent(part, totals) for part in inner)
    if name == "not":
        return not independent(inner, totals)
    (left, under), (right, below) = map(value, inner)
    return left * below > right * under if name == "gt" else left * below >= right * under


@given(conditions(), counts(largest=10**15))
def test_condition_on_huge_numbers_is_what_whole_numbers_say(raw: dict[str, Any], totals: dict[str, int]) -> None:
    """No number is rounded: at 15 digits a rounded value would decide wrongly."""
    assume(sum(totals.values()) < 2**53)
    found = decide(rule(passes=raw, valid=["yes", "no"]), figures(totals))
    assert found.result is (Result.PASSES if independent(raw, totals) else Result.FAILS)


@given(st.integers(1, 2**50), st.sampled_from((-1, 0, 1)))
def test_threshold_is_exact_at_the_last_vote(third: int, more: int) -> None:
    """Two thirds of 3n is 2n: one vote less is not enough."""
    two_thirds = {"ge": ["yes", {"mul": ["2/3", "eligible"]}]}
    totals = {"yes": 2 * third + more, "eligible": 3 * third}
    found = decide(rule(passes=two_thirds), figures(totals))
    assert found.result is (Result.PASSES if more >= 0 else Result.FAILS)
    assert found.terms[0].margin == (more + 1 if more >= 0 else more)


@given(conditions(), counts(10**4), st.integers(2, 1000))
def test_outcome_stays_when_all_counts_are_scaled(raw: dict[str, Any], totals: dict[str, int], by: int) -> None:
    """Only proportions count."""
    one = rule(passes=raw, valid=["yes", "no"])
    scaled = {name: by * count for name, count in totals.items()}
    assert decide(one, figures(totals)).result is decide(one, figures(scaled)).result


def without_turnout() -> st.SearchStrategy[dict[str, Any]]:
    """Rules without a turnout quorum: majorities, approval quorums, supermajorities, together."""
    share = st.tuples(st.integers(1, 12), st.integers(1, 12)).map(lambda pair: f"{min(pair)}/{max(pair)}")
    leaves = (
        st.just(YES_OVER_NO)
        | share.map(lambda q: {"ge": ["yes", {"mul": [q, "eligible"]}]})
        | share.map(lambda q: {"gt": ["yes", {"mul": [q, "valid"]}]})
        | share.map(lambda q: {"not": {"ge": ["no", {"mul": [q, "eligible"]}]}})
    )
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts})
            | st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts})
        ),
        max_leaves=4,
    )


@given(without_turnout(), counts(100), st.integers(1, 50))
def test_more_no_votes_never_let_pass_without_a_turnout_quorum(
    raw: dict[str, Any], totals: dict[str, int], more: int
) -> None:
    """A No never helps."""
    one = rule(passes=raw, valid=["yes", "no"])
    for name in ("registered", "eligible"):
        totals[name] += more
    after = {**totals, **{name: totals[name] + more for name in ("no", "ballots", "voters")}}
    if decide(one, figures(totals)).result is Result.FAILS:
        assert decide(one, figures(after)).result is Result.FAILS


def test_more_no_votes_let_pass_under_a_turnout_quorum() -> None:
    """The no-show paradox: those who stay at home would have kept the proposal from passing, by not going."""
    quorum = rule(ready={"rule": "turnout-quorum", "share": "1/2", "of": "eligible", "compare": "ge"})
    totals = {"yes": 40, "no": 9, "blank": 0, "invalid": 0, "ballots": 49, "eligible": 100}
    assert decide(quorum, figures(totals)).result is Result.FAILS
    assert decide(quorum, figures({**totals, "no": 10, "ballots": 50})).result is Result.PASSES


LINES = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=6)


def country(lines: list[tuple[int, int]], order: list[int] | None = None, merged: tuple[int, int] | None = None) -> Any:
    """The outcome of a double majority where regions have these votes, in some order, two of them perhaps merged."""
    rows = [{"id": f"R{number}", "yes": yes, "no": no} for number, (yes, no) in enumerate(lines)]
    if merged is not None:
        one, other = merged
        both = {"id": "both", "of": [f"R{one}", f"R{other}"]}
        both |= {name: rows[one][name] + rows[other][name] for name in ("yes", "no")}
        rows = [row for number, row in enumerate(rows) if number not in merged] + [both]
    if order is not None:
        rows = [rows[place] for place in order]
    totals = {"yes": sum(yes for yes, _ in lines), "no": sum(no for _, no in lines)}
    regions = [{"id": f"R{number}", "weight": ("1", "1/2")[number % 2]} for number in (order or range(len(lines)))]
    carried = {"regions": {"where": YES_OVER_NO, "weight": True}}
    half = {"gt": [carried, {"mul": ["1/2", {"regions": {"weight": True}}]}]}
    return decide(rule(passes={"all": [YES_OVER_NO, half]}, regions=regions), figures(totals, regions=rows))


@given(LINES, st.randoms(use_true_random=False))
def test_outcome_stays_when_regions_are_permuted(lines: list[tuple[int, int]], rng: Any) -> None:
    """The order of regions says nothing."""
    order = list(range(len(lines)))
    rng.shuffle(order)
    one, other = country(lines), country(lines, order)
    assert one.result is other.result
    assert [term.margin for term in one.terms] == [term.margin for term in other.terms]


@given(LINES)
def test_merging_regions_never_changes_a_national_term_nor_turns_a_known_one(lines: list[tuple[int, int]]) -> None:
    """Suppression leaves open what it hides, and decides nothing."""
    whole, merged = country(lines), country(lines, merged=(0, 1))
    assert whole.terms[0] == merged.terms[0]
    assert merged.terms[1].truth in {whole.terms[1].truth, Truth.UNKNOWN}
    assert merged.result in {whole.result, Result.UNKNOWN}


@given(conditions(), counts(100))
def test_margin_is_the_least_change_of_the_left_side(raw: dict[str, Any], totals: dict[str, int]) -> None:
    """Less than the margin does not turn a term, and the margin does."""
    found = decide(rule(passes=raw, valid=["yes", "no"]), figures(totals))
    for term in found.terms:
        assert isinstance(term, Term)
        assert term.numerator is not None
        assert term.bound is not None
        assert term.margin is not None
        left, right = term.numerator.low, term.bound.low

        def holds(number: Fraction, term: Term = term, right: Fraction = right) -> bool:
            return number > right if term.comparison.operator == "gt" else number >= right

        step = 1 if term.margin > 0 else -1
        assert holds(left) == (term.margin > 0)
        assert holds(left - term.margin) != holds(left)
        assert holds(left - term.margin + step) == holds(left)


def test_history_is_tried_with_the_case_s_own_regions() -> None:
    """A double majority is tried where there are regions, and said to be impossible where there are none."""
    double = read_rule(
        write_json(
            {
                "format": "psephos/rule/1",
                "name": "x",
                "ready": {"rule": "double-majority", "class": "province"},
                "regions": [{"id": "A", "class": "province"}],
            }
        )
    )
    trials = {trial.case.id: trial for trial in try_history(double, cases())}
    swiss, italy = trials["ch-2020-rbi"], trials["it-1999"]
    assert swiss.outcome is not None
    assert swiss.outcome.result is Result.FAILS
    assert italy.outcome is None
    assert italy.reason == "the case has no figures for regions"
