"""What is said of a margin is so: votes are taken away, added or changed as the sentence says, and the term turns."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from psephos.adapters.package_data import data_names, read_data
from psephos.referendum.figures import Counted, Figures
from psephos.referendum.judging import Term
from psephos.referendum.outcome import decide
from psephos.referendum.rule import Total
from psephos.referendum.rule_file import Rule
from psephos.referendum.truth import Truth
from psephos.referendum.words import margin_in_words, read_words
from tests.support.rules import YES_OVER_NO, conditions, counts, figures, rule

WORDS = {name: read_words(read_data(name)) for name in data_names("words.")}
ENGLISH = WORDS["words.en"]
CAST = ("yes", "no", "blank", "invalid")
IN_VOTES = ("over_votes", "short_votes", "over_one_vote", "short_one_vote")


def judged(one: Rule, totals: dict[str, int]) -> tuple[Term, ...]:
    """The terms on totals that add up, whether or not so many people may vote."""
    return decide(one, Figures(Counted({Total(name): Fraction(count) for name, count in totals.items()}))).terms


def after(totals: dict[str, int], change: dict[str, int]) -> dict[str, int]:
    """Totals after more votes, or fewer, of each sort; nobody more may vote."""
    changed = totals | {name: totals[name] + by for name, by in change.items()}
    return changed | {name: sum(changed[cast] for cast in CAST) for name in ("ballots", "voters")}


def phrase_of(said: str, term: Term) -> str:
    """Which phrase was used."""
    assert term.margin is not None
    number = ENGLISH.number(abs(term.margin))
    phrases = ENGLISH.phrases
    found = [name for name in IN_VOTES if phrases[name].replace("{margin}", number) == said]
    return found[0] if found else "turns"


def is_counted_by_left(cast: str, one: Rule, term: Term, totals: dict[str, int]) -> bool:
    """Whether the left side counts such votes."""
    [before], [later] = (
        [found for found in judged(one, some) if found.at == term.at] for some in (totals, after(totals, {cast: 1}))
    )
    assert before.numerator is not None
    assert later.numerator is not None
    return before.numerator.low != later.numerator.low


def votes_moved(one: Rule, term: Term, totals: dict[str, int], votes: int) -> dict[str, int]:
    """The change, if so many votes more (or fewer, below zero) are counted for a term: the first that can be."""
    change: dict[str, int] = {}
    for cast in CAST:
        if votes and is_counted_by_left(cast, one, term, totals):
            change[cast] = max(votes, -totals[cast])
            votes -= change[cast]
    assume(not votes)
    return change


def truth_after(one: Rule, term: Term, totals: dict[str, int], change: dict[str, int]) -> Truth:
    """Whether the term holds after a change of votes."""
    return next(found.truth for found in judged(one, after(totals, change)) if found.at == term.at)


@given(conditions(), counts(100))
def test_margin_in_votes_turns_a_term_and_one_vote_less_does_not(raw: dict[str, Any], totals: dict[str, int]) -> None:
    """“If 10 votes fewer were counted for it”: then it turns, and with 9 it does not."""
    one = rule(passes=raw, valid=["yes", "no"])
    for term in judged(one, totals):
        if phrase_of(margin_in_words(term, ENGLISH), term) not in IN_VOTES:
            continue
        votes = -int(term.margin or 0)
        nearly = votes - (1 if votes > 0 else -1)
        assert truth_after(one, term, totals, votes_moved(one, term, totals, votes)) is not term.truth
        assert truth_after(one, term, totals, votes_moved(one, term, totals, nearly)) is term.truth


@given(conditions(), counts(100))
def test_margin_of_a_side_turns_a_term_if_the_other_side_stays(raw: dict[str, Any], totals: dict[str, int]) -> None:
    """“If this were lower by 10, and that the same”: whichever side is named."""
    for term in judged(rule(passes=raw, valid=["yes", "no"]), totals):
        said = margin_in_words(term, ENGLISH)
        assert term.numerator is not None
        assert term.bound is not None
        assert term.margin is not None
        if phrase_of(said, term) in IN_VOTES:
            continue
        margin = abs(term.margin)
        step = margin if " higher by " in said else -margin
        is_left = ("lower" in said) == (term.truth is Truth.TRUE)
        left = term.numerator.low + (step if is_left else 0)
        right = term.bound.low + (0 if is_left else step)
        holds = left > right if term.comparison.operator == "gt" else left >= right
        assert holds is (term.truth is not Truth.TRUE)


SHARES = st.sampled_from(("1/2", "2/3", "55/100", "3/5"))


@given(SHARES, st.sampled_from(("gt", "ge")), st.sampled_from(("valid", "ballots", "voters")), counts(500))
def test_share_of_votes_turns_by_votes_that_are_changed(
    share: str, compare: str, of: str, totals: dict[str, int]
) -> None:
    """A vote that is taken away makes the whole smaller, too: the sentence says that the whole stays."""
    one = rule(passes={compare: ["yes", {"mul": [share, of]}]}, valid=["yes", "no"])
    [term] = judged(one, totals)
    for words in WORDS.values():
        assert words.totals[Total(of)] in margin_in_words(term, words)
        assert words.totals[Total.YES] in margin_in_words(term, words)
    margin = int(term.margin or 0)
    nearly = margin - (1 if margin > 0 else -1)
    assume(-totals["no"] <= margin <= totals["yes"])
    assert truth_after(one, term, totals, {"yes": -margin, "no": margin}) is not term.truth
    assert truth_after(one, term, totals, {"yes": -nearly, "no": nearly}) is term.truth


def test_half_of_the_valid_votes_is_not_lost_by_as_many_votes_fewer() -> None:
    """60 to 40: with 10 Yes fewer it is 50 of 90, which is still more than half."""
    one = rule(ready={"rule": "supermajority", "share": "1/2", "of": "valid", "compare": "gt"}, valid=["yes", "no"])
    [term] = decide(one, figures({"yes": 60, "no": 40})).terms
    assert term.margin == 10
    assert margin_in_words(term, ENGLISH) == (
        "it would turn if the number of Yes votes were lower by 10, and the number of valid votes the same"
    )
    assert decide(one, figures({"yes": 50, "no": 40})).result == "passes"
    assert decide(one, figures({"yes": 50, "no": 50})).result == "fails"


def test_quorum_that_caps_a_vote_is_said_of_that_vote() -> None:
    """Where votes move the right side alone, it is that side which would have to be higher."""
    [term] = decide(
        rule(passes={"gt": [{"mul": ["1/4", "eligible"]}, "no"]}), figures({"no": 20, "eligible": 100})
    ).terms
    assert margin_in_words(term, ENGLISH) == (
        "it would turn if the number of No votes were higher by 5, and the number of people entitled to vote the same"
    )


@pytest.mark.parametrize(
    ("yes", "no", "said"),
    [
        (61, 60, "it would turn if one vote fewer were counted for it"),
        (70, 60, "it would turn if 10 votes fewer were counted for it"),
        (60, 60, "short by one vote"),
        (51, 60, "short by 10 votes"),
    ],
)
def test_votes_are_counted_in_the_singular_and_the_plural(yes: int, no: int, said: str) -> None:
    """Of more Yes than No, each vote moves one side alone."""
    [term] = decide(rule(passes=YES_OVER_NO), figures({"yes": yes, "no": no})).terms
    assert margin_in_words(term, ENGLISH) == said


@pytest.mark.parametrize(("compare", "phrase"), [("gt", "limit_short"), ("ge", "limit_over")])
def test_weight_that_is_exactly_at_the_limit_is_said_to_be_there(compare: str, phrase: str) -> None:
    """“Below by a weight of 0” would say nothing."""
    carried = {"regions": {"where": YES_OVER_NO, "weight": True}}
    half = {compare: [carried, {"mul": ["1/2", {"regions": {"weight": True}}]}]}
    one = rule(passes=half, regions=[{"id": "A", "weight": "1/2"}, {"id": "B", "weight": "1/2"}])
    lines = [{"id": "A", "yes": 2, "no": 1}, {"id": "B", "yes": 1, "no": 2}]
    [term] = decide(one, figures({"yes": 3, "no": 3}, regions=lines)).terms
    for words in WORDS.values():
        assert margin_in_words(term, words) == words.phrases[phrase]
