"""The definition on the board: named by the charter, signed by organisers; and its addenda, one after the other.

What a definition says is for `psephos.referendum`. Here it is bytes with a fingerprint, which is the last line of the
charter's text. The election's description is that text and the charter's fingerprint, so the two stand one below the
other, and every ballot's signature covers both.

    Psephos definition 275ae9c6…
    Psephos charter 8c1f03d2…

What organisers sign:

    psephos/definition/1     the definition
    psephos/addendum/1       the charter, the addendum's number, the addendum

An addendum's note names the charter and not the definition: the same definition may be used for a second attempt, on
another board, and what was signed about the first one is not put into force there.
"""

from __future__ import annotations

import re

from psephos.errors import MismatchError, OutOfTurnError
from psephos.record.board_entries import BoardEntry, EntryKind, LogSource
from psephos.record.derivation import read_small_part
from psephos.record.phases import Phase
from psephos.record.terms import Terms, verify_organisers_note

_LINE = "Psephos definition "
_IN_TEXT = re.compile(rf"(?:^|\n){_LINE}([0-9a-f]{{64}})\Z")
_IN_DESCRIPTION = re.compile(rf"(?:^|\n){_LINE}([0-9a-f]{{64}})\nPsephos charter [0-9a-f]{{64}}\Z")
_DEFINITION = "psephos/definition/1"
_ADDENDUM = "psephos/addendum/1"


def text_with_fingerprint(text: str, definition: str) -> str:
    """The charter's text with the definition's fingerprint as its last line.

    Args:
        text: Shown with the question; may be empty.
        definition: The definition's fingerprint.
    """
    return f"{text}\n{_LINE}{definition}" if text else f"{_LINE}{definition}"


def definition_in(text: str) -> str | None:
    """The definition's fingerprint in a charter's text; None where it names none."""
    match = _IN_TEXT.search(text)
    return match[1] if match else None


def fingerprint_in(description: str) -> str | None:
    """The definition's fingerprint in an election's description; None where it names none."""
    match = _IN_DESCRIPTION.search(description)
    return match[1] if match else None


def definition_text(definition: str) -> bytes:
    """What organisers sign to put a definition into force.

    Args:
        definition: Its fingerprint.
    """
    return f"{_DEFINITION}\n{definition}\n".encode()


def addendum_text(*, charter: str, number: int, addendum: str) -> bytes:
    """What organisers sign to put an addendum into force.

    Args:
        charter: Fingerprint of the charter that names its definition.
        number: 1 for the first, and so on: none can be put into force again, and none left out.
        addendum: Its fingerprint.
    """
    return f"{_ADDENDUM}\n{charter}\n{number}\n{addendum}\n".encode()


def check_definition_turn(kind: EntryKind, *, named: str | None, is_there: bool, phase: Phase) -> None:
    """Check that the definition comes once and before the setup, and the setup and addenda after it.

    Args:
        kind: Of the entry.
        named: The definition's fingerprint as the charter's text names it; None where it names none.
        is_there: Whether a definition has had effect.
        phase: What the election is waiting for.

    Raises:
        OutOfTurnError: It is not so.
    """
    if kind is EntryKind.DEFINITION and (is_there or phase is not Phase.EMPTY):
        why = "a second definition" if is_there else f"a definition while the election is {phase}"
        raise OutOfTurnError(why, at=kind)
    if kind is EntryKind.SETUP and named is not None and not is_there:
        raise OutOfTurnError(
            f"the definition that the charter names is not on the board yet: {named}",
            at=kind,
            hint="psephos organiser post definition",
        )
    if kind is EntryKind.ADDENDUM and not is_there:
        raise OutOfTurnError("there is no definition to add to", at=kind)


def check_definition_entry(entry: BoardEntry, source: LogSource, *, named: str | None, terms: Terms) -> bytes:
    """Check that a Definition entry is of the definition that the charter names, and that enough organisers signed it.

    Args:
        entry: The entry.
        source: For its blob.
        named: The fingerprint in the charter's text.
        terms: Of the charter.

    Returns:
        The definition's bytes; what they say is not looked at.

    Raises:
        MismatchError: It is another definition, or the charter names none, or organisers signed something else.
        InvalidProofError: A signature does not hold, or they are too few.
        MalformedError: The note cannot be read, or the definition is larger than can be.
        UnavailableError: It is a blob and cannot be had now.
    """
    definition, note = entry.parts
    if named is None:
        raise MismatchError("the charter names no definition", at="definition")
    if definition.digest != named:
        raise MismatchError(f"another definition than the charter names, which is {named}", at="definition")
    if verify_organisers_note(note.content or b"", terms) != definition_text(named):
        raise MismatchError("the organisers signed something else than this definition", at="signed definition")
    return read_small_part(definition, source)


def check_addendum_entry(entry: BoardEntry, source: LogSource, *, charter: str, number: int, terms: Terms) -> bytes:
    """Check that an Addendum entry is the next one of this charter's definition, and that enough organisers signed it.

    Args:
        entry: The entry.
        source: For its blob.
        charter: Fingerprint of the charter.
        number: That the next addendum has.
        terms: Of the charter.

    Returns:
        The addendum's bytes; whether the definition allows what they say is not looked at.

    Raises:
        MismatchError: It is of another charter, has another number, or organisers signed something else.
        InvalidProofError: A signature does not hold, or they are too few.
        MalformedError: The note cannot be read, or the addendum is larger than can be.
        UnavailableError: It is a blob and cannot be had now.
    """
    addendum, note = entry.parts
    expected = addendum_text(charter=charter, number=number, addendum=addendum.digest)
    if verify_organisers_note(note.content or b"", terms) != expected:
        raise MismatchError(
            f"the organisers signed something else than this as addendum {number} under this charter",
            at="signed addendum",
        )
    return read_small_part(addendum, source)
