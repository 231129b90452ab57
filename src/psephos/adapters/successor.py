"""A standby log takes over: it begins with another log's entries, as a mirror has them (design D12)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from psephos.adapters.board_directory import CHARTER, read_log_key, take_charter
from psephos.adapters.board_view import BoardView, look_at
from psephos.adapters.files import replace
from psephos.adapters.tree_source import TreeSource
from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.client import Fetcher
from psephos.board.disk import HEAD, create_log
from psephos.board.heads import SqliteHeads
from psephos.errors import MismatchError, PsephosError, RefusedError, UnavailableError
from psephos.ports import UnixSeconds
from psephos.record.board_entries import read_board_entry
from psephos.record.derivation import read_small_part
from psephos.record.state import RecordState
from psephos.record.succession import SUCCESSION, write_places
from psephos.verify.standing import standing_of

_WINDOW = 1024


def begin_successor(directory: Path, mirror: Fetcher, *, size: int | None, now: UnixSeconds) -> SignedCheckpoint:
    """Let a standby's log begin with the entries of the log that is dead or has forked.

    Args:
        directory: The standby's, as `psephos-server init` made it: a key, and a log without entries.
        mirror: Where the entries are: an observer's mirror, or a bundle.
        size: With how many it begins; without it, with as many as the observers' quorum for receipts has cosigned.
        now: The clock.

    Returns:
        The old log's checkpoint with which it begins.

    Raises:
        RefusedError: The standby's log has entries already.
        MismatchError: The charter does not name this standby, or nobody has cosigned a checkpoint of that size.
        UnavailableError: Something cannot be had from the mirror.
    """
    signer = read_log_key(directory)
    _check_empty(directory, signer.key.name)
    view = look_at(mirror)
    if str(signer.key) not in view.terms.wire.standby:
        raise MismatchError("the charter does not name this log as a standby", at="/board/standby")
    note = _choose(view, size)
    source = TreeSource(view.tree(note), mirror)
    entries = source.entries(0, note.head.size)
    first = read_board_entry(next(iter(source.entries(0, 1))))
    (directory / CHARTER).unlink(missing_ok=True)
    take_charter(directory, read_small_part(first.parts[0], source))
    for folder in ("pub", "state"):
        shutil.rmtree(directory / folder, ignore_errors=True)
    create_log(directory, signer, now=now, entries=entries, blobs=_blobs(source, note.head.size))
    return note


def show_successions(directory: Path, state: RecordState) -> None:
    """Say in a static file where the observers' decisions stand, so that nobody has to look for them.

    Raises:
        UnavailableError: It cannot be written.
    """
    if state.successions:
        replace(directory / "pub" / SUCCESSION, [write_places(state.successions)])


def _check_empty(directory: Path, origin: str) -> None:
    """Nothing of a log that somebody may have seen is ever removed: neither entries nor what is left without a head."""
    if not (directory / HEAD).exists():
        if list((directory / "pub").glob("checkpoint*")):
            raise RefusedError("this log has lost its head: it must not go on", at=str(directory))
        return
    heads = SqliteHeads(directory / HEAD, origin)
    try:
        head = heads.read()
    finally:
        heads.close()
    if head is None or head.size:
        raise RefusedError(
            "this log has entries: it cannot begin with others",
            at=str(directory),
            hint="psephos-server serve goes on with it",
        )


def _choose(view: BoardView, size: int | None) -> SignedCheckpoint:
    if size is None:
        standing = standing_of(view.notes, view.terms.receipts, name="receipts", head=None)
        if standing.head is None:
            raise MismatchError("no quorum of observers has cosigned anything here", at="checkpoint", hint="--size")
        size = standing.head.size
    found = next((note for note in view.notes if note.head.size == size), None)
    if found is None:
        sizes = ", ".join(str(note.head.size) for note in view.notes)
        raise MismatchError(f"the mirror shows checkpoints of size {sizes}, none of {size}", at="--size")
    return found


def _blobs(source: TreeSource, size: int) -> Iterator[bytes]:
    """The objects that entries name, as far as they can be had: some entries have no effect, and no object either."""
    for start in range(0, size, _WINDOW):
        for received in source.entries(start, min(start + _WINDOW, size)):
            with suppress(UnavailableError):
                yield from _objects(received, source)


def _objects(received: bytes, source: TreeSource) -> Iterator[bytes]:
    try:
        parts = read_board_entry(received).parts
    except UnavailableError:
        raise
    except PsephosError:
        return
    for part in parts:
        if part.content is None:
            blob = source.blob(part.digest)
            yield blob.read(0, blob.size())
