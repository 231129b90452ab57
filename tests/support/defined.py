"""A referendum with a definition, on a log in memory: definition, charter and every party's messages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from psephos.adapters.package_data import data_names, read_data, read_text
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import EntryKind, make_board_entry
from psephos.record.board_terms import show_time
from psephos.record.charter import RegistrarKey, read_charter
from psephos.record.definition_entry import definition_text
from psephos.referendum.addenda import addendum_text, make_addendum
from psephos.referendum.definition import Definition, charter_draft, read_draft, write_definition
from psephos.referendum.definition_charter import board_fields
from psephos.referendum.definition_conduct import Appeals
from psephos.referendum.definition_regions import region_terms
from psephos.referendum.draft import Basics, draft_rehearsal
from psephos.referendum.lint import WordLists, read_word_lists
from psephos.referendum.moments import seconds
from psephos.roles.organiser import define
from tests.support.logged import (
    CLOSES,
    LATEST,
    ORGANISERS,
    MemoryLog,
    Vote,
    board_terms,
    hold_vote,
    log_of,
    organisers_note,
)
from tests.support.referendum import NOW, make_charter
from tests.support.world import randomness

COURT = "the constitutional court"


def word_lists() -> dict[str, WordLists]:
    """The linter's, as they come with the package."""
    return {name.removeprefix("lint."): read_word_lists(read_data(name)) for name in data_names("lint.")}


def basics(**changes: Any) -> Basics:
    """What a person answers who begins."""
    fields: dict[str, Any] = {
        "title": "A bridge",
        "question": "A bridge?",
        "opens_at": show_time(NOW),
        "closes_at": show_time(CLOSES),
        "latest_close": show_time(LATEST),
        "voters": 6,
        "minimum_counted": 2,
        "trustees": 3,
        "threshold": 2,
        "registrars": 1,
        "organisers": tuple(str(one.key) for one in ORGANISERS),
        "organisers_needed": 2,
    }
    return Basics(**fields | changes)


def definition(**changes: Any) -> Definition:
    """The definition of the referendum that `hold_vote` holds: two of three organisers sign."""
    drafted = read_draft(draft_rehearsal(read_text("rehearsal.toml"), basics()))
    return msgspec.structs.replace(drafted, appeals=Appeals(body=COURT), **changes)


def charter_of(published: bytes, **changes: Any) -> bytes:
    """The charter that the organiser's command makes of it."""
    defined = read_draft(published)
    fields = board_fields(defined)
    times = ("opens_at", "closes_at", "earliest_close", "latest_close")
    board = board_terms(**{name: seconds(fields[name], at=name) for name in times} | changes)
    draft = charter_draft(published)
    if (regions := region_terms(defined)) is not None:
        draft["regions"] = msgspec.to_builtins(regions)
    key = read_charter(make_charter()).registrars[0].key
    return define(draft, [RegistrarKey(name="Registrar 1", key=key)], board=board, rng=randomness(3))


@cache
def published(kind: str = "rehearsal") -> bytes:
    """Its canonical JSON."""
    return write_definition(definition(kind=kind))


@cache
def defined_vote(kind: str = "rehearsal", charter: bytes | None = None) -> Vote:
    """The whole referendum."""
    return hold_vote(charter=charter or charter_of(published(kind)))


def definition_entry(vote: Vote, received: bytes, *, signers: int = 2, salt: bytes = b"") -> bytes:
    """A definition, signed."""
    note = organisers_note(definition_text(sha256_hex(received)), vote.terms, signers)
    return make_board_entry(EntryKind.DEFINITION, [received, note], salt=salt)[0]


def defined_log(kind: str = "rehearsal") -> MemoryLog:
    """The log of the whole referendum."""
    vote = defined_vote(kind)
    return log_of(vote).with_entries([(1, definition_entry(vote, published(kind)))])


def addendum(
    change: dict[str, Any], *, earlier: Sequence[bytes] = (), made_at: str = show_time(NOW), kind: str = "rehearsal"
) -> bytes:
    """An addendum to it."""
    return make_addendum(published(kind), earlier, change, made_at=made_at)


def addendum_entry(received: bytes, *, kind: str = "rehearsal", signers: int = 2, salt: bytes = b"") -> bytes:
    """An addendum, signed."""
    vote = defined_vote(kind)
    note = organisers_note(addendum_text(received, charter=vote.name), vote.terms, signers)
    return make_board_entry(EntryKind.ADDENDUM, [received, note], salt=salt)[0]


ANNUL = {"kind": "annul", "body": COURT, "reasons": "Polling points were raided."}
UNDECRYPTABLE = {"kind": "undecryptable", "reason": "Two trustees are in prison."}
