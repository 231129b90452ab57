"""The log's server is seized; a standby log goes on, by the observers' decision, and the vote ends as it should."""

import io
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from psephos.adapters.board_directory import create_directory, take_charter
from psephos.adapters.http import Web
from psephos.adapters.known_board import board_at, open_board
from psephos.board.disk import create_log
from psephos.board.note import VerifierKey, read_verifier_key
from psephos.cli.main import run as psephos
from psephos.cli.server import run as server
from psephos.errors import UnavailableError
from psephos.record.admission import ballot_entry
from psephos.record.board_entries import EntryKind
from psephos.record.reading import KnownCharter
from psephos.record.state import RecordState, derive_record, judge_log
from psephos.verify.board_audit import audit_board
from psephos.verify.report import Verdict
from tests.server.board_process import Board, Place, now, policy_of, terms, until
from tests.server.test_board_vote import read_log
from tests.support.logged import STANDBY

STANDBY_SEED = bytes(31) + b"\x02"


class Scene:
    """A board, the directory of a standby, and four observers."""

    def __init__(self, root: Path, web: Web) -> None:
        self.homes = [root / f"observer-{number}" for number in range(4)]
        for number, home in enumerate(self.homes):
            assert psephos(["observer", "init", str(home), "--name", f"observer{number}.example"]) == 0
        tally = policy_of([(f"v{at}", self._key(home), "") for at, home in enumerate(self.homes)], threshold=3)
        self.place = Place.make(root / "board", terms(tally=tally), web=web)
        self.standby = root / "standby"
        self.make_standby()

    def make_standby(self) -> None:
        """A key, and a log without entries."""
        create_directory(self.standby, STANDBY.key.name, fresh=lambda _: STANDBY_SEED, now=now())

    @staticmethod
    def _key(home: Path) -> VerifierKey:
        return read_verifier_key((home / "observer.vkeys").read_text().split()[0])

    def follow(self, url: str) -> list[int]:
        """Every observer looks once."""
        return [psephos(["observer", "follow", url, "--home", str(home), "--once"]) for home in self.homes]

    def begin(self, mirror: Path, *options: str) -> int:
        """The standby's operator lets it begin."""
        return server(["succeed", str(self.standby), "--from", mirror.as_uri(), *options])


@pytest.fixture
def scene(tmp_path: Path, web: Web) -> Scene:
    """Before the seizure."""
    return Scene(tmp_path, web)


@pytest.fixture
def boards() -> Iterator[ExitStack]:
    """Processes that end with the test."""
    with ExitStack() as stack:
        yield stack


@pytest.mark.slow
def test_seized_server_does_not_end_the_vote(scene: Scene, boards: ExitStack, web: Web) -> None:
    """The standby has every entry that was checked, lost ballots come again, and the result is right."""
    place, vote = scene.place, scene.place.vote
    board = boards.enter_context(Board(place.directory, "--start-alone"))
    place.open(board)
    for ballot in vote.ballots[:4]:
        place.client(board).ballot(ballot)
    assert scene.follow(board.url) == [0] * 4
    lost = [place.client(board).ballot(ballot) for ballot in vote.ballots[4:6]]  # acknowledged, seen by no observer
    board.stop(signal.SIGKILL)

    assert scene.begin(scene.homes[0] / "mirror") == 0
    successor = Place(scene.standby, vote, web)
    with Board(scene.standby, "--refresh", "0.5") as second:
        with board_at(second.url) as fetcher, pytest.raises(UnavailableError, match="standby"):
            open_board(fetcher, KnownCharter(vote.charter))  # nobody takes it for the record yet
        assert not successor.health(second)["ballots"]
        with pytest.raises(Exception, match="waits until the observers decide"):
            successor.client(second, patience=0).ballot(vote.ballots[4])
        started = now()
        until(lambda: now() > started)  # only a word that is later than its start tells a log that it is no old copy
        for home in scene.homes[:2]:
            assert psephos(["observer", "succeed", second.url, "--home", str(home), "--yes"]) == 0
        assert not successor.health(second)["ballots"]  # two of three that are needed
        assert psephos(["observer", "succeed", second.url, "--home", str(scene.homes[2]), "--yes"]) == 0
        until(lambda: bool(successor.health(second)["ballots"]))
        with board_at(second.url) as fetcher:
            assert open_board(fetcher, KnownCharter(vote.charter)).terms.origin == STANDBY.key.name
        for ballot in vote.ballots[:-1]:  # also those that it has
            successor.client(second).ballot(ballot)
        assert len(lost) == 2

        successor.hand_in(second, EntryKind.CLOSING_TIME, [vote.closing_time(1, now() + 1)])
        until(lambda: successor.health(second)["phase"] == "closed")
        successor.hand_in(second, EntryKind.ENCRYPTED_TALLY, vote.tally)
        for owner in (1, 3):
            successor.hand_in(second, EntryKind.PARTIAL_DECRYPTION, vote.decryptions[owner])
        successor.hand_in(second, EntryKind.RESULT, [vote.result])
        final = successor.checkpoint(second, "checkpoint.latest")
        log = read_log(successor, second, final)
        state = RecordState(log)
        assert all(verdict.has_effect for verdict in judge_log(log, state))
        assert b"".join(derive_record(log)) == vote.bel
        assert audit_board(log, log=STANDBY.key).report.verdict is Verdict.VERIFIED
        for home in scene.homes[:3]:
            assert psephos(["observer", "follow", second.url, "--home", str(home), "--once"]) == 0
        until(lambda: successor.health(second)["verified"] == final.head.size)
        assert psephos(["verify", second.url]) == 0


@pytest.mark.slow
def test_observers_decide_only_for_what_they_have_checked(
    scene: Scene, boards: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer entries than were countersigned and other entries are refused; nobody follows a standby by itself."""
    place, vote = scene.place, scene.place.vote
    board = boards.enter_context(Board(place.directory, "--start-alone"))
    place.open(board)
    place.client(board).ballot(vote.ballots[0])
    assert scene.follow(board.url) == [0] * 4
    early = place.checkpoint(board, "checkpoint.latest").head.size
    place.client(board).ballot(vote.ballots[1])
    assert scene.follow(board.url) == [0] * 4
    succeed = ["observer", "succeed", "--yes", "--home"]
    assert psephos([*succeed, str(scene.homes[0]), board.url]) == 1  # that is the log which they follow

    assert scene.begin(scene.homes[0] / "mirror", "--size", "3") == 1  # it shows no checkpoint of that size
    assert scene.begin(scene.homes[0] / "mirror", "--size", str(early)) == 0
    assert scene.begin(scene.homes[0] / "mirror") == 1  # it has entries now
    with Board(scene.standby) as short:
        assert psephos([*succeed, str(scene.homes[1]), short.url]) == 1  # more was countersigned
    shutil.rmtree(scene.standby)

    scene.make_standby()
    place.client(board).ballot(vote.ballots[2])
    assert psephos(["observer", "follow", board.url, "--home", str(scene.homes[3]), "--once"]) == 0
    assert scene.begin(scene.homes[0] / "mirror") == 0
    with Board(scene.standby) as second:
        assert psephos([*succeed, str(scene.homes[3]), second.url]) == 1  # this one has seen more countersigned
        assert psephos(["observer", "follow", second.url, "--home", str(scene.homes[1]), "--once"]) == 1
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        assert psephos(["observer", "succeed", second.url, "--home", str(scene.homes[1])]) == 1  # nobody says yes
        for _ in range(2):  # the same again does no harm
            assert psephos([*succeed, str(scene.homes[1]), second.url]) == 0
        assert psephos(["observer", "follow", board.url, "--home", str(scene.homes[1]), "--once"]) == 1


@pytest.mark.slow
def test_standby_that_begins_with_other_entries_is_refused(scene: Scene, boards: ExitStack, tmp_path: Path) -> None:
    """Whoever has the standby's key cannot put other entries under it: each observer compares with its own copy."""
    place, vote = scene.place, scene.place.vote
    board = boards.enter_context(Board(place.directory, "--start-alone"))
    place.open(board)
    place.client(board).ballot(vote.ballots[0])
    assert scene.follow(board.url) == [0] * 4
    source = read_log(place, board, place.checkpoint(board, "checkpoint.latest"))
    entries = list(source.entries(0, source.size()))
    forged = tmp_path / "forged"
    create_log(forged, STANDBY, now=now(), entries=[*entries[:-1], ballot_entry(vote.ballots[1])])
    for name in ("log.key", "log.vkey"):
        shutil.copy2(scene.standby / name, forged / name)
    take_charter(forged, vote.signed_charter())
    with Board(forged) as second:
        for home in scene.homes:
            assert psephos(["observer", "succeed", second.url, "--home", str(home), "--yes"]) == 1
