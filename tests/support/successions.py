"""Which logs are in force by the observers' decisions: cases for every implementation, and what each must find.

python -m tests.support.successions          writes vectors/board/successions.json
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from psephos.board.checkpoint import Checkpoint, write_checkpoint
from psephos.board.cosignature import Ed25519Cosigner
from psephos.board.merkle import Frontier, TreeHead, hash_leaf
from psephos.board.note import Ed25519Signer, Note, write_note
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import EntryKind, make_board_entry
from tests.support.logged import LOG, STANDBY, STRANGER, VERIFIERS, WITNESSES, board_terms
from tests.support.referendum import NOW, make_charter

FILE = Path(__file__).parents[2] / "vectors" / "board" / "successions.json"
SECOND = Ed25519Signer("second.example/2026", bytes(31) + b"\x0b")
# Rules come and go, and this file stays.
TERMS = board_terms(standby=(str(STANDBY.key), str(SECOND.key)), ruleset=sha256_hex(b"ruleset"))
CHARTER = make_charter(size=3, threshold=2, board=TERMS)
FIRST = [b"entry %d" % number for number in range(5)]
OTHER = [*FIRST[:4], b"another entry"]


def head_of(entries: Sequence[bytes]) -> TreeHead:
    """The tree of some entries."""
    return Frontier().extended(map(hash_leaf, entries)).head()


def decision(
    entries: Sequence[bytes],
    new: Ed25519Signer = STANDBY,
    *,
    by: Sequence[Ed25519Cosigner] = VERIFIERS[:3],
    size: int | None = None,
    change: Callable[[bytes], bytes] = bytes,
) -> bytes:
    """A Succession entry: what observers cosign about some entries."""
    head = head_of(entries)
    text = write_checkpoint(Checkpoint(new.key.name, TreeHead(len(entries) if size is None else size, head.root)))
    note = write_note(Note(text, (new.sign(text), *(one.cosign(text, now=NOW) for one in by))))
    return make_board_entry(EntryKind.SUCCESSION, [change(note)])[0]


def forged(note: bytes) -> bytes:
    """The last cosignature with another last byte."""
    end = len(note) - 6
    return note[:end] + (b"A" if note[end : end + 1] != b"A" else b"B") + note[end + 1 :]


def case(
    name: str, expected: str, entries: Sequence[bytes], *places: int, origin: str = STANDBY.key.name
) -> dict[str, Any]:
    """A log whose entries at these places are decisions."""
    found = [
        {"place": at, "entry": b64encode(entries[at]).decode(), "root": b64encode(head_of(entries[:at]).root).decode()}
        for at in places
    ]
    return {"name": name, "origin": origin, "entries": found, "expected": expected}


def cases() -> list[dict[str, Any]]:
    """All of them; `in-force`, or the code of the error."""
    first = [*FIRST, decision(FIRST)]
    both = [*first, b"a ballot", decision([*first, b"a ballot"], SECOND)]
    back = [*first, b"a ballot", decision([*first, b"a ballot"], STANDBY)]
    second, ballot = SECOND.key.name, make_board_entry(EntryKind.BALLOT, [b"{}"])[0]
    return [
        case("decided by three of four", "in-force", first, 5),
        case("decided twice", "in-force", both, 5, 7, origin=second),
        case("one standby passed over", "in-force", [*FIRST, decision(FIRST, SECOND)], 5, origin=second),
        case("decided by two of four", "quorum-not-met", [*FIRST, decision(FIRST, by=VERIFIERS[:2])], 5),
        case(
            "cosigned by witnesses, who check no entries", "quorum-not-met", [*FIRST, decision(FIRST, by=WITNESSES)], 5
        ),
        case("a cosignature that does not hold", "invalid-proof", [*FIRST, decision(FIRST, change=forged)], 5),
        case("a log that the charter does not name", "invalid-proof", [*FIRST, decision(FIRST, STRANGER)], 5),
        case("the charter's own log", "mismatch", [*FIRST, decision(FIRST, LOG)], 5),
        case("another size than stands before", "out-of-turn", [*FIRST, decision(FIRST, size=4)], 5),
        case("other entries than stand before", "mismatch", [*OTHER, decision(FIRST)], 5),
        case("no decision", "mismatch", FIRST),
        case("a ballot where a decision should be", "mismatch", [*FIRST, ballot], 5),
        case("no entry", "malformed", [*FIRST, b"decided!"], 5),
        case("no note in it", "malformed", [*FIRST, decision(FIRST, change=lambda _: b"decided!")], 5),
        case("decided again for another log", "mismatch", both, 5, 7),
        case("decided for the other log only", "mismatch", first, 5, origin=second),
        case("back to a log that has ended", "mismatch", back, 5, 7),
    ]


def write() -> bytes:
    """The file."""
    description = "Decisions of observers that a standby log goes on; see docs/reference/entries.md."
    content = {"description": description, "charter": b64encode(CHARTER).decode(), "cases": cases()}
    return (json.dumps(content, indent=1) + "\n").encode()


if __name__ == "__main__":
    FILE.write_bytes(write())
