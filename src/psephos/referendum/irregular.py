"""Irregularities as observers report them: votes touched, compared with what it takes to turn each term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from psephos.errors import MismatchError
from psephos.protocol.encoding import Count, Wire
from psephos.referendum.handwritten import convert, read_handwritten
from psephos.referendum.judging import Term
from psephos.referendum.outcome import Outcome
from psephos.referendum.rule_file import Identifier
from psephos.referendum.truth import Truth
from psephos.referendum.turning import Fewest, Reach, Touched, fewest_for_term, first_unsettled, relaxed


class IrregularityMessage(Wire, frozen=True):
    """One irregularity: at most how many votes it touched, and in which region if that is known."""

    what: Identifier
    votes: Count
    region: str = ""
    basis: Annotated[str, msgspec.Meta(max_length=5000)] = ""


class IrregularitiesMessage(Wire, frozen=True):
    """Irregularities as a file gives them."""

    format: Literal["psephos/irregularities/1"]
    irregularities: Annotated[tuple[IrregularityMessage, ...], msgspec.Meta(max_length=100_000)]


class Change(StrEnum):
    """Whether so many votes could turn something."""

    CANNOT = "cannot"
    COULD = "could"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Assessment:
    """What irregularities could have changed.

    Attributes:
        touched: The votes.
        terms: By where a term stands in the rule.
        outcome: The outcome as a whole.
    """

    touched: Touched
    terms: Mapping[str, Change]
    outcome: Change


def read_irregularities(received: bytes, *, what: str) -> Touched:
    """Read a file of irregularities, TOML or JSON, and add up the votes.

    Raises:
        MalformedError: Another form.
    """
    message = convert(read_handwritten(received, what=what), IrregularitiesMessage, what=what)
    regions: dict[str, int] = {}
    anywhere = 0
    for irregularity in message.irregularities:
        if irregularity.region:
            regions[irregularity.region] = regions.get(irregularity.region, 0) + irregularity.votes
        else:
            anywhere += irregularity.votes
    return Touched(anywhere, regions)


def fewest_for_outcome(outcome: Outcome) -> Fewest:
    """The fewest votes that could change the outcome: no fewer can."""
    if not outcome.findings:
        return Reach.UNKNOWN
    if any(finding.truth is Truth.UNKNOWN for finding in outcome.findings.values()):
        return 0
    costs = {term.at: fewest_for_term(term, outcome.rule) for term in outcome.terms}
    return first_unsettled(costs, lambda turned: _settled(outcome, turned))


def assess(outcome: Outcome, touched: Touched) -> Assessment:
    """Whether irregularities could have changed the outcome, and which terms.

    Votes of which no region is known could lie in any.

    Raises:
        MismatchError: A region that the rule does not have.
    """
    known = {region.id for region in outcome.rule.regions} | set(outcome.figures.regions)
    for region in touched.regions:
        if region not in known:
            raise MismatchError(f"irregularities in a region {region!r} that the rule does not have", at=region)
    changes = {term.at: _change(term, outcome, touched) for term in outcome.terms}
    could = {at for at, change in changes.items() if change is Change.COULD}
    unknown = {at for at, change in changes.items() if change is Change.UNKNOWN}
    if not outcome.findings:
        whole = Change.UNKNOWN
    elif _settled(outcome, could) is Truth.UNKNOWN:
        whole = Change.COULD
    else:
        whole = Change.UNKNOWN if _settled(outcome, could | unknown) is Truth.UNKNOWN else Change.CANNOT
    return Assessment(touched, changes, whole)


def _change(term: Term, outcome: Outcome, touched: Touched) -> Change:
    if touched.total == 0 and term.truth is not Truth.UNKNOWN:
        return Change.CANNOT
    needed = fewest_for_term(term, outcome.rule, touched)
    if isinstance(needed, Reach):
        return Change.CANNOT if needed is Reach.NEVER else Change.UNKNOWN
    available = touched.anywhere if term.regions else touched.total
    return Change.COULD if needed <= available else Change.CANNOT


def _settled(outcome: Outcome, turned: set[str]) -> Truth:
    """Unknown as soon as a condition that the outcome hangs on could go either way."""
    truths = {name: relaxed(finding, turned) for name, finding in outcome.findings.items()}
    binding = truths.pop("binding", Truth.TRUE)
    if binding is Truth.FALSE:
        return Truth.TRUE
    return Truth.UNKNOWN if Truth.UNKNOWN in {binding, *truths.values()} else Truth.TRUE
