"""An observer decides that a standby log goes on: the one act by which it cosigns a log that has no record yet."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass

from psephos.adapters.board_view import look_at, terms_of
from psephos.adapters.follower import Follower
from psephos.adapters.handing_in import HandingIn
from psephos.adapters.http import Web, fetcher_of
from psephos.adapters.mirror import Mirror
from psephos.adapters.observer_store import ObserverStore
from psephos.adapters.observing import DATABASE, EVIDENCE, VERDICTS, Setting, log_of, place_of
from psephos.adapters.witness import Witness, read_keys
from psephos.adapters.witness_store import WitnessStore
from psephos.board.checkpoint import SignedCheckpoint, verify_log
from psephos.board.client import read_shown
from psephos.board.cosignature import verifiers_of
from psephos.board.merkle import TreeHead
from psephos.board.note import VerifierKey
from psephos.board.witness import OK, AddCheckpoint, write_add_checkpoint
from psephos.errors import MismatchError, RefusedError
from psephos.protocol.encoding import sha256_hex
from psephos.record.terms import Terms
from psephos.verify.board_audit import ruleset
from psephos.verify.standing import merge_notes, standing_of


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be decided.

    Attributes:
        old: The log that ends.
        new: The standby log that goes on.
        signed: Its first checkpoint, with its own lines.
    """

    old: VerifierKey
    new: VerifierKey
    signed: SignedCheckpoint

    @property
    def head(self) -> TreeHead:
        """The entries that count."""
        return self.signed.head


def propose(setting: Setting, charter: bytes) -> Proposal:
    """What a standby's board asks of this observer, checked against the observer's own copy of the old log.

    Args:
        setting: Its address is the standby's board.
        charter: See `observing.first_contact`.

    Raises:
        RefusedError: The standby begins with something else than this observer has checked, or with less than a quorum
            has countersigned.
        MismatchError: It is no standby log of the charter that may take over.
        UnavailableError: The board cannot be reached.
    """
    terms = terms_of(charter)
    with ExitStack() as stack:
        web = stack.enter_context(Web())
        view = look_at(fetcher_of(setting.url, web), charter=charter)
        new, signed = view.terms.logs[0], view.notes[-1]
        own = signed.with_signatures(verify_log(signed, origin=new.name, verifiers=verifiers_of([new])))
        cosigners = read_keys(setting.home)
        memory = stack.enter_context(closing(WitnessStore(setting.home / DATABASE, [one.key for one in cosigners])))
        old = log_of(memory, terms)
        if old == new and old != terms.logs[0]:
            return Proposal(old, new, own)  # it was decided before; the same again does no harm
        if new not in terms.logs[terms.logs.index(old) + 1 :]:
            raise MismatchError(
                f"{new.name} is no standby log that could take over from {old.name}", at=setting.url, culprit=new.name
            )
        _compare(stack, setting, charter, terms.under(old), own.head)
    return Proposal(old, new, own)


def _compare(stack: ExitStack, setting: Setting, charter: bytes, terms: Terms, head: TreeHead) -> None:
    """Check the standby's beginning against what this observer has mirrored, judged and seen countersigned."""
    place = place_of(setting.home, terms_of(charter), terms.logs[0])
    mirror = stack.enter_context(closing(Mirror(place)))
    store = stack.enter_context(
        closing(ObserverStore(place / VERDICTS, ruleset=sha256_hex(ruleset()), charter=charter))
    )
    Follower(mirror, store, charter=charter, terms=terms)
    hint = "agree with the other observers on the mirror and the size that the standby begins with"
    if head.size > store.verified().size:
        raise RefusedError(
            f"it begins with {head.size} entries, and this observer has checked {store.verified().size}", hint=hint
        )
    if mirror.tree().root_at(head.size) != head:
        raise RefusedError("it begins with other entries than this observer has checked", hint=hint)
    notes = merge_notes(read_shown(mirror.fetcher).values())
    receipts = standing_of(notes, terms.receipts, name="receipts", head=None)
    if receipts.head is not None and head.size < receipts.head.size:
        raise RefusedError(
            f"it begins with {head.size} entries, and a quorum has countersigned {receipts.head.size}", hint=hint
        )


def decide(setting: Setting, proposal: Proposal) -> SignedCheckpoint:
    """Decide: remember for ever that this observer follows the standby log, cosign its beginning, and hand that in.

    Args:
        setting: Its address is the standby's board.
        proposal: See `propose`.

    Returns:
        The standby's checkpoint with this observer's cosignatures, which anybody may bring.

    Raises:
        RefusedError: It cosigned something else of the standby log before.
        UnavailableError: The decision stands; the board could not be reached.
    """
    cosigners = read_keys(setting.home)
    with ExitStack() as stack:
        memory = stack.enter_context(closing(WitnessStore(setting.home / DATABASE, [one.key for one in cosigners])))
        if proposal.new.name not in memory.logs():
            memory.add_log([proposal.new])
        witness = Witness(memory, cosigners, clock=setting.clock, evidence=setting.home / EVIDENCE)
        state = memory.logs()[proposal.new.name]
        if state.head.size == 0:
            outcome = witness.add_checkpoint(write_add_checkpoint(AddCheckpoint(0, (), proposal.signed)))
            if outcome.status != OK:
                raise RefusedError(outcome.reason, culprit=proposal.new.name)
            state = memory.logs()[proposal.new.name]
        cosigned = witness.cosigned(state)
        web = stack.enter_context(Web())
        HandingIn(web, setting.url).cosignatures(cosigned)
    return cosigned
