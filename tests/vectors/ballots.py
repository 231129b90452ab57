"""Makes `vectors/protocol/ballots.json` with the oracle: ballots with all the scalars that were drawn for them.

python -m tests.vectors.ballots > vectors/protocol/ballots.json
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.support.oracle.ballots import make_ballot
from tests.support.oracle.credentials import derive_modern
from tests.support.oracle.election import Question, make_election
from tests.support.oracle.groups import group_named
from tests.support.oracle.nonces import seeded
from tests.support.records import VECTORS

BALLOTS = VECTORS / "protocol" / "ballots.json"
UUID = "Psephos1Referendum"
CREDENTIAL = "nSTJR-543VNT-LVM4K-UZ1hEj"
DESCRIPTION = (
    "Ballots by tests/support/oracle with every scalar in the order in which it was drawn: for each question the "
    "randomness of its ciphertexts, then for each proof (individual, overall, blank) challenge and response of each "
    "simulated alternative and the nonce, and at the end the signature's nonce."
)
YES_NO = Question(answers=("Yes", "No"), blank=False, minimum=1, maximum=1, question="Do you agree?")
YES_NO_BLANK = Question(answers=("Yes", "No", "Blank"), blank=False, minimum=1, maximum=1, question="Do you agree?")
ONE_OR_TWO = Question(answers=("A", "B", "C"), blank=True, minimum=1, maximum=2, question="One or two, or blank?")
SOME = Question(answers=("A", "B"), blank=False, minimum=0, maximum=2, question="Any?")


@dataclass(frozen=True)
class Case:
    """What is asked and chosen."""

    name: str
    group: str
    questions: tuple[Question, ...]
    plaintexts: tuple[tuple[int, ...], ...]


CASES = (
    Case("yes of yes/no/blank", "Ed25519", (YES_NO_BLANK,), ((1, 0, 0),)),
    Case("blank of yes/no/blank", "Ed25519", (YES_NO_BLANK,), ((0, 0, 1),)),
    Case("a separate blank vote", "Ed25519", (ONE_OR_TWO,), ((1, 0, 0, 0),)),
    Case("two choices beside a separate blank vote", "Ed25519", (ONE_OR_TWO,), ((0, 1, 0, 1),)),
    Case("two questions, nothing chosen in one", "Ed25519", (SOME, YES_NO), ((0, 0), (0, 1))),
    Case("no of yes/no", "BELENIOS-2048", (YES_NO,), ((0, 1),)),
    Case("yes of yes/no", "RFC-3526-2048", (YES_NO,), ((1, 0),)),
)


def make(case: Case) -> dict[str, Any]:
    """The vector for a case."""
    group, drawn = group_named(case.group), list[str]()
    source = seeded(group, f"ballots.json|{case.name}")
    key = group.power(group.g, source())
    election = make_election(group, key, questions=case.questions, uuid=UUID)

    def draw() -> int:
        scalar = source()
        drawn.append(str(scalar))
        return scalar

    secret = derive_modern(group, CREDENTIAL, uuid=UUID)
    ballot = make_ballot(election, secret, plaintext=case.plaintexts, draw=draw).decode()
    return {
        "name": case.name,
        "election": election.raw.decode(),
        "credential": CREDENTIAL,
        "plaintexts": case.plaintexts,
        "scalars": drawn,
        "commitment": json.loads(ballot)["signature"]["hash"],
        "ballot": ballot,
    }


def document() -> str:
    """The file's content."""
    return json.dumps({"description": DESCRIPTION, "cases": [make(case) for case in CASES]}, indent=1) + "\n"


if __name__ == "__main__":
    BALLOTS.write_text(document())
