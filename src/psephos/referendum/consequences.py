"""What addenda mean for the outcome: figures without annulled regions, void votes, votes that cannot be counted."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from psephos.errors import UnavailableError
from psephos.referendum.addenda import InForce
from psephos.referendum.figures import Annulment, Counted, Figures, Known
from psephos.referendum.rule import Total

_CAST = (Total.YES, Total.NO, Total.BLANK, Total.INVALID, Total.VALID, Total.BALLOTS, Total.VOTERS)


def figures_after(figures: Figures, now: InForce) -> Figures:
    """Figures as they count after the addenda.

    The votes of an annulled region are taken out of the country's; who is registered or may vote there stays in the
    country's electorate. The region itself has no result: what hangs on it is unknown.

    Raises:
        UnavailableError: An annulled region's counts are not known, so that they cannot be taken out.
    """
    for region in now.annulled_regions:
        figures = _without(figures, region)
    annulled = figures.annulled
    if now.annulled is not None:
        annulled = Annulment(now.annulled.body, now.annulled.reasons)
    return replace(figures, annulled=annulled, undecryptable=now.undecryptable or figures.undecryptable)


def _without(figures: Figures, region: str) -> Figures:
    counted = figures.regions.get(region)
    totals = dict(figures.nation.totals)
    needed = [total for total in _CAST if total in totals]
    if counted is None or counted.known is not Known.COUNTS or not set(needed) <= set(counted.totals):
        missing = [total.value for total in needed if counted is None or total not in counted.totals]
        raise UnavailableError(
            f"the vote in {region} is void, and its {', '.join(missing) or 'counts'} are not known",
            at=f"/regions/{region}",
            hint="they have to be taken out of the country's",
        )
    for total in needed:
        totals[total] -= counted.totals.get(total, Fraction(0))
    regions = {**figures.regions, region: Counted({}, Known.NOTHING)}
    return replace(figures, nation=Counted(totals), regions=regions)
