"""The booth's files: what the organisers say that voters' browsers have to get, byte for byte.

    psephos/booth/1
    2f3ab1…                      fingerprint of the charter
    1                            number of the publication: 1, 2, …
    d01f…c4 90214 booth.js       SHA-256, number of bytes and name of each file, by name
    …

Publications follow each other until the vote ends: the edition in one file holds the opening of the vote and cannot be
made before it, and a fault that is found during the vote must be repaired. The last one is in force. Each is signed by
the organisers and stays in the record, so no page is exchanged without a trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from psephos.board.note import read_size
from psephos.errors import MalformedError, MismatchError
from psephos.protocol.encoding import sha256_hex

INDEX = "index.html"
"""What a browser gets that asks for the folder."""
ONE_FILE = "psephos-booth.html"
"""The edition in one file."""
LARGEST_FILE = 16 << 20
MOST_FILES = 64
_FIRST = "psephos/booth/1"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, order=True)
class BoothFile:
    """A file of the booth.

    Attributes:
        name: In its folder.
        size: Number of bytes.
        digest: SHA-256.
    """

    name: str
    size: int
    digest: str

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise MalformedError(f"{self.name[:64]!a} is not the name of a file of the booth", at="file")
        if not 0 < self.size <= LARGEST_FILE or _DIGEST.fullmatch(self.digest) is None:
            raise MalformedError("a file of the booth has a size and a SHA-256", at=self.name)


@dataclass(frozen=True, slots=True)
class Booth:
    """A publication.

    Attributes:
        number: 1 for the first.
        files: By name.
    """

    number: int
    files: tuple[BoothFile, ...]

    def __post_init__(self) -> None:
        names = [file.name for file in self.files]
        if self.number < 1 or not 1 <= len(names) <= MOST_FILES or names != sorted(set(names)):
            raise MalformedError(f"a publication has a number, and 1 to {MOST_FILES} files by name", at="booth")


def booth_file(name: str, content: bytes) -> BoothFile:
    """A file as a publication names it.

    Raises:
        MalformedError: Its name or its size cannot be.
    """
    return BoothFile(name, len(content), sha256_hex(content))


def booth_of(files: Iterable[BoothFile], *, number: int) -> Booth:
    """A publication of these files.

    Raises:
        MalformedError: There are none, too many, or two of one name.
    """
    return Booth(number, tuple(sorted(files)))


def booth_text(booth: Booth, *, charter: str) -> bytes:
    """What organisers sign.

    Args:
        booth: The publication.
        charter: Fingerprint of the charter.
    """
    lines = [_FIRST, charter, str(booth.number), *(f"{one.digest} {one.size} {one.name}" for one in booth.files)]
    return "".join(f"{line}\n" for line in lines).encode()


def is_booth_text(text: bytes) -> bool:
    """Whether a note's text is a publication of the booth."""
    return text.startswith(f"{_FIRST}\n".encode())


def read_booth_text(text: bytes, *, charter: str) -> Booth:
    """The publication in what organisers signed.

    Raises:
        MalformedError: It is none, or not in its one form.
        MismatchError: It is of another charter.
    """
    try:
        first, named, number, *files = text.decode("ascii").removesuffix("\n").split("\n")
    except ValueError:  # not ASCII, or too few lines
        raise MalformedError("not a publication of the booth", at="booth") from None
    if first != _FIRST:
        raise MalformedError("not a publication of the booth", at="line 1")
    if named != charter:
        raise MismatchError("the organisers signed the booth of another charter", at="line 2")
    booth = Booth(read_size(number, at="line 3"), tuple(map(_read_file, files)))
    if booth_text(booth, charter=charter) != text:
        raise MalformedError("not the one form of a publication", at="booth")
    return booth


def _read_file(line: str) -> BoothFile:
    digest, _, rest = line.partition(" ")
    size, _, name = rest.partition(" ")
    return BoothFile(name, read_size(size, at=name[:64]), digest)
