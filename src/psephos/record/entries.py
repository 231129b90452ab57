"""Entries: an event of the hash chain with the data that it introduces (specification §4.4).

Every data record belongs to the next event; their number and order are fixed by the event's kind:

    Setup               election, trustees, credentials, ?credentials certificate, setup data
    Ballot, Result      payload
    EncryptedTally      encrypted tally, its size
    Shuffle,
    PartialDecryption   what it says, whose it is
    EndBallots,
    EndShuffles         nothing
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from psephos.errors import MalformedError, MismatchError, PsephosError
from psephos.protocol.decryption import Owned
from psephos.protocol.encoding import Count, Digest, Wire, read_json, sha256_hex, write_json
from psephos.protocol.tally import SizedEncryptedTally
from psephos.record.archive import Archive, Record, write_record
from psephos.record.phases import EventKind

_BARE = frozenset({EventKind.END_BALLOTS, EventKind.END_SHUFFLES})


class Event(Wire, frozen=True, kw_only=True):
    """> event = {?parent : H, height : I, type : event_type, ?payload : H}  (§4.4)."""

    parent: Digest | None = None
    height: Count
    type: EventKind
    payload: Digest | None = None


class SetupData(Wire, frozen=True):
    """> setup_data = {election, trustees, credentials}  (§4.10), and the credentials' certificate since 2.5."""

    election: Digest
    trustees: Digest
    credentials: Digest
    credentials_certificate: Digest | None = None


class Entry(msgspec.Struct, frozen=True):
    """An event and its data.

    Attributes:
        event: What it says.
        digest: Fingerprint of the event; the next event's parent.
        offset: Where its first record starts.
        data: Its data records, in order.
        damage: Records whose content does not hash to their name; the data must not be used then.
        faults: What is wrong between event and data; the data must not be used then either.
        link: What is wrong with its place in the chain; its data can still be examined.
    """

    event: Event
    digest: str
    offset: int
    data: tuple[Record, ...]
    damage: tuple[PsephosError, ...]
    faults: tuple[PsephosError, ...]
    link: PsephosError | None

    @property
    def usable(self) -> bool:
        """Whether its data is what the event refers to."""
        return not self.damage and not self.faults

    def check(self) -> None:
        """Check that it continues the chain, and comes whole with exactly the data that its event refers to.

        Raises:
            MalformedError, MismatchError: The first thing that is wrong.
        """
        for fault in (*self.damage, *self.faults, *([self.link] if self.link else [])):
            raise fault


def read_entries(archive: Archive) -> Iterator[Entry]:
    """The entries of an archive, in order.

    Raises:
        MalformedError: The archive cannot be read any further.
    """
    parent: str | None = None
    height = 0
    data: list[Record] = []
    for record in archive.records():
        if record.kind == "data":
            data.append(record)
            continue
        event = _read_event(record)
        link = None
        if (event.parent, event.height) != (parent, height):
            link = MismatchError(
                f"event {event.height} does not continue event {height - 1}", at=f"event at byte {record.offset}"
            )
        offset = data[0].offset if data else record.offset
        damage = tuple(
            MalformedError("the content's hash is not the record's name", at=f"byte {damaged.offset}")
            for damaged in [*data, record]
            if not damaged.intact
        )
        faults = () if damage else _faults(event, data, offset)
        yield Entry(event, record.digest, offset, tuple(data), damage, faults, link)
        parent, height, data = record.digest, event.height + 1, []
    if data:
        raise MalformedError("data that no event refers to", at=f"byte {data[0].offset}")


def _read_event(record: Record) -> Event:
    if record.content is None:
        raise MalformedError("an event of this size cannot be", at=f"byte {record.offset}")
    return read_json(record.content, Event, what=f"event at byte {record.offset}")


def _faults(event: Event, data: list[Record], offset: int) -> tuple[PsephosError, ...]:
    try:
        expected = _expected_data(event, data)
    except PsephosError as error:
        return (error,)
    if [record.digest for record in data] != expected:
        message = f"event {event.height} ({event.type}) does not come with the data it refers to"
        return (MismatchError(message, at=f"byte {offset}"),)
    return ()


def _expected_data(event: Event, data: list[Record]) -> list[str]:
    """Fingerprints of the data that must come with an event, by its payload."""
    bare = event.type in _BARE
    if event.type is EventKind.BALLOT and event.payload is not None:
        return [event.payload]
    if event.payload is None or bare:
        if bare and event.payload is None:
            return []
        wrong = "a payload" if bare else "no payload"
        raise MismatchError(f"event {event.height} ({event.type}) has {wrong}", at=f"event {event.height}")
    if event.type is EventKind.RESULT or not data or data[-1].content is None:
        return [event.payload]
    content = data[-1].content
    if event.type is EventKind.SETUP:
        setup = read_json(content, SetupData, what="setup data")
        parts = [setup.election, setup.trustees, setup.credentials, setup.credentials_certificate]
        return [part for part in parts if part is not None] + [event.payload]
    if event.type is EventKind.ENCRYPTED_TALLY:
        sized = read_json(content, SizedEncryptedTally, what="size of the encrypted tally")
        return [sized.encrypted_tally, event.payload]
    return [read_json(content, Owned, what="owner").payload, event.payload]


class Head(msgspec.Struct, frozen=True):
    """Where a chain ends: what the next event refers to.

    Attributes:
        parent: Fingerprint of the last event; None before the first.
        height: Height of the next event.
        timestamp: The archive's.
    """

    parent: str | None
    height: int
    timestamp: int


def write_entry(head: Head, kind: EventKind, data: list[bytes]) -> tuple[bytes, Head]:
    """The records of the next entry.

    Args:
        head: The chain so far.
        kind: The event's kind.
        data: Its data, in the order of the module's table; the last one is the payload.

    Returns:
        Bytes to append to the archive, and the new head.
    """
    payload = sha256_hex(data[-1]) if data else None
    event = write_json(Event(parent=head.parent, height=head.height, type=kind, payload=payload))
    records = [write_record("data", content, head.timestamp) for content in data]
    records.append(write_record("event", event, head.timestamp))
    return b"".join(records), Head(sha256_hex(event), head.height + 1, head.timestamp)
