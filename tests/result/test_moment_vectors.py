"""The shared vectors about the moment of a quorum: what every implementation finds."""

from __future__ import annotations

from typing import Any

import pytest

from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.policy import read_policy
from psephos.result.moments import quorum_moment
from tests.support.moments import FILE, write
from tests.support.records import json_of

VECTORS: dict[str, Any] = json_of(FILE)


def test_file_is_what_its_program_writes() -> None:
    """Nobody has changed it by hand."""
    assert FILE.read_bytes() == write()


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_quorum_sets_the_moment(case: dict[str, Any]) -> None:
    """Not one observer alone, whatever its clock says."""
    signed = read_signed_checkpoint(case["note"].encode())
    assert quorum_moment(signed, [read_policy(case["policy"].encode())]) == case["moment"]
