"""Figures: what was counted, in the country and in its regions. A set whose parts do not add up is refused.

A file gives what is known, and only that. A region's figures come in one of four forms:

    {"id": "Borders", "yes": 20746, "no": 30780}                     counts
    {"id": "Anbar", "share_of": "valid", "shares": {"no": "2424/2500"}}   only shares are known
    {"id": "ZH", "more": "yes"}                                      only which answer had more votes is known
    {"id": "X", "suppressed": true}                                  not published

Regions that were merged so that no small cell shows are one line with counts: {"id": "A and B", "of": ["A", "B"], …}.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Literal

import msgspec

from psephos.errors import MismatchError
from psephos.protocol.encoding import Count, Wire
from psephos.referendum.handwritten import convert, read_fraction, read_handwritten
from psephos.referendum.rule import Total
from psephos.referendum.rule_file import MOST_REGIONS, Identifier, Text

_CAST = (Total.YES, Total.NO, Total.BLANK, Total.INVALID)
_HINT = "compare with the source: a digit is wrong, or two editions are mixed"


class CountsMessage(Wire, frozen=True):
    """Totals; only those that are known."""

    yes: Count | None = None
    no: Count | None = None
    blank: Count | None = None
    invalid: Count | None = None
    valid: Count | None = None
    ballots: Count | None = None
    voters: Count | None = None
    registered: Count | None = None
    eligible: Count | None = None


class RegionMessage(CountsMessage, frozen=True):
    """A region's figures, in one of the four forms; or those of several regions together."""

    id: Identifier = ""
    of: tuple[Identifier, ...] = ()
    share_of: Literal["valid", "ballots"] | None = None
    shares: dict[Literal["yes", "no", "blank", "invalid"], str] | None = None
    more: Literal["yes", "no", "neither"] | None = None
    suppressed: bool = False


class AnnulledMessage(Wire, frozen=True):
    """That the vote was annulled."""

    body: Identifier
    reasons: Text


class FiguresMessage(Wire, frozen=True):
    """Figures as a file gives them."""

    format: Literal["psephos/figures/1"]
    totals: CountsMessage = CountsMessage()
    source: Text = ""
    complete: bool = True
    regions: Annotated[tuple[RegionMessage, ...], msgspec.Meta(max_length=MOST_REGIONS)] = ()
    annulled: AnnulledMessage | None = None
    undecryptable: Text = ""


class Known(StrEnum):
    """What is known of a region."""

    COUNTS = "counts"
    SHARES = "shares"
    ORDER = "order"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Counted:
    """Figures of the country or of a region.

    Attributes:
        totals: Whole numbers, or shares, by what is counted.
        known: In which form they are known.
    """

    totals: Mapping[Total, Fraction]
    known: Known = Known.COUNTS


@dataclass(frozen=True, slots=True)
class Annulment:
    """That a body declared the vote void.

    Attributes:
        body: Who decided.
        reasons: Why, in its words.
    """

    body: str
    reasons: str


@dataclass(frozen=True)
class Figures:
    """What was counted.

    Attributes:
        nation: The national figures.
        regions: By region.
        source: Where the figures come from.
        annulled: By whom and why; None if the vote stands.
        undecryptable: Why the votes cannot be counted; empty if they were.
    """

    nation: Counted
    regions: Mapping[str, Counted] = field(default_factory=dict)
    source: str = ""
    annulled: Annulment | None = None
    undecryptable: str = ""


def read_figures(received: bytes, *, what: str = "figures") -> Figures:
    """Read figures from a file, TOML or JSON.

    Raises:
        MalformedError: Another form.
        MismatchError: They do not add up; says which sum.
    """
    return figures_from(convert(read_handwritten(received, what=what), FiguresMessage, what=what))


def figures_from(message: FiguresMessage, *, at: str = "") -> Figures:
    """Figures from a message.

    Raises:
        MalformedError: A share is not a fraction.
        MismatchError: They do not add up, or a region has two forms; says where.
    """
    pieces: dict[str, Counted] = {}
    hidden: dict[str, Counted] = {}
    for place, region in enumerate(message.regions):
        where = f"{at}/regions/{place}"
        pieces[_new_name(region.id, {*pieces, *hidden}, at=where)] = _read_region(region, at=where)
        for member in region.of:
            hidden[_new_name(member, {*pieces, *hidden}, at=f"{where}/of")] = Counted({}, Known.NOTHING)
    nation = _counts(message.totals)
    _check_sums(nation, at=f"{at}/totals")
    _check_people(nation, at=f"{at}/totals")
    check_regions(nation, pieces, complete=message.complete, at=f"{at}/regions")
    merged = {region.id for region in message.regions if region.of}
    regions = {name: piece for name, piece in pieces.items() if name not in merged}
    annulled = message.annulled
    return Figures(
        nation=Counted(nation),
        regions={**regions, **hidden},
        source=message.source,
        annulled=None if annulled is None else Annulment(annulled.body, annulled.reasons),
        undecryptable=message.undecryptable,
    )


def _new_name(name: str, known: set[str], *, at: str) -> str:
    if name in {"", *known}:
        raise MismatchError(f"region {name!r} is given twice, or has no name", at=at)
    return name


def _counts(message: CountsMessage) -> dict[Total, Fraction]:
    found = {total: getattr(message, total.value) for total in Total}
    return {total: Fraction(count) for total, count in found.items() if count is not None}


def _read_region(message: RegionMessage, *, at: str) -> Counted:
    counts = _counts(message)
    forms = [bool(counts), message.shares is not None, message.more is not None, message.suppressed]
    if sum(forms) != 1 or (message.of and not counts) or (message.share_of is None) != (message.shares is None):
        raise MismatchError("counts, or shares and what they are of, or more, or suppressed: one of these", at=at)
    if message.more is not None:
        order = {Total.YES: Fraction(message.more == "yes"), Total.NO: Fraction(message.more == "no")}
        return Counted(order, Known.ORDER)
    if message.shares is not None:
        shares = {Total(name): read_fraction(text, at=f"{at}/shares/{name}") for name, text in message.shares.items()}
        whole = sum(shares.values(), Fraction(0))
        if whole > 1:
            raise MismatchError(f"the shares add up to {whole}, more than the whole", at=f"{at}/shares", hint=_HINT)
        return Counted({**shares, Total(str(message.share_of)): Fraction(1)}, Known.SHARES)
    if message.suppressed:
        return Counted({}, Known.NOTHING)
    _check_sums(counts, at=at)
    return Counted(counts)


def _check_sums(totals: Mapping[Total, Fraction], *, at: str) -> None:
    """The parts of the ballots are the ballots.

    Where blank is not given, it is taken to be among the invalid ones.
    """
    parts = [total for total in _CAST if total in totals]
    added = sum((totals[part] for part in parts), Fraction(0))
    words = " + ".join(part.value for part in parts)
    ballots = totals.get(Total.BALLOTS)
    if ballots is not None:
        whole = {Total.YES, Total.NO, Total.INVALID} <= set(parts)
        if (whole and added != ballots) or added > ballots:
            raise MismatchError(
                f"{words} = {added}, and ballots = {ballots}: they do not add up", at=f"{at}/ballots", hint=_HINT
            )
    valid = totals.get(Total.VALID)
    if valid is not None:
        smallest = totals.get(Total.YES, Fraction(0)) + totals.get(Total.NO, Fraction(0))
        if not smallest <= valid or (ballots is not None and valid > ballots):
            raise MismatchError(
                f"yes + no = {smallest}, valid = {valid}, ballots = {'unknown' if ballots is None else ballots}: "
                "they are not in this order",
                at=f"{at}/valid",
                hint=_HINT,
            )
    voters = totals.get(Total.VOTERS)
    if voters is not None and max(ballots or Fraction(0), added) > voters:
        raise MismatchError(
            f"voters = {voters}, and there are {max(ballots or Fraction(0), added)} ballots",
            at=f"{at}/voters",
            hint=_HINT,
        )


def _check_people(totals: Mapping[Total, Fraction], *, at: str) -> None:
    """Nobody votes who may not: in the country; a region's voters may have moved since the roll was made."""
    cast = max((totals[total] for total in (Total.BALLOTS, Total.VOTERS, Total.VALID) if total in totals), default=None)
    if cast is None:
        cast = sum((totals.get(part, Fraction(0)) for part in _CAST), Fraction(0))
    for people in (Total.REGISTERED, Total.ELIGIBLE):
        if people in totals and totals[people] < cast:
            raise MismatchError(
                f"{cast} have voted, and {people.value} = {totals[people]}: more than there are",
                at=f"{at}/{people.value}",
                hint=_HINT,
            )


def check_regions(nation: Mapping[Total, Fraction], regions: Mapping[str, Counted], *, complete: bool, at: str) -> None:
    """What regions have is what the country has; no more than that, where some figures are missing.

    Args:
        nation: The country's totals.
        regions: The regions, each vote in one of them.
        complete: Whether they are the whole country.
        at: Where the regions stand.

    Raises:
        MismatchError: A sum is another one; says which.
    """
    for total in Total:
        if total not in nation:
            continue
        given = [region.totals[total] for region in _counted(regions) if total in region.totals]
        added = sum(given, Fraction(0))
        whole = complete and bool(regions) and len(given) == len(regions)
        if (whole and added != nation[total]) or added > nation[total]:
            raise MismatchError(
                f"{total.value} of the regions adds up to {added}, and in the country it is {nation[total]}",
                at=f"{at}, {total.value}",
                hint=_HINT + "; if the regions are not the whole country, say complete = false",
            )


def _counted(regions: Mapping[str, Counted]) -> Iterator[Counted]:
    return (region for region in regions.values() if region.known is Known.COUNTS)
