"""The end of the vote while ballots come in: what was acknowledged stands before it, what stands behind was refused."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from psephos.adapters.board_opening import Opened, open_service
from psephos.adapters.board_parts import ServiceSettings
from psephos.adapters.http import DirectoryFetcher, HttpFetcher, Web
from psephos.board.client import Tree
from psephos.board.pool import Settings
from psephos.board.proof import Receipt
from psephos.errors import OutOfTurnError, PsephosError, QuorumError
from psephos.ports import UnixSeconds
from psephos.record.admission import ballot_entry
from psephos.record.board_entries import EntryKind, make_board_entry, read_board_entry
from psephos.record.closing import ClosedBy
from psephos.record.state import RecordState, judge_log
from tests.server.board_process import Board, Place, now, policy_of, terms, until
from tests.server.process import SetClock
from tests.server.test_board_vote import WebLog
from tests.support.logged import LOG, WITNESSES, more_ballots


def entries_of(place: Place, board: Board) -> list[bytes]:
    """The whole log."""
    head = place.checkpoint(board, "checkpoint.latest").head
    return [
        entry for _, found in Tree(HttpFetcher(place.web, board.url), head).entries(0, head.size) for entry in found
    ]


def keep_voting(place: Place, board: Board, ballots: Sequence[bytes], given: dict[bytes, int]) -> None:
    """Hand in one ballot after the other, until the vote has ended; remember what was acknowledged."""
    client = place.client(board, patience=0)
    for ballot in ballots:
        try:
            given[ballot] = client.ballot(ballot).index
        except OutOfTurnError:
            return


@pytest.mark.slow
def test_ballot_that_was_acknowledged_stands_before_the_end(tmp_path: Path, web: Web) -> None:
    """Six voters vote on and on while the closing time comes: no ballot is behind EndBallots, none is lost."""
    place = Place.make(tmp_path / "board", terms(ballots_per_hour=100_000), web=web)
    given: list[dict[bytes, int]] = [{} for _ in range(6)]
    with Board(place.directory, "--start-alone", "--interval", "0.05") as board:
        place.open(board)
        voters = [
            threading.Thread(
                target=keep_voting, args=(place, board, more_ballots(place.vote, voter=voter, count=300), given[voter])
            )
            for voter in range(6)
        ]
        for one in voters:
            one.start()
        until(lambda: all(given))
        closes_at = place.close_soon(board)
        for one in voters:
            one.join()
        until(lambda: place.health(board)["phase"] == "closed")
        assert now() >= closes_at
        found = entries_of(place, board)
        kinds = [read_board_entry(entry).kind for entry in found]
        end = kinds.index(EntryKind.END_BALLOTS)
        assert end == len(kinds) - 1
        acknowledged = {ballot: index for one in given for ballot, index in one.items()}
        assert len(acknowledged) > 6
        assert all(found[index] == ballot_entry(ballot) and index < end for ballot, index in acknowledged.items())
        assert kinds.count(EntryKind.BALLOT) == len(acknowledged)
        for ballot, index in list(acknowledged.items())[:3]:
            assert place.client(board).ballot(ballot).index == index
        head = place.checkpoint(board, "checkpoint.latest").head
        fetcher = HttpFetcher(place.web, board.url)
        log = WebLog(Tree(fetcher, head), fetcher)
        assert all(verdict.has_effect for verdict in judge_log(log, RecordState(log)))


@contextmanager
def opened(place: Place, clock: SetClock) -> Iterator[Opened]:
    """The service without its server, and with a clock that a test sets; the vote is set up."""
    settings = ServiceSettings(interval=0.02, start_alone=True, log=Settings(waits_for_quorum=True, free_space=0))
    with open_service(
        place.directory, clock=clock, settings=settings, say=lambda *_, **__: None, on_fatal=pytest.fail
    ) as found:
        hand_in(found, EntryKind.SETUP, [*place.vote.setup, place.vote.signed_setup()])
        for acceptance in place.vote.acceptances:
            hand_in(found, EntryKind.ACCEPTANCE, [acceptance])
        yield found


def hand_in(found: Opened, kind: EntryKind, contents: Sequence[bytes]) -> Receipt:
    """Hand an entry in."""
    entry, blobs = make_board_entry(kind, contents)
    return found.service.hand_in(entry, list(blobs.values())).result(timeout=60)


def cast(found: Opened, ballot: bytes) -> Receipt:
    """Hand a ballot in."""
    return found.service.hand_in_ballot(ballot).result(timeout=60)


def test_no_ballot_is_taken_in_before_the_opening_time_nor_after_the_closing_time(tmp_path: Path, web: Web) -> None:
    """Everybody has accepted, and the hour has not come; when it comes, nobody has to do anything."""
    place = Place.make(tmp_path / "board", terms(), web=web)
    wire, clock = place.vote.terms.wire, SetClock()
    clock.time = now()
    with opened(place, clock) as found:
        refused = {wire.opens_at - 1: "from", wire.closes_at: "until", wire.closes_at + 100: "until"}
        for at, ballot in ((wire.opens_at, 0), (wire.closes_at - 1, 1)):
            clock.time = at
            assert found.service.health()["ballots"]
            assert cast(found, place.vote.ballots[ballot])
        clock.time = wire.opens_at - 1
        for at, word in refused.items():
            clock.time = at
            assert not found.service.health()["ballots"]
            with pytest.raises(OutOfTurnError) as caught:
                cast(found, place.vote.ballots[2])
            assert word in caught.value.message or found.service.health()["phase"] == "closed"
            assert cast(found, place.vote.ballots[0])  # what was taken in is answered at any time


def test_no_ballot_is_taken_in_before_everybody_has_accepted(tmp_path: Path, web: Web) -> None:
    """The error says who is waited for."""
    place = Place.make(tmp_path / "board", terms(), web=web)
    with Board(place.directory, "--start-alone") as board:
        with pytest.raises(OutOfTurnError):
            place.client(board).ballot(place.vote.ballots[0])
        place.hand_in(board, EntryKind.SETUP, [*place.vote.setup, place.vote.signed_setup()])
        for acceptance in place.vote.acceptances[:-1]:
            place.hand_in(board, EntryKind.ACCEPTANCE, [acceptance])
        with pytest.raises(OutOfTurnError) as caught:
            place.client(board).ballot(place.vote.ballots[0])
        assert "waiting for registrar" in caught.value.message
        place.hand_in(board, EntryKind.ACCEPTANCE, [place.vote.acceptances[-1]])
        assert place.client(board).ballot(place.vote.ballots[0])


def test_vote_ends_by_itself_only_when_observers_say_that_its_time_has_come(tmp_path: Path, web: Web) -> None:
    """From the closing time on nothing is taken in; without their quorum there is no end, nor with old words."""
    policy = policy_of([(f"w{at}", one.key, "") for at, one in enumerate(WITNESSES[:2])], threshold=2)
    place = Place.make(tmp_path / "board", terms(receipts=policy), web=web)
    clock, closes_at = SetClock(), place.vote.terms.wire.closes_at
    clock.time = now()
    with opened(place, clock) as found:
        cast(found, place.vote.ballots[0])
        clock.time = closes_at
        with pytest.raises(OutOfTurnError):
            cast(found, place.vote.ballots[1])
        ours = found.log.signed

        def bring(one: int, at: int) -> None:
            line = WITNESSES[one].cosign(ours.note.text, now=UnixSeconds(at))
            found.cosigning.bring(ours.with_signatures([*ours.note.signatures, line]))

        def turns() -> None:
            """Let the writing thread have its turns: an entry that is refused needs one, and two come after."""
            for _ in range(3):
                with pytest.raises(QuorumError):
                    hand_in(found, EntryKind.END_BALLOTS, [bytes(ours)])

        bring(0, closes_at - 1)
        bring(1, closes_at)
        turns()
        assert (found.service.health()["phase"], found.log.signed) == ("open", ours)
        bring(0, closes_at)
        until(lambda: found.service.health()["phase"] == "closed")
        size = found.log.signed.head.size
        tree = Tree(DirectoryFetcher(found.public), found.log.signed.head)
        ((_, (last,)),) = tree.entries(size - 1, size)
        proof = read_board_entry(last).parts[0].content or b""
        assert proof.count("— ".encode()) == 3


def test_organisers_can_end_a_vote_that_observers_cannot(tmp_path: Path, web: Web) -> None:
    """Their signed word on the time, at or after the closing time; every report will say so."""
    policy = policy_of([("w", WITNESSES[0].key, "")], threshold=1)
    place = Place.make(tmp_path / "board", terms(closes_in=3600, receipts=policy), web=web)
    with Board(place.directory, "--start-alone") as board:
        place.open(board)
        place.client(board).ballot(place.vote.ballots[0])
        with pytest.raises(PsephosError):
            place.hand_in(board, EntryKind.END_BALLOTS, [place.vote.time(now())])
        place.hand_in(board, EntryKind.END_BALLOTS, [place.vote.time(place.vote.terms.wire.closes_at)])
        assert place.health(board)["phase"] == "closed"
        with pytest.raises(OutOfTurnError):
            place.client(board).ballot(place.vote.ballots[1])
        head = place.checkpoint(board, "checkpoint.latest").head
        fetcher = HttpFetcher(place.web, board.url)
        log = WebLog(Tree(fetcher, head), fetcher)
        state = RecordState(log)
        assert all(verdict.has_effect for verdict in judge_log(log, state))
        assert state.closed_by is ClosedBy.ORGANISERS
        assert LOG.key.name == place.checkpoint(board, "checkpoint.latest").checkpoint.origin
