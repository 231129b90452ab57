"""Anybody finishes a vote that has ended: what follows from the record needs no key, and no permission."""

from __future__ import annotations

from collections.abc import Collection

from psephos.errors import OutOfTurnError
from psephos.protocol.encoding import sha256_hex
from psephos.protocol.regional import compute_cells, write_cells
from psephos.protocol.result import combine_factors, compute_result, write_result
from psephos.protocol.tally import write_encrypted_tally, write_sized
from psephos.protocol.trustees import Trustees
from psephos.record.board_entries import EntryKind
from psephos.record.board_terms import show_time
from psephos.record.phases import Phase
from psephos.record.regional import RegionalRecord
from psephos.record.state import RecordState


def next_entry(state: RecordState) -> tuple[EntryKind, list[bytes]]:
    """The entry that follows from the record, with its parts: a tally, or a result; national before regional.

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
    assert state.decryptions is not None
    if state.regional is not None and state.regional.tally is None:
        return EntryKind.REGIONAL_TALLY, [state.regional.compute_tally(record=state.decryptions.record).written]
    if state.phase is not Phase.DONE:
        return EntryKind.RESULT, [_result(state)]
    if state.regional is None or state.regional.is_done:
        raise OutOfTurnError("the result stands in the record already", at="record")
    return EntryKind.REGIONAL_RESULT, [_regional_result(state, state.regional)]


def _result(state: RecordState) -> bytes:
    """The result, from the partial decryptions that are there.

    Raises:
        OutOfTurnError: They are too few.
    """
    assert state.setup is not None
    assert state.decryptions is not None
    election, trustees, answers = state.setup.election, state.setup.trustees, state.decryptions.answers
    _check_enough(trustees, answers, "decrypted")
    factors = {owner: answer.factors for owner, answer in answers.items()}
    combined = combine_factors(trustees, factors, election.group)
    return write_result(compute_result(state.decryptions.tally, combined, election.group))


def _regional_result(state: RecordState, regional: RegionalRecord) -> bytes:
    """The regional result, from the regional decryptions that are there.

    Raises:
        OutOfTurnError: They are too few.
    """
    assert state.setup is not None
    assert regional.tally is not None
    trustees = state.setup.trustees
    _check_enough(trustees, regional.answers, "decrypted the regional sums")
    return write_cells(compute_cells(regional.tally, trustees, regional.answers, state.setup.election.group))


def _check_enough(trustees: Trustees, answers: Collection[int], what: str) -> None:
    missing = [member.label for member in trustees.members if member.owner not in answers]
    for item in trustees.items:
        if sum(owner in answers for owner in item.owners) < item.threshold:
            raise OutOfTurnError(
                f"{len(answers)} trustees have {what}, and more are needed",
                at="record",
                hint=f"waiting for: {', '.join(missing)}",
            )
