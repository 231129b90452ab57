"""Observers that are killed: whatever was cosigned was checked and is there, and the next start goes on."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.cosignature import verifiers_of
from psephos.board.merkle import TreeHead
from psephos.board.note import verify_note
from psephos.board.tiles import Bundle, bundles_of, read_bundle
from psephos.cli.main import run
from psephos.roles.observer import verify_report, write_list
from psephos.verify.board_audit import audit_board
from tests.cli.test_observer_commands import Following, files_of, give_listed_key, keys_of
from tests.support.bad_entries import BALLOTS
from tests.support.boards import StaticBoard, head_at, served
from tests.support.logged import MemoryLog, hold_vote, log_of

STRACE = shutil.which("strace")
KILLS = 16


def long_log() -> MemoryLog:
    """The vote with so much rubbish between its ballots that tiles are filled."""
    log = log_of(hold_vote())
    return log.with_entries((BALLOTS + number % 8, b"rubbish %d" % number) for number in range(1500))


def make(directory: Path) -> Path:
    """An observer whose key the charter names."""
    assert run(["observer", "init", str(directory), "--name", "observer1.example"]) == 0
    give_listed_key(directory)
    return directory


def command(home: Path, url: str, *options: str) -> list[str]:
    """The command as a process of its own."""
    return [sys.executable, "-m", "psephos.cli.main", "observer", "follow", url, "--home", str(home), *options]


def row(path: Path, query: str) -> tuple[int, bytes]:
    """Size and root in a database, read behind the program's back."""
    if not path.exists():
        return 0, b""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if query.rsplit(maxsplit=1)[-1] not in tables:
            return 0, b""
        found: tuple[int, bytes] | None = connection.execute(query).fetchone()
    return found or (0, b"")


def check(home: Path, log: MemoryLog, before: int) -> int:
    """What is cosigned is of the log, not less than before, judged durably, and mirrored; returns its size."""
    size, root = row(home / "observer.db", "SELECT size, root FROM log")
    judged, judged_root = row(home / "verdicts.db", "SELECT size, root FROM progress")
    assert before <= size <= judged
    for one, its_root in ((size, root), (judged, judged_root)):
        assert one == 0 or TreeHead(one, its_root) == head_at(log, one)
    entries: list[bytes] = []
    for bundle in bundles_of(judged):
        path = home / "mirror" / bundle.path
        full = Bundle(bundle.index)
        if not path.exists():  # it is full by now
            entries += read_bundle((home / "mirror" / full.path).read_bytes(), full)[: bundle.width]
        else:
            entries += read_bundle(path.read_bytes(), bundle)
    assert entries == log.received[:judged]
    return size


def check_whole(home: Path, board: StaticBoard, url: str) -> None:
    """One more start, and everything is as if nobody had ever been killed."""
    assert run(["observer", "follow", url, "--home", str(home), "--once"]) == 0
    log = board.log
    assert check(home, log, log.size()) == log.size()
    ours, theirs = files_of(home / "mirror"), files_of(board.root)
    assert {path: data for path, data in theirs.items() if ".p/" not in path}.items() <= ours.items()
    audit = audit_board(log)
    report = verify_report((home / "mirror" / f"report/{log.size()}").read_bytes(), keys_of(home)[0])
    listed = (home / "mirror/report/list" / report.listed).read_bytes()
    assert (listed, report.record) == (write_list(audit.excluded), audit.report.head)
    assert run(["verify", str(home / "mirror")]) == 0


@pytest.mark.slow
def test_observer_that_is_killed_goes_on(tmp_path: Path) -> None:
    """At random points, while the board grows: no line leaves for what is not of the log, and nothing is lost."""
    random = Random(7)
    home = make(tmp_path / "home")
    board, size = StaticBoard(tmp_path / "board", long_log()), 0
    with served(board.root) as web:
        board.publish(1, verifiers=1)
        for _ in range(KILLS):
            board.publish(min(board.size + random.randrange(1, 20), board.log.size()), verifiers=1)
            following = Following(home, web.url, "--interval", "0.1")
            following.until(random.choice(["following", "following", "judged"]))
            until = time.monotonic() + random.uniform(0.0, 1.0)
            while time.monotonic() < until:
                if board.size < board.log.size() and random.random() < 0.5:
                    board.publish(min(board.size + random.randrange(1, 40), board.log.size()), verifiers=1)
                time.sleep(random.uniform(0.0, 0.1))
            following.process.kill()
            following.process.communicate()
            size = check(home, board.log, size)
        board.publish(verifiers=3)
        check_whole(home, board, web.url)
        assert size > 0
        assert web.handed_in
        for path, body in web.handed_in:
            assert path == "/cosignatures"
            note = read_signed_checkpoint(body)
            assert note.head == head_at(board.log, note.head.size)
            assert verify_note(note.note, verifiers_of(keys_of(home)[:1]))


@pytest.mark.slow
@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize("call", ["fsync", "fdatasync", "pwrite64", "rename", "unlink"])
def test_observer_that_is_killed_in_a_system_call_goes_on(tmp_path: Path, call: str) -> None:
    """In each of those by which things become durable, the first and many later ones, and by their errors."""
    home = make(tmp_path / "home")
    board, size = StaticBoard(tmp_path / "board", long_log()), 0
    board.publish(1, verifiers=1)
    url = board.root.as_uri()
    ends = []
    for number in (1, 2, 3, 4, 6, 9, 14, 25):
        board.publish(min(board.size + 180, board.log.size()), verifiers=1)
        for fault in ("signal=KILL", "error=EIO"):
            injected = f"inject={call}:{fault}:when={number}"
            strace = [str(STRACE), "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", injected]
            done = subprocess.run(
                [*strace, *command(home, url, "--once")], env=dict(os.environ), capture_output=True, check=False
            )
            assert done.returncode in {0, 3, -9, 137}, done.stderr.decode()
            assert b"Traceback" not in done.stderr, done.stderr.decode()
            ends.append(done.returncode)
            size = check(home, board.log, size)
    assert -9 in ends
    board.publish(verifiers=3)
    check_whole(home, board, url)
