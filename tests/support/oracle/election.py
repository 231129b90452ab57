"""The election structure: questions, public key, fingerprint.

Clause: Belenios 2.0 §4.9 and §4.10; `language` as of 3.3.0. Homomorphic questions only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .canonical import array, dump, natural, parse, sha256_base64, text
from .credentials import BASE58
from .errors import RefusedError, UnsupportedError
from .groups import Element, Group, group_named

PROTOCOL_VERSION = 1
SHORTEST_UUID = 14
REQUIRED = {"version", "description", "name", "group", "public_key", "questions", "uuid"}
OPTIONAL = {"administrator", "credential_authority", "language"}


@dataclass(frozen=True)
class Question:
    """A homomorphic question: between minimum and maximum answers are chosen, or it is left blank."""

    question: str
    answers: tuple[str, ...]
    minimum: int
    maximum: int
    blank: bool = False

    @property
    def width(self) -> int:
        """Number of ciphertexts in an answer: one more if blank is allowed."""
        return len(self.answers) + int(self.blank)

    def to_json(self) -> dict[str, object]:
        """Write the question with its fields in order; blank only if true."""
        blank = {"blank": True} if self.blank else {}
        bounds = {"min": self.minimum, "max": self.maximum}
        return {"answers": list(self.answers), **blank, **bounds, "question": self.question}


@dataclass(frozen=True)
class Election:
    """What ballots, tally and decryption depend on."""

    raw: bytes
    group: Group
    public_key: Element
    questions: tuple[Question, ...]
    uuid: str

    @property
    def fingerprint(self) -> str:
        """Hash of the bytes as archived (§4.15)."""
        return sha256_base64(self.raw)


def _object(value: object, *, required: set[str], optional: set[str]) -> dict[str, object]:
    if not isinstance(value, dict) or not required <= set(value) <= required | optional:
        raise RefusedError(f"expected an object with fields {sorted(required)}")
    return value


def question_from_json(value: object) -> Question:
    """Read a question.

    Raises:
        UnsupportedError: If it is not homomorphic.
        RefusedError: If a field is unknown or missing, or the bounds are not in order.
    """
    if isinstance(value, dict) and "type" in value:
        raise UnsupportedError("only homomorphic questions are implemented")
    entry = _object(value, required={"answers", "min", "max", "question"}, optional={"blank"})
    blank = entry.get("blank", False)
    if not isinstance(blank, bool):
        raise RefusedError("blank is neither true nor false")
    minimum, maximum = natural(entry["min"]), natural(entry["max"])
    if minimum > maximum:
        raise RefusedError("a question's minimum is above its maximum")
    answers = tuple(text(item) for item in array(entry["answers"]))
    return Question(text(entry["question"]), answers, minimum, maximum, blank)


def parse_election(raw: bytes) -> Election:
    """Read election.json; order of fields and formatting are free, the bytes are kept.

    Raises:
        RefusedError: If it breaks a rule of the format.
    """
    entry = _object(parse(raw), required=REQUIRED, optional=OPTIONAL)
    if natural(entry["version"]) != PROTOCOL_VERSION:
        raise RefusedError("not version 1 of the protocol")
    for name in ("description", "name", "administrator", "credential_authority"):
        text(entry.get(name, ""))
    if "language" in entry:
        for item in array(entry["language"], 2):
            text(item)
    uuid = text(entry["uuid"])
    if not re.fullmatch(f"[{BASE58}]{{{SHORTEST_UUID},}}", uuid):
        raise RefusedError("an election's uuid is at least 14 base-58 characters")
    group = group_named(text(entry["group"]))
    return Election(
        raw=raw,
        group=group,
        public_key=group.decode(text(entry["public_key"])),
        questions=tuple(question_from_json(item) for item in array(entry["questions"])),
        uuid=uuid,
    )


def make_election(
    group: Group, public_key: Element, *, questions: Sequence[Question], uuid: str, name: str = "Test"
) -> Election:
    """Make an election and its canonical bytes."""
    value = {
        "version": PROTOCOL_VERSION,
        "description": "Made by the oracle.",
        "name": name,
        "group": group.name,
        "public_key": group.encode(public_key),
        "questions": [question.to_json() for question in questions],
        "uuid": uuid,
    }
    return parse_election(dump(value).encode())
