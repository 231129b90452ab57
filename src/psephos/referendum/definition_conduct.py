"""When and how the vote is held: calendar, electorate, regions, channels, appeals, retention."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from psephos.protocol.encoding import Count, Wire
from psephos.referendum.definition_texts import Line, Texts
from psephos.referendum.moments import Day, Moment

MOST_LEAVES = 500


class LocalTimes(Wire, frozen=True):
    """Opening and closing as a country's clocks show them."""

    country: Line
    opens_at: Moment
    closes_at: Moment


class Extension(Wire, frozen=True):
    """How far the closing time may be moved.

    Attributes:
        latest_close: Never beyond this.
        decided_by: Who decides.
        grounds: On what grounds.
    """

    latest_close: Moment
    decided_by: str = ""
    grounds: str = ""


class Calendar(Wire, frozen=True):
    """Every date, in the order in which they come.

    Attributes:
        time_zone: Name of the zone in which dates are announced, such as Asia/Tehran.
        published_at: This definition.
        contest_opens_at, contest_closes_at: When voters can contest the roll.
        rehearsal_at: The rehearsal that everybody may watch.
        credentials_at: When credentials are made.
        opens_at, closes_at: The ballot box.
        tally_at: The count.
        appeals_close_at: Until when the result can be contested.
        appeals_decided_at: When every appeal is decided.
        extension: How far closing may be moved; None if not at all.
        local: For each country in which people vote.
    """

    time_zone: str = ""
    published_at: Moment | None = None
    contest_opens_at: Moment | None = None
    contest_closes_at: Moment | None = None
    rehearsal_at: Moment | None = None
    credentials_at: Moment | None = None
    opens_at: Moment | None = None
    closes_at: Moment | None = None
    tally_at: Moment | None = None
    appeals_close_at: Moment | None = None
    appeals_decided_at: Moment | None = None
    extension: Extension | None = None
    local: tuple[LocalTimes, ...] = ()


class KnownNumber(Wire, frozen=True):
    """A number of people, and how it is known."""

    number: Count
    source: str = ""
    date: Day | None = None


class VoterData(Wire, frozen=True):
    """What is kept about each voter."""

    what: Line
    purpose: str = ""
    destroyed_at: Day | None = None


class Duplicates(Wire, frozen=True):
    """How one finds people who are on the roll twice, and how often that goes wrong."""

    method: str = ""
    missed: str = ""
    false_alarms: str = ""


class Electorate(Wire, frozen=True):
    """Who may vote.

    Attributes:
        criteria: In words.
        evidence: What is accepted as evidence.
        refusal_appeal: Where a refusal is contested.
        countries: In which people vote.
        registered: How many are on the roll.
        eligible: How many may vote.
        weighted: Whether some votes count more than others.
        duplicates: See `Duplicates`.
        data: See `VoterData`; None if it is not said.
    """

    criteria: Texts = msgspec.field(default_factory=dict)
    evidence: tuple[Line, ...] = ()
    refusal_appeal: str = ""
    countries: tuple[Line, ...] = ()
    registered: Count = 0
    eligible: KnownNumber | None = None
    weighted: bool = False
    duplicates: Duplicates | None = None
    data: tuple[VoterData, ...] | None = None


class Leaf(Wire, frozen=True):
    """A region.

    Attributes:
        id: Its name.
        registered: How many voters it has.
        weight: What it counts in the rule.
        kind: Its class in the rule.
        group: With which regions it is merged first, where cells are too small: one level of groups; a deeper tree
            stands in a charter without a definition only.
    """

    id: Line
    registered: Count
    weight: str = "1"
    kind: Annotated[str, msgspec.Meta(max_length=200)] = msgspec.field(name="class", default="")
    group: str = ""


class Regions(Wire, frozen=True):
    """The regions; every voter is in one of them, or in the rest.

    Attributes:
        leaves: In the rule's order.
        rest: How many voters are in none.
        weights_add_up_to: What the weights must add up to.
    """

    leaves: Annotated[tuple[Leaf, ...], msgspec.Meta(max_length=MOST_LEAVES)] = ()
    rest: Count = 0
    weights_add_up_to: str = "0"


class Suppression(Wire, frozen=True):
    """Which sums are decrypted.

    Attributes:
        minimum_counted: No sum of fewer ballots is decrypted.
        minimum_registered: No region has fewer voters.
        merging: How small cells are merged.
        decided_at: When that was fixed, from registered numbers alone.
        merge_unanimous: Whether published figures show a cell whose ballots all say the same with another one only.
    """

    minimum_counted: Count
    minimum_registered: Count = 0
    merging: Literal["", "smallest-first"] = ""
    decided_at: Moment | None = None
    merge_unanimous: bool = False


class Channels(Wire, frozen=True):
    """How one can vote.

    Attributes:
        kinds: Every way.
        precedence: Which ballot counts, if somebody votes in several ways.
    """

    kinds: tuple[Literal["remote", "kiosk", "polling-point", "paper"], ...] = ()
    precedence: str = ""


class Appeals(Wire, frozen=True):
    """How the result is contested.

    Attributes:
        body: Who decides.
        who: Who may appeal.
        days_to_file, days_to_decide: How long each takes.
    """

    body: str = ""
    who: str = ""
    days_to_file: Count = 0
    days_to_decide: Count = 0


class Retention(Wire, frozen=True):
    """How long the public record is kept, and when secrets are destroyed."""

    public_record_until: Day
    secrets_destroyed_at: Day | None = None
