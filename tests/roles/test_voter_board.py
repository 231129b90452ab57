"""A voter and a board: the vote that she reads off it, her receipt, and where her ballot stands."""

from __future__ import annotations

import zlib
from base64 import b64encode
from pathlib import Path

import pytest

from psephos.adapters.http import DirectoryFetcher
from psephos.adapters.known_board import open_board
from psephos.board.client import ForkError, Tree
from psephos.board.merkle import hash_leaf
from psephos.board.proof import Receipt, read_receipt, verify_receipt, write_receipt
from psephos.errors import BoardError, MalformedError, OutOfTurnError, UnavailableError
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import EntryKind
from psephos.record.reading import KnownCharter, OpenedBoard
from psephos.roles.voter_board import ballot_in, entry_in, find, keep, read_vote, renew
from tests.support.bad_entries import BALLOTS, CLOSE, END, entry
from tests.support.boards import StaticBoard
from tests.support.logged import LOG, MemoryLog, hold_vote, log_of

HELD = hold_vote()
FIRST = sha256_hex(HELD.ballots[0])


@pytest.fixture
def board(tmp_path: Path) -> StaticBoard:
    """A board whose log is the whole vote; nothing is published yet."""
    return StaticBoard(tmp_path / "board", log_of(HELD))


def opened(board: StaticBoard, *, newest: bool = False) -> OpenedBoard:
    """As somebody sees it who knows the charter."""
    return open_board(DirectoryFetcher(board.root), KnownCharter(HELD.charter), newest=newest)


# ── what she has kept ───────────────────────────────────────────────────────────────────────────────────────────


def code_of(ballot: bytes) -> bytes:
    """The ballot's code, as the page in a browser shows it."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return b"psephos-ballot/1:" + b64encode(deflater.compress(ballot) + deflater.flush())


def test_ballot_is_read_from_whatever_a_voter_has_kept(board: StaticBoard) -> None:
    """The ballot's file, her receipt, and the text of its code, also as it comes out of a letter or a message."""
    ballot, note = HELD.ballots[0], board.publish()
    path = Tree(DirectoryFetcher(board.root), note.head).prove_entry(BALLOTS)
    receipt = write_receipt(keep(Receipt(BALLOTS, path, note), ballot))
    code = code_of(ballot)
    broken = b"\n".join(code[at : at + 60] for at in range(0, len(code), 60))
    for kept in (ballot, ballot + b"\n", receipt, code, code + b"\n", b"\r\n" + broken + b" \n"):
        assert ballot_in(kept) == ballot


def test_code_that_a_browser_made_is_read() -> None:
    """By CompressionStream("deflate-raw") of Node.js."""
    text = b"psephos-ballot/1:q1ZKVEhKzMnJL1GyMtRRSswrLk8tKlayilYyIACUYmsB"
    assert ballot_in(text) == b'{"a ballot":1,"answers":["00000000000000000000000000000000"]}'


@pytest.mark.parametrize(
    "code",
    [
        code_of(b"ballot")[:-4],
        code_of(b"ballot") + b"AAAA",
        code_of(bytes(60_001)),
        code_of(bytes(5_000_000)),
        b"psephos-ballot/1:",
        b"psephos-ballot/1:AAAA",
        "psephos-ballot/1:ÄÄÄÄ".encode(),
        b"psephos-ballot/1:" + b64encode(b"no DEFLATE at all"),
    ],
    ids=["cut off", "more after it", "too large", "far too large", "empty", "none", "no letters", "another kind"],
)
def test_code_that_was_damaged_is_no_ballot(code: bytes) -> None:
    """Nothing is handed in, and a small code does not fill the memory."""
    with pytest.raises(MalformedError):
        ballot_in(code)


def test_receipt_without_its_ballot_says_so(board: StaticBoard) -> None:
    """It shows that some entry is in a log, and cannot be handed in."""
    note = board.publish()
    path = Tree(DirectoryFetcher(board.root), note.head).prove_entry(BALLOTS)
    with pytest.raises(MalformedError, match="no ballot in this receipt"):
        ballot_in(write_receipt(Receipt(BALLOTS, path, note)))


# ── the vote ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [BALLOTS, BALLOTS + 3, CLOSE])
def test_open_vote_is_read_with_its_credentials(board: StaticBoard, size: int) -> None:
    """Whatever ballots there are, election and list are those of the setup."""
    board.publish(size)
    setup, listed = read_vote(opened(board))
    assert setup.fingerprint == sha256_hex(HELD.setup[-1])
    assert (setup.election.received, listed) == (HELD.setup[0], HELD.setup[2])


@pytest.mark.parametrize(
    ("size", "waits"), [(1, "the organisers' setup"), (2, "registrar 1, trustee 1"), (5, "registrar 1")]
)
def test_vote_that_is_not_open_names_who_is_waited_for(board: StaticBoard, size: int, waits: str) -> None:
    """Before the last acceptance nothing is encrypted."""
    board.publish(size)
    with pytest.raises(OutOfTurnError, match=f"waiting for {waits}"):
        read_vote(opened(board))


@pytest.mark.parametrize("size", range(CLOSE + 1, END + 1))
def test_vote_that_is_over_is_not_read(board: StaticBoard, size: int) -> None:
    """Whatever came last after the close."""
    board.publish(size)
    with pytest.raises(OutOfTurnError, match="the vote is over"):
        read_vote(opened(board))


def test_junk_in_the_log_keeps_nobody_from_voting(tmp_path: Path) -> None:
    """Entries without effect, before the setup and at the end."""
    log = log_of(HELD).first(BALLOTS).with_entries([(1, b"junk"), (BALLOTS, b"more")])
    board = StaticBoard(tmp_path / "board", log)
    board.publish()
    assert read_vote(opened(board))[1] == HELD.setup[2]


# ── receipts ────────────────────────────────────────────────────────────────────────────────────────────────────


def receipt_at(board: StaticBoard, index: int, *, witnesses: int = 0) -> Receipt:
    """The receipt of an entry under what the board publishes now."""
    note = board.publish(index + 1, witnesses=witnesses)
    path = Tree(DirectoryFetcher(board.root), note.head).prove_entry(index)
    provisional = Receipt(index, path, note.with_signatures(note.note.signatures[:1]))
    return read_receipt(write_receipt(keep(provisional, HELD.ballots[index - BALLOTS])))


def test_receipt_becomes_final_once_the_quorum_has_cosigned(board: StaticBoard) -> None:
    """Not before; under a later, larger checkpoint; the same entry, and the ballot still in it."""
    board.publish(BALLOTS)
    receipt, files = receipt_at(board, BALLOTS + 1), DirectoryFetcher(board.root)
    assert renew(receipt, files, HELD.terms.receipts) is None
    board.publish(BALLOTS + 5, witnesses=2)
    assert renew(receipt, files, HELD.terms.receipts) is None
    board.publish(CLOSE, witnesses=3)
    renewed = renew(receipt, files, HELD.terms.receipts)
    assert renewed is not None
    assert (renewed.index, renewed.extra, renewed.signed.head.size) == (BALLOTS + 1, HELD.ballots[1], CLOSE)
    observed = verify_receipt(renewed, leaf=hash_leaf(entry_in(renewed)), policy=HELD.terms.receipts)
    assert len(observed.cosignatures) == 3


def test_receipt_stays_provisional_where_nothing_was_ever_cosigned(board: StaticBoard) -> None:
    """A board without `checkpoint`."""
    receipt = receipt_at(board, BALLOTS)
    assert not (board.root / "checkpoint").exists()
    assert renew(receipt, DirectoryFetcher(board.root), HELD.terms.receipts) is None


def test_acknowledged_ballot_that_is_gone_is_a_fork_with_evidence(board: StaticBoard, tmp_path: Path) -> None:
    """The log goes on with another history: receipt and board together convict it."""
    receipt = receipt_at(board, BALLOTS + 1)
    log = log_of(HELD)
    del log.received[BALLOTS + 1]
    other = StaticBoard(tmp_path / "other", log)
    other.publish(CLOSE - 1)
    with pytest.raises(ForkError) as fork:
        renew(receipt, DirectoryFetcher(other.root), HELD.terms.receipts)
    assert fork.value.culprit == LOG.key.name
    assert {fork.value.ours, fork.value.theirs} >= {bytes(receipt.signed)}


def test_board_that_shows_less_than_the_receipt_is_named(board: StaticBoard, tmp_path: Path) -> None:
    """It proves nothing yet: the receipt is to be kept and shown."""
    receipt = receipt_at(board, BALLOTS + 4)
    older = StaticBoard(tmp_path / "older", log_of(HELD))
    older.publish(BALLOTS + 2)
    with pytest.raises((BoardError, UnavailableError)) as refused:
        renew(receipt, DirectoryFetcher(older.root), HELD.terms.receipts)
    assert not isinstance(refused.value, ForkError)


def test_mirror_that_shows_wrong_tiles_accuses_nobody(board: StaticBoard) -> None:
    """What is wrong with a file that came from somewhere says nothing against the log."""
    receipt = receipt_at(board, BALLOTS + 1)
    board.publish(CLOSE)
    tile = next((board.root / "tile" / "0").rglob(f"{CLOSE}"))
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    with pytest.raises(UnavailableError, match="not what the log signed"):
        renew(receipt, DirectoryFetcher(board.root), HELD.terms.receipts)


def test_receipt_without_a_ballot_says_what_is_missing(board: StaticBoard) -> None:
    """As the server gives it, nobody could say what was acknowledged."""
    bare = receipt_at(board, BALLOTS)
    with pytest.raises(MalformedError, match="no ballot in this receipt"):
        entry_in(Receipt(bare.index, bare.path, bare.signed))


# ── looking a ballot up ─────────────────────────────────────────────────────────────────────────────────────────


def row(fingerprint: str, index: int) -> bytes:
    """A row of a bucket."""
    return bytes.fromhex(fingerprint) + index.to_bytes(4, "big")


def test_ballot_is_found_through_its_bucket(board: StaticBoard) -> None:
    """Others of the same prefix stand in the same file."""
    board.publish(CLOSE)
    board.write(f"find/0/{FIRST[:2]}", row(FIRST, BALLOTS))
    found = find(opened(board), FIRST)
    assert found is not None
    assert (found.index, found.size) == (BALLOTS, CLOSE)


@pytest.mark.parametrize("index", [0, BALLOTS + 1, CLOSE, CLOSE + 1, 65_535])
def test_bucket_is_not_believed(board: StaticBoard, index: int) -> None:
    """It names another entry, or one that is not there: nothing is found."""
    board.publish(CLOSE)
    board.write(f"find/0/{FIRST[:2]}", row(FIRST, index))
    assert find(opened(board), FIRST) is None


def test_lying_rows_do_not_hide_the_right_one(board: StaticBoard) -> None:
    """Every row of the fingerprint is tried."""
    board.publish(CLOSE)
    board.write(f"find/0/{FIRST[:2]}", row(FIRST, BALLOTS - 1) + row(FIRST, BALLOTS) + row(FIRST, BALLOTS + 1))
    found = find(opened(board), FIRST)
    assert found is not None
    assert found.index == BALLOTS


def test_ballot_that_no_bucket_names_is_not_found(board: StaticBoard) -> None:
    """An index that lags is no proof that something is missing, and no error."""
    board.publish(CLOSE)
    assert find(opened(board), FIRST) is None


def test_entry_that_is_no_ballot_is_not_taken_for_one(tmp_path: Path) -> None:
    """Another kind of entry whose part has the fingerprint that is looked for."""
    log: MemoryLog = log_of(HELD).first(BALLOTS)
    log.received.append(entry(EntryKind.ACCEPTANCE, HELD.ballots[0]))
    log.received.append(b"junk")
    board = StaticBoard(tmp_path / "board", log)
    board.publish()
    for index in (BALLOTS, BALLOTS + 1):
        board.write(f"find/0/{FIRST[:2]}", row(FIRST, index))
        assert find(opened(board), FIRST) is None


@pytest.mark.parametrize(
    "bucket",
    [b"x", row(FIRST, 2**32 - 1), row(FIRST, 8) + row(FIRST, 7), row(FIRST, 7) * 2, row("00" * 32, 7)],
    ids=["cut off", "of another segment", "out of order", "a row twice", "of another prefix"],
)
def test_bucket_that_is_none_is_no_answer(board: StaticBoard, bucket: bytes) -> None:
    """Neither found nor not found: the index is damaged."""
    board.publish(CLOSE)
    board.write(f"find/0/{FIRST[:2]}", bucket)
    with pytest.raises(UnavailableError, match="index is damaged"):
        find(opened(board), FIRST)
