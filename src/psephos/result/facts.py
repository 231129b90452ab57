"""What pages say, as values: everything comes from what was verified, and nothing is computed twice.

`Verified` is what the verifier and the outcome's engine found; `Facts` puts it in the order of the pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.note import write_base64
from psephos.ports import UnixSeconds
from psephos.record.charter import Charter
from psephos.record.regions import Regions, read_regions
from psephos.record.terms import Terms
from psephos.referendum.counted import defined_answers
from psephos.referendum.definition import Definition, in_every_language
from psephos.referendum.definition_texts import Question
from psephos.referendum.judging import RegionFinding
from psephos.referendum.outcome import Outcome
from psephos.referendum.rule import Comparison, Named, Total
from psephos.referendum.truth import Truth
from psephos.result.moments import quorum_moment
from psephos.result.observed import ObserverFact, observers_of
from psephos.verify.board_audit import BoardReport
from psephos.verify.report import Report
from psephos.verify.standing import Standing

_TWO_SIDES = (Total.YES, Total.NO)
_REHEARSAL = "[REHEARSAL] "
"""How an election's name begins; see `record.charter.election_name`."""


@dataclass(frozen=True)
class OnBoard:
    """What was verified beside the record, where it stands on a board.

    Attributes:
        report: The audit of the log.
        terms: The charter's terms.
        signed: The checkpoint whose tree was verified, with every cosignature that was found.
        standings: What the policies' observers say of it.
        needed: The policies whose quorum has to cover it.
    """

    report: BoardReport
    terms: Terms
    signed: SignedCheckpoint
    standings: tuple[Standing, ...]
    needed: frozenset[str]


@dataclass(frozen=True)
class Verified:
    """Everything that pages are made from.

    Attributes:
        report: The verifier's report; nothing in it failed.
        data: The whole report as `psephos verify --json` prints it.
        charter: The charter's bytes; empty if none was given.
        read: The charter; None likewise.
        board: None for a record in a file.
        received: The definition's bytes; empty if there is none.
        definition: The definition, which was found to be that of this vote, with its addenda.
        outcomes: What follows, by question, counted from 1; none without a definition, or before the result.
        ballots: Fingerprints of all ballots of the record, in its order.
        record: SHA-256 of the record as a file.
        annulled: Whether the vote was declared void.
        void_regions: The regions whose vote was declared void.
        lost: Whether the organisers have signed that the votes cannot be counted.
    """

    report: Report
    data: Mapping[str, Any]
    charter: bytes
    read: Charter | None
    board: OnBoard | None
    received: bytes
    definition: Definition | None
    outcomes: Mapping[int, Outcome]
    ballots: Sequence[str]
    record: str
    annulled: bool = False
    void_regions: tuple[str, ...] = ()
    lost: bool = False


@dataclass(frozen=True)
class AnswerFact:
    """An answer with its votes.

    Attributes:
        texts: In each language of the vote; under an empty name as it stands in the record.
        meaning: What the rule counts it as; None if that is not known.
        votes: None before the result.
    """

    texts: Mapping[str, str]
    meaning: Total | None
    votes: int | None


@dataclass(frozen=True)
class Area:
    """A region, or several that were counted together.

    Attributes:
        names: Of its regions; empty for those who are in none.
        registered: How many have a credential there.
        counted: How many ballots count there.
        votes: By answer.
        share: Of the answer that is compared; None if there is nothing to divide by.
        unanimous: Whether all ballots there say the same, so that the result tells how each was cast.
        truths: For each region, whether the rule's condition on regions holds there.
    """

    names: tuple[str, ...]
    registered: int
    counted: int
    votes: tuple[int, ...]
    share: Fraction | None
    unanimous: bool
    truths: Mapping[str, Truth]

    @property
    def merged(self) -> bool:
        """Whether several regions were counted together: then nothing is known of each."""
        return len(self.names) > 1


@dataclass(frozen=True)
class QuestionFact:
    """A question, what was counted, and what follows.

    Attributes:
        number: From 1.
        texts: See `AnswerFact`.
        answers: In the order in which voters saw them.
        compared: The place of the answer whose share regions are compared by.
        whole: Of which answers it is a share there: their places.
        areas: The regions, the largest share first, those without one last. Empty where none are counted, or not yet.
        outcome: What follows; None without a rule, or before the result.
        yes_no: Whether a rule of yes and no decides it; None where no definition says so.
        lacking: What the verifier says of figures that the rule needs and that are not known; in English.
    """

    number: int
    texts: Mapping[str, str]
    answers: tuple[AnswerFact, ...]
    compared: int
    whole: tuple[int, ...]
    areas: tuple[Area, ...]
    outcome: Outcome | None
    yes_no: bool | None = None
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What pages say.

    Attributes:
        verified: From what.
        titles: See `AnswerFact`.
        questions: In the record's order.
        observers: In the charter's order.
        signed_at: The moment at which every quorum that is needed had countersigned; None if one is missing.
        rehearsal: Whether nothing of it counts.
    """

    verified: Verified
    titles: Mapping[str, str]
    questions: tuple[QuestionFact, ...]
    observers: tuple[ObserverFact, ...] = ()
    signed_at: UnixSeconds | None = None
    rehearsal: bool = False

    @property
    def unsigned(self) -> tuple[Standing, ...]:
        """The policies whose quorum had to countersign this tree and has not."""
        board = self.verified.board
        if board is None:
            return ()
        size = board.signed.head.size
        return tuple(one for one in board.standings if one.policy in board.needed and not one.covers(size))

    @property
    def undemanded(self) -> bool:
        """Whether the charter demands nobody's countersignature of this tree."""
        board = self.verified.board
        return board is not None and not any(one.counted.need for one in board.standings if one.policy in board.needed)

    @property
    def eligible(self) -> int:
        """How many may vote, as the definition says; 0 if it does not say so, or if more than that have voted."""
        definition = self.verified.definition
        known = None if definition is None else definition.electorate.eligible
        return 0 if known is None or known.number < self.verified.report.counted else known.number

    @property
    def root(self) -> str:
        """The root of the tree; empty for a record in a file."""
        return "" if self.verified.board is None else write_base64(self.verified.board.signed.head.root)


def gather(verified: Verified) -> Facts:
    """Put what was verified in the order of the pages."""
    definition, charter = verified.definition, verified.read
    name = verified.report.election.get("name", "")
    titles = {"": name} if definition is None else {"": name, **definition.title}
    rehearsal = name.startswith(_REHEARSAL) if charter is None else charter.kind == "rehearsal"
    questions = tuple(_question(verified, number) for number in range(1, len(verified.report.questions) + 1))
    if verified.board is None:
        return Facts(verified, titles, questions, rehearsal=rehearsal)
    observers = tuple(observers_of(verified.board.terms, verified.board.signed, definition))
    facts = Facts(verified, titles, questions, observers, _signed_at(verified.board), rehearsal)
    return replace(facts, signed_at=None) if facts.unsigned else facts


# ── questions ───────────────────────────────────────────────────────────────────────────────────────────────────


def _question(verified: Verified, number: int) -> QuestionFact:
    asked, report = verified.report.questions[number - 1], verified.report
    defined = None if verified.definition is None else verified.definition.questions[number - 1]
    counts: Sequence[int | None] = [None] * len(asked["answers"])
    if report.result is not None:
        counts = report.result[number - 1]
    meanings = _meanings(verified.definition, defined, number)
    texts = _texts(verified.definition, defined)
    answers = tuple(
        AnswerFact({"": text, **texts.get(text, {})}, meanings.get(text), votes)
        for text, votes in zip(asked["answers"], counts, strict=True)
    )
    outcome = verified.outcomes.get(number)
    compared, whole = _comparison(answers, outcome)
    return QuestionFact(
        number=number,
        texts={"": asked["question"]} if defined is None else {"": asked["question"], **defined.text},
        answers=answers,
        compared=compared,
        whole=whole,
        areas=_areas(verified, number, compared, whole),
        outcome=outcome,
        yes_no=None if defined is None else defined.form == "yes-no",
        lacking=() if outcome is not None else _lacking(verified.report, number),
    )


def _lacking(report: Report, number: int) -> tuple[str, ...]:
    """What the verifier found about the outcome of a question that has none."""
    found = [finding.message for finding in report.results["V28"].findings] if "V28" in report.results else []
    return tuple(one for one in found if one.startswith(f"question {number} ") or not one.startswith("question "))


def _texts(definition: Definition | None, defined: Question | None) -> Mapping[str, Mapping[str, str]]:
    """The texts of answers in each language, by the text that stands in the record."""
    if definition is None or defined is None:
        return {}
    return {in_every_language(answer.text, definition): answer.text for answer in defined.answers}


def _meanings(definition: Definition | None, defined: Question | None, number: int) -> Mapping[str, Total]:
    if definition is None or defined is None or defined.form != "yes-no":
        return {}
    return defined_answers(definition, number).meanings


def _comparison(answers: Sequence[AnswerFact], outcome: Outcome | None) -> tuple[int, tuple[int, ...]]:
    """Which answer regions are compared by, and of which answers that is a share."""
    meanings = [answer.meaning for answer in answers]
    if Total.YES not in meanings:
        return 0, tuple(range(len(answers)))
    parts = _TWO_SIDES if outcome is None or not outcome.rule.valid or asks_for_more(outcome) else outcome.rule.valid
    return meanings.index(Total.YES), tuple(place for place, meaning in enumerate(meanings) if meaning in parts)


def asks_for_more(outcome: Outcome) -> bool:
    """Whether the first condition on regions compares yes with no, and not with all that is valid."""
    counts = [count for term in outcome.terms for count, _ in term.regions]
    where = counts[0].where if counts else None
    return isinstance(where, Comparison) and (where.left, where.right) == (Named(Total.YES), Named(Total.NO))


# ── regions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _areas(verified: Verified, number: int, compared: int, whole: tuple[int, ...]) -> tuple[Area, ...]:
    charter = verified.read
    if charter is None or charter.regions is None or verified.report.result is None:
        return ()
    if verified.report.counted and not verified.report.regional:
        return ()
    regions = read_regions(charter.regions)
    truths = _truths(verified.outcomes.get(number))
    areas = [
        _area(regions, cell, tuple(cell["counts"][number - 1]), compared=compared, whole=whole, truths=truths)
        for cell in verified.report.regional
    ]
    seen = {name for area in areas for name in area.names}
    for leaf in regions.leaves:
        if leaf.id not in seen:
            votes = (0,) * len(verified.report.questions[number - 1]["answers"])
            its = {leaf.id: truths.get(leaf.id, Truth.UNKNOWN)}
            areas.append(Area((leaf.id,), leaf.registered, 0, votes, None, unanimous=False, truths=its))
    return tuple(sorted(areas, key=lambda area: (area.share is None, -(area.share or 0), area.names)))


def _area(
    regions: Regions,
    cell: Mapping[str, Any],
    votes: tuple[int, ...],
    *,
    compared: int,
    whole: tuple[int, ...],
    truths: Mapping[str, Truth],
) -> Area:
    names = tuple(cell["regions"])
    among = sum(votes[place] for place in whole)
    return Area(
        names=names,
        registered=sum(leaf.registered for leaf in regions.leaves if leaf.id in names),
        counted=cell["counted"],
        votes=votes,
        share=Fraction(votes[compared], among) if among else None,
        unanimous=cell["unanimous"],
        truths={name: truths.get(name, Truth.UNKNOWN) for name in names},
    )


def _truths(outcome: Outcome | None) -> Mapping[str, Truth]:
    """Whether the first condition on regions that a rule has holds in each."""
    found: Iterable[tuple[RegionFinding, ...]] = (
        findings for term in (outcome.terms if outcome else ()) for _, findings in term.regions
    )
    return {one.region.id: one.truth for one in next(iter(found), ())}


def _signed_at(board: OnBoard) -> UnixSeconds | None:
    """The moment at which every quorum that is needed says that it was at least that late."""
    policies = {"receipts": board.terms.receipts, "tally": board.terms.tally}
    moment = quorum_moment(board.signed, (policy for name, policy in policies.items() if name in board.needed))
    return UnixSeconds(moment) if moment else None
