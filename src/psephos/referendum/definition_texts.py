"""What is asked, in every language, and the texts that belong to it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from psephos.protocol.encoding import Count, Digest, Wire
from psephos.referendum.moments import Day, Moment

Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?\Z")]
"""Such as en, fa, az-Arab, pt-BR."""

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Paragraph = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]

Texts = dict[Language, Paragraph]
"""One text for each language."""


class Document(Wire, frozen=True):
    """A file that belongs to the referendum; its SHA-256 is what is signed.

    Attributes:
        name: What it is called.
        sha256: Of its bytes.
        size: Of it, in bytes; 0 where that does not matter.
        url: Where it can be had; an address may change, the bytes may not.
    """

    name: Line
    sha256: Digest
    size: Count = 0
    url: str = ""


class Answer(Wire, frozen=True):
    """An answer.

    Attributes:
        meaning: What the outcome rule counts it as; `option` where the question has more than two sides.
        text: As voters see it.
    """

    meaning: Literal["yes", "no", "blank", "option"]
    text: Texts


class Question(Wire, frozen=True):
    """A question.

    Attributes:
        text: As voters see it.
        answers: In the order in which voters see them.
        explanation: What each answer would bring about, in neutral words.
        form: Yes or no, or several options.
        blank: Whether blank is counted apart, or with the invalid ones.
        wording: Whether a text is put to the vote word by word, or a principle; more than one mixes the two.
        levels: Of which level the text is that would change; more than one mixes levels.
        yes_means: Whether yes changes something.
        yes_explained: Where yes keeps things as they are: how voters are told.
        winner: Of several options: how one is chosen.
        no_winner: Of several options: what follows if none is.
    """

    text: Texts
    answers: Annotated[tuple[Answer, ...], msgspec.Meta(min_length=1, max_length=50)]
    explanation: Texts = msgspec.field(default_factory=dict)
    form: Literal["yes-no", "options"] = "yes-no"
    blank: Literal["apart", "with-invalid"] = "apart"
    wording: tuple[Literal["specific-text", "general-principle"], ...] = ()
    levels: tuple[Literal["constitution", "statute", "regulation", "treaty", "other"], ...] = ()
    yes_means: Literal["change", "status-quo"] | None = None
    yes_explained: str = ""
    winner: str = ""
    no_winner: str = ""


class Translation(Wire, frozen=True):
    """A language into which everything was translated.

    Attributes:
        language: Which.
        translators: Who answer for it.
        back_translation: The text translated back by somebody else.
    """

    language: Language
    translators: tuple[Line, ...] = ()
    back_translation: Document | None = None


class Effect(Wire, frozen=True):
    """What the result obliges anybody to.

    Attributes:
        binding: Binding, or consultative.
        on: Whom it binds, or whom it advises.
    """

    binding: Literal["binding", "consultative"]
    on: str = ""


class LegalBasis(Wire, frozen=True):
    """By what right the vote is held.

    Attributes:
        basis: Statute, decree, decision of an assembly.
        authority: Who called it.
        text: The text that is put to the vote.
        in_force_since: Since when the outcome rule has been in force.
        reason_for_change: Why it is newer than a year.
    """

    basis: str = ""
    authority: str = ""
    text: Document | None = None
    in_force_since: Day | None = None
    reason_for_change: str = ""


class Opinion(Wire, frozen=True):
    """An impartial body's opinion on the question's clarity."""

    body: Line
    given_at: Moment
    signature: Document | None = None


class SideText(Wire, frozen=True):
    """One side's information, in one language."""

    side: Literal["yes", "no"]
    language: Language
    document: Document


class Information(Wire, frozen=True):
    """What voters are told.

    Attributes:
        limit: Largest size of each side's text, in bytes; the same for both.
        texts: Both sides' texts.
        delivered_at: When voters have them.
        report: The explanatory report.
        report_authors: Who wrote it.
        neutrality: The organisers' declaration of their own neutrality.
        funding: Who pays for the vote.
    """

    limit: Count = 0
    texts: tuple[SideText, ...] = ()
    delivered_at: Moment | None = None
    report: Document | None = None
    report_authors: tuple[Line, ...] = ()
    neutrality: str = ""
    funding: str = ""
