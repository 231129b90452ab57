"""`psephos-witness`: an observer's countersigning program.

Exit codes: 0 done · 1 the log contradicts itself, or refused · 2 usage · 3 not reached.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import click

from psephos.adapters.system import SystemClock, system_randomness
from psephos.adapters.witness import Witness, create_keys, event_line, read_keys
from psephos.adapters.witness_pull import pull as pull_board
from psephos.adapters.witness_store import BrokenStoreError, WitnessStore, create_store
from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.client import ForkError
from psephos.board.note import read_verifier_key, write_signature_lines
from psephos.board.witness import origin_hash
from psephos.cli.stopping import Stop
from psephos.cli.terminal import read_address, run_group, say, write
from psephos.errors import BoardError, PsephosError, RefusedError, UnavailableError

_DATABASE = "witness.db"
_EVIDENCE = "evidence"
_PUBLIC = "witness.vkeys"
_SUCCESS = range(200, 300)
_FALSE, _USAGE, _UNKNOWN = 1, 2, 3

_directory = click.argument("directory", type=click.Path(path_type=Path, file_okay=False))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="psephos", message="psephos %(version)s")
def witness() -> None:
    """Countersign a board: it grew from what I saw before, and from nothing else."""


@witness.command()
@_directory
@click.option("--name", required=True, help="The cosigner's name, such as observer1.example/w1.")
def init(directory: Path, name: str) -> None:
    """Make a witness in DIRECTORY: two keys and an empty memory.

    Neither is ever restored from a backup: a witness that forgot what it cosigned must not go on under its old name.
    """
    if (directory / _DATABASE).exists():
        raise RefusedError(f"{directory} is a witness already", at=str(directory))
    cosigners = create_keys(directory, name, system_randomness().bytes)
    keys = [cosigner.key for cosigner in cosigners]
    create_store(directory / _DATABASE, keys)
    write(directory / _PUBLIC, "".join(f"{key}\n" for key in keys).encode(), what="public keys, for the policy")
    for key in keys:
        click.echo(key)


@witness.group()
def log() -> None:
    """Which logs are witnessed."""


@log.command("add")
@_directory
@click.argument("vkeys", nargs=-1, required=True)
def log_add(directory: Path, vkeys: tuple[str, ...]) -> None:
    """Witness the log that has these keys, from its next checkpoint on; for a known log, trust these keys as well.

    A log is never removed: if it came back, its past would be forgotten.
    """
    keys = [read_verifier_key(text, at=f"key {at}") for at, text in enumerate(vkeys, start=1)]
    with closing(WitnessStore(directory / _DATABASE, [cosigner.key for cosigner in read_keys(directory)])) as store:
        store.add_log(keys)
    say(f"witnessing {keys[0].name}")


@log.command("list")
@_directory
def log_list(directory: Path) -> None:
    """For each log: size and time of what was cosigned last, origin, path of its checkpoint."""
    with _open(directory) as countersigner:
        for origin, state in countersigner.logs().items():
            click.echo(f"{state.head.size}\t{state.cosigned_at}\t{origin}\t/{origin_hash(origin)}/checkpoint")


@witness.command()
@_directory
@click.option("--listen", default="127.0.0.1:7380", show_default=True, help="HOST:PORT; port 0 takes a free one.")
def serve(directory: Path, listen: str) -> int:
    """Answer add-checkpoint requests until stopped. Speak TLS through a proxy in front."""
    host, port = read_address(listen)
    # The server is imported only where one is run, so that the other commands start quickly.
    run_server: Callable[..., bool] = importlib.import_module("psephos.server.witness").serve
    with _open(directory) as countersigner:
        return 0 if run_server(countersigner, host=host, port=port, clock=SystemClock()) else _UNKNOWN


@witness.command()
@_directory
@click.argument("board")
@click.option("--origin", help="Which log; needed if several are witnessed.")
@click.option("--push", metavar="URL", help="Hand the cosigned checkpoint in here (POST).")
@click.option("--every", default=10.0, show_default=True, type=click.FloatRange(min=0.1), help="Seconds between looks.")
@click.option("--once", is_flag=True, help="Look once, and print the cosignature lines.")
def pull(directory: Path, board: str, origin: str | None, push: str | None, every: float, *, once: bool) -> int:
    """Cosign BOARD (https://…, file:///…) without being reachable: fetch it, check its growth, hand the lines in."""
    from psephos.adapters.http import Web, fetcher_of  # noqa: PLC0415 - a third of the start-up of `serve`

    with _open(directory) as countersigner, Web() as web:
        files = fetcher_of(board, web)
        origins = list(countersigner.logs())
        if origin is None and len(origins) != 1:
            raise click.UsageError(f"--origin is needed: {len(origins)} logs are witnessed")

        def look() -> SignedCheckpoint:
            signed = pull_board(countersigner, files, origin=origin or origins[0])
            if push and (status := web.post(push, bytes(signed)).status) not in _SUCCESS:
                raise UnavailableError(f"{push} answered {status}", at=push)
            return signed

        if not once:
            return _keep_looking(look, every)
        keys = {(one.key.name, one.key.key_id) for one in read_keys(directory)}
        lines = [line for line in look().note.signatures if (line.name, line.key_id) in keys]
        click.echo(write_signature_lines(lines).decode(), nl=False)
        return 0


@contextmanager
def _open(directory: Path) -> Iterator[Witness]:
    cosigners = read_keys(directory)
    with closing(WitnessStore(directory / _DATABASE, [cosigner.key for cosigner in cosigners])) as store:
        yield Witness(store, cosigners, clock=SystemClock(), evidence=directory / _EVIDENCE)


def _keep_looking(look: Callable[[], SignedCheckpoint], every: float) -> int:
    """Look until told to stop. What is only a trouble is said and looked at again; a fork ends it."""
    stop = Stop()
    stop.listen()
    clock = SystemClock()
    while not stop.is_set():
        try:
            head = look().head
            say(event_line(clock.now(), "cosigned", size=head.size))
        except (ForkError, BrokenStoreError):
            raise
        except PsephosError as error:
            event = "alarm" if isinstance(error, BoardError) else "trouble"
            say(event_line(clock.now(), event, code=error.code, reason=str(error)))
        stop.wait(every)
    return 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    return run_group(witness, "psephos-witness", arguments)


if __name__ == "__main__":
    main()
