"""Voters at a board that lies, is late, or lacks its observers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from psephos.board.proof import Receipt, read_receipt, write_receipt
from psephos.cli.main import run
from psephos.roles.voter import tracker
from tests.support.bad_entries import BALLOTS, CLOSE
from tests.support.boards import StaticBoard
from tests.support.logged import STRANGER, hold_vote, log_of
from tests.support.taking import TakingBoard, taking

HELD = hold_vote()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[TakingBoard]:
    """A board whose vote has ended; nothing is published yet."""
    static = StaticBoard(tmp_path / "board", log_of(HELD).first(CLOSE + 1))
    static.root.mkdir()
    with taking(static.root, static) as found:
        yield found


def known() -> list[str]:
    """What a voter knows."""
    return ["--fingerprint", HELD.name]


def hand_in(board: TakingBoard, tmp_path: Path, *more: str) -> int:
    """The first ballot is handed in."""
    (tmp_path / "ballot.json").write_bytes(HELD.ballots[0])
    return run(["voter", "hand-in", str(tmp_path / "ballot.json"), board.url, *known(), *more])


def test_receipt_is_kept_only_if_asked_for(
    board: TakingBoard, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Provisional first; the file is all that a complaint needs; it becomes final, and the same file says so."""
    board.board.log = log_of(HELD).first(BALLOTS)
    board.board.publish()
    board.witnesses = 1
    assert hand_in(board, tmp_path) == 0
    assert not list(tmp_path.glob("*.tlog-proof"))
    kept = tmp_path / "mine.tlog-proof"
    assert hand_in(board, tmp_path, "--receipt", str(kept)) == 0
    assert "provisional: 0 of 4 observers have cosigned, and 3 must" in capfd.readouterr().err
    assert read_receipt(kept.read_bytes()).extra == HELD.ballots[0]
    check = ["voter", "receipt", "check", str(kept), board.url, *known()]
    before = kept.read_bytes()
    assert run(check) == 3
    assert "provisional: 1 of 4 observers have cosigned, and 3 must" in capfd.readouterr().out
    assert kept.read_bytes() == before
    board.board.publish(witnesses=3)
    assert run(check) == 0
    printed = capfd.readouterr().out
    assert "final: 3 of 4 observers have cosigned" in printed
    assert tracker(HELD.ballots[0]).base64 in printed
    assert kept.read_bytes() != before
    assert run(check) == 0


def test_ballot_is_handed_in_again_at_another_board_from_the_receipt_alone(board: TakingBoard, tmp_path: Path) -> None:
    """After a seizure (design D12): what she kept is all that is needed, and it is the very same ballot."""
    board.board.log = log_of(HELD).first(BALLOTS)
    board.board.publish()
    kept = tmp_path / "mine.tlog-proof"
    assert hand_in(board, tmp_path, "--receipt", str(kept)) == 0
    (tmp_path / "ballot.json").unlink()
    successor = StaticBoard(tmp_path / "successor", log_of(HELD).first(BALLOTS))
    successor.root.mkdir()
    with taking(successor.root, successor) as second:
        successor.publish()
        assert run(["voter", "hand-in", str(kept), second.url, *known()]) == 0
        assert second.taken == [log_of(HELD).received[BALLOTS]]


@pytest.mark.parametrize(
    "answer",
    [
        lambda one: write_receipt(Receipt(0, (), one.signed)),
        lambda one: write_receipt(one).replace(b"index 6", b"index 5"),
        lambda one: write_receipt(Receipt(one.index, one.path[:-1], one.signed)),
        lambda _: b"",
    ],
)
def test_receipt_of_something_else_is_no_receipt(
    board: TakingBoard, tmp_path: Path, answer: object, capfd: pytest.CaptureFixture[str]
) -> None:
    """Another place, another path, nothing at all: the ballot is not acknowledged, and no file says so."""
    board.board.log = log_of(HELD).first(BALLOTS)
    board.board.publish()
    board.answer = answer  # type: ignore[assignment]
    assert hand_in(board, tmp_path, "--receipt", str(tmp_path / "mine")) in {1, 3}
    assert "error[" in capfd.readouterr().err
    assert not (tmp_path / "mine").exists()


def test_dropped_ballot_is_convicted_by_its_receipt(
    board: TakingBoard, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The log acknowledges a ballot and goes on without it: exit 1, and evidence that its key alone checks."""
    board.board.log = log_of(HELD).first(BALLOTS)
    board.board.publish()
    kept, evidence = tmp_path / "mine.tlog-proof", tmp_path / "evidence"
    assert hand_in(board, tmp_path, "--receipt", str(kept)) == 0
    log = log_of(HELD).first(CLOSE)
    del log.received[BALLOTS]
    other = StaticBoard(tmp_path / "other", log)
    other.root.mkdir()
    with taking(other.root, other) as second:
        other.publish()
        check = ["voter", "receipt", "check", str(kept), second.url, *known(), "--evidence", str(evidence)]
        assert run(check) == 1
    assert "THE LOG BROKE ITS PROMISE" in capfd.readouterr().err
    (found,) = evidence.iterdir()
    assert run(["auditor", "evidence", str(found), "--log", HELD.terms.wire.log]) == 0
    assert capfd.readouterr().out.startswith("PROVED")


def test_receipt_is_checked_under_observers_of_ones_own(
    board: TakingBoard, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Two observers whom the voter trusts, both of whom must have cosigned; a policy about another log is refused."""
    board.board.log = log_of(HELD).first(BALLOTS)
    board.board.publish()
    kept, own = tmp_path / "mine.tlog-proof", tmp_path / "policy"
    assert hand_in(board, tmp_path, "--receipt", str(kept)) == 0
    text = HELD.terms.wire.receipts
    own.write_text(text.replace("group all 3", "group all 4"))
    board.board.publish(witnesses=3)
    check = ["voter", "receipt", "check", str(kept), board.url, *known(), "--policy", str(own)]
    assert run(check) == 3
    own.write_text(text.replace(HELD.terms.wire.log, str(STRANGER.key)))
    assert run(check) == 1
    assert "is not about this log" in capfd.readouterr().err
    own.write_text("nonsense\n")
    assert run(check) == 1


def test_vote_without_its_quorum_is_not_encrypted_for(board: TakingBoard, capfd: pytest.CaptureFixture[str]) -> None:
    """Before a credential is asked for; the missing are named."""
    board.board.publish(BALLOTS, witnesses=2)
    for verb in ("encrypt", "cast"):
        assert run(["voter", verb, "--board", board.url, *known()]) == 3
        assert "missing: 'o2', 'o3'" in capfd.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["cast"], ["cast", "record.bel", "--board", "http://x"], ["encrypt", "record.bel", "--fingerprint", "0" * 64]],
)
def test_voter_gives_a_record_or_a_board(arguments: list[str]) -> None:
    """Usage."""
    assert run(["voter", *arguments]) == 2


def test_ballot_is_found_on_the_board_by_each_form_of_its_tracker(
    board: TakingBoard, capfd: pytest.CaptureFixture[str]
) -> None:
    """Through its bucket; without one, not found is said to prove nothing."""
    board.board.publish()
    names = tracker(HELD.ballots[2])
    assert run(["voter", "find", names.base64, board.url, *known()]) == 1
    assert "Only the whole record shows that it is missing" in capfd.readouterr().err
    bucket = bytes.fromhex(names.fingerprint) + (BALLOTS + 2).to_bytes(4, "big")
    board.board.write(f"find/0/{names.fingerprint[:2]}", bucket)
    for typed in (names.base64, names.base32, names.fingerprint):
        assert run(["voter", "find", typed, board.url, *known()]) == 0
        assert capfd.readouterr().out == f"entry {BALLOTS + 2} of {CLOSE + 1}\n"
