"""An election in memory: all parties' secrets in one place, seeded randomness, and a record that can be broken."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from psephos.protocol import ceremony, decryption
from psephos.protocol.ballot import BallotForm
from psephos.protocol.casting import encrypt, sign
from psephos.protocol.credentials import derive_secrets, generate, in_order
from psephos.protocol.decryption import BoundDecryption, Owned, bind
from psephos.protocol.election import Question, read_election, write_election
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.protocol.group import Group, Randomness, Secrets
from psephos.protocol.proofs import prove_possession
from psephos.protocol.result import combine_factors, compute_result, write_result
from psephos.protocol.tally import RunningTally, write_encrypted_tally, write_sized
from psephos.protocol.trustees import TrusteePublicKey, read_trustees
from psephos.record.archive import write_first
from psephos.record.entries import Head, SetupData, write_entry
from psephos.record.phases import EventKind

YES_NO = Question(answers=("Yes", "No"), min=1, max=1, question="Do you agree?")
YES_NO_BLANK = Question(answers=("Yes", "No", "Blank"), min=1, max=1, question="Do you agree?")
TIMESTAMP = 1_700_000_000

Votes = Sequence[tuple[int, Sequence[Sequence[int]]]]
"""(voter, vector per question), in casting order."""


def randomness(seed: int = 0) -> Randomness:
    """Repeatable randomness."""
    return Randomness.seeded(seed.to_bytes(32, "big"))


@dataclass
class World:
    """Everybody's secrets and messages of one election.

    Attributes:
        secrets: The trustees' decryption keys, in the order of their numbers.
        weights: Of the voters; empty for an election without weights.
        threshold: None for mandatory trustees.
    """

    group: Group
    questions: tuple[Question, ...]
    voters: int
    trustees: int = 1
    threshold: int | None = None
    weights: Sequence[int] = ()
    seed: int = 0
    description: str = "A test."
    name: str = "Test election"
    secrets: list[Secrets] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = randomness(self.seed)
        self.trustees_json = self._threshold_trustees() if self.threshold else self._single_trustees()
        keys = read_trustees(self.trustees_json, self.group)
        self.election_json = write_election(
            description=self.description,
            name=self.name,
            group=self.group,
            public_key=keys.public_key,
            questions=self.questions,
            uuid=self.rng.base58(14),
        )
        self.election = read_election(self.election_json)
        self.keys = keys
        self.form = BallotForm(self.election)
        self.credentials = [generate(self.rng) for _ in range(self.voters)]
        self.credential_secrets = derive_secrets(self.group, self.election.uuid, self.credentials)
        self.public_credentials = self.credential_secrets.public()

    def _single_trustees(self) -> bytes:
        items = []
        for _ in range(self.trustees):
            secret = self.group.random_secrets(self.rng, 1)
            public, pok = prove_possession(self.group, secret, self.rng)
            self.secrets.append(secret)
            items.append(("Single", TrusteePublicKey(pok=pok, public_key=public.text)))
        return write_json(items)

    def _threshold_trustees(self) -> bytes:
        n, t, group, rng = self.trustees, self.threshold or 0, self.group, self.rng
        identities = [ceremony.identity_from(ceremony.new_seed(rng), group) for _ in range(n)]
        certs = [
            ceremony.certify(identity, size=n, threshold=t, index=number, rng=rng)
            for number, identity in enumerate(identities, start=1)
        ]
        polynomials = [ceremony.share(identity, certs, threshold=t, rng=rng) for identity in identities]
        inputs = ceremony.route(certs, polynomials, group, threshold=t)
        outputs = []
        for identity, given in zip(identities, inputs, strict=True):
            secret, output = ceremony.receive(identity, certs, given, threshold=t, rng=rng)
            self.secrets.append(secret)
            outputs.append(output.public_key)
        return write_json([("Pedersen", ceremony.assemble(certs, polynomials, outputs, group, threshold=t))])

    def credentials_json(self) -> bytes:
        """The public list, sorted as Belenios does, with weights if there are any."""
        texts = self.public_credentials.texts()
        return write_json(
            [
                f"{texts[row]},{self.weights[row]}" if self.weights else texts[row]
                for row in in_order(self.group, self.public_credentials)
            ]
        )

    def ballots(self, votes: Votes) -> list[bytes]:
        """Encrypted, proven and signed ballots."""
        voters = [voter for voter, _ in votes]
        secrets = self.credential_secrets.select(voters)
        unsigned = encrypt(self.form, self.public_credentials.select(voters), [vote for _, vote in votes], self.rng)
        return sign(unsigned, secrets, self.rng)

    def setup(self) -> list[bytes]:
        """The data of the Setup entry."""
        credentials = self.credentials_json()
        setup = SetupData(
            election=sha256_hex(self.election_json),
            trustees=sha256_hex(self.trustees_json),
            credentials=sha256_hex(credentials),
        )
        return [self.election_json, self.trustees_json, credentials, write_json(setup)]


class RecordWriter:
    """Writes a record entry by entry; nothing stops it from writing a wrong one."""

    def __init__(self, timestamp: int = TIMESTAMP) -> None:
        self.pieces = [write_first(timestamp)]
        self.head = Head(None, 0, timestamp)

    def add(self, kind: EventKind, data: list[bytes]) -> None:
        piece, self.head = write_entry(self.head, kind, data)
        self.pieces.append(piece)

    def bytes(self) -> bytes:
        return b"".join(self.pieces)


def counted_rows(votes: Votes) -> list[int]:
    """Which ballots count: the last of each voter."""
    return sorted({voter: row for row, (voter, _) in enumerate(votes)}.values())


@dataclass(frozen=True)
class WholeRecord:
    """A record from Setup to Result, and the second proofs beside it."""

    archive: bytes
    bound: list[BoundDecryption]
    counts: tuple[tuple[int, ...], ...]


def whole_record(world: World, votes: Votes, *, deciding: Sequence[int] = ()) -> WholeRecord:
    """A complete record.

    Args:
        world: The election.
        votes: In casting order.
        deciding: Numbers of the trustees that decrypt; all of them if empty.
    """
    writer = RecordWriter()
    writer.add(EventKind.SETUP, world.setup())
    ballots = world.ballots(votes)
    for ballot in ballots:
        writer.add(EventKind.BALLOT, [ballot])
    writer.add(EventKind.END_BALLOTS, [])
    rows = counted_rows(votes)
    running = RunningTally(world.election)
    if rows:
        chunk, _ = world.form.read([ballots[row] for row in rows])
        running.add(chunk, range(len(rows)), [world.weights[votes[row][0]] if world.weights else 1 for row in rows])
    tally = running.total()
    encrypted = write_encrypted_tally(tally.sums)
    writer.add(EventKind.ENCRYPTED_TALLY, [encrypted, write_sized(tally, sha256_hex(encrypted))])
    record = writer.head.parent or ""
    factors, bound = {}, []
    for owner in deciding or range(1, world.trustees + 1):
        secret = world.secrets[owner - 1]
        content, column = decryption.decrypt(
            secret, tally.sums, group=world.group, fingerprint=world.election.fingerprint, rng=world.rng
        )
        factors[owner] = column
        payload = sha256_hex(content)
        proofs = bind(secret, tally.sums, column, group=world.group, record=record, rng=world.rng)
        bound.append(BoundDecryption(record=record, owner=owner, payload=payload, proofs=proofs))
        writer.add(EventKind.PARTIAL_DECRYPTION, [content, write_json(Owned(owner=owner, payload=payload))])
    counts = compute_result(tally, combine_factors(world.keys, factors, world.group), world.group)
    writer.add(EventKind.RESULT, [write_result(counts)])
    return WholeRecord(writer.bytes(), bound, counts)
