"""How services for everybody answer: errors in one form, to pages of any origin, and nothing said about who asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from psephos.errors import PsephosError
from psephos.server.connections import TooLargeError
from psephos.server.problems import FAULT, MEANINGS, NOT_FOUND, TOO_LARGE, TOO_SLOW, answer_error, problem

_NOT_ALLOWED = 405
_NO_CONTENT = 204
_CLOSE = {"Connection": "close"}

Endpoint = Callable[[Request], Awaitable[Response]]


class _ForEverybody:
    """Lets pages of any origin read what is answered, and ask beforehand whether they may."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            asked = {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Content-Type"}
            await Response(status_code=_NO_CONTENT, headers={**asked, "Access-Control-Max-Age": "86400"})(
                scope, receive, self._open(send)
            )
            return
        await self._app(scope, receive, self._open(send))

    @staticmethod
    def _open(send: Send) -> Send:
        async def opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    (b"access-control-allow-origin", b"*"),
                    (b"access-control-expose-headers", b"Retry-After"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        return opened


def answering(endpoint: Endpoint) -> Endpoint:
    """Turn errors into answers."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except PsephosError as error:
            found = answer_error(error)
        except TooLargeError:
            found = problem(TOO_LARGE, MEANINGS["too-large"], code="too-large")
        except TimeoutError:
            found = problem(TOO_SLOW, MEANINGS["too-slow"], code="too-slow")
        except ClientDisconnect:
            found = problem(TOO_SLOW, "the connection was closed", code="too-slow")
        # What has not been read of the body is not read any more.
        found.headers.update(_CLOSE if request.method == "POST" else {})
        return found

    return answer


async def _explain(request: Request) -> Response:
    meaning = MEANINGS.get(request.path_params["code"])
    if meaning is None:
        return problem(NOT_FOUND, "there is no error of this code", code="not-found")
    return Response(f"{meaning}\n", headers={"Content-Type": "text/plain; charset=utf-8"})


ERRORS = Route("/errors/{code}", answering(_explain), methods=["GET"])
"""What an error means: its `type` leads there."""


async def _no_such_address(_: Request, error: HTTPException) -> Response:
    code = "not-allowed" if error.status_code == _NOT_ALLOWED else "not-found"
    return problem(error.status_code, MEANINGS[code], code=code, headers=error.headers or {})


async def _fault(_: Request, __: Exception) -> Response:
    return problem(FAULT, MEANINGS["fault"], code="fault")


def app_of(routes: Sequence[BaseRoute]) -> ASGIApp:
    """An application with these addresses."""
    handlers: dict[Any, Any] = {HTTPException: _no_such_address, Exception: _fault}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return _ForEverybody(app)
