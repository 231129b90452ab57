"""Kills a log again and again while it works, and checks after each time that nothing is lost.

    python -m tests.board.log_crash kill FOLDER --rounds 200        SIGKILL at random moments
    python -m tests.board.log_crash inject FOLDER --most 40         strace: errors and SIGKILL in system calls

The log runs in a child process. The parent is everybody else: it hands entries in, keeps every answer and every
checkpoint that it ever saw, and after each death starts the log again and reads all that is stored.
Prints one JSON object; ends with an error at the first broken promise.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.disk import create_log, open_stores
from psephos.board.log import Log
from psephos.board.merkle import hash_leaf, verify_inclusion
from psephos.board.pool import Settings, Ticket
from psephos.board.proof import read_receipt, write_receipt
from psephos.board.storage import FatalError
from psephos.errors import RefusedError, UnavailableError
from psephos.ports import UnixSeconds
from tests.board.example import LOG, ORIGIN
from tests.board.log_world import check_history, check_log, confirmed, entry_of

SETTINGS = Settings(free_space=0)
PR_SET_PTRACER = 0x59616D61
ROUNDS_PER_LOG = 10
DONE, FATAL, REFUSED, UNHEARD = 0, 3, 4, 5
CALLS = ["openat", "read", "write", "pwrite64", "fsync", "fdatasync", "rename", "mkdir", "unlink", "rmdir", "close"]
"""The system calls between taking a batch and having published it."""
ACTIONS = ["error=EIO", "error=ENOSPC", "signal=SIGKILL"]


def work(folder: Path, seed: int, out: int, *, batches: int, hold: str, go: int) -> int:
    """The child: open the log, commit batches of random sizes, say every answer aloud."""
    choose = random.Random(seed)
    try:
        if hold == "start":
            _wait(out, go)
        with open_stores(folder, ORIGIN) as stores:
            log = Log(stores, LOG, now=_now(), settings=SETTINGS)
            log.consult(confirmed(log))
            _say(out, "head", bytes(log.signed))
            if hold == "commit":
                _wait(out, go)
            for _ in range(batches):
                start = log.signed.head.size
                known = [choose.randrange(start) for _ in range(3)] if start else []
                fresh = range(start, start + choose.choice([1, 3, 40, 120, 257]))
                tickets = [_hand_in(log, entry_of(at, size=200)) for at in (*known, *fresh)]
                log.sequence(_now())
                for number, ticket in zip((*known, *fresh), tickets, strict=True):
                    if ticket.answer is not None:
                        _say(out, str(number), write_receipt(ticket.answer.receipt))
                log.collect(log.signed.head.size)
    except FatalError:
        return FATAL
    except RefusedError:
        return REFUSED
    except UnheardError:
        return UNHEARD
    return DONE


def _hand_in(log: Log, entry: bytes) -> Ticket:
    """Hand an entry in; what could not be read may be asked for again."""
    try:
        return log.submit(entry)
    except UnavailableError:
        return log.submit(entry)


class UnheardError(Exception):
    """The fault hit the test's own pipe."""


def _now() -> UnixSeconds:
    return UnixSeconds(int(time.time()))


def _wait(out: int, go: int) -> None:
    # Where only a parent may trace, allow it to strace, which is a sibling.
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
    try:
        os.write(out, b"held \n")
        os.read(go, 1)
    except OSError as error:
        raise UnheardError from error


def _say(out: int, what: str, data: bytes) -> None:
    try:
        os.write(out, f"{what} {data.hex()}\n".encode())
    except OSError as error:
        raise UnheardError from error


@dataclass
class Outside:
    """Everybody who is not the log: what they were told, and what they saw."""

    folder: Path
    seen: dict[bytes, SignedCheckpoint] = field(default_factory=dict)
    answered: dict[bytes, int] = field(default_factory=dict)
    deaths: Counter[str] = field(default_factory=Counter)
    size: int = 0

    def hear(self, told: bytes) -> None:
        """Take up what a child said; its last line may be cut off."""
        for line in told.split(b"\n")[:-1]:
            what, _, data = line.decode().partition(" ")
            if what == "held":
                continue
            if what == "head":
                self.see(bytes.fromhex(data))
                continue
            receipt, entry = read_receipt(bytes.fromhex(data)), entry_of(int(what), size=200)
            verify_inclusion(receipt.path, index=receipt.index, leaf=hash_leaf(entry), head=receipt.signed.head)
            assert self.answered.setdefault(sha256(entry).digest(), receipt.index) == receipt.index
            self.see(bytes(receipt.signed))

    def see(self, note: bytes) -> None:
        """Keep a checkpoint."""
        self.seen.setdefault(note, read_signed_checkpoint(note))

    def look(self) -> None:
        """Read what is published at this moment."""
        try:
            self.see((self.folder / "pub" / "checkpoint").read_bytes())
        except FileNotFoundError:
            return

    def check(self) -> None:
        """Start the log, and compare all that is stored with all that was heard and seen."""
        self.look()
        with open_stores(self.folder, ORIGIN) as stores:
            Log(stores, LOG, now=_now(), settings=SETTINGS)
            head = stores.heads.read()
            assert head is not None
            assert read_signed_checkpoint(stores.storage.read("pub/checkpoint")).head.size == head.size
            assert stores.storage.names("state/staging") == []
            entries = check_log(stores.storage, head)
        check_history(entries, self.seen.values(), self.answered)
        assert len(entries) >= self.size, "the log has shrunk"
        self.size = len(entries)


@dataclass
class Child:
    """A log that works in a process of its own."""

    pid: int
    told: int
    go: int

    def wait(self, *, kill_after: float | None = None, outside: Outside | None = None) -> tuple[bytes, int]:
        """Listen until it ends, or kill it at that moment; what it said, and how it ended."""
        heard, deadline = b"", None if kill_after is None else time.monotonic() + kill_after
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self.told], [], [], left)
            if outside is not None:
                outside.look()
            if not ready:
                os.kill(self.pid, signal.SIGKILL)
                deadline = None
                continue
            data = os.read(self.told, 1 << 20)
            if not data:
                break
            heard += data
        _, status = os.waitpid(self.pid, 0)
        os.close(self.told)
        return heard, status


def start(folder: Path, seed: int, *, batches: int, hold: str = "") -> Child:
    """Start a child. Held at its start, or before it commits anything, it says so and waits for a byte."""
    told, say = os.pipe()
    wait, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            os.close(told)
            os.close(go)
            status = work(folder, seed, say, batches=batches, hold=hold, go=wait)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(status)
    os.close(say)
    os.close(wait)
    return Child(pid, told, go)


def manner(status: int) -> str:
    """How a process ended, in a word."""
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    manners = {FATAL: "fatal", REFUSED: "refused", UNHEARD: "unheard", DONE: "done"}
    return manners[os.WEXITSTATUS(status)]  # any other is an error that nobody foresaw


def kill_at_random(outside: Outside, *, rounds: int, seed: int, longest: float) -> None:
    """SIGKILL at moments that nobody chose."""
    choose = random.Random(seed)
    for number in range(rounds):
        child = start(outside.folder, seed * 1000 + number, batches=1 << 30)
        heard, status = child.wait(kill_after=choose.uniform(0, longest), outside=outside)
        os.close(child.go)
        outside.hear(heard)
        outside.deaths[manner(status)] += 1
        assert manner(status) == "SIGKILL", manner(status)
        outside.check()


def inject(outside: Outside, call: str, *, actions: list[str], numbers: list[int], hold: str) -> None:
    """Let the n-th system call of a kind fail, or kill the process when it is made."""
    for action in actions:
        for number in numbers:
            if not _inject_once(outside.folder, outside, what=f"{call}:{action}:when={number}", hold=hold, seed=number):
                break


def _inject_once(folder: Path, outside: Outside, *, what: str, hold: str, seed: int) -> bool:
    """One run of two batches; whether the fault was reached."""
    if hold == "start":  # so that the start has a batch to replay, or to drop
        child = start(folder, seed, batches=1 << 30)
        outside.hear(child.wait(kill_after=0.01 + seed % 7 / 200)[0])
        os.close(child.go)
    child = start(folder, seed, batches=2, hold=hold)
    heard = b""
    while b"held" not in heard:
        heard += os.read(child.told, 1 << 20)
    trace = folder.parent / "trace"
    call, action, _ = what.split(":")
    strace = subprocess.Popen(
        ["strace", "-y", "-o", trace, "-e", f"trace={call}", "-e", f"inject={what}", "-p", str(child.pid)],
        stderr=subprocess.PIPE,
    )
    assert strace.stderr is not None
    try:
        first = strace.stderr.readline()
        assert b"attached" in first, f"strace cannot trace here: {first!r}"
        os.write(child.go, b"!")
        later, status = child.wait(outside=outside)
        strace.wait()
    finally:
        strace.kill()
        strace.stderr.close()
        os.close(child.go)
    hit = [line for line in trace.read_text().split("\n") if "(INJECTED)" in line]
    reached = bool(hit) or os.WIFSIGNALED(status)
    how = manner(status) if reached else "not reached"
    if hit and how == "done":  # overlooked: which file was it?
        how += " (" + Path(hit[0].split("<")[1].split(">")[0]).name + ")" if "<" in hit[0] else " (unnamed)"
    outside.deaths[f"{hold}: {call} {action.split('=')[1]}: {how}"] += 1
    outside.hear(heard + later)
    outside.check()
    return reached


def report(everybody: list[Outside]) -> dict[str, object]:
    """What was survived, over all logs."""
    deaths = sum((outside.deaths for outside in everybody), Counter())
    return {
        "logs": [outside.folder.name for outside in everybody],
        "deaths": dict(sorted(deaths.items())),
        "entries": sum(outside.size for outside in everybody),
        "answered": sum(len(outside.answered) for outside in everybody),
        "checkpoints": sum(len(outside.seen) for outside in everybody),
    }


def new_log(parent: Path, name: str) -> Outside:
    """An empty log, and everybody who will look at it."""
    create_log(parent / name, LOG, now=_now())
    return Outside(parent / name)


def run(options: argparse.Namespace) -> list[Outside]:
    """A log for every few kills, or for each system call: reading all of it after each death takes time."""
    everybody: list[Outside] = []
    if options.manner == "kill":
        for first in range(0, options.rounds, ROUNDS_PER_LOG):
            outside = new_log(options.folder, f"log-{len(everybody)}")
            rounds = min(ROUNDS_PER_LOG, options.rounds - first)
            kill_at_random(outside, rounds=rounds, seed=options.seed + first, longest=options.longest)
            everybody.append(outside)
        return everybody
    numbers = [int(part) for part in options.numbers.split(",") if part] or list(range(1, options.most + 1))
    for hold in options.holds.split(","):
        for call in options.calls.split(","):
            outside = new_log(options.folder, f"log-{hold}-{call}")
            inject(outside, call, actions=options.actions.split(","), numbers=numbers, hold=hold)
            everybody.append(outside)
    return everybody


def main() -> None:
    """Run one of the two, with new logs in a folder; what was seen of each is in `LOG.seen` beside it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manner", choices=["kill", "inject"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--longest", type=float, default=0.2, help="seconds until the last moment of a kill")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--numbers", default="", help="which calls of a kind are hit, such as 1,2,5; or see --most")
    parser.add_argument("--most", type=int, default=60)
    parser.add_argument("--holds", default="commit,start", help="count from the first commit, or from the start")
    parser.add_argument("--calls", default=",".join(CALLS))
    parser.add_argument("--actions", default=",".join(ACTIONS))
    everybody = run(parser.parse_args())
    for outside in everybody:
        notes = [note.decode() for note in outside.seen]
        outside.folder.with_suffix(".seen").write_text(json.dumps(notes))
    sys.stdout.write(json.dumps(report(everybody), indent=2) + "\n")


if __name__ == "__main__":
    main()
