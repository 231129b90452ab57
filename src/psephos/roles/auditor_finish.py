"""Anybody finishes a vote that has ended: what follows from the record needs no key, and no permission."""

from __future__ import annotations

from psephos.errors import OutOfTurnError
from psephos.protocol.encoding import sha256_hex
from psephos.protocol.result import combine_factors, compute_result, write_result
from psephos.protocol.tally import write_encrypted_tally, write_sized
from psephos.record.board_entries import EntryKind
from psephos.record.board_terms import show_time
from psephos.record.phases import Phase
from psephos.record.state import RecordState


def next_entry(state: RecordState) -> tuple[EntryKind, list[bytes]]:
    """The entry that follows from the record, with its parts: the encrypted tally, or the result.

    Raises:
        OutOfTurnError: Nothing follows yet; says who is waited for.
    """
    if state.setup is None or state.count is None or state.phase in {Phase.EMPTY, Phase.OPEN}:
        closes = f"; it closes at {show_time(state.closes_at)}" if state.signed is not None else ""
        raise OutOfTurnError(f"the vote has not ended{closes}", at="record")
    if state.phase is Phase.CLOSED:
        tally = state.count.total()
        encrypted = write_encrypted_tally(tally.sums)
        return EntryKind.ENCRYPTED_TALLY, [encrypted, write_sized(tally, sha256_hex(encrypted))]
    if state.phase is Phase.DONE or state.decryptions is None:
        raise OutOfTurnError("the result stands in the record already", at="record")
    return EntryKind.RESULT, [_result(state)]


def _result(state: RecordState) -> bytes:
    """The result, from the partial decryptions that are there.

    Raises:
        OutOfTurnError: They are too few.
    """
    assert state.setup is not None
    assert state.decryptions is not None
    election, trustees, answers = state.setup.election, state.setup.trustees, state.decryptions.answers
    missing = [member.label for member in trustees.members if member.owner not in answers]
    waiting = OutOfTurnError(
        f"{len(answers)} trustees have decrypted, and more are needed",
        at="record",
        hint=f"waiting for: {', '.join(missing)}",
    )
    for item in trustees.items:
        if sum(owner in answers for owner in item.owners) < item.threshold:
            raise waiting
    factors = {owner: answer.factors for owner, answer in answers.items()}
    combined = combine_factors(trustees, factors, election.group)
    return write_result(compute_result(state.decryptions.tally, combined, election.group))
