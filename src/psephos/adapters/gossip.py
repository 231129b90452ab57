"""What others were shown: checkpoints that somebody brings, compared with the log's own history."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from psephos.adapters.board_directory import EVIDENCE
from psephos.adapters.evidence_files import MOST_FILES, keep_evidence
from psephos.adapters.files import write_new
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint, verify_log
from psephos.board.cosignature import verifiers_of
from psephos.board.guard import Sighting
from psephos.board.log import Log
from psephos.board.merkle import TreeHead
from psephos.board.note import VerifierKey
from psephos.errors import PsephosError
from psephos.verify.evidence import fork_evidence

_KEPT = 256


class Gossip:
    """The checkpoints that were brought, one of each head; the oldest are forgotten. Any thread."""

    def __init__(
        self,
        log: Log,
        key: VerifierKey,
        *,
        directory: Path,
        say: Callable[..., None],
        hear: Callable[[Sequence[Sighting]], object],
    ) -> None:
        """Begin with none.

        Args:
            log: The log.
            key: Its key.
            directory: The server's, for evidence.
            say: Takes an event and its values.
            hear: Takes what somebody has seen of the log, if that is more than the log has.
        """
        self._log, self._key, self._evidence, self._say, self._hear = log, key, directory / EVIDENCE, say, hear
        self._lock = threading.Lock()
        self._notes: OrderedDict[TreeHead, bytes] = OrderedDict()

    def notes(self) -> list[str]:
        """Those that are of the log's history, the newest last."""
        with self._lock:
            return [note.decode() for note in self._notes.values()]

    def bring(self, note: bytes) -> None:
        """Compare a checkpoint with the log's history, and keep it.

        Raises:
            MalformedError: It is not a checkpoint.
            InvalidProofError: The log did not sign it.
            UnavailableError: It cannot be compared, or not be kept.
        """
        signed = read_signed_checkpoint(note)
        own = verify_log(signed, origin=self._key.name, verifiers=verifiers_of([self._key]))
        if self.contradicts(signed):
            return
        with self._lock:
            self._notes.setdefault(signed.head, bytes(signed.with_signatures(own)))
            if len(self._notes) > _KEPT:
                self._notes.popitem(last=False)

    def contradicts(self, signed: SignedCheckpoint) -> bool:
        """Whether a checkpoint with the log's own signature is not of its history; then it is an alarm.

        One that is no larger than the log is evidence, too. A larger one proves nothing to others: the log might have
        grown to it. To us it says that somebody else signs with our key, or that we are an old copy.

        Raises:
            UnavailableError: It cannot be compared.
        """
        size = signed.head.size
        known = self._log.head_at(size)
        ours = self._log.signed  # asked later, so that it is no smaller
        if known == signed.head:
            return False
        kind, reason = ("split-view" if known else "ahead"), "signed with our key, and not of our history"
        try:
            if known is None:
                name = f"{sha256(bytes(signed)).hexdigest()[:32]}.note"
                self._keep_unproved(name, bytes(signed))
            else:
                proof = self._log.consistency(size, ours.head.size) if 0 < size < ours.head.size else ()
                found = fork_evidence(bytes(ours), bytes(signed), log=[self._key], proof=proof, old_root=known.root)
                keep_evidence(self._evidence, found)
        except PsephosError as error:
            reason = f"{reason}; the evidence is lost: {error}"
        self._say("alarm", kind=kind, size=size, reason=reason)
        if known is None:
            self._hear([Sighting("somebody who brought it", size, signed.head.root)])
        return True

    def _keep_unproved(self, name: str, note: bytes) -> None:
        folder = self._evidence / "unproved"
        if not folder.exists() or len(list(folder.iterdir())) < MOST_FILES:
            write_new(folder / name, note)
