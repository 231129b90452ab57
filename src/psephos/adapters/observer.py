"""A verifying observer's hands: one look at the world, and everything that follows from it.

    look everywhere → compare all checkpoints → remember the newest → mirror its entries → judge every one →
    make the verdicts durable → cosign → show checkpoint and report → hand the lines in, pass on what was seen

At whichever step the process dies, the next one begins with what was durable and comes to the same end. Only a fork,
missing data or a signature that does not hold keeps it from cosigning (design D3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from psephos.adapters.evidence_files import keep_evidence
from psephos.adapters.follower import Follower
from psephos.adapters.mirror import BrokenMirrorError
from psephos.adapters.observer_publishing import Publisher
from psephos.adapters.sightings import Monitor, Sighting, Source, Trouble, collect
from psephos.adapters.witness import Witness
from psephos.adapters.witness_store import BrokenStoreError
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.client import Fetcher, ForkError
from psephos.board.cosignature import read_timestamp
from psephos.board.note import SignatureLine
from psephos.board.policy import verify_checkpoint
from psephos.board.witness import OK, AddCheckpoint, write_add_checkpoint
from psephos.errors import BoardError, InvalidProofError, PsephosError, UnavailableError
from psephos.ports import Clock, UnixSeconds
from psephos.record.terms import Terms
from psephos.roles.observer import Alarm, Patience, is_stalled
from psephos.verify.evidence import check_evidence, evidence_of_fork
from psephos.verify.misconduct import CosignerHistory

_FATAL = (BrokenMirrorError, BrokenStoreError)
_MEMORY = "memory"
_MOST_PASSED_ON = 10_000
_MOST_LISTED = 100
"""Of one look, in lines; the report has them all."""
_CLOCK_BEHIND = 503

Event = tuple[str, Mapping[str, str | int]]
"""What a log line says: a fixed event, and its values."""


@dataclass
class Look:
    """What came of one look.

    Attributes:
        found: Conditions that hold now, each with its reason.
        events: What else is worth a line.
    """

    found: dict[Alarm, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


class Observer:
    """Looks, judges, cosigns, tells."""

    def __init__(
        self,
        follower: Follower,
        witness: Witness,
        publisher: Publisher,
        *,
        terms: Terms,
        clock: Clock,
        evidence: Path,
        patience: Patience,
    ) -> None:
        """Bring the parts together.

        Args:
            follower: The log as far as it was judged.
            witness: The memory of what was cosigned, with the verifying keys.
            publisher: Shows what was found.
            terms: The charter's.
            clock: The observer's own.
            evidence: Directory for what convicts somebody.
            patience: See `Patience`.
        """
        self._follower, self._witness, self._publisher = follower, witness, publisher
        self._terms, self._clock, self._evidence, self._patience = terms, clock, evidence, patience
        self._fresh_at = UnixSeconds(0)
        self._cosigners = CosignerHistory([terms.receipts, terms.tally], log=[terms.logs[0]])
        self._convicted: dict[str, str] = {}
        self._passed_on: set[bytes] = set()

    def look(self, sources: Sequence[Source], monitors: Sequence[Monitor] = ()) -> Look:
        """Look everywhere once and do all that follows.

        Args:
            sources: The board and its copies.
            monitors: Other observers.

        Raises:
            ForkError: The log signed two histories; the evidence is kept.
            RefusedError: This observer's own memory or mirror is not what it was.
            BrokenStoreError: The disk failed.
        """
        look, now = Look(), self._clock.now()
        fetchers = [source.fetcher for source in sources]
        shown = [*self._remembered(), *self._checked(collect([*sources, *monitors]), look)]
        for one in shown:
            self._witness.refuse_amnesia(one.signed)
        with self._keeping_evidence([one.signed for one in shown]):
            grown = self._follow(shown, fetchers, look)
            for one in shown:
                self._follower.compare(one.signed)
        self._look_for_misconduct(shown, look)
        self._judge(fetchers, look)
        self._cosign(look)
        self._publisher.publish([one.signed for one in shown], look.events.append)
        self._tell(sources, shown, look)
        self._look_for_rollback(sources, shown, look)
        self._look_for_silence(shown, look, now=now, grown=grown)
        return look

    @property
    def progress(self) -> int:
        """A number that grows while a look gets on: entries copied and entries judged. Any thread."""
        return self._follower.mirror.copied + self._follower.state.size

    # ── comparing and following ─────────────────────────────────────────────────────────────────────────────────

    def _remembered(self) -> Iterator[Sighting]:
        """What this observer cosigned, and what it saw and may not have mirrored before it died."""
        state = self._witness.logs()[self._terms.origin]
        if state.note:
            yield Sighting(_MEMORY, read_signed_checkpoint(state.note))
        seen = self._follower.seen()
        if seen is not None:
            yield Sighting(_MEMORY, seen)

    def _checked(self, found: Sequence[Sighting | Trouble], look: Look) -> Iterator[Sighting]:
        """What the log signed; of the rest, what is wrong."""
        for one in found:
            if isinstance(one, Trouble):
                look.events.append(("trouble", {"place": one.place, "code": one.error.code, "reason": str(one.error)}))
                if one.is_board:
                    look.found[Alarm.MISSING_DATA] = str(one.error)
                continue
            try:
                self._follower.check_signature(one.signed)
            except InvalidProofError as error:
                if one.is_board:
                    look.found[Alarm.BAD_SIGNATURE] = f"{one.place}: {error}"
                look.events.append(("trouble", {"place": one.place, "code": error.code, "reason": str(error)}))
            else:
                yield one

    def _follow(self, shown: Sequence[Sighting], fetchers: Sequence[Fetcher], look: Look) -> bool:
        """Mirror the largest tree that can be had; whether there was a larger one than before."""
        old = self._follower.mirror.size()
        larger = {one.signed.head: one.signed for one in shown if one.signed.head.size > old}
        for signed in sorted(larger.values(), key=lambda one: one.head.size, reverse=True):
            try:
                self._follower.grow(signed, fetchers)
            except _FATAL:
                raise
            except UnavailableError as error:
                look.found.setdefault(Alarm.MISSING_DATA, str(error))
            else:
                return True
        return False

    @property
    def _newest_size(self) -> int:
        newest = self._follower.newest
        return 0 if newest is None else newest.head.size

    # ── judging and cosigning ───────────────────────────────────────────────────────────────────────────────────

    def _judge(self, fetchers: Sequence[Fetcher], look: Look) -> None:
        before = self._follower.verified.size
        try:
            judged = self._follower.judge(fetchers)
        except _FATAL:
            raise
        except UnavailableError as error:
            look.found[Alarm.MISSING_DATA] = str(error)
            return
        fresh = [one for one in self._follower.excluded if one.index >= before]
        for one in fresh[:_MOST_LISTED]:
            said: dict[str, str | int] = {"index": one.index, "kind": one.kind, "reason": one.reason}
            look.events.append(("without-effect", said | {"message": one.message}))
        if len(fresh) > _MOST_LISTED:
            look.events.append(("without-effect", {"more": len(fresh) - _MOST_LISTED}))
        if judged:
            look.events.append(("judged", {"size": self._follower.state.size, "entries": judged}))

    def _cosign(self, look: Look) -> None:
        """Cosign the mirrored tree, if every entry of it was judged and that is durable."""
        newest = self._follower.newest
        state = self._witness.logs()[self._terms.origin]
        if newest is None or not self._follower.is_judged or newest.head == state.head:
            return
        if self._follower.state.log not in {None, self._terms.logs[0]}:
            # SECURITY: the record stands in another log; that this one goes on is a decision that only people make.
            look.events.append(("waiting", {"reason": f"the record does not stand in {self._terms.origin}"}))
            return
        if newest.head.size < state.head.size:
            # Our mirror was lost and the board is behind: there is nothing new to say.
            return
        proof = self._follower.mirror.tree().prove_growth(state.head.size)
        outcome = self._witness.add_checkpoint(write_add_checkpoint(AddCheckpoint(state.head.size, proof, newest)))
        if outcome.status == OK:
            look.events.append(("cosigned", {"size": newest.head.size}))
        elif outcome.status == _CLOCK_BEHIND:
            look.events.append(("trouble", {"place": _MEMORY, "reason": outcome.reason}))
        else:
            raise BoardError(outcome.reason, culprit=self._terms.origin)

    @property
    def cosigned_size(self) -> int:
        """The size of the tree that was cosigned last."""
        return self._witness.logs()[self._terms.origin].head.size

    def cosignatures(self) -> tuple[SignatureLine, ...]:
        """Our lines under what was cosigned last, to be carried wherever they are needed; none if nothing was."""
        state = self._witness.logs()[self._terms.origin]
        if not state.note:
            return ()
        log = read_signed_checkpoint(state.note).note.signatures
        return tuple(line for line in self._witness.cosigned(state).note.signatures if line not in log)

    # ── telling others ──────────────────────────────────────────────────────────────────────────────────────────

    def _tell(self, sources: Sequence[Source], shown: Sequence[Sighting], look: Look) -> None:
        """Hand our lines in where they are missing, and pass on checkpoints larger than what the board shows."""
        state = self._witness.logs()[self._terms.origin]
        cosigned = self._witness.cosigned(state) if state.note else None
        on_board = [one.signed for one in shown if one.is_board]
        largest = max((one.head.size for one in on_board), default=0)
        news = {one.signed.note.text: one.signed for one in shown if one.signed.head.size > largest}
        for source in sources:
            if source.box is None:
                continue
            with _going_on(source, look):
                if cosigned and on_board and self._is_missing(cosigned, on_board):
                    source.box.cosignatures(cosigned)
                for text, signed in news.items():
                    if text not in self._passed_on and len(self._passed_on) < _MOST_PASSED_ON:
                        source.box.gossip(bytes(signed))
                        self._passed_on.add(text)

    def _is_missing(self, cosigned: SignedCheckpoint, on_board: Sequence[SignedCheckpoint]) -> bool:
        """Whether a board could do with our lines: those of keys that the charter names, which it keeps."""
        policies = (self._terms.receipts, self._terms.tally)
        named = {(one.key.name, one.key.key_id) for policy in policies for one in policy.witnesses}
        ours = {(line.name, line.key_id) for line in cosigned.note.signatures} & named
        there = [one.note.signatures for one in on_board if one.note.text == cosigned.note.text]
        return bool(ours) and not any(ours <= {(line.name, line.key_id) for line in lines} for lines in there)

    # ── what else is wrong ──────────────────────────────────────────────────────────────────────────────────────

    def _look_for_rollback(self, sources: Sequence[Source], shown: Sequence[Sighting], look: Look) -> None:
        """The board shows less than its log signed. It may have grown while others were asked, so it is asked again."""
        boards = [source for source in sources if source.is_board]
        sizes = [one.signed.head.size for one in shown if one.is_board]
        if not sizes or max(sizes) >= self._newest_size:
            return
        again = [one for source in boards for one in source.look() if isinstance(one, Sighting) and one.is_board]
        size = max([*sizes, *(one.signed.head.size for one in again)])
        if size < self._newest_size:
            look.found[Alarm.ROLLBACK] = f"the board shows size {size}, and its log signed size {self._newest_size}"

    def _look_for_silence(self, shown: Sequence[Sighting], look: Look, *, now: UnixSeconds, grown: bool) -> None:
        times = [now] if grown else []
        for one in shown:
            with suppress(InvalidProofError):
                for policy in (self._terms.receipts, self._terms.tally):
                    times += map(read_timestamp, verify_checkpoint(one.signed, policy).cosignatures.values())
        self._fresh_at = max([self._fresh_at, *(time for time in times if time <= now)])
        is_open = self._follower.state.is_open and self._terms.wire.opens_at <= now
        if is_stalled(is_open=is_open, fresh_at=self._fresh_at, now=now, patience=self._patience):
            look.found[Alarm.STALLED] = f"no fresh signed head since {self._fresh_at}, while the vote is open"

    def _look_for_misconduct(self, shown: Sequence[Sighting], look: Look) -> None:
        """Observers are observed as well: none may go back to a smaller tree."""
        for found in self._cosigners.look([one.signed for one in shown if one.place != _MEMORY]):
            if found.witness in self._convicted:
                continue
            kept = keep_evidence(self._evidence, found)
            conviction = check_evidence(found, [self._terms.logs[0]])
            self._convicted[found.witness] = f"{conviction.culprit}: {conviction.found}; evidence: {kept}"
        if self._convicted:
            look.found[Alarm.MISCONDUCT] = "; ".join(self._convicted.values())

    @contextmanager
    def _keeping_evidence(self, shown: Sequence[SignedCheckpoint]) -> Iterator[None]:
        try:
            yield
        except ForkError as fork:
            kept = keep_evidence(self._evidence, evidence_of_fork(fork))
            fork.hint = f"publish {kept}: anybody can check it with the log's key" if kept else fork.hint
            for found in self._cosigners.in_fork(fork, [*self._publisher.shown(), *shown]):
                keep_evidence(self._evidence, found)
            raise


@contextmanager
def _going_on(source: Source, look: Look) -> Iterator[None]:
    """Say what a board declined, and go on."""
    try:
        yield
    except PsephosError as error:
        look.events.append(("trouble", {"place": source.place, "code": error.code, "reason": str(error)}))
