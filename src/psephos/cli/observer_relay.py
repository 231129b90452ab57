"""`psephos observer relay`: take ballots in where voters cannot reach the board, and bring them to it."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from psephos.adapters.files import read_message
from psephos.adapters.system import SystemClock, system_randomness
from psephos.cli.terminal import read_address

_file = click.Path(path_type=Path, dir_okay=False)
_directory = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("url")
@click.option("--home", type=_directory, required=True, help="The observer's directory.")
@click.option("--standby", "standbys", multiple=True, metavar="URL", help="A standby log's board; may be given often.")
@click.option("--charter", type=_file, help="The charter; without it, the one that the observer goes by.")
@click.option("--listen", default="127.0.0.1:7390", show_default=True, help="HOST:PORT; port 0 takes a free one.")
@click.option(
    "--most", default=10_000, show_default=True, type=click.IntRange(min=1), help="Ballots that are held at most."
)
@click.option(
    "--interval", default=5.0, show_default=True, type=click.FloatRange(min=0.1), help="Seconds between attempts."
)
def relay(
    *,
    url: str,
    home: Path,
    standbys: tuple[str, ...],
    charter: Path | None,
    listen: str,
    most: int,
    interval: float,
) -> None:
    """Take ballots in for the board at URL, hold them until the observers have countersigned them, bring them there.

    Whoever hands a ballot in gets the log's receipt or, where no board can be reached, the relay's signed word that it
    was received. The relay can neither read nor change a ballot, and keeps nothing about who brought it.
    """
    host, port = read_address(listen)
    # The server is imported only where one is run, so that the other commands start quickly.
    server = importlib.import_module("psephos.server.relay")
    opening = importlib.import_module("psephos.adapters.relay_opening")
    clock = SystemClock()
    say = importlib.import_module("psephos.server.connections").log_to_stderr(clock)
    known = read_message(charter) if charter else None
    with opening.open_relay(
        home, [url, *standbys], charter=known, most=most, clock=clock, say=say, fresh=system_randomness().bytes
    ) as opened:
        say("relaying", charter=opened.party.charter, key=str(opened.party.signer.key), **opened.counts())
        server.serve(opened, host=host, port=port, interval=interval, say=say)
