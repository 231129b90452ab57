"""Ready-made rules by name: each is only a condition of the grammar, written out.

Quorums and majorities name their denominator; nothing is assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from psephos.errors import MalformedError
from psephos.referendum.handwritten import read_fraction
from psephos.referendum.rule import (
    AllOf,
    Comparison,
    Condition,
    Named,
    NotSo,
    Number,
    Operator,
    RegionCount,
    Scaled,
    Total,
)

_MORE_YES = Comparison(Operator.GT, Named(Total.YES), Named(Total.NO))
_DENOMINATORS = tuple(
    total.value for total in (Total.VALID, Total.BALLOTS, Total.VOTERS, Total.REGISTERED, Total.ELIGIBLE)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a ready-made rule is told.

    Attributes:
        compare: Whether a share must be reached, or exceeded.
        share: Of what `of` names.
        of: The denominator.
        regions: How many regions; a constant.
        kind: Class of regions.
        weighted: Whether regions have weights.
    """

    compare: Operator = Operator.GE
    share: Fraction = Fraction(1, 2)
    of: Total = Total.VALID
    regions: Fraction = Fraction(1)
    kind: str = ""
    weighted: bool = False


@dataclass(frozen=True, slots=True)
class ReadyRule:
    """A rule by name.

    Attributes:
        name: As files give it.
        needs: Which parameters must be given.
        may: Which others may be.
        words: What it says.
        build: Its condition for passing.
    """

    name: str
    needs: tuple[str, ...]
    may: tuple[str, ...]
    words: str
    build: Callable[[Parameters], Condition]


def _share(given: Parameters) -> Scaled:
    return Scaled(given.share, Named(given.of))


def _turnout_quorum(given: Parameters) -> Condition:
    return AllOf((Comparison(given.compare, Named(Total.BALLOTS), _share(given)), _MORE_YES))


def _approval_quorum(given: Parameters) -> Condition:
    return AllOf((_MORE_YES, Comparison(given.compare, Named(Total.YES), _share(given))))


def _supermajority(given: Parameters) -> Condition:
    return Comparison(given.compare, Named(Total.YES), _share(given))


def _double_majority(given: Parameters) -> Condition:
    carried = RegionCount(_MORE_YES, given.weighted, given.kind)
    half = Scaled(Fraction(1, 2), RegionCount(None, given.weighted, given.kind))
    return AllOf((_MORE_YES, Comparison(Operator.GT, carried, half)))


def _regional_veto(given: Parameters) -> Condition:
    against = Comparison(given.compare, Named(Total.NO), _share(given))
    vetoing = RegionCount(against, given.weighted, given.kind)
    return AllOf((_MORE_YES, NotSo(Comparison(Operator.GE, vetoing, Number(given.regions)))))


READY = {
    rule.name: rule
    for rule in (
        ReadyRule("simple-majority", (), (), "more yes than no", lambda _: _MORE_YES),
        ReadyRule(
            "double-majority",
            (),
            ("class", "weight"),
            "more yes than no, in the country and in more than half of the regions",
            _double_majority,
        ),
        ReadyRule(
            "turnout-quorum",
            ("share", "of", "compare"),
            (),
            "ballots are at least, or more than, a share of those who may vote, and more yes than no",
            _turnout_quorum,
        ),
        ReadyRule(
            "approval-quorum",
            ("share", "of", "compare"),
            (),
            "more yes than no, and yes is at least, or more than, a share of those who may vote",
            _approval_quorum,
        ),
        ReadyRule(
            "supermajority",
            ("share", "of", "compare"),
            (),
            "yes is at least, or more than, a share of the votes",
            _supermajority,
        ),
        ReadyRule(
            "regional-veto",
            ("share", "of", "compare", "regions"),
            ("class", "weight"),
            "more yes than no, unless so many regions vote no by a share of the votes",
            _regional_veto,
        ),
    )
}


def read_ready(raw: Mapping[str, object], *, at: str) -> Condition:
    """The condition of a rule that is given by its name.

    Args:
        raw: `rule`, the name, and its parameters.
        at: Where, as a JSON pointer.

    Raises:
        MalformedError: No such rule, or other parameters than it has.
    """
    ready = READY.get(str(raw.get("rule")))
    if ready is None:
        raise MalformedError(f"no ready-made rule {raw.get('rule')!r}", at=f"{at}/rule", hint=", ".join(READY))
    given = set(raw) - {"rule"}
    if missing := [name for name in ready.needs if name not in given]:
        raise MalformedError(f"{ready.name} needs {' and '.join(missing)}", at=at)
    if unknown := sorted(given - {*ready.needs, *ready.may}):
        raise MalformedError(f"{ready.name} has no {unknown[0]}", at=f"{at}/{unknown[0]}")
    return ready.build(_parameters(raw, at=at))


def _parameters(raw: Mapping[str, object], *, at: str) -> Parameters:
    of, kind, weighted = raw.get("of", Total.VALID.value), raw.get("class", ""), raw.get("weight", False)
    if of not in _DENOMINATORS:
        raise MalformedError(f"{of!r} is not a denominator", at=f"{at}/of", hint=", ".join(_DENOMINATORS))
    if not isinstance(kind, str) or not isinstance(weighted, bool):
        raise MalformedError("weight is true or false, and class is a text", at=at)
    compare = raw.get("compare", Operator.GE.value)
    if compare not in set(Operator):
        raise MalformedError(f"{compare!r} compares nothing", at=f"{at}/compare", hint="gt: more than; ge: at least")
    share = read_fraction(raw.get("share", "1/2"), at=f"{at}/share")
    if share > 1:
        raise MalformedError(f"a share of {share} can never be reached", at=f"{at}/share")
    regions = read_fraction(raw.get("regions", "1"), at=f"{at}/regions")
    return Parameters(
        compare=Operator(str(compare)),
        share=share,
        of=Total(str(of)),
        regions=regions,
        kind=kind,
        weighted=weighted,
    )
