"""`psephos auditor site`: verify, then make the pages that people read."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from psephos.adapters.board_view import look_at
from psephos.adapters.files import FileSource, read_message
from psephos.adapters.new_folder import write_folder
from psephos.cli.auditor_board import audit_view, fetcher_at
from psephos.cli.languages import read_languages
from psephos.cli.record_files import digest_of, files_beside
from psephos.cli.terminal import say
from psephos.errors import MalformedError, MismatchError, OutOfTurnError, UnsupportedError
from psephos.protocol.encoding import read_json
from psephos.record.archive import Archive
from psephos.record.charter import read_charter
from psephos.record.derivation import Derived
from psephos.record.entries import Event, read_entries
from psephos.record.phases import EventKind
from psephos.referendum.addenda import InForce
from psephos.referendum.definition import (
    Definition,
    check_against_charter,
    check_against_election,
    write_definition,
)
from psephos.result.decided import outcomes_of
from psephos.result.facts import OnBoard, Verified, gather
from psephos.result.site import PAPER, site_files
from psephos.result.stage import standing
from psephos.verify.audit import Audit
from psephos.verify.report import Report, Verdict

_ENDS_SCRIPT = re.compile("</script|<!--", re.IGNORECASE)


@dataclass
class _Ballots:
    """The ballots' fingerprints and the record's, as they come by."""

    found: list[str] = field(default_factory=list)
    record: Any = field(default_factory=sha256)

    def event(self, derived: Derived) -> None:
        event = read_json(derived.event, Event, what="event")
        if event.type is EventKind.BALLOT and event.payload is not None:
            self.found.append(event.payload)


def make_site(
    record: str,
    *,
    folder: Path,
    charter: Path | None,
    definition: Path | None,
    script: Path | None,
) -> None:
    """Make the pages; see `psephos auditor site`."""
    is_board = "://" in record or Path(record).is_dir()
    if is_board and definition is not None:
        raise click.UsageError("--definition: not for a board, which brings its own")
    defined = None if definition is None else read_message(definition)
    program = "" if script is None else _program(script)
    board = _from_board(record, charter) if is_board else None
    facts = gather(board or _from_file(Path(record), charter, defined))
    files = site_files(facts, read_languages(paper=PAPER), script=program, program=f"psephos {version('psephos')}")
    fresh = write_folder(folder, files)
    say(f"{'wrote' if fresh else 'kept'} {folder} ({len(files)} files, {standing(facts).stage})")
    for one in facts.unsigned:
        say(f"warning: the observers' quorum ({one.policy}) has not countersigned this; every page says so")
    click.echo(folder / "index.html")


def _program(script: Path) -> str:
    """The program that compares.

    Raises:
        MalformedError: It cannot stand inside a page.
    """
    try:
        text = read_message(script).decode()
    except UnicodeDecodeError:
        raise MalformedError("not a script: not UTF-8", at=str(script)) from None
    if _ENDS_SCRIPT.search(text):
        raise MalformedError("it cannot stand inside a page", at=str(script), hint="build it: npm run build:check")
    return text.replace("\r\n", "\n").strip()


# ── a board ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _from_board(place: str, charter: Path | None) -> Verified:
    expected = read_message(charter) if charter else None
    ballots = _Ballots()
    with ExitStack() as stack:
        view = look_at(fetcher_at(place, stack), charter=expected)
        audited = audit_view(view, None, expected, keep=ballots.record.update, event=ballots.event)
    report, read = audited.board.report, read_charter(view.charter)
    _check(report, place)
    defined = audited.board.defined
    verified = Verified(
        report=report,
        data=audited.as_dict(),
        charter=view.charter,
        read=read,
        board=OnBoard(audited.board, audited.view.terms, audited.signed, audited.standings, audited.needed),
        received=b"" if defined is None else write_definition(defined.definition),
        definition=None if defined is None else defined.now.definition,
        outcomes={} if defined is None else defined.outcomes,
        ballots=ballots.found,
        record=ballots.record.hexdigest(),
    )
    return verified if defined is None else _after_addenda(verified, defined.now)


def _after_addenda(verified: Verified, now: InForce) -> Verified:
    lost = bool(now.undecryptable) and verified.report.result is None
    return replace(verified, annulled=now.annulled is not None, void_regions=now.annulled_regions, lost=lost)


# ── a file ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _from_file(record: Path, charter: Path | None, defined: bytes | None) -> Verified:
    source, beside = FileSource(record), files_beside(record, charter=charter).read()
    agreed, run = beside.charter, Audit(source, beside)
    report = run.run()
    _check(report, str(record))
    read = None if agreed is None else read_charter(agreed)
    definition = None if defined is None else _defined(defined, run, agreed)
    return Verified(
        report=report,
        data=report.as_dict(),
        charter=agreed or b"",
        read=read,
        board=None,
        received=defined or b"",
        definition=definition,
        outcomes={} if definition is None else outcomes_of(report, definition),
        ballots=[
            entry.event.payload
            for entry in read_entries(Archive(source))
            if entry.event.type is EventKind.BALLOT and entry.event.payload is not None
        ],
        record=digest_of(source),
    )


def _defined(received: bytes, run: Audit, charter: bytes | None) -> Definition:
    assert run.election is not None
    definition = check_against_election(received, run.election)
    if charter is not None:
        check_against_charter(received, read_charter(charter), charter)
    return definition


def _check(report: Report, place: str) -> None:
    """Pages are made of what was verified, and of nothing else.

    Raises:
        MismatchError: A check failed.
        UnsupportedError: Something in the record cannot be checked.
        OutOfTurnError: There is no election yet.
    """
    hint = f"psephos verify {place}"
    if report.verdict is Verdict.FALSE:
        failed = ", ".join(result.check.id for result in report.results.values() if result.failures)
        raise MismatchError(f"verified false: {failed} failed; no pages are made of it", at=place, hint=hint)
    if report.verdict is Verdict.UNKNOWN:
        raise UnsupportedError("it could not be verified; no pages are made of it", at=place, hint=hint)
    if not report.election:
        raise OutOfTurnError("there is no election yet of which pages could be made", at=place)
