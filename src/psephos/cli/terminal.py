"""Words to the person at the terminal: errors, hints, prompts, what was written. Data goes to stdout."""

from __future__ import annotations

from pathlib import Path

import click

from psephos.adapters.files import read_secret, write_new
from psephos.adapters.sealing import SHORTEST_PASSPHRASE
from psephos.errors import MalformedError, PsephosError


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


def ask_passphrase(file: Path | None, *, new: bool) -> str:
    """A passphrase from a file that only its owner can read, or from a prompt; never from the command line.

    Raises:
        RefusedError: Others may read the file.
        MalformedError: It is not text.
        UnavailableError: The file cannot be read.
    """
    if file is not None:
        try:
            return read_secret(file).decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise MalformedError(f"{file} is not text in UTF-8", at=str(file)) from None
    label = f"Passphrase (at least {SHORTEST_PASSPHRASE} characters)" if new else "Passphrase"
    answer: str = click.prompt(label, hide_input=True, confirmation_prompt=new, err=True)
    return answer


passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Read the passphrase from this file (mode 600) instead of asking for it.",
)
