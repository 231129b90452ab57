"""What the log means so far, kept up with it: the record's state, the doors of the ballot box, the look-up buckets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from psephos.adapters.ballot_box import Checked as Ours
from psephos.adapters.ballot_box import Doors
from psephos.adapters.board_source import StoredLog
from psephos.adapters.buckets import Buckets
from psephos.board.pool import Ticket
from psephos.protocol.ballot import BallotForm, gather
from psephos.record.board_entries import EntryKind
from psephos.record.counting import Checked
from psephos.record.lookup import fingerprint_of
from psephos.record.rules import ExcludedError, Verdict
from psephos.record.state import RecordState

_WINDOW = 4096
_BALLOT = f"psephos/{EntryKind.BALLOT}/".encode()


class RunningRecord:
    """For the thread that writes."""

    def __init__(
        self,
        source: StoredLog,
        doors: Doors,
        buckets: Buckets,
        *,
        checked: Ours,
        known: Callable[[Sequence[bytes]], Sequence[Ticket | None]],
        say: Callable[..., None],
    ) -> None:
        """Begin before entry 0.

        Args:
            source: The log.
            doors: Of the ballot box.
            buckets: For look-ups.
            checked: Ballots that this process has checked in full; they are taken out once counted.
            known: What the log has to say of each entry, if it has it.
            say: Takes an event and its values.
        """
        self._source, self._doors, self._buckets = source, doors, buckets
        self._checked, self._known, self._say = checked, known, say
        self.state = RecordState(source, spread=self._check_once)

    def replay(self) -> None:
        """Judge what is in the log.

        Raises:
            UnavailableError: Something that is stored cannot be read.
        """
        size = self._source.size()
        while self.state.size < size:
            for received in self._source.entries(self.state.size, min(self.state.size + _WINDOW, size)):
                self._take(received)
        self._report(self.state.flush())
        self._buckets.write()
        self._doors.follow(self.state, known=self._known)

    def take(self, received: Iterable[bytes]) -> None:
        """Judge entries that were committed, the next ones of the log.

        Raises:
            UnavailableError: Something that is stored cannot be read.
        """
        changed = [self._take(entry) for entry in received]
        if any(changed):
            self._doors.follow(self.state, known=self._known)

    def check(self, received: bytes, blobs: Mapping[str, bytes]) -> None:
        """Check that an entry other than a ballot would have effect now.

        Args:
            received: The entry.
            blobs: Objects that came with it.

        Raises:
            PsephosError: Why it would not.
            UnavailableError: An object that it names is not there.
        """
        with self._source.offering(blobs):
            try:
                self.state.check_effect(received)
            except ExcludedError as excluded:
                raise excluded.error from None

    def _take(self, received: bytes) -> bool:
        """Judge an entry; whether it was another than a ballot."""
        ballot = received.startswith(_BALLOT)
        if ballot:
            self._buckets.add(self.state.size, fingerprint_of(received.partition(b"\n\n")[2]))
        self._report(self.state.take(received))
        return not ballot

    def _report(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.error is not None:
                reason = f"{verdict.reason}: {verdict.error.message}"
                self._say("without-effect", index=verdict.index, kind=verdict.kind, reason=reason)
            elif verdict.kind != EntryKind.BALLOT:
                self._say("entry", index=verdict.index, kind=verdict.kind)

    def _check_once(self, check: Callable[[list[bytes]], Checked], chunks: list[list[bytes]]) -> Iterator[Checked]:
        """Check chunks of ballots; those that this process has let in were checked before, and are not read again."""
        for texts in chunks:
            found = [self._checked.pop(sha256(text).digest(), None) for text in texts]
            known = [one for one in found if one is not None]
            yield (gather(self._form(), known), {}) if len(known) == len(texts) > 0 else check(texts)

    def _form(self) -> BallotForm:
        assert self.state.count is not None
        return self.state.count.form
