"""Of what a report is made: texts, each with whose words it is, so that its direction stays its own."""

from __future__ import annotations

from typing import Any

from psephos.result.direction import direction_of
from psephos.result.wording import plain

Part = dict[str, Any]


def spoken(text: str, *, kind: str = "") -> Part:
    """A text in the language of the page."""
    return {"part": "text", "text": text, "kind": kind}


def verbatim(text: str) -> Part:
    """A text of a program: hashes, keys, messages; read from left to right."""
    return {"part": "exact", "text": plain(text), "kind": ""}


def of_record(text: str) -> Part:
    """A text that somebody wrote into the record, in whatever language."""
    return {"part": "record", "text": plain(text), "kind": "", "direction": direction_of(text)}
