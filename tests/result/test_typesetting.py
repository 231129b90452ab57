"""Pages are set from data with the fonts that come with the package, and an error shows nothing of the data."""

from __future__ import annotations

import pytest

from psephos.errors import UnavailableError
from psephos.result.direction import pieces
from psephos.result.language import LANGUAGES
from psephos.result.typesetting import lacking, shown, typeset
from tests.result.words import language

SORANI = "ڕ ڵ ۆ ێ ە ڤ گ چ پ ژ ک ی ئ ھ ە‌"


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("paper", ["letter", "report"])
def test_fonts_have_every_character_of_our_words(code: str, paper: str) -> None:
    """In every language; and the letters that Central Kurdish has beside those of Arabic."""
    assert not lacking("".join(language(code, paper).phrases.values()))
    assert not lacking(SORANI)


def test_character_without_a_shape_is_written_as_its_number() -> None:
    """So that it is seen, and no page fails because of it."""
    assert lacking("漢 a 😀\u200c\u2068\n\x07\udc80") == {"漢", "😀", "\x07", "\udc80"}
    assert shown({"one": ["漢", 1, None], "two": "ab"}) == {"one": ["[U+6F22]", 1, None], "two": "ab"}


def test_error_of_a_page_shows_nothing_of_its_data() -> None:
    """A credential must not come into a terminal or a log by way of an error."""
    with pytest.raises(UnavailableError) as caught:
        typeset("letter", {"layout": "Zq5xi-gVRshK-PuYHJ-mt1A6C p2"})
    assert (
        "Zq5xi"
        not in f"{caught.value} {caught.value.hint} {caught.value.__cause__} {caught.value.__suppress_context__}"
    )


@pytest.mark.parametrize("between", [" · ", " / ", " | "])
def test_text_in_several_languages_is_cut_where_the_booth_cuts_it(between: str) -> None:
    """Whoever wrote it, and with whichever of the three signs; a sign inside a word cuts nothing."""
    assert pieces(f"Yes/No{between}آری") == ["Yes/No", "آری"]
