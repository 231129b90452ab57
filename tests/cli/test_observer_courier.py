"""Where no network goes: boards on USB sticks, and cosignatures that come back by other ways."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.cosignature import verifiers_of
from psephos.board.note import Note, read_signature_lines, verify_note, write_signature_lines
from psephos.cli.main import run
from tests.cli.test_observer_commands import (
    NAME,
    alarms,
    cosigned,
    evidence_in,
    files_of,
    follow,
    forged,
    give_listed_key,
    keys_of,
    shown,
)
from tests.support.bad_entries import BALLOTS, END
from tests.support.boards import StaticBoard, head_at, served
from tests.support.logged import VERIFIERS, hold_vote, log_of


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An observer abroad, whose key the charter names."""
    assert run(["observer", "init", str(tmp_path / "home"), "--name", NAME]) == 0
    give_listed_key(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def board(tmp_path: Path) -> StaticBoard:
    """A board in the country; its log is longer than a tile."""
    log = log_of(hold_vote()).with_entries((BALLOTS, b"rubbish %d" % number) for number in range(600))
    return StaticBoard(tmp_path / "board", log)


def export(board: StaticBoard, file: Path, since: int = 0, code: int = 0) -> Path:
    """Export a board."""
    arguments = ["--board", str(board.root), "--since", str(since)]
    assert run(["observer", "export", str(file), *arguments]) == code
    return file


def import_(file: Path, home: Path, code: int = 0) -> None:
    """Import it."""
    assert run(["observer", "import", str(file), "--home", str(home)]) == code


def test_board_travels_by_stick_and_cosignatures_come_back(
    home: Path, board: StaticBoard, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Step by step, each stick with what is new; the lines complete the quorum at home."""
    old = 0
    for number, size in enumerate((5, 200, 300, board.log.size())):
        board.publish(size, verifiers=2)
        stick = export(board, tmp_path / f"{number}.zip", since=old)
        capfd.readouterr()
        import_(stick, home)
        lines = capfd.readouterr().out
        note = shown(home)
        assert cosigned(home) == (size, note.head.root)
        assert (
            len(verify_note(Note(note.note.text, read_signature_lines(lines.encode())), verifiers_of(keys_of(home))))
            == 2
        )
        old = size
    assert (
        files_of(home / "mirror").items()
        >= {path: data for path, data in files_of(board.root).items() if ".p/" not in path}.items()
    )
    assert run(["verify", str(board.root)]) == 3
    (tmp_path / "lines").write_text(lines)
    (tmp_path / "charter.json").write_bytes(hold_vote().charter)
    command = ["observer", "attach", str(board.root / "checkpoint.latest"), str(tmp_path / "lines")]
    assert run([*command, "--charter", str(tmp_path / "charter.json"), "--out", str(tmp_path / "all.note")]) == 0
    board.write("checkpoint.verified", (tmp_path / "all.note").read_bytes())
    assert run(["verify", str(board.root)]) == 0
    with served(board.root) as web:
        assert run([*command, "--charter", str(tmp_path / "charter.json"), "--push", web.url]) == 0
        assert [path for path, _ in web.handed_in] == ["/cosignatures"]
        handed_in = read_signed_checkpoint(web.handed_in[0][1])
    assert handed_in == read_signed_checkpoint((tmp_path / "all.note").read_bytes())


def test_same_board_gives_the_same_file(board: StaticBoard, tmp_path: Path) -> None:
    """And what it holds is a board that can be verified from a directory, and exported again from a mirror."""
    board.publish(verifiers=3)
    first, second = (export(board, tmp_path / name).read_bytes() for name in ("one.zip", "two.zip"))
    assert first == second
    export(board, tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    assert run(["verify", str(tmp_path / "unpacked")]) == 0
    assert (
        run(["observer", "export", str(tmp_path / "one.zip"), "--board", str(tmp_path / "unpacked"), "--since", "300"])
        == 1
    )
    assert run(["observer", "export", str(tmp_path / "x.zip")]) == 2


def test_stick_that_begins_too_late_is_missing_something(
    home: Path, board: StaticBoard, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing is cosigned; with the earlier one, it goes on."""
    board.publish(300, verifiers=3)
    early = export(board, tmp_path / "early.zip")
    board.publish(verifiers=3)
    late = export(board, tmp_path / "late.zip", since=300)
    charter = tmp_path / "charter.json"
    charter.write_bytes(hold_vote().charter)
    assert run(["observer", "import", str(late), "--home", str(home), "--charter", str(charter)]) == 3
    assert alarms(capfd) == ["missing-data"]
    import_(early, home)
    import_(late, home)
    assert cosigned(home)[0] == board.log.size()
    import_(early, home)  # an old stick says nothing new
    assert cosigned(home)[0] == board.log.size()


def test_stick_with_another_history_is_a_fork(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With evidence, as over the network."""
    good = StaticBoard(tmp_path / "good", log_of(hold_vote()))
    good.publish(verifiers=3)
    import_(export(good, tmp_path / "good.zip"), home)
    bad = StaticBoard(tmp_path / "bad", forged(END + 2))
    bad.publish(verifiers=3)
    stick = export(bad, tmp_path / "bad.zip")
    capfd.readouterr()
    import_(stick, home, code=1)
    evidence_in(home / "evidence")
    assert cosigned(home) == (END, head_at(good.log, END).root)


Damage = Callable[[Path], None]


def without(file: Path, name: str, content: bytes | None = None) -> None:
    """Rewrite a zip file without a member, or with another content of it."""
    with zipfile.ZipFile(file) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    members.pop(name)
    if content is not None:
        members[name] = content
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(member, data)


DAMAGED: dict[str, Damage] = {
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-200]),
    "no zip": lambda file: file.write_bytes(b"no zip"),
    "a tile is missing": lambda file: without(file, "tile/0/000.p/19"),
    "a bundle is another": lambda file: without(file, "tile/entries/000.p/19", bytes(38)),
    "a bomb": lambda file: without(file, "tile/entries/000.p/19", bytes(100_000_000)),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_stick_that_is_damaged_is_not_believed(home: Path, tmp_path: Path, name: str) -> None:
    """Whatever was done to it: no traceback, no cosignature."""
    board = StaticBoard(tmp_path / "board", log_of(hold_vote()))
    board.publish(verifiers=3)
    stick = export(board, tmp_path / "stick.zip")
    DAMAGED[name](stick)
    import_(stick, home, code=3)
    assert cosigned(home)[0] == 0


@pytest.mark.parametrize("seed", range(12))
def test_one_bit_anywhere_does_no_harm(home: Path, tmp_path: Path, seed: int) -> None:
    """What was changed is not read, is noticed, or was needed by nobody; what is cosigned is the log's tree."""
    board = StaticBoard(tmp_path / "board", log_of(hold_vote()))
    board.publish(verifiers=3)
    stick = export(board, tmp_path / "stick.zip")
    data = bytearray(stick.read_bytes())
    data[Random(seed).randrange(len(data))] ^= 1 << seed % 8
    stick.write_bytes(data)
    code = run(["observer", "import", str(stick), "--home", str(home)])
    assert code in {0, 1, 3}
    assert cosigned(home) == (END, head_at(board.log, END).root) if code == 0 else cosigned(home)[0] in {0, END}


def test_export_of_a_board_that_does_not_hold_is_refused(board: StaticBoard, tmp_path: Path) -> None:
    """What is not what the log signed does not travel, and no half of a file is left."""
    board.publish(300, verifiers=3)
    (board.root / "tile/entries/000").write_bytes(bytes(512))
    export(board, tmp_path / "stick.zip", code=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["board"]


def test_line_that_does_not_hold_is_not_attached(board: StaticBoard, tmp_path: Path) -> None:
    """Of another tree, of nobody we know, or without saying whose count."""
    note = board.publish(5, verifiers=0)
    other = board.publish(6, verifiers=1)
    checkpoint, lines, charter = tmp_path / "note", tmp_path / "lines", tmp_path / "charter.json"
    checkpoint.write_bytes(bytes(note))
    charter.write_bytes(hold_vote().charter)
    of_another_tree = [line for line in other.note.signatures if line.name == VERIFIERS[0].key.name]
    for text, code in (
        (write_signature_lines(of_another_tree), 1),
        (b"\xe2\x80\x94 x.example AAAAAAAA\n", 1),
        (b"rubbish", 1),
    ):
        lines.write_bytes(text)
        assert run(["observer", "attach", str(checkpoint), str(lines), "--charter", str(charter)]) == code
    assert run(["observer", "attach", str(checkpoint), str(lines)]) == 2


def test_mirror_of_an_observer_is_exported(home: Path, board: StaticBoard, tmp_path: Path) -> None:
    """From one observer to the next, with the board switched off."""
    board.publish(verifiers=3)
    follow(home, board.root)
    shutil.rmtree(board.root)
    assert run(["observer", "export", str(tmp_path / "stick.zip"), "--home", str(home)]) == 0
    assert run(["observer", "init", str(tmp_path / "next"), "--name", "observer2.example"]) == 0
    import_(tmp_path / "stick.zip", tmp_path / "next")
    assert files_of(tmp_path / "next" / "mirror") == files_of(home / "mirror")
