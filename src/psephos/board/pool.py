"""Entries that wait to be committed: bounded, each only once, in batches whose order nobody can choose.

Within a batch entries are ordered by their fingerprints. Two entries of one key never share a batch, so that of two
ballots with one credential the one that was handed in later also stands later in the log.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.proof import Receipt
from psephos.board.storage import NotNowError


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may choose.

    Attributes:
        pool_entries: How many entries may wait.
        pool_bytes: How many bytes they may have.
        free_space: Bytes on disk below which nothing is accepted.
        retry_after: Seconds that whoever finds the pool full should wait: about the time between batches.
        waits_for_quorum: The newest signed head goes to `checkpoint.latest`; what `publish` gets, to `checkpoint`.
    """

    pool_entries: int = 2500
    pool_bytes: int = 64 << 20
    free_space: int = 1 << 30
    retry_after: int = 1
    waits_for_quorum: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An entry is in the log.

    Attributes:
        index: Where.
        receipt: Proof; *provisional* as long as only the log has signed its checkpoint.
    """

    index: int
    receipt: Receipt


@dataclass(eq=False, slots=True)
class Ticket:
    """An entry that was accepted and waits for its answer. The same entry again gets the same ticket.

    Attributes:
        entry: Its bytes.
        fingerprint: Their SHA-256, from when the entry was accepted.
        answer: Set, once, as soon as a crash can no longer take the entry back.
    """

    entry: bytes
    fingerprint: bytes
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What was committed.

    Attributes:
        tickets: With their answers, in the log's order; none if nothing waited.
        signed: The newest checkpoint, with the log's own signature.
    """

    tickets: tuple[Ticket, ...]
    signed: SignedCheckpoint


@dataclass(slots=True)
class _Waiting:
    tickets: list[Ticket] = field(default_factory=list)
    keys: set[bytes] = field(default_factory=set)


class Pool:
    """Tickets by batch. Not locked by itself: whoever calls holds `lock`."""

    def __init__(self, settings: Settings) -> None:
        """Make an empty pool, as large as an operator has chosen."""
        self.lock = threading.Lock()
        self._most, self._room = settings.pool_entries, settings.pool_bytes
        self._retry_after = settings.retry_after
        self._known: dict[bytes, Ticket] = {}
        self._batches: deque[_Waiting] = deque()
        self._taken: list[Ticket] = []
        self._waiting = self._bytes = 0
        self._first_open = 0

    def __len__(self) -> int:
        return self._waiting

    def find(self, fingerprint: bytes) -> Ticket | None:
        """The ticket of an entry that waits, or whose batch is being committed."""
        return self._known.get(fingerprint)

    def add(self, ticket: Ticket, *, key: bytes | None, alone: bool) -> Ticket:
        """Let an entry wait; returns its ticket.

        Args:
            ticket: Of an entry that `find` does not find.
            key: Entries of one key go into different batches, in the order in which they came.
            alone: The entry is a batch by itself: what came before is before it, what comes later is after it.

        Raises:
            NotNowError: Too many wait.
        """
        if self._waiting >= self._most or self._bytes + len(ticket.entry) > self._room:
            raise NotNowError(f"{self._waiting} entries wait already", retry_after=self._retry_after)
        batch = self._place(key, alone=alone)
        batch.tickets.append(ticket)
        if key is not None:
            batch.keys.add(key)
        self._known[ticket.fingerprint] = ticket
        self._waiting += 1
        self._bytes += len(ticket.entry)
        return ticket

    def take(self) -> list[Ticket]:
        """The next batch, in order; it is still found until `settle` is called."""
        if not self._batches:
            return []
        self._taken = sorted(self._batches.popleft().tickets, key=lambda ticket: ticket.fingerprint)
        self._first_open = max(0, self._first_open - 1)
        self._waiting -= len(self._taken)
        self._bytes -= sum(len(ticket.entry) for ticket in self._taken)
        return self._taken

    def settle(self) -> None:
        """Forget the batch that was taken: from now on the log's index finds its entries."""
        for ticket in self._taken:
            del self._known[ticket.fingerprint]
        self._taken = []

    def _place(self, key: bytes | None, *, alone: bool) -> _Waiting:
        at = self._first_open
        if alone:
            at = len(self._batches)
            self._first_open = at + 1
        elif key is not None:
            shared = [number for number, batch in enumerate(self._batches) if key in batch.keys]
            at = max(at, shared[-1] + 1) if shared else at
        if at == len(self._batches):
            self._batches.append(_Waiting())
        return self._batches[at]
