"""A log in memory or on disk, steps that fail, and one check of everything that is stored."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint, verify_log
from psephos.board.guard import Sighting
from psephos.board.heads import Head, Heads, MemoryHeads, first_head
from psephos.board.log import Log
from psephos.board.merkle import hash_leaf
from psephos.board.note import Ed25519Signer, Ed25519Verifier
from psephos.board.pool import Batch, Settings, Ticket
from psephos.board.positions import Positions
from psephos.board.recovery import Stores
from psephos.board.storage import FatalError, MemoryStorage, Storage
from psephos.board.tiles import bundles_of, read_bundle, read_tile, tiles_of
from psephos.board.view import PUBLIC
from psephos.ports import UnixSeconds
from tests.board.example import LOG, head_of, reader_of

START = UnixSeconds(1_800_000_000)


def entry_of(number: int, size: int = 0) -> bytes:
    """The entry of that number."""
    return f"entry-{number:07}".encode().ljust(size, b".")


def confirmed(log: Log) -> list[Sighting]:
    """What somebody says who has seen exactly the log's head."""
    return [Sighting("observer1", log.signed.head.size)]


@dataclass
class Fault:
    """Which step fails, and how.

    Attributes:
        step: Its name: what is done to which kind of file.
        stored: Whether the step is carried out before it fails.
        after: How many such steps succeed first.
        hit: Whether it has failed.
    """

    step: str
    stored: bool
    after: int = 0
    hit: bool = False

    def around(self, step: str, act: Callable[[], None]) -> None:
        """Carry out a step, or let it fail."""
        if step != self.step or self.hit:
            act()
            return
        if self.after:
            self.after -= 1
            act()
            return
        self.hit = True
        if self.stored:
            act()
        raise OSError(5, f"{step} fails")


def no_fault() -> Fault:
    """No step fails."""
    return Fault("nothing", stored=False)


def kind_of(path: str) -> str:
    """Which kind of file a path names."""
    kinds = ("state/staging", "pub/tile/entries", "pub/tile", "pub/checkpoint", "pub/blob")
    return next(kind for kind in kinds if path.startswith(kind)).split("/")[-1]


@dataclass
class FaultyStorage:
    """A storage whose steps fail when told to; a batch of files fails between any two of them."""

    inner: Storage
    fault: Fault = field(default_factory=no_fault)
    flip: str = ""

    def read(self, path: str) -> bytes:
        """Read, with one bit wrong in files of the kind `flip`."""
        data = self.inner.read(path)
        if self.flip and kind_of(path) == self.flip:
            return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]
        return data

    def names(self, folder: str) -> list[str]:
        """List."""
        return self.inner.names(folder)

    def write_once(self, files: Mapping[str, bytes]) -> None:
        """Write, file by file."""
        for path, data in files.items():
            self.fault.around(
                f"write {kind_of(path)}", lambda path=path, data=data: self.inner.write_once({path: data})
            )

    def replace(self, path: str, data: bytes) -> None:
        """Replace."""
        self.fault.around(f"replace {kind_of(path)}", lambda: self.inner.replace(path, data))

    def remove(self, path: str) -> None:
        """Remove."""
        self.fault.around(f"remove {kind_of(path)}", lambda: self.inner.remove(path))

    def free_space(self) -> int:
        """Ask."""
        return self.inner.free_space()


@dataclass
class FaultyHeads:
    """Heads whose swap fails when told to."""

    inner: Heads
    fault: Fault = field(default_factory=no_fault)

    def read(self) -> Head | None:
        """Read."""
        return self.inner.read()

    def swap(self, *, old: Head, new: Head) -> None:
        """Swap."""
        self.fault.around("swap head", lambda: self.inner.swap(old=old, new=new))


@dataclass
class FaultyPositions:
    """An index whose growth fails when told to."""

    inner: Positions
    fault: Fault = field(default_factory=no_fault)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def add(self, *arguments: object, **named: object) -> None:
        """Add."""
        self.fault.around("add positions", lambda: self.inner.add(*arguments, **named))


@dataclass
class World:
    """One log and its history: everything that it ever signed or answered, as outsiders saw it."""

    signer: Ed25519Signer = LOG
    settings: Settings = field(default_factory=lambda: Settings(free_space=0))
    now: UnixSeconds = START
    storage: FaultyStorage = field(default_factory=lambda: FaultyStorage(MemoryStorage()))
    heads: FaultyHeads = field(init=False)
    positions: FaultyPositions = field(default_factory=lambda: FaultyPositions(Positions()))
    fatal: list[FatalError] = field(default_factory=list)
    seen: list[SignedCheckpoint] = field(default_factory=list)
    answered: dict[bytes, int] = field(default_factory=dict)
    handed_in: int = 0

    def __post_init__(self) -> None:
        self.heads = FaultyHeads(MemoryHeads(first_head(self.signer, now=self.now)))

    @property
    def stores(self) -> Stores:
        """What the log is given."""
        return Stores(self.storage, self.heads, self.positions)  # type: ignore[arg-type]

    def break_at(self, fault: Fault) -> None:
        """From now on that step fails."""
        self.storage.fault = self.heads.fault = self.positions.fault = fault

    def open(self, *, writable: bool = True) -> Log:
        """Start the log."""
        log = Log(self.stores, self.signer, now=self.now, settings=self.settings, on_fatal=self.fatal.append)
        if writable:
            log.consult(confirmed(log))
        return log

    def sequence(self, log: Log) -> Batch:
        """Commit a batch a second later; remember what was answered."""
        self.now = UnixSeconds(self.now + 1)
        return log.sequence(self.now, answered=lambda batch: self.remember(batch.tickets))

    def remember(self, tickets: Iterable[Ticket]) -> None:
        """Whoever handed in these entries has their answers."""
        for ticket in tickets:
            answer = ticket.answer
            assert answer is not None
            assert self.answered.setdefault(ticket.fingerprint, answer.index) == answer.index
            self.seen.append(answer.receipt.signed)

    def append(self, log: Log, entries: Iterable[bytes]) -> list[Ticket]:
        """Hand in entries and commit them all."""
        tickets = [log.submit(entry) for entry in entries]
        while any(ticket.answer is None for ticket in tickets):
            self.sequence(log)
        self.remember(tickets)
        return tickets

    def check(self) -> list[bytes]:
        """See `check_log`; besides, nothing that was seen or answered is contradicted."""
        head = self.heads.read()
        assert head is not None
        entries = check_log(self.storage.inner, head, signer=self.signer)
        check_history(entries, self.seen, self.answered)
        return entries


def check_log(storage: Storage, head: Head, *, signer: Ed25519Signer = LOG) -> list[bytes]:
    """Read everything that is stored and verify it, by the definitions and not by the log's own code.

    What the head has committed to is in the tiles, or still in its staged batch. Returns the entries.
    """
    verifier = Ed25519Verifier(signer.key)
    committed = read_signed_checkpoint(head.body)
    verify_log(committed, origin=signer.key.name, verifiers=[verifier])
    size = committed.head.size
    assert size == head.size
    staged = staged_files(storage, f"{size}-{committed.head.root.hex()}")

    def read(path: str) -> bytes:
        if path not in staged:
            return storage.read(PUBLIC + path)
        with suppress(FileNotFoundError):
            assert storage.read(PUBLIC + path) == staged[path]
        return staged[path]

    entries = [entry for bundle in bundles_of(size) for entry in read_bundle(read(bundle.path), bundle)]
    assert len({sha256(entry).digest() for entry in entries}) == size, "an entry stands twice"
    leaves = [hash_leaf(entry) for entry in entries]
    nodes = reader_of(leaves)
    for tile in tiles_of(size):
        first = tile.index * 256
        assert read_tile(read(tile.path), tile) == tuple(nodes(8 * tile.level, first + at) for at in range(tile.width))
    assert head_of(leaves) == committed.head
    for name in ("checkpoint", "checkpoint.latest"):
        with suppress(FileNotFoundError):
            published = read_signed_checkpoint(storage.read(PUBLIC + name))
            verify_log(published, origin=signer.key.name, verifiers=[verifier])
            assert head_of(leaves[: published.head.size]) == published.head
    return entries


def staged_files(storage: Storage, name: str) -> dict[str, bytes]:
    """The files in a staged batch; none if it is not there."""
    try:
        data = storage.read(f"state/staging/{name}")
    except FileNotFoundError:
        return {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def check_history(entries: list[bytes], seen: Iterable[SignedCheckpoint], answered: Mapping[bytes, int]) -> None:
    """Every checkpoint that anybody ever saw is of this history, and every answer holds."""
    heads = {signed.head for signed in seen}
    assert len({head.size for head in heads}) == len(heads), "two checkpoints of one size"
    leaves = [hash_leaf(entry) for entry in entries]
    for head in heads:
        assert head_of(leaves[: head.size]) == head
    for fingerprint, index in answered.items():
        assert sha256(entries[index]).digest() == fingerprint, "an answered entry is lost"
