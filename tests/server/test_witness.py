"""The witness as a process at a socket: tlog-witness to the letter, and a memory that never goes back."""

import os
import re
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from psephos.adapters import witness as hands
from psephos.adapters.http import Answer, Web
from psephos.adapters.witness import Witness, create_keys, read_keys
from psephos.adapters.witness_store import WitnessStore, create_store
from psephos.board.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    read_signed_checkpoint,
    refuse_split_view,
    verify_log,
    write_checkpoint,
)
from psephos.board.cosignature import MlDsa44Cosigner, read_timestamp, verifiers_of
from psephos.board.merkle import TreeHead
from psephos.board.note import (
    Ed25519Signer,
    Note,
    SignatureLine,
    read_hash,
    read_signature_lines,
    verify_note,
)
from psephos.board.witness import SIZE_CONTENT_TYPE, AddCheckpoint, origin_hash, write_add_checkpoint
from psephos.cli.witness import run
from psephos.errors import (
    InvalidProofError,
    MalformedError,
    RefusedError,
)
from psephos.ports import UnixSeconds
from psephos.server import connections
from psephos.server.witness import LARGEST_REQUEST, create_app
from psephos.verify.evidence import check_evidence, read_evidence
from tests.board.example import LOG, NOW, ORIGIN, head_of, leaves_of, signed
from tests.server.process import (
    EMPTY,
    FORGED,
    LEAVES,
    NAME,
    Process,
    SetClock,
    keys_of,
    lines_of,
    make,
    memory,
    open_witness,
    request,
)


def test_add_checkpoint_answers_as_the_document_says(server: Process, directory: Path, web: Web) -> None:
    """Row by row, in one life of a witness; what is refused changes nothing."""

    def post(body: bytes) -> Answer:
        return web.post(server.url + "/add-checkpoint", body)

    def refused(body: bytes, status: int, size: int | None = None) -> None:
        before = memory(directory)
        answer = post(body)
        assert answer.status == status, answer.body
        expected = (
            (SIZE_CONTENT_TYPE, b"%d\n" % size) if size is not None else ("text/plain; charset=utf-8", answer.body)
        )
        assert (answer.content_type, answer.body) == expected
        assert memory(directory) == before

    good = signed(head_of(LEAVES[:5]))
    refused(request(3, 5), 409, 0)  # never cosigned: it stands at zero
    refused(write_add_checkpoint(AddCheckpoint(0, (bytes(32),), good)), 422)  # a proof from nothing
    refused(write_add_checkpoint(AddCheckpoint(0, (), signed(TreeHead(0, bytes(32))))), 422)  # an impossible tree
    lines_of(post(request(0, 0)), signed(EMPTY), directory)
    lines_of(post(request(0, 3)), signed(head_of(LEAVES[:3])), directory)
    assert memory(directory)[:2] == (3, head_of(LEAVES[:3]).root)
    for body in (b"", b"old 3\n", request(3, 5)[:-1], request(3, 5).replace(b"old 3", b"old 03")):  # 1: malformed
        refused(body, 400)
    refused(request(3, 5).replace(b"old 3\n", b"old 3\n" + (b"A" * 43 + b"=\n") * 60), 400)  # 1: 64 hashes
    other = Ed25519Signer("other.example/log", bytes(32))  # 2: unknown
    refused(write_add_checkpoint(AddCheckpoint(0, (), signed(EMPTY, signer=other, origin=other.key.name))), 404)
    line = good.note.signatures[0]
    bad = SignatureLine(line.name, line.key_id, bytes(64))
    stranger = Ed25519Signer(ORIGIN, bytes(32)).sign(good.note.text)
    for lines in ((bad,), (stranger,), (line, bad)):  # 3: nobody trusted, or a trusted line fails
        refused(write_add_checkpoint(AddCheckpoint(3, (), good.with_signatures(lines))), 403)
    refused(write_add_checkpoint(AddCheckpoint(5, (), signed(head_of(LEAVES[:3])))), 400)  # 4: old above new
    for old in (0, 2, 4):
        refused(request(old, 5), 409, 3)  # 5: stale; asking with zero tells the size
    refused(write_add_checkpoint(AddCheckpoint(3, (), good)), 422)  # 7: no proof
    refused(write_add_checkpoint(AddCheckpoint(3, (bytes(32),) * 4, good)), 422)  # 7: a wrong proof
    refused(write_add_checkpoint(AddCheckpoint(3, (), signed(TreeHead(3, bytes(32))))), 422)  # 7: another root
    lines_of(post(request(3, 5)), good, directory)  # 8
    refused(request(3, 5), 409, 5)
    lines_of(post(request(5, 5)), good, directory)  # the same again: fresh
    lines_of(post(request(5, 40)), signed(head_of(LEAVES)), directory)
    refused(request(40, 40, FORGED), 422)
    refused(request(5, 5), 409, 40)
    assert memory(directory)[:2] == (40, head_of(LEAVES).root)


def test_checkpoint_that_was_cosigned_last_is_shown(server: Process, directory: Path, web: Web) -> None:
    """With the log's line and both of ours; 404 before, and for logs we do not know."""
    url = f"{server.url}/{origin_hash(ORIGIN)}/checkpoint"
    assert web.get(url, limit=100_000).status == 404
    answer = web.post(server.url + "/add-checkpoint", request(0, 5))
    given = lines_of(answer, signed(head_of(LEAVES[:5])), directory)
    shown = web.get(url, limit=100_000)
    assert (shown.status, shown.content_type) == (200, "text/plain; charset=utf-8")
    note = read_signed_checkpoint(shown.body)
    assert verify_log(note, origin=ORIGIN, verifiers=verifiers_of([LOG.key]))
    mine = verify_note(note.note, verifiers_of(keys_of(directory)))
    assert [read_timestamp(line) for line in mine] == [read_timestamp(line) for line in given]
    assert given[0] in mine
    assert web.get(f"{server.url}/{origin_hash('other')}/checkpoint", limit=100_000).status == 404


def test_other_methods_and_addresses_are_refused(server: Process, web: Web) -> None:
    """A witness has three addresses; health is one."""
    assert web.get(server.url + "/health", limit=100).body == b"ok\n"
    assert web.get(server.url + "/add-checkpoint", limit=1000).status == 405
    assert web.post(server.url + "/health", b"").status == 405
    for path in ("/", "/witness.db", "/evidence", "/..%2f..%2fetc/checkpoint", "/docs"):
        assert web.get(server.url + path, limit=1000).status == 404


def test_body_beyond_the_limit_is_cut_off(server: Process, web: Web) -> None:
    """Whether it says so or not; the largest one within is read."""
    url = server.url + "/add-checkpoint"
    assert web.post(url, bytes(LARGEST_REQUEST)).status == 400
    assert web.post(url, bytes(LARGEST_REQUEST + 1)).status == 413
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with suppress(OSError):  # it may close while we still send
            for _ in range(LARGEST_REQUEST // 1024 + 2):
                raw.sendall(b"400\r\n" + bytes(1024) + b"\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 413 ")
    assert web.get(server.url + "/health", limit=100).status == 200


def test_checkpoint_with_extension_lines_has_no_line_that_does_not_cover_them(
    server: Process, directory: Path, web: Web
) -> None:
    """The Ed25519 cosignature covers them; the other kind would not, so there is none."""
    checkpoint = Checkpoint(ORIGIN, head_of(LEAVES[:5]), ("extension",))
    text = write_checkpoint(checkpoint)
    note = SignedCheckpoint(Note(text, (LOG.sign(text),)), checkpoint)
    answer = web.post(server.url + "/add-checkpoint", write_add_checkpoint(AddCheckpoint(0, (), note)))
    assert [line.key_id for line in lines_of(answer, note, directory)] == [keys_of(directory)[0].key_id]


def test_log_that_signs_with_two_keys_is_witnessed_by_either(server: Process, directory: Path, web: Web) -> None:
    """A key that is added later is trusted at once, without a restart."""
    second = MlDsa44Cosigner(ORIGIN, bytes(32))
    note = signed(head_of(LEAVES[:5]))
    note = note.with_signatures([second.cosign(note.note.text, now=NOW)])
    body = write_add_checkpoint(AddCheckpoint(0, (), note))
    assert web.post(server.url + "/add-checkpoint", body).status == 403
    assert run(["log", "add", str(directory), str(second.key)]) == 0
    lines_of(web.post(server.url + "/add-checkpoint", body), note, directory)


def test_concurrent_extensions_that_disagree_have_one_winner(server: Process, directory: Path) -> None:
    """Sixteen at once, half of them for each history: whatever is cosigned is of one."""
    with Web() as web:
        web.post(server.url + "/add-checkpoint", request(0, 4))
    bodies = [(leaves, new, request(4, new, leaves)) for new in range(5, 21) for leaves in (LEAVES, FORGED)]

    def post(body: bytes) -> Answer:
        with Web() as web:
            return web.post(server.url + "/add-checkpoint", body)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(post, [body for _, _, body in bodies]))
    won = [(leaves, new) for (leaves, new, _), answer in zip(bodies, answers, strict=True) if answer.status == 200]
    assert len(won) == 1  # all started from 4, so one went through and the others were told where it stands
    assert {answer.status for answer in answers} == {200, 409}
    ((leaves, new),) = won
    assert memory(directory)[:2] == (new, head_of(leaves[:new]).root)
    assert {answer.body for answer in answers if answer.status == 409} == {b"%d\n" % new}


class MeetingStore(WitnessStore):
    """A store before which two requests meet: both were judged by what was there before."""

    meeting = threading.Barrier(2)

    def replace_head(self, *arguments: Any, **named: Any) -> bool:
        """When both are here."""
        with suppress(threading.BrokenBarrierError):
            self.meeting.wait(timeout=2)
        self.meeting.abort()
        return super().replace_head(*arguments, **named)


@pytest.mark.parametrize(("one", "other"), [((4, 6, LEAVES), (4, 6, FORGED)), ((4, 5, LEAVES), (4, 9, FORGED))])
def test_two_requests_judged_by_the_same_head_are_not_both_cosigned(
    directory: Path, one: tuple[int, int, list[bytes]], other: tuple[int, int, list[bytes]]
) -> None:
    """> The race that the document describes: the second finds another head, and is judged again."""
    cosigners = read_keys(directory)
    with open_witness(directory, SetClock()) as before:
        assert before.add_checkpoint(request(0, 4)).status == 200
    MeetingStore.meeting = threading.Barrier(2)
    store = MeetingStore(directory / "witness.db", [cosigner.key for cosigner in cosigners])
    witness = Witness(store, cosigners, clock=SetClock(), evidence=directory / "evidence")
    with closing(store), ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(witness.add_checkpoint, [request(*one), request(*other)]))
    assert sorted(outcome.status for outcome in outcomes) == [200, 409]
    (won,) = (asked for asked, outcome in zip((one, other), outcomes, strict=True) if outcome.status == 200)
    assert memory(directory)[:2] == (won[1], head_of(won[2][: won[1]]).root)
    assert [outcome.body for outcome in outcomes if outcome.status == 409] == [b"%d\n" % won[1]]


def test_timestamps_never_go_back(directory: Path) -> None:
    """While the clock is behind, nothing is cosigned; also by the next process."""
    clock = SetClock()
    times = []
    for now, old, new, status in (
        (1_000, 0, 3, 200),
        (999, 3, 5, 503),
        (1_000, 3, 3, 200),
        (1_001, 3, 5, 200),
        (1, 5, 5, 503),
    ):
        clock.time = now
        with open_witness(directory, clock) as witness:
            outcome = witness.add_checkpoint(request(old, new))
        assert outcome.status == status
        if status == 200:
            times.append([read_timestamp(line) for line in read_signature_lines(outcome.body)])
    assert times == [[1_000, 1_000], [1_000, 1_000], [1_001, 1_001]]
    assert memory(directory)[0] == 5


@pytest.mark.parametrize(("new", "kind"), [(5, "split-view"), (9, "split-view"), (5 + 256, "unproved")])
def test_fork_is_kept_as_evidence(server: Process, directory: Path, web: Web, new: int, kind: str) -> None:
    """Of the same size, of a larger one with the proof of the other history; a mere wrong proof is kept apart."""
    web.post(server.url + "/add-checkpoint", request(0, 5))
    if kind == "split-view":
        body = request(5, new, FORGED)
    else:
        body = write_add_checkpoint(AddCheckpoint(5, (bytes(32),), signed(head_of(leaves_of(new)))))
    assert web.post(server.url + "/add-checkpoint", body).status == 422
    server.stop(signal.SIGTERM)
    (alarm,) = [event for event in server.events() if event["event"] == "alarm"]
    assert (alarm["kind"], alarm["origin"], alarm["size"]) == (kind, ORIGIN, new)
    if kind == "split-view":
        (file,) = (directory / "evidence").iterdir()
        assert check_evidence(read_evidence(file.read_bytes()), [LOG.key]).culprit == ORIGIN
        return
    (kept,) = (directory / "evidence" / "unproved").iterdir()
    ours, theirs = (read_signed_checkpoint((kept / name).read_bytes()) for name in ("ours.note", "theirs.note"))
    proof = [read_hash(line) for line in (kept / "proof.txt").read_text().split()]
    with pytest.raises(InvalidProofError):
        refuse_split_view(ours, theirs, proof=proof, verifiers=verifiers_of([LOG.key]))


def test_evidence_does_not_fill_the_disk(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong proofs cost nothing to send; the first of them are kept, and the answer stays the same."""
    monkeypatch.setattr(hands, "MOST_FILES", 5)
    with open_witness(directory, SetClock()) as witness:
        witness.add_checkpoint(request(0, 3))
        for new in range(4, 12):
            body = write_add_checkpoint(AddCheckpoint(3, (bytes(32),), signed(TreeHead(new, bytes([new]) * 32))))
            for _ in range(2):
                assert witness.add_checkpoint(body).status == 422
    assert len(list((directory / "evidence" / "unproved").iterdir())) == 5


@pytest.mark.parametrize(("forgotten", "leaves"), [(30, LEAVES), (20, FORGED)])
def test_witness_whose_memory_was_put_back_notices_also_when_it_has_cosigned_since(
    directory: Path, forgotten: int, leaves: list[bytes]
) -> None:
    """A larger tree, or another of the same size, with an older line of its own: the times alone would not tell."""
    clock, database = SetClock(), directory / "witness.db"
    with open_witness(directory, clock) as witness:
        assert witness.add_checkpoint(request(0, 4)).status == 200
    backup = database.read_bytes()
    clock.time = 2_000
    with open_witness(directory, clock) as witness:
        lines = read_signature_lines(witness.add_checkpoint(request(4, forgotten, leaves)).body)
    database.write_bytes(backup)
    clock.time = 3_000
    with open_witness(directory, clock) as witness:
        own = read_signature_lines(witness.add_checkpoint(request(4, 20)).body)
        known, lost = signed(head_of(LEAVES[:20])), signed(head_of(leaves[:forgotten]))
        witness.refuse_amnesia(known.with_signatures([*known.note.signatures, *own]))
        witness.refuse_amnesia(lost)
        with pytest.raises(RefusedError, match="our memory is an old copy"):
            witness.refuse_amnesia(lost.with_signatures([*lost.note.signatures, *lines]))


def test_witness_without_its_memory_does_not_start(directory: Path, tmp_path: Path) -> None:
    """Missing, another witness's, damaged, or from an interrupted `init`."""
    stranger = make(tmp_path / "stranger")
    database = directory / "witness.db"
    kept = database.read_bytes()
    assert run(["serve", str(directory), "--listen", "127.0.0.1"]) == 2
    for content, code in ((None, 1), ((stranger / "witness.db").read_bytes(), 1), (b"x" * 5000, 3), (b"", 3)):
        database.unlink(missing_ok=True)
        if content is not None:
            database.write_bytes(content)
        assert run(["serve", str(directory), "--listen", "127.0.0.1:0"]) == code
        assert run(["log", "list", str(directory)]) == code
    database.write_bytes(kept)
    assert run(["log", "list", str(directory)]) == 0


def test_memory_itself_refuses_to_go_back(directory: Path) -> None:
    """Whoever writes to the database by hand is stopped by it."""
    with open_witness(directory, SetClock()) as witness:
        witness.add_checkpoint(request(0, 5))
    connection = sqlite3.connect(directory / "witness.db", isolation_level=None)
    for statement in (
        "DELETE FROM log",
        "UPDATE log SET size = 4",
        "UPDATE log SET root = zeroblob(32)",
        "UPDATE log SET cosigned_at = 999",
        "UPDATE log SET origin = 'other'",
        "UPDATE log SET size = 6, root = zeroblob(31)",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    connection.close()
    assert memory(directory) == (5, head_of(LEAVES[:5]).root, 1_000)


def test_head_that_changed_since_it_was_judged_is_not_replaced(directory: Path) -> None:
    """Compare and swap: neither from another size, nor from another root, nor to an earlier time."""
    store = WitnessStore(directory / "witness.db", keys_of(directory))
    three, five = head_of(LEAVES[:3]), head_of(LEAVES[:5])

    def replace(old: TreeHead, new: TreeHead, now: int) -> bool:
        return store.replace_head(ORIGIN, old=old, new=new, note=bytes(signed(new)), now=UnixSeconds(now))

    assert replace(EMPTY, three, 10)
    assert not replace(EMPTY, five, 10)
    assert not replace(TreeHead(3, bytes(32)), five, 10)
    assert not replace(three, five, 9)
    assert replace(three, five, 10)
    store.close()


def test_log_has_one_origin_and_is_added_once(directory: Path) -> None:
    """Keys of two names, a name that cannot be cosigned; the same again changes nothing."""
    store = WitnessStore(directory / "witness.db", keys_of(directory))
    other = Ed25519Signer("other.example/log", bytes(32)).key
    for keys in ([LOG.key, other], [], [Ed25519Signer("x" * 256, bytes(32)).key]):
        with pytest.raises(RefusedError):
            store.add_log(keys)
    store.add_log([LOG.key])
    assert {origin: state.keys for origin, state in store.logs().items()} == {ORIGIN: (LOG.key,)}


def test_keys_are_secret_files_and_never_overwritten(directory: Path) -> None:
    """Mode 600, both kinds; a second `init` and a file that others may read are refused."""
    kinds = [key.kind for key in keys_of(directory)]
    assert kinds == [4, 6]
    for name in ("ed25519.key", "ml-dsa-44.key", "witness.db"):
        assert (directory / name).stat().st_mode & 0o777 == 0o600
    assert run(["init", str(directory), "--name", NAME]) == 1
    with pytest.raises(RefusedError):
        create_keys(directory, NAME, os.urandom)
    with pytest.raises(RefusedError):
        create_store(directory / "witness.db", keys_of(directory))
    (directory / "ed25519.key").chmod(0o640)
    with pytest.raises(RefusedError):
        read_keys(directory)


@pytest.mark.parametrize("at", [0, 12, 40, 60, 80])
def test_damaged_key_file_is_refused(directory: Path, at: int) -> None:
    """Its key ID must be that of its name and key."""
    path = directory / "ed25519.key"
    text = bytearray(path.read_bytes())
    text[at] ^= 1
    path.write_bytes(bytes(text))
    with pytest.raises(MalformedError):
        read_keys(directory)


def test_secrets_are_never_printed(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither by `init` nor by what a program shows of a key."""
    seeds = [(directory / name).read_text().split("+", 4)[4].strip() for name in ("ed25519.key", "ml-dsa-44.key")]
    shown = "".join(capfd.readouterr()) + repr(read_keys(directory))
    assert not any(seed in shown for seed in seeds)


def test_witness_that_is_told_to_stop_answers_first(server: Process, web: Web) -> None:
    """SIGTERM ends it with 0; what it said are events in JSON, in which no client's address is."""
    for body in (request(0, 5), b"nonsense", request(5, 9, FORGED)):
        web.post(server.url + "/add-checkpoint", body)
    web.get(server.url + "/x" * 20, limit=1000)
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(b"nonsense\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert server.stop(signal.SIGTERM) == 0
    assert server.events()[-1]["event"] == "stopped"
    said = "".join(server.lines)
    assert {event["event"] for event in server.events()} >= {"add-checkpoint", "alarm", "http", "stopped"}
    assert not re.search(r"127\.0\.0\.1|::1|localhost", said)


@pytest.fixture
def impatient(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The server in a thread, with all its waits cut short; gives its port."""
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.3)
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 4)
    opened = open_witness(directory, SetClock())
    app = create_app(opened.__enter__(), say=lambda *_, **__: None, broken=lambda: None)
    server = connections.server_of(app)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    opened.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"GET /health HTTP/1.1\r\nX-Slow: ", b""),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nold", b"HTTP/1.1 408 "),
    ],
)
def test_client_that_does_not_go_on_is_hung_up_on(impatient: int, sent: bytes, answer: bytes) -> None:
    """Silence, half a header, half a body: no connection is held for ever."""
    with socket.create_connection(("127.0.0.1", impatient), timeout=10) as raw:
        if sent:
            raw.sendall(sent)
        said = b""
        while piece := raw.recv(4096):
            said += piece
    assert said.startswith(answer)
    assert bool(said) == bool(answer)


def test_connection_is_kept_for_the_next_request(impatient: int) -> None:
    """> Clients SHOULD use, and witnesses SHOULD support, HTTP keep-alive HTTP connections."""
    with socket.create_connection(("127.0.0.1", impatient), timeout=10) as raw:
        for _ in range(3):
            raw.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            said = b""
            while not said.endswith(b"ok\n"):
                said += raw.recv(4096)


def test_connections_beyond_the_limit_are_turned_away(impatient: int) -> None:
    """Whoever holds all of them is hung up on, and then the others are served again."""
    address = ("127.0.0.1", impatient)
    idle = [socket.create_connection(address, timeout=10) for _ in range(4)]
    answers = []
    for _ in range(100):
        with socket.create_connection(address, timeout=10) as raw:
            raw.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answers.append(raw.recv(4096)[9:12])
        if answers[-1] == b"200":
            break
        time.sleep(0.02)
    assert (answers[0], answers[-1], set(answers)) == (b"503", b"200", {b"503", b"200"})
    for one in idle:
        assert one.recv(1) == b""
        one.close()


def test_description_names_what_is_answered() -> None:
    """The addresses and statuses of the OpenAPI document are those of the program."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "openapi-witness.yaml").read_text()
    app = create_app(Any, say=lambda *_, **__: None, broken=lambda: None)  # type: ignore[arg-type]
    assert re.findall(r"^  (/.*):$", page, re.MULTILINE) == ["/add-checkpoint", "/{origin}/checkpoint", "/health"]
    assert {route.path for route in app.routes} == set(re.findall(r"^  (/.*):$", page, re.MULTILINE))  # type: ignore[attr-defined]
    assert set(re.findall(r'"([0-9]{3})"', page)) == {
        *("200", "400", "403", "404", "408", "409", "413", "422", "503"),
    }
    assert f"maxLength: {LARGEST_REQUEST} " in page
