"""The start of a log: what it refuses to go on from, and whom it asks before it writes."""

from __future__ import annotations

import pytest

from psephos.board.guard import Sighting, Standing, judge_sightings
from psephos.board.heads import MemoryHeads, sign
from psephos.board.merkle import TreeHead, hash_leaf
from psephos.board.note import Ed25519Signer
from psephos.board.positions import Positions
from psephos.board.storage import FatalError, NotNowError
from psephos.errors import RefusedError
from psephos.ports import UnixSeconds
from tests.board.example import LOG, ORIGIN, head_of
from tests.board.log_world import Fault, World, confirmed, entry_of

# What is not the log's own newest state.


@pytest.fixture
def grown() -> World:
    """A log of 300 entries that was stopped, and has a copy of its head from when there were 200."""
    world = World()
    log = world.open()
    world.append(log, map(entry_of, range(200)))
    world.old = world.heads.read()  # type: ignore[attr-defined]
    world.append(log, map(entry_of, range(200, 300)))
    return world


def test_head_older_than_what_was_published_is_refused(grown: World) -> None:
    """A backup of the head's database would let the log sign a second history."""
    grown.heads.inner = MemoryHeads(grown.old)  # type: ignore[attr-defined]
    with pytest.raises(RefusedError, match="300 entries are published, and the head has 200") as caught:
        grown.open()
    assert (caught.value.code, caught.value.at) == ("refused", "pub/checkpoint")


def test_head_that_is_missing_is_refused(grown: World) -> None:
    """A log does not begin anew by itself."""
    grown.heads.inner = MemoryHeads(None)
    with pytest.raises(RefusedError, match="has no log"):
        grown.open()


def test_clock_before_the_last_checkpoint_is_refused(grown: World) -> None:
    """A clock that went back is one more sign of a restored machine."""
    grown.now = UnixSeconds(grown.now - 1)
    with pytest.raises(RefusedError, match="clock"):
        grown.open()


@pytest.mark.parametrize("path", ["pub/tile/0/001.p/44", "pub/tile/1/000.p/1", "pub/tile/entries/001.p/44"])
@pytest.mark.parametrize("damage", ["gone", "other", "short"])
def test_right_edge_that_is_not_the_heads_is_refused(grown: World, path: str, damage: str) -> None:
    """Every file that the next batch is built on is compared with the signed root, published or not."""
    files = grown.storage.inner.files  # type: ignore[attr-defined]
    data = files.pop(path)
    if damage != "gone":
        files[path] = data[:-1] + (bytes([data[-1] ^ 1]) if damage == "other" else b"")
    for _ in range(2):
        with pytest.raises(RefusedError):
            grown.open()
        files.pop("pub/checkpoint", None)
    files[path] = data
    grown.open()


def test_published_checkpoint_of_another_history_or_key_is_refused(grown: World) -> None:
    """Somebody who has the key published a fork; somebody who has not published rubbish."""
    files = grown.storage.inner.files  # type: ignore[attr-defined]
    good = files["pub/checkpoint"]
    forks = [
        bytes(sign(LOG, TreeHead(300, bytes(32)))),
        bytes(sign(LOG, TreeHead(7, bytes(32)))),
        bytes(sign(Ed25519Signer(ORIGIN, b"x" * 32), TreeHead(300, bytes(32)))),
        b"rubbish",
    ]
    for note in forks:
        files["pub/checkpoint"] = note
        with pytest.raises(RefusedError):
            grown.open()
    files["pub/checkpoint"] = good
    grown.open()


def test_head_of_another_key_is_refused(grown: World) -> None:
    """The key that signs is the key that signed."""
    grown.signer = Ed25519Signer(ORIGIN, b"x" * 32)
    with pytest.raises(RefusedError, match="not ours"):
        grown.open()


def test_staged_batch_that_is_damaged_is_never_published() -> None:
    """The one copy of a committed batch: better no start than wrong tiles."""
    world = World()
    log = world.open()
    world.append(log, map(entry_of, range(10)))
    world.break_at(Fault("write tile", stored=False))
    log.submit(entry_of(10))
    with pytest.raises(FatalError):
        world.sequence(log)
    (name,) = world.storage.names("state/staging")
    files = world.storage.inner.files  # type: ignore[attr-defined]
    good = files[f"state/staging/{name}"]
    for at in range(0, len(good), 97):
        files[f"state/staging/{name}"] = good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :]
        with pytest.raises(RefusedError, match="damaged"):
            world.open()
        assert "pub/tile/0/000.p/11" not in files
    files[f"state/staging/{name}"] = good
    world.open()
    assert len(world.check()) == 11


@pytest.mark.parametrize("size", [250, 300, 350])
def test_index_of_another_log_is_made_anew(grown: World, size: int) -> None:
    """The index is derived: whatever is in it, the entries decide."""
    other = World()
    other.append(other.open(), (entry_of(at) for at in range(1000, 1000 + size)))
    grown.positions.inner = other.positions.inner
    log = grown.open()
    assert log.submit(entry_of(1000)).answer is None
    assert log.submit(entry_of(7)).answer is not None
    assert grown.positions.covered() == log.signed.head  # type: ignore[operator]


def test_index_is_not_made_from_damaged_entries(grown: World) -> None:
    """Every entry is compared with its tile while the index is made."""
    grown.positions.inner = Positions()
    files = grown.storage.inner.files  # type: ignore[attr-defined]
    files["pub/tile/entries/000"] = files["pub/tile/entries/000"].replace(b"entry-0000007", b"entry-0000008")
    with pytest.raises(RefusedError, match="not the one in the tree"):
        grown.open()


# Read-only until others confirm the head.


def test_log_takes_nothing_until_somebody_confirms_its_head(grown: World) -> None:
    """Nobody asked, nobody answers, somebody knows an older one, somebody knows exactly this one."""
    log = grown.open(writable=False)
    for _ in range(2):
        for refused in (lambda: log.submit(b"new"), lambda: log.store_blob(b"new")):
            with pytest.raises(NotNowError, match="read-only"):
                refused()
        assert log.consult([Sighting("o1", None), Sighting("o2", None)]) is Standing.UNKNOWN
    assert log.submit(entry_of(7)).answer is not None
    assert grown.sequence(log).tickets == ()
    assert log.consult([Sighting("o1", None), Sighting("o2", 250)]) is Standing.UNKNOWN
    with pytest.raises(NotNowError, match="read-only"):
        log.submit(b"new")
    assert log.consult([Sighting("o1", 250), Sighting("o2", 300)]) is Standing.CURRENT
    assert log.consult([]) is Standing.UNKNOWN
    grown.append(log, [b"new"])


def test_somebody_who_has_seen_more_stops_the_log(grown: World) -> None:
    """An old disk: one observer is enough, whatever the others say."""
    log = grown.open(writable=False)
    with pytest.raises(RefusedError, match="seen 301 entries and we have 300") as caught:
        log.consult([Sighting("o1", 300), Sighting("o2", 301), Sighting("o3", None)])
    assert caught.value.culprit == "o2"
    with pytest.raises(NotNowError):
        log.submit(b"new")
    with pytest.raises(RefusedError, match="301"):
        log.start_alone(b"start alone")
    with pytest.raises(RefusedError, match="301"):
        log.consult(confirmed(log))


def test_somebody_who_has_seen_more_stops_a_log_that_works(grown: World) -> None:
    """What waits is not signed any more."""
    log = grown.open()
    log.submit(b"new")
    with pytest.raises(RefusedError):
        log.consult([Sighting("o1", 1000)])
    assert grown.sequence(log).tickets == ()
    assert len(grown.check()) == 300


def test_somebody_who_has_seen_another_history_stops_the_log(grown: World) -> None:
    """The same size, or a smaller one, with another root."""
    log = grown.open(writable=False)
    roots = {size: head_of([hash_leaf(entry) for entry in grown.check()[:size]]).root for size in (0, 200, 256, 300)}
    assert log.consult([Sighting("o1", size, root) for size, root in roots.items()]) is Standing.CURRENT
    for size in roots:
        with pytest.raises(RefusedError, match="another history") as caught:
            log.consult([Sighting("o1", 300), Sighting("o2", size, bytes(32))])
        assert caught.value.culprit == "o2"


def test_log_that_starts_alone_says_so_first(grown: World) -> None:
    """The operator's decision is the first entry, before any other."""
    log = grown.open(writable=False)
    alone = log.start_alone(b"start alone")
    tickets = [log.submit(entry_of(at)) for at in range(300, 310)]
    assert grown.sequence(log).tickets == (alone,)
    assert set(grown.sequence(log).tickets) == set(tickets)
    assert grown.check()[300] == b"start alone"
    log = grown.open(writable=False)
    with pytest.raises(RefusedError, match="does not count again"):
        log.start_alone(b"start alone")
    with pytest.raises(NotNowError):
        log.submit(b"new")


def test_decision_without_any_answer_is_unknown() -> None:
    """No witnesses, none that answers, none that has seen the head."""
    head = TreeHead(3, bytes(32))
    for sightings in ([], [Sighting("o1", None)], [Sighting("o1", 0), Sighting("o2", 2)]):
        assert judge_sightings(head, sightings, head_at=lambda _: head) is Standing.UNKNOWN
