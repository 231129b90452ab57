"""What others were shown: checkpoints that somebody brings, compared with the log's own history."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from psephos.adapters.board_directory import keep_contradiction
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint, verify_log
from psephos.board.cosignature import verifiers_of
from psephos.board.log import Log
from psephos.board.merkle import TreeHead
from psephos.board.note import VerifierKey
from psephos.errors import PsephosError

_KEPT = 256


class Gossip:
    """The checkpoints that were brought, one of each head; the oldest are forgotten. Any thread."""

    def __init__(self, log: Log, key: VerifierKey, *, directory: Path, say: Callable[..., None]) -> None:
        """Begin with none.

        Args:
            log: The log.
            key: Its key.
            directory: The server's, for evidence.
            say: Takes an event and its values.
        """
        self._log, self._key, self._directory, self._say = log, key, directory, say
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
        """Whether a checkpoint with the log's own signature is not of its history; then it is evidence, and an alarm.

        Raises:
            UnavailableError: It cannot be compared.
        """
        ours = self._log.signed
        if self._log.head_at(signed.head.size) == signed.head:
            return False
        kept = sha256(bytes(signed)).hexdigest()[:32]
        said = {"size": signed.head.size, "reason": "signed with our key, and not of our history"}
        try:
            keep_contradiction(self._directory, ours=bytes(ours), theirs=bytes(signed), kept=kept)
        except PsephosError as error:
            said["reason"] = f"{said['reason']}; the evidence is lost: {error}"
        self._say("alarm", kind="split-view", **said)
        return True
