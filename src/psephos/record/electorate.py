"""The list of public credentials, read from an archive piece by piece into the packed table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psephos.errors import MalformedError
from psephos.protocol.credentials import Electorate
from psephos.protocol.group import Group

_SEPARATOR = b'","'
_BATCH = 1000


def read_electorate(pieces: Iterable[bytes], size: int, group: Group) -> Electorate:
    """Read `public_credentials`: a JSON array of strings, without blanks (specification §4.8).

    Args:
        pieces: The list's bytes, in order.
        size: How many bytes there are.
        group: The election's group.

    Raises:
        MalformedError: Not such a list, a credential that is not an element, or one that stands there twice.
    """
    electorate: Electorate | None = None
    for entries in read_entries(pieces):
        if electorate is None:
            typical = sum(map(len, entries)) // len(entries)
            electorate = Electorate(group, capacity=size // max(typical, 1) + 1)
        for start in range(0, len(entries), _BATCH):
            electorate.add(entries[start : start + _BATCH])
    if electorate is None:
        raise MalformedError("an election needs a voter", at="credentials")
    return electorate


def read_entries(pieces: Iterable[bytes]) -> Iterator[list[str]]:
    """The list's strings, a batch per piece.

    Raises:
        MalformedError: Not a JSON array of simple strings in its one encoding.
    """
    rest, begun = b"", False
    for piece in pieces:
        rest += piece
        if not begun and len(rest) > 1:
            if not rest.startswith(b'["'):
                break
            rest, begun = rest[2:], True
        *whole, rest = rest.split(_SEPARATOR)
        if whole:
            yield _texts(whole)
    if not begun or not rest.endswith(b'"]'):
        raise MalformedError("not a list of public credentials in its one encoding", at="credentials")
    yield _texts([rest[:-2]])


def _texts(entries: list[bytes]) -> list[str]:
    try:
        return [entry.decode("ascii") for entry in entries]
    except UnicodeDecodeError:
        raise MalformedError("not a list of public credentials in its one encoding", at="credentials") from None
