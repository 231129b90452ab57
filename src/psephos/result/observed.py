"""Who observed, as pages show it: the charter's observers, who runs them, and when each has cosigned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.cosignature import read_timestamp
from psephos.board.policy import Policy, count_quorum, verify_checkpoint
from psephos.ports import UnixSeconds
from psephos.record.terms import Terms
from psephos.referendum.definition import Definition


@dataclass(frozen=True)
class ObserverFact:
    """An observer whom the charter names.

    Attributes:
        name: In the charter's policies.
        organisation: Who runs it, as the definition says.
        jurisdiction: Under whose law, likewise.
        witnessed: When it countersigned that the record only grew; None if it did not.
        checked: When it countersigned that it had checked every entry; likewise.
    """

    name: str
    organisation: str = ""
    jurisdiction: str = ""
    witnessed: UnixSeconds | None = None
    checked: UnixSeconds | None = None


def observers_of(terms: Terms, signed: SignedCheckpoint, definition: Definition | None) -> Iterable[ObserverFact]:
    """The observers of a charter's policies, and when each cosigned.

    Args:
        terms: Of the charter.
        signed: The checkpoint whose tree was verified, with every cosignature that was found.
        definition: For who runs them; None if there is none.
    """
    receipts, tally = terms.receipts, terms.tally
    witnessed, checked = _times(receipts, signed), _times(tally, signed)
    known = {} if definition is None else {witness.name: witness for witness in definition.observation.witnesses}
    for name in dict.fromkeys((*receipts.members, *tally.members)):
        keys = [witness.key.name for policy in (receipts, tally) for witness in policy.witnesses_of(name)]
        witness = next((known[key] for key in (name, *keys) if key in known), None)
        yield ObserverFact(
            name=name,
            organisation="" if witness is None else witness.organisation,
            jurisdiction="" if witness is None else witness.jurisdiction,
            witnessed=witnessed.get(name),
            checked=checked.get(name),
        )


def _times(policy: Policy, signed: SignedCheckpoint) -> dict[str, UnixSeconds]:
    """When each member whose word counts has cosigned."""
    lines = verify_checkpoint(signed, policy).cosignatures
    missing = set(count_quorum(lines, policy).missing)
    times: dict[str, UnixSeconds] = {}
    for member in policy.members:
        found = [read_timestamp(lines[one.name]) for one in policy.witnesses_of(member) if one.name in lines]
        if found and member not in missing:
            times[member] = min(found)
    return times
