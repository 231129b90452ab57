"""A whole rule: its conditions, what `valid` means, the regions, and the statute that it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec

from psephos.errors import MalformedError
from psephos.protocol.encoding import Wire
from psephos.referendum.handwritten import convert, read_fraction, read_handwritten, write_fraction
from psephos.referendum.ready import read_ready
from psephos.referendum.rule import (
    Condition,
    Direction,
    Named,
    RegionCount,
    Total,
    quantities,
    read_condition,
    write_condition,
)

MOST_REGIONS = 500
PARTS_OF_VALID = (Total.YES, Total.NO, Total.BLANK, Total.INVALID)

Text = Annotated[str, msgspec.Meta(max_length=5000)]
Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Result(StrEnum):
    """What follows."""

    PASSES = "passes"
    FAILS = "fails"
    INCONCLUSIVE = "inconclusive"
    UNKNOWN = "unknown"
    VOID = "void"


class RegionMessage(Wire, frozen=True):
    """A region as a file gives it."""

    id: Identifier
    weight: str = "1"
    kind: Annotated[str, msgspec.Meta(max_length=200)] = msgspec.field(name="class", default="")


class RuleMessage(Wire, frozen=True):
    """A rule as a file gives it; conditions are read apart."""

    format: Literal["psephos/rule/1"]
    name: Identifier
    statute: Text = ""
    valid: tuple[Literal["yes", "no", "blank", "invalid"], ...] = ()
    tie: Literal["passes", "fails", "inconclusive"] | None = None
    ready: dict[str, Any] | None = None
    binding: dict[str, Any] | None = None
    passes: dict[str, Any] | None = None
    fails: dict[str, Any] | None = None
    regions: Annotated[tuple[RegionMessage, ...], msgspec.Meta(max_length=MOST_REGIONS)] = ()
    weights_add_up_to: str | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A region of a rule.

    Attributes:
        id: As figures name it.
        weight: What it counts where weights are added up.
        kind: Its class; regions outside the class of a condition count nationally only.
    """

    id: str
    weight: Fraction
    kind: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        name: What it is called.
        statute: Where it comes from, in words.
        valid: Whose sum `valid` is; empty where the rule does not name it.
        tie: What the rule's maker says follows from as many yes as no; None if that is not said.
        binding: Without it, nothing follows; None if the vote always binds.
        passes: When the proposal passes; None if the rule only says when it fails.
        fails: When it fails; None if it fails whenever it does not pass.
        regions: In the rule's order.
    """

    name: str
    statute: str
    valid: tuple[Total, ...]
    tie: Result | None
    binding: Condition | None
    passes: Condition | None
    fails: Condition | None
    regions: tuple[Region, ...]

    @property
    def direction(self) -> Direction:
        """What the rule's conditions decide."""
        if self.fails is None:
            return Direction.APPROVAL
        return Direction.REJECTION if self.passes is None else Direction.TWO_SIDED

    @property
    def conditions(self) -> dict[str, Condition]:
        """Its conditions by their names, in the order in which they are judged."""
        named = (("binding", self.binding), ("passes", self.passes), ("fails", self.fails))
        return {name: condition for name, condition in named if condition is not None}

    def of_class(self, kind: str) -> tuple[Region, ...]:
        """The regions of a class; all if it is empty."""
        return tuple(region for region in self.regions if kind in {"", region.kind})

    @property
    def totals(self) -> frozenset[Total]:
        """The national totals that the rule names."""
        return frozenset(
            part.total
            for condition in self.conditions.values()
            for part in quantities(condition, of_regions=False)
            if isinstance(part, Named)
        )


def read_rule(received: bytes, *, what: str = "rule") -> Rule:
    """Read a rule from a file, TOML or JSON.

    Raises:
        MalformedError: Not a rule of the grammar, or its parts do not fit each other; says where.
    """
    return rule_from(convert(read_handwritten(received, what=what), RuleMessage, what=what))


def rule_from(message: RuleMessage, *, at: str = "") -> Rule:
    """A rule from a message.

    Args:
        message: As it was read.
        at: Where it stands, as a JSON pointer.

    Raises:
        MalformedError: Its parts do not fit each other.
    """
    regions = _read_regions(message, at=at)
    conditions = {
        name: read_condition(raw, at=f"{at}/{name}")
        for name, raw in (("binding", message.binding), ("passes", message.passes), ("fails", message.fails))
        if raw is not None
    }
    if message.ready is not None:
        if "passes" in conditions or "fails" in conditions:
            raise MalformedError("a rule is ready-made or written out, not both", at=f"{at}/ready")
        conditions["passes"] = read_ready(message.ready, at=f"{at}/ready")
    if not conditions.keys() & {"passes", "fails"}:
        raise MalformedError("a rule says when the proposal passes, or when it fails", at=at)
    for name, condition in conditions.items():
        _check_names(condition, message, regions, at=f"{at}/{name}")
    if len(set(message.valid)) != len(message.valid):
        raise MalformedError("a part of valid is named twice", at=f"{at}/valid")
    return Rule(
        name=message.name,
        statute=message.statute,
        valid=tuple(part for part in PARTS_OF_VALID if part in message.valid),
        tie=None if message.tie is None else Result(message.tie),
        binding=conditions.get("binding"),
        passes=conditions.get("passes"),
        fails=conditions.get("fails"),
        regions=regions,
    )


def _read_regions(message: RuleMessage, *, at: str) -> tuple[Region, ...]:
    regions = tuple(
        Region(region.id, read_fraction(region.weight, at=f"{at}/regions/{place}/weight"), region.kind)
        for place, region in enumerate(message.regions)
    )
    names = [region.id for region in regions]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise MalformedError(f"two regions are called {name!r}", at=f"{at}/regions/{place}/id")
    total = sum((region.weight for region in regions), Fraction(0))
    if message.weights_add_up_to is not None:
        declared = read_fraction(message.weights_add_up_to, at=f"{at}/weights_add_up_to")
        if declared != total:
            raise MalformedError(
                f"the regions' weights add up to {total}, not to {declared}", at=f"{at}/weights_add_up_to"
            )
    return regions


def _check_names(condition: Condition, message: RuleMessage, regions: tuple[Region, ...], *, at: str) -> None:
    """What a condition names must be there."""
    for part in quantities(condition):
        if part == Named(Total.VALID) and not message.valid:
            raise MalformedError(
                "the rule names valid and does not say whose sum that is",
                at=at,
                hint='add valid = ["yes", "no"], and "blank" or "invalid" if the law counts them',
            )
        if isinstance(part, RegionCount) and not any(part.kind in {"", region.kind} for region in regions):
            raise MalformedError(f"the rule has no regions of class {part.kind!r}", at=at)


def write_rule(rule: Rule) -> dict[str, Any]:
    """A rule as data, written out: reading it gives the same rule."""
    written: dict[str, Any] = {"format": "psephos/rule/1", "name": rule.name}
    if rule.statute:
        written["statute"] = rule.statute
    if rule.valid:
        written["valid"] = [part.value for part in rule.valid]
    if rule.tie is not None:
        written["tie"] = rule.tie.value
    for name, condition in rule.conditions.items():
        written[name] = write_condition(condition)
    if rule.regions:
        written["regions"] = [_write_region(region) for region in rule.regions]
    return written


def _write_region(region: Region) -> dict[str, str]:
    written = {"id": region.id, "weight": write_fraction(region.weight)}
    return {**written, "class": region.kind} if region.kind else written
