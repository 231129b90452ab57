"""Who holds the vote, who watches it, and how they are reached."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from psephos.protocol.encoding import Wire
from psephos.referendum.definition_texts import Line
from psephos.referendum.moments import Moment


class Party(Wire, frozen=True):
    """A party.

    Attributes:
        name: As everywhere in the record.
        organisation: Which it belongs to; its own name if empty.
        country: Where it is, and under whose law.
        key: Its public key, where it has one before the charter.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    organisation: str = ""
    country: str = ""
    key: str = ""

    @property
    def house(self) -> str:
        """The organisation that stands behind it."""
        return self.organisation or self.name


class Parties(Wire, frozen=True):
    """Who does what.

    Attributes:
        organisers: Who sign.
        organisers_needed: How many of them must.
        registrars: One, or two with half a credential each.
        operator: Who runs the server.
        trustees: In the order of their numbers.
        threshold: How many of them are needed to decrypt.
        replacements: Who stand in for a trustee before the opening.
    """

    organisers: tuple[Party, ...] = ()
    organisers_needed: Annotated[int, msgspec.Meta(ge=1)] = 2
    registrars: tuple[Party, ...] = ()
    operator: Party | None = None
    trustees: tuple[Party, ...] = ()
    threshold: Annotated[int, msgspec.Meta(ge=1)] = 1
    replacements: tuple[Party, ...] = ()


class ObserverGroup(Wire, frozen=True):
    """A group of observers that is accredited.

    Attributes:
        name: As it calls itself in public.
        kind: What it is.
        side: For which side it watches, if for one.
    """

    name: Line
    kind: Literal["citizen", "international", "parliamentary", "academic", "expert", "side-agent"]
    side: Literal["", "yes", "no", "boycott"] = ""


class Witness(Wire, frozen=True):
    """A witness of the log.

    Attributes:
        name: Of its key.
        organisation: Who runs it.
        jurisdiction: Under whose law.
        key: Its verifier key.
    """

    name: Line
    organisation: str = ""
    jurisdiction: str = ""
    key: str = ""


class Observation(Wire, frozen=True):
    """Who may watch, and how one becomes an observer.

    Attributes:
        who_may_apply: In words.
        decided_by: Which body accredits.
        appeal_to: Where a refusal is contested.
        opens_at: From when one can apply.
        closes_at: Until when.
        groups: Those that are accredited.
        witnesses: Those who countersign the log.
        receipts: The policy (tlog-policy) whose quorum makes a receipt final.
        tally: The policy whose quorum has checked every entry, before trustees decrypt.
    """

    who_may_apply: str = ""
    decided_by: str = ""
    appeal_to: str = ""
    opens_at: Moment | None = None
    closes_at: Moment | None = None
    groups: tuple[ObserverGroup, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    receipts: str = ""
    tally: str = ""


class Exclusion(Wire, frozen=True):
    """A place where observers are not let in; what is not listed is open to them."""

    place: Line
    reason: str = ""


class Host(Wire, frozen=True):
    """A place where the record is published."""

    url: Line
    organisation: str = ""


class Contact(Wire, frozen=True):
    """Whom to write to, for what."""

    purpose: Line
    address: Line


class Justification(Wire, frozen=True):
    """Why a rule of good practice is not followed; part of the record."""

    rule: Line
    text: str = ""


class Review(Wire, frozen=True):
    """What a reviewer answered to a rule that only people can judge; reviewers are named by their role."""

    rule: Line
    reviewer: Line
    answer: str = ""
