"""Rules about observers, hosts of the record, and who holds the key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psephos.referendum.lint import Context, LintRule, Problem, Severity

FEWEST_TRUSTEES = 3
FEWEST_WITNESSES = 2
FEWEST_HOSTS = 2
SPARE_TRUSTEES = 2


def _ob01(context: Context) -> Iterator[Problem]:
    observation = context.definition.observation
    for name, what in (
        ("who_may_apply", "who may apply"),
        ("decided_by", "which body decides"),
        ("appeal_to", "where a refusal is contested"),
    ):
        if not getattr(observation, name).strip():
            yield Problem(f"/observation/{name}", f"{what} is not said")


def _ob03(context: Context) -> Iterator[Problem]:
    for place, exclusion in enumerate(context.definition.exclusions or ()):
        if not exclusion.reason.strip():
            yield Problem(f"/exclusions/{place}/reason", f"why observers are kept from “{exclusion.place}” is not said")


def _o01(context: Context) -> Iterator[Problem]:
    observation, operator = context.definition.observation, context.definition.parties.operator
    if not observation.groups:
        yield Problem("/observation/groups", "no group of observers is accredited")
    house = operator.house if operator else ""
    outside = [one for one in observation.witnesses if one.organisation.strip() not in {"", house}]
    if len({one.organisation for one in outside}) < FEWEST_WITNESSES:
        yield Problem("/observation/witnesses", f"fewer than {FEWEST_WITNESSES} witnesses that are not the operator's")
    elif len({one.jurisdiction for one in outside if one.jurisdiction.strip()}) < FEWEST_WITNESSES:
        yield Problem("/observation/witnesses", "all witnesses are under one law", Severity.WARNING)


def _o02(context: Context) -> Iterator[Problem]:
    if context.definition.exclusions is None:
        yield Problem(
            "/exclusions", "whether observers are kept out of anything is not said; an empty list says nowhere"
        )


def _o03(context: Context) -> Iterator[Problem]:
    hosts = context.definition.hosts
    names = {_host_name(host.url) for host in hosts}
    houses = {host.organisation for host in hosts if host.organisation.strip()}
    if min(len(names), len(houses)) < FEWEST_HOSTS:
        yield Problem("/hosts", f"the record is not published at {FEWEST_HOSTS} hosts of different organisations")


def _host_name(url: str) -> str:
    """What stands between scheme and path, without a port."""
    return url.rpartition("://")[2].partition("/")[0].partition(":")[0].casefold()


def _repeated(values: Iterable[str]) -> str:
    """A value that comes twice; empty if none does."""
    seen: set[str] = set()
    for value in values:
        if value and value in seen:
            return value
        seen.add(value)
    return ""


def _k01(context: Context) -> Iterator[Problem]:
    parties = context.definition.parties
    trustees, threshold = parties.trustees, parties.threshold
    if len(trustees) < FEWEST_TRUSTEES:
        yield Problem("/parties/trustees", f"{len(trustees)} trustees, and {FEWEST_TRUSTEES} are the fewest")
    elif not len(trustees) < 2 * threshold < 2 * len(trustees):
        yield Problem(
            "/parties/threshold",
            f"{threshold} of {len(trustees)}: more than half must be needed, and not all, so that one may be missing",
        )
    organisers = {party.name for party in parties.organisers} | {party.house for party in parties.organisers}
    for place, trustee in enumerate(trustees):
        if {trustee.name, trustee.house} & organisers:
            yield Problem(f"/parties/trustees/{place}", f"{trustee.name} belongs to an organiser")
    if shared := _repeated(trustee.house for trustee in trustees):
        yield Problem("/parties/trustees", f"two trustees belong to {shared}", Severity.WARNING)
    if shared := _repeated(trustee.country for trustee in trustees):
        yield Problem("/parties/trustees", f"two trustees are in {shared}", Severity.WARNING)
    if not all(trustee.country for trustee in trustees):
        yield Problem("/parties/trustees", "a trustee's country is not said", Severity.WARNING)


def _k02(context: Context) -> Iterator[Problem]:
    parties = context.definition.parties
    if parties.operator is None:
        yield Problem("/parties/operator", "who runs the server is not said")
        return
    if not parties.registrars:
        yield Problem("/parties/registrars", "there is no registrar")
    groups = (
        ("registrars", {name for party in parties.registrars for name in (party.name, party.house)}),
        ("operator", {parties.operator.name, parties.operator.house}),
        ("trustees", {name for party in parties.trustees for name in (party.name, party.house)}),
    )
    for place, (one, theirs) in enumerate(groups):
        for other, others in groups[place + 1 :]:
            if shared := sorted(theirs & others):
                yield Problem(f"/parties/{one}", f"{shared[0]} is also among /parties/{other}")


def _k03(context: Context) -> Iterator[Problem]:
    parties = context.definition.parties
    if not parties.replacements and len(parties.trustees) - parties.threshold < SPARE_TRUSTEES:
        yield Problem("/parties/replacements", "if two trustees are lost before the opening, nobody takes their place")


_E, _W = Severity.ERROR, Severity.WARNING

PEOPLE_RULES = (
    LintRule(
        "OB-01",
        _E,
        "who may observe, who decides, and where a refusal is contested",
        "VC-REF II.4.2; DoP 12a, g",
        "fill in [observation]",
        _ob01,
    ),
    LintRule(
        "OB-03",
        _E,
        "every exclusion of observers has a reason",
        "VC-REF II.4.2.c",
        "give the reason, or let them in",
        _ob03,
    ),
    LintRule(
        "O01",
        _E,
        f"a group of observers, and {FEWEST_WITNESSES} witnesses outside the operator, under different laws",
        "VC-REF II.4.2; REC5 34",
        "accredit observers; name witnesses of other organisations and countries",
        _o01,
        urgent=True,
    ),
    LintRule(
        "O02",
        _E,
        "a list of exclusions, even if it is empty",
        "VC-REF II.4.2.c",
        "list every place where observers are kept out; exclusions = [] says that there is none",
        _o02,
    ),
    LintRule(
        "O03",
        _W,
        f"the record at {FEWEST_HOSTS} independent hosts",
        "practice: PopVote 2014",
        "find a second host of another organisation",
        _o03,
    ),
    LintRule(
        "K01",
        _E,
        f"{FEWEST_TRUSTEES} trustees or more, more than half and not all of them needed, none an organiser",
        "REC5 41, 46",
        "choose other trustees, or another threshold",
        _k01,
        firm=True,
    ),
    LintRule(
        "K02",
        _E,
        "registrar, operator and trustees are different",
        "Belenios: separation of roles",
        "give the parts to different people of different organisations",
        _k02,
        firm=True,
    ),
    LintRule(
        "K03",
        _W,
        "a trustee can be replaced, or two may be missing",
        "practice: lost keys",
        "name a replacement, or lower the threshold",
        _k03,
    ),
)
