"""Verify a whole election record, finished or not.

Clause: Belenios 2.0 §3.5; the order of events as a table. Homomorphic questions only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .archive import Step, read_archive, steps_of
from .canonical import fields, natural, parse_canonical
from .credentials import parse_public_credentials
from .decryption import PartialDecryption, combine_factors, valid_shares, verify_result
from .election import Election, parse_election
from .errors import RefusedError, UnsupportedError
from .tally import EncryptedTally, compute_tally, verify_box, verify_tally
from .trustees import Pedersen, Trustees, combine_keys, parse_trustees, verify_trustees

FOLLOWERS: dict[str | None, tuple[str, ...]] = {
    None: ("Setup",),
    "Setup": ("Ballot", "EndBallots"),
    "Ballot": ("Ballot", "EndBallots"),
    "EndBallots": ("EncryptedTally",),
    "EncryptedTally": ("PartialDecryption",),
    "PartialDecryption": ("PartialDecryption", "Result"),
    "Result": (),
}
PLAIN_SETUP = 4


@dataclass(frozen=True)
class Setup:
    """What the Setup event fixes."""

    election: Election
    trustees: Trustees
    weights: dict[str, int]


@dataclass(frozen=True)
class Outcome:
    """What was verified.

    `last_event` tells how far the election went; `result` is None before the Result event.
    """

    election: Election
    last_event: str
    ballots_in_box: int
    tally: EncryptedTally
    result: list[list[int]] | None
    invalid_shares: dict[int, str] = field(default_factory=dict)
    old_threshold_form: bool = False


def check_order(steps: Sequence[Step]) -> None:
    """Check that events come in an order an election can take.

    Raises:
        UnsupportedError: If there are shuffles.
        RefusedError: If one comes too early, too late or too often, or there is none.
    """
    if not steps:
        raise RefusedError("there is no event")
    previous: str | None = None
    for step in steps:
        if step.kind in ("Shuffle", "EndShuffles"):
            raise UnsupportedError("shuffles are not implemented")
        if step.kind not in FOLLOWERS[previous]:
            raise RefusedError(f"{step.kind} after {previous}")
        previous = step.kind


def verify_setup(step: Step) -> Setup:
    """Check election, trustees and public credentials.

    Raises:
        UnsupportedError: If there is a credentials certificate.
        RefusedError: If a part is malformed, or the public key is not the trustees'.
    """
    if len(step.bodies) != PLAIN_SETUP:
        raise UnsupportedError("credentials certificates are not implemented")
    raw_election, raw_trustees, raw_credentials, _ = step.bodies
    election = parse_election(raw_election)
    trustees = parse_trustees(election.group, raw_trustees)
    verify_trustees(election.group, trustees)
    if combine_keys(election.group, trustees) != election.public_key:
        raise RefusedError("the election's public key is not the product of the trustees' keys")
    return Setup(election, trustees, parse_public_credentials(election.group, raw_credentials))


def owned_shares(steps: Sequence[Step]) -> list[tuple[int, bytes]]:
    """List partial decryptions with their owners.

    Raises:
        RefusedError: If an owner is no natural number.
    """
    shares = []
    for step in steps:
        if step.kind == "PartialDecryption":
            raw, owned = step.bodies
            owner = natural(fields(parse_canonical(owned), "owner", "payload")["owner"])
            shares.append((owner, raw))
    return shares


def _final_result(
    setup: Setup, steps: Sequence[Step], *, tally: EncryptedTally, shares: dict[int, PartialDecryption]
) -> list[list[int]] | None:
    for step in steps:
        if step.kind == "Result":
            factors = combine_factors(setup.election, setup.trustees, shares=shares)
            return verify_result(setup.election, step.bodies[0], tally=tally, factors=factors)
    return None


def verify_record(raw: bytes) -> Outcome:
    """Verify an archive.

    Args:
        raw: The bytes of the .bel file.

    Raises:
        UnsupportedError: If it needs what the oracle does not implement.
        RefusedError: At the first rule it breaks.
    """
    steps = steps_of(read_archive(raw))
    check_order(steps)
    setup = verify_setup(steps[0])
    election = setup.election
    raw_ballots = [step.bodies[0] for step in steps if step.kind == "Ballot"]
    ballots = verify_box(election, raw_ballots, weights=setup.weights)
    tally = compute_tally(election, ballots, weights=setup.weights)
    for step in steps:
        if step.kind == "EncryptedTally":
            verify_tally(election, tally, raw_sums=step.bodies[0], raw_sized=step.bodies[1])
    shares, invalid = valid_shares(election, owned_shares(steps), tally=tally, trustees=setup.trustees)
    return Outcome(
        election=election,
        last_event=steps[-1].kind,
        ballots_in_box=len(ballots),
        tally=tally,
        result=_final_result(setup, steps, tally=tally, shares=shares),
        invalid_shares=invalid,
        old_threshold_form=any(isinstance(item, Pedersen) and not item.modern for item in setup.trustees),
    )
