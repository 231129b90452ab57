"""The charter: what the organisers fix before anything else, and every ballot's signature covers (design D2).

Its SHA-256 stands in the description of the Belenios election, hence in the election's fingerprint.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from psephos.errors import MalformedError, MismatchError
from psephos.protocol.election import LONGEST_UUID, SHORTEST_UUID, Question, check_question, check_size
from psephos.protocol.encoding import Count, Wire, is_base58, read_json, sha256_hex
from psephos.protocol.group import read_element, read_group
from psephos.record.board_terms import BoardTerms
from psephos.record.regions import RegionTerms, read_regions

_LINE = "Psephos charter "
_IN_DESCRIPTION = re.compile(rf"(?:^|\n){_LINE}([0-9a-f]{{64}})$")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class RegistrarKey(Wire, frozen=True):
    """A registrar and the key with which it signs."""

    name: Name
    key: str


class Charter(Wire, frozen=True):
    """What is asked, by whom it is run, and the limits that no one may move afterwards.

    Attributes:
        format: Version of this message.
        kind: A real vote, or a rehearsal; no key works in both.
        uuid: The Belenios election's identifier.
        group: Name of the group.
        title: In every language of the vote, one after the other.
        text: Shown with the question.
        questions: As they stand in the Belenios election.
        trustees: Their names, in the order of their numbers.
        threshold: How many of them are needed to decrypt; all of them, each mandatory, where it equals their number.
        registrars: One, or two with half a credential each.
        minimum_counted: Trustees decrypt no tally of fewer ballots.
        board: The log and who watches it; None where the referendum is held by files only.
        regions: Which regions are counted apart; None for none. They need a board.
    """

    format: Literal["psephos/charter/1"]
    kind: Literal["real", "rehearsal"]
    uuid: str
    group: str
    title: Name
    text: str
    questions: tuple[Question, ...]
    trustees: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=100)]
    threshold: Annotated[int, msgspec.Meta(ge=1)]
    registrars: Annotated[tuple[RegistrarKey, ...], msgspec.Meta(min_length=1, max_length=2)]
    minimum_counted: Count
    board: BoardTerms | None = None
    regions: RegionTerms | None = None

    @property
    def mandatory(self) -> bool:
        """Whether every trustee is needed: their keys are then single ones, without a threshold ceremony."""
        return self.threshold == len(self.trustees)


def read_charter(received: bytes) -> Charter:
    """Read a charter.

    Raises:
        MalformedError: Not canonical, or its parts do not fit each other.
        UnsupportedError: Its ballots would be too large.
    """
    charter = read_json(received, Charter, what="charter")
    group = read_group(charter.group, at="/group")
    if not is_base58(charter.uuid, shortest=SHORTEST_UUID, longest=LONGEST_UUID):
        raise MalformedError("charter: not an election identifier", at="/uuid")
    if charter.threshold > len(charter.trustees):
        raise MalformedError(
            f"charter: threshold {charter.threshold} of {len(charter.trustees)} trustees", at="/threshold"
        )
    names = [*charter.trustees, *(registrar.name for registrar in charter.registrars)]
    if len(set(names)) != len(names):
        raise MalformedError("charter: two parties have the same name", at="/trustees")
    if not charter.questions:
        raise MalformedError("charter: no question", at="/questions")
    for place, question in enumerate(charter.questions):
        check_question(question, at=f"/questions/{place}")
    check_size(charter.questions)
    for place, registrar in enumerate(charter.registrars):
        read_element(group, registrar.key, at=f"/registrars/{place}/key")
    if charter.board is not None:
        from psephos.record.terms import read_terms  # noqa: PLC0415 - loads signatures, which few charters need

        read_terms(charter.board)
    if charter.regions is not None:
        _check_regions(charter, charter.regions)
    return charter


def _check_regions(charter: Charter, terms: RegionTerms) -> None:
    read_regions(terms)
    if charter.board is None:
        raise MalformedError("charter: regions are counted on a board only", at="/regions")
    if charter.minimum_counted < terms.minimum_counted:
        raise MalformedError(
            "charter: the nation may have fewer ballots than a cell, and is one if all are merged",
            at="/minimum_counted",
        )


def fingerprint(received: bytes) -> str:
    """The charter's fingerprint."""
    return sha256_hex(received)


def election_name(charter: Charter) -> str:
    """The Belenios election's name; a rehearsal is marked in it, hence in every ballot."""
    return charter.title if charter.kind == "real" else f"[REHEARSAL] {charter.title}"


def election_description(charter: Charter, received: bytes) -> str:
    """The Belenios election's description: the text, and the charter's fingerprint on a line of its own."""
    return f"{charter.text}\n{_LINE}{fingerprint(received)}" if charter.text else f"{_LINE}{fingerprint(received)}"


def fingerprint_in(description: str) -> str | None:
    """The charter's fingerprint in a description; None where there is none."""
    match = _IN_DESCRIPTION.search(description)
    return match[1] if match else None


def check_charter(
    received: bytes, *, name: str, description: str, uuid: str, group: str, questions: tuple[Question, ...]
) -> Charter:
    """Check that an election is the one that a charter defines.

    Raises:
        MismatchError: It is not; names the part that differs.
        MalformedError: The charter cannot be read.
    """
    charter = read_charter(received)
    for part, theirs, ours in (
        ("description", description, election_description(charter, received)),
        ("name", name, election_name(charter)),
        ("uuid", uuid, charter.uuid),
        ("group", group, charter.group),
        ("questions", questions, charter.questions),
    ):
        if theirs != ours:
            raise MismatchError("the election is not the one that the charter defines", at=f"/{part}")
    return charter
