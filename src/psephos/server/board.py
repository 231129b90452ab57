"""A board and its ballot box at an address; `docs/reference/openapi.yaml` is the contract.

    POST /ballot /entry /cosignatures /gossip       hand something in
    GET  /gossip /health /errors/{code}
    GET  /checkpoint… /tile/… /blob/… /find/…       static files, see `files`

Nobody is asked who she is, and no log line says where a request came from.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Self

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from psephos.adapters.board_opening import Opened, open_service
from psephos.adapters.board_parts import ServiceSettings
from psephos.adapters.handing_in import LENGTH_SIZE
from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.proof import Receipt, write_receipt
from psephos.board.storage import FatalError, NotNowError
from psephos.errors import MalformedError, MismatchError, UnavailableError
from psephos.ports import Clock
from psephos.record.board_entries import LARGEST_ENTRY, EntryKind, read_board_entry
from psephos.server.answering import ERRORS, Answering, ForEverybody
from psephos.server.connections import Say, listen, log_to_stderr, pieces_of, read_body, run, server_of
from psephos.server.files import Files

LARGEST_BALLOT, LARGEST_NOTE, LARGEST_UPLOAD = 64 << 10, 256 << 10, 256 << 20
MOST_CONNECTIONS = 4096
_ANSWER_SECONDS = 60.0
_UPLOAD_SECONDS = 120.0
_ENTRY_SECONDS = 10.0
_SLOWEST = 16 << 10
"""Bytes a second that objects must have on average, once the first seconds are over."""
_MOST_IN_MEMORY = 1 << 30
"""Bytes of objects whose entries are not answered yet."""
_STOP_SECONDS = 10
_RETRY_SECONDS = 5
_UNKNOWN = 3
_TEXT = "text/plain; charset=utf-8"
_NO_CONTENT = 204


class _Endpoints:
    """What is answered at which address."""

    def __init__(self, opened: Opened) -> None:
        self._service, self._cosigning, self._gossip = opened.service, opened.cosigning, opened.gossip
        self._log = opened.log
        self._room = _Room(_MOST_IN_MEMORY)

    def routes(self) -> list[Route]:
        """Where they are."""
        posts = {
            "/ballot": self.ballot,
            "/entry": self.entry,
            "/cosignatures": self.cosignatures,
            "/gossip": self.bring_gossip,
        }
        return [
            *(Route(path, Answering(endpoint), methods=["POST"]) for path, endpoint in posts.items()),
            Route("/gossip", Answering(self.heard), methods=["GET"]),
            Route("/health", Answering(self.health), methods=["GET"]),
            ERRORS,
        ]

    async def ballot(self, request: Request) -> Response:
        """Take a ballot in."""
        body = await read_body(request, limit=LARGEST_BALLOT)
        return await _receipt(self._service.hand_in_ballot(body))

    async def entry(self, request: Request) -> Response:
        """Take in an entry of any kind: it is looked at before its objects are read, and waits for nobody else's."""
        body = _Body(pieces_of(request, limit=LARGEST_UPLOAD))
        async with asyncio.timeout(_ENTRY_SECONDS):
            entry = await body.part(LARGEST_ENTRY)
            read = read_board_entry(entry)
            sizes = [part.size for part in read.parts if part.content is None]
            if not sizes:
                await body.end()
        if read.kind is EntryKind.BALLOT:
            return await _receipt(self._service.hand_in_ballot(read.parts[0].content or b""))
        known = await _answer(self._service.look_at(entry))
        if known is not None:
            return _written(known)
        with self._room.share() as share:  # until it is answered
            blobs = await body.objects(sizes, share) if sizes else []
            return await _receipt(self._service.hand_in(entry, blobs))

    async def cosignatures(self, request: Request) -> Response:
        """Take up cosignatures, whoever brings them."""
        signed = read_signed_checkpoint(await read_body(request, limit=LARGEST_NOTE))
        await run_in_threadpool(self._bring, bytes(signed))
        return Response(status_code=_NO_CONTENT)

    async def bring_gossip(self, request: Request) -> Response:
        """Compare a checkpoint with the log."""
        body = await read_body(request, limit=LARGEST_NOTE)
        await run_in_threadpool(self._gossip.bring, body)
        return Response(status_code=_NO_CONTENT)

    async def heard(self, _: Request) -> Response:
        """What others have brought."""
        return JSONResponse(self._gossip.notes(), headers={"Cache-Control": "no-cache"})

    async def health(self, _: Request) -> Response:
        """What the board is doing."""
        return JSONResponse(self._service.health(), headers={"Cache-Control": "no-store"})

    def _bring(self, note: bytes) -> None:
        signed = read_signed_checkpoint(note)
        own = self._log.signed.checkpoint.origin
        if self._log.head_at(signed.head.size) != signed.head:
            self._gossip.bring(note)
            raise MismatchError("the checkpoint is not of this log's history", at=f"size {signed.head.size}")
        if signed.checkpoint.origin != own:
            raise MismatchError(f"the checkpoint is of {signed.checkpoint.origin!a}", at="line 1")
        self._cosigning.bring(signed)


class _Share:
    """What one entry's objects have of the room."""

    def __init__(self, room: _Room) -> None:
        self._room, self._size = room, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._room.left += self._size

    def take(self, size: int) -> None:
        """Take so many bytes more.

        Raises:
            NotNowError: There are not so many.
        """
        if size > self._room.left:
            raise NotNowError("too many objects are in memory already", retry_after=_RETRY_SECONDS)
        self._room.left -= size
        self._size += size


class _Room:
    """Memory for objects. Bytes are counted as they come: who only says that they will keeps out nobody."""

    def __init__(self, most: int) -> None:
        self.left = most

    def share(self) -> _Share:
        """Room for an entry's objects, while the context lasts."""
        return _Share(self)


class _Body:
    """A body in parts, each after its length."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._ahead = bytearray()

    async def part(self, largest: int) -> bytes:
        """The next part.

        Raises:
            MalformedError: It is larger, or cut off.
        """
        size = int.from_bytes(await self._take(LENGTH_SIZE), "big")
        if size > largest:
            raise MalformedError(f"a part of {size} bytes, where {largest} are the most", at="body")
        return await self._take(size)

    async def end(self) -> None:
        """Check that nothing follows.

        Raises:
            MalformedError: Something does.
        """
        more = bool(self._ahead)
        while not more and (piece := await anext(self._pieces, None)) is not None:
            more = bool(piece)
        if more:
            raise MalformedError("more follows than the entry and the objects that it names", at="body")

    async def objects(self, sizes: Sequence[int], share: _Share) -> list[bytes]:
        """The parts that are left: objects, of no more than these sizes.

        Raises:
            MalformedError: One is larger, something is cut off, or more follows.
            NotNowError: There is no room for them.
            TimeoutError: They come too slowly.
        """
        self._pieces = _prompt(self._pieces, share)
        found = [await self.part(size) for size in sizes]
        await self.end()
        return found

    async def _take(self, size: int) -> bytes:
        while len(self._ahead) < size:
            piece = await anext(self._pieces, None)
            if piece is None:
                raise MalformedError("the body is cut off", at="body")
            self._ahead += piece
        taken = bytes(self._ahead[:size])
        del self._ahead[:size]
        return taken


async def _prompt(pieces: AsyncIterator[bytes], share: _Share) -> AsyncIterator[bytes]:
    """Pieces that come fast enough, while there is room for them."""
    clock = asyncio.get_running_loop().time
    began, came = clock(), 0
    while True:
        seconds = min(_UPLOAD_SECONDS, _ENTRY_SECONDS + came / _SLOWEST)
        async with asyncio.timeout_at(began + seconds):
            piece = await anext(pieces, None)
        if piece is None:
            return
        came += len(piece)
        share.take(len(piece))
        yield piece


def create_app(opened: Opened) -> ASGIApp:
    """The application.

    Args:
        opened: The service.
    """
    routes = [*_Endpoints(opened).routes(), *Files(opened.public, opened.buckets).routes()]
    return ForEverybody(routes)


async def _answer(future: Any) -> Any:
    """What the service answers.

    Raises:
        UnavailableError: It takes too long; the entry may be in the log all the same.
    """
    try:
        return await asyncio.wait_for(asyncio.wrap_future(future), _ANSWER_SECONDS)
    except TimeoutError:
        raise UnavailableError("no answer in time; it may be in the log", hint="hand it in again") from None


async def _receipt(future: Any) -> Response:
    return _written(await _answer(future))


def _written(receipt: Receipt) -> Response:
    return Response(write_receipt(receipt), headers={"Content-Type": _TEXT, "Cache-Control": "no-store"})


def serve(directory: Path, *, host: str, port: int, clock: Clock, settings: ServiceSettings) -> None:
    """Listen until the process is told to end; what was accepted is answered.

    If it is not known any more what is stored, the process ends at once, with exit code 3.

    Args:
        directory: The server's.
        host: Where to listen. Behind a proxy that speaks TLS, this machine only.
        port: 0 takes a free one, which an event tells.
        clock: Tells the time.
        settings: The operator's.

    Raises:
        PsephosError: It cannot start.
    """
    listening = listen(host, port)
    say = log_to_stderr(clock)
    with open_service(directory, clock=clock, settings=settings, say=say, on_fatal=_ending(say)) as opened:
        server = server_of(create_app(opened), stop_seconds=_STOP_SECONDS, connections=MOST_CONNECTIONS)
        run(server, listening, say=say)
    say("stopped")


def _ending(say: Say) -> Callable[[FatalError], None]:
    """End the process: nobody may be told anything any more, and nothing may be tidied up."""

    def end(error: FatalError) -> None:
        say("fatal", reason=str(error))
        os._exit(_UNKNOWN)

    return end
