"""Broken disks and kills: no cosignature leaves that the witness could forget."""

import shutil
import signal
import subprocess
import threading
import time
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from psephos.adapters.http import Answer, Web
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.cosignature import read_timestamp, verifiers_of
from psephos.board.merkle import TreeHead, hash_leaf, prove_consistency
from psephos.board.note import Note, read_signature_lines, verify_note
from psephos.board.tiles import Edge, Tile, node_reader, read_tile
from psephos.board.witness import AddCheckpoint, origin_hash, write_add_checkpoint
from psephos.errors import UnavailableError
from tests.board.example import ORIGIN, head_of, signed
from tests.server.process import LEAVES, Process, keys_of, lines_of, memory, request

STRACE = shutil.which("strace")
RIVALS = range(4)
KILLS = 32


def test_disk_that_is_full_ends_the_process_before_anything_is_signed(directory: Path, web: Web) -> None:
    """The answer is 503 and the exit code 3; the next process goes on from what was durable."""
    durable = 0
    with Process(directory, prefix=("prlimit", "--fsize=40000")) as process:
        for size in range(1, 41):
            answer = web.post(process.url + "/add-checkpoint", request(size - 1, size))
            if answer.status != 200:
                break
            durable = size
        assert (answer.status, answer.body) == (503, b"")
        assert process.stop(0) == 3
        assert "broken" in [event["event"] for event in process.events()]
    assert 0 < durable < 40
    assert memory(directory)[:2] == (durable, head_of(LEAVES[:durable]).root)
    with Process(directory) as process:
        body = request(durable, durable + 1)
        lines_of(web.post(process.url + "/add-checkpoint", body), signed(head_of(LEAVES[: durable + 1])), directory)


@pytest.mark.slow
@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize("fault", ["fdatasync:error=EIO", "pwrite64:error=ENOSPC", "pwrite64:error=EIO"])
def test_system_call_that_fails_in_a_commit_leaves_nothing_signed(directory: Path, web: Web, fault: str) -> None:
    """Injected from outside: no cosignature for a head that may not be on disk, and the process ends."""
    with Process(directory) as process:
        lines_of(web.post(process.url + "/add-checkpoint", request(0, 3)), signed(head_of(LEAVES[:3])), directory)
        options = ["-e", f"trace={fault.partition(':')[0]}", "-e", f"inject={fault}", "-o", "/dev/null"]
        command = [str(STRACE), "-f", "-p", str(process.process.pid), *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr is not None
            assert "attached" in strace.stderr.readline()
            answer = web.post(process.url + "/add-checkpoint", request(3, 5))
            assert (answer.status, answer.body) == (503, b"")
            assert process.stop(0) == 3
            strace.stderr.read()
    with Process(directory) as process:
        size = memory(directory)[0]
        assert size in {3, 5}  # after a failed synchronisation it may be there or not; it was not signed either way
        again = web.post(process.url + "/add-checkpoint", request(size, 5))
        lines_of(again, signed(head_of(LEAVES[:5])), directory)


class Story:
    """The history that the witness follows, as its answers tell. At every step, rivals offer different next entries."""

    def __init__(self) -> None:
        self.edge = Edge()
        self.files: dict[Tile, bytes] = {}
        self.heads = {0: Edge().head()}
        self.released: list[tuple[TreeHead, bytes]] = []
        self.unexpected: list[object] = []
        self._lock = threading.Lock()

    def offer(self, rival: int) -> tuple[bytes, Edge, dict[Tile, bytes]]:
        """A rival's next step: the request, and the tree after it."""
        edge, files = self.edge, self.files
        after, new = edge.extended([hash_leaf(f"{rival}-{edge.size}".encode())])
        read = node_reader(after.size, lambda tile: read_tile(new[tile] if tile in new else files[tile], tile))
        proof = prove_consistency(read, old=edge.size, new=after.size)
        return write_add_checkpoint(AddCheckpoint(edge.size, proof, signed(after.head()))), after, new

    def took(self, after: Edge, new: dict[Tile, bytes]) -> None:
        """The witness went this way."""
        with self._lock:
            head = after.head()
            if after.size == self.edge.size + 1:
                self.files = self.files | new
                self.edge = after
                self.heads[after.size] = head
            if self.heads.get(after.size) != head:
                self.unexpected.append(head)

    def hear(self, answer: Answer, after: Edge, new: dict[Tile, bytes]) -> None:
        """An answer to an offer."""
        if answer.status == 200:
            self.released.append((after.head(), answer.body))
            self.took(after, new)
        elif answer.status not in {409, 503}:
            self.unexpected.append(answer)

    def ask(self, shown: SignedCheckpoint) -> None:
        """An answer was lost in a kill: which of the rivals was it?"""
        for rival in RIVALS:
            _, after, new = self.offer(rival)
            if after.head() == shown.head:
                self.took(after, new)


def compete(story: Story, rival: int, where: dict[str, str], stop: threading.Event) -> None:
    """Offer one step after the other, through every crash."""
    with Web(connect=1, read=5) as web:
        while not stop.is_set():
            body, after, new = story.offer(rival)
            try:
                answer = web.post(where["url"] + "/add-checkpoint", body)
                story.hear(answer, after, new)
                if answer.status == 409 and int(answer.body) == story.edge.size + 1:
                    shown = web.get(f"{where['url']}/{origin_hash(ORIGIN)}/checkpoint", limit=100_000)
                    story.ask(read_signed_checkpoint(shown.body))
            except UnavailableError:
                time.sleep(0.005)


@pytest.mark.slow
def test_kills_under_load_never_leave_two_heads_that_disagree(directory: Path) -> None:
    """Thirty-two SIGKILLs while a dishonest log forks at every step: all cosignatures tell one story."""
    random, story, stop, where = Random(3), Story(), threading.Event(), {"url": ""}
    rivals = [threading.Thread(target=compete, args=(story, rival, where, stop)) for rival in RIVALS]
    for kill in range(KILLS):
        process = Process(directory)
        where["url"], before, patience = process.url, len(story.released), time.monotonic() + 10
        if kill == 0:
            for thread in rivals:
                thread.start()
        while len(story.released) == before and time.monotonic() < patience:
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.1))
        released = max(head.size for head, _ in story.released)
        assert process.stop(signal.SIGKILL) == -signal.SIGKILL
        assert memory(directory)[0] >= released  # what had left was durable
    stop.set()
    for thread in rivals:
        thread.join()
    assert story.unexpected == []
    assert len(story.released) > KILLS
    assert all(story.heads[head.size] == head for head, _ in story.released)
    verifiers, times = verifiers_of(keys_of(directory)), dict[int, set[int]]()
    for head, body in story.released:
        lines = verify_note(Note(signed(head).note.text, read_signature_lines(body)), verifiers)
        times.setdefault(head.size, set()).update(map(read_timestamp, lines))
    assert all(max(times[one]) <= min(times[two]) for one, two in pairwise(sorted(times)))
    print(f"{KILLS} kills, {len(story.released)} cosigned, {story.edge.size} steps")  # noqa: T201
