"""Debian's belenios-tool 2.0 and Psephos refuse the same tampered ballots, tallies, decryptions and results."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import pytest

from psephos.protocol.group import Group
from tests.support.belenios_tool import (
    BLANK,
    NO,
    WEIGHTS,
    YES,
    failed_checks,
    made_by_the_tool,
    refused_by_the_tool,
    relinked,
    verified,
)
from tests.support.oracle import proofs
from tests.support.oracle.archive import Step, read_archive, steps_of
from tests.support.oracle.ballots import make_ballot
from tests.support.oracle.canonical import dump, parse, sha256_base64
from tests.support.oracle.election import Election, parse_election
from tests.support.oracle.nonces import seeded
from tests.support.world import YES_NO, World, whole_record

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Record:
    """A record taken apart."""

    steps: list[Step]
    election: Election
    secrets: list[int]

    def at(self, kind: str) -> int:
        """Height of the last event of a kind."""
        return max(height for height, step in enumerate(self.steps) if step.kind == kind)

    def changed(self, kind: str, change: Callable[[dict[str, object] | list[object]], object], body: int = 0) -> bytes:
        """The archive with the parsed content of one event changed."""
        height = self.at(kind)
        step = self.steps[height]
        value = change(parse(step.bodies[body]))  # type: ignore[arg-type]
        content = value if isinstance(value, bytes) else dump(value).encode()
        bodies = (*step.bodies[:body], content, *step.bodies[body + 1 :])
        return relinked([*self.steps[:height], Step(kind, bodies), *self.steps[height + 1 :]])

    def plus_one(self, number: str) -> str:
        """The next integer modulo the order."""
        return str((int(number) + 1) % self.election.group.q)

    def times_g(self, element: str) -> str:
        """Another member of the group."""
        group = self.election.group
        return group.encode(group.multiply(group.decode_or_identity(element), group.g))


@lru_cache(1)
def ours() -> Record:
    """A record of ours, with blank and range."""
    world = World(Group("BELENIOS-2048"), (BLANK, YES_NO), 3, trustees=2, weights=[1, 2, 5])
    votes = [(0, [[0, 1, 1, 0], YES]), (1, [[1, 0, 0, 0], NO]), (0, [[0, 0, 0, 1], NO])]
    steps = steps_of(read_archive(whole_record(world, votes).archive))
    secrets = [int(text) for text in world.credential_secrets.expose()]
    return Record(steps, parse_election(steps[0].bodies[0]), secrets)


@lru_cache(2)
def theirs(kind: str) -> Record:
    """A record made by belenios-tool; nobody's credentials are known."""
    steps = steps_of(read_archive(made_by_the_tool(kind, "BELENIOS-2048", WEIGHTS)))
    return Record(steps, parse_election(steps[0].bodies[0]), [])


def part(value: object, *path: str | int) -> Any:
    """A part of parsed JSON."""
    for key in path:
        value = value[key]  # type: ignore[index]
    assert isinstance(value, (dict, list))
    return value


def increment(record: Record, *path: str | int) -> Callable[[object], object]:
    """A change: one number more by one."""

    def change(value: object) -> object:
        holder = part(value, *path[:-1])
        holder[path[-1]] = record.plus_one(holder[path[-1]])
        return value

    return change


def multiply(record: Record, *path: str | int) -> Callable[[object], object]:
    """A change: one element times g."""

    def change(value: object) -> object:
        holder = part(value, *path[:-1])
        holder[path[-1]] = record.times_g(holder[path[-1]])
        return value

    return change


def signed_again(record: Record, change: Callable[[object], object]) -> Callable[[object], object]:
    """A change of a ballot that its voter signs."""

    def both(value: object) -> object:
        ballot = change(value)
        assert isinstance(ballot, dict)
        del ballot["signature"]
        group = record.election.group
        secret = next(x for x in record.secrets if group.encode(group.power(group.g, x)) == ballot["credential"])
        digest = sha256_base64(dump(ballot).encode())
        proof = proofs.prove_knowledge(group, secret, prefix=f"sig|{digest}|", w=12345)
        return {**ballot, "signature": {"hash": digest, "proof": proof.to_json()}}

    return both


def unchanged(value: object) -> object:
    """No change, for what is only signed again."""
    return value


ANSWER = ("answers", 0)
BALLOT_PARTS: dict[str, tuple[str | int, ...]] = {
    "first individual challenge": (*ANSWER, "individual_proofs", 0, 0, "challenge"),
    "last individual response": (*ANSWER, "individual_proofs", 3, 1, "response"),
    "overall challenge": (*ANSWER, "overall_proof", 0, "challenge"),
    "overall response": (*ANSWER, "overall_proof", 2, "response"),
    "blank challenge": (*ANSWER, "blank_proof", 0, "challenge"),
    "blank response": (*ANSWER, "blank_proof", 1, "response"),
    "overall response without blank": ("answers", 1, "overall_proof", 0, "response"),
}
CIPHERTEXTS: dict[str, tuple[str | int, ...]] = {
    "alpha": (*ANSWER, "choices", 0, "alpha"),
    "beta": (*ANSWER, "choices", 2, "beta"),
    "last beta": ("answers", 1, "choices", 1, "beta"),
}


def tampered_ballots() -> dict[str, bytes]:
    """Our record with a ballot tampered with, up to the ballots; and signed again by its voter."""
    whole = ours()
    record = replace(whole, steps=whole.steps[: whole.at("Ballot") + 1])
    found: dict[str, bytes] = {}
    for name, path in BALLOT_PARTS.items():
        found[f"{name}, signature as it was"] = record.changed("Ballot", increment(record, *path))
        found[f"{name}, signed"] = record.changed("Ballot", signed_again(record, increment(record, *path)))
    for name, path in CIPHERTEXTS.items():
        found[f"{name}, signature as it was"] = record.changed("Ballot", multiply(record, *path))
        found[f"{name}, signed"] = record.changed("Ballot", signed_again(record, multiply(record, *path)))
    for name in ("challenge", "response"):
        found[f"signature, {name}"] = record.changed("Ballot", increment(record, "signature", "proof", name))
    draw = seeded(record.election.group, "tampered")

    def forged(vector: Sequence[Sequence[int]], secret: int) -> bytes:
        return make_ballot(record.election, secret, plaintext=vector, draw=draw)

    for name, vector in (
        ("two votes for one answer", ((0, 2, 0, 0), (1, 0))),
        ("blank and a choice", ((1, 1, 0, 0), (1, 0))),
        ("too many choices", ((0, 1, 1, 1), (1, 0))),
        ("neither", ((0, 1, 0, 0), (0, 0))),
        ("minus one vote", ((0, 1, 0, 0), (2, -1))),
    ):
        ballot = forged(vector, record.secrets[0])
        found[f"forged: {name}"] = record.changed("Ballot", lambda _, ballot=ballot: ballot)  # type: ignore[misc]
    stranger = forged(((0, 1, 0, 0), (1, 0)), 424242)
    found["credential not listed"] = record.changed("Ballot", lambda _: stranger)
    other = parse(record.election.raw)
    assert isinstance(other, dict)
    twin = parse_election(dump({**other, "uuid": "BBBBBBBBBBBBBB"}).encode())
    foreign = make_ballot(twin, record.secrets[0], plaintext=((0, 1, 0, 0), (1, 0)), draw=draw)
    found["made for another election"] = record.changed("Ballot", lambda _: foreign)
    return found


def another_result(value: object) -> object:
    """A result in which the first question's last count is another."""
    first, *others = part(value, "result")
    return {"result": [[*first[:-1], first[-1] + 1], *others]}


def tampered_counts(record: Record) -> dict[str, bytes]:
    """A record with its tally, a decryption or its result tampered with."""
    ballots = [height for height, step in enumerate(record.steps) if step.kind == "Ballot"]
    voters = [part(parse(record.steps[height].bodies[0]))["credential"] for height in ballots]
    first = next(at for at, voter in enumerate(voters) if voter in voters[at + 1 :])
    one, other = ballots[first], ballots[voters.index(voters[first], first + 1)]
    swapped = list(record.steps)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    found = {
        "tally, with a ballot that is not there": relinked([*record.steps[:other], *record.steps[other + 1 :]]),
        "tally, with the ballot that was superseded": relinked(swapped),
        "decryption, factor": record.changed("PartialDecryption", multiply(record, "decryption_factors", 0, 1)),
        "result": record.changed("Result", another_result),
        "result of another shape": record.changed("Result", lambda value: {"result": part(value, "result")[:1]}),
    }
    for name in ("challenge", "response"):
        path = ("decryption_proofs", 1, 0, name)
        found[f"decryption, {name}"] = record.changed("PartialDecryption", increment(record, *path))
    last = record.at("PartialDecryption")
    found["decryption missing"] = relinked([*record.steps[:last], *record.steps[last + 1 :]])
    owner = record.changed("PartialDecryption", lambda value: {**part(value), "owner": 1}, 1)
    found["decryption by another trustee"] = owner
    return found


REFUSED_BY = {"ballot": {"V9", "V10", "V11", "V12"}, "tally": {"V14"}, "decryption": {"V15", "V16"}, "result": {"V17"}}


def test_record_of_ours_taken_apart_is_verified_by_both() -> None:
    """The control: nothing is changed but that a voter signs again."""
    record = ours()
    assert not refused_by_the_tool(relinked(record.steps))
    verified(relinked(record.steps))
    again = replace(record, steps=record.steps[: record.at("Ballot") + 1]).changed(
        "Ballot", signed_again(record, unchanged)
    )
    assert not refused_by_the_tool(again)
    verified(again)


@pytest.mark.parametrize("part_of", range(2))
def test_tampered_ballot_is_refused_by_both(part_of: int) -> None:
    """Proofs, ciphertexts, signature, credential, election: belenios-tool refuses, and so does a check on ballots."""
    cases = list(tampered_ballots().items())[part_of::2]
    assert len(cases) > 10
    for name, received in cases:
        assert refused_by_the_tool(received), name
        assert failed_checks(received) & REFUSED_BY["ballot"], name
        assert not failed_checks(received) - REFUSED_BY["ballot"], name


@pytest.mark.parametrize("kind", ["ours", "single", "threshold"])
def test_tampered_tally_decryption_or_result_is_refused_by_both(kind: str) -> None:
    """In records of ours and of belenios-tool, threshold trustees included."""
    record = ours() if kind == "ours" else theirs(kind)
    assert not refused_by_the_tool(relinked(record.steps))
    for name, received in tampered_counts(record).items():
        assert refused_by_the_tool(received), name
        assert failed_checks(received) & REFUSED_BY[name.split(",")[0].split()[0]], name
