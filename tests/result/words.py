"""Languages as commands read them, and texts as they compare."""

from __future__ import annotations

import re
import unicodedata

from psephos.adapters.package_data import read_data
from psephos.referendum.words import read_words
from psephos.result.language import Language, read_language


def language(code: str, paper: str) -> Language:
    """A language, as the commands read it."""
    return read_language(code, read_words(read_data(f"words.{code}")), papers=[paper])


def plain(text: str) -> str:
    """Letters and digits alone, whatever their shape, order of line or mark of direction."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text))
