"""The log: what it accepts, in which order, what it answers, and what it publishes."""

from __future__ import annotations

import doctest
import threading
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.heads import sign
from psephos.board.log import Log
from psephos.board.merkle import TreeHead, hash_leaf, verify_consistency, verify_inclusion
from psephos.board.pool import Settings
from psephos.board.positions import Positions
from psephos.board.proof import read_receipt, write_receipt
from psephos.board.storage import NotNowError
from psephos.errors import MalformedError, RefusedError
from tests.board.example import LOG, head_of
from tests.board.log_world import START, World, check_log, entry_of


@pytest.fixture
def world() -> World:
    """A log in memory."""
    return World()


# What is accepted, and where it stands.


@settings(max_examples=20)
@given(st.lists(st.integers(0, 600), min_size=1, max_size=5))
def test_log_of_any_batches_is_whole(steps: list[int]) -> None:
    """Whatever the sizes of the batches: everything stored verifies, everything answered stands where it was said."""
    world, number = World(), 0
    log = world.open()
    for step in steps:
        world.append(log, (entry_of(at) for at in range(number, number + step)))
        number += step
        assert len(world.check()) == number
    log = world.open()
    assert world.check() == [] or log.signed.head.size == number


def test_receipts_hold_and_grow_with_the_log(world: World) -> None:
    """A receipt verifies when it is given, and later under a newer checkpoint or an older one that has the entry."""
    log = world.open()
    first = world.append(log, map(entry_of, range(300)))
    old = log.signed
    world.append(log, map(entry_of, range(300, 1000)))
    for ticket in first:
        assert ticket.answer is not None
        leaf, given_ = hash_leaf(ticket.entry), ticket.answer.receipt
        receipts = [given_, log.receipt(given_.index), log.receipt(given_.index, signed=old)]
        assert [receipt.signed.head.size for receipt in receipts] == [300, 1000, 300]
        for receipt in receipts:
            assert read_receipt(write_receipt(receipt)) == receipt
            verify_inclusion(receipt.path, index=receipt.index, leaf=leaf, head=receipt.signed.head)
    verify_consistency(log.consistency(300, 1000), old=old.head, new=log.signed.head)


def test_receipt_under_a_checkpoint_that_is_not_of_the_log_is_not_given(world: World) -> None:
    """Too large, too small, no such entry, no such sizes."""
    log = world.open()
    world.append(log, map(entry_of, range(5)))
    larger = sign(LOG, TreeHead(6, bytes(32)))
    for index, signed in ((5, None), (-1, None), (0, larger), (3, sign(LOG, head_of([hash_leaf(b"x")] * 3)))):
        with pytest.raises(MalformedError, match="there is no entry"):
            log.receipt(index, signed=signed)
    for old, new in ((3, 2), (-1, 2), (0, 6)):
        with pytest.raises(MalformedError, match="does not grow"):
            log.consistency(old, new)


def test_entry_that_is_in_the_log_is_never_appended_again(world: World) -> None:
    """After other entries, a new start and with the index lost: the answer is the first place."""
    log = world.open()
    tickets = world.append(log, map(entry_of, range(600)))
    world.append(log, map(entry_of, range(600, 700)))
    for positions in (world.positions.inner, Positions()):
        world.positions.inner = positions
        log = world.open()
        for ticket in tickets[::50]:
            again = log.submit(ticket.entry)
            assert again.answer is not None
            assert ticket.answer is not None
            assert again.answer.index == ticket.answer.index
            verify_inclusion(
                again.answer.receipt.path, index=again.answer.index, leaf=hash_leaf(ticket.entry), head=log.signed.head
            )
        assert world.sequence(log).tickets == ()
        assert len(world.check()) == 700


def test_entry_that_waits_is_accepted_once(world: World) -> None:
    """The same entry twice in one batch, or while its batch is being committed, has one ticket."""
    log = world.open()
    ticket = log.submit(b"one")
    assert log.submit(b"one") is ticket
    during: list[object] = []
    original = world.heads.inner.swap

    def swap(**heads: object) -> None:
        during.append(log.submit(b"one"))
        original(**heads)  # type: ignore[arg-type]

    world.heads.inner.swap = swap  # type: ignore[method-assign]
    assert world.sequence(log).tickets == (ticket,)
    assert during == [ticket]
    assert world.check() == [b"one"]


def test_order_within_a_batch_is_that_of_the_fingerprints(world: World) -> None:
    """Nobody chooses it, neither who hands in nor the log."""
    log = world.open()
    world.append(log, map(entry_of, range(50)))
    fingerprints = [sha256(entry).digest() for entry in world.check()]
    assert fingerprints == sorted(fingerprints)


def test_two_entries_of_one_key_never_share_a_batch(world: World) -> None:
    """The later one stands later, whatever the fingerprints are; entries of other keys go on."""
    log = world.open()
    revotes = [log.submit(entry_of(at), b"credential") for at in range(5)]
    others = [log.submit(entry_of(at), b"%d" % at) for at in range(5, 10)]
    assert set(world.sequence(log).tickets) == {revotes[0], *others}
    assert [world.sequence(log).tickets for _ in range(5)] == [(ticket,) for ticket in revotes[1:]] + [()]
    indexes = [ticket.answer.index for ticket in revotes if ticket.answer is not None]
    assert indexes == sorted(indexes)
    assert len(world.check()) == 10


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([False, False, False, True])), max_size=30),
    st.sampled_from([1, 4, 100]),
)
def test_pool_keeps_the_order_that_it_promises(steps: list[tuple[int, bool]], pause: int) -> None:
    """Any mixture of keys and entries that stand alone: keys apart and in order, what is alone between the rest."""
    world = World()
    log, handed_in, batches = world.open(), [], []
    for number, (key, alone) in enumerate(steps):
        handed_in.append((log.submit(entry_of(number), b"%d" % key if key else None, alone=alone), key, alone))
        if number % pause == 0:
            batches.append(world.sequence(log).tickets)
    while batches[-1:] != [()]:
        batches.append(world.sequence(log).tickets)
    for batch in batches:
        found = [(key, alone) for ticket, key, alone in handed_in if ticket in batch]
        keys = [key for key, _ in found if key]
        assert len(keys) == len(set(keys))
        assert len(found) == 1 or not any(alone for _, alone in found)
    entries = world.check()
    places = [(entries.index(ticket.entry), key, alone) for ticket, key, alone in handed_in]
    for at, (place, key, alone) in enumerate(places):
        for later, other, other_alone in places[at + 1 :]:
            if alone or other_alone or (key and key == other):
                assert place < later


def test_entry_that_stands_alone_has_everything_before_it_that_came_before(world: World) -> None:
    """The end of the vote: ballots accepted before are before it, later ones after it."""
    log = world.open()
    before = [log.submit(entry_of(at), b"one") for at in range(3)]
    end = log.submit(b"end", alone=True)
    after = [log.submit(entry_of(at)) for at in range(3, 6)]
    batches = [world.sequence(log).tickets for _ in range(5)]
    assert batches[:4] == [(before[0],), (before[1],), (before[2],), (end,)]
    assert set(batches[4]) == set(after)


def test_entry_of_no_or_too_many_bytes_is_refused(world: World) -> None:
    """An entry has 1 to 65,535 bytes."""
    log = world.open()
    for entry in (b"", bytes(65_536)):
        with pytest.raises(MalformedError) as caught:
            log.submit(entry)
        assert caught.value.code == "malformed"
    world.append(log, [bytes(65_535), b"x"])
    assert len(world.check()) == 2


def test_full_pool_refuses_until_a_batch_is_taken(world: World) -> None:
    """By number and by bytes; the refusal says when to come back; what waits already is still found."""
    world.settings = Settings(free_space=0, pool_entries=3, pool_bytes=1000, retry_after=7)
    log = world.open()
    tickets = [log.submit(entry_of(at)) for at in range(3)]
    with pytest.raises(NotNowError) as caught:
        log.submit(entry_of(3))
    assert (caught.value.code, caught.value.retry_after) == ("not-now", 7)
    assert log.submit(entry_of(1)) is tickets[1]
    world.sequence(log)
    log.submit(bytes(900))
    with pytest.raises(NotNowError):
        log.submit(bytes(101))
    world.sequence(log)
    for entry in (entry_of(3), bytes(1000)):
        world.append(log, [entry])
    assert len(world.check()) == 6


def test_entries_that_come_together_are_judged_one_by_one(world: World) -> None:
    """Known, waiting, twice among them, malformed, one too many: each gets its own answer, at its own place."""
    world.settings = Settings(free_space=0, pool_entries=3)
    log = world.open()
    (known,) = world.append(log, [b"known"])
    waiting = log.submit(b"waiting")
    together = [b"known", b"waiting", b"new", b"", b"new", b"newer", b"one too many", bytes(65_536)]
    found = log.submit_all([(entry, b"key %d" % at) for at, entry in enumerate(together)])
    assert [type(one) for one in found] == [
        *[type(waiting)] * 3, MalformedError, type(waiting), type(waiting), NotNowError, MalformedError,
    ]  # fmt: skip
    assert found[1] is waiting
    assert found[4] is found[2]
    assert [one.answer for one in log.find([b"known", b"newer", b"one too many"]) if one] == [known.answer, None]
    world.sequence(log)
    assert sorted(world.check()) == [b"known", b"new", b"newer", b"waiting"]


def test_entry_whose_receipt_cannot_be_read_says_nothing_about_those_beside_it(world: World) -> None:
    """It is told so at its place; the others wait."""
    log = world.open()
    world.append(log, map(entry_of, range(300)))
    log = world.open()
    removed = world.storage.inner.files.pop("pub/tile/0/000")  # type: ignore[attr-defined]
    found = log.submit_all([(entry, None) for entry in (b"new", entry_of(7), b"newer")])
    assert [type(one).__name__ for one in found] == ["Ticket", "UnavailableError", "Ticket"]
    world.storage.inner.files["pub/tile/0/000"] = removed  # type: ignore[attr-defined]
    world.sequence(log)
    assert len(world.check()) == 302


def test_malformed_entry_asks_nothing_of_the_disk(world: World) -> None:
    """Not even whether there is room."""
    world.settings = Settings(free_space=1 << 40)
    log = world.open()
    for entry in (b"", bytes(65_536)):
        with pytest.raises(MalformedError):
            log.submit(entry)
    with pytest.raises(NotNowError):
        log.submit(b"fits")


@settings(max_examples=50, deadline=None)
@given(chunks=st.lists(st.lists(st.integers(0, 30), max_size=20), max_size=6), commits=st.sets(st.integers(0, 5)))
def test_entries_are_appended_once_however_they_come_together(chunks: list[list[int]], commits: set[int]) -> None:
    """Handed in together or one by one, again and again, committed in between or not: each stands there once."""
    world = World()
    log, places = world.open(), dict[int, int]()
    for at, chunk in enumerate(chunks):
        log.submit_all([(entry_of(number), None) for number in chunk])
        if at in commits:
            world.sequence(log)
    world.sequence(log)
    for number in {number for chunk in chunks for number in chunk}:
        answer = log.submit(entry_of(number)).answer
        assert answer is not None
        places[number] = answer.index
    assert sorted(places.values()) == list(range(log.signed.head.size))


def test_disk_that_is_nearly_full_takes_no_entries(world: World) -> None:
    """Below the limit nothing new is accepted; what waits is committed, and what is there is answered."""
    world.settings = Settings(free_space=1000)
    log = world.open()
    known = world.append(log, [b"known"])[0]
    waiting = log.submit(b"waiting")
    world.storage.inner.free = 1005  # type: ignore[attr-defined]
    for refused in (
        lambda: log.submit(b"entry 10 b"),
        lambda: log.store_blob(b"object"),
        lambda: log.submit(b"<more>"),
    ):
        with pytest.raises(NotNowError, match="disk"):
            refused()
    assert log.submit(b"known").answer.index == known.answer.index  # type: ignore[union-attr]
    assert world.sequence(log).tickets == (waiting,)
    world.storage.inner.free = 1 << 20  # type: ignore[attr-defined]
    world.append(log, [b"entry 10 b"])


def test_object_is_stored_before_an_entry_that_names_it(world: World) -> None:
    """An entry that names an object which is not there, damaged or no name at all is refused."""
    log = world.open()
    name = log.store_blob(b"object")
    assert name == sha256(b"object").hexdigest()
    assert log.store_blob(b"object") == name
    assert world.storage.read(f"pub/blob/{name}") == b"object"
    log = world.open()
    log.submit(b"names it", blobs=[name])
    world.storage.inner.files["pub/blob/" + "0" * 64] = b"damaged"  # type: ignore[attr-defined]
    for missing in ("0" * 64, "1" * 64, "../checkpoint", name.upper()):
        with pytest.raises(MalformedError, match="not stored") as caught:
            log.submit(b"names another", blobs=[name, missing])
        assert caught.value.at == missing
    world.sequence(log)
    assert world.check() == [b"names it"]


class Crowd(threading.Thread):
    """Hands the same entries in again and again, and checks every answer."""

    def __init__(self, log: Log, numbers: Sequence[int]) -> None:
        super().__init__()
        self.log, self.numbers, self.stop = log, numbers, threading.Event()
        self.answers: dict[int, set[int]] = {}
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Until told to stop."""
        try:
            while not self.stop.is_set():
                for number in self.numbers:
                    self.hand_in(number)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.failure = error

    def hand_in(self, number: int) -> None:
        """One entry."""
        answer = self.log.submit(entry_of(number)).answer
        if answer is not None:
            leaf, head = hash_leaf(entry_of(number)), answer.receipt.signed.head
            verify_inclusion(answer.receipt.path, index=answer.index, leaf=leaf, head=head)
            self.answers.setdefault(number, set()).add(answer.index)


def test_readers_and_writers_in_threads_see_one_history(world: World) -> None:
    """Four threads hand the same entries in while batches are committed: each entry once, one answer for all."""
    log = world.open()
    orders: list[Sequence[int]] = [range(60), range(59, -1, -1), range(0, 60, 2), range(1, 60, 2)]
    crowd = [Crowd(log, numbers) for numbers in orders]
    for one in crowd:
        one.start()
    for number in range(60, 140):
        log.submit(entry_of(number))
        world.sequence(log)
    for one in crowd:
        one.stop.set()
        one.join()
        assert one.failure is None
    while world.sequence(log).tickets:
        pass
    entries = world.check()
    assert sorted(entries) == sorted(map(entry_of, range(140)))
    for one in crowd:
        assert all(found == {entries.index(entry_of(number))} for number, found in one.answers.items())


# What is published, and what is removed.


def test_checkpoint_waits_for_the_quorum_if_told_so(world: World) -> None:
    """`checkpoint.latest` follows the log; `checkpoint` is what the caller publishes, and never goes back."""
    world.settings = Settings(free_space=0, waits_for_quorum=True)
    log = world.open()
    world.append(log, map(entry_of, range(3)))
    three = log.signed
    world.append(log, map(entry_of, range(3, 5)))
    read = world.storage.read
    assert read("pub/checkpoint.latest") == bytes(log.signed)
    assert "checkpoint" not in world.storage.names("pub")
    log.publish(three)
    assert read("pub/checkpoint") == bytes(three)
    five = log.signed
    log.publish(five)
    with pytest.raises(RefusedError, match="newer"):
        log.publish(three)
    fork: SignedCheckpoint = sign(LOG, TreeHead(5, bytes(32)))
    for signed in (fork, sign(LOG, TreeHead(6, bytes(32)))):
        with pytest.raises(RefusedError, match="history"):
            log.publish(signed)
    assert read("pub/checkpoint") == bytes(five)
    log = world.open()
    world.append(log, [entry_of(5)])
    assert (len(world.check()), read("pub/checkpoint")) == (6, bytes(five))


def test_partial_tiles_are_removed_only_if_a_cosigned_checkpoint_has_the_full_one(world: World) -> None:
    """Clients that hold that checkpoint, or fall back to full tiles, find all that they need."""
    log = world.open()
    for start in range(0, 600, 100):
        world.append(log, map(entry_of, range(start, start + 100)))
    files = world.storage.inner.files  # type: ignore[attr-defined]

    def parts() -> list[str]:
        return sorted({path.split(".p/")[0].removeprefix("pub/tile/") for path in files if ".p/" in path})

    everything = ["0/000", "0/001", "0/002", "1/000", "entries/000", "entries/001", "entries/002"]
    assert parts() == everything
    log.collect(255)
    assert parts() == everything
    log.collect(400)
    assert parts() == [part for part in everything if not part.endswith("/000") or part == "1/000"]
    log.collect(10_000)
    assert parts() == ["0/002", "1/000", "entries/002"]
    log.collect(0)
    world.check()
    world.open().collect(600)
    world.append(world.open(), map(entry_of, range(600, 900)))
    assert len(world.check()) == 900


def test_refusing_is_tried_before_anything_is_stored() -> None:
    """A log that was only opened has written its empty checkpoint and nothing else."""
    world = World()
    world.open(writable=False)
    assert set(world.storage.inner.files) == {"pub/checkpoint"}  # type: ignore[attr-defined]
    head = world.heads.read()
    assert head is not None
    assert check_log(world.storage, head) == []
    assert isinstance(Log(world.stores, LOG, now=START), Log)


def test_example_of_the_documentation_runs() -> None:
    """What the page shows is what happens."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "log-storage.md"
    found = doctest.testfile(str(page), module_relative=False)
    assert found.attempted > 10
    assert found.failed == 0
