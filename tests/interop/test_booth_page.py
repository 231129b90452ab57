"""The page as it is built: organisers sign it, observers find it as signed, byte for byte, folder and single file."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from psephos.cli.main import run
from psephos.record.board_entries import EntryKind
from tests.cli.test_observer_booth import Mirror, publication
from tests.support.boards import StaticBoard
from tests.support.logged import Vote, hold_vote, log_of

BOOTH = Path(__file__).parents[2] / "booth"


def built(folder: Path, vote: Vote, *options: str) -> dict[str, bytes]:
    """The page for a vote."""
    board = ["--board", "https://board.example/2026/", "--relay", "https://relay.example/"]
    command = ["node", "scripts/build.mjs", "--out", str(folder), *board, "--charter", vote.name, *options]
    subprocess.run(command, cwd=BOOTH, check=True, timeout=300)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_built_page_is_signed_published_and_found_as_signed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What the build writes is what organisers can sign, and a server that delivers it is found right."""
    vote, log = hold_vote(), log_of(hold_vote())
    board = StaticBoard(tmp_path / "board", log)
    board.publish(9)
    folder, single = tmp_path / "page", tmp_path / "single"
    files = built(folder, vote) | built(single, vote, "--single", str(board.root))
    assert sorted(files) == ["booth.css", "booth.js", "index.html", "psephos-booth.html"]
    rest, log.received[9:] = log.received[9:], []
    log.add(EntryKind.BOOTH, [publication(vote, files, 1)])
    log.received += rest
    board.publish()
    with ExitStack() as stack:
        first, second = (stack.enter_context(Mirror(dict(files)).served()) for _ in range(2))
        addresses = [first, second, f"{second}psephos-booth.html"]
        command = ["observer", "check-booth", board.root.as_uri(), *addresses, "--fingerprint", vote.name]
        assert run([*command, "--keep", str(tmp_path / "kept")]) == 0
    assert "all 7 answers are publication 1 of the booth, byte for byte" in capfd.readouterr().err
