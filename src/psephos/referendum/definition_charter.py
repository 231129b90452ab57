"""What a charter takes from a definition beside its questions: times, organisers' keys, policies, regions."""

from __future__ import annotations

from typing import Any

from psephos.errors import MalformedError, MismatchError
from psephos.record.board_terms import BoardTerms
from psephos.record.charter import Charter
from psephos.referendum.definition import Definition, check_against_charter
from psephos.referendum.definition_regions import region_terms
from psephos.referendum.moments import a_second_after, seconds


def board_fields(definition: Definition) -> dict[str, Any]:
    """What the section about the board takes from a definition: organisers' keys, how many must sign, the times.

    Closing is moved within the extension clause, hence later only; a rehearsal may be ended from its opening on.

    Raises:
        MalformedError: An organiser's key or a time is not in the definition; says which.
    """
    organisers, calendar = definition.parties.organisers, definition.calendar
    for place, party in enumerate(organisers):
        if not party.key:
            raise MalformedError(
                f"the key of {party.name} is missing: who signs on a board is part of the definition",
                at=f"/parties/organisers/{place}/key",
                hint="psephos organiser key, on her own machine, prints it",
            )
    opens, closes, extension = calendar.opens_at, calendar.closes_at, calendar.extension
    if opens is None or closes is None:
        name = "opens_at" if opens is None else "closes_at"
        raise MalformedError("a board needs this time", at=f"/calendar/{name}")
    return {
        "organisers": [party.key for party in organisers],
        "organisers_needed": definition.parties.organisers_needed,
        "opens_at": opens,
        "closes_at": closes,
        "earliest_close": a_second_after(opens) if definition.kind == "rehearsal" else closes,
        "latest_close": closes if extension is None else extension.latest_close,
    }


def check_agreement(received: bytes, charter: Charter, charter_bytes: bytes) -> Definition:
    """Check that a charter says what its definition says, wherever both say something.

    Args:
        received: The published definition.
        charter: As read.
        charter_bytes: As received.

    Raises:
        MismatchError: It does not; names the part that differs.
        MalformedError: The definition cannot be read, or lacks what its charter needs.
    """
    definition = check_against_charter(received, charter, charter_bytes)
    _compare("regions", charter.regions, region_terms(definition))
    for place, (ours, theirs) in enumerate(zip(definition.parties.registrars, charter.registrars, strict=True)):
        if ours.key:
            _compare(f"registrars/{place}/key", theirs.key, ours.key)
    if charter.board is not None:
        _check_board(definition, charter.board)
    return definition


def _check_board(definition: Definition, board: BoardTerms) -> None:
    fields = board_fields(definition)
    _compare("board/organisers", list(board.organisers), fields["organisers"])
    _compare("board/organisers_needed", board.organisers_needed, fields["organisers_needed"])
    for name in ("opens_at", "closes_at", "earliest_close", "latest_close"):
        _compare(f"board/{name}", getattr(board, name), seconds(fields[name], at=f"/calendar/{name}"))
    for name in ("receipts", "tally"):
        ours = getattr(definition.observation, name)
        if ours:
            _compare(f"board/{name}", getattr(board, name), ours)


def _compare(part: str, theirs: object, ours: object) -> None:
    if theirs != ours:
        raise MismatchError("not what the definition says", at=f"/{part}")
