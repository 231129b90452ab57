"""Every parser of the record, and what must not depend on how a record is cut into pieces, chunks or orders."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psephos.adapters.files import MemorySource
from psephos.errors import MalformedError, MismatchError, OutOfTurnError, PsephosError
from psephos.protocol.election import Question
from psephos.protocol.encoding import read_json, write_json
from psephos.protocol.group import Group
from psephos.record import phases
from psephos.record.archive import LARGE, Archive, write_first, write_record
from psephos.record.electorate import read_electorate, read_entries
from psephos.record.entries import Event, SetupData
from psephos.record.entries import read_entries as read_events
from psephos.record.phases import EventKind, Phase, allowed, next_phase
from psephos.verify import ballots
from psephos.verify.audit import audit
from psephos.verify.report import Report, Status, Verdict
from tests.support.changed_records import archive, ending_within
from tests.support.json_changes import mutations
from tests.support.oracle.archive import Step, read_archive, steps_of
from tests.support.oracle.credentials import parse_public_credentials
from tests.support.oracle.errors import RefusedError, UnsupportedError
from tests.support.oracle.groups import ED25519, GROUPS
from tests.support.oracle.record import check_order
from tests.support.world import TIMESTAMP, YES_NO, World, whole_record

CUTS = st.lists(st.integers(1, 400), max_size=12)


def pieces(content: bytes, lengths: Sequence[int]) -> Iterator[bytes]:
    """The content in pieces of these lengths, and the rest."""
    at = 0
    for length in lengths:
        yield content[at : at + length]
        at += length
    yield content[at:]


# ── the list of public credentials ──────────────────────────────────────────────────────────────────────────────


@lru_cache(3)
def credentials(name: str) -> list[str]:
    """A list of entries, some with weights."""
    texts = World(Group(name), (YES_NO,), voters=6).public_credentials.texts()
    return [f"{text},{place}" if place % 3 else text for place, text in enumerate(texts)]


@settings(max_examples=15)
@given(name=st.sampled_from(sorted(GROUPS)), cuts=CUTS)
def test_list_of_credentials_is_the_same_in_any_pieces(name: str, cuts: list[int]) -> None:
    """However it arrives, the entries and their weights are those that the oracle reads."""
    entries = credentials(name)
    content = write_json(entries)
    assert [entry for batch in read_entries(pieces(content, cuts)) for entry in batch] == entries
    electorate = read_electorate(pieces(content, cuts), len(content), Group(name))
    expected = parse_public_credentials(GROUPS[name], content)
    assert len(electorate) == len(expected)
    assert electorate.total_weight == sum(expected.values())
    for text, weight in expected.items():
        row = electorate.row(text)
        assert row is not None
        assert electorate.weight(row) == weight


@settings(max_examples=150)
@given(data=st.data())
@example(data=None)
def test_list_of_credentials_that_was_edited_is_read_as_the_oracle_reads_it(data: st.DataObject | None) -> None:
    """What we take after an edit, the oracle takes with the same weights; nothing but our error comes out."""
    content = write_json(credentials("Ed25519"))
    cuts: list[int] = []
    if data is not None:
        start = data.draw(st.integers(0, len(content)))
        piece = data.draw(st.one_of(st.binary(max_size=3), st.sampled_from([b'"', b",", b'","', b"]", b"[", b"1"])))
        content = content[:start] + piece + content[start + data.draw(st.integers(0, 5)) :]
        cuts = data.draw(CUTS)
    try:
        electorate = read_electorate(pieces(content, cuts), len(content), Group("Ed25519"))
    except MalformedError:
        return
    expected = parse_public_credentials(ED25519, content)
    assert (len(electorate), electorate.total_weight) == (len(expected), sum(expected.values()))


@settings(max_examples=100)
@given(content=st.one_of(st.binary(max_size=40), st.text('[]",0aé\\ ', max_size=20).map(str.encode)), cuts=CUTS)
@example(content=b"[]", cuts=[])
@example(content=b'[""]', cuts=[1, 1, 1])
@example(content=b'["]', cuts=[])
@example(content=b"[", cuts=[])
@example(content=b"", cuts=[])
def test_list_of_credentials_of_arbitrary_bytes_is_refused(content: bytes, cuts: list[int]) -> None:
    """With an error of ours, in every group."""
    for name in GROUPS:
        with pytest.raises(MalformedError) as caught:
            read_electorate(pieces(content, cuts), len(content), Group(name))
        assert caught.value.code == "malformed"
        assert caught.value.at.startswith("credentials")


def test_list_of_credentials_with_short_entries_after_long_ones_is_read() -> None:
    """Squares of a few digits in a later piece: the packed table has room for them, and reading ends."""
    group = Group("RFC-3526-2048")
    long = World(group, (YES_NO,), voters=10).public_credentials.texts()
    short = [str(number**2) for number in range(2, 202)]
    content = write_json([*long, *(f"{text},{place}" for place, text in enumerate(short))])
    with ending_within(20):
        electorate = read_electorate(pieces(content, [620 * 10]), len(content), group)
    weights = {text: electorate.weight(row) for text in [*long, *short] if (row := electorate.row(text)) is not None}
    assert weights == {**dict.fromkeys(long, 1), **{text: place for place, text in enumerate(short)}}
    assert (len(electorate), electorate.total_weight) == (210, sum(weights.values()))
    assert electorate.row("5") is None


def test_list_of_credentials_with_one_twice_is_refused_with_its_place() -> None:
    """Also under another weight, and in another piece."""
    entries = credentials("Ed25519")
    for second in (entries[1].partition(",")[0], entries[1], f"{entries[1].partition(',')[0]},77"):
        content = write_json([*entries, second])
        for cuts in ([], [70], [len(content) - 5]):
            with pytest.raises(MalformedError) as caught:
                read_electorate(pieces(content, cuts), len(content), Group("Ed25519"))
            assert caught.value.at == "credentials/6"


# ── archives and entries ────────────────────────────────────────────────────────────────────────────────────────

QUESTIONS = (
    Question(answers=("A", "B", "C"), blank=True, min=1, max=2, question="One or two?"),
    Question(answers=("Yes", "No"), min=0, max=1, question="At most one?"),
)


@lru_cache(1)
def good() -> bytes:
    """A whole record."""
    world = World(Group("Ed25519"), QUESTIONS, voters=3, trustees=3, threshold=2)
    votes = [(0, [[0, 1, 1, 0], [1, 0]]), (1, [[1, 0, 0, 0], [0, 1]]), (0, [[0, 0, 0, 1], [0, 0]])]
    return whole_record(world, votes, deciding=(1, 3)).archive


def read_whole(received: bytes) -> None:
    """Read every record and entry."""
    for entry in read_events(Archive(MemorySource(received))):
        assert entry.event is not None or not entry.usable
    records = Archive(MemorySource(received))
    for record in records.records():
        assert b"".join(records.stream(record)) == record.content
        assert records.record_at(record.offset) == record
    assert records.end == len(received)


@settings(max_examples=150)
@given(received=st.binary(max_size=1200))
@example(received=b"")
@example(received=b"BELENIOS")
@example(received=b"BELENIOS" + bytes(504))
@example(received=bytes(1024))
def test_archive_of_arbitrary_bytes_is_refused(received: bytes) -> None:
    """With an error of ours; and the audit never says verified."""
    with pytest.raises(PsephosError):
        read_whole(received)
    assert audit(MemorySource(received)).verdict is not Verdict.VERIFIED


@settings(max_examples=150)
@given(data=st.data())
def test_archive_that_was_edited_is_read_or_refused(data: st.DataObject) -> None:
    """Blocks removed, repeated, exchanged, bytes overwritten: no exception but ours, and reading ends.

    What can be read all the same, such as a ballot that stands there twice, does not verify, unless it is how the
    record began.
    """
    received = good()
    block = st.integers(0, len(received) // 512)
    start, end = sorted((512 * data.draw(block), 512 * data.draw(block)))
    at = 512 * data.draw(block)
    edited = data.draw(
        st.sampled_from(
            [
                received[:start] + received[end:],
                received[:at] + received[start:end] + received[at:],
                received[:start] + received[at:][: end - start] + received[end:],
                received[:start] + bytes(end - start) + received[end:],
            ]
        )
    )
    offset = data.draw(st.integers(0, max(len(edited) - 1, 0)))
    edited = edited[:offset] + data.draw(st.binary(max_size=12)) + edited[offset + data.draw(st.integers(0, 12)) :]
    with ending_within(10):
        try:
            read_whole(edited)
        except PsephosError as error:
            refused = error
        else:
            assert received.startswith(edited) or audit(MemorySource(edited)).verdict is not Verdict.VERIFIED
            return
    assert refused.message


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE + 7])
def test_record_of_any_size_is_read_and_streamed(size: int) -> None:
    """Around blocks and around what is held: the same bytes come out, and the next record is found."""
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    received = write_first(TIMESTAMP) + write_record("data", content, TIMESTAMP) + write_record("data", b"x", TIMESTAMP)
    records = Archive(MemorySource(received))
    first, second = records.records()
    assert b"".join(records.stream(first)) == content
    assert (first.size, first.content is None, second.content) == (size, size > LARGE, b"x")
    assert records.end == len(received)
    if size > LARGE:
        damaged = MemorySource(received.replace(b"89ab", b"89aB", 1))
        records = Archive(damaged)
        (first, _) = records.records()
        with pytest.raises(MalformedError, match="hash"):
            b"".join(records.stream(first))


@pytest.mark.parametrize("kind", [Event, SetupData])
def test_message_with_any_part_changed_is_refused_or_read_to_the_same_bytes(kind: type) -> None:
    """Events and setup data: an error of ours, or the same bytes."""
    message: Any = Event(parent="0" * 64, height=3, type=EventKind.BALLOT, payload="1" * 64)
    if kind is SetupData:
        message = SetupData(
            election="0" * 64, trustees="1" * 64, credentials="2" * 64, credentials_certificate="3" * 64
        )
    body = write_json(message)
    assert read_json(body, kind, what="message") == message
    for mutation in mutations(ED25519, body, turns=20):
        try:
            value: object = read_json(mutation.body, kind, what="message")
        except MalformedError:
            continue
        assert write_json(value) == mutation.body


@pytest.mark.parametrize("field", ["parent", "payload"])
def test_event_with_a_digest_in_another_form_is_refused(field: str) -> None:
    """Sixty-four lower-case digits and nothing after them."""
    for digest in ("0" * 64 + "\\n", "0" * 63, "A" * 64, "0" * 65):
        parent = f'"parent":"{digest}",' if field == "parent" else ""
        payload = f',"payload":"{digest}"' if field == "payload" else ""
        with pytest.raises(MalformedError):
            read_json(f'{{{parent}"height":1,"type":"Ballot"{payload}}}'.encode(), Event, what="event")


# ── order of events ─────────────────────────────────────────────────────────────────────────────────────────────


def test_table_of_phases_is_complete() -> None:
    """For every phase and kind of event: a phase follows, or an error says what may come instead."""
    for phase, kind in product(Phase, EventKind):
        if kind in allowed(phase):
            assert next_phase(phase, kind) is phases.TRANSITIONS[phase, kind]
            continue
        with pytest.raises(OutOfTurnError) as caught:
            next_phase(phase, kind)
        assert (caught.value.code, caught.value.at) == ("out-of-turn", kind)
        assert all(other in caught.value.message for other in allowed(phase))
    reached = {Phase.EMPTY, *phases.TRANSITIONS.values()}
    assert reached == set(Phase)
    assert {kind for _, kind in phases.TRANSITIONS} == set(EventKind)
    assert allowed(Phase.DONE) == []


def _ends_well(kinds: Sequence[str]) -> bool:
    phase = Phase.EMPTY
    for kind in kinds:
        try:
            phase = next_phase(phase, EventKind(kind))
        except OutOfTurnError:
            return False
    return True


@settings(max_examples=300)
@given(kinds=st.lists(st.sampled_from([kind.value for kind in EventKind]), min_size=1, max_size=8))
def test_order_of_events_is_judged_as_the_oracle_judges_it(kinds: list[str]) -> None:
    """Any sequence without shuffles, which the oracle does not know."""
    try:
        check_order([Step(kind) for kind in kinds])
    except UnsupportedError:
        return
    except RefusedError:
        assert not _ends_well(kinds) or {"Shuffle", "EndShuffles"} & set(kinds)
    else:
        assert _ends_well(kinds)


def test_every_order_that_is_an_elections_is_taken() -> None:
    """With and without shuffles, none or several of what may be repeated, and every beginning of it."""
    for votes, shuffles, decryptions in product((0, 1, 3), (0, 1, 2), (1, 3)):
        kinds = ["Setup", *["Ballot"] * votes, "EndBallots", "EncryptedTally"]
        kinds += [*["Shuffle"] * shuffles, "EndShuffles"] if shuffles else []
        kinds += [*["PartialDecryption"] * decryptions, "Result"]
        assert all(_ends_well(kinds[:length]) for length in range(len(kinds) + 1))


# ── chunks of ballots ───────────────────────────────────────────────────────────────────────────────────────────

CHUNKS = (1, 2, 3, 5, 1000)
WEIGHTS = [1, 1, 4, 300]
PLAIN = [[[0, 1, 1, 0], [1, 0]], [[1, 0, 0, 0], [0, 1]], [[0, 0, 0, 1], [0, 0]]]
ORDERS = {
    "once each": [0, 1, 2, 3],
    "revotes at once": [0, 0, 0, 1, 1, 2],
    "revotes across chunks": [0, 1, 2, 0, 3, 1, 0, 2, 0],
    "one voter": [2, 2, 2, 2, 2, 2, 2],
    "all again": [0, 1, 2, 3, 3, 2, 1, 0],
}


def weighted_world() -> World:
    """Four voters with weights, one trustee."""
    return World(Group("Ed25519"), QUESTIONS, voters=4, weights=WEIGHTS)


def reports(monkeypatch: pytest.MonkeyPatch, received: bytes) -> list[Report]:
    """The audit's report with chunks of each size."""
    found = []
    for chunk in CHUNKS:
        monkeypatch.setattr(ballots, "CHUNK", chunk)
        found.append(audit(MemorySource(received)))
    return found


@pytest.mark.parametrize("order", ORDERS)
def test_report_does_not_depend_on_the_size_of_chunks(monkeypatch: pytest.MonkeyPatch, order: str) -> None:
    """Chunks of 1, 2, 3, 5 and 1,000 ballots give the same report; the counts are those of the last ballots."""
    voters = ORDERS[order]
    votes = [(voter, PLAIN[place % 3]) for place, voter in enumerate(voters)]
    whole = whole_record(weighted_world(), votes)
    first, *others = (report.as_dict() for report in reports(monkeypatch, whole.archive))
    assert all(report == first for report in others)
    last = dict(votes)
    counts = [
        [sum(WEIGHTS[voter] * plain[at][place] for voter, plain in last.items()) for place in range(size)]
        for at, size in enumerate((4, 2))
    ]
    assert first["verdict"] == Verdict.VERIFIED
    assert (first["ballots"], first["counted"]) == (len(voters), len(last))
    assert [list(question) for question in first["result"]] == counts


@pytest.mark.parametrize(
    "rows", [(0, 1, 0), (0, 0), (0, 1, 2, 0), (0, 1, 2, 1), (0, 1, 2, 3, 0), (0, 1, 2, 3, 2), (0, 3, 1, 3, 0, 1)]
)
def test_ballot_again_after_another_of_the_same_voter_is_refused(
    monkeypatch: pytest.MonkeyPatch, rows: tuple[int, ...]
) -> None:
    """A, B, A and the like: a ballot that was cast before cannot supersede a later one, whatever the chunks."""
    world = weighted_world()
    votes = [(0, PLAIN[0]), (0, PLAIN[1]), (0, PLAIN[2]), (1, PLAIN[0])]
    made = world.ballots(votes)
    setup, *_ = steps_of(read_archive(whole_record(world, votes[:1]).archive))
    received = archive([setup, *(Step("Ballot", (made[row],)) for row in rows), Step("EndBallots")], TIMESTAMP)
    again = len(rows) - len(set(rows))
    found = reports(monkeypatch, received)
    for report in found:
        assert report.verdict is Verdict.FALSE
        assert {check for check, result in report.results.items() if result.status is Status.FAILED} == {"V13"}
        failures = report.results["V13"].failures
        assert [failure.code for failure in failures] == [MismatchError.code] * again
        assert all(failure.at.startswith("ballot ") for failure in failures)
    assert all(report.as_dict() == found[0].as_dict() for report in found)


def test_failures_do_not_depend_on_the_size_of_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ballots that are malformed, unlisted, unsigned or unproved among good ones: all are named, in the same places."""
    world = weighted_world()
    good_ballots = world.ballots([(voter, PLAIN[voter % 3]) for voter in range(4)])
    stranger = World(Group("Ed25519"), QUESTIONS, voters=1, seed=9)
    stranger.form, stranger.election = world.form, world.election
    unlisted = stranger.ballots([(0, PLAIN[0])])[0]
    cut = good_ballots[1].index(b'"overall_proof":[{"challenge":"') + 31
    digit = good_ballots[1][cut : cut + 1]
    unproved = good_ballots[1][:cut] + (b"1" if digit != b"1" else b"2") + good_ballots[1][cut + 1 :]
    malformed = good_ballots[2].replace(b'"choices"', b'"choice"')
    rows = [good_ballots[0], malformed, good_ballots[1], unlisted, unproved, good_ballots[3], b"", good_ballots[2]]
    setup, *_ = steps_of(read_archive(whole_record(world, [(0, PLAIN[0])]).archive))
    received = archive([setup, *(Step("Ballot", (row,)) for row in rows), Step("EndBallots")], TIMESTAMP)
    found = reports(monkeypatch, received)
    assert all(report.as_dict() == found[0].as_dict() for report in found)
    counts = {check: len(found[0].results[check].failures) for check in ("V9", "V10", "V11", "V12", "V13")}
    assert counts == {"V9": 2, "V10": 1, "V11": 1, "V12": 1, "V13": 0}
