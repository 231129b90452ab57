"""A board as the public finds it: its charter, whatever it signed, and one history of it all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psephos.adapters.tree_source import TreeSource, only_unavailable
from psephos.board.checkpoint import SignedCheckpoint, verify_log
from psephos.board.client import BoardReader, Fetcher, Tree, read_shown
from psephos.board.cosignature import verifiers_of
from psephos.board.merkle import verify_inclusion
from psephos.board.policy import Log, Policy
from psephos.board.proof import Receipt
from psephos.board.tiles import FULL, Tile
from psephos.errors import InvalidProofError, MismatchError, PsephosError, UnavailableError
from psephos.record.board_entries import read_board_entry
from psephos.record.charter import read_charter
from psephos.record.opening import read_signed_charter
from psephos.record.terms import Terms, read_terms
from psephos.verify.evidence import BrokenPromise, broken_promise_evidence
from psephos.verify.standing import merge_notes


@dataclass(frozen=True)
class BoardView:
    """What a board shows, of one history, every note signed by its log.

    Attributes:
        fetcher: Where its files are.
        charter: The charter that names the log.
        terms: Its part about the board, as it reads for the log that is shown. Whether the record stands in that one,
            only the entries tell.
        notes: The checkpoints, the largest first.
    """

    fetcher: Fetcher
    charter: bytes
    terms: Terms
    notes: tuple[SignedCheckpoint, ...]

    def tree(self, signed: SignedCheckpoint) -> Tree:
        """The tree of one of the notes."""
        return Tree(self.fetcher, signed.head)


def look_at(fetcher: Fetcher, *, charter: bytes | None = None) -> BoardView:
    """Look at a board.

    Args:
        fetcher: Where its files are.
        charter: The charter that the reader expects; without it, entry 0 is taken for it, and names the log's key.

    Raises:
        ForkError: The log signed two histories.
        InvalidProofError: A checkpoint is not signed by the charter's log.
        MismatchError: There is no charter that holds.
        MalformedError: A checkpoint is not one.
        UnavailableError: A file could not be had, or is not what the log signed.
    """
    found = read_shown(fetcher).values()
    shown = merge_notes(found)
    if charter is None:
        charter, terms = first_charter(fetcher, shown[0])
    else:
        terms = terms_of(charter)
    terms = terms.under(next((key for key in terms.logs if key.name == shown[0].checkpoint.origin), terms.logs[0]))
    verifiers = verifiers_of([terms.logs[0]])
    for signed in found:
        verify_log(signed, origin=terms.origin, verifiers=verifiers)
    reader = reader_of(fetcher, terms, seen=shown[0])
    with only_unavailable():
        for signed in shown[1:]:
            reader.compare(signed)
    return BoardView(fetcher, charter, terms, shown)


def compare_receipt(receipt: Receipt, *, leaf: bytes, view: BoardView) -> BrokenPromise | None:
    """Compare a receipt with what a board shows.

    Args:
        receipt: As read.
        leaf: Leaf hash of the entry that it is for.
        view: The board, or a mirror of it.

    Returns:
        Evidence that the log broke its promise; None if it kept it.

    Raises:
        MismatchError: The log did not sign the receipt, or it is for another entry.
        InvalidProofError: The tiles do not lead to what the log signed.
        UnavailableError: The board shows a tree that ends before the entry, or a file could not be had.
    """
    key = view.terms.logs[0]
    try:
        verify_log(receipt.signed, origin=view.terms.origin, verifiers=verifiers_of([key]))
        verify_inclusion(receipt.path, index=receipt.index, leaf=leaf, head=receipt.signed.head)
    except InvalidProofError as error:
        raise MismatchError(f"not a receipt of this log for this ballot: {error.message}", at="receipt") from None
    newest = view.notes[0]
    if newest.head.size <= receipt.index:
        raise UnavailableError(
            f"the board shows {newest.head.size} entries, and the receipt is for entry {receipt.index}",
            hint="try a mirror; if it lasts, give the receipt to the observers: the board hides what it signed",
        )
    index, place = divmod(receipt.index, FULL)
    tree = view.tree(newest)
    there = tree.tile(Tile(0, index, min(FULL, newest.head.size - index * FULL)))[place]
    if there == leaf:
        return None
    path = tree.prove_entry(receipt.index)
    return broken_promise_evidence(receipt, leaf=leaf, later=newest, other_leaf=there, path=path, log=[key])


def reader_of(
    fetcher: Fetcher, terms: Terms, *, seen: SignedCheckpoint | None = None, mirror: Fetcher | None = None
) -> BoardReader:
    """A reader of the charter's log, whose cosignatures are somebody else's question."""
    policy = Policy((Log(terms.logs[0]),), (), (), "none")
    return BoardReader(fetcher, origin=terms.origin, policy=policy, seen=seen, mirror=mirror)


def terms_of(charter: bytes) -> Terms:
    """The part of a charter about its board.

    Raises:
        MalformedError: Not a charter.
        MismatchError: It has no such part.
    """
    board = read_charter(charter).board
    if board is None:
        raise MismatchError("the charter is of a referendum without a board", at="/board")
    return read_terms(board)


def first_charter(fetcher: Fetcher, signed: SignedCheckpoint) -> tuple[bytes, Terms]:
    """The charter in entry 0. Nothing but itself says that it is the right one: compare its fingerprint.

    Raises:
        MismatchError: Entry 0 is no charter that holds.
        UnavailableError: See `look_at`.
    """
    source = TreeSource(Tree(fetcher, signed.head), fetcher)
    entries: Sequence[bytes] = list(source.entries(0, min(1, signed.head.size)))
    if not entries:
        raise UnavailableError("the log is empty: it has no charter yet", at=signed.checkpoint.origin)
    try:
        found = read_signed_charter(read_board_entry(entries[0]), source)
    except UnavailableError:
        raise
    except PsephosError as error:
        message = f"the log does not begin with a charter that holds: {error.message}"
        raise MismatchError(message, at="entry 0", culprit=signed.checkpoint.origin) from None
    return found.received, found.terms
