"""What every server here does about connections: limits in bytes and seconds, events without addresses, an end."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.types import ASGIApp
from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from psephos.adapters.witness import event_line
from psephos.errors import UnavailableError
from psephos.ports import Clock

BODY_SECONDS = 10.0
REQUEST_SECONDS = 15.0
READING_SECONDS = 120.0
"""For so long nothing of a whole piece of an answer may be read."""
MOST_CONNECTIONS = 256
_STOP_SECONDS = 5
_LARGEST_HEADERS = 16 << 10
_COLLECT_AFTER = 50_000

Say = Callable[..., None]
"""Takes an event and its values, for the log."""


class TooLargeError(Exception):
    """The body is larger than any request."""


async def pieces_of(request: Request, *, limit: int) -> AsyncIterator[bytes]:
    """The body, given up at the first byte too many.

    Raises:
        TooLargeError: It has that byte, or says that it will.
    """
    promised = request.headers.get("content-length", "0")
    if promised.isdecimal() and int(promised) > limit:
        raise TooLargeError
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise TooLargeError
        yield piece


async def read_body(request: Request, *, limit: int) -> bytes:
    """The whole body, if it comes in time.

    Raises:
        TooLargeError: See `pieces_of`.
        TimeoutError: It comes too slowly.
    """
    async with asyncio.timeout(BODY_SECONDS):
        return b"".join([piece async for piece in pieces_of(request, limit=limit)])


class PromptProtocol(HttpToolsProtocol):
    """Ends a connection on which no request begins, one with endless headers, and one whose answers nobody reads.

    uvicorn alone waits for a request, for slow headers and for a slow reader for ever, and reads headers of any size.
    """

    _head_size, _lost = 0, False
    _patience: asyncio.TimerHandle
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a request from now on."""
        super().connection_made(transport)
        self._expect_request()

    def data_received(self, data: bytes) -> None:
        """Count what is no body: headers, and what may follow a body in chunks."""
        self._head_size += len(data)
        super().data_received(data)
        if self._head_size > _LARGEST_HEADERS:
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Nothing is expected until this is answered."""
        self._patience.cancel()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Whoever reads the body counts it."""
        self._head_size = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Whatever follows is the next request."""
        self._head_size = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Expect the next one, unless it has come already."""
        super().on_response_complete()
        if self._lost:
            return
        if self.transport.is_closing():
            self._leave()
        elif self.cycle.response_complete:
            self._expect_request()

    def pause_writing(self) -> None:
        """An answer has to be read by and by."""
        super().pause_writing()
        self._unread = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It is."""
        super().resume_writing()
        self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._lost = True
        self._patience.cancel()
        self._stop_waiting()
        super().connection_lost(exc)

    def _expect_request(self) -> None:
        self._patience = self.loop.call_later(REQUEST_SECONDS, self._leave)

    def _leave(self) -> None:
        """Close once all was sent, which is waited for, but not for ever."""
        self.transport.close()
        self._patience = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._unread is not None:
            self._unread.cancel()


class _JsonFormatter(logging.Formatter):
    """What uvicorn says, as an event. No address is in it: its access log is off, nothing below a warning is kept."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        return event_line(self._clock.now(), "http", level=record.levelname, reason=record.getMessage(), trace=trace)


def log_to_stderr(clock: Clock) -> Say:
    """Make everything that is said, by uvicorn too, one line of JSON per event on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter(clock))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)

    def say(event: str, **fields: str | int) -> None:
        # In one piece: several threads have something to say.
        sys.stderr.write(event_line(clock.now(), event, **fields) + "\n")
        sys.stderr.flush()

    return say


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: Where. Behind a proxy that speaks TLS, this machine only.
        port: 0 takes a free one.

    Raises:
        UnavailableError: The address cannot be had.
    """
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        # Connections inherit it. Asyncio sets it only on sockets that it made itself; without it, an answer in two
        # pieces waits for the client's delayed acknowledgement, 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise UnavailableError(f"cannot listen on {host}:{port}: {error}") from None
    return listening


def address_of(listening: socket.socket) -> str:
    """The URL of a socket that listens."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def server_of(app: ASGIApp, *, stop_seconds: int = _STOP_SECONDS, connections: int | None = None) -> Server:
    """A server that has not begun. It ends gracefully when told to: requests under way are answered.

    Args:
        app: What it serves.
        stop_seconds: How long it waits for those requests.
        connections: How many there may be; more are turned away.
    """
    return Server(
        Config(
            app,
            http=PromptProtocol,
            loop="uvloop",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=connections or MOST_CONNECTIONS,
            timeout_graceful_shutdown=stop_seconds,
        )
    )


def run(server: Server, listening: socket.socket, *, say: Say) -> None:
    """Serve until the process is told to end."""

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn has handlers of its own, but not yet; when it has stopped gracefully, it raises the signal again for us.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    say("listening", address=address_of(listening))
    # What was loaded stays; and requests make thousands of objects that are gone before a collection would find them.
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    server.run(sockets=[listening])
