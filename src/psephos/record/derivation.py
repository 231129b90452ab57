"""From entries of the board to the `.bel` archive: the event and its data, byte for byte as without a board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from psephos.errors import MalformedError, UnavailableError
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.archive import BLOCK, LARGE, write_first, write_header, write_record
from psephos.record.board_entries import LogSource, Part
from psephos.record.entries import Event, Head
from psephos.record.phases import EventKind


@dataclass(frozen=True, slots=True)
class Derived:
    """An event with its data.

    Attributes:
        event: The event's bytes.
        data: Its data, in order.
        timestamp: The archive's.
        first: Whether the archive begins with it.
    """

    event: bytes
    data: tuple[Part, ...]
    timestamp: int
    first: bool


def derive_event(head: Head, kind: EventKind, data: Sequence[Part]) -> tuple[Derived, Head]:
    """The next event of the chain, and the chain after it.

    Args:
        head: The chain so far.
        kind: The event's kind.
        data: Its data, in the order of `record.entries`' table; the last one is the payload.
    """
    payload = data[-1].digest if data else None
    event = write_json(Event(parent=head.parent, height=head.height, type=kind, payload=payload))
    derived = Derived(event, tuple(data), head.timestamp, first=head.parent is None)
    return derived, Head(sha256_hex(event), head.height + 1, head.timestamp)


def write_derived(derived: Derived, source: LogSource) -> Iterator[bytes]:
    """The records to append to the archive, piece by piece.

    Raises:
        UnavailableError: A blob cannot be had now.
    """
    if derived.first:
        yield write_first(derived.timestamp)
    for part in derived.data:
        if part.content is not None:
            yield write_record("data", part.content, derived.timestamp)
            continue
        yield write_header(f"{part.digest}.data.json".encode(), part.size, derived.timestamp)
        yield from read_part(part, source)
        yield bytes(-part.size % BLOCK)
    yield write_record("event", derived.event, derived.timestamp)


def read_part(part: Part, source: LogSource) -> Iterator[bytes]:
    """A part's bytes, piece by piece.

    Raises:
        UnavailableError: They cannot be had now. At the end, too, if they are not what the entry names: then the
            source has given something else, which says nothing about the entry.
    """
    if part.content is not None:
        yield part.content
        return
    blob = source.blob(part.digest)
    running, size = sha256(), blob.size()
    for start in range(0, min(size, part.size), LARGE):
        piece = blob.read(start, min(LARGE, part.size - start))
        running.update(piece)
        yield piece
    if size != part.size or running.hexdigest() != part.digest:
        raise UnavailableError("not the object that the entry names", at=f"blob {part.digest}")


def read_small_part(part: Part, source: LogSource) -> bytes:
    """A part's bytes, of one that may have no more than an archive's record that is held.

    Raises:
        MalformedError: It is larger.
        UnavailableError: See `read_part`.
    """
    if part.size > LARGE:
        raise MalformedError(f"{part.size} bytes: an object of this size cannot be", at=f"blob {part.digest}")
    return b"".join(read_part(part, source))
