"""Where a log keeps its files: durable, written once; on disk, or in memory for tests.

    pub/checkpoint              the newest note that readers shall trust; replaced, never half-written
    pub/tile/…                  tiles and bundles, written once
    pub/blob/<SHA-256>          objects too large for an entry, written once
    state/staging/<size>-<root> the batch that is being committed
    state/lock.db               the head; see `heads`
    state/index.db              where each entry is; see `positions`

Any web server may serve `pub`. Nothing here retries: whoever gets an `OSError` out of a write no longer knows what is
stored, and must end the process. To ask the kernel again is no help: it may drop what it could not write, and say yes.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

from psephos.errors import BoardError, RefusedError

_AT_ONCE = 64


class FatalError(BoardError):
    """The log must not go on: it is not known what is stored. Only a new start finds out."""

    code = "fatal"


class NotNowError(BoardError):
    """The log takes nothing at the moment.

    Attributes:
        retry_after: Seconds after which asking again makes sense.
    """

    code = "not-now"

    def __init__(self, message: str, *, retry_after: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class Storage(Protocol):
    """Files below one folder, named by relative paths. What was written is durable when the call returns."""

    def read(self, path: str) -> bytes:
        """A file's bytes.

        Raises:
            OSError: It cannot be read; `FileNotFoundError` if there is none.
        """
        ...

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none if there is no such folder.

        Raises:
            OSError: It cannot be read.
        """
        ...

    def write_once(self, files: Mapping[str, bytes]) -> None:
        """Write files that never change. One that is there already must be equal.

        Raises:
            FatalError: Another file of that name is there.
            OSError: Some may be stored, others not.
        """
        ...

    def replace(self, path: str, data: bytes) -> None:
        """Exchange a file: the old one or the new one is there, never a mixture.

        Raises:
            OSError: The old one or the new one is there.
        """
        ...

    def remove(self, path: str) -> None:
        """Remove a file or a folder, if it is there. The one change that a crash may undo.

        Raises:
            OSError: Some of it may be there still.
        """
        ...

    def free_space(self) -> int:
        """Bytes that may still be written.

        Raises:
            OSError: Nobody knows.
        """
        ...


def refuse_other(path: str, *, stored: bytes, data: bytes) -> None:
    """Check that a file which is there is the one that was to be written.

    Raises:
        FatalError: It is another.
    """
    if stored != data:
        raise FatalError(
            f"{path} is stored with other bytes, and what was published never changes",
            at=path,
            hint="compare the disk with a mirror before the log is started again",
        )


class MemoryStorage:
    """Files in a dictionary, as durable as the process."""

    def __init__(self, free: int = 1 << 40) -> None:
        self.files: dict[str, bytes] = {}
        self.free = free

    def read(self, path: str) -> bytes:
        """See `Storage`."""
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(path) from None

    def names(self, folder: str) -> list[str]:
        """See `Storage`."""
        start = f"{folder}/"
        return sorted({path.removeprefix(start).split("/")[0] for path in list(self.files) if path.startswith(start)})

    def write_once(self, files: Mapping[str, bytes]) -> None:
        """See `Storage`."""
        for path, data in files.items():
            refuse_other(path, stored=self.files.setdefault(path, data), data=data)

    def replace(self, path: str, data: bytes) -> None:
        """See `Storage`."""
        self.files[path] = data

    def remove(self, path: str) -> None:
        """See `Storage`."""
        for name in list(self.files):
            if name == path or name.startswith(f"{path}/"):
                del self.files[name]

    def free_space(self) -> int:
        """See `Storage`."""
        return self.free


class DiskStorage:
    """Files on disk. One process at a time: the folder is locked as long as this object is open."""

    def __init__(self, root: Path, *, public: str = "pub") -> None:
        """Open a folder; make it, if it is missing.

        Args:
            root: The folder.
            public: The folder in it that may be served.

        Raises:
            RefusedError: Another process writes there.
            OSError: It cannot be made or read.
        """
        self._root = root
        self._parts = root / "state" / "parts"
        self._numbers = itertools.count()
        self._synced: set[Path] = set()
        for folder, mode in ((root, 0o755), (root / public, 0o755), (root / "state", 0o700)):
            folder.mkdir(mode=mode, parents=True, exist_ok=True)
        self._lock = os.open(root / "state" / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise RefusedError(
                f"another process writes the log in {root}", at=str(root), hint="stop it first"
            ) from None
        shutil.rmtree(self._parts, ignore_errors=True)
        self._parts.mkdir(mode=0o700)
        for folder in (self._parts, root / public, root, root.absolute().parent):
            self._sync(folder)

    def close(self) -> None:
        """Let another process write."""
        with suppress(OSError):  # nothing was written through it
            os.close(self._lock)

    def read(self, path: str) -> bytes:
        """See `Storage`."""
        return (self._root / path).read_bytes()

    def names(self, folder: str) -> list[str]:
        """See `Storage`."""
        try:
            return sorted(found.name for found in (self._root / folder).iterdir())
        except FileNotFoundError:
            return []

    def write_once(self, files: Mapping[str, bytes]) -> None:
        """See `Storage`.

        An equal file is exchanged for the new one: it may be from a process that ended because it could not be made
        durable, and asking for that a second time would be answered wrongly. Nobody else writes here, so that looking
        first and renaming then is enough.
        """
        names = list(files)
        for start in range(0, len(names), _AT_ONCE):
            some = {self._root / path: files[path] for path in names[start : start + _AT_ONCE]}
            for target, data in some.items():
                with suppress(FileNotFoundError):
                    refuse_other(str(target), stored=target.read_bytes(), data=data)
            self._place(some, mode=0o444)

    def replace(self, path: str, data: bytes) -> None:
        """See `Storage`."""
        self._place({self._root / path: data}, mode=0o644)

    def remove(self, path: str) -> None:
        """See `Storage`."""
        target = self._root / path
        with suppress(FileNotFoundError):
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink()
        self._synced = {folder for folder in self._synced if folder != target and target not in folder.parents}

    def free_space(self) -> int:
        """See `Storage`."""
        found = os.statvfs(self._root)
        return found.f_bavail * found.f_frsize

    def _place(self, files: Mapping[Path, bytes], *, mode: int) -> None:
        """Write files outside of what is served, make their bytes durable, give them their names, make those durable.

        All are written before the first is synced: a file system that keeps a journal then commits it once.
        """
        parts = {target: self._parts / str(next(self._numbers)) for target in files}
        folders = set().union(*(self._make(target.parent) for target in files))
        with ExitStack() as stack:
            descriptors = []
            for target, data in files.items():
                descriptor = os.open(parts[target], os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
                stack.callback(os.close, descriptor)
                descriptors.append(descriptor)
                left = memoryview(data)
                while left:
                    left = left[os.write(descriptor, left) :]
            for descriptor in descriptors:
                os.fsync(descriptor)
        for target, part in parts.items():
            part.rename(target)
        self._sync_all(folders)

    def _make(self, folder: Path) -> set[Path]:
        """Make a folder; which folders must be synced for a file in it to be found after a crash.

        A folder's own name is in its parent. Whoever made it may have died before that was durable, so that each
        process syncs all of a folder's parents once.
        """
        if folder in self._synced:
            return {folder}
        folder.mkdir(parents=True, exist_ok=True)
        folders = {folder}
        for parent in folder.parents:
            folders.add(parent)
            if parent in self._synced or parent == self._root:
                break
        return folders

    def _sync_all(self, folders: set[Path]) -> None:
        for folder in sorted(folders, key=lambda found: len(found.parts), reverse=True):
            self._sync(folder)
        self._synced |= folders

    @staticmethod
    def _sync(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
