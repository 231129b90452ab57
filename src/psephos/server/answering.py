"""How services for everybody answer: errors in one form, to pages of any origin, and nothing said about who asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Message, Receive, Scope, Send

from psephos.errors import PsephosError
from psephos.server.connections import TooLargeError
from psephos.server.problems import FAULT, MEANINGS, NOT_FOUND, TOO_LARGE, TOO_SLOW, answer_error, problem

_NOT_ALLOWED = 405
_NO_CONTENT = 204
_CLOSE = {"Connection": "close"}
_OPEN = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After"),
    (b"x-content-type-options", b"nosniff"),
)
_ASKED = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}

Endpoint = Callable[[Request], Awaitable[Response]]


class Answering:
    """An endpoint that turns errors into answers. An application by itself: the router adds nothing to it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        try:
            found = await self._endpoint(request)
        except PsephosError as error:
            found = _closing(request, answer_error(error))
        except TooLargeError:
            found = _closing(request, problem(TOO_LARGE, MEANINGS["too-large"], code="too-large"))
        except TimeoutError:
            found = _closing(request, problem(TOO_SLOW, MEANINGS["too-slow"], code="too-slow"))
        except ClientDisconnect:
            found = _closing(request, problem(TOO_SLOW, "the connection was closed", code="too-slow"))
        await found(scope, receive, send)


def _closing(request: Request, found: Response) -> Response:
    """What has not been read of the body is not read any more."""
    found.headers.update(_CLOSE if request.method == "POST" else {})
    return found


class ForEverybody:
    """An application: lets pages of any origin read what is answered, and ask beforehand whether they may.

    Starlette's router without its application: what that adds for every request is done once in here.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._router = Router(routes, redirect_slashes=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens."""
        started = False

        async def opened(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", []), *_OPEN]
            await send(message)

        try:
            await self._answer(scope, receive, opened)
        except Exception:
            if not started:
                await problem(FAULT, MEANINGS["fault"], code="fault")(scope, receive, opened)
            raise  # for the server's log

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await Response(status_code=_NO_CONTENT, headers=_ASKED)(scope, receive, send)
            return
        scope["app"] = self  # with one, the router raises what it would answer in words of its own
        try:
            await self._router(scope, receive, send)
        except HTTPException as error:
            code = "not-allowed" if error.status_code == _NOT_ALLOWED else "not-found"
            found = problem(error.status_code, MEANINGS[code], code=code, headers=error.headers or {})
            await found(scope, receive, send)


async def _explain(request: Request) -> Response:
    meaning = MEANINGS.get(request.path_params["code"])
    if meaning is None:
        return problem(NOT_FOUND, "there is no error of this code", code="not-found")
    return Response(f"{meaning}\n", headers={"Content-Type": "text/plain; charset=utf-8"})


ERRORS = Route("/errors/{code}", Answering(_explain), methods=["GET"])
"""What an error means: its `type` leads there."""
