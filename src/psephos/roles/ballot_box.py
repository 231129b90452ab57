"""The ballot box: takes in ballots that hold, closes, tallies, publishes; each step is an entry of the record.

What it must not be able to do, others check: an entry that breaks a rule is refused by every verifier.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psephos.errors import MalformedError, MismatchError, OutOfTurnError, PsephosError, RefusedError
from psephos.ports import ByteSource
from psephos.protocol.ballot import BallotForm
from psephos.protocol.credentials import Electorate
from psephos.protocol.decryption import (
    BoundDecryption,
    Owned,
    PartialDecryption,
    read_partial_decryption,
    verify_bound_decryption,
    verify_partial_decryption,
)
from psephos.protocol.election import read_election
from psephos.protocol.encoding import read_json, sha256_hex, write_json
from psephos.protocol.result import combine_factors, compute_result, write_result
from psephos.protocol.tally import Tally, write_encrypted_tally, write_sized
from psephos.record.archive import Archive
from psephos.record.counting import check_ballots
from psephos.record.electorate import read_electorate
from psephos.record.entries import Head, read_entries, write_entry
from psephos.record.phases import EventKind, Phase, next_phase
from psephos.verify.audit import Audit
from psephos.verify.report import Verdict

LARGEST_BALLOT = 60_000
"""Design D2: a ballot is never a blob."""
_CHUNK = 1000


@dataclass
class BallotBox:
    """The record as the organiser continues it.

    Attributes:
        form: The election's form of ballots.
        electorate: Who may vote.
        head: What the next event refers to.
        phase: What the election is waiting for.
        fingerprints: Of all ballots ever taken in.
        voters: Rows of the electorate that have cast one.
    """

    form: BallotForm
    electorate: Electorate
    head: Head
    phase: Phase
    fingerprints: set[str]
    voters: set[int]


def read_box(source: ByteSource) -> BallotBox:
    """Read the organiser's own record, to continue it.

    Raises:
        MalformedError, RuleError: The record is damaged or out of order.
    """
    archive = Archive(source)
    box: BallotBox | None = None
    phase = Phase.EMPTY
    for entry in read_entries(archive):
        entry.check()
        phase = next_phase(phase, entry.event.type)
        head = Head(entry.digest, entry.event.height + 1, archive.timestamp)
        if box is None:
            election = read_election(b"".join(archive.stream(entry.data[0])))
            listed = entry.data[2]
            electorate = read_electorate(archive.stream(listed), listed.size, election.group)
            box = BallotBox(BallotForm(election), electorate, head, phase, set(), set())
        elif entry.event.type is EventKind.BALLOT:
            record = entry.data[0]
            box.fingerprints.add(record.digest)
            row = box.electorate.row(box.form.credential_of(record.content or b""))
            if row is not None:
                box.voters.add(row)
        box.head, box.phase = head, phase
    if box is None:
        raise MalformedError("the record has no Setup")
    return box


@dataclass
class Admitted:
    """What became of ballots that were handed in.

    Attributes:
        entries: Bytes to append to the record.
        taken: How many of them are new.
        known: How many were in the record before: the same ballot handed in again is no error.
        refused: By number, why a ballot was not taken.
    """

    entries: bytes
    taken: int
    known: int
    refused: dict[int, PsephosError]


def admit(box: BallotBox, ballots: Sequence[bytes]) -> Admitted:
    """Check ballots in full and append those that hold, in the order given.

    Raises:
        OutOfTurnError: The ballot box is not open.
    """
    if box.phase is not Phase.OPEN:
        raise OutOfTurnError(f"the ballot box is {box.phase}, not open", hint="ballots count until `close`")
    admitted = Admitted(b"", 0, 0, {})
    pieces: list[bytes] = []
    for start in range(0, len(ballots), _CHUNK):
        _admit_chunk(box, ballots[start : start + _CHUNK], start, admitted, pieces)
    admitted.entries = b"".join(pieces)
    return admitted


def _admit_chunk(box: BallotBox, ballots: Sequence[bytes], start: int, admitted: Admitted, pieces: list[bytes]) -> None:
    small = [ballot if len(ballot) <= LARGEST_BALLOT else b"" for ballot in ballots]
    chunk, faults = check_ballots(box.form, small)
    listed = dict(zip(chunk.rows, map(box.electorate.row, chunk.credentials()), strict=True))
    for row, voter in listed.items():
        if voter is None:
            faults[row] = MismatchError("ballot: its credential is not listed", at="/credential")
    for row, ballot in enumerate(ballots):
        fingerprint = sha256_hex(ballot)
        if row in faults:
            admitted.refused[start + row] = faults[row]
        elif fingerprint in box.fingerprints:
            admitted.known += 1
        else:
            entry, box.head = write_entry(box.head, EventKind.BALLOT, [ballot])
            pieces.append(entry)
            box.fingerprints.add(fingerprint)
            box.voters.add(listed[row] or 0)
            admitted.taken += 1


def close(box: BallotBox, *, minimum: int) -> bytes:
    """The EndBallots entry.

    Args:
        box: The record.
        minimum: Trustees decrypt no tally of fewer ballots (the charter's `minimum_counted`).

    Raises:
        OutOfTurnError: The ballot box is not open.
        RefusedError: With so few ballots there would never be a result.
    """
    if box.phase is Phase.OPEN and len(box.voters) < minimum:
        raise RefusedError(
            f"{len(box.voters)} voters have cast a ballot, and the trustees decrypt no tally of fewer than {minimum}",
            hint="keep the ballot box open; or close with --without-result, and there will never be a result",
        )
    box.phase = next_phase(box.phase, EventKind.END_BALLOTS)
    entry, box.head = write_entry(box.head, EventKind.END_BALLOTS, [])
    return entry


def tally(box: BallotBox, audit: Audit) -> tuple[bytes, Tally]:
    """The EncryptedTally entry.

    Args:
        box: The record, closed.
        audit: A run over the same record.

    Raises:
        OutOfTurnError: The ballot box is not closed.
        RefusedError: The record does not verify.
    """
    box.phase = next_phase(box.phase, EventKind.ENCRYPTED_TALLY)
    sums = audit.counted()
    if audit.report.verdict is not Verdict.VERIFIED or sums is None:
        raise RefusedError("the record does not verify, so it is not tallied", hint="run `psephos verify` on it")
    encrypted = write_encrypted_tally(sums.sums)
    entry, box.head = write_entry(
        box.head, EventKind.ENCRYPTED_TALLY, [encrypted, write_sized(sums, sha256_hex(encrypted))]
    )
    return entry, sums


@dataclass(frozen=True)
class Share:
    """What a trustee handed in: its partial decryption, and the second proof beside it."""

    content: bytes
    bound: BoundDecryption


def publish(box: BallotBox, audit: Audit, shares: Iterable[Share]) -> tuple[bytes, bytes]:
    """The PartialDecryption entries and the Result.

    Args:
        box: The record, tallied.
        audit: A run over the same record.
        shares: From the trustees, in any order.

    Returns:
        Bytes to append to the record, and the file of second proofs that lies beside it.

    Raises:
        OutOfTurnError: There is no tally yet, or a result already.
        RefusedError: The record does not verify.
        InvalidProofError, MismatchError, MalformedError: A trustee's share does not hold, or there are too few.
    """
    if box.phase is not Phase.TALLIED:
        raise OutOfTurnError(f"the election is {box.phase}", hint="`psephos organiser tally` comes before, once")
    election, trustees, sums = audit.election, audit.trustees, audit.tally
    if audit.report.verdict is not Verdict.VERIFIED or election is None or trustees is None or sums is None:
        raise RefusedError("the record does not verify, so nothing is published", hint="run `psephos verify` on it")
    checked: dict[int, tuple[Share, PartialDecryption]] = {}
    for one in shares:
        owner = one.bound.owner
        if not 1 <= owner <= len(trustees.members):
            raise MismatchError(f"there is no trustee {owner}", at="/owner")
        if owner in checked:
            raise MismatchError("handed in twice", culprit=trustees.members[owner - 1].label)
        checked[owner] = (one, _check_share(one, audit, audit.report.head))
    factors = {owner: share.factors for owner, (_, share) in checked.items()}
    combined = combine_factors(trustees, factors, election.group)
    counts = compute_result(sums, combined, election.group)
    pieces = []
    for owner, (one, _) in sorted(checked.items()):
        owned = write_json(Owned(owner=owner, payload=sha256_hex(one.content)))
        entry, box.head = write_entry(box.head, EventKind.PARTIAL_DECRYPTION, [one.content, owned])
        pieces.append(entry)
    entry, box.head = write_entry(box.head, EventKind.RESULT, [write_result(counts)])
    bound = write_json([one.bound for _, (one, _) in sorted(checked.items())])
    return b"".join([*pieces, entry]), bound


def _check_share(one: Share, audit: Audit, record: str) -> PartialDecryption:
    election, trustees, sums = audit.election, audit.trustees, audit.tally
    assert election is not None
    assert trustees is not None
    assert sums is not None
    trustee = trustees.members[one.bound.owner - 1]
    share = read_partial_decryption(one.content, sums.sums, election.group)
    if one.bound.payload != sha256_hex(one.content):
        message = "the second proof is about another partial decryption"
        raise MismatchError(message, at="/payload", culprit=trustee.label)
    verify_partial_decryption(
        share, tally=sums.sums, trustee=trustee, group=election.group, fingerprint=election.fingerprint
    )
    verify_bound_decryption(one.bound, share, tally=sums.sums, trustee=trustee, group=election.group, record=record)
    return share


def read_share(content: bytes, bound: bytes) -> Share:
    """A trustee's two files.

    Raises:
        MalformedError: The second cannot be read.
    """
    return Share(content, read_json(bound, BoundDecryption, what="second proof"))
