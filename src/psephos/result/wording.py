"""Texts that others wrote, inside ours: chosen for the reader's language, and with a direction of their own."""

from __future__ import annotations

from collections.abc import Mapping

from psephos.referendum.handwritten import is_plain
from psephos.result.language import Language

_APART = "\u2068{}\u2069"


def picked(texts: Mapping[str, str], language: str) -> str:
    """A text in a language; without one, as it stands in the record, in all languages of the vote."""
    return texts.get(language) or texts.get("", "")


def apart(text: str) -> str:
    """A name inside a sentence, whose direction stays its own, and which shows nothing that cannot be seen."""
    return _APART.format(plain(text))


def plain(text: str) -> str:
    """A text whose control characters, those of direction included, are shown as spaces."""
    return "".join(character if is_plain(character) else " " for character in text)


def region_name(name: str, language: Language) -> str:
    """A region's name; those who are in none have one, too."""
    return name or language.say("site.region_none")
