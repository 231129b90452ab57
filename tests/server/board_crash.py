"""A board that is killed again and again while voters hand in over HTTP; nothing that was acknowledged may be lost.

    python -m tests.server.board_crash FOLDER [--rounds N] [--longest SECONDS] [--seed N]

FOLDER/board is the server's directory. After each kill everything that is stored is verified. Prints one JSON object.
"""

import argparse
import json
import random
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from psephos.adapters.board_source import StoredLog
from psephos.adapters.http import Web
from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.disk import open_stores
from psephos.board.recovery import Stores
from psephos.errors import PsephosError
from psephos.record.admission import ballot_entry
from psephos.record.board_entries import EntryKind
from psephos.record.state import RecordState, judge_log
from tests.board.log_world import check_history, check_log
from tests.server.board_process import Board, Place, terms
from tests.support.logged import LOG, more_ballots

VOTERS = 6
PER_VOTER = 400


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


def run(folder: Path, *, rounds: int, longest: float, seed: int) -> dict[str, int]:
    """Kill it at random moments."""
    chance = random.Random(seed)
    with Web() as web:
        place = Place.make(folder / "board", terms(ballots_per_hour=1_000_000), web=web)
        with Board(place.directory, "--start-alone", "--interval", "0.02") as board:
            place.open(board)
        ballots = [more_ballots(place.vote, voter=voter, count=PER_VOTER) for voter in range(VOTERS)]
        memory = [Memory() for _ in range(VOTERS)]
        size = 0
        for _ in range(rounds):
            board = Board(place.directory, "--start-alone", "--interval", "0.02")
            ended = threading.Event()
            voters = [
                threading.Thread(target=vote, args=(place, board.url, ballots[one], memory[one], ended))
                for one in range(VOTERS)
            ]
            for one in voters:
                one.start()
            time.sleep(chance.uniform(0.05, longest))
            assert board.stop(signal.SIGKILL) == -signal.SIGKILL
            ended.set()
            for one in voters:
                one.join()
            size = check(place, memory)
        with Board(place.directory, "--start-alone") as board:
            client = place.client(board)
            for one in memory:
                for ballot, index in one.answered.items():
                    assert client.ballot(ballot).index == index
        with open_stores(place.directory, LOG.key.name) as stores:
            judge(place, stores)
    return {"rounds": rounds, "entries": size, "acknowledged": sum(len(one.answered) for one in memory)}


def main() -> None:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--longest", type=float, default=0.6)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = run(options.folder, rounds=options.rounds, longest=options.longest, seed=options.seed)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
