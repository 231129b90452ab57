"""The courier: a board's static files in a zip file, where no network goes; and cosignatures that come back later.

The zip has what a reader of an earlier tree lacks: the checkpoints, the tiles and bundles that are new since, and the
objects that new entries name. Whoever writes it checks it against what the log signed, and whoever reads it does again.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from psephos.adapters.board_view import BoardView
from psephos.adapters.tree_source import fetch_blob, only_unavailable
from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.client import CHECKPOINT, LATEST, AbsentError, Fetcher, Tree, read_shown
from psephos.board.cosignature import verifiers_of
from psephos.board.note import Note, SignatureLine, VerifierKey, verify_note
from psephos.board.tiles import FULL, bundles_of, tiles_of, write_bundle, write_tile
from psephos.errors import PsephosError, RefusedError, UnavailableError
from psephos.record.board_entries import read_board_entry
from psephos.record.succession import LARGEST_PLACES, SUCCESSION

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""A zip file has to name a time; the same board gives the same file."""


def write_courier(view: BoardView, file: IO[bytes], *, since: int) -> list[str]:
    """Write a board's files that a tree of size `since` has not.

    Args:
        view: The board, as `board_view.look_at` found it.
        file: Where the zip goes.
        since: Size of the tree that whoever gets it has already; 0 for everything.

    Returns:
        Names of objects that entries name and nobody shows: of an entry without effect, that is nothing to worry about.

    Raises:
        UnavailableError: A file cannot be had, or is not what the log signed.
    """
    written: set[str] = set()
    missing: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, only_unavailable():

        def add(path: str, content: bytes) -> None:
            if path not in written:
                written.add(path)
                archive.writestr(zipfile.ZipInfo(path, _FIRST_DAY), content, zipfile.ZIP_DEFLATED)

        shown = {path: bytes(signed) for path, signed in read_shown(view.fetcher).items()}
        for path, note in ({CHECKPOINT: bytes(view.notes[0])} | shown | {LATEST: bytes(view.notes[0])}).items():
            add(path, note)
        with suppress(AbsentError):
            add(SUCCESSION, view.fetcher.fetch(SUCCESSION, limit=LARGEST_PLACES))
        for signed in view.notes:
            tree = Tree(view.fetcher, signed.head)
            for tile in tiles_of(signed.head.size, old=since):
                add(tile.path, write_tile(tree.tile(tile)))
            for bundle in bundles_of(signed.head.size, old=since):
                first = bundle.index * FULL
                for _, entries in tree.entries(first, first + bundle.width):
                    add(bundle.path, write_bundle(entries))
                    for name in _blobs_named(entries):
                        try:
                            add(f"blob/{name}", fetch_blob(view.fetcher, name))
                        except AbsentError:
                            missing.append(name)
    return missing


def _blobs_named(entries: Sequence[bytes]) -> Iterator[str]:
    for received in entries:
        try:
            parts = read_board_entry(received).parts
        except PsephosError:  # an entry without effect
            continue
        yield from (part.digest for part in parts if part.content is None)


class ZipFetcher:
    """A board's static files in a zip file; nothing is ever unpacked to disk. Fulfils `board.client.Fetcher`."""

    def __init__(self, path: Path) -> None:
        """Open a zip file.

        Raises:
            UnavailableError: It cannot be read, or is none.
        """
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise UnavailableError(f"{path}: {error}", at=str(path)) from None

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def fetch(self, path: str, *, limit: int) -> bytes:
        """See `Fetcher.fetch`."""
        at = f"{self._path}, {path}"
        try:
            with self._archive.open(path) as member:
                data = member.read(limit + 1)
        except KeyError:
            raise AbsentError(f"{at}: not there", at=at) from None
        except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError, zlib.error) as error:
            raise UnavailableError(f"{at}: {error}", at=at) from None
        if len(data) > limit:
            raise UnavailableError(f"{at}: larger than {limit} bytes", at=at)
        return data


class LayeredFetcher:
    """One copy where another has a file not. Fulfils `board.client.Fetcher`."""

    def __init__(self, first: Fetcher, second: Fetcher) -> None:
        self._first, self._second = first, second

    def fetch(self, path: str, *, limit: int) -> bytes:
        """See `Fetcher.fetch`."""
        try:
            return self._first.fetch(path, limit=limit)
        except AbsentError:
            return self._second.fetch(path, limit=limit)


def attach(
    signed: SignedCheckpoint, lines: Sequence[SignatureLine], keys: Sequence[VerifierKey]
) -> tuple[SignedCheckpoint, tuple[SignatureLine, ...]]:
    """A checkpoint with cosignatures that came by another way.

    Args:
        signed: The checkpoint, which one of the keys has signed.
        lines: The cosignatures.
        keys: Those that count; lines of others are left out.

    Returns:
        The checkpoint with all that hold, and the lines that are new.

    Raises:
        InvalidProofError: A line of one of the keys does not hold.
        RefusedError: None of the lines is of a key that counts.
    """
    verifiers = verifiers_of(keys)
    verify_note(signed.note, verifiers)
    pairs = {(key.name, key.key_id) for key in keys}
    known = tuple(line for line in lines if (line.name, line.key_id) in pairs)
    if not known:
        raise RefusedError("none of the cosignatures is of a key that the policy names")
    verify_note(Note(signed.note.text, known), verifiers)
    there = {(line.name, line.key_id) for line in signed.note.signatures}
    fresh = {(line.name, line.key_id): line for line in known if (line.name, line.key_id) not in there}
    return signed.with_signatures([*signed.note.signatures, *fresh.values()]), tuple(fresh.values())
