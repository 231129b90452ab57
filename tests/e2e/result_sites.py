"""Result sites for tests in a browser: `python -m tests.e2e.result_sites DIRECTORY SCRIPT`.

Prints one line: what stands in them that a reader may look for.
"""

from __future__ import annotations

import csv
import json
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from psephos.cli.main import run
from tests.support.logged import MemoryLog, hold_vote, log_of
from tests.support.sites import DECIDED, board_at, counted

_VOTING = 20


def main(arguments: list[str]) -> None:
    """Make the sites."""
    folder, script = Path(arguments[0]), arguments[1]
    log, practice = counted(), counted("rehearsal")
    board_at(folder / "boards" / "provisional", log)
    board_at(folder / "boards" / "final", log, at=DECIDED)
    board_at(folder / "boards" / "unsigned", log, witnesses=2, verifiers=2)
    board_at(folder / "boards" / "voting", MemoryLog(log.received[:_VOTING], log.blobs))
    board_at(folder / "boards" / "rehearsal", practice)
    board_at(folder / "boards" / "plain", log_of(hold_vote()))
    for board in sorted((folder / "boards").iterdir()):
        with redirect_stdout(sys.stderr):
            code = run(["auditor", "site", str(board), "--script", script, "--to", str(folder / board.name)])
        assert code == 0, board.name
    data = folder / "provisional" / "data"
    ballots = list(csv.DictReader(StringIO((data / "ballots.csv").read_text(encoding="utf-8-sig"))))
    votes = json.loads((data / "result.json").read_text())["questions"][0]["answers"][0]["votes"]
    found = {"ballots": [ballot["fingerprint"] for ballot in ballots], "yes": votes}
    print(json.dumps(found))  # noqa: T201 - the line is what the tests read


if __name__ == "__main__":
    main(sys.argv[1:])
