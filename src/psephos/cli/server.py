"""`psephos-server`: a board and its ballot box.

Exit codes: 0 done · 1 refused · 2 usage · 3 not reached, or the process had to end.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from psephos.adapters.board_directory import CHARTER, PUBLIC_KEY, create_directory, take_charter
from psephos.adapters.files import read_message
from psephos.adapters.system import SystemClock, system_randomness
from psephos.cli.terminal import read_address, run_group, say
from psephos.record.charter import fingerprint

_directory = click.argument("directory", type=click.Path(path_type=Path, file_okay=False))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="psephos", message="psephos %(version)s")
def server() -> None:
    """Run a board: take in ballots and entries, and publish them for everybody to check."""


@server.command()
@_directory
@click.option("--name", required=True, help="The log's origin: its address without the scheme, board.example/2026.")
def init(directory: Path, name: str) -> None:
    """Make a board in DIRECTORY: its key and an empty log. Prints the public key, for the charter.

    Neither the key nor the folder `state` is ever restored from a backup: a log that forgot what it signed must not go
    on.
    """
    signer = create_directory(directory, name, fresh=system_randomness().bytes, now=SystemClock().now())
    say(f"wrote {directory / PUBLIC_KEY} (for the organisers)")
    click.echo(signer.key)


@server.command()
@_directory
@click.argument("charter", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def charter(directory: Path, charter: Path) -> None:
    """Take the charter that the organisers have signed. Prints its fingerprint.

    It becomes entry 0 when the server starts; no other can.
    """
    signed = take_charter(directory, read_message(charter))
    say(f"wrote {directory / CHARTER} ({signed.charter.kind}: {signed.charter.title})")
    click.echo(fingerprint(signed.received))


@server.command()
@_directory
@click.option("--listen", default="127.0.0.1:7370", show_default=True, help="HOST:PORT; port 0 takes a free one.")
@click.option(
    "--interval",
    default=0.5,
    show_default=True,
    type=click.FloatRange(min=0.01, max=60),
    help="Seconds between batches.",
)
@click.option(
    "--refresh",
    default=60.0,
    show_default=True,
    type=click.FloatRange(min=0.5, max=3600),
    help="Seconds after which an idle log's checkpoint is cosigned again.",
)
@click.option(
    "--free-space",
    default=1 << 30,
    show_default=True,
    type=click.IntRange(min=0),
    help="Bytes on disk below which nothing is taken in.",
)
@click.option("--start-alone", is_flag=True, help="Go on although no witness confirms the head; that becomes an entry.")
def serve(directory: Path, listen: str, *, interval: float, refresh: float, free_space: int, start_alone: bool) -> None:
    """Take in and publish until stopped. Speak TLS through a proxy in front, which keeps no access log."""
    host, port = read_address(listen)
    # The server is imported only where one is run, so that the other commands start quickly.
    run_server: Callable[..., None] = importlib.import_module("psephos.server.board").serve
    parts = importlib.import_module("psephos.adapters.board_parts")
    settings = parts.ServiceSettings(
        interval=interval,
        refresh=refresh,
        start_alone=start_alone,
        log=parts.Settings(waits_for_quorum=True, free_space=free_space),
    )
    run_server(directory, host=host, port=port, clock=SystemClock(), settings=settings)


@server.command()
@_directory
@click.option("--from", "mirror", required=True, metavar="URL", help="An observer's mirror: https://…, or file:///….")
@click.option("--size", type=click.IntRange(min=1), help="How many entries (default: as a quorum has cosigned them).")
def succeed(directory: Path, *, mirror: str, size: int | None) -> None:
    """Begin the standby log in DIRECTORY with the entries of the log that is dead or has forked.

    DIRECTORY is a standby's, made by `psephos-server init`; the charter names its key. After this, `serve` shows the
    entries and takes in nothing until the observers have decided: each runs `psephos observer succeed`.
    """
    successor = importlib.import_module("psephos.adapters.successor")
    http = importlib.import_module("psephos.adapters.http")
    with http.Web() as web:
        note = successor.begin_successor(directory, http.fetcher_of(mirror, web), size=size, now=SystemClock().now())
    say(f"the log begins with the {note.head.size} entries that {note.checkpoint.origin} had")
    say("next: psephos-server serve; the observers run psephos observer succeed, and then it goes on by itself")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    return run_group(server, "psephos-server", arguments)


if __name__ == "__main__":
    main()
