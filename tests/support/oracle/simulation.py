"""Make a whole election record, all parties honest, from a seed.

Clause: Belenios 2.0 §3. Each stage is a step a test can replace before `archive_of` chains them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .archive import Step, records_of, relink, write_archive
from .ballots import make_ballot, parse_ballot
from .canonical import dump
from .credentials import dump_public_credentials, parse_public_credentials
from .decryption import (
    combine_factors,
    compute_result,
    dump_partial_decryption,
    dump_result,
    make_partial_decryption,
)
from .election import Election, Question, make_election
from .groups import Group
from .nonces import Draw, seeded
from .tally import EncryptedTally, compute_tally, dump_sized, dump_sums
from .threshold import run_ceremony
from .trustees import Pedersen, Single, Trustees, combine_keys, dump_trustees, make_key

TIMESTAMP = 1_700_000_000
UUID = "AAAAAAAAAAAAAA"


@dataclass(frozen=True)
class Plan:
    """What to simulate.

    Attributes:
        group: The group.
        questions: The questions.
        votes: (voter, plaintext) in order of casting; voters are counted from 0; revotes allowed.
        weights: One per listed voter; None where weights are not in use.
        singles: How many mandatory trustees, owners from 1.
        threshold: (needed, size) of one group of threshold trustees after them, or None.
        decrypting: Indexes from 1 of the threshold trustees who decrypt; empty: the first ones needed.
        modern: False for threshold parameters in the form of 2.0.
        seed: All randomness follows from it.
    """

    group: Group
    questions: tuple[Question, ...]
    votes: tuple[tuple[int, tuple[tuple[int, ...], ...]], ...]
    weights: tuple[int | None, ...]
    singles: int = 1
    threshold: tuple[int, int] | None = None
    decrypting: tuple[int, ...] = ()
    modern: bool = True
    seed: str = "oracle"


@dataclass(frozen=True)
class Simulation:
    """A simulated election with all its secrets; private keys by owner, counted from 1."""

    election: Election
    trustees: Trustees
    credential_secrets: tuple[int, ...]
    private_keys: dict[int, int]
    tally: EncryptedTally
    result: list[list[int]]
    steps: tuple[Step, ...]


def archive_of(steps: Sequence[Step], *, timestamp: int = TIMESTAMP) -> bytes:
    """Relink payloads, rebuild the chain and write the archive."""
    return write_archive(records_of([relink(step) for step in steps], timestamp=timestamp))


def _make_trustees(plan: Plan, draw: Draw) -> tuple[Trustees, dict[int, int]]:
    group = plan.group
    private_keys = {owner: draw() for owner in range(1, plan.singles + 1)}
    trustees: list[Single | Pedersen] = [
        Single(make_key(group, private, w=draw())) for private in private_keys.values()
    ]
    if plan.threshold is not None:
        needed, size = plan.threshold
        seeds = [f"oracleTrusteeSeed{plan.seed}{index}" for index in range(size)]
        ceremony = run_ceremony(group, seeds, threshold=needed, draw=draw, modern=plan.modern)
        trustees.append(ceremony.public)
        first = plan.singles + 1
        private_keys |= dict(enumerate(ceremony.private_keys, start=first))
    return tuple(trustees), private_keys


def _owners_decrypting(plan: Plan) -> list[int]:
    owners = list(range(1, plan.singles + 1))
    if plan.threshold is not None:
        indexes = plan.decrypting or range(1, plan.threshold[0] + 1)
        owners.extend(plan.singles + index for index in indexes)
    return owners


def simulate(plan: Plan) -> Simulation:
    """Hold the election."""
    group, draw = plan.group, seeded(plan.group, plan.seed)
    trustees, private_keys = _make_trustees(plan, draw)
    election = make_election(group, combine_keys(group, trustees), questions=plan.questions, uuid=UUID)
    secrets = [draw() for _ in plan.weights]
    raw_credentials = dump_public_credentials(group, list(zip(secrets, plan.weights, strict=True)))
    weights = parse_public_credentials(group, raw_credentials)
    raw_ballots = [
        make_ballot(election, secrets[voter], plaintext=plaintext, draw=draw) for voter, plaintext in plan.votes
    ]
    ballots = [parse_ballot(election, raw) for raw in raw_ballots]
    tally = compute_tally(election, ballots, weights=weights)
    shares = {
        owner: make_partial_decryption(election, tally, private=private_keys[owner], draw=draw)
        for owner in _owners_decrypting(plan)
    }
    factors = combine_factors(election, trustees, shares=shares)
    result = compute_result(election, tally, factors=factors)
    setup = {"election": "", "trustees": "", "credentials": ""}
    steps = [
        Step("Setup", (election.raw, dump_trustees(group, trustees), raw_credentials, dump(setup).encode())),
        *(Step("Ballot", (raw,)) for raw in raw_ballots),
        Step("EndBallots"),
        Step("EncryptedTally", (dump_sums(election, tally), dump_sized(election, tally))),
    ]
    for owner, share in shares.items():
        owned = dump({"owner": owner, "payload": ""}).encode()
        steps.append(Step("PartialDecryption", (dump_partial_decryption(election, share), owned)))
    steps.append(Step("Result", (dump_result(result),)))
    linked = tuple(relink(step) for step in steps)
    return Simulation(election, trustees, tuple(secrets), private_keys, tally, result, linked)
