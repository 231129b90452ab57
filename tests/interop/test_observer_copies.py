"""What observers keep and carry, read by programs of others: Tessera's fsck, golang.org/x/mod, torchwood."""

import base64
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from psephos.board.checkpoint import read_signed_checkpoint
from psephos.cli.main import run
from tests.interop.test_board_fsck import ask, program
from tests.support.bad_entries import BALLOTS
from tests.support.boards import StaticBoard
from tests.support.logged import LOG, MemoryLog, hold_vote, log_of

__all__ = ["program"]


def question_about(root: Path, *, size: int) -> dict[str, Any]:
    """What others are asked about a log in a directory."""
    return {"dir": str(root), "vkey": str(LOG.key), "prove": [0, size - 1]}


@pytest.mark.parametrize("place", ["mirror", "stick"])
def test_copies_of_a_board_are_whole_for_others(program: Path, tmp_path: Path, place: str) -> None:
    """An observer's mirror after several steps, and what is unpacked from a USB stick."""
    log = log_of(hold_vote()).with_entries((BALLOTS, b"rubbish %d" % number) for number in range(600))
    board = StaticBoard(tmp_path / "board", log)
    assert run(["observer", "init", str(tmp_path / "home"), "--name", "observer1.example"]) == 0
    for size in (5, 257, 300, log.size()):
        board.publish(size)
        assert run(["observer", "follow", board.root.as_uri(), "--home", str(tmp_path / "home"), "--once"]) == 0
    copy = tmp_path / "home" / "mirror"
    if place == "stick":
        assert run(["observer", "export", str(tmp_path / "stick.zip"), "--home", str(tmp_path / "home")]) == 0
        copy = tmp_path / "copy"
        with zipfile.ZipFile(tmp_path / "stick.zip") as archive:
            archive.extractall(copy)
    answer = ask(program, "log", question_about(copy, size=log.size()))
    assert (answer["read"], answer["fsck"]) == ("", "")
    assert [base64.b64decode(entry) for entry in answer["entries"]] == log.received
    bundle = copy / "tile" / "entries" / "001"
    bundle.chmod(0o644)
    bundle.write_bytes(bundle.read_bytes().replace(b"rubbish", b"Rubbish", 1))
    assert ask(program, "log", question_about(copy, size=log.size()))["fsck"]


def test_evidence_of_a_fork_convinces_others(program: Path, tmp_path: Path) -> None:
    """Both notes are the log's, and their consistency proof leads from another past: by none of our code."""
    log, home = log_of(hold_vote()), tmp_path / "home"
    board = StaticBoard(tmp_path / "board", log)
    board.publish()
    assert run(["observer", "init", str(home), "--name", "observer1.example"]) == 0
    assert run(["observer", "follow", board.root.as_uri(), "--home", str(home), "--once"]) == 0
    other = MemoryLog([*log.received[:7], *log.received[8:], b"one", b"two"], log.blobs)
    StaticBoard(tmp_path / "other", other).publish()
    assert run(["observer", "follow", (tmp_path / "other").as_uri(), "--home", str(home), "--once"]) == 1
    (file,) = (home / "evidence").glob("fork-*")
    evidence = json.loads(file.read_text())
    small, large = sorted(
        (read_signed_checkpoint(evidence[name].encode()).head for name in ("ours", "theirs")),
        key=lambda head: head.size,
    )
    common = {
        "size": large.size,
        "root": large.root.hex(),
        "proof": [base64.b64decode(one).hex() for one in evidence["proof"]],
        "old": small.size,
    }
    old_root = base64.b64decode(evidence["old_root"])
    grown, contradicts = ask(
        program, "proofs", [common | {"leaf": old_root.hex()}, common | {"leaf": small.root.hex()}]
    )
    assert grown == ""
    assert contradicts != ""
