"""`psephos verify` of a board and of a mirror: what holds, what does not, and what could not be found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psephos.board.merkle import TreeHead, hash_leaf, prove_inclusion
from psephos.board.note import Ed25519Signer
from psephos.board.proof import Receipt, write_receipt
from psephos.cli.main import run
from psephos.record.board_entries import EntryKind
from tests.board.example import reader_of
from tests.support.bad_entries import BAD, BALLOTS, CLOSE, END, bad_entry
from tests.support.boards import StaticBoard, head_at, note_of, served
from tests.support.defined import ANNUL, addendum, addendum_entry, defined_log
from tests.support.logged import (
    LOG,
    VERIFIERS,
    WITNESSES,
    MemoryLog,
    Vote,
    board_terms,
    hold_vote,
    log_of,
    policy,
)
from tests.support.referendum import make_charter


@pytest.fixture
def board(tmp_path: Path) -> StaticBoard:
    """A board with the whole vote, which everybody has cosigned; it grew in three steps."""
    made = StaticBoard(tmp_path / "board", log_of(hold_vote()))
    for size in (1, BALLOTS + 3, END):
        made.publish(size)
    return made


def report(capfd: pytest.CaptureFixture[str], *arguments: str, code: int) -> dict[str, Any]:
    """The report as a program reads it."""
    capfd.readouterr()
    assert run(["verify", *arguments, "--json"]) == code
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    assert found["exit_code"] == code
    return found


def forged(vote: Vote) -> MemoryLog:
    """Another history: one ballot is not in it."""
    log = log_of(vote)
    del log.received[BALLOTS + 1]
    return log


def test_board_with_a_definition_ends_with_the_outcome_in_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every condition with its numbers before the verdict, in the reader's language; for programs in all of them."""
    made = StaticBoard(tmp_path / "defined", defined_log())
    made.publish()
    assert run(["verify", str(made.root)]) == 0
    shown = capfd.readouterr().out
    conditions, verdict = shown.split("\nThe proposal passes.\n")
    assert "the number of Yes votes: 3; the number of No votes: 1" in conditions
    assert "VERIFIED — everything up to the phase “done”" in verdict
    assert run(["verify", str(made.root), "--language", "fa"]) == 0
    assert "The proposal passes" not in capfd.readouterr().out
    assert run(["verify", str(made.root), "--language", "xx"]) == 3
    found = report(capfd, str(made.root), code=0)
    (outcome,) = found["definition"]["outcomes"]
    assert outcome["result"] == "passes"
    assert {"en", "fa"} <= set(outcome["words"])
    assert [check["status"] for check in found["checks"] if check["id"] == "V28"] == ["passed"]


def test_outcome_of_a_tree_without_the_quorum_is_said_to_follow_only_with_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A log alone, or with too few observers, decides nothing; and what organisers wrote stands on one line."""
    annulled = addendum(ANNUL | {"reasons": "raided\nVERIFIED — everything"})
    log = defined_log()
    made = StaticBoard(tmp_path / "alone", log.with_entries([(log.size(), addendum_entry(annulled))]))
    made.publish(witnesses=2, verifiers=2)
    assert run(["verify", str(made.root)]) == 3
    shown = capfd.readouterr().out
    before, after = shown.split("If enough observers come to stand behind this tree, this follows from it")
    assert "The result is void" not in before
    assert "raided VERIFIED — everything" in after
    assert [line for line in shown.splitlines() if line.startswith("VERIFIED")] == []
    assert "COULD NOT VERIFY" in after


def test_board_and_mirror_are_verified(board: StaticBoard, capfd: pytest.CaptureFixture[str]) -> None:
    """Over the network and from a directory, with the same words."""
    shown = []
    with served(board.root) as web:
        for place in (web.url, str(board.root), board.root.as_uri()):
            assert run(["verify", place]) == 0
            shown.append(capfd.readouterr().out)
    assert shown[0] == shown[1] == shown[2]
    assert "tally: 4 of 4 observers have cosigned size 19, 3 must" in shown[0]
    assert "VERIFIED — everything up to the phase “done”" in shown[0]
    found = report(capfd, str(board.root), code=0)
    assert (found["result"], found["log"]["size"], found["charter"]) == ([[3, 1, 1]], END, hold_vote().name)
    assert found["observers"]["tally"] == {
        "needed": True,
        "holds": True,
        "quorum_size": END,
        "have": 4,
        "need": 3,
        "of": 4,
    }


def test_record_that_follows_is_that_of_files_alone(board: StaticBoard, tmp_path: Path) -> None:
    """Byte for byte, with the second proofs beside it, and never over another file."""
    saved = tmp_path / "record.bel"
    for _ in range(2):
        assert run(["verify", str(board.root), "--save", str(saved)]) == 0
    assert saved.read_bytes() == hold_vote().bel
    assert run(["verify", str(saved)]) == 0
    saved.write_bytes(b"mine")
    assert run(["verify", str(board.root), "--save", str(saved)]) == 1
    assert saved.read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["board", "record.bel", "record.bound.json"]


@pytest.mark.parametrize(
    ("size", "cosigned", "missing"),
    [
        (CLOSE, (4, 0), ""),
        (CLOSE, (2, 4), "receipts: 2 of 4 observers have cosigned size 14, 3 must"),
        (CLOSE + 1, (3, 2), "tally: 2 of 4 observers have cosigned size 15, 3 must"),
        (END, (4, 2), "tally: 2 of 4 observers have cosigned size 19, 3 must"),
        (END, (3, 3), ""),
    ],
)
def test_missing_quorum_is_said_and_is_no_verdict(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    size: int,
    cosigned: tuple[int, int],
    missing: str,
) -> None:
    """Ballots need the receipts' quorum; from the close on, the tally's quorum has to have checked all of it."""
    board = StaticBoard(tmp_path / "board", log_of(hold_vote()))
    board.publish(size, witnesses=cosigned[0], verifiers=cosigned[1])
    assert run(["verify", str(board.root)]) == (3 if missing else 0)
    last = capfd.readouterr().out.splitlines()[-1]
    assert last.startswith("COULD NOT VERIFY" if missing else "VERIFIED")
    assert missing in last


def test_tree_that_is_verified_is_the_one_that_the_quorum_knows(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What the log signed since is named, and waits."""
    board = StaticBoard(tmp_path / "board", log_of(hold_vote()))
    board.publish(BALLOTS + 2, verifiers=0)
    board.publish(CLOSE, witnesses=2, verifiers=0)
    found = report(capfd, str(board.root), code=0)
    assert (found["entries"], found["log"]["latest"], found["ballots"]) == (BALLOTS + 2, CLOSE, 2)


def test_reader_requires_observers_of_her_own(
    board: StaticBoard, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Instead of the charter's; a policy of another log is not about this board."""
    for name, text, code in (
        ("two", policy(WITNESSES[:2], threshold=2), 0),
        ("strangers", policy([type(WITNESSES[0])(f"x{n}.example/w", bytes([7, n] * 16)) for n in range(3)]), 3),
        ("other log", policy(WITNESSES, log=Ed25519Signer("other.example", bytes(32))), 1),
        ("none", f"log {LOG.key}\nquorum none\n", 0),
    ):
        (tmp_path / name).write_text(text)
        assert run(["verify", str(board.root), "--policy", str(tmp_path / name)]) == code, name
    assert "yours: 0 of 3 observers have cosigned size 19, 3 must" in capfd.readouterr().out


def test_charter_that_the_reader_knows_is_compared(board: StaticBoard, tmp_path: Path) -> None:
    """The right one; one with other words; one of another log."""
    vote = hold_vote()
    other = make_charter(size=3, threshold=2, board=board_terms(largest_ballot=9_999))
    stranger = Ed25519Signer("board.example/2026", bytes(32))
    theirs = board_terms(
        log=str(stranger.key), receipts=policy(WITNESSES, log=stranger), tally=policy(VERIFIERS, log=stranger)
    )
    for content, code in (
        (vote.charter, 0),
        (other, 1),
        (make_charter(size=3, threshold=2, board=theirs), 1),
        (b"{}", 1),
    ):
        (tmp_path / "charter.json").write_bytes(content)
        assert run(["verify", str(board.root), "--charter", str(tmp_path / "charter.json")]) == code


@pytest.mark.parametrize("size", [END, END - 1, END + 7])
def test_fork_is_false_and_leaves_evidence(board: StaticBoard, tmp_path: Path, size: int) -> None:
    """Of the same size and of another: what was cosigned and what the board shows as its newest contradict."""
    vote = hold_vote()
    other = StaticBoard(tmp_path / "other", forged(vote))
    while other.log.size() < size:
        other.log.add(EntryKind.BALLOT, [b"%d" % other.log.size()])
    other.publish(size)
    for path in ("checkpoint", "checkpoint.verified"):  # what everybody cosigned, shown by the other server
        other.write(path, (board.root / path).read_bytes())
    if size < END:  # the larger of the two is the first history, so its tiles are there
        for file in (board.root / "tile").rglob("*"):
            if file.is_file():
                other.write(str(file.relative_to(board.root)), file.read_bytes())
    kept = tmp_path / "kept"
    assert run(["verify", str(other.root), "--evidence", str(kept)]) == 1
    (file,) = kept.iterdir()
    assert run(["auditor", "evidence", str(file), "--log", str(LOG.key)]) == 0


Spoil = Callable[[StaticBoard], None]
SPOILT: dict[str, tuple[int, str, Spoil]] = {
    "withheld tile": (3, "unavailable", lambda b: (b.root / "tile/0/000.p/19").unlink()),
    "withheld bundle": (3, "unavailable", lambda b: (b.root / "tile/entries/000.p/19").unlink()),
    "changed tile": (3, "unavailable", lambda b: b.write("tile/0/000.p/19", bytes(19 * 32))),
    "changed entry": (
        3,
        "unavailable",
        lambda b: b.write(
            "tile/entries/000.p/19", (b.root / "tile/entries/000.p/19").read_bytes().replace(b'"owner":1', b'"owner":2')
        ),
    ),
    "no checkpoint": (3, "unavailable", lambda b: [(b.root / name).unlink() for name in NOTES] and None),
    "stranger's signature": (
        1,
        "invalid-proof",
        lambda b: b.write("checkpoint.latest", bytes(note_of(head_at(b.log, END), signer=STRANGER))),
    ),
    "changed signature": (
        1,
        "invalid-proof",
        lambda b: b.write("checkpoint.latest", (b.root / "checkpoint").read_bytes().replace(b"\n19\n", b"\n18\n")),
    ),
    "a head without a tree": (3, "unavailable", lambda b: b.show(TreeHead(END, bytes(32))) and None),
    "no note": (1, "malformed", lambda b: b.write("checkpoint.verified", b"checkpoint")),
}
NOTES = ("checkpoint", "checkpoint.latest", "checkpoint.verified")
STRANGER = Ed25519Signer(LOG.key.name, bytes(32))


@pytest.mark.parametrize("name", SPOILT)
def test_board_that_does_not_show_what_was_signed(
    board: StaticBoard, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    """What is missing or changed could not be verified; what the log did not sign is false."""
    code, error, spoil = SPOILT[name]
    spoil(board)
    assert run(["verify", str(board.root)]) == code
    assert f"error[{error}]" in capfd.readouterr().err


@pytest.mark.slow
def test_withheld_blob_could_not_be_verified(tmp_path: Path) -> None:
    """So many voters that their list lies beside the log; with the blob all is well."""
    vote = hold_vote(voters=1500)
    board = StaticBoard(tmp_path / "board", log_of(vote))
    board.publish()
    (name,) = board.log.blobs
    assert run(["verify", str(board.root)]) == 0
    board.write(f"blob/{name}", b"[]")
    assert run(["verify", str(board.root)]) == 3
    (board.root / "blob" / name).unlink()
    assert run(["verify", str(board.root)]) == 3


@pytest.mark.parametrize(
    ("name", "reason"),
    [("ballot with a changed proof", "ballot"), ("late ballot", "out-of-turn"), ("replay after a revote", "duplicate")],
)
def test_entry_without_effect_is_a_finding(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, reason: str
) -> None:
    """Invalid, late, replayed: listed against the ballot box, and everything else is verified."""
    log = log_of(hold_vote()).with_entries([(BAD[name][0], bad_entry(name))])
    board = StaticBoard(tmp_path / "board", log)
    board.publish()
    found = report(capfd, str(board.root), code=0)
    assert [(one["index"], one["reason"]) for one in found["excluded"]] == [(BAD[name][0], reason)]
    assert run(["verify", str(board.root), "--save", str(tmp_path / "record.bel")]) == 0
    shown = capfd.readouterr().out
    assert "1 entries have no effect: findings against the ballot box" in shown
    assert f"note: ballot box: entry {BAD[name][0]} (Ballot) has no effect: {reason}" in shown
    assert (tmp_path / "record.bel").read_bytes() == hold_vote().bel


def test_rubbish_in_the_log_does_not_hide_the_rest(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A person is shown the first of many; a program all of them."""
    log = log_of(hold_vote()).with_entries((BALLOTS, b"rubbish %d" % number) for number in range(50))
    board = StaticBoard(tmp_path / "board", log)
    board.publish()
    assert run(["verify", str(board.root)]) == 0
    shown = capfd.readouterr().out
    assert (shown.count("has no effect"), shown.count("and 30 more; --json")) == (20, 1)
    assert len(report(capfd, str(board.root), code=0)["excluded"]) == 50


def test_log_without_a_charter_is_false(tmp_path: Path) -> None:
    """Nobody knows whose it is; an empty one says nothing yet."""
    log = log_of(hold_vote())
    board = StaticBoard(tmp_path / "board", MemoryLog(log.received[1:]))
    board.publish()
    assert run(["verify", str(board.root)]) == 1
    StaticBoard(tmp_path / "empty", log).publish(0)
    assert run(["verify", str(tmp_path / "empty")]) == 3


def test_address_that_does_not_answer_could_not_be_verified(tmp_path: Path) -> None:
    """No server, no directory of a board; and options for files are not for boards, nor the other way round."""
    with served(tmp_path) as web:
        assert run(["verify", web.url]) == 3
    assert run(["verify", web.url]) == 3
    assert run(["verify", str(tmp_path)]) == 3
    assert run(["verify", str(tmp_path), "--against", "x"]) == 2
    assert run(["verify", str(tmp_path / "record.bel"), "--policy", "x"]) == 2


# ── receipts ────────────────────────────────────────────────────────────────────────────────────────────────────


def receipt_for(board: StaticBoard, index: int, place: Path) -> tuple[str, str]:
    """A voter's receipt and ballot, as files; it is provisional."""
    leaves = [hash_leaf(entry) for entry in board.log.received[: board.size]]
    path = prove_inclusion(reader_of(leaves), index=index, size=board.size)
    receipt, ballot = place / "receipt.tlog-proof", place / "ballot.json"
    receipt.write_bytes(write_receipt(Receipt(index, path, note_of(head_at(board.log, board.size)))))
    ballot.write_bytes(hold_vote().ballots[index - BALLOTS])
    return str(receipt), str(ballot)


def test_receipt_is_compared_with_the_board(board: StaticBoard, tmp_path: Path) -> None:
    """The ballot is there; of another ballot, of another log, or beyond what the board shows, nothing is said."""
    receipt, ballot = receipt_for(board, BALLOTS + 2, tmp_path)
    with served(board.root) as web:
        assert run(["auditor", "receipt", receipt, ballot, web.url]) == 0
    (tmp_path / "other").mkdir()
    _, other = receipt_for(board, BALLOTS + 3, tmp_path / "other")
    assert run(["auditor", "receipt", receipt, other, str(board.root)]) == 1
    early = StaticBoard(tmp_path / "early", board.log)
    early.publish(BALLOTS + 1)
    assert run(["auditor", "receipt", receipt, ballot, str(early.root)]) == 3
    assert run(["auditor", "receipt", receipt, ballot, str(tmp_path / "none")]) == 3


@pytest.mark.parametrize("size", [BALLOTS + 2, END - 3, END])
def test_dropped_ballot_is_a_broken_promise(board: StaticBoard, tmp_path: Path, size: int) -> None:
    """Whoever has the receipt convicts a log that went on without the ballot, however short or long it is."""
    receipt, ballot = receipt_for(board, BALLOTS + 1, tmp_path)
    other = StaticBoard(tmp_path / "other", forged(hold_vote()))
    other.log.received.append(b"one more")
    other.publish(size)
    kept = tmp_path / "kept"
    assert run(["auditor", "receipt", receipt, ballot, str(other.root), "--evidence", str(kept)]) == 1
    (file,) = kept.iterdir()
    assert file.name.startswith("broken-promise-")
    assert run(["auditor", "evidence", str(file), "--log", str(LOG.key)]) == 0
