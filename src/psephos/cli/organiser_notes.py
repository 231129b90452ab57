"""`psephos organiser key`, `sign`, `combine`: organisers sign on separate machines what the board takes from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from psephos.adapters.files import FileSource, read_message
from psephos.adapters.package_data import read_data
from psephos.adapters.system import SystemClock
from psephos.cli.note_key import make_key, open_key
from psephos.cli.passphrase import passphrase_option
from psephos.cli.terminal import say, write
from psephos.errors import MalformedError, OutOfTurnError, RefusedError
from psephos.ports import UnixSeconds
from psephos.record.acceptance import compare_fingerprint, read_setup
from psephos.record.charter import fingerprint as fingerprint_of
from psephos.record.note_key import Owner
from psephos.referendum.definition import read_definition, rule_of
from psephos.referendum.words import read_words, rule_in_words
from psephos.roles import organiser_notes as role
from psephos.roles.organiser_notes import Statement

KEY = "organiser.key.age"
VKEY = "organiser.vkey"

_file = click.Path(path_type=Path, dir_okay=False)
_directory = click.Path(path_type=Path, file_okay=False)
_charter = click.argument("charter", type=_file)
_home = click.option(
    "--home", type=_directory, default=Path(), help="Your own directory, with your key (default: here)."
)
_out = click.option(
    "-o", "--out", type=_directory, default=Path(), help="Directory for what is to be sent (default: here)."
)
_yes = click.option("--yes", is_flag=True, help="Sign without asking; what is signed is shown all the same.")


@click.command()
@click.option("--name", required=True, help="The name that you sign under, such as organiser1.example/2026.")
@_home
@_out
@passphrase_option
def key(*, name: str, home: Path, out: Path, passphrase_file: Path | None) -> None:
    """Make your signing key: organiser.key.age (secret, sealed) and organiser.vkey (for the definition)."""
    make_key(
        Owner.ORGANISER,
        home / KEY,
        out / VKEY,
        name=name,
        passphrase_file=passphrase_file,
        what="your public key, for referendum.toml",
    )


@click.group()
def sign() -> None:
    """Sign what the board takes from organisers: each on her own machine, after she has read what it says.

    Each verb shows in words what you sign, and asks. It writes a note that has your signature alone;
    `psephos organiser combine` makes the whole of it.
    """


@sign.command("charter")
@_charter
@click.option("--fingerprint", metavar="HEX", help="The charter's fingerprint as you know it; then nothing is asked.")
@_home
@_out
@passphrase_option
def sign_charter(
    *, charter: Path, fingerprint: str | None, home: Path, out: Path, passphrase_file: Path | None
) -> None:
    """Put CHARTER (charter.json) into force."""
    received = read_message(charter)
    statement = role.state_charter(received)
    if fingerprint is not None:
        compare_fingerprint(fingerprint, fingerprint_of(received), what="charter")
    _sign(received, statement, asks=fingerprint is None, home=home, out=out, passphrase_file=passphrase_file)


@sign.command("setup")
@click.argument("setup", type=_file)
@_charter
@click.option("--fingerprint", metavar="HEX", help="The setup's fingerprint as you know it; then nothing is asked.")
@_home
@_out
@passphrase_option
def sign_setup(
    *, setup: Path, charter: Path, fingerprint: str | None, home: Path, out: Path, passphrase_file: Path | None
) -> None:
    """Set the election up: SETUP (setup.bel) as trustees and registrars are to accept it."""
    received, source = read_message(charter), FileSource(setup)
    statement = role.state_setup(received, source)
    if fingerprint is not None:
        compare_fingerprint(fingerprint, read_setup(source).fingerprint, what="setup")
    _sign(received, statement, asks=fingerprint is None, home=home, out=out, passphrase_file=passphrase_file)


@sign.command("definition")
@click.argument("definition", type=_file)
@_charter
@_yes
@_home
@_out
@passphrase_option
def sign_definition(
    *, definition: Path, charter: Path, yes: bool, home: Path, out: Path, passphrase_file: Path | None
) -> None:
    """Put DEFINITION (definition.json), which CHARTER names, into force."""
    received, published = read_message(charter), read_message(definition)
    rule = rule_in_words(rule_of(read_definition(published)), read_words(read_data("words.en")))
    statement = role.state_definition(received, published, rule=rule)
    _sign(received, statement, asks=not yes, home=home, out=out, passphrase_file=passphrase_file)


@sign.command("addendum")
@_charter
@click.argument("definition", type=_file)
@click.argument("addenda", type=_file, nargs=-1, required=True)
@_yes
@_home
@_out
@passphrase_option
def sign_addendum(
    *,
    charter: Path,
    definition: Path,
    addenda: Sequence[Path],
    yes: bool,
    home: Path,
    out: Path,
    passphrase_file: Path | None,
) -> None:
    """Change what is in force: the last of ADDENDA (addendum-N.json) of DEFINITION; those before it are in force."""
    received = read_message(charter)
    statement = role.state_addendum(received, read_message(definition), [read_message(path) for path in addenda])
    _sign(received, statement, asks=not yes, home=home, out=out, passphrase_file=passphrase_file)


@sign.command("closing-time")
@_charter
@click.option("--at", required=True, help="The new closing time with its offset: 2026-12-01T22:00:00+01:00.")
@click.option("--number", type=click.IntRange(min=1), default=1, show_default=True, help="1 for the first change.")
@_yes
@_home
@_out
@passphrase_option
def sign_closing_time(
    *, charter: Path, at: str, number: int, yes: bool, home: Path, out: Path, passphrase_file: Path | None
) -> None:
    """Move the closing time, within the bounds of CHARTER."""
    received = read_message(charter)
    statement = role.state_closing_time(received, number=number, closes_at=read_time(at))
    _sign(received, statement, asks=not yes, home=home, out=out, passphrase_file=passphrase_file)


@sign.command("time")
@_charter
@click.option("--at", required=True, help="The time that all of you state, with its offset; it must have come.")
@_yes
@_home
@_out
@passphrase_option
def sign_time(*, charter: Path, at: str, yes: bool, home: Path, out: Path, passphrase_file: Path | None) -> None:
    """Say what time it is, where no quorum of observers can: the vote can be closed on this word."""
    received = read_message(charter)
    statement = role.state_time(received, at=read_time(at), now=SystemClock().now())
    _sign(received, statement, asks=not yes, home=home, out=out, passphrase_file=passphrase_file)


@sign.command("booth")
@_charter
@click.argument("pages", type=click.Path(path_type=Path, exists=True), nargs=-1, required=True)
@click.option("--number", type=click.IntRange(min=1), default=1, show_default=True, help="1 for the first publication.")
@_yes
@_home
@_out
@passphrase_option
def sign_booth(
    *,
    charter: Path,
    pages: tuple[Path, ...],
    number: int,
    yes: bool,
    home: Path,
    out: Path,
    passphrase_file: Path | None,
) -> None:
    """Say which bytes voters' browsers have to get: PAGES, the folder that you built and the edition in one file.

    Build them yourself, from sources that you trust: what you sign is what observers compare servers with.
    """
    received = read_message(charter)
    statement = role.state_booth(received, read_pages(pages), number=number)
    _sign(received, statement, asks=not yes, home=home, out=out, passphrase_file=passphrase_file)


@click.command()
@_charter
@click.argument("notes", type=_file, nargs=-1, required=True)
@_out
def combine(*, charter: Path, notes: Sequence[Path], out: Path) -> None:
    """Put NOTES that single organisers have signed together into the one that the board takes.

    Writes charter.note, definition.note, setup.note, closing-time-N.note, time-T.note, addendum-N.note or booth-N.note;
    says who is missing if they are too few.
    """
    combined, name = role.combine(read_message(charter), [read_message(path) for path in notes])
    write(out / f"{name}.note", combined, what="signed by as many organisers as the charter demands")


def read_time(text: str) -> UnixSeconds:
    """A time as organisers write it.

    Raises:
        MalformedError: Not RFC 3339 with an offset, or not a whole second.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None or moment.microsecond:
        raise MalformedError(
            f"{text[:40]!a} is not a time with an offset", at="--at", hint="such as 2026-12-01T22:00:00+01:00"
        )
    return UnixSeconds(int(moment.timestamp()))


def read_pages(pages: Sequence[Path]) -> dict[str, bytes]:
    """The booth's files by name: those that were named, and all in folders that were named.

    Raises:
        RefusedError: Two have one name, or a folder holds something else than files.
        UnavailableError: One cannot be read.
    """
    files: dict[str, bytes] = {}
    for page in pages:
        for path in sorted(page.iterdir()) if page.is_dir() else [page]:
            if path.name in files or not path.is_file():
                what = "is there twice" if path.name in files else "is no file"
                raise RefusedError(f"{path} {what}", at=str(path), hint="name the folder that the build has written")
            files[path.name] = read_message(path)
    return files


def _sign(
    charter: bytes, statement: Statement, *, asks: bool, home: Path, out: Path, passphrase_file: Path | None
) -> None:
    """Show what is signed, ask, and write the note with this organiser's signature."""
    for line in statement.words:
        say(line)
    if asks and not click.confirm("Do you sign this?", default=False, err=True):
        raise RefusedError("not signed", hint="if it is not what the organisers agreed on, tell them")
    path = home / KEY
    if not path.exists():
        raise OutOfTurnError(f"{path} is not there", at=str(path), hint="`psephos organiser key` makes it; or --home")
    signer = open_key(Owner.ORGANISER, path, passphrase_file=passphrase_file)
    name = f"{statement.name}-{signer.key.key_id.hex()}.note"
    write(out / name, role.sign(charter, statement, signer), what="signed by you alone, for `combine`")
