"""The power fails: whatever was not synced is gone, and nothing that was answered is.

A kill does not show this, since the kernel still writes what it has. Here each `fsync` is watched, and after each of
them a disk is made that has what was synced by then and nothing else: bytes of files that were synced, under names
whose folders were synced since. The head is as durable as SQLite makes it; that is not part of the model.
"""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from psephos.board.heads import Head, MemoryHeads
from psephos.board.positions import Positions
from psephos.board.storage import DiskStorage, MemoryStorage
from tests.board.log_world import FaultyPositions, FaultyStorage, World, entry_of

Names = dict[str, bytes | None]
"""What a folder has: a file's bytes as they were synced, or another folder."""


@dataclass
class Disk:
    """What would be left of a folder if the power failed now."""

    root: Path
    bytes_of: dict[int, bytes] = field(default_factory=dict)
    synced: dict[Path, Names] = field(default_factory=dict)

    def fsync(self, descriptor: int) -> None:
        """Note that a file's bytes, or a folder's names, are durable."""
        path, found = Path(f"/proc/self/fd/{descriptor}").readlink(), os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            self.synced[path] = self.names(path)
        else:
            self.bytes_of[found.st_ino] = path.read_bytes()

    def names(self, folder: Path) -> Names:
        """A folder as it is now; a file that was not synced has lost its bytes."""
        found = list(folder.iterdir())
        return {part.name: None if part.is_dir() else self.bytes_of.get(part.stat().st_ino, b"") for part in found}

    def left(self, choose: random.Random | None = None) -> dict[str, bytes]:
        """The files that are left. Of folders that were not synced since, the old names; or, by chance, the new."""
        files: dict[str, bytes] = {}
        folders = [self.root]
        while folders:
            folder = folders.pop()
            names = self.synced.get(folder, {})
            if choose is not None and folder.is_dir() and choose.random() < 0.5:
                names = self.names(folder)
            for name, data in names.items():
                if data is None:
                    folders.append(folder / name)
                else:
                    files[str((folder / name).relative_to(self.root))] = data
        return files


@dataclass(frozen=True)
class Cut:
    """The moment when the power fails."""

    files: dict[str, bytes]
    head: Head
    answered: dict[bytes, int]


def cuts_of(world: World, disk: Disk, monkeypatch: pytest.MonkeyPatch, choose: random.Random | None) -> list[Cut]:
    """Let a log work, and cut the power after each sync of it."""
    cuts: list[Cut] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        disk.fsync(descriptor)
        head = world.heads.read()
        assert head is not None
        cuts.append(Cut(disk.left(choose), head, dict(world.answered)))

    monkeypatch.setattr(os, "fsync", fsync)
    world.storage = FaultyStorage(DiskStorage(disk.root))
    log, number = world.open(), 0
    for size in (1, 200, 54, 1, 1, 300):
        for at in range(number, number + size):
            log.submit(entry_of(at))
        number += size
        log.store_blob(entry_of(number))
        world.sequence(log)
        log.collect(log.signed.head.size)
    monkeypatch.undo()
    return cuts


def after(cuts: list[Cut], world: World) -> Iterator[World]:
    """The same log on each of the disks that are left."""
    for cut in cuts:
        other = World(now=world.now, seen=list(world.seen), answered=dict(cut.answered))
        other.seen = [signed for signed in world.seen if signed.head.size <= cut.head.size]
        other.storage = FaultyStorage(MemoryStorage())
        other.storage.inner.files = dict(cut.files)  # type: ignore[attr-defined]
        other.heads.inner = MemoryHeads(cut.head)
        other.positions = FaultyPositions(Positions())
        yield other


@pytest.mark.slow
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_power_cut_after_any_sync_loses_nothing_that_was_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int | None
) -> None:
    """The log starts on what is left, has every entry that was answered by then, and goes on."""
    choose = None if seed is None else random.Random(seed)
    world = World()
    cuts = cuts_of(world, Disk(tmp_path / "log"), monkeypatch, choose)
    started = [at for at, cut in enumerate(cuts) if cut.answered]
    assert len(cuts) > 20
    assert len(started) > 10
    for other in after(cuts, world):
        log = other.open()
        entries = other.check()
        assert len(entries) == log.signed.head.size
        other.append(log, map(entry_of, range(100)))
        other.check()
