"""Languages: the same phrases in each, with the same holes; numbers, shares and times as each writes them."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from functools import cache
from importlib import resources
from pathlib import Path
from unicodedata import digit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from psephos.adapters.package_data import read_data
from psephos.cli.auditor import percentage
from psephos.errors import MalformedError, UnavailableError
from psephos.ports import UnixSeconds
from psephos.referendum.words import read_words
from psephos.result import language as module
from psephos.result.language import LANGUAGES, Language, read_language

TEXT = Path(str(resources.files("psephos.result"))) / "text"
PAPERS = sorted({path.stem for path in TEXT.glob("*/*.json")} - {"language", "both"})
NOON = UnixSeconds(1_796_126_400)
"""2026-12-01, 12:00 UTC."""


@cache
def language(code: str) -> Language:
    """A language with everything that it says."""
    return read_language(code, read_words(read_data(f"words.{code}")), papers=PAPERS)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_says_everything(code: str) -> None:
    """All phrases are there, none is empty, and there is no brace that is not a hole."""
    spoken = language(code)
    assert set(spoken.phrases) == set(language("en").phrases)
    for text in spoken.phrases.values():
        assert text.strip()
        assert not re.search(r"[{}]", re.sub(r"\{[a-z]+\}", "", text)), text


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_no_sentence_is_left_in_english(code: str) -> None:
    """Languages of the Arabic script write it; French repeats no English sentence."""
    english, spoken = language("en"), language(code)
    for name, text in spoken.phrases.items():
        bare = re.sub(r"\{[a-z]+\}", "", text)
        if not re.search(r"[^\W\d_]", bare):
            continue
        if spoken.direction == "rtl":
            assert re.search(r"[\u0600-\u06ff]", bare), (name, text)
        if " " in bare.strip():
            assert text != english.phrases[name], name


def test_languages_are_those_of_the_booth() -> None:
    """A reader finds the language in which she voted."""
    offered = (Path(__file__).parents[2] / "booth" / "src" / "text" / "languages.ts").read_text()
    assert set(LANGUAGES) == set(re.findall(r'from "\./(\w+)\.ts"', offered)) - {"language"}


def test_french_signs_stay_with_their_words() -> None:
    """No line begins with a semicolon or ends with a quotation mark that opens."""
    booth = Path(__file__).parents[2] / "booth" / "src" / "text" / "fr.ts"
    for text in [
        booth.read_text(),
        json.dumps(read_data("words.fr"), ensure_ascii=False),
        *(f.read_text() for f in TEXT.glob("fr/*.json")),
    ]:
        assert not re.findall(r".{9} [;:!?»]|« .{9}", text)


@pytest.mark.parametrize(
    ("code", "number", "share", "time"),
    [
        ("en", "1,234,567", "51.2\u00a0%", "1 December 2026, 12:00 UTC"),
        ("fa", "۱٬۲۳۴٬۵۶۷", "۵۱٫۲٪", "۱۰ آذر ۱۴۰۵، ساعت ۱۲:۰۰ (UTC)"),
        ("ar", "١٬٢٣٤٬٥٦٧", "٥١٫٢٪", "١ ديسمبر ٢٠٢٦، الساعة ١٢:٠٠ (UTC)"),
        ("ckb", "١٬٢٣٤٬٥٦٧", "٥١٫٢٪", "٢٠٢٦/١٢/١، کاتژمێر ١٢:٠٠ (UTC)"),
        ("fr", "1\u202f234\u202f567", "51,2\u00a0%", "1 décembre 2026, 12:00 UTC"),
    ],
)
def test_numbers_shares_and_times_are_written_as_the_language_does(
    code: str, number: str, share: str, time: str
) -> None:
    """Digits, separators and calendar are the language's."""
    spoken = language(code)
    assert spoken.number(1_234_567) == number
    assert spoken.percentage(Fraction(5123, 10_000)) == share
    assert spoken.time(NOON) == time


@pytest.mark.parametrize("code", LANGUAGES)
@given(st.integers(-(2**64), 2**64))
@example(2**33 - 1)
@example(2**40)
@example(2**64 - 1)
def test_time_that_cannot_be_is_said_to_be_none(code: str, moment: int) -> None:
    """An observer may sign any number as the time: pages are made, and show it as it stands."""
    said = language(code).time(UnixSeconds(moment))
    shown = "".join(str(digit(one)) for one in said if one.isdigit())
    assert (shown == str(abs(moment))) == (not 0 <= moment < 2**33)


@given(st.integers(0, 10**12), st.integers(1, 10**12), st.sampled_from(["1/2", "2/3", "1/4", "2/5"]))
@example(500_000_000_001, 10**12, "1/2")
@example(499_999_999_999, 10**12, "1/2")
@example(1, 2, "1/2")
@example(200, 300, "2/3")
def test_percentage_lies_on_the_same_side_of_a_threshold_as_the_share(part: int, whole: int, needed: str) -> None:
    """What is shown is never off by more than half of a tenth of a percent, and never at or over a threshold."""
    share, threshold = Fraction(min(part, whole), whole), Fraction(needed)
    said = language("en").percentage(share, beside=threshold)
    shown = Fraction(said.removesuffix("\u00a0%")) / (100 if "%" in said else 1)
    assert abs(shown - share) <= Fraction(1, 2000)
    assert (shown > threshold) == (share > threshold)
    assert (shown < threshold) == (share < threshold)


def test_threshold_is_exact() -> None:
    """A threshold is never cut off: what is no short percentage is a fraction."""
    english = language("en")
    assert english.threshold(Fraction(1, 2)) == "50\u00a0%"
    assert english.threshold(Fraction(125, 1000)) == "12.5\u00a0%"
    assert english.threshold(Fraction(2, 3)) == "2/3"


def test_share_that_is_exactly_the_threshold_is_written_as_it_is() -> None:
    """200 of 300 is not more than 2/3: rounded, it would look as if it were."""
    for code in LANGUAGES:
        spoken = language(code)
        assert spoken.percentage(Fraction(200, 300), beside=Fraction(2, 3)) == spoken.threshold(Fraction(2, 3))
    assert language("en").percentage(Fraction(1, 2), beside=Fraction(1, 2)) == "50.0\u00a0%"


def test_language_or_paper_that_is_not_there_is_named() -> None:
    """A person is told which languages there are."""
    with pytest.raises(UnavailableError) as caught:
        read_language("en", read_words(read_data("words.en")), papers=["nothing"])
    assert "ckb" in caught.value.hint
    with pytest.raises(MalformedError):
        read_language("fr", read_words(read_data("words.en")), papers=[])


@pytest.mark.parametrize("change", [{"skip": None}, {"reviewed_by": "Reviewed"}, {"more": "x"}])
def test_translation_that_lacks_a_phrase_or_a_hole_is_refused(
    change: dict[str, str | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A translation that leaves out a number is found when it is read."""
    for code in ("en", "fr"):
        for name in ("language", "both"):
            read = json.loads((TEXT / code / f"{name}.json").read_text())
            if (code, name) == ("fr", "both"):
                read = {key: text for key, text in (read | change).items() if text is not None}
            (tmp_path / code).mkdir(exist_ok=True)
            (tmp_path / code / f"{name}.json").write_text(json.dumps(read))
    monkeypatch.setattr(module, "_TEXT", tmp_path)
    with pytest.raises(MalformedError, match="not as in English"):
        read_language("fr", read_words(read_data("words.fr")), papers=[])


@given(st.integers(1, 5000), st.integers(0, 5000))
def test_command_and_pages_round_alike(total: int, count: int) -> None:
    """`psephos verify` prints what the site says, also where half of a tenth is left."""
    share = Fraction(min(count, total), total)
    assert percentage(min(count, total), total) == language("en").percentage(share).replace("\u00a0", " ")


@pytest.mark.parametrize(("count", "total", "said"), [(1, 16, "6.3 %"), (201, 400, "50.3 %"), (1, 2000, "0.1 %")])
def test_half_of_a_tenth_is_rounded_up(count: int, total: int, said: str) -> None:
    """No number is cut to a float before."""
    assert percentage(count, total) == said
