"""The definition: everything that is fixed before the vote, as data that organisers sign.

People write one TOML file, with comments. What is signed and published is its canonical JSON: fields in a fixed order,
names within a table sorted, ready-made rules written out. Its SHA-256 stands in the description of the Belenios
election, on a line of its own before the charter's, so that every ballot is cast under exactly this definition.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from psephos.errors import MalformedError, MismatchError
from psephos.protocol.election import Election
from psephos.protocol.election import Question as ElectionQuestion
from psephos.protocol.encoding import Wire, sha256_hex
from psephos.record.charter import Charter, election_description
from psephos.record.definition_entry import definition_text, fingerprint_in, text_with_fingerprint
from psephos.record.terms import Terms, verify_organisers_note
from psephos.referendum.definition_conduct import (
    Appeals,
    Calendar,
    Channels,
    Electorate,
    Regions,
    Retention,
    Suppression,
)
from psephos.referendum.definition_people import (
    Contact,
    Exclusion,
    Host,
    Justification,
    Observation,
    Parties,
    Review,
)
from psephos.referendum.definition_texts import (
    Effect,
    Information,
    Language,
    LegalBasis,
    Opinion,
    Question,
    Texts,
    Translation,
)
from psephos.referendum.handwritten import convert, read_handwritten
from psephos.referendum.moments import check_moments
from psephos.referendum.rule_file import RegionMessage, Rule, RuleMessage, rule_from, write_rule

_BETWEEN_LANGUAGES = " / "

Kind = Literal["statutory", "urgent", "rehearsal"]


class Definition(Wire, frozen=True):
    """A referendum, as its organisers define it.

    Attributes:
        kind: By ordinary procedure, by urgent procedure, or a rehearsal.
        languages: Of the vote; the first is the original.
        title: Of the referendum.
        questions: What is asked.
        translations: One for each language but the original.
        effect: Binding or consultative, and on whom.
        legal: By what right.
        opinion: On the question's clarity.
        information: What voters are told.
        rule: The outcome rule, without regions: those are the definition's.
        calendar: Every date.
        electorate: Who may vote.
        channels: How.
        regions: None if there are none.
        suppression: Which sums are decrypted.
        parties: Who does what.
        observation: Who may watch.
        exclusions: Where observers are not let in; None if that is not said.
        hosts: Where the record is published.
        appeals: How the result is contested.
        retention: How long the record is kept.
        contacts: Whom to write to.
        justifications: Why rules of good practice are not followed.
        reviews: What reviewers answered.
    """

    format: Literal["psephos/definition/1"]
    kind: Kind
    languages: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1, max_length=50)]
    title: Texts
    questions: Annotated[tuple[Question, ...], msgspec.Meta(min_length=1, max_length=20)]
    translations: tuple[Translation, ...] = ()
    effect: Effect | None = None
    legal: LegalBasis = LegalBasis()
    opinion: Opinion | None = None
    information: Information = Information()
    rule: RuleMessage | None = None
    calendar: Calendar = Calendar()
    electorate: Electorate = Electorate()
    channels: Channels = Channels()
    regions: Regions | None = None
    suppression: Suppression | None = None
    parties: Parties = Parties()
    observation: Observation = Observation()
    exclusions: tuple[Exclusion, ...] | None = None
    hosts: tuple[Host, ...] = ()
    appeals: Appeals = Appeals()
    retention: Retention | None = None
    contacts: tuple[Contact, ...] = ()
    justifications: tuple[Justification, ...] = ()
    reviews: tuple[Review, ...] = ()


def read_draft(received: bytes, *, what: str = "definition") -> Definition:
    """Read a definition as organisers write it, TOML or JSON.

    It may lack what good practice asks for: that is the linter's part.

    Raises:
        MalformedError: An unknown field, another type, a time without its offset; says where.
    """
    definition = convert(read_handwritten(received, what=what), Definition, what=what)
    check_moments(msgspec.to_builtins(definition), at="")
    return definition


def rule_of(definition: Definition) -> Rule:
    """The outcome rule, with the definition's regions.

    Raises:
        MalformedError: There is none, or it is not a rule of the grammar; says where.
    """
    message = definition.rule
    if message is None:
        raise MalformedError("no outcome rule is given", at="/rule")
    if message.regions or message.weights_add_up_to is not None:
        raise MalformedError("regions are given once, in [regions]", at="/rule/regions")
    leaves = definition.regions.leaves if definition.regions is not None else ()
    regions = tuple(RegionMessage(leaf.id, leaf.weight, leaf.kind) for leaf in leaves)
    return rule_from(msgspec.structs.replace(message, regions=regions), at="/rule")


def write_definition(definition: Definition) -> bytes:
    """The canonical JSON of a definition: what is signed and published.

    Raises:
        MalformedError: Its outcome rule is none, or its parties do not fit each other.
    """
    _check_parties(definition.parties)
    written = write_rule(rule_of(definition))
    written.pop("regions", None)
    rule: RuleMessage = convert(written, RuleMessage, what="rule")
    return _encode(msgspec.structs.replace(definition, rule=rule))


def _check_parties(parties: Parties) -> None:
    """What no charter could hold: two parties of one name, or more needed than there are.

    Raises:
        MalformedError: Says which.
    """
    if parties.organisers_needed > len(parties.organisers):
        raise MalformedError(
            f"{parties.organisers_needed} of {len(parties.organisers)} organisers must sign",
            at="/parties/organisers_needed",
        )
    if parties.threshold > len(parties.trustees):
        raise MalformedError(
            f"{parties.threshold} of {len(parties.trustees)} trustees are needed", at="/parties/threshold"
        )
    names = [party.name for group in (parties.organisers, parties.registrars, parties.trustees) for party in group]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise MalformedError(f"two parties are called {name!r}", at="/parties")


def _encode(definition: Definition) -> bytes:
    return msgspec.json.encode(definition, order="deterministic").replace(b"\x7f", b"\\u007f")


def read_definition(received: bytes) -> Definition:
    """Read a published definition.

    Raises:
        MalformedError: Not its one encoding, or a rule that is not written out.
    """
    definition = read_draft(received)
    if write_definition(definition) != received:
        raise MalformedError("definition: not the canonical encoding", at="/")
    return definition


# ── fingerprint and signatures ──────────────────────────────────────────────────────────────────────────────────


def fingerprint(received: bytes) -> str:
    """The fingerprint of a published definition."""
    return sha256_hex(received)


def verify_definition(received: bytes, note: bytes, terms: Terms) -> Definition:
    """Check that enough organisers signed this definition.

    Args:
        received: The published definition.
        note: What they signed.
        terms: Of the charter, for their keys and how many must sign.

    Raises:
        MalformedError: The definition or the note cannot be read.
        InvalidProofError: A signature does not hold, or they are too few.
        MismatchError: They signed something else.
    """
    definition = read_definition(received)
    if verify_organisers_note(note, terms) != definition_text(fingerprint(received)):
        raise MismatchError("the organisers signed something else than this definition", at="signed definition")
    return definition


# ── the charter ─────────────────────────────────────────────────────────────────────────────────────────────────


def charter_draft(received: bytes, *, group: str = "Ed25519") -> dict[str, Any]:
    """What the charter takes from a definition, as `psephos.roles.organiser.define` reads it.

    Args:
        received: The published definition.
        group: Name of the group.
    """
    definition = read_definition(received)
    explanation = "\n".join(
        text for question in definition.questions for text in _spoken(question.explanation, definition)
    )
    return {
        "kind": "rehearsal" if definition.kind == "rehearsal" else "real",
        "title": _spoken(definition.title, definition),
        "text": [text_with_fingerprint(explanation, fingerprint(received))],
        "trustees": [trustee.name for trustee in definition.parties.trustees],
        "threshold": definition.parties.threshold,
        "minimum_counted": definition.suppression.minimum_counted if definition.suppression else 0,
        "group": group,
        "question": [
            {
                "text": _spoken(question.text, definition),
                "answers": [_spoken(answer.text, definition) for answer in question.answers],
                "min": 1,
                "max": 1,
            }
            for question in definition.questions
        ],
    }


def _spoken(texts: Texts, definition: Definition) -> list[str]:
    """A text in every language of the vote, in their order."""
    return [texts[language] for language in definition.languages if language in texts]


def in_every_language(texts: Texts, definition: Definition) -> str:
    """A text as the Belenios election has it: in every language, one after the other."""
    return _BETWEEN_LANGUAGES.join(_spoken(texts, definition))


def check_against_election(received: bytes, election: Election) -> Definition:
    """Check that an election, hence every ballot, is of this definition.

    Args:
        received: The published definition.
        election: As read from the record.

    Raises:
        MismatchError: It is of another one; names the part that differs.
        MalformedError: The definition cannot be read.
    """
    definition = read_definition(received)
    named = fingerprint_in(election.description)
    if named != fingerprint(received):
        raise MismatchError(
            f"the ballots were cast under another definition ({named or 'none is named'})", at="/description"
        )
    mark = "[REHEARSAL] " if definition.kind == "rehearsal" else ""
    _compare("name", election.name, mark + in_every_language(definition.title, definition))
    _compare("questions", _asked(election.questions), _defined(definition))
    return definition


def check_against_charter(received: bytes, charter: Charter, charter_bytes: bytes) -> Definition:
    """Check that a charter, hence every ballot, is of this definition.

    Args:
        received: The published definition.
        charter: As read.
        charter_bytes: As received.

    Raises:
        MismatchError: It is of another one; names the part that differs.
        MalformedError: The definition cannot be read.
    """
    definition = read_definition(received)
    if fingerprint_in(election_description(charter, charter_bytes)) != fingerprint(received):
        raise MismatchError("the election's description names another definition", at="/description")
    parties, suppression = definition.parties, definition.suppression
    _compare("kind", charter.kind, "rehearsal" if definition.kind == "rehearsal" else "real")
    _compare("title", charter.title, in_every_language(definition.title, definition))
    _compare("trustees", charter.trustees, tuple(trustee.name for trustee in parties.trustees))
    _compare("threshold", charter.threshold, parties.threshold)
    _compare("minimum_counted", charter.minimum_counted, suppression.minimum_counted if suppression else 0)
    _compare("registrars", [one.name for one in charter.registrars], [one.name for one in parties.registrars])
    _compare("questions", _asked(charter.questions), _defined(definition))
    return definition


def _compare(part: str, theirs: object, ours: object) -> None:
    if theirs != ours:
        raise MismatchError("not what the definition says", at=f"/{part}")


def _asked(questions: tuple[ElectionQuestion, ...]) -> list[tuple[tuple[str, ...], int, int, bool]]:
    """Text, answers, and how many can be chosen, as voters see it."""
    return [((one.question, *one.answers), one.min, one.max, one.blank_allowed) for one in questions]


def _defined(definition: Definition) -> list[tuple[tuple[str, ...], int, int, bool]]:
    """The same, as the definition says it: one answer, blank being one of them."""
    return [
        (
            tuple(
                in_every_language(texts, definition)
                for texts in (question.text, *(answer.text for answer in question.answers))
            ),
            1,
            1,
            False,
        )
        for question in definition.questions
    ]
