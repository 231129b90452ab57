"""Passphrases of key files: from a file that only its owner can read, or from a prompt.

A module of its own, so that a voter, who has no key file, need not wait for age to be loaded.
"""

from __future__ import annotations

from pathlib import Path

import click

from psephos.adapters.files import read_secret
from psephos.adapters.sealing import SHORTEST_PASSPHRASE
from psephos.errors import MalformedError


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
