"""A referendum with a definition and twelve regions, counted and countersigned, from which pages are made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unicodedata import digit

from psephos.errors import UnavailableError
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import EntryKind, make_board_entry
from psephos.record.board_terms import show_time
from psephos.record.charter import Charter, read_charter
from psephos.record.definition_entry import definition_text
from psephos.record.phases import Phase
from psephos.record.regions import Cell, Shown, read_regions
from psephos.record.terms import read_terms
from psephos.referendum.counted import defined_answers, figures_of, with_eligible
from psephos.referendum.definition import (
    Definition,
    in_every_language,
    rule_of,
    write_definition,
)
from psephos.referendum.definition_regions import region_terms
from psephos.referendum.outcome import Outcome, decide
from psephos.referendum.regional import figures_of_regions
from psephos.result.facts import Verified
from psephos.verify.report import Report
from tests.support.boards import StaticBoard
from tests.support.defined import charter_of
from tests.support.definitions import draft
from tests.support.logged import CLOSES, LATEST, ORGANISERS, MemoryLog, board_terms, organisers_note
from tests.support.referendum import NOW, make_charter
from tests.support.regional import RegionalVote, prepare

REGIONS = (
    ("North", 30), ("Harbour", 30), ("Old town", 24), ("Hills", 24), ("River bank", 24), ("South", 36),
    ("Islands", 20), ("Plain", 24), ("Forest", 20), ("Lakes", 20), ("East", 24), ("کوهستان", 24),
)  # fmt: skip
"""Their names and how many voters each has; more are in none."""

REST = 20
TRUSTEES = ((1, "Germany"), (2, "Canada"), (3, "France"))
SHARES = (78, 66, 61, 55, 52, 51, 49, 47, 40, 31, 22, 58, 50)
"""Of 100 who vote in each, the last in none: how many say yes."""

DECIDED = CLOSES + 30 * 24 * 3600
"""When every appeal is decided."""

RULE: dict[str, Any] = {
    "format": "psephos/rule/1",
    "name": "Double majority",
    "statute": "Referendum Act, article 9: more than half of the valid votes, and six regions.",
    "valid": ["yes", "no"],
    "tie": "fails",
    "passes": {
        "all": [
            {"gt": ["yes", {"mul": ["1/2", "valid"]}]},
            {"ge": [{"regions": {"where": {"gt": ["yes", {"mul": ["1/2", "valid"]}]}}}, "6"]},
        ]
    },
}


def definition(changes: dict[str, Any] | None = None) -> Definition:
    """The definition of this vote, with some places changed."""
    leaves = [{"id": name, "registered": voters} for name, voters in REGIONS]
    leaves[6]["group"] = leaves[8]["group"] = leaves[9]["group"] = "Countryside"
    return draft(
        {
            "rule": RULE,
            "regions": {"rest": REST, "weights_add_up_to": "12", "leaves": leaves},
            "suppression.minimum_counted": 10,
            "suppression.minimum_registered": 20,
            "electorate.registered": sum(voters for _, voters in REGIONS) + REST,
            "electorate.eligible": {"number": 420, "source": "census", "date": "2026-06-01"},
            "parties.trustees": [{"name": f"Trustee {number}", "country": country} for number, country in TRUSTEES],
            "parties.threshold": 2,
            "parties.registrars": [{"name": "Registrar 1", "organisation": "Roll office"}],
            "parties.organisers_needed": 2,
            "parties.organisers": [
                {"name": f"Organiser {number}", "key": str(one.key)} for number, one in enumerate(ORGANISERS, start=1)
            ],
            "calendar.opens_at": show_time(NOW),
            "calendar.closes_at": show_time(CLOSES),
            "calendar.extension.latest_close": show_time(LATEST),
            "calendar.tally_at": show_time(CLOSES + 3600),
            "calendar.local": [
                {"country": country, "opens_at": show_time(NOW), "closes_at": show_time(CLOSES)}
                for country in ("Iran", "Germany")
            ],
            "justifications": [
                {"rule": "T03", "text": "A vote for tests is short."},
                {"rule": "S02", "text": "A vote for tests is small."},
            ],
            "calendar.appeals_close_at": "2027-01-30T20:00:00+03:30",
            "calendar.appeals_decided_at": "2027-02-14T14:16:40+03:30",
            "observation.witnesses": [
                {"name": f"observer{n}.example/w", "organisation": house, "jurisdiction": country}
                for n, (house, country) in enumerate(
                    [("University", "Germany"), ("Foundation", "Canada"), ("Institute", "Ghana"), ("Academy", "Japan")]
                )
            ],
            **(changes or {}),
        }
    )


def votes(turnout: Sequence[int] = (70,) * 6 + (35, 70, 40, 60, 70, 70, 60)) -> list[tuple[int, int]]:
    """Who votes and how: of each region so many of 100; one in eleven blank; every fifth votes twice."""
    cast, first = [], 0
    sizes = [voters for _, voters in REGIONS] + [REST]
    for size, coming, share in zip(sizes, turnout, SHARES, strict=True):
        for place in range(size * coming // 100):
            if place % 5 == 4:
                cast.append((first + place, 1))
            answer = 2 if place % 11 == 10 else 0 if (place * 37 + 11) % 100 < share else 1
            cast.append((first + place, answer))
        first += size
    return cast


def homes() -> tuple[int, ...]:
    """The region of each voter."""
    sizes = [voters for _, voters in REGIONS] + [REST]
    return tuple(place for place, size in enumerate(sizes) for _ in range(size))


@cache
def hold(kind: str = "statutory") -> tuple[bytes, RegionalVote]:
    """The definition as it is published, and the vote."""
    defined = definition({"kind": kind})
    received = write_definition(defined)
    return received, prepare(charter_of(received), homes(), tuple(votes()))


@cache
def counted(kind: str = "statutory") -> MemoryLog:
    """The log with the whole vote; not to be changed."""
    received, vote = hold(kind)
    terms = read_charter(vote.charter).board
    assert terms is not None
    note = organisers_note(definition_text(sha256_hex(received)), read_terms(terms))
    return vote.done(definition=make_board_entry(EntryKind.DEFINITION, [received, note])[0])


def board_at(folder: Path, log: MemoryLog, *, at: int = CLOSES, **cosigners: int) -> StaticBoard:
    """A board in a folder, countersigned at a time."""
    made = StaticBoard(folder, log, at=at)
    made.publish(**cosigners)
    return made


def verified(cells: Sequence[tuple[tuple[int, ...], tuple[int, int, int]]], defined: Definition) -> Verified:
    """What a verifier would have found, without a record: these cells, and the nation that they add up to.

    Args:
        cells: The leaves of each, and how many said yes, no and blank there.
        defined: The definition.
    """
    regions = region_terms(defined)
    assert regions is not None
    charter = make_charter(board=board_terms(), regions=regions, minimum_counted=10)
    leaves = read_regions(regions).leaves
    asked = defined.questions[0]
    report = Report(
        election={"name": "The vote", "uuid": "Psephos1Psephos1", "group": "Ed25519", "fingerprint": "f" * 43},
        questions=[
            {
                "question": in_every_language(asked.text, defined),
                "answers": [in_every_language(answer.text, defined) for answer in asked.answers],
            }
        ],
        phase=Phase.DONE,
        head="e" * 64,
        voters=sum(leaf.registered for leaf in leaves),
        ballots=sum(sum(votes) for _, votes in cells),
        counted=sum(sum(votes) for _, votes in cells),
        result=(tuple(map(sum, zip(*(votes for _, votes in cells), strict=True))) or (0, 0, 0),),
        regional=[
            {
                "regions": [leaves[place].id for place in its],
                "counted": sum(votes),
                "counts": [list(votes)],
                "unanimous": max(votes) == sum(votes),
                "merged_on": False,
            }
            for its, votes in cells
        ],
    )
    read = read_charter(charter)
    return Verified(
        report=report,
        data=report.as_dict(),
        charter=charter,
        read=read,
        board=None,
        received=write_definition(defined),
        definition=defined,
        outcomes=_outcomes(report, defined, read),
        ballots=[],
        record="d" * 64,
    )


def _outcomes(report: Report, defined: Definition, charter: Charter) -> dict[int, Outcome]:
    """What follows, from the cells as well."""
    assert charter.regions is not None
    regions = read_regions(charter.regions)
    places = {leaf.id: place for place, leaf in enumerate(regions.leaves)}
    shown = tuple(
        Shown(
            Cell(tuple(places[name] for name in cell["regions"]), cell["counted"]),
            tuple(tuple(question) for question in cell["counts"]),
            cell["unanimous"],
            cell["merged_on"],
        )
        for cell in report.regional
    )
    answers = defined_answers(defined, 1)
    found = figures_of_regions(regions, shown, questions=report.questions, answers=answers)
    figures = figures_of(report, answers, replace(with_eligible(None, defined), regions=found))
    with suppress(UnavailableError):  # of figures that the rule needs
        return {1: decide(rule_of(defined), figures)}
    return {}


class Page(HTMLParser):
    """What a page says.

    Attributes:
        tables: Rows of cells, as they read; digits are those of English.
        said: The text of elements, by class.
        loads: Addresses of whatever the page would load.
        links: Addresses of whatever it leads to.
    """

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.said: dict[str, list[str]] = {}
        self.loads: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, list[str], list[str]]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.loads += [value for name, value in given.items() if name in {"src", "srcset", "data", "poster"}]
        self.links += [given["href"]] if tag == "a" else []
        self.loads += [given["href"]] if tag == "link" else []
        if tag == "table":
            self.tables.append([])
        if tag == "tr" and self.tables:
            self.tables[-1].append([])
        if tag not in {"meta", "link", "br", "input", "rect", "line", "circle", "ellipse"}:
            self._open.append((tag, given.get("class", "").split(), []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs

    def handle_data(self, data: str) -> None:
        for _, _, texts in self._open:
            texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        opened, classes, texts = self._open.pop()
        assert opened == tag, (opened, tag)
        text = ascii_digits(" ".join("".join(texts).split()))
        if tag in {"td", "th"} and self.tables:
            self.tables[-1][-1].append(text)
        for name in (*classes, tag):
            self.said.setdefault(name, []).append(text)


def ascii_digits(text: str) -> str:
    """A text with the digits of English, without separators between thousands, with a point for decimals."""
    bare = re.sub("[,\u066c\u202f](?=\\d{3})", "", text).replace("\u066b", ".")
    return "".join(str(digit(one)) if one.isdigit() else one for one in bare)
