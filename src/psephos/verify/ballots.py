"""The ballots of a record, chunk by chunk: checks V9 to V13, and the running sums.

Memory is one chunk, the packed electorate, and where each voter's last ballot stands; only ballots that were
superseded are read again, to take them out of the sum.
"""

from __future__ import annotations

from array import array

from psephos.errors import MalformedError, MismatchError
from psephos.protocol.ballot import BallotChunk, BallotForm
from psephos.protocol.credentials import Electorate
from psephos.protocol.election import Election
from psephos.protocol.tally import RunningTally, Tally
from psephos.record.archive import Archive, Record
from psephos.verify import checks
from psephos.verify.report import Report

CHUNK = 1000


class BallotsAudit:
    """The ballots so far: who voted last where, and the sums of those that count."""

    def __init__(self, report: Report, archive: Archive, election: Election, electorate: Electorate) -> None:
        self._report = report
        self._archive = archive
        self._form = BallotForm(election)
        self._electorate = electorate
        self._tally = RunningTally(election)
        self._latest = array("q", bytes(8)) * electorate.rows
        self._revotes: dict[int, set[str]] = {}
        self._pending: list[Record] = []
        self._uncounted = 0

    def counted(self) -> Tally | None:
        """The sums of the ballots that count so far; None if some ballot could not be read."""
        return None if self._uncounted else self._tally.total()

    def miss(self) -> None:
        """Note a ballot that cannot be examined: the record's data is damaged."""
        self._uncounted += 1

    def take(self, record: Record) -> None:
        """The next ballot."""
        if record.content is None:
            self._report.failed("V9", MalformedError("ballot: far too large", at=f"byte {record.offset}"))
            self._uncounted += 1
            return
        self._pending.append(record)
        if len(self._pending) == CHUNK:
            self.flush()

    def flush(self) -> None:
        """Check the ballots that are waiting, and count those that count so far."""
        report = self._report
        if not self._pending:
            return
        records, self._pending = self._pending, []
        chunk, malformed = checks.check_ballot_forms(self._form, [_content_of(record) for record in records])
        rows, unlisted = checks.check_listed(chunk, self._electorate)
        for check, faults, examined in (
            ("V9", malformed, len(records)),
            ("V10", unlisted, len(chunk.rows)),
            ("V11", checks.check_signatures(chunk), len(chunk.rows)),
            ("V12", checks.check_proofs(chunk), len(chunk.rows)),
        ):
            report.passed(check, examined)
            for number, fault in sorted(faults.items()):
                report.failed(check, fault, at=_ballot_name(records[number]))
        self._uncounted += len(malformed) + len(unlisted)
        self._count(chunk, [records[number] for number in chunk.rows], rows)

    def _count(self, chunk: BallotChunk, records: list[Record], rows: list[int | None]) -> None:
        """Take ballots into the sums, and out of them those that they supersede (V13 on the way)."""
        report = self._report
        report.passed("V13", len(rows))
        last: dict[int, int] = {}
        superseded: list[int] = []
        for place, (record, row) in enumerate(zip(records, rows, strict=True)):
            if row is None:
                continue
            before = self._before(row)
            try:
                checks.check_new(record.digest, before)
            except MismatchError as error:
                report.failed("V13", error, at=_ballot_name(record))
                continue
            before.add(record.digest)
            if self._latest[row] and row not in last:
                superseded.append(self._latest[row])
            last[row] = place
            self._latest[row] = record.offset
        self._tally.add(chunk, list(last.values()), [self._electorate.weight(row) for row in last])
        for start in range(0, len(superseded), CHUNK):
            self._take_out(superseded[start : start + CHUNK])

    def _take_out(self, offsets: list[int]) -> None:
        """Read superseded ballots again and take them out of the sums; they had the form when they came in."""
        chunk, _ = self._form.read([_content_of(self._archive.record_at(offset)) for offset in offsets])
        rows = [self._electorate.row(credential) for credential in chunk.credentials()]
        self._tally.remove(
            chunk, range(len(chunk.rows)), [self._electorate.weight(row) for row in rows if row is not None]
        )

    def _before(self, row: int) -> set[str]:
        """Fingerprints of a voter's ballots so far; those of voters with one ballot cost no memory."""
        if not self._latest[row]:
            return set()
        if row not in self._revotes:
            self._revotes[row] = {self._archive.record_at(self._latest[row]).digest}
        return self._revotes[row]


def _content_of(record: Record) -> bytes:
    assert record.content is not None
    return record.content


def _ballot_name(record: Record) -> str:
    return f"ballot {record.digest[:16]}… (byte {record.offset})"
