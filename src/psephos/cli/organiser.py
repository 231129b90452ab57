"""`psephos organiser`: define a referendum, open it, collect ballots, close, tally, publish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from psephos.adapters.files import FileSource, alone, read_message, replace
from psephos.adapters.system import SystemClock
from psephos.cli.organiser_addendum import addendum
from psephos.cli.organiser_ceremony import ceremony
from psephos.cli.organiser_define import CHARTER, define, new
from psephos.cli.organiser_notes import combine, key, sign
from psephos.cli.organiser_post import post
from psephos.cli.terminal import say, write
from psephos.errors import OutOfTurnError, RefusedError
from psephos.record.acceptance import read_setup
from psephos.record.charter import read_charter
from psephos.roles import ballot_box
from psephos.roles import organiser as role
from psephos.verify.audit import Audit, Beside

RECORD = "record.bel"
SETUP = "setup.bel"
BOUND = "record.bound.json"
LOCK = ".record.lock"
_COPY = 4 << 20

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


for command in (new, define, addendum, ceremony, key, sign, combine, post):
    organiser.add_command(command)


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
    with _own_record(home) as source:
        files = sorted(_ballot_files(ballots), key=lambda path: (path.stat().st_mtime_ns, path.name))
        admitted = ballot_box.admit(ballot_box.read_box(source), [read_message(file) for file in files])
        if admitted.taken:
            _append(source, admitted.entries)
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


def _append(source: FileSource, entries: bytes) -> None:
    """Continue the record: the old one or the continued one is there, whatever happens in between."""

    def pieces() -> Iterator[bytes]:
        for offset in range(0, source.size(), _COPY):
            yield source.read(offset, _COPY)
        yield entries

    replace(source.path, pieces())


@organiser.command()
@click.option("--without-result", is_flag=True, help="Close although there are too few ballots for a result, ever.")
@_home
def close(home: Path, *, without_result: bool) -> None:
    """End the vote: no ballot counts afterwards."""
    with _own_record(home) as source:
        box = ballot_box.read_box(source)
        minimum = 0 if without_result else read_charter(read_message(home / CHARTER)).minimum_counted
        _append(source, ballot_box.close(box, minimum=minimum))
    say(f"closed; voters who cast a ballot: {len(box.voters)}, ballots in the record: {len(box.fingerprints)}")
    say("next: psephos organiser tally")


@organiser.command()
@_home
def tally(home: Path) -> None:
    """Verify the record and add up the ballots that count, still encrypted."""
    with _own_record(home) as source:
        audit, box = _audit(source, home), ballot_box.read_box(source)
        entries, sums = ballot_box.tally(box, audit)
        _append(source, entries)
    click.echo(box.head.parent)
    say(f"ballots that count: {sums.num_tallied}")
    say("next: send record.bel to the trustees; tell them its fingerprint (above) by another way")


@organiser.command()
@click.argument("shares", type=_file, nargs=-1, required=True)
@_home
def publish(shares: tuple[Path, ...], home: Path) -> None:
    """Put trustees' decryption-N.json and bound-N.json (SHARES, in any order) into the record, with the result."""
    with _own_record(home) as source:
        audit, box = _audit(source, home), ballot_box.read_box(source)
        entries, bound = ballot_box.publish(box, audit, _pairs(shares))
        replace(home / BOUND, [bound])
        _append(source, entries)
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


@contextmanager
def _own_record(home: Path) -> Iterator[FileSource]:
    """The organiser's own record, to be continued: by nobody else until the context ends.

    Raises:
        OutOfTurnError: There is none yet.
        RefusedError: Another command continues it.
    """
    if not (home / RECORD).exists():
        raise OutOfTurnError(
            f"there is no {home / RECORD}: the ballot box was not opened yet", hint="psephos organiser open ACCEPTANCE…"
        )
    with alone(home / LOCK):
        yield FileSource(home / RECORD)


def _audit(source: FileSource, home: Path) -> Audit:
    """Verify the organiser's own record with its charter."""
    audit = Audit(source, Beside(charter=read_message(home / CHARTER)))
    audit.run()
    return audit
