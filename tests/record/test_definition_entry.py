"""A definition on the board: the one that the charter names, signed, once, before the setup; and its addenda."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from psephos.errors import UnavailableError
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import EntryKind, make_board_entry, read_board_entry
from psephos.record.definition_entry import addendum_text, definition_in, definition_text, fingerprint_in
from psephos.record.phases import Phase
from psephos.record.rules import Reason
from psephos.record.state import RecordState, derive_record
from psephos.referendum.definition import write_definition
from psephos.referendum.definition_people import Justification
from tests.board.example import BOARD
from tests.support.bad_entries import entry
from tests.support.defined import (
    ANNUL,
    addendum,
    addendum_entry,
    charter_of,
    defined_log,
    defined_vote,
    definition,
    definition_entry,
    published,
)
from tests.support.logged import STRANGER, MemoryLog, hold_vote, log_of, note_by, organisers_note
from tests.support.records import json_of
from tests.support.referendum import NOW

SETUP = 2
"""Place of the setup in the log with a definition."""
WITHOUT = log_of(hold_vote()).size()


def reasons(log: MemoryLog) -> dict[int, Reason]:
    """The places of entries without effect, and why."""
    return {one.index: one.reason for one in log.verdicts() if one.reason is not None}


def note_of(text: bytes, count: int = 2) -> bytes:
    """A note that so many organisers signed."""
    return organisers_note(text, defined_vote().terms, count)


def other() -> bytes:
    """Another definition than the charter's."""
    return published("statutory")


def test_definition_stands_between_charter_and_setup() -> None:
    """It has effect, the state holds its very bytes, and the archive is that of the same vote by files."""
    log = defined_log()
    assert reasons(log) == {}
    state = RecordState(log)
    state.take(log.received[0])
    assert (state.named_definition, state.definition) == (sha256_hex(published()), None)
    state.take(log.received[1])
    assert (state.definition, state.phase) == (published(), Phase.EMPTY)
    assert b"".join(derive_record(log)) == defined_vote().bel


def test_archive_carries_both_fingerprints() -> None:
    """The election's description, which every ballot's signature covers, names definition and charter."""
    vote = defined_vote()
    assert sha256_hex(published()).encode() in vote.setup[0]
    assert vote.name.encode() in vote.setup[0]


Bad = Callable[[], bytes]
BAD: dict[str, Bad] = {
    "another definition": lambda: definition_entry(defined_vote(), other()),
    "another definition under the right one's signatures": lambda: entry(
        EntryKind.DEFINITION, other(), note_of(definition_text(sha256_hex(published())))
    ),
    "signatures of another definition": lambda: entry(
        EntryKind.DEFINITION, published(), note_of(definition_text(sha256_hex(other())))
    ),
    "too few signatures": lambda: definition_entry(defined_vote(), published(), signers=1),
    "a stranger's signature": lambda: entry(
        EntryKind.DEFINITION, published(), note_by(definition_text(sha256_hex(published())), STRANGER, STRANGER)
    ),
    "the charter's signatures": lambda: entry(EntryKind.DEFINITION, published(), defined_vote().signed_charter()),
    "an addendum's signatures": lambda: entry(
        EntryKind.DEFINITION,
        published(),
        note_of(addendum_text(charter=defined_vote().name, number=1, addendum=sha256_hex(published()))),
    ),
    "no note": lambda: entry(EntryKind.DEFINITION, published(), b""),
    "one byte more": lambda: entry(
        EntryKind.DEFINITION, published() + b" ", note_of(definition_text(sha256_hex(published())))
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_definition_has_no_effect_and_the_good_one_still_has(name: str) -> None:
    """Nobody can keep the right definition out by handing in a wrong one."""
    log = defined_log().with_entries([(1, BAD[name]())])
    assert reasons(log) == {1: Reason.DEFINITION}
    assert b"".join(derive_record(log)) == defined_vote().bel


@pytest.mark.parametrize("name", ["another definition", "too few signatures"])
def test_setup_waits_for_the_definition_that_the_charter_names(name: str) -> None:
    """Without it nothing is set up, nobody can accept, and no ballot has effect."""
    vote = defined_vote()
    log = log_of(vote).with_entries([(1, BAD[name]())])
    verdicts = log.verdicts()
    assert [one.index for one in verdicts if one.has_effect] == [0]
    setup = verdicts[SETUP]
    assert setup.reason is Reason.OUT_OF_TURN
    assert setup.error is not None
    assert sha256_hex(published()) in setup.error.message
    assert b"".join(derive_record(log)) == b""


def test_setup_before_the_definition_has_none_and_a_copy_after_it_has() -> None:
    """Who sets up too early sets up again; the salt makes it another entry."""
    vote = defined_vote()
    salted, _ = make_board_entry(EntryKind.SETUP, [*vote.setup, vote.signed_setup()], salt=bytes(16))
    log = defined_log()
    early = log.received.pop(SETUP)
    log = log.with_entries([(1, early), (SETUP, salted)])
    assert reasons(log)[1] is Reason.OUT_OF_TURN
    assert b"".join(derive_record(log)).count(b"election_uuid") > 0


@pytest.mark.parametrize("place", [2, 3, 7, 12, 16, 20])
def test_second_definition_has_no_effect_wherever_it_comes(place: int) -> None:
    """Once it is in force nobody exchanges it: before the setup, after the opening, after the result."""
    log = defined_log()
    again = definition_entry(defined_vote(), published(), salt=bytes(16))
    assert reasons(log.with_entries([(place, again)])) == {place: Reason.OUT_OF_TURN}


def test_definition_after_the_opening_of_a_vote_without_one_has_no_effect() -> None:
    """Whoever voted without a definition does not get one afterwards."""
    vote = hold_vote()
    for place in (1, 2, 8, WITHOUT):
        found = reasons(log_of(vote).with_entries([(place, definition_entry(vote, published()))]))
        assert found == {place: Reason.DEFINITION if place == 1 else Reason.OUT_OF_TURN}


def test_large_definition_is_a_blob_that_has_to_be_there() -> None:
    """A missing object is no verdict; another definition is judged by its name alone, without its object."""
    large = write_definition(definition(justifications=(Justification(rule="P01", text="x" * 70_000),)))
    vote = defined_vote(charter=charter_of(large))
    received, blobs = make_board_entry(EntryKind.DEFINITION, [large, note_of(definition_text(sha256_hex(large)))])
    assert read_board_entry(received).parts[0].content is None
    assert reasons(defined_log().with_entries([(1, received)])) == {1: Reason.DEFINITION}
    log = log_of(vote).with_entries([(1, received)])
    with pytest.raises(UnavailableError):
        log.verdicts()
    log.blobs |= blobs
    assert reasons(log) == {}


def test_fingerprint_is_found_in_text_and_description_alike() -> None:
    """Only on the text's last line, which is the description's last but one."""
    digest = "5" * 64
    line = f"Psephos definition {digest}"
    charter = f"Psephos charter {'6' * 64}"
    for text, found in ((line, digest), (f"a\n{line}", digest), (f"{line}\n", None), (f"a {line}", None), ("", None)):
        assert definition_in(text) == found
        assert fingerprint_in(f"{text}\n{charter}" if text else charter) == found


VECTORS = json_of(BOARD / "definitions.json")


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_vectors_that_every_implementation_shares_come_out_as_they_say(case: dict[str, Any]) -> None:
    """Each entry after the charter has effect, or the reason that stands there."""
    log = MemoryLog([base64.b64decode(one) for one in (VECTORS["charter"], *case["entries"])])
    assert [one.reason for one in log.verdicts()] == [None, *case["reasons"]]


# ── addenda ─────────────────────────────────────────────────────────────────────────────────────────────────────


WITHDRAW = {"kind": "withdraw", "name": "Trustee 3", "reason": "arrested"}


def test_addenda_come_in_their_order_at_any_time() -> None:
    """They have effect after the definition, in every phase, and the archive does not change."""
    first = addendum(WITHDRAW)
    second = addendum(ANNUL, earlier=[first])
    log = defined_log()
    for places in ((2, 3), (3, 9), (9, 16), (log.size(), log.size() + 1)):
        longer = log
        for place, one in zip(places, (first, second), strict=True):
            longer = longer.with_entries([(place, addendum_entry(one))])
        assert reasons(longer) == {}
        state = RecordState(longer)
        for received in longer.received:
            state.take(received)
        state.flush()
        assert state.addenda == [first, second]
        assert b"".join(derive_record(longer)) == defined_vote().bel


def bad_addenda() -> dict[str, tuple[bytes, Reason]]:
    """Addenda that have no effect as the first one."""
    first = addendum(WITHDRAW)
    second = addendum(ANNUL, earlier=[first])
    foreign = addendum(WITHDRAW, kind="statutory")
    note = note_of(addendum_text(charter=defined_vote().name, number=1, addendum=sha256_hex(first)))
    return {
        "second before the first": (addendum_entry(second), Reason.ADDENDUM),
        "signed for another charter": (addendum_entry(foreign, kind="statutory"), Reason.ADDENDUM),
        "signed by too few": (addendum_entry(first, signers=1), Reason.ADDENDUM),
        "under another's signatures": (entry(EntryKind.ADDENDUM, second, note), Reason.ADDENDUM),
        "signed as a definition": (
            entry(EntryKind.ADDENDUM, first, note_of(definition_text(sha256_hex(first)))),
            Reason.ADDENDUM,
        ),
        "no note": (entry(EntryKind.ADDENDUM, first, b""), Reason.ADDENDUM),
    }


@pytest.mark.parametrize("name", bad_addenda())
def test_bad_addendum_has_no_effect(name: str) -> None:
    """It is listed; the right one after it has effect."""
    bad, reason = bad_addenda()[name]
    log = defined_log().with_entries([(9, bad)]).with_entries([(10, addendum_entry(addendum(WITHDRAW)))])
    assert reasons(log) == {9: reason}


def test_addendum_that_comes_again_has_no_effect() -> None:
    """None is put into force twice: it has the number that it has."""
    first = addendum(WITHDRAW)
    again = addendum_entry(first, salt=bytes(16))
    log = defined_log().with_entries([(9, addendum_entry(first))]).with_entries([(10, again)])
    assert reasons(log) == {10: Reason.ADDENDUM}


def test_addendum_without_a_definition_has_no_effect() -> None:
    """Before it, and where the charter names none."""
    first = addendum_entry(addendum(WITHDRAW))
    assert reasons(defined_log().with_entries([(1, first)])) == {1: Reason.OUT_OF_TURN}
    assert reasons(log_of(hold_vote()).with_entries([(9, first)])) == {9: Reason.OUT_OF_TURN}


def test_missing_object_of_an_addendum_stops_the_state() -> None:
    """Nobody goes on past what he could not read, or two observers would hold two records."""
    long = addendum(ANNUL | {"reasons": "€" * 20_000})
    received, blobs = make_board_entry(
        EntryKind.ADDENDUM,
        [
            long,
            note_of(addendum_text(charter=defined_vote().name, number=1, addendum=sha256_hex(long))),
        ],
    )
    log = defined_log().with_entries([(9, received)])
    assert blobs
    with pytest.raises(UnavailableError):
        log.verdicts()
    log.blobs |= blobs
    assert reasons(log) == {}


def test_time_of_the_vote_is_that_of_the_tests() -> None:
    """The definition of these tests opens when the others' charter does."""
    assert definition().calendar.opens_at is not None
    assert defined_vote().terms.wire.opens_at == NOW
