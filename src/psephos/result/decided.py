"""What follows from a verified record in a file under a definition that lies beside it; a board brings its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from psephos.errors import UnavailableError, UnsupportedError
from psephos.record.charter import Charter
from psephos.record.regions import Cell, Regions, Shown, read_regions
from psephos.referendum.counted import Answers, defined_answers, figures_of, with_eligible
from psephos.referendum.definition import Definition, rule_of
from psephos.referendum.figures import Figures
from psephos.referendum.outcome import Outcome, decide
from psephos.referendum.regional import figures_of_regions
from psephos.verify.report import Report


def outcomes_of(report: Report, definition: Definition, charter: Charter | None) -> Mapping[int, Outcome]:
    """What follows, by question, counted from 1.

    A question with options has no outcome, nor one whose rule needs figures that neither record nor definition has.

    Args:
        report: On a record in which no check failed.
        definition: Of this vote: whoever calls has checked that.
        charter: For its regions.

    Raises:
        MismatchError: The counts are no numbers of ballots, or an answer has no meaning.
    """
    if report.result is None:
        return {}
    outcomes: dict[int, Outcome] = {}
    for number in range(1, len(report.questions) + 1):
        try:
            answers = defined_answers(definition, number)
            figures = figures_of(report, answers, _beside(report, definition, charter, answers))
            outcomes[number] = decide(rule_of(definition), figures)
        except (UnsupportedError, UnavailableError):
            continue
    return outcomes


def _beside(report: Report, definition: Definition, charter: Charter | None, answers: Answers) -> Figures:
    """What the national result does not hold: how many may vote, and the regions."""
    figures = with_eligible(None, definition)
    if charter is None or charter.regions is None:
        return figures
    regions = read_regions(charter.regions)
    found = figures_of_regions(regions, _shown(report, regions), questions=report.questions, answers=answers)
    return replace(figures, regions=found)


def _shown(report: Report, regions: Regions) -> list[Shown]:
    """The cells as the report has them."""
    places = {leaf.id: place for place, leaf in enumerate(regions.leaves)}
    return [
        Shown(
            Cell(tuple(places[name] for name in cell["regions"]), cell["counted"]),
            tuple(tuple(question) for question in cell["counts"]),
            cell["unanimous"],
            cell["merged_on"],
        )
        for cell in report.regional
    ]
