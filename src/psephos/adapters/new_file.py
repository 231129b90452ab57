"""A file that is written piece by piece, and has its name only once it is whole; never over another one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from psephos.adapters.files import give_name
from psephos.errors import UnavailableError


class NewFile:
    """A file without a name.

    Attributes:
        content: What is written to.
    """

    def __init__(self, content: IO[bytes], temporary: Path, path: Path) -> None:
        self.content = content
        self._temporary, self._path = temporary, path

    @staticmethod
    @contextmanager
    def beside(path: Path) -> Iterator[NewFile]:
        """A file in the folder where it will have its name; gone at the end of the context if it was not finished.

        Raises:
            UnavailableError: It cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
            try:
                with os.fdopen(descriptor, "w+b") as file:
                    yield NewFile(file, Path(name), path)
            finally:
                Path(name).unlink(missing_ok=True)
        except OSError as error:
            raise UnavailableError(f"{path}: {error.strerror or error}", at=str(path)) from None

    def finish(self) -> bool:
        """Make the file durable and give it its name.

        Returns:
            False if the very same content was there already.

        Raises:
            RefusedError: Another file of that name exists.
        """
        self.content.flush()
        os.fchmod(self.content.fileno(), 0o644)
        os.fsync(self.content.fileno())
        return give_name(self._temporary, self._path)
