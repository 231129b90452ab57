"""An observer's witness at an address (c2sp.org/tlog-witness).

    POST /add-checkpoint                    cosignature lines, or why not
    GET  /<SHA-256 of the origin>/checkpoint    the checkpoint cosigned last
    GET  /health                            whether it can do its work

Nobody is asked who she is, and no log line says where a request came from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from psephos.adapters.witness import PLAIN, UNAVAILABLE, Witness
from psephos.adapters.witness_store import BrokenStoreError
from psephos.board.witness import BAD_REQUEST, NOT_FOUND, OK
from psephos.errors import UnavailableError
from psephos.ports import Clock
from psephos.server.connections import Say, TooLargeError, listen, log_to_stderr, read_body, run, server_of

LARGEST_REQUEST = 128 << 10
"""63 hashes and 16 signatures of the largest kind have half of it."""
TOO_LARGE, TOO_SLOW = 413, 408
_RETRY = {"Retry-After": "5"}
_CLOSE = {"Connection": "close"}


class _Endpoints:
    """What is answered at which address."""

    def __init__(self, witness: Witness, *, say: Say, broken: Callable[[], None]) -> None:
        self._witness = witness
        self._say = say
        self._broken = broken

    async def add_checkpoint(self, request: Request) -> Response:
        """Cosign, or say why not."""
        try:
            body = await read_body(request, limit=LARGEST_REQUEST)
            outcome = await run_in_threadpool(self._witness.add_checkpoint, body)
        except (TimeoutError, TooLargeError) as error:
            status = TOO_LARGE if isinstance(error, TooLargeError) else TOO_SLOW
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


def _answer(
    status: int, body: bytes = b"", *, content_type: str = PLAIN, headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    # As a header, and not as the media type, to which Starlette adds a character set: logs compare text/x.tlog.size.
    return Response(body, status, {**headers, "Content-Type": content_type})


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

    def broken() -> None:
        nonlocal healthy
        healthy, server.should_exit = False, True

    listening = listen(host, port)
    say = log_to_stderr(clock)
    server = server_of(create_app(witness, say=say, broken=broken))
    run(server, listening, say=say)
    say("stopped")
    return healthy
