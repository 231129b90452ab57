"""Reports for tests in a browser: `python -m tests.e2e.reports DIRECTORY`."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path

from psephos.cli.main import run
from tests.support.bad_entries import bad_entry
from tests.support.logged import MemoryLog
from tests.support.sites import board_at, counted

_VOTING = 20


def main(folder: Path) -> None:
    """Make reports on a finished vote with entries without effect, and on one that goes on without its observers."""
    log = counted()
    board_at(folder / "boards" / "done", MemoryLog([*log.received, *[bad_entry("unknown kind")] * 3], log.blobs))
    board_at(folder / "boards" / "voting", MemoryLog(log.received[:_VOTING], log.blobs), witnesses=2, verifiers=2)
    for name, expected in (("done", 0), ("voting", 3)):
        with redirect_stdout(sys.stderr):
            assert run(["auditor", "report", str(folder / "boards" / name), "--to", str(folder / name)]) == expected


if __name__ == "__main__":
    main(Path(sys.argv[1]))
