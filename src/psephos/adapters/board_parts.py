"""What a board's service is made of, and what its operator may choose."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from psephos.adapters.ballot_box import Answers, BallotBox, Doors
from psephos.adapters.buckets import Buckets
from psephos.adapters.confirmation import Confirmation
from psephos.adapters.cosigning import Cosigning
from psephos.adapters.running_record import RunningRecord
from psephos.board.log import Log
from psephos.board.pool import Settings


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """What an operator may choose.

    Attributes:
        interval: Seconds between batches.
        gather: Seconds in which ballots gather before they are checked.
        refresh: Seconds after which an idle log's checkpoint is cosigned again.
        buckets: Seconds between two writings of the look-up buckets.
        start_alone: Go on although nobody confirms the head.
        log: The log's own.
    """

    interval: float = 0.5
    gather: float = 0.004
    refresh: float = 60.0
    buckets: float = 3.0
    start_alone: bool = False
    log: Settings = field(default_factory=lambda: Settings(waits_for_quorum=True))


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service is made of; see the modules of each."""

    log: Log
    record: RunningRecord
    answers: Answers
    doors: Doors
    box: BallotBox
    buckets: Buckets
    cosigning: Cosigning
    confirmation: Confirmation


@dataclass(frozen=True, slots=True)
class Job:
    """An entry, of another kind than ballots, that somebody hands in.

    Attributes:
        entry: Its bytes.
        blobs: The objects that came with it; None if it is only to be looked at.
        answer: Its receipt; of one that is only looked at, None if it would have effect with the right objects.
    """

    entry: bytes
    blobs: dict[str, bytes] | None
    answer: Future[Any]
