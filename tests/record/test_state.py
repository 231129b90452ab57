"""The meaning of a log: what has effect, what has not and why, and the `.bel` that follows."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.errors import MalformedError, UnavailableError
from psephos.ports import UnixSeconds
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record import state as state_module
from psephos.record.board_entries import (
    BoardEntry,
    EntryKind,
    Part,
    StartAlone,
    inline_part,
    make_board_entry,
    read_board_entry,
    write_board_entry,
)
from psephos.record.closing import ClosedBy
from psephos.record.entries import SetupData
from psephos.record.phases import Phase
from psephos.record.rules import RULES, Reason, Verdict
from psephos.record.state import RecordState, derive_record, judge_log
from psephos.record.terms import charter_text, setup_text
from tests.support.bad_entries import (
    BAD,
    BALLOTS,
    CLOSE,
    DECRYPTED,
    END,
    RESULT,
    TALLY,
    bad_entry,
    bad_places,
    entry,
)
from tests.support.logged import (
    CLOSES,
    EARLIEST,
    LATEST,
    ORGANISERS,
    STRANGER,
    WITNESSES,
    MemoryLog,
    Vote,
    board_terms,
    hold_vote,
    log_of,
    note_by,
    policy,
    time_proof,
)
from tests.support.referendum import NOW, make_charter


def bel_of(log: MemoryLog) -> bytes:
    """The archive that follows from a log."""
    return b"".join(derive_record(log))


def outcome(verdict: Verdict) -> tuple[str, Reason | None]:
    """A verdict's kind and reason."""
    return verdict.kind, verdict.reason


def effects(verdicts: list[Verdict]) -> list[tuple[int, Reason | None, str]]:
    """Verdicts, so that they can be compared."""
    return [(one.index, one.reason, one.error.message if one.error else "") for one in verdicts]


def test_log_of_a_vote_gives_the_archive_of_the_same_vote_by_files() -> None:
    """Every entry has effect, and the derived `.bel` is byte for byte the one that files alone make."""
    vote = hold_vote()
    log = log_of(vote)
    assert log.size() == END
    assert [one.reason for one in log.verdicts()] == [None] * END
    assert bel_of(log) == vote.bel


@pytest.mark.parametrize("group", ["BELENIOS-2048"])
def test_log_gives_the_archive_in_another_group(group: str) -> None:
    """The same in a mod-p group."""
    vote = hold_vote(group=group, voters=6)
    assert bel_of(log_of(vote)) == vote.bel


def test_log_cut_off_gives_the_archive_cut_off() -> None:
    """At every size, what follows is a beginning of the whole archive."""
    vote = hold_vote()
    log = log_of(vote)
    sizes = []
    for size in range(END + 1):
        derived = bel_of(log.first(size))
        assert vote.bel.startswith(derived)
        sizes.append(len(derived))
    assert sizes == sorted(sizes)
    assert sizes[:2] == [0, 0]


def test_state_tells_where_the_vote_stands() -> None:
    """Phase, who is waited for, sums, answers and counts follow the entries."""
    log = log_of(hold_vote())
    state, seen = RecordState(log), []
    for received in log.received:
        state.take(received)
        seen.append((state.phase, len(state.waiting_for), state.is_open))
    assert seen[:7] == [
        (Phase.EMPTY, 0, False),
        *((Phase.OPEN, missing, missing == 0) for missing in (4, 3, 2, 1, 0)),
        (Phase.OPEN, 0, True),
    ]
    assert [phase for phase, _, _ in seen[CLOSE:]] == [
        Phase.CLOSED,
        Phase.TALLIED,
        Phase.DECRYPTING,
        Phase.DECRYPTING,
        Phase.DONE,
    ]
    assert state.closed_by is ClosedBy.OBSERVERS
    assert state.count is not None
    assert state.tally is not None
    assert state.decryptions is not None
    assert (state.count.ballots, state.tally.num_tallied) == (8, 5)
    assert (sorted(state.decryptions.answers), state.decryptions.counts) == ([1, 3], ((3, 1, 1),))


# ── entries without effect ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", BAD)
def test_bad_entry_has_no_effect_and_the_rest_goes_on(name: str) -> None:
    """It is listed at its place with its reason and an error that says more; the archive is the same as without it."""
    vote, (place, reason, _) = hold_vote(), BAD[name]
    log = log_of(vote).with_entries([(place, bad_entry(name))])
    verdicts = log.verdicts()
    excluded = [one for one in verdicts if not one.has_effect]
    assert [(one.index, one.reason) for one in excluded] == [(place, reason)]
    assert excluded[0].error is not None
    assert excluded[0].error.message
    assert excluded[0].derived is None
    assert [one.index for one in verdicts] == list(range(END + 1))
    assert bel_of(log) == vote.bel


def test_every_reason_is_met_and_has_its_rule() -> None:
    """The list of rules is complete, and each has an entry here that breaks it (the charter: see below).

    Those about regions have theirs in `test_regional`, those about definitions in `test_definition_entry`.
    """
    assert [rule.reason for rule in RULES] == list(Reason)
    assert [rule.id for rule in RULES] == [f"E{number}" for number in range(1, len(Reason) + 1)]
    regional = {reason for reason in Reason if reason.startswith("region")}
    elsewhere = {Reason.CHARTER, Reason.DEFINITION, Reason.ADDENDUM, *regional}
    assert {reason for _, reason, _ in BAD.values()} == set(Reason) - elsewhere


AT_HOME = [(BAD[name][0], name) for name in sorted(BAD) if bad_places(name)]
ANYWHERE = [(place, name) for name in sorted(BAD) for place in bad_places(name)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(AT_HOME) | st.sampled_from(ANYWHERE), max_size=8), st.integers(1, 4))
def test_bad_entries_anywhere_never_change_the_archive(inserted: list[tuple[int, str]], chunk: int) -> None:
    """Whatever is put where it is bad, every good entry has effect, and nothing else."""
    vote = hold_vote()
    log = log_of(vote).with_entries((place, bad_entry(name)) for place, name in inserted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_module, "CHUNK", chunk)
        good = [log.received[one.index] for one in log.verdicts() if one.has_effect]
        assert good == log_of(vote).received
        assert bel_of(log) == vote.bel


SALTED = [place for place in range(1, END) if not BALLOTS <= place < CLOSE]


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(SALTED), st.booleans()), st.integers(1, 4))
def test_copies_under_another_salt_never_change_the_archive(copied: dict[int, bool], chunk: int) -> None:
    """Of an entry and its copy directly before or after it, the first has effect and the second has not."""
    vote = hold_vote()
    log = log_of(vote)
    copies = {
        place: write_board_entry(replace(read_board_entry(log.received[place]), salt="5a" * 16)) for place in copied
    }
    expected = [copies[place] if copied.get(place) else received for place, received in enumerate(log.received)]
    log = log.with_entries((place if before else place + 1, copies[place]) for place, before in copied.items())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_module, "CHUNK", chunk)
        assert [log.received[one.index] for one in log.verdicts() if one.has_effect] == expected
        assert bel_of(log) == vote.bel


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize("width", [1, 2, 4])
def test_chunks_and_threads_do_not_change_effects(chunk: int, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However ballots are cut into chunks, and wherever these are checked, the verdicts are the same."""
    vote = hold_vote()
    log = log_of(vote).with_entries((BAD[name][0], bad_entry(name)) for name in BAD)
    expected = effects(log.verdicts())
    monkeypatch.setattr(state_module, "CHUNK", chunk)
    with ThreadPoolExecutor(2) as pool:
        found = list(judge_log(log, RecordState(log, spread=pool.map, width=width)))
    assert effects(found) == expected


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, END)), st.integers(1, 5))
def test_batches_do_not_change_effects(flushed: set[int], chunk: int) -> None:
    """Wherever one stops and asks for the verdicts so far, they are the same, each once and in order."""
    log = log_of(hold_vote()).with_entries((BAD[name][0], bad_entry(name)) for name in list(BAD)[::3])
    expected = effects(log.verdicts())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_module, "CHUNK", chunk)
        state, found = RecordState(log), []
        for place, received in enumerate(log.received):
            found += state.take(received)
            if place in flushed:
                found += state.flush()
                assert [one.index for one in found] == list(range(place + 1))
        found += state.flush()
    assert effects(found) == expected


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_entry_with_a_part_changed_is_judged_like_any_other(data: st.DataObject) -> None:
    """Whatever stands in a part, nothing but a verdict comes out, and what follows is judged as well."""
    vote = hold_vote()
    log = log_of(vote)
    place = data.draw(st.integers(0, END - 1))
    good = read_board_entry(log.received[place])
    contents = [part.content or b"" for part in good.parts]
    number = data.draw(st.integers(0, len(contents) - 1))
    start = data.draw(st.integers(0, len(contents[number])))
    end = data.draw(st.integers(start, min(start + 3, len(contents[number]))))
    contents[number] = contents[number][:start] + data.draw(st.binary(max_size=3)) + contents[number][end:]
    changed = entry(good.kind, *contents)
    log.received[place] = changed
    verdicts = log.verdicts()
    assert [one.index for one in verdicts] == list(range(END))
    assert all(one.has_effect for one in verdicts[:place])
    if changed != log_of(vote).received[place] and good.kind is not EntryKind.END_BALLOTS:
        assert not verdicts[place].has_effect
        assert verdicts[place].kind == good.kind


@pytest.mark.parametrize(
    ("name", "code", "at", "culprit"),
    [
        ("cut off", "malformed", "parts", ""),
        ("unknown kind", "unsupported", "line 1", ""),
        ("setup signed by too few", "invalid-proof", "signatures", ""),
        ("setup with weights", "refused", "credentials", ""),
        ("acceptance with a stranger's key", "invalid-proof", "signature of acceptance", "trustee 2"),
        ("late ballot", "out-of-turn", "Ballot", ""),
        ("ballot of a stranger", "rule", "/credential", ""),
        ("ballot signed over a proof that fails", "invalid-proof", "/answers/0/overall_proof", ""),
        ("early close", "quorum-not-met", "'all'", ""),
        ("tally with another number", "mismatch", "/num_tallied", ""),
        ("tally of other ballots", "mismatch", "/0/0", ""),
        ("decryption twice", "mismatch", "/owner", "trustee 1 (Trustee Aster)"),
        ("decryption with a wrong factor", "invalid-proof", "/0/0", "trustee 2 (Trustee Birch)"),
        ("wrong result", "mismatch", "/result/0/0", ""),
    ],
)
def test_verdict_says_what_is_wrong_where_and_whose_fault_it_is(name: str, code: str, at: str, culprit: str) -> None:
    """The error of an entry without effect carries the evidence."""
    place, _, _ = BAD[name]
    error = log_of(hold_vote()).with_entries([(place, bad_entry(name))]).verdicts()[place].error
    assert error is not None
    assert (error.code, error.at, error.culprit) == (code, at, culprit)


# ── single rules ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "first",
    [
        lambda v: entry(EntryKind.CHARTER, note_by(charter_text(v.charter), ORGANISERS[0])),
        lambda v: entry(EntryKind.CHARTER, note_by(charter_text(v.charter), STRANGER)),
        lambda v: entry(EntryKind.CHARTER, v.charter),
        lambda _v: entry(EntryKind.CHARTER, note_by(charter_text(make_charter()), *ORGANISERS)),
        lambda v: entry(EntryKind.CHARTER, note_by(charter_text(v.charter + b"\n"), *ORGANISERS)),
        lambda v: entry(EntryKind.BALLOT, v.ballots[0]),
    ],
)
def test_log_without_a_charter_that_holds_means_nothing(first: Callable[[Vote], bytes]) -> None:
    """Without enough signatures, without a board, or with something else as entry 0, no entry has effect."""
    vote = hold_vote()
    log = log_of(vote)
    log.received[0] = first(vote)
    assert {one.reason for one in log.verdicts()} == {Reason.CHARTER, Reason.OUT_OF_TURN}
    assert log.verdicts()[0].reason is Reason.CHARTER
    assert bel_of(log) == b""


def test_ballot_that_came_too_early_cannot_come_again() -> None:
    """Its fingerprint stands in the log: handed in again after the opening it has no effect, and undoes no revote."""
    vote = hold_vote()
    for place in (1, 4):
        log = log_of(vote).with_entries([(place, entry(EntryKind.BALLOT, vote.ballots[0]))])
        excluded = [(one.index, one.reason) for one in log.verdicts() if not one.has_effect and one.index < CLOSE]
        assert excluded == [(place, Reason.OUT_OF_TURN), (BALLOTS + 1, Reason.DUPLICATE)]


def test_ballot_larger_than_the_charter_allows_has_no_effect() -> None:
    """The charter's limit counts, for ballots that hold as well."""
    for largest, reason in (10_000, None), (1_000, Reason.BALLOT):
        log = log_of(hold_vote(board=board_terms(largest_ballot=largest))).first(CLOSE)
        assert log.verdicts()[BALLOTS].reason is reason


def test_result_that_came_too_early_has_effect_when_it_comes_again() -> None:
    """Nobody can keep a result out by appending it before its time: a salt makes it another entry."""
    vote = hold_vote()
    log = log_of(vote)
    early = entry(EntryKind.RESULT, vote.result)
    log.received[RESULT] = entry(EntryKind.RESULT, vote.result, salt=bytes(range(16)))
    log = log.with_entries([(place, early) for place in (BALLOTS, TALLY, DECRYPTED + 1)])
    assert [one.kind for one in log.verdicts() if not one.has_effect] == ["Result"] * 3
    assert bel_of(log) == vote.bel


def test_first_correct_entry_has_effect_whoever_brings_it() -> None:
    """Wrong tallies and results before the right one, and correct ones after it, change nothing."""
    vote = hold_vote()
    log = log_of(vote).with_entries(
        [
            (TALLY, bad_entry("tally of other ballots")),
            (TALLY + 1, bad_entry("second tally")),
            (RESULT, bad_entry("wrong result")),
            (END, bad_entry("second result")),
        ]
    )
    assert bel_of(log) == vote.bel


def test_closing_time_moves_within_the_clause_only_and_in_order() -> None:
    """Organisers move the closing time, each change with the next number; the one in force counts."""
    vote = hold_vote()
    log = log_of(vote).first(9)
    for number, closes_at in (1, CLOSES), (2, EARLIEST), (1, LATEST):
        log.add(EntryKind.CLOSING_TIME, [vote.closing_time(number, closes_at)])
    for at in (EARLIEST - 1, EARLIEST):
        log.add(EntryKind.END_BALLOTS, [time_proof(log, at)])
    assert [(one.kind, one.reason) for one in log.verdicts()[9:]] == [
        ("ClosingTime", None),
        ("ClosingTime", None),
        ("ClosingTime", Reason.CLOSING),
        ("EndBallots", Reason.CLOSING),
        ("EndBallots", None),
    ]


def test_extension_is_not_taken_back() -> None:
    """Nobody who was told of a later closing time finds the vote closed at a moment that organisers chose meanwhile."""
    vote = hold_vote()
    log = log_of(vote).first(9)
    for number, closes_at in (1, EARLIEST), (2, CLOSES + 2), (3, CLOSES + 1), (3, CLOSES), (3, EARLIEST), (3, LATEST):
        log.add(EntryKind.CLOSING_TIME, [vote.closing_time(number, closes_at)])
    for at in (CLOSES, LATEST - 1, LATEST):
        log.add(EntryKind.END_BALLOTS, [time_proof(log, at)])
    assert [one.reason for one in log.verdicts()[9:]] == [
        None,
        None,
        *[Reason.CLOSING] * 3,
        None,
        *[Reason.CLOSING] * 2,
        None,
    ]


def test_rehearsal_is_ended_at_any_time() -> None:
    """Also after it was extended: nobody has to wait."""
    vote = hold_vote(charter=make_charter(size=3, threshold=2, kind="rehearsal", board=board_terms()))
    log = log_of(vote).first(9)
    for number, closes_at in (1, LATEST), (2, EARLIEST):
        log.add(EntryKind.CLOSING_TIME, [vote.closing_time(number, closes_at)])
    log.add(EntryKind.END_BALLOTS, [time_proof(log, EARLIEST)])
    assert [one.reason for one in log.verdicts()[9:]] == [None] * 3


def test_extension_keeps_the_vote_open() -> None:
    """After an extension, the planned closing time is too early."""
    vote = hold_vote()
    log = log_of(vote)
    extended = log.with_entries([(9, entry(EntryKind.CLOSING_TIME, vote.closing_time(1, LATEST)))])
    found = {one.index: one.reason for one in extended.verdicts() if not one.has_effect}
    assert found[CLOSE + 1] is Reason.CLOSING
    assert set(found.values()) == {Reason.CLOSING, Reason.OUT_OF_TURN}


def test_organisers_can_close_where_observers_cannot() -> None:
    """Without a quorum of observers the organisers' word on the time closes the vote, and the state says so."""
    vote = hold_vote()
    log = log_of(vote)
    log.received[CLOSE] = entry(EntryKind.END_BALLOTS, vote.time(CLOSES))
    state = RecordState(log)
    assert all(one.has_effect for one in judge_log(log, state))
    assert state.closed_by is ClosedBy.ORGANISERS
    assert bel_of(log) == vote.bel


def test_cosignatures_of_verifying_observers_do_not_tell_the_time() -> None:
    """Only observers of the policy for receipts are asked."""
    board = board_terms(receipts=policy(WITNESSES, threshold=4))
    vote = hold_vote(board=board)
    log = log_of(vote)
    assert [outcome(one) for one in log.verdicts() if one.index == CLOSE] == [("EndBallots", Reason.CLOSING)]
    log.received[CLOSE] = entry(EntryKind.END_BALLOTS, time_proof(log.first(CLOSE), observers=4))
    assert bel_of(log) == vote.bel


def test_reason_of_a_trustee_is_kept_once_and_changes_no_archive() -> None:
    """Between the close and the result; the second one of the same trustee has no effect; the `.bel` is the same."""
    vote = hold_vote()
    stated = [(place, entry(EntryKind.WITHOUT_QUORUM, vote.without_quorum(1, f"at {place}"))) for place in (15, 16, 18)]
    other = entry(EntryKind.WITHOUT_QUORUM, vote.without_quorum(2))
    log = log_of(vote).with_entries([*stated, (18, other)])
    state = RecordState(log)
    reasons = [(one.index, one.reason) for one in judge_log(log, state) if one.kind == EntryKind.WITHOUT_QUORUM]
    assert reasons == [(15, None), (17, Reason.WITHOUT_QUORUM), (20, None), (21, Reason.WITHOUT_QUORUM)]
    assert {party: one.reason for party, one in state.without_quorum.items()} == {
        "trustee 1": "at 15",
        "trustee 2": "three observers were arrested",
    }
    assert bel_of(log) == vote.bel


@pytest.mark.parametrize("reason", ["", " ", "two\nlines", "x\x1b[2J", "\u202eback", " around", "y" * 1001])
def test_reason_that_cannot_be_shown_is_not_signed(reason: str) -> None:
    """One line, printable, not too long: it is shown on everybody's terminal."""
    with pytest.raises(MalformedError, match="one line"):
        hold_vote().without_quorum(1, reason)


def test_start_alone_is_remembered_and_changes_nothing() -> None:
    """The log's statement about itself has effect as such; the archive is the same."""
    vote, statement = hold_vote(), StartAlone(size=8, at=NOW)
    log = log_of(vote).with_entries([(9, entry(EntryKind.START_ALONE, write_json(statement)))])
    state = RecordState(log)
    assert all(one.has_effect for one in judge_log(log, state))
    assert state.alone == [statement]
    assert bel_of(log) == vote.bel


# ── blobs ───────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def large() -> tuple[Vote, MemoryLog]:
    """A vote with so many voters that their credentials are a blob."""
    vote = hold_vote(voters=1000)
    return vote, log_of(vote)


def test_credentials_of_many_voters_are_a_blob_and_the_archive_is_the_same() -> None:
    """Blobs are read where they are needed; the archive holds their bytes."""
    vote, log = large()
    assert list(log.blobs.values()) == [vote.setup[2]]
    assert bel_of(log) == vote.bel


@pytest.mark.parametrize("instead", [None, b"", b"other", "longer", "changed"])
def test_missing_blob_stops_without_a_verdict_until_it_is_there(instead: bytes | str | None) -> None:
    """What cannot be had says nothing: the state stays as it was, and goes on with the same entry later."""
    vote, log = large()
    digest, content = next(iter(log.blobs.items()))
    wrong = {"longer": content + b"x", "changed": content[:100] + b"0" + content[101:]}
    source = MemoryLog(log.received, {})
    if instead is not None:
        source.blobs[digest] = instead if isinstance(instead, bytes) else wrong[instead]
    state = RecordState(source)
    state.take(log.received[0])
    for _ in range(2):
        with pytest.raises(UnavailableError) as caught:
            state.take(log.received[1])
        assert caught.value.at == f"blob {digest}"
        assert (state.size, state.phase) == (1, Phase.EMPTY)
    source.blobs[digest] = content
    found = list(judge_log(source, state))
    assert [one.index for one in found] == list(range(1, END))
    assert all(one.has_effect for one in found)
    assert bel_of(source) == vote.bel


def test_entry_that_is_wrong_anyway_needs_no_blob() -> None:
    """A setup that nobody signed, out of turn, or a tally that is not ours is judged without its objects."""
    vote, log = large()
    unsigned, _ = make_board_entry(EntryKind.SETUP, [*vote.setup[:2], b"[" + b"x" * 60_000, *vote.setup[3:], b"x"])
    size = write_json({"num_tallied": 5, "total_weight": 5, "encrypted_tally": sha256_hex(b"t" * 60_001)})
    tally, _ = make_board_entry(EntryKind.ENCRYPTED_TALLY, [b"t" * 60_001, size])
    out_of_turn, _ = make_board_entry(EntryKind.PARTIAL_DECRYPTION, [b"x" * 60_001, b"", b"x" * 70_000])
    changed = log.with_entries([(1, unsigned), (9, out_of_turn), (TALLY, tally), (DECRYPTED, out_of_turn)])
    assert [(one.index, one.reason) for one in changed.verdicts() if not one.has_effect] == [
        (1, Reason.UNSIGNED),
        (10, Reason.OUT_OF_TURN),
        (TALLY + 2, Reason.TALLY),
        (DECRYPTED + 3, Reason.DECRYPTION),
    ]
    assert bel_of(changed) == vote.bel


class ForgetfulLog(MemoryLog):
    """A log whose earlier entries cannot be had for a while."""

    forgets = True

    def entries(self, start: int, end: int) -> list[bytes]:
        if self.forgets:
            raise UnavailableError("not now", at=f"entry {start}")
        return self.received[start:end]


@pytest.mark.parametrize("chunk", [1, 2, 3, 1000])
def test_superseded_ballot_that_cannot_be_read_again_is_waited_for(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ballots are counted all or not at all: after the failure, the verdicts go on where they stopped."""
    vote = hold_vote()
    log = log_of(vote)
    expected = effects(log.verdicts())
    source = ForgetfulLog(log.received, log.blobs)
    monkeypatch.setattr(state_module, "CHUNK", chunk)
    state, found, failures = RecordState(source), [], 0
    for received in log.received:
        while True:
            try:
                found += state.take(received)
                break
            except UnavailableError:
                failures += 1
                source.forgets = False
        source.forgets = True
    source.forgets = False
    found += state.flush()
    assert effects(found) == expected
    assert (failures > 0) == (chunk < 1000)


def test_archive_has_the_time_that_the_organisers_signed() -> None:
    """The archive's timestamp comes with the setup, under the organisers' signatures."""
    vote = hold_vote()
    log = log_of(vote)
    log.received[1] = entry(EntryKind.SETUP, *vote.setup, vote.signed_setup(timestamp=NOW + 1))
    assert b"%011o" % (NOW + 1) in bel_of(log)[:512]
    assert bel_of(log)[:512] != vote.bel[:512]


def test_object_larger_than_any_is_refused_without_being_fetched() -> None:
    """An election of two megabytes cannot be, whether somebody has its bytes or not."""
    vote = hold_vote()
    log = log_of(vote)
    election = Part((1 << 20) + 1, "a" * 64, None)
    data = write_json(SetupData("a" * 64, sha256_hex(vote.setup[1]), sha256_hex(vote.setup[2])))
    text = setup_text(charter=vote.name, setup=sha256_hex(data), timestamp=UnixSeconds(NOW))
    parts = (election, *map(inline_part, (*vote.setup[1:3], data, note_by(text, *ORGANISERS))))
    log.received.insert(1, write_board_entry(BoardEntry(EntryKind.SETUP, parts)))
    assert [(one.index, one.reason) for one in log.verdicts() if not one.has_effect] == [(1, Reason.SETUP)]
    assert bel_of(log) == vote.bel
