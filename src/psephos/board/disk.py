"""A log in one folder of one machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from psephos.board.heads import SqliteHeads, first_head
from psephos.board.note import Ed25519Signer
from psephos.board.positions import Positions
from psephos.board.recovery import Stores
from psephos.board.storage import DiskStorage, FatalError
from psephos.errors import RefusedError
from psephos.ports import UnixSeconds

HEAD = "state/lock.db"
INDEX = "state/index.db"


def create_log(root: Path, signer: Ed25519Signer, *, now: UnixSeconds) -> None:
    """Make a new, empty log.

    Raises:
        RefusedError: There is a log, or what is left of one.
        FatalError: It cannot be made.
    """
    with _explaining(root), closing(DiskStorage(root)) as storage:
        if storage.names("pub"):
            raise RefusedError(f"there are files of a log in {root}", at=str(root))
        SqliteHeads.create(root / HEAD, first_head(signer, now=now))


@contextmanager
def open_stores(root: Path, origin: str) -> Iterator[Stores]:
    """The files and databases of a log. No other process can open them until the context ends.

    Raises:
        RefusedError: The head is missing, or another process has the log.
        FatalError: They cannot be opened.
    """
    with _explaining(root):
        storage = DiskStorage(root)
    with closing(storage):
        with _explaining(root):
            heads = SqliteHeads(root / HEAD, origin)
        with closing(heads):
            with _explaining(root):
                positions = Positions(root / INDEX)
            with closing(positions):
                yield Stores(storage, heads, positions)


@contextmanager
def _explaining(root: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise FatalError(f"{root}: {error}", at=str(root)) from error
