"""A ceremony and a referendum that the roles hold in memory, and messages with one leaf changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from psephos.adapters.files import MemorySource
from psephos.ports import UnixSeconds
from psephos.protocol.ballot import BallotForm
from psephos.protocol.casting import encrypt, selection, sign
from psephos.protocol.decryption import BoundDecryption, Owned, read_partial_decryption
from psephos.protocol.election import Question, read_election
from psephos.protocol.encoding import read_json, sha256_hex, write_json
from psephos.protocol.group import Group
from psephos.protocol.result import combine_factors, compute_result, write_result
from psephos.protocol.tally import RunningTally, write_encrypted_tally, write_sized
from psephos.record.acceptance import Setup, read_setup
from psephos.record.archive import Archive
from psephos.record.charter import Charter, RegistrarKey, read_charter
from psephos.record.entries import Head, read_entries
from psephos.record.phases import EventKind
from psephos.roles import organiser_ceremony, trustee, trustee_ceremony
from psephos.roles.organiser_ceremony import Received
from psephos.roles.trustee import Tallied
from psephos.verify.audit import Audit, Beside
from psephos.verify.report import Report
from tests.support.setups import setup_of
from tests.support.world import RecordWriter, randomness

NOW = UnixSeconds(1_800_000_000)
NAMES = ("Trustee Aster", "Trustee Birch", "Trustee Cedar", "Trustee Daisy", "Trustee Elder")


def make_charter(*, size: int = 5, threshold: int = 3, group: str = "Ed25519", **changes: Any) -> bytes:
    """A charter of a yes/no/blank referendum."""
    registrar = Group(group).random_secrets(randomness(9), 1).public()[0].text
    charter = Charter(
        format="psephos/charter/1",
        kind="real",
        uuid="Psephos1Psephos1",
        group=group,
        title="A bridge",
        text="",
        questions=(Question(answers=("yes", "no", "blank"), min=1, max=1, question="A bridge?"),),
        trustees=NAMES[:size],
        threshold=threshold,
        registrars=(RegistrarKey(name="Registrar Rowan", key=registrar),),
        minimum_counted=2,
    )
    return write_json(msgspec.structs.replace(charter, **changes))


def named(messages: list[bytes]) -> list[Received]:
    """Messages as the organiser finds them, in files."""
    return [Received(f"file-{number}.json", content) for number, content in enumerate(messages, start=1)]


@dataclass(frozen=True, eq=False)
class Held:
    """A whole ceremony: what each trustee keeps, what was sent in each round, what came out."""

    charter: bytes
    seeds: list[bytes]
    certificates: list[bytes]
    all_certificates: bytes
    polynomials: list[bytes]
    inputs: list[bytes]
    keys: list[bytes]
    outputs: list[bytes]
    trustees: bytes


@cache
def hold(size: int = 5, threshold: int = 3, group: str = "Ed25519", kind: str = "real") -> Held:
    """Hold a ceremony."""
    charter = make_charter(size=size, threshold=threshold, group=group, kind=kind)
    random = randomness(size * 100 + threshold)
    joined = [
        trustee_ceremony.join(charter, index=index, kept=None, sent=None, rng=random) for index in range(1, size + 1)
    ]
    if threshold == size:
        sent = [step.sends for step in joined]
        assembled = organiser_ceremony.assemble_trustees(charter, named(sent))
        return Held(charter, [], sent, b"", [], [], [step.keeps for step in joined], [], assembled)
    certificates = organiser_ceremony.collect_certificates(charter, named([step.sends for step in reversed(joined)]))
    polynomials = [
        trustee_ceremony.share(charter, certificates, kept=step.keeps, sent=None, rng=random) for step in joined
    ]
    inputs = organiser_ceremony.route_inputs(charter, named([*reversed(polynomials), certificates]))
    steps = [
        trustee_ceremony.receive(charter, certificates, given, seed=step.keeps, kept=None, sent=None, rng=random)
        for step, given in zip(joined, inputs, strict=True)
    ]
    outputs = [step.sends for step in steps]
    assembled = organiser_ceremony.assemble_trustees(charter, named([certificates, *polynomials, *outputs]))
    return Held(
        charter,
        [step.keeps for step in joined],
        [step.sends for step in joined],
        certificates,
        polynomials,
        inputs,
        [step.keeps for step in steps],
        outputs,
        assembled,
    )


@dataclass(frozen=True, eq=False)
class Referendum:
    """A referendum as far as its tally."""

    held: Held
    setup_bel: bytes
    setup: Setup
    record: bytes
    tallied: Tallied


@cache
def run(held: Held | None = None, votes: tuple[int, ...] = (0, 0, 1, 2)) -> Referendum:
    """A referendum as far as its tally."""
    held = held or hold()
    setup_bel, record = vote(held.charter, held.trustees, votes)
    setup = read_setup(MemorySource(setup_bel))
    return Referendum(held, setup_bel, setup, record, trustee.verified(audit_of(record, held.charter), setup))


def vote(
    charter: bytes, trustees: bytes, votes: tuple[int, ...], *, counted: int | None = None, forged: bool = False
) -> tuple[bytes, bytes]:
    """The setup's record, and the record as far as its tally.

    Args:
        charter: charter.json.
        trustees: trustees.json.
        votes: One voter per vote; one more stays away.
        counted: How many of the ballots reach the ballot box; all of them without it.
        forged: Whether the last ballot's signature does not hold, and the ballot box took it in and counted it.
    """
    random, rules = randomness(77), read_charter(charter)
    group = Group(rules.group)
    secrets = group.random_secrets(random, len(votes) + 1)
    public = secrets.public()
    setup = setup_of(charter, trustees=trustees, public=public)
    writer, form = RecordWriter(NOW), BallotForm(read_election(setup[0]))
    writer.add(EventKind.SETUP, setup)
    begun = writer.bytes()
    rows = list(range(len(votes)))
    choices = [[selection(rules.questions[0], [choice])] for choice in votes]
    cast = sign(encrypt(form, public.select(rows), choices, random), secrets.select(rows), random)[:counted]
    if forged:
        cast[-1] = cast[-1][:-5] + (b"1" if cast[-1][-5:-4] != b"1" else b"2") + cast[-1][-4:]
    for ballot in cast:
        writer.add(EventKind.BALLOT, [ballot])
    for kind, data in (EventKind.END_BALLOTS, []), (EventKind.ENCRYPTED_TALLY, tally(form, cast)):
        writer.add(kind, data)
    return begun, writer.bytes()


def tally(form: BallotForm, cast: list[bytes]) -> list[bytes]:
    """The data of an EncryptedTally event over these ballots."""
    running = RunningTally(form.election)
    running.add(form.read(cast)[0], range(len(cast)), [1] * len(cast))
    encrypted = write_encrypted_tally(running.total().sums)
    return [encrypted, write_sized(running.total(), sha256_hex(encrypted))]


def finish(charter: bytes, record: bytes, answers: Mapping[int, tuple[bytes, bytes]]) -> Report:
    """The report on a record that ends with these trustees' answers and the result.

    Args:
        charter: charter.json.
        record: As far as its tally.
        answers: By the trustees' numbers: partial decryption and second proof, as sent.
    """
    audit = audit_of(record, charter)
    assert audit.tally is not None
    assert audit.trustees is not None
    assert audit.election is not None
    group, sums = audit.election.group, audit.tally.sums
    writer = RecordWriter(NOW)
    height = sum(1 for _ in read_entries(Archive(MemorySource(record))))
    writer.pieces, writer.head = [record], Head(audit.report.head, height, NOW)
    factors = {}
    for owner, (content, _) in sorted(answers.items()):
        factors[owner] = read_partial_decryption(content, sums, group).factors
        writer.add(EventKind.PARTIAL_DECRYPTION, [content, write_json(Owned(owner=owner, payload=sha256_hex(content)))])
    counts = compute_result(audit.tally, combine_factors(audit.trustees, factors, group), group)
    writer.add(EventKind.RESULT, [write_result(counts)])
    bound = [read_json(proof, BoundDecryption, what="second proof") for _, proof in answers.values()]
    return Audit(MemorySource(writer.bytes()), Beside(charter=charter, bound=write_json(bound))).run()


def audit_of(record: bytes, charter: bytes) -> Audit:
    """An audit that ran."""
    audit = Audit(MemorySource(record), Beside(charter=charter))
    audit.run()
    return audit


def accept(referendum: Referendum, index: int, **changes: Any) -> bytes:
    """A trustee's acceptance; `changes` replace arguments."""
    held, setup = referendum.held, referendum.setup
    arguments: dict[str, Any] = {
        "told": setup.fingerprint,
        "kept": held.keys[index - 1],
        "sent": None,
        "rng": randomness(index),
    }
    return trustee.accept(held.charter, setup, **(arguments | changes))


def answer(referendum: Referendum, index: int, **changes: Any) -> bytes:
    """A trustee's answer; `changes` replace arguments."""
    arguments: dict[str, Any] = {
        "told": referendum.tallied.record,
        "kept": referendum.held.keys[index - 1],
        "accepted": accept(referendum, index),
        "given": None,
        "rng": randomness(1000 + index),
    }
    tallied = changes.pop("tallied", referendum.tallied)
    charter = changes.pop("charter", referendum.held.charter)
    return trustee.answer(charter, tallied, **(arguments | changes))


def publish(referendum: Referendum, owners: tuple[int, ...]) -> list[int]:
    """The counts that a record ends with when these trustees decrypt; it verifies, with the second proofs."""
    answers = {owner: trustee.messages_of(answer(referendum, owner)) for owner in owners}
    report = finish(referendum.held.charter, referendum.record, answers)
    assert report.verdict == "verified"
    assert report.ok("V18")
    assert report.result is not None
    return list(report.result[0])


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every leaf of a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*path, place))
    else:
        yield path


def tampered(message: bytes, path: tuple[Any, ...]) -> bytes:
    """The message with one leaf changed: another number, or one character exchanged in the middle of a text."""
    whole = json.loads(message)
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    leaf = inner[path[-1]]
    if isinstance(leaf, int):
        inner[path[-1]] = leaf + 1 if leaf != 2 else 1
    else:
        middle = len(leaf) // 2
        other = "1" if leaf[middle] != "1" else "2"
        inner[path[-1]] = leaf[:middle] + other + leaf[middle + 1 :]
    return write_json(whole)
