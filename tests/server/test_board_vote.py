"""A whole vote over HTTP: a board, witnesses as processes of their own, and the record that comes out of it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from psephos.adapters.files import MemorySource
from psephos.adapters.http import HttpFetcher, Web
from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.client import AbsentError, Tree
from psephos.board.merkle import hash_leaf
from psephos.board.policy import verify_checkpoint, verify_quorum
from psephos.board.proof import Receipt, verify_receipt
from psephos.cli.witness import run
from psephos.errors import MismatchError, OutOfTurnError, QuorumError
from psephos.ports import ByteSource
from psephos.record.admission import ballot_entry
from psephos.record.board_entries import EntryKind
from psephos.record.board_terms import BoardTerms
from psephos.record.lookup import bucket_path, fingerprint_of, read_bucket
from psephos.record.state import RecordState, derive_record, judge_log
from tests.server.board_process import Board, Place, now, policy_of, terms, until
from tests.server.process import Process, keys_of
from tests.support.logged import LOG, VERIFIERS


class WebLog:
    """A log as a stranger reads it: every entry and object is checked. Fulfils `LogSource`."""

    def __init__(self, tree: Tree, fetcher: HttpFetcher) -> None:
        self.tree, self.fetcher = tree, fetcher

    def size(self) -> int:
        return self.tree.head.size

    def entries(self, start: int, end: int) -> list[bytes]:
        return [entry for _, found in self.tree.entries(start, end) for entry in found]

    def blob(self, digest: str) -> ByteSource:
        return MemorySource(self.fetcher.fetch(f"blob/{digest}", limit=1 << 20))


def read_log(place: Place, board: Board, signed: SignedCheckpoint) -> WebLog:
    """Everything that a checkpoint covers."""
    fetcher = HttpFetcher(place.web, board.url)
    return WebLog(Tree(fetcher, signed.head), fetcher)


def rows_of(fetcher: HttpFetcher, fingerprint: bytes) -> list[tuple[bytes, int]]:
    """What the look-up bucket of a ballot holds now; nothing if it has not been written yet."""
    try:
        received = fetcher.fetch(bucket_path(0, fingerprint), limit=10_000)
    except AbsentError:
        return []
    return list(read_bucket(received, segment=0, prefix=fingerprint[0]))


@pytest.fixture
def witnesses(tmp_path: Path) -> Iterator[list[tuple[Process, Path]]]:
    """Three, of which two are enough."""
    with ExitStack() as stack:
        found = []
        for number in range(3):
            directory = tmp_path / f"witness-{number}"
            assert run(["init", str(directory), "--name", f"observer{number}.example/w1"]) == 0
            assert run(["log", "add", str(directory), str(LOG.key)]) == 0
            found.append((stack.enter_context(Process(directory)), directory))
        yield found


def observed_terms(witnesses: list[tuple[Process, Path]], **changes: int) -> BoardTerms:
    """Terms with those witnesses, and four verifying observers of whom three must agree."""
    listed = [(f"w{at}", keys_of(directory)[0], process.url) for at, (process, directory) in enumerate(witnesses)]
    verifying = [(f"v{at}", one.key, "") for at, one in enumerate(VERIFIERS)]
    return terms(receipts=policy_of(listed, threshold=2), tally=policy_of(verifying, threshold=3), **changes)


@pytest.mark.slow
def test_vote_that_observers_watch_ends_with_a_record_like_that_of_files(
    tmp_path: Path, witnesses: list[tuple[Process, Path]], web: Web
) -> None:
    """From the charter to the result, with one witness away; the archive is that of the same vote held by files."""
    witnesses[2][0].process.kill()
    place = Place.make(tmp_path / "board", observed_terms(witnesses), web=web)
    vote = place.vote
    with Board(place.directory) as board:
        client = place.client(board)
        place.open(board)
        receipts = [client.ballot(ballot) for ballot in vote.ballots[:-1]]
        policy = vote.terms.receipts
        with pytest.raises(QuorumError):  # provisional
            verify_receipt(receipts[0], leaf=hash_leaf(ballot_entry(vote.ballots[0])), policy=policy)
        until(lambda: place.health(board)["cosigned"] > receipts[-1].index)
        cosigned = place.checkpoint(board)
        tree = Tree(HttpFetcher(place.web, board.url), cosigned.head)
        for ballot, receipt in zip(vote.ballots, receipts, strict=False):
            upgraded = Receipt(receipt.index, tree.prove_entry(receipt.index), cosigned)
            assert verify_receipt(upgraded, leaf=hash_leaf(ballot_entry(ballot)), policy=policy).cosignatures

        closes_at = place.close_soon(board)
        until(lambda: place.health(board)["phase"] == "closed")
        assert now() >= closes_at
        with pytest.raises(OutOfTurnError):
            client.ballot(vote.ballots[-1])
        assert client.ballot(vote.ballots[0]).index == receipts[0].index
        with pytest.raises(MismatchError):
            place.hand_in(board, EntryKind.ENCRYPTED_TALLY, [vote.tally[0], vote.tally[1].replace(b":5,", b":4,", 1)])
        place.hand_in(board, EntryKind.ENCRYPTED_TALLY, vote.tally)
        for owner in (1, 3):
            place.hand_in(board, EntryKind.PARTIAL_DECRYPTION, vote.decryptions[owner])
        place.hand_in(board, EntryKind.RESULT, [vote.result])
        assert place.health(board)["phase"] == "done"

        until(lambda: place.checkpoint(board).head == place.checkpoint(board, "checkpoint.latest").head)
        final = place.checkpoint(board)
        verify_quorum(verify_checkpoint(final, policy).cosignatures, policy)
        log = read_log(place, board, final)
        assert all(verdict.has_effect for verdict in judge_log(log, RecordState(log)))
        assert b"".join(derive_record(log)) == vote.bel

        lines = [one.cosign(final.note.text, now=now()) for one in VERIFIERS[:3]]
        for line in lines:
            client.cosignatures(final.with_signatures([*final.note.signatures, line]))
        until(lambda: place.health(board)["verified"] == final.head.size)
        verified = place.checkpoint(board, "checkpoint.verified")
        verify_quorum(verify_checkpoint(verified, vote.terms.tally).cosignatures, vote.terms.tally)

        fetcher = HttpFetcher(place.web, board.url)
        for ballot, receipt in zip(vote.ballots, receipts, strict=False):
            row = (fingerprint_of(ballot), receipt.index)
            until(lambda row=row: row in rows_of(fetcher, row[0]))  # the buckets lag by seconds
