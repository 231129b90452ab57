"""Clients that hold connections: with trailers that never end, or by reading nothing."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Server

from psephos.board.storage import NotNowError
from psephos.errors import MalformedError
from psephos.server import board, connections

LARGE = 64 << 20


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers GET with more than any buffer holds, and POST once its body has come."""
    if scope["method"] == "POST":
        while (await receive()).get("more_body"):
            pass
    body = bytes(LARGE if scope["method"] == "GET" else 1)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, int]]:
    """A server in a thread that does not wait long for readers; and its port."""
    monkeypatch.setattr(connections, "READING_SECONDS", 0.3)
    running = connections.server_of(app)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=running.run, args=([listening],))
    thread.start()
    yield running, listening.getsockname()[1]
    running.should_exit = True
    thread.join()


def none_left(running: Server, *, seconds: float = 10.0) -> bool:
    """Whether the server holds no connection any more, after some time."""
    end = time.monotonic() + seconds
    while running.server_state.connections and time.monotonic() < end:
        time.sleep(0.02)
    return not running.server_state.connections


def send_slowly(raw: socket.socket, piece: bytes, *, times: int) -> None:
    """Send a piece again and again."""
    for _ in range(times):
        raw.sendall(piece)
        time.sleep(0.01)


def test_answer_that_nobody_reads_is_given_up(server: tuple[Server, int]) -> None:
    """However large it is, and although the client stays."""
    running, port = server
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.recv(12) == b"HTTP/1.1 200"
        assert none_left(running)


def test_answer_that_is_read_slowly_is_sent_whole(server: tuple[Server, int]) -> None:
    """Whoever reads a piece now and then gets all of it."""
    _, port = server
    said, paused = 0, False
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while piece := raw.recv(1 << 20):
            said += len(piece)
            if not paused and said > LARGE // 2:
                time.sleep(0.15)
                paused = True
    assert said > LARGE


def test_trailers_without_end_are_hung_up_on(server: tuple[Server, int]) -> None:
    """What follows a body in chunks counts as headers do."""
    running, port = server
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: ")
        with pytest.raises(OSError, match=r"reset|pipe"):
            send_slowly(raw, b"y" * 4096, times=200)
    assert none_left(running)


def test_large_body_in_small_chunks_is_no_header(server: tuple[Server, int]) -> None:
    """A body may be of any size that whoever reads it allows."""
    _, port = server
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        for _ in range(200):
            raw.sendall(b"400\r\n" + bytes(0x400) + b"\r\n")
        raw.sendall(b"0\r\n\r\n")
        assert raw.recv(12) == b"HTTP/1.1 200"


def test_what_follows_an_entry_is_not_collected() -> None:
    """The first byte too many ends it."""
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        yield b"\0\0\0\1a"
        yield b""
        while True:
            asked += 1
            yield bytes(1000)

    async def read() -> bytes:
        body = board._Body(endless())
        part = await body.part(1)
        with pytest.raises(MalformedError):
            await body.end()
        return part

    assert asyncio.run(read()) == b"a"
    assert asked == 1


async def dripping(piece: bytes, *, times: int) -> AsyncIterator[bytes]:
    """An object of which a piece comes now and then."""
    yield (times * len(piece)).to_bytes(4, "big")
    for _ in range(times):
        await asyncio.sleep(0.02)
        yield piece


def test_objects_that_drip_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never silent, and yet too slow; what comes fast enough is read to its end."""
    monkeypatch.setattr(board, "_ENTRY_SECONDS", 0.1)
    monkeypatch.setattr(board, "_SLOWEST", 1000)
    room = board._Room(10_000)

    async def read(piece: bytes) -> list[bytes]:
        with room.share() as share:
            return await board._Body(dripping(piece, times=20)).objects([10_000], share)

    assert asyncio.run(read(bytes(400))) == [bytes(8000)]
    with pytest.raises(TimeoutError):
        asyncio.run(read(b"x"))
    assert room.left == 10_000


def test_objects_for_which_there_is_no_room_are_not_collected() -> None:
    """Whoever only says how much will come takes nothing away; what has come is held until its entry is answered."""
    room = board._Room(1000)

    async def read(size: int) -> list[bytes]:
        with room.share() as share:
            return await board._Body(dripping(bytes(100), times=size // 100)).objects([size], share)

    with room.share() as held:
        held.take(500)
        assert asyncio.run(read(400)) == [bytes(400)]
        with pytest.raises(NotNowError) as caught:
            asyncio.run(read(600))
    assert caught.value.retry_after > 0
    assert asyncio.run(read(600)) == [bytes(600)]
