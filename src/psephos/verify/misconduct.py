"""Cosigners that contradict themselves, found among the checkpoints that are shown anywhere.

A cosigner says of a tree that it is the largest it has seen. Whoever keeps, for each key, the largest tree that it
cosigned and when, notices one that went back: its memory was lost or put back, or somebody else has its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.client import ForkError
from psephos.board.cosignature import read_timestamp, verifier_of
from psephos.board.note import VerifierKey, verify_note
from psephos.board.policy import Policy
from psephos.errors import InvalidProofError
from psephos.ports import UnixSeconds
from psephos.verify.evidence import Misconduct, misconduct_evidence


class CosignerHistory:
    """What each cosigner of some policies has cosigned, as far as it was seen."""

    def __init__(self, policies: Iterable[Policy], *, log: Sequence[VerifierKey]) -> None:
        """Begin with nothing seen.

        Args:
            policies: Name the cosigners.
            log: The log's keys.
        """
        self._keys = tuple(dict.fromkeys(witness.key for policy in policies for witness in policy.witnesses))
        self._log = tuple(log)
        self._largest: dict[VerifierKey, tuple[UnixSeconds, SignedCheckpoint]] = {}

    def look(self, notes: Sequence[SignedCheckpoint]) -> Iterator[Misconduct]:
        """Take checkpoints of one history of the log; evidence against every cosigner that went back.

        Args:
            notes: As they were shown, each signed by the log.
        """
        for key in self._keys:
            for note in notes:
                at = _cosigned_at(note, key)
                if at is None:
                    continue
                before = self._largest.get(key)
                if before is None:
                    self._largest[key] = (at, note)
                    continue
                small, large = sorted((before, (at, note)), key=lambda one: one[1].head.size)
                if small[1].head.size < large[1].head.size and small[0] > large[0]:
                    yield misconduct_evidence(bytes(small[1]), bytes(large[1]), witness=key, log=self._log)
                if (note.head.size, at) > (before[1].head.size, before[0]):
                    self._largest[key] = (at, note)

    def in_fork(self, fork: ForkError, notes: Sequence[SignedCheckpoint]) -> Iterator[Misconduct]:
        """Evidence against every cosigner that cosigned both sides of a fork.

        Args:
            fork: The fork.
            notes: Wherever the two checkpoints were shown with cosignatures.
        """
        sides = [
            [note for note in notes if bytes(note).startswith(_text_of(side))] for side in (fork.ours, fork.theirs)
        ]
        for key in self._keys:
            ours, theirs = (next((note for note in side if _cosigned_at(note, key)), None) for side in sides)
            if ours is not None and theirs is not None:
                yield misconduct_evidence(
                    bytes(ours), bytes(theirs), witness=key, log=self._log, proof=fork.proof, old_root=fork.old_root
                )


def _text_of(note: bytes) -> bytes:
    """A note's text and the empty line after it."""
    return note[: note.rindex(b"\n\n") + 2]


def _cosigned_at(note: SignedCheckpoint, key: VerifierKey) -> UnixSeconds | None:
    """When a key cosigned a checkpoint; None if it has not, or the line does not hold."""
    try:
        return read_timestamp(verify_note(note.note, [verifier_of(key)])[0])
    except InvalidProofError:
        return None
