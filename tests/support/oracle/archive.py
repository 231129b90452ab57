"""The archive file: records, and the chain of events they form.

Clause: Belenios 2.0 §4.4; byte layout as in 3.3.0 core/tar.ml and core/archive.ml.
`read_archive` and `write_archive` are inverse to each other on what is accepted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .canonical import decimal, dump, fields, hex_hash, natural, parse, parse_canonical, sha256_hex, text
from .errors import RefusedError

BLOCK = 512
HEADER_NAME = "BELENIOS"
EVENT_KINDS = (
    "Setup",
    "Ballot",
    "EndBallots",
    "EncryptedTally",
    "Shuffle",
    "EndShuffles",
    "PartialDecryption",
    "Result",
)
WITHOUT_PAYLOAD = ("EndBallots", "EndShuffles")
SETUP_FIELDS = ("election", "trustees", "credentials", "credentials_certificate")
REFERENCES = {
    "Setup": SETUP_FIELDS,
    "EncryptedTally": ("encrypted_tally",),
    "Shuffle": ("payload",),
    "PartialDecryption": ("payload",),
}


@dataclass(frozen=True)
class Record:
    """One file in the archive."""

    name: str
    timestamp: int
    body: bytes

    @property
    def is_event(self) -> bool:
        """Tell an event from data (and from the header)."""
        return self.name.endswith(".event.json")


@dataclass(frozen=True)
class Step:
    """An event's kind and the data that belongs to it, payload last."""

    kind: str
    bodies: tuple[bytes, ...] = ()


def data_record(body: bytes, timestamp: int) -> Record:
    """Make a data record, named by its hash."""
    return Record(f"{sha256_hex(body)}.data.json", timestamp, body)


def event_record(body: bytes, timestamp: int) -> Record:
    """Make an event record, named by its hash."""
    return Record(f"{sha256_hex(body)}.event.json", timestamp, body)


def header_record(timestamp: int) -> Record:
    """Make the first record."""
    return Record(HEADER_NAME, timestamp, dump({"version": 1, "timestamp": str(timestamp)}).encode())


def header_block(record: Record) -> bytes:
    """Write the 512 bytes before a record's body."""
    block = bytearray(BLOCK)
    columns = {
        0: record.name,
        100: "0000644",
        108: "0000000",
        116: "0000000",
        124: f"{len(record.body):011o}",
        136: f"{record.timestamp:011o}",
        148: " " * 8,
        156: "0",
    }
    for at, column in columns.items():
        block[at : at + len(column)] = column.encode("latin-1")
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


def write_archive(records: Sequence[Record]) -> bytes:
    """Write records to the byte, whatever is in them; no end-of-archive blocks."""
    return b"".join(header_block(record) + record.body + bytes(-len(record.body) % BLOCK) for record in records)


def _octal(column: bytes) -> int:
    if not re.fullmatch(rb"[0-7]{11}", column):
        raise RefusedError("not an octal number in a record's header")
    return int(column, 8)


def read_archive(raw: bytes) -> list[Record]:
    """Split an archive into records; names must be the hashes of the bodies, all times the header's.

    Raises:
        RefusedError: If one byte differs from what Belenios would write, or a hash is wrong.
    """
    records: list[Record] = []
    at = 0
    while at < len(raw):
        block = raw[at : at + BLOCK]
        if len(block) < BLOCK:
            raise RefusedError("the archive ends within a record")
        name = block[:100].rstrip(b"\0").decode("latin-1")
        size, timestamp = _octal(block[124:135]), _octal(block[136:147])
        body = raw[at + BLOCK : at + BLOCK + size]
        record = Record(name, timestamp, body)
        written = write_archive([record])
        if len(body) < size or raw[at : at + len(written)] != written:
            raise RefusedError(f"record {name!r} is not in the archive's one format")
        if records and name not in (data_record(body, 0).name, event_record(body, 0).name):
            raise RefusedError(f"record {name!r} is not named by its hash")
        if records and timestamp != records[0].timestamp:
            raise RefusedError(f"record {name!r} has another time than the header")
        records.append(record)
        at += len(written)
    _check_header(records)
    return records


def _check_header(records: Sequence[Record]) -> None:
    if not records or records[0].name != HEADER_NAME:
        raise RefusedError("the archive does not start with its header")
    header = fields(parse(records[0].body), "version", "timestamp")
    timestamp = decimal(text(header["timestamp"]), 11)
    if header["version"] != 1 or records[0] != header_record(timestamp):
        raise RefusedError("the archive's header is not that of version 1")


def _references(kind: str, payload: bytes) -> list[str]:
    """List the hashes of the data that must stand before a payload, in order."""
    if kind == "Setup":
        value = fields(parse_canonical(payload), *SETUP_FIELDS[:3], "credentials_certificate?")
        return [hex_hash(item) for item in value.values()]
    if kind == "EncryptedTally":
        value = fields(parse_canonical(payload), "num_tallied", "total_weight", "encrypted_tally")
        return [hex_hash(value["encrypted_tally"])]
    if kind in ("Shuffle", "PartialDecryption"):
        value = fields(parse_canonical(payload), "owner", "payload")
        return [hex_hash(value["payload"])]
    return []


def _read_event(record: Record, *, parent: str | None, height: int) -> tuple[str, str | None]:
    event = fields(parse_canonical(record.body), "parent?", "height", "type", "payload?")
    kind = text(event["type"])
    if kind not in EVENT_KINDS:
        raise RefusedError(f"unknown event {kind!r}")
    if event.get("parent") != parent or natural(event["height"]) != height:
        raise RefusedError(f"the chain is broken at height {height}")
    if ("payload" in event) == (kind in WITHOUT_PAYLOAD):
        raise RefusedError(f"{kind} with a payload too many or too few")
    return kind, hex_hash(event["payload"]) if "payload" in event else None


def steps_of(records: Sequence[Record]) -> list[Step]:
    """Check the chain of events, and that each has exactly its data before it, in order.

    Raises:
        RefusedError: If a parent, height, payload or reference is wrong, or data is left over.
    """
    steps: list[Step] = []
    pending: list[bytes] = []
    parent: str | None = None
    for record in records[1:]:
        if not record.is_event:
            pending.append(record.body)
            continue
        kind, payload = _read_event(record, parent=parent, height=len(steps))
        expected = [] if payload is None else [payload]
        if pending and payload == sha256_hex(pending[-1]):
            expected = [*_references(kind, pending[-1]), payload]
        if [sha256_hex(body) for body in pending] != expected:
            raise RefusedError(f"the data before event {len(steps)} ({kind}) is not what it refers to")
        steps.append(Step(kind, tuple(pending)))
        pending, parent = [], sha256_hex(record.body)
    if pending:
        raise RefusedError("data that no event refers to")
    return steps


def relink(step: Step) -> Step:
    """Put the hashes of a step's other data into its payload, after a mutation of that data."""
    names = REFERENCES.get(step.kind, ())
    if not names or not step.bodies:
        return step
    payload = parse(step.bodies[-1])
    assert isinstance(payload, dict)
    payload |= {name: sha256_hex(body) for name, body in zip(names, step.bodies[:-1], strict=False)}
    return replace(step, bodies=(*step.bodies[:-1], dump(payload).encode()))


def records_of(steps: Sequence[Step], *, timestamp: int) -> list[Record]:
    """Chain steps into records with correct parents, heights and payloads; no rule is checked."""
    records = [header_record(timestamp)]
    parent: str | None = None
    for height, step in enumerate(steps):
        records.extend(data_record(body, timestamp) for body in step.bodies)
        event = {
            **({} if parent is None else {"parent": parent}),
            "height": height,
            "type": step.kind,
            **({"payload": sha256_hex(step.bodies[-1])} if step.bodies else {}),
        }
        records.append(event_record(dump(event).encode(), timestamp))
        parent = sha256_hex(records[-1].body)
    return records
