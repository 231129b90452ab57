"""The log: accepts entries, commits them in batches, answers with receipts, publishes checkpoints.

One batch, in this order:

    1. take the pool's next batch; its entries are ordered by fingerprint
    2. leaf hashes, new tiles, new root
    3. stage: one tar, synced; read it back and check it against what was accepted
    4. sign the checkpoint and swap the head: the commit point
    5. write tiles and bundles, which never change
    6. answer: index and provisional receipt
    7. publish the checkpoint, drop the staged batch

What holds at any point at which the process may die:

    nothing is signed before its entries are on disk, and nothing signed leaves before the head is swapped;
    of one size there is at most one signed checkpoint;
    an entry that was answered is in the head's tree, and its bytes are in the staged batch or in the tiles.

No step is ever tried again. What fails ends the process, by `FatalError` and by the port `on_fatal`; `recovery` is the
only way on. There are no threads in here. One thread calls `sequence`, `publish` and `collect`; any may call the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from psephos.board import staging
from psephos.board.blobs import Blobs
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint, verify_log
from psephos.board.fate import Fate, reading
from psephos.board.guard import Sighting, Standing, judge_sightings
from psephos.board.heads import Head, sign
from psephos.board.merkle import Frontier, TreeHead, verify_inclusion
from psephos.board.note import Ed25519Signer, Ed25519Verifier
from psephos.board.pool import Answer, Batch, Pool, Settings, Ticket
from psephos.board.proof import Receipt
from psephos.board.recovery import CHECKPOINT, LATEST, Stores, recover
from psephos.board.storage import FatalError, NotNowError
from psephos.board.tiles import LARGEST_ENTRY, fits
from psephos.board.view import PUBLIC, Nodes, View, folders_of_parts, read_stored_tile
from psephos.errors import MalformedError, PsephosError, RefusedError, UnavailableError
from psephos.ports import UnixSeconds

_LONG = 60
"""Seconds to wait for what only an operator can change."""


class Log:
    """A log that is open. It takes no entries until `consult` or `start_alone` has said that it may."""

    def __init__(
        self,
        stores: Stores,
        signer: Ed25519Signer,
        *,
        now: UnixSeconds,
        settings: Settings | None = None,
        on_fatal: Callable[[FatalError], None] = lambda _: None,
    ) -> None:
        """Start the log, wherever it was stopped.

        Args:
            stores: Its files and databases.
            signer: Its key; the key's name is the log's origin.
            now: The clock.
            settings: The operator's.
            on_fatal: Ends the process. Called, before the error is raised, when it is unknown what is stored.

        Raises:
            RefusedError: What is stored is not the log's own, newest state.
            FatalError: Something could not be read or written.
        """
        self._stores, self._signer, self._settings = stores, signer, settings or Settings()
        self._fate = Fate(on_fatal)
        self._publish_at = LATEST if self._settings.waits_for_quorum else CHECKPOINT
        self._pool = Pool(self._settings)
        self._nodes = Nodes(stores.storage)
        self._writable = False
        self._outdated: RefusedError | None = None
        self._blobs = Blobs(stores.storage)
        self._collected = 0
        # Exchanged as a whole, by `sequence` only: readers in other threads see the old state or the new one.
        self._view: View = recover(stores, signer.key, now=now, publish_at=self._publish_at)

    @property
    def signed(self) -> SignedCheckpoint:
        """The newest checkpoint, with the log's own signature."""
        return self._view.signed

    def consult(self, sightings: Sequence[Sighting]) -> Standing:
        """Hear what witnesses and observers have seen; if that confirms our head, take entries from now on.

        Raises:
            RefusedError: Somebody has seen more than we have, or another history: this log must not sign any more.
        """
        if self._outdated is not None:
            raise self._outdated
        view = self._view
        try:
            with reading():
                standing = judge_sightings(
                    view.signed.head, sightings, head_at=lambda size: self._nodes.head_at(view.edge, size)
                )
        except RefusedError as error:
            self._outdated, self._writable = error, False
            raise
        self._writable = self._writable or standing is Standing.CURRENT
        return standing

    def start_alone(self, entry: bytes) -> Ticket:
        """Take entries although nobody has confirmed our head; that is the first of them.

        Call it before anybody else can hand in an entry.

        Args:
            entry: Says for ever that the operator decided so, and when: never the same twice.

        Raises:
            RefusedError: Somebody has seen more than we have, or this very decision is in the log already.
            NotNowError: See `submit`.
            MalformedError: Likewise.
        """
        if self._outdated is not None:
            raise self._outdated
        ticket, self._writable = None, True
        try:
            ticket = self.submit(entry, alone=True)
        finally:
            self._writable = ticket is not None and ticket.answer is None
        if not self._writable:
            raise RefusedError("an old decision to start alone does not count again", hint="say when it was taken")
        return ticket

    def submit(
        self, entry: bytes, key: bytes | None = None, *, blobs: Sequence[str] = (), alone: bool = False
    ) -> Ticket:
        """Accept an entry, or find it.

        An entry that is anywhere in the log is never appended again: its ticket has the answer of its first place.

        Args:
            entry: Admitted by the caller's rules.
            key: Whose entry it is, if two of the same must not share a batch: the later one stands later.
            blobs: The objects that it names, as `store_blob` named them.
            alone: It gets a batch by itself, after all that was accepted before and before all that will be.

        Raises:
            MalformedError: It is longer than an entry may be, empty, or names an object that is not stored.
            NotNowError: The pool is full, the disk nearly so, or the log read-only.
            FatalError: The log has ended.
            UnavailableError: The receipt of an entry that is there cannot be made, as a file cannot be read.
        """
        self._fate.go_on()
        with self._fate.committing():
            missing = self._blobs.missing(blobs)
        if missing:
            raise MalformedError("the entry names an object that is not stored", at=missing[0][:64])
        (found,) = self.submit_all([(entry, key)], alone=alone)
        if isinstance(found, PsephosError):
            raise found
        return found

    def submit_all(
        self, entries: Sequence[tuple[bytes, bytes | None]], *, alone: bool = False
    ) -> list[Ticket | PsephosError]:
        """Accept entries that came together and whose objects are stored, or find them; see `submit`.

        Args:
            entries: Each with its key.
            alone: Each gets a batch by itself.

        Returns:
            For each its ticket, or why it was not accepted.

        Raises:
            FatalError: The log has ended.
            UnavailableError: The index, or the disk's free space, cannot be read; nothing was accepted.
        """
        self._fate.go_on()
        with self._pool.lock:
            found = self._find([entry for entry, _ in entries])
            new = [len(entry) for (entry, _), one in zip(entries, found, strict=True) if one is None and fits(entry)]
            refused = self._refusal(sum(new)) if new else None
            tickets = [
                self._accept(entry, key, alone=alone, refused=refused) if one is None else one
                for (entry, key), one in zip(entries, found, strict=True)
            ]
        return [self._settled(entry, one) for (entry, _), one in zip(entries, tickets, strict=True)]

    def find(self, entries: Sequence[bytes]) -> list[Ticket | None]:
        """The tickets of those entries that wait, or are in the log: then with the answer of their first place.

        Raises:
            UnavailableError: A file cannot be read.
        """
        with self._pool.lock:
            found = self._find(entries)
        return [None if one is None else self._answered(entry, one) for entry, one in zip(entries, found, strict=True)]

    def sequence(self, now: UnixSeconds, *, answered: Callable[[Batch], None] = lambda _: None) -> Batch:
        """Commit the next batch, if anything waits.

        Args:
            now: The clock.
            answered: Called with the batch as soon as nothing can take it back, before it is published.

        Raises:
            FatalError: It is unknown what is stored, and the log has ended. Unless `answered` was called, nobody may
                be told anything about this batch.
        """
        self._fate.go_on()
        with self._pool.lock:
            tickets = self._pool.take() if self._writable else []
        if not tickets:
            return Batch((), self.signed)
        with self._fate.committing():
            storage, old = self._stores.storage, self._view
            grown, frontier = staging.stage(
                storage,
                [(ticket.entry, ticket.fingerprint) for ticket in tickets],
                edge=old.edge,
                tail=old.tail,
                frontier=old.frontier,
                read=lambda tile: read_stored_tile(storage, tile),
            )
            view = self._commit(grown, frontier, now=now)
            storage.write_once({PUBLIC + path: data for path, data in grown.files.items()})
            start, head = old.signed.head.size, view.signed.head
            self._stores.positions.add([ticket.fingerprint for ticket in tickets], start=start, head=head)
            for index, ticket in enumerate(tickets, start):
                ticket.answer = Answer(index, self._nodes.receipt(view.edge, index, signed=view.signed))
            self._view = view
        with self._pool.lock:
            self._pool.settle()
        batch = Batch(tuple(tickets), view.signed)
        answered(batch)
        with self._fate.committing():
            storage.replace(self._publish_at, view.head.body)
            storage.remove(staging.name_of(head))
        return batch

    def receipt(self, index: int, *, signed: SignedCheckpoint | None = None) -> Receipt:
        """The receipt of an entry, under the newest checkpoint or an older one that others have cosigned.

        Raises:
            MalformedError: The checkpoint has no such entry.
            InvalidProofError: The checkpoint is not of this log's history.
            UnavailableError: A file cannot be read.
        """
        view = self._view
        signed = signed or view.signed
        if not 0 <= index < signed.head.size <= view.edge.size:
            raise MalformedError(f"there is no entry {index} under a checkpoint of {signed.head.size}")
        with reading():
            receipt = self._nodes.receipt(view.edge, index, signed=signed)
            leaf = self._nodes.read(view.edge, 0, index)
        verify_inclusion(receipt.path, index=index, leaf=leaf, head=signed.head)
        return receipt

    def head_at(self, size: int) -> TreeHead | None:
        """The head that the log's tree had at a size; None if it has never been that large.

        Raises:
            UnavailableError: A file cannot be read.
        """
        view = self._view
        with reading():
            return self._nodes.head_at(view.edge, size) if size <= view.edge.size else None

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The proof that the log has only grown between two sizes, for a witness.

        Raises:
            MalformedError: The log did not have these sizes, in this order.
            UnavailableError: A file cannot be read.
        """
        view = self._view
        if not 0 <= old <= new <= view.edge.size:
            raise MalformedError(f"the log of {view.edge.size} entries does not grow from {old} to {new}")
        with reading():
            return self._nodes.consistency(view.edge, old=old, new=new)

    def store_blob(self, data: bytes) -> str:
        """Store an object that is too large for an entry, before the entry that names it.

        Returns:
            Its name: its SHA-256, in hexadecimal.

        Raises:
            NotNowError: The disk is nearly full, or the log read-only.
            FatalError: It is unknown what is stored.
        """
        self._fate.go_on()
        refused = self._refusal(len(data))
        if refused is not None:
            raise refused
        with self._fate.committing():
            return self._blobs.store(data)

    def publish(self, signed: SignedCheckpoint, *, at: str = CHECKPOINT) -> None:
        """Publish a checkpoint with the cosignatures that were collected; whether they suffice is the caller's affair.

        Args:
            signed: The checkpoint.
            at: Which of the checkpoint files.

        Raises:
            RefusedError: It is not of this log's history, or smaller than the one that is published.
            FatalError: It is unknown what is stored.
            UnavailableError: A file cannot be read.
        """
        self._fate.go_on()
        verify_log(signed, origin=self._signer.key.name, verifiers=[Ed25519Verifier(self._signer.key)])
        if self.head_at(signed.head.size) != signed.head:
            raise RefusedError("the checkpoint is not of this log's history", at=f"size {signed.head.size}")
        if signed.head.size < self.published(at):
            raise RefusedError("a newer checkpoint is published", at=f"size {signed.head.size}")
        with self._fate.committing():
            self._stores.storage.replace(at, bytes(signed))

    def published(self, at: str = CHECKPOINT) -> int:
        """The size of a checkpoint that is published; 0 if there is none.

        Raises:
            UnavailableError: The file cannot be read.
        """
        with reading():
            try:
                return read_signed_checkpoint(self._stores.storage.read(at)).head.size
            except FileNotFoundError:
                return 0

    def collect(self, size: int) -> None:
        """Remove the partial tiles that nobody needs: the full tile is there, and the newest quorum checkpoint has it.

        Args:
            size: Of the newest checkpoint that a quorum has cosigned, or the newest published one without a quorum.

        Raises:
            FatalError: A folder could not be removed.
        """
        self._fate.go_on()
        size = min(size, self._view.edge.size)
        with self._fate.committing():
            for folder in folders_of_parts(size, old=self._collected):
                self._stores.storage.remove(PUBLIC + folder)
        self._collected = max(self._collected, size)

    def _commit(self, grown: staging.Grown, frontier: Frontier, *, now: UnixSeconds) -> View:
        """Step 4. When this returns, the batch is committed; if it raises, nobody knows."""
        old = self._view.head
        signed = sign(self._signer, frontier.head())
        new = Head(old.origin, frontier.size, bytes(signed), max(now, old.signed_at))
        self._stores.heads.swap(old=old, new=new)
        return View(new, signed, grown.edge, frontier, grown.tail)

    def _find(self, entries: Sequence[bytes]) -> list[Ticket | int | None]:
        """Whoever holds the pool's lock sees an entry there or, once its batch is settled, in the index."""
        fingerprints = [sha256(entry).digest() for entry in entries]
        with reading():
            positions = self._stores.positions.find(fingerprints)
        return [self._pool.find(fingerprint) or positions.get(fingerprint) for fingerprint in fingerprints]

    def _accept(
        self, entry: bytes, key: bytes | None, *, alone: bool, refused: NotNowError | None
    ) -> Ticket | PsephosError:
        """Let an entry wait that is not in the log, unless nothing can be written. The caller holds the pool's lock."""
        if not fits(entry):
            return MalformedError(f"an entry has 1 to {LARGEST_ENTRY} bytes, not {len(entry)}")
        ticket = Ticket(entry, sha256(entry).digest())
        try:
            return refused or self._pool.find(ticket.fingerprint) or self._pool.add(ticket, key=key, alone=alone)
        except NotNowError as error:
            return error

    def _settled(self, entry: bytes, found: Ticket | int | PsephosError) -> Ticket | PsephosError:
        try:
            return found if isinstance(found, PsephosError) else self._answered(entry, found)
        except UnavailableError as error:
            return error

    def _answered(self, entry: bytes, found: Ticket | int) -> Ticket:
        if isinstance(found, Ticket):
            return found
        return Ticket(entry, sha256(entry).digest(), Answer(found, self.receipt(found)))

    def _refusal(self, size: int) -> NotNowError | None:
        """Why nothing can be written now; None if it can."""
        if not self._writable:
            return NotNowError(
                "the log is read-only until a witness or an observer confirms its head",
                retry_after=_LONG,
                hint="its operator can reach the witnesses, or start it alone",
            )
        with reading():
            free = self._stores.storage.free_space()
        if free - size >= self._settings.free_space:
            return None
        return NotNowError("the disk is nearly full", retry_after=_LONG, hint="its operator must make room")
