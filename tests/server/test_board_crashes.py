"""A board that dies: nothing that it acknowledged is lost, and what it cannot know it does not say."""

from pathlib import Path

import pytest

from psephos.adapters.http import Web
from psephos.errors import UnavailableError
from tests.server import board_crash
from tests.server.board_process import Board, Place, terms


@pytest.mark.slow
def test_board_that_is_killed_while_voters_hand_in_loses_nothing(tmp_path: Path) -> None:
    """At least eight kills; every ballot that was acknowledged is where its receipt says, and has effect."""
    found = board_crash.kill_at_random(tmp_path, rounds=8, longest=0.6, seed=3, least=20)
    assert found["acknowledged"] >= 20


@pytest.mark.slow
def test_board_whose_system_calls_fail_loses_nothing(tmp_path: Path) -> None:
    """Errors of the disk and kills in the commit path, injected from outside: it ends itself, and goes on after."""
    found = board_crash.inject(tmp_path, calls=["fsync", "rename"], numbers=[1, 4, 30])
    assert found["deaths"] == {
        f"{call} {fault}": 3
        for call in ("fsync", "rename")
        for fault in ("EIO: ended itself", "ENOSPC: ended itself", "SIGKILL: killed")
    }
    assert found["acknowledged"] > 0


def test_board_that_no_longer_knows_what_is_stored_ends_and_answers_nobody(tmp_path: Path, web: Web) -> None:
    """Another file lies where a tile has to be: exit code 3, and then it refuses to start until somebody has looked.

    The ballot was committed before; so whoever got no answer and hands it in again gets its first place.
    """
    place = Place.make(tmp_path / "board", terms(), web=web)
    board = Board(place.directory, "--start-alone")
    place.open(board)
    size = place.health(board)["size"]
    tile = place.directory / "pub" / "tile" / "0" / "000.p" / str(size + 1)
    tile.write_bytes(b"another")
    with pytest.raises(UnavailableError):
        place.client(board, patience=0).ballot(place.vote.ballots[0])
    assert board.stop(0) == 3
    (fatal,) = [event for event in board.events() if event["event"] == "fatal"]
    assert "is stored with other bytes" in fatal["reason"]
    again = Board(place.directory, "--start-alone")
    assert (again.url, again.stop(0)) == ("", 1)
    tile.unlink()
    with Board(place.directory, "--start-alone") as mended:
        assert place.client(mended).ballot(place.vote.ballots[0]).index == size
