"""The client of the ballot box against a board that answers whatever a test wants."""

import json

import httpx
import pytest

from psephos.adapters.handing_in import HandingIn, write_handed_in
from psephos.adapters.http import Web
from psephos.board.proof import Receipt, write_receipt
from psephos.errors import (
    InvalidProofError,
    MalformedError,
    OutOfTurnError,
    PsephosError,
    RefusedError,
    RuleError,
    UnavailableError,
)
from tests.board.example import head_of, leaves_of, signed

LEAVES = leaves_of(1)
RECEIPT = Receipt(0, (), signed(head_of(LEAVES)))
URL = "https://board.example/2026/"


class Board:
    """Gives the answers of a list, the last one again and again; keeps the requests and the time that went by."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, *, patience: float = 100.0) -> HandingIn:
        return HandingIn(
            Web(transport=httpx.MockTransport(self.answer)),
            URL,
            patience=patience,
            sleep=self.slept.append,
            elapsed=lambda: sum(self.slept),
        )


def receipt() -> httpx.Response:
    """The answer to a ballot that was taken in."""
    return httpx.Response(200, content=write_receipt(RECEIPT), headers={"Content-Type": "text/plain; charset=utf-8"})


def problem(status: int, code: str, **more: object) -> httpx.Response:
    """The answer to one that was not."""
    body = {"type": f"errors/{code}", "title": "", "status": status, "detail": "it is so", "code": code, **more}
    return httpx.Response(status, content=json.dumps(body), headers={"Content-Type": "application/problem+json"})


def test_ballot_comes_back_as_a_receipt() -> None:
    """What is sent is the ballot's own bytes, to the board's own address."""
    board = Board(receipt())
    assert board.client().ballot(b'{"a":1}') == RECEIPT
    (sent,) = board.requests
    assert (sent.method, str(sent.url), sent.content) == ("POST", URL + "ballot", b'{"a":1}')
    assert sent.headers["content-type"] == "application/json"


def test_entry_goes_with_its_objects_each_after_its_length() -> None:
    """Four bytes of length, then the bytes."""
    board = Board(receipt())
    assert board.client().entry(b"entry", [b"one", b""]) == RECEIPT
    assert board.requests[0].content == b"\0\0\0\x05entry\0\0\0\x03one\0\0\0\0"
    assert board.requests[0].headers["content-type"] == "application/vnd.psephos.entry"
    assert write_handed_in(b"entry") == b"\0\0\0\x05entry"


def test_notes_go_as_they_are() -> None:
    """Cosignatures and gossip; the others' gossip comes back as notes."""
    board = Board(httpx.Response(204), httpx.Response(204), httpx.Response(200, content=b'["a note\\n"]'))
    client = board.client()
    client.cosignatures(RECEIPT.signed)
    client.gossip(b"note")
    assert client.heard() == [b"a note\n"]
    assert [request.url.path for request in board.requests] == ["/2026/cosignatures", "/2026/gossip", "/2026/gossip"]
    assert board.requests[0].content == bytes(RECEIPT.signed)


@pytest.mark.parametrize("answer", [httpx.Response(200, content=b"[1]"), httpx.Response(404), httpx.Response(200)])
def test_gossip_that_is_no_list_of_notes_is_no_gossip(answer: httpx.Response) -> None:
    """Nothing is known then, and nothing claimed."""
    with pytest.raises(UnavailableError):
        Board(answer).client().heard()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "malformed", MalformedError),
        (409, "out-of-turn", OutOfTurnError),
        (422, "invalid-proof", InvalidProofError),
        (422, "rule", RuleError),
        (404, "not-found", RefusedError),
        (413, "too-large", RefusedError),
        (400, "unavailable", RefusedError),
    ],
)
def test_board_that_declines_is_asked_once(status: int, code: str, kind: type[PsephosError]) -> None:
    """Its code, place, culprit and hint are the error's."""
    board = Board(problem(status, code, at="/answers/0", culprit="Trustee 1", hint="do it again"))
    with pytest.raises(kind) as caught:
        board.client().ballot(b"{}")
    error = caught.value
    assert (type(error), error.code, error.at, error.culprit, error.hint) == (
        kind,
        code,
        "/answers/0",
        "Trustee 1",
        "do it again",
    )
    assert "it is so" in error.message
    assert len(board.requests) == 1


def test_board_that_is_busy_is_asked_again_when_it_says() -> None:
    """Full pool, too many of one credential, no connection, an answer that is none: then the receipt."""
    board = Board(
        problem(503, "not-now", retry_after=7),
        problem(429, "too-many", retry_after=60),
        httpx.ConnectError("no"),
        httpx.Response(502, content=b"<html>"),
        receipt(),
    )
    assert board.client(patience=1000).ballot(b"{}") == RECEIPT
    assert len(board.requests) == 5
    assert board.slept[:2] == [7, 60]
    assert all(pause > 0 for pause in board.slept)


def test_patience_ends() -> None:
    """The last reason is told, with its code; whether the ballot is in the log is not known."""
    board = Board(problem(503, "not-now", retry_after=7))
    with pytest.raises(UnavailableError) as caught:
        board.client(patience=20).ballot(b"{}")
    assert caught.value.code == "not-now"
    assert board.slept == [7, 7]
    impatient = Board(httpx.ConnectError("no"))
    with pytest.raises(UnavailableError):
        impatient.client(patience=0).ballot(b"{}")
    assert len(impatient.requests) == 1


@pytest.mark.parametrize("body", [b"", b"c2sp.org/tlog-proof@v1\n", b"\xff"])
def test_answer_that_is_no_receipt_proves_nothing(body: bytes) -> None:
    """A board, or who sits before it, may say anything."""
    with pytest.raises(UnavailableError):
        Board(httpx.Response(200, content=body)).client().ballot(b"{}")
