"""`psephos auditor report`: what was checked, as files for people and programs; signed, if the auditor has a key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import click

from psephos.adapters.files import FileSource, read_message
from psephos.board.note import read_verifier_key
from psephos.board.policy import read_policy
from psephos.cli.auditor_board import audit_place
from psephos.cli.languages import read_languages
from psephos.cli.note_key import open_key
from psephos.cli.record_files import digest_of, files_beside
from psephos.cli.terminal import say, write
from psephos.record.archive import Archive
from psephos.record.note_key import Owner
from psephos.result.facts import OnBoard
from psephos.result.language import LANGUAGES
from psephos.result.report import Checked, Given, verdict_of
from psephos.result.report_files import JSON, report_files, this_program
from psephos.result.report_pages import PAPER
from psephos.roles import auditor_note as role
from psephos.verify.audit import audit
from psephos.verify.report import Verdict

EXIT = {Verdict.VERIFIED: 0, Verdict.FALSE: 1, Verdict.UNKNOWN: 3}


def make_report(
    record: str,
    *,
    folder: Path,
    charter: Path | None,
    bound: Path | None,
    against: Path | None,
    policy: Path | None,
    codes: Sequence[str],
    key: Path | None,
    passphrase_file: Path | None,
) -> int:
    """Make a report; see `psephos auditor report`."""
    is_board = "://" in record or Path(record).is_dir()
    wrong = {"--bound": bound, "--against": against} if is_board else {"--policy": policy}
    if any(wrong.values()):
        names = ", ".join(name for name, value in wrong.items() if value)
        raise click.UsageError(f"{names}: not for {'a board' if is_board else 'a file'}")
    signer = None if key is None else open_key(Owner.AUDITOR, key, passphrase_file=passphrase_file)
    if is_board:
        checked = _check_board(record, charter=charter, policy=policy)
    else:
        checked = _check_file(Path(record), charter=charter, bound=bound, against=against)
    (english,) = read_languages(LANGUAGES[:1], paper=PAPER)
    files = report_files(checked, read_languages(codes or LANGUAGES, paper=PAPER), english=english)
    for name, content in files.items():
        write(folder / name, content, what="the report")
    if signer is None:
        say("note: the report is not signed; --key signs it")
    else:
        note = role.sign_report(json.loads(files[JSON]), files, signer=signer)
        write(folder / role.NOTE, note, what=f"signed by {signer.key.name}")
    return EXIT[verdict_of(checked)]


def check_signed(folder: Path, vkey: str) -> None:
    """Check whose report it is; see `psephos auditor check-report`."""
    signed = role.verify_report(read_message(folder / role.NOTE), read_verifier_key(vkey, at="--key"))
    present = {name: read_message(folder / name) for name in signed.files if (folder / name).is_file()}
    role.check_files(signed, present, beside=[path.name for path in folder.iterdir()])
    click.echo(f"SIGNED — {len(signed.files)} files; verdict: {signed.verdict}; record {signed.record or 'none'}")


def _check_file(record: Path, *, charter: Path | None, bound: Path | None, against: Path | None) -> Checked:
    files = files_beside(record, charter=charter, bound=bound, older=against)
    given = {Given.CHARTER: files.charter, Given.BOUND: files.bound, Given.OLDER: files.older}
    source, beside = FileSource(record), files.read()
    found = audit(source, beside)
    return Checked(
        report=found,
        charter=beside.charter or b"" if found.ok("V5") else b"",
        given=frozenset(name for name, path in given.items() if path is not None),
        program=this_program(version("psephos")),
        file=digest_of(source),
        at=Archive(source).timestamp if found.ok("V1") else 0,
    )


def _check_board(place: str, *, charter: Path | None, policy: Path | None) -> Checked:
    own = read_policy(read_message(policy)) if policy else None
    audited = audit_place(place, own=own, charter=read_message(charter) if charter else None)
    view = audited.view
    given = {Given.CHARTER: charter, Given.POLICY: policy}
    return Checked(
        report=audited.board.report,
        charter=view.charter,
        given=frozenset(name for name, path in given.items() if path is not None),
        program=this_program(version("psephos")),
        board=OnBoard(audited.board, view.terms, audited.signed, audited.standings, audited.needed),
        own=own,
    )
