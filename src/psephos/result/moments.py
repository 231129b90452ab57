"""When the observers' quorum had countersigned a tree: no observer alone sets it, whatever its clock says."""

from __future__ import annotations

from collections.abc import Iterable

from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.cosignature import read_timestamp
from psephos.board.policy import Policy, count_quorum, verify_checkpoint
from psephos.ports import UnixSeconds
from psephos.record.board_terms import LATEST_TIME


def cosigned_at(signed: SignedCheckpoint, policy: Policy) -> dict[str, UnixSeconds]:
    """When each of a policy's observers has countersigned, by the names of their keys."""
    return {line.name: read_timestamp(line) for line in verify_checkpoint(signed, policy).cosignatures.values()}


def is_possible(moment: int) -> bool:
    """Whether a record can be of that time: a cosignature may name any."""
    return 0 < moment <= LATEST_TIME


def quorum_moment(signed: SignedCheckpoint, policies: Iterable[Policy]) -> int:
    """The moment at which the quorum of each policy says that it was at least that late; 0 if nobody has to say so.

    Args:
        signed: A tree that the quorum of each has countersigned.
        policies: Those whose quorum is needed.
    """
    return max((_reached(signed, policy) for policy in policies), default=0)


def _reached(signed: SignedCheckpoint, policy: Policy) -> int:
    """The latest time for which those who name it, or a later one, are a quorum; 0 if there is none."""
    cosignatures = verify_checkpoint(signed, policy).cosignatures
    times = {name: read_timestamp(line) for name, line in cosignatures.items()}
    for moment in sorted(filter(is_possible, times.values()), reverse=True):
        quorum = count_quorum((name for name, at in times.items() if at >= moment), policy)
        if 0 < quorum.need <= quorum.have:
            return moment
    return 0
