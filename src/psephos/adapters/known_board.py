"""A board opened by somebody who knows its charter: entry 0, one history, and the checkpoint that counts for her."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from psephos.adapters.board_view import first_charter, look_at
from psephos.adapters.http import Web, fetcher_of
from psephos.adapters.tree_source import TreeSource, only_unavailable
from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.client import AbsentError, Fetcher, Tree
from psephos.board.policy import Observed, Policy, verify_checkpoint, verify_quorum
from psephos.errors import QuorumError, UnavailableError
from psephos.record.charter import read_charter
from psephos.record.reading import KnownCharter, OpenedBoard
from psephos.record.succession import LARGEST_PLACES, SUCCESSION, check_in_force, read_places
from psephos.record.terms import Terms

RECEIPTS = "receipts"
"""The observers whose quorum makes a receipt final."""
TALLY = "tally"
"""The observers whose quorum has checked every entry."""
_UNCHANGING = ("tile/", "blob/")


class KeepingFetcher:
    """A board's files that never change, fetched once. Fulfils `board.client.Fetcher`.

    What it keeps is checked by its reader, each time, like what it fetches.
    """

    def __init__(self, fetcher: Fetcher, directory: Path) -> None:
        self._fetcher = fetcher
        self._directory = directory

    def fetch(self, path: str, *, limit: int) -> bytes:
        """See `Fetcher.fetch`."""
        if not path.startswith(_UNCHANGING):
            return self._fetcher.fetch(path, limit=limit)
        kept = self._directory / path.replace("/", "+")
        if kept.exists() and kept.stat().st_size <= limit:
            return kept.read_bytes()
        content = self._fetcher.fetch(path, limit=limit)
        kept.write_bytes(content)
        return content


@contextmanager
def board_at(url: str) -> Iterator[Fetcher]:
    """The files of a board, or of a mirror of it, at an address.

    Raises:
        UnavailableError: It is no address of a board.
    """
    with Web() as web, TemporaryDirectory(prefix="psephos-") as directory:
        yield KeepingFetcher(fetcher_of(url, web), Path(directory))


def open_board(fetcher: Fetcher, known: KnownCharter, *, policy: str = RECEIPTS, newest: bool = False) -> OpenedBoard:
    """Open a board at the largest checkpoint that the quorum has cosigned; at the newest one if there is none.

    Args:
        fetcher: Where its files are.
        known: What the reader knows of the charter.
        policy: Which observers of the charter are asked: `RECEIPTS` or `TALLY`.
        newest: Open it at the newest checkpoint, whoever has cosigned it.

    Raises:
        ForkError: The log signed two histories.
        MismatchError: The charter is another one, or there is none that holds; or the record stands in another log.
        InvalidProofError: A signature does not hold, or the log is not the charter's.
        UnavailableError: A file could not be had, or is not what the log signed; or it does not show that a standby log
            goes on.
    """
    view = look_at(fetcher, charter=known.received)
    received, terms = view.charter, view.terms
    if known.received is not None:  # then nobody has looked at entry 0 yet
        received, _ = first_charter(fetcher, view.notes[0])
    known.check(received)
    _check_in_force(terms, view.tree(view.notes[0]), fetcher)
    wanted = terms.tally if policy == TALLY else terms.receipts
    note, observed = _choose(view.notes[:1] if newest else view.notes, wanted)
    source = TreeSource(Tree(fetcher, note.head), fetcher)
    return OpenedBoard(received, read_charter(received), terms, note, wanted, observed, source, fetcher)


def _check_in_force(terms: Terms, tree: Tree, fetcher: Fetcher) -> None:
    """Check that a standby log is one that the observers have decided for; see `record.succession`."""
    if terms.wire.log == str(terms.logs[0]):
        return
    try:
        places = read_places(fetcher.fetch(SUCCESSION, limit=LARGEST_PLACES))
    except AbsentError:
        raise UnavailableError(
            f"{terms.origin} is a standby log, and this board does not show that the observers decided for it",
            at=SUCCESSION,
            hint="try again later, or ask an observer which board goes on",
        ) from None
    with only_unavailable():
        entries = [(place, tree.entry(place)) for place in places if place < tree.head.size]
        check_in_force(terms, entries, tree.root_at)


def _choose(notes: tuple[SignedCheckpoint, ...], policy: Policy) -> tuple[SignedCheckpoint, Observed]:
    """The largest that the quorum has cosigned, or the largest."""
    for note in notes:
        observed = verify_checkpoint(note, policy)
        try:
            verify_quorum(observed.cosignatures, policy)
        except QuorumError:
            continue
        return note, observed
    return notes[0], verify_checkpoint(notes[0], policy)
