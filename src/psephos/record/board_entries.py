"""Entries of the board: what each kind holds, in one encoding of at most 65,535 bytes (design D2).

    psephos/Ballot/1                kind and version
    salt 5b0c…                      16 bytes; only where the same content has to be an entry once more
    inline 1719                     a part whose bytes follow below: its size
    blob 81920 7d865e…              a part that lies beside the log: its size and SHA-256
    (empty line)
    the bytes of the inline parts, one after the other

A Belenios event is one entry with what it introduces, in the order of the table in `record.entries`; the event itself
is not stored, because its parent and height follow from the entries before it that have effect.

Where a part stands follows from its size. What is small by nature is always inline; of the others, in order, as much
as keeps the inline bytes within 60,000. So every content has one entry, but for the salt, which means nothing: without
it, who appends a result before its time would keep the same result, later correct, out of a log that takes no entry
twice. A ballot has no salt: a ballot that comes twice must stay one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, Protocol

from psephos.errors import MalformedError, UnsupportedError
from psephos.ports import ByteSource
from psephos.protocol.encoding import Count, Wire, sha256_hex
from psephos.record.board_terms import LARGEST_INLINE

LARGEST_ENTRY = 65_535
VERSION = 1
_LARGEST_HEADER = LARGEST_ENTRY - LARGEST_INLINE
_PREFIX = b"psephos/"
_FIRST = re.compile(rb"psephos/([A-Z][A-Za-z]{0,31})/([1-9][0-9]{0,3})")
_SALT = re.compile(rb"salt ([0-9a-f]{32})")
_INLINE = re.compile(rb"inline (0|[1-9][0-9]{0,4})")
_BLOB = re.compile(rb"blob ([1-9][0-9]{0,14}) ([0-9a-f]{64})")


class EntryKind(StrEnum):
    """What an entry is; those of Belenios' events have their names."""

    CHARTER = "Charter"
    SETUP = "Setup"
    ACCEPTANCE = "Acceptance"
    BALLOT = "Ballot"
    CLOSING_TIME = "ClosingTime"
    END_BALLOTS = "EndBallots"
    ENCRYPTED_TALLY = "EncryptedTally"
    PARTIAL_DECRYPTION = "PartialDecryption"
    RESULT = "Result"
    START_ALONE = "StartAlone"
    SUCCESSION = "Succession"
    WITHOUT_QUORUM = "WithoutQuorum"
    REGIONS = "Regions"
    REGIONAL_TALLY = "RegionalTally"
    REGIONAL_DECRYPTION = "RegionalDecryption"
    REGIONAL_RESULT = "RegionalResult"
    DEFINITION = "Definition"
    ADDENDUM = "Addendum"
    BOOTH = "Booth"


@dataclass(frozen=True, slots=True)
class PartForm:
    """A part that entries of a kind have.

    Attributes:
        name: What an error calls it.
        large: Whether it may grow so large that it becomes a blob.
    """

    name: str
    large: bool = False


PARTS: dict[EntryKind, tuple[PartForm, ...]] = {
    EntryKind.CHARTER: (PartForm("charter, signed by the organisers", large=True),),
    EntryKind.SETUP: (
        PartForm("election", large=True),
        PartForm("trustees", large=True),
        PartForm("credentials", large=True),
        PartForm("setup data"),
        PartForm("setup's fingerprint, signed by the organisers"),
    ),
    EntryKind.ACCEPTANCE: (PartForm("acceptance"),),
    EntryKind.BALLOT: (PartForm("ballot"),),
    EntryKind.CLOSING_TIME: (PartForm("closing time, signed by the organisers"),),
    EntryKind.END_BALLOTS: (PartForm("proof that the closing time has come"),),
    EntryKind.ENCRYPTED_TALLY: (PartForm("encrypted tally", large=True), PartForm("size of the encrypted tally")),
    EntryKind.PARTIAL_DECRYPTION: (
        PartForm("partial decryption", large=True),
        PartForm("owner"),
        PartForm("second proof", large=True),
    ),
    EntryKind.RESULT: (PartForm("result"),),
    EntryKind.START_ALONE: (PartForm("statement"),),
    EntryKind.SUCCESSION: (PartForm("cosigned checkpoint of the log that goes on"),),
    EntryKind.WITHOUT_QUORUM: (PartForm("statement of a trustee"),),
    EntryKind.REGIONS: (PartForm("region of each credential", large=True), PartForm("statement of the registrars")),
    EntryKind.REGIONAL_TALLY: (PartForm("regional tally", large=True),),
    EntryKind.REGIONAL_DECRYPTION: (PartForm("regional decryption", large=True), PartForm("owner")),
    EntryKind.REGIONAL_RESULT: (PartForm("regional result", large=True),),
    EntryKind.DEFINITION: (
        PartForm("definition", large=True),
        PartForm("definition's fingerprint, signed by the organisers"),
    ),
    EntryKind.ADDENDUM: (
        PartForm("addendum", large=True),
        PartForm("addendum's fingerprint, signed by the organisers"),
    ),
    EntryKind.BOOTH: (PartForm("the booth's files, signed by the organisers"),),
}
"""The parts of version 1 of each kind, in order."""

_WITHOUT_SALT = frozenset({EntryKind.CHARTER, EntryKind.BALLOT})


class StartAlone(Wire, frozen=True):
    """The part of a StartAlone entry: the log went on although nobody could confirm that it had not been set back.

    Attributes:
        size: Of the log when it went on.
        at: When that was, by the log's clock.
    """

    size: Count
    at: Count


class LogSource(Protocol):
    """A log whose checkpoint, tree and blobs somebody has checked, or is going to check.

    What it gave once it gives again, byte for byte: whoever reads from a network stores first.
    """

    def size(self) -> int:
        """Number of entries."""
        ...

    def entries(self, start: int, end: int) -> Iterable[bytes]:
        """Entries from `start` up to, without, `end`.

        Raises:
            UnavailableError: They cannot be had now.
        """
        ...

    def blob(self, digest: str) -> ByteSource:
        """The object with this SHA-256, which its reader checks.

        Raises:
            UnavailableError: It cannot be had now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an entry.

    Attributes:
        size: Number of its bytes.
        digest: Their SHA-256; of a blob, as the entry says.
        content: The bytes; None for a blob.
    """

    size: int
    digest: str
    content: bytes | None

    @property
    def line(self) -> str:
        """How the entry's header lists it."""
        return f"blob {self.size} {self.digest}" if self.content is None else f"inline {self.size}"


@dataclass(frozen=True, slots=True)
class BoardEntry:
    """An entry of a kind and version that we know.

    Attributes:
        kind: What it is.
        parts: As `PARTS` lists them for this kind.
        salt: 32 hexadecimal digits without meaning; empty without.
    """

    kind: EntryKind
    parts: tuple[Part, ...]
    salt: str = ""


def inline_part(content: bytes) -> Part:
    """A part with its bytes."""
    return Part(len(content), sha256_hex(content), content)


def read_board_entry(received: bytes) -> BoardEntry:
    """Read an entry.

    Raises:
        MalformedError: Not an entry, or not in its one form.
        UnsupportedError: An entry of a kind or version that we do not know.
    """
    if len(received) > LARGEST_ENTRY:
        raise MalformedError(f"an entry of {len(received)} bytes is too large")
    header, separator, body = received.partition(b"\n\n")
    first, *lines = header.split(b"\n")
    match = _FIRST.fullmatch(first)
    if match is None or not separator:
        raise MalformedError("not an entry: it does not begin with a kind and end its header", at="line 1")
    kind = _known_kind(match[1].decode(), int(match[2]))
    salt = _SALT.fullmatch(lines[0]) if lines and kind not in _WITHOUT_SALT else None
    parts = _read_parts(lines[1:] if salt else lines, body)
    _check_places(kind, parts)
    return BoardEntry(kind, parts, salt[1].decode() if salt else "")


def _known_kind(name: str, version: int) -> EntryKind:
    if name not in set(EntryKind) or version != VERSION:
        raise UnsupportedError(f"entries of kind {name}, version {version}, are not known here", at="line 1")
    return EntryKind(name)


def _read_parts(lines: list[bytes], body: bytes) -> tuple[Part, ...]:
    parts, start = [], 0
    for number, line in enumerate(lines, start=1):
        inline, blob = _INLINE.fullmatch(line), _BLOB.fullmatch(line)
        if inline:
            end = start + int(inline[1])
            parts.append(inline_part(body[start:end]))
            start = end
        elif blob:
            parts.append(Part(int(blob[1]), blob[2].decode(), None))
        else:
            raise MalformedError("neither an inline part nor a blob", at=f"part {number}")
    if start != len(body):
        raise MalformedError(f"the parts have {start} bytes, and {len(body)} follow", at="parts")
    return tuple(parts)


def _check_places(kind: EntryKind, parts: Sequence[Part]) -> None:
    """Check that there are the parts of this kind, each where its size puts it."""
    if len(parts) != len(PARTS[kind]):
        raise MalformedError(f"an entry of kind {kind} has {len(PARTS[kind])} parts, not {len(parts)}", at="parts")
    places = _inline_places(kind, [part.size for part in parts])
    for form, part, inline in zip(PARTS[kind], parts, places, strict=True):
        if (part.content is not None) != inline:
            where = "inline" if inline else "a blob"
            raise MalformedError(f"{form.name}: with {part.size} bytes it must be {where}", at=form.name)


def _inline_places(kind: EntryKind, sizes: Sequence[int]) -> list[bool]:
    """Which parts are inline."""
    forms = PARTS[kind]
    total = sum(size for form, size in zip(forms, sizes, strict=True) if not form.large)
    if total > LARGEST_INLINE:
        _too_large(kind, total)
    places = []
    for form, size in zip(forms, sizes, strict=True):
        fits = not form.large or total + size <= LARGEST_INLINE
        total += size if form.large and fits else 0
        places.append(fits)
    return places


def _too_large(kind: EntryKind, size: int) -> NoReturn:
    raise MalformedError(f"{size} bytes are too large for an entry of kind {kind}, and it has no blobs for them")


def make_board_entry(
    kind: EntryKind, contents: Sequence[bytes], *, salt: bytes = b""
) -> tuple[bytes, dict[str, bytes]]:
    """An entry with these parts.

    Args:
        kind: What it is.
        contents: Its parts, as `PARTS` lists them.
        salt: Empty, or 16 random bytes if the log holds the same entry already, without effect.

    Returns:
        The entry, and its blobs by their SHA-256, which must be durable before it is appended.

    Raises:
        MalformedError: Other parts than the kind has, too large a part, or a salt that cannot be.
    """
    if len(contents) != len(PARTS[kind]):
        raise MalformedError(f"an entry of kind {kind} has {len(PARTS[kind])} parts, not {len(contents)}", at="parts")
    if salt and (len(salt) != 16 or kind in _WITHOUT_SALT):  # noqa: PLR2004 - as in the module's docstring
        raise MalformedError(f"an entry of kind {kind} has no salt of {len(salt)} bytes", at="salt")
    blobs: dict[str, bytes] = {}
    parts = []
    for content, inline in zip(contents, _inline_places(kind, [len(content) for content in contents]), strict=True):
        part = inline_part(content)
        parts.append(part if inline else Part(part.size, part.digest, None))
        if not inline:
            blobs[part.digest] = content
    return write_board_entry(BoardEntry(kind, tuple(parts), salt.hex())), blobs


def write_board_entry(entry: BoardEntry) -> bytes:
    """The entry's bytes."""
    lines = [f"{_PREFIX.decode()}{entry.kind}/{VERSION}", *([f"salt {entry.salt}"] if entry.salt else [])]
    header = "\n".join([*lines, *(part.line for part in entry.parts)]).encode()
    assert len(header) < _LARGEST_HEADER
    return header + b"\n\n" + b"".join(part.content for part in entry.parts if part.content is not None)
