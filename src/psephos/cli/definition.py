"""`psephos auditor lint`: what good practice asks of a definition, and its canonical form."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from psephos.adapters.files import read_message
from psephos.adapters.package_data import data_names, read_data, read_text
from psephos.cli.terminal import say, write
from psephos.referendum.definition import fingerprint, read_draft, write_definition
from psephos.referendum.lint import Finding, LintReport, Status, WordLists, check_publishable, read_word_lists
from psephos.referendum.lint_page import lint as run_lint
from psephos.referendum.lint_page import report_data, report_lines

_REFUSED = 1
_COLOURS = {
    Status.REFUSES: "red",
    Status.NEEDS_JUSTIFICATION: "yellow",
    Status.NEEDS_REVIEWERS: "yellow",
    Status.JUSTIFIED: "dim",
    Status.REVIEWED: "dim",
    Status.NOTED: "dim",
}

_file = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("definition", type=_file, required=False)
@click.option("--template", type=_file, help="Write a commented template to a new file, and do nothing else.")
@click.option("--publish", type=_file, help="Write the canonical JSON to a new file, if nothing stands against it.")
@click.option("--page", type=_file, help="Write the findings to a new file, as a page of the public record.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def lint(
    definition: Path | None, *, template: Path | None, publish: Path | None, page: Path | None, as_json: bool
) -> int:
    """What good practice asks of DEFINITION (TOML, or published JSON).

    Exit code: 0 nothing stands against publishing, 1 something does, 2 usage, 3 the file could not be read.
    """
    if template is not None:
        write(template, read_text("template.toml").encode(), what="template")
        return 0
    if definition is None:
        raise click.UsageError("give DEFINITION, or --template FILE")
    draft = read_draft(read_message(definition), what=str(definition))
    report = run_lint(draft, word_lists())
    if page is not None:
        write(page, ("\n".join(report_lines(draft, report)) + "\n").encode(), what="findings")
    if as_json:
        click.echo(json.dumps(report_data(draft, report), ensure_ascii=False, indent=2))
    else:
        show_findings(report)
    if publish is not None:
        check_publishable(report)
        published = write_definition(draft)
        write(publish, published, what="definition, for organisers to sign")
        say(f"fingerprint {fingerprint(published)}")
    return _REFUSED if report.blocking else 0


def word_lists() -> dict[str, WordLists]:
    """The word lists that come with the package, by language."""
    return {name.removeprefix("lint."): read_word_lists(read_data(name)) for name in data_names("lint.")}


def show_findings(report: LintReport, *, stderr: bool = False) -> None:
    """The findings for people."""
    console = Console(highlight=False, soft_wrap=True, stderr=stderr)
    for finding in report.findings:
        console.print(Text(_line(finding), style=_COLOURS[finding.status]))
        if finding in report.blocking:
            console.print(Text(f"    what to do: {finding.rule.remedy}", style="dim"))
    against = len(report.blocking)
    console.print(Text(f"{against} findings stand against publishing; {len(report.findings)} in all", style="bold"))


def _line(finding: Finding) -> str:
    place = f" [{finding.at}]" if finding.at else ""
    return f"{finding.rule.id} {finding.severity}  {finding.message}{place} — {finding.status}"
