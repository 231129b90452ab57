"""`psephos auditor relayed`: what a relay has signed about a ballot."""

from __future__ import annotations

from pathlib import Path

import click

from psephos.adapters.files import read_message
from psephos.board.note import read_verifier_key
from psephos.cli.board import charter_options, check_word, known_charter
from psephos.cli.terminal import say
from psephos.record.board_terms import show_time

_file = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("word", type=_file)
@click.argument("ballot", type=_file)
@click.option("--key", required=True, metavar="VKEY", help="The relay's key, as its observer has published it.")
@charter_options
def relayed(*, word: Path, ballot: Path, key: str, charter: Path | None, fingerprint: str | None) -> None:
    """Check WORD, in which a relay says that it has received BALLOT, and print when that was.

    It convicts nobody: the log has promised nothing. It says which observer has to show what became of the ballot.
    """
    relay, received = read_verifier_key(key, at="--key"), read_message(ballot)
    found = check_word(read_message(word), relay, ballot=received, known=known_charter(charter, fingerprint))
    click.echo(f"{show_time(found.at)}  {relay.name}  {found.ballot}")
    say("the relay says so; whether the ballot is in the record, psephos voter find TRACKER URL tells")
