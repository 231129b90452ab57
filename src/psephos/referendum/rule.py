"""The outcome rule: a small closed grammar, as data (design D7).

    condition   {"all": [condition, …]} | {"any": [condition, …]} | {"not": condition}
                {"gt": [quantity, quantity]}     more than
                {"ge": [quantity, quantity]}     at least
    quantity    "yes" | "no" | "blank" | "invalid" | "valid" | "ballots" | "voters" | "registered" | "eligible"
                "2/5"                            an exact fraction
                {"mul": ["2/5", quantity]}       a fraction of something that is named
                {"add": [quantity, …]}
                {"regions": {"where": condition, "weight": true, "class": "canton"}}
                                                 how many regions, or their weights added up; "where" is about each
                                                 region's own figures; without it, all regions of the class

Every quantity is linear in the votes, so that every condition has a margin. What `valid` means is part of the rule.
A rule says when the proposal `passes`, or when it `fails`, or both; and it may say when the vote is `binding` at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from psephos.errors import MalformedError
from psephos.referendum.handwritten import read_fraction, write_fraction

DEEPEST = 12
LARGEST = 500


class Total(StrEnum):
    """What is counted, nationally or in a region."""

    YES = "yes"
    NO = "no"
    BLANK = "blank"
    INVALID = "invalid"
    VALID = "valid"
    BALLOTS = "ballots"
    VOTERS = "voters"
    REGISTERED = "registered"
    ELIGIBLE = "eligible"


class Operator(StrEnum):
    """How two quantities are compared; the two are never the same."""

    GT = "gt"
    GE = "ge"


class Direction(StrEnum):
    """What the rule's condition decides."""

    APPROVAL = "approval"
    REJECTION = "rejection"
    TWO_SIDED = "two-sided"


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Named:
    """A total by its name."""

    total: Total


@dataclass(frozen=True, slots=True)
class Scaled:
    """A fraction of a quantity."""

    factor: Fraction
    of: Quantity


@dataclass(frozen=True, slots=True)
class Added:
    """Quantities added up."""

    parts: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True)
class RegionCount:
    """Regions counted, or their weights added up.

    Attributes:
        where: About each region's own figures; None counts them all.
        weighted: Whether weights are added up.
        kind: Only regions of this class; all if empty.
    """

    where: Condition | None
    weighted: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether the left is more than, or at least, the right."""

    operator: Operator
    left: Quantity
    right: Quantity


@dataclass(frozen=True, slots=True)
class AllOf:
    """Whether every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Whether at least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NotSo:
    """Whether the part does not hold."""

    part: Condition


Quantity = Number | Named | Scaled | Added | RegionCount
Condition = Comparison | AllOf | AnyOf | NotSo


class _Reader:
    """Reads one condition; counts what it has read, so that nobody makes us read for hours."""

    def __init__(self) -> None:
        self.left = LARGEST

    def condition(self, raw: object, at: str, *, depth: int = DEEPEST, region: bool = False) -> Condition:
        name, value = self._only(raw, at, depth=depth)
        at = f"{at}/{name}"
        match name:
            case "all" | "any":
                parts = tuple(
                    self.condition(part, f"{at}/{place}", depth=depth - 1, region=region)
                    for place, part in enumerate(self._list(value, at))
                )
                return AllOf(parts) if name == "all" else AnyOf(parts)
            case "not":
                return NotSo(self.condition(value, at, depth=depth - 1, region=region))
            case "gt" | "ge":
                both = self._list(value, at, exactly=2)
                left, right = (
                    self.quantity(one, f"{at}/{place}", depth=depth - 1, region=region)
                    for place, one in enumerate(both)
                )
                return Comparison(Operator(name), left, right)
        raise MalformedError(f"{name!r} is not a condition", at=at, hint="one of all, any, not, gt, ge")

    def quantity(self, raw: object, at: str, *, depth: int, region: bool) -> Quantity:
        if isinstance(raw, str):
            return Named(Total(raw)) if raw in set(Total) else Number(read_fraction(raw, at=at))
        name, value = self._only(raw, at, depth=depth)
        at = f"{at}/{name}"
        match name:
            case "mul":
                factor, of = self._list(value, at, exactly=2)
                return Scaled(
                    read_fraction(factor, at=f"{at}/0"), self.quantity(of, f"{at}/1", depth=depth - 1, region=region)
                )
            case "add":
                return Added(
                    tuple(
                        self.quantity(part, f"{at}/{place}", depth=depth - 1, region=region)
                        for place, part in enumerate(self._list(value, at))
                    )
                )
            case "regions" if not region:
                return self._regions(value, at, depth=depth)
            case "regions":
                raise MalformedError("regions inside regions are not counted", at=at)
        raise MalformedError(f"{name!r} is not a quantity", at=at, hint="a total's name, a fraction, mul, add, regions")

    def _regions(self, raw: object, at: str, *, depth: int) -> RegionCount:
        if not isinstance(raw, dict) or set(raw) - {"where", "weight", "class"}:
            raise MalformedError("regions are chosen by where, weight and class", at=at)
        where = raw.get("where")
        kind, weighted = raw.get("class", ""), raw.get("weight", False)
        if not isinstance(kind, str) or not isinstance(weighted, bool):
            raise MalformedError("weight is true or false, and class is a text", at=at)
        condition = None if where is None else self.condition(where, f"{at}/where", depth=depth - 1, region=True)
        return RegionCount(condition, weighted, kind)

    def _only(self, raw: object, at: str, *, depth: int) -> tuple[str, Any]:
        self.left -= 1
        if depth <= 0 or self.left < 0:
            raise MalformedError(f"a rule has at most {LARGEST} parts, {DEEPEST} inside each other", at=at)
        if not isinstance(raw, dict) or len(raw) != 1:
            shown = sorted(map(str, raw)) if isinstance(raw, dict) else type(raw).__name__
            raise MalformedError(f"one operation is expected here, and {shown} is no such thing", at=at)
        return next(iter(raw.items()))

    def _list(self, raw: object, at: str, *, exactly: int = 0) -> list[Any]:
        if not isinstance(raw, list) or not raw or (exactly and len(raw) != exactly):
            raise MalformedError(f"a list of {exactly or 'at least one'} is expected here", at=at)
        return raw


def read_condition(raw: object, *, at: str) -> Condition:
    """Read a condition of the grammar.

    Args:
        raw: As it stands in JSON or TOML.
        at: Where, as a JSON pointer.

    Raises:
        MalformedError: Anything that is not in the grammar; says where.
    """
    return _Reader().condition(raw, at)


def write_condition(condition: Condition) -> dict[str, Any]:
    """A condition as data: reading it gives the same one."""
    match condition:
        case Comparison(operator, left, right):
            return {operator.value: [write_quantity(left), write_quantity(right)]}
        case AllOf(parts):
            return {"all": [write_condition(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [write_condition(part) for part in parts]}
        case NotSo(part):
            return {"not": write_condition(part)}


def write_quantity(quantity: Quantity) -> str | dict[str, Any]:
    """A quantity as data: reading it gives the same one."""
    match quantity:
        case Number(value):
            return write_fraction(value)
        case Named(total):
            return total.value
        case Scaled(factor, of):
            return {"mul": [write_fraction(factor), write_quantity(of)]}
        case Added(parts):
            return {"add": [write_quantity(part) for part in parts]}
        case RegionCount(where, weighted, kind):
            chosen: dict[str, Any] = {} if where is None else {"where": write_condition(where)}
            if weighted:
                chosen["weight"] = True
            if kind:
                chosen["class"] = kind
            return {"regions": chosen}


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Every comparison of a condition, those about regions' own figures not included."""
    match condition:
        case Comparison():
            yield condition
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from comparisons(part)
        case NotSo(part):
            yield from comparisons(part)


def quantities(condition: Condition, *, of_regions: bool = True) -> Iterator[Quantity]:
    """Every quantity of a condition, with what it is made of.

    Args:
        condition: Where to look.
        of_regions: Whether also in what is asked of single regions.
    """
    for comparison in comparisons(condition):
        for side in (comparison.left, comparison.right):
            yield from _inside(side, of_regions=of_regions)


def _inside(quantity: Quantity, *, of_regions: bool) -> Iterator[Quantity]:
    yield quantity
    match quantity:
        case Scaled(_, of):
            yield from _inside(of, of_regions=of_regions)
        case Added(parts):
            for part in parts:
                yield from _inside(part, of_regions=of_regions)
        case RegionCount(where, _, _) if where is not None and of_regions:
            yield from quantities(where)
        case _:
            pass
