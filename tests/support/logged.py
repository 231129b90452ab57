"""A referendum held twice: by files, and on a log in memory whose entries can be changed before they are judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

import msgspec

from psephos.adapters.files import MemorySource
from psephos.board.checkpoint import Checkpoint, write_checkpoint
from psephos.board.cosignature import Ed25519Cosigner
from psephos.board.merkle import Frontier, TreeHead, hash_leaf
from psephos.board.note import Ed25519Signer, Note, SignatureLine, write_note
from psephos.errors import UnavailableError
from psephos.ports import ByteSource, UnixSeconds
from psephos.protocol.ballot import BallotForm
from psephos.protocol.casting import UnsignedBallots, encrypt, selection, sign
from psephos.protocol.decryption import BoundDecryption, Owned, read_partial_decryption
from psephos.protocol.election import read_election
from psephos.protocol.encoding import read_json, sha256_base64, sha256_hex, write_json
from psephos.protocol.group import Group, Randomness, Secrets
from psephos.protocol.result import combine_factors, compute_result, write_result
from psephos.protocol.tally import RunningTally, write_encrypted_tally, write_sized
from psephos.record.acceptance import make_acceptance, read_setup, registrar_party, trustee_party
from psephos.record.board_entries import EntryKind, make_board_entry
from psephos.record.board_terms import BoardTerms
from psephos.record.charter import fingerprint, read_charter
from psephos.record.keyfile import read_key_file, signing_of
from psephos.record.phases import EventKind
from psephos.record.rules import Verdict
from psephos.record.state import RecordState, judge_log
from psephos.record.terms import (
    Terms,
    charter_text,
    closing_time_text,
    read_terms,
    setup_text,
    time_text,
    write_organisers_note,
)
from psephos.record.without_quorum import make_without_quorum
from psephos.roles import organiser_ceremony, trustee, trustee_ceremony
from psephos.verify.board_audit import ruleset
from tests.support.referendum import NOW, audit_of, make_charter, named, tampered
from tests.support.setups import setup_of
from tests.support.world import RecordWriter, randomness

CLOSES = UnixSeconds(NOW + 10_000)
EARLIEST = UnixSeconds(NOW + 5_000)
LATEST = UnixSeconds(NOW + 20_000)
VOTES = ((0, 0), (1, 1), (2, 2), (0, 1), (3, 0), (1, 0), (0, 0), (4, 1))
"""(voter, answer) in casting order: voter 0 casts three ballots, voter 1 two."""

LOG = Ed25519Signer("board.example/2026", bytes(31) + b"\x01")
STANDBY = Ed25519Signer("standby.example/2026", bytes(31) + b"\x02")
ORGANISERS = tuple(Ed25519Signer(f"organiser{n}.example", bytes(30) + bytes([1, n])) for n in range(3))
STRANGER = Ed25519Signer("stranger.example", bytes(30) + b"\x02\x00")
WITNESSES = tuple(Ed25519Cosigner(f"observer{n}.example/w", bytes(30) + bytes([3, n])) for n in range(4))
VERIFIERS = tuple(Ed25519Cosigner(f"observer{n}.example/v", bytes(30) + bytes([4, n])) for n in range(4))


def policy(cosigners: Iterable[Ed25519Cosigner], *, threshold: int = 3, log: Ed25519Signer = LOG) -> str:
    """A policy of this log."""
    names = [f"o{number}" for number, _ in enumerate(cosigners)]
    lines = [f"witness {name} {one.key}" for name, one in zip(names, cosigners, strict=True)]
    return "\n".join([f"log {log.key}", *lines, f"group all {threshold} {' '.join(names)}", "quorum all", ""])


def board_terms(**changes: object) -> BoardTerms:
    """A charter's terms."""
    terms = BoardTerms(
        log=str(LOG.key),
        standby=(str(STANDBY.key),),
        organisers=tuple(str(one.key) for one in ORGANISERS),
        organisers_needed=2,
        receipts=policy(WITNESSES),
        tally=policy(VERIFIERS),
        opens_at=NOW,
        closes_at=CLOSES,
        earliest_close=EARLIEST,
        latest_close=LATEST,
        largest_ballot=10_000,
        ballots_per_hour=20,
        ruleset=sha256_hex(ruleset()),
    )
    return msgspec.structs.replace(terms, **changes)


def note_by(text: bytes, *signers: Ed25519Signer) -> bytes:
    """A note that these keys signed, in this order."""
    return write_note(Note(text, tuple(one.sign(text) for one in signers)))


@dataclass
class MemoryLog:
    """A log in memory. Fulfils `LogSource`; blobs can be withheld."""

    received: list[bytes] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)

    def size(self) -> int:
        return len(self.received)

    def entries(self, start: int, end: int) -> Sequence[bytes]:
        return self.received[start:end]

    def blob(self, digest: str) -> ByteSource:
        if digest not in self.blobs:
            raise UnavailableError("no such blob", at=f"blob {digest}")
        return MemorySource(self.blobs[digest])

    def add(self, kind: EntryKind, contents: Sequence[bytes], *, salt: bytes = b"") -> bytes:
        entry, blobs = make_board_entry(kind, contents, salt=salt)
        self.received.append(entry)
        self.blobs |= blobs
        return entry

    def first(self, size: int) -> MemoryLog:
        """The log when it had that size."""
        return MemoryLog(self.received[:size], self.blobs)

    def with_entries(self, inserted: Iterable[tuple[int, bytes]]) -> MemoryLog:
        """The log with more entries, each before the place that it names."""
        received = list(self.received)
        for place, entry in sorted(inserted, key=lambda one: one[0], reverse=True):
            received.insert(place, entry)
        return MemoryLog(received, dict(self.blobs))

    def verdicts(self) -> list[Verdict]:
        """What becomes of its entries."""
        return list(judge_log(self, RecordState(self)))


@dataclass(frozen=True, eq=False)
class Vote:
    """Everything of a referendum.

    Attributes:
        charter: charter.json.
        setup: Election, trustees, credentials, setup data.
        acceptances: Of all parties.
        ballots: In casting order; the last one is never handed in.
        unproven: A ballot by the last voter with a proof that fails; its signature holds.
        tally: The data of its event.
        decryptions: By the trustees' numbers: partial decryption, whose it is, second proof.
        result: The counts.
        bel: The archive as files alone make it.
        keys: The trustees' key files, opened.
    """

    charter: bytes
    terms: Terms
    setup: list[bytes]
    acceptances: list[bytes]
    ballots: list[bytes]
    unproven: bytes
    tally: list[bytes]
    decryptions: dict[int, list[bytes]]
    result: bytes
    bel: bytes
    keys: list[bytes]

    @property
    def name(self) -> str:
        """Fingerprint of the charter."""
        return fingerprint(self.charter)

    @property
    def bound(self) -> list[BoundDecryption]:
        """The second proofs, as they lie beside the archive."""
        return [read_json(parts[2], BoundDecryption, what="") for _, parts in sorted(self.decryptions.items())]

    def signed_charter(self) -> bytes:
        return organisers_note(charter_text(self.charter), self.terms)

    def signed_setup(self, *, timestamp: int = NOW) -> bytes:
        text = setup_text(charter=self.name, setup=sha256_hex(self.setup[-1]), timestamp=UnixSeconds(timestamp))
        return organisers_note(text, self.terms)

    def closing_time(self, number: int, closes_at: int) -> bytes:
        text = closing_time_text(charter=self.name, number=number, closes_at=UnixSeconds(closes_at))
        return organisers_note(text, self.terms)

    def without_quorum(self, index: int, reason: str = "three observers were arrested") -> bytes:
        return make_without_quorum(
            signing_of(read_key_file(self.keys[index - 1])),
            party=trustee_party(index),
            charter=self.name,
            setup=sha256_hex(self.setup[-1]),
            reason=reason,
            rng=randomness(60 + index),
        )

    def time(self, now: int) -> bytes:
        return organisers_note(time_text(charter=self.name, now=UnixSeconds(now)), self.terms)


def organisers_note(text: bytes, terms: Terms, count: int = 2) -> bytes:
    """A note that organisers signed."""
    return write_organisers_note(text, [one.sign(text) for one in ORGANISERS[:count]], terms)


def time_proof(
    log: MemoryLog, at: int = CLOSES, *, observers: int = 3, late: int = 0, size: int | None = None
) -> bytes:
    """A cosigned checkpoint of a log.

    Args:
        log: The log as it is.
        at: When it was cosigned.
        observers: By how many.
        late: How many of them cosigned an hour before.
        size: What the checkpoint says; the log's size without it.
    """
    head = Frontier().extended(map(hash_leaf, log.received)).head()
    head = head if size is None else TreeHead(size, head.root)
    text = write_checkpoint(Checkpoint(LOG.key.name, head))
    lines: list[SignatureLine] = [LOG.sign(text)]
    for number, one in enumerate(WITNESSES[:observers]):
        lines.append(one.cosign(text, now=UnixSeconds(at - 3600 * (number < late))))
    return write_note(Note(text, tuple(lines)))


def succession_note(log: MemoryLog, *, observers: int = 3, new: Ed25519Signer = STANDBY) -> bytes:
    """What observers cosign when a log has to end as it is: a checkpoint of the log that goes on."""
    head = Frontier().extended(map(hash_leaf, log.received)).head()
    text = write_checkpoint(Checkpoint(new.key.name, head))
    return write_note(Note(text, (new.sign(text), *(one.cosign(text, now=NOW) for one in VERIFIERS[:observers]))))


@cache
def hold_vote(
    *, voters: int = 6, group: str = "Ed25519", board: BoardTerms | None = None, charter: bytes | None = None
) -> Vote:
    """Hold a referendum by files, three trustees of whom two are needed, and keep what was made on the way.

    Args:
        voters: How many have credentials.
        group: Name of the group.
        board: What the charter says about its board.
        charter: In the place of one made of these.
    """
    charter = charter or make_charter(size=3, threshold=2, group=group, board=board or board_terms())
    rules, random = read_charter(charter), randomness(5)
    assert rules.board is not None
    board = rules.board
    trustees, keys = hold_ceremony(charter, random)
    group_ = Group(group)
    secrets = group_.random_secrets(random, voters)
    public = secrets.public()
    setup = setup_of(charter, trustees=trustees, public=public)
    writer, form = RecordWriter(NOW), BallotForm(read_election(setup[0]))
    writer.add(EventKind.SETUP, setup)
    held = read_setup(MemorySource(writer.bytes()))
    acceptances = [
        trustee.accept(charter, held, told=held.fingerprint, kept=key, sent=None, rng=random) for key in keys
    ]
    registrar = group_.random_secrets(randomness(9), 1)
    acceptances.append(make_acceptance(registrar, party=registrar_party(1), setup=held.fingerprint, rng=random))
    votes = (*VOTES, (5, 0))
    rows = [voter for voter, _ in votes]
    choices = [[selection(rules.questions[0], [answer])] for _, answer in votes]
    unsigned = encrypt(form, public.select(rows), choices, random)
    cast = sign(unsigned, secrets.select(rows), random)
    broken = tampered(unsigned.texts[-1], ("answers", 0, "overall_proof", 0, "response"))
    unproven = sign(UnsignedBallots([broken], [sha256_base64(broken)]), secrets.select(rows[-1:]), random)[0]
    for ballot in cast[:-1]:
        writer.add(EventKind.BALLOT, [ballot])
    last = sorted({voter: row for row, (voter, _) in enumerate(VOTES)}.values())
    tally = _tally(form, [cast[row] for row in last])
    for kind, data in (EventKind.END_BALLOTS, []), (EventKind.ENCRYPTED_TALLY, tally):
        writer.add(kind, data)
    decryptions, result = _decrypt(charter, writer, keys, acceptances, random)
    terms = read_terms(board)
    bel = writer.bytes()
    return Vote(charter, terms, setup, acceptances, cast, unproven, tally, decryptions, result, bel, keys)


def more_ballots(vote: Vote, *, voter: int, count: int, voters: int = 6, batch: int = 0) -> list[bytes]:
    """Further ballots of one voter, each another choice or another encryption; in each batch others."""
    return ballots_of(vote, [voter] * count, voters=voters, batch=batch)


def ballots_of(vote: Vote, rows: Sequence[int], *, voters: int, batch: int = 0) -> list[bytes]:
    """Further ballots of these voters; the choices take turns.

    Args:
        vote: As `hold_vote` gave it.
        rows: The voters.
        voters: How many there are, as `hold_vote` was told.
        batch: Ballots of two batches are encrypted apart.
    """
    form = BallotForm(read_election(vote.setup[0]))
    random = randomness(5)
    hold_ceremony(vote.charter, random)  # the same draws as in `hold_vote`, up to the voters' secrets
    secrets = form.election.group.random_secrets(random, voters)
    choices = [[selection(form.election.questions[0], [number % 3])] for number in range(len(rows))]
    unsigned = encrypt(form, secrets.public().select(rows), choices, randomness(60 + rows[0] + 1000 * batch))
    return sign(unsigned, secrets.select(rows), random)


def hold_ceremony(charter: bytes, random: Randomness) -> tuple[bytes, list[bytes]]:
    """A ceremony of three trustees: the structure, and what each of them keeps."""
    joined = [trustee_ceremony.join(charter, index=index, kept=None, sent=None, rng=random) for index in (1, 2, 3)]
    if read_charter(charter).mandatory:
        sent = named([step.sends for step in joined])
        return organiser_ceremony.assemble_trustees(charter, sent), [step.keeps for step in joined]
    certificates = organiser_ceremony.collect_certificates(charter, named([step.sends for step in joined]))
    polynomials = [
        trustee_ceremony.share(charter, certificates, kept=step.keeps, sent=None, rng=random) for step in joined
    ]
    inputs = organiser_ceremony.route_inputs(charter, named([*polynomials, certificates]))
    steps = [
        trustee_ceremony.receive(charter, certificates, given, seed=step.keeps, kept=None, sent=None, rng=random)
        for step, given in zip(joined, inputs, strict=True)
    ]
    messages = [certificates, *polynomials, *(step.sends for step in steps)]
    return organiser_ceremony.assemble_trustees(charter, named(messages)), [step.keeps for step in steps]


def _tally(form: BallotForm, counted: list[bytes]) -> list[bytes]:
    running = RunningTally(form.election)
    running.add(form.read(counted)[0], range(len(counted)), [1] * len(counted))
    encrypted = write_encrypted_tally(running.total().sums)
    return [encrypted, write_sized(running.total(), sha256_hex(encrypted))]


def _decrypt(
    charter: bytes, writer: RecordWriter, keys: list[bytes], acceptances: list[bytes], random: Randomness
) -> tuple[dict[int, list[bytes]], bytes]:
    """Trustees 1 and 3 decrypt in the archive; 2 answers as well, but its answer is not in it."""
    audit = audit_of(writer.bytes(), charter)
    assert audit.tally is not None
    assert audit.trustees is not None
    assert audit.election is not None
    tallied = trustee.Tallied(read_setup(MemorySource(writer.bytes())), audit.tally, audit.report.head)
    decryptions, factors, group = {}, {}, audit.election.group
    for owner in (1, 2, 3):
        answered = trustee.answer(
            charter,
            tallied,
            told=tallied.record,
            kept=keys[owner - 1],
            accepted=acceptances[owner - 1],
            given=None,
            rng=random,
        )
        content, bound = trustee.messages_of(answered)
        owned = write_json(Owned(owner=owner, payload=sha256_hex(content)))
        decryptions[owner] = [content, owned, bound]
        if owner != 2:
            factors[owner] = read_partial_decryption(content, audit.tally.sums, group).factors
            writer.add(EventKind.PARTIAL_DECRYPTION, [content, owned])
    counts = compute_result(audit.tally, combine_factors(audit.trustees, factors, group), group)
    result = write_result(counts)
    writer.add(EventKind.RESULT, [result])
    return decryptions, result


def secrets_of(seed: int, group: str = "Ed25519") -> Secrets:
    """Somebody's secret."""
    return Group(group).random_secrets(randomness(seed), 1)


def log_of(vote: Vote) -> MemoryLog:
    """The same referendum on a log."""
    log = MemoryLog()
    log.add(EntryKind.CHARTER, [vote.signed_charter()])
    log.add(EntryKind.SETUP, [*vote.setup, vote.signed_setup()])
    for acceptance in vote.acceptances:
        log.add(EntryKind.ACCEPTANCE, [acceptance])
    for ballot in vote.ballots[:-1]:
        log.add(EntryKind.BALLOT, [ballot])
    log.add(EntryKind.END_BALLOTS, [time_proof(log)])
    log.add(EntryKind.ENCRYPTED_TALLY, vote.tally)
    for owner in (1, 3):
        log.add(EntryKind.PARTIAL_DECRYPTION, vote.decryptions[owner])
    log.add(EntryKind.RESULT, [vote.result])
    return log
