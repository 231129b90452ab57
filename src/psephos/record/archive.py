"""The `.bel` archive: records of an election, one after the other (specification §4.4; format as of 3.3).

A record is a 512-byte header in the manner of tar, and its content filled up with zeros to a multiple of 512.
The first is `BELENIOS`; the others are named by the SHA-256 of their content. There is no end mark.
Every header has one encoding, so an archive that was read is written again byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from re import compile as pattern
from typing import Literal

import msgspec

from psephos.errors import MalformedError, UnsupportedError
from psephos.ports import ByteSource
from psephos.protocol.encoding import Wire, read_json, sha256_hex, write_json

BLOCK = 512
LARGE = 1 << 20
"""Contents beyond this are streamed, not held."""
_WINDOW = 256 << 10
_SMALL_WINDOW = 16 << 10
_MODE_AND_OWNERS = b"0000644\0" + b"0000000\0" * 2
_NAME = pattern(rb"([0-9a-f]{64})\.(data|event)\.json")
_FIRST = b"BELENIOS"
_ZEROS = bytes(BLOCK)


class ArchiveHeader(Wire, frozen=True):
    """> header = {version : I, timestamp : I}  (§4.4); 3.3 writes the time as a string, 2.0 as a number."""

    version: int
    timestamp: str | int


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record of an archive.

    Attributes:
        kind: Data, or an event of the hash chain.
        digest: SHA-256 that its name promises.
        offset: Where its header starts.
        size: Length of its content.
        content: The content; None if it is too large to hold.
        intact: Whether the content's hash is the name's; for a large one, only reading it tells.
    """

    kind: Literal["data", "event"]
    digest: str
    offset: int
    size: int
    content: bytes | None
    intact: bool


def write_header(name: bytes, size: int, timestamp: int) -> bytes:
    """The one header of a record (Belenios 3.3, tar)."""
    numbers, checksum = _numbers(size, timestamp)
    return (name.ljust(100, b"\0") + numbers + b"%06o\0 0" % (checksum + sum(name))).ljust(BLOCK, b"\0")


@lru_cache(maxsize=4096)
def _numbers(size: int, timestamp: int) -> tuple[bytes, int]:
    """What stands between name and checksum, and what it, the checksum's blanks and the type add to the checksum."""
    numbers = _MODE_AND_OWNERS + b"%011o\0%011o\0" % (size, timestamp)
    return numbers, sum(numbers) + 8 * 0x20 + 0x30


def write_record(kind: Literal["data", "event"], content: bytes, timestamp: int) -> bytes:
    """A record with that content."""
    name = f"{sha256_hex(content)}.{kind}.json".encode()
    return write_header(name, len(content), timestamp) + content + bytes(-len(content) % BLOCK)


def write_first(timestamp: int) -> bytes:
    """The first record of a new archive."""
    content = write_json(ArchiveHeader(version=1, timestamp=str(timestamp)))
    return write_header(_FIRST, len(content), timestamp) + content + bytes(-len(content) % BLOCK)


class _Window:
    """A piece of the source that moves to where it is needed."""

    def __init__(self, source: ByteSource, length: int) -> None:
        self._source, self._length = source, length
        self._start, self._bytes = 0, b""

    def at(self, offset: int, length: int) -> bytes:
        """Bytes of the source.

        Raises:
            MalformedError: The source ends before.
        """
        start = offset - self._start
        if start < 0 or start + length > len(self._bytes):
            self._bytes = self._source.read(offset, max(self._length, length))
            self._start, start = offset, 0
        piece = self._bytes[start : start + length]
        if len(piece) < length:
            raise MalformedError("the archive is cut off", at=f"byte {offset}")
        return piece


class Archive:
    """An archive, read record by record.

    Attributes:
        timestamp: When the archive was begun, in seconds since 1970, as it says.
        end: Where its last whole record ends; equal to its size once all records were read.
    """

    def __init__(self, source: ByteSource) -> None:
        """Read the first record.

        Raises:
            UnsupportedError: This is not a Belenios archive, or one of another version.
            MalformedError: Its first record is damaged.
        """
        self._source = source
        self._total = source.size()
        self._ahead = _Window(source, _WINDOW)
        self._back = _Window(source, _SMALL_WINDOW)
        if not source.read(0, len(_FIRST)).startswith(_FIRST):
            raise UnsupportedError("this is not a Belenios archive", at="byte 0")
        name, size, self.timestamp = _read_header(self._ahead, 0)
        if name != _FIRST or size > BLOCK:
            raise MalformedError("not the first record of an archive", at="byte 0")
        header = read_json(_read_content(self._ahead, BLOCK, size), ArchiveHeader, what="archive header")
        if header.version != 1:
            raise UnsupportedError(f"archive version {header.version} is not supported", at="byte 512")
        if str(header.timestamp) != str(self.timestamp):
            raise MalformedError("the archive's two timestamps differ", at="byte 512")
        self.end = _after(BLOCK, size)

    def records(self) -> Iterator[Record]:
        """All records after the first, in order.

        Raises:
            MalformedError: A header or its filling is not in its one form, or the last record is cut off.
        """
        while self.end < self._total:
            yield (record := self._read(self._ahead, self.end))
            self.end = _after(record.offset + BLOCK, record.size)

    def record_at(self, offset: int) -> Record:
        """A record that was read before, again.

        Raises:
            MalformedError: See `records`.
        """
        return self._read(self._back, offset)

    def stream(self, record: Record) -> Iterator[bytes]:
        """A record's content, piece by piece.

        Raises:
            MalformedError: At the end, if its hash is not the name's.
        """
        if record.content is not None:
            yield record.content
            return
        running = sha256()
        for start in range(0, record.size, LARGE):
            piece = self._source.read(record.offset + BLOCK + start, min(LARGE, record.size - start))
            running.update(piece)
            yield piece
        if running.hexdigest() != record.digest:
            raise MalformedError("the content's hash is not the record's name", at=f"byte {record.offset}")

    def _read(self, window: _Window, offset: int) -> Record:
        name, size, timestamp = _read_header(window, offset)
        match = _NAME.fullmatch(name)
        if match is None or timestamp != self.timestamp:
            raise MalformedError("not the name or time of a record", at=f"byte {offset}")
        digest = match[1].decode()
        kind: Literal["data", "event"] = "data" if match[2] == b"data" else "event"
        if size > LARGE:
            if _after(offset + BLOCK, size) > self._total:
                raise MalformedError("the record is cut off", at=f"byte {offset}")
            return Record(kind, digest, offset, size, None, intact=True)
        content = _read_content(window, offset + BLOCK, size)
        return Record(kind, digest, offset, size, content, sha256(content).hexdigest() == digest)


def _read_header(window: _Window, offset: int) -> tuple[bytes, int, int]:
    header = window.at(offset, BLOCK)
    try:
        name = header[: header.index(0)]
        size, timestamp = int(header[124:135], 8), int(header[136:147], 8)
        exact = size >= 0 and timestamp >= 0 and header == write_header(name, size, timestamp)
    except ValueError:
        exact = False
    if not exact:
        raise MalformedError("not a record's header", at=f"byte {offset}")
    return name, size, timestamp


def _read_content(window: _Window, offset: int, size: int) -> bytes:
    padded = window.at(offset, _after(0, size))
    if not _ZEROS.startswith(padded[size:]):
        raise MalformedError("the filling after a record is not zero", at=f"byte {offset + size}")
    return padded[:size]


def _after(offset: int, size: int) -> int:
    return offset + size + -size % BLOCK
