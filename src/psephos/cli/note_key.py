"""Keys that sign notes, sealed under a passphrase in their owner's directory."""

from __future__ import annotations

from pathlib import Path

import click

from psephos.adapters.files import read_secret
from psephos.adapters.sealing import open_with_passphrase, seal_with_passphrase
from psephos.adapters.system import system_randomness
from psephos.board.note import SEED_SIZE, Ed25519Signer
from psephos.cli.passphrase import ask_passphrase
from psephos.cli.terminal import write
from psephos.errors import RefusedError
from psephos.record.note_key import Owner, make_note_key, read_note_key


def make_key(owner: Owner, path: Path, public: Path, *, name: str, passphrase_file: Path | None, what: str) -> None:
    """Make a key, unless it is there; write its public half, and print it.

    Args:
        owner: Whose it is.
        path: Of the sealed key.
        public: Of its public half.
        name: Under which it signs.
        passphrase_file: See `ask_passphrase`.
        what: What the public half is for.

    Raises:
        RefusedError: There is a key of another name.
    """
    passphrase = ask_passphrase(passphrase_file, new=not path.exists())
    if path.exists():
        signer = _opened(owner, path, read_secret(path), passphrase)
        if signer.key.name != name:
            raise RefusedError(f"{path} is the key of {signer.key.name}", at=str(path), hint="use another directory")
    else:
        made = make_note_key(owner, name=name, seed=system_randomness().bytes(SEED_SIZE))
        signer = read_note_key(owner, made)
        write(path, seal_with_passphrase(made, passphrase), what="SECRET, sealed with your passphrase", secret=True)
    write(public, f"{signer.key}\n".encode(), what=what)
    click.echo(str(signer.key))


def open_key(owner: Owner, path: Path, *, passphrase_file: Path | None) -> Ed25519Signer:
    """Whoever signs with a key that was made; see `ask_passphrase` for its passphrase."""
    sealed = read_secret(path)
    return _opened(owner, path, sealed, ask_passphrase(passphrase_file, new=False))


def _opened(owner: Owner, path: Path, sealed: bytes, passphrase: str) -> Ed25519Signer:
    return read_note_key(owner, open_with_passphrase(sealed, passphrase, what=str(path)))
