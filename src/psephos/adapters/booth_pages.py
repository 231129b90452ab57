"""The booth as browsers get it: fetched from the addresses that voters use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from psephos.adapters.files import write_new
from psephos.adapters.http import Web
from psephos.errors import UnavailableError
from psephos.protocol.encoding import sha256_hex
from psephos.record.booth import LARGEST_FILE, Booth, BoothFile
from psephos.roles.observer_booth import Delivered, Difference, compare, files_at, is_answer, missing_headers

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""A server that knows who checks could deliver the right page to nobody else: this is one thing less that it knows."""


@dataclass(frozen=True)
class Found:
    """What became of one file at one address.

    Attributes:
        address: Where it was fetched.
        file: What was expected.
        delivered: What came; None if nothing did.
        differences: What is not as it was signed.
        missing: Headers that would protect voters more.
        unavailable: Why nothing can be said; empty otherwise.
    """

    address: str
    file: BoothFile
    delivered: Delivered | None = None
    differences: tuple[Difference, ...] = ()
    missing: tuple[str, ...] = ()
    unavailable: str = ""


def look_at_pages(web: Web, addresses: Sequence[str], *, booths: Sequence[Booth]) -> Iterator[Found]:
    """Fetch every file at every address, and compare.

    Args:
        web: The HTTP client.
        addresses: Of folders and of single files.
        booths: What the organisers have published; the last one is in force.

    Raises:
        RefusedError: An address is of nothing that was published; nothing was fetched then.
    """
    wanted = [pair for address in addresses for pair in files_at(address, booths[-1])]
    for address, file in wanted:
        yield _look(web, address, file, booths)


def _look(web: Web, address: str, file: BoothFile, booths: Sequence[Booth]) -> Found:
    try:
        answer = web.get(address, limit=LARGEST_FILE)
    except UnavailableError as error:
        return Found(address, file, unavailable=error.message)
    delivered = Delivered(answer.status, answer.headers, answer.body)
    if not is_answer(file, delivered):
        return Found(address, file, unavailable=f"answered {answer.status}")
    differences = compare(file, delivered, booths=booths)
    return Found(address, file, delivered, tuple(differences), tuple(missing_headers(delivered)))


def keep_delivered(directory: Path, found: Found) -> Path | None:
    """Keep what was delivered instead of the signed file: its bytes, and beside them status and headers.

    Raises:
        UnavailableError: It cannot be written.
    """
    if found.delivered is None or not found.differences:
        return None
    delivered = found.delivered
    head = "".join(
        f"{line}\n"
        for line in (
            f"address {found.address}",
            f"status {delivered.status}",
            *(f"{name}: {value}" for name, value in delivered.headers),
        )
    ).encode()
    stem = f"{sha256_hex(head + delivered.body)[:16]}-{found.file.name}"
    write_new(directory / f"{stem}.headers", head)
    write_new(directory / stem, delivered.body)
    return directory / stem
