"""What organisers sign on separate machines, and how it comes together."""

from __future__ import annotations

import pytest

from psephos.adapters.files import MemorySource
from psephos.board.note import Ed25519Signer, Note, read_note, write_note
from psephos.errors import InvalidProofError, MismatchError, OutOfTurnError, PsephosError, RefusedError
from psephos.ports import UnixSeconds
from psephos.protocol.encoding import sha256_hex
from psephos.record.terms import charter_text, verify_organisers_note
from psephos.roles.organiser_notes import (
    Statement,
    combine,
    sign,
    state_booth,
    state_charter,
    state_closing_time,
    state_setup,
    state_time,
)
from tests.support.logged import (
    CLOSES,
    EARLIEST,
    LATEST,
    ORGANISERS,
    STRANGER,
    MemoryLog,
    Vote,
    board_terms,
    hold_vote,
    log_of,
    note_by,
)
from tests.support.referendum import NOW, make_charter


def page_of(vote: Vote) -> dict[str, bytes]:
    """A page that says which charter it was built for."""
    page = f'<!doctype html><meta name="psephos-charter" content="{vote.name}"><script src="booth.js"></script>'
    return {"index.html": page.encode(), "booth.js": b"vote()"}


def statements(vote: Vote) -> dict[str, Statement]:
    """One of each."""
    return {
        "charter": state_charter(vote.charter),
        "setup": state_setup(vote.charter, MemorySource(vote.bel)),
        "closing-time-2": state_closing_time(vote.charter, number=2, closes_at=LATEST),
        f"time-{CLOSES}": state_time(vote.charter, at=CLOSES, now=UnixSeconds(CLOSES + 1)),
        "booth-3": state_booth(vote.charter, page_of(vote), number=3),
    }


def signed(vote: Vote, statement: Statement, *signers: Ed25519Signer) -> list[bytes]:
    """A note from each."""
    return [sign(vote.charter, statement, signer) for signer in signers]


@pytest.mark.parametrize("kind", ["charter", "setup", "closing-time-2", f"time-{CLOSES}", "booth-3"])
def test_statement_signed_by_enough_is_what_the_board_takes(kind: str) -> None:
    """In whatever order the notes come; also if one organiser's note comes twice."""
    vote = hold_vote()
    statement = statements(vote)[kind]
    notes = signed(vote, statement, *reversed(ORGANISERS[:2]))
    note, name = combine(vote.charter, [*notes, notes[0]])
    assert name == kind == statement.name
    assert verify_organisers_note(note, vote.terms) == statement.text
    assert [line.name for line in read_note(note).signatures] == [one.key.name for one in ORGANISERS[:2]]


def test_notes_are_those_of_the_log() -> None:
    """The signed charter and setup are byte for byte what the record's rules are tested with."""
    vote = hold_vote()
    made = statements(vote)
    assert combine(vote.charter, signed(vote, made["charter"], *ORGANISERS[:2]))[0] == vote.signed_charter()
    assert combine(vote.charter, signed(vote, made["setup"], *ORGANISERS[:2]))[0] == vote.signed_setup()
    log = log_of(vote)
    assert isinstance(log, MemoryLog)
    assert all(verdict.has_effect for verdict in log.verdicts())


def test_who_signs_reads_what_it_says() -> None:
    """Question, kind, who must sign, times as people read them, fingerprints."""
    vote = hold_vote()
    made = {name: "\n".join(statement.words) for name, statement in statements(vote).items()}
    assert "A bridge? — yes | no | blank" in made["charter"]
    assert "2 of 3 must sign" in made["charter"]
    assert "closes 2027-01-15T10:46:40Z" in made["charter"]
    assert "voters' credentials: 6" in made["setup"]
    assert "to 2027-01-15T13:33:20Z" in made["closing-time-2"]
    assert "every report will say so for ever" in made[f"time-{CLOSES}"]
    assert f"{sha256_hex(b'vote()')}  booth.js (6 bytes)" in made["booth-3"]
    assert all(vote.name in words for words in made.values())


def test_page_of_another_vote_or_of_any_is_not_signed() -> None:
    """A page that opens whatever its board shows, or nothing that is a page at all."""
    vote = hold_vote()
    page = page_of(vote)
    for name in ("0" * 64, ""):
        other = page | {"index.html": page["index.html"].replace(vote.name.encode(), name.encode())}
        with pytest.raises(MismatchError, match="was not built for this charter"):
            state_booth(vote.charter, other, number=1)
    with pytest.raises(MismatchError, match="is among the files"):
        state_booth(vote.charter, {"booth.js": b"vote()"}, number=1)
    with pytest.raises(MismatchError, match="was not built for this charter"):
        state_booth(vote.charter, page | {"psephos-booth.html": b"<html>"}, number=1)


def test_too_few_names_those_who_are_missing() -> None:
    """Nobody has to find out who has not signed yet."""
    vote = hold_vote()
    with pytest.raises(OutOfTurnError, match="1 of the 2 organisers") as refused:
        combine(vote.charter, signed(vote, state_charter(vote.charter), ORGANISERS[1]))
    assert refused.value.hint.endswith(f"{ORGANISERS[0].key.name}, {ORGANISERS[2].key.name}")


def test_stranger_cannot_sign_and_is_not_combined() -> None:
    """Neither by the command, nor by hand."""
    vote = hold_vote()
    statement = state_charter(vote.charter)
    with pytest.raises(MismatchError, match="does not name your key"):
        sign(vote.charter, statement, STRANGER)
    with pytest.raises(InvalidProofError, match="no organiser"):
        combine(vote.charter, [*signed(vote, statement, *ORGANISERS[:2]), note_by(statement.text, STRANGER)])


def test_forged_signature_is_refused() -> None:
    """A line under another text than was signed."""
    vote = hold_vote()
    text = state_closing_time(vote.charter, number=1, closes_at=LATEST).text
    other = state_closing_time(vote.charter, number=1, closes_at=EARLIEST).text
    forged = write_note(Note(text, tuple(one.sign(other) for one in ORGANISERS[:2])))
    with pytest.raises(InvalidProofError):
        combine(vote.charter, [forged])


def test_notes_of_different_texts_are_not_combined() -> None:
    """Two organisers who sign different times have agreed on nothing."""
    vote = hold_vote()
    one = state_closing_time(vote.charter, number=1, closes_at=LATEST)
    other = state_closing_time(vote.charter, number=1, closes_at=EARLIEST)
    with pytest.raises(MismatchError, match="not of one text"):
        combine(vote.charter, [*signed(vote, one, ORGANISERS[0]), *signed(vote, other, ORGANISERS[1])])


@pytest.mark.parametrize("kind", ["charter", "setup", "closing-time-2", f"time-{CLOSES}"])
def test_notes_of_another_referendum_are_refused(kind: str) -> None:
    """The same organisers, another charter."""
    vote = hold_vote()
    other = make_charter(size=3, threshold=2, board=board_terms(ballots_per_hour=19))
    with pytest.raises(PsephosError) as refused:
        combine(other, signed(vote, statements(vote)[kind], *ORGANISERS[:2]))
    assert refused.value.code in {"mismatch", "malformed"}


@pytest.mark.parametrize("text", [b"something\n", b"psephos/setup/2\nx\n", b"psephos/time/1\n", b"\n\n"])
def test_notes_of_anything_else_are_refused(text: bytes) -> None:
    """What is no statement of organisers becomes none by their signatures."""
    vote = hold_vote()
    with pytest.raises(PsephosError):
        combine(vote.charter, [note_by(text, *ORGANISERS[:2])])


def test_setup_of_another_charter_is_not_signed() -> None:
    """Fingerprints are compared before anything is signed."""
    other = make_charter(size=3, threshold=2, board=board_terms(ballots_per_hour=19))
    with pytest.raises(MismatchError):
        state_setup(other, MemorySource(hold_vote().bel))


@pytest.mark.parametrize("closes_at", [EARLIEST - 1, LATEST + 1])
def test_closing_time_outside_the_charters_bounds_is_not_signed(closes_at: int) -> None:
    """Whoever signs: the board would not take it."""
    with pytest.raises(RefusedError, match="does not allow"):
        state_closing_time(hold_vote().charter, number=1, closes_at=UnixSeconds(closes_at))


def test_time_is_stated_once_it_has_come_and_could_close_something() -> None:
    """Not in advance; and not before any time at which the vote could close."""
    charter = hold_vote().charter
    with pytest.raises(OutOfTurnError, match="has not come"):
        state_time(charter, at=CLOSES, now=UnixSeconds(CLOSES - 1))
    with pytest.raises(OutOfTurnError, match="cannot be closed"):
        state_time(charter, at=UnixSeconds(EARLIEST - 1), now=CLOSES)


def test_charter_without_a_board_has_nothing_to_sign() -> None:
    """A referendum by files needs no organisers' keys; the hint says how to get a board."""
    with pytest.raises(MismatchError, match="no board") as refused:
        state_charter(make_charter())
    assert "[board]" in refused.value.hint
    assert charter_text(b"x") == b"x\n"
    assert NOW < EARLIEST
