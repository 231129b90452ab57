"""A board opened by somebody who knows its charter."""

from __future__ import annotations

from pathlib import Path

import pytest

from psephos.adapters.http import DirectoryFetcher
from psephos.adapters.known_board import TALLY, KeepingFetcher, open_board
from psephos.board.client import ForkError
from psephos.errors import (
    InvalidProofError,
    MalformedError,
    MismatchError,
    PsephosError,
    QuorumError,
    UnavailableError,
)
from psephos.record.reading import KnownCharter
from tests.support.bad_entries import CLOSE, END
from tests.support.boards import StaticBoard, head_at
from tests.support.logged import STRANGER, MemoryLog, board_terms, hold_vote, log_of
from tests.support.referendum import make_charter

HELD = hold_vote()
KNOWN = KnownCharter(HELD.charter)


@pytest.fixture
def board(tmp_path: Path) -> StaticBoard:
    """A board that everybody has cosigned up to the close, and nobody afterwards."""
    made = StaticBoard(tmp_path / "board", log_of(HELD))
    made.publish(CLOSE + 1)
    made.publish(END, witnesses=1, verifiers=2)
    return made


def test_board_is_opened_at_the_largest_checkpoint_that_the_quorum_has_cosigned(board: StaticBoard) -> None:
    """Not at the newest; that is there on request, with whatever signatures it has."""
    files = DirectoryFetcher(board.root)
    for known in (KNOWN, KnownCharter(told=HELD.name), KnownCharter(told=HELD.name[:32].upper())):
        found = open_board(files, known, policy=TALLY)
        found.check_quorum()
        assert (found.source.size(), found.received) == (CLOSE + 1, HELD.charter)
    newest = open_board(files, KNOWN, policy=TALLY, newest=True)
    assert newest.source.size() == END
    with pytest.raises(QuorumError) as missing:
        newest.check_quorum()
    assert (missing.value.have, missing.value.need) == (2, 3)
    assert missing.value.hint == "missing: 'o2', 'o3'"


def test_policies_are_told_apart(tmp_path: Path) -> None:
    """Witnesses' cosignatures are no word that anything was checked."""
    board = StaticBoard(tmp_path / "board", log_of(HELD))
    board.publish(witnesses=4, verifiers=0)
    open_board(DirectoryFetcher(board.root), KNOWN).check_quorum()
    with pytest.raises(QuorumError):
        open_board(DirectoryFetcher(board.root), KNOWN, policy=TALLY).check_quorum()


@pytest.mark.parametrize(
    "known",
    [
        KnownCharter(make_charter(size=3, threshold=2, board=board_terms(ballots_per_hour=19))),
        KnownCharter(told="0" * 64),
        KnownCharter(told=HELD.name[:31]),
        KnownCharter(told=""),
        KnownCharter(told="x" * 64),
    ],
)
def test_board_of_another_charter_is_refused(board: StaticBoard, known: KnownCharter) -> None:
    """Whether the reader has the charter or its fingerprint; too few digits are no comparison."""
    with pytest.raises(PsephosError) as refused:
        open_board(DirectoryFetcher(board.root), known)
    assert isinstance(refused.value, MismatchError | MalformedError)


def test_board_of_another_log_is_refused(tmp_path: Path) -> None:
    """The same entries, signed by a key that the charter does not name."""
    board = StaticBoard(tmp_path / "board", log_of(HELD))
    note = board.publish()
    board.write("checkpoint", bytes(note.with_signatures([STRANGER.sign(note.note.text)])))
    board.write("checkpoint.latest", bytes(note.with_signatures([STRANGER.sign(note.note.text)])))
    with pytest.raises(InvalidProofError):
        open_board(DirectoryFetcher(board.root), KNOWN)


def test_board_that_shows_two_histories_is_convicted(board: StaticBoard) -> None:
    """What it calls cosigned and what it calls newest have to be one history."""
    board.write("checkpoint", (board.root / "checkpoint.latest").read_bytes())
    log = MemoryLog([*log_of(HELD).received[:CLOSE], b"other"])
    board.show(head_at(log, CLOSE + 1), witnesses=3, verifiers=0)
    board.write("checkpoint.latest", (board.root / "checkpoint.verified").read_bytes())
    with pytest.raises(ForkError):
        open_board(DirectoryFetcher(board.root), KNOWN)


@pytest.mark.parametrize("entries", [[], [b"junk"], log_of(HELD).received[1:]])
def test_log_without_its_charter_is_no_board(tmp_path: Path, entries: list[bytes]) -> None:
    """Empty, or beginning with something else."""
    board = StaticBoard(tmp_path / "board", MemoryLog(entries))
    board.publish()
    with pytest.raises(MismatchError if entries else UnavailableError):
        open_board(DirectoryFetcher(board.root), KNOWN)


def test_kept_files_are_fetched_once_and_checked_each_time(board: StaticBoard, tmp_path: Path) -> None:
    """A file that was changed after it was kept is found out; checkpoints are never kept."""
    kept = tmp_path / "kept"
    kept.mkdir()
    files = KeepingFetcher(DirectoryFetcher(board.root), kept)
    found = open_board(files, KNOWN)
    before = list(found.source.entries(0, 2))
    for path in (board.root / "tile").rglob("*"):
        if path.is_file():
            path.unlink()
    assert list(found.source.entries(0, 2)) == before
    names = sorted(path.name for path in kept.iterdir())
    assert all(name.startswith(("tile+", "blob+")) for name in names)
    bundle = kept / next(name for name in names if name.startswith("tile+entries"))
    bundle.write_bytes(bundle.read_bytes().replace(b"psephos/Charter/1", b"psephos/Charter/2"))
    with pytest.raises(UnavailableError):
        list(found.source.entries(0, 2))
