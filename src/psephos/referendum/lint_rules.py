"""Rules about the outcome rule, the regions, and which sums are decrypted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from psephos.errors import MalformedError
from psephos.record.regions import read_regions
from psephos.referendum.definition_conduct import Regions, Suppression
from psephos.referendum.definition_regions import region_terms
from psephos.referendum.handwritten import FRACTION, read_fraction
from psephos.referendum.lint import Context, LintRule, Problem, Severity
from psephos.referendum.moments import DAY, seconds
from psephos.referendum.quorums import find_paradox, quorums, ties
from psephos.referendum.rule import Total
from psephos.referendum.rule_file import Result

DAYS_UNCHANGED = 365
SMALLEST_SUM = 2
USUAL_SUM = 10
USUAL_REGION = 100
_NUMBER = re.compile(r"[0-9۰-۹٠-٩]")
_COMPARING = {"gt", "ge"}
_MISCOMPARING = {"gte", "geq", "lt", "le", "lte", "eq", "ne", ">", ">=", "<", "<=", "=", "==", "more", "least"}


def _r01(context: Context) -> Iterator[Problem]:
    error = context.rule_error
    if error is not None and not list(_inexact(context)) and not _names_valid_only(context):
        yield Problem(error.at or "/rule", error.message)


def _names_valid_only(context: Context) -> bool:
    """Whether all that is wrong with the rule is that it does not say what valid is: R02 says that."""
    return "does not say whose sum" in (context.rule_error.message if context.rule_error else "")


def _r02(context: Context) -> Iterator[Problem]:
    message = context.definition.rule
    if message is not None and not {"yes", "no"} <= set(message.valid):
        yield Problem("/rule/valid", "whether blank and invalid votes are valid is not said")


def _inexact(context: Context) -> Iterator[Problem]:
    """What is no exact fraction, or compares in no known way, wherever it stands in the rule."""
    message = context.definition.rule
    if message is None:
        return
    for name in ("ready", "binding", "passes", "fails"):
        raw = getattr(message, name)
        if raw is not None:
            yield from _inexact_in(raw, f"/rule/{name}")


def _inexact_in(raw: object, at: str) -> Iterator[Problem]:
    if isinstance(raw, dict):
        for name, inner in raw.items():
            if name in _MISCOMPARING:
                yield Problem(f"{at}/{name}", f"{name} does not say whether more than, or at least: gt or ge does")
            if name == "compare" and inner not in _COMPARING:
                yield Problem(f"{at}/{name}", f"{inner} does not say whether more than, or at least: gt or ge does")
            elif name not in {"class", "rule"}:
                yield from _inexact_in(inner, f"{at}/{name}")
    elif isinstance(raw, list):
        for place, inner in enumerate(raw):
            yield from _inexact_in(inner, f"{at}/{place}")
    elif isinstance(raw, int) and not isinstance(raw, bool):
        yield Problem(at, f"{raw} stands as a number; in a rule a fraction is a text")
    elif isinstance(raw, str) and _NUMBER.search(raw) and re.fullmatch(FRACTION, raw) is None:
        yield Problem(at, f"{raw} is no exact fraction")


def _people(context: Context) -> tuple[int, int]:
    """How many are registered, and how many may vote, as far as it is said."""
    electorate = context.definition.electorate
    registered = electorate.registered or 1000
    return registered, electorate.eligible.number if electorate.eligible else registered


def _r03(context: Context) -> Iterator[Problem]:
    if context.rule is None or not quorums(context.rule).turnout:
        return
    registered, eligible = _people(context)
    shown = find_paradox(context.rule, registered=registered, eligible=max(eligible, registered))
    message = "a turnout quorum makes staying at home the strongest No, and shows how people vote by whether they do"
    if shown is not None:
        message += (
            f"; with your {shown.registered} registered: {shown.yes} Yes and {shown.no} No, and it {shown.result}; "
            f"one No more, and it passes"
        )
    yield Problem("/rule", message)


def _r04(context: Context) -> Iterator[Problem]:
    if context.rule is not None and quorums(context.rule).approval:
        yield Problem(
            "/rule",
            "an approval quorum counts everybody who stays at home as a No; it is considerably preferable to a "
            "turnout quorum, and acceptable for matters of fundamental constitutional significance",
        )


def _r05(context: Context) -> Iterator[Problem]:
    message = context.definition.rule
    if message is None:
        return
    if message.tie is None:
        yield Problem("/rule/tie", "what follows from as many yes as no is not said")
        return
    if context.rule is None:
        return
    registered, eligible = _people(context)
    found = ties(context.rule, registered=registered, eligible=max(eligible, registered))
    if other := found.contradict(Result(message.tie)):
        yield Problem(
            "/rule/tie", f"the tie is said to be: {message.tie}; under the rule it is: {', '.join(sorted(other))}"
        )


def _r07(context: Context) -> Iterator[Problem]:
    known, registered = context.definition.electorate.eligible, context.definition.electorate.registered
    if known is not None and known.number < registered:
        yield Problem(
            "/electorate/eligible/number",
            f"{known.number} may vote, and {registered} are registered: if more vote than may, nothing can be decided",
        )
    if context.rule is None or Total.ELIGIBLE not in context.rule.totals:
        return
    if known is None or not known.number or not known.source.strip() or known.date is None:
        yield Problem(
            "/electorate/eligible", "the rule counts on how many may vote, and number, source or date are not given"
        )
    elif not registered:
        yield Problem(
            "/electorate/registered",
            "the rule counts on how many may vote, and how many are registered, with whom to compare, is not said",
        )


def _r08(context: Context) -> Iterator[Problem]:
    regions, electorate = context.definition.regions, context.definition.electorate
    if regions is None:
        return
    try:
        weights = [
            read_fraction(leaf.weight, at=f"/regions/leaves/{place}/weight")
            for place, leaf in enumerate(regions.leaves)
        ]
        declared = read_fraction(regions.weights_add_up_to, at="/regions/weights_add_up_to")
    except MalformedError as error:
        yield Problem(error.at, error.message)
        return
    if sum(weights, Fraction(0)) != declared:
        yield Problem(
            "/regions/weights_add_up_to", f"the weights add up to {sum(weights, Fraction(0))}, not to {declared}"
        )
    voters = sum(leaf.registered for leaf in regions.leaves) + regions.rest
    if voters != electorate.registered:
        yield Problem(
            "/regions",
            f"regions and rest have {voters} voters, and {electorate.registered} are registered: "
            "each voter is in exactly one of them",
        )


def _r09(context: Context) -> Iterator[Problem]:
    legal, published = context.definition.legal, context.definition.calendar.published_at
    if legal.reason_for_change.strip():
        return
    if legal.in_force_since is None:
        yield Problem("/legal/in_force_since", "since when the rule has been in force is not said")
    elif published and seconds(published, at="") - seconds(legal.in_force_since, at="") < DAYS_UNCHANGED * DAY:
        yield Problem("/legal/in_force_since", "the rule was changed less than a year before publication")


def _r10(context: Context) -> Iterator[Problem]:
    for place, question in enumerate(context.definition.questions):
        if question.form == "options" and not (question.winner.strip() and question.no_winner.strip()):
            yield Problem(
                f"/questions/{place}/winner", "how an option wins, and what follows if none does, is not said"
            )


def _s01(context: Context) -> Iterator[Problem]:
    suppression, calendar = context.definition.suppression, context.definition.calendar
    if suppression is None or suppression.minimum_counted < SMALLEST_SUM:
        yield Problem("/suppression/minimum_counted", "the fewest ballots whose sum is decrypted are not said")
        return
    if suppression.minimum_counted < USUAL_SUM:
        yield Problem(
            "/suppression/minimum_counted",
            f"a sum of {suppression.minimum_counted} ballots is decrypted: whoever knows how most of so few voted "
            f"reads the others from it; {USUAL_SUM} is usual",
            Severity.WARNING,
        )
    if context.definition.regions is None:
        return
    if not suppression.merging:
        yield Problem("/suppression/merging", "how small regions are merged is not said")
    if suppression.decided_at is None:
        yield Problem("/suppression/decided_at", "when that was fixed is not said")
    elif calendar.opens_at and seconds(suppression.decided_at, at="") >= seconds(calendar.opens_at, at=""):
        yield Problem("/suppression/decided_at", "it was fixed after the opening, when turnout could be seen")


def _s02(context: Context) -> Iterator[Problem]:
    if context.definition.regions is None or context.definition.suppression is None:
        return
    found = list(_too_small(context.definition.regions, context.definition.suppression))
    yield from found
    if any(problem.severity is not Severity.WARNING for problem in found):
        return
    try:
        terms = region_terms(context.definition)
        if terms is not None:
            read_regions(terms)
    except MalformedError as error:
        yield Problem("/regions", error.message.removeprefix("charter: "))


def _too_small(regions: Regions, suppression: Suppression) -> Iterator[Problem]:
    smallest = suppression.minimum_registered
    if smallest < suppression.minimum_counted:
        yield Problem(
            "/suppression/minimum_registered",
            f"a region of {smallest} voters can never have the {suppression.minimum_counted} ballots that a sum needs",
        )
    elif smallest < USUAL_REGION:
        yield Problem(
            "/suppression/minimum_registered",
            f"a region may have {smallest} voters, and the board shows how many of them voted; {USUAL_REGION} is usual",
            Severity.WARNING,
        )
    for place, leaf in enumerate(regions.leaves):
        if leaf.registered < smallest:
            yield Problem(f"/regions/leaves/{place}", f"{leaf.registered} voters, and {smallest} are the fewest")
    if regions.rest and regions.rest < smallest:
        yield Problem(
            "/regions/rest", f"{regions.rest} voters in no region: the national sum less the regions' would be theirs"
        )


_E, _W = Severity.ERROR, Severity.WARNING

OUTCOME_RULES = (
    LintRule(
        "R01",
        _E,
        "an outcome rule of the closed grammar, whose denominators are named",
        "VC-REF II.3",
        "see docs/reference/rules.md",
        _r01,
        firm=True,
    ),
    LintRule(
        "R02",
        _E,
        "how blank and invalid votes count is said",
        "practice: Uruguay 2022",
        'say valid = ["yes", "no"], and "blank" or "invalid" if the law counts them',
        _r02,
        firm=True,
    ),
    LintRule(
        "R03",
        _W,
        "no turnout quorum",
        "VC-REF III.7; CDL-AD(2005)034 ¶111",
        "leave it out; or take an approval quorum, which harms less",
        _r03,
    ),
    LintRule(
        "R04",
        _W,
        "no approval quorum, except for fundamental constitutional matters",
        "VC-REF III.7; CDL-AD(2005)034 ¶111",
        "leave it out; or justify it by the matter",
        _r04,
    ),
    LintRule(
        "R05",
        _E,
        "what follows from a tie is said, and is what the rule says",
        "practice: completeness",
        'say tie = "fails", "passes" or "inconclusive", as the rule does',
        _r05,
        firm=True,
    ),
    LintRule(
        "R06",
        _E,
        "more than, or at least, is explicit, and every fraction is exact",
        "practice: completeness",
        'use gt or ge, and fractions as text such as "55/100"',
        _inexact,
        firm=True,
    ),
    LintRule(
        "R07",
        _E,
        "a rule on those entitled to vote cites how many they are",
        "practice: completeness",
        "fill in eligible in [electorate], with source and date; or take those registered as the denominator",
        _r07,
    ),
    LintRule(
        "R08",
        _E,
        "weights add up, and each voter is in exactly one region",
        "practice: Switzerland",
        "correct weights, registered numbers, or rest",
        _r08,
    ),
    LintRule(
        "R09",
        _W,
        "the rule has not changed for a year",
        "VC-REF II.3",
        "say since when it is in force; or fill in reason_for_change",
        _r09,
        urgent=True,
    ),
    LintRule(
        "R10",
        _E,
        "of several options, how one wins and what if none does",
        "VC-REF III.5.b",
        "fill in winner and no_winner",
        _r10,
    ),
    LintRule(
        "S01",
        _E,
        f"the smallest sum that is decrypted, of {USUAL_SUM} ballots or more, and how small regions are merged, are "
        "fixed before the opening",
        "REC5 19, 26",
        "fill in [suppression]; a smaller sum needs a reason",
        _s01,
        firm=True,
        house=True,
    ),
    LintRule(
        "S02",
        _E,
        f"no region, and no difference of published sums, is smaller than that; a region has {USUAL_REGION} voters or "
        "more",
        "REC5 19, 26",
        "merge small regions in the definition; leave nobody, or enough people, in no region",
        _s02,
        firm=True,
        house=True,
    ),
)
