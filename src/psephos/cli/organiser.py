"""`psephos organiser`: define a referendum, open it, collect ballots, close, tally, publish."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from psephos.adapters.files import FileSource, read_message, replace
from psephos.adapters.system import SystemClock, system_randomness
from psephos.cli.organiser_ceremony import ceremony
from psephos.cli.organiser_notes import combine, key, sign
from psephos.cli.organiser_post import post
from psephos.cli.terminal import say, write
from psephos.errors import MalformedError, OutOfTurnError, RefusedError
from psephos.protocol.encoding import read_json
from psephos.record.acceptance import read_setup
from psephos.record.board_terms import BoardTerms
from psephos.record.charter import RegistrarKey, fingerprint, read_charter
from psephos.roles import ballot_box
from psephos.roles import organiser as role
from psephos.roles.organiser_board import make_terms
from psephos.verify.audit import Audit, Beside

RECORD = "record.bel"
SETUP = "setup.bel"
CHARTER = "charter.json"
BOUND = "record.bound.json"
_COPY = 4 << 20
_TEMPLATE = """\
# A referendum, as its organisers define it. Each text stands in every language, in the same order.
kind = "rehearsal"              # or "real": no key and no credential works in both
title = ["Referendum on the harbour", "همه‌پرسی دربارهٔ بندر"]
text = ["Shown with the question.", "همراه با پرسش نشان داده می‌شود."]
trustees = ["Trustee 1", "Trustee 2", "Trustee 3", "Trustee 4", "Trustee 5"]
threshold = 3                   # how many trustees are needed; equal to their number: every one is
minimum_counted = 10            # trustees decrypt no tally of fewer ballots
group = "Ed25519"               # or "BELENIOS-2048", "RFC-3526-2048"

[[question]]
text = ["Shall the harbour be extended?", "آیا بندر گسترش یابد؟"]
answers = [["Yes", "آری"], ["No", "نه"], ["Blank", "سفید"]]
min = 1
max = 1

# Only for a referendum on a board, which observers countersign. Without this section it is held by files.
# Times have an offset. Lists of keys: what the programs that are named print.
#
# [board]
# log = "board.example/2026+…"    # psephos-server init
# standby = []                    # keys of logs that may take its place
# organisers = [                  # psephos organiser key, on each organiser's own machine
#   "organiser1.example/2026+…",
#   "organiser2.example/2026+…",
#   "organiser3.example/2026+…",
# ]
# organisers_needed = 2           # how many of them must sign
# opens_at = 2026-12-01T08:00:00+01:00
# closes_at = 2026-12-01T20:00:00+01:00
# earliest_close = 2026-12-01T18:00:00+01:00    # organisers may move the closing time between these
# latest_close = 2026-12-02T20:00:00+01:00
# largest_ballot = 10_000         # in bytes
# ballots_per_hour = 20           # of one credential; a rate, not a total
# # needed = 4                    # observers who make a quorum; without it two thirds of them and one more
#
# [[board.observer]]              # once for each; with fewer than four, one alone can do harm
# name = "observer1"
# witness = ["observer1.example/w1+…"]      # psephos-witness init
# url = "https://observer1.example/w1"      # where it is asked to cosign; left out if it fetches the board itself
# verifying = ["observer1.example/v1+…"]    # with this one it says that it has checked every entry
#
# Where the result is counted by region as well: docs/explanation/regions.md. It needs a board.
# [regions]
# minimum_registered = 100        # no region has fewer voters; merge smaller ones here, before credentials are made
# minimum_counted = 10            # no sum of fewer ballots is decrypted; small ones are merged within their group
# rest = 0                        # how many voters are in no region
#
# [[regions.regions]]             # a group; it stands before what is in it
# id = "North"
#
# [[regions.regions]]             # a region, with the number of its voters
# id = "Coast"
# group = "North"                 # left out for a region that is in no group
# registered = 4_212
"""

_file = click.Path(path_type=Path, dir_okay=False)
_home = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    show_default="the current directory",
    help="The organiser's directory.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def organiser() -> None:
    """Define a referendum, open it, keep the ballot box, close, tally, publish."""


for command in (ceremony, key, sign, combine, post):
    organiser.add_command(command)


@organiser.command()
@click.argument("file", type=_file, default=Path("referendum.toml"))
def new(file: Path) -> None:
    """Write a commented template to FILE (referendum.toml)."""
    write(file, _TEMPLATE.encode(), what="template")
    say(f"next: edit it, then psephos organiser define {file} --registrar registrar.json")


@organiser.command()
@click.argument("definition", type=_file)
@click.option("--registrar", "registrars", type=_file, multiple=True, required=True, help="A registrar's public key.")
@_home
def define(definition: Path, registrars: tuple[Path, ...], home: Path) -> None:
    """Make charter.json from DEFINITION (referendum.toml) and the registrars' keys."""
    try:
        draft = tomllib.loads(read_message(definition).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MalformedError(f"{definition}: {error}", at=str(definition)) from None
    keys = [read_json(read_message(path), RegistrarKey, what=str(path)) for path in registrars]
    terms = _board_terms(draft.pop("board")) if "board" in draft else None
    charter = role.define(draft, keys, board=terms, rng=system_randomness())
    write(home / CHARTER, charter, what="charter, for every party")
    click.echo(fingerprint(charter))
    say("next: send charter.json to every party; tell them its fingerprint (above) by another way")
    if terms is not None:
        say(f"      and let {terms.organisers_needed} organisers sign it: psephos organiser sign charter charter.json")


def _board_terms(draft: object) -> BoardTerms:
    """The section [board]; what is doubtful about it is said."""
    terms, warnings = make_terms(draft)
    for warning in warnings:
        say(f"warning: {warning}")
    return terms


@organiser.command()
@click.argument("charter", type=_file)
@click.argument("trustees", type=_file)
@click.argument("credentials", type=_file)
@_home
def setup(charter: Path, trustees: Path, credentials: Path, home: Path) -> None:
    """Put CHARTER, TRUSTEES and CREDENTIALS together; every trustee and registrar must accept the outcome."""
    target = home / SETUP
    if target.exists():
        raise RefusedError(f"{target} exists and is never overwritten", at=str(target))
    listed = FileSource(credentials)
    archive = role.set_up(
        read_message(charter), read_message(trustees), listed.read(0, listed.size()), SystemClock().now()
    )
    write(target, archive, what="setup, for trustees and registrars to accept")
    click.echo(read_setup(FileSource(target)).fingerprint)
    say("next: send setup.bel to trustees and registrars; tell them its fingerprint (above) by another way")


@organiser.command("open")
@click.argument("acceptances", type=_file, nargs=-1)
@_home
def open_(acceptances: tuple[Path, ...], home: Path) -> None:
    """Open the ballot box, once every trustee and registrar has accepted the setup."""
    setup = home / SETUP
    role.check_accepted(
        read_setup(FileSource(setup)), read_message(home / CHARTER), [read_message(path) for path in acceptances]
    )
    write(home / RECORD, setup.read_bytes(), what="the record; the ballot box is open")
    say("next: give record.bel to the voters; psephos organiser accept BALLOT…")


@organiser.command()
@click.argument("ballots", type=click.Path(path_type=Path), nargs=-1, required=True)
@_home
def accept(ballots: tuple[Path, ...], home: Path) -> int:
    """Check BALLOTS (files, or directories of ballot-*.json) and put those that hold into the record."""
    files = sorted(_ballot_files(ballots), key=lambda path: (path.stat().st_mtime_ns, path.name))
    box = ballot_box.read_box(_open_record(home))
    admitted = ballot_box.admit(box, [read_message(file) for file in files])
    if admitted.taken:
        _append(home / RECORD, admitted.entries)
    for number, error in admitted.refused.items():
        say(f"refused {files[number]}: [{error.code}] {error}")
    say(f"ballots: {admitted.taken} taken, {admitted.known} known already, {len(admitted.refused)} refused")
    return 1 if admitted.refused else 0


def _ballot_files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (file for file in path.glob("ballot-*.json") if not file.name.endswith(".unsigned.json"))
        else:
            yield path


def _append(record: Path, entries: bytes) -> None:
    """Continue the record: the old one or the continued one is there, whatever happens in between."""

    def pieces() -> Iterator[bytes]:
        source = FileSource(record)
        for offset in range(0, source.size(), _COPY):
            yield source.read(offset, _COPY)
        yield entries

    replace(record, pieces())


@organiser.command()
@click.option("--without-result", is_flag=True, help="Close although there are too few ballots for a result, ever.")
@_home
def close(home: Path, *, without_result: bool) -> None:
    """End the vote: no ballot counts afterwards."""
    box = ballot_box.read_box(_open_record(home))
    minimum = 0 if without_result else read_charter(read_message(home / CHARTER)).minimum_counted
    _append(home / RECORD, ballot_box.close(box, minimum=minimum))
    say(f"closed; voters who cast a ballot: {len(box.voters)}, ballots in the record: {len(box.fingerprints)}")
    say("next: psephos organiser tally")


@organiser.command()
@_home
def tally(home: Path) -> None:
    """Verify the record and add up the ballots that count, still encrypted."""
    audit = _audit(home)
    box = ballot_box.read_box(FileSource(home / RECORD))
    entries, sums = ballot_box.tally(box, audit)
    _append(home / RECORD, entries)
    click.echo(box.head.parent)
    say(f"ballots that count: {sums.num_tallied}")
    say("next: send record.bel to the trustees; tell them its fingerprint (above) by another way")


@organiser.command()
@click.argument("shares", type=_file, nargs=-1, required=True)
@_home
def publish(shares: tuple[Path, ...], home: Path) -> None:
    """Put trustees' decryption-N.json and bound-N.json (SHARES, in any order) into the record, with the result."""
    audit = _audit(home)
    box = ballot_box.read_box(FileSource(home / RECORD))
    entries, bound = ballot_box.publish(box, audit, _pairs(shares))
    replace(home / BOUND, [bound])
    _append(home / RECORD, entries)
    say(f"wrote {home / RECORD} (the result) and {home / BOUND} (the trustees' second proofs)")
    say(f"next: publish both with {CHARTER}; anybody runs psephos verify {RECORD}")


def _pairs(paths: Iterable[Path]) -> Iterator[ballot_box.Share]:
    """decryption-N.json with bound-N.json."""
    files = {path.name: path for path in paths}
    for name, path in sorted(files.items()):
        if name.startswith("decryption-"):
            other = files.pop(name.replace("decryption-", "bound-"), None)
            if other is None:
                raise RefusedError(
                    f"{path}: the trustee's second proof is missing", at=str(path), hint="ask the trustee for bound-N"
                )
            yield ballot_box.read_share(read_message(path), read_message(other))


def _open_record(home: Path) -> FileSource:
    """The organiser's own record.

    Raises:
        OutOfTurnError: There is none yet.
    """
    if not (home / RECORD).exists():
        raise OutOfTurnError(
            f"there is no {home / RECORD}: the ballot box was not opened yet", hint="psephos organiser open ACCEPTANCE…"
        )
    return FileSource(home / RECORD)


def _audit(home: Path) -> Audit:
    """Verify the organiser's own record with its charter.

    Raises:
        OutOfTurnError: There is no record yet.
    """
    audit = Audit(_open_record(home), Beside(charter=read_message(home / CHARTER)))
    audit.run()
    return audit
