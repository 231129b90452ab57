"""One encoding each: compact JSON in a fixed field order, hexadecimal and base64 digests, weights.

Belenios hashes the bytes that it writes, so two texts of one value are two different values.
We read a message only if writing it again gives the very same bytes (specification §4.1, reference 1.6).
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Annotated, Any, TypeVar

import msgspec

from psephos.errors import MalformedError

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LARGEST_INT_WEIGHT = 2**30 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]*")

Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""SHA-256 in lower-case hexadecimal."""

Decimal = Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9][0-9]*)\Z", max_length=700)]
"""A non-negative integer, without leading zeros (2048 bits are 617 digits)."""

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A small non-negative integer."""

Weight = int | str
"""On the wire: a JSON integer up to 2**30 - 1, a decimal string beyond it."""


class Wire(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of all messages: immutable, unknown fields refused, optional fields left out."""


_Message = TypeVar("_Message")


def write_json(value: object) -> bytes:
    """Belenios' compact JSON of a message; DEL is escaped as its writer does."""
    return msgspec.json.encode(value).replace(b"\x7f", b"\\u007f")


def read_json(data: bytes, kind: type[_Message], *, what: str) -> _Message:
    """Read a message that is in its one encoding.

    Args:
        data: The received bytes.
        kind: The message's type.
        what: What an error calls it, such as "election" or a file's name.

    Raises:
        MalformedError: Other fields, types, order, white space or escapes than the one encoding.
    """
    try:
        value = msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise MalformedError(f"{what}: {error}") from None
    if write_json(value) != data:
        raise MalformedError(
            f"{what}: not the canonical encoding", at=f"{what}, byte {_first_difference(write_json(value), data)}"
        )
    return value


def read_raw(data: bytes, *, what: str) -> Any:
    """Read JSON of unknown shape, only to explain what is wrong with it."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise MalformedError(f"{what}: {error}") from None


def _first_difference(left: bytes, right: bytes) -> int:
    for place, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return place
    return min(len(left), len(right))


def sha256_hex(data: bytes) -> str:
    """Fingerprint as events and file names show it."""
    return hashlib.sha256(data).hexdigest()


def sha256_base64(data: bytes) -> str:
    """Fingerprint as it stands inside ballots: base64 without padding (specification §4.15)."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def is_base58(text: str, *, shortest: int, longest: int) -> bool:
    """Whether a text has only characters of the Base58 alphabet, and a length in range."""
    return shortest <= len(text) <= longest and all(character in BASE58 for character in text)


def read_weight(wire: Weight, *, what: str) -> int:
    """A weight in its one encoding.

    Raises:
        MalformedError: Negative, not an integer, or in the wrong one of the two forms.
    """
    if isinstance(wire, str):
        value = read_decimal(wire, what=what)
        if value > _LARGEST_INT_WEIGHT:
            return value
    elif 0 <= wire <= _LARGEST_INT_WEIGHT:
        return wire
    raise MalformedError(f"{what}: weight {wire!r} is not in its canonical form")


def write_weight(value: int) -> Weight:
    """The wire form of a weight."""
    return value if value <= _LARGEST_INT_WEIGHT else str(value)


def read_decimal(text: str, *, what: str, digits: int = 20) -> int:
    """A short non-negative decimal without leading zeros.

    Raises:
        MalformedError: Anything else, or more digits than `digits`.
    """
    if len(text) > digits or _DECIMAL.fullmatch(text) is None:
        raise MalformedError(f"{what}: {text[:40]!r} is not a decimal number")
    return int(text)
