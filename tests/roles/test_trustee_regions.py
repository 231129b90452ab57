"""Trustees and regions: what lying records and lying programs ask for, and why each of them gets nothing for it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from psephos.errors import MismatchError, PsephosError, RefusedError
from psephos.protocol.ballot import BallotForm
from psephos.protocol.election import read_election
from psephos.protocol.encoding import read_json, sha256_hex
from psephos.protocol.regional import RegionalDecryptionMessage, regional_tally
from psephos.protocol.tally import RunningTally, Tally
from psephos.record.board_entries import EntryKind
from psephos.record.keyfile import Answer
from psephos.record.regional import RegionalRequest
from psephos.record.regions import Cell, read_regions
from psephos.record.rules import Reason
from psephos.roles import trustee
from psephos.roles.trustee import Tallied
from tests.support.bad_regional import (
    all_in_one,
    left_out,
    other_sum,
    overlap,
    regional_tally_with,
    regions_entry,
    split,
    swapped,
)
from tests.support.logged import MemoryLog, hold_vote, log_of
from tests.support.regional import RegionalVote, finished, hold_regional, state_of
from tests.support.world import randomness


def closed() -> MemoryLog:
    """The log as far as the close."""
    return finished().first(24)


def asked() -> Tallied:
    """What there is to decrypt."""
    return trustee.tallied_by(state_of(closed()))


def request() -> RegionalRequest:
    """The regional sums of it."""
    regional = asked().regional
    assert regional is not None
    return regional


def tally_of(answered: bytes) -> str:
    """Fingerprint of the regional tally that an answer decrypts."""
    message = trustee.regional_message_of(answered)
    assert message is not None
    return read_json(message, RegionalDecryptionMessage, what="").tally


def test_answer_is_about_the_national_sum_and_all_cells() -> None:
    """One answer, made durable as one; the same again on request."""
    vote = hold_regional()
    answered = vote.answer(closed(), 1)
    read = read_json(answered, Answer, what="")
    assert read.record == asked().record
    assert read.regional_tally == request().tally.fingerprint == tally_of(answered)
    assert vote.answer(closed(), 1, given=answered) == answered
    assert vote.answer(finished(), 1, given=answered) == answered
    message = read_json(trustee.regional_message_of(answered) or b"", RegionalDecryptionMessage, what="")
    assert [len(row) for row in message.factors] == [3, 3, 3]


def test_answer_of_a_vote_without_regions_has_the_fields_of_before() -> None:
    """Journals of other votes are read and written as they were."""
    vote = hold_vote()
    tallied = trustee.tallied_by(state_of(log_of(vote)))
    assert tallied.regional is None
    assert tallied.fingerprint == tallied.record
    answered = trustee.answer(
        vote.charter,
        tallied,
        told=tallied.fingerprint,
        kept=vote.keys[0],
        accepted=vote.acceptances[0],
        given=None,
        rng=randomness(3),
    )
    assert trustee.regional_message_of(answered) is None
    assert not {"regional", "regional_tally"} & set(json.loads(answered))


# ── a lying organiser's record ──────────────────────────────────────────────────────────────────────────────────

LYING_TALLIES = {
    "single ballot": (
        lambda log: regional_tally_with(log, lambda cells: split(cells, alone=1)),
        "other ballots than those",
    ),
    "cell below k": (lambda log: regional_tally_with(log, lambda cells: split(cells, alone=2)), "a sum of 2 ballots"),
    "overlapping cells": (lambda log: regional_tally_with(log, overlap), "a region is in two sums"),
    "ballots left out": (lambda log: regional_tally_with(log, left_out), "the national sum would tell"),
    "another partition": (lambda log: regional_tally_with(log, all_in_one), "not the sums of the cells"),
    "other sums": (lambda log: regional_tally_with(log, other_sum), "not the sums of the cells"),
}


@pytest.mark.parametrize("name", LYING_TALLIES)
def test_lying_regional_tally_is_not_what_a_trustee_decrypts(name: str) -> None:
    """It stands in the record without effect, with its reason; the trustee decrypts what it computes itself."""
    make, message = LYING_TALLIES[name]
    lie = make(finished())
    log = finished().first(25)
    log.received.append(lie)
    verdict = log.verdicts()[-1]
    assert verdict.reason is Reason.REGIONAL_TALLY
    assert message in str(verdict.error)
    answered = hold_regional().answer(log, 1)
    assert tally_of(answered) == request().tally.fingerprint
    assert sha256_hex(lie.split(b"\n\n", 1)[1]) != tally_of(answered)


def test_list_changed_after_the_opening_changes_nothing() -> None:
    """A second list has no effect, wherever it stands; the answer is to the cells of the first."""
    vote = hold_regional()
    for place in (7, 12, 23):
        log = closed().with_entries([(place, regions_entry(vote, swapped(vote)))])
        verdict = log.verdicts()[place]
        assert verdict.reason is Reason.OUT_OF_TURN
        assert "nobody can change it" in str(verdict.error)
    log = closed()
    log.received.append(regions_entry(vote, swapped(vote)))
    assert tally_of(vote.answer(log, 1)) == request().tally.fingerprint


def other_list(vote: RegionalVote) -> MemoryLog:
    """The same vote on a log that had another list from the beginning, signed by the registrar as well."""
    codes = swapped(vote)
    return vote.closed(codes=codes, statement=vote.sign(codes))


def test_second_list_on_a_second_log_is_refused_after_an_answer() -> None:
    """The archive is the same, byte for byte, and the cells are not: the difference would be single voters."""
    vote = hold_regional()
    answered = vote.answer(closed(), 1)
    forked = trustee.tallied_by(state_of(other_list(vote)))
    assert forked.record == asked().record
    assert forked.regional is not None
    assert forked.regional.tally.fingerprint != request().tally.fingerprint
    with pytest.raises(RefusedError, match="answers no second one, ever"):
        vote.answer(other_list(vote), 1, given=answered)


def test_second_list_on_a_second_log_is_not_what_the_fingerprint_names() -> None:
    """Who compares a fingerprint over another channel finds it before any answer."""
    vote = hold_regional()
    with pytest.raises(MismatchError, match="not the one whose fingerprint you were told"):
        vote.answer(other_list(vote), 1, told=asked().fingerprint)


@pytest.mark.parametrize(
    ("before", "after"),
    [(slice(None), slice(-2)), (slice(None), slice(-1)), (slice(-2), slice(None))],
    ids=["one ballot and one revote fewer", "one revote fewer", "one ballot and one revote more"],
)
def test_late_correction_is_refused_after_an_answer(before: slice, after: slice) -> None:
    """Sums that differ by one ballot would tell that ballot."""
    vote = hold_regional()
    answered = vote.answer(vote.closed(ballots=vote.ballots[before]), 1)
    corrected = vote.closed(ballots=vote.ballots[after])
    assert [one.reason for one in corrected.verdicts()] == [None] * corrected.size()
    with pytest.raises(RefusedError, match="answers no second one, ever") as raised:
        vote.answer(corrected, 1, given=answered)
    assert "which record is right" in raised.value.hint


def test_record_without_its_regions_is_refused() -> None:
    """A request that does not say where voters are registered: a key answers once, for everything."""
    vote = hold_regional()
    with pytest.raises(RefusedError, match="does not say where the voters are registered") as raised:
        vote.answer(closed(), 1, tallied=replace(asked(), regional=None), told=asked().record)
    assert "--board" in raised.value.hint


def test_too_few_ballots_are_refused_with_their_regions() -> None:
    """Nothing is decrypted, neither in the nation nor in a region."""
    vote = hold_regional(votes=((0, 0), (5, 1)))
    with pytest.raises(RefusedError, match="2 ballots are counted; the charter forbids"):
        vote.answer(vote.closed(), 1)


# ── a lying program: sums put together by hand ──────────────────────────────────────────────────────────────────


def made_of(cells: list[Cell], sums: list[Tally], **changes: object) -> Tallied:
    """A request for other sums."""
    ours = request()
    tally = regional_tally([ours.regions.names(cell) for cell in cells], sums, record=asked().record)
    return replace(asked(), regional=replace(ours, cells=tuple(cells), tally=tally, **changes))


def one_ballot() -> Tally:
    """The sums of a single ballot."""
    vote = hold_regional()
    form = BallotForm(read_election(vote.setup[0]))
    running = RunningTally(form.election)
    running.add(form.read(vote.ballots[:1])[0], [0], [1])
    return running.total()


def exchanged() -> Tallied:
    """The right cells, with one ballot's ciphertexts in the place of a cell's sums."""
    ours = request()
    return made_of(list(ours.cells), [replace(ours.tally.cells[0], sums=one_ballot().sums), *ours.tally.cells[1:]])


def single_ballot() -> Tallied:
    """A region is said to have one ballot, and its sum is that ballot."""
    ours, alone = request(), one_ballot()
    cells = [Cell((0,), 1), Cell((1,), 5), *ours.cells[1:]]
    return made_of(cells, [alone, ours.tally.cells[0], *ours.tally.cells[1:]], counted=(1, 5, 4, 3))


def below_minimum() -> Tallied:
    """The small region on its own."""
    ours = request()
    return made_of([Cell((0,), 2), Cell((1,), 4), *ours.cells[1:]], [ours.tally.cells[0], *ours.tally.cells])


def overlapping() -> Tallied:
    """A region beside a union that holds it."""
    ours = request()
    return made_of([*ours.cells, Cell((1, 2), 8)], [*ours.tally.cells, ours.tally.cells[0]])


def ballots_left_out() -> Tallied:
    """The rest follows from the national sum."""
    ours = request()
    return made_of(list(ours.cells[:-1]), list(ours.tally.cells[:-1]))


def second_partition() -> Tallied:
    """Safe in itself; together with the charter's it would tell differences."""
    return made_of([Cell((0, 1, 2, 3), 13)], [asked().tally])


def other_numbers() -> Tallied:
    """Cells whose sums are said to have other numbers of ballots."""
    ours = request()
    sums = [replace(ours.tally.cells[0], num_tallied=7, total_weight=7), *ours.tally.cells[1:]]
    return made_of(list(ours.cells), sums)


def other_regions() -> Tallied:
    """A smaller minimum than the charter's."""
    ours = request()
    terms = replace(ours.regions.terms, minimum_counted=2)
    return replace(asked(), regional=replace(ours, regions=read_regions(terms)))


def other_record() -> Tallied:
    """The right sums under another record's name."""
    ours = request()
    names = [ours.regions.names(cell) for cell in ours.cells]
    return replace(asked(), regional=replace(ours, tally=regional_tally(names, ours.tally.cells, record="0" * 64)))


LYING_REQUESTS: dict[str, tuple[Callable[[], Tallied], str]] = {
    "one ballot in the place of a sum": (exchanged, "do not add up to the national sum"),
    "single ballot": (single_ballot, "a sum of 1 ballots; the charter allows none of fewer than 3"),
    "cell below k": (below_minimum, "a sum of 2 ballots"),
    "overlapping cells": (overlapping, "a region is in two sums"),
    "ballots left out": (ballots_left_out, "the national sum would tell theirs"),
    "second partition": (second_partition, "not the cells that follow"),
    "other numbers": (other_numbers, "other ballots than its regions"),
    "other regions": (other_regions, "not the charter's regions"),
    "other record": (other_record, "or of another record"),
}


@pytest.mark.parametrize("name", LYING_REQUESTS)
def test_sums_that_the_charter_does_not_allow_are_refused(name: str) -> None:
    """Whatever program put them together, the key does not answer, and says why."""
    make, message = LYING_REQUESTS[name]
    lie = make()
    with pytest.raises(RefusedError) as raised:
        hold_regional().answer(closed(), 1, tallied=lie, told=lie.fingerprint)
    assert message in str(raised.value)


@pytest.mark.parametrize("name", LYING_REQUESTS)
def test_sums_that_the_charter_does_not_allow_are_refused_after_an_answer(name: str) -> None:
    """The journal does not make them any better."""
    lie = LYING_REQUESTS[name][0]()
    vote = hold_regional()
    with pytest.raises(PsephosError):
        vote.answer(closed(), 1, tallied=lie, told=lie.fingerprint, given=vote.answer(closed(), 1))


def test_regional_sums_of_a_charter_without_regions_are_refused() -> None:
    """Nobody asked for them before the vote."""
    vote = hold_vote()
    tallied = replace(trustee.tallied_by(state_of(log_of(vote))), regional=request())
    with pytest.raises(RefusedError, match="not the charter's regions"):
        trustee.answer(
            vote.charter,
            tallied,
            told=tallied.fingerprint,
            kept=vote.keys[0],
            accepted=vote.acceptances[0],
            given=None,
            rng=randomness(3),
        )


def test_board_entries_of_answers_are_the_ones_that_have_effect() -> None:
    """What the command hands in is what the record counts."""
    kinds = [verdict.kind for verdict in finished().verdicts() if verdict.has_effect]
    assert kinds.count(EntryKind.REGIONAL_DECRYPTION) == 2
