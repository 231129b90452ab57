"""Regions on a log: the list, the cells' sums, their decryption, and every entry about them that has no effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from psephos.errors import MalformedError, UnavailableError
from psephos.protocol.decryption import Owned
from psephos.protocol.encoding import read_json, sha256_hex, write_json
from psephos.protocol.group import Group
from psephos.record import board_entries
from psephos.record import state as state_module
from psephos.record.board_entries import EntryKind, make_board_entry, read_board_entry
from psephos.record.charter import read_charter
from psephos.record.phases import Phase
from psephos.record.regional import REGION_LIST
from psephos.record.regions import RegionMessage
from psephos.record.rules import RULES, Reason
from psephos.record.state import RecordState, derive_record, judge_log
from tests.support.bad_entries import entry, other_acceptance
from tests.support.bad_regional import (
    all_in_one,
    left_out,
    moved,
    other_sum,
    overlap,
    regional_tally_with,
    regions_entry,
    rename,
    split,
    swapped,
)
from tests.support.logged import MemoryLog, hold_vote, log_of
from tests.support.referendum import make_charter, tampered
from tests.support.regional import (
    ANSWER,
    BALLOTS,
    CLOSE,
    END,
    HOMES,
    LIST,
    REGIONAL_TALLY,
    RESULT,
    TALLY,
    TERMS,
    RegionalVote,
    finished,
    hold_regional,
    regional_parts,
    state_of,
)
from tests.support.world import randomness

# ── a referendum with regions ───────────────────────────────────────────────────────────────────────────────────


def test_regional_referendum_gives_the_counts_of_its_cells() -> None:
    """Every entry has effect; a small region is counted with its neighbour; the last ballot of each voter counts."""
    log = finished()
    assert log.size() == END
    assert [one.reason for one in log.verdicts()] == [None] * END
    state = state_of(log)
    regional, decryptions = state.regional, state.decryptions
    assert regional is not None
    assert regional.tally is not None
    assert decryptions is not None
    assert regional.counted is not None
    assert regional.counted.numbers == [2, 4, 4, 3]
    assert regional.tally.names == (("coast", "hills"), ("south",), ("",))
    assert regional.counts == (((3, 2, 1),), ((0, 3, 1),), ((0, 3, 0),))
    assert decryptions.counts == ((3, 8, 2),)


def test_archive_has_nothing_about_regions() -> None:
    """It is that of the same log without those entries."""
    log = finished()
    kinds = [read_board_entry(one).kind for one in log.received]
    regional = [place for place, kind in enumerate(kinds) if kind.startswith("Regional")]
    assert len(regional) == 4
    without = MemoryLog([one for place, one in enumerate(log.received) if place not in regional], log.blobs)
    assert b"".join(derive_record(without)) == b"".join(derive_record(log))
    assert b"egional" not in b"".join(derive_record(log))


def test_charter_without_regions_keeps_its_bytes() -> None:
    """A field that is not used is not written; no charter of before has another fingerprint now."""
    charter = make_charter(size=3, threshold=2)
    assert "regions" not in msgspec.json.decode(charter)


@pytest.mark.parametrize("changes", [{"board": None}, {"minimum_counted": 2}, {"regions": replace(TERMS, rest=3)}])
def test_charter_with_regions_that_do_not_fit_is_refused(changes: dict[str, object]) -> None:
    """Regions need a board; the nation is no smaller than a cell; no leaf is small."""
    wire = read_json(hold_regional().charter, type(read_charter(hold_regional().charter)), what="")
    with pytest.raises(MalformedError):
        read_charter(write_json(replace(wire, **changes)))


def test_vote_waits_for_the_list() -> None:
    """Without it nothing opens, and a ballot that comes before it never counts."""
    vote = hold_regional()
    opened = vote.opened()
    before = state_of(opened.first(LIST))
    assert before.waiting_for == {REGION_LIST}
    assert not before.is_open
    assert state_of(opened).is_open
    early = opened.with_entries([(LIST, entry(EntryKind.BALLOT, vote.ballots[0]))])
    assert early.verdicts()[LIST].reason is Reason.OUT_OF_TURN
    early.add(EntryKind.BALLOT, [vote.ballots[0]])
    assert early.verdicts()[-1].reason is Reason.DUPLICATE


def test_list_may_come_before_acceptances() -> None:
    """Only the opening waits for it."""
    log = hold_regional().opened()
    log.received.insert(2, log.received.pop())
    assert [one.reason for one in log.verdicts()] == [None] * log.size()
    assert state_of(log).is_open


@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_sums_are_the_same_in_chunks_of_any_size(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ballot that a later chunk supersedes is taken out of its voter's region again."""
    monkeypatch.setattr(state_module, "CHUNK", chunk)
    state = state_of(hold_regional().done())
    assert state.regional is not None
    assert state.regional.counts == (((3, 2, 1),), ((0, 3, 1),), ((0, 3, 0),))


def expected(votes: list[tuple[int, int]], leaves: tuple[int, ...]) -> list[int]:
    """What the last ballots of some leaves' voters say."""
    last = {voter: answer for voter, answer in votes if HOMES[voter] in leaves}
    found = Counter(last.values())
    return [found[answer] for answer in range(3)]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(HOMES) - 1), st.integers(0, 2)), min_size=3, max_size=24, unique=True))
def test_cells_of_random_votes_and_revotes_decrypt_to_plain_counts(votes: list[tuple[int, int]]) -> None:
    """For each cell, what its voters' last ballots say; nothing is decrypted where too few have voted in all."""
    vote = hold_regional(votes=tuple(votes))
    if len({voter for voter, _ in votes}) < 3:
        state = state_of(vote.tallied())
        assert state.regional is not None
        assert state.regional.tally is not None
        assert state.regional.tally.cells == ()
        assert state.regional.is_done
        return
    state = state_of(vote.done())
    assert state.regional is not None
    counts = state.regional.counts
    assert counts is not None
    for cell, its in zip(state.regional.cells(), counts, strict=True):
        assert list(its[0]) == expected(votes, cell.leaves)
        assert cell.counted >= TERMS.minimum_counted


def test_blob_that_cannot_be_had_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trustee's answer that is withheld; with it, all goes on."""
    monkeypatch.setattr(board_entries, "LARGEST_INLINE", 2_450)
    vote = hold_regional()
    log = vote.done()
    large = {read_board_entry(one).kind for one in log.received if b"\nblob " in one.partition(b"\n\n")[0]}
    assert EntryKind.REGIONAL_DECRYPTION in large
    assert [one.reason for one in log.verdicts()] == [None] * END
    held = MemoryLog(list(log.received), dict(log.blobs))
    for part in read_board_entry(log.received[ANSWER]).parts:
        held.blobs.pop(part.digest, None)
    state = RecordState(held)
    with pytest.raises(UnavailableError):
        list(judge_log(held, state))
    assert state.size == ANSWER
    held.blobs.update(log.blobs)
    assert len(list(judge_log(held, state))) == END - ANSWER


# ── entries without effect ──────────────────────────────────────────────────────────────────────────────────────


def answer_with(log: MemoryLog, path: tuple[object, ...]) -> bytes:
    """A trustee's answer with one leaf changed, and an owner that names it."""
    content = tampered(read_board_entry(log.received[ANSWER]).parts[0].content or b"", path)
    owned = write_json(Owned(owner=1, payload=sha256_hex(content)))
    return entry(EntryKind.REGIONAL_DECRYPTION, content, owned, salt=bytes(16))


def owned_by(log: MemoryLog, owner: int, *, payload: str = "") -> bytes:
    """Trustee 1's answer as somebody else's."""
    content = read_board_entry(log.received[ANSWER]).parts[0].content or b""
    owned = write_json(Owned(owner=owner, payload=payload or sha256_hex(content)))
    return entry(EntryKind.REGIONAL_DECRYPTION, content, owned, salt=bytes(16))


def result_with(log: MemoryLog, path: tuple[object, ...]) -> bytes:
    """The regional result with one count changed."""
    return entry(
        EntryKind.REGIONAL_RESULT, tampered(read_board_entry(log.received[RESULT]).parts[0].content or b"", path)
    )


def again(log: MemoryLog, place: int) -> bytes:
    """An entry of the log once more, with a salt."""
    read = read_board_entry(log.received[place])
    return make_board_entry(read.kind, [part.content or b"" for part in read.parts], salt=bytes(16))[0]


Bad = Callable[[RegionalVote, MemoryLog], bytes]
BAD: dict[str, tuple[int, Reason, str, Bad]] = {
    "list before the setup": (1, Reason.OUT_OF_TURN, "no setup", lambda v, _: regions_entry(v, v.codes)),
    "list signed by a stranger": (
        LIST,
        Reason.REGIONS,
        "does not hold",
        lambda v, _: regions_entry(
            v, v.codes, v.sign(v.codes, secret=Group("Ed25519").random_secrets(randomness(8), 1))
        ),
    ),
    "list that the registrar did not sign": (
        LIST,
        Reason.REGIONS,
        "signed another list",
        lambda v, _: regions_entry(v, swapped(v), v.statement),
    ),
    "list for another setup": (
        LIST,
        Reason.REGIONS,
        "signed another list",
        lambda v, _: regions_entry(v, v.codes, v.sign(v.codes, setup="0" * 64)),
    ),
    "list signed twice": (
        LIST,
        Reason.REGIONS,
        "2 registrars signed",
        lambda v, _: regions_entry(v, v.codes, v.sign(v.codes, count=2)),
    ),
    "list signed by nobody": (
        LIST,
        Reason.REGIONS,
        "0 registrars signed",
        lambda v, _: regions_entry(v, v.codes, v.sign(v.codes, count=0)),
    ),
    "list with a statement that is none": (LIST, Reason.REGIONS, "", lambda v, _: regions_entry(v, v.codes, b"{}")),
    "list that is too short": (LIST, Reason.REGIONS, "36 bytes", lambda v, _: regions_entry(v, v.codes[2:])),
    "list that is too long": (LIST, Reason.REGIONS, "40 bytes", lambda v, _: regions_entry(v, v.codes + b"\0\0")),
    "list with other numbers than the charter": (
        LIST,
        Reason.REGIONS,
        "3 voters where the charter has 4",
        lambda v, _: regions_entry(v, moved(v, 0, to=1)),
    ),
    "list with a region of one voter": (
        LIST,
        Reason.REGIONS,
        "no region 4",
        lambda v, _: regions_entry(v, moved(v, 0, to=4)),
    ),
    "acceptance by the list": (
        3,
        Reason.ACCEPTANCE,
        "no party",
        lambda _v, _: entry(EntryKind.ACCEPTANCE, other_acceptance(hold_vote(), party=REGION_LIST)),
    ),
    "second list": (LIST + 1, Reason.OUT_OF_TURN, "nobody can change it", lambda v, _: regions_entry(v, swapped(v))),
    "list changed after the opening": (
        BALLOTS + 5,
        Reason.OUT_OF_TURN,
        "nobody can change it",
        lambda v, _: regions_entry(v, swapped(v)),
    ),
    "list changed after the close": (
        TALLY,
        Reason.OUT_OF_TURN,
        "nobody can change it",
        lambda v, _: regions_entry(v, swapped(v)),
    ),
    "regional tally before the close": (CLOSE, Reason.OUT_OF_TURN, "open", lambda _, log: again(log, REGIONAL_TALLY)),
    "regional tally before the national one": (
        TALLY,
        Reason.OUT_OF_TURN,
        "closed",
        lambda _, log: again(log, REGIONAL_TALLY),
    ),
    "regional tally with a cell of one ballot": (
        REGIONAL_TALLY,
        Reason.REGIONAL_TALLY,
        "other ballots than those of its regions",
        lambda _, log: regional_tally_with(log, lambda cells: split(cells, alone=1)),
    ),
    "regional tally with a cell below the minimum": (
        REGIONAL_TALLY,
        Reason.REGIONAL_TALLY,
        "a sum of 2 ballots; the charter allows none of fewer than 3",
        lambda _, log: regional_tally_with(log, lambda cells: split(cells, alone=2)),
    ),
    "regional tally with overlapping cells": (
        REGIONAL_TALLY,
        Reason.REGIONAL_TALLY,
        "a region is in two sums",
        lambda _, log: regional_tally_with(log, overlap),
    ),
    "regional tally that leaves ballots out": (
        REGIONAL_TALLY,
        Reason.REGIONAL_TALLY,
        "the national sum would tell",
        lambda _, log: regional_tally_with(log, left_out),
    ),
    "regional tally with another partition": (
        REGIONAL_TALLY,
        Reason.REGIONAL_TALLY,
        "not the sums of the cells",
        lambda _, log: regional_tally_with(log, all_in_one),
    ),
    "regional tally with other sums": (
        REGIONAL_TALLY,
        Reason.REGIONAL_TALLY,
        "not the sums of the cells",
        lambda _, log: regional_tally_with(log, other_sum),
    ),
    "regional tally with a region that is none": (
        REGIONAL_TALLY,
        Reason.REGIONAL_TALLY,
        "no region 'sea'",
        lambda _, log: regional_tally_with(log, rename),
    ),
    "regional tally that is none": (
        REGIONAL_TALLY,
        Reason.REGIONAL_TALLY,
        "",
        lambda _v, _: entry(EntryKind.REGIONAL_TALLY, b"{}"),
    ),
    "second regional tally": (
        REGIONAL_TALLY + 1,
        Reason.OUT_OF_TURN,
        "no second one",
        lambda _, log: regional_tally_with(log, all_in_one),
    ),
    "regional decryption before the regional tally": (
        REGIONAL_TALLY,
        Reason.OUT_OF_TURN,
        "no regional tally yet",
        lambda _, log: again(log, ANSWER),
    ),
    "regional decryption twice": (
        ANSWER + 1,
        Reason.REGIONAL_DECRYPTION,
        "has decrypted the cells before",
        lambda _, log: again(log, ANSWER),
    ),
    "regional decryption by nobody": (
        ANSWER,
        Reason.REGIONAL_DECRYPTION,
        "no trustee 4",
        lambda _, log: owned_by(log, 4),
    ),
    "regional decryption by another": (
        ANSWER,
        Reason.REGIONAL_DECRYPTION,
        "by another trustee",
        lambda _, log: owned_by(log, 2),
    ),
    "regional decryption that its owner's line does not name": (
        ANSWER,
        Reason.REGIONAL_DECRYPTION,
        "of another decryption",
        lambda _, log: owned_by(log, 1, payload="0" * 64),
    ),
    "regional decryption of another regional tally": (
        ANSWER,
        Reason.REGIONAL_DECRYPTION,
        "another record",
        lambda _, log: answer_with(log, ("tally",)),
    ),
    "regional decryption with a wrong proof": (
        ANSWER,
        Reason.REGIONAL_DECRYPTION,
        "does not hold",
        lambda _, log: answer_with(log, ("proofs", 1, 0, "response")),
    ),
    "regional decryption with a wrong factor": (
        ANSWER,
        Reason.REGIONAL_DECRYPTION,
        "",
        lambda _, log: answer_with(log, ("factors", 2, 1)),
    ),
    "regional decryption that is none": (
        ANSWER,
        Reason.REGIONAL_DECRYPTION,
        "",
        lambda _v, _: entry(
            EntryKind.REGIONAL_DECRYPTION, b"{}", write_json(Owned(owner=2, payload=sha256_hex(b"{}")))
        ),
    ),
    "regional result before anybody has decrypted": (
        REGIONAL_TALLY + 1,
        Reason.REGIONAL_RESULT,
        "0 valid partial decryptions",
        lambda _, log: again(log, RESULT),
    ),
    "regional result before enough have decrypted": (
        ANSWER + 1,
        Reason.REGIONAL_RESULT,
        "1 valid partial decryptions",
        lambda _, log: again(log, RESULT),
    ),
    "regional result with another count": (
        RESULT,
        Reason.REGIONAL_RESULT,
        "not what the sum decrypts to",
        lambda _, log: result_with(log, ("result", 0, 0, 1)),
    ),
    "regional result of another shape": (
        RESULT,
        Reason.REGIONAL_RESULT,
        "not the shape",
        lambda _v, _: entry(EntryKind.REGIONAL_RESULT, b'{"result":[[[3,2,1]]]}'),
    ),
    "regional result with more than there are ballots": (
        RESULT,
        Reason.REGIONAL_RESULT,
        "more than the 6 ballots",
        lambda _v, _: entry(EntryKind.REGIONAL_RESULT, b'{"result":[[[7,2,1]],[[0,3,1]],[[0,3,0]]]}'),
    ),
    "second regional result": (END, Reason.OUT_OF_TURN, "is in force", lambda _, log: again(log, RESULT)),
}


@pytest.mark.parametrize("name", BAD)
def test_entry_that_breaks_a_rule_has_no_effect_and_stops_nothing(name: str) -> None:
    """It is listed with its reason; all others have the effect that they had without it."""
    place, reason, message, make = BAD[name]
    vote = hold_regional()
    good = finished()
    log = good.with_entries([(place, make(vote, good))])
    verdicts = log.verdicts()
    found = verdicts.pop(place)
    assert found.reason is reason
    assert found.error is not None
    assert message in str(found.error)
    if place > CLOSE:  # before, EndBallots' proof is of another tree: only how it is judged matters
        assert [one.reason for one in verdicts] == [None] * END


def test_every_rule_about_regions_has_an_entry_that_breaks_it() -> None:
    """E17 to E20."""
    broken = {reason for _, reason, _, _ in BAD.values()}
    assert {rule.reason for rule in RULES if rule.reason.startswith("region")} <= broken


@pytest.mark.parametrize("place", [LIST, REGIONAL_TALLY, ANSWER, RESULT])
def test_entries_about_regions_have_no_effect_where_none_are_counted(place: int) -> None:
    """The charter decides."""
    log = log_of(hold_vote())
    inserted = again(finished(), place)
    for where in range(1, log.size() + 1):
        verdict = log.with_entries([(where, inserted)]).verdicts()[where]
        assert verdict.reason is Reason.OUT_OF_TURN
        assert "counts no regions" in str(verdict.error)


def test_too_few_ballots_in_all_are_not_decrypted() -> None:
    """There is no cell, and an answer about none is out of turn."""
    vote = hold_regional(votes=((0, 0), (5, 1)))
    log = vote.tallied()
    state = state_of(log)
    assert state.phase is Phase.TALLIED
    assert state.regional is not None
    assert state.regional.is_done
    log.received.append(finished().received[ANSWER])
    assert "none is decrypted" in str(log.verdicts()[-1].error)


def test_regional_result_may_come_after_the_national_one_or_before() -> None:
    """Regional entries wait for the regional tally, and for nothing else."""
    done = finished()
    log = MemoryLog([*done.received[:-2], *done.received[:-3:-1]], done.blobs)
    assert [one.reason for one in log.verdicts()] == [None] * END
    late = done.first(REGIONAL_TALLY + 1)
    late.received += [done.received[place] for place in (26, 28, 30, 27, 29, 31)]
    assert [one.reason for one in late.verdicts()] == [None] * END


def test_third_trustee_may_answer_beside_the_two() -> None:
    """Who does not is not missed."""
    vote = hold_regional()
    log = vote.tallied()
    for owner in (3, 2, 1):
        log.add(EntryKind.REGIONAL_DECRYPTION, regional_parts(vote.answer(log, owner), owner))
    state = state_of(log)
    assert state.regional is not None
    assert set(state.regional.answers) == {1, 2, 3}


def test_two_regions_of_the_charter_are_enough() -> None:
    """Without groups and without a rest."""
    held = (RegionMessage(id="east", registered=9), RegionMessage(id="west", registered=10))
    terms = replace(TERMS, regions=held, rest=0)
    vote = hold_regional(terms=terms, homes=(0,) * 9 + (1,) * 10)
    state = state_of(vote.done())
    assert state.regional is not None
    assert state.regional.counts is not None
    assert [sum(cell[0]) for cell in state.regional.counts] == [6, 7]
