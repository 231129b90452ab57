"""What `psephos verify` shows of regions."""

from __future__ import annotations

from rich.console import Console

from psephos.cli.auditor import show_report
from psephos.verify.board_audit import audit_board
from tests.support.logged import hold_vote, log_of
from tests.support.regional import finished


def test_counts_of_each_cell_are_shown() -> None:
    """Merged regions as one line, with their number of ballots together; a vote without regions shows none."""
    console = Console(width=200)
    with console.capture() as shown:
        show_report(audit_board(finished()).report, console)
    lines = [" ".join(line.split()) for line in shown.get().splitlines()]
    assert "coast + hills: 6 ballots: yes 3, no 2, blank 1" in lines
    assert "south: 4 ballots: yes 0, no 3, blank 1" in lines
    assert "no region: 3 ballots: yes 0, no 3, blank 0 (all the same)" in lines
    with console.capture() as shown:
        show_report(audit_board(log_of(hold_vote())).report, console)
    assert "ballots:" not in shown.get()
