"""Every leaf of every object of good records, changed in several ways: never accepted, never a crash."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest

from psephos.adapters.files import MemorySource
from psephos.protocol.decryption import BoundDecryption
from psephos.protocol.election import Question
from psephos.protocol.encoding import write_json
from psephos.protocol.group import Group
from psephos.verify.audit import Beside, audit
from psephos.verify.report import Report, Verdict
from tests.support.changed_records import (
    MAKE,
    Good,
    Tell,
    archive,
    examine,
    failed_checks,
    judge_all,
    record,
    with_body,
)
from tests.support.json_changes import Fields, mutations, raw, read, write
from tests.support.oracle import proofs
from tests.support.oracle import record as oracle_record
from tests.support.oracle.archive import (
    Step,
)
from tests.support.oracle.ballots import make_ballot
from tests.support.oracle.canonical import dump, parse, sha256_base64, sha256_hex
from tests.support.oracle.election import parse_election
from tests.support.oracle.groups import ED25519
from tests.support.oracle.nonces import seeded
from tests.support.world import YES_NO, World, whole_record


def place_of(one: Good, kind: str) -> tuple[int, int]:
    """Height of the event and number of the data where an object stands."""
    in_setup = {"election": 0, "trustees": 1, "credentials": 2, "setup": 3}
    if kind in in_setup:
        return 0, in_setup[kind]
    ballots = [height for height, step in enumerate(one.steps) if step.kind == "Ballot"]
    if kind == "superseded ballot":
        return ballots[0], 0
    if kind in {"counted ballot", "signed ballot"}:
        return ballots[-1], 0
    event, number = {
        "encrypted tally": ("EncryptedTally", 0),
        "size": ("EncryptedTally", 1),
        "partial decryption": ("PartialDecryption", 0),
        "owner": ("PartialDecryption", 1),
        "result": ("Result", 0),
    }[kind]
    return next(height for height, step in enumerate(one.steps) if step.kind == event), number


OBJECTS = {
    "threshold": {
        "election": 2,
        "trustees": 4,
        "credentials": 1,
        "setup": 1,
        "counted ballot": 4,
        "superseded ballot": 3,
        "encrypted tally": 1,
        "size": 1,
        "partial decryption": 2,
        "owner": 1,
        "result": 1,
    },
    "vector": {
        "election": 1,
        "trustees": 3,
        "credentials": 1,
        "setup": 1,
        "counted ballot": 4,
        "encrypted tally": 1,
        "size": 1,
        "partial decryption": 2,
        "owner": 1,
        "result": 1,
    },
    "small": {
        "election": 1,
        "trustees": 1,
        "credentials": 1,
        "setup": 1,
        "counted ballot": 3,
        "encrypted tally": 1,
        "size": 1,
        "partial decryption": 1,
        "owner": 1,
        "result": 1,
    },
}
"""Records, their objects, and into how many tests the work is divided."""

CASES = [
    pytest.param(name, kind, part, parts, id=f"{name}-{kind.replace(' ', '-')}-{part + 1}of{parts}")
    for name, kinds in OBJECTS.items()
    for kind, parts in kinds.items()
    for part in range(parts)
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind", "part", "parts"), CASES)
def test_object_with_any_part_changed_is_refused(name: str, kind: str, part: int, parts: int, tell: Tell) -> None:
    """A record with one part of one object changed is refused by a check on that object."""
    one = record(name)
    at = place_of(one, kind)
    body = one.steps[at[0]].bodies[at[1]]
    changed = list(mutations(one.election.group, body, turns=one.turns))[part::parts]
    assert len(changed) > 15
    cases = ((named(one, kind, mutation.name), with_body(one, at, mutation.body)) for mutation in changed)
    tell(f"{name}, {kind} ({part + 1} of {parts})", *judge_all(kind, cases))


def absent(one: Good) -> set[str]:
    """Rows of the list of credentials whose voters cast no ballot."""
    cast = {str(parse(step.bodies[0])["credential"]) for step in one.steps if step.kind == "Ballot"}  # type: ignore[index]
    entries = parse(one.steps[0].bodies[2])
    assert isinstance(entries, list)
    return {str(row) for row, entry in enumerate(entries) if entry.partition(",")[0] not in cast}


def named(one: Good, kind: str, name: str) -> str:
    """The change's name, which says of a credential if its voter was absent."""
    row = re.match(r"/(\d+):|/: item (\d+) dropped", name)
    if kind == "credentials" and row and (row[1] or row[2]) in absent(one):
        return f"absent{name}"
    return name


@pytest.mark.parametrize("name", MAKE)
def test_record_before_it_is_changed_is_verified(name: str) -> None:
    """Taken apart and put together again, by oracle and audit: so every refusal is for the change."""
    one = record(name)
    report = examine(one.raw)
    assert isinstance(report, Report)
    assert report.verdict is Verdict.VERIFIED
    assert report.result is not None
    assert oracle_record.verify_record(one.raw).result == [list(counts) for counts in report.result]


# ── ballots, signed again ───────────────────────────────────────────────────────────────────────────────────────


def signed_again(one: Good, unsigned: bytes) -> bytes:
    """Sign whatever the bytes are, by the owner of the credential in them, or by another voter."""
    credential = re.search(rb'"credential":"([^"]*)"', unsigned)
    owner = credential[1].decode("utf-8", "replace") if credential else ""
    secret = one.secrets.get(owner, next(iter(one.secrets.values())))
    digest = sha256_base64(unsigned)
    nonce = int(sha256_hex(unsigned), 16) % one.election.group.q
    proof = proofs.prove_knowledge(one.election.group, secret, prefix=f"sig|{digest}|", w=nonce)
    signature = dump({"hash": digest, "proof": proof.to_json()})
    return unsigned[:-1] + f',"signature":{signature}}}'.encode()


def mutations_signed_again(one: Good, body: bytes) -> Iterator[tuple[str, bytes]]:
    """Changes of every part of a ballot but its signature, which is made for the changed ballot."""
    root = read(body.decode())
    assert isinstance(root, Fields)
    unsigned = Fields(root.pairs[:-1])
    text = raw(write(unsigned))
    for mutation in mutations(one.election.group, text, turns=one.turns):
        if mutation.body.endswith(b"}") and not mutation.name.startswith("bytes"):
            yield mutation.name, signed_again(one, mutation.body)
    for other in one.secrets:
        field = ("credential", other)
        if field not in root.pairs:
            moved = raw(write(Fields((*root.pairs[:2], field, *root.pairs[3:-1]))))
            yield "/credential: of another voter, who signs", signed_again(one, moved)


SIGNED = [("threshold", 5), ("vector", 4), ("small", 2)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "part", "parts"), [(name, part, parts) for name, parts in SIGNED for part in range(parts)]
)
def test_ballot_with_any_part_changed_and_signed_again_is_refused(name: str, part: int, parts: int, tell: Tell) -> None:
    """A voter who changes her ballot and signs the change is refused by a check on the ballot."""
    one = record(name)
    at = place_of(one, "signed ballot")
    changed = list(mutations_signed_again(one, one.steps[at[0]].bodies[at[1]]))[part::parts]
    assert len(changed) > 25
    cases = ((name, with_body(one, at, body)) for name, body in changed)
    tell(f"{name}, ballot signed again ({part + 1} of {parts})", *judge_all("signed ballot", cases))


VECTORS_OF_LIARS = (
    ("two marks", ((0, 2, 0, 0), (1, 0))),
    ("a negative mark", ((0, -1, 1, 1), (1, 0))),
    ("marks that cancel", ((0, 2, -1, 0), (1, 0))),
    ("blank and a choice", ((1, 1, 0, 0), (1, 0))),
    ("two blanks", ((2, 0, 0, 0), (1, 0))),
    ("neither blank nor a choice", ((0, 0, 0, 0), (1, 0))),
    ("too many choices", ((0, 1, 1, 1), (1, 0))),
    ("too many choices without blank", ((1, 0, 0, 0), (1, 1))),
    ("a thousand votes", ((1, 0, 0, 0), (1000, -999))),
    ("half of everything", ((0, (ED25519.q + 1) // 2, (ED25519.q + 1) // 2, 0), (0, 0))),
)


@pytest.mark.parametrize(("what", "vector"), VECTORS_OF_LIARS)
def test_ballot_of_a_liar_is_refused_by_its_proofs(what: str, vector: tuple[tuple[int, ...], ...]) -> None:
    """A well-formed, signed ballot with an answer against the rules and simulated proofs fails V12."""
    one = record("threshold")
    credential, secret = next(iter(one.secrets.items()))
    body = make_ballot(one.election, secret, plaintext=vector, draw=seeded(ED25519, what))
    report = examine(archive([*one.steps[:1], Step("Ballot", (body,))], one.timestamp))
    assert isinstance(report, Report)
    assert failed_checks(report) == {"V12"}, (what, credential)
    honest = make_ballot(one.election, secret, plaintext=((0, 1, 0, 1), (0, 0)), draw=seeded(ED25519, what))
    report = examine(archive([*one.steps[:1], Step("Ballot", (honest,))], one.timestamp))
    assert isinstance(report, Report)
    assert report.verdict is Verdict.VERIFIED


def test_ballot_of_a_twin_election_is_refused() -> None:
    """Same questions, same key, same voters, another identifier: the ballot is for that one only."""
    one = record("threshold")
    _, secret = next(iter(one.secrets.items()))
    value = parse(one.steps[0].bodies[0])
    assert isinstance(value, dict)
    twin = parse_election(dump({**value, "uuid": value["uuid"][::-1]}).encode())
    body = make_ballot(twin, secret, plaintext=((0, 1, 0, 1), (0, 0)), draw=seeded(ED25519, "twin"))
    report = examine(archive([*one.steps[:1], Step("Ballot", (body,))], one.timestamp))
    assert isinstance(report, Report)
    assert failed_checks(report) == {"V9"}
    assert {failure.code for failure in report.results["V9"].failures} == {"mismatch"}


# ── an election in which nobody voted yet ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", MAKE)
def test_election_without_ballots_is_refused_unless_it_is_another_good_one(name: str, tell: Tell) -> None:
    """No ballot carries the fingerprint yet: what the audit takes, the oracle takes, and it is listed why."""
    one = replace(record(name), steps=record(name).steps[:1])
    changed = mutations(one.election.group, one.steps[0].bodies[0], turns=12)
    cases = ((mutation.name, with_body(one, (0, 0), mutation.body)) for mutation in changed)
    tell(f"{name}, election without ballots", *judge_all("election of nobody", cases))


def test_second_proofs_with_any_part_changed_are_refused(tell: Tell) -> None:
    """Beside the archive: each scalar, record, owner, payload, a row or a whole proof too many or too few."""
    questions = (YES_NO, Question(answers=("A", "B"), blank=True, min=1, max=1, question="Which?"))
    world = World(Group("Ed25519"), questions, voters=2, trustees=3, threshold=2)
    whole = whole_record(world, [(0, [[1, 0], [0, 1, 0]]), (1, [[0, 1], [1, 0, 0]])], deciding=(1, 3))
    text = write_json(whole.bound).decode()
    original = json.loads(text)
    cases = 0
    wrong = []
    for mutation in mutations(ED25519, text.encode(), turns=8):
        try:
            bound = msgspec.json.decode(mutation.body, type=list[BoundDecryption])
        except (ValueError, RecursionError):
            continue
        changed = json.loads(write_json(bound))
        if changed in (original, original[::-1]):
            continue
        cases += 1
        report = audit(MemorySource(whole.archive), Beside(bound=write_json(bound)))
        missing = [finding.culprit for finding in report.results["V18"].findings]
        dropped = len(changed) < len(original) and all(one in original for one in changed)
        if dropped and missing and report.verdict is Verdict.VERIFIED:
            continue
        if failed_checks(report) != {"V18"}:
            wrong.append(f"{mutation.name}: {report.verdict}")
    assert cases > 100
    assert audit(MemorySource(whole.archive), Beside(bound=write_json(whole.bound))).ok("V18")
    tell("second proofs", cases, wrong)
