"""`psephos observer check-booth`: pages on servers, against the record."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from psephos.adapters.files import write_new
from psephos.cli.main import run
from psephos.record.board_entries import EntryKind
from psephos.roles.organiser_notes import combine, sign, state_booth
from tests.roles.test_organiser_notes import page_of
from tests.support.boards import StaticBoard, served
from tests.support.logged import ORGANISERS, Vote, hold_vote, log_of

TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css"}


@dataclass
class Mirror:
    """A server of the page.

    Attributes:
        files: What it delivers: body by path.
        headers: Beside every answer.
        moved: Where it sends browsers instead, if it does.
        status: Of every file that it has.
        agents: As what its visitors introduced themselves.
    """

    files: dict[str, bytes]
    headers: dict[str, str] = field(default_factory=dict)
    moved: str = ""
    status: int = 200
    agents: set[str] = field(default_factory=set)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve it on a free port; gives its address."""
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self)) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/"
            finally:
                server.shutdown()
                thread.join()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, mirror: Mirror, *arguments: object) -> None:
        self.mirror = mirror
        super().__init__(*arguments)  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.mirror.agents.add(self.headers["User-Agent"])
        name = self.path.removeprefix("/") or "index.html"
        body = self.mirror.files.get(name)
        self.send_response(302 if self.mirror.moved else self.mirror.status if body is not None else 404)
        headers = {"Content-Type": TYPES.get(name.rpartition(".")[2], "text/plain")} | self.mirror.headers
        for header, value in (headers | ({"Location": self.mirror.moved} if self.mirror.moved else {})).items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body or b"")


def publication(vote: Vote, files: dict[str, bytes], number: int) -> bytes:
    """What two organisers have signed."""
    statement = state_booth(vote.charter, files, number=number)
    return combine(vote.charter, [sign(vote.charter, statement, signer) for signer in ORGANISERS[:2]])[0]


@dataclass
class Scene:
    """A board whose organisers have published a page twice, and two servers of it."""

    root: Path
    vote: Vote
    board: StaticBoard
    mirrors: list[Mirror]
    stack: ExitStack

    def check(self, *options: str) -> int:
        """Look at both, from files of the board."""
        addresses = [self.stack.enter_context(mirror.served()) for mirror in self.mirrors]
        keep = ["--keep", str(self.root / "kept"), "--fingerprint", self.vote.name]
        return run(["observer", "check-booth", self.board.root.as_uri(), *addresses, *keep, *options])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Everything as it should be."""
    vote = hold_vote()
    files = page_of(vote)
    log = log_of(vote)
    before = files | {"booth.js": b"earlier()"}
    notes = [publication(vote, before, 1), publication(vote, files, 2)]
    rest, log.received[9:] = log.received[9:], []
    for note in notes:
        log.add(EntryKind.BOOTH, [note])
    log.received += rest
    board = StaticBoard(tmp_path / "board", log)
    board.publish()
    with ExitStack() as stack:
        yield Scene(tmp_path, vote, board, [Mirror(dict(files)), Mirror(dict(files))], stack)


def test_pages_as_signed_are_told_file_by_file(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    """Exit code 0; the servers cannot tell the observer by its name; headers that are lacking are advice."""
    assert scene.check() == 0
    printed = capfd.readouterr()
    assert printed.out.count("as signed") == 4
    assert "all 4 answers are publication 2 of the booth, byte for byte" in printed.err
    assert "advice: 4 of 4 answers have no header \"content-security-policy: frame-ancestors 'none'\"" in printed.err
    assert not any("psephos" in agent for agent in scene.mirrors[0].agents)
    assert not (scene.root / "kept").exists()


def test_one_other_byte_on_one_server_is_found_and_kept(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    """Exit code 1; what came is kept with its headers."""
    scene.mirrors[1].files["booth.js"] = b"leak()"
    assert scene.check() == 1
    printed = capfd.readouterr()
    assert printed.out.count("as signed") == 3
    assert printed.out.count("OTHER") == 1
    (body,) = (scene.root / "kept").glob("*-booth.js")
    assert body.read_bytes() == b"leak()"
    assert "content-type: text/javascript" in Path(f"{body}.headers").read_text()


def test_earlier_publication_redirection_and_header_are_found(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    """Each says what it is."""
    scene.mirrors[0].files["booth.js"] = b"earlier()"
    scene.mirrors[1].moved = "https://other.example/"
    assert scene.check("--json") == 1
    found = json.loads(capfd.readouterr().out)
    assert found["publication"] == 2
    told = [difference["message"] for file in found["files"] for difference in file["differences"]]
    assert told == [
        "the file of publication 1, whose place 2 has taken",
        *["the server sends the browser to 'https://other.example/'"] * 2,
    ]


def test_cookie_with_the_right_bytes_is_found(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    """The page keeps nothing; a server that lets the browser keep something is another."""
    scene.mirrors[0].headers["Set-Cookie"] = "voter=17"
    assert scene.check() == 1
    assert "header: set-cookie: it lets the server know a voter again" in capfd.readouterr().out


def test_file_that_cannot_be_had_is_no_verdict(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    """Exit code 3: nothing was proved against that server."""
    del scene.mirrors[1].files["booth.js"]
    assert scene.check() == 3
    printed = capfd.readouterr()
    assert "answered 404" in printed.out
    assert "1 of 4 files could not be had" in printed.err


def test_page_that_comes_with_an_error_is_found_and_kept(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    """Exit code 1: browsers run it, and `not reached` would hide it from every observer."""
    scene.mirrors[1].status = 404
    scene.mirrors[1].files["index.html"] = b"<script>leak()</script>"
    assert scene.check() == 1
    printed = capfd.readouterr()
    assert "status: answered 404" in printed.out
    (body,) = (scene.root / "kept").glob("*-index.html")
    assert body.read_bytes() == b"<script>leak()</script>"
    assert "status 404\n" in Path(f"{body}.headers").read_text()


def test_another_page_is_worse_than_one_that_is_missing(scene: Scene) -> None:
    """Exit code 1, also if something else could not be had."""
    del scene.mirrors[1].files["booth.js"]
    scene.mirrors[0].files["index.html"] += b"<!-- -->"
    assert scene.check() == 1


def test_one_address_or_one_without_its_slash_is_a_mistake_of_use(
    scene: Scene, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, which is no verdict; the same address twice is one."""
    board, name = scene.board.root.as_uri(), scene.vote.name
    command = ["observer", "check-booth", board, "--fingerprint", name]
    assert run([*command, "https://a.example/"]) == 2
    assert run([*command, "https://a.example/", "https://a.example/"]) == 2
    assert "give at least two addresses" in capfd.readouterr().err
    assert run([*command, "https://a.example/vote", "https://b.example/"]) == 2
    assert "a folder ends with a slash" in capfd.readouterr().err


def test_record_without_a_publication_or_a_quorum_gives_nothing_to_compare_with(
    tmp_path: Path, scene: Scene, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3; another charter is refused."""
    vote = hold_vote()
    board = StaticBoard(tmp_path / "plain", log_of(vote))
    board.publish()
    addresses = ["https://a.example/", "https://b.example/"]
    assert run(["observer", "check-booth", board.root.as_uri(), *addresses, "--fingerprint", vote.name]) == 3
    assert "have published no files of the booth" in capfd.readouterr().err
    assert run(["observer", "check-booth", board.root.as_uri(), *addresses, "--fingerprint", "0" * 64]) == 1
    (scene.board.root / "checkpoint").unlink()
    (scene.board.root / "checkpoint.verified").unlink()
    scene.board.publish(witnesses=1, verifiers=0)
    assert run(["observer", "check-booth", scene.board.root.as_uri(), *addresses, "--fingerprint", vote.name]) == 3
    assert "error[quorum-not-met]" in capfd.readouterr().err


def test_publication_is_signed_combined_and_posted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """From the built folder to the board: two organisers sign the same bytes, and anybody hands the note in."""
    vote = hold_vote()
    write_new(tmp_path / "charter.json", vote.charter)
    for name, content in page_of(vote).items():
        write_new(tmp_path / "booth" / name, content)
    files = page_of(vote)
    notes = []
    for number, signer in enumerate(ORGANISERS[:2]):
        note = sign(vote.charter, state_booth(vote.charter, files, number=1), signer)
        notes.append(tmp_path / f"{number}.note")
        write_new(notes[-1], note)
    command = ["organiser", "combine", str(tmp_path / "charter.json"), *map(str, notes), "--out", str(tmp_path)]
    assert run(command) == 0
    combined = tmp_path / "booth-1.note"
    assert combined.read_bytes() == publication(vote, files, 1)
    with served(tmp_path) as web:
        url = web.url
        assert run(["organiser", "post", "booth", str(tmp_path / "charter.json"), url, str(combined)]) == 3
        ((path, body),) = web.handed_in[:1]
    assert path == "/entry"
    assert combined.read_bytes() in body
    assert "not a receipt" in capfd.readouterr().err
