"""The log that asks a witness, the witness that nobody can reach, and limits on both."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from psephos.adapters.http import HttpFetcher, HttpWitness, Web
from psephos.adapters.witness_store import BrokenStoreError
from psephos.board.checkpoint import (
    read_signed_checkpoint,
)
from psephos.board.cosignature import verifiers_of
from psephos.board.merkle import prove_consistency
from psephos.board.note import (
    Ed25519Signer,
    Note,
    SignatureLine,
    read_signature_lines,
    read_verifier_key,
    verify_note,
)
from psephos.board.witness import AddCheckpoint, write_add_checkpoint
from psephos.cli.witness import run
from psephos.errors import (
    BoardError,
    InvalidProofError,
    PsephosError,
    UnavailableError,
)
from psephos.verify.evidence import check_evidence, read_evidence
from tests.board.example import LOG, head_of, reader_of, signed
from tests.board.test_client import board
from tests.server.process import EMPTY, FORGED, LEAVES, Process, SetClock, keys_of, memory, open_witness


def test_log_asks_and_is_answered(server: Process, directory: Path, web: Web) -> None:
    """Our client finds out where the witness stands, and alarms when it is contradicted."""

    def ask(new: int, leaves: list[bytes] = LEAVES) -> tuple[SignatureLine, ...]:
        read = reader_of(leaves)
        return witness.cosign(signed(head_of(leaves[:new])), lambda old: prove_consistency(read, old=old, new=new))

    witness = HttpWitness(web, server.url, tuple(keys_of(directory)))
    assert len(ask(5)) == 2
    assert (witness.size, len(ask(9))) == (5, 2)
    witness = HttpWitness(web, server.url, tuple(keys_of(directory)[:1]))
    assert len(ask(12)) == 1  # it learns the size; the line of the key that it does not know is left out
    assert witness.size == 12
    for new, leaves in ((12, FORGED), (14, FORGED), (7, LEAVES)):
        with pytest.raises(BoardError) as caught:
            ask(new, leaves)
        assert caught.value.code == "board"
    witness.size = 12
    assert len(ask(12)) == 1
    with pytest.raises(InvalidProofError):
        HttpWitness(web, server.url, (LOG.key, Ed25519Signer("x", bytes(32)).key)).cosign(
            signed(head_of(LEAVES[:12])), lambda _: ()
        )


def publish(folder: Path, *steps: int, entries: list[bytes] | None = None) -> str:
    """A board's files in a directory; gives its address."""
    files = board(*steps) if entries is None else board(*steps, entries=entries)
    for path, data in files.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder.absolute().as_uri()


def test_witness_behind_a_wall_pulls_and_prints_its_lines(
    directory: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """From a directory, such as a USB stick: the lines go back the same way."""
    for steps in ((300,), (300, 700), (300, 700)):
        url = publish(tmp_path / "board", *steps)
        capfd.readouterr()
        assert run(["pull", str(directory), url, "--once"]) == 0
        note = read_signed_checkpoint((tmp_path / "board" / "checkpoint").read_bytes())
        lines = read_signature_lines(capfd.readouterr().out.encode())
        assert len(verify_note(Note(note.note.text, lines), verifiers_of(keys_of(directory)))) == 2
        assert memory(directory)[:2] == (note.head.size, note.head.root)


def test_witness_that_pulls_alarms_on_a_fork_and_keeps_the_proof(directory: Path, tmp_path: Path) -> None:
    """At a power of two, where the consistency proof alone does not convict."""
    assert run(["pull", str(directory), publish(tmp_path / "one", 256), "--once"]) == 0
    forged = [f"forged-{at}".encode() for at in range(700)]
    assert run(["pull", str(directory), publish(tmp_path / "two", 700, entries=forged), "--once"]) == 1
    (file,) = (directory / "evidence").iterdir()
    assert check_evidence(read_evidence(file.read_bytes()), [LOG.key]).culprit == LOG.key.name
    assert memory(directory)[0] == 256


def test_witness_that_pulls_does_not_follow_back(directory: Path, tmp_path: Path) -> None:
    """A smaller board is an alarm, an empty directory is not; neither changes its memory."""
    assert run(["pull", str(directory), publish(tmp_path / "one", 300, 700), "--once"]) == 0
    assert run(["pull", str(directory), publish(tmp_path / "two", 300), "--once"]) == 1
    assert run(["pull", str(directory), (tmp_path / "none").as_uri(), "--once"]) == 3
    assert run(["pull", str(directory), "ftp://board.example", "--once"]) == 3
    assert memory(directory)[0] == 700


def test_witness_whose_memory_was_put_back_notices(directory: Path, tmp_path: Path) -> None:
    """The board shows a cosignature of its own that it does not remember: it refuses, for ever."""
    url = publish(tmp_path / "board", 300)
    assert run(["pull", str(directory), url, "--once"]) == 0
    backup = (directory / "witness.db").read_bytes()
    clock = SetClock()
    clock.time = int(time.time()) + 60
    note = read_signed_checkpoint((tmp_path / "board" / "checkpoint").read_bytes())
    with open_witness(directory, clock) as witness:
        outcome = witness.add_checkpoint(write_add_checkpoint(AddCheckpoint(300, (), note)))
    with (tmp_path / "board" / "checkpoint").open("ab") as checkpoint:
        checkpoint.write(outcome.body)
    assert run(["pull", str(directory), url, "--once"]) == 3  # its own clock is behind what it remembers: later
    for old in directory.glob("witness.db*"):
        old.unlink()
    (directory / "witness.db").write_bytes(backup)
    assert run(["pull", str(directory), url, "--once"]) == 1


def test_witness_behind_a_wall_pushes_over_http(directory: Path) -> None:
    """It looks until it is stopped, says each look as an event, and hands the cosigned checkpoint in."""
    received: list[bytes] = []
    files = board(300)

    async def hand_out(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "POST":
            received.append((await receive())["body"])
        body = files.files.get(scope["path"][1:])
        status = 204 if scope["method"] == "POST" else 200 if body is not None else 404
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"" if status == 204 else body or b""})

    server = uvicorn.Server(uvicorn.Config(hand_out, ws="none", lifespan="off", log_config=None, access_log=False))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    command = [
        sys.executable,
        "-m",
        "psephos.cli.witness",
        "pull",
        str(directory),
        url,
        "--push",
        url + "/hand-in",
        "--every",
        "0.1",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["size"] == 300
        files.grow([f"ballot-{at:07}".encode() for at in range(300, 700)])
        while (event := json.loads(process.stderr.readline()))["size"] != 700:
            assert event["event"] == "cosigned"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    server.should_exit = True
    thread.join()
    note = read_signed_checkpoint(received[-1])
    assert note.head.size == 700
    assert len(verify_note(note.note, verifiers_of([LOG.key, *keys_of(directory)]))) == 3


@pytest.fixture
def rude() -> Iterator[Callable[[list[bytes], float], str]]:
    """A server that sends given bytes at a given pace; gives its address."""
    sockets: list[socket.socket] = []

    def start(pieces: list[bytes], pause: float) -> str:
        listening = socket.create_server(("127.0.0.1", 0))
        sockets.append(listening)

        def talk() -> None:
            with suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(4096)
                    for piece in pieces:
                        connection.sendall(piece)
                        time.sleep(pause)

        threading.Thread(target=talk, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield start
    for listening in sockets:
        listening.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@pytest.mark.parametrize(
    ("pieces", "pause"),
    [
        ([HEAD + b"Content-Length: 9000000\r\n\r\n", *[bytes(1 << 20)] * 8], 0.0),  # too much
        ([HEAD + b"Content-Length: 60\r\n\r\n", *[b"x"] * 50], 0.05),  # too slow, though never silent
        ([b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 50, b"Content-Length: 0\r\n\r\n"], 0.05),  # in its headers
        ([b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 50 + [HEAD + b"Content-Length: 0\r\n\r\n"], 0.05),  # before them
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", *[b"x"] * 50, b"\r\nx\r\n0\r\n\r\n"], 0.05),  # around a chunk
        ([HEAD + b"Content-Length: 60\r\n\r\nx"], 2.0),  # silent
        ([HEAD + b"Content-Length: 60\r\n\r\nx"], 0.0),  # cut off
        ([b"nonsense\r\n\r\n"], 0.0),
        ([b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"], 0.0),
        ([b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"], 0.0),
    ],
)
def test_board_that_is_rude_is_unavailable(
    rude: Callable[[list[bytes], float], str], pieces: list[bytes], pause: float
) -> None:
    """Too much, too slow, silent, cut off, no HTTP, elsewhere, broken: nothing was proved."""
    with Web(connect=1, read=0.5, total=0.6) as web, pytest.raises(UnavailableError) as caught:
        HttpFetcher(web, rude(pieces, pause)).fetch("checkpoint", limit=1000)
    assert caught.value.code == "unavailable"


def test_bundle_that_is_compressed_is_read(rude: Callable[[list[bytes], float], str]) -> None:
    """> MAY be Content-Encoding: gzip without negotiation; and a bomb is cut off at the limit."""
    import gzip  # noqa: PLC0415

    for content, limit in ((b"entries" * 100, 700), (bytes(50_000_000), 10_000)):
        body = gzip.compress(content)
        url = rude([HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body], 0.0)
        with Web() as web:
            if len(content) <= limit:
                assert HttpFetcher(web, url).fetch("x", limit=limit) == content
            else:
                with pytest.raises(UnavailableError):
                    HttpFetcher(web, url).fetch("x", limit=limit)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nnonsense",
        b"HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 3\r\n\r\n03\n",
        b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_witness_that_says_nothing_is_unavailable(rude: Callable[[list[bytes], float], str], answer: bytes) -> None:
    """Only what the document says is an alarm; everything else is silence."""
    with Web() as web, pytest.raises(PsephosError) as caught:
        HttpWitness(web, rude([answer], 0.0), (read_verifier_key(str(LOG.key)),)).cosign(signed(EMPTY), lambda _: ())
    assert isinstance(caught.value, UnavailableError)
    assert not isinstance(caught.value, BrokenStoreError)
