"""Objects too large for an entry: files named by their SHA-256, durable before an entry that names them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

from psephos.board.storage import Storage
from psephos.board.view import PUBLIC

_NAME = re.compile("[0-9a-f]{64}")


def path_of(name: str) -> str:
    """Where an object is stored; its name is its SHA-256, in hexadecimal."""
    return f"{PUBLIC}blob/{name}"


class Blobs:
    """The objects of a log."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._durable: set[str] = set()

    def store(self, data: bytes) -> str:
        """Store an object, and give its name.

        Raises:
            OSError: It may be stored or not.
            FatalError: Its name has another file.
        """
        name = sha256(data).hexdigest()
        if name not in self._durable:
            self._storage.write_once({path_of(name): data})
            self._durable.add(name)
        return name

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of some objects that are not stored; the others are durable when this returns.

        One that an earlier process wrote may only seem to be durable, and is written once more.

        Raises:
            OSError: One that is there cannot be read, or not be written again.
        """
        missing = []
        for name in names:
            if name in self._durable:
                continue
            try:
                data = self._storage.read(path_of(name)) if _NAME.fullmatch(name) else None
            except FileNotFoundError:
                data = None
            if data is None or self.store(data) != name:
                missing.append(name)
        return missing
