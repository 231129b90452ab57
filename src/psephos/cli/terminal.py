"""Words to the person at the terminal: errors, hints, what was written. Data goes to stdout.

Exit codes: 0 done · 1 verified false, or refused · 2 usage · 3 could not verify, or not reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from psephos.adapters.files import write_new
from psephos.errors import PsephosError, QuorumError, UnavailableError, UnsupportedError

_FALSE, _USAGE, _UNKNOWN = 1, 2, 3
_LARGEST_PORT = 65_535


def say(text: str) -> None:
    """A line for the person, on stderr."""
    click.echo(text, err=True)


def show_error(error: PsephosError) -> None:
    """An error with its code, place and culprit; its hint on a line of its own."""
    click.echo(click.style(f"error[{error.code}]", fg="red", bold=True) + f": {error}", err=True)
    if error.hint:
        say(f"hint: {error.hint}")


def write(path: Path, content: bytes, *, what: str, secret: bool = False) -> None:
    """Write a new file and say so; the very same content is not an error.

    Raises:
        RefusedError: Another file of that name exists.
        UnavailableError: It cannot be written.
    """
    fresh = write_new(path, content, secret=secret)
    say(f"{'wrote' if fresh else 'kept'} {path} ({what})")


def read_address(listen: str) -> tuple[str, int]:
    """Where a server is to listen, as `--listen` says it: host and port.

    Raises:
        UsageError: It is not HOST:PORT.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _LARGEST_PORT:
        raise click.UsageError(f"--listen is HOST:PORT, not {listen}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def run_group(group: click.Group, name: str, arguments: Sequence[str] | None) -> int:
    """Run a program's command; every error becomes words and an exit code."""
    try:
        outcome: Any = group.main(args=arguments, prog_name=name, standalone_mode=False)
    except click.exceptions.Exit as finished:
        return finished.exit_code
    except click.Abort:
        say("stopped; nothing was written")
        return _USAGE
    except click.ClickException as error:
        error.show()
        return _USAGE
    except PsephosError as error:
        show_error(error)
        return _UNKNOWN if isinstance(error, UnavailableError | UnsupportedError | QuorumError) else _FALSE
    return outcome if isinstance(outcome, int) else 0
