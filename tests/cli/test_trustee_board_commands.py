"""Trustees at a board that lies, is late, or lacks its observers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from psephos.adapters.files import write_new
from psephos.board.proof import Receipt, write_receipt
from psephos.cli import trustee_home
from psephos.cli.main import run
from psephos.protocol.encoding import read_json, write_json
from psephos.record.board_entries import EntryKind
from psephos.record.keyfile import Answer, Home
from psephos.record.phases import Phase
from psephos.record.state import derive_record
from psephos.record.without_quorum import read_without_quorum
from psephos.roles.auditor_finish import next_entry
from psephos.roles.trustee import messages_of
from psephos.verify.report import Verdict
from tests.support.bad_entries import BALLOTS, CLOSE, TALLY, entry
from tests.support.boards import StaticBoard
from tests.support.logged import MemoryLog, board_terms, hold_vote, log_of
from tests.support.referendum import audit_of, make_charter
from tests.support.regional import state_of
from tests.support.taking import TakingBoard, taking

HELD = hold_vote()
REASON = "three observers were arrested"


@pytest.fixture
def board(tmp_path: Path) -> Iterator[TakingBoard]:
    """A board whose vote has ended; nothing is published yet."""
    static = StaticBoard(tmp_path / "board", log_of(HELD).first(CLOSE + 1))
    static.root.mkdir()
    with taking(static.root, static) as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Trustee 2's directory, with its key, and the charter that it knows."""
    monkeypatch.setattr(
        trustee_home, "open_with_passphrase", lambda content, _secret, *, what: content + what[:0].encode()
    )
    made = tmp_path / "trustee"
    made.mkdir()
    (made / "charter.json").write_bytes(HELD.charter)
    (made / "trustee-home.json").write_bytes(write_json(Home(charter=HELD.name, index=2)))
    (made / "acceptance-trustee-2.json").write_bytes(HELD.acceptances[1])
    write_new(made / "trustee-2.key.age", HELD.keys[1], secret=True)
    write_new(made / "passphrase", b"a long passphrase\n", secret=True)
    return made


def decrypt(home: Path, board: TakingBoard, *more: str) -> int:
    """`psephos trustee decrypt --board`."""
    out = ["--home", str(home), "--out", str(home / "out"), "--passphrase-file", str(home / "passphrase")]
    return run(["trustee", "decrypt", str(home / "charter.json"), "--board", board.url, *out, *more])


@pytest.mark.parametrize("size", [CLOSE + 1, TALLY + 1, TALLY + 2])
def test_trustee_decrypts_what_the_quorum_has_checked(
    home: Path, board: TakingBoard, size: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody tells it the record's fingerprint; with the end, the tally, or others' decryptions on the board."""
    board.board.log = log_of(HELD).first(size)
    board.board.publish(verifiers=3)
    assert decrypt(home, board) == 0
    assert "3 of 4 observers have cosigned that every entry was checked" in capfd.readouterr().err
    answered = (home / "answered.json").read_bytes()
    assert read_json(answered, Answer, what="answer").index == 2
    decryption, bound = messages_of(answered)
    assert (home / "out" / "decryption-2.json").read_bytes() == decryption
    assert (home / "out" / "bound-2.json").read_bytes() == bound
    assert not list(home.glob("without-quorum-*"))
    assert decrypt(home, board) == 0
    assert (home / "answered.json").read_bytes() == answered


def test_trustee_refuses_without_the_quorum_and_names_who_is_missing(
    home: Path, board: TakingBoard, capfd: pytest.CaptureFixture[str]
) -> None:
    """Witnesses' cosignatures are not enough; nothing is decrypted, nothing is written into the journal."""
    board.board.publish(witnesses=4, verifiers=2)
    assert decrypt(home, board) == 3
    said = capfd.readouterr().err
    assert "error[quorum-not-met]: the vote has ended, and 2 observers have checked all 15 entries; 3 must" in said
    assert "missing: 'o2', 'o3'" in said
    assert not (home / "answered.json").exists()
    assert not (home / "out").exists()


def test_quorum_over_the_time_before_the_end_is_not_enough(
    home: Path, board: TakingBoard, capfd: pytest.CaptureFixture[str]
) -> None:
    """Observers who checked some ballots, and not the end, have not checked what is decrypted."""
    board.board.publish(CLOSE, verifiers=4)
    board.board.publish(CLOSE + 1, verifiers=1)
    assert decrypt(home, board) == 3
    assert "1 observers have checked all 15 entries" in capfd.readouterr().err


def test_board_whose_vote_goes_on_is_not_decrypted(
    home: Path, board: TakingBoard, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not with the quorum, and not with a reason."""
    board.board.publish(CLOSE)
    for more in ([], ["--without-quorum", REASON]):
        assert decrypt(home, board, *more) == 1
        assert "error[out-of-turn]" in capfd.readouterr().err
    assert not (home / "answered.json").exists()
    assert board.taken == []


def test_board_that_is_shown_to_trustees_only_is_refused(
    home: Path, board: TakingBoard, capfd: pytest.CaptureFixture[str]
) -> None:
    """A one-ballot record, signed by the log's key, without observers: whoever has that key gets no decryption."""
    log: MemoryLog = log_of(HELD).first(BALLOTS + 1)
    log.received.append(entry(EntryKind.END_BALLOTS, HELD.time(HELD.terms.wire.closes_at)))
    board.board.log = log
    board.board.publish(witnesses=0, verifiers=0)
    assert decrypt(home, board) == 3
    assert "error[quorum-not-met]" in capfd.readouterr().err
    assert decrypt(home, board, "--without-quorum", REASON) == 1  # too few ballots, whatever the reason
    assert "error[refused]: 1 ballots are counted" in capfd.readouterr().err
    assert not (home / "answered.json").exists()
    assert not list(home.glob("without-quorum-*"))
    assert board.taken == []


def test_file_is_not_decrypted_where_the_charter_names_a_board(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Two chosen ballots in a file that verifies, shown to trustees only: no observer has seen it, and no reason is."""
    log: MemoryLog = log_of(HELD).first(BALLOTS + 2)
    log.received.append(entry(EntryKind.END_BALLOTS, HELD.time(HELD.terms.wire.closes_at)))
    log.add(*next_entry(state_of(log)))
    record = tmp_path / "record.bel"
    record.write_bytes(b"".join(derive_record(log)))
    report = audit_of(record.read_bytes(), HELD.charter).report
    assert (report.verdict, report.phase, report.counted) == (Verdict.VERIFIED, Phase.TALLIED, 2)
    told = ["--fingerprint", report.head, "--home", str(home), "--out", str(home / "out")]
    assert run(["trustee", "decrypt", str(record), str(home / "charter.json"), *told]) == 1
    said = capfd.readouterr().err
    assert "error[refused]: the charter names a board" in said
    assert "--board URL" in said
    assert not (home / "answered.json").exists()
    assert not (home / "out").exists()


def test_copy_of_the_board_on_a_stick_needs_the_quorum_as_well(
    home: Path, board: TakingBoard, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where the board's server is gone, its files go by hand: with the observers' cosignatures, and not without."""
    board.url = board.board.root.as_uri()
    board.board.publish(verifiers=2)
    assert decrypt(home, board) == 3
    assert "error[quorum-not-met]" in capfd.readouterr().err
    assert not (home / "answered.json").exists()
    board.board.publish(verifiers=3)
    assert decrypt(home, board) == 0
    assert (home / "out" / "decryption-2.json").exists()


def test_reason_is_in_the_record_before_the_answer_leaves(
    home: Path, board: TakingBoard, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is signed, acknowledged with a receipt that holds, and only then is anything written that can be sent."""
    board.board.publish(verifiers=2)
    board.verifiers = 2
    assert decrypt(home, board, "--without-quorum", REASON) == 0
    said = capfd.readouterr().err
    assert "WARNING: the observers' quorum has not checked this record" in said
    assert f"your reason, for ever: entry {CLOSE + 1} of the log" in said
    statement = (home / "without-quorum-2.json").read_bytes()
    assert read_without_quorum(statement).reason == REASON
    assert board.taken == [entry(EntryKind.WITHOUT_QUORUM, statement)]
    assert (home / "out" / "decryption-2.json").exists()
    assert decrypt(home, board, "--without-quorum", "another one") == 0
    assert "the reason stays the one that you have signed before" in capfd.readouterr().err
    assert (home / "without-quorum-2.json").read_bytes() == statement
    assert len(board.taken) == 1


@pytest.mark.parametrize(
    "answer", [lambda _: b"", lambda _: b"no receipt", lambda one: write_receipt(Receipt(0, (), one.signed))]
)
def test_answer_stays_at_home_while_the_reason_is_not_acknowledged(
    home: Path, board: TakingBoard, answer: object, capfd: pytest.CaptureFixture[str]
) -> None:
    """A board that gives no receipt, or one of something else, gets no decryption; the journal keeps the one answer."""
    board.board.publish(verifiers=2)
    board.verifiers = 2
    board.answer = answer  # type: ignore[assignment]
    assert decrypt(home, board, "--without-quorum", REASON) in {1, 3}
    assert "error[" in capfd.readouterr().err
    assert not (home / "out").exists()
    answered = (home / "answered.json").read_bytes()
    board.answer = write_receipt
    assert decrypt(home, board, "--without-quorum", REASON) == 0
    assert (home / "answered.json").read_bytes() == answered


def test_reason_is_set_aside_once_the_quorum_is_there(
    home: Path, board: TakingBoard, capfd: pytest.CaptureFixture[str]
) -> None:
    """Signed, but never acknowledged: with the quorum the same answer leaves without it, and nobody posts it later."""
    board.board.publish(verifiers=2)
    board.answer = lambda _: b""
    assert decrypt(home, board, "--without-quorum", REASON) in {1, 3}
    answered = (home / "answered.json").read_bytes()
    later = StaticBoard(home.parent / "later", log_of(HELD).first(CLOSE + 1))
    later.root.mkdir()
    with taking(later.root, later) as second:
        later.publish(verifiers=3)
        assert decrypt(home, second) == 0
        assert "your reason is not handed in" in capfd.readouterr().err
        assert (home / "answered.json").read_bytes() == answered
        assert run(["trustee", "post", str(home / "charter.json"), second.url, "--home", str(home)]) == 0
        assert [taken.split(b"\n")[0] for taken in second.taken] == [b"psephos/PartialDecryption/1"]


def test_reason_that_cannot_be_shown_decrypts_nothing(
    home: Path, board: TakingBoard, capfd: pytest.CaptureFixture[str]
) -> None:
    """Before the key is used."""
    board.board.publish(verifiers=2)
    for reason in ("", "two\nlines", "\x1b[2J"):
        assert decrypt(home, board, "--without-quorum", reason) == 1
        assert "error[malformed]: a reason is one line" in capfd.readouterr().err
    assert not (home / "answered.json").exists()


def test_reason_is_not_needed_where_the_quorum_is_there(home: Path, board: TakingBoard) -> None:
    """Nothing of it is signed."""
    board.board.publish()
    assert decrypt(home, board, "--without-quorum", REASON) == 0
    assert board.taken == []
    assert not list(home.glob("without-quorum-*"))


def test_journal_is_as_strict_on_a_board(home: Path, board: TakingBoard, capfd: pytest.CaptureFixture[str]) -> None:
    """A key that has answered another record answers no second one, with the quorum or with a reason."""
    board.board.publish()
    assert decrypt(home, board) == 0
    answered = (home / "answered.json").read_bytes()
    log = log_of(HELD).first(CLOSE)
    del log.received[CLOSE - 1]
    log.received.append(entry(EntryKind.END_BALLOTS, HELD.time(HELD.terms.wire.closes_at)))
    other = StaticBoard(home.parent / "other", log)
    other.root.mkdir()
    with taking(other.root, other) as second:
        other.publish()
        capfd.readouterr()
        assert decrypt(home, second) == 1
        assert "it answers no second one, ever" in capfd.readouterr().err
        other.publish(verifiers=0)
        assert decrypt(home, second, "--without-quorum", REASON) == 1
        assert second.taken == []
    assert (home / "answered.json").read_bytes() == answered


def test_fingerprint_that_was_told_is_compared_as_well(
    home: Path, board: TakingBoard, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whoever has heard another one does not go on."""
    board.board.publish()
    assert decrypt(home, board, "--fingerprint", "0" * 64) == 1
    assert "error[mismatch]" in capfd.readouterr().err
    assert not (home / "answered.json").exists()


def test_trustee_uses_its_own_charter(home: Path, board: TakingBoard, capfd: pytest.CaptureFixture[str]) -> None:
    """A board of another charter, with observers of its own, is another board."""
    board.board.publish()
    (home / "charter.json").write_bytes(make_charter(size=3, threshold=2, board=board_terms(ballots_per_hour=19)))
    assert decrypt(home, board) == 1
    assert "error[mismatch]: this board is of another charter than yours" in capfd.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["record.bel"], ["record.bel", "charter.json", "--board", "http://x"], ["a", "b", "--without-quorum", "x"], []],
)
def test_record_or_board_is_given_not_both(arguments: list[str]) -> None:
    """Usage."""
    assert run(["trustee", "decrypt", *arguments]) == 2


def test_trustee_posts_what_it_has(home: Path, board: TakingBoard, capfd: pytest.CaptureFixture[str]) -> None:
    """Its acceptance; once it has answered, its partial decryption; and its reason before that, if it gave one."""
    board.board.publish(verifiers=2)
    board.verifiers = 2
    post = ["trustee", "post", str(home / "charter.json"), board.url, "--home", str(home)]
    assert run(post) == 0
    assert board.taken == []  # the acceptance stands in the log
    assert "your acceptance: entry 3 of the log" in capfd.readouterr().err
    assert decrypt(home, board, "--without-quorum", REASON) == 0
    assert run(post) == 0
    kinds = [taken.split(b"\n")[0] for taken in board.taken]
    assert kinds == [b"psephos/WithoutQuorum/1", b"psephos/PartialDecryption/1"]
    state = [verdict.reason for verdict in board.board.log.verdicts()]
    assert [reason for reason in state if reason is not None] == ["out-of-turn"]  # nobody has posted the tally yet
    (home / "answered.json").unlink()
    (home / "acceptance-trustee-2.json").unlink()
    assert run(post) == 1
    assert "there is nothing to hand in yet" in capfd.readouterr().err
