"""Ballots with fixed scalars: the oracle makes them again, Psephos accepts them; the booth makes the same bytes."""

from typing import Any

import pytest

from psephos.protocol.ballot import BallotForm
from psephos.protocol.credentials import derive_secrets
from psephos.protocol.election import read_election
from tests.support.records import json_of
from tests.vectors.ballots import BALLOTS, document

CASES: list[dict[str, Any]] = json_of(BALLOTS)["cases"]


def test_oracle_makes_the_file_again() -> None:
    """The file is what the oracle makes, byte for byte."""
    assert BALLOTS.read_text() == document()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_ballot_is_accepted(case: dict[str, Any]) -> None:
    """Form, signature and proofs hold, for the credential from which it was made."""
    election = read_election(case["election"].encode())
    chunk, faults = BallotForm(election).read([case["ballot"].encode()])
    assert (faults, chunk.check_signatures(), chunk.check_proofs()) == ({}, {}, {})
    assert chunk.credentials() == derive_secrets(election.group, election.uuid, [case["credential"]]).public().texts()
