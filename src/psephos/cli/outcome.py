"""`psephos auditor outcome`: what follows from a count under a rule, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from psephos.adapters.files import FileSource, read_message
from psephos.adapters.package_data import data_names, read_data
from psephos.cli.terminal import say, write
from psephos.errors import MismatchError, OutOfTurnError, UnavailableError
from psephos.record.charter import read_charter
from psephos.referendum.chart import chart_lines, chart_svg
from psephos.referendum.counted import Answers, defined_answers, figures_of, named_answers, with_eligible
from psephos.referendum.definition import (
    check_against_charter,
    check_against_election,
    fingerprint,
    read_definition,
    rule_of,
)
from psephos.referendum.figures import Figures, read_figures
from psephos.referendum.history import as_data, read_history, try_history
from psephos.referendum.irregular import Assessment, assess, fewest_for_outcome, read_irregularities
from psephos.referendum.outcome import Outcome, decide
from psephos.referendum.outcome_data import outcome_data
from psephos.referendum.rule_file import Result, Rule, read_rule
from psephos.referendum.truth import Truth
from psephos.referendum.turning import Touched, fewest_for_term
from psephos.referendum.words import (
    Words,
    fewest_in_words,
    margin_in_words,
    outcome_in_words,
    read_words,
    rule_in_words,
    term_in_words,
)
from psephos.verify.audit import Audit, Beside
from psephos.verify.report import Report, Verdict

_FALSE, _UNKNOWN = 1, 3
_FILE_ALONE = (
    "a record in a file does not say whether the observers have countersigned it, nor whether the vote was declared "
    "void since: annulments, addenda and the counts of regions stand on the board only (psephos verify URL)"
)
_MARKS = {Truth.TRUE: ("✓", "green"), Truth.FALSE: ("✗", "red"), Truth.UNKNOWN: ("?", "yellow")}
_BAR = 48
_MOST_DIGITS = 15

_file = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("record", type=_file, required=False)
@click.option("--rule", "rule_file", type=_file, help="The rule, TOML or JSON.")
@click.option(
    "--definition", type=_file, help="In the place of --rule: the published definition, for rule and answers."
)
@click.option("--figures", "figures_file", type=_file, help="Figures; beside a RECORD: what the record does not hold.")
@click.option("--charter", type=_file, help="RECORD's charter; without it, charter.json beside it if there is one.")
@click.option("--question", type=click.IntRange(min=1), default=1, help="RECORD's question, counted from 1.")
@click.option("--yes", default="Yes", show_default=True, help="RECORD's answer that means yes.")
@click.option("--no", default="No", show_default=True, help="RECORD's answer that means no.")
@click.option("--blank", default="Blank", show_default=True, help="RECORD's answer that means blank.")
@click.option("--try-history", "history", is_flag=True, help="What the rule would have said of real referendums.")
@click.option("--what-if", "chart", is_flag=True, help="Show the margins as a chart.")
@click.option("--svg", type=_file, help="Write the chart to a new SVG file.")
@click.option("--irregular", help="Votes touched by irregularities: a number, or a file that lists them.")
@click.option("--language", default="en", show_default=True, help="Language of the explanation.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, in every language.")
def outcome(
    record: Path | None,
    *,
    rule_file: Path | None,
    definition: Path | None,
    figures_file: Path | None,
    charter: Path | None,
    question: int,
    yes: str,
    no: str,
    blank: str,
    svg: Path | None,
    irregular: str | None,
    language: str,
    history: bool,
    chart: bool,
    as_json: bool,
) -> int:
    """What follows from a count under a rule, with every term and its margin in votes.

    The count is that of --figures, or of RECORD, which is verified first.

    Exit code: 0 there is an outcome (also if the proposal fails), 1 verified false or refused, 2 usage, 3 unknown.
    """
    if (rule_file is None) == (definition is None):
        raise click.UsageError("give --rule or --definition")
    defined = None if definition is None else read_message(definition)
    rule = _rule(rule_file, defined)
    words = read_words(read_data(f"words.{language}"))
    if history:
        return _show_history(rule, as_json=as_json)
    if record is None and figures_file is None:
        raise click.UsageError("give RECORD, or --figures, or --try-history")
    figures = None if figures_file is None else read_figures(read_message(figures_file), what=str(figures_file))
    if record is not None:
        named = named_answers(question, yes=yes, no=no, blank=blank)
        answers = named if defined is None else defined_answers(read_definition(defined), question)
        figures = _from_record(record, charter, figures, answers, defined)
    assert figures is not None
    found = decide(rule, figures)
    assessment = None if irregular is None else assess(found, _touched(irregular))
    if svg is not None:
        write(svg, chart_svg(found, words).encode(), what="chart")
    if as_json:
        _print_json(found, assessment)
    else:
        show_outcome(found, words, assessment, chart=chart)
    return _UNKNOWN if found.result is Result.UNKNOWN else 0


def _print_json(found: Outcome, assessment: Assessment | None) -> None:
    click.echo(json.dumps(outcome_data(found, every_language(), assessment), ensure_ascii=False, indent=2))


def every_language() -> list[Words]:
    """The words of every language that comes with the package."""
    return [read_words(read_data(name)) for name in data_names("words.")]


def _rule(rule_file: Path | None, defined: bytes | None) -> Rule:
    if defined is not None:
        return rule_of(read_definition(defined))
    assert rule_file is not None
    return read_rule(read_message(rule_file), what=str(rule_file))


def _from_record(
    record: Path, charter: Path | None, beside: Figures | None, answers: Answers, defined: bytes | None
) -> Figures:
    """The figures of a record, if it verifies, and if it is of the definition that is given.

    Raises:
        MismatchError: The record is verified false, or of another definition.
        UnavailableError: It could not be verified.
        OutOfTurnError: It has no result yet.
    """
    default = record.with_name("charter.json")
    chosen = charter or (default if default.exists() else None)
    agreed = read_message(chosen) if chosen else None
    run = Audit(FileSource(record), Beside(charter=agreed))
    report = run.run()
    _check_verified(report, record)
    say(f"verified {record}: {report.head}")
    say(f"note: {_FILE_ALONE}")
    if beside is not None:
        say("note: what the figures give beside the record is not verified")
    if defined is not None:
        assert run.election is not None
        check_against_election(defined, run.election)
        if agreed is not None:
            check_against_charter(defined, read_charter(agreed), agreed)
        say(f"cast under this definition: {fingerprint(defined)}")
        beside = with_eligible(beside, read_definition(defined))
    return figures_of(report, answers, beside)


def _check_verified(report: Report, record: Path) -> None:
    if report.verdict is Verdict.FALSE:
        failed = [result.check.id for result in report.results.values() if result.failures]
        raise MismatchError(
            f"the record is verified false: {', '.join(failed)} failed; nothing follows from it",
            at=str(record),
            hint=f"psephos verify {record}",
        )
    if report.verdict is Verdict.UNKNOWN:
        raise UnavailableError("the record could not be verified", at=str(record), hint=f"psephos verify {record}")
    if report.result is None:
        raise OutOfTurnError(f"the record has no result yet; its phase is {report.phase}", at=str(record))


def _touched(given: str) -> Touched:
    if given.isascii() and given.isdigit():
        if len(given) > _MOST_DIGITS:
            raise click.UsageError(f"--irregular: more than {_MOST_DIGITS} digits")
        return Touched(int(given))
    return read_irregularities(read_message(Path(given)), what=given)


def show_outcome(found: Outcome, words: Words, assessment: Assessment | None = None, *, chart: bool = False) -> None:
    """The outcome for people."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(_one_line(found.rule.name), style="bold"))
    if found.rule.statute:
        console.print(Text(_one_line(found.rule.statute), style="dim"))
    for line in rule_in_words(found.rule, words):
        console.print(Text(line))
    console.print()
    if chart:
        for line in chart_lines(found, words, width=_BAR):
            console.print(Text(line))
    else:
        for term in found.terms:
            mark, colour = _MARKS[term.truth]
            console.print(Text(f"{mark} {term_in_words(term, words)}", style=colour))
            details = [words.truths[term.truth], margin_in_words(term, words)]
            if term.truth is not Truth.UNKNOWN:
                details.append(fewest_in_words(fewest_for_term(term, found.rule), words))
            console.print(Text("  " + "; ".join(filter(None, details)), style="dim"))
    console.print()
    for line in outcome_in_words(found, words):
        console.print(Text(_one_line(line), style="bold"))
    if found.findings and found.result is not Result.UNKNOWN:
        console.print(Text(fewest_in_words(fewest_for_outcome(found), words, outcome=True)))
    if assessment is not None:
        _show_assessment(found, words, assessment, console)


def _one_line(text: str) -> str:
    """What others wrote, such as reasons, so that no line of it is taken for one of ours."""
    return " ".join(text.split())


def _show_assessment(found: Outcome, words: Words, assessment: Assessment, console: Console) -> None:
    votes = f"{assessment.touched.total:,}".replace(",", words.group).translate(
        str.maketrans("0123456789", words.digits)
    )
    console.print(Text(words.say(f"change_{assessment.outcome}", votes=votes), style="bold"))
    for term in found.terms:
        console.print(Text(f"  {assessment.terms[term.at]}: {term_in_words(term, words)}"))


def _show_history(rule: Rule, *, as_json: bool) -> int:
    """What a rule would have said of the past."""
    trials = try_history(rule, read_history(read_data("history")))
    if as_json:
        data: list[dict[str, Any]] = [as_data(trial) for trial in trials]
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return 0
    for trial in trials:
        name, law = trial.case.rule.name, trial.case.expect
        if trial.outcome is None:
            click.echo(f"–  {name}: in law {law}; this rule cannot be tried: {trial.reason}")
        else:
            same = "=" if trial.outcome.result is law else "≠"
            note = f" ({trial.reason})" if trial.reason else ""
            click.echo(f"{same}  {name}: in law {law}; under this rule {trial.outcome.result}{note}")
    return 0
