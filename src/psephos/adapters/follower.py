"""Follows one log: from checkpoints that it signed to entries on disk, and from those to verdicts.

No key is used here. What is durable before what: the checkpoint before its entries, the entries before the verdicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from psephos.adapters.board_view import reader_of
from psephos.adapters.mirror import BrokenMirrorError, Mirror
from psephos.adapters.observer_store import ObserverStore
from psephos.board.checkpoint import SignedCheckpoint, verify_log
from psephos.board.client import Fetcher, Tree
from psephos.board.cosignature import verifiers_of
from psephos.board.merkle import TreeHead
from psephos.errors import InvalidProofError, MalformedError, MismatchError, RefusedError, UnavailableError
from psephos.record.board_entries import BoardEntry, EntryKind, read_board_entry
from psephos.record.counting import Spread
from psephos.record.rules import Verdict
from psephos.record.state import RecordState, judge_log
from psephos.record.terms import Terms
from psephos.verify.board_audit import Excluded, excluded_of


class Follower:
    """One log, as far as it was mirrored and judged.

    Attributes:
        mirror: The copy.
        state: What its entries mean.
        excluded: Those without effect, in order.
        newest: The checkpoint of the mirrored tree, with the log's lines; None before the first.
    """

    def __init__(
        self,
        mirror: Mirror,
        store: ObserverStore,
        *,
        charter: bytes,
        terms: Terms,
        spread: Spread = map,
        width: int = 1,
    ) -> None:
        """Begin where an earlier process ended.

        Args:
            mirror: The copy.
            store: What was found before.
            charter: The charter that this observer goes by.
            terms: Its part about the board.
            spread: See `RecordState`.
            width: See `RecordState`.

        Raises:
            RefusedError: The copy was changed.
            UnavailableError: It cannot be read.
        """
        self.mirror, self._store, self._charter, self._terms = mirror, store, charter, terms
        self._verifiers = verifiers_of([terms.logs[0]])
        self.state = RecordState(mirror, spread=spread, width=width)
        self.excluded: list[Excluded] = []
        self.newest: SignedCheckpoint | None = None
        self._agreed: set[TreeHead] = set()
        self._replayed = False
        seen = store.seen()
        if seen is not None:
            mirror.load(seen.head.size)
            if mirror.size() == seen.head.size:
                if mirror.head != seen.head:
                    raise _damaged(mirror)
                self.newest = seen

    @property
    def verified(self) -> TreeHead:
        """The tree of which every entry has its verdict, durably."""
        return self._store.verified()

    @property
    def is_judged(self) -> bool:
        """Whether every mirrored entry has its verdict, durably."""
        return self.newest is not None and self.verified == self.newest.head

    def seen(self) -> SignedCheckpoint | None:
        """The newest checkpoint that was remembered before its entries were mirrored."""
        return self._store.seen()

    def check_signature(self, signed: SignedCheckpoint) -> None:
        """Check that the log signed a checkpoint.

        Raises:
            InvalidProofError: It did not.
        """
        verify_log(signed, origin=self._terms.origin, verifiers=self._verifiers)

    def compare(self, signed: SignedCheckpoint) -> None:
        """Check that a checkpoint which the log signed is of the mirrored history; larger ones are `grow`'s affair.

        Raises:
            ForkError: It is not.
            UnavailableError: The mirror cannot be read.
        """
        head = signed.head
        if self.newest is None or head in self._agreed or not 0 < head.size <= self.newest.head.size:
            return
        reader = reader_of(self.mirror.fetcher, self._terms, seen=self.newest, mirror=self.mirror.fetcher)
        try:
            reader.compare(signed)
        except (InvalidProofError, MalformedError):
            raise _damaged(self.mirror) from None
        self._agreed.add(head)

    def grow(self, signed: SignedCheckpoint, fetchers: Sequence[Fetcher]) -> None:
        """Mirror the tree of a checkpoint which the log signed, from whoever has it.

        Raises:
            ForkError: It has not grown from what was seen.
            UnavailableError: Nobody shows all of it; what was mirrored stays.
            RefusedError: The copy was changed.
        """
        failure = UnavailableError("there is nowhere to fetch it from")
        for fetcher in (copy for one in fetchers for copy in (self.mirror.finished(one), one)):
            try:
                self._grow_from(signed, fetcher)
            except BrokenMirrorError:
                raise
            except (InvalidProofError, MalformedError, UnavailableError) as error:
                failure = UnavailableError(f"size {signed.head.size}: {error.message}", at=error.at)
            else:
                return
        raise failure

    def _grow_from(self, signed: SignedCheckpoint, fetcher: Fetcher) -> None:
        seen, old = self._store.seen(), self.mirror.size()
        self._refuse_fork(signed, fetcher, seen)
        own = signed.with_signatures(verify_log(signed, origin=self._terms.origin, verifiers=self._verifiers))
        if seen is None or signed.head.size > seen.head.size:
            self._store.saw(own)
        self.mirror.append(Tree(fetcher, signed.head))
        self.mirror.collect(old)
        self.newest = own

    def _refuse_fork(self, signed: SignedCheckpoint, fetcher: Fetcher, seen: SignedCheckpoint | None) -> None:
        """Check that a checkpoint has grown from the mirrored one, and from what was only seen, whose place it takes.

        A larger one that was seen, and whose tree nobody shows, keeps nobody from following this one.
        """
        if self.newest is not None:
            reader_of(fetcher, self._terms, seen=self.newest, mirror=self.mirror.fetcher).compare(signed)
        if seen is None or seen == self.newest:
            return
        if seen.head.size <= signed.head.size:
            reader_of(fetcher, self._terms, seen=seen).compare(signed)
        else:
            with suppress(UnavailableError, InvalidProofError, MalformedError):
                reader_of(fetcher, self._terms, seen=seen).compare(signed)

    def judge(self, fetchers: Sequence[Fetcher]) -> int:
        """Judge what was mirrored and make the verdicts durable.

        Args:
            fetchers: For blobs.

        Returns:
            How many entries were judged.

        Raises:
            MismatchError: The log is of another charter, or verdicts that were durable come out otherwise now.
            UnavailableError: A blob cannot be had.
        """
        if self.newest is None:
            return 0
        self.mirror.use(fetchers)
        before = self.state.size
        for verdict in judge_log(self.mirror, self.state):
            self._take(verdict)
        if self.state.size and (self.state.signed is None or self.state.signed.received != self._charter):
            raise MismatchError(
                "the log does not begin with the charter that this observer goes by",
                at="entry 0",
                culprit=self._terms.origin,
                hint="tell the organisers and the other observers: somebody holds another vote with this log",
            )
        self._commit(self.newest.head)
        self.mirror.write_buckets()
        return self.state.size - before

    def _take(self, verdict: Verdict) -> None:
        if verdict.reason is not None:
            self.excluded.append(excluded_of(verdict))
        if verdict.kind == EntryKind.BALLOT:
            ballot = verdict.derived.data[0] if verdict.derived else self._entry(verdict.index).parts[0]
            self.mirror.index_ballot(verdict.index, bytes.fromhex(ballot.digest))
        elif verdict.kind == EntryKind.ENCRYPTED_TALLY and verdict.derived is not None:
            # It was judged against our own sums, and never fetched; who reads this mirror needs it.
            named = {part.digest for part in self._entry(verdict.index).parts if part.content is None}
            for part in verdict.derived.data:
                if part.digest in named and part.content is not None:
                    self.mirror.keep_blob(part.content)

    def _entry(self, index: int) -> BoardEntry:
        (received,) = self.mirror.entries(index, index + 1)
        return read_board_entry(received)

    def _commit(self, head: TreeHead) -> None:
        verified = self.verified
        if not self._replayed and head.size >= verified.size:
            self._check_replay(verified)
            self._replayed = True
        if head.size > verified.size:
            self._store.commit(head, [one for one in self.excluded if one.index >= verified.size])

    def _check_replay(self, verified: TreeHead) -> None:
        """A verdict follows from the log alone: what was judged before must come out the same."""
        if self.mirror.tree().root_at(verified.size) != verified:
            raise _damaged(self.mirror)
        before = [(one.index, one.kind, one.reason) for one in self._store.excluded()]
        now = [(one.index, one.kind, one.reason) for one in self.excluded if one.index < verified.size]
        if before != now:
            raise MismatchError(
                f"the first {verified.size} entries were judged otherwise before",
                at=str(self.mirror.folder),
                hint="this machine's memory or disk is faulty, or the program is another: do not cosign with it",
            )


def _damaged(mirror: Mirror) -> RefusedError:
    return RefusedError(
        "the mirror is not what the log signed",
        at=str(mirror.folder),
        hint="a file in it was changed: move the whole folder away, and start again; it is fetched anew",
    )
