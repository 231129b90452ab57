"""What a log does before it accepts anything: find out what it has committed to, and make the files agree.

If the process died before the head was swapped, nothing was signed or answered: the staged batch is dropped, and
whoever handed in an entry does so again. If it died later, the staged batch is what the head has committed to: it is
written. So a log that was stopped at any point goes on by itself.

It refuses to start if its head is missing, older than what was published, or not the head of the files, or if the
clock has gone back; those cannot come from a crash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from psephos.board import staging
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint, verify_log
from psephos.board.heads import Head, Heads
from psephos.board.merkle import TreeHead, read_frontier
from psephos.board.note import Ed25519Verifier, VerifierKey
from psephos.board.positions import Positions
from psephos.board.storage import FatalError, Storage
from psephos.board.tiles import FULL, Bundle, Edge, Tile, read_edge, verify_bundle
from psephos.board.view import PUBLIC, Nodes, View, read_stored_bundle, read_stored_tile
from psephos.errors import BoardError, InvalidProofError, MalformedError, RefusedError
from psephos.ports import UnixSeconds

CHECKPOINT = PUBLIC + "checkpoint"
LATEST = PUBLIC + "checkpoint.latest"
VERIFIED = PUBLIC + "checkpoint.verified"
_CHUNK = 16


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a log keeps everything.

    Attributes:
        storage: Its files.
        heads: Its head, the one thing that must never be lost or restored.
        positions: Where each entry is; derived.
    """

    storage: Storage
    heads: Heads
    positions: Positions


def recover(stores: Stores, key: VerifierKey, *, now: UnixSeconds, publish_at: str) -> View:
    """Bring a log that was stopped at any point to the state that it has committed to.

    Args:
        stores: Its files and databases.
        key: Its own key; the key's name is its origin.
        now: The clock.
        publish_at: Which checkpoint file gets the newest signed head.

    Raises:
        RefusedError: This cannot be the log's own, newest state.
        FatalError: Something could not be read or written.
    """
    with _explaining():
        head, signed = _committed(stores.heads, key, now=now)
        published = [(path, _published(stores.storage, path, key)) for path in (CHECKPOINT, LATEST, VERIFIED)]
        for path, found in published:
            if found is not None and found.head.size > signed.head.size:
                raise RefusedError(
                    f"{found.head.size} entries are published, and the head has {signed.head.size}",
                    at=path,
                    hint="the head's database is from a backup: find the newest one, or start the log's successor",
                )
        _replay(stores.storage, signed.head)
        view, nodes = _view(stores.storage, head, signed), Nodes(stores.storage)
        for path, found in published:
            if found is not None and nodes.head_at(view.edge, found.head.size) != found.head:
                raise RefusedError("another history is published than the head's", at=path, culprit=key.name)
        _catch_up(stores, view, nodes)
        known = dict(published)[publish_at]
        if known is None or known.head.size < signed.head.size:
            stores.storage.replace(publish_at, head.body)
        for name in stores.storage.names(staging.FOLDER):
            stores.storage.remove(f"{staging.FOLDER}/{name}")
    return view


def _committed(heads: Heads, key: VerifierKey, *, now: UnixSeconds) -> tuple[Head, SignedCheckpoint]:
    head = heads.read()
    if head is None:
        raise RefusedError(f"the head's database has no log {key.name}", culprit=key.name)
    signed = _own(head.body, key, at="head")
    if signed.head.size != head.size:
        raise RefusedError("the head's size is not that of its checkpoint", at="head")
    if now < head.signed_at:
        raise RefusedError(
            f"the clock says {now}, and the last checkpoint was signed at {head.signed_at}", hint="set the clock"
        )
    return head, signed


def _own(note: bytes, key: VerifierKey, *, at: str) -> SignedCheckpoint:
    signed = read_signed_checkpoint(note)
    try:
        verify_log(signed, origin=key.name, verifiers=[Ed25519Verifier(key)])
    except InvalidProofError as error:
        raise RefusedError(f"this checkpoint is not ours: {error.message}", at=at) from None
    return signed


def _published(storage: Storage, path: str, key: VerifierKey) -> SignedCheckpoint | None:
    try:
        note = storage.read(path)
    except FileNotFoundError:
        return None
    return _own(note, key, at=path)


def _replay(storage: Storage, head: TreeHead) -> None:
    """Write the committed batch's files again, if the process died before it knew that they are durable."""
    path = staging.name_of(head)
    if path.removeprefix(f"{staging.FOLDER}/") not in storage.names(staging.FOLDER):
        return
    files = staging.unpack(storage.read(path))
    staging.verify_files(files, head, read=lambda tile: read_stored_tile(storage, tile))
    storage.write_once({PUBLIC + name: data for name, data in files.items()})


def _view(storage: Storage, head: Head, signed: SignedCheckpoint) -> View:
    """Read the right edge, and check it against what was signed."""
    size = signed.head.size
    try:
        edge = read_edge(size, lambda tile: read_stored_tile(storage, tile))
        tail = _entries(storage, edge, Bundle(size // FULL, size % FULL)) if size % FULL else ()
    except FileNotFoundError as error:
        raise RefusedError(f"a tile that the head needs is missing: {error}", at=f"size {size}") from None
    if edge.head() != signed.head:
        raise RefusedError("the tiles' right edge does not lead to the signed root", at=f"size {size}")
    nodes = Nodes(storage)
    frontier = read_frontier(size, lambda level, index: nodes.read(edge, level, index))
    return View(head, signed, edge, frontier, tail)


def _entries(storage: Storage, edge: Edge, bundle: Bundle) -> tuple[bytes, ...]:
    """The entries of a bundle, each checked against its tile."""
    entries = read_stored_bundle(storage, bundle)
    full = bundle.width == FULL
    hashes = read_stored_tile(storage, Tile(0, bundle.index)) if full else edge.levels[0]
    verify_bundle(entries, hashes, bundle=bundle)
    return entries


def _catch_up(stores: Stores, view: View, nodes: Nodes) -> None:
    """Let the index know every entry; it may lag, and it may be of another log."""
    size, covered = view.signed.head.size, stores.positions.covered()
    if covered.size > size or nodes.head_at(view.edge, covered.size) != covered:
        stores.positions.reset()
        covered = stores.positions.covered()
    start = covered.size
    while start < size:
        first = start // FULL
        end = min(size, (first + _CHUNK) * FULL)
        entries: list[bytes] = []
        for index in range(first, -(-end // FULL)):
            entries += _entries(stores.storage, view.edge, Bundle(index, min(FULL, end - index * FULL)))
        fingerprints = [sha256(entry).digest() for entry in entries[start - first * FULL :]]
        stores.positions.add(fingerprints, start=start, head=nodes.head_at(view.edge, end))
        start = end


@contextmanager
def _explaining() -> Iterator[None]:
    """Whatever goes wrong, the log does not start, and says why."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise FatalError(f"the log cannot start: {error}") from error
    except BoardError:
        raise
    except (MalformedError, InvalidProofError) as error:
        raise RefusedError(f"what is stored is damaged: {error.message}", at=error.at) from error
