"""Who confirms a board's head after a start, and whose word keeps it from writing; witnesses say what a test wants."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from psephos.adapters import cosigning
from psephos.adapters.board_opening import open_service
from psephos.adapters.board_parts import ServiceSettings
from psephos.adapters.http import HttpFetcher, Web
from psephos.adapters.system import SystemClock
from psephos.board.client import Tree
from psephos.board.cosignature import Ed25519Cosigner
from psephos.board.note import write_signature_lines
from psephos.board.witness import SIZE_CONTENT_TYPE, read_add_checkpoint
from psephos.record.board_entries import EntryKind, read_board_entry
from tests.server.board_process import Board, Place, now, policy_of, terms, until
from tests.server.test_board_start import ends
from tests.support.logged import VERIFIERS, WITNESSES

Said = tuple[int, str, bytes]
"""Status, content type, body."""
NOTHING: Said = (503, "text/plain", b"")


class Fake:
    """A witness's address where a test decides what is said.

    Attributes:
        shown: At the monitoring address.
        asked: To a request for cosignatures.
        pause: Seconds before that.
        silent: As long as it is set, nothing is said at the monitoring address.
    """

    def __init__(self) -> None:
        self.shown, self.pause, self.silent = NOTHING, 0.0, threading.Event()
        self.asked: Callable[[bytes], Said] = lambda _: NOTHING
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                end = time.monotonic() + 30
                while fake.silent.is_set() and time.monotonic() < end:
                    time.sleep(0.01)
                self._say(fake.shown)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(fake.pause)
                self._say(fake.asked(body))

            def _say(self, said: Said) -> None:
                status, content_type, body = said
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["Fake"]:
        """Answer while the context lasts."""
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        yield self
        self._server.shutdown()
        thread.join()
        self._server.server_close()

    def claim(self, size: int) -> None:
        """Say of every head that a larger one was cosigned."""
        self.asked = lambda _: (409, SIZE_CONTENT_TYPE, b"%d\n" % size)

    def cosign(self, cosigner: Ed25519Cosigner) -> None:
        """Cosign whatever comes."""

        def answer(body: bytes) -> Said:
            text = read_add_checkpoint(body).signed.note.text
            return 200, "text/plain; charset=utf-8", write_signature_lines([cosigner.cosign(text, now=now())])

        self.asked = answer


@pytest.fixture
def fakes() -> Iterator[tuple[Fake, Fake]]:
    """Two of them."""
    with Fake().running() as one, Fake().running() as other:
        yield one, other


@pytest.fixture
def place(tmp_path: Path, fakes: tuple[Fake, Fake], web: Web) -> Place:
    """A board with some entries, whose receipts want a line of one of the two; both cosign by now."""
    for fake, cosigner in zip(fakes, WITNESSES, strict=False):
        fake.cosign(cosigner)
    named = [(f"w{at}", WITNESSES[at].key, fake.url) for at, fake in enumerate(fakes)]
    made = Place.make(tmp_path / "board", terms(receipts=policy_of(named, threshold=1)), web=web)
    with Board(made.directory) as board:
        made.open(board)
    return made


def said(board: Board, event: str) -> list[dict[str, str]]:
    """What the server said of a kind."""
    return [one for one in board.events() if one["event"] == event]


def kinds_of(place: Place, board: Board) -> list[EntryKind]:
    """What is in the log."""
    head = place.checkpoint(board, "checkpoint.latest").head
    tree = Tree(HttpFetcher(place.web, board.url), head)
    return [read_board_entry(entry).kind for _, found in tree.entries(0, head.size) for entry in found]


def test_witness_that_has_cosigned_more_is_heard_before_one_that_is_behind(
    place: Place, fakes: tuple[Fake, Fake]
) -> None:
    """An old copy: one witness says how much it has cosigned, another was away, and cosigns what it is shown."""
    ahead, behind = fakes
    ahead.claim(200)
    ahead.pause = 0.7
    with Board(place.directory) as board:
        assert place.health(board)["status"] == "read-only"
        (alarm, *_) = [one for one in said(board, "alarm") if one["kind"] == "old-copy"]
        assert alarm["name"] == "w0"
        assert "has seen 200 entries" in alarm["reason"]
        assert "this is an old copy of the log" in alarm["reason"]
        before = place.checkpoint(board, "checkpoint.latest").head
        ahead.asked = behind.asked
        time.sleep(2.5)
        assert place.health(board)["status"] == "read-only"
        assert place.checkpoint(board, "checkpoint.latest").head == before


def test_operator_outranks_a_bare_number_and_the_log_says_so(place: Place, fakes: tuple[Fake, Fake]) -> None:
    """A liar among the witnesses cannot end the vote; that nobody confirmed the head stands in the log for ever."""
    fakes[0].claim(10**12)
    with Board(place.directory, "--start-alone") as board:
        assert place.health(board)["status"] == "ok"
        assert [one["kind"] for one in said(board, "alarm")][:2] == ["witness", "old-copy"]
        assert kinds_of(place, board)[-1] is EntryKind.START_ALONE


def test_head_that_nobody_had_cosigned_is_cosigned_and_so_confirmed(place: Place, fakes: tuple[Fake, Fake]) -> None:
    """It was signed, and the process died: at its next start it asks for cosignatures before it takes anything."""
    cosigning = [fake.asked for fake in fakes]
    with Board(place.directory) as board:
        for fake in fakes:
            fake.asked = lambda _: NOTHING
        index = place.client(board).ballot(place.vote.ballots[0]).index
    for fake, asked in zip(fakes, cosigning, strict=True):
        fake.asked = asked
    for options in ((), ("--start-alone",)):
        with Board(place.directory, *options) as board:
            assert place.health(board)["status"] == "ok"
            until(lambda: place.health(board)["cosigned"] == index + 1)
            assert EntryKind.START_ALONE not in kinds_of(place, board)


def test_somebody_who_is_late_confirms_nothing(tmp_path: Path, web: Web) -> None:
    """A cosigner that brings a fresh line under an old head has not seen what may have come since."""
    policy = policy_of([("w", WITNESSES[0].key, "")], threshold=1)
    place = Place.make(tmp_path / "board", terms(receipts=policy), web=web)
    with Board(place.directory, "--start-alone") as board:
        old = place.checkpoint(board, "checkpoint.latest")
        place.open(board)
    with Board(place.directory) as board:
        later = type(now())(now() + 1)
        for head, status in ((old, "read-only"), (place.checkpoint(board, "checkpoint.latest"), "ok")):
            line = WITNESSES[0].cosign(head.note.text, now=later)
            place.client(board).cosignatures(head.with_signatures([head.note.signatures[0], line]))
            assert place.health(board)["status"] == status


def test_larger_checkpoint_that_somebody_brings_keeps_an_old_copy_read_only(tmp_path: Path, web: Web) -> None:
    """Our own key has signed it: no cosigner that is behind lets it write after that."""
    policy = policy_of([("w", WITNESSES[0].key, "")], threshold=1)
    place = Place.make(tmp_path / "board", terms(receipts=policy), web=web)
    with Board(place.directory, "--start-alone") as board:
        place.open(board)
    shutil.copytree(place.directory, tmp_path / "copy")
    with Board(place.directory, "--start-alone") as board:
        ahead = place.checkpoint(board, "checkpoint.latest")
    with Board(tmp_path / "copy") as board:
        place.client(board).gossip(bytes(ahead))
        ours = place.checkpoint(board, "checkpoint.latest")
        line = WITNESSES[0].cosign(ours.note.text, now=type(now())(now() + 1))
        place.client(board).cosignatures(ours.with_signatures([ours.note.signatures[0], line]))
        assert place.health(board)["status"] == "read-only"
        until(lambda: {"ahead", "old-copy"} <= {one["kind"] for one in said(board, "alarm")})


def test_observers_of_the_tally_are_asked_as_well(tmp_path: Path, fakes: tuple[Fake, Fake], web: Web) -> None:
    """One that shows more than an old copy has keeps it from starting; one that shows its head confirms it."""
    policy = policy_of([("v", VERIFIERS[0].key, fakes[0].url)], threshold=1)
    place = Place.make(tmp_path / "board", terms(tally=policy), web=web)

    def show(board: Board) -> None:
        head = place.checkpoint(board, "checkpoint.latest")
        line = VERIFIERS[0].cosign(head.note.text, now=now())
        fakes[0].shown = (200, "text/plain", bytes(head.with_signatures([*head.note.signatures, line])))

    with Board(place.directory, "--start-alone") as board:
        place.open(board)
        show(board)
    shutil.copytree(place.directory, tmp_path / "copy")
    with Board(place.directory) as board:
        assert place.health(board)["status"] == "ok"
        place.client(board).ballot(place.vote.ballots[0])
        show(board)
    for options in ((), ("--start-alone",)):
        code, words = ends(tmp_path / "copy", *options, "--free-space", "0")
        assert (code, "error[refused]: v has seen" in words, "this is an old copy" in words) == (1, True, True)


def test_address_that_says_nothing_keeps_no_board_from_starting(
    place: Place, fakes: tuple[Fake, Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not waited for; the others are heard."""
    monkeypatch.setattr(cosigning, "_SIGHTING_SECONDS", 0.5)
    events: list[tuple[str, dict[str, object]]] = []
    fakes[0].silent.set()
    with open_service(
        place.directory,
        clock=SystemClock(),
        settings=ServiceSettings(),
        say=lambda event, **fields: events.append((event, fields)),
        on_fatal=lambda error: events.append(("fatal", {"reason": str(error)})),
    ) as opened:
        assert ("witness", {"name": "w0", "reason": "shows nothing in time"}) in events
        assert opened.service.health()["status"] == "ok"
        fakes[0].silent.clear()
