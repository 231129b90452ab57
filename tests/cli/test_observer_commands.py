"""`psephos observer follow`: what it mirrors, cosigns and reports; what it refuses to cosign, and what it leaves."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from psephos.adapters.http import Web
from psephos.adapters.witness_store import create_store
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.cosignature import read_timestamp, verifiers_of
from psephos.board.note import (
    Ed25519Signer,
    SignatureType,
    VerifierKey,
    read_verifier_key,
    verify_note,
    write_base64,
)
from psephos.board.witness import origin_hash
from psephos.cli.main import run
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import EntryKind, read_board_entry
from psephos.record.lookup import fingerprint_of, read_bucket
from psephos.roles.observer import verify_report, write_list
from psephos.verify.board_audit import audit_board, ruleset
from tests.support.bad_entries import BAD, BALLOTS, END, bad_entry
from tests.support.boards import StaticBoard, head_at, note_of, served
from tests.support.logged import CLOSES, LOG, VERIFIERS, WITNESSES, MemoryLog, board_terms, hold_vote, log_of

NAME = "observer1.example"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A new observer."""
    assert run(["observer", "init", str(tmp_path / "home"), "--name", NAME]) == 0
    return tmp_path / "home"


@pytest.fixture
def board(tmp_path: Path) -> StaticBoard:
    """A board that shows the whole vote."""
    made = StaticBoard(tmp_path / "board", log_of(hold_vote()))
    made.publish()
    return made


def follow(home: Path, place: str | Path, *options: str, code: int = 0) -> None:
    """Look once."""
    url = place.as_uri() if isinstance(place, Path) else place
    assert run(["observer", "follow", url, "--home", str(home), "--once", *options]) == code


def events(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was said since last time, as far as it is an event."""
    return [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]


def alarms(capfd: pytest.CaptureFixture[str]) -> list[str]:
    """The alarms since last time."""
    return [one["alarm"] for one in events(capfd) if one["event"] == "alarm"]


def keys_of(home: Path) -> list[VerifierKey]:
    """The observer's public keys."""
    return [read_verifier_key(line) for line in (home / "observer.vkeys").read_text().split()]


def cosigned(home: Path) -> tuple[int, bytes]:
    """What the observer cosigned last, read behind the program's back."""
    with closing(sqlite3.connect(home / "observer.db")) as connection:
        row: tuple[int, bytes] | None = connection.execute("SELECT size, root FROM log").fetchone()
    return row or (0, b"")


def shown(home: Path, path: str = "checkpoint.latest") -> SignedCheckpoint:
    """A checkpoint in the mirror."""
    return read_signed_checkpoint((home / "mirror" / path).read_bytes())


def files_of(root: Path) -> dict[str, bytes]:
    """Tiles, bundles and blobs."""
    kinds = ("tile", "blob")
    return {str(p.relative_to(root)): p.read_bytes() for kind in kinds for p in (root / kind).rglob("*") if p.is_file()}


def evidence_in(directory: Path) -> set[str]:
    """The kinds of evidence that were kept; every file holds with the log's key alone."""
    files = [path for path in directory.rglob("*.json") if path.is_file()]
    assert files
    for file in files:
        assert run(["auditor", "evidence", str(file), "--log", str(LOG.key)]) == 0
    return {file.name.rpartition("-")[0] for file in files}


def forged(size: int = END) -> MemoryLog:
    """Another history, in which the second ballot is missing; as long as asked for."""
    log = log_of(hold_vote())
    del log.received[BALLOTS + 1]
    while log.size() < size:
        log.add(EntryKind.BALLOT, [b"%d" % log.size()])
    return log.first(size)


def give_listed_key(home: Path) -> None:
    """Give an observer a key that the tests' charter names."""
    key, other = VERIFIERS[3].key, keys_of(home)[1]
    material = write_base64(bytes([key.kind]) + bytes(30) + bytes([4, 3]))
    (home / "ed25519.key").write_text(f"PRIVATE+KEY+{key.name}+{key.key_id.hex()}+{material}\n")
    (home / "observer.db").unlink()
    create_store(home / "observer.db", [key, other])
    (home / "observer.vkeys").write_text(f"{key}\n{other}\n")


def monitor(directory: Path, note: SignedCheckpoint) -> None:
    """Another observer's monitoring endpoint."""
    folder = directory / origin_hash(LOG.key.name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "checkpoint").write_bytes(bytes(note))


def hearing(directory: Path, url: str) -> str:
    """A policy with another observer's address."""
    policy = directory / "policy"
    policy.write_text(f"log {LOG.key}\nwitness o {WITNESSES[0].key} {url}\nquorum o\n")
    return str(policy)


# ── what it does ────────────────────────────────────────────────────────────────────────────────────────────────


def test_new_observer_has_verifying_keys_of_its_own(tmp_path: Path) -> None:
    """Of both kinds, named …/v; made once; a witness's name is refused."""
    home = tmp_path / "home"
    assert run(["observer", "init", str(home), "--name", NAME]) == 0
    kinds = [SignatureType.COSIGNATURE_ED25519, SignatureType.COSIGNATURE_ML_DSA_44]
    assert [(key.name, key.kind) for key in keys_of(home)] == [(f"{NAME}/v", kind) for kind in kinds]
    assert all((home / name).stat().st_mode & 0o077 == 0 for name in ("ed25519.key", "ml-dsa-44.key", "observer.db"))
    assert run(["observer", "init", str(home), "--name", NAME]) == 1
    assert run(["observer", "init", str(tmp_path / "other"), "--name", "observer1.example/w"]) == 2


def test_board_is_mirrored_cosigned_and_reported(home: Path, board: StaticBoard) -> None:
    """Both lines hold and were handed in; the mirror is the board's files; the report says what an audit says."""
    with served(board.root) as web:
        follow(home, web.url)
        handed_in = [read_signed_checkpoint(body) for path, body in web.handed_in if path == "/cosignatures"]
    assert handed_in == []  # the charter names other keys than these, so the board has no use for them
    note = shown(home)
    assert note.head == head_at(board.log, END)
    lines = verify_note(note.note, verifiers_of(keys_of(home)))
    assert len(lines) == 2
    assert cosigned(home) == (END, note.head.root)
    assert files_of(home / "mirror") == files_of(board.root)
    report = verify_report((home / "mirror" / f"report/{END}").read_bytes(), keys_of(home)[0])
    audit = audit_board(board.log)
    assert report.head == note.head
    assert (report.charter, report.ruleset) == (hold_vote().name, sha256_hex(ruleset()))
    assert (report.record, report.excluded) == (audit.report.head, 0)
    assert (report.log, report.listed) == (LOG.key.name, sha256_hex(b""))


def test_ballots_are_looked_up_in_the_mirror(home: Path, tmp_path: Path) -> None:
    """Those with effect and those without, in the buckets of a board; after a start the same."""
    late = bad_entry("late ballot")
    log = log_of(hold_vote()).with_entries([(BAD["late ballot"][0], late)])
    board = StaticBoard(tmp_path / "board", log)
    board.publish()
    ballots = {fingerprint_of(ballot): at for at, ballot in enumerate(hold_vote().ballots[:-1], start=BALLOTS)}
    ballots[fingerprint_of(read_board_entry(late).parts[0].content or b"")] = BAD["late ballot"][0]
    for _ in range(2):
        follow(home, board.root)
        buckets = {path.name: path.read_bytes() for path in (home / "mirror/find/0").iterdir()}
        rows = {row for name, data in buckets.items() for row in read_bucket(data, segment=0, prefix=int(name, 16))}
        assert rows == set(ballots.items())


def test_mirror_is_verified_with_the_board_switched_off(home: Path, board: StaticBoard, tmp_path: Path) -> None:
    """It has the quorums' checkpoints, and the record that follows is the same."""
    follow(home, board.root)
    shutil.rmtree(board.root)
    assert run(["verify", str(home / "mirror"), "--save", str(tmp_path / "record.bel")]) == 0
    assert (tmp_path / "record.bel").read_bytes() == hold_vote().bel
    assert len(shown(home, "checkpoint").note.signatures) >= 1 + 3
    assert shown(home, f"{origin_hash(LOG.key.name)}/checkpoint").head.size == END


def test_board_that_grows_is_followed(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Step by step, and again without anything new; each tree has its report and its time."""
    board = StaticBoard(tmp_path / "board", log_of(hold_vote()))
    times = []
    for size in (1, 2, 7, 7, END, END):
        board.publish(size)
        follow(home, board.root)
        assert cosigned(home)[0] == size
        times.append(read_timestamp(verify_note(shown(home).note, verifiers_of(keys_of(home)[:1]))[0]))
    assert times == sorted(times)
    assert {path.name for path in (home / "mirror/report").iterdir()} == {"1", "2", "7", str(END), "list"}
    assert [one["size"] for one in events(capfd) if one["event"] == "cosigned"] == [1, 2, 7, END]
    assert run(["verify", str(home / "mirror")]) == 0


def test_lines_are_handed_in_where_the_charter_names_the_key(tmp_path: Path) -> None:
    """Once more if the board has lost them, and not again when it shows them."""
    home = tmp_path / "home"
    assert run(["observer", "init", str(home), "--name", NAME]) == 0
    board = StaticBoard(tmp_path / "board", log_of(hold_vote()))
    board.publish(5, verifiers=1)
    give_listed_key(home)
    with served(board.root) as web:
        for _ in range(2):
            follow(home, web.url)
        assert [path for path, _ in web.handed_in] == ["/cosignatures"] * 2
        note = read_signed_checkpoint(web.handed_in[0][1])
        board.write("checkpoint.latest", bytes(note))
        follow(home, web.url)
        assert len(web.handed_in) == 2


def test_entries_without_effect_are_listed_and_do_not_stop_it(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """An invalid, a late and a replayed ballot: cosigned, reported, in the list that everybody computes."""
    names = ("ballot with a changed proof", "late ballot", "replay after a revote", "nothing")
    log = log_of(hold_vote()).with_entries([(BAD[name][0], bad_entry(name)) for name in names])
    board = StaticBoard(tmp_path / "board", log)
    board.publish()
    follow(home, board.root)
    assert cosigned(home)[0] == log.size()
    audit = audit_board(log)
    report = verify_report((home / "mirror" / f"report/{log.size()}").read_bytes(), keys_of(home)[0])
    listed = (home / "mirror/report/list" / report.listed).read_bytes()
    assert (report.excluded, listed, report.record) == (4, write_list(audit.excluded), audit.report.head)
    said = {(one["index"], one["reason"]) for one in events(capfd) if one["event"] == "without-effect"}
    assert said == {(one.index, str(one.reason)) for one in audit.excluded}
    assert run(["verify", str(home / "mirror")]) == 0


# ── what it refuses to cosign ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [END - 4, END, END + 3])
def test_fork_ends_it_with_evidence(
    home: Path, board: StaticBoard, tmp_path: Path, capfd: pytest.CaptureFixture[str], size: int
) -> None:
    """A smaller, an equal and a larger tree of another history; nothing more is cosigned."""
    follow(home, board.root)
    other = StaticBoard(tmp_path / "other", forged(max(size, END)))
    other.publish(size)
    capfd.readouterr()
    follow(home, other.root, code=1)
    assert alarms(capfd) == ["fork"]
    assert evidence_in(home / "evidence") == {"fork", "witness-misconduct"}  # those observers cosigned both
    assert cosigned(home) == (END, head_at(board.log, END).root)
    assert files_of(home / "mirror") == files_of(board.root)


def test_fork_that_only_another_observer_has_seen_is_caught(
    home: Path, board: StaticBoard, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its monitoring endpoint shows what the board showed to it."""
    follow(home, board.root)
    monitor(tmp_path / "other", note_of(head_at(forged(), END - 2), WITNESSES[:1]))
    with served(tmp_path / "other") as web:
        follow(home, board.root, "--policy", hearing(tmp_path, web.url), code=1)
    assert alarms(capfd) == ["fork"]
    evidence_in(home / "evidence")


def test_fork_seen_before_a_crash_is_caught_after_it(home: Path, board: StaticBoard, tmp_path: Path) -> None:
    """What was remembered and never mirrored still convicts: here the mirror is lost altogether."""
    follow(home, board.root)
    shutil.rmtree(home / "mirror")
    other = StaticBoard(tmp_path / "other", forged(END + 3))
    other.publish()
    follow(home, other.root, code=1)
    evidence_in(home / "evidence")
    assert cosigned(home)[0] == END


def test_board_that_goes_back_is_an_alarm(home: Path, board: StaticBoard, capfd: pytest.CaptureFixture[str]) -> None:
    """Of the same history, so nothing is proved to others; what was cosigned stays."""
    follow(home, board.root)
    for path in ("checkpoint", "checkpoint.latest", "checkpoint.verified"):
        board.write(path, bytes(note_of(head_at(board.log, 7))))
    capfd.readouterr()
    follow(home, board.root, code=1)
    assert alarms(capfd) == ["rollback"]
    assert cosigned(home)[0] == END
    assert not (home / "evidence").exists()
    board.publish()
    follow(home, board.root)


Spoil = Callable[[Path], None]
WITHHELD: dict[str, Spoil] = {
    "tile": lambda root: (root / "tile/0/000.p/19").unlink(),
    "bundle": lambda root: (root / "tile/entries/000.p/19").unlink(),
    "changed tile": lambda root: (root / "tile/0/000.p/19").write_bytes(bytes(32 * 19)),
    "changed bundle": lambda root: (root / "tile/entries/000.p/19").write_bytes(bytes(2 * 19)),
    "everything": lambda root: [(root / f"checkpoint{end}").unlink() for end in ("", ".latest", ".verified")] and None,
}


@pytest.mark.parametrize("name", WITHHELD)
def test_missing_data_is_an_alarm_until_it_is_there(
    home: Path, board: StaticBoard, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    """Nothing is cosigned without it; a mirror that has it is as good as the board."""
    assert run(["observer", "init", str(tmp_path / "second"), "--name", NAME]) == 0
    copy = tmp_path / "copy"
    shutil.copytree(board.root, copy)
    charter = tmp_path / "charter.json"
    charter.write_bytes(hold_vote().charter)
    WITHHELD[name](board.root)
    follow(home, board.root, "--charter", str(charter), code=3)
    assert alarms(capfd) == ["missing-data"]
    assert cosigned(home)[0] == 0
    follow(tmp_path / "second", board.root, "--mirror", copy.as_uri(), code=3 if name == "everything" else 0)
    assert cosigned(tmp_path / "second")[0] == END
    shutil.rmtree(board.root)
    shutil.copytree(copy, board.root)
    follow(home, board.root)
    assert cosigned(home)[0] == END


def test_what_was_mirrored_before_data_was_missing_is_not_fetched_again(home: Path, tmp_path: Path) -> None:
    """A copy that broke off goes on where it was, also in another process; what is here is checked all the same."""
    log = log_of(hold_vote()).with_entries((BALLOTS, b"rubbish %d" % number) for number in range(20_000))
    board = StaticBoard(tmp_path / "board", log)
    board.publish()
    last = board.root / "tile/entries/077"
    last.rename(tmp_path / "withheld")
    follow(home, board.root, code=3)
    assert cosigned(home)[0] == 0
    (tmp_path / "withheld").rename(last)
    for number in range(60):
        (board.root / f"tile/entries/{number:03}").unlink()
    follow(home, board.root)
    assert cosigned(home) == (log.size(), head_at(log, log.size()).root)
    assert run(["verify", str(home / "mirror")]) == 0


@pytest.mark.slow
def test_withheld_blob_is_missing_data(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The entry that names it gets no verdict before; then everything goes on."""
    board = StaticBoard(tmp_path / "board", log_of(hold_vote(voters=1500)))
    board.publish()
    (name,) = board.log.blobs
    (board.root / "blob" / name).rename(tmp_path / "withheld")
    follow(home, board.root, code=3)
    assert alarms(capfd) == ["missing-data"]
    assert cosigned(home)[0] == 0
    (tmp_path / "withheld").rename(board.root / "blob" / name)
    follow(home, board.root)
    assert cosigned(home)[0] == board.log.size()
    assert run(["verify", str(home / "mirror")]) == 0


@pytest.mark.parametrize("signer", [Ed25519Signer(LOG.key.name, bytes(32)), Ed25519Signer("x.example", bytes(32))])
def test_checkpoint_that_the_log_did_not_sign_is_an_alarm(
    home: Path, board: StaticBoard, capfd: pytest.CaptureFixture[str], signer: Ed25519Signer
) -> None:
    """The others that the board shows are still followed."""
    follow(home, board.root)
    board.write("checkpoint.latest", bytes(note_of(head_at(forged(), END), signer=signer)))
    capfd.readouterr()
    follow(home, board.root, code=1)
    assert alarms(capfd) == ["bad-signature"]
    assert cosigned(home)[0] == END


def test_silent_log_is_an_alarm_while_the_vote_is_open(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its last cosignature is of long ago; a log that has closed may be silent."""
    vote = hold_vote(board=board_terms(opens_at=1_600_000_000))
    board = StaticBoard(tmp_path / "board", log_of(vote), at=1_700_000_000)
    board.publish(BALLOTS + 2)
    follow(home, board.root)
    capfd.readouterr()
    follow(home, board.root, code=3)
    assert alarms(capfd) == ["stalled"]
    board.publish()
    for _ in range(2):
        follow(home, board.root)


# ── what may happen to it ───────────────────────────────────────────────────────────────────────────────────────


def test_mirror_that_was_changed_is_refused(home: Path, board: StaticBoard) -> None:
    """A changed entry is found by its hash, at the next start; moved away, all is fetched anew."""
    follow(home, board.root)
    bundle = home / "mirror/tile/entries/000.p/19"
    bundle.chmod(0o644)
    bundle.write_bytes(bundle.read_bytes().replace(b'"owner":1', b'"owner":2'))
    follow(home, board.root, code=1)
    (home / "mirror").rename(home / "damaged")
    follow(home, board.root)
    assert files_of(home / "mirror") == files_of(board.root)


def test_verdicts_that_come_out_otherwise_stop_it(home: Path, tmp_path: Path) -> None:
    """They follow from the log; lost ones are computed again, others are not believed."""
    log = log_of(hold_vote()).with_entries([(BAD["nothing"][0], bad_entry("nothing"))])
    board = StaticBoard(tmp_path / "board", log)
    board.publish()
    follow(home, board.root)
    with closing(sqlite3.connect(home / "verdicts.db")) as connection:
        for statement in ("UPDATE excluded SET place = 3", "DELETE FROM excluded", "UPDATE progress SET size = 3"):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(statement)
        connection.executescript("DROP TRIGGER verdict_stays; UPDATE excluded SET reason = 'setup'")
    follow(home, board.root, code=1)
    for name in ("verdicts.db", "verdicts.db-wal", "verdicts.db-shm"):
        (home / name).unlink(missing_ok=True)
    follow(home, board.root)
    assert cosigned(home)[0] == log.size()


def test_memory_that_was_put_back_is_noticed(home: Path, board: StaticBoard, tmp_path: Path) -> None:
    """The board shows a cosignature that it does not remember; and without a memory it does not start."""
    with closing(sqlite3.connect(home / "observer.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    shutil.copy(home / "observer.db", tmp_path / "old.db")
    follow(home, board.root)
    board.write("checkpoint.latest", bytes(shown(home)))
    for name in ("observer.db-wal", "observer.db-shm"):
        (home / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "old.db", home / "observer.db")
    follow(home, board.root, code=1)
    (home / "observer.db").unlink()
    follow(home, board.root, code=1)


def test_observer_stays_with_its_charter(home: Path, board: StaticBoard, tmp_path: Path) -> None:
    """The one it was given must be the log's and stay the same; a directory that is none is refused."""
    other = tmp_path / "other.json"
    other.write_bytes(b"{}")
    follow(home, board.root, "--charter", str(other), code=1)
    follow(home, board.root)
    follow(home, board.root, "--charter", str(other), code=1)
    follow(tmp_path / "nothing", board.root, code=1)


def test_log_of_another_charter_is_not_cosigned(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Signed by the same key and the same organisers, with other terms; or without any charter that holds."""
    charter = tmp_path / "charter.json"
    charter.write_bytes(hold_vote().charter)
    other = log_of(hold_vote(board=board_terms(largest_ballot=9_999)))
    for number, log in enumerate((other, MemoryLog(log_of(hold_vote()).received[1:]))):
        board = StaticBoard(tmp_path / f"board-{number}", log)
        board.publish()
        second = tmp_path / f"home-{number}"
        assert run(["observer", "init", str(second), "--name", NAME]) == 0
        follow(second, board.root, "--charter", str(charter), code=1)
        assert cosigned(second)[0] == 0
        assert "does not begin with the charter" in capfd.readouterr().err


# ── gossip, and the loop ────────────────────────────────────────────────────────────────────────────────────────


def test_fork_that_a_stranger_brought_to_the_board_is_caught(
    home: Path, board: StaticBoard, capfd: pytest.CaptureFixture[str]
) -> None:
    """The list of what others saw is read as well; rubbish in it is passed over."""
    strangers = bytes(note_of(head_at(board.log, 3), signer=Ed25519Signer("x.example", bytes(32))))
    notes = [b"rubbish", strangers, bytes(note_of(head_at(board.log, 3)))]
    with served(board.root) as web:
        board.write("gossip", json.dumps([note.decode() for note in notes]).encode())
        follow(home, web.url)
        notes.append(bytes(note_of(head_at(forged(), END - 1))))
        board.write("gossip", json.dumps([note.decode() for note in notes]).encode())
        capfd.readouterr()
        follow(home, web.url, code=1)
    assert alarms(capfd) == ["fork"]
    evidence_in(home / "evidence")


def test_checkpoint_that_the_board_hides_is_missing_data_and_passed_on(
    home: Path, board: StaticBoard, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its log signed it, another observer saw it, and nobody shows how it grew."""
    log = board.log.with_entries([(END, b"one more")])
    hidden = note_of(head_at(log, END + 1), WITNESSES[:1])
    monitor(tmp_path / "other", hidden)
    with served(board.root) as web, served(tmp_path / "other") as other:
        follow(home, web.url, "--policy", hearing(tmp_path, other.url), code=3)
        assert web.handed_in == [("/gossip", bytes(hidden))]
    assert alarms(capfd) == ["missing-data"]
    assert cosigned(home)[0] == END
    board.log.received.append(b"another one")
    board.publish()
    follow(home, board.root, code=1)
    assert alarms(capfd) == ["fork"]
    evidence_in(home / "evidence")


def test_what_the_board_shows_anyway_is_no_news(home: Path, board: StaticBoard, tmp_path: Path) -> None:
    """Older checkpoints of one history, from memory or from others, are compared and not passed on."""
    monitor(tmp_path / "other", note_of(head_at(board.log, 7), WITNESSES[:1]))
    with served(board.root) as web, served(tmp_path / "other") as other:
        follow(home, web.url, "--policy", hearing(tmp_path, other.url))
        board.log.received.append(b"one more")
        board.publish()
        follow(home, web.url, "--policy", hearing(tmp_path, other.url))
        assert web.handed_in == []


def test_observer_that_goes_back_is_an_alarm(
    home: Path, board: StaticBoard, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It cosigned all of the log, and later only a part of it; the log is not to blame, and is followed."""
    monitor(tmp_path / "other", note_of(head_at(board.log, 7), WITNESSES[:1], at=CLOSES + 1))
    with served(tmp_path / "other") as other:
        follow(home, board.root, "--policy", hearing(tmp_path, other.url), code=1)
    assert alarms(capfd) == ["witness-misconduct"]
    assert evidence_in(home / "evidence") == {"witness-misconduct"}
    assert cosigned(home)[0] == END


def test_cosignatures_from_everywhere_come_together_in_the_mirror(home: Path, tmp_path: Path) -> None:
    """Each place shows some of them; a place that does not answer is said and passed over."""
    board = StaticBoard(tmp_path / "board", log_of(hold_vote()))
    note = board.publish(5, witnesses=2, verifiers=2)
    cosigners = [*WITNESSES[2:], *VERIFIERS[2:]]
    monitor(tmp_path / "other", note_of(note.head, cosigners))
    with served(tmp_path / "other") as other:
        follow(home, board.root, "--policy", hearing(tmp_path, other.url))
    follow(home, board.root, "--policy", hearing(tmp_path, other.url))
    for place in ("checkpoint", "checkpoint.verified"):
        names = {line.name for line in shown(home, place).note.signatures}
        assert names >= {one.key.name for one in (*WITNESSES, *VERIFIERS)}
    assert run(["verify", str(home / "mirror")]) == 0


def test_older_checkpoints_in_the_mirror_have_their_tiles(home: Path, tmp_path: Path) -> None:
    """A quorum stands behind a tree that this observer never mirrored as such; its mirror is verified all the same."""
    log = log_of(hold_vote())
    log = log.with_entries((BALLOTS, b"rubbish %d" % number) for number in range(400))
    board = StaticBoard(tmp_path / "board", log)
    for size, witnesses, verifiers in ((150, 4, 4), (390, 4, 0), (400, 0, 0)):
        board.publish(size, witnesses=witnesses, verifiers=verifiers)
    follow(home, board.root)
    sizes = [shown(home, path).head.size for path in ("checkpoint.verified", "checkpoint", "checkpoint.latest")]
    assert sizes == [150, 390, 400]
    shutil.rmtree(board.root)
    assert run(["verify", str(home / "mirror")]) == 0


class Following:
    """`psephos observer follow` as a process."""

    def __init__(self, home: Path, url: str, *options: str) -> None:
        command = [sys.executable, "-m", "psephos.cli.main", "observer", "follow", url, "--home", str(home), *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def until(self, event: str) -> dict[str, Any]:
        """Wait for an event."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                if found["event"] == event:
                    return found
        raise AssertionError(f"it ended without {event}")

    def end(self) -> int:
        """Tell it to end."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        return self.process.returncode


def test_observer_goes_on_through_trouble_and_shows_its_mirror(home: Path, tmp_path: Path) -> None:
    """It waits for the board, follows it, alarms and sounds the all-clear, serves its mirror, ends when told to."""
    board = StaticBoard(tmp_path / "board", log_of(hold_vote()))
    board.root.mkdir()
    following = Following(home, board.root.as_uri(), "--interval", "0.1", "--patience", "0", "--listen", "127.0.0.1:0")
    following.until("trouble")
    board.publish(7)
    address = following.until("listening")["address"]
    assert following.until("report")["size"] == 7
    board.publish(END)
    assert following.until("report")["size"] == END
    assert run(["verify", address]) == 0
    with Web() as web:
        assert web.get(f"{address}/report/{END}", limit=10_000).status == 200
        monitoring = web.get(f"{address}/{origin_hash(LOG.key.name)}/checkpoint", limit=10_000)
        assert read_signed_checkpoint(monitoring.body).head.size == END
        for path in ("", "../observer.db", "%2e%2e/observer.db", "state/lock", "report", "tile/0/000.p/18"):
            assert web.get(f"{address}/{path}", limit=10_000).status == 404
    for path in ("checkpoint", "checkpoint.latest", "checkpoint.verified"):
        board.write(path, bytes(note_of(head_at(board.log, 7))))
    assert following.until("alarm")["alarm"] == "rollback"
    board.show(head_at(board.log, END))
    assert following.until("all-clear")["alarm"] == "rollback"
    assert following.end() == 0


def test_observer_that_ends_while_an_alarm_stands_says_so(home: Path, board: StaticBoard) -> None:
    """A missing file is 3; a fork ends it by itself, with 1."""
    follow(home, board.root)
    board.write("checkpoint.latest", b"rubbish")
    following = Following(home, board.root.as_uri(), "--interval", "0.1", "--patience", "0")
    assert following.until("alarm")["alarm"] == "missing-data"
    assert following.end() == 3
    board.show(head_at(forged(), END))
    following = Following(home, board.root.as_uri(), "--interval", "0.1")
    assert following.until("alarm")["alarm"] == "fork"
    following.process.communicate(timeout=60)
    assert following.process.returncode == 1


def test_board_that_drips_silences_no_alarm(home: Path, board: StaticBoard) -> None:
    """It sends a header line now and then: the look does not end, and that is said while it goes on."""
    follow(home, board.root)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            with suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    connection.sendall(b"HTTP/1.1 200 OK\r\n")
                    while True:
                        connection.sendall(b"X: y\r\n")
                        time.sleep(0.3)

        threading.Thread(target=drip, daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        following = Following(home, url, "--interval", "0.1", "--patience", "1", "--silence", "3")
        alarm = following.until("alarm")
        assert (alarm["alarm"], "a look does not end" in alarm["reason"]) == ("missing-data", True)
        assert following.until("alarm")["alarm"] == "stalled"
        following.process.kill()
        following.process.communicate(timeout=60)


def test_second_process_on_one_directory_is_refused(home: Path, board: StaticBoard) -> None:
    """The first one has it until it ends."""
    following = Following(home, board.root.as_uri())
    following.until("report")
    follow(home, board.root, code=1)
    assert following.end() == 0
    follow(home, board.root)
