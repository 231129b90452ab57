"""Boards and witnesses at their addresses: HTTP with limits in bytes and seconds, or a directory of the same files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

import httpx

from psephos.adapters import punctual
from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.client import AbsentError, Fetcher
from psephos.board.cosignature import verifiers_of
from psephos.board.note import Note, SignatureLine, VerifierKey, verify_note
from psephos.board.witness import (
    AddCheckpoint,
    Alarm,
    Behind,
    Cosigned,
    Later,
    read_answer,
    write_add_checkpoint,
)
from psephos.errors import BoardError, PsephosError, UnavailableError

LARGEST_ANSWER = 1 << 20
"""Of a witness: cosignature lines."""
_ABSENT = frozenset({404, 410})
_OK = 200
_MOST_TRIES = 3
_CONNECTIONS = httpx.Limits(max_connections=16, max_keepalive_connections=8)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Attributes:
        status: HTTP status.
        content_type: Of the body.
        body: Decompressed.
        headers: All of them, with names in lower case.
    """

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Web:
    """An HTTP client that nobody can keep waiting, nor fill up; it follows no redirection and keeps no cookie."""

    def __init__(
        self,
        *,
        connect: float = 5.0,
        read: float = 10.0,
        total: float = 30.0,
        agent: str = "psephos",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Set the limits.

        Args:
            connect: Seconds until a connection stands.
            read: Seconds of silence.
            total: Seconds from the request to the last byte of the answer, however it drips, headers and all; a second
                more for every 64 KiB that go or come.
            agent: As what it introduces itself.
            transport: Another one than sockets.
        """
        self._total = total
        self._client = httpx.Client(
            timeout=httpx.Timeout(read, connect=connect),
            follow_redirects=False,
            headers={"User-Agent": agent},
            transport=transport or punctual.transport(_CONNECTIONS),
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def get(self, url: str, *, limit: int) -> Answer:
        """Ask for a resource.

        Raises:
            UnavailableError: There is no answer in time, or it is larger than the limit.
        """
        return self._send(self._client.build_request("GET", url), limit)

    def post(
        self,
        url: str,
        body: bytes,
        *,
        limit: int = LARGEST_ANSWER,
        content_type: str = "text/plain; charset=utf-8",
    ) -> Answer:
        """Hand something in.

        Raises:
            UnavailableError: There is no answer in time, or it is larger than the limit.
        """
        headers = {"Content-Type": content_type}
        return self._send(self._client.build_request("POST", url, content=body, headers=headers), limit)

    def _send(self, request: httpx.Request, limit: int) -> Answer:
        url, body = str(request.url), bytearray()
        sent = int(request.headers.get("Content-Length", "0"))
        try:
            with punctual.exchange(self._total, largest=sent + limit):
                response = self._client.send(request, stream=True)
                try:
                    for piece in response.iter_bytes():
                        body += piece
                        if len(body) > limit:
                            raise UnavailableError(f"{url}: the answer is larger than {limit} bytes", at=url)
                finally:
                    response.close()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnavailableError(f"{url}: {error or type(error).__name__}", at=url) from None
        headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        return Answer(response.status_code, response.headers.get("Content-Type", ""), bytes(body), headers)


class HttpFetcher:
    """A board's static files over HTTP. Fulfils `board.client.Fetcher`."""

    def __init__(self, web: Web, url: str) -> None:
        self._web = web
        self._url = url.rstrip("/")

    def fetch(self, path: str, *, limit: int) -> bytes:
        """See `Fetcher.fetch`."""
        url = f"{self._url}/{path}"
        answer = self._web.get(url, limit=max(limit, LARGEST_ANSWER))
        if answer.status in _ABSENT:
            raise AbsentError(f"{url}: not there", at=url)
        if answer.status != _OK or len(answer.body) > limit:
            raise UnavailableError(f"{url}: answered {answer.status} with {len(answer.body)} bytes", at=url)
        return answer.body


class DirectoryFetcher:
    """A board's static files in a directory: a mirror, a USB stick. Fulfils `board.client.Fetcher`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def fetch(self, path: str, *, limit: int) -> bytes:
        """See `Fetcher.fetch`."""
        file = self._root / path
        try:
            with file.open("rb") as opened:
                data = opened.read(limit + 1)
        except FileNotFoundError:
            raise AbsentError(f"{file}: not there", at=str(file)) from None
        except OSError as error:
            raise UnavailableError(f"{file}: {error.strerror or error}", at=str(file)) from None
        if len(data) > limit:
            raise UnavailableError(f"{file}: larger than {limit} bytes", at=str(file))
        return data


def fetcher_of(url: str, web: Web) -> Fetcher:
    """Whatever reads a board's files at an address: `https://`, `http://`, `file://`.

    Raises:
        UnavailableError: It is another address.
    """
    parts = urlsplit(url)
    if parts.scheme in {"http", "https"} and parts.netloc:
        return HttpFetcher(web, url)
    if parts.scheme == "file" and not parts.netloc:
        return DirectoryFetcher(Path(unquote(parts.path)))
    raise UnavailableError(f"{url!a} is not an address of a board: https://…, http://…, file:///…", at=url)


class HttpWitness:
    """A witness as the log sees it: asked to cosign, reminded of where it stands, believed in nothing."""

    def __init__(self, web: Web, url: str, keys: tuple[VerifierKey, ...]) -> None:
        """Take the witness's submission prefix and its keys."""
        self._web = web
        self._url = url.rstrip("/") + "/add-checkpoint"
        self._verifiers = verifiers_of(keys)
        self.size = 0
        """Where it stands, as it says; perhaps beyond us. > it MAY initially make a request with a old size of zero"""

    def cosign(
        self, signed: SignedCheckpoint, prove_growth: Callable[[int], tuple[bytes, ...]]
    ) -> tuple[SignatureLine, ...]:
        """Ask for cosignatures.

        Args:
            signed: The checkpoint, with the log's own lines only.
            prove_growth: Gives the consistency proof from an earlier size.

        Returns:
            The witness's lines, verified; lines of keys that are not its are left out.

        Raises:
            BoardError: The witness contradicts us: stop signing, and keep both sides.
            InvalidProofError: A line does not hold, or none is of a known key.
            UnavailableError: The witness said nothing about the log.
        """
        for _ in range(_MOST_TRIES):
            proof = prove_growth(self.size) if 0 < self.size < signed.head.size else ()
            match self._ask(AddCheckpoint(min(self.size, signed.head.size), proof, signed)):
                case Cosigned(lines):
                    found = verify_note(Note(signed.note.text, lines), self._verifiers)
                    self.size = signed.head.size
                    return found
                case Behind(size):
                    self.size = size
                case Alarm(reason, size):
                    self.size = self.size if size is None else size
                    raise BoardError(reason, at=self._url, hint="nothing may be signed before a person looked at this")
                case Later(reason):
                    raise UnavailableError(reason, at=self._url)
        raise UnavailableError("the witness tells another size each time", at=self._url)

    def _ask(self, request: AddCheckpoint) -> Cosigned | Behind | Alarm | Later:
        answer = self._web.post(self._url, write_add_checkpoint(request))
        try:
            return read_answer(
                status=answer.status, content_type=answer.content_type, body=answer.body, size=request.signed.head.size
            )
        except PsephosError as error:
            return Later(f"the witness's answer is not one: {error.message}")
