"""Writes vectors/board/definitions.json: logs with definitions and addenda, and what becomes of each entry.

Run `python -m tests.support.definition_vectors >vectors/board/definitions.json`.
"""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from typing import Any

from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import EntryKind, make_board_entry
from psephos.record.definition_entry import addendum_text, definition_text
from psephos.record.terms import charter_text
from tests.support.bad_entries import entry
from tests.support.defined import ANNUL, addendum, charter_of, definition_entry, published
from tests.support.logged import STRANGER, MemoryLog, Vote, hold_vote, note_by, organisers_note

RULESET = "5" * 64
"""Not a real one, so that the file stays as it is when a rule's words change."""
WITHDRAW = {"kind": "withdraw", "name": "Trustee 3", "reason": "arrested"}


def vote_of_vectors() -> Vote:
    """The referendum of these logs, up to the opening."""
    return hold_vote(charter=charter_of(published(), ruleset=RULESET))


def make_cases() -> dict[str, list[bytes]]:
    """By name, the entries after the charter."""
    vote, good, other = vote_of_vectors(), published(), published("statutory")
    named = definition_text(sha256_hex(good))
    defined = definition_entry(vote, good)
    setup = entry(EntryKind.SETUP, *vote.setup, vote.signed_setup())
    accepted = [entry(EntryKind.ACCEPTANCE, one) for one in vote.acceptances]
    again = definition_entry(vote, good, salt=bytes(16))
    first = addendum(WITHDRAW)
    second = addendum(ANNUL, earlier=[first])

    def added(content: bytes, number: int, *, charter: str = vote.name, signers: int = 2) -> bytes:
        text = addendum_text(charter=charter, number=number, addendum=sha256_hex(content))
        return make_board_entry(EntryKind.ADDENDUM, [content, organisers_note(text, vote.terms, signers)])[0]

    return {
        "the definition, then the setup, then the opening": [defined, setup, *accepted],
        "another definition than the charter names": [definition_entry(vote, other), defined],
        "another definition under the right one's signatures": [
            entry(EntryKind.DEFINITION, other, organisers_note(named, vote.terms)),
            defined,
        ],
        "too few signatures": [definition_entry(vote, good, signers=1), defined],
        "strangers' signatures": [entry(EntryKind.DEFINITION, good, note_by(named, STRANGER, STRANGER)), defined],
        "the charter's signatures": [
            entry(EntryKind.DEFINITION, good, organisers_note(charter_text(vote.charter), vote.terms)),
            defined,
        ],
        "a second definition before the setup": [defined, again, setup],
        "a second definition after the opening": [defined, setup, *accepted, again],
        "the setup before the definition": [setup, defined],
        "an addendum before the definition": [added(first, 1), defined],
        "two addenda in their order": [defined, added(first, 1), added(second, 2)],
        "the second addendum first": [defined, added(second, 2), added(first, 1)],
        "the same addendum twice": [
            defined,
            added(first, 1),
            make_board_entry(
                EntryKind.ADDENDUM,
                [
                    first,
                    organisers_note(addendum_text(charter=vote.name, number=1, addendum=sha256_hex(first)), vote.terms),
                ],
                salt=bytes(16),
            )[0],
        ],
        "an addendum signed by too few": [defined, added(first, 1, signers=1)],
        "an addendum signed for another charter": [defined, added(first, 1, charter="6" * 64)],
    }


def make_file() -> dict[str, Any]:
    """The whole file."""
    vote = vote_of_vectors()
    begin = entry(EntryKind.CHARTER, vote.signed_charter())
    cases = []
    for name, entries in make_cases().items():
        verdicts = MemoryLog([begin, *entries]).verdicts()[1:]
        cases.append(
            {
                "name": name,
                "entries": [b64encode(one).decode() for one in entries],
                "reasons": [None if one.reason is None else str(one.reason) for one in verdicts],
            }
        )
    return {
        "description": "entries after the charter, and why each has no effect (null: it has)",
        "charter": b64encode(begin).decode(),
        "definition": sha256_hex(published()),
        "cases": cases,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make_file(), indent=1, ensure_ascii=False) + "\n")
