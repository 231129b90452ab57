"""A relay at an address; `docs/reference/openapi-relay.yaml` is the contract.

    POST /ballot            a ballot: the log's receipt, or the relay's word that it holds it
    GET  /health /errors/{code}

Nobody is asked who she is, and nothing says where a request came from.
"""

from __future__ import annotations

import threading

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from psephos.adapters.relay import Relay
from psephos.board.proof import Receipt, write_receipt
from psephos.errors import PsephosError
from psephos.server.answering import ERRORS, Answering, ForEverybody
from psephos.server.connections import Say, listen, read_body, run, server_of

LARGEST_BALLOT = 64 << 10
MOST_CONNECTIONS = 1024
_TEXT = "text/plain; charset=utf-8"
_ACCEPTED = 202
_STOP_SECONDS = 10


class _Endpoints:
    """What is answered at which address."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def ballot(self, request: Request) -> Response:
        """Take a ballot in."""
        body = await read_body(request, limit=LARGEST_BALLOT)
        answer = await run_in_threadpool(self._relay.take, body)
        headers = {"Content-Type": _TEXT, "Cache-Control": "no-store"}
        if isinstance(answer, Receipt):
            return Response(write_receipt(answer), headers=headers)
        return Response(answer, _ACCEPTED, headers)

    async def health(self, _: Request) -> Response:
        """What the relay is doing, and for which referendum."""
        party = self._relay.party
        said = {"charter": party.charter, "key": str(party.signer.key), **self._relay.counts()}
        return JSONResponse(said, headers={"Cache-Control": "no-store"})


def create_app(relay: Relay) -> ASGIApp:
    """The application."""
    answers = _Endpoints(relay)
    return ForEverybody(
        [
            Route("/ballot", Answering(answers.ballot), methods=["POST"]),
            Route("/health", Answering(answers.health), methods=["GET"]),
            ERRORS,
        ]
    )


def serve(relay: Relay, *, host: str, port: int, interval: float, say: Say) -> None:
    """Listen, and bring what is held to the boards, until the process is told to end.

    Args:
        relay: Takes in and brings.
        host: Where to listen. Behind a proxy that speaks TLS, this machine only.
        port: 0 takes a free one, which an event tells.
        interval: Seconds between looks at what is held.
        say: Takes an event and its values, for the log.

    Raises:
        UnavailableError: The address cannot be had.
    """
    ended = threading.Event()

    def keep_working() -> None:
        while not ended.wait(interval):
            try:
                relay.work()
            except PsephosError as error:
                say("trouble", code=error.code, reason=error.message)
            except Exception as error:  # noqa: BLE001 - what is held has to be brought, whatever one of them brings to light
                say("fault", reason=f"{type(error).__name__}: {error}")

    listening = listen(host, port)
    server = server_of(create_app(relay), stop_seconds=_STOP_SECONDS, connections=MOST_CONNECTIONS)
    worker = threading.Thread(target=keep_working, name="relay")
    worker.start()
    try:
        run(server, listening, say=say)
    finally:
        ended.set()
        worker.join()
    say("stopped")
