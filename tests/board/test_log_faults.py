"""The log when steps fail: it ends, and nothing is lost."""

from __future__ import annotations

import pytest

from psephos.board.log import Log
from psephos.board.storage import FatalError
from psephos.errors import UnavailableError
from tests.board.log_world import Fault, World, entry_of

STEPS = [
    "write staging",
    "swap head",
    "write tile",
    "write entries",
    "add positions",
    "replace checkpoint",
    "remove staging",
]
COMMITTED_BEFORE = STEPS.index("swap head")


@pytest.fixture
def world() -> World:
    """A log in memory."""
    return World()


def append_for_ever(world: World, log: Log, number: int) -> None:
    """Batches of 90, until one fails; none of the steps is made less than once in two of them."""
    world.handed_in = number
    for _ in range(9):
        for _ in range(90):
            log.submit(entry_of(world.handed_in))
            world.handed_in += 1
        world.sequence(log)


@pytest.mark.parametrize("stored", [False, True], ids=["not-stored", "but-stored"])
@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("size", [3, 255])
def test_step_that_fails_ends_the_log_and_loses_nothing(size: int, step: str, after: int, stored: bool) -> None:
    """Any step of any batch: fatal; nothing of the batch was answered before its commit; a new start goes on."""
    world = World()
    log = world.open()
    world.append(log, map(entry_of, range(size)))
    fault = Fault(step, stored=stored, after=after)
    world.break_at(fault)
    with pytest.raises(FatalError) as caught:
        append_for_ever(world, log, size)
    assert (caught.value.code, world.fatal) == ("fatal", [caught.value])
    assert fault.hit
    number = world.handed_in
    if not step.startswith(("replace", "remove")):
        assert len(world.answered) == number - 90
    for refused in (lambda: log.submit(b"late"), lambda: log.sequence(world.now), lambda: log.store_blob(b"late")):
        with pytest.raises(FatalError):
            refused()
    world.check()

    log = world.open()
    entries = world.check()
    assert len(entries) == log.signed.head.size >= len(world.answered)
    in_batch = entry_of(number - 1) in entries
    if after == 0:
        assert in_batch == (STEPS.index(step) > COMMITTED_BEFORE or (step == "swap head" and stored))
    assert world.storage.names("state/staging") == []
    world.append(log, map(entry_of, range(number + 10)))
    assert sorted(world.check()) == sorted(map(entry_of, range(number + 10)))


@pytest.mark.parametrize("stored", [False, True], ids=["not-stored", "but-stored"])
@pytest.mark.parametrize(
    "step", ["write tile", "write entries", "add positions", "replace checkpoint", "remove staging"]
)
def test_step_of_the_start_that_fails_can_be_repeated(step: str, stored: bool) -> None:
    """A start that dies while it replays a batch is followed by one that does not."""
    world = World()
    log = world.open()
    world.append(log, map(entry_of, range(200)))
    world.break_at(Fault("write tile", stored=False))
    for number in range(200, 300):
        log.submit(entry_of(number))
    with pytest.raises(FatalError):
        world.sequence(log)
    world.break_at(Fault(step, stored=stored))
    with pytest.raises(FatalError, match="cannot start"):
        world.open()
    log = world.open()
    assert len(world.check()) == 300
    world.append(log, map(entry_of, range(310)))
    assert len(world.check()) == 310


def test_object_that_cannot_be_stored_ends_the_log(world: World) -> None:
    """It is unknown what is stored, as with any other file."""
    log = world.open()
    world.break_at(Fault("write blob", stored=True))
    with pytest.raises(FatalError):
        log.store_blob(b"object")
    assert len(world.fatal) == 1


def test_bit_that_flips_in_the_staged_batch_is_never_signed(world: World) -> None:
    """What the disk gives back is compared with what was accepted, before anything is signed."""
    log = world.open()
    world.append(log, map(entry_of, range(10)))
    before = world.heads.read()
    log.submit(entry_of(10))
    world.storage.flip = "staging"
    with pytest.raises(FatalError):
        world.sequence(log)
    assert world.heads.read() == before
    world.storage.flip = ""
    world.append(world.open(), [entry_of(10)])
    assert len(world.check()) == 11


def test_bit_that_flips_in_memory_is_never_signed(world: World) -> None:
    """An entry that changed after it was accepted is noticed by its fingerprint."""
    log = world.open()
    log.submit(b"accepted").entry = b"changed"
    with pytest.raises(FatalError, match="not the one that was accepted"):
        world.sequence(log)
    assert world.open().signed.head.size == 0


def test_head_that_somebody_else_moved_ends_the_log(world: World) -> None:
    """Two processes on one head: one of them ends, and there is one history."""
    one, two = world.open(), world.open()
    one.submit(b"one")
    two.submit(b"two")
    world.sequence(one)
    with pytest.raises(FatalError, match="no longer that of size 0"):
        world.sequence(two)
    assert world.check() == [b"one"]


def test_tile_with_other_bytes_ends_the_log(world: World) -> None:
    """What was published never changes."""
    log = world.open()
    world.append(log, [b"one"])
    log.submit(b"two")
    world.storage.inner.files["pub/tile/0/000.p/2"] = bytes(64)  # type: ignore[attr-defined]
    with pytest.raises(FatalError, match="never changes") as caught:
        world.sequence(log)
    assert caught.value.at == "pub/tile/0/000.p/2"


def test_receipt_whose_tile_cannot_be_read_is_unavailable_and_nothing_ends(world: World) -> None:
    """Reading may be tried again; the log goes on."""
    log = world.open()
    world.append(log, map(entry_of, range(300)))
    log = world.open()
    tile = world.storage.inner.files.pop("pub/tile/0/000")  # type: ignore[attr-defined]
    with pytest.raises(UnavailableError):
        log.receipt(3)
    world.storage.inner.files["pub/tile/0/000"] = tile  # type: ignore[attr-defined]
    log.receipt(3)
    assert world.fatal == []
