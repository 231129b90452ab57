"""How far a result is: from voting to final. Only the record says so; the clock of whoever makes the pages does not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from psephos.ports import UnixSeconds
from psephos.record.phases import Phase
from psephos.referendum.moments import seconds
from psephos.result.facts import Facts


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
    verified = facts.verified
    until, decided = _calendar(facts)
    if verified.annulled:
        return Standing(Stage.VOID, until, decided)
    if verified.lost:
        return Standing(Stage.LOST, until, decided)
    if verified.report.result is None:
        open_ = verified.report.phase in {Phase.EMPTY, Phase.OPEN}
        return Standing(Stage.VOTING if open_ else Stage.COUNTING, until, decided)
    if verified.board is None or facts.unsigned:
        return Standing(Stage.UNSIGNED, until, decided)
    if decided is None:
        return Standing(Stage.COUNTED)
    late = facts.signed_at is not None and facts.signed_at >= decided
    return Standing(Stage.FINAL if late else Stage.PROVISIONAL, until, decided)


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
