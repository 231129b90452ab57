"""`psephos registrar letters`: a deliverer's letters, ready to be printed, from what a registrar sealed to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from psephos.adapters.files import FileSource, read_message, read_secret
from psephos.adapters.sealing import open_for
from psephos.cli.languages import read_languages
from psephos.cli.progress import progress
from psephos.cli.terminal import say, write
from psephos.errors import MalformedError, RefusedError, UnsupportedError
from psephos.record.delivery import Delivery, read_deliveries
from psephos.result.language import LANGUAGES
from psephos.result.letters import PAPER, Layout, Setting, hidden_words, outside_of, sizes_of, too_high
from psephos.result.letters import letters as letters_of
from psephos.result.typesetting import lacking

_ADDRESS = re.compile(r"https?://[!-~]{1,200}|file://[!-~]{1,200}")
_IDENTITY = "AGE-SECRET-KEY-1"
_MOST_MIRRORS = 6
_MOST_CONTACTS = 4
_SHOWN = 10

_file = click.Path(path_type=Path, dir_okay=False)
_directory = click.Path(path_type=Path, file_okay=False)


def _addresses(_context: click.Context, option: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    for address in given:
        if _ADDRESS.fullmatch(address) is None:
            raise click.BadParameter(f"{address[:60]!r}: write an address such as https://booth.example/")
    if len(given) > _MOST_MIRRORS + 1:
        raise click.BadParameter(f"no more than {_MOST_MIRRORS + 1} fit on a page")
    del option
    return tuple(given)


@click.command()
@click.argument("delivery", type=_file)
@click.argument("charter", type=_file)
@click.option("--identity", type=_file, required=True, help="File with your age identity (mode 600), which opens it.")
@click.option(
    "--address",
    "addresses",
    multiple=True,
    required=True,
    callback=_addresses,
    metavar="URL",
    help="Where voters vote. Given again: other addresses of the same booth.",
)
@click.option(
    "--language",
    "codes",
    multiple=True,
    default=LANGUAGES[:1],
    show_default=True,
    type=click.Choice(LANGUAGES),
    help="Language of the letter. Given again: a further page in that language, without the credential.",
)
@click.option(
    "--layout",
    type=click.Choice([layout.value for layout in Layout]),
    default=Layout.FOLDED.value,
    show_default=True,
    help="One sheet, whose outside has the address only; or two, of which one has no secret.",
)
@click.option("--scratch", is_flag=True, help="Leave a field of 174 x 36 mm for the credential, to be covered.")
@click.option("--contact", "contacts", multiple=True, metavar="LINE", help="Whom voters can ask; may be given again.")
@click.option("--per-file", type=click.IntRange(1, 1000), default=250, show_default=True, help="Letters in one file.")
@click.option("-o", "--out", type=_directory, default=".", show_default=True, help="Where the PDF files go.")
def letters(
    *,
    delivery: Path,
    charter: Path,
    identity: Path,
    addresses: tuple[str, ...],
    codes: tuple[str, ...],
    layout: str,
    scratch: bool,
    contacts: tuple[str, ...],
    per_file: int,
    out: Path,
) -> None:
    """Make letters from DELIVERY (delivery-CHANNEL.age), for voters of the vote that CHARTER defines.

    Each letter has the voter's credential, or half of it, addresses, the charter's fingerprint as the booth shows it,
    what to do if something fails, and advice for voters under pressure. Nothing outside says what it is about.
    The PDF files are as secret as the delivery: whoever reads them can vote. Nothing else is written.
    """
    if len(contacts) > _MOST_CONTACTS:
        raise click.UsageError(f"--contact: no more than {_MOST_CONTACTS} lines fit on a page")
    received = read_message(charter)
    opened = read_deliveries(_open(delivery, identity), received=received)
    languages = {one.code: one for one in read_languages(paper=PAPER)}
    setting = Setting(
        received=received,
        addresses=addresses,
        languages=[languages[code] for code in dict.fromkeys(codes)],
        hidden=hidden_words(list(languages.values())),
        layout=Layout(layout),
        scratch=scratch,
        contact=contacts,
    )
    name = f"letters-{delivery.stem.removeprefix('delivery-')}"
    _remove_unfinished(out, name)
    _check_shapes(opened, setting)
    _check_heights(opened, setting)
    _say_numbered(opened, setting)
    sizes = sizes_of(setting, opened[0], last=len(opened))
    with progress(len(opened), "setting letters") as advance:
        for path, first, batch in _batches(out, name, opened, per_file):
            content = letters_of(setting, batch, first=first, sizes=sizes)
            write(path, content, what=f"{len(batch)} letters, {setting.pages} pages each; secret", secret=True)
            advance(len(batch))
    say("next: print them, hand them out; then destroy these files, the delivery, and what the printer kept")


def _remove_unfinished(out: Path, name: str) -> None:
    """Remove what a run left that was killed while it wrote: it has no name of its own, and credentials in it.

    Whatever its letters were, and however many in a file. What may be another channel's is named, and stays.
    """
    ours = re.compile(rf"\.{re.escape(name)}(-[0-9]+-[0-9]+)?\.pdf\.[^.]+\.part")
    for left in sorted(out.glob(".letters-*.part")):
        if ours.fullmatch(left.name):
            left.unlink(missing_ok=True)
            say(f"removed {left} (left by a run that was interrupted)")
        else:
            say(f"note: {left} was left by another run: remove it if that was interrupted, it has credentials")


def _open(delivery: Path, identity: Path) -> bytes:
    """The content of a delivery.

    Raises:
        MalformedError: The identity file holds no identity.
        RefusedError: None of its identities opens the delivery.
    """
    try:
        lines = read_secret(identity).decode("ascii").split("\n")
    except UnicodeDecodeError:
        lines = []
    found = [line.strip() for line in lines if line.startswith(_IDENTITY)]
    if not found:
        raise MalformedError(
            f"{identity} holds no age identity ({_IDENTITY}…)",
            at=str(identity),
            hint="`age-keygen` makes one; if yours is sealed with a passphrase, open it with `age --decrypt` first",
        )
    source = FileSource(delivery)
    sealed = source.read(0, source.size())
    for number, one in enumerate(found, start=1):
        try:
            return open_for(sealed, one, what=str(delivery))
        except RefusedError:
            if number == len(found):
                raise
    raise AssertionError("unreachable")


def _batches(
    out: Path, name: str, opened: Sequence[Delivery], per_file: int
) -> Iterator[tuple[Path, int, Sequence[Delivery]]]:
    """Each file's path, the number of its first letter, and its letters."""
    if len(opened) <= per_file:
        yield out / f"{name}.pdf", 1, opened
        return
    digits = len(str(len(opened)))
    for start in range(0, len(opened), per_file):
        batch = opened[start : start + per_file]
        yield out / f"{name}-{start + 1:0{digits}}-{start + len(batch):0{digits}}.pdf", start + 1, batch


def _check_shapes(opened: Sequence[Delivery], setting: Setting) -> None:
    """Check that the fonts have every character of every address.

    Raises:
        UnsupportedError: They have not; says in which letters, not what stands there.
    """
    bad = [
        number
        for number, one in enumerate(opened, start=1)
        if lacking("".join(outside_of(one, number, hidden=setting.hidden)))
    ]
    if bad or lacking("".join(setting.contact)):
        place = f"letters {_few(bad)}" if bad else "--contact"
        raise UnsupportedError(
            "an address has a character that the fonts of letters lack",
            at=place,
            hint="these voters need another channel; the fonts have Latin, Greek, Cyrillic and Arabic script",
        )


def _check_heights(opened: Sequence[Delivery], setting: Setting) -> None:
    """Check that every address fits into its place on the paper.

    Raises:
        UnsupportedError: One does not; says in which letters, not what stands there.
    """
    if bad := too_high(setting, opened):
        raise UnsupportedError(
            "an address has more lines than fit on the outside of a letter",
            at=f"letters {_few(bad)}",
            hint="these voters need another channel, or a shorter address: about seven short lines fit",
        )


def _few(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:_SHOWN])) + (", …" if len(numbers) > _SHOWN else "")


def _say_numbered(opened: Sequence[Delivery], setting: Setting) -> None:
    """Say which letters show their number outside; not what stands in the roll."""
    numbered = [
        number
        for number, one in enumerate(opened, start=1)
        if outside_of(one, number, hidden=setting.hidden) == [str(number)]
    ]
    if numbered:
        say(f"note: {len(numbered)} letters show their number outside: the roll has a word of voting there, or nothing")
        say(f"note: they are, by their place in the delivery: {_few(numbered)}")
