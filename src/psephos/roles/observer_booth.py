"""The observer and the booth: what a server delivers, compared with what the organisers have signed.

A page that is the signed one, byte for byte, can still be given other powers by what comes around it: another address
that the browser is sent to, headers that load, report or remember. So those are compared as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser

from psephos.errors import RefusedError
from psephos.protocol.encoding import sha256_hex
from psephos.record.booth import INDEX, ONE_FILE, Booth, BoothFile

_OK = 200
_REDIRECTS = range(300, 400)
_TYPES = {
    ".html": ("text/html",),
    ".js": ("text/javascript", "application/javascript"),
    ".css": ("text/css",),
}
_POLICY = "content-security-policy"
_WANTED = {_POLICY: "frame-ancestors 'none'", "referrer-policy": "no-referrer", "x-content-type-options": "nosniff"}
"""What docs/how-to/serve-the-booth.md asks for. Another policy or another referrer policy is a difference."""
_UNWANTED = {
    "refresh": "sends the browser to another address",
    "link": "lets the browser load more",
    "set-cookie": "lets the server know a voter again",
    "service-worker-allowed": "speaks of a program that stays in the browser, and the booth has none",
    "content-security-policy-report-only": "lets the browser report to somebody",
    "report-to": "lets the browser report to somebody",
    "reporting-endpoints": "lets the browser report to somebody",
    "nel": "lets the browser report to somebody",
    "sourcemap": "names another program",
}


class Kind(StrEnum):
    """What is different."""

    BYTES = "bytes"
    REDIRECT = "redirect"
    STATUS = "status"
    HEADER = "header"
    SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a server answered.

    Attributes:
        status: HTTP status.
        headers: Names in lower case, with their values.
        body: Decompressed.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the organisers signed it, or as the booth is to be served."""

    kind: Kind
    message: str


def files_at(address: str, booth: Booth) -> list[tuple[str, BoothFile]]:
    """What is to be fetched at an address where voters get the booth.

    Args:
        address: Of a folder, with a slash at its end; or of one file of the publication.
        booth: The publication in force.

    Returns:
        Each file with its address; a folder's page has that of the folder, as voters open it.

    Raises:
        RefusedError: It is neither.
    """
    if address.endswith("/"):
        found = [file for file in booth.files if file.name != ONE_FILE]
        if INDEX in {file.name for file in found}:
            return [(address + ("" if file.name == INDEX else file.name), file) for file in found]
        raise RefusedError(f"the organisers have published no {INDEX}", at=address, hint=f"give the {ONE_FILE} itself")
    name = address.rpartition("/")[2]
    one = [(address, file) for file in booth.files if file.name == name]
    if not one:
        raise RefusedError(
            f"{address} is neither a folder nor a file of the publication",
            at=address,
            hint="a folder ends with a slash",
        )
    return one


def compare(file: BoothFile, delivered: Delivered, *, booths: Sequence[Booth]) -> list[Difference]:
    """Compare what was delivered with what was signed.

    Args:
        file: Of the publication in force.
        delivered: The server's answer: the file, or a redirection.
        booths: All publications, the last one in force.
    """
    if delivered.status in _REDIRECTS:
        where = dict(delivered.headers).get("location", "nowhere")
        return [Difference(Kind.REDIRECT, f"the server sends the browser to {where[:300]!a}")]
    differences = []
    if delivered.status != _OK:
        differences.append(
            Difference(Kind.STATUS, f"answered {delivered.status}, with a page that browsers show and run")
        )
    digest = sha256_hex(delivered.body)
    if digest != file.digest:
        differences.append(Difference(Kind.BYTES, _other_bytes(file, delivered.body, digest, booths)))
    if file.name.endswith(".html"):
        differences += [Difference(Kind.SCRIPT, text) for text in _foreign(delivered.body, booths[-1])]
    return differences + [Difference(Kind.HEADER, text) for text in _headers(file, delivered)]


def missing_headers(delivered: Delivered) -> list[str]:
    """The headers with which the booth is to be served, and which are not there: each protects voters a little more."""
    present = dict(delivered.headers)
    return [f"{name}: {value}" for name, value in _WANTED.items() if name not in present]


def is_answer(file: BoothFile, delivered: Delivered) -> bool:
    """Whether a server delivered something that can be compared.

    A page is shown and run whatever its status, so that an error's page is compared like any other; a script or a style
    that comes with an error is not used.
    """
    if delivered.status == _OK or delivered.status in _REDIRECTS:
        return True
    return file.name.endswith(".html") and bool(delivered.body)


def _other_bytes(file: BoothFile, body: bytes, digest: str, booths: Sequence[Booth]) -> str:
    for booth in booths[:-1]:
        if any((one.name, one.digest) == (file.name, digest) for one in booth.files):
            return f"the file of publication {booth.number}, whose place {booths[-1].number} has taken"
    return f"{len(body)} bytes with the SHA-256 {digest}, not {file.size} with {file.digest}"


def _headers(file: BoothFile, delivered: Delivered) -> list[str]:
    found = [f"{name}: it {_UNWANTED[name]}" for name, _ in delivered.headers if name in _UNWANTED]
    for name, value in delivered.headers:
        if name in _WANTED and value.strip().rstrip(";").lower() != _WANTED[name]:
            found.append(f"{name} is {value[:300]!a}, not {_WANTED[name]!a}")
    wanted = next((types for end, types in _TYPES.items() if file.name.endswith(end)), ())
    sent = dict(delivered.headers).get("content-type", "")
    if wanted and sent.partition(";")[0].strip().lower() not in wanted:
        found.append(f"content-type is {sent[:100]!a}, not {wanted[0]}")
    return found


class _Loads(HTMLParser):
    """What a page runs and loads."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up addresses that the browser follows by itself, and programs in attributes."""
        given = {name: value or "" for name, value in attrs}
        if tag in {"iframe", "frame", "object", "embed", "base"}:
            self.names.append(f"<{tag}>")
        if "src" in given and not given["src"].startswith("data:"):
            self.names.append(given["src"])
        if tag == "link" and not given.get("href", "").startswith("data:"):
            self.names.append(given.get("href", ""))
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.names.append(f"refresh {given.get('content', '')}")
        self.names += [f"{name} of <{tag}>" for name in given if name.startswith("on")]


def _foreign(body: bytes, booth: Booth) -> list[str]:
    """What a page loads or runs that is not in the publication."""
    parser = _Loads()
    parser.feed(body.decode(errors="replace"))
    parser.close()
    own = {file.name for file in booth.files}
    return [f"the page loads or runs {name[:300]!a}" for name in parser.names if name not in own]
