"""Files on a real disk: never overwritten, never half-written, secrets for their owner only."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from psephos.adapters import files
from psephos.adapters.files import FileSource, read_message, read_secret, replace, write_new
from psephos.adapters.new_file import NewFile
from psephos.errors import RefusedError, UnavailableError

CONTENT = bytes(range(256)) * 400
CALLS = ("open", "write", "fsync", "link", "rename", "unlink")
KILLED = 77
KILL = """
import io, os, sys
from pathlib import Path
from psephos.adapters import files

verb, path, victim, after = sys.argv[1:]
content = Path(path).with_name("content").read_bytes()

def killing(name, real):
    def call(*arguments, **options):
        if name == victim and after == "before":
            os._exit(77)
        found = real(*arguments, **options)
        if name == victim:
            os._exit(77)
        return found
    return call

for name in ("open", "fsync", "link", "rename", "unlink"):
    setattr(os, name, killing(name, getattr(os, name)))
def unlink(self, missing_ok=False):
    try:
        os.unlink(self)
    except FileNotFoundError:
        assert missing_ok

Path.unlink = unlink
Path.rename = lambda self, other: os.rename(self, other)
real = os.fdopen

class Half:
    def __init__(self, file): self._file = file
    def __enter__(self): self._file.__enter__(); return self
    def __exit__(self, *error): return self._file.__exit__(*error)
    def flush(self): self._file.flush()
    def fileno(self): return self._file.fileno()
    def write(self, piece):
        if victim == "write":
            self._file.write(piece[: len(piece) // 2]); self._file.flush(); os._exit(77)
        return self._file.write(piece)

def no_links(*paths):
    raise PermissionError(1, "Operation not permitted")

os.fdopen = lambda *arguments: Half(real(*arguments))
if verb == "stick":
    os.link = no_links
    files._rename_to_new = killing("rename", files._rename_to_new)
if verb != "replace":
    files.write_new(Path(path), content)
else:
    files.replace(Path(path), [content[:1000], content[1000:]])
"""
"""Ends the process, as a kill does, before or after the call that is named; a write stops half-way."""


def killed(verb: str, path: Path, victim: str, after: str) -> bool:
    """Write CONTENT in a process that is killed at a call; whether it got there."""
    path.with_name("content").write_bytes(CONTENT)
    done = subprocess.run([sys.executable, "-c", KILL, verb, str(path), victim, after], check=False)
    assert done.returncode in {0, KILLED}
    return done.returncode == KILLED


@pytest.mark.parametrize("after", ["before", "after"])
@pytest.mark.parametrize("victim", CALLS)
def test_new_file_is_there_whole_or_not_at_all_whenever_its_writer_is_killed(
    tmp_path: Path, victim: str, after: str
) -> None:
    """And the next attempt succeeds, or finds that the first one did."""
    path = tmp_path / "message.json"
    reached = killed("new", path, victim, after)
    assert reached == (victim != "rename")
    there = path.exists()
    assert not there or path.read_bytes() == CONTENT
    assert write_new(path, CONTENT) is not there
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("after", ["before", "after"])
@pytest.mark.parametrize("victim", ["open", "write", "fsync", "rename"])
def test_new_file_on_a_stick_is_there_whole_or_not_at_all_whenever_its_writer_is_killed(
    tmp_path: Path, victim: str, after: str
) -> None:
    """A file system without hard links: no moment at which an empty file has the name."""
    path = tmp_path / "message.json"
    assert killed("stick", path, victim, after)
    there = path.exists()
    assert there == ((victim, after) == ("rename", "after"))
    assert not there or path.read_bytes() == CONTENT
    assert write_new(path, CONTENT) is not there


def save(path: Path, content: bytes) -> bool:
    """Write a file piece by piece."""
    with NewFile.beside(path) as new:
        new.content.write(content[:2])
        new.content.write(content[2:])
        return new.finish()


def no_links(*_: object) -> None:
    """As `link` fails on FAT and exFAT."""
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("write", [write_new, save])
@pytest.mark.parametrize("links", [True, False], ids=["links", "stick"])
def test_new_file_is_written_where_there_are_no_hard_links_and_never_overwrites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, bytes], bool], *, links: bool
) -> None:
    """On a stick as on a disk: the same again is no error, another one is refused, nothing else is left."""
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "made" / "message.json"
    assert write(path, b"one")
    assert not write(path, b"one")
    with pytest.raises(RefusedError, match="never overwritten"):
        write(path, b"two")
    assert [(file.name, file.read_bytes()) for file in path.parent.iterdir()] == [("message.json", b"one")]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("write", [write_new, save])
def test_folder_is_synced_after_a_new_file_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, bytes], bool]
) -> None:
    """A file that is on the disk under no name is lost with the power."""
    synced: list[tuple[Path, bool]] = []
    path = tmp_path / "message.json"
    monkeypatch.setattr(files, "sync", lambda folder: synced.append((folder, path.exists())))
    assert write(path, b"one")
    assert synced == [(tmp_path, True)]


def test_of_many_writers_at_a_time_one_gives_the_name_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two trustees' commands at once, one journal: the others hear that it is there."""
    monkeypatch.setattr(os, "link", no_links)
    path, together = tmp_path / "answered.json", threading.Barrier(8)

    def attempt(number: int) -> bool:
        together.wait()
        try:
            return write_new(path, b"%d" % number)
        except RefusedError:
            return False

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(attempt, range(8)))
    assert won.count(True) == 1
    assert path.read_bytes() == b"%d" % won.index(True)


def test_file_system_that_can_do_neither_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written rather than something overwritten; the error says why."""
    monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(files, "_NO_REPLACE", 1 << 20)  # a flag that no file system has
    for write in (write_new, save):
        with pytest.raises(UnavailableError, match="without perhaps overwriting"):
            write(tmp_path / "message.json", b"one")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("after", ["before", "after"])
@pytest.mark.parametrize("victim", CALLS)
def test_replaced_file_is_the_old_or_the_new_one_whenever_its_writer_is_killed(
    tmp_path: Path, victim: str, after: str
) -> None:
    """Never a mixture, never none."""
    path = tmp_path / "record.bel"
    path.write_bytes(b"old")
    reached = killed("replace", path, victim, after)
    assert reached == (victim not in {"link", "unlink"})
    assert path.read_bytes() in {b"old", CONTENT}
    replace(path, [CONTENT])
    assert path.read_bytes() == CONTENT


def failing(number: int, written: list[bytes]) -> Iterable[bytes]:
    """Pieces of which one cannot be had."""
    for piece in range(number):
        written.append(bytes([piece]))
        yield written[-1]
    raise UnavailableError("gone")


@pytest.mark.parametrize("number", [0, 1, 3])
def test_replacement_that_cannot_be_made_leaves_the_old_file_and_nothing_else(tmp_path: Path, number: int) -> None:
    """An error in between removes what was begun."""
    path = tmp_path / "record.bel"
    path.write_bytes(b"old")
    with pytest.raises(UnavailableError):
        replace(path, failing(number, []))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def full_disk(descriptor: int) -> None:
    """As `fsync` fails on it."""
    del descriptor
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    "write", [lambda path: write_new(path, b"new"), lambda path: replace(path, [b"new"])], ids=["new", "replace"]
)
def test_full_disk_is_an_error_of_ours_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], object]
) -> None:
    """Nothing is there that was not there before, under any name."""
    path = tmp_path / "one"
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(UnavailableError, match="No space left") as caught:
        write(path)
    assert (caught.value.code, list(tmp_path.iterdir())) == ("unavailable", [])


def test_file_of_another_content_is_never_overwritten(tmp_path: Path) -> None:
    """The same content again is no error; another one is refused, and the first stays."""
    path = tmp_path / "made" / "message.json"
    assert write_new(path, b"one")
    assert not write_new(path, b"one")
    with pytest.raises(RefusedError, match="never overwritten") as caught:
        write_new(path, b"two")
    assert caught.value.hint
    assert [file.name for file in path.parent.iterdir()] == ["message.json"]
    assert path.read_bytes() == b"one"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o601])
def test_secret_that_others_may_use_is_not_read(tmp_path: Path, mode: int) -> None:
    """Any bit for group or others; a secret that we write has none, whatever the umask."""
    path = tmp_path / "passphrase"
    before = os.umask(0)
    try:
        assert write_new(path, b"secret", secret=True)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_secret(path) == b"secret"
    path.chmod(mode)
    with pytest.raises(RefusedError, match=f"mode {mode:04o}") as caught:
        read_secret(path)
    assert caught.value.hint.startswith(f"chmod 600 {path}; or, from a stick")


def test_file_that_is_not_there_or_too_large_could_not_be_read(tmp_path: Path) -> None:
    """The error says which file; exit code 3, not 1."""
    for read in (read_message, read_secret, FileSource):
        with pytest.raises(UnavailableError, match="nowhere"):
            read(tmp_path / "nowhere")
    with (tmp_path / "large").open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(UnavailableError, match="larger than any message"):
        read_message(tmp_path / "large")
