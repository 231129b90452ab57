"""The shared vectors about logs that take over: what every implementation finds."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from psephos.board.merkle import TreeHead
from psephos.errors import PsephosError
from psephos.record.charter import read_charter
from psephos.record.succession import check_in_force
from psephos.record.terms import read_terms
from tests.support.records import json_of
from tests.support.successions import FILE, write

VECTORS: dict[str, Any] = json_of(FILE)


def test_file_is_what_its_program_writes() -> None:
    """Nobody has changed it by hand."""
    assert FILE.read_bytes() == write()


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_log_is_in_force_or_not(case: dict[str, Any]) -> None:
    """By the decisions that it shows."""
    board = read_charter(b64decode(VECTORS["charter"])).board
    assert board is not None
    terms = read_terms(board)
    terms = terms.under(next(key for key in terms.logs if key.name == case["origin"]))
    roots = {one["place"]: b64decode(one["root"]) for one in case["entries"]}
    entries = [(one["place"], b64decode(one["entry"])) for one in case["entries"]]
    found = "in-force"
    try:
        check_in_force(terms, entries, lambda size: TreeHead(size, roots[size]))
    except PsephosError as error:
        found = error.code
    assert found == case["expected"]
