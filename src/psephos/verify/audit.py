"""The audit: runs every numbered check that a record's stage allows, and reports every failure.

It reads the record once; ballots are checked chunk by chunk in `psephos.verify.ballots`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from psephos.errors import (
    MalformedError,
    MismatchError,
    OutOfTurnError,
    PsephosError,
    UnavailableError,
    UnsupportedError,
)
from psephos.ports import ByteSource
from psephos.protocol.decryption import Owned, PartialDecryption, read_partial_decryption
from psephos.protocol.election import Election
from psephos.protocol.encoding import read_json
from psephos.protocol.group import Elements
from psephos.protocol.tally import SizedEncryptedTally, Tally
from psephos.protocol.trustees import Trustees
from psephos.record.archive import Archive, Record
from psephos.record.charter import Charter
from psephos.record.entries import Entry, SetupData, read_entries
from psephos.record.phases import EventKind
from psephos.verify import checks
from psephos.verify.ballots import BallotsAudit
from psephos.verify.definition import block_definition
from psephos.verify.regional import block_regional
from psephos.verify.report import Report

Progress = Callable[[int, int], None]
"""Called with (bytes read, bytes in all)."""


@dataclass(frozen=True)
class Beside:
    """What lies beside an archive and is checked with it.

    Attributes:
        charter: charter.json.
        bound: The file of the trustees' second proofs; None if there is none.
        older: An earlier copy of the record.
    """

    charter: bytes | None = None
    bound: bytes | None = None
    older: ByteSource | None = None


class Audit:
    """One run over one record.

    Attributes:
        report: What was found so far.
        election, trustees, tally, charter: As verified; None before that, or if they do not hold.
    """

    def __init__(self, source: ByteSource, beside: Beside | None = None, progress: Progress | None = None) -> None:
        self._source = source
        self._beside = beside or Beside()
        self._progress = progress
        self._archive: Archive | None = None
        self._ballots: BallotsAudit | None = None
        self._shares: dict[int, tuple[str, PartialDecryption]] = {}
        self._valid: dict[int, Elements] = {}
        self._tally_head = ""
        self._digests: dict[int, str] = {}
        self.report = Report()
        self.election: Election | None = None
        self.trustees: Trustees | None = None
        self.charter: Charter | None = None
        self.tally: Tally | None = None

    def run(self) -> Report:
        """Run all checks.

        Raises:
            UnavailableError: The bytes could not be read.
        """
        report = self.report
        try:
            self._archive = Archive(self._source)
            report.passed("V1")
            for entry in read_entries(self._archive):
                self._take(entry)
        except UnsupportedError as error:
            report.unsupported("V1", error)
        except UnavailableError:
            raise
        except PsephosError as error:
            report.failed("V1", error)
        if self._ballots is not None:
            self._ballots.flush()
        if report.ok("V1") and report.head == "":
            report.failed("V3", OutOfTurnError("the record has no events: there is nothing to verify"))
        self._check_bound()
        self._check_extension()
        block_regional(report, self.charter)
        description = "" if self.election is None else self.election.description
        block_definition(report, charter=self.charter, description=description)
        return report

    def counted(self) -> Tally | None:
        """The sums of the ballots that count so far; None if some ballot or credential could not be read."""
        return None if self._ballots is None else self._ballots.counted()

    def _take(self, entry: Entry) -> None:
        report = self.report
        for check, faults in (("V1", checks.check_record_form(entry)), ("V2", checks.check_chain(entry))):
            for fault in faults:
                report.failed(check, fault)
            if not faults:
                report.passed(check, 1 + len(entry.data) if check == "V1" else 1)
        in_turn = True
        try:
            report.phase = checks.check_order(report.phase, entry)
            report.passed("V3")
        except PsephosError as error:
            report.failed("V3", error)
            in_turn = False
        report.head = entry.digest
        if self._beside.older is not None:
            self._digests[entry.event.height] = entry.digest
        if entry.event.type is not EventKind.BALLOT and self._ballots is not None:
            self._ballots.flush()
        if entry.usable and in_turn:
            self._examine(entry)
        elif entry.event.type is EventKind.BALLOT and in_turn and self._ballots is not None:
            self._ballots.miss()
        if self._progress is not None and self._archive is not None:
            self._progress(entry.offset, self._source.size())

    def _examine(self, entry: Entry) -> None:
        kind = entry.event.type
        if kind is EventKind.SETUP and self.election is None:
            self._setup(entry)
        elif self.election is None:
            return
        elif kind is EventKind.BALLOT:
            self.report.ballots += 1
            if self._ballots is not None:
                self._ballots.take(entry.data[0])
        elif kind is EventKind.ENCRYPTED_TALLY:
            self._encrypted_tally(entry)
        elif kind is EventKind.PARTIAL_DECRYPTION:
            self._partial_decryption(entry)
        elif kind is EventKind.RESULT:
            self._result(entry)
        elif kind in {EventKind.SHUFFLE, EventKind.END_SHUFFLES}:
            self.report.unsupported("V3", UnsupportedError(f"{kind}: shuffles are not supported yet", at=_place(entry)))

    # ── setup: V4 – V8 ──────────────────────────────────────────────────────────────────────────────────────────

    def _setup(self, entry: Entry) -> None:
        report = self.report
        election_bytes, trustees_bytes = (_content(record) for record in entry.data[:2])
        setup = read_json(_content(entry.data[-1]), SetupData, what="setup data")
        if setup.credentials_certificate is not None:
            report.found("V8", "the record holds a credentials certificate, which Psephos does not examine")
            self._hash(entry.data[3])
        try:
            election = checks.check_election(election_bytes)
        except UnsupportedError as error:
            report.unsupported("V4", error)
            return
        except PsephosError as error:
            report.failed("V4", error)
            return
        report.passed("V4")
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
        self._check_charter(election)
        self._check_trustees(trustees_bytes, election)
        self._check_credentials(entry.data[2], election)
        self.election = election

    def _hash(self, record: Record) -> None:
        """V1 for data that no check reads."""
        assert self._archive is not None
        try:
            deque(self._archive.stream(record), maxlen=0)
        except PsephosError as error:
            self.report.failed("V1", error)

    def _check_charter(self, election: Election) -> None:
        if self._beside.charter is None:
            self.report.blocked("V5", "no charter was given")
            return
        try:
            self.charter = checks.check_against_charter(self._beside.charter, election)
            self.report.passed("V5")
        except PsephosError as error:
            self.report.failed("V5", error)

    def _check_trustees(self, received: bytes, election: Election) -> None:
        report = self.report
        try:
            trustees = checks.check_trustees(received, election)
        except PsephosError as error:
            report.failed("V6", error)
            report.blocked("V7", "the trustees' keys do not hold (V6)")
            return
        report.passed("V6", len(trustees.members))
        if trustees.old_form:
            report.found("V6", "threshold trustees in the form before Belenios 2.5.1: no contexts, no signatures")
        self.trustees = trustees
        try:
            checks.check_public_key(election, trustees)
            report.passed("V7")
        except PsephosError as error:
            report.failed("V7", error)

    def _check_credentials(self, record: Record, election: Election) -> None:
        report = self.report
        assert self._archive is not None
        try:
            electorate = checks.check_credentials(self._archive.stream(record), record.size, election)
        except PsephosError as error:
            report.failed("V8", error)
            return
        report.passed("V8", len(electorate))
        report.voters = len(electorate)
        if electorate.weighted:
            report.found("V8", f"votes are weighted; the weights add up to {electorate.total_weight}")
        self._ballots = BallotsAudit(report, self._archive, election, electorate)

    # ── after the close: V14 – V17 ──────────────────────────────────────────────────────────────────────────────

    def _encrypted_tally(self, entry: Entry) -> None:
        report, election, recomputed = self.report, self.election, self.counted()
        assert election is not None
        if recomputed is None:
            report.blocked("V14", "ballots or credentials could not be read, so that there is nothing to compare with")
            return
        if self.tally is not None:
            return
        report.counted = recomputed.num_tallied
        self._tally_head = entry.digest
        try:
            size = read_json(_content(entry.data[1]), SizedEncryptedTally, what="size of the encrypted tally")
            checks.check_encrypted_tally(_content(entry.data[0]), size, recomputed, election)
            report.passed("V14", recomputed.num_tallied)
        except PsephosError as error:
            report.failed("V14", error)
        self.tally = recomputed

    def _partial_decryption(self, entry: Entry) -> None:
        report, election = self.report, self.election
        assert election is not None
        if self.tally is None or self.trustees is None or not report.ok("V14"):
            report.blocked("V15", "without a tally and trustees that hold, decryptions say nothing")
            return
        owned = read_json(_content(entry.data[1]), Owned, what="owner")
        at = _place(entry)
        try:
            if not 1 <= owned.owner <= len(self.trustees.members):
                raise MalformedError(f"there is no trustee {owned.owner}", at="/owner")
            trustee = self.trustees.members[owned.owner - 1]
            if owned.owner in self._shares:
                raise MismatchError("decrypted twice", at="/owner", culprit=trustee.label)
            share = read_partial_decryption(_content(entry.data[0]), self.tally.sums, election.group)
        except PsephosError as error:
            report.failed("V15", error, at=at)
            return
        self._shares[owned.owner] = (entry.data[0].digest, share)
        try:
            checks.check_partial_decryption(share, self.tally, trustee, election)
            self._valid[owned.owner] = share.factors
            report.passed("V15")
        except PsephosError as error:
            if self.trustees.items[trustee.item].mandatory:
                report.failed("V15", error, at=at)
            else:
                report.passed("V15")
                report.found("V15", f"{at}: {error.message}; it is not used", culprit=trustee.label)

    def _result(self, entry: Entry) -> None:
        report, election = self.report, self.election
        assert election is not None
        if self.tally is None or self.trustees is None or not report.ok("V14"):
            for check in ("V15", "V16", "V17"):
                report.blocked(check, "without a tally and trustees that hold, decryptions say nothing")
            return
        try:
            combined = checks.check_enough(self.trustees, self._valid, election)
            report.passed("V16", len(self._valid))
        except PsephosError as error:
            report.failed("V16", error)
            report.blocked("V17", "not enough trustees decrypted (V16)")
            return
        try:
            counts = checks.check_result_content(_content(entry.data[0]), self.tally, combined, election)
            report.passed("V17")
            report.result = counts
        except PsephosError as error:
            report.failed("V17", error)

    # ── beside the archive: V18, V19 ────────────────────────────────────────────────────────────────────────────

    def _check_bound(self) -> None:
        report, bound = self.report, self._beside.bound
        if not self._shares:
            return
        assert self.trustees is not None
        assert self.tally is not None
        assert self.election is not None
        if bound is None:
            owners = ", ".join(self.trustees.members[owner - 1].label for owner in sorted(self._shares))
            report.blocked("V18", f"no file of second proofs was given (for {owners})")
            return
        try:
            by_owner = checks.read_second_proofs(bound)
        except PsephosError as error:
            report.failed("V18", error)
            return
        for owner, (digest, share) in sorted(self._shares.items()):
            trustee = self.trustees.members[owner - 1]
            one = by_owner.pop(owner, None)
            if one is None:
                report.found("V18", "made no second proof", culprit=trustee.label)
                continue
            try:
                if one.payload != digest:
                    raise MismatchError("about another partial decryption", at="/payload", culprit=trustee.label)
                checks.check_bound_decryption(
                    one, share, tally=self.tally, trustee=trustee, election=self.election, record=self._tally_head
                )
                report.passed("V18")
            except PsephosError as error:
                report.failed("V18", error)
        for owner in sorted(by_owner):
            report.failed("V18", MismatchError(f"a second proof by trustee {owner}, who decrypted nothing"))

    def _check_extension(self) -> None:
        report = self.report
        if self._beside.older is None:
            report.blocked("V19", "no earlier copy was given")
            return
        try:
            checks.check_extension(read_entries(Archive(self._beside.older)), self._digests)
            report.passed("V19")
        except UnsupportedError as error:
            report.unsupported("V19", error)
        except UnavailableError:
            raise
        except PsephosError as error:
            report.failed("V19", error)


def _content(record: Record) -> bytes:
    if record.content is None:
        raise MalformedError("a record of this size cannot be", at=f"byte {record.offset}")
    return record.content


def _place(entry: Entry) -> str:
    return f"event {entry.event.height}"


def audit(source: ByteSource, beside: Beside | None = None, progress: Progress | None = None) -> Report:
    """Verify a record.

    Args:
        source: The `.bel` archive.
        beside: What else is to be checked with it.
        progress: Called now and then.

    Raises:
        UnavailableError: The bytes could not be read: nothing was verified.
    """
    return Audit(source, beside, progress).run()
