"""The vote that the booth's tests hold: what is asked, by whom, and every party's messages as far as the opening."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psephos.adapters.files import MemorySource
from psephos.protocol import credentials
from psephos.protocol.election import Question
from psephos.protocol.encoding import sha256_hex
from psephos.protocol.group import Elements, Group
from psephos.record.acceptance import make_acceptance, read_setup, registrar_party
from psephos.record.board_terms import BoardTerms
from psephos.record.charter import RegistrarKey, read_charter
from psephos.record.definition_entry import text_with_fingerprint
from psephos.record.phases import EventKind
from psephos.record.terms import read_terms
from psephos.referendum.definition import Definition, in_every_language, write_definition
from psephos.referendum.definition_texts import Texts
from psephos.roles import organiser_ceremony, trustee, trustee_ceremony
from tests.support.logged import Vote
from tests.support.referendum import NOW, make_charter, named
from tests.support.setups import setup_of
from tests.support.shown import defined
from tests.support.world import RecordWriter, randomness

TITLE = "پل نو بر رود؟ · A new bridge over the river?"
TEXT = "این رأی‌گیری برای آزمودن برنامه است.\nThis vote is for testing the program."
QUESTION = Question(
    answers=("بله · Yes", "نه · No", "سفید · Blank"),
    min=1,
    max=1,
    question="آیا پل تازه‌ای بر رود ساخته شود؟ · Shall a new bridge be built over the river?",
)
SECOND = Question(answers=("Oak", "Beech", "Lime"), blank=True, min=1, max=2, question="Which trees at the bridge?")
VOTERS = 8


@dataclass(frozen=True)
class Order:
    """What a test asks for.

    Attributes:
        kind: Real, or a rehearsal.
        halves: Whether two registrars each give half a credential.
        questions: One or two.
        observers: How many countersign, of three of whom two must.
        opens_in: Seconds; negative: it has opened.
        closes_in: Seconds.
        ballots_per_hour: Of one credential.
        accepted: Whether everybody has accepted the setup.
        defined: Whether the charter names a definition.
    """

    kind: str = "real"
    halves: bool = False
    questions: int = 1
    observers: int = 3
    opens_in: int = -3600
    closes_in: int = 3600
    ballots_per_hour: int = 20
    accepted: bool = True
    defined: bool = False

    def definition(self) -> Definition:
        """What is asked, in three languages, and what follows."""
        return defined("statutory" if self.kind == "real" else "rehearsal")


def make_vote(wire: BoardTerms, order: Order) -> tuple[Vote, list[list[str]]]:
    """A vote as far as its opening, and the voters' credentials as their letters print them."""
    group, random = Group("Ed25519"), randomness(31)
    registrars = [group.random_secrets(randomness(9 + number), 1) for number in range(1 + order.halves)]
    charter = make_charter(
        size=3,
        threshold=2,
        kind=order.kind,
        **asked(order),
        registrars=tuple(
            RegistrarKey(name=f"Registrar {number}", key=one.public()[0].text)
            for number, one in enumerate(registrars, start=1)
        ),
        board=wire,
    )
    rules = read_charter(charter)
    trustees, keys = hold_ceremony(charter)
    letters = [[credentials.generate(random) for _ in registrars] for _ in range(VOTERS)]
    public = public_credentials(group, rules.uuid, letters)
    setup = setup_of(charter, trustees=trustees, public=public)
    writer = RecordWriter(NOW)
    writer.add(EventKind.SETUP, setup)
    held = read_setup(MemorySource(writer.bytes()))
    acceptances = [
        trustee.accept(charter, held, told=held.fingerprint, kept=key, sent=None, rng=random) for key in keys
    ]
    acceptances += [
        make_acceptance(one, party=registrar_party(number), setup=held.fingerprint, rng=random)
        for number, one in enumerate(registrars, start=1)
    ]
    vote = Vote(charter, read_terms(wire), setup, acceptances, [], b"", [], {}, b"", b"", keys)
    return vote, [[credentials.with_check(half) for half in letter] for letter in letters]


def asked(order: Order) -> dict[str, Any]:
    """Title, text and questions of the charter."""
    if not order.defined:
        return {"title": TITLE, "text": TEXT, "questions": (QUESTION, SECOND)[: order.questions]}
    one = order.definition()

    def spoken(texts: Texts) -> str:
        return in_every_language(texts, one)

    return {
        "title": spoken(one.title),
        "text": text_with_fingerprint(TEXT, sha256_hex(write_definition(one))),
        "questions": tuple(
            Question(
                answers=tuple(spoken(answer.text) for answer in question.answers),
                min=1,
                max=1,
                question=spoken(question.text),
            )
            for question in one.questions
        ),
    }


def public_credentials(group: Group, uuid: str, letters: list[list[str]]) -> Elements:
    """Each voter's public credential; the secrets of halves are added."""
    halves = [credentials.derive_secrets(group, uuid, list(column)) for column in zip(*letters, strict=True)]
    whole = halves[0]
    for half in halves[1:]:
        whole = whole + half
    return whole.public()


def hold_ceremony(charter: bytes) -> tuple[bytes, list[bytes]]:
    """Three trustees, of whom two are needed."""
    random = randomness(5)
    joined = [trustee_ceremony.join(charter, index=index, kept=None, sent=None, rng=random) for index in (1, 2, 3)]
    certificates = organiser_ceremony.collect_certificates(charter, named([step.sends for step in joined]))
    shared = [trustee_ceremony.share(charter, certificates, kept=step.keeps, sent=None, rng=random) for step in joined]
    inputs = organiser_ceremony.route_inputs(charter, named([*shared, certificates]))
    steps = [
        trustee_ceremony.receive(charter, certificates, given, seed=step.keeps, kept=None, sent=None, rng=random)
        for step, given in zip(joined, inputs, strict=True)
    ]
    messages = [certificates, *shared, *(step.sends for step in steps)]
    return organiser_ceremony.assemble_trustees(charter, named(messages)), [step.keeps for step in steps]
