"""The verifier's report as data: every check with its outcome, who stands behind the tree, and what stays open.

The same record, on a board with the same countersignatures, gives the same report, wherever and whenever it is made:
no clock, no place of a file and no address is in it. Its time is that of the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from psephos.board.note import write_base64
from psephos.board.policy import Policy, write_policy
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_terms import show_time
from psephos.record.charter import Charter, read_charter
from psephos.referendum.outcome import Outcome
from psephos.result.facts import OnBoard
from psephos.result.moments import cosigned_at, is_possible, quorum_moment
from psephos.verify.board_audit import ruleset
from psephos.verify.definition import as_data
from psephos.verify.report import CheckResult, Report, Status, Verdict
from psephos.verify.standing import Standing

FORMAT = "psephos/auditor-report/1"
COUNTERSIGNATURES = "countersignatures"
"""Among the checks of a property: whether the quorum that had to countersign has."""


class Given(StrEnum):
    """What the reader gave to the program beside the record."""

    CHARTER = "charter"
    OLDER = "older"
    BOUND = "bound"
    POLICY = "policy"


class State(StrEnum):
    """What a report says of a property."""

    CHECKED = "checked"
    FAILED = "failed"
    PARTLY = "partly"
    NOT = "not"
    OF_IT = "of_it"
    NEVER = "never"


@dataclass(frozen=True)
class Property:
    """What people want to know of a vote.

    Attributes:
        name: Of its texts.
        checks: Those that are about it.
        whole: Whether they are all of it; otherwise a record shows only a part, or nothing.
    """

    name: str
    checks: tuple[str, ...]
    whole: bool = True


PROPERTIES = (
    Property("eligibility", ("V8", "V10", "V14"), whole=False),
    Property("intended", (), whole=False),
    Property("recorded", ("V1", "V2", "V9", "V11", "V12", "V13", COUNTERSIGNATURES), whole=False),
    Property("tallied", ("V14", "V15", "V16", "V17")),
    Property("secrecy", ("V4", "V6", "V7"), whole=False),
    Property("proof", (), whole=False),
    Property("coercion", (), whole=False),
    Property("availability", ("V3",), whole=False),
)
REGIONAL = ("V20", "V21", "V22", "V23")
"""Also about the tally, where the charter counts regions."""


@dataclass(frozen=True)
class Program:
    """What did the checking.

    Attributes:
        version: Of Psephos.
        source: SHA-256 of all of its source.
    """

    version: str
    source: str


@dataclass(frozen=True)
class Checked:
    """What a report is made from.

    Attributes:
        report: What the checks found.
        charter: The charter's bytes; empty if there is none.
        given: What the reader gave beside the record.
        program: What did the checking.
        board: None for a record that came as a file.
        own: The observers that the reader demands; None for those of the charter.
        file: SHA-256 of that file; empty for a board.
        at: The time of that file; 0 for a board.
    """

    report: Report
    charter: bytes
    given: frozenset[Given]
    program: Program
    board: OnBoard | None = None
    own: Policy | None = None
    file: str = ""
    at: int = 0

    @property
    def policies(self) -> list[tuple[Standing, Policy]]:
        """What each policy's observers say of the tree."""
        if self.board is None:
            return []
        by_name = {"receipts": self.board.terms.receipts, "tally": self.board.terms.tally, "yours": self.own}
        found = ((standing, by_name[standing.policy]) for standing in self.board.standings)
        return [(standing, policy) for standing, policy in found if policy is not None]

    @property
    def missing(self) -> bool:
        """Whether a quorum that had to countersign has not."""
        if self.board is None:
            return False
        size, needed = self.board.signed.head.size, self.board.needed
        return any(one.policy in needed and not one.covers(size) for one in self.board.standings)

    @property
    def demanded(self) -> bool:
        """Whether anybody has to countersign: a policy may demand nobody."""
        if self.board is None:
            return False
        return any(one.policy in self.board.needed and one.counted.need for one in self.board.standings)

    @property
    def annulled_regions(self) -> tuple[str, ...]:
        """The regions whose vote was declared void."""
        defined = None if self.board is None else self.board.report.defined
        return () if defined is None else defined.now.annulled_regions

    @property
    def outcomes(self) -> Mapping[int, Outcome]:
        """What follows, by question, if what is missing for the verdict comes; nothing does where a check failed."""
        if self.board is None or self.board.report.defined is None or self.report.verdict is Verdict.FALSE:
            return {}
        return self.board.report.defined.outcomes


def report_data(checked: Checked, titles: Mapping[str, str]) -> dict[str, Any]:
    """The report, for programs.

    Args:
        checked: What was checked.
        titles: What each check is about, in English.
    """
    report, board = checked.report, checked.board
    charter = read_charter(checked.charter) if checked.charter else None
    regional = charter is not None and charter.regions is not None
    return {
        "format": FORMAT,
        "program": {"name": "psephos", "version": checked.program.version, "source": checked.program.source},
        "ruleset": sha256_hex(ruleset()),
        "given": [given.value for given in Given if given in checked.given],
        "made_from": show_time(moment) if (moment := moment_of(checked)) else "",
        "verdict": verdict_of(checked),
        "phase": report.phase,
        "charter": _charter(checked.charter, charter),
        "election": report.election,
        "record": {"head": report.head, "file": checked.file},
        "log": None if board is None else _log(board),
        "observers": [] if board is None else [_observers(board, one, policy=own) for one, own in checked.policies],
        "voters": report.voters,
        "ballots": report.ballots,
        "counted": report.counted,
        "questions": report.questions,
        "result": report.result,
        "regional": report.regional,
        "caveats": report.caveats,
        "definition": _definition(checked),
        "checks": [_check(result, titles) for result in report.results.values()],
        "without_effect": [] if board is None else [vars(one) for one in board.report.excluded],
        "properties": [_property(one, checked, regional=regional) for one in PROPERTIES],
    }


def _definition(checked: Checked) -> dict[str, Any] | None:
    defined = None if checked.board is None else checked.board.report.defined
    return None if defined is None else as_data(replace(defined, outcomes=checked.outcomes), ())


def verdict_of(checked: Checked) -> Verdict:
    """What follows: as for the checks, and unknown where a quorum is missing."""
    verdict = checked.report.verdict
    return Verdict.UNKNOWN if verdict is Verdict.VERIFIED and checked.missing else verdict


def moment_of(checked: Checked) -> int:
    """The time of the record: see `countersigned_at`; without one, of the first countersignature; or that of the file.

    0 if there is none.
    """
    board = checked.board
    if board is None:
        return checked.at
    found = (at for _, policy in checked.policies for at in cosigned_at(board.signed, policy).values())
    return countersigned_at(checked) or min(filter(is_possible, found), default=0)


def countersigned_at(checked: Checked) -> int:
    """The moment at which every quorum that is needed says that it was at least that late; 0 if one is missing."""
    board = checked.board
    if board is None or checked.missing:
        return 0
    return quorum_moment(board.signed, (policy for one, policy in checked.policies if one.policy in board.needed))


def _charter(received: bytes, charter: Charter | None) -> dict[str, Any] | None:
    return None if charter is None else {"fingerprint": sha256_hex(received), "kind": charter.kind}


def _log(board: OnBoard) -> dict[str, Any]:
    audited, head = board.report, board.signed.head
    return {
        "origin": board.terms.origin,
        "key": str(board.terms.logs[0]),
        "size": head.size,
        "root": write_base64(head.root),
        "checkpoint": board.signed.note.text.decode(),
        "closed_by": audited.closed_by,
        "alone": audited.alone,
        "successions": audited.successions,
        "without_quorum": audited.without_quorum,
    }


def _observers(board: OnBoard, standing: Standing, *, policy: Policy) -> dict[str, Any]:
    return {
        "policy": standing.policy,
        "needed": standing.policy in board.needed,
        "holds": standing.covers(board.signed.head.size),
        "have": standing.counted.have,
        "need": standing.counted.need,
        "of": standing.counted.of,
        "cosigned": {name: show_time(at) for name, at in sorted(cosigned_at(board.signed, policy).items())},
        "text": write_policy(policy).decode(errors="replace"),
    }


def _check(result: CheckResult, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": result.check.id,
        "title": titles[result.check.id],
        "clause": result.check.clause,
        "status": result.status,
        "examined": result.examined,
        "failures": [vars(failure) for failure in result.failures],
        "findings": [vars(finding) for finding in result.findings],
        "reason": result.reason if result.status is Status.NOT_RUN else "",
    }


def _property(one: Property, checked: Checked, *, regional: bool) -> dict[str, Any]:
    """What the report says of a property; no part of it is empty where something could be said."""
    about = list(one.checks)
    if one.name == "tallied" and regional:
        about += REGIONAL
    states = {check: _status(check, checked) for check in about}
    sorted_out = {
        status: [check for check, found in states.items() if found is status]
        for status in (Status.PASSED, Status.FAILED)
    }
    passed, failed = sorted_out[Status.PASSED], sorted_out[Status.FAILED]
    missing = [check for check in about if check not in {*passed, *failed}]
    if failed:
        state = State.FAILED
    elif not passed:
        state = State.NOT if one.whole else State.NEVER
    elif missing:
        state = State.PARTLY
    else:
        state = State.CHECKED if one.whole else State.OF_IT
    return {"name": one.name, "state": state, "passed": passed, "failed": failed, "missing": missing}


def _status(check: str, checked: Checked) -> Status:
    if check != COUNTERSIGNATURES:
        return checked.report.results[check].status
    return Status.PASSED if checked.demanded and not checked.missing else Status.NOT_RUN
