"""The audit of a log: the report on the record that follows from it, and every entry without effect, with its reason.

Entries are judged once, by `record.state`, whose rules contain every check of a record. The report is therefore that
of `verify.audit` on the derived archive, without a second run over it; the tests hold the two equal.
An entry without effect is a finding against the ballot box, which let it in; it makes no check fail, because it is no
part of the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from psephos.board.note import VerifierKey
from psephos.errors import MismatchError, PsephosError
from psephos.protocol.decryption import BoundDecryption
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.board_entries import LogSource
from psephos.record.closing import ClosedBy
from psephos.record.counting import Spread
from psephos.record.derivation import Derived
from psephos.record.rules import RULES, Reason, Verdict
from psephos.record.state import RecordState, judge_log
from psephos.referendum.lint import WordLists
from psephos.referendum.words import Words
from psephos.verify.checks import CHECKS
from psephos.verify.definition import Defined, as_data, report_definition
from psephos.verify.regional import report_regional
from psephos.verify.report import Report

BALLOT_BOX = "ballot box"
Progress = Callable[[int, int], None]
"""Called with (entries judged, entries in all)."""

_STEP = 1000
_CHECK_OF = {
    Reason.MALFORMED: "V1",
    Reason.UNKNOWN_KIND: "V1",
    Reason.CHARTER: "V5",
    Reason.OUT_OF_TURN: "V3",
    Reason.UNSIGNED: "V5",
    Reason.SETUP: "V5",
    Reason.ACCEPTANCE: "V5",
    Reason.DUPLICATE: "V13",
    Reason.CLOSING: "V3",
    Reason.TALLY: "V14",
    Reason.DECRYPTION: "V15",
    Reason.RESULT: "V17",
    Reason.STATEMENT: "V1",
    Reason.SUCCESSION: "V3",
    Reason.WITHOUT_QUORUM: "V15",
    Reason.REGIONS: "V20",
    Reason.REGIONAL_TALLY: "V21",
    Reason.REGIONAL_DECRYPTION: "V22",
    Reason.REGIONAL_RESULT: "V23",
    Reason.DEFINITION: "V24",
    Reason.ADDENDUM: "V27",
    Reason.BOOTH: "V5",
}
_BALLOT_CHECKS = {"rule": "V10", "invalid-proof": "V12"}


@dataclass(frozen=True)
class Excluded:
    """An entry without effect.

    Attributes:
        index: Its place in the log.
        kind: As it says; empty if it cannot be read.
        reason: Which rule it breaks.
        code: The error's.
        message: What is wrong.
        at: Where.
        culprit: Whose message it is, if that is known.
    """

    index: int
    kind: str
    reason: Reason
    code: str
    message: str
    at: str
    culprit: str


@dataclass
class BoardReport:
    """An audit's outcome.

    Attributes:
        report: On the derived record; entries without effect are among its findings.
        entries: How many entries were judged.
        charter: Fingerprint of the charter in force; empty if there is none.
        excluded: Entries without effect, in the log's order.
        closed_by: Whose word it is that the closing time had come; None before the close.
        alone: How often the log went on without anybody who confirmed that it had not been set back.
        successions: How often another log took over, by the observers' decision.
        bound: The trustees' second proofs, as they lie beside an archive.
        without_quorum: Trustees who decrypt without the observers' quorum, and why.
        defined: What the definition means, and what follows from the result; None without one that holds.
    """

    report: Report = field(default_factory=Report)
    entries: int = 0
    charter: str = ""
    excluded: list[Excluded] = field(default_factory=list)
    closed_by: ClosedBy | None = None
    alone: int = 0
    successions: int = 0
    bound: tuple[BoundDecryption, ...] = ()
    without_quorum: dict[str, str] = field(default_factory=dict)
    defined: Defined | None = None

    def as_dict(self, words: Iterable[Words] = ()) -> dict[str, Any]:
        """For programs.

        Args:
            words: In whose words outcomes are explained.
        """
        return self.report.as_dict() | {
            "entries": self.entries,
            "charter": self.charter,
            "excluded": [vars(one) for one in self.excluded],
            "closed_by": self.closed_by,
            "alone": self.alone,
            "successions": self.successions,
            "without_quorum": self.without_quorum,
            "definition": None if self.defined is None else as_data(self.defined, words),
        }


def ruleset() -> bytes:
    """The published list of rules: what an observer says that it has checked. Its SHA-256 stands in the charter."""
    return write_json(
        {
            "format": "psephos/ruleset/1",
            "checks": [[check.id, check.title, check.clause] for check in CHECKS],
            "rules": [[rule.id, rule.reason, rule.text] for rule in RULES],
        }
    )


def audit_board(
    source: LogSource,
    *,
    charter: bytes | None = None,
    log: VerifierKey | None = None,
    progress: Progress | None = None,
    keep: Callable[[Derived], None] | None = None,
    spread: Spread = map,
    width: int = 1,
    lists: Mapping[str, WordLists] | None = None,
) -> BoardReport:
    """Verify what a log says. That its tree is the one that was signed has been checked by whoever gives the source.

    Args:
        source: The log.
        charter: The charter that the reader expects; without it, entry 0 is taken for it.
        log: Whose signed tree the source is; without it, any log's entries are taken for the record.
        progress: Called now and then.
        keep: Given each event of the archive that follows from the log, in order.
        spread: See `RecordState`.
        width: See `RecordState`.
        lists: The linter's word lists, by language; without them it is not run.

    Raises:
        UnavailableError: Something could not be had: nothing was verified.
    """
    board, state = BoardReport(), RecordState(source, spread=spread, width=width)
    records = 0
    for verdict in judge_log(source, state):
        if verdict.reason is not None:
            _exclude(board, verdict)
        elif verdict.derived is not None:
            records += 1 + len(verdict.derived.data)
            if keep is not None:
                keep(verdict.derived)
        if progress is not None and verdict.index % _STEP == 0:
            progress(verdict.index, source.size())
    board.entries, board.alone, board.closed_by = state.size, len(state.alone), state.closed_by
    answers = state.decryptions.answers if state.decryptions else {}
    board.bound = tuple(answers[owner].bound for owner in sorted(answers))
    _check_charter(board, state, charter)
    _check_log(board, state, log)
    _report_without_quorum(board, state)
    if state.setup is not None:
        _report_setup(board.report, state, records)
        _report_ballots(board.report, state)
        _report_outcome(board.report, state)
        report_regional(board.report, state)
    if state.signed is not None:
        board.defined = report_definition(board.report, state, lists)
    board.report.blocked("V19", "no earlier copy was given")
    return board


def excluded_of(verdict: Verdict) -> Excluded:
    """What is said of an entry without effect."""
    error, reason = verdict.error, verdict.reason
    assert error is not None
    assert reason is not None
    return Excluded(verdict.index, verdict.kind, reason, error.code, error.message, error.at, error.culprit)


def _exclude(board: BoardReport, verdict: Verdict) -> None:
    error, reason = verdict.error, verdict.reason
    assert error is not None
    assert reason is not None
    board.excluded.append(excluded_of(verdict))
    named = f"entry {verdict.index} ({verdict.kind})" if verdict.kind else f"entry {verdict.index}"
    check = _CHECK_OF.get(reason) or _ballot_check(error)
    board.report.found(check, f"{named} has no effect: {reason}: {error.message}", culprit=BALLOT_BOX)


def _ballot_check(error: PsephosError) -> str:
    if error.at.startswith("/signature") and error.code != "malformed":
        return "V11"
    return _BALLOT_CHECKS.get(error.code, "V9")


def _check_charter(board: BoardReport, state: RecordState, expected: bytes | None) -> None:
    report = board.report
    if state.signed is None:
        if board.excluded:
            report.failed("V5", MismatchError("the log does not begin with a charter that holds", at="entry 0"))
        return
    board.charter = sha256_hex(state.signed.received)
    if expected is not None and expected != state.signed.received:
        report.failed("V5", MismatchError("the log is of another charter than the one that was given", at="entry 0"))
    ours, theirs = sha256_hex(ruleset()), state.signed.terms.wire.ruleset
    if theirs != ours:
        report.found("V5", f"the charter names the rules {theirs[:16]}…; this program checks {ours[:16]}…")
    if state.closed_by is ClosedBy.ORGANISERS:
        report.found("V3", "the vote was closed on the organisers' word, without the observers' time")
    if state.alone:
        report.found("V3", f"the log went on alone {len(state.alone)} times", culprit=BALLOT_BOX)


def _check_log(board: BoardReport, state: RecordState, log: VerifierKey | None) -> None:
    """Whether the record stands in this log, and how it came to."""
    board.successions = len(state.successions)
    for succession in state.successions:
        size, name = succession.head.size, succession.log.name
        board.report.found("V3", f"by the observers' decision another log, {name}, went on after {size} entries")
    if log is not None and state.log is not None and log != state.log:
        message = f"these are entries of the log {log.name}, and the record stands in {state.log.name}"
        board.report.failed("V5", MismatchError(message, at="log", culprit=BALLOT_BOX))


def _report_without_quorum(board: BoardReport, state: RecordState) -> None:
    for party, statement in sorted(state.without_quorum.items()):
        board.without_quorum[party] = statement.reason
        caveat = f"{party} decrypts without the observers' quorum: {statement.reason}"
        board.report.found("V15", caveat, culprit=party)
        board.report.caveat("no_quorum", caveat, party=party, reason=statement.reason)
    if state.closed_by is ClosedBy.ORGANISERS:
        message = "the vote was closed on the organisers' word, without the observers' time"
        board.report.caveat("closed_by_organisers", message)


def _report_setup(report: Report, state: RecordState, records: int) -> None:
    assert state.setup is not None
    assert state.count is not None
    election, trustees, voters = state.setup.election, state.setup.trustees, len(state.count.electorate)
    report.passed("V1", 1 + records)
    for check in ("V2", "V3"):
        report.passed(check, state.head.height)
    report.phase, report.head, report.voters = state.phase, state.head.parent or "", voters
    report.election = {
        "name": election.name,
        "uuid": election.uuid,
        "group": election.group.name,
        "fingerprint": election.fingerprint,
    }
    report.questions = [
        {"question": question.question, "answers": ["(blank)"] * question.blank_allowed + list(question.answers)}
        for question in election.questions
    ]
    for check, examined in (("V4", 1), ("V5", 1), ("V6", len(trustees.members)), ("V7", 1), ("V8", voters)):
        report.passed(check, examined)
    if trustees.old_form:
        report.found("V6", "threshold trustees in the form before Belenios 2.5.1: no contexts, no signatures")


def _report_ballots(report: Report, state: RecordState) -> None:
    assert state.count is not None
    report.ballots = state.count.ballots
    for check in ("V9", "V10", "V11", "V12", "V13"):
        if report.ballots:
            report.passed(check, report.ballots)


def _report_outcome(report: Report, state: RecordState) -> None:
    if state.tally is None or state.decryptions is None:
        return
    report.counted = state.tally.num_tallied
    report.passed("V14", report.counted)
    answers = len(state.decryptions.answers)
    if answers:
        report.passed("V15", answers)
        report.passed("V18", answers)
    if state.decryptions.counts is not None:
        report.passed("V16", answers)
        report.passed("V17")
        report.result = state.decryptions.counts
