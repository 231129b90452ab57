"""A witness as a process, and without one."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from psephos.adapters.http import Answer
from psephos.adapters.witness import Witness, read_keys
from psephos.adapters.witness_store import WitnessStore
from psephos.board.checkpoint import (
    SignedCheckpoint,
)
from psephos.board.cosignature import verifiers_of
from psephos.board.merkle import EMPTY_ROOT, TreeHead, prove_consistency
from psephos.board.note import (
    Note,
    SignatureLine,
    VerifierKey,
    read_signature_lines,
    read_verifier_key,
    verify_note,
)
from psephos.board.witness import AddCheckpoint, write_add_checkpoint
from psephos.cli.witness import run
from psephos.ports import UnixSeconds
from tests.board.example import LOG, head_of, leaves_of, reader_of, signed

NAME = "observer1.example/w1"
LEAVES = leaves_of(40)
FORGED = [*LEAVES[:4], *leaves_of(40, "forged")[4:]]
EMPTY = TreeHead(0, EMPTY_ROOT)
STRACE = shutil.which("strace")


def request(old: int, new: int, leaves: list[bytes] = LEAVES) -> bytes:
    """An honest request, in whichever tree."""
    proof = prove_consistency(reader_of(leaves), old=old, new=new)
    return write_add_checkpoint(AddCheckpoint(old, proof, signed(head_of(leaves[:new]))))


class Process:
    """`psephos-witness serve`, or another server, as a process of its own, on a free port of this machine."""

    def __init__(
        self,
        directory: Path,
        *options: str,
        module: str = "psephos.cli.witness",
        prefix: tuple[str, ...] = (),
        port: str = "0",
    ) -> None:
        where = f"127.0.0.1:{port}"
        self._start([*prefix, sys.executable, "-m", module, "serve", str(directory), "--listen", where, *options])

    def _start(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.lines: list[str] = []
        self.url = ""
        for line in self.process.stderr:
            said = json.loads(line) if line.startswith("{") else {}
            if said.get("event") == "listening":
                self.url = said["address"]
                break
            self.lines.append(line)
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()

    def _drain(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(self.process.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGTERM if self.process.poll() is None else 0)

    def stop(self, number: int) -> int:
        """Send a signal, wait for the end, and read what it said to the last line."""
        if number:
            self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        self._reader.join(timeout=10)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def events(self) -> list[dict[str, Any]]:
        """What it said so far."""
        return [json.loads(line) for line in self.lines]


def make(directory: Path) -> Path:
    """Make a witness with the command."""
    assert run(["init", str(directory), "--name", NAME]) == 0
    assert run(["log", "add", str(directory), str(LOG.key)]) == 0
    return directory


def keys_of(directory: Path) -> list[VerifierKey]:
    """The witness's public keys."""
    return [read_verifier_key(line) for line in (directory / "witness.vkeys").read_text().split()]


def lines_of(answer: Answer, note: SignedCheckpoint, directory: Path) -> tuple[SignatureLine, ...]:
    """The lines of an answer, both of which must hold."""
    assert (answer.status, answer.content_type) == (200, "text/plain; charset=utf-8"), answer.body
    lines = read_signature_lines(answer.body)
    assert verify_note(Note(note.note.text, lines), verifiers_of(keys_of(directory))) == lines
    return lines


def memory(directory: Path) -> tuple[int, bytes, int]:
    """Size, root and time in the database, read behind the program's back."""
    with closing(sqlite3.connect(directory / "witness.db")) as connection:
        row: tuple[int, bytes, int] = connection.execute("SELECT size, root, cosigned_at FROM log").fetchone()
    return row


class SetClock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.time = 1_000

    def now(self) -> UnixSeconds:
        """The time that was set."""
        return UnixSeconds(self.time)


@contextmanager
def open_witness(directory: Path, clock: SetClock) -> Iterator[Witness]:
    """The witness without its server."""
    cosigners = read_keys(directory)
    with closing(WitnessStore(directory / "witness.db", [cosigner.key for cosigner in cosigners])) as store:
        yield Witness(store, cosigners, clock=clock, evidence=directory / "evidence")
