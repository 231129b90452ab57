"""`psephos auditor finish`: what anybody may do once a vote has ended, without a key."""

from __future__ import annotations

from pathlib import Path

import click

from psephos.adapters.known_board import board_at, open_board
from psephos.adapters.system import system_randomness
from psephos.cli.board import charter_options, hand_in, judge, known_charter, say_acknowledged
from psephos.record.board_entries import EntryKind
from psephos.roles.auditor_finish import next_entry

_SALT = 16
_WORDS = {
    EntryKind.ENCRYPTED_TALLY: "the encrypted tally",
    EntryKind.REGIONAL_TALLY: "the regional tally",
    EntryKind.RESULT: "the result",
    EntryKind.REGIONAL_RESULT: "the regional result",
}


@click.command()
@click.argument("url")
@charter_options
def finish(*, url: str, charter: Path | None, fingerprint: str | None) -> None:
    """Verify the board at URL, and hand in what follows: the encrypted tally; once trustees have decrypted, the result.

    Where regions are counted, the regional ones follow: one entry each time. Anybody may; the first correct one has
    effect.
    """
    with board_at(url) as fetcher:
        board = open_board(fetcher, known_charter(charter, fingerprint), newest=True)
        state = judge(board)
        kind, contents = next_entry(state)
        policy = board.terms.receipts
        handed_in = hand_in(url, kind, contents, policy)
        if handed_in.receipt.index < state.size:  # it stood there before its time, and had no effect then
            handed_in = hand_in(url, kind, contents, policy, salt=system_randomness().bytes(_SALT))
    say_acknowledged(_WORDS[kind], handed_in)
