"""The languages in which pages and papers are made."""

from __future__ import annotations

from collections.abc import Sequence

from psephos.adapters.package_data import read_data
from psephos.referendum.words import read_words
from psephos.result.language import LANGUAGES, Language, read_language


def read_languages(codes: Sequence[str] = LANGUAGES, *, paper: str) -> list[Language]:
    """Languages, each once, with the words of a paper.

    Args:
        codes: Which; all of them without it.
        paper: The name of its words.

    Raises:
        UnavailableError: There is no such language.
    """
    return [
        read_language(code, read_words(read_data(f"words.{code}")), papers=[paper]) for code in dict.fromkeys(codes)
    ]
