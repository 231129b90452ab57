"""What is answered whatever happens: faults of ours, addresses that there are not, methods that they do not take."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from psephos.server.answering import ERRORS, Answering, ForEverybody


async def fails(_: Request) -> Response:
    """Before it answers."""
    raise ZeroDivisionError


async def breaks_off(_: Request) -> Response:
    """In the middle of its answer."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"piece"
        raise ZeroDivisionError

    return StreamingResponse(pieces(), media_type="text/plain")


APP = ForEverybody(
    [
        Route("/answering", Answering(fails), methods=["POST"]),
        Route("/plain", fails, methods=["GET"]),
        Route("/middle", Answering(breaks_off), methods=["GET"]),
        ERRORS,
    ]
)


def ask(method: str, path: str, *, raised: bool = False) -> httpx.Response:
    """Ask the application, and let pass what it raises for the server's log, or not."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(APP, raise_app_exceptions=raised)
        async with httpx.AsyncClient(transport=transport, base_url="http://board.example") as client:
            return await client.request(method, path)

    return asyncio.run(asked())


@pytest.mark.parametrize(("method", "path"), [("POST", "/answering"), ("GET", "/plain")])
def test_fault_is_answered_to_pages_of_any_origin_and_raised_for_the_log(method: str, path: str) -> None:
    """The answer says that it was ours, in the form of every error, and nothing of what it was."""
    found = ask(method, path)
    assert (found.status_code, found.json()["code"]) == (500, "fault")
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert found.headers["Content-Type"] == "application/problem+json"
    assert "Zero" not in found.text
    with pytest.raises(ZeroDivisionError):
        ask(method, path, raised=True)


def test_fault_in_the_middle_of_an_answer_begins_no_second_one() -> None:
    """Its head has gone out; the connection ends, and the log hears of it."""
    assert ask("GET", "/middle").text == "piece"
    with pytest.raises(ZeroDivisionError):
        ask("GET", "/middle", raised=True)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("POST", "/answering/", 404, "not-found"),
        ("GET", "/errors/nothing", 404, "not-found"),
        ("GET", "/answering", 405, "not-allowed"),
        ("DELETE", "/plain", 405, "not-allowed"),
    ],
)
def test_what_there_is_not_is_answered_in_the_form_of_every_error(
    method: str, path: str, status: int, code: str
) -> None:
    """No address is redirected to another; a refused method is told which there are."""
    found = ask(method, path, raised=True)
    assert (found.status_code, found.json()["code"], found.headers["Access-Control-Allow-Origin"]) == (
        status,
        code,
        "*",
    )
    assert ("Allow" in found.headers) == (status == 405)


def test_page_of_another_origin_may_ask_beforehand() -> None:
    """Wherever it asks."""
    found = ask("OPTIONS", "/answering", raised=True)
    assert (found.status_code, found.headers["Access-Control-Allow-Methods"]) == (204, "GET, POST")
    assert found.headers["Access-Control-Allow-Origin"] == "*"
