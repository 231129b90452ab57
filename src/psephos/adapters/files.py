"""Files that are never overwritten, never half-written, and secrets that only their owner can read."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import filecmp
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from psephos.errors import RefusedError, UnavailableError

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS})
_NO_RENAME = frozenset({errno.EINVAL, errno.ENOSYS})
_HERE = -100
"""AT_FDCWD: a relative path begins in the current directory."""
_NO_REPLACE = 1
"""RENAME_NOREPLACE."""
LARGEST_MESSAGE = 64 << 20
"""Messages between parties are far smaller; records are read through `FileSource`."""


class MemorySource:
    """Bytes in memory. Fulfils `ports.ByteSource`."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def size(self) -> int:
        """Number of bytes."""
        return len(self._content)

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on."""
        return self._content[offset : offset + length]


class FileSource:
    """A file's bytes, read where they are needed; never held as a whole. Fulfils `ports.ByteSource`."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            UnavailableError: It cannot be read.
        """
        self.path = path
        with _unavailable(path):
            self._descriptor = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):
            os.close(self._descriptor)

    def size(self) -> int:
        """Number of bytes."""
        return os.fstat(self._descriptor).st_size

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on.

        Raises:
            UnavailableError: The file cannot be read.
        """
        with _unavailable(self.path):
            return os.pread(self._descriptor, length, offset)


@contextmanager
def _unavailable(path: Path) -> Iterator[None]:
    """Turn an operating system's error into ours."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(f"{path}: {error.strerror or error}") from None


def read_message(path: Path) -> bytes:
    """A message's bytes.

    Raises:
        UnavailableError: It cannot be read, or is far too large to be a message.
    """
    with _unavailable(path):
        if path.stat().st_size > LARGEST_MESSAGE:
            raise UnavailableError(f"{path}: larger than any message")
        return path.read_bytes()


def read_secret(path: Path) -> bytes:
    """A secret file's bytes.

    Raises:
        RefusedError: Others than its owner may read or write it.
        UnavailableError: It cannot be read.
    """
    with _unavailable(path):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise RefusedError(
                f"{path} is a secret that others may read (mode {mode:04o})",
                hint=f"chmod 600 {path}; or, from a stick that keeps no such modes, copy it to your own disk first",
            )
        return path.read_bytes()


def write_new(path: Path, content: bytes, *, secret: bool = False) -> bool:
    """Write a file that does not exist yet: durably and all at once, or not at all.

    Returns:
        False if the very same content was there already.

    Raises:
        RefusedError: Another file of that name exists.
        UnavailableError: It cannot be written.
    """
    with _unavailable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _write_beside(path, [content], mode=0o600 if secret else 0o644)
        try:
            return give_name(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def give_name(temporary: Path, path: Path) -> bool:
    """Give a finished file its name, durably: never over another file, whoever else gives that name at the same time.

    Args:
        temporary: The file, synced, in the folder of its name. It may still have this name afterwards.
        path: Its name.

    Returns:
        False if the very same content was there already.

    Raises:
        RefusedError: Another file of that name exists.
        OSError: It cannot be named.
    """
    new = True
    try:
        try:
            os.link(temporary, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _rename_to_new(temporary, path)
    except FileExistsError:
        if not filecmp.cmp(temporary, path, shallow=False):
            raise RefusedError(
                f"{path} exists and is never overwritten", hint="move it away if it is really obsolete"
            ) from None
        new = False
    sync(path.parent)
    return new


def _rename_to_new(temporary: Path, path: Path) -> None:
    """Rename a file unless the name is taken, as one step of the file system: renameat2(2) with RENAME_NOREPLACE.

    FAT and exFAT, as sticks have them, know no hard links, and do know this.

    Raises:
        FileExistsError: The name is taken.
        OSError: The file system cannot do that either.
    """
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is not None and rename(_HERE, os.fsencode(temporary), _HERE, os.fsencode(path), _NO_REPLACE) == 0:
        return
    number = errno.ENOSYS if rename is None else ctypes.get_errno()
    if number in _NO_RENAME:
        raise OSError(number, "this file system cannot name a file without perhaps overwriting another one")
    raise OSError(number, os.strerror(number))


def replace(path: Path, pieces: Iterable[bytes]) -> None:
    """Exchange a file that only its owner's commands write: the old one or the new one is there, never a mixture.

    Raises:
        UnavailableError: It cannot be written; the old one is untouched.
    """
    with _unavailable(path):
        temporary = _write_beside(path, pieces, mode=0o644)
        temporary.rename(path)
        sync(path.parent)


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Keep other commands, which ask for the same lock, from what it stands for; a kill lets them in again.

    Args:
        lock: An empty file that stays where it is.

    Raises:
        RefusedError: Another command is at it.
        UnavailableError: The file cannot be made.
    """
    with _unavailable(lock):
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with _unavailable(lock):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RefusedError(
                    f"another command is at work in {lock.parent}",
                    at=str(lock),
                    hint="wait until it has ended, and run this one again",
                ) from None
        yield
    finally:
        os.close(descriptor)


def _write_beside(path: Path, pieces: Iterable[bytes], *, mode: int) -> Path:
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink()
        raise
    return temporary


def sync(path: Path) -> None:
    """Wait until a file, or a directory's list of files, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
