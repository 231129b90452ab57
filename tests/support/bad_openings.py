"""Logs that observers countersign, and that open no vote: the charter is not signed, or the setup does not hold.

python -m tests.support.bad_openings DIRECTORY          writes a board's files for each, and says what the page must say
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from psephos.protocol.encoding import read_json, sha256_hex, write_json
from psephos.protocol.group import Group
from psephos.record.board_entries import EntryKind
from psephos.record.terms import charter_text
from tests.support.bad_entries import BALLOTS
from tests.support.boards import StaticBoard
from tests.support.logged import STRANGER, MemoryLog, Vote, hold_ceremony, hold_vote, log_of, note_by, organisers_note
from tests.support.world import randomness

FOREIGN = Group("Ed25519").random_secrets(randomness(77), 1).public()[0].text
"""A key whose secret is no trustee's."""


def charter_by(note: Callable[[bytes, Vote], bytes]) -> MemoryLog:
    """The log of a vote whose charter stands in another note."""
    vote = hold_vote()
    log = MemoryLog()
    log.add(EntryKind.CHARTER, [note(charter_text(vote.charter), vote)])
    return MemoryLog([*log.received, *log_of(vote).received[1:BALLOTS]], log.blobs | log_of(vote).blobs)


def with_setup(**changed: Callable[[bytes], bytes]) -> MemoryLog:
    """The log of a vote with another election or other trustees, signed by the organisers."""
    vote = hold_vote()
    parts = dict(zip(("election", "trustees", "credentials"), vote.setup, strict=False))
    parts |= {name: change(parts[name]) for name, change in changed.items()}
    data = write_json({name: sha256_hex(part) for name, part in parts.items()})
    return log_of(replace(vote, setup=[*parts.values(), data])).first(BALLOTS)


def of_foreign_trustee(trustees: bytes) -> bytes:
    """The first trustee's key is somebody else's."""
    items = read_json(trustees, list[tuple[str, dict[str, Any]]], what="trustees")
    items[0][1]["verification_keys"][0]["public_key"] = FOREIGN
    return write_json(items)


def of_foreign_key(election: bytes) -> bytes:
    """Ballots are encrypted for somebody else."""
    return write_json(read_json(election, dict[str, Any], what="election") | {"public_key": FOREIGN})


def of_other_trustees(_: bytes) -> bytes:
    """Another ceremony, in which everything holds, and whose key is not the election's."""
    return hold_ceremony(hold_vote().charter, randomness(78))[0]


def of_other_version(election: bytes) -> bytes:
    """A protocol that nobody knows."""
    return write_json(read_json(election, dict[str, Any], what="election") | {"version": 2})


OPENINGS: dict[str, tuple[str, str, Callable[[], MemoryLog]]] = {
    "a charter that one organiser signed": (
        "charter",
        "1 organisers have signed, and 2 must",
        lambda: charter_by(lambda text, vote: organisers_note(text, vote.terms, 1)),
    ),
    "a charter that strangers signed": (
        "charter",
        "not signed by organisers only",
        lambda: charter_by(lambda text, _: note_by(text, STRANGER)),
    ),
    "a setup with a foreign trustee's key": (
        "setup",
        "the verification key does not follow from the coefficients",
        lambda: with_setup(trustees=of_foreign_trustee),
    ),
    "a setup with a foreign election key": (
        "setup",
        "not the product of the trustees' keys",
        lambda: with_setup(election=of_foreign_key),
    ),
    "a setup with other trustees": (
        "setup",
        "not the product of the trustees' keys",
        lambda: with_setup(trustees=of_other_trustees),
    ),
    "a setup of another version": ("unsupported", "version 2", lambda: with_setup(election=of_other_version)),
}
"""By name: the page's reason, its exact message, and the log."""


def write(root: Path) -> None:
    """A board's files for each."""
    for name, (_, _, make) in OPENINGS.items():
        StaticBoard(root / name, make()).publish()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
    sys.stdout.write(json.dumps([[name, reason, message] for name, (reason, message, _) in OPENINGS.items()]))
