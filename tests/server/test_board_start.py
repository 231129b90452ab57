"""How a board starts: with its own charter, and only where somebody confirms that its head is the newest."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from psephos.adapters.board_directory import create_directory, read_log_key
from psephos.adapters.cosignature_store import CosignatureStore
from psephos.adapters.http import HttpFetcher, Web
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.client import Tree
from psephos.cli import witness as witness_command
from psephos.cli.server import run
from psephos.errors import MalformedError, RefusedError, UnavailableError
from psephos.protocol.encoding import read_json
from psephos.record.board_entries import EntryKind, StartAlone, read_board_entry
from tests.server.board_process import SEED, Board, Place, now, policy_of, terms, until
from tests.server.process import Process, keys_of
from tests.support.logged import LOG, VERIFIERS, WITNESSES, hold_vote


@pytest.fixture
def observer(tmp_path: Path) -> Iterator[tuple[Process, Path]]:
    """A witness that knows the log."""
    directory = tmp_path / "witness"
    assert witness_command.run(["init", str(directory), "--name", "observer0.example/w1"]) == 0
    assert witness_command.run(["log", "add", str(directory), str(LOG.key)]) == 0
    with Process(directory) as process:
        yield process, directory


@pytest.fixture
def place(tmp_path: Path, observer: tuple[Process, Path], web: Web) -> Place:
    """A board that this witness watches."""
    process, directory = observer
    policy = policy_of([("w", keys_of(directory)[0], process.url)], threshold=1)
    return Place.make(tmp_path / "board", terms(receipts=policy), web=web)


def ends(directory: Path, *options: str) -> tuple[int, str]:
    """Exit code and words of a server that does not start."""
    command = [sys.executable, "-m", "psephos.cli.server", "serve", str(directory), "--listen", "127.0.0.1:0", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


def kinds_of(place: Place, board: Board) -> list[EntryKind]:
    """What is in the log."""
    head = place.checkpoint(board, "checkpoint.latest").head
    tree = Tree(HttpFetcher(place.web, board.url), head)
    return [read_board_entry(entry).kind for _, found in tree.entries(0, head.size) for entry in found]


def test_board_whose_witness_confirms_goes_on_after_each_start(place: Place) -> None:
    """A new log, which no witness has seen, and one that it has seen; nothing is said in the log about it."""
    with Board(place.directory) as board:
        place.open(board)
        first = place.client(board).ballot(place.vote.ballots[0])
    with Board(place.directory) as board:
        assert place.health(board)["status"] == "ok"
        assert place.client(board).ballot(place.vote.ballots[0]).index == first.index
        second = place.client(board).ballot(place.vote.ballots[1])
        assert second.index == first.index + 1
        until(lambda: place.health(board)["cosigned"] == second.index + 1)
        assert EntryKind.START_ALONE not in kinds_of(place, board)
        assert place.client(board).ballot(place.vote.ballots[2])


def test_board_that_lost_its_cosignatures_publishes_nothing_older(tmp_path: Path, web: Web) -> None:
    """That database is derived: without it, an older checkpoint that somebody brings replaces no newer one."""
    verifying = [(f"v{at}", one.key, "") for at, one in enumerate(VERIFIERS)]
    place = Place.make(tmp_path / "board", terms(tally=policy_of(verifying, threshold=3)), web=web)

    def cosigned(board: Board) -> SignedCheckpoint:
        head = place.checkpoint(board, "checkpoint.latest")
        lines = [one.cosign(head.note.text, now=now()) for one in VERIFIERS[:3]]
        return head.with_signatures([*head.note.signatures, *lines])

    with Board(place.directory, "--start-alone") as board:
        older = cosigned(board)
        place.open(board)
        newer = cosigned(board)
        place.client(board).cosignatures(newer)
        until(lambda: place.health(board)["verified"] == newer.head.size)
    for path in (place.directory / "state").glob("cosignatures.db*"):
        path.unlink()
    with Board(place.directory, "--start-alone") as board:
        place.client(board).cosignatures(older)
        for ballot in place.vote.ballots[:3:2]:
            assert place.client(board).ballot(ballot)
        assert place.checkpoint(board, "checkpoint.verified").head == newer.head


def test_old_copy_of_a_board_does_not_start(place: Place, tmp_path: Path) -> None:
    """The witness has seen more; not even the operator's word makes it sign a second history."""
    with Board(place.directory) as board:
        place.open(board)
    shutil.copytree(place.directory, tmp_path / "copy")
    with Board(place.directory) as board:
        receipt = place.client(board).ballot(place.vote.ballots[0])
        until(lambda: place.health(board)["cosigned"] > receipt.index)
    for options in ((), ("--start-alone",)):
        code, said = ends(tmp_path / "copy", *options, "--free-space", "0")
        assert code == 1
        assert "error[refused]: w has seen" in said
        assert "this is an old copy of the log" in said
    with Board(place.directory) as board:
        assert place.health(board)["status"] == "ok"


def test_board_that_nobody_confirms_is_read_only_until_somebody_does(
    place: Place, observer: tuple[Process, Path]
) -> None:
    """It serves what it has and takes nothing; when its witness is back it goes on by itself."""
    with Board(place.directory) as board:
        place.open(board)
        first = place.client(board).ballot(place.vote.ballots[0])
        until(lambda: place.health(board)["cosigned"] > first.index)
    process, directory = observer
    port = process.url.rpartition(":")[2]
    process.stop(signal.SIGTERM)
    with Board(place.directory) as board:
        assert place.health(board)["status"] == "read-only"
        assert not place.health(board)["ballots"]
        with pytest.raises(UnavailableError) as caught:
            place.client(board, patience=0).ballot(place.vote.ballots[1])
        assert caught.value.code == "not-now"
        with pytest.raises(UnavailableError):
            place.hand_in_once(board, EntryKind.CLOSING_TIME, [place.vote.closing_time(1, now() + 7200)])
        assert place.client(board, patience=0).ballot(place.vote.ballots[0]).index == first.index
        assert place.checkpoint(board).head.size == first.index + 1
        with Process(directory, port=port):
            until(lambda: place.health(board)["status"] == "ok")
            assert place.client(board).ballot(place.vote.ballots[1]).index == first.index + 1


def test_operator_may_go_on_alone_and_the_log_says_so(place: Place, observer: tuple[Process, Path]) -> None:
    """For ever, with the size and the time; also before there is a charter, which is entry 0 all the same."""
    observer[0].stop(signal.SIGTERM)
    before = now()
    for expected in ([EntryKind.CHARTER, EntryKind.START_ALONE], [EntryKind.START_ALONE]):
        with Board(place.directory, "--start-alone") as board:
            found = kinds_of(place, board)
            assert found[-len(expected) :] == expected
            tree = Tree(HttpFetcher(place.web, board.url), place.checkpoint(board, "checkpoint.latest").head)
            ((_, last),) = tree.entries(len(found) - 1, len(found))
            content = read_board_entry(last[0]).parts[0].content or b""
            statement = read_json(content, StartAlone, what="statement")
            assert statement.size == (0 if len(found) == 2 else len(found) - 1)
            assert before <= statement.at <= now()


def test_cosigner_who_brings_its_word_confirms_the_head(tmp_path: Path, web: Web) -> None:
    """A witness without an address: what it has just cosigned is the largest tree that it knows; an old word is not."""
    policy = policy_of([("w", WITNESSES[0].key, "")], threshold=1)
    place = Place.make(tmp_path / "board", terms(receipts=policy), web=web)
    with Board(place.directory, "--start-alone") as board:
        place.open(board)
        old = place.checkpoint(board, "checkpoint.latest")
        old = old.with_signatures([*old.note.signatures, WITNESSES[0].cosign(old.note.text, now=now())])
    with Board(place.directory) as board:
        client = place.client(board)
        client.cosignatures(old)
        assert place.health(board)["status"] == "read-only"
        ours = place.checkpoint(board, "checkpoint.latest")
        line = WITNESSES[0].cosign(ours.note.text, now=type(now())(now() + 1))
        client.cosignatures(ours.with_signatures([ours.note.signatures[0], line]))
        until(lambda: place.health(board)["status"] == "ok")
        assert client.ballot(place.vote.ballots[0])


def test_log_that_forgot_what_was_cosigned_does_not_start(place: Place) -> None:
    """Whatever the witnesses say: a larger checkpoint with our signature lies beside it."""
    with Board(place.directory) as board:
        place.open(board)
        shutil.copytree(place.directory / "state", place.directory / "old", ignore=shutil.ignore_patterns("parts"))
        receipt = place.client(board).ballot(place.vote.ballots[0])
        until(lambda: place.health(board)["cosigned"] > receipt.index)
    shutil.copy(place.directory / "state" / "cosignatures.db", place.directory / "old" / "cosignatures.db")
    for path in (place.directory / "old").glob("cosignatures.db-*"):
        path.unlink()
    shutil.rmtree(place.directory / "state")
    (place.directory / "old").rename(place.directory / "state")
    (place.directory / "pub" / "checkpoint").unlink()
    (place.directory / "pub" / "checkpoint.latest").unlink()
    (place.directory / "pub" / "checkpoint.verified").unlink(missing_ok=True)
    code, said = ends(place.directory)
    assert code == 1
    assert "was cosigned, and the head has" in said


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A server that has no charter yet."""
    assert run(["init", str(tmp_path / "board"), "--name", "board.example/2026"]) == 0
    return tmp_path / "board"


def test_server_without_a_charter_does_not_start(empty: Path) -> None:
    """And says what is missing."""
    code, said = ends(empty)
    assert code == 1
    assert "no charter was taken" in said
    assert "psephos-server charter DIRECTORY charter.note" in said


def test_charter_of_another_log_is_refused(empty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also one that is not signed, or is none; nothing is kept."""
    note = tmp_path / "charter.note"
    vote = hold_vote()
    for content, code in (
        (vote.signed_charter(), "mismatch"),
        (vote.charter, "malformed"),
        (vote.signed_charter().rpartition(b"\xe2\x80\x94")[0], "invalid-proof"),
    ):
        note.write_bytes(content)
        assert run(["charter", str(empty), str(note)]) == 1
        assert f"error[{code}]" in capsys.readouterr().err
    assert not (empty / "charter.note").exists()


def test_charter_is_taken_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints its fingerprint; the same one again is no error, another is refused."""
    create_directory(tmp_path / "board", LOG.key.name, fresh=lambda _: SEED, now=now())
    vote, note = hold_vote(), tmp_path / "charter.note"
    note.write_bytes(vote.signed_charter())
    for _ in range(2):
        assert run(["charter", str(tmp_path / "board"), str(note)]) == 0
        assert capsys.readouterr().out == vote.name + "\n"
    note.write_bytes(hold_vote(board=terms(ballots_per_hour=7)).signed_charter())
    assert run(["charter", str(tmp_path / "board"), str(note)]) == 1
    assert "never overwritten" in capsys.readouterr().err


def test_charter_that_is_exchanged_after_the_start_is_refused(tmp_path: Path, web: Web) -> None:
    """Entry 0 is what it is."""
    place = Place.make(tmp_path / "board", terms(), web=web)
    with Board(place.directory, "--start-alone"):
        pass
    (place.directory / "charter.note").write_bytes(hold_vote(board=terms(ballots_per_hour=7)).signed_charter())
    code, said = ends(place.directory, "--start-alone")
    assert (code, "begins with another charter" in said) == (1, True)


def test_key_is_its_owners_only(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is made so, read only so, never printed, never made anew."""
    key = empty / "log.key"
    assert key.stat().st_mode & 0o777 == 0o600
    signer = read_log_key(empty)
    assert (empty / "log.vkey").read_text() == f"{signer.key}\n"
    assert key.read_text().split("+", 4)[4].strip() not in capsys.readouterr().out
    assert run(["init", str(empty), "--name", "board.example/2026"]) == 1
    key.chmod(0o640)
    with pytest.raises(RefusedError):
        read_log_key(empty)
    key.chmod(0o600)
    for damage in ("", "PRIVATE+KEY+board.example/2026+00000000+" + key.read_text().split("+", 4)[4]):
        key.write_text(damage)
        with pytest.raises(MalformedError):
            read_log_key(empty)


def test_second_server_on_one_log_is_refused(tmp_path: Path, web: Web) -> None:
    """One writer."""
    place = Place.make(tmp_path / "board", terms(), web=web)
    with Board(place.directory, "--start-alone"):
        code, said = ends(place.directory, "--start-alone")
        assert (code, "another process writes the log" in said) == (1, True)


def test_cosignatures_that_are_damaged_on_disk_are_begun_anew(tmp_path: Path) -> None:
    """They can be brought again; rubbish in their place stops nothing."""
    path = tmp_path / "cosignatures.db"
    path.write_bytes(b"rubbish" * 1000)
    store = CosignatureStore(path)
    assert store.largest() == 0
    text = bytes(read_signed_checkpoint(f"a\n0\n{'A' * 43}=\n\n— a AAAAAAAA\n".encode()))
    store.add(read_signed_checkpoint(text))
    store.close()
    again = CosignatureStore(path)
    assert again.newest(hold_vote().terms.receipts) is None
    again.close()
