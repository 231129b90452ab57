"""The election: its questions, its key, and the fingerprint that every ballot carries (specification §4.9, §4.10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from psephos.errors import MalformedError, UnsupportedError
from psephos.protocol.encoding import Wire, is_base58, read_json, read_raw, sha256_base64, write_json
from psephos.protocol.group import Element, Group, Key, read_element, read_group

SUPPORTED_VERSION = 1
SHORTEST_UUID = 14
LONGEST_UUID = 64
MOST_VALUES = 20_000
"""Group elements and numbers in a ballot; one with more would be larger than a record's largest, 1 MiB."""


class Question(Wire, frozen=True, kw_only=True):
    """A homomorphic question: choose between `min` and `max` of the answers, or blank where allowed (§4.9.1)."""

    answers: tuple[str, ...]
    blank: bool | None = None
    min: int
    max: int
    question: str

    @property
    def blank_allowed(self) -> bool:
        """Whether a voter may answer "blank", counted apart."""
        return self.blank is True

    @property
    def size(self) -> int:
        """Number of ciphertexts in an answer: one per answer, and a leading one where blank is allowed (§4.11.1)."""
        return len(self.answers) + self.blank_allowed

    @property
    def alternatives(self) -> int:
        """Number of statements of which the overall proof shows that one is true (§4.11.1, §4.13)."""
        return self.max - self.min + 1 + self.blank_allowed

    @property
    def values(self) -> int:
        """Number of group elements and numbers in an answer."""
        return 6 * self.size + 2 * self.alternatives + 4 * self.blank_allowed


class ElectionMessage(Wire, frozen=True):
    """> election = {version, description, name, group, public_key, questions, uuid, …}  (§4.10)."""

    version: int
    description: str
    name: str
    group: str
    public_key: str
    questions: tuple[msgspec.Raw, ...]
    uuid: str
    administrator: str | None = None
    credential_authority: str | None = None
    language: tuple[str, str] | None = None


class Election(msgspec.Struct, frozen=True):
    """An election as received: the bytes that are hashed, and what they say.

    Attributes:
        received: The bytes of election.json; their hash is the fingerprint.
        fingerprint: > φ = BASE64(SHA256(J))  (§4.15).
        public_key: y, checked for membership; its relation to the trustees is checked elsewhere.
        key: y with tables of its powers.
    """

    received: bytes
    fingerprint: str
    uuid: str
    name: str
    description: str
    group: Group
    public_key: Element
    key: Key
    questions: tuple[Question, ...]


def read_election(received: bytes) -> Election:
    """Read election.json.

    Raises:
        MalformedError: Not canonical, an unknown group, a key outside the group, a question nobody could answer.
        UnsupportedError: Another protocol version, ballots that would be too large, or a question that is not
            homomorphic; the error names it.
    """
    raw = read_raw(received, what="election")
    if isinstance(raw, dict) and raw.get("version") != SUPPORTED_VERSION:
        raise UnsupportedError(f"protocol version {raw.get('version')!r} is not supported", at="/version")
    message = read_json(received, ElectionMessage, what="election")
    if not is_base58(message.uuid, shortest=SHORTEST_UUID, longest=LONGEST_UUID):
        raise MalformedError("not an election identifier", at="/uuid")
    group = read_group(message.group, at="/group")
    public_key = read_element(group, message.public_key, at="/public_key")
    if not message.questions:
        raise MalformedError("an election needs a question", at="/questions")
    questions = tuple(_read_question(bytes(raw), place) for place, raw in enumerate(message.questions))
    check_size(questions)
    return Election(
        received=received,
        fingerprint=sha256_base64(received),
        uuid=message.uuid,
        name=message.name,
        description=message.description,
        group=group,
        public_key=public_key,
        key=Key(public_key),
        questions=questions,
    )


def _read_question(received: bytes, place: int) -> Question:
    at = f"/questions/{place}"
    raw = read_raw(received, what=at)
    if isinstance(raw, dict) and "type" in raw:
        raise UnsupportedError(
            f"question {place + 1} ({_title(raw)!r}) is of type {raw['type']!r}: not supported yet", at=at
        )
    question = read_json(received, Question, what=at)
    check_question(question, at=at)
    return question


def _title(raw: dict[str, Any]) -> str:
    value = raw.get("value")
    return str(value.get("question", "")) if isinstance(value, dict) else ""


def check_question(question: Question, *, at: str) -> None:
    """Refuse a question that has no answer.

    Raises:
        MalformedError: No answers, or not 0 ≤ min ≤ max, or more than there are must be chosen, or nothing can be.
    """
    if not question.answers:
        raise MalformedError("a question needs answers", at=at)
    if not 0 <= question.min <= min(question.max, len(question.answers)):
        raise MalformedError(
            f"min {question.min} and max {question.max} do not fit {len(question.answers)} answers", at=at
        )
    if question.max == 0:
        raise MalformedError("nothing can be chosen: max is 0", at=at)


def check_size(questions: Sequence[Question]) -> None:
    """Refuse questions that would make a ballot larger than a record can hold.

    Raises:
        UnsupportedError: They have too many answers, or `max` is far above `min`.
    """
    values = sum(question.values for question in questions)
    if values > MOST_VALUES:
        raise UnsupportedError(
            f"a ballot would have {values} elements and numbers; more than {MOST_VALUES} are not supported",
            at="/questions",
            hint="ask fewer questions, offer fewer answers, or lower max, which the number of answers bounds anyway",
        )


def write_election(
    *,
    description: str,
    name: str,
    group: Group,
    public_key: Element,
    questions: tuple[Question, ...],
    uuid: str,
) -> bytes:
    """The bytes of election.json for a new election."""
    return write_json(
        ElectionMessage(
            version=SUPPORTED_VERSION,
            description=description,
            name=name,
            group=group.name,
            public_key=public_key.text,
            questions=tuple(msgspec.Raw(write_json(question)) for question in questions),
            uuid=uuid,
        )
    )
