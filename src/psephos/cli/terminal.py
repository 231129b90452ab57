"""Words to the person at the terminal: errors, hints, what was written. Data goes to stdout."""

from __future__ import annotations

from pathlib import Path

import click

from psephos.adapters.files import write_new
from psephos.errors import PsephosError


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
