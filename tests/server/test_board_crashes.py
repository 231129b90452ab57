"""A board that dies: nothing that it acknowledged is lost, and what it cannot know it does not say."""

from pathlib import Path

import pytest

from tests.server import board_crash


@pytest.mark.slow
def test_board_that_is_killed_while_voters_hand_in_loses_nothing(tmp_path: Path) -> None:
    """Eight kills; every ballot that was acknowledged is where its receipt says, and has effect."""
    found = board_crash.run(tmp_path, rounds=8, longest=0.6, seed=3)
    assert found["acknowledged"] > 20
