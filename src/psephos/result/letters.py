"""Letters to voters: what stands on each sheet, as data for the template `typst/letter.typ`.

    folded      two pages for one sheet of paper: the outside, which has an address and nothing else, and the inside
    two-page    two sheets: a guide without a secret, and the credential; the upper third of each has the address only

Further languages are further sheets, without the credential: it stands in one place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Any

import segno

from psephos.errors import UnavailableError
from psephos.ports import UnixSeconds
from psephos.record.charter import Charter, fingerprint, read_charter
from psephos.record.delivery import Delivery
from psephos.result.direction import direction_of, pieces
from psephos.result.language import Language
from psephos.result.typesetting import pages_of, typeset, values_of
from psephos.result.wording import apart, plain

PAPER = "letter"
"""The file of phrases."""
GROUP = 4
_NOT_IN_WORDS = re.compile(r"[^\w\u200c]|[\d_]")
_LINE_BREAK = re.compile(r"\s*[,،;؛\n]\s*")
_ADDRESS_HEIGHT = 36
"""In millimetres: what the window of an envelope shows."""


class Layout(StrEnum):
    """How a letter lies on paper."""

    FOLDED = "folded"
    TWO_PAGE = "two-page"


@dataclass(frozen=True)
class Setting:
    """What all letters of a run have in common.

    Attributes:
        received: The charter's bytes.
        addresses: Where the booth is; mirrors follow the first.
        languages: The credential stands among the words of the first.
        hidden: Words that tell what a letter is about, in whatever language: they never stand on its outside.
        layout: How a letter lies on paper.
        scratch: Whether the credential stands in a field of its own, which is covered afterwards.
        contact: Whom to ask: lines.
    """

    received: bytes
    addresses: Sequence[str]
    languages: Sequence[Language]
    hidden: frozenset[str]
    layout: Layout = Layout.FOLDED
    scratch: bool = False
    contact: Sequence[str] = ()

    @property
    def pages(self) -> int:
        """How many pages each letter has."""
        return len(self.languages) * 2 if self.layout is Layout.FOLDED else len(self.languages) + 1


def hidden_words(languages: Sequence[Language]) -> frozenset[str]:
    """The words of these languages that tell what a letter is about."""
    return frozenset(word.casefold() for language in languages for word in language.phrases["letter.outside"].split())


def in_groups(text: str) -> str:
    """A fingerprint as the booth shows it: in groups of four."""
    return " ".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def letters(setting: Setting, deliveries: Sequence[Delivery], *, first: int, sizes: Sequence[float] = ()) -> bytes:
    """Letters as a PDF. Secret.

    Args:
        setting: What they have in common.
        deliveries: The letters' lines of the delivery, all of one part.
        first: Number of the first of them in the delivery.
        sizes: As `sizes_of` found them; they are looked for if they are not given.

    Raises:
        UnavailableError: The pages could not be set, or a letter does not fit on its pages.
    """
    made = typeset("letter", letters_data(setting, deliveries, first=first) | {"sizes": list(sizes)})
    if pages_of(made) != setting.pages * len(deliveries):
        raise UnavailableError(
            "a letter does not fit on its pages",
            at="letter",
            hint="fewer or shorter addresses, lines of contact, or names of registrars",
        )
    return made


def sizes_of(setting: Setting, delivery: Delivery, *, last: int) -> list[float]:
    """The sizes of type in which the guides of all letters fit, one for each language.

    Args:
        setting: What the letters have in common.
        delivery: One of them.
        last: The highest number of a letter.
    """
    return values_of("letter", letters_data(setting, [delivery], first=last) | {"sizes": []}, label="size")


def too_high(setting: Setting, deliveries: Sequence[Delivery]) -> list[int]:
    """The numbers of the letters whose address has more lines than its place on the paper.

    Args:
        setting: What the letters have in common.
        deliveries: All lines of the delivery.
    """
    outsides = [_outside(setting, delivery, number=number) for number, delivery in enumerate(deliveries, start=1)]
    nothing = letters_data(setting, deliveries[:1], first=1) | {"letters": [], "sizes": []}
    heights = values_of("letter", nothing | {"outsides": outsides}, label="height")
    return [number for number, height in enumerate(heights, start=1) if height > _ADDRESS_HEIGHT]


def letters_data(setting: Setting, deliveries: Sequence[Delivery], *, first: int) -> dict[str, Any]:
    """What the template needs for some letters. Secret.

    Args:
        setting: What they have in common.
        deliveries: The letters' lines of the delivery, all of one part.
        first: Number of the first of them in the delivery.
    """
    charter = read_charter(setting.received)
    return {
        "layout": setting.layout,
        "scratch": setting.scratch,
        "title": [_directed(piece) for piece in pieces(charter.title)],
        "rehearsal": charter.kind == "rehearsal",
        "fingerprint": in_groups(fingerprint(setting.received)).split(),
        "addresses": list(setting.addresses),
        "address_square": square(setting.addresses[0]),
        "outsides": [],
        "contact": [_directed(line) for line in setting.contact],
        "words": [_words(language, charter, registrar=deliveries[0].registrar) for language in setting.languages],
        "letters": [
            _letter(setting, delivery, number=number) for number, delivery in enumerate(deliveries, start=first)
        ],
    }


def _outside(setting: Setting, delivery: Delivery, *, number: int) -> list[dict[str, str]]:
    return [_directed(line) for line in outside_of(delivery, number, hidden=setting.hidden)]


def _letter(setting: Setting, delivery: Delivery, *, number: int) -> dict[str, Any]:
    characters, _, check = delivery.credential.partition(" ")
    return {
        "outside": _outside(setting, delivery, number=number),
        "characters": characters,
        "check": check,
        "square": square(delivery.credential),
        "notes": [
            {name: _say(language, name, number=language.digits(str(number))) for name in _NUMBERED}
            for language in setting.languages
        ],
    }


def outside_of(delivery: Delivery, number: int, *, hidden: frozenset[str]) -> list[str]:
    """The lines that everybody sees: the address, or the voter's name in the roll if the channel knows the address.

    If one of the hidden words is among them, or nothing that could be seen, the letter's number stands there instead.
    An address of separators alone is none.
    """
    for text in (delivery.address, delivery.id):
        if lines := [line for line in _LINE_BREAK.split(text) if plain(line).strip()]:
            return [str(number)] if tells(text, hidden) else lines
    return [str(number)]


def tells(text: str, hidden: frozenset[str]) -> bool:
    """Whether a text says what the letter is about."""
    words = {word.casefold() for word in _NOT_IN_WORDS.split(unicodedata.normalize("NFKC", text)) if word}
    return not hidden.isdisjoint(words | {part for word in words for part in word.split("\u200c")})


def square(content: str) -> str:
    """A QR code as SVG, black on white, with its quiet zone."""
    drawn = BytesIO()
    segno.make(content, error="m", micro=False).save(drawn, kind="svg", xmldecl=False, light="#fff", border=4)
    return drawn.getvalue().decode()


def _words(language: Language, charter: Charter, *, registrar: int) -> dict[str, Any]:
    """One language's texts, with everything filled in that all letters share.

    Args:
        language: The language.
        charter: The charter.
        registrar: Number of the registrar whose letters these are.
    """
    names = [one.name for one in charter.registrars]
    ours, board = names[registrar - 1], charter.board
    texts = {name: language.phrases[f"{PAPER}.{name}"] for name in _PLAIN}
    texts |= dict.fromkeys(("half", "opens", "closes"), "")
    texts["from"] = _say(language, "from", registrar=ours)
    if len(names) > 1:
        texts["credential"] = _say(language, "first_half" if registrar == 1 else "second_half", registrar=ours)
        texts["half"] = _say(language, "half", other=names[2 - registrar])
    if board is not None:
        texts["opens"] = _say(language, "opens", time=language.time(UnixSeconds(board.opens_at)))
        texts["closes"] = _say(language, "closes", time=language.time(UnixSeconds(board.closes_at)))
    texts["rehearsal"] = language.phrases["both.rehearsal"]
    texts["fingerprint"] = language.phrases["both.charter_fingerprint"]
    reviewed = language.say("both.reviewed_by", reviewer=apart(language.reviewer))
    texts["reviewed"] = reviewed if language.reviewer else language.phrases["both.not_reviewed"]
    manner = {"language": language.code, "direction": language.direction, "one": language.digits("1")}
    return texts | manner | _lists(language)


def _lists(language: Language) -> dict[str, list[str]]:
    return {
        list_name: [language.phrases[f"{PAPER}.{name}_{number}"] for number in range(1, count + 1)]
        for list_name, (name, count) in _LISTS.items()
    }


def _say(language: Language, name: str, **values: str) -> str:
    """A phrase; what is put in keeps its own direction."""
    return language.say(f"{PAPER}.{name}", **{hole: apart(value) for hole, value in values.items()})


def _directed(text: str) -> dict[str, str]:
    return {"text": plain(text), "direction": direction_of(text)}


_LISTS = {"steps": ("step", 4), "failures": ("failure", 5), "advice": ("advice", 4)}
_NUMBERED = ("number", "other_sheet", "guide_sheet")
_PLAIN = (
    "real",
    "rehearsal_note",
    "credential",
    "hint",
    "secret",
    "scratch",
    "first_sheet",
    "where",
    "address",
    "mirrors",
    "compare",
    "compare_body",
    "how",
    "again",
    "fails",
    "pressure",
    "ask",
)
