"""From a verified result to figures: which answer is yes, which is no, which is blank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Protocol

from psephos.errors import MalformedError, MismatchError, UnsupportedError
from psephos.protocol.result import Counts
from psephos.referendum.definition import Definition, in_every_language, rule_of
from psephos.referendum.figures import Counted, Figures, check_regions
from psephos.referendum.rule import Total

_BLANK_APART = "(blank)"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the answers of a record's question mean.

    Attributes:
        question: Its number, from 1.
        meanings: By the answers' texts.
    """

    question: int
    meanings: Mapping[str, Total]


def named_answers(question: int, *, yes: str, no: str, blank: str) -> Answers:
    """What somebody says the answers mean.

    Raises:
        MalformedError: Two meanings for one answer.
    """
    meanings = {yes: Total.YES, no: Total.NO, blank: Total.BLANK}
    if len(meanings) != len({Total.YES, Total.NO, Total.BLANK}):
        raise MalformedError("two meanings are given to one answer", at="--yes, --no, --blank")
    return Answers(question, meanings)


def defined_answers(definition: Definition, question: int) -> Answers:
    """What a definition says the answers mean.

    Raises:
        MismatchError: It has no such question.
        UnsupportedError: The question has options, and no rule of yes and no decides it.
    """
    if question > len(definition.questions):
        raise MismatchError(f"the definition has no question {question}", hint="--question counts from 1")
    asked = definition.questions[question - 1]
    if asked.form != "yes-no":
        raise UnsupportedError("a question with options is not decided by yes and no", at=f"/questions/{question - 1}")
    return Answers(
        question, {in_every_language(answer.text, definition): Total(answer.meaning) for answer in asked.answers}
    )


def with_eligible(beside: Figures | None, definition: Definition) -> Figures:
    """Figures with the number of those who may vote, as the definition says it, where its rule counts on it.

    A number that the rule does not name decides nothing: if it is wrong, such as an estimate that the roll outgrew,
    the outcome does not hang on it.

    Args:
        beside: What somebody says besides; must say the same, or nothing.
        definition: As it was published.

    Raises:
        MismatchError: They say another number.
        MalformedError: The definition has no rule.
    """
    known = definition.electorate.eligible
    figures = beside or Figures(Counted({}))
    if known is None:
        return figures
    said = figures.nation.totals.get(Total.ELIGIBLE)
    if said not in {None, known.number}:
        raise MismatchError(f"the figures say eligible = {said}, and the definition {known.number}")
    if Total.ELIGIBLE not in rule_of(definition).totals:
        return figures
    totals = {**figures.nation.totals, Total.ELIGIBLE: Fraction(known.number)}
    return replace(figures, nation=Counted(totals))


class Counting(Protocol):
    """What a verified record says; `verify.report.Report` fulfils it.

    Attributes:
        questions: Text and answers of each question; a blank that is counted apart comes first.
        result: The verified counts.
        counted: How many ballots count.
        voters: How many have a credential.
    """

    questions: list[dict[str, Any]]
    result: Counts | None
    counted: int
    voters: int


def figures_of(record: Counting, answers: Answers, beside: Figures | None = None) -> Figures:
    """The figures of a verified result.

    A ballot of the record is valid or not in the record, so that no ballot is invalid; who has a credential is
    registered.

    Args:
        record: What was verified.
        answers: What they mean.
        beside: What the record does not hold, such as the number of those eligible.

    Raises:
        MismatchError: There is no such question, an answer has no meaning, the counts are no numbers of ballots, or
            what is beside says something else.
    """
    if record.result is None or answers.question > len(record.questions):
        raise MismatchError(f"the record has no question {answers.question}", hint="--question counts from 1")
    question, counts = record.questions[answers.question - 1], record.result[answers.question - 1]
    if sum(counts) != record.counted:
        raise MismatchError(
            f"the counts add up to {sum(counts)}, and {record.counted} ballots count: votes are weighted, or more or "
            "fewer than one answer could be chosen",
            at=f"question {answers.question}",
        )
    meanings = {_BLANK_APART: Total.BLANK, **answers.meanings}
    totals: dict[Total, Fraction] = dict.fromkeys((Total.YES, Total.NO, Total.BLANK, Total.INVALID), Fraction(0))
    for answer, count in zip(question["answers"], counts, strict=True):
        if answer not in meanings:
            raise MismatchError(
                f"what the answer {answer!r} means is not said",
                at=f"question {answers.question}",
                hint=f"name each with --yes, --no or --blank: {', '.join(map(repr, question['answers']))}",
            )
        totals[meanings[answer]] += count
    totals[Total.BALLOTS] = sum(totals.values(), Fraction(0))
    totals[Total.REGISTERED] = Fraction(record.voters)
    if beside is None:
        return Figures(Counted(totals))
    return _beside(totals, beside)


def _beside(totals: Mapping[Total, Fraction], beside: Figures) -> Figures:
    for total, amount in beside.nation.totals.items():
        if total in totals and totals[total] != amount:
            raise MismatchError(
                f"the figures say {total.value} = {amount}, and the record {totals[total]}",
                at=f"/totals/{total.value}",
            )
        if total in {Total.ELIGIBLE, Total.VOTERS} and amount < totals[Total.BALLOTS]:
            raise MismatchError(f"{total.value} = {amount}, and there are {totals[Total.BALLOTS]} ballots")
    check_regions(totals, beside.regions, complete=False, at="/regions")
    return replace(beside, nation=Counted({**beside.nation.totals, **totals}))
