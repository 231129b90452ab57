"""The board as a process at a socket: what it takes in, what it answers, and what it never says."""

import json
import re
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from psephos.adapters.handing_in import write_handed_in
from psephos.adapters.http import Answer, HttpFetcher, Web
from psephos.board.checkpoint import Checkpoint, SignedCheckpoint, write_checkpoint
from psephos.board.client import Tree
from psephos.board.merkle import TreeHead, hash_leaf, verify_inclusion
from psephos.board.note import Ed25519Signer, Note
from psephos.board.proof import Receipt
from psephos.errors import MismatchError, OutOfTurnError
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.admission import ballot_entry
from psephos.record.board_entries import EntryKind, StartAlone, make_board_entry
from psephos.record.lookup import PREFIXES, bucket_path, fingerprint_of, read_bucket
from psephos.server import board as board_module
from psephos.server.board import LARGEST_BALLOT, LARGEST_NOTE, LARGEST_UPLOAD
from psephos.server.files import Files
from psephos.server.problems import MEANINGS
from psephos.verify.evidence import check_evidence, read_evidence
from tests.server.board_process import Board, Place, now, policy_of, terms, until
from tests.support.bad_entries import ballot_by, forged
from tests.support.logged import LOG, STRANGER, VERIFIERS, WITNESSES, more_ballots

PROBLEM = {"type", "title", "status", "detail", "code", "at", "culprit", "hint"}


@pytest.fixture(scope="module")
def client() -> Iterator[Web]:
    """A client for all tests of this module."""
    with Web() as found:
        yield found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, client: Web) -> Place:
    """A board that nobody watches; cosigners are known, but none is needed."""
    listed = [(f"w{at}", one.key, "") for at, one in enumerate(WITNESSES)]
    verifying = [(f"v{at}", one.key, "") for at, one in enumerate(VERIFIERS)]
    wire = terms(receipts=policy_of(listed, threshold=0), tally=policy_of(verifying, threshold=3), ballots_per_hour=5)
    return Place.make(tmp_path_factory.mktemp("board") / "board", wire, web=client)


@pytest.fixture(scope="module")
def board(place: Place) -> Iterator[Board]:
    """It runs, and the vote is open."""
    with Board(place.directory, "--start-alone") as process:
        place.open(process)
        yield process


def post(place: Place, board: Board, path: str, body: bytes) -> Answer:
    """Hand in by hand."""
    return place.web.post(f"{board.url}/{path}", body)


def problem_of(answer: Answer) -> dict[str, Any]:
    """A refusal, which has its one form."""
    assert answer.content_type == "application/problem+json"
    found: dict[str, Any] = json.loads(answer.body)
    assert set(found) - {"retry_after"} == PROBLEM
    assert found["status"] == answer.status
    assert found["code"] in MEANINGS
    return found


def headers_of(board: Board, request: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer, as they come over the wire."""
    host, port = board.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(
            f"{request} HTTP/1.1\r\nHost: x\r\nOrigin: https://booth.example\r\nConnection: close\r\n\r\n".encode()
        )
        data = b"".join(iter(lambda: raw.recv(65536), b""))
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}, body


def check(place: Place, board: Board, receipt: Receipt, entry: bytes) -> None:
    """A receipt holds, and the entry is where it says."""
    verify_inclusion(receipt.path, index=receipt.index, leaf=hash_leaf(entry), head=receipt.signed.head)
    tree = Tree(HttpFetcher(place.web, board.url), receipt.signed.head)
    ((_, found),) = tree.entries(receipt.index, receipt.index + 1)
    assert found == (entry,)


def test_ballot_is_answered_with_a_receipt_and_again_with_the_same_place(place: Place, board: Board) -> None:
    """Also when it is handed in by many at once; it is in the log once."""
    ballot = place.vote.ballots[1]
    with ThreadPoolExecutor(16) as pool:
        receipts = list(pool.map(lambda _: place.client(board).ballot(ballot), range(32)))
    assert len({receipt.index for receipt in receipts}) == 1
    again = place.client(board).ballot(ballot)
    as_entry = place.hand_in(board, EntryKind.BALLOT, [ballot])
    assert {again.index, as_entry.index} == {receipts[0].index}
    for receipt in (receipts[0], again):
        check(place, board, receipt, ballot_entry(ballot))
    size = place.checkpoint(board, "checkpoint.latest").head.size
    tree = Tree(HttpFetcher(place.web, board.url), place.checkpoint(board, "checkpoint.latest").head)
    entries = [entry for _, found in tree.entries(0, size) for entry in found]
    assert entries.count(ballot_entry(ballot)) == 1


def test_two_ballots_of_one_credential_handed_in_together_stand_in_different_batches(
    place: Place, board: Board
) -> None:
    """Both are in the log, under different checkpoints, so that the order is the log's and nobody's choice."""
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(place.client(board).ballot, [place.vote.ballots[0], place.vote.ballots[3]])
    assert one.index != other.index
    assert one.signed.head != other.signed.head


@pytest.mark.parametrize(
    ("ballot", "status", "code"),
    [
        (b"", 400, "malformed"),
        (b"{}", 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b"[" * 60_000, 400, "malformed"),
        (bytes(LARGEST_BALLOT), 400, "malformed"),
        (bytes(LARGEST_BALLOT + 1), 413, "too-large"),
        ("stranger", 422, "rule"),
        ("forged", 422, "invalid-proof"),
        ("unproven", 422, "invalid-proof"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_ballot_that_breaks_a_rule_is_refused_with_its_reason(
    place: Place, board: Board, ballot: bytes | str, status: int, code: str
) -> None:
    """In the form of RFC 9457, and nothing of it is stored."""
    named = {
        "stranger": lambda: ballot_by(place.vote),
        "forged": lambda: forged(place.vote.ballots[2]),
        "unproven": lambda: place.vote.unproven,
    }
    body = ballot if isinstance(ballot, bytes) else named[ballot]()
    before = place.health(board)["size"]
    found = problem_of(post(place, board, "ballot", body))
    assert (found["status"], found["code"], found["type"]) == (status, code, f"errors/{code}")
    assert place.health(board)["size"] == before
    assert place.web.get(f"{board.url}/errors/{code}", limit=1000).body.decode() == MEANINGS[code] + "\n"


def test_ballots_of_one_credential_beyond_the_allowance_wait(place: Place, board: Board) -> None:
    """429 with the seconds to wait; the same ballot again costs nothing, and others are not touched."""
    ballots = more_ballots(place.vote, voter=4, count=7)
    answers = [post(place, board, "ballot", ballot) for ballot in ballots]
    assert [answer.status for answer in answers] == [200] * 5 + [429] * 2
    found = problem_of(answers[-1])
    assert (found["code"], 0 < found["retry_after"] <= 3600 // 5) == ("too-many", True)
    assert post(place, board, "ballot", ballots[0]).status == 200
    assert post(place, board, "ballot", place.vote.ballots[2]).status == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed"),
        (b"\0\0\0\x05", 400, "malformed"),
        (b"\xff\xff\xff\xffentry", 400, "malformed"),
        (write_handed_in(b"no entry"), 400, "malformed"),
        (write_handed_in(b"psephos/Poem/1\n\n"), 400, "unsupported"),
        (write_handed_in(ballot_entry(b"{}"), [b"more"]), 400, "malformed"),
        (write_handed_in(make_board_entry(EntryKind.RESULT, [b"[[1]]"])[0]), 409, "out-of-turn"),
        (write_handed_in(make_board_entry(EntryKind.CLOSING_TIME, [b"x"])[0]), 400, "malformed"),
        (write_handed_in(make_board_entry(EntryKind.END_BALLOTS, [b"x"])[0]), 400, "malformed"),
        (write_handed_in(make_board_entry(EntryKind.CHARTER, [b"x"])[0]), 409, "out-of-turn"),
        (
            write_handed_in(make_board_entry(EntryKind.START_ALONE, [write_json(StartAlone(size=0, at=1))])[0]),
            422,
            "refused",
        ),
    ],
    ids=[
        "nothing",
        "cut off",
        "too long",
        "no entry",
        "unknown kind",
        "more than was named",
        "out of turn",
        "unsigned closing time",
        "no proof of the time",
        "a second charter",
        "the log's own word",
    ],
)
def test_entry_that_would_have_no_effect_is_refused(
    place: Place, board: Board, body: bytes, status: int, code: str
) -> None:
    """Rubbish does not fill the log, and nobody speaks for the log."""
    before = place.health(board)["size"]
    found = problem_of(post(place, board, "entry", body))
    assert (found["status"], found["code"]) == (status, code)
    assert place.health(board)["size"] == before


def test_setup_that_was_taken_in_is_answered_with_its_place(place: Place, board: Board) -> None:
    """And another one is refused, before its objects are read."""
    vote = place.vote
    receipt = place.hand_in(board, EntryKind.SETUP, [*vote.setup, vote.signed_setup()])
    entry, _ = make_board_entry(EntryKind.SETUP, [*vote.setup, vote.signed_setup()])
    check(place, board, receipt, entry)
    with pytest.raises(OutOfTurnError):
        place.hand_in(board, EntryKind.SETUP, [*vote.setup, vote.signed_setup()], salt=bytes(16))


def test_closing_time_that_organisers_move_holds(place: Place, board: Board) -> None:
    """Their signed entry has effect at once; an older one never again."""
    wire = place.vote.terms.wire
    place.hand_in(board, EntryKind.CLOSING_TIME, [place.vote.closing_time(1, wire.closes_at + 60)])
    assert place.health(board)["closes_at"] == wire.closes_at + 60
    with pytest.raises(MismatchError):
        place.hand_in(board, EntryKind.CLOSING_TIME, [place.vote.closing_time(1, wire.closes_at)])


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_files_come_with_what_caches_may_do(place: Place, board: Board) -> None:
    """What never changes may be kept for ever; a checkpoint for a second; every page may read all of it."""
    receipt = place.client(board).ballot(place.vote.ballots[2])
    size = receipt.signed.head.size
    found = fingerprint_of(place.vote.ballots[2])
    until(lambda: headers_of(board, f"GET /{bucket_path(0, found)}")[0] == 200)
    for path, cached, kind in (
        (f"tile/0/000.p/{size}", "public, max-age=31536000, immutable", "application/octet-stream"),
        (f"tile/entries/000.p/{size}", "public, max-age=31536000, immutable", "application/octet-stream"),
        ("checkpoint", "public, max-age=1", "text/plain; charset=utf-8"),
        ("checkpoint.latest", "public, max-age=1", "text/plain; charset=utf-8"),
        (bucket_path(0, found), "public, max-age=5", "application/octet-stream"),
        ("health", "no-store", "application/json"),
    ):
        status, headers, body = headers_of(board, f"GET /{path}")
        assert (status, headers["cache-control"], headers["content-type"]) == (200, cached, kind)
        assert headers["access-control-allow-origin"] == "*"
        assert int(headers["content-length"]) == len(body) > 0
        assert "set-cookie" not in headers
        assert "server" not in headers
        status, headers, body = headers_of(board, f"HEAD /{path}")
        assert (status, body) == (200, b"") or path == "health"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "log.key",
        "state/lock.db",
        "charter.note",
        "tile",
        "tile/0",
        "tile/0/000.p/999",
        "tile/0/000.p/1/../../../../../log.key",
        "tile/../../log.key",
        "tile/%2e%2e/%2e%2e/log.key",
        "tile//etc/passwd",
        "tile/0/00",
        "tile/entries/x000/000",
        "blob/..%2f..%2flog.key",
        "blob/" + "0" * 64,
        "blob/" + "A" * 64,
        "find/0/zz",
        "find/0/..",
        "find/00/00",
        "find/9/00",
        "find/" + "9" * 100 + "/00",
        "checkpoint/",
        "docs",
        "errors/nothing",
    ],
)
def test_nothing_else_is_served(board: Board, path: str) -> None:
    """No name reaches the disk that is not of the documented forms."""
    status, headers, body = headers_of(board, f"GET /{path}")
    assert status == 404, body
    assert headers["access-control-allow-origin"] == "*"
    assert json.loads(body)["code"] == "not-found"


def test_pages_of_any_origin_may_hand_in(board: Board) -> None:
    """A booth in a browser asks first whether it may."""
    status, headers, body = headers_of(board, "OPTIONS /ballot")
    assert (status, body) == (204, b"")
    assert headers["access-control-allow-origin"] == "*"
    assert headers["access-control-allow-methods"] == "GET, POST"
    assert headers["access-control-allow-headers"].lower() == "content-type"
    assert headers_of(board, "GET /ballot")[0] == 405
    assert headers_of(board, "DELETE /checkpoint")[0] == 405


def test_buckets_have_every_ballot_and_nothing_else(place: Place, board: Board) -> None:
    """All 256 of them together; whoever looks up fetches what many share."""
    ours = {fingerprint_of(ballot): place.client(board).ballot(ballot).index for ballot in place.vote.ballots[:3]}

    def rows() -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        for prefix, name in enumerate(PREFIXES):
            answer = place.web.get(f"{board.url}/find/0/{name}", limit=100_000)
            if answer.status == 200:
                found |= dict(read_bucket(answer.body, segment=0, prefix=prefix))
        return found

    until(lambda: rows().keys() >= ours.keys())
    found = rows()
    assert {one: found[one] for one in ours} == ours
    head = place.checkpoint(board, "checkpoint.latest").head
    tree = Tree(HttpFetcher(place.web, board.url), head)
    entries = [entry for _, some in tree.entries(0, head.size) for entry in some]
    ballots = {
        fingerprint_of(entry.partition(b"\n\n")[2]): at for at, entry in enumerate(entries) if b"Ballot" in entry[:20]
    }
    assert found.items() <= ballots.items()


# ── cosignatures and gossip ──────────────────────────────────────────────────────────────────────────────────────────


def signed_head(head: TreeHead, signer: Ed25519Signer = LOG, *, origin: str = LOG.key.name) -> SignedCheckpoint:
    """A checkpoint that this key has signed."""
    checkpoint = Checkpoint(origin, head)
    text = write_checkpoint(checkpoint)
    return SignedCheckpoint(Note(text, (signer.sign(text),)), checkpoint)


def test_cosignatures_are_kept_if_they_hold_and_are_of_the_charters_cosigners(place: Place, board: Board) -> None:
    """A line of nobody is left out, a wrong one refused; three of four make `checkpoint.verified`."""
    place.client(board).ballot(place.vote.ballots[2])
    ours = place.checkpoint(board, "checkpoint.latest")
    own = ours.note.signatures[0]
    assert place.health(board)["verified"] == 0
    nobody = STRANGER.sign(ours.note.text)
    assert (
        problem_of(post(place, board, "cosignatures", bytes(ours.with_signatures([own, nobody]))))["code"] == "mismatch"
    )
    good = VERIFIERS[0].cosign(ours.note.text, now=now())
    wrong = type(good)(good.name, good.key_id, good.signature[:-1] + bytes([good.signature[-1] ^ 1]))
    assert problem_of(post(place, board, "cosignatures", bytes(ours.with_signatures([own, wrong]))))["status"] == 422
    assert problem_of(post(place, board, "cosignatures", bytes(ours)))["code"] == "mismatch"
    without = SignedCheckpoint(Note(ours.note.text, (good,)), ours.checkpoint)
    assert problem_of(post(place, board, "cosignatures", bytes(without)))["code"] == "invalid-proof"
    assert post(place, board, "cosignatures", bytes(ours.with_signatures([own, nobody, good]))).status == 204
    for one in VERIFIERS[1:3]:
        line = one.cosign(ours.note.text, now=now())
        assert post(place, board, "cosignatures", bytes(ours.with_signatures([own, line]))).status == 204
    until(lambda: place.health(board)["verified"] >= ours.head.size)
    shown = place.checkpoint(board, "checkpoint.verified")
    assert {line.name for line in shown.note.signatures} == {LOG.key.name, *(one.key.name for one in VERIFIERS[:3])}


def test_gossip_of_our_history_is_shown_and_another_is_evidence(place: Place, board: Board) -> None:
    """Whoever has the log's key and signs something else is found out, whoever brings it."""
    place.client(board).ballot(place.vote.ballots[2])
    ours = place.checkpoint(board, "checkpoint.latest")
    assert post(place, board, "gossip", bytes(ours)).status == 204
    assert post(place, board, "gossip", bytes(ours)).status == 204
    heard = place.client(board).heard()
    assert [json.loads(json.dumps(note.decode())) for note in heard].count(bytes(signed_head(ours.head)).decode()) == 1
    forked = signed_head(TreeHead(ours.head.size, bytes(32)))
    earlier = signed_head(TreeHead(3, bytes(32)))
    ahead = signed_head(TreeHead(ours.head.size + 1000, bytes(32)))
    for theirs in (forked, earlier, ahead):
        assert post(place, board, "gossip", bytes(theirs)).status == 204
        assert bytes(theirs) not in place.client(board).heard()

    def alarms() -> list[str]:
        return [event["kind"] for event in board.events() if event["event"] == "alarm"]

    until(lambda: len(alarms()) == 3)
    assert alarms() == ["split-view", "split-view", "ahead"]
    evidence = place.directory / "evidence"
    for path in evidence.glob("fork-*.json"):
        conviction = check_evidence(read_evidence(path.read_bytes()), [LOG.key])
        assert conviction.culprit == LOG.key.name
    assert len(list(evidence.glob("fork-*.json"))) == 2
    assert [path.read_bytes() for path in (evidence / "unproved").iterdir()] == [bytes(ahead)]
    for bad in (b"nothing", bytes(signed_head(ours.head, STRANGER)), bytes(signed_head(ours.head, origin="other"))):
        assert problem_of(post(place, board, "gossip", bad))["status"] in {400, 422}
    assert problem_of(post(place, board, "gossip", bytes(LARGEST_NOTE + 1)))["status"] == 413
    assert place.client(board).ballot(place.vote.ballots[2])  # and it goes on


# ── what it says, and its end ────────────────────────────────────────────────────────────────────────────────────────


def test_body_that_breaks_off_stores_nothing(place: Place, board: Board) -> None:
    """A client that hangs up in the middle of a ballot is nobody's trouble."""
    before = place.health(board)["size"]
    host, port = board.url.removeprefix("http://").split(":")
    for path in ("ballot", "entry"):
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            raw.sendall(f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n".encode() + bytes(100))
    assert place.health(board)["size"] == before
    assert place.client(board).ballot(place.vote.ballots[2])


def test_what_it_says_joins_no_address_to_a_ballot(tmp_path: Path, client: Web) -> None:
    """Events in JSON, in which there is no address, no fingerprint, no credential; SIGTERM ends it with 0."""
    place = Place.make(tmp_path / "board", terms(), web=client)
    with Board(place.directory, "--start-alone") as board:
        place.open(board)
        ballots = place.vote.ballots[:2]
        for ballot in ballots:
            place.client(board).ballot(ballot)
        for body in (b"", b"{}", place.vote.unproven, forged(ballots[0]), bytes(LARGEST_BALLOT + 1)):
            post(place, board, "ballot", body)
            post(place, board, "gossip", body)
        headers_of(board, "NONSENSE /ballot")
        place.web.get(f"{board.url}/{bucket_path(0, fingerprint_of(ballots[0]))}", limit=10_000)
        assert board.stop(signal.SIGTERM) == 0
    said = "".join(board.lines)
    assert [event["event"] for event in board.events()][-1] == "stopped"
    assert not re.search(r"127\.0\.0\.1|::1|localhost", said)
    for ballot in (*ballots, place.vote.unproven):
        for secret in (fingerprint_of(ballot).hex(), sha256_hex(ballot_entry(ballot)), ballot.decode()[150:214]):
            assert secret not in said
    assert "find/" not in said
    assert {event["event"] for event in board.events()} <= {"entry", "judged", "alone", "standing", "http", "stopped"}


def test_description_names_what_is_answered() -> None:
    """The addresses, methods, statuses and limits of the OpenAPI document are those of the program."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "openapi.yaml").read_text()
    found: dict[str, set[str]] = {}
    for path, body in re.findall(r"^  (/\S*):$(.*?)(?=^  /|^components:)", page, re.MULTILINE | re.DOTALL):
        found[path] = set(re.findall(r"^    (get|post):$", body, re.MULTILINE))
    endpoints: Any = type("Opened", (), dict.fromkeys(("service", "cosigning", "gossip", "log"), None))
    served: dict[str, set[str]] = {}
    for route in [*board_module._Endpoints(endpoints).routes(), *Files(Path(), Any).routes()]:  # type: ignore[arg-type]
        path = route.path.replace(":path", "")
        served.setdefault(path, set()).update(method.lower() for method in (route.methods or ()) if method != "HEAD")
    assert found == served
    assert set(re.findall(r'"([0-9]{3})"', page)) == {
        *("200", "204", "400", "404", "408", "409", "413", "422", "429", "503"),
    }
    for limit in (LARGEST_BALLOT, LARGEST_NOTE, LARGEST_UPLOAD):
        assert f"maxLength: {limit} " in page
