"""A referendum for the booth: a board with its observers as processes, steered by lines on standard input.

    python -m tests.e2e.booth_world DIRECTORY '{"kind": "rehearsal", "observers": 3, …}'

The first line that it prints says where the board is and which credentials there are; then it answers each order with
one line. The booth's own tests, which drive a browser, start it and read those lines.
"""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Callable
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psephos.adapters.board_directory import create_directory, take_charter
from psephos.adapters.http import DirectoryFetcher, HttpFetcher, Web
from psephos.adapters.successor import begin_successor
from psephos.board.checkpoint import Checkpoint, SignedCheckpoint, read_signed_checkpoint, write_checkpoint
from psephos.board.client import Tree
from psephos.board.merkle import TreeHead
from psephos.board.note import Note, write_note
from psephos.cli.main import run as run_psephos
from psephos.cli.witness import run as run_witness
from psephos.protocol.decryption import Owned
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.board_entries import EntryKind, make_board_entry
from psephos.record.charter import fingerprint
from psephos.record.definition_entry import definition_text
from psephos.record.state import RecordState, judge_log
from psephos.referendum.definition import write_definition
from psephos.roles import trustee
from psephos.roles.auditor_finish import next_entry
from psephos.verify.board_audit import audit_board
from tests.e2e.booth_vote import Order, make_vote
from tests.server.board_process import SEED, Board, Place, now, policy_of, terms, until
from tests.server.process import Process, keys_of
from tests.server.relay_process import RelayProcess
from tests.server.test_board_vote import WebLog, read_log
from tests.server.test_succession import STANDBY_SEED
from tests.support.boards import StaticBoard
from tests.support.logged import LOG, STANDBY, VERIFIERS, MemoryLog, organisers_note
from tests.support.world import randomness


@dataclass
class World:
    """Everything that runs.

    Attributes:
        directory: Where it keeps its files.
        order: What the test asked for.
        stack: Ends the processes.
        witnesses: Observers.
        place: The board's directory and vote.
        board: The server.
        letters: Credentials.
        successor: The standby log's server, if there is one.
        started: When it was.
    """

    directory: Path
    order: Order
    stack: ExitStack
    witnesses: list[Process] = field(default_factory=list)
    place: Place = field(init=False)
    board: Board = field(init=False)
    letters: list[list[str]] = field(init=False)
    successor: Board = field(init=False)
    started: int = 0

    def start(self) -> dict[str, Any]:
        """Start observers and board, and open the vote."""
        self._start_witnesses()
        listed = [
            (f"w{number}", keys_of(self.directory / f"witness-{number}")[0], process.url)
            for number, process in enumerate(self.witnesses)
        ]
        verifying = [(f"v{number}", one.key, "") for number, one in enumerate(VERIFIERS)]
        wire = terms(
            opens_in=self.order.opens_in,
            closes_in=self.order.closes_in,
            receipts=policy_of(listed, threshold=2),
            tally=policy_of(verifying, threshold=3),
            ballots_per_hour=self.order.ballots_per_hour,
        )
        vote, self.letters = make_vote(wire, self.order)
        web = self.stack.enter_context(Web())
        directory = self.directory / "board"
        create_directory(directory, LOG.key.name, fresh=lambda _: SEED, now=now())
        take_charter(directory, vote.signed_charter())
        self.place = Place(directory, vote, web)
        self.board = self.stack.enter_context(Board(directory))
        self._open()
        return {
            "board": f"{self.board.url}/",
            "letters": self.letters,
            "charter": fingerprint(vote.charter),
            "log": str(LOG.key),
            "files": str(directory / "pub"),
        }

    def _start_witnesses(self) -> None:
        for number in range(3):
            directory = self.directory / f"witness-{number}"
            with redirect_stdout(sys.stderr):
                assert run_witness(["init", str(directory), "--name", f"observer{number}.example/w1"]) == 0
                for log in (LOG, STANDBY):
                    assert run_witness(["log", "add", str(directory), str(log.key)]) == 0
            self.witnesses.append(self.stack.enter_context(Process(directory)))

    def _open(self) -> None:
        vote = self.place.vote
        if self.order.defined:
            published = write_definition(self.order.definition())
            note = organisers_note(definition_text(sha256_hex(published)), vote.terms)
            self.place.hand_in(self.board, EntryKind.DEFINITION, [published, note])
        self.place.hand_in(self.board, EntryKind.SETUP, [*vote.setup, vote.signed_setup()])
        waiting = 0 if self.order.accepted else 1
        for acceptance in vote.acceptances[waiting:]:
            self.place.hand_in(self.board, EntryKind.ACCEPTANCE, [acceptance])
        size = 2 + bool(self.order.defined) + len(vote.acceptances) - waiting
        until(lambda: self.place.health(self.board)["cosigned"] >= size)
        for process in self.witnesses[self.order.observers :]:
            process.process.kill()

    # ── orders ──────────────────────────────────────────────────────────────────────────────────────────────────

    def observers(self, number: int) -> int:
        """Let only so many observers go on."""
        for process in self.witnesses[number:]:
            process.process.kill()
        return number

    def stop_board(self) -> str:
        """The server goes away."""
        self.board.stop(15)
        return "stopped"

    def start_board(self) -> str:
        """The server comes back, at the same address."""
        port = self.board.port
        self.board = self.stack.enter_context(Board(self.place.directory, "--start-alone", port=port))
        return self.board.url

    def relay(self) -> str:
        """An observer takes ballots in for the board; gives the address."""
        home = self.directory / "relaying"
        (self.directory / "charter.json").write_bytes(self.place.vote.charter)
        with redirect_stdout(sys.stderr):
            assert run_psephos(["observer", "init", str(home), "--name", "relay.example"]) == 0
        charter = str(self.directory / "charter.json")
        process = self.stack.enter_context(RelayProcess(home, self.board.url, "--charter", charter))
        return f"{process.url}/"

    def standby(self) -> str:
        """The standby log's board, which begins with the entries of the log and waits; gives the address."""
        directory = self.directory / "standby"
        create_directory(directory, STANDBY.key.name, fresh=lambda _: STANDBY_SEED, now=now())
        mirror = DirectoryFetcher(self.place.directory / "pub")
        begin_successor(directory, mirror, size=None, now=now())
        self.successor = self.stack.enter_context(Board(directory, "--refresh", "0.5"))
        self.started = now()
        return f"{self.successor.url}/"

    def succeed(self) -> str:
        """The observers decide that the standby log goes on."""
        place = Place(self.directory / "standby", self.place.vote, self.place.web)
        until(lambda: now() > self.started)  # only a word later than its start tells a log that it is no old copy
        note = place.checkpoint(self.successor, "checkpoint.latest")
        lines = [one.cosign(note.note.text, now=now()) for one in VERIFIERS[:3]]
        decided = SignedCheckpoint(Note(note.note.text, (*note.note.signatures, *lines)), note.checkpoint)
        place.client(self.successor).cosignatures(decided)
        size = note.head.size + 1
        until(lambda: bool(place.health(self.successor)["ballots"]))
        until(lambda: place.health(self.successor)["cosigned"] >= size)
        return STANDBY.key.name

    def forged_head(self, note: str) -> str:
        """The same checkpoint with another root, signed by the log and by two observers: a fork."""
        head = read_signed_checkpoint(note.encode()).checkpoint.head
        text = write_checkpoint(Checkpoint(LOG.key.name, TreeHead(head.size, bytes(32))))
        return write_note(Note(text, (LOG.sign(text),))).decode()

    def rewritten(self, place: int) -> dict[str, str]:
        """The board's files as they would be with another entry at a place and one more, signed by the log alone."""
        size = self.place.checkpoint(self.board).head.size
        reader = Tree(HttpFetcher(self.place.web, self.board.url), self.place.checkpoint(self.board).head)
        log = MemoryLog([entry for _, found in reader.entries(0, size) for entry in found])
        log.received[place] = make_board_entry(EntryKind.BALLOT, [b"{}"])[0]
        log.add(EntryKind.BALLOT, [b"[]"])
        board = StaticBoard(self.directory / "rewritten", log)
        board.publish(witnesses=0, verifiers=0)
        found = [path for path in board.root.rglob("*") if path.is_file()]
        return {str(path.relative_to(board.root)): b64encode(path.read_bytes()).decode() for path in found}

    def finish(self) -> dict[str, Any]:
        """The vote ends; anybody tallies, two of three trustees decrypt, everything is verified."""
        vote, random = self.place.vote, randomness(70)
        self.place.close_soon(self.board)
        until(lambda: bool(self.place.health(self.board)["phase"] == "closed"))
        self._follow()
        tallied = trustee.tallied_by(self._state())
        for owner in (1, 3):
            kept, accepted = vote.keys[owner - 1], vote.acceptances[owner - 1]
            answered = trustee.answer(
                vote.charter, tallied, told=tallied.record, kept=kept, accepted=accepted, given=None, rng=random
            )
            content, bound = trustee.messages_of(answered)
            owned = write_json(Owned(owner=owner, payload=sha256_hex(content)))
            self.place.hand_in(self.board, EntryKind.PARTIAL_DECRYPTION, [content, owned, bound])
        self._follow()
        report = audit_board(self._log(), charter=vote.charter, log=LOG.key).report
        return {"verdict": report.verdict, "ballots": report.ballots, "result": report.result}

    def _log(self) -> WebLog:
        return read_log(self.place, self.board, self.place.checkpoint(self.board, "checkpoint.latest"))

    def _follow(self) -> None:
        """Hand in what follows from the record: a tally, or a result."""
        self.place.hand_in(self.board, *next_entry(self._state()))

    def _state(self) -> RecordState:
        log = self._log()
        state = RecordState(log)
        for _ in judge_log(log, state):
            pass
        return state

    def health(self) -> dict[str, Any]:
        """What the board says of itself."""
        return self.place.health(self.board)


def main(arguments: list[str]) -> None:
    """Start, say so, and carry out orders until standard input ends."""
    directory, order = Path(arguments[0]), Order(**json.loads(arguments[1] if len(arguments) > 1 else "{}"))
    with ExitStack() as stack:
        world = World(directory, order, stack)
        _say(world.start())
        orders: dict[str, Callable[..., Any]] = {
            "observers": world.observers,
            "stop": world.stop_board,
            "start": world.start_board,
            "relay": world.relay,
            "standby": world.standby,
            "succeed": world.succeed,
            "finish": world.finish,
            "fork": world.forged_head,
            "rewritten": world.rewritten,
            "health": world.health,
        }
        for line in sys.stdin:
            name, *given = json.loads(line)
            _say(orders[name](*given))


def _say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)  # noqa: T201 - the lines are what the tests read


if __name__ == "__main__":
    main(sys.argv[1:])
