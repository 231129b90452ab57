"""The voter and the board: what she encrypts for, what acknowledges her ballot, where it stands.

Nothing that she fetches tells which ballot is hers: tiles and buckets hold many ballots each.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.client import CHECKPOINT, LATEST, AbsentError, BoardReader, Fetcher
from psephos.board.merkle import hash_leaf
from psephos.board.note import LARGEST_NOTE, read_base64
from psephos.board.policy import Policy
from psephos.board.proof import MAGIC, Receipt, read_receipt, verify_receipt
from psephos.errors import BoardError, InvalidProofError, MalformedError, OutOfTurnError, UnavailableError
from psephos.record.acceptance import Setup
from psephos.record.board_entries import EntryKind, make_board_entry, read_board_entry
from psephos.record.board_terms import LARGEST_INLINE
from psephos.record.derivation import read_part
from psephos.record.lookup import LARGEST_BUCKET, SEGMENT, bucket_path, read_bucket
from psephos.record.phases import EventKind
from psephos.record.reading import OpenedBoard
from psephos.record.state import RecordState

_CODE = b"psephos-ballot/1:"
_CREDENTIALS = 2
_AFTER_THE_VOTE = frozenset(
    {EntryKind.END_BALLOTS, EntryKind.ENCRYPTED_TALLY, EntryKind.PARTIAL_DECRYPTION, EntryKind.RESULT}
)


def read_vote(board: OpenedBoard) -> tuple[Setup, bytes]:
    """The setup that everybody has accepted, and the list of credentials; nobody's ballot is read.

    Raises:
        OutOfTurnError: The vote is not open, or is over.
        UnavailableError: A file could not be had.
    """
    state, listed = RecordState(board.source), None
    for received in board.source.entries(0, board.source.size()):
        for verdict in state.take(received):
            if verdict.derived is not None and verdict.kind == EventKind.SETUP:
                listed = verdict.derived.data[_CREDENTIALS]
        if state.is_open:
            break
    if state.setup is None or listed is None or not state.is_open:
        missing = ", ".join(sorted(state.waiting_for)) or "the organisers' setup"
        raise OutOfTurnError(f"the vote is not open yet; waiting for {missing}", at=f"entry {state.size}")
    _check_open(board)
    return state.setup, b"".join(read_part(listed, board.source))


def _check_open(board: OpenedBoard) -> None:
    """Look at the last entry only: a board that says that the vote is over takes no ballot.

    Raises:
        OutOfTurnError: It does.
    """
    size = board.source.size()
    (last,) = board.source.entries(size - 1, size)
    try:
        kind = read_board_entry(last).kind
    except MalformedError:
        return
    if kind in _AFTER_THE_VOTE:
        raise OutOfTurnError(f"the vote is over: the board ends with {kind}", at=f"entry {size - 1}")


def keep(receipt: Receipt, ballot: bytes) -> Receipt:
    """The receipt as a voter keeps it: her ballot is in it, so that the file alone is a complaint."""
    return Receipt(receipt.index, receipt.path, receipt.signed, ballot)


def ballot_in(kept: bytes) -> bytes:
    """The ballot in a file that a voter has kept: the ballot itself, her receipt, or the text of the ballot's code.

    So that a vote goes on elsewhere after a seizure (design D12); nothing of it is believed but its bytes.

    Raises:
        MalformedError: A receipt without a ballot, or a text that was cut off.
    """
    if kept.startswith(MAGIC.encode()):
        return _kept_in(read_receipt(kept))
    text = kept.strip()
    if text.startswith(_CODE):
        return _unpack(b"".join(text.removeprefix(_CODE).split()))
    return text


def _unpack(code: bytes) -> bytes:
    """The ballot in its code: base64 of what DEFLATE (RFC 1951) makes of it, as the page in a browser shows it."""
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        ballot = inflater.decompress(read_base64(code.decode("ascii"), at="code"), LARGEST_INLINE + 1)
    except (UnicodeDecodeError, zlib.error):
        raise MalformedError("the ballot's code is damaged", at="code", hint="scan it again") from None
    if not inflater.eof or inflater.unused_data or len(ballot) > LARGEST_INLINE:
        raise MalformedError("the ballot's code was cut off, or is none", at="code", hint="scan it again")
    return ballot


def _kept_in(receipt: Receipt) -> bytes:
    if not receipt.extra:
        raise MalformedError(
            "there is no ballot in this receipt", at="extra", hint="give the file that `hand-in --receipt` has written"
        )
    return receipt.extra


def entry_in(receipt: Receipt) -> bytes:
    """The Ballot entry of a receipt that was kept. That the receipt is its is for `verify_receipt` to say.

    Raises:
        MalformedError: There is no ballot in it.
    """
    return make_board_entry(EntryKind.BALLOT, [_kept_in(receipt)])[0]


def renew(receipt: Receipt, fetcher: Fetcher, policy: Policy) -> Receipt | None:
    """The same ballot's receipt under a checkpoint that the quorum has cosigned.

    Args:
        receipt: As kept; its signatures and its proof hold.
        fetcher: The board's files.
        policy: Who must have cosigned.

    Returns:
        None if the quorum has cosigned no checkpoint that is large enough yet.

    Raises:
        ForkError: The log signed two histories: this receipt and what the board shows are the proof.
        QuorumError: The checkpoint that the board calls cosigned is not.
        BoardError: The board shows an older tree than the receipt's.
        UnavailableError: A file could not be had, or is not what the log signed.
    """
    origin, leaf = receipt.signed.checkpoint.origin, hash_leaf(entry_in(receipt))
    reader = BoardReader(fetcher, origin=origin, policy=policy, seen=receipt.signed)
    with _copies():
        latest = _fetch(fetcher, LATEST)
        reader.compare(latest)
        if latest.head.size < receipt.signed.head.size:
            raise BoardError(
                f"the board shows {latest.head.size} entries, and this receipt is of {receipt.signed.head.size}",
                culprit=origin,
                hint="a cache may do that for seconds; if it lasts, the board hides what it signed: show this receipt",
            )
        try:
            cosigned = _fetch(fetcher, CHECKPOINT)
        except AbsentError:
            return None
        reader.compare(cosigned)
        if cosigned.head.size <= receipt.index:
            return None
        path = reader.tree(cosigned.head).prove_entry(receipt.index)
    renewed = Receipt(receipt.index, path, cosigned, receipt.extra)
    verify_receipt(renewed, leaf=leaf, policy=policy)
    return renewed


@contextmanager
def _copies() -> Iterator[None]:
    """What is wrong with a file that came from somewhere says nothing against the log."""
    try:
        yield
    except (InvalidProofError, MalformedError) as error:
        raise UnavailableError(
            f"{error.message}: not what the log signed", at=error.at, hint="try again, or at another mirror"
        ) from None


def _fetch(fetcher: Fetcher, path: str) -> SignedCheckpoint:
    return read_signed_checkpoint(fetcher.fetch(path, limit=LARGEST_NOTE))


@dataclass(frozen=True)
class Standing:
    """Where a ballot stands in a log.

    Attributes:
        index: Number of its entry.
        size: Of the log.
    """

    index: int
    size: int


def find(board: OpenedBoard, fingerprint: str) -> Standing | None:
    """Look a ballot up: bucket, tiles, inclusion. A bucket is never believed.

    Args:
        board: Under a checkpoint of the log.
        fingerprint: The ballot's SHA-256.

    Returns:
        Where it stands first. None if no bucket names it, which proves nothing: buckets may lag, and may lie.

    Raises:
        InvalidProofError: The board's tiles do not lead to what the log signed.
        UnavailableError: A file could not be had, or is no bucket.
    """
    size, wanted = board.source.size(), bytes.fromhex(fingerprint)
    for segment in range(-(-size // SEGMENT)):
        for found, index in _read_bucket(board.fetcher, segment, wanted):
            if found == wanted and index < size and _is_ballot(board, index, fingerprint):
                return Standing(index, size)
    return None


def _read_bucket(fetcher: Fetcher, segment: int, wanted: bytes) -> list[tuple[bytes, int]]:
    try:
        bucket = fetcher.fetch(bucket_path(segment, wanted), limit=LARGEST_BUCKET)
    except AbsentError:
        return []
    try:
        return read_bucket(bucket, segment=segment, prefix=wanted[0])
    except MalformedError as error:
        raise UnavailableError(
            f"the board's index is damaged: {error.message}",
            at=bucket_path(segment, wanted),
            hint="verify the whole record, or ask another mirror",
        ) from None


def _is_ballot(board: OpenedBoard, index: int, fingerprint: str) -> bool:
    (received,) = board.source.entries(index, index + 1)
    try:
        entry = read_board_entry(received)
    except MalformedError:
        return False
    return entry.kind is EntryKind.BALLOT and entry.parts[0].digest == fingerprint
