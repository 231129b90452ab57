"""Texts of unknown direction, such as names and addresses from a record, in pages of any language."""

from __future__ import annotations

import re
import unicodedata

_BETWEEN_LANGUAGES = re.compile(r"\s+[·|/]\s+")
_CODE = "\u2066{}\u2069"


def direction_of(text: str) -> str:
    """The direction of a text, which its first letter decides: ltr or rtl."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in {"R", "AL"}:
            return "rtl"
        if kind == "L":
            break
    return "ltr"


def code(text: str) -> str:
    """A text of a program, which is read from left to right inside any sentence."""
    return _CODE.format(text)


def pieces(text: str) -> list[str]:
    """The pieces of a text that stands in several languages of the vote, one after the other: cut as the booth does."""
    return _BETWEEN_LANGUAGES.split(text)
