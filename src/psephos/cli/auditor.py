"""`psephos auditor` and `psephos verify`: check a record and say what was checked."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from psephos.adapters.files import FileSource, read_message
from psephos.cli.auditor_finish import finish
from psephos.cli.auditor_relayed import relayed
from psephos.cli.definition import lint
from psephos.cli.outcome import outcome
from psephos.cli.record_files import files_beside
from psephos.cli.terminal import say
from psephos.protocol.result import Counts
from psephos.record.note_key import Owner
from psephos.referendum.words import rounded_percent
from psephos.verify.audit import Beside, audit
from psephos.verify.regional import in_words
from psephos.verify.report import Failure, Report, Status, Verdict

_EXIT = {Verdict.VERIFIED: 0, Verdict.FALSE: 1, Verdict.UNKNOWN: 3}
_COLOURS = {Status.PASSED: "green", Status.FAILED: "red", Status.UNSUPPORTED: "yellow", Status.NOT_RUN: "dim"}
_MARKS = {Status.PASSED: "✓", Status.FAILED: "✗", Status.UNSUPPORTED: "?", Status.NOT_RUN: "–"}
_VERDICT_COLOURS = {Verdict.VERIFIED: "green", Verdict.FALSE: "red", Verdict.UNKNOWN: "yellow"}
_WIDEST_BAR = 40
_MOST_FINDINGS = 20
"""Of one check, for people: whoever appends rubbish to a log does not hide the rest."""
PIPE_WIDTH = 160
"""Columns where the output is no terminal."""

_KEY, _VKEY = "auditor.key.age", "auditor.vkey"

_file = click.Path(path_type=Path, dir_okay=False)
_directory = click.Path(path_type=Path, file_okay=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def auditor() -> None:
    """Anybody: verify a record with nothing but the record."""


auditor.add_command(finish)
auditor.add_command(relayed)
auditor.add_command(outcome)
auditor.add_command(lint)


@auditor.command()
@click.argument("record", metavar="RECORD|DIRECTORY|URL")
@click.option(
    "--charter", type=_file, help="The charter; without it, charter.json beside RECORD, or the log's entry 0."
)
@click.option("--bound", type=_file, help="RECORD: trustees' second proofs; without it, RECORD's .bound.json.")
@click.option("--against", type=_file, help="RECORD: an earlier copy; prove that this record extends it.")
@click.option("--policy", type=_file, help="Board: the observers that you require (tlog-policy), not the charter's.")
@click.option(
    "--save", type=_file, help="Board: write the record that follows (.bel), and the second proofs beside it."
)
@click.option("--evidence", type=_directory, help="Board: where to write evidence if its log signed two histories.")
@click.option("--language", default="en", show_default=True, help="Board: language of the outcome.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def verify(
    record: str,
    *,
    charter: Path | None,
    bound: Path | None,
    against: Path | None,
    policy: Path | None,
    save: Path | None,
    evidence: Path | None,
    language: str,
    as_json: bool,
) -> int:
    """Run every numbered check that a record's stage allows; report every failure.

    RECORD is a .bel file. DIRECTORY (a mirror, a USB stick) and URL are a board: its tree is checked against what its
    log signed and what observers cosigned, then every entry; entries without effect are findings. Where the charter
    names a definition, the outcome under its rule stands at the end.

    Exit code: 0 verified, 1 verified false, 2 usage, 3 could not verify.
    """
    is_board = "://" in record or Path(record).is_dir()
    wrong = {"--policy": policy, "--save": save, "--evidence": evidence}
    wrong = {"--bound": bound, "--against": against} if is_board else wrong
    if any(wrong.values()):
        names = ", ".join(name for name, value in wrong.items() if value)
        raise click.UsageError(f"{names}: not for {'a board' if is_board else 'a file'}")
    if is_board:
        from psephos.cli.auditor_board import verify_board  # noqa: PLC0415 - a file needs neither network nor signatures

        return verify_board(
            record,
            charter=charter,
            policy=policy,
            save=save,
            evidence=evidence,
            language=None if as_json else language,
        )
    return _verify_file(Path(record), charter=charter, bound=bound, against=against, as_json=as_json)


def _verify_file(record: Path, *, charter: Path | None, bound: Path | None, against: Path | None, as_json: bool) -> int:
    report = _with_progress(record, files_beside(record, charter=charter, bound=bound, older=against).read())
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False)
        show_report(report, console if console.is_terminal else Console(highlight=False, width=PIPE_WIDTH))
    return _EXIT[report.verdict]


@auditor.command()
@click.argument("file", type=_file)
@click.option("--log", "keys", multiple=True, metavar="VKEY", help="The log's key as you know it, from the charter.")
def evidence(file: Path, keys: tuple[str, ...]) -> None:
    """Check that FILE proves that somebody broke a promise, and say who and which. It needs nothing else.

    Without --log the key in FILE is taken: then compare it with the one in the charter.

    Exit code: 0 it is proved, 1 it proves nothing, 2 usage, 3 could not check.
    """
    from psephos.board.note import read_verifier_key  # noqa: PLC0415 - loads signatures, which `verify FILE` needs not
    from psephos.verify.evidence import check_evidence, read_evidence  # noqa: PLC0415 - likewise

    log = [read_verifier_key(text, at=f"--log {number}") for number, text in enumerate(keys, start=1)]
    conviction = check_evidence(read_evidence(read_message(file)), log)
    click.echo(f"PROVED — {conviction.culprit}: {conviction.found}")
    click.echo(f"promise: {conviction.promise}")
    for key in conviction.keys:
        click.echo(f"key: {key}")
    if not keys or conviction.keys[0].name != log[0].name:
        say("hint: compare this key with the one in the charter")


@auditor.command()
@click.argument("receipt", type=_file)
@click.argument("ballot", type=_file)
@click.argument("board", metavar="DIRECTORY|URL")
@click.option("--charter", type=_file, help="The charter that you know; without it, the log's entry 0 is taken.")
@click.option("--evidence", type=_directory, help="Where to write evidence if the log broke its promise.")
def receipt(receipt: Path, ballot: Path, board: str, *, charter: Path | None, evidence: Path | None) -> int:
    """Check a voter's RECEIPT (.tlog-proof) for a BALLOT against a board, or against an observer's mirror of it.

    Exit code: 0 the ballot is where the receipt says, 1 the log broke its promise, or the receipt is none for this
    ballot, 2 usage, 3 could not check.
    """
    from psephos.cli.auditor_board import check_receipt  # noqa: PLC0415 - see `verify`

    return check_receipt(receipt, ballot, board, charter=charter, evidence=evidence)


@auditor.command()
@click.argument("record", metavar="RECORD|DIRECTORY|URL")
@click.option("--to", "folder", type=_directory, required=True, help="The new folder for the pages.")
@click.option(
    "--charter", type=_file, help="The charter; without it, charter.json beside RECORD, or the log's entry 0."
)
@click.option("--definition", type=_file, help="RECORD: the published definition; a board brings its own.")
@click.option("--script", type=_file, help="The program that compares, as it is built from booth/.")
def site(
    record: str,
    *,
    folder: Path,
    charter: Path | None,
    definition: Path | None,
    script: Path | None,
) -> None:
    """Verify RECORD, and make pages that say what was verified: in five languages, for any web server or a disk.

    Nothing is made if a check fails. Without the observers' quorum the pages are made, and each of them says so.
    The same record and options give the same bytes.

    Exit code: 0 made, 1 verified false or refused, 2 usage, 3 could not verify.
    """
    from psephos.cli.auditor_site import make_site  # noqa: PLC0415 - templates, which `verify` needs not

    make_site(record, folder=folder, charter=charter, definition=definition, script=script)


@auditor.command("report")
@click.argument("record", metavar="RECORD|DIRECTORY|URL")
@click.option("--to", "folder", type=_directory, required=True, help="Where the files of the report go.")
@click.option("--charter", type=_file, help="The charter; without it, as for `psephos verify`.")
@click.option("--bound", type=_file, help="RECORD: trustees' second proofs; without it, RECORD's .bound.json.")
@click.option("--against", type=_file, help="RECORD: an earlier copy.")
@click.option("--policy", type=_file, help="Board: the observers that you require (tlog-policy), not the charter's.")
@click.option(
    "--language",
    "codes",
    multiple=True,
    metavar="CODE",
    help="A language; may be given again. Without it, all of them.",
)
@click.option("--key", type=_file, help="Sign the report with this key: auditor.key.age.")
@click.option("--passphrase-file", type=_file, help="Read the key's passphrase from this file (mode 600).")
def write_report(
    record: str,
    *,
    folder: Path,
    charter: Path | None,
    bound: Path | None,
    against: Path | None,
    policy: Path | None,
    codes: tuple[str, ...],
    key: Path | None,
    passphrase_file: Path | None,
) -> int:
    """Verify as `psephos verify` does, and write a report: for programs, and for people a page and a paper.

    The same record, on a board with the same countersignatures, gives the same bytes, on every machine and at every
    time. It is written whatever was found.

    Exit code: 0 verified, 1 verified false, 2 usage, 3 could not verify.
    """
    from psephos.cli.auditor_report import make_report  # noqa: PLC0415 - templates, which `verify` needs not

    return make_report(
        record,
        folder=folder,
        charter=charter,
        bound=bound,
        against=against,
        policy=policy,
        codes=codes,
        key=key,
        passphrase_file=passphrase_file,
    )


@auditor.command("key")
@click.option("--name", required=True, help="The name that you sign under, such as auditor1.example.")
@click.option("--home", type=_directory, default=Path(), help="Your own directory (default: here).")
@click.option("--passphrase-file", type=_file, help="Read the passphrase from this file (mode 600).")
def new_key(*, name: str, home: Path, passphrase_file: Path | None) -> None:
    """Make a key for signing reports: auditor.key.age (secret, sealed) and auditor.vkey (to be published)."""
    from psephos.cli.note_key import make_key  # noqa: PLC0415 - age, which `verify` needs not

    make_key(
        Owner.AUDITOR,
        home / _KEY,
        home / _VKEY,
        name=name,
        passphrase_file=passphrase_file,
        what="your public key: publish it where people know you",
    )


@auditor.command("check-report")
@click.argument("folder", type=_directory)
@click.option("--key", "vkey", required=True, metavar="VKEY", help="The auditor's key, as you know it from elsewhere.")
def check_report(folder: Path, *, vkey: str) -> None:
    """Check that the report in FOLDER is the one that an auditor has signed; not that what it says is true.

    Another file in FOLDER whose name begins with `report.` is none of it, and is named.

    Exit code: 0 it is, 1 it is not, 2 usage, 3 a file could not be read.
    """
    from psephos.cli.auditor_report import check_signed  # noqa: PLC0415 - see `report`

    check_signed(folder, vkey)


def _with_progress(record: Path, beside: Beside) -> Report:
    """Run the audit; the bar is drawn on a terminal only."""
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TextColumn("bytes"), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("verify", total=None)
        return audit(FileSource(record), beside, lambda done, total: bar.update(task, completed=done, total=total))


def show_report(report: Report, console: Console) -> None:
    """The report for people: checks, failures and findings, then the result, then the verdict."""
    show_checks(report, console)
    show_verdict(report.verdict, summary(report), console)


def show_verdict(verdict: Verdict, why: str, console: Console) -> None:
    """The last line."""
    console.print(Text(f"{verdict.upper()} — {why}", style=f"bold {_VERDICT_COLOURS[verdict]}"), soft_wrap=True)


def show_checks(report: Report, console: Console) -> None:
    """The report without its verdict."""
    if report.election:
        console.print(Text(report.election["name"], style="bold"))
        console.print(f"election {report.election['uuid']} · {report.election['group']}", markup=False)
        console.print(f"fingerprint {report.election['fingerprint']}", markup=False)
        console.print()
    lines = Table.grid(padding=(0, 1))
    for result in report.results.values():
        colour = _COLOURS[result.status]
        title = Text(result.check.title)
        if result.status is Status.PASSED and result.examined > 1:
            title.append(f" ({result.examined})", style="dim")
        if result.status is Status.NOT_RUN:
            title.append(f" – {result.reason}", style="dim")
        lines.add_row(Text(_MARKS[result.status], colour), Text(result.check.id, colour), title)
        for failure in result.failures:
            lines.add_row("", "", Text(_words(failure), style="red"))
        for finding in result.findings[:_MOST_FINDINGS]:
            lines.add_row("", "", Text("note: " + _words(finding), style="yellow"))
        if len(result.findings) > _MOST_FINDINGS:
            more = len(result.findings) - _MOST_FINDINGS
            lines.add_row("", "", Text(f"note: and {more} more; --json lists them all", style="yellow"))
    console.print(lines)
    console.print()
    _show_counts(report, console)


def _words(failure: Failure) -> str:
    culprit = f"{failure.culprit}: " if failure.culprit else ""
    return f"{culprit}{failure.message}" + (f" [{failure.at}]" if failure.at else "")


def summary(report: Report) -> str:
    """Why the verdict is what it is."""
    failed = [result.check.id for result in report.results.values() if result.status is Status.FAILED]
    if failed:
        return f"{', '.join(failed)} failed"
    if report.verdict is Verdict.UNKNOWN:
        return "the record holds something that Psephos cannot check yet; it is not thereby valid"
    return f"everything up to the phase “{report.phase}”; last event {report.head}"


def _show_counts(report: Report, console: Console) -> None:
    if not report.election:
        return
    console.print(
        f"{report.voters} credentials, {report.ballots} ballots, {report.counted} counted"
        if report.phase not in {"open", "closed"}
        else f"{report.voters} credentials, {report.ballots} ballots so far",
        markup=False,
    )
    console.print()
    if report.result is not None:
        _show_result(report, report.result, console)
    for caveat in report.caveats:
        console.print(Text(f"THIS RESULT: {caveat}" if report.result else f"NOTE: {caveat}", style="bold yellow"))


def _show_result(report: Report, result: Counts, console: Console) -> None:
    for question, counts in zip(report.questions, result, strict=True):
        table = Table(title=Text(question["question"]), title_justify="left", show_header=True, box=None)
        table.add_column("answer")
        table.add_column("votes", justify="right")
        table.add_column("share", justify="right")
        table.add_column("")
        largest, total = max(*counts, 1), max(sum(counts), 1)
        for answer, count in zip(question["answers"], counts, strict=True):
            bar = "█" * round(_WIDEST_BAR * count / largest)
            table.add_row(Text(answer), str(count), percentage(count, total), Text(bar, style="blue"))
        console.print(table)
        console.print()
    _show_regions(report, console)


def percentage(count: int, total: int) -> str:
    """A share with one decimal, rounded as on pages and reports."""
    whole, tenths = divmod(rounded_percent(Fraction(count, total)), 10)
    return f"{whole}.{tenths} %"


def _show_regions(report: Report, console: Console) -> None:
    """The counts of each cell, a line for each question."""
    for cell in report.regional:
        for question, counts in zip(report.questions, cell["counts"], strict=True):
            votes = ", ".join(f"{answer} {count}" for answer, count in zip(question["answers"], counts, strict=True))
            same = " (all the same)" if cell["unanimous"] else ""
            console.print(f"{in_words(cell['regions'])}: {cell['counted']} ballots: {votes}{same}", markup=False)
    if report.regional:
        console.print()
