"""How far a result is: from voting to final. Only the record says so; the clock of whoever makes the pages does not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from psephos.ports import UnixSeconds
from psephos.record.phases import Phase
from psephos.referendum.moments import seconds
from psephos.result.facts import Facts, Verified


class Stage(StrEnum):
    """How far a result is."""

    VOTING = "voting"
    COUNTING = "counting"
    UNSIGNED = "unsigned"
    COUNTED = "counted"
    PROVISIONAL = "provisional"
    FINAL = "final"
    VOID = "void"
    LOST = "lost"


@dataclass(frozen=True)
class Standing:
    """How far a result is, and until when that may change.

    Attributes:
        stage: How far.
        contested_until: Until when the result can be contested, as the definition says.
        decided_by: When every appeal is decided, likewise.
    """

    stage: Stage
    contested_until: UnixSeconds | None = None
    decided_by: UnixSeconds | None = None


def standing(facts: Facts) -> Standing:
    """How far a result is.

    *Final* needs two things: the observers' quorum has countersigned the tree that the result stands in, and it did so
    after the day on which, as the definition says, every appeal is decided; an annulment would be in that tree.
    """
    until, decided = _calendar(facts)
    stage = _unfinished(facts)
    if stage is not None:
        return Standing(stage, until, decided)
    if decided is None:
        return Standing(Stage.COUNTED)
    late = facts.signed_at is not None and facts.signed_at >= decided
    return Standing(Stage.FINAL if late else Stage.PROVISIONAL, until, decided)


def _unfinished(facts: Facts) -> Stage | None:
    """What keeps a result from being one that observers have countersigned; None if nothing does."""
    verified = facts.verified
    if verified.annulled or verified.lost:
        return Stage.VOID if verified.annulled else Stage.LOST
    if verified.report.result is None:
        return Stage.VOTING if verified.report.phase in {Phase.EMPTY, Phase.OPEN} else Stage.COUNTING
    if _regions_missing(verified):
        return Stage.COUNTING
    return Stage.UNSIGNED if verified.board is None or facts.unsigned else None


def _regions_missing(verified: Verified) -> bool:
    """Whether the country's result is there, and the board does not have that of its regions yet."""
    report = verified.report
    counted = verified.board is not None and verified.read is not None and verified.read.regions is not None
    if not counted or report.result is None or report.ok("V23"):
        return False
    return not report.ok("V21") or report.results["V21"].examined > 0


def _calendar(facts: Facts) -> tuple[UnixSeconds | None, UnixSeconds | None]:
    definition = facts.verified.definition
    if definition is None:
        return None, None
    calendar = definition.calendar
    found = [
        None if moment is None else seconds(moment, at=f"/calendar/{name}")
        for name, moment in (
            ("appeals_close_at", calendar.appeals_close_at),
            ("appeals_decided_at", calendar.appeals_decided_at),
        )
    ]
    return found[0], found[1]
