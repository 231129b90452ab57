"""What an audit found: every check, whether it ran, and every failure with its place and culprit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from psephos.errors import PsephosError
from psephos.protocol.result import Counts
from psephos.record.phases import Phase
from psephos.verify.checks import CHECKS, Check


class Status(StrEnum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    UNSUPPORTED = "unsupported"
    NOT_RUN = "not run"


class Verdict(StrEnum):
    """What follows for the record as far as it goes."""

    VERIFIED = "verified"
    FALSE = "verified false"
    UNKNOWN = "could not verify"


@dataclass(frozen=True)
class Failure:
    """One thing that is wrong, or worth knowing."""

    code: str
    message: str
    at: str
    culprit: str


@dataclass
class CheckResult:
    """What one check found.

    Attributes:
        check: Which one.
        status: What became of it.
        examined: How many things it looked at.
        failures: What is wrong.
        findings: What a reader should know although nothing is wrong.
        reason: Why it did not run.
    """

    check: Check
    status: Status = Status.NOT_RUN
    examined: int = 0
    failures: list[Failure] = field(default_factory=list)
    findings: list[Failure] = field(default_factory=list)
    reason: str = "not reached"


@dataclass(frozen=True)
class Caveat:
    """Something that must be said wherever the result is shown.

    Attributes:
        kind: What it is: the name of its phrase in `psephos.result`.
        message: In English.
        values: What stands in it, for other languages: texts as they were written, times in seconds.
    """

    kind: str
    message: str
    values: Mapping[str, str | int]


@dataclass
class Report:
    """An audit's outcome.

    Attributes:
        results: One per check, in order.
        election: Name, identifier, fingerprint and group of the election, once known.
        questions: Each question's text and answers (blank first, where it is counted apart).
        phase: How far the record goes.
        head: Fingerprint of the last event: what to compare with somebody else's copy.
        voters: Number of credentials.
        ballots: Ballots in the record.
        counted: Ballots that count: the last of each credential.
        result: The counts that were verified; None unless everything about them was.
        regional: The counts by cell that were verified, as they may be shown; empty without.
        to_say: What must be said wherever the result is shown.
    """

    results: dict[str, CheckResult] = field(default_factory=lambda: {check.id: CheckResult(check) for check in CHECKS})
    election: dict[str, str] = field(default_factory=dict)
    questions: list[dict[str, Any]] = field(default_factory=list)
    phase: Phase = Phase.EMPTY
    head: str = ""
    voters: int = 0
    ballots: int = 0
    counted: int = 0
    result: Counts | None = None
    regional: list[dict[str, Any]] = field(default_factory=list)
    to_say: list[Caveat] = field(default_factory=list)

    @property
    def caveats(self) -> list[str]:
        """What must be said wherever the result is shown, in English."""
        return [one.message for one in self.to_say]

    def caveat(self, kind: str, message: str, **values: str | int) -> None:
        """Note something that must be said wherever the result is shown; see `Caveat`."""
        self.to_say.append(Caveat(kind, message, values))

    def passed(self, check: str, examined: int = 1) -> None:
        """Note that a check looked at so many more things and found nothing wrong with them."""
        entry = self.results[check]
        entry.examined += examined
        if entry.status is Status.NOT_RUN:
            entry.status = Status.PASSED

    def failed(self, check: str, error: PsephosError, *, at: str = "") -> None:
        """Note a failure; `at` goes before the error's own place."""
        entry = self.results[check]
        entry.status = Status.FAILED
        entry.failures.append(_failure(error, at))

    def unsupported(self, check: str, error: PsephosError) -> None:
        """Note that a check met something that Psephos cannot check."""
        entry = self.results[check]
        entry.status = Status.UNSUPPORTED
        entry.findings.append(_failure(error, ""))

    def found(self, check: str, message: str, *, culprit: str = "") -> None:
        """Note something worth knowing."""
        self.results[check].findings.append(Failure("finding", message, "", culprit))

    def blocked(self, check: str, reason: str) -> None:
        """Note why a check did not run."""
        self.results[check].reason = reason

    def ok(self, *checks: str) -> bool:
        """Whether all these checks passed."""
        return all(self.results[check].status is Status.PASSED for check in checks)

    @property
    def verdict(self) -> Verdict:
        """False if any check failed; unknown if one met something unsupported; else verified as far as it goes."""
        states = {result.status for result in self.results.values()}
        if Status.FAILED in states:
            return Verdict.FALSE
        if Status.UNSUPPORTED in states:
            return Verdict.UNKNOWN
        return Verdict.VERIFIED

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "verdict": self.verdict,
            "election": self.election,
            "questions": self.questions,
            "phase": self.phase,
            "head": self.head,
            "voters": self.voters,
            "ballots": self.ballots,
            "counted": self.counted,
            "result": self.result,
            "regional": self.regional,
            "caveats": self.caveats,
            "checks": [
                {
                    "id": result.check.id,
                    "title": result.check.title,
                    "clause": result.check.clause,
                    "status": result.status,
                    "examined": result.examined,
                    "failures": [vars(failure) for failure in result.failures],
                    "findings": [vars(finding) for finding in result.findings],
                    "reason": result.reason if result.status is Status.NOT_RUN else "",
                }
                for result in self.results.values()
            ],
        }


def _failure(error: PsephosError, at: str) -> Failure:
    place = ", ".join(part for part in (at, error.at) if part)
    return Failure(error.code, error.message, place, error.culprit)
