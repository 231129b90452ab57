"""A language of what people read: every visible word, and how numbers, shares and times are written.

The words are data, `text/LANGUAGE/`, one file for each kind of paper and the same phrases with the same holes in every
language. `both.json` holds what the booth says as well; its program is built with the same file. `verifier.json` holds
the checks' titles, and what has to be said with a result. Rules and outcomes speak by `referendum.words`, whose digits
are used throughout.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from importlib import resources
from math import ceil, floor
from typing import Annotated, Any, Literal

import msgspec
from persiantools.jdatetime import JalaliDate

from psephos.errors import MalformedError, UnavailableError
from psephos.ports import UnixSeconds
from psephos.protocol.encoding import Wire
from psephos.record.board_terms import LATEST_TIME
from psephos.referendum.handwritten import convert
from psephos.referendum.words import Words, rounded_percent

LANGUAGES = ("en", "fa", "ar", "ckb", "fr")
"""The first is the one from which the others are translated."""

_TEXT = resources.files("psephos.result") / "text"
_HOLE = re.compile(r"\{([a-z]+)\}")
_TIME_HOLES = {"day", "month", "year", "hour", "minute"}
_MOST_DECIMALS = 6


class _Manner(Wire, frozen=True):
    """How a language is written; `language.json`.

    Attributes:
        name: As its speakers write it.
        reviewer: The native speaker who has read the text and answers for it; empty: nobody has.
        decimal: Between the whole part and the rest.
        percent: A percentage, with the hole `number`.
        calendar: In which times are given.
        months: Names of the months; empty: they are written as numbers.
        time: A moment, in UTC.
        impossible: What stands in the place of one that cannot be, with the hole `number`, in seconds since 1970.
    """

    name: str
    reviewer: str
    decimal: str
    percent: str
    calendar: Literal["gregorian", "persian"]
    months: Annotated[tuple[str, ...], msgspec.Meta(max_length=12)]
    time: str
    impossible: str


@dataclass(frozen=True)
class Language:
    """One language.

    Attributes:
        code: BCP 47.
        name: As its speakers write it.
        reviewer: Who has read it; empty: nobody.
        words: For rules and outcomes, and for digits.
        manner: How it is written.
        phrases: Every phrase, by file and name: `site.turnout`.
    """

    code: str
    name: str
    reviewer: str
    words: Words
    manner: _Manner
    phrases: Mapping[str, str]

    @property
    def direction(self) -> str:
        """Which way it is written: ltr or rtl."""
        return self.words.direction

    def say(self, phrase: str, **values: object) -> str:
        """A phrase with its holes filled; numbers are written as the language does."""

        def filled(hole: re.Match[str]) -> str:
            value = values[hole[1]]
            return self.number(value) if isinstance(value, int | Fraction) else str(value)

        return _HOLE.sub(filled, self.phrases[phrase])

    def number(self, value: int | Fraction) -> str:
        """A number, exactly."""
        return self.words.number(Fraction(value))

    def digits(self, text: str) -> str:
        """A text with the language's digits."""
        return text.translate(str.maketrans("0123456789", self.words.digits))

    def percentage(self, share: Fraction, *, beside: Fraction | None = None) -> str:
        """A share as a percentage, rounded to one decimal; one that is exactly what it is compared with, exactly.

        Args:
            share: Of 1.
            beside: A share that it is compared with: more decimals are shown where rounding would bring the share to
                it, or over it.
        """
        decimals, units = 1, rounded_percent(share)
        if share == beside and units != _scaled(share, 1):
            return self.threshold(share)
        if beside is not None and share != beside:
            while decimals < _MOST_DECIMALS and not _same_side(units, decimals, share, beside):
                decimals += 1
                units = rounded_percent(share, decimals)
            if not _same_side(units, decimals, share, beside):
                units = floor(_scaled(share, decimals)) if share < beside else ceil(_scaled(share, decimals))
        whole, rest = divmod(units, 10**decimals)
        written = self.number(whole) + self.manner.decimal + self.digits(f"{rest:0{decimals}}")
        return self.manner.percent.replace("{number}", written)

    def threshold(self, share: Fraction) -> str:
        """A share that a rule names: as a percentage where that is exact, else as a fraction."""
        percent = 100 * share
        if (10 * percent).denominator != 1:
            return self.number(share)
        whole, rest = divmod(int(10 * percent), 10)
        written = self.number(whole) + (self.manner.decimal + self.digits(str(rest)) if rest else "")
        return self.manner.percent.replace("{number}", written)

    def time(self, moment: UnixSeconds) -> str:
        """A moment, in UTC and in the language's calendar; whoever cosigns can write any number."""
        if not 0 <= moment <= LATEST_TIME:
            return self.manner.impossible.replace("{number}", self.digits(str(moment)))
        at = datetime.fromtimestamp(moment, UTC)
        day = JalaliDate(at.date()) if self.manner.calendar == "persian" else at.date()
        month = self.manner.months[day.month - 1] if self.manner.months else f"{day.month:02}"
        numbers = {"day": day.day, "year": day.year, "hour": f"{at.hour:02}", "minute": f"{at.minute:02}"}
        filled = {name: self.digits(str(number)) for name, number in numbers.items()} | {"month": self.digits(month)}
        return _HOLE.sub(lambda hole: filled[hole[1]], self.manner.time)


def _scaled(share: Fraction, decimals: int) -> Fraction:
    """A share in units of its last shown decimal of a percentage."""
    return share * Fraction(100 * 10**decimals)


def _same_side(units: int, decimals: int, share: Fraction, beside: Fraction) -> bool:
    """Whether what is shown lies where the share does: below what it is compared with, or above it."""
    shown = units / Fraction(100 * 10**decimals)
    return shown != beside and (shown > beside) == (share > beside)


def read_language(code: str, words: Words, *, papers: Iterable[str]) -> Language:
    """Read a language.

    Args:
        code: One of `LANGUAGES`.
        words: Its words for rules and outcomes.
        papers: Which files of phrases, besides `both` and `verifier`.

    Raises:
        UnavailableError: There is no such language or file.
        MalformedError: A phrase is missing, is one too many, or has other holes than in English.
    """
    if words.language != code:
        raise MalformedError(f"words of {words.language}, and the language is {code}", at="/language")
    manner: _Manner = convert(_read(code, "language"), _Manner, what=f"language {code}")
    numbers = [_HOLE.findall(text) for text in (manner.percent, manner.impossible)]
    if set(_HOLE.findall(manner.time)) != _TIME_HOLES or numbers != [["number"]] * 2:
        raise MalformedError(f"language {code}: a time or a percentage lacks a part", at="/time")
    phrases: dict[str, str] = {}
    for paper in ("both", "verifier", *papers):
        phrases |= {f"{paper}.{name}": text for name, text in _read_phrases(code, paper).items()}
    return Language(code, manner.name, manner.reviewer, words, manner, phrases)


def _read_phrases(code: str, paper: str) -> dict[str, str]:
    phrases: dict[str, str] = convert(_read(code, paper), dict[str, str], what=f"{paper} in {code}")
    model: dict[str, str] = convert(_read(LANGUAGES[0], paper), dict[str, str], what=paper)
    for name in sorted({*phrases, *model}):
        if name not in phrases or name not in model or _holes(phrases[name]) != _holes(model[name]):
            raise MalformedError(f"{paper} in {code}: the phrase {name!r} is not as in English", at=f"/{name}")
    return phrases


def _holes(text: str) -> list[str]:
    return sorted(_HOLE.findall(text))


def _read(code: str, name: str) -> Any:
    file = _TEXT / code / f"{name}.json"
    if not file.is_file():
        raise UnavailableError(f"there is no {name} in {code}", hint=f"languages: {', '.join(LANGUAGES)}")
    return json.loads(file.read_text(encoding="utf-8"))
