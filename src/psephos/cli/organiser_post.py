"""`psephos organiser post`: hand entries in to the board. Whoever posts needs no key: what is posted proves itself."""

from __future__ import annotations

from pathlib import Path

import click

from psephos.adapters.board_view import terms_of
from psephos.adapters.files import FileSource, read_message
from psephos.adapters.known_board import board_at, open_board
from psephos.cli.board import hand_in, say_acknowledged
from psephos.cli.terminal import say
from psephos.record.acceptance import read_acceptance
from psephos.record.board_entries import EntryKind
from psephos.record.charter import fingerprint, read_charter
from psephos.record.reading import KnownCharter
from psephos.record.region_list import join_signatures
from psephos.record.terms import verify_organisers_note
from psephos.referendum.addenda import verify_addendum
from psephos.referendum.definition import verify_definition
from psephos.referendum.definition_charter import check_agreement
from psephos.roles.organiser import setup_parts

_file = click.Path(path_type=Path, dir_okay=False)
_charter = click.argument("charter", type=_file)
_url = click.argument("url")


@click.group()
def post() -> None:
    """Hand in to the board at URL what the organisers have signed, and what others have sent them."""


@post.command("setup")
@_charter
@_url
@click.argument("setup", type=_file)
@click.argument("note", type=_file)
def post_setup(charter: Path, url: str, setup: Path, note: Path) -> None:
    """Hand in SETUP (setup.bel) with NOTE (setup.note, which `combine` has made)."""
    terms, signed = terms_of(read_message(charter)), read_message(note)
    verify_organisers_note(signed, terms)
    contents = [*setup_parts(FileSource(setup)), signed]
    say_acknowledged("setup", hand_in(url, EntryKind.SETUP, contents, terms.receipts))
    say("next: psephos organiser post acceptances, once trustees and registrars have accepted")


@post.command("definition")
@_charter
@_url
@click.argument("definition", type=_file)
@click.argument("note", type=_file)
def post_definition(charter: Path, url: str, definition: Path, note: Path) -> None:
    """Hand in DEFINITION (definition.json) with NOTE (definition.note); the setup waits for it."""
    received, published, signed = read_message(charter), read_message(definition), read_message(note)
    terms = terms_of(received)
    check_agreement(published, read_charter(received), received)
    verify_definition(published, signed, terms)
    say_acknowledged("definition", hand_in(url, EntryKind.DEFINITION, [published, signed], terms.receipts))


@post.command("addendum")
@_charter
@_url
@click.argument("addendum", type=_file)
@click.argument("note", type=_file)
def post_addendum(charter: Path, url: str, addendum: Path, note: Path) -> None:
    """Hand in ADDENDUM (addendum-N.json) with NOTE (addendum-N.note): what is in force changes."""
    received, change, signed = read_message(charter), read_message(addendum), read_message(note)
    terms = terms_of(received)
    verify_addendum(change, signed, terms, charter=fingerprint(received))
    say_acknowledged("addendum", hand_in(url, EntryKind.ADDENDUM, [change, signed], terms.receipts))


@post.command("acceptances")
@_charter
@_url
@click.argument("acceptances", type=_file, nargs=-1, required=True)
def post_acceptances(charter: Path, url: str, acceptances: tuple[Path, ...]) -> None:
    """Hand in ACCEPTANCES of trustees and registrars; when the last is there, the vote can begin."""
    terms = terms_of(read_message(charter))
    for path in acceptances:
        received = read_message(path)
        party = read_acceptance(received).party
        say_acknowledged(f"acceptance of {party}", hand_in(url, EntryKind.ACCEPTANCE, [received], terms.receipts))


@post.command("regions")
@_charter
@_url
@click.argument("regions", type=_file)
@click.argument("signatures", type=_file, nargs=-1, required=True)
def post_regions(charter: Path, url: str, regions: Path, signatures: tuple[Path, ...]) -> None:
    """Hand in REGIONS (regions.bin) with the registrars' SIGNATURES under it, before the vote can begin."""
    received = read_message(charter)
    source = FileSource(regions)
    listed = source.read(0, source.size())
    statement = join_signatures([read_message(path) for path in signatures], read_charter(received), regions=listed)
    policy = terms_of(received).receipts
    say_acknowledged("region list", hand_in(url, EntryKind.REGIONS, [listed, statement], policy))


@post.command("closing-time")
@_charter
@_url
@click.argument("note", type=_file)
def post_closing_time(charter: Path, url: str, note: Path) -> None:
    """Hand in NOTE (closing-time-N.note): the vote closes earlier, or later."""
    terms, signed = terms_of(read_message(charter)), read_message(note)
    verify_organisers_note(signed, terms)
    say_acknowledged("closing time", hand_in(url, EntryKind.CLOSING_TIME, [signed], terms.receipts))


@post.command("booth")
@_charter
@_url
@click.argument("note", type=_file)
def post_booth(charter: Path, url: str, note: Path) -> None:
    """Hand in NOTE (booth-N.note): which bytes voters' browsers have to get, from now on."""
    terms, signed = terms_of(read_message(charter)), read_message(note)
    verify_organisers_note(signed, terms)
    say_acknowledged("the booth's files", hand_in(url, EntryKind.BOOTH, [signed], terms.receipts))
    say("next: observers run psephos observer check-booth, again and again")


@post.command("end")
@_charter
@_url
@click.argument("note", type=_file, required=False)
def post_end(charter: Path, url: str, note: Path | None) -> None:
    """End the vote, if the board has not ended it by itself.

    The proof that its time has come is a checkpoint that the observers have cosigned since; or, where their quorum
    cannot, NOTE (time-T.note), in which the organisers say what time it is. Every report then says so.
    """
    received = read_message(charter)
    terms = terms_of(received)
    if note is None:
        with board_at(url) as fetcher:
            board = open_board(fetcher, KnownCharter(received))
        board.check_quorum()
        proof = bytes(board.note)
    else:
        proof = read_message(note)
        verify_organisers_note(proof, terms)
    say_acknowledged("end of the vote", hand_in(url, EntryKind.END_BALLOTS, [proof], terms.receipts))
    say("next: anybody runs psephos auditor finish")
