"""A trustee's directory: its key, a copy of each message it sent, and its journal. See `psephos.cli.trustee`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from psephos.adapters.files import read_message, read_secret
from psephos.adapters.sealing import open_with_passphrase
from psephos.cli.terminal import say, write
from psephos.errors import OutOfTurnError, RefusedError
from psephos.protocol.encoding import read_json
from psephos.record.keyfile import Home

HOME_FILE = "trustee-home.json"
JOURNAL = "answered.json"


def read_home(home: Path) -> Home:
    """The directory's mark.

    Raises:
        OutOfTurnError: It is no trustee's directory.
    """
    mark = read_kept(home / HOME_FILE)
    if mark is None:
        raise OutOfTurnError(
            f"{home.absolute()} is not a trustee's directory",
            at=str(home / HOME_FILE),
            hint="name your directory with --home; `psephos trustee join` makes one",
        )
    return read_json(mark, Home, what=str(home / HOME_FILE))


def index_of(home: Path) -> int:
    """The trustee's number; see `read_home`."""
    return read_home(home).index


def read_kept(path: Path) -> bytes | None:
    """A file that was written before; None if it was not."""
    return read_message(path) if path.exists() else None


def open_key(key: Path, passphrase: str) -> bytes:
    """A key file, opened.

    Raises:
        OutOfTurnError: It is not there.
        RefusedError: The passphrase does not open it.
    """
    if not key.exists():
        step = "receive" if key.name.endswith(".key.age") else "join"
        raise OutOfTurnError(
            f"{key} is not there",
            at=str(key),
            hint=f"`psephos trustee {step}` makes it; or name your directory: --home",
        )
    return open_with_passphrase(read_secret(key), passphrase, what=str(key))


def send(home: Path, out: Path, name: str, content: bytes, *, what: str) -> None:
    """Keep a message in the trustee's directory, and put it where it can be sent from."""
    write(home / name, content, what=what)
    if out.resolve() != home.resolve():
        write(out / name, content, what=what)


def ask_fingerprint(what: str) -> str:
    """A fingerprint that came over another channel."""
    say(f"Ask for the fingerprint of the {what} over a channel that the organiser's files did not come through:")
    say("a call, a newspaper, another trustee. Do not copy it from the organiser's message.")
    answer: Any = click.prompt("Fingerprint", err=True)
    return str(answer)


def confirm_restored() -> None:
    """Ask before a key without its journal answers.

    Raises:
        RefusedError: The trustee does not say that nobody holds an answer.
    """
    say("This key was restored from a backup: it does not know whether it has answered before.")
    say("If anybody holds an answer of yours, it stays good, and you must not give another.")
    question = "Have you asked the organiser, the other trustees and the observers, and nobody holds one?"
    if not click.confirm(question, default=False, err=True):
        raise RefusedError(
            "not decrypted", at=JOURNAL, hint="ask them for decryption-i.json and bound-i.json under your number"
        )
