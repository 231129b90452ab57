"""The board's shared vectors: what every implementation reads, refuses and finds."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from psephos.board.checkpoint import read_checkpoint
from psephos.board.note import read_note, read_verifier_key
from psephos.board.policy import read_policy
from psephos.board.proof import read_receipt, verify_receipt
from psephos.board.tiles import read_path
from psephos.errors import InvalidProofError, MalformedError, QuorumError
from psephos.record.board_entries import read_board_entry
from tests.board.example import BOARD
from tests.support.records import json_of

FORMS: dict[str, Any] = json_of(BOARD / "forms.json")
RECEIPTS: dict[str, Any] = json_of(BOARD / "receipts.json")
READERS: dict[str, Callable[[bytes], Any]] = {
    "note": read_note,
    "verifier key": lambda data: read_verifier_key(data.decode()),
    "checkpoint": read_checkpoint,
    "policy": read_policy,
    "receipt": read_receipt,
    "path": lambda data: read_path(data.decode()),
    "entry": read_board_entry,
}


def test_every_format_has_a_reader() -> None:
    """No format of the file is left out."""
    assert set(READERS) == set(FORMS) - {"description"}


@pytest.mark.parametrize("name", READERS)
def test_forms_are_read_or_refused(name: str) -> None:
    """What the file says is read is read; everything else in it is malformed."""
    for data in FORMS[name]["accepted"]:
        READERS[name](base64.b64decode(data))
    for data in FORMS[name]["refused"]:
        with pytest.raises(MalformedError):
            READERS[name](base64.b64decode(data))


@pytest.mark.parametrize("case", RECEIPTS["cases"], ids=lambda case: case["name"])
def test_receipt_holds_or_not(case: dict[str, Any]) -> None:
    """A receipt holds, is a lie, or has too few cosignatures."""
    policy, leaf = read_policy(RECEIPTS["policy"].encode()), bytes.fromhex(case["leaf"])
    receipt = read_receipt(case["receipt"].encode())
    if case["expected"] == "holds":
        assert list(verify_receipt(receipt, leaf=leaf, policy=policy).cosignatures) == case["cosigned"]
    elif case["expected"] == "invalid-proof":
        with pytest.raises(InvalidProofError):
            verify_receipt(receipt, leaf=leaf, policy=policy)
    else:
        with pytest.raises(QuorumError) as caught:
            verify_receipt(receipt, leaf=leaf, policy=policy)
        assert (caught.value.have, caught.value.need) == (case["have"], case["need"])
