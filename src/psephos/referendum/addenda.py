"""What may still change once a definition is in force: signed addenda, numbered, each for one definition.

    extend          move the closing time later, within the extension clause, before the vote has closed
    correct-text    exchange a side's text or the report for a corrected one
    correct-contact exchange an address
    withdraw        somebody no longer takes part: a fact, which changes no key and no threshold
    annul           a body declares the vote void, or that of some regions
    undecryptable   the votes cannot be counted

There is no addendum for anything else: question, rule, regions, smallest cells, keys and policies are what people voted
under, and stay. Whoever wants another question needs another vote.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import msgspec

from psephos.errors import MalformedError, MismatchError, OutOfTurnError, RefusedError
from psephos.protocol.encoding import Digest, Wire, sha256_hex, write_json
from psephos.record.definition_entry import addendum_text as signed_text
from psephos.record.terms import Terms, verify_organisers_note
from psephos.referendum.definition import Definition, fingerprint, read_definition
from psephos.referendum.definition_conduct import Calendar, LocalTimes
from psephos.referendum.definition_texts import Document, Language, Line
from psephos.referendum.handwritten import convert, read_handwritten
from psephos.referendum.moments import Moment, check_moments, in_offset_of, seconds

_WHO = "the organisers could have done so before the opening, in another definition"
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]


class Extend(Wire, frozen=True, tag="extend", tag_field="kind"):
    """Move the closing time, and what comes after it.

    Attributes:
        closes_at: The new closing time.
        reason: On which of the clause's grounds.
        tally_at, appeals_close_at, appeals_decided_at: Where they have to move as well; later only.
    """

    closes_at: Moment
    reason: Reason
    tally_at: Moment | None = None
    appeals_close_at: Moment | None = None
    appeals_decided_at: Moment | None = None


class CorrectText(Wire, frozen=True, tag="correct-text", tag_field="kind"):
    """Exchange a text that voters were given.

    Attributes:
        part: Whose: a side's, or the report.
        document: The corrected one.
        reason: What was wrong.
        language: Of a side's text.
    """

    part: Literal["yes", "no", "report"]
    document: Document
    reason: Reason
    language: Language = "en"


class CorrectContact(Wire, frozen=True, tag="correct-contact", tag_field="kind"):
    """Exchange an address."""

    purpose: Line
    address: Line
    reason: Reason


class Withdraw(Wire, frozen=True, tag="withdraw", tag_field="kind"):
    """Somebody no longer takes part; named by the role."""

    name: Line
    reason: Reason


class Annul(Wire, frozen=True, tag="annul", tag_field="kind"):
    """The vote is void, or that of some regions.

    Attributes:
        body: Who decided.
        reasons: Why, in its words.
        regions: Only these; the whole vote if empty.
    """

    body: Line
    reasons: Reason
    regions: tuple[Line, ...] = ()


class Undecryptable(Wire, frozen=True, tag="undecryptable", tag_field="kind"):
    """The votes cannot be counted."""

    reason: Reason


Change = Extend | CorrectText | CorrectContact | Withdraw | Annul | Undecryptable


class Addendum(Wire, frozen=True):
    """A change of what is in force.

    Attributes:
        definition: Fingerprint of the definition that it belongs to.
        number: 1 for the first, and so on: none can be put into force again.
        made_at: When it was decided.
        change: What changes.
    """

    format: Literal["psephos/addendum/1"]
    definition: Digest
    number: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    made_at: Moment
    change: Change


@dataclass(frozen=True)
class InForce:
    """A definition with its addenda.

    Attributes:
        definition: As it is now.
        fingerprint: Of the definition as it was published.
        number: Of the last addendum; 0 before the first.
        made_at: When that was decided; None before the first.
        withdrawn: Who no longer takes part.
        annulled: By whom and why; None if the vote stands, at least in some regions.
        annulled_regions: The regions whose vote is void.
        undecryptable: Why the votes cannot be counted; empty if they can.
    """

    definition: Definition
    fingerprint: str
    number: int = 0
    made_at: Moment | None = None
    withdrawn: tuple[str, ...] = ()
    annulled: Annul | None = None
    annulled_regions: tuple[str, ...] = ()
    undecryptable: str = ""

    @property
    def trustees_left(self) -> int:
        """How many trustees have not withdrawn: fewer than the threshold cannot decrypt."""
        return sum(trustee.name not in self.withdrawn for trustee in self.definition.parties.trustees)


def in_force(received: bytes) -> InForce:
    """A published definition, before its first addendum.

    Raises:
        MalformedError: Not a published definition.
    """
    return InForce(read_definition(received), fingerprint(received))


def read_addendum(received: bytes) -> Addendum:
    """Read an addendum.

    Raises:
        MalformedError: Not its one encoding.
    """
    addendum = convert(read_handwritten(received, what="addendum"), Addendum, what="addendum")
    if write_addendum(addendum) != received:
        raise MalformedError("addendum: not the canonical encoding", at="/")
    check_moments(msgspec.to_builtins(addendum), at="")
    return addendum


def write_addendum(addendum: Addendum) -> bytes:
    """The canonical JSON of an addendum."""
    return write_json(addendum)


def make_addendum(definition: bytes, earlier: Sequence[bytes], change: dict[str, Any], *, made_at: str) -> bytes:
    """The next addendum of a definition, for organisers to sign.

    Args:
        definition: As it was published.
        earlier: The addenda in force, in their order.
        change: What changes, as organisers write it.
        made_at: When it was decided.

    Raises:
        MalformedError: It is no change that there is.
        RefusedError, OutOfTurnError, MismatchError: See `apply`.
    """
    now = in_force(definition)
    for received in earlier:
        now = apply(now, read_addendum(received))
    fields = {"format": "psephos/addendum/1", "definition": now.fingerprint, "number": now.number + 1}
    addendum: Addendum = convert(fields | {"made_at": made_at, "change": change}, Addendum, what="addendum")
    written = write_addendum(addendum)
    apply(now, read_addendum(written))
    return written


def addendum_text(received: bytes, *, charter: str) -> bytes:
    """What organisers sign to put an addendum into force: charter, number, and its fingerprint.

    Args:
        received: The addendum.
        charter: Fingerprint of the charter that names its definition.

    Raises:
        MalformedError: Not an addendum.
    """
    addendum = read_addendum(received)
    return signed_text(charter=charter, number=addendum.number, addendum=sha256_hex(received))


def verify_addendum(received: bytes, note: bytes, terms: Terms, *, charter: str) -> Addendum:
    """Check that enough organisers signed an addendum.

    Args:
        received: The addendum.
        note: What they signed.
        terms: Of the charter, for their keys and how many must sign.
        charter: Its fingerprint.

    Raises:
        MalformedError: Addendum or note cannot be read.
        InvalidProofError: A signature does not hold, or they are too few.
        MismatchError: They signed something else.
    """
    if verify_organisers_note(note, terms) != addendum_text(received, charter=charter):
        raise MismatchError("the organisers signed something else than this addendum", at="signed addendum")
    return read_addendum(received)


def apply(before: InForce, addendum: Addendum) -> InForce:
    """What is in force after an addendum.

    Raises:
        MismatchError: It is about another definition.
        OutOfTurnError: It is not the next one, or decided before the last.
        RefusedError: It changes what may not change, or not so.
    """
    if addendum.definition != before.fingerprint:
        raise MismatchError("the addendum is about another definition", at="/definition")
    if addendum.number != before.number + 1:
        raise OutOfTurnError(f"addendum {addendum.number}, and {before.number + 1} is the next", at="/number")
    if before.made_at is not None and seconds(addendum.made_at, at="/made_at") < seconds(before.made_at, at=""):
        raise OutOfTurnError("decided before the addendum before it", at="/made_at")
    if before.annulled is not None:
        raise RefusedError("the vote is void: nothing of it changes any more", at="/change", hint=_WHO)
    after = _change(before, addendum)
    return replace(after, number=addendum.number, made_at=addendum.made_at)


def _change(before: InForce, addendum: Addendum) -> InForce:
    match addendum.change:
        case Extend() as change:
            return _with(before, calendar=_extended(before.definition.calendar, change, addendum.made_at))
        case CorrectText() as change:
            return _corrected(before, change)
        case CorrectContact() as change:
            return _addressed(before, change)
        case Withdraw() as change:
            return _withdrawn(before, change)
        case Annul() as change:
            return _annulled(before, change)
        case Undecryptable(reason):
            closes = before.definition.calendar.closes_at
            if closes and seconds(addendum.made_at, at="") < seconds(closes, at=""):
                raise RefusedError("before the closing, nothing can be said about the count", at="/made_at", hint=_WHO)
            return replace(before, undecryptable=reason)


def _with(before: InForce, **parts: object) -> InForce:
    return replace(before, definition=msgspec.structs.replace(before.definition, **parts))


def _extended(calendar: Calendar, change: Extend, made_at: Moment) -> Calendar:
    clause, closes = calendar.extension, calendar.closes_at
    if clause is None or closes is None:
        raise RefusedError("the definition has no extension clause", at="/change/closes_at", hint=_WHO)
    now = seconds(change.closes_at, at="/change/closes_at")
    if seconds(made_at, at="/made_at") >= seconds(closes, at=""):
        raise RefusedError("the vote has closed already", at="/made_at", hint="a vote is never opened again")
    if now <= seconds(closes, at=""):
        raise RefusedError("closing is moved later only", at="/change/closes_at", hint=f"after {closes}")
    if now > seconds(clause.latest_close, at=""):
        raise RefusedError(
            "the extension clause does not reach so far", at="/change/closes_at", hint=f"until {clause.latest_close}"
        )
    later = {name: getattr(change, name) for name in ("tally_at", "appeals_close_at", "appeals_decided_at")}
    for name, moment in later.items():
        old = getattr(calendar, name)
        if moment is not None and old is not None and seconds(moment, at="") < seconds(old, at=""):
            raise RefusedError("a date is moved later only", at=f"/change/{name}", hint=f"not before {old}")
    local = tuple(
        LocalTimes(one.country, one.opens_at, in_offset_of(change.closes_at, one.closes_at)) for one in calendar.local
    )
    moved = {name: moment for name, moment in later.items() if moment is not None}
    after = msgspec.structs.replace(calendar, closes_at=change.closes_at, local=local, **moved)
    dates = [(name, getattr(after, name)) for name in ("closes_at", *later)]
    given = [(name, seconds(moment, at="")) for name, moment in dates if moment is not None]
    for (earlier, first), (name, second) in itertools.pairwise(given):
        if second <= first:
            raise RefusedError(f"{name} would not be after {earlier}", at=f"/change/{name}", hint="move it as well")
    return after


def _corrected(before: InForce, change: CorrectText) -> InForce:
    information = before.definition.information
    if change.part == "report":
        if information.report is None:
            raise RefusedError("there is no report to correct", at="/change/part", hint=_WHO)
        return _with(before, information=msgspec.structs.replace(information, report=change.document))
    texts = tuple(
        msgspec.structs.replace(one, document=change.document)
        if (one.side, one.language) == (change.part, change.language)
        else one
        for one in information.texts
    )
    if texts == information.texts:
        raise RefusedError(
            f"the side for {change.part} has no other text in {change.language} to correct", at="/change", hint=_WHO
        )
    if change.document.size > information.limit:
        raise RefusedError(
            f"{change.document.size} bytes, and {information.limit} are the most for both sides",
            at="/change/document/size",
            hint="shorten it",
        )
    return _with(before, information=msgspec.structs.replace(information, texts=texts))


def _addressed(before: InForce, change: CorrectContact) -> InForce:
    contacts = before.definition.contacts
    if change.purpose not in {contact.purpose for contact in contacts}:
        raise RefusedError(f"there is no contact for {change.purpose!r}", at="/change/purpose", hint=_WHO)
    corrected = tuple(
        msgspec.structs.replace(contact, address=change.address) if contact.purpose == change.purpose else contact
        for contact in contacts
    )
    return _with(before, contacts=corrected)


def _people(definition: Definition) -> Iterator[str]:
    """Everybody who can withdraw."""
    parties, observation = definition.parties, definition.observation
    groups = (parties.organisers, parties.registrars, parties.trustees, parties.replacements)
    yield from (party.name for group in groups for party in group)
    if parties.operator is not None:
        yield parties.operator.name
    yield from (group.name for group in observation.groups)
    yield from (witness.name for witness in observation.witnesses)


def _withdrawn(before: InForce, change: Withdraw) -> InForce:
    if change.name not in set(_people(before.definition)):
        raise RefusedError(f"nobody is called {change.name!r}", at="/change/name", hint="as the definition names them")
    if change.name in before.withdrawn:
        raise RefusedError(f"{change.name} has withdrawn before", at="/change/name", hint="once is enough")
    return replace(before, withdrawn=(*before.withdrawn, change.name))


def _annulled(before: InForce, change: Annul) -> InForce:
    body = before.definition.appeals.body
    if change.body != body:
        raise RefusedError(f"{change.body} does not decide appeals", at="/change/body", hint=f"{body or 'nobody'} does")
    if not change.regions:
        return replace(before, annulled=change)
    regions = before.definition.regions
    known = {leaf.id for leaf in regions.leaves} if regions is not None else set()
    for place, region in enumerate(change.regions):
        if region not in known or region in (*before.annulled_regions, *change.regions[:place]):
            raise RefusedError(
                f"{region!r} is no region whose vote stands", at=f"/change/regions/{place}", hint="as in [regions]"
            )
    return replace(before, annulled_regions=(*before.annulled_regions, *change.regions))
