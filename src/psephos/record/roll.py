"""The roll: who gets a credential, and by which channel. A CSV file in; its rows, or every error at once, out.

One line is one voter: `id,channel`, and `address` where a letter needs one, and `region` where regions are counted; the
header says which of them there are. UTF-8.
Nothing is skipped, trimmed or guessed: a roll is taken as a whole or not at all.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from psephos.errors import MalformedError, MismatchError
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.charter import Charter
from psephos.record.region_list import check_places
from psephos.record.regions import Regions, read_regions

HEADERS = (
    ["id", "channel"],
    ["id", "channel", "address"],
    ["id", "channel", "region"],
    ["id", "channel", "region", "address"],
)
LONGEST_ID = 200
LONGEST_ADDRESS = 1000
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_JOINERS = "\u200c\u200d"
_NEVER = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class RollRow:
    """One voter.

    Attributes:
        id: What the registrar calls the voter; unique in the roll.
        channel: Who hands the credential out: the name of a deliverer.
        address: Where to; empty where the channel knows it.
        region: Where the voter is registered; empty for no region.
    """

    id: str
    channel: str
    address: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one line.

    Attributes:
        line: Its number in the file; the header is line 1.
        value: The value at fault, shortened, with control characters escaped.
        reason: What is wrong with it.
    """

    line: int
    value: str
    reason: str


class RollError(MalformedError):
    """A roll that is refused.

    Attributes:
        faults: Everything that is wrong with it, line by line.
    """

    def __init__(self, faults: tuple[RowFault, ...], *, hint: str = "") -> None:
        wrong = "1 error" if len(faults) == 1 else f"{len(faults)} errors"
        super().__init__(
            f"the roll has {wrong}; nothing was issued",
            at=f"line {faults[0].line}",
            hint=hint or "correct the listed lines and give the whole roll again",
        )
        self.faults = faults


@dataclass(frozen=True)
class Roll:
    """A roll without errors.

    Attributes:
        rows: The voters, in the roll's order.
        has_regions: Whether it says where they are registered.
    """

    rows: tuple[RollRow, ...]
    has_regions: bool = False

    @property
    def channels(self) -> list[str]:
        """The channels that occur, in alphabetical order."""
        return sorted({row.channel for row in self.rows})

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the voters' ids and regions in order: two registrars have the same voters if it is equal.

        Channel and address are not in it: two registrars had better hand out by different channels.
        """
        ids = ["psephos/roll", *(row.id for row in self.rows)]
        return sha256_hex(write_json([ids, [row.region for row in self.rows]] if self.has_regions else ids))


def check_count(roll: Roll, typed: int) -> None:
    """Compare the roll with the number of voters that the registrar knows from elsewhere.

    Raises:
        MismatchError: They differ.
    """
    if len(roll.rows) != typed:
        raise MismatchError(
            f"the roll has {len(roll.rows)} voters, and the number typed is {typed}; nothing was issued",
            hint="find out which of the two is right before you go on",
        )


def places_of(roll: Roll, regions: Regions) -> list[int]:
    """Where each voter is registered, as places among a charter's leaves.

    Raises:
        MalformedError: The roll has no regions.
        RollError: With every region that the charter has not, and every voter of no region if all must be in one.
        MismatchError: A region has another number of voters than in the charter.
    """
    if not roll.has_regions:
        raise MalformedError("the charter counts regions, and the roll has no column region", at="line 1")
    known = {leaf.id: place for place, leaf in enumerate(regions.leaves)}
    faults = [
        RowFault(number, _show(row.region), "the charter has no such region" if row.region else "a region is missing")
        for number, row in enumerate(roll.rows, start=2)
        if row.region not in known
    ]
    if faults:
        raise RollError(tuple(faults), hint="write each region as in the charter")
    places = [known[row.region] for row in roll.rows]
    check_places(places, regions)
    return places


def places_in(charter: Charter, roll: Roll) -> list[int]:
    """Where each voter is registered; empty where the charter counts no regions.

    Raises:
        MalformedError, RollError, MismatchError: The roll does not fit the charter's regions.
    """
    if charter.regions is not None:
        return places_of(roll, read_regions(charter.regions))
    if roll.has_regions:
        message = "the roll has regions, and the charter counts none"
        raise MalformedError(message, at="line 1", hint="take the column out")
    return []


def read_roll(received: bytes, *, channels: Collection[str] | None = None) -> Roll:
    """Read a roll.

    Args:
        received: The CSV file.
        channels: The channels that have a deliverer; None if that is not known yet.

    Raises:
        RollError: With every error in it.
    """
    lines = received.removeprefix(_BYTE_ORDER_MARK).removesuffix(b"\n").split(b"\n")
    try:
        header = _read_header(lines[0])
    except ValueError as error:
        raise _wrong_header(lines[0], str(error)) from None
    reader = _RollReader(header, channels)
    for number, line in enumerate(lines[1:], start=2):
        reader.read(number, line)
    if len(lines) == 1:
        reader.faults.append(RowFault(1, "", "no voter follows the header"))
    if reader.faults:
        raise RollError(tuple(reader.faults))
    return Roll(tuple(reader.rows), "region" in header)


def _fields(line: bytes) -> list[str]:
    """The fields of one line.

    Raises:
        ValueError: Says why it cannot be read.
    """
    try:
        text = line.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    try:
        (fields,) = csv.reader([text], strict=True)
    except (csv.Error, ValueError):
        raise ValueError(
            "not a line of CSV: check its quotation marks; a field may not go over several lines"
        ) from None
    return fields


def _read_header(line: bytes) -> list[str]:
    fields = _fields(line)
    if fields not in HEADERS:
        raise ValueError("the first line must be id,channel or id,channel,address, or either with region after channel")
    return fields


def _wrong_header(line: bytes, reason: str) -> RollError:
    shown = line.decode(errors="replace").rstrip("\r")
    hint = "save the file with commas between the fields, not semicolons or tabs" if set(";\t") & set(shown) else ""
    return RollError((RowFault(1, _show(shown), reason),), hint=hint)


def _show(value: str) -> str:
    escaped = "".join(character if _harmless(character) else ascii(character)[1:-1] for character in value)
    return escaped if len(escaped) <= _SHOWN else escaped[: _SHOWN - 1] + "…"


def _harmless(character: str) -> bool:
    """Whether a character may stand in a roll: no control or direction mark; the joiners of Persian may."""
    return character in _JOINERS or unicodedata.category(character) not in _NEVER


def _comparable(voter: str) -> str:
    """Equal for two ids that a person cannot tell apart by case, width or invisible characters."""
    visible = "".join(character for character in voter if character not in _JOINERS)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())


class _RollReader:
    """Collects rows and faults, line by line."""

    def __init__(self, header: list[str], channels: Collection[str] | None) -> None:
        self._header = header
        self._channels = channels
        self._first: dict[str, int] = {}
        self.rows: list[RollRow] = []
        self.faults: list[RowFault] = []

    def read(self, number: int, line: bytes) -> None:
        found = list(self._faults(number, line))
        self.faults.extend(RowFault(number, _show(value), reason) for value, reason in found)

    def _faults(self, number: int, line: bytes) -> Iterator[tuple[str, str]]:
        """(value, reason) for each fault of a line; takes the row in if there is none."""
        shown = line.decode(errors="replace").rstrip("\r")
        if not shown:
            yield "", "the line is empty"
            return
        try:
            fields = _fields(line)
        except ValueError as error:
            yield shown, str(error)
            return
        if len(fields) != len(self._header):
            yield shown, f"{len(fields)} fields instead of {len(self._header)}"
            return
        named = dict(zip(self._header, fields, strict=True))
        row = RollRow(named["id"], named["channel"], named.get("address", ""), named.get("region", ""))
        faults = [
            *self._id_faults(number, row.id),
            *self._channel_faults(row.channel),
            *_text_faults(row.address, what="the address", longest=LONGEST_ADDRESS),
            *_text_faults(row.region, what="the region", longest=LONGEST_ID),
        ]
        if not faults:
            self.rows.append(row)
        yield from faults

    def _id_faults(self, number: int, voter: str) -> Iterator[tuple[str, str]]:
        if not voter:
            yield voter, "the id is empty"
            return
        yield from _text_faults(voter, what="the id", longest=LONGEST_ID)
        first = self._first.setdefault(_comparable(voter), number)
        if first != number:
            yield voter, f"the id is the same as in line {first}"

    def _channel_faults(self, channel: str) -> Iterator[tuple[str, str]]:
        if self._channels is not None and channel not in self._channels:
            known = ", ".join(sorted(self._channels)) or "none"
            yield channel, f"unknown channel; channels with a deliverer: {known}"
        elif _CHANNEL.fullmatch(channel) is None:
            yield channel, "a channel is a name of small letters, digits and hyphens, such as post"


def _text_faults(value: str, *, what: str, longest: int) -> Iterator[tuple[str, str]]:
    if not all(_harmless(character) for character in value):
        yield value, f"{what} contains a control character"
    elif value != value.strip():
        yield value, f"{what} begins or ends with a blank"
    if len(value) > longest:
        yield value, f"{what} is longer than {longest} characters"


def is_channel(name: str) -> bool:
    """Whether a name may be a channel's: it becomes part of a file's name."""
    return _CHANNEL.fullmatch(name) is not None
