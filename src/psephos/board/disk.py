"""A log in one folder of one machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

from psephos.board.blobs import Blobs
from psephos.board.heads import SqliteHeads, first_head
from psephos.board.merkle import TreeHead
from psephos.board.note import Ed25519Signer
from psephos.board.positions import Positions
from psephos.board.recovery import Stores
from psephos.board.staging import grow
from psephos.board.storage import DiskStorage, FatalError, Storage
from psephos.board.tiles import FULL, HEIGHT, Bundle, Edge, Tile, write_bundle, write_tile
from psephos.board.view import PUBLIC
from psephos.errors import RefusedError
from psephos.ports import UnixSeconds

HEAD = "state/lock.db"
INDEX = "state/index.db"
_BATCH = 16 * FULL
"""Entries that are written together: full bundles, of which no part is written."""


def create_log(
    root: Path, signer: Ed25519Signer, *, now: UnixSeconds, entries: Iterable[bytes] = (), blobs: Iterable[bytes] = ()
) -> None:
    """Make a new log.

    If the process dies before the end, there is no log: its folder is to be removed.

    Args:
        root: Its folder.
        signer: Its key.
        now: The clock.
        entries: What it begins with, in this order; a log that takes another's place has some.
        blobs: The objects that they name.

    Raises:
        RefusedError: There is a log, or what is left of one.
        FatalError: It cannot be made.
    """
    with _explaining(root), closing(DiskStorage(root)) as storage:
        if storage.names("pub"):
            raise RefusedError(f"there are files of a log in {root}", at=str(root))
        for blob in blobs:
            Blobs(storage).store(blob)
        SqliteHeads.create(root / HEAD, first_head(signer, _write_entries(storage, entries), now=now))


def _write_entries(storage: Storage, entries: Iterable[bytes]) -> TreeHead:
    """Write a tree: tiles and bundles as they become full, and at the end those of its right edge."""
    edge, tail, rest = Edge(), tuple[bytes, ...](), iter(entries)
    while batch := list(islice(rest, _BATCH)):
        grown = grow(edge, batch, tail=tail)
        edge, tail = grown.edge, grown.tail
        storage.write_once({PUBLIC + path: data for path, data in grown.files.items() if ".p/" not in path})
    parts = {
        Tile(level, edge.size >> (HEIGHT * (level + 1)), len(hashes)).path: write_tile(hashes)
        for level, hashes in enumerate(edge.levels)
        if hashes
    }
    if tail:
        parts[Bundle(edge.size // FULL, len(tail)).path] = write_bundle(tail)
    storage.write_once({PUBLIC + path: data for path, data in parts.items()})
    return edge.head()


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
