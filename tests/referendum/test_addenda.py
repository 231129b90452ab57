"""Addenda: what may still change, and what may never; what follows for the outcome."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import (
    InvalidProofError,
    MalformedError,
    MismatchError,
    OutOfTurnError,
    PsephosError,
    RefusedError,
    UnavailableError,
)
from psephos.protocol.encoding import write_json
from psephos.record.terms import read_terms
from psephos.referendum import addenda
from psephos.referendum.addenda import InForce, addendum_text, apply, in_force, read_addendum, verify_addendum
from psephos.referendum.consequences import figures_after
from psephos.referendum.definition import Definition, fingerprint, write_definition
from psephos.referendum.moments import a_second_after, a_second_before
from psephos.referendum.outcome import decide
from psephos.referendum.rule_file import Result
from tests.support.definitions import DIGEST, draft
from tests.support.logged import ORGANISERS, board_terms, note_by
from tests.support.rules import YES_OVER_NO, figures, rule

PUBLISHED = write_definition(draft())
START = in_force(PUBLISHED)
DURING = "2026-05-03T12:00:00+03:30"
AFTER = "2026-05-09T12:00:00+03:30"
LONGER = "2026-05-09T20:00:00+03:30"
COURT = "the constitutional court"
EXTEND = {
    "kind": "extend",
    "closes_at": LONGER,
    "reason": "The ballot box could not be reached for two days.",
    "tally_at": "2026-05-10T08:00:00+03:30",
}
FILE = {"name": "Corrected", "sha256": "6" * 64, "size": 100}
CHANGES: list[dict[str, Any]] = [
    EXTEND,
    {"kind": "correct-text", "part": "no", "language": "fa", "document": FILE, "reason": "A wrong figure."},
    {"kind": "correct-text", "part": "report", "document": FILE, "reason": "A wrong figure."},
    {"kind": "correct-contact", "purpose": "questions of voters", "address": "help@example.net", "reason": "Seized."},
    {"kind": "withdraw", "name": "Trustee 2", "reason": "Arrested."},
    {"kind": "withdraw", "name": "Observer group A", "reason": "Expelled."},
    {"kind": "annul", "body": COURT, "reasons": "Boxes were opened.", "regions": ["South"]},
    {"kind": "annul", "body": COURT, "reasons": "A wrong figure in the booklet."},
    {"kind": "undecryptable", "reason": "Three trustees lost their keys."},
]
FROZEN = [
    "format",
    "kind",
    "languages",
    "title",
    "questions",
    "translations",
    "effect",
    "legal",
    "opinion",
    "rule",
    "electorate",
    "channels",
    "regions",
    "suppression",
    "parties",
    "observation",
    "exclusions",
    "hosts",
    "appeals",
    "retention",
    "justifications",
    "reviews",
]


def addendum(change: dict[str, Any], **parts: Any) -> bytes:
    """An addendum, canonical."""
    message = {
        "format": "psephos/addendum/1",
        "definition": START.fingerprint,
        "number": 1,
        "made_at": DURING,
        "change": change,
        **parts,
    }
    return write_json(msgspec.convert(message, addenda.Addendum))


def applied(change: dict[str, Any], before: InForce = START, **parts: Any) -> InForce:
    """What is in force after a change."""
    return apply(before, read_addendum(addendum(change, number=before.number + 1, **parts)))


def late(change: dict[str, Any]) -> str:
    """When such a change is decided."""
    return AFTER if change["kind"] in {"annul", "undecryptable"} else DURING


# ── what may change ─────────────────────────────────────────────────────────────────────────────────────────────


def test_extension_moves_closing_and_local_times() -> None:
    """Each country's clock shows the same moment."""
    after = applied(EXTEND).definition.calendar
    assert (after.closes_at, after.tally_at) == (LONGER, EXTEND["tally_at"])
    assert [local.closes_at for local in after.local] == [LONGER, "2026-05-09T18:30:00+02:00"]
    assert after.opens_at == START.definition.calendar.opens_at


def test_extension_can_be_extended_within_the_clause() -> None:
    """Twice, and never beyond the clause."""
    once = applied(EXTEND)
    limit = "2026-05-10T20:00:00+03:30"
    twice = applied({**EXTEND, "closes_at": limit, "tally_at": "2026-05-11T08:00:00+03:30"}, once)
    assert twice.definition.calendar.closes_at == limit
    with pytest.raises(RefusedError, match="does not reach"):
        applied({**EXTEND, "closes_at": "2026-05-10T20:00:01+03:30", "tally_at": "2026-05-11T08:00:00+03:30"}, once)


@pytest.mark.parametrize(
    ("change", "made_at", "at"),
    [
        ({"closes_at": "2026-05-07T20:00:00+03:30"}, DURING, "/change/closes_at"),
        ({"closes_at": "2026-05-05T20:00:00+03:30"}, DURING, "/change/closes_at"),
        ({"closes_at": "2026-05-11T20:00:00+03:30"}, DURING, "/change/closes_at"),
        ({}, "2026-05-07T20:00:00+03:30", "/made_at"),
        ({"tally_at": "2026-05-07T21:00:00+03:30"}, DURING, "/change/tally_at"),
        ({"tally_at": "2026-05-09T20:00:00+03:30"}, DURING, "/change/tally_at"),
        ({"tally_at": "2026-05-16T20:00:00+03:30"}, DURING, "/change/appeals_close_at"),
    ],
)
def test_extension_outside_its_clause_is_refused(change: dict[str, str], made_at: str, at: str) -> None:
    """Not earlier, not too late, not once the vote has closed, and no date out of order."""
    with pytest.raises(RefusedError) as caught:
        applied({**EXTEND, **change}, made_at=made_at)
    assert caught.value.at == at
    assert caught.value.hint


def test_extension_beyond_what_a_local_clock_can_show_is_refused() -> None:
    """The end of the calendar is malformed, and no program that reads the addendum stops at it."""
    end = "9999-12-31T23:59:59Z"
    received = write_definition(draft({"calendar.extension.latest_close": end}))
    change = {"kind": "extend", "closes_at": end, "reason": "For ever."}
    with pytest.raises(MalformedError, match="years 1 to 9999"):
        applied(change, in_force(received), definition=fingerprint(received))


def test_moments_at_the_ends_of_the_calendar_have_no_neighbours() -> None:
    """Where there is no next or earlier second, that is said."""
    assert a_second_after("9999-12-31T23:59:58Z") == "9999-12-31T23:59:59+00:00"
    assert a_second_before("0001-01-01T00:00:01Z") == "0001-01-01T00:00:00+00:00"
    with pytest.raises(MalformedError):
        a_second_after("9999-12-31T23:59:59Z")
    with pytest.raises(MalformedError):
        a_second_before("0001-01-01T00:00:00Z")


def test_extension_without_a_clause_is_refused() -> None:
    """Who fixed no clause has none."""
    received = write_definition(draft({"calendar.extension": None}))
    with pytest.raises(RefusedError, match="no extension clause"):
        applied(EXTEND, in_force(received), definition=fingerprint(received))


def test_texts_and_contacts_are_corrected() -> None:
    """One text of one side in one language; the others stay."""
    after = applied(CHANGES[1]).definition
    before = START.definition.information.texts
    changed = [one for one, old in zip(after.information.texts, before, strict=True) if one != old]
    assert [(one.side, one.language, one.document.name) for one in changed] == [("no", "fa", "Corrected")]
    report = applied(CHANGES[2]).definition.information.report
    assert report is not None
    assert report.name == "Corrected"
    assert applied(CHANGES[3]).definition.contacts[0].address == "help@example.net"


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({**CHANGES[1], "language": "de"}, "/change"),
        ({**CHANGES[1], "document": {**FILE, "size": 20_001}}, "/change/document/size"),
        ({**CHANGES[3], "purpose": "press"}, "/change/purpose"),
        ({**CHANGES[4], "name": "Trustee 9"}, "/change/name"),
        ({**CHANGES[7], "body": "the government"}, "/change/body"),
        ({**CHANGES[6], "regions": ["East"]}, "/change/regions/0"),
        ({**CHANGES[6], "regions": ["South", "South"]}, "/change/regions/1"),
    ],
)
def test_change_of_what_is_not_there_is_refused(change: dict[str, Any], at: str) -> None:
    """A text, a person, a body, a region that the definition does not name."""
    with pytest.raises(RefusedError) as caught:
        applied(change, made_at=late(change))
    assert caught.value.at == at


def test_withdrawal_changes_no_key_and_no_threshold() -> None:
    """It is a fact; how many trustees are left is said."""
    state = START
    for number in (1, 2, 3):
        state = applied({**CHANGES[4], "name": f"Trustee {number}"}, state)
    assert state.trustees_left == 2
    assert state.definition.parties == START.definition.parties
    with pytest.raises(RefusedError, match="withdrawn before"):
        applied({**CHANGES[4], "name": "Trustee 1"}, state)


def test_count_is_given_up_only_after_the_closing() -> None:
    """Before, nobody can know."""
    with pytest.raises(RefusedError):
        applied(CHANGES[8])
    assert applied(CHANGES[8], made_at=AFTER).undecryptable == "Three trustees lost their keys."


def test_annulled_vote_changes_no_more() -> None:
    """What is void is not extended."""
    void = applied(CHANGES[7])
    for change in CHANGES:
        with pytest.raises(RefusedError, match="void"):
            applied(change, void, made_at=late(change))


# ── what may never change ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "question", "text": {"en": "Another?"}},
        {"kind": "rule", "tie": "passes"},
        {"kind": "regions", "rest": 1},
        {"kind": "suppression", "minimum_counted": 1},
        {"kind": "policy", "tally": ""},
        {"kind": "extend", "closes_at": LONGER, "reason": "x", "opens_at": LONGER},
        {"kind": "withdraw", "name": "Trustee 2", "reason": "x", "replacement": "Trustee 9"},
        {"kind": "withdraw", "name": "Trustee 2", "reason": ""},
        {"kind": "extend", "closes_at": "2026-13-01T00:00:00Z", "reason": "x"},
        {"kind": "extend", "closes_at": "2026-05-09T20:00:00", "reason": "x"},
        {"kind": "withdraw", "name": "Trustee 2", "reason": "\u202e"},
    ],
)
def test_addendum_for_anything_else_cannot_be_written(change: dict[str, Any]) -> None:
    """Question, rule, regions, smallest cell, keys and policies have no addendum."""
    message = {
        "format": "psephos/addendum/1",
        "definition": START.fingerprint,
        "number": 1,
        "made_at": DURING,
        "change": change,
    }
    with pytest.raises(MalformedError):
        read_addendum(write_json(message))


def test_frozen_and_changing_parts_are_the_whole_definition() -> None:
    """No part is forgotten: a new one is frozen, or has an addendum."""
    assert {field.name for field in msgspec.structs.fields(Definition)} == {
        *FROZEN,
        "calendar",
        "information",
        "contacts",
    }


@given(st.lists(st.sampled_from(CHANGES), max_size=8))
def test_no_addenda_change_what_people_voted_under(changes: list[dict[str, Any]]) -> None:
    """Whatever is tried, in whatever order."""
    state = START
    for change in changes:
        try:
            state = applied(
                change, state, made_at=DURING if state.made_at in {None, DURING} and late(change) == DURING else AFTER
            )
        except PsephosError:
            continue
    for part in FROZEN:
        assert getattr(state.definition, part) == getattr(START.definition, part)
    before, after = START.definition.calendar, state.definition.calendar
    for name in ("time_zone", "published_at", "opens_at", "credentials_at", "rehearsal_at", "extension"):
        assert getattr(after, name) == getattr(before, name)
    assert state.fingerprint == START.fingerprint


# ── order and signatures ────────────────────────────────────────────────────────────────────────────────────────


def test_addendum_is_the_next_one_of_this_definition() -> None:
    """No other definition's, none twice, none left out, none from the past."""
    with pytest.raises(MismatchError):
        apply(START, read_addendum(addendum(EXTEND, definition=DIGEST)))
    for number in (2, 3):
        with pytest.raises(OutOfTurnError):
            apply(START, read_addendum(addendum(EXTEND, number=number)))
    once = applied(CHANGES[4])
    with pytest.raises(OutOfTurnError):
        apply(once, read_addendum(addendum(CHANGES[4])))
    with pytest.raises(OutOfTurnError, match="before the addendum"):
        applied(CHANGES[3], once, made_at="2026-05-03T11:59:59+03:30")


def test_addendum_is_signed_by_enough_organisers() -> None:
    """For this charter, this number, this content."""
    terms = read_terms(board_terms())
    received = addendum(EXTEND)
    text = addendum_text(received, charter=DIGEST)
    note = note_by(text, *ORGANISERS[:2])
    assert verify_addendum(received, note, terms, charter=DIGEST).number == 1
    with pytest.raises(InvalidProofError):
        verify_addendum(received, note_by(text, ORGANISERS[0]), terms, charter=DIGEST)
    for other in (addendum(EXTEND, number=2), addendum(CHANGES[4])):
        with pytest.raises(MismatchError):
            verify_addendum(other, note, terms, charter=DIGEST)
    with pytest.raises(MismatchError):
        verify_addendum(received, note, terms, charter="6" * 64)


def test_addendum_in_another_encoding_is_refused() -> None:
    """One content, one fingerprint."""
    received = addendum(EXTEND)
    for other in (received + b" ", received.replace(b'"number":1', b'"number": 1'), b"[]", b""):
        with pytest.raises(MalformedError):
            read_addendum(other)


# ── the outcome ─────────────────────────────────────────────────────────────────────────────────────────────────

REGIONS = [{"id": "North", "yes": 30, "no": 10, "ballots": 40}, {"id": "South", "yes": 40, "no": 80, "ballots": 120}]
COUNTED = figures({"yes": 70, "no": 90, "ballots": 160, "registered": 5000}, regions=REGIONS)


def test_annulled_region_is_taken_out_and_the_rest_computed_again() -> None:
    """The country's votes are those that stand; its electorate stays."""
    majority = rule(passes=YES_OVER_NO, regions=[{"id": "North"}, {"id": "South"}])
    assert decide(majority, COUNTED).result is Result.FAILS
    after = figures_after(COUNTED, applied(CHANGES[6], made_at=AFTER))
    assert decide(majority, after).result is Result.PASSES
    assert {total.value: int(count) for total, count in after.nation.totals.items()} == {
        "yes": 30,
        "no": 10,
        "ballots": 40,
        "registered": 5000,
    }


def test_what_hangs_on_an_annulled_region_is_unknown() -> None:
    """It has no result; nobody guesses one."""
    both = {"ge": [{"regions": {"where": YES_OVER_NO}}, "2"]}
    after = figures_after(COUNTED, applied(CHANGES[6], made_at=AFTER))
    regions = [{"id": "North"}, {"id": "South"}]
    assert decide(rule(passes=both, regions=regions), COUNTED).result is Result.FAILS
    assert decide(rule(passes=both, regions=regions), after).result is Result.UNKNOWN


def test_annulled_region_without_counts_cannot_be_taken_out() -> None:
    """What is not known is said to be missing."""
    state = applied(CHANGES[6], made_at=AFTER)
    for regions in (
        [REGIONS[0], {"id": "South", "suppressed": True}],
        [REGIONS[0], {"id": "South", "yes": 40, "no": 80}],
    ):
        counted = figures({"yes": 70, "no": 90, "ballots": 160}, regions=regions)
        with pytest.raises(UnavailableError) as caught:
            figures_after(counted, state)
        assert caught.value.at == "/regions/South"


def test_void_and_undecryptable_votes_have_their_outcomes() -> None:
    """Void by the court's decision; unknown where nothing was counted."""
    majority = rule(passes=YES_OVER_NO)
    void = decide(majority, figures_after(COUNTED, applied(CHANGES[7], made_at=AFTER)))
    assert (void.result, void.arithmetic) == (Result.VOID, Result.FAILS)
    assert void.figures.annulled is not None
    assert void.figures.annulled.body == COURT
    lost = decide(majority, figures_after(COUNTED, applied(CHANGES[8], made_at=AFTER)))
    assert lost.result is Result.UNKNOWN
    assert figures_after(COUNTED, START) == COUNTED
