"""The board against its own description, by a program of others: schemathesis makes up requests and checks answers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from psephos.adapters.http import Web
from tests.server.board_process import Board, Place, terms

ROOT = Path(__file__).parents[2]
DESCRIPTION = ROOT / "docs" / "reference" / "openapi.yaml"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)


@pytest.mark.slow
def test_board_answers_everything_as_its_description_says(tmp_path: Path, web: Web) -> None:
    """No request makes it fail; no answer has a status, a type or a form that the description does not name."""
    place = Place.make(tmp_path / "board", terms(), web=web)
    with Board(place.directory, "--start-alone") as board:
        place.open(board)
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(DESCRIPTION), "--url", board.url),
            *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"),
            *("--max-examples", "60", "--seed", "7", "--generation-database", "none", "--no-color"),
        ]
        knows = os.environ | {"SCHEMATHESIS_HOOKS": "tests.server.contract_hooks", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=tmp_path, env=knows, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert place.client(board).ballot(place.vote.ballots[0])
