"""An archive that is written while it is derived, and has its name only once it is whole."""

from __future__ import annotations

import filecmp
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from psephos.errors import RefusedError, UnavailableError
from psephos.record.board_entries import LogSource
from psephos.record.derivation import Derived, write_derived


class RecordWriter:
    """Takes one event after the other."""

    def __init__(self, file: IO[bytes], temporary: Path) -> None:
        self._file = file
        self._temporary = temporary

    @staticmethod
    @contextmanager
    def beside(path: Path) -> Iterator[RecordWriter]:
        """A writer into a file without a name of its own, in the folder where the archive will be.

        Raises:
            UnavailableError: It cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".part") as file:
                yield RecordWriter(file, Path(file.name))
        except OSError as error:
            raise UnavailableError(f"{path}: {error.strerror or error}", at=str(path)) from None

    def add(self, derived: Derived, source: LogSource) -> None:
        """Append an event with its data."""
        for piece in write_derived(derived, source):
            self._file.write(piece)

    def finish(self, path: Path) -> bool:
        """Give the file its name.

        Returns:
            False if the very same content was there already.

        Raises:
            RefusedError: Another file of that name exists.
        """
        self._file.flush()
        os.fchmod(self._file.fileno(), 0o644)
        os.fsync(self._file.fileno())
        try:
            os.link(self._temporary, path)
        except FileExistsError:
            if filecmp.cmp(self._temporary, path, shallow=False):
                return False
            raise RefusedError(
                f"{path} exists and is never overwritten", hint="move it away if it is really obsolete"
            ) from None
        return True
