"""When a quorum had countersigned: cases for every implementation, and the moment that each must find.

python -m tests.support.moments          writes vectors/board/moments.json
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psephos.board.checkpoint import Checkpoint, write_checkpoint
from psephos.board.merkle import Frontier, hash_leaf
from psephos.board.note import Note, write_note
from psephos.ports import UnixSeconds
from tests.support.logged import LOG, WITNESSES, policy
from tests.support.referendum import NOW

FILE = Path(__file__).parents[2] / "vectors" / "board" / "moments.json"
TEXT = write_checkpoint(Checkpoint(LOG.key.name, Frontier().extended([hash_leaf(b"entry 0")]).head()))
LATEST = 2**33 - 1
LAST = 2**63 - 1
DAY = 86_400
THREE_OF_FOUR = policy(WITNESSES)
NOBODY = f"log {LOG.key}\nquorum none\n"
ONE = f"log {LOG.key}\nwitness o0 {WITNESSES[0].key}\nquorum o0\n"
BOTH_SIDES = "\n".join(
    [
        f"log {LOG.key}",
        *(f"witness o{number} {one.key}" for number, one in enumerate(WITNESSES)),
        "group left any o0 o1",
        "group right any o2 o3",
        "group both all left right",
        "quorum both",
        "",
    ]
)


def case(name: str, times: Sequence[int | None], moment: int, *, rule: str = THREE_OF_FOUR) -> dict[str, Any]:
    """A checkpoint that observers countersigned at these times, or not at all."""
    lines = [one.cosign(TEXT, now=UnixSeconds(at)) for one, at in zip(WITNESSES, times, strict=True) if at is not None]
    note = write_note(Note(TEXT, (LOG.sign(TEXT), *lines)))
    return {"name": name, "policy": rule, "note": note.decode(), "moment": moment}


def cases() -> list[dict[str, Any]]:
    """All of them; 0 where no moment follows."""
    far = NOW + 10_000 * DAY
    return [
        case("all at once", [NOW] * 4, NOW),
        case("three of four", [NOW, NOW + 2, NOW + 1, None], NOW),
        case("the third of four from the latest", [NOW, NOW + 2, NOW + 3, NOW + 1], NOW + 1),
        case("too few", [NOW, NOW + 1, None, None], 0),
        case("one far ahead", [NOW, NOW + 2, NOW + 1, far], NOW + 1),
        case("one far ahead among three", [NOW, NOW + 1, far, None], NOW),
        case("two far ahead", [NOW, NOW + 2, far, far], NOW + 2),
        case("a quorum far ahead", [NOW, far, far, far], far),
        case("one in the beginning of time", [1, NOW + 2, NOW + 1, NOW], NOW),
        case("one at an impossible time", [NOW, NOW + 2, NOW + 1, LAST], NOW + 1),
        case("one at an impossible time among three", [NOW, NOW + 1, LAST, None], NOW),
        case("the latest time that is possible", [LATEST] * 4, LATEST),
        case("the first time that is impossible", [LATEST + 1] * 4, 0),
        case("a quorum at impossible times, and one at a possible one", [NOW, LAST, LAST, LAST], NOW),
        case("nobody has to", [NOW] * 4, 0, rule=NOBODY),
        case("one alone has to", [NOW, far, far, far], NOW, rule=ONE),
        case("one of each side", [NOW + 3, NOW, NOW + 1, NOW + 2], NOW + 2, rule=BOTH_SIDES),
        case("one of each side, and both of one are ahead", [far, far, NOW, NOW + 1], NOW + 1, rule=BOTH_SIDES),
    ]


def write() -> bytes:
    """The file."""
    description = "When the quorum of a policy had countersigned, by its own word; 0 if that does not follow."
    return (json.dumps({"description": description, "cases": cases()}, indent=1) + "\n").encode()


if __name__ == "__main__":
    FILE.write_bytes(write())
