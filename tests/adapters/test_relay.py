"""What a relay holds, brings and forgets, whatever the boards do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from psephos.adapters.http import DirectoryFetcher
from psephos.adapters.relay import DOUBT_SECONDS, PAUSE_SECONDS, REST_SECONDS, Party, Relay, Target
from psephos.adapters.relay_store import RelayStore
from psephos.board.checkpoint import Checkpoint, SignedCheckpoint, write_checkpoint
from psephos.board.merkle import hash_leaf, prove_inclusion
from psephos.board.note import Ed25519Signer, Note
from psephos.board.proof import Receipt
from psephos.board.storage import NotNowError
from psephos.errors import (
    InvalidProofError,
    MalformedError,
    MismatchError,
    OutOfTurnError,
    PsephosError,
    RuleError,
    UnavailableError,
)
from psephos.ports import UnixSeconds
from psephos.protocol.ballot import BallotForm
from psephos.protocol.election import read_election
from psephos.protocol.encoding import sha256_hex
from psephos.record.admission import AllowanceError, BallotAdmission, ballot_entry
from psephos.record.electorate import read_electorate
from psephos.record.relaying import verify_relayed
from tests.board.example import reader_of
from tests.support.bad_entries import BALLOTS, ballot_by
from tests.support.boards import StaticBoard, head_at
from tests.support.logged import LOG, STANDBY, MemoryLog, Vote, hold_vote, log_of, more_ballots

SIGNER = Ed25519Signer("observer1.example/r", bytes(31) + b"\x09")
BEGAN = 1_800_000_000


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.time = BEGAN

    def now(self) -> UnixSeconds:
        return UnixSeconds(self.time)


class Board:
    """Stands for a board: takes ballots in as a log does, unless a test says otherwise; shows the files of a folder."""

    def __init__(self, root: Path, log: MemoryLog, signer: Ed25519Signer = LOG) -> None:
        self.static = StaticBoard(root, log)
        self.signer = signer
        self.declines: PsephosError | None = None
        self.loses_answers = False
        self.lies: bytes | None = None
        self.asked: list[bytes] = []

    @property
    def log(self) -> MemoryLog:
        return self.static.log

    def ballot(self, ballot: bytes) -> Receipt:
        self.asked.append(ballot)
        if self.declines is not None:
            raise self.declines
        entry = ballot_entry(ballot)
        if entry not in self.log.received:
            self.log.received.append(entry)
        if self.loses_answers:
            raise UnavailableError("the answer was lost")
        return self.receipt(self.log.received.index(ballot_entry(self.lies or ballot)))

    def receipt(self, index: int) -> Receipt:
        leaves = [hash_leaf(entry) for entry in self.log.received]
        path = prove_inclusion(reader_of(leaves), index=index, size=len(leaves))
        checkpoint = Checkpoint(self.signer.key.name, head_at(self.log, len(leaves)))
        text = write_checkpoint(checkpoint)
        return Receipt(index, path, SignedCheckpoint(Note(text, (self.signer.sign(text),)), checkpoint))

    def fetch(self, path: str, *, limit: int) -> bytes:
        if isinstance(self.declines, UnavailableError):
            raise self.declines
        return DirectoryFetcher(self.static.root).fetch(path, limit=limit)

    def ballots(self) -> list[bytes]:
        return [entry.partition(b"\n\n")[2] for entry in self.log.received[BALLOTS:]]


class Scene:
    """A relay before a board and a standby, for the vote as far as its opening."""

    def __init__(self, root: Path) -> None:
        self.root, self.vote, self.clock = root, hold_vote(), Clock()
        opened = log_of(self.vote).first(BALLOTS)
        self.board = Board(root / "board", opened)
        self.standby = Board(root / "standby", opened.first(BALLOTS), STANDBY)
        self.standby.declines = OutOfTurnError("waits until the observers decide")
        self.said: list[tuple[str, dict[str, object]]] = []
        self.relay = self.start()

    def start(self, *, most: int = 100) -> Relay:
        """The relay, or another process of it after a crash."""
        election = read_election(self.vote.setup[0])
        electorate = read_electorate([self.vote.setup[2]], len(self.vote.setup[2]), election.group)
        admission: BallotAdmission[None] = BallotAdmission(
            BallotForm(election), electorate, largest=10_000, per_hour=3, known=lambda entries: [None] * len(entries)
        )
        targets = [Target(name, board, board) for name, board in (("board", self.board), ("standby", self.standby))]  # type: ignore[arg-type]
        party = Party(SIGNER, self.vote.name, self.vote.terms.receipts, self.root / "evidence")
        self.store = RelayStore(self.root / "relay", most=most)
        self.relay = Relay(self.store, admission, targets, party=party, clock=self.clock, say=self.say)
        return self.relay

    def say(self, event: str, **fields: object) -> None:
        self.said.append((event, fields))

    def cut(self) -> None:
        """Nobody is reached."""
        self.board.declines = self.standby.declines = UnavailableError("no route")

    def restore(self) -> None:
        """The board is reached again."""
        self.board.declines = None
        self.clock.time += REST_SECONDS + 1

    def holds(self) -> Sequence[str]:
        return [one.fingerprint for one in self.store.held()]

    def at_word(self, answer: Receipt | bytes, ballot: bytes) -> int:
        """When the relay says that it received the ballot."""
        assert isinstance(answer, bytes)
        return verify_relayed(answer, SIGNER.key, charter=self.vote.name, ballot=sha256_hex(ballot)).at


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Everything is there."""
    return Scene(tmp_path)


@pytest.fixture
def vote() -> Vote:
    """The vote."""
    return hold_vote()


def test_ballot_that_the_board_takes_gets_the_logs_receipt_and_is_held_until_it_is_final(
    scene: Scene, vote: Vote
) -> None:
    """Acknowledged is not final: the ballot stays until the quorum has countersigned it, and then goes."""
    (ballot,) = vote.ballots[:1]
    answer = scene.relay.take(ballot)
    assert isinstance(answer, Receipt)
    assert (answer.index, answer.extra) == (BALLOTS, ballot)
    assert scene.relay.counts() == {"held": 1, "acknowledged": 1}
    scene.board.static.publish(witnesses=1, verifiers=0)
    scene.relay.work()
    assert scene.holds() == [sha256_hex(ballot)]
    scene.board.static.publish(witnesses=3, verifiers=0)
    scene.relay.work()
    assert scene.holds() == []
    assert list((scene.root / "relay").iterdir()) == []


def test_ballot_that_nobody_takes_now_is_held_durably_and_brought_later(scene: Scene, vote: Vote) -> None:
    """The relay's word names ballot and time; a crash in between changes nothing."""
    (ballot,) = vote.ballots[:1]
    scene.cut()
    assert scene.at_word(scene.relay.take(ballot), ballot) == BEGAN
    scene.clock.time += 60
    scene.start()
    assert scene.at_word(scene.relay.take(ballot), ballot) == BEGAN  # the first time stays
    scene.restore()
    scene.relay.work()
    assert scene.board.ballots() == [ballot]
    assert isinstance(scene.relay.take(ballot), Receipt)
    assert scene.board.asked.count(ballot) == 3  # twice in vain


def test_answer_that_is_lost_is_asked_for_again_and_the_ballot_counted_once(scene: Scene, vote: Vote) -> None:
    """The log had it; the relay did not know."""
    (ballot,) = vote.ballots[:1]
    scene.board.loses_answers = True
    assert isinstance(scene.relay.take(ballot), bytes)
    scene.board.loses_answers = False
    scene.restore()
    scene.start()
    scene.relay.work()
    assert scene.board.ballots() == [ballot]
    assert scene.relay.counts() == {"held": 1, "acknowledged": 1}


def test_same_ballot_from_many_is_held_once(scene: Scene, vote: Vote) -> None:
    """Also while nothing can be brought."""
    scene.cut()
    answers = {scene.at_word(scene.relay.take(vote.ballots[0]), vote.ballots[0]) for _ in range(5)}
    assert answers == {BEGAN}
    assert len(scene.holds()) == 1


def test_ballots_of_a_credential_are_brought_in_the_order_in_which_they_came(scene: Scene, vote: Vote) -> None:
    """The last one in the record counts: a newer ballot must not overtake an older one, whoever asks first."""
    first, other, second, third = vote.ballots[0], vote.ballots[1], vote.ballots[3], vote.ballots[6]
    scene.cut()
    for ballot in (first, other, second):
        scene.relay.take(ballot)
    scene.start()
    scene.restore()
    assert isinstance(scene.relay.take(third), Receipt)
    scene.relay.work()
    brought = scene.board.ballots()
    assert [ballot for ballot in brought if ballot != other] == [first, second, third]
    assert other in brought


def test_one_that_cannot_be_brought_holds_back_later_ones_of_its_credential_only(scene: Scene, vote: Vote) -> None:
    """Declined without a reason that can be right: an alarm, and nothing is lost."""
    scene.board.declines = RuleError("I do not like it")
    assert isinstance(scene.relay.take(vote.ballots[0]), bytes)
    assert isinstance(scene.relay.take(vote.ballots[3]), bytes)
    assert scene.board.asked == [vote.ballots[0]] * 2
    alarms = [fields for event, fields in scene.said if event == "alarm"]
    assert alarms[0] == {"alarm": "declined", "ballot": sha256_hex(vote.ballots[0]), "board": "board", "code": "rule"}
    scene.board.declines = None
    assert isinstance(scene.relay.take(vote.ballots[1]), Receipt)


def test_ballot_that_does_not_hold_is_not_held(scene: Scene, vote: Vote) -> None:
    """No form, another's credential, a signature or a proof that fails: said at once, nothing stored, nobody asked."""
    last = vote.ballots[-1]
    forged = last[:-5] + (b"1" if last[-5:-4] != b"1" else b"2") + last[-4:]
    for ballot, kind in (
        (b"", MalformedError),
        (b"{}", MalformedError),
        (b"x" * 20_000, MalformedError),
        (ballot_by(vote), RuleError),
        (forged, InvalidProofError),
        (vote.unproven, InvalidProofError),
    ):
        with pytest.raises(kind):
            scene.relay.take(ballot)
    assert scene.holds() == []
    assert scene.board.asked == []


def test_boards_that_take_no_ballots_now_are_believed_only_if_all_say_so(scene: Scene, vote: Vote) -> None:
    """Not its turn: told to the voter, not held; but with one board out of reach, it is held."""
    scene.board.declines = OutOfTurnError("the election is closed")
    with pytest.raises(OutOfTurnError, match=r"closed|decide"):
        scene.relay.take(vote.ballots[0])
    assert scene.holds() == []
    scene.cut()
    scene.relay.take(vote.ballots[0])
    scene.board.declines = scene.standby.declines = OutOfTurnError("the election is closed")
    scene.clock.time += REST_SECONDS + 1
    with pytest.raises(OutOfTurnError):
        scene.relay.take(vote.ballots[0])
    assert len(scene.holds()) == 1  # somebody has the relay's word
    scene.relay.work()
    assert scene.said[-1] == ("trouble", {"code": "out-of-turn", "reason": "the election is closed", "held": 1})
    asked = len(scene.board.asked)
    scene.relay.work()
    assert len(scene.board.asked) == asked  # not again and again
    scene.board.declines = None
    scene.clock.time += PAUSE_SECONDS
    scene.relay.work()
    assert scene.board.ballots() == [vote.ballots[0]]


def test_credential_hands_in_no_more_than_its_rate(scene: Scene, vote: Vote) -> None:
    """Whoever has one credential cannot fill a relay; what was held already is answered."""
    ballots = more_ballots(vote, voter=2, count=4)
    scene.cut()
    for ballot in ballots[:3]:
        scene.relay.take(ballot)
    with pytest.raises(AllowanceError):
        scene.relay.take(ballots[3])
    assert isinstance(scene.relay.take(ballots[0]), bytes)
    assert len(scene.holds()) == 3


def test_relay_that_is_full_says_so_before_it_promises_anything(scene: Scene, vote: Vote) -> None:
    """Bounded in number; what is held stays."""
    scene.cut()
    scene.start(most=1)
    scene.relay.take(vote.ballots[0])
    with pytest.raises(NotNowError):
        scene.relay.take(vote.ballots[1])
    assert scene.holds() == [sha256_hex(vote.ballots[0])]


def test_disk_that_fails_is_no_promise(scene: Scene, vote: Vote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was stored, so nothing is said, and the next attempt may succeed."""

    def full(*_: object) -> bool:
        raise UnavailableError("no space left on device")

    scene.cut()
    with monkeypatch.context() as patched:
        patched.setattr("psephos.adapters.relay_store.write_new", full)
        with pytest.raises(UnavailableError):
            scene.relay.take(vote.ballots[0])
    assert scene.holds() == []
    assert isinstance(scene.relay.take(vote.ballots[0]), bytes)


def test_receipt_that_proves_nothing_is_none(scene: Scene, vote: Vote) -> None:
    """The receipt of another ballot: the relay holds on."""
    scene.relay.take(vote.ballots[0])
    scene.board.lies = vote.ballots[0]
    assert isinstance(scene.relay.take(vote.ballots[1]), bytes)
    assert scene.relay.counts() == {"held": 2, "acknowledged": 1}


def test_ballot_that_a_lost_log_had_acknowledged_is_brought_to_the_log_that_goes_on(scene: Scene, vote: Vote) -> None:
    """The receipt is not enough: nobody has countersigned it, and the log is gone."""
    (ballot,) = vote.ballots[:1]
    assert isinstance(scene.relay.take(ballot), Receipt)
    scene.board.declines = UnavailableError("seized")
    scene.relay.work()
    assert scene.standby.ballots() == []
    scene.standby.declines = None
    scene.start()
    scene.clock.time += DOUBT_SECONDS + 1
    scene.relay.work()
    assert scene.standby.ballots() == [ballot]
    answer = scene.relay.take(ballot)
    assert isinstance(answer, Receipt)
    assert answer.signed.checkpoint.origin == STANDBY.key.name


def test_older_ballot_of_a_lost_log_comes_before_the_one_that_replaces_it(scene: Scene, vote: Vote) -> None:
    """The observers decide between the two: the log that goes on gets both in their order, however little time went by.

    The older one has been brought in vain a moment before, so that nobody is in doubt about it.
    """
    older, newer = vote.ballots[0], vote.ballots[3]
    assert isinstance(scene.relay.take(older), Receipt)
    scene.board.declines = UnavailableError("seized")
    scene.clock.time += DOUBT_SECONDS + 1
    scene.relay.work()
    assert scene.standby.asked == [older]
    scene.standby.declines = None
    scene.clock.time += DOUBT_SECONDS - 31
    assert isinstance(scene.relay.take(newer), Receipt)
    assert scene.standby.ballots() == [older, newer]
    scene.clock.time += DOUBT_SECONDS
    scene.relay.work()
    assert scene.standby.ballots() == [older, newer]


def test_newer_ballot_that_comes_in_doubt_first_does_not_overtake(scene: Scene, vote: Vote) -> None:
    """A lost log had acknowledged both; the older one was brought in vain just before the standby's time."""
    older, newer = vote.ballots[0], vote.ballots[3]
    scene.relay.take(older)
    scene.clock.time += DOUBT_SECONDS // 2
    scene.relay.take(newer)
    scene.board.declines = UnavailableError("seized")
    scene.clock.time += DOUBT_SECONDS // 2 + 1
    scene.relay.work()
    scene.standby.declines = None
    scene.clock.time += DOUBT_SECONDS // 2 + 1
    scene.relay.work()
    assert scene.standby.ballots() == [older, newer]


def test_board_whose_turn_begins_between_two_ballots_gets_neither_out_of_order(
    scene: Scene, vote: Vote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has just declined the older one: the newer one waits, and somebody has the relay's word."""
    older, newer = vote.ballots[0], vote.ballots[3]
    scene.relay.take(older)
    scene.board.declines = UnavailableError("seized")
    take = scene.standby.ballot

    def late(ballot: bytes) -> Receipt:
        try:
            return take(ballot)
        finally:
            scene.standby.declines = None

    monkeypatch.setattr(scene.standby, "ballot", late)
    assert isinstance(scene.relay.take(newer), bytes)
    assert scene.standby.asked == [older]
    scene.relay.work()
    assert scene.standby.ballots() == [older, newer]


def test_older_ballot_that_is_final_is_not_brought_again(scene: Scene, vote: Vote) -> None:
    """What the quorum has countersigned is not lost with a log: the newer one goes alone."""
    older, newer = vote.ballots[0], vote.ballots[3]
    scene.relay.take(older)
    scene.board.static.publish(witnesses=3, verifiers=0)
    scene.relay.work()
    assert isinstance(scene.relay.take(newer), Receipt)
    assert scene.board.asked == [older, newer]


def test_log_that_forked_after_acknowledging_is_convicted(scene: Scene, vote: Vote) -> None:
    """The evidence is kept, and the ballot too."""
    scene.relay.take(vote.ballots[0])
    scene.board.log.received[BALLOTS] = ballot_entry(vote.ballots[1])
    scene.board.static.publish()
    scene.relay.work()
    assert [fields["alarm"] for event, fields in scene.said if event == "alarm"] == ["fork"]
    (file,) = (scene.root / "evidence").iterdir()
    assert json.loads(file.read_bytes())["kind"] == "fork"
    assert len(scene.holds()) == 1


def test_file_that_was_changed_is_not_brought(scene: Scene, vote: Vote) -> None:
    """A disk that lies is found out at the next start."""
    scene.cut()
    scene.relay.take(vote.ballots[0])
    (file,) = (scene.root / "relay").glob("*.ballot")
    file.write_bytes(file.read_bytes()[:-2] + b"1}")
    with pytest.raises(MalformedError, match="is damaged"):
        scene.start()


def test_half_written_file_is_nothing(scene: Scene, vote: Vote) -> None:
    """A crash before the file had its name."""
    (scene.root / "relay" / f".{'0' * 64}.ballot.abc.part").write_bytes(b"1 1\n{")
    scene.start()
    assert scene.holds() == []
    assert isinstance(scene.relay.take(vote.ballots[0]), Receipt)


def test_mismatch_is_an_alarm_not_a_loss(scene: Scene, vote: Vote) -> None:
    """A board of another referendum at the address declines, and the ballot waits."""
    scene.board.declines = MismatchError("another referendum")
    assert isinstance(scene.relay.take(vote.ballots[0]), bytes)
    assert scene.said[-1][1]["code"] == "mismatch"
