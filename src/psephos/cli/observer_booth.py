"""`psephos observer check-booth`: whether servers deliver the page that the organisers have signed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from psephos.adapters.booth_pages import BROWSER, Found, keep_delivered, look_at_pages
from psephos.adapters.http import Web
from psephos.adapters.known_board import board_at, open_board
from psephos.cli.board import charter_options, judge, known_charter
from psephos.cli.terminal import say
from psephos.errors import RefusedError, UnavailableError
from psephos.record.booth import Booth
from psephos.record.reading import KnownCharter

_FALSE, _UNKNOWN = 1, 3
_FEWEST = 2
_directory = click.Path(path_type=Path, file_okay=False)


@click.command("check-booth")
@click.argument("board")
@click.argument("addresses", nargs=-1, required=True, metavar="URL...")
@charter_options
@click.option(
    "--keep", type=_directory, default=Path("delivered"), show_default=True, help="Where other pages than signed go."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def check_booth(
    *, board: str, addresses: tuple[str, ...], charter: Path | None, fingerprint: str | None, keep: Path, as_json: bool
) -> int:
    """Fetch the page at each URL where voters get it, and compare every byte with what the organisers have signed.

    BOARD is the board's address, or your own mirror's (file:///…/mirror): the record is verified first. Give at least
    two URLs: folders, with a slash at their ends, or the edition in one file. Run it again and again, from networks
    that voters use: nobody can see from outside what a server delivers to somebody else.

    Exit code: 0 all as signed, 1 something else was delivered, 3 a file could not be had, or nothing was signed.
    """
    if len(set(addresses)) < _FEWEST:
        raise click.UsageError("give at least two addresses: one alone may be answered for you only")
    booths = _published(board, known_charter(charter, fingerprint))
    with Web(agent=BROWSER) as web:
        try:
            found = list(look_at_pages(web, list(dict.fromkeys(addresses)), booths=booths))
        except RefusedError as error:  # nothing was compared: this is no verdict
            raise click.UsageError(f"{error.message}; {error.hint}") from None
    kept = [keep_delivered(keep, one) for one in found]
    if as_json:
        click.echo(json.dumps(_as_dict(booths[-1], found), ensure_ascii=False, indent=2))
    else:
        _show(found, kept)
    return _sum_up(booths[-1], found)


def _published(url: str, known: KnownCharter) -> Sequence[Booth]:
    with board_at(url) as fetcher:
        opened = open_board(fetcher, known)
        opened.check_quorum()
        state = judge(opened)
    if not state.booths:
        raise UnavailableError(
            "the organisers have published no files of the booth: there is nothing to compare with",
            at=opened.terms.origin,
            hint="they do it with psephos organiser sign booth, combine and post booth",
        )
    return state.booths


def _show(found: Sequence[Found], kept: Sequence[Path | None]) -> None:
    for one, path in zip(found, kept, strict=True):
        verdict = "not reached" if one.unavailable else "OTHER" if one.differences else "as signed"
        click.echo(f"{verdict:12} {one.file.name:20} {one.address}")
        for difference in one.differences:
            click.echo(f"             {difference.kind}: {difference.message}")
        if one.unavailable:
            click.echo(f"             {one.unavailable}")
        if path is not None:
            say(f"kept {path}, and beside it the headers with which it came")
    lacking = Counter(header for one in found for header in one.missing)
    for header, count in lacking.items():
        say(f"advice: {count} of {len(found)} answers have no header {header!a}")


def _sum_up(booth: Booth, found: Sequence[Found]) -> int:
    other = sum(bool(one.differences) for one in found)
    unreached = sum(bool(one.unavailable) for one in found)
    if other:
        say(f"{other} of {len(found)} answers are not publication {booth.number} of the booth")
        say("hint: warn voters and organisers by another way; show what was kept to the other observers")
        return _FALSE
    if unreached:
        say(f"{unreached} of {len(found)} files could not be had; the others are publication {booth.number}")
        return _UNKNOWN
    say(f"all {len(found)} answers are publication {booth.number} of the booth, byte for byte")
    return 0


def _as_dict(booth: Booth, found: Sequence[Found]) -> dict[str, object]:
    return {
        "publication": booth.number,
        "files": [
            {
                "address": one.address,
                "name": one.file.name,
                "expected": one.file.digest,
                "as_signed": not one.differences and not one.unavailable,
                "differences": [{"kind": each.kind, "message": each.message} for each in one.differences],
                "missing_headers": list(one.missing),
                "unavailable": one.unavailable,
            }
            for one in found
        ],
    }
