"""A board as a process, witnesses beside it, and a vote whose hours are now."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psephos.adapters.board_directory import create_directory, take_charter
from psephos.adapters.handing_in import HandingIn
from psephos.adapters.http import HttpFetcher, Web
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.note import VerifierKey
from psephos.board.proof import Receipt
from psephos.ports import UnixSeconds
from psephos.record.board_entries import EntryKind, make_board_entry
from psephos.record.board_terms import BoardTerms
from tests.server.process import Process
from tests.support.logged import LOG, Vote, board_terms, hold_vote

SEED = bytes(31) + b"\x01"
"""Of the log's key."""


class Board(Process):
    """`psephos-server serve` as a process of its own, on a free port of this machine."""

    def __init__(self, directory: Path, *options: str, prefix: tuple[str, ...] = (), port: str = "0") -> None:
        common = ["--free-space", "0", "--interval", "0.1", *options]
        super().__init__(directory, *common, module="psephos.cli.server", prefix=prefix, port=port)

    @property
    def port(self) -> str:
        """Where it listens: for another process in its place."""
        return self.url.rpartition(":")[2]


def now() -> UnixSeconds:
    """The time."""
    return UnixSeconds(int(time.time()))


def until(condition: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait until something holds that another process brings about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never held"
        time.sleep(0.02)


def policy_of(witnesses: Iterable[tuple[str, VerifierKey, str]], *, threshold: int) -> str:
    """A policy of the test log.

    Args:
        witnesses: Name, key and address, which may be empty.
        threshold: How many must cosign; 0 for a policy that asks for none.
    """
    listed = list(witnesses)
    lines = [f"log {LOG.key}", *(f"witness {name} {key} {url}".rstrip() for name, key, url in listed)]
    if not threshold:
        return "\n".join([*lines, "quorum none", ""])
    names = " ".join(name for name, _, _ in listed)
    return "\n".join([*lines, f"group all {threshold} {names}", "quorum all", ""])


def terms(*, closes_in: int = 3600, opens_in: int = -3600, **changes: object) -> BoardTerms:
    """A charter's terms whose hours are about now; nobody need cosign, unless changed."""
    at = now()
    hours = {
        "opens_at": at + opens_in,
        "closes_at": at + closes_in,
        "earliest_close": at + opens_in + 1,
        "latest_close": at + closes_in + 7200,
    }
    nobody = {"receipts": policy_of([], threshold=0), "tally": policy_of([], threshold=0)}
    return board_terms(**(hours | nobody | changes))


@dataclass
class Place:
    """A server's directory, and what the parties of its vote would hand in."""

    directory: Path
    vote: Vote
    web: Web

    @classmethod
    def make(cls, directory: Path, wire: BoardTerms, *, web: Web, voters: int = 6) -> "Place":
        """A directory with a charter."""
        vote = hold_vote(voters=voters, board=wire)
        create_directory(directory, LOG.key.name, fresh=lambda _: SEED, now=now())
        take_charter(directory, vote.signed_charter())
        return cls(directory, vote, web)

    def client(self, board: Board, *, patience: float = 10.0) -> HandingIn:
        """Somebody who hands in."""
        return self.client_at(board.url, patience=patience)

    def client_at(self, url: str, *, patience: float) -> HandingIn:
        """Somebody who hands in at an address."""
        return HandingIn(self.web, url, patience=patience)

    def hand_in(self, board: Board, kind: EntryKind, contents: Sequence[bytes], *, salt: bytes = b"") -> Receipt:
        """Hand an entry in."""
        entry, blobs = make_board_entry(kind, contents, salt=salt)
        return self.client(board).entry(entry, list(blobs.values()))

    def hand_in_once(self, board: Board, kind: EntryKind, contents: Sequence[bytes]) -> Receipt:
        """Hand an entry in, and not again."""
        entry, blobs = make_board_entry(kind, contents)
        return self.client(board, patience=0).entry(entry, list(blobs.values()))

    def open(self, board: Board) -> None:
        """Hand in what comes before the first ballot."""
        self.hand_in(board, EntryKind.SETUP, [*self.vote.setup, self.vote.signed_setup()])
        for acceptance in self.vote.acceptances:
            self.hand_in(board, EntryKind.ACCEPTANCE, [acceptance])

    def close_soon(self, board: Board) -> UnixSeconds:
        """Let the organisers move the closing time to the next seconds; gives it."""
        closes_at = UnixSeconds(now() + 2)
        self.hand_in(board, EntryKind.CLOSING_TIME, [self.vote.closing_time(1, closes_at)])
        return closes_at

    def checkpoint(self, board: Board, name: str = "checkpoint") -> SignedCheckpoint:
        """A checkpoint that the board shows."""
        return read_signed_checkpoint(HttpFetcher(self.web, board.url).fetch(name, limit=100_000))

    def health(self, board: Board) -> dict[str, Any]:
        """What the board says that it is doing."""
        found: dict[str, Any] = json.loads(self.web.get(f"{board.url}/health", limit=10_000).body)
        return found
