"""The observer: what it states about a log that it has checked, and when it calls for attention.

Its *report* on a tree is a note of a form that its verifying key can sign: the checkpoint of a log of the observer's
own name, with the tree of the board's log, and what was found as extension lines, which an Ed25519 cosignature covers
(c2sp.org/tlog-cosignature). It needs no key but the one in the charter's policy, and nobody takes it for the board's.

    observer1.example/v/report          name of the key, and `/report`
    19                                  size
    l3MJwU5rK3w/8r/8lHGNQMZwvV7zYgL…    root
    psephos/report/1
    log board.example/2026
    charter d23f38…                     fingerprint of the charter in force
    ruleset 8c0fe1…                     fingerprint of the list of rules that were applied
    record ce64b2…                      fingerprint of the record's last event; `none` before the setup
    without-effect 3 5f1cc4…            how many entries have none, and the SHA-256 of their list

The list has a line for each: index, kind (`-` if it cannot be read) and reason, with tabs between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from psephos.board.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    read_signed_checkpoint,
    verify_log,
    write_checkpoint,
)
from psephos.board.cosignature import CosignatureVerifier, Ed25519Cosigner
from psephos.board.merkle import TreeHead
from psephos.board.note import Note, VerifierKey, read_size
from psephos.errors import MalformedError
from psephos.ports import UnixSeconds
from psephos.protocol.encoding import sha256_hex
from psephos.verify.board_audit import Excluded

_REPORT = "psephos/report/1"
_SUFFIX = "/report"
_NONE = "none"
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ObserverReport:
    """What an observer states about a log.

    Attributes:
        log: The log's origin.
        head: The tree that was checked, every entry of it.
        charter: Fingerprint of the charter in force; empty if there is none.
        ruleset: Fingerprint of the rules.
        record: Fingerprint of the last event of the record that follows; empty if there is none.
        excluded: How many entries have no effect.
        listed: SHA-256 of the list of them.
    """

    log: str
    head: TreeHead
    charter: str
    ruleset: str
    record: str
    excluded: int
    listed: str


def write_list(excluded: Iterable[Excluded]) -> bytes:
    """The list of entries without effect: the same for all who apply the same rules, whatever words they use."""
    return "".join(f"{one.index}\t{one.kind or '-'}\t{one.reason}\n" for one in excluded).encode()


def sign_report(report: ObserverReport, cosigner: Ed25519Cosigner, *, now: UnixSeconds) -> bytes:
    """The report as a note, signed with the verifying key."""
    lines = (
        _REPORT,
        f"log {report.log}",
        f"charter {report.charter or _NONE}",
        f"ruleset {report.ruleset}",
        f"record {report.record or _NONE}",
        f"without-effect {report.excluded} {report.listed}",
    )
    checkpoint = Checkpoint(cosigner.key.name + _SUFFIX, report.head, lines)
    text = write_checkpoint(checkpoint)
    return bytes(SignedCheckpoint(Note(text, (cosigner.cosign(text, now=now),)), checkpoint))


def verify_report(received: bytes, key: VerifierKey) -> ObserverReport:
    """Read an observer's report and check that its verifying key signed it.

    Raises:
        MalformedError: It is no report.
        InvalidProofError: The signature does not hold.
    """
    signed = read_signed_checkpoint(received)
    verify_log(signed, origin=key.name + _SUFFIX, verifiers=[CosignatureVerifier(key)])
    values = dict(line.partition(" ")[::2] for line in signed.checkpoint.extensions)
    count, _, listed = values.get("without-effect", "").partition(" ")
    report = ObserverReport(
        values.get("log", ""),
        signed.head,
        _known(values, "charter"),
        _known(values, "ruleset"),
        _known(values, "record"),
        read_size(count, at="without-effect"),
        listed,
    )
    if list(values) != [_REPORT, "log", "charter", "ruleset", "record", "without-effect"]:
        raise MalformedError("not a report: other lines than it has", at="extension lines")
    if len(values) != len(signed.checkpoint.extensions) or _DIGEST.fullmatch(listed) is None:
        raise MalformedError("not a report", at="without-effect")
    return report


def _known(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "")
    if value == _NONE and name != "ruleset":
        return ""
    if _DIGEST.fullmatch(value) is None:
        raise MalformedError("not a report: a fingerprint is missing", at=name)
    return value


def make_report(
    *, log: str, head: TreeHead, charter: bytes | None, ruleset: bytes, record: str, excluded: Iterable[Excluded]
) -> tuple[ObserverReport, bytes]:
    """The report on a tree, and the list that belongs to it."""
    every = list(excluded)
    listed = write_list(every)
    fingerprint = sha256_hex(charter) if charter is not None else ""
    report = ObserverReport(log, head, fingerprint, sha256_hex(ruleset), record, len(every), sha256_hex(listed))
    return report, listed


# ── alarms ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Alarm(StrEnum):
    """What an observer calls for attention for."""

    FORK = "fork"
    BAD_SIGNATURE = "bad-signature"
    ROLLBACK = "rollback"
    MISCONDUCT = "witness-misconduct"
    MISSING_DATA = "missing-data"
    STALLED = "stalled"


PROVES_FALSE = frozenset({Alarm.FORK, Alarm.BAD_SIGNATURE, Alarm.ROLLBACK, Alarm.MISCONDUCT})
"""These end with exit code 1, the others with 3: nothing was proved."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long something may last before it is an alarm, in seconds.

    Attributes:
        trouble: What a cache, a restart or a slow line does for a while: an older checkpoint, a file that is not there.
        stalled: Without a fresh signed head while the vote is open.
    """

    trouble: int = 120
    stalled: int = 900


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm that begins or ends."""

    alarm: Alarm
    begins: bool
    reason: str


@dataclass
class Watch:
    """Which conditions hold, since when, and which of them are alarms.

    Attributes:
        patience: See `Patience`.
        standing: The alarms that stand, with their reasons.
    """

    patience: Patience
    standing: dict[Alarm, str] = field(default_factory=dict)
    _since: dict[Alarm, UnixSeconds] = field(default_factory=dict)

    def look(self, found: Mapping[Alarm, str], *, now: UnixSeconds) -> list[Change]:
        """Take what one look at the world found.

        Args:
            found: The conditions that hold now, each with its reason.
            now: The time.

        Returns:
            What begins to be an alarm, and what ends.
        """
        changes = []
        for alarm in Alarm:
            if alarm not in found:
                self._since.pop(alarm, None)
                if alarm in self.standing:
                    changes.append(Change(alarm, begins=False, reason=self.standing.pop(alarm)))
                continue
            since = self._since.setdefault(alarm, now)
            if alarm not in self.standing and now - since >= self._wait(alarm):
                self.standing[alarm] = found[alarm]
                changes.append(Change(alarm, begins=True, reason=found[alarm]))
        return changes

    def overdue(self, *, silent: float, seconds: float) -> list[Change]:
        """Take that a look does not end; what it does not find out is an alarm until it does.

        Args:
            silent: Seconds for which nothing has come of it.
            seconds: Seconds for which it has gone on.

        Returns:
            What begins to be an alarm.
        """
        reasons = {}
        if 0 < self.patience.trouble <= silent:
            reasons[Alarm.MISSING_DATA] = f"a look does not end: for {int(silent)} seconds nothing has come"
        if self.patience.stalled <= seconds:
            reasons[Alarm.STALLED] = f"a look does not end: for {int(seconds)} seconds nothing was compared or cosigned"
        fresh = {alarm: reason for alarm, reason in reasons.items() if alarm not in self.standing}
        self.standing |= fresh
        return [Change(alarm, begins=True, reason=reason) for alarm, reason in fresh.items()]

    def _wait(self, alarm: Alarm) -> int:
        return self.patience.trouble if alarm in {Alarm.ROLLBACK, Alarm.MISSING_DATA} else 0


def is_stalled(*, is_open: bool, fresh_at: UnixSeconds, now: UnixSeconds, patience: Patience) -> bool:
    """Whether the log is silent although voters may be waiting for it.

    Args:
        is_open: Whether ballots have effect now, by the record.
        fresh_at: When a head was fresh last: the log grew, or an observer cosigned it; 0 if that is not known.
        now: The time.
        patience: See `Patience`.
    """
    return is_open and fresh_at > 0 and now - fresh_at > patience.stalled
