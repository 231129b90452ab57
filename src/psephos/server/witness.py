"""An observer's witness at an address (c2sp.org/tlog-witness).

    POST /add-checkpoint                    cosignature lines, or why not
    GET  /<SHA-256 of the origin>/checkpoint    the checkpoint cosigned last
    GET  /health                            whether it can do its work

Nobody is asked who she is, and no log line says where a request came from.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from psephos.adapters.witness import PLAIN, UNAVAILABLE, Witness, event_line
from psephos.adapters.witness_store import BrokenStoreError
from psephos.board.witness import BAD_REQUEST, NOT_FOUND, OK
from psephos.errors import UnavailableError
from psephos.ports import Clock

LARGEST_REQUEST = 128 << 10
"""63 hashes and 16 signatures of the largest kind have half of it."""
TOO_LARGE, TOO_SLOW = 413, 408
_BODY_SECONDS = 10.0
_REQUEST_SECONDS = 15.0
_STOP_SECONDS = 5
_MOST_CONNECTIONS = 256
_LARGEST_HEADERS = 16 << 10
_RETRY = {"Retry-After": "5"}
_CLOSE = {"Connection": "close"}

Say = Callable[..., None]


class _TooLargeError(Exception):
    """The body is larger than any request."""


class _Endpoints:
    """What is answered at which address."""

    def __init__(self, witness: Witness, *, say: Say, broken: Callable[[], None]) -> None:
        self._witness = witness
        self._say = say
        self._broken = broken

    async def add_checkpoint(self, request: Request) -> Response:
        """Cosign, or say why not."""
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await _read_body(request)
            outcome = await run_in_threadpool(self._witness.add_checkpoint, body)
        except (TimeoutError, _TooLargeError) as error:
            status = TOO_LARGE if isinstance(error, _TooLargeError) else TOO_SLOW
            self._say("add-checkpoint", status=status)
            return _answer(status, headers=_CLOSE)
        except ClientDisconnect:
            return _answer(BAD_REQUEST)
        except UnavailableError as error:
            return self._unavailable(error)
        said = {"origin": outcome.origin, "size": outcome.size, "reason": outcome.reason}
        self._say("add-checkpoint", status=outcome.status, **said)
        if outcome.suspicious:
            self._say("alarm", kind=outcome.suspicious, **said)
        headers = _RETRY if outcome.status == UNAVAILABLE else {}
        return _answer(outcome.status, outcome.body, content_type=outcome.content_type, headers=headers)

    async def latest(self, request: Request) -> Response:
        """The checkpoint cosigned last, for everybody."""
        try:
            note = await run_in_threadpool(self._witness.latest, request.path_params["origin"])
        except UnavailableError as error:
            return self._unavailable(error)
        headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"}
        return _answer(OK if note else NOT_FOUND, note or b"", headers=headers)

    async def health(self, _: Request) -> Response:
        """Whether the memory can be read."""
        try:
            await run_in_threadpool(self._witness.logs)
        except UnavailableError as error:
            return self._unavailable(error)
        return _answer(OK, b"ok\n", headers={"Cache-Control": "no-store"})

    def _unavailable(self, error: UnavailableError) -> Response:
        if isinstance(error, BrokenStoreError):
            self._say("broken", reason=str(error))
            self._broken()
        else:
            self._say("busy", reason=str(error))
        return _answer(UNAVAILABLE, headers=_RETRY)


def create_app(witness: Witness, *, say: Say, broken: Callable[[], None]) -> Starlette:
    """The application.

    Args:
        witness: Decides and signs.
        say: Takes an event and its values, for the log.
        broken: Called when the store fails: the process must end.
    """
    answers = _Endpoints(witness, say=say, broken=broken)
    return Starlette(
        routes=[
            Route("/add-checkpoint", answers.add_checkpoint, methods=["POST"]),
            Route("/health", answers.health, methods=["GET"]),
            Route("/{origin}/checkpoint", answers.latest, methods=["GET"]),
        ]
    )


async def _read_body(request: Request) -> bytes:
    """The body, given up at the first byte too many.

    Raises:
        _TooLargeError: It has that byte, or says that it will.
    """
    promised = request.headers.get("content-length", "0")
    if promised.isdecimal() and int(promised) > LARGEST_REQUEST:
        raise _TooLargeError
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_REQUEST:
            raise _TooLargeError
    return bytes(body)


def _answer(
    status: int, body: bytes = b"", *, content_type: str = PLAIN, headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    # As a header, and not as the media type, to which Starlette adds a character set: logs compare text/x.tlog.size.
    return Response(body, status, {**headers, "Content-Type": content_type})


class _PromptProtocol(H11Protocol):
    """Closes a connection on which no request begins; uvicorn alone waits for it, and for slow headers, for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_request()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect_request()

    def _expect_request(self) -> None:
        self.loop.call_later(_REQUEST_SECONDS, partial(self._close_unless_begun, self.cycle))

    def _close_unless_begun(self, last: object) -> None:
        if self.cycle is last and not self.transport.is_closing():
            self.transport.close()


class _JsonFormatter(logging.Formatter):
    """What uvicorn says, as an event. No address is in it: its access log is off, nothing below a warning is kept."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        return event_line(self._clock.now(), "http", level=record.levelname, reason=record.getMessage(), trace=trace)


def serve(witness: Witness, *, host: str, port: int, clock: Clock) -> bool:
    """Listen until the process is told to end; requests under way are answered.

    Args:
        witness: Decides and signs.
        host: Where to listen. Behind a proxy that speaks TLS, this machine only.
        port: 0 takes a free one, which the first log line tells.
        clock: For the log.

    Returns:
        False if it ended because the store broke.

    Raises:
        UnavailableError: The address cannot be had.
    """
    healthy = True

    def say(event: str, **fields: str | int) -> None:
        print(event_line(clock.now(), event, **fields), file=sys.stderr, flush=True)  # noqa: T201 - this is the log

    def broken() -> None:
        nonlocal healthy
        healthy, server.should_exit = False, True

    listening = _listen(host, port)
    _log_as_events(clock)
    server = _server(create_app(witness, say=say, broken=broken))
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn stops gracefully, then raises it again for us
        signal.signal(number, lambda *_: None)
    address, taken = listening.getsockname()[:2]
    say("listening", address=f"http://[{address}]:{taken}" if ":" in address else f"http://{address}:{taken}")
    server.run(sockets=[listening])
    say("stopped")
    return healthy


def _server(app: Starlette) -> Server:
    return Server(
        Config(
            app,
            http=_PromptProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=_STOP_SECONDS,
            h11_max_incomplete_event_size=_LARGEST_HEADERS,
        )
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        # Connections inherit it. Asyncio sets it only on sockets that it made itself; without it, an answer in two
        # pieces waits for the client's delayed acknowledgement, 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise UnavailableError(f"cannot listen on {host}:{port}: {error}") from None
    return listening


def _log_as_events(clock: Clock) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter(clock))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
