"""Times as organisers write them: date, time and offset from UTC, so that everybody means the same moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from psephos.errors import MalformedError
from psephos.ports import UnixSeconds

_FORM = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})\Z"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Moment = Annotated[str, msgspec.Meta(pattern=_FORM)]
"""Such as 2026-12-01T08:00:00+03:30; a time without its offset is refused."""

Day = Annotated[str, msgspec.Meta(pattern=_DAY)]

DAY = 24 * 60 * 60
"""Seconds."""


def is_moment(text: str) -> bool:
    """Whether a text has the form of a moment or of a day."""
    return re.match(_FORM, text) is not None or re.match(_DAY, text) is not None


def seconds(moment: str, *, at: str) -> UnixSeconds:
    """Seconds since 1970 of a moment, or of a day's beginning in UTC.

    Raises:
        MalformedError: No such day or time.
    """
    try:
        read = datetime.fromisoformat(moment)
    except ValueError as error:
        raise MalformedError(f"{moment}: {error}", at=at) from None
    whole = read if read.tzinfo is not None else read.replace(tzinfo=UTC)
    return UnixSeconds((whole - _EPOCH) // timedelta(seconds=1))


def in_offset_of(moment: str, other: str) -> str:
    """A moment as a clock shows it that had the offset of another moment.

    Raises:
        MalformedError: It would be in no year that there is here.
    """
    zone = datetime.fromisoformat(other).tzinfo
    try:
        return datetime.fromisoformat(moment).astimezone(zone).isoformat()
    except OverflowError:
        raise _beyond(moment) from None


def a_second_after(moment: str) -> str:
    """The next moment.

    Raises:
        MalformedError: It would be in no year that there is here.
    """
    return _moved(moment, seconds=1)


def a_second_before(moment: str) -> str:
    """The moment before.

    Raises:
        MalformedError: It would be in no year that there is here.
    """
    return _moved(moment, seconds=-1)


def _moved(moment: str, *, seconds: int) -> str:
    try:
        return (datetime.fromisoformat(moment) + timedelta(seconds=seconds)).isoformat()
    except OverflowError:
        raise _beyond(moment) from None


def _beyond(moment: str) -> MalformedError:
    return MalformedError(f"{moment}: only the years 1 to 9999 can be written", at="/calendar")


def check_moments(value: object, *, at: str) -> None:
    """Refuse days and times that are in no calendar.

    Raises:
        MalformedError: Says where.
    """
    if isinstance(value, dict | list | tuple):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            check_moments(inner, at=f"{at}/{name}")
    elif isinstance(value, str) and is_moment(value):
        seconds(value, at=at)
