"""Rules about the calendar, the electorate, the channels, appeals and retention."""

from __future__ import annotations

import re
from collections.abc import Iterator

from psephos.referendum.lint import Context, LintRule, Problem, Severity
from psephos.referendum.moments import DAY, seconds

DAYS_OF_VOTING = 3
DAYS_OF_CONTEST = 7
DAYS_OF_APPEAL = 3
DAYS_OF_RETENTION = 365
_ZONE = re.compile(r"UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_+-]+){1,2}")


def _t01(context: Context) -> Iterator[Problem]:
    calendar, observation = context.definition.calendar, context.definition.observation
    steps = (
        ("/calendar/published_at", calendar.published_at),
        ("/calendar/contest_closes_at", calendar.contest_closes_at),
        ("/observation/closes_at", observation.closes_at),
        ("/calendar/credentials_at", calendar.credentials_at),
        ("/calendar/opens_at", calendar.opens_at),
        ("/calendar/closes_at", calendar.closes_at),
        ("/calendar/tally_at", calendar.tally_at),
        ("/calendar/appeals_close_at", calendar.appeals_close_at),
    )
    before = ("", 0)
    for at, moment in steps:
        if moment is None:
            yield Problem(at, "this date is not given")
            continue
        now = seconds(moment, at=at)
        if before[0] and now <= before[1]:
            yield Problem(at, f"it is not after {before[0]}")
        before = (at, now)


def _t02(context: Context) -> Iterator[Problem]:
    calendar = context.definition.calendar
    if _ZONE.fullmatch(calendar.time_zone) is None:
        yield Problem("/calendar/time_zone", f"{calendar.time_zone!r} names no time zone, such as Asia/Tehran")
    listed = {local.country for local in calendar.local}
    for country in context.definition.electorate.countries:
        if country not in listed:
            yield Problem("/calendar/local", f"people vote in {country}, and its local times are not given")
    for place, local in enumerate(calendar.local):
        for name in ("opens_at", "closes_at"):
            ours, theirs = getattr(calendar, name), getattr(local, name)
            if ours and seconds(ours, at="") != seconds(theirs, at=""):
                yield Problem(f"/calendar/local/{place}/{name}", f"not the same moment as /calendar/{name}")


def _t03(context: Context) -> Iterator[Problem]:
    calendar = context.definition.calendar
    if calendar.opens_at and calendar.closes_at:
        long = seconds(calendar.closes_at, at="") - seconds(calendar.opens_at, at="")
        if 0 < long < DAYS_OF_VOTING * DAY:
            yield Problem("/calendar/closes_at", f"less than {DAYS_OF_VOTING} days of voting")
    extension = calendar.extension
    if extension is None or not extension.decided_by.strip() or not extension.grounds.strip():
        yield Problem("/calendar/extension", "whether, by whom and on what grounds closing can be moved is not said")
    elif calendar.closes_at and seconds(extension.latest_close, at="") <= seconds(calendar.closes_at, at=""):
        yield Problem("/calendar/extension/latest_close", "it is not after the closing time")


def _t04(context: Context) -> Iterator[Problem]:
    calendar, appeals = context.definition.calendar, context.definition.appeals
    opens, closes = calendar.contest_opens_at, calendar.contest_closes_at
    if opens is None:
        yield Problem("/calendar/contest_opens_at", "from when the roll can be contested is not given")
    elif closes and seconds(closes, at="") - seconds(opens, at="") < DAYS_OF_CONTEST * DAY:
        yield Problem("/calendar/contest_closes_at", f"less than {DAYS_OF_CONTEST} days to contest the roll")
    for name, what, start, end in (
        ("days_to_file", "to appeal", calendar.tally_at, calendar.appeals_close_at),
        ("days_to_decide", "to decide appeals", calendar.appeals_close_at, calendar.appeals_decided_at),
    ):
        days = getattr(appeals, name)
        if days < DAYS_OF_APPEAL:
            yield Problem(f"/appeals/{name}", f"less than {DAYS_OF_APPEAL} days {what}")
        elif start and end and 0 < seconds(end, at="") - seconds(start, at="") < days * DAY:
            yield Problem(
                f"/appeals/{name}", f"the calendar leaves fewer days {what} than the {days} that are promised"
            )


def _t05(context: Context) -> Iterator[Problem]:
    calendar = context.definition.calendar
    if calendar.rehearsal_at is None:
        yield Problem("/calendar/rehearsal_at", "there is no rehearsal")
    elif calendar.credentials_at and seconds(calendar.rehearsal_at, at="") >= seconds(calendar.credentials_at, at=""):
        yield Problem("/calendar/rehearsal_at", "the rehearsal comes after credentials are made")


def _t06(context: Context) -> Iterator[Problem]:
    published, opens = context.definition.calendar.published_at, context.definition.observation.opens_at
    if opens is None:
        yield Problem("/observation/opens_at", "from when observers can apply is not given")
    elif published and seconds(opens, at="") > seconds(published, at=""):
        yield Problem("/observation/opens_at", "observers can apply only after publication")


def _v01(context: Context) -> Iterator[Problem]:
    electorate = context.definition.electorate
    for language in context.definition.languages:
        if language not in electorate.criteria:
            yield Problem("/electorate/criteria", f"who may vote is not said in {language}")
    if not electorate.evidence:
        yield Problem("/electorate/evidence", "which evidence is accepted is not said")
    if not electorate.refusal_appeal.strip():
        yield Problem("/electorate/refusal_appeal", "where a refusal can be contested is not said")


def _v02(context: Context) -> Iterator[Problem]:
    duplicates = context.definition.electorate.duplicates
    parts = () if duplicates is None else (duplicates.method, duplicates.missed, duplicates.false_alarms)
    if not parts or not all(part.strip() for part in parts):
        yield Problem("/electorate/duplicates", "how duplicates are found, and how often that errs, is not said")


def _v03(context: Context) -> Iterator[Problem]:
    data = context.definition.electorate.data
    if data is None:
        yield Problem("/electorate/data", "what is kept about each voter is not said; an empty list says nothing is")
        return
    for place, one in enumerate(data):
        if not one.purpose.strip() or one.destroyed_at is None:
            yield Problem(f"/electorate/data/{place}", "for what, or until when, it is kept is not said")


def _v04(context: Context) -> Iterator[Problem]:
    if context.definition.electorate.weighted:
        yield Problem("/electorate/weighted", "some votes count more than others")


def _p01(context: Context) -> Iterator[Problem]:
    kinds = context.definition.channels.kinds
    if not {"kiosk", "polling-point", "paper"} & set(kinds):
        yield Problem("/channels/kinds", "one can vote only from a device of one's own")


def _p02(context: Context) -> Iterator[Problem]:
    channels = context.definition.channels
    if len(set(channels.kinds)) > 1 and not channels.precedence.strip():
        yield Problem("/channels/precedence", "which ballot counts, of somebody who votes in several ways, is not said")


def _d01(context: Context) -> Iterator[Problem]:
    retention, calendar = context.definition.retention, context.definition.calendar
    end = calendar.appeals_decided_at or calendar.appeals_close_at
    if retention is None or end is None:
        yield Problem("/retention", "how long the public record is kept, or when appeals end, is not said")
    elif seconds(retention.public_record_until, at="") - seconds(end, at="") < DAYS_OF_RETENTION * DAY:
        yield Problem("/retention/public_record_until", "less than a year after the end of appeals")


_E, _W = Severity.ERROR, Severity.WARNING

CONDUCT_RULES = (
    LintRule(
        "T01",
        _E,
        "publication, roll contest, accreditation, credentials, opening, closing, tally, appeals: in this order",
        "VC-REF II.4.2; II.3",
        "correct the date that is named",
        _t01,
    ),
    LintRule(
        "T02",
        _E,
        "the time zone is named, and local times are given for each country in which people vote",
        "REC5 1",
        "fill in time_zone and local in [calendar]; each with its own offset",
        _t02,
    ),
    LintRule(
        "T03",
        _W,
        f"{DAYS_OF_VOTING} days of voting, and an extension clause with limits",
        "practice: PopVote 2014",
        "vote longer; say how far closing may be moved, by whom, on what grounds",
        _t03,
        urgent=True,
        house=True,
    ),
    LintRule(
        "T04",
        _W,
        f"{DAYS_OF_CONTEST} days to contest the roll, {DAYS_OF_APPEAL} to appeal and to decide",
        "VC-REF II.3",
        "give people time",
        _t04,
        urgent=True,
        house=True,
    ),
    LintRule("T05", _E, "a rehearsal before credentials are made", "REC5 42", "set rehearsal_at", _t05, urgent=True),
    LintRule(
        "T06",
        _E,
        "observers can apply from publication on",
        "VC-REF II.4.2.b",
        "set opens_at in [observation] to publication, or before",
        _t06,
        urgent=True,
    ),
    LintRule(
        "V01",
        _E,
        "who may vote, by which evidence, and where a refusal is contested",
        "VC-REF I.1",
        "fill in criteria, evidence and refusal_appeal in [electorate]",
        _v01,
    ),
    LintRule(
        "V02",
        _W,
        "how duplicates on the roll are found, and how often that errs",
        "REC5 7–9",
        "fill in duplicates in [electorate]",
        _v02,
    ),
    LintRule(
        "V03",
        _E,
        "what is kept about each voter, for what, until when",
        "REC5 20",
        "fill in data in [electorate]",
        _v03,
    ),
    LintRule("V04", _E, "every vote counts the same", "VC-REF I.2", "say weighted = false", _v04, firm=True),
    LintRule(
        "P01",
        _W,
        "there is a supervised way to vote, or it is justified that there is none",
        "VC-REF I.3.2.a.ii, iv",
        "add a kiosk, a polling point or paper; or justify",
        _p01,
    ),
    LintRule(
        "P02",
        _E,
        "with several ways to vote, which ballot counts",
        "REC5 6, 9",
        "fill in precedence in [channels]",
        _p02,
    ),
    LintRule(
        "D01",
        _E,
        "the public record is kept for a year after the end of appeals, at least",
        "practice: Venezuela 2017; REC5 39",
        "set public_record_until later; the public record is never destroyed early",
        _d01,
    ),
)
