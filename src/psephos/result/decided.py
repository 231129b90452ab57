"""What follows from a verified record in a file under a definition that lies beside it; a board brings its own."""

from __future__ import annotations

from collections.abc import Mapping

from psephos.errors import MismatchError, UnavailableError, UnsupportedError
from psephos.referendum.counted import defined_answers, figures_of, with_eligible
from psephos.referendum.definition import Definition, rule_of
from psephos.referendum.outcome import Outcome, decide
from psephos.verify.report import Report


def outcomes_of(report: Report, definition: Definition) -> Mapping[int, Outcome]:
    """What follows, by question, counted from 1.

    A question with options has no outcome, nor one whose rule needs figures that neither record nor definition has,
    such as those of regions, which stand on a board only; nor one whose figures do not fit each other. Of these the
    report then says why.

    Args:
        report: On a record in which no check failed.
        definition: Of this vote: whoever calls has checked that.
    """
    if report.result is None:
        return {}
    outcomes: dict[int, Outcome] = {}
    for number in range(1, len(report.questions) + 1):
        try:
            figures = figures_of(report, defined_answers(definition, number), with_eligible(None, definition))
            outcomes[number] = decide(rule_of(definition), figures)
        except UnsupportedError:
            continue
        except (MismatchError, UnavailableError) as error:
            report.found("V28", f"question {number} has no outcome: {' '.join(error.message.split())}")
    return outcomes
