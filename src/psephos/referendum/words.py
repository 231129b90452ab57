"""Rules and outcomes in words. The words are data, one file for each language, with the same slots in each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from math import floor
from typing import Annotated, Literal

import msgspec

from psephos.errors import MalformedError
from psephos.protocol.encoding import Wire
from psephos.referendum.handwritten import convert
from psephos.referendum.judging import Term, Unit
from psephos.referendum.linear import is_moved_by_a_vote, linear, votes_in
from psephos.referendum.outcome import Outcome
from psephos.referendum.rule import (
    Added,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Named,
    NotSo,
    Number,
    Quantity,
    RegionCount,
    Scaled,
    Total,
)
from psephos.referendum.rule_file import Result, Rule
from psephos.referendum.truth import Interval, Truth
from psephos.referendum.turning import Fewest, Reach

_SLOT = re.compile(r"\{(\w*)\}")

SLOTS: dict[str, frozenset[str]] = {
    name: frozenset(slots.split())
    for name, slots in {
        "gt": "left right",
        "ge": "left right",
        "all": "parts",
        "any": "parts",
        "not": "part",
        "and": "first second",
        "or": "first second",
        "plus": "first second",
        "share": "share of",
        "percent": "share percent",
        "regions": "",
        "regions_of_class": "class",
        "all_regions": "regions",
        "all_weights": "regions",
        "regions_where": "regions condition",
        "weights_where": "regions condition",
        "passes_if": "condition",
        "fails_if": "condition",
        "binds_if": "condition",
        "else_fails": "",
        "else_passes": "",
        "else_nothing": "",
        "valid_means": "parts",
        "tie_is": "result",
        "tie_is_not": "result",
        "against_share": "left numerator share of denominator bound",
        "against": "left numerator right bound",
        "against_number": "side value number",
        "no_numbers": "condition",
        "between": "low high",
        "over_votes": "margin",
        "short_votes": "margin",
        "over_one_vote": "",
        "short_one_vote": "",
        "turns_lower": "moved margin kept",
        "turns_higher": "moved margin kept",
        "over_regions": "margin",
        "short_regions": "margin",
        "over_weight": "margin",
        "short_weight": "margin",
        "limit_over": "",
        "limit_short": "",
        "fewest": "votes",
        "fewest_one": "",
        "fewest_never": "",
        "fewest_unknown": "",
        "outcome_fewest": "votes",
        "outcome_fewest_one": "",
        "outcome_unknown": "",
        "outcome_never": "",
        "change_cannot": "votes",
        "change_could": "votes",
        "change_unknown": "votes",
        "annulled": "body reasons",
        "undecryptable": "reason",
        "arithmetic": "result",
    }.items()
}
"""Every phrase that a language must have, and what is put into it."""


def rounded_percent(share: Fraction, decimals: int = 1) -> int:
    """A share in units of the last decimal of its percentage, a half rounded up: exactly, with no number cut before."""
    return floor(share * Fraction(100 * 10**decimals) + Fraction(1, 2))


class Words(Wire, frozen=True):
    """One language's words."""

    language: str
    direction: Literal["ltr", "rtl"]
    digits: Annotated[str, msgspec.Meta(min_length=10, max_length=10)]
    group: str
    mixed: str
    totals: dict[Total, str]
    results: dict[Result, str]
    truths: dict[Truth, str]
    phrases: dict[str, str]

    def say(self, phrase: str, **slots: str) -> str:
        """A phrase with its slots filled."""
        return _SLOT.sub(lambda slot: slots[slot[1]], self.phrases[phrase])

    def number(self, value: Fraction) -> str:
        """A number: whole part in groups of three digits, and the fraction that is left."""
        whole, rest = divmod(abs(value), 1)
        parts = [] if rest and not whole else [f"{whole:,}".replace(",", self.group)]
        if rest:
            parts.append(str(rest))
        text = self.mixed.join(parts).translate(str.maketrans("0123456789", self.digits))
        return f"−{text}" if value < 0 else text

    def share(self, value: Fraction) -> str:
        """A share, with its percentage where that is a whole number."""
        text = self.number(value)
        percent = 100 * value
        if percent.denominator != 1:
            return text
        return self.say("percent", share=text, percent=self.number(percent))


def read_words(raw: object) -> Words:
    """Read a language's words.

    Raises:
        MalformedError: A phrase is missing, or has other slots than it must have.
    """
    words = convert(raw, Words, what="words")
    found = {name: frozenset(_SLOT.findall(text)) for name, text in words.phrases.items()}
    for name in sorted({*SLOTS, *found}):
        if found.get(name) != SLOTS.get(name):
            raise MalformedError(f"words of {words.language}: phrase {name!r} has not its slots", at=f"/phrases/{name}")
    for kind, table in ((Total, words.totals), (Result, words.results), (Truth, words.truths)):
        if set(kind) != set(table):
            raise MalformedError(f"words of {words.language}: not every {kind.__name__} has its word", at="/")
    return words


def condition_in_words(condition: Condition, words: Words) -> str:
    """A condition as part of a sentence."""
    match condition:
        case Comparison(operator, left, right):
            return words.say(operator.value, left=in_words(left, words), right=in_words(right, words))
        case AllOf(parts) | AnyOf(parts):
            inner = [condition_in_words(part, words) for part in parts]
            name, link = ("all", "and") if isinstance(condition, AllOf) else ("any", "or")
            return inner[0] if len(inner) == 1 else words.say(name, parts=_join(inner, link, words))
        case NotSo(part):
            return words.say("not", part=condition_in_words(part, words))


def in_words(quantity: Quantity, words: Words) -> str:
    """A quantity as part of a sentence."""
    match quantity:
        case Number(value):
            return words.number(value)
        case Named(total):
            return words.totals[total]
        case Scaled(factor, of):
            return words.say("share", share=words.share(factor), of=in_words(of, words))
        case Added(parts):
            return _join([in_words(part, words) for part in parts], "plus", words)
        case RegionCount(where, weighted, kind):
            regions = words.say("regions_of_class", **{"class": kind}) if kind else words.say("regions")
            if where is None:
                return words.say("all_weights" if weighted else "all_regions", regions=regions)
            inner = condition_in_words(where, words)
            return words.say("weights_where" if weighted else "regions_where", regions=regions, condition=inner)


def _join(parts: Iterable[str], link: str, words: Words) -> str:
    first, *rest = parts
    for part in rest:
        first = words.say(link, first=first, second=part)
    return first


def rule_in_words(rule: Rule, words: Words) -> list[str]:
    """A rule, a sentence a line."""
    opening = {"binding": "binds_if", "passes": "passes_if", "fails": "fails_if"}
    lines = [
        words.say(opening[name], condition=condition_in_words(condition, words))
        for name, condition in rule.conditions.items()
    ]
    closing = "else_fails" if rule.fails is None else "else_passes" if rule.passes is None else "else_nothing"
    lines.append(words.say(closing))
    if rule.valid:
        lines.append(words.say("valid_means", parts=_join((words.totals[part] for part in rule.valid), "plus", words)))
    if rule.tie is not None:
        lines.append(words.say("tie_is", result=words.results[rule.tie]))
    return lines


def term_in_words(term: Term, words: Words) -> str:
    """A term with its numbers."""
    left, right = term.comparison.left, term.comparison.right
    if term.numerator is None or term.bound is None:
        return words.say("no_numbers", condition=condition_in_words(term.comparison, words))
    numbers = {"left": in_words(left, words), "numerator": _between(term.numerator, words)}
    bound = _between(term.bound, words)
    if isinstance(right, Scaled) and term.denominator is not None:
        of, denominator = in_words(right.of, words), _between(term.denominator, words)
        share = words.share(right.factor)
        return words.say("against_share", **numbers, share=share, of=of, denominator=denominator, bound=bound)
    for side, value, other in ((right, term.bound, left), (left, term.numerator, right)):
        if isinstance(other, Number):
            number = words.number(other.value)
            return words.say("against_number", side=in_words(side, words), value=_between(value, words), number=number)
    return words.say("against", **numbers, right=in_words(right, words), bound=bound)


def _between(value: Interval, words: Words) -> str:
    if value.known:
        return words.number(value.low)
    return words.say("between", low=words.number(value.low), high=words.number(value.high))


def margin_in_words(term: Term, words: Words) -> str:
    """By how much a term is met or not; empty if that is not known.

    The margin moves one side alone. Where a vote more or fewer does just that, it is said in votes; where the other
    side would move as well, such as a share of the valid votes, it is said which side would have to stay.
    """
    if term.margin is None:
        return ""
    side = "over" if term.truth is Truth.TRUE else "short"
    margin = abs(term.margin)
    if not margin:
        return words.say(f"limit_{side}")
    if term.unit is not Unit.VOTES:
        return words.say(f"{side}_{_UNITS[term.unit]}", margin=words.number(margin))
    if is_moved_by_a_vote(term.comparison):
        return words.say(f"{side}_one_vote") if margin == 1 else words.say(f"{side}_votes", margin=words.number(margin))
    return _margin_of_a_side(term, margin, words)


_UNITS = {Unit.REGIONS: "regions", Unit.WEIGHT: "weight"}


def _margin_of_a_side(term: Term, margin: Fraction, words: Words) -> str:
    """The margin of the side that votes move; of the left one, if they move both or none."""
    left, right = term.comparison.left, term.comparison.right
    moves_left = bool(votes_in(linear(left))) or not votes_in(linear(right))
    moved, kept = (left, right) if moves_left else (right, left)
    lower = moves_left == (term.truth is Truth.TRUE)
    return words.say(
        "turns_lower" if lower else "turns_higher",
        moved=in_words(moved, words),
        margin=words.number(margin),
        kept=in_words(kept.of if isinstance(kept, Scaled) else kept, words),
    )


def fewest_in_words(fewest: Fewest, words: Words, *, outcome: bool = False) -> str:
    """How few votes could turn a term, or the outcome."""
    if isinstance(fewest, Reach):
        return words.say(f"outcome_{fewest}" if outcome else f"fewest_{fewest}")
    kind = "outcome_fewest" if outcome else "fewest"
    return words.say(f"{kind}_one") if fewest == 1 else words.say(kind, votes=words.number(Fraction(fewest)))


def outcome_in_words(outcome: Outcome, words: Words) -> list[str]:
    """What follows, and what stands against it."""
    lines = [words.results[outcome.result]]
    annulled, lost = outcome.figures.annulled, outcome.figures.undecryptable
    if annulled is not None:
        lines.append(words.say("annulled", body=annulled.body, reasons=annulled.reasons))
        lines.append(words.say("arithmetic", result=words.results[outcome.arithmetic]))
    if lost:
        lines.append(words.say("undecryptable", reason=lost))
    if outcome.breaks_tie and outcome.rule.tie is not None:
        lines.append(words.say("tie_is_not", result=words.results[outcome.rule.tie]))
    return lines
