"""Files: durable, written once; heads: compare and swap; the index; a staged batch; both storages alike."""

from __future__ import annotations

import io
import os
import sqlite3
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.board import staging
from psephos.board.heads import Head, Heads, MemoryHeads, SqliteHeads, first_head
from psephos.board.merkle import EMPTY_ROOT, Frontier, TreeHead, hash_leaf
from psephos.board.positions import Positions
from psephos.board.storage import DiskStorage, FatalError, MemoryStorage, Storage
from psephos.board.tiles import Edge, Tile, read_tile
from psephos.errors import InvalidProofError, MalformedError, PsephosError
from tests.board.example import LOG, ORIGIN, head_of
from tests.board.log_world import START, entry_of


@pytest.fixture(params=["memory", "disk"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """Each of the two."""
    if request.param == "memory":
        yield MemoryStorage()
        return
    disk = DiskStorage(tmp_path / "root")
    yield disk
    disk.close()


def test_files_are_read_as_they_were_written(storage: Storage) -> None:
    """Many at once, in new folders and old ones; the last write of a file that may change."""
    files = {f"pub/tile/{at % 3}/{at:03}": os.urandom(at) for at in range(150)}
    storage.write_once(files)
    assert all(storage.read(path) == data for path, data in files.items())
    storage.write_once({"pub/tile/0/x001/000": b"later"})
    for data in (b"old", b"new", b""):
        storage.replace("pub/checkpoint", data)
        assert storage.read("pub/checkpoint") == data
    assert storage.names("pub/tile/1") == [f"{at:03}" for at in range(1, 150, 3)]
    assert storage.names("pub/tile") == ["0", "1", "2"]
    assert storage.names("pub/none") == []
    assert storage.free_space() > 0
    with pytest.raises(FileNotFoundError):
        storage.read("pub/none")


def test_file_that_is_written_once_never_changes(storage: Storage) -> None:
    """The same bytes again are fine; other bytes are fatal, and the first stay."""
    storage.write_once({"pub/a": b"first"})
    storage.write_once({"pub/a": b"first", "pub/b": b"second"})
    with pytest.raises(FatalError, match="never changes") as caught:
        storage.write_once({"pub/a": b"other"})
    assert caught.value.code == "fatal"
    assert caught.value.at.endswith("pub/a")
    assert (storage.read("pub/a"), storage.read("pub/b")) == (b"first", b"second")


def test_what_was_removed_is_gone_and_can_be_written_again(storage: Storage) -> None:
    """A file, a folder, and what is not there."""
    for _ in range(2):
        storage.write_once({"pub/x/000.p/1": b"1", "pub/x/000.p/2": b"2", "pub/x/000": b"full"})
        for path in ("pub/x/000.p", "pub/x/000", "pub/none"):
            storage.remove(path)
        assert storage.names("pub/x") == []


def test_files_on_disk_can_be_served_and_not_be_changed(tmp_path: Path) -> None:
    """Tiles are read-only for everybody; what is not public only its owner can look into."""
    disk = DiskStorage(tmp_path)
    disk.write_once({"pub/tile/0/000": b"tile"})
    disk.replace("pub/checkpoint", b"note")
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("pub/tile/0/000", "state", "pub/tile")}
    assert modes == {"pub/tile/0/000": 0o444, "state": 0o700, "pub/tile": 0o755}
    assert list((tmp_path / "state" / "parts").iterdir()) == []
    disk.close()


def test_what_a_dead_process_left_unfinished_is_cleared(tmp_path: Path) -> None:
    """Parts of files were never public."""
    DiskStorage(tmp_path).close()
    (tmp_path / "state" / "parts" / "0").write_bytes(b"half")
    disk = DiskStorage(tmp_path)
    disk.write_once({"pub/a": b"whole"})
    assert disk.read("pub/a") == b"whole"
    disk.close()


class Calls:
    """The system calls that make a file durable, in their order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        self._watch(monkeypatch, "fsync", lambda descriptor: str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        self._watch(monkeypatch, "rename", lambda _source, target: str(target))

    def _watch(self, monkeypatch: pytest.MonkeyPatch, call: str, what: Callable[..., str]) -> None:
        real = getattr(os, call)

        def watched(*arguments: object) -> object:
            self.made.append(f"{call} {what(*arguments)}")
            return real(*arguments)

        monkeypatch.setattr(os, call, watched)


def test_file_gets_its_name_only_when_its_bytes_are_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, then the name, then the folder that has the name, and once all folders above it."""
    disk, calls = DiskStorage(tmp_path), Calls(monkeypatch)
    disk.write_once({"pub/tile/0/000": b"a", "pub/tile/0/001": b"b"})
    parts, where = f"fsync {tmp_path}/state/parts", f"{tmp_path}/pub/tile/0"
    folders = [f"fsync {folder}" for folder in (where, tmp_path / "pub" / "tile", tmp_path / "pub", tmp_path)]
    names = [f"rename {where}/000", f"rename {where}/001"]
    assert calls.made == [f"{parts}/0", f"{parts}/1", *names, *folders]
    calls.made.clear()
    disk.write_once({"pub/tile/0/002": b"c"})
    assert calls.made == [f"{parts}/2", f"rename {where}/002", f"fsync {where}"]
    calls.made.clear()
    disk.write_once({"pub/tile/0/002": b"c"})
    assert calls.made == [f"{parts}/3", f"rename {where}/002", f"fsync {where}"]
    disk.close()


# Heads.


@pytest.fixture(params=["memory", "disk"])
def heads(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Heads]:
    """Each of the two, with the head of an empty log."""
    first = first_head(LOG, now=START)
    if request.param == "memory":
        yield MemoryHeads(first)
        return
    SqliteHeads.create(tmp_path / "lock.db", first)
    found = SqliteHeads(tmp_path / "lock.db", ORIGIN)
    yield found
    found.close()


def test_head_is_swapped_only_from_the_one_that_is_there(heads: Heads) -> None:
    """A second swap from the same head is fatal, and changes nothing."""
    first = heads.read()
    assert first == first_head(LOG, now=START)
    second, third = Head(ORIGIN, 1, b"second", START), Head(ORIGIN, 2, b"third", START)
    heads.swap(old=first, new=second)
    for old in (first, third):
        with pytest.raises(FatalError, match="no longer") as caught:
            heads.swap(old=old, new=third)
        assert caught.value.culprit == ORIGIN
    assert heads.read() == second


def test_database_of_the_head_is_strict_and_syncs_each_commit(tmp_path: Path) -> None:
    """What SQLite was asked for is what it does; nobody else can open it meanwhile."""
    path = tmp_path / "lock.db"
    SqliteHeads.create(path, first_head(LOG, now=START))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = SqliteHeads(path, ORIGIN)
    database = found._database
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.execute("PRAGMA synchronous").fetchone() == (2,)
    (table,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'head'").fetchone()
    assert "STRICT" in table
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        SqliteHeads(path, ORIGIN)
    found.close()


# The index.


def test_index_finds_what_it_covers_and_nothing_else(tmp_path: Path) -> None:
    """First places count, and survive; forgetting is complete."""
    fingerprints = [sha256(entry_of(at)).digest() for at in range(10)]
    positions = Positions(tmp_path / "index.db")
    assert positions.covered() == TreeHead(0, EMPTY_ROOT)
    positions.add(fingerprints[:4], start=0, head=TreeHead(4, bytes(32)))
    positions.add([*fingerprints[4:9], fingerprints[0]], start=4, head=TreeHead(10, bytes(32)))
    for _ in range(2):
        assert positions.covered() == TreeHead(10, bytes(32))
        assert positions.find(fingerprints) == {found: at for at, found in enumerate(fingerprints[:9])}
        positions.close()
        positions = Positions(tmp_path / "index.db")
    positions.reset()
    assert positions.covered().size == 0
    assert positions.find(fingerprints[:1]) == {}
    positions.close()


def test_index_is_asked_for_any_number_at_once() -> None:
    """More than one query takes, known and unknown in turn; for none it is not asked."""
    fingerprints = [sha256(entry_of(at)).digest() for at in range(1203)]
    positions = Positions()
    positions.add(fingerprints[::2], start=0, head=TreeHead(602, bytes(32)))
    assert positions.find(fingerprints) == {found: at for at, found in enumerate(fingerprints[::2])}
    assert positions.find(fingerprints[1::2]) == positions.find([]) == {}
    positions.close()


def test_index_that_misses_a_row_begins_anew(tmp_path: Path) -> None:
    """A fingerprint that it had forgotten would be appended twice."""
    positions = Positions(tmp_path / "index.db")
    positions.add([b"a" * 32, b"b" * 32], start=0, head=TreeHead(2, bytes(32)))
    positions._database.execute("DELETE FROM positions WHERE position = 1")
    positions.close()
    positions = Positions(tmp_path / "index.db")
    assert positions.covered().size == 0
    positions.close()


# A staged batch.

OLD = [entry_of(at) for at in range(300)]
NEW = [entry_of(at) for at in range(300, 700)]
PRINTS = [sha256(entry).digest() for entry in NEW]


def grown() -> tuple[dict[str, bytes], dict[str, bytes], TreeHead]:
    """The files of 300 entries, those that 400 more add, and the new head."""
    first = staging.grow(Edge(), OLD, tail=())
    second = staging.grow(first.edge, NEW, tail=first.tail)
    assert second.tail == tuple(NEW[212:])
    return first.files, second.files, second.edge.head()


def verify(files: dict[str, bytes], head: TreeHead, old: dict[str, bytes]) -> Frontier:
    """The check before anything is signed."""
    frontier = Frontier().extended(map(hash_leaf, OLD))

    def read(tile: Tile) -> tuple[bytes, ...]:
        return read_tile(old[tile.path], tile)

    return staging.verify_batch(files, head, old=frontier, fingerprints=PRINTS, read=read)


def test_staged_batch_is_read_back_as_it_was() -> None:
    """One tar, the same bytes each time, that other programs read."""
    old, files, head = grown()
    packed = staging.pack(files)
    assert packed == staging.pack(dict(reversed(files.items())))
    assert staging.unpack(packed) == files
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert tar.getnames() == sorted(files)
    assert head == head_of([hash_leaf(entry) for entry in (*OLD, *NEW)])
    assert verify(files, head, old).head() == head
    assert staging.name_of(head) == f"state/staging/700-{head.root.hex()}"


def test_staged_batch_with_any_file_wrong_is_refused() -> None:
    """A bit in each file, a file too many or too few, another root."""
    old, files, head = grown()
    for path, data in files.items():
        for at in (0, len(data) // 2, len(data) - 1):
            broken = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            with pytest.raises((InvalidProofError, MalformedError)):
                verify(files | {path: broken}, head, old)
        with pytest.raises((InvalidProofError, MalformedError)):
            verify({other: files[other] for other in files if other != path}, head, old)
    with pytest.raises(InvalidProofError, match="not the files"):
        verify(files | {"tile/0/009": files["tile/0/001"]}, head, old)
    with pytest.raises(InvalidProofError):
        verify(files, TreeHead(700, bytes(32)), old)


def test_staged_batch_with_other_entries_is_refused() -> None:
    """Files that are consistent with one another, and a root that follows from them: but not what was accepted."""
    first = staging.grow(Edge(), OLD, tail=())
    for entries in ([*NEW[:-1], b"another"], [NEW[1], NEW[0], *NEW[2:]]):
        other = staging.grow(first.edge, entries, tail=first.tail)
        with pytest.raises(InvalidProofError, match="not the one that was accepted"):
            verify(other.files, other.edge.head(), first.files)
    rewritten = staging.grow(Edge(), [*OLD[:-1], b"another"], tail=())
    other = staging.grow(rewritten.edge, NEW, tail=rewritten.tail)
    with pytest.raises(PsephosError):
        verify(other.files, other.edge.head(), first.files)


def test_files_that_only_agree_with_each_other_are_refused() -> None:
    """A bundle with its tile, from another tree; a tile that this tree had when it was smaller."""
    old, files, head = grown()
    other = [b"another", *NEW[:211]]
    forged = staging.grow(staging.grow(Edge(), OLD, tail=()).edge, other, tail=tuple(OLD[256:])).files
    both = {path: forged[path] for path in ("tile/0/001", "tile/entries/001")}

    def read(tile: Tile) -> tuple[bytes, ...]:
        return read_tile(old[tile.path], tile)

    staging.verify_files(files, head, read=read)
    with pytest.raises(InvalidProofError, match="not the one that the tree has there") as caught:
        staging.verify_files(files | both, head, read=read)
    assert caught.value.at == "tile/0/001"
    for path in ("tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1"):
        with pytest.raises(InvalidProofError, match="not as wide") as caught:
            staging.verify_files(files | {path: old[path]}, head, read=read)
        assert caught.value.at == path


@given(st.integers(0, 20_000), st.integers(1, 255))
def test_damaged_tar_is_refused(at: int, flip: int) -> None:
    """Any byte around the files, or the end cut off; the files themselves are compared with the root."""
    packed = staging.pack({"tile/0/000.p/3": bytes(96), "tile/entries/000.p/3": b"\0\1a\0\1b\0\1c"})
    at %= len(packed)
    broken = packed[:at] + bytes([packed[at] ^ flip]) + packed[at + 1 :]
    for data in (broken, packed[:at]):
        with suppress(MalformedError):
            assert staging.pack(staging.unpack(data)) == data


def test_tar_with_anything_but_files_is_refused() -> None:
    """Links, folders, other orders, no tar at all."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        link = tarfile.TarInfo("tile/0/000")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    for data in (made.getvalue(), b"", b"no tar", bytes(1024)):
        with pytest.raises(MalformedError, match="damaged"):
            staging.unpack(data)
