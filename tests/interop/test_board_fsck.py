"""Logs that were killed, again and again, read by programs of others: Tessera's fsck, golang.org/x/mod, torchwood.

The Go program is the one of `test_board_go`; its versions are pinned in `go/go.mod`.
"""

import base64
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.disk import create_log, open_stores
from psephos.board.log import Log
from psephos.board.merkle import hash_leaf
from psephos.board.pool import Settings
from tests.board.example import LOG, ORIGIN
from tests.board.log_world import START, check_log, confirmed, entry_of
from tests.interop.test_board_go import GO, MODULE
from tests.server import board_crash
from tests.support.logged import LOG as BOARD

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program."""
    built = tmp_path_factory.mktemp("go") / "interop"
    subprocess.run([GO, "build", "-mod=readonly", "-buildvcs=false", "-o", built, "."], cwd=MODULE, check=True)
    return built


def ask(program: Path, verb: str, question: Any) -> Any:
    """Ask it."""
    done = subprocess.run([program, verb], input=json.dumps(question).encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def crash(*arguments: str) -> None:
    """Let logs die."""
    command = [sys.executable, "-m", "tests.board.log_crash", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def check_with_others(program: Path, folder: Path) -> None:
    """All entries, every checkpoint that was seen, inclusion and consistency; by none of our code."""
    seen = [read_signed_checkpoint(note.encode()).head for note in json.loads(folder.with_suffix(".seen").read_text())]
    heads = sorted({head for head in seen if head.size}, key=lambda head: head.size)
    final = heads[-1]
    answer = ask(
        program,
        "log",
        {"dir": str(folder / "pub"), "vkey": str(LOG.key), "prove": [head.size - 1 for head in heads]},
    )
    assert (answer["read"], answer["fsck"]) == ("", "")
    assert len(answer["entries"]) >= final.size
    newest = read_signed_checkpoint((folder / "pub" / "checkpoint").read_bytes()).head
    common = {"size": newest.size, "root": newest.root.hex()}
    questions = []
    for head, inclusion, consistency in zip(heads, answer["inclusion"], answer["consistency"], strict=True):
        leaf = hash_leaf(base64.b64decode(answer["entries"][head.size - 1])).hex()
        questions.append(common | {"proof": inclusion, "index": head.size - 1, "leaf": leaf})
        questions.append(common | {"proof": consistency, "old": head.size, "leaf": head.root.hex()})
    assert set(ask(program, "proofs", questions)) == {""}
    sizes = [head.size for head in heads]
    assert all(old < new for old, new in itertools.pairwise(sizes)), "two checkpoints of one size"


@pytest.mark.slow
def test_logs_that_were_killed_at_random_are_whole_for_others(program: Path, tmp_path: Path) -> None:
    """After twenty kills: fsck finds nothing, and every checkpoint that was ever seen is of one history."""
    crash("kill", str(tmp_path), "--rounds", "20", "--seed", "5")
    for number in range(2):
        check_with_others(program, tmp_path / f"log-{number}")


@pytest.mark.slow
def test_logs_whose_system_calls_failed_are_whole_for_others(program: Path, tmp_path: Path) -> None:
    """After errors and kills in system calls, at the start and later."""
    assert shutil.which("strace") is not None, "strace is missing: scripts/system-packages installs it"
    calls = ["fsync", "rename", "pwrite64"]
    crash("inject", str(tmp_path), "--numbers", "2,9,30", "--calls", ",".join(calls))
    for hold in ("commit", "start"):
        for call in calls:
            check_with_others(program, tmp_path / f"log-{hold}-{call}")


@pytest.mark.slow
def test_log_whose_partial_tiles_are_collected_is_whole_for_others(program: Path, tmp_path: Path) -> None:
    """70,000 entries, three levels of tiles, and only those partial tiles that the newest checkpoint needs."""
    folder = tmp_path / "log"
    create_log(folder, LOG, now=START)
    with open_stores(folder, ORIGIN) as stores:
        log = Log(stores, LOG, now=START, settings=Settings(free_space=0, pool_entries=20_000))
        log.consult(confirmed(log))
        for first in (0, 10, 20_000, 40_000, 60_000, 65_537):
            last = {0: 10, 60_000: 65_537, 65_537: 70_000}.get(first, first // 20_000 * 20_000 + 20_000)
            for number in range(first, last):
                log.submit(entry_of(number))
            log.sequence(START)
            log.collect(log.signed.head.size)
        head = stores.heads.read()
        assert head is not None
        assert len(check_log(stores.storage, head)) == 70_000
    parts = sorted(str(path.relative_to(folder / "pub" / "tile")) for path in (folder / "pub").rglob("*.p/*"))
    assert parts == ["0/273.p/112", "1/001.p/17", "2/000.p/1", "entries/273.p/112"]
    folder.with_suffix(".seen").write_text(json.dumps([bytes(log.signed).decode()]))
    check_with_others(program, folder)


@pytest.mark.slow
def test_board_that_was_killed_while_it_served_is_whole_for_others(program: Path, tmp_path: Path) -> None:
    """The tiles that psephos-server made: fsck finds nothing, and there is every entry."""
    found = board_crash.kill_at_random(tmp_path, rounds=3, longest=0.8, seed=11, least=10)
    folder = tmp_path / "0" / "board"
    answer = ask(program, "log", {"dir": str(folder / "pub"), "vkey": str(BOARD.key), "prove": [0]})
    assert (answer["read"], answer["fsck"]) == ("", "")
    assert len(answer["entries"]) >= found["entries"] > 10


def test_log_with_a_wrong_entry_is_not_whole_for_others(program: Path, tmp_path: Path) -> None:
    """They do look."""
    folder = tmp_path / "log"
    create_log(folder, LOG, now=START)
    with open_stores(folder, ORIGIN) as stores:
        log = Log(stores, LOG, now=START, settings=Settings(free_space=0))
        log.consult(confirmed(log))
        for number in range(300):
            log.submit(entry_of(number))
        log.sequence(START)
    question = {"dir": str(folder / "pub"), "vkey": str(LOG.key), "prove": [0]}
    assert ask(program, "log", question)["fsck"] == ""
    bundle = folder / "pub" / "tile" / "entries" / "000"
    bundle.chmod(0o644)
    bundle.write_bytes(bundle.read_bytes().replace(b"entry", b"Entry", 1))
    assert ask(program, "log", question)["fsck"]
