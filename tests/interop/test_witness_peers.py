"""Our log's client before strangers' witnesses, and our witness before strangers' logs. Everything on this machine.

The programs and their versions are in `go-witness/go.mod`. The first run fetches them through the Go module proxy.
"""

import base64
import json
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from psephos.adapters.http import DirectoryFetcher, HttpWitness, Web
from psephos.adapters.witness_pull import pull
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.client import BoardReader, Tree
from psephos.board.cosignature import Ed25519Cosigner
from psephos.board.merkle import prove_consistency
from psephos.board.note import Ed25519Signer, SignatureLine, VerifierKey, read_signature_lines, read_verifier_key
from psephos.board.policy import Log, Policy, Witness, read_policy, verify_checkpoint, verify_quorum, write_policy
from psephos.errors import BoardError, UnavailableError
from tests.board.example import LOG, NOW, ORIGIN, head_of, leaves_of, reader_of, signed
from tests.server.process import Process, SetClock, keys_of, make, memory, open_witness

pytestmark = pytest.mark.slow

GO = shutil.which("go") or "/usr/local/go/bin/go"
MODULE = Path(__file__).parent / "go-witness"
LITEWITNESS = "filippo.io/torchwood/cmd/litewitness"
SEED = b"\x05" * 32
LEAVES = leaves_of(700)
FORGED = [*LEAVES[:290], *leaves_of(700, "forged")[290:]]
READ, READ_FORGED = reader_of(LEAVES), reader_of(FORGED)
STRANGER = Ed25519Signer("stranger.example/log", b"\x06" * 32)

Ask = Callable[[str, Any], Any]


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with `peer` and `litewitness`."""
    folder = tmp_path_factory.mktemp("go-witness")
    for package, name in ((".", "peer"), (LITEWITNESS, "litewitness")):
        command = [GO, "build", "-mod=readonly", "-buildvcs=false", "-o", str(folder / name), package]
        subprocess.run(command, cwd=MODULE, check=True)
    return folder


@pytest.fixture(scope="session")
def go(programs: Path) -> Ask:
    """Asks the Go program a question."""

    def ask(verb: str, question: Any) -> Any:
        done = subprocess.run(
            [programs / "peer", verb], input=json.dumps(question), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


@contextmanager
def staying(programs: Path, verb: str, question: Any) -> Iterator[Any]:
    """A verb that answers and stays."""
    with subprocess.Popen(
        [programs / "peer", verb], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        yield json.loads(process.stdout.readline())
        process.stdin.close()
        assert process.wait(timeout=10) == 0


@pytest.fixture
def transparency_dev(programs: Path) -> Iterator[tuple[str, tuple[VerifierKey, ...]]]:
    """transparency-dev's witness: its address and both its keys."""
    with staying(programs, "serve", {"name": "observer2.example/w", "vkey": str(LOG.key)}) as answer:
        yield answer["url"], tuple(map(read_verifier_key, answer["vkeys"]))


@pytest.fixture
def litewitness(programs: Path, tmp_path: Path) -> Iterator[tuple[str, tuple[VerifierKey, ...]]]:
    """Torchwood's litewitness, whose key is in an SSH agent: its address and its key."""
    name, agent, database = "observer3.example/w", str(tmp_path / "agent"), tmp_path / "lite.db"
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with ExitStack() as stack:
        answer = stack.enter_context(staying(programs, "agent", {"socket": agent, "seed": in_base64(SEED)}))
        command = [programs / "litewitness", "-name", name, "-db", database, "-ssh-agent", agent, "-listen", address]
        process = stack.enter_context(
            subprocess.Popen([*command, "-key", answer["fingerprint"]], stderr=subprocess.PIPE, text=True)
        )
        stack.callback(process.terminate)
        assert process.stderr is not None
        while "listening" not in (line := process.stderr.readline()):
            assert line, "litewitness ended"
        with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
            empty = in_base64(head_of([]).root)
            connection.execute("INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)", (ORIGIN, empty))
            connection.execute("INSERT INTO key (origin, key) VALUES (?, ?)", (ORIGIN, str(LOG.key)))
        await_port(address)
        yield f"http://{address}", (Ed25519Cosigner(name, SEED).key,)


def await_port(address: str) -> None:
    """Until somebody listens."""
    host, port = address.split(":")
    for _ in range(500):
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise AssertionError(f"nobody listens at {address}")


def in_base64(data: bytes) -> str:
    """Bytes as Go's JSON has them."""
    return base64.b64encode(data).decode()


def ask(
    witness: HttpWitness, size: int, *, forged: bool = False, signer: Ed25519Signer = LOG
) -> tuple[SignatureLine, ...]:
    """Our client asks for cosignatures on a tree."""
    leaves, read = (FORGED, READ_FORGED) if forged else (LEAVES, READ)
    note = signed(head_of(leaves[:size]), signer=signer, origin=signer.key.name)
    return witness.cosign(note, lambda old: prove_consistency(read, old=old, new=size))


@pytest.mark.parametrize("peer", ["transparency_dev", "litewitness"])
def test_strangers_witness_cosigns_our_log(peer: str, request: pytest.FixtureRequest) -> None:
    """Growth, the same size again, a client that does not know where it stands; a fork is an alarm for us."""
    url, keys = request.getfixturevalue(peer)
    with Web() as web:
        witness = HttpWitness(web, url, keys)
        for size in (1, 3, 256, 300, 300):
            assert {line.key_id for line in ask(witness, size)} == {key.key_id for key in keys}
        assert len(ask(HttpWitness(web, url, keys), 700)) == len(keys)
        for size in (700, 300):
            with pytest.raises(BoardError) as caught:
                ask(witness, size, forged=True)
            assert caught.value.code == "board"
        with pytest.raises(UnavailableError):
            ask(HttpWitness(web, url, keys), 3, signer=STRANGER)
        assert len(ask(witness, 700)) == len(keys)


@pytest.mark.parametrize("peer", ["transparency_dev", "litewitness"])
def test_strangers_witness_refuses_a_fork_that_went_on(peer: str, request: pytest.FixtureRequest) -> None:
    """A proof within the other history does not fit the one that was cosigned."""
    url, keys = request.getfixturevalue(peer)
    with Web() as web:
        witness = HttpWitness(web, url, keys)
        assert len(ask(witness, 300)) == len(keys)
        with pytest.raises(BoardError) as caught:
            ask(witness, 700, forged=True)
        assert caught.value.code == "board"


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Our witness, which knows the example's log: its directory and its address."""
    directory = make(tmp_path / "witness")
    with Process(directory) as process:
        yield directory, process.url


def test_client_of_transparency_dev_is_answered_by_our_witness(go: Ask, ours: tuple[Path, str]) -> None:
    """Each answer means to it what we meant, and it takes both lines."""
    directory, url = ours

    def question(old: int, new: int, *, forged: bool = False, note: SignedCheckpoint | None = None) -> dict[str, Any]:
        leaves, read = (FORGED, READ_FORGED) if forged else (LEAVES, READ)
        proof = prove_consistency(read, old=old, new=new) if old <= new else ()
        data = bytes(note or signed(head_of(leaves[:new])))
        return {"url": url, "old": old, "proof": list(map(in_base64, proof)), "checkpoint": in_base64(data)}

    foreign = signed(head_of(LEAVES[:3]), signer=STRANGER, origin=STRANGER.key.name)
    untrusted = signed(head_of(LEAVES[:3]), signer=Ed25519Signer(ORIGIN, bytes(32)))
    asked = [
        (question(0, 3), ""),
        (question(3, 300), ""),
        (question(300, 300), ""),
        (question(3, 700), "stale"),
        (question(300, 700, forged=True), "invalid proof"),
        (question(300, 300, forged=True), "invalid proof"),
        (question(0, 3, note=foreign), "unknown log"),
        (question(0, 3, note=untrusted), "no valid signature"),
        (question(700, 300), "old size invalid"),
        (question(300, 700), ""),
    ]
    answers = go("update", [one for one, _ in asked])
    assert [answer["error"] for answer in answers] == [error for _, error in asked]
    assert [answer["size"] for answer in answers if answer["error"] == "stale"] == [300]
    for answer in answers:
        if not answer["error"]:
            assert [line.key_id for line in read_signature_lines(answer["lines"].encode())] == [
                key.key_id for key in keys_of(directory)
            ]
    assert memory(directory)[0] == 700


def test_our_lines_hold_for_torchwood_and_formats(go: Ask, ours: tuple[Path, str]) -> None:
    """Torchwood's policy is satisfied by the Ed25519 line; both kinds hold for formats; a changed one does not."""
    directory, url = ours
    keys = keys_of(directory)
    with Web() as web:
        ask(HttpWitness(web, url, tuple(keys)), 300)
        shown = web.get(f"{url}/{origin_path()}", limit=100_000).body
    policy = write_policy(Policy((Log(LOG.key),), (Witness("o1", keys[0]),), (), "o1"))
    vkeys = [str(LOG.key), *map(str, keys)]
    answer = go("verify", {"note": in_base64(shown), "policy": in_base64(policy), "vkeys": vkeys})
    assert answer == {"policy": "", "signers": [ORIGIN, keys[0].name, keys[1].name], "error": ""}
    note = read_signed_checkpoint(shown)
    log_line, first, second = note.note.signatures
    for lines, policy_holds in (((log_line,), False), ((log_line, second), False), ((log_line, first), True)):
        data = in_base64(bytes(note.with_signatures(lines)))
        answer = go("verify", {"note": data, "policy": in_base64(policy), "vkeys": vkeys})
        assert (answer["policy"] == "", answer["error"]) == (policy_holds, "")
    changed = bytearray(second.signature)
    changed[100] ^= 1
    broken = note.with_signatures([log_line, SignatureLine(second.name, second.key_id, bytes(changed))])
    assert go("verify", {"note": in_base64(bytes(broken)), "policy": in_base64(policy), "vkeys": vkeys})["error"]


def origin_path() -> str:
    """Where a witness shows our log's checkpoint."""
    from psephos.board.witness import origin_hash  # noqa: PLC0415

    return f"{origin_hash(ORIGIN)}/checkpoint"


@pytest.mark.parametrize("kind", [0, 1])
def test_log_of_tessera_waits_for_our_witness(go: Ask, ours: tuple[Path, str], tmp_path: Path, kind: int) -> None:
    """It publishes with our line of either kind, also after a restart in which it forgot where we stand.

    Then the other way round: our reader reads that log, and our witness pulls it.
    """
    directory, url = ours
    key = keys_of(directory)[kind]
    policy = f"witness o1 {key} {url}\nquorum o1\n".encode()
    seed = in_base64(bytes([1]) + b"\1" * 32)
    folder, entries = tmp_path / "tessera", [f"entry {number}".encode() for number in range(6)]
    question = {
        "dir": str(folder),
        "skey": f"PRIVATE+KEY+{ORIGIN}+{LOG.key.key_id.hex()}+{seed}",
        "policy": in_base64(policy),
    }
    for part in (entries[:2], entries[2:]):
        answer = go("log", {**question, "entries": list(map(in_base64, part))})
        assert answer["error"] == ""
    assert answer["sizes"] == [3, 4, 5, 6]
    mine = read_policy(f"log {LOG.key}\n".encode() + policy)
    observed = verify_checkpoint(read_signed_checkpoint(base64.b64decode(answer["checkpoint"])), mine)
    verify_quorum(observed.cosignatures, mine)
    assert memory(directory)[0] == 6
    view = BoardReader(DirectoryFetcher(folder), origin=ORIGIN, policy=mine).update()
    assert [entry for _, run in Tree(DirectoryFetcher(folder), view.head).entries(0, 6) for entry in run] == entries
    clock = SetClock()
    clock.time = NOW
    with open_witness(make(tmp_path / "behind"), clock) as behind:
        assert pull(behind, DirectoryFetcher(folder), origin=ORIGIN).head == view.head
