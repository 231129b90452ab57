"""Files that people write by hand: TOML with comments, or JSON; whole numbers and texts, never a decimal point.

A number with a decimal point has no exact value in most programs, so it is refused wherever it stands; a fraction is
written as a text, such as "2/5".
"""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date, time
from fractions import Fraction
from typing import Any, NoReturn, TypeVar

import msgspec

from psephos.errors import MalformedError

LARGEST = 1 << 20
"""A rule, a case or a definition is far smaller."""

FRACTION = r"^(0|[1-9][0-9]{0,17})(/[1-9][0-9]{0,17})?$"
_FRACTION = re.compile(FRACTION.replace("$", r"\Z"))
_PLACE = re.compile(r" - at `(?:key` in `)?\$?\.?(.*)`\Z")
_DEEPEST = 64
_PLAIN = "\n\t\u00a0\u200c\u200d"

_Message = TypeVar("_Message")


def read_handwritten(received: bytes, *, what: str) -> dict[str, Any]:
    """Read a file that a person wrote: JSON if it begins with a brace, else TOML.

    Args:
        received: The file's bytes.
        what: What an error calls it.

    Raises:
        MalformedError: Neither of the two, a name given twice, or a number with a decimal point.
    """
    if len(received) > LARGEST:
        raise MalformedError(f"{what}: {len(received)} bytes; {LARGEST} are the most")
    try:
        text = received.decode("utf-8")
        if text.lstrip().startswith("{"):
            value = json.loads(text, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_each_name_once)
        else:
            value = tomllib.loads(text, parse_float=_no_float)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"{what}: {error or 'nested too deeply'}") from None
    except MalformedError as error:
        raise MalformedError(f"{what}: {error.message}", hint=error.hint) from None
    _check(value, what=what, left=_DEEPEST)
    read = _with_texts_for_times(value)
    assert isinstance(read, dict)
    return read


def _no_float(text: str) -> NoReturn:
    raise MalformedError(
        f"{text} has a decimal point, and no exact value", hint='write a fraction as text, such as "2/5"'
    )


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise MalformedError(f"a name is given twice: {next(name for name in names if names.count(name) > 1)!r}")
    return found


def _check(value: object, *, what: str, left: int) -> None:
    """Refuse what is nested too deeply, and characters that change how a screen shows the others."""
    if left == 0:
        raise MalformedError(f"{what}: nested too deeply")
    if isinstance(value, str):
        shown = next((character for character in value if not is_plain(character)), None)
        if shown is not None:
            raise MalformedError(f"{what}: the character U+{ord(shown):04X} may not stand in a text")
    children = [*value.keys(), *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        _check(child, what=what, left=left - 1)


def _with_texts_for_times(value: object) -> object:
    """TOML has times of its own; everywhere else they are texts of the same form."""
    if isinstance(value, dict):
        return {name: _with_texts_for_times(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_texts_for_times(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | time) else value


def is_plain(character: str) -> bool:
    """Whether a character shows itself, separates lines or words, or joins letters as Persian needs it."""
    return character.isprintable() or character in _PLAIN


def convert(raw: object, kind: type[_Message], *, what: str, at: str = "") -> _Message:
    """Data that was read, as a message of a type.

    Raises:
        MalformedError: Another shape; says where, as a JSON pointer.
    """
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        message, place = str(error), ""
        found = _PLACE.search(message)
        if found:
            message = message[: found.start()]
            place = "".join(f"/{part}" for part in re.split(r"[.\[\]]+", found[1]) if part)
        raise MalformedError(f"{what}: {message[:1].lower()}{message[1:]}", at=f"{at}{place}") from None


def read_fraction(text: object, *, at: str) -> Fraction:
    """An exact fraction: digits, or digits, a slash and digits.

    Raises:
        MalformedError: Anything else, a decimal point and a percent sign included.
    """
    if not isinstance(text, str) or _FRACTION.match(text) is None:
        raise MalformedError(
            f"{text!r} is not a fraction", at=at, hint='write it as text, such as "1/2", "55/100" or "3"'
        )
    return Fraction(text)


def write_fraction(value: Fraction) -> str:
    """A fraction as text, in lowest terms."""
    return str(value)
