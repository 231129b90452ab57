"""A board that dies again and again while voters hand in over HTTP; nothing that was acknowledged may be lost.

    python -m tests.server.board_crash kill FOLDER [--rounds N] [--longest SECONDS]     SIGKILL at random moments
    python -m tests.server.board_crash inject FOLDER [--most N] [--calls a,b]           strace: errors and SIGKILL

FOLDER has a board for each system call, or for every 25 kills. After each death everything that is stored is verified.
Prints one JSON object.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from psephos.adapters.board_source import StoredLog
from psephos.adapters.http import Web
from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.disk import open_stores
from psephos.board.recovery import Stores
from psephos.errors import PsephosError
from psephos.record.admission import ballot_entry
from psephos.record.board_entries import EntryKind
from psephos.record.state import RecordState, judge_log
from tests.board.log_crash import ACTIONS, CALLS
from tests.board.log_world import check_history, check_log
from tests.server.board_process import Board, Place, terms
from tests.support.logged import LOG, more_ballots

VOTERS = 6
PER_VOTER = 400
"""Ballots that each voter has at hand whenever the board starts: more than it can take before it dies."""
ROUNDS_PER_BOARD = 25
OPTIONS = ("--start-alone", "--interval", "0.02")
UNDER_FAULT = 2.0
"""Seconds that a board works on after a fault that did not end it, or that did not come."""
FATAL = 3
WAKE_UP = "<anon_inode:[eventfd]"
"""The loop is woken through it. If that fails, libuv aborts: one more way in which the process ends at once."""


class Survived(TypedDict):
    """What a board has survived: deaths by their manner, and how much it had and has acknowledged in the end."""

    deaths: dict[str, int]
    entries: int
    acknowledged: int


@dataclass
class Memory:
    """What outsiders were told.

    Attributes:
        answered: Places of ballots.
        seen: Checkpoints under receipts.
    """

    answered: dict[bytes, int] = field(default_factory=dict)
    seen: list[SignedCheckpoint] = field(default_factory=list)


def vote(place: Place, url: str, ballots: list[bytes], memory: Memory, ended: threading.Event) -> None:
    """Hand in one ballot after the other until the board is gone; each again until it is answered."""
    with Web(connect=2.0, read=5.0) as web:
        client = Place(place.directory, place.vote, web).client_at(url, patience=0)
        while ballots and not ended.is_set():
            try:
                receipt = client.ballot(ballots[0])
            except PsephosError:
                continue
            memory.answered[ballots.pop(0)] = receipt.index
            memory.seen.append(receipt.signed)


def check(place: Place, memory: Sequence[Memory]) -> int:
    """Everything that is stored is whole, and nothing that was seen or answered is contradicted."""
    with open_stores(place.directory, LOG.key.name) as stores:
        head = stores.heads.read()
        assert head is not None
        entries = check_log(stores.storage, head, signer=LOG)
        for one in memory:
            check_history(entries, one.seen, {})
            for ballot, index in one.answered.items():
                assert entries[index] == ballot_entry(ballot), "an acknowledged ballot is lost"
        return len(entries)


def judge(place: Place, stores: Stores) -> None:
    """Every entry has effect but those that a restart alone may repeat."""
    head = stores.heads.read()
    assert head is not None
    log = StoredLog(stores.storage, place.directory, size=lambda: head.size)
    for verdict in judge_log(log, RecordState(log)):
        assert verdict.has_effect, verdict
        assert verdict.kind in set(EntryKind)


@dataclass
class Trial:
    """A board in a folder, voters who hand in until they are answered, and what they were told."""

    place: Place
    ballots: list[list[bytes]] = field(default_factory=lambda: [[] for _ in range(VOTERS)])
    batches: int = 0
    memory: list[Memory] = field(default_factory=lambda: [Memory() for _ in range(VOTERS)])
    deaths: Counter[str] = field(default_factory=Counter)
    size: int = 0

    @classmethod
    def make(cls, folder: Path, web: Web) -> "Trial":
        """A board that is open for ballots, and ballots enough."""
        folder.mkdir()
        place = Place.make(folder / "board", terms(ballots_per_hour=1_000_000), web=web)
        with Board(place.directory, *OPTIONS) as board:
            place.open(board)
        return cls(place)

    @contextmanager
    def load(self, board: Board) -> Iterator[None]:
        """Voters hand in, until the block ends and the board is gone."""
        ended = threading.Event()
        arguments = zip(self.ballots, self.memory, strict=True)
        voters = [threading.Thread(target=vote, args=(self.place, board.url, *one, ended)) for one in arguments]
        for one in voters:
            one.start()
        try:
            yield
        finally:
            ended.set()
            for one in voters:
                one.join()
            assert all(self.ballots), "a voter ran out of ballots"

    def refill(self) -> None:
        """Let every voter have ballots enough for what comes."""
        for voter, ballots in enumerate(self.ballots):
            if len(ballots) < PER_VOTER:
                self.batches += 1
                ballots.extend(more_ballots(self.place.vote, voter=voter, count=PER_VOTER, batch=self.batches))

    def kill(self, after: float) -> None:
        """SIGKILL, so many seconds after the board listens."""
        self.refill()
        board = Board(self.place.directory, *OPTIONS)
        with self.load(board):
            time.sleep(after)
            assert board.stop(signal.SIGKILL) == -signal.SIGKILL
        self.deaths["kill"] += 1
        self.size = check(self.place, self.memory)

    def inject(self, what: str) -> bool:
        """Let a system call of the board fail, or kill it there: `call:action:when=number`. Whether it came so far."""
        call, action, _ = what.split(":")
        self.refill()
        trace = self.place.directory.parent / "trace"
        board = Board(self.place.directory, *OPTIONS)
        options = ["-f", "-y", "-o", str(trace), "-e", f"trace={call}", "-e", f"inject={what}"]
        command = ["strace", *options, "-p", str(board.process.pid)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr is not None
            first = strace.stderr.readline()
            assert "attached" in first, f"strace cannot trace here: {first!r}"
            with self.load(board):
                code = wait(board.process, seconds=UNDER_FAULT)
                board.stop(signal.SIGKILL if code is None else 0)
            strace.stderr.read()
        reached = code is not None or "(INJECTED)" in trace.read_text()
        ways = {None: "went on", FATAL: "ended itself", -signal.SIGKILL: "killed"}
        if any(WAKE_UP in line and "(INJECTED)" in line for line in trace.read_text().splitlines()):
            ways[-signal.SIGABRT] = "could not wake itself"
        assert code in ways, (what, code, board.lines)
        how = ways[code] if reached else "not reached"
        self.deaths[f"{call} {action.partition('=')[2]}: {how}"] += 1
        self.size = check(self.place, self.memory)
        return reached

    def finish(self) -> Survived:
        """The board goes on, gives every ballot its first place, and every entry has effect; what was survived."""
        place = self.place
        with Board(place.directory, "--start-alone") as board:
            client = place.client(board)
            for one in self.memory:
                for ballot, index in one.answered.items():
                    assert client.ballot(ballot).index == index
        with open_stores(place.directory, LOG.key.name) as stores:
            judge(place, stores)
        deaths = dict(sorted(self.deaths.items()))
        return Survived(deaths=deaths, entries=self.size, acknowledged=self.acknowledged)

    @property
    def acknowledged(self) -> int:
        """How many ballots were."""
        return sum(len(one.answered) for one in self.memory)


def wait(process: subprocess.Popen[str], *, seconds: float) -> int | None:
    """How a process ended; None if it has not."""
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None


def total(found: Sequence[Survived]) -> Survived:
    """What several boards have survived."""
    deaths = sum((Counter(one["deaths"]) for one in found), Counter())
    return Survived(
        deaths=dict(sorted(deaths.items())),
        entries=sum(one["entries"] for one in found),
        acknowledged=sum(one["acknowledged"] for one in found),
    )


def kill_at_random(folder: Path, *, rounds: int, longest: float, seed: int, least: int = 0) -> Survived:
    """SIGKILL at moments that nobody chose; on a slow machine more often, until `least` ballots were acknowledged."""
    chance, found = random.Random(seed), []
    with Web() as web:
        for first in range(0, rounds, ROUNDS_PER_BOARD):
            trial = Trial.make(folder / f"{len(found)}", web)
            while trial.deaths["kill"] < min(ROUNDS_PER_BOARD, rounds - first) or trial.acknowledged < least:
                trial.kill(chance.uniform(0.05, longest))
            found.append(trial.finish())
    return total(found)


def inject(folder: Path, *, calls: Sequence[str], numbers: Sequence[int]) -> Survived:
    """Errors and SIGKILL in the n-th system call of each kind, counted from when the board listens."""
    found = []
    with Web() as web:
        for call in calls:
            trial = Trial.make(folder / call, web)
            for action in ACTIONS:
                for number in numbers:
                    if not trial.inject(f"{call}:{action}:when={number}"):
                        break
            found.append(trial.finish())
    return total(found)


def main() -> None:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manner", choices=["kill", "inject"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--longest", type=float, default=0.6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=12, help="how many calls of each kind are hit, one after the other")
    parser.add_argument("--calls", default=",".join(CALLS))
    options = parser.parse_args()
    if options.manner == "kill":
        found = kill_at_random(options.folder, rounds=options.rounds, longest=options.longest, seed=options.seed)
    else:
        found = inject(options.folder, calls=options.calls.split(","), numbers=range(1, options.most + 1))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
