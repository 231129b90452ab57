"""Where the vote on a log stands: what the entries with effect have established so far."""

from __future__ import annotations

from collections.abc import Callable

from psephos.board.note import VerifierKey
from psephos.ports import UnixSeconds
from psephos.protocol.group import Element
from psephos.protocol.tally import Tally
from psephos.record.acceptance import Setup
from psephos.record.board_entries import LogSource, StartAlone
from psephos.record.booth import Booth
from psephos.record.closing import ClosedBy
from psephos.record.counting import BallotCount
from psephos.record.derivation import Derived
from psephos.record.entries import Head
from psephos.record.opening import SignedCharter
from psephos.record.outcome import Decryptions
from psephos.record.phases import Phase
from psephos.record.regional import RegionalRecord
from psephos.record.succession import Succession
from psephos.record.without_quorum import WithoutQuorum

Commit = Callable[[], Derived | None]
"""Lets an entry that was judged have its effect."""


class Standing:
    """Where the vote stands.

    Attributes:
        size: How many entries were taken.
        phase: What the election is waiting for.
        head: Where the derived chain of events ends; its timestamp is that of the archive.
        signed: The charter in force; None if there is none. What follows is empty until its entry has had effect.
        closes_at: The closing time in force.
        closed_by: Whose word it is that it had come.
        setup: The election, the trustees.
        waiting_for: Parties that have not accepted the setup yet, and what else is missing before the opening.
        count: The ballots.
        tally: The encrypted sums.
        decryptions: The trustees' answers, and the result.
        regional: What belongs to regions; None before the setup, and where the charter counts none.
        named_definition: Fingerprint of the definition that the charter names; None where it names none.
        definition: Its bytes; None before it has had effect.
        addenda: To it, in their order: as bytes, since what they say is not judged here.
        addenda_phases: What the election was waiting for when each of them came.
        alone: Statements of the log that it went on without asking anybody.
        without_quorum: Statements of trustees that they decrypt without the observers' quorum, by party.
        log: Key of the log that these entries have to stand in; None before the charter.
        successions: How it came to be another than the charter's first.
        booths: What the organisers have published as the booth's files; the last one is in force.
        source: The log.
        parties: Who has to accept the setup, and the keys with which they sign.
        changes: How often the closing time was moved.
    """

    def __init__(self, source: LogSource) -> None:
        """Stand before entry 0 of a log."""
        self.source = source
        self.size = 0
        self.phase = Phase.EMPTY
        self.head = Head(None, 0, 0)
        self.signed: SignedCharter | None = None
        self.log: VerifierKey | None = None
        self.closes_at = UnixSeconds(0)
        self.changes = 0
        self.closed_by: ClosedBy | None = None
        self.setup: Setup | None = None
        self.parties: dict[str, Element] = {}
        self.waiting_for: set[str] = set()
        self.count: BallotCount | None = None
        self.tally: Tally | None = None
        self.decryptions: Decryptions | None = None
        self.regional: RegionalRecord | None = None
        self.named_definition: str | None = None
        self.definition: bytes | None = None
        self.addenda: list[bytes] = []
        self.addenda_phases: list[Phase] = []
        self.alone: list[StartAlone] = []
        self.without_quorum: dict[str, WithoutQuorum] = {}
        self.successions: list[Succession] = []
        self.booths: list[Booth] = []

    @property
    def is_open(self) -> bool:
        """Whether ballots have effect now."""
        return self.phase is Phase.OPEN and not self.waiting_for
