"""A whole vote over HTTP under the eyes of verifying observers, each a process with keys and a mirror of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from psephos.adapters.http import Web
from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.note import VerifierKey, read_verifier_key
from psephos.cli.main import run
from psephos.record.board_entries import EntryKind
from psephos.roles.observer import verify_report
from tests.cli.test_observer_commands import Following
from tests.server.board_process import Board, Place, policy_of, terms, until
from tests.support.logged import Vote


def make_observers(folder: Path, count: int) -> list[tuple[Path, VerifierKey]]:
    """Directories and verifying keys."""
    found = []
    for number in range(count):
        home = folder / f"observer-{number}"
        assert run(["observer", "init", str(home), "--name", f"observer{number}.example"]) == 0
        found.append((home, read_verifier_key((home / "observer.vkeys").read_text().split()[0])))
    return found


def verified_in(home: Path) -> int:
    """Size of the tree that the quorum has verified, by an observer's mirror."""
    path = home / "mirror" / "checkpoint.verified"
    return read_signed_checkpoint(path.read_bytes()).head.size if path.exists() else 0


def finish(place: Place, board: Board, vote: Vote) -> None:
    """Tally, decrypt, publish."""
    place.hand_in(board, EntryKind.ENCRYPTED_TALLY, vote.tally)
    for owner in (1, 3):
        place.hand_in(board, EntryKind.PARTIAL_DECRYPTION, vote.decryptions[owner])
    place.hand_in(board, EntryKind.RESULT, [vote.result])


@pytest.mark.slow
def test_vote_is_verified_by_observers_and_outlives_its_board(
    tmp_path: Path, web: Web, capfd: pytest.CaptureFixture[str]
) -> None:
    """One observer is never there, one comes late; the quorum stands on the board, and then on a mirror alone."""
    observers = make_observers(tmp_path, 4)
    tally = policy_of([(f"v{at}", key, "") for at, (_, key) in enumerate(observers)], threshold=3)
    place = Place.make(tmp_path / "board", terms(tally=tally, closes_in=12), web=web)
    with Board(place.directory, "--start-alone") as board:
        following = [Following(home, board.url, "--interval", "0.2") for home, _ in observers[:2]]
        place.open(board)
        client = place.client(board)
        for ballot in place.vote.ballots[:-1]:
            client.ballot(ballot)
        until(lambda: place.health(board)["phase"] == "closed", seconds=60)
        assert run(["verify", board.url]) == 3  # two of four stand behind the closed vote
        assert "tally: " in capfd.readouterr().out
        finish(place, board, place.vote)
        following.append(Following(observers[2][0], board.url, "--interval", "0.2"))
        size = place.checkpoint(board, "checkpoint.latest").head.size
        until(lambda: place.health(board)["verified"] == size, seconds=60)
        assert run(["verify", board.url, "--json"]) == 0
        found = json.loads(capfd.readouterr().out)
        assert (
            found["observers"]["tally"] | {"needed": True, "holds": True, "have": 3, "need": 3, "of": 4}
            == (found["observers"]["tally"])
        )
        until(lambda: all(verified_in(home) == size for home, _ in observers[:2]))
        for one in following[1:]:
            assert one.end() == 0
    shutil.rmtree(place.directory)
    reports = [verify_report((home / "mirror/report" / str(size)).read_bytes(), key) for home, key in observers[:3]]
    assert len({(one.head, one.record, one.listed, one.ruleset) for one in reports}) == 1
    assert following[0].end() in {0, 3}
    saved = tmp_path / "record.bel"
    for home, _ in observers[:2]:
        assert run(["verify", str(home / "mirror"), "--save", str(saved)]) == 0
    assert saved.read_bytes() == place.vote.bel
