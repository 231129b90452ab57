"""Who stands behind a tree: whether the observers of a policy have cosigned it, and how many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.merkle import TreeHead
from psephos.board.note import SignatureLine
from psephos.board.policy import Policy, Quorum, count_quorum, verify_checkpoint


@dataclass(frozen=True, slots=True)
class Standing:
    """What a policy's observers say.

    Attributes:
        policy: Which policy: `receipts`, `tally`, or `yours`.
        head: The largest tree that its quorum has cosigned; None if there is none.
        counted: How many have cosigned the tree in question, and how many must.
    """

    policy: str
    head: TreeHead | None
    counted: Quorum

    def covers(self, size: int) -> bool:
        """Whether the quorum has cosigned a tree of at least this size."""
        return self.head is not None and self.head.size >= size


def merge_notes(notes: Iterable[SignedCheckpoint]) -> tuple[SignedCheckpoint, ...]:
    """The same checkpoints, each once, with all signatures that stand under any of its notes; the largest first."""
    lines: dict[bytes, dict[SignatureLine, None]] = {}
    first: dict[bytes, SignedCheckpoint] = {}
    for one in notes:
        first.setdefault(one.note.text, one)
        lines.setdefault(one.note.text, {}).update(dict.fromkeys(one.note.signatures))
    merged = [signed.with_signatures(lines[text]) for text, signed in first.items()]
    return tuple(sorted(merged, key=lambda one: one.head.size, reverse=True))


def standing_of(notes: Sequence[SignedCheckpoint], policy: Policy, *, name: str, head: TreeHead | None) -> Standing:
    """What a policy's observers say.

    Args:
        notes: As `merge_notes` gives them; all of one history, which the caller has checked.
        policy: The policy.
        name: What a report calls it.
        head: The tree in question; without one, the largest that the quorum has cosigned, or else the largest.

    Raises:
        InvalidProofError: No log of the policy has signed one of them, or a signature fails.
    """
    counted = [(note.head, count_quorum(verify_checkpoint(note, policy).cosignatures, policy)) for note in notes]
    met = [found for found, quorum in counted if quorum.have >= quorum.need]
    largest = met[0] if met else None
    asked = head or largest or notes[0].head
    of = Quorum(0, *_demand(policy))
    best = max((quorum for found, quorum in counted if found == asked), key=lambda quorum: quorum.have, default=of)
    return Standing(name, largest, best)


def _demand(policy: Policy) -> tuple[int, int]:
    nobody = count_quorum((), policy)
    return nobody.need, nobody.of
