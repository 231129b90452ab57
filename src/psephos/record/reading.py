"""A record read off a board, by somebody who knows which charter she wants and believes nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.client import Fetcher
from psephos.board.policy import Observed, Policy, verify_quorum
from psephos.errors import MismatchError
from psephos.record.acceptance import compare_fingerprint
from psephos.record.board_entries import LogSource
from psephos.record.charter import Charter, fingerprint
from psephos.record.terms import Terms


@dataclass(frozen=True)
class KnownCharter:
    """What a reader knows of the charter: all of it, or its fingerprint.

    Attributes:
        received: charter.json.
        told: Its fingerprint, as it came over another channel.
    """

    received: bytes | None = None
    told: str = ""

    def check(self, charter: bytes) -> None:
        """Compare it with a charter.

        Raises:
            MismatchError: It is another.
            MalformedError: What was told is no fingerprint.
        """
        if self.received is None:
            self.check_name(fingerprint(charter))
        elif self.received != charter:
            raise MismatchError(
                f"this board is of another charter than yours, with the fingerprint {fingerprint(charter)}",
                at="entry 0",
                hint="do not go on; ask for the board's address over another channel",
            )

    def check_name(self, charter: str) -> None:
        """Compare it with a charter's fingerprint.

        Raises:
            MismatchError: It is another's.
            MalformedError: What was told is no fingerprint.
        """
        told = self.told if self.received is None else fingerprint(self.received)
        compare_fingerprint(told, charter, what="charter")


@dataclass(frozen=True)
class OpenedBoard:
    """A board at one checkpoint of its log, with the charter that its reader wants in entry 0.

    Attributes:
        received: The charter's bytes.
        charter: What it says.
        terms: What it says about the board.
        note: The checkpoint, with all signatures that the board shows.
        policy: Which observers were looked for.
        observed: Whose signatures hold.
        source: The entries up to the checkpoint.
        fetcher: Where the board's files are.
    """

    received: bytes
    charter: Charter
    terms: Terms
    note: SignedCheckpoint
    policy: Policy
    observed: Observed
    source: LogSource
    fetcher: Fetcher

    def check_quorum(self) -> None:
        """Check that enough observers have cosigned the checkpoint.

        Raises:
            QuorumError: They are too few; names who is missing.
        """
        verify_quorum(self.observed.cosignatures, self.policy)
