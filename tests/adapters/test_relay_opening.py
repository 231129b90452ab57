"""A relay starts from whichever place shows the vote: what a board holds back or strips, the observer's mirror has."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path

import pytest

from psephos.adapters import relay_opening
from psephos.adapters.relay_opening import open_relay
from psephos.cli.main import run
from psephos.errors import MalformedError, QuorumError, UnavailableError
from psephos.record.acceptance import Setup
from psephos.record.reading import OpenedBoard
from tests.adapters.test_relay import Clock
from tests.support.bad_entries import BALLOTS
from tests.support.boards import StaticBoard, served
from tests.support.logged import hold_vote, log_of


class Scene:
    """An observer's directory, and a board that hides what it can."""

    def __init__(self, root: Path) -> None:
        self.home, self.vote = root / "home", hold_vote()
        assert run(["observer", "init", str(self.home), "--name", "observer1.example"]) == 0
        self.board = StaticBoard(root / "board", log_of(self.vote).first(BALLOTS))

    def mirror(self) -> None:
        """The observer has seen the vote."""
        StaticBoard(self.home / "mirror", log_of(self.vote).first(BALLOTS)).publish()

    def takes(self) -> bytes | None:
        """What a relay for this board, which takes in nothing, says to a ballot."""
        with ExitStack() as stack:
            url = stack.enter_context(served(self.board.root)).url
            relay = stack.enter_context(
                open_relay(
                    self.home,
                    [url],
                    charter=self.vote.charter,
                    most=10,
                    clock=Clock(),
                    say=lambda *_, **__: None,
                    fresh=secrets.token_bytes,
                )
            )
            answer = relay.take(self.vote.ballots[0])
        return answer if isinstance(answer, bytes) else None


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Before the board shows anything."""
    return Scene(tmp_path)


def test_board_that_strips_cosignatures_does_not_stop_a_relay(scene: Scene) -> None:
    """The mirror has them; without a mirror, what is wrong with the board is said."""
    scene.board.publish(witnesses=1, verifiers=0)
    with pytest.raises(QuorumError):
        scene.takes()
    scene.mirror()
    assert scene.takes()


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint.latest"])
def test_board_that_shows_no_note_for_a_checkpoint_does_not_stop_a_relay(scene: Scene, name: str) -> None:
    """Garbage says nothing about the vote."""
    scene.board.publish()
    scene.board.write(name, b"closed by order\n")
    with pytest.raises(MalformedError):
        scene.takes()
    scene.mirror()
    assert scene.takes()


def test_board_that_shows_a_checkpoint_and_no_entries_does_not_stop_a_relay(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It opens, and then nothing of the vote can be read."""
    scene.board.publish()
    scene.mirror()
    read = relay_opening.read_vote
    tried: list[OpenedBoard] = []

    def first_in_vain(board: OpenedBoard) -> tuple[Setup, bytes]:
        tried.append(board)
        if len(tried) == 1:
            raise UnavailableError("no such tile")
        return read(board)

    monkeypatch.setattr(relay_opening, "read_vote", first_in_vain)
    assert scene.takes()
    assert len(tried) == 2
