"""Entries with objects beside the log: read only for an entry that would have effect, stored only with it."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from psephos.adapters.handing_in import write_handed_in
from psephos.adapters.http import Answer, Web
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import EntryKind, make_board_entry
from tests.server.board_process import Board, Place, terms

VOTERS = 1000
"""Their credentials have more than 60,000 bytes."""


@pytest.fixture
def place(tmp_path: Path, web: Web) -> Place:
    """A board of a vote with so many voters."""
    return Place.make(tmp_path / "board", terms(), web=web, voters=VOTERS)


@pytest.fixture
def board(place: Place) -> Iterator[Board]:
    """It runs; nothing is set up yet."""
    with Board(place.directory, "--start-alone") as process:
        yield process


def setup_of(place: Place, *, salt: bytes = b"") -> tuple[bytes, list[bytes]]:
    """The Setup entry and its objects."""
    entry, blobs = make_board_entry(EntryKind.SETUP, [*place.vote.setup, place.vote.signed_setup()], salt=salt)
    return entry, list(blobs.values())


def post(place: Place, board: Board, body: bytes) -> Answer:
    """Hand in by hand."""
    return place.web.post(f"{board.url}/entry", body, content_type="application/vnd.psephos.entry")


def stored(place: Place) -> list[str]:
    """The objects that lie beside the log."""
    return sorted(path.name for path in (place.directory / "pub" / "blob").glob("*"))


def test_entry_with_objects_is_taken_in_with_them(place: Place, board: Board) -> None:
    """They are served under their names; who hands the entry in again need not send them."""
    entry, blobs = setup_of(place)
    assert [len(blob) > 60_000 for blob in blobs] == [True]
    receipt = place.client(board).entry(entry, blobs)
    assert stored(place) == [sha256_hex(blobs[0])]
    answer = place.web.get(f"{board.url}/blob/{sha256_hex(blobs[0])}", limit=1 << 20)
    assert (answer.status, answer.body) == (200, blobs[0])
    assert place.client(board).entry(entry).index == receipt.index
    for acceptance in place.vote.acceptances:
        place.hand_in(board, EntryKind.ACCEPTANCE, [acceptance])
    assert place.client(board).ballot(place.vote.ballots[0])


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (lambda entry, _: write_handed_in(entry), 400, "malformed"),
        (lambda entry, blob: write_handed_in(entry, [blob[:-1]]), 422, "mismatch"),
        (lambda entry, blob: write_handed_in(entry, [blob[:-1] + b"x"]), 422, "mismatch"),
        (lambda entry, blob: write_handed_in(entry, [blob + b"x"]), 400, "malformed"),
        (lambda entry, blob: write_handed_in(entry, [blob, b"more"]), 400, "malformed"),
        (lambda entry, blob: write_handed_in(entry, [blob])[:-10], 400, "malformed"),
        (lambda entry, blob: write_handed_in(entry.replace(b"inline ", b"inline 1", 1), [blob]), 400, "malformed"),
    ],
    ids=["none", "shorter", "another", "longer", "one more", "cut off", "a broken entry"],
)
def test_entry_without_exactly_its_objects_is_refused(
    place: Place, board: Board, change: object, status: int, code: str
) -> None:
    """Nothing of it is stored, neither entry nor objects."""
    entry, blobs = setup_of(place)
    answer = post(place, board, change(entry, blobs[0]))  # type: ignore[operator]
    assert (answer.status, json.loads(answer.body)["code"]) == (status, code)
    assert stored(place) == []
    assert place.health(board)["phase"] == "empty"


def test_objects_of_an_entry_without_effect_are_not_even_read(place: Place, board: Board) -> None:
    """A setup that nobody signed names objects of a terabyte: it is refused when it has been read itself."""
    vote = place.vote
    entry, blobs = make_board_entry(EntryKind.SETUP, [*vote.setup, vote.time(1)])
    entry = entry.replace(f"blob {len(next(iter(blobs.values())))} ".encode(), b"blob 999999999999 ")
    host, port = board.url.removeprefix("http://").split(":")
    body = write_handed_in(entry) + (0).to_bytes(4, "big")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        head = "POST /entry HTTP/1.1\r\nHost: x\r\nContent-Length: 200000000\r\n\r\n"
        raw.sendall(head.encode() + body)
        answer = b""
        while b"}" not in answer and (piece := raw.recv(65536)):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 422 ")
    assert b'"code":"mismatch"' in answer
    assert stored(place) == []


def left_open(board: Board, body: bytes, stack: ExitStack) -> None:
    """Somebody who says that more will come, and sends nothing more."""
    host, port = board.url.removeprefix("http://").split(":")
    raw = stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
    raw.sendall(b"POST /entry HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + body)


def test_bodies_that_are_left_open_keep_no_entry_out(place: Place, board: Board) -> None:
    """Neither one with objects nor one without has to wait for those of others, however many there are."""
    entry, blobs = setup_of(place)
    with ExitStack() as stack:
        for _ in range(12):
            left_open(board, write_handed_in(entry), stack)
        assert place.client(board, patience=0).entry(entry, blobs)
    acceptance, _ = make_board_entry(EntryKind.ACCEPTANCE, [place.vote.acceptances[0]])
    with ExitStack() as stack:
        for _ in range(12):
            left_open(board, write_handed_in(acceptance), stack)
        assert place.client(board, patience=0).entry(acceptance)
