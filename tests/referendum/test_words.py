"""Words: every language says everything, with the same slots; charts draw what is counted."""

import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from typing import Any

import pytest

from psephos.adapters.package_data import data_names, read_data
from psephos.errors import MalformedError, UnavailableError
from psephos.referendum.chart import bar, chart_lines, chart_svg
from psephos.referendum.outcome import Outcome, decide
from psephos.referendum.outcome_data import outcome_data
from psephos.referendum.rule_file import Result
from psephos.referendum.words import Words, outcome_in_words, read_words, rule_in_words, term_in_words
from tests.support.rules import YES_OVER_NO, case, cases, figures, rule

LANGUAGES = data_names("words.")


def words(name: str = "words.en") -> Words:
    """A language's words."""
    return read_words(read_data(name))


def outcomes() -> list[Outcome]:
    """The past, and what the past did not have."""
    hidden = figures({"yes": 1, "no": 2}, regions=[{"id": "A", "suppressed": True}, {"id": "B", "more": "yes"}])
    carried = {"regions": {"where": YES_OVER_NO}}
    open_rule = rule(passes={"any": [{"gt": [carried, "1"]}, {"not": YES_OVER_NO}]}, regions=[{"id": "A"}, {"id": "B"}])
    return [
        *(decide(one.rule, one.figures) for one in cases()),
        decide(open_rule, hidden),
        decide(rule(fails=YES_OVER_NO), figures({"yes": 1, "no": 2}, annulled={"body": "A court", "reasons": "R"})),
        decide(rule(fails=YES_OVER_NO), figures(undecryptable="too few trustees")),
    ]


def test_all_languages_are_there() -> None:
    """As many as the booth has."""
    assert set(LANGUAGES) == {"words.en", "words.fa", "words.ar", "words.ckb", "words.fr"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_said_in_every_language(language: str) -> None:
    """No rule, term or outcome is without words, and no slot is left open."""
    spoken = words(language)
    for outcome in outcomes():
        lines = rule_in_words(outcome.rule, spoken) + outcome_in_words(outcome, spoken)
        lines += [term_in_words(term, spoken) for term in outcome.terms]
        assert all(lines)
        assert not any("{" in line or "}" in line for line in lines)


def test_no_phrase_is_left_in_english() -> None:
    """A phrase that was not translated would be as in English; only slots without words may be."""
    english = words("words.en")
    for other in map(words, LANGUAGES):
        same = {name for name, text in english.phrases.items() if other.phrases[name] == text}
        assert "no_numbers" in same
        same -= {"plus"} if other.language == "fr" else set()  # the same word in both
        if other.language != "en":
            assert not any(re.search(r"[^\W\d_]", re.sub(r"\{\w+\}", "", english.phrases[name])) for name in same)


def test_words_with_a_missing_phrase_or_another_slot_are_refused() -> None:
    """A translation that leaves out a number is found when it is read."""
    raw = read_data("words.en")
    for change in ({"gt": "{left} is more"}, {"gt": "{left} {right} {more}"}, {"new": "x"}):
        with pytest.raises(MalformedError, match="slots"):
            read_words({**raw, "phrases": {**raw["phrases"], **change}})
    for table in ("totals", "results", "truths"):
        with pytest.raises(MalformedError):
            read_words({**raw, table: dict(list(raw[table].items())[1:])})


def test_language_that_is_not_there_is_named() -> None:
    """A person is told which languages there are."""
    with pytest.raises(UnavailableError) as caught:
        read_data("words.xx")
    assert "words.fa" in caught.value.hint


@pytest.mark.parametrize(
    ("value", "english", "persian"),
    [
        (Fraction(0), "0", "۰"),
        (Fraction(1234567), "1,234,567", "۱٬۲۳۴٬۵۶۷"),
        (Fraction(-1500), "−1,500", "−۱٬۵۰۰"),
        (Fraction(17, 2), "8 1/2", "۸ و ۱/۲"),
        (Fraction(1, 2), "1/2", "۱/۲"),
    ],
)
def test_numbers_are_written_as_the_language_does(value: Fraction, english: str, persian: str) -> None:
    """Exact numbers, in the language's digits."""
    assert words("words.en").number(value) == english
    assert words("words.fa").number(value) == persian


def test_term_is_explained_with_its_numbers() -> None:
    """Numerator, threshold, denominator and what that makes."""
    italy = decide(case("it-1999").rule, case("it-1999").figures)
    assert term_in_words(italy.terms[0], words()) == (
        "the number of ballots: 24,447,521; 1/2 (50 %) of the number of people entitled to vote (49,309,060) "
        "is 24,654,530"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_chart_is_an_image_with_words(language: str) -> None:
    """The SVG is well-formed, stays inside its frame, and says the outcome as text."""
    for outcome in outcomes():
        root = ET.fromstring(chart_svg(outcome, words(language)))
        _, _, width, height = map(int, root.attrib["viewBox"].split())
        for shape in root.iter("{http://www.w3.org/2000/svg}rect"):
            if "x" in shape.attrib:
                assert 0 <= int(shape.attrib["x"]) <= int(shape.attrib["x"]) + int(shape.attrib["width"]) <= width
                assert int(shape.attrib["y"]) < height
        assert outcome_in_words(outcome, words(language))[0] in "".join(root.itertext())


def test_chart_escapes_what_people_wrote() -> None:
    """A rule's name is text, whatever stands in it."""
    one = rule(name="<script>alert(1)</script>", passes=YES_OVER_NO)
    svg = chart_svg(decide(one, figures({"yes": 2, "no": 1})), words())
    assert "<script" not in svg
    ET.fromstring(svg)


def test_bar_and_mark_show_which_side_is_larger() -> None:
    """The bar ends before the mark exactly if the left side is smaller."""
    for outcome in outcomes():
        for term in outcome.terms:
            drawn = bar(term, 1000)
            assert 0 <= drawn.certain <= drawn.certain + drawn.possible <= 1000
            if drawn.mark is not None and term.numerator is not None and term.bound is not None:
                assert (drawn.certain < drawn.mark) <= (term.numerator.low < term.bound.low)
        assert len(chart_lines(outcome, words(), width=30)) == 2 * len(outcome.terms)


def values(data: Any) -> list[Any]:
    """Every value in data."""
    if isinstance(data, dict):
        return [leaf for value in data.values() for leaf in values(value)]
    return [leaf for value in data for leaf in values(value)] if isinstance(data, list | tuple) else [data]


def test_outcome_as_data_has_every_term_and_no_rounded_number() -> None:
    """For programs: numbers are whole, or fractions as text."""
    for outcome in outcomes():
        data = outcome_data(outcome, [words(name) for name in LANGUAGES])
        assert not any(isinstance(leaf, float) for leaf in values(data))
        assert [leaf for leaf in values(data) if leaf == "psephos/rule/1"]
        assert set(data["words"]) == {"en", "fa", "ar", "ckb", "fr"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("passes", "differs"), [({"gt": ["yes", "no"]}, True), ({"ge": ["yes", "no"]}, False)])
def test_tie_is_said_with_the_rule_and_with_what_follows(
    language: str, passes: dict[str, Any], *, differs: bool
) -> None:
    """The conditions decide: that they say something else of a tie than the rule's maker is said, and of a tie only."""
    spoken, one = words(language), rule(passes=passes, tie="passes")
    declared = spoken.say("tie_is", result=spoken.results[Result.PASSES])
    assert rule_in_words(one, spoken)[-1] == declared
    told = spoken.say("tie_is_not", result=spoken.results[Result.PASSES])
    assert (told in outcome_in_words(decide(one, figures({"yes": 5, "no": 5})), spoken)) is differs
    assert told not in outcome_in_words(decide(one, figures({"yes": 5, "no": 6})), spoken)
    assert declared not in rule_in_words(rule(passes=passes), spoken)


def test_french_article_is_not_torn_from_its_preposition() -> None:
    """It would be “du nombre”, and never “de le nombre”."""
    spoken = words("words.fr")
    for outcome in outcomes():
        lines = rule_in_words(outcome.rule, spoken) + [term_in_words(term, spoken) for term in outcome.terms]
        assert not any(re.search(r"\b(de|à) le ", line) for line in lines)
