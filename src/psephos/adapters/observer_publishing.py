"""What an observer shows in its mirror: checkpoints with everybody's cosignatures, its own, and its reports.

mirror/checkpoint.latest                    the newest tree that it has checked, with all cosignatures that it knows
mirror/checkpoint, checkpoint.verified      the newest that the quorum for receipts, for the tally has cosigned
mirror/<SHA-256 of the origin>/checkpoint   what it cosigned last, for other observers (tlog-witness)
mirror/report/<size>                        its report on that tree, see `roles.observer`
mirror/report/list/<SHA-256>                the list of entries without effect that a report names
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from psephos.adapters.follower import Follower
from psephos.adapters.witness import Witness
from psephos.board.checkpoint import SignedCheckpoint, read_signed_checkpoint
from psephos.board.client import CHECKPOINT, LATEST, VERIFIED
from psephos.board.cosignature import Ed25519Cosigner
from psephos.board.merkle import TreeHead
from psephos.board.note import SignatureLine
from psephos.board.policy import Policy, count_quorum, verify_checkpoint
from psephos.board.witness import origin_hash
from psephos.errors import InvalidProofError
from psephos.ports import UnixSeconds
from psephos.record.succession import SUCCESSION, write_places
from psephos.record.terms import Terms
from psephos.roles.observer import make_report, sign_report
from psephos.verify.board_audit import ruleset
from psephos.verify.standing import merge_notes

_MOST_TEXTS = 16
"""Of checkpoints at a time: the newest are enough."""


class Publisher:
    """Writes what an observer shows. All of it can be written again: nothing here is lost by a crash."""

    def __init__(self, follower: Follower, witness: Witness, *, terms: Terms, cosigner: Ed25519Cosigner) -> None:
        """Bring the parts together.

        Args:
            follower: The log as far as it was judged, and the mirror.
            witness: What was cosigned.
            terms: The charter's.
            cosigner: The verifying key that signs reports.
        """
        self._follower, self._witness, self._terms, self._cosigner = follower, witness, terms, cosigner

    def publish(
        self, shown: Sequence[SignedCheckpoint], say: Callable[[tuple[str, dict[str, str | int]]], None]
    ) -> None:
        """Show the newest checkpoints, and the report on what was cosigned last.

        Args:
            shown: Checkpoints that the log signed, of the mirrored history as far as it goes.
            say: Takes an event.

        Raises:
            UnavailableError: The disk failed.
        """
        state = self._witness.logs()[self._terms.origin]
        mirror = self._follower.mirror
        if not state.note or state.head.size > mirror.size():
            return
        own = self._witness.cosigned(state)
        self._place(f"{origin_hash(self._terms.origin)}/{CHECKPOINT}", own)
        notes = merge_notes([own, *map(self._only_good_lines, shown)])
        notes = tuple(note for note in notes if 0 < note.head.size <= state.head.size)[:_MOST_TEXTS]
        self._place(LATEST, next(note for note in notes if note.note.text == own.note.text))
        for path, policy in ((CHECKPOINT, self._terms.receipts), (VERIFIED, self._terms.tally)):
            met = next((note for note in notes if _has_quorum(note, policy)), None)
            if met is not None:
                self._place(path, met)
        if self._follower.state.successions:
            mirror.place(SUCCESSION, write_places(self._follower.state.successions))
        self._report(state.head, state.cosigned_at, say)

    def shown(self) -> list[SignedCheckpoint]:
        """The checkpoints that the mirror shows, with all cosignatures that came together there."""
        files = map(self._follower.mirror.read, (LATEST, CHECKPOINT, VERIFIED))
        return [read_signed_checkpoint(found) for found in files if found]

    def _only_good_lines(self, signed: SignedCheckpoint) -> SignedCheckpoint:
        """The checkpoint with the lines that hold, of keys that the charter names."""
        lines: dict[SignatureLine, None] = {}
        for policy in (self._terms.receipts, self._terms.tally):
            with suppress(InvalidProofError):
                observed = verify_checkpoint(signed, policy)
                lines |= dict.fromkeys([*observed.logs, *observed.cosignatures.values()])
        return signed.with_signatures(lines)

    def _place(self, path: str, note: SignedCheckpoint) -> None:
        """Exchange a checkpoint for one that is not smaller."""
        before = self._follower.mirror.read(path)
        if before == bytes(note) or (before and read_signed_checkpoint(before).head.size > note.head.size):
            return
        self._follower.mirror.complete(note.head.size)
        self._follower.mirror.place(path, bytes(note))

    def _report(
        self, head: TreeHead, cosigned_at: UnixSeconds, say: Callable[[tuple[str, dict[str, str | int]]], None]
    ) -> None:
        follower = self._follower
        path = f"report/{head.size}"
        if follower.state.size != head.size or (follower.mirror.folder / path).exists():
            return
        state = follower.state
        report, listed = make_report(
            log=self._terms.origin,
            head=head,
            charter=state.signed.received if state.signed else None,
            ruleset=ruleset(),
            record=state.head.parent or "",
            excluded=follower.excluded,
        )
        note = sign_report(report, self._cosigner, now=cosigned_at)
        follower.mirror.add({f"report/list/{report.listed}": listed, path: note})
        say(("report", {"size": head.size, "record": report.record, "without_effect": report.excluded}))


def _has_quorum(note: SignedCheckpoint, policy: Policy) -> bool:
    with suppress(InvalidProofError):
        counted = count_quorum(verify_checkpoint(note, policy).cosignatures, policy)
        return counted.have >= counted.need
    return False
