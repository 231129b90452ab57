"""A relay as a process, before a board that goes away: what voters hear, and where their ballots end up."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from psephos.adapters.http import HttpFetcher, Web
from psephos.board.merkle import hash_leaf
from psephos.board.note import read_verifier_key
from psephos.board.proof import read_receipt, verify_receipt
from psephos.cli.main import run
from psephos.protocol.encoding import sha256_hex
from psephos.record.admission import ballot_entry
from psephos.record.relaying import verify_relayed
from psephos.record.state import RecordState, judge_log
from tests.server.board_process import Board, Place, now, terms, until
from tests.server.relay_process import RelayProcess
from tests.server.test_board_contract import CHECKS
from tests.server.test_board_vote import read_log
from tests.server.test_succession import Scene

ROOT = Path(__file__).parents[2]
DESCRIPTION = ROOT / "docs" / "reference" / "openapi-relay.yaml"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def place(tmp_path: Path, web: Web) -> Place:
    """A board's directory."""
    return Place.make(tmp_path / "board", terms(), web=web)


@pytest.fixture
def board(place: Place) -> Iterator[Board]:
    """It runs, and the vote is open."""
    with Board(place.directory, "--start-alone") as running:
        place.open(running)
        yield running


@pytest.fixture
def home(tmp_path: Path, place: Place) -> Path:
    """An observer that has the charter and nothing else."""
    assert run(["observer", "init", str(tmp_path / "home"), "--name", "observer1.example"]) == 0
    (tmp_path / "charter.json").write_bytes(place.vote.charter)
    return tmp_path / "home"


def charter(home: Path) -> tuple[str, str]:
    """What a relay is told that does not know its charter yet."""
    return "--charter", str(home.parent / "charter.json")


def health(web: Web, relay: RelayProcess) -> dict[str, Any]:
    """What the relay says of itself."""
    found: dict[str, Any] = json.loads(web.get(f"{relay.url}/health", limit=10_000).body)
    return found


def hand_in(web: Web, relay: RelayProcess, ballot: bytes) -> tuple[int, bytes]:
    """Status and body."""
    answer = web.post(f"{relay.url}/ballot", ballot, content_type="application/json")
    return answer.status, answer.body


@pytest.mark.slow
def test_ballots_survive_a_board_that_goes_away_and_a_relay_that_is_killed(
    place: Place, board: Board, home: Path, web: Web
) -> None:
    """A receipt while the board is there, the relay's word while it is not; in the end each ballot once in the log."""
    vote, told = place.vote, charter(home)
    with RelayProcess(home, board.url, *told) as relay:
        status, body = hand_in(web, relay, vote.ballots[0])
        assert status == 200
        verify_receipt(read_receipt(body), leaf=hash_leaf(ballot_entry(vote.ballots[0])), policy=vote.terms.receipts)
        key = read_verifier_key(str(health(web, relay)["key"]))
        assert key.name == "observer1.example/r"
        assert (home / "relay.vkey").read_text() == f"{key}\n"
        port = board.port
        board.stop(signal.SIGKILL)
        words = {}
        for ballot in vote.ballots[1:4]:
            status, words[ballot] = hand_in(web, relay, ballot)
            assert status == 202
            relayed = verify_relayed(words[ballot], key, charter=vote.name, ballot=sha256_hex(ballot))
            assert 0 <= now() - relayed.at < 60
        relay.stop(signal.SIGKILL)
        first = relay.port
    with (
        Board(place.directory, "--start-alone", port=port) as again,
        RelayProcess(home, again.url, *told, port=first) as relay,
    ):
        for ballot in vote.ballots[:4]:
            assert hand_in(web, relay, ballot)[0] == 200
        until(lambda: health(web, relay)["held"] == 0)
        log = read_log(place, again, place.checkpoint(again))
        state = RecordState(log)
        verdicts = [verdict for verdict in judge_log(log, state) if verdict.kind == "Ballot"]
        assert [verdict.has_effect for verdict in verdicts] == [True] * 4
        assert list((home / "relay").iterdir()) == []


@pytest.mark.slow
def test_relay_starts_from_the_observers_mirror_while_the_network_is_cut(
    place: Place, board: Board, home: Path, web: Web
) -> None:
    """What the observer has mirrored is enough to check ballots; without it there is nothing to go by."""
    assert run(["observer", "follow", board.url, "--home", str(home), "--once", *charter(home)]) == 0
    with RelayProcess(home, NOWHERE) as relay:
        assert hand_in(web, relay, place.vote.ballots[0])[0] == 202
        assert hand_in(web, relay, b"{}")[0] == 400
        assert run(["observer", "relay", NOWHERE, "--home", str(home), "--listen", "127.0.0.1:0"]) == 1  # one at a time
        assert health(web, relay)["held"] == 1
    other = home.parent / "other"
    assert run(["observer", "init", str(other), "--name", "observer2.example"]) == 0
    assert run(["observer", "relay", NOWHERE, "--home", str(other)]) == 1
    assert run(["observer", "relay", NOWHERE, "--home", str(other), *charter(home)]) == 3
    assert run(["observer", "relay", NOWHERE, "--home", str(home.parent), *charter(home)]) == 1


@pytest.mark.slow
def test_nothing_tells_who_brought_a_ballot(place: Place, board: Board, home: Path) -> None:
    """Neither a file of the relay nor a line that it says holds the address of whoever asked."""
    visitor = "127.0.0.77"
    assert run(["observer", "follow", board.url, "--home", str(home), "--once", *charter(home)]) == 0
    with (
        RelayProcess(home, NOWHERE, *charter(home)) as relay,
        httpx.Client(
            transport=httpx.HTTPTransport(local_address=visitor), headers={"X-Forwarded-For": visitor}
        ) as client,
    ):
        answers = [client.post(f"{relay.url}/ballot", content=ballot) for ballot in (*place.vote.ballots[:2], b"{}")]
        assert [answer.status_code for answer in answers] == [202, 202, 400]
        assert client.get(f"{relay.url}/nothing").status_code == 404
    written = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert len(written) > 4
    assert not any(visitor.encode() in content for content in written)
    assert not any(visitor in line for line in relay.lines)


@pytest.mark.slow
def test_voter_hands_in_through_a_relay(
    place: Place, board: Board, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3 and the relay's word while the board is away, 0 and a receipt when it is back."""
    (tmp_path / "ballot.json").write_bytes(place.vote.ballots[0])
    command = ["voter", "hand-in", str(tmp_path / "ballot.json")]
    with RelayProcess(home, board.url, *charter(home)) as relay:
        port = board.port
        board.stop(signal.SIGTERM)
        word = ["--word", str(tmp_path / "word.note")]
        assert run([*command, relay.url, *charter(home), *word]) == 3
        assert "it is NOT in the log yet" in capfd.readouterr().err
        assert (tmp_path / "word.note").read_bytes().startswith(b"psephos/relayed/1\n")
        assert run([*command, relay.url, "--fingerprint", place.vote.name]) == 3
        assert "--charter FILE" in capfd.readouterr().err
        with Board(place.directory, "--start-alone", port=port):
            receipt = ["--receipt", str(tmp_path / "receipt.tlog-proof")]
            until(lambda: run([*command, relay.url, *charter(home), *receipt]) == 0)
    assert read_receipt((tmp_path / "receipt.tlog-proof").read_bytes()).extra == place.vote.ballots[0]


@pytest.mark.slow
def test_ballots_held_while_the_log_is_dead_go_to_the_log_that_goes_on(tmp_path: Path, web: Web) -> None:
    """The relay waits with the standby for the observers' decision, and then the standby log has the ballots."""
    scene = Scene(tmp_path, web)
    place, vote, home = scene.place, scene.place.vote, scene.homes[0]
    with Board(place.directory, "--start-alone") as board:
        place.open(board)
        assert scene.follow(board.url) == [0] * 4
        board.stop(signal.SIGKILL)
    assert scene.begin(home / "mirror") == 0
    successor = Place(scene.standby, vote, web)
    with (
        Board(scene.standby, "--refresh", "0.5") as second,
        RelayProcess(home, board.url, "--standby", second.url) as relay,
    ):
        assert [hand_in(web, relay, ballot)[0] for ballot in vote.ballots[:2]] == [202, 202]
        started = now()
        until(lambda: now() > started)  # only a word that is later than its start tells a log that it is no old copy
        for observer in scene.homes[:3]:
            assert run(["observer", "succeed", second.url, "--home", str(observer), "--yes"]) == 0
        until(lambda: [hand_in(web, relay, ballot)[0] for ballot in vote.ballots[:2]] == [200, 200])
        log = read_log(successor, second, successor.checkpoint(second, "checkpoint.latest"))
        state = RecordState(log)
        assert [one.has_effect for one in judge_log(log, state) if one.kind == "Ballot"] == [True, True]


@pytest.mark.slow
def test_relay_answers_everything_as_its_description_says(place: Place, board: Board, home: Path) -> None:
    """No request makes it fail; no answer has a status, a type or a form that the description does not name."""
    with RelayProcess(home, board.url, *charter(home)) as relay:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(DESCRIPTION), "--url", relay.url),
            *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"),
            *("--max-examples", "60", "--seed", "7", "--generation-database", "none", "--no-color"),
        ]
        done = subprocess.run(
            command, cwd=home.parent, env=os.environ, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        with Web() as web:
            assert hand_in(web, relay, place.vote.ballots[0])[0] == 200
            assert HttpFetcher(web, relay.url).fetch("errors/too-many", limit=1000)
