"""Whether a rule rewards staying at home, shown on the organiser's own numbers.

A turnout quorum is a comparison that one No more can help to hold. Then there are figures under which a proposal fails,
and passes with one No more: whoever is against it does best not to vote, and voting at all shows how one votes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from psephos.errors import MismatchError
from psephos.referendum.figures import Counted, Figures
from psephos.referendum.linear import difference, effects
from psephos.referendum.outcome import decide
from psephos.referendum.rule import AllOf, AnyOf, Comparison, Condition, NotSo, Total
from psephos.referendum.rule_file import Result, Rule

_STEPS = 20


@dataclass(frozen=True, slots=True)
class Quorums:
    """Which terms of a rule are quorums.

    Attributes:
        turnout: One No more can help these to hold.
        approval: Only Yes helps these, and they are a share of those who may vote.
    """

    turnout: tuple[Comparison, ...]
    approval: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Paradox:
    """Figures under which one No more lets the proposal pass."""

    registered: int
    yes: int
    no: int
    result: Result


def quorums(rule: Rule) -> Quorums:
    """The quorums of a rule, those of single regions included."""
    turnout, approval = [], []
    for comparison, forward in _helping(rule):
        form = difference(comparison)
        moves = effects(form, rule.valid)
        sign = 1 if forward else -1
        people = {Total.REGISTERED, Total.ELIGIBLE} & set(form.totals)
        if moves[Total.NO] * sign > 0:
            turnout.append(comparison)
        elif people and moves[Total.YES] * sign > 0:
            approval.append(comparison)
    return Quorums(tuple(turnout), tuple(approval))


def _helping(rule: Rule) -> Iterator[tuple[Comparison, bool]]:
    """Every comparison, and whether the proposal profits if it holds."""
    for name, condition in rule.conditions.items():
        yield from _inside(condition, forward=name != "fails")


def _inside(condition: Condition, *, forward: bool) -> Iterator[tuple[Comparison, bool]]:
    match condition:
        case Comparison():
            yield condition, forward
            for factor, count in difference(condition).regions:
                if count.where is not None:
                    yield from _inside(count.where, forward=forward == (factor > 0))
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _inside(part, forward=forward)
        case NotSo(part):
            yield from _inside(part, forward=not forward)


def vote(rule: Rule, *, yes: int, no: int, registered: int, eligible: int) -> Result:
    """What would follow if so many voted, and nobody blank or invalid; unknown where it hangs on regions."""
    totals = {
        Total.YES: yes,
        Total.NO: no,
        Total.BLANK: 0,
        Total.INVALID: 0,
        Total.BALLOTS: yes + no,
        Total.VOTERS: yes + no,
        Total.REGISTERED: registered,
        Total.ELIGIBLE: eligible,
    }
    counted = Counted({total: Fraction(count) for total, count in totals.items()})
    try:
        return decide(rule, Figures(counted)).result
    except MismatchError:
        return Result.UNKNOWN


def find_paradox(rule: Rule, *, registered: int, eligible: int) -> Paradox | None:
    """Figures that show the paradox, among an electorate of this size; None if none was found."""
    for step in range(1, _STEPS):
        yes = registered * step // _STEPS
        low, high = 0, min(max(yes - 1, 0), registered - yes)
        before = vote(rule, yes=yes, no=low, registered=registered, eligible=eligible)
        passing = vote(rule, yes=yes, no=high, registered=registered, eligible=eligible)
        if before is Result.PASSES or passing is not Result.PASSES:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            passes = vote(rule, yes=yes, no=middle, registered=registered, eligible=eligible) is Result.PASSES
            low, high = (low, middle) if passes else (middle, high)
        after = vote(rule, yes=yes, no=low, registered=registered, eligible=eligible)
        return Paradox(registered, yes, low, after)
    return None


@dataclass(frozen=True, slots=True)
class Ties:
    """What follows from as many yes as no, at the turnouts that are tried.

    Attributes:
        decisive: Where it hangs on the tie: where one vote, from one side to the other, would make another result.
        all: At all of them.
    """

    decisive: frozenset[Result]
    all: frozenset[Result]

    def contradict(self, tie: Result) -> frozenset[Result]:
        """What follows and is not what a rule's maker says of a tie; where no tie is decisive, what is never said."""
        if self.decisive:
            return self.decisive - {tie}
        return frozenset() if tie in self.all else self.all


def ties(rule: Rule, *, registered: int, eligible: int) -> Ties:
    """What follows from as many yes as no, at every turnout that is tried."""

    def at(yes: int, no: int) -> Result:
        return vote(rule, yes=yes, no=no, registered=registered, eligible=eligible)

    decisive, found = set(), set()
    for half in {registered * step // (2 * _STEPS) for step in range(1, _STEPS + 1)} - {0}:
        tied = at(half, half)
        found.add(tied)
        at_a_quorum = at(half + 1, half + 1) is not tied
        if not at_a_quorum and at(half + 1, half - 1) is not at(half - 1, half + 1):
            decisive.add(tied)
    unknown = {Result.UNKNOWN}
    return Ties(frozenset(decisive - unknown), frozenset(found - unknown))
