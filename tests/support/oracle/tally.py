"""The ballot box and the encrypted tally.

Clauses: Belenios 2.0 §3.5.1, §4.15 (last ballot of each credential), §4.16 (weighted products).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .answers import Ciphertext, ciphertext_to_json, combine
from .ballots import Ballot, verify_ballot
from .canonical import dump, fields, hex_hash, natural, parse_canonical, sha256_hex, weight_from_json, weight_to_json
from .election import Election
from .errors import RefusedError

Sums = tuple[tuple[Ciphertext, ...], ...]


@dataclass(frozen=True)
class EncryptedTally:
    """Products of ciphertexts, shape (question, answer), with how many ballots and what weight."""

    sums: Sums
    num_tallied: int
    total_weight: int


def verify_box(election: Election, raw_ballots: Sequence[bytes], *, weights: Mapping[str, int]) -> list[Ballot]:
    """Check every ballot in the box, superseded ones included.

    Args:
        election: The election.
        raw_ballots: In order of casting.
        weights: Encoded public credential to weight.

    Raises:
        RefusedError: If a ballot is invalid, stands twice, or its credential is not listed.
    """
    seen: set[bytes] = set()
    ballots = []
    for raw in raw_ballots:
        if raw in seen:
            raise RefusedError("the same ballot stands twice in the box")
        seen.add(raw)
        ballot = verify_ballot(election, raw)
        if ballot.credential not in weights:
            raise RefusedError("the ballot's credential is not listed")
        ballots.append(ballot)
    return ballots


def last_ballots(ballots: Sequence[Ballot]) -> list[Ballot]:
    """Keep the last ballot of each credential, in order of casting (§4.15: last)."""
    kept: list[Ballot] = []
    for ballot in ballots:
        kept = [other for other in kept if other.credential != ballot.credential]
        kept.append(ballot)
    return kept


def weigh(election: Election, ciphertext: Ciphertext, *, weight: int) -> Ciphertext:
    """Raise a ciphertext to the power of a weight."""
    group = election.group
    return Ciphertext(group.power(ciphertext.alpha, weight), group.power(ciphertext.beta, weight))


def compute_tally(election: Election, ballots: Sequence[Ballot], *, weights: Mapping[str, int]) -> EncryptedTally:
    """Add up the last ballots, each as often as its weight says."""
    tallied = last_ballots(ballots)
    sums = []
    for at, question in enumerate(election.questions):
        columns = []
        for answer in range(question.width):
            weighted = [
                weigh(election, ballot.answers[at].choices[answer], weight=weights[ballot.credential])
                for ballot in tallied
            ]
            columns.append(combine(election.group, weighted))
        sums.append(tuple(columns))
    total_weight = sum(weights[ballot.credential] for ballot in tallied)
    return EncryptedTally(tuple(sums), len(tallied), total_weight)


def dump_sums(election: Election, tally: EncryptedTally) -> bytes:
    """Write the encrypted_tally structure."""
    group = election.group
    return dump([[ciphertext_to_json(group, item) for item in row] for row in tally.sums]).encode()


def dump_sized(election: Election, tally: EncryptedTally) -> bytes:
    """Write the sized_encrypted_tally structure, payload of the EncryptedTally event."""
    value = {
        "num_tallied": tally.num_tallied,
        "total_weight": weight_to_json(tally.total_weight),
        "encrypted_tally": sha256_hex(dump_sums(election, tally)),
    }
    return dump(value).encode()


def verify_tally(election: Election, tally: EncryptedTally, *, raw_sums: bytes, raw_sized: bytes) -> None:
    """Check the published tally against one computed from the ballots, byte for byte.

    Raises:
        RefusedError: If anything differs.
    """
    sized = fields(parse_canonical(raw_sized), "num_tallied", "total_weight", "encrypted_tally")
    if natural(sized["num_tallied"]) != tally.num_tallied:
        raise RefusedError(f"num_tallied is {sized['num_tallied']}, counted {tally.num_tallied}")
    if weight_from_json(sized["total_weight"]) != tally.total_weight:
        raise RefusedError(f"total_weight is {sized['total_weight']}, added up {tally.total_weight}")
    if hex_hash(sized["encrypted_tally"]) != sha256_hex(raw_sums):
        raise RefusedError("the sized tally names another encrypted tally")
    if raw_sums != dump_sums(election, tally):
        raise RefusedError("the encrypted tally is not the sum of the last ballots")
