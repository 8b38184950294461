"""The value in percent of that of the cycle before."""

from __future__ import annotations

from metrics.core import Undefined
from metrics.figures import statistic
from metrics.spots import Spot, percent


@statistic("pct_previous", "% of the cycle before", says="{} % of the cycle before", least=0.0)
def pct_previous(spot: Spot) -> float:
    """The value in percent of that of the cycle before: sudden steps show, slow drift does not.

    Where the two were not measured alike, such as at different sizes, each is first taken in percent of the
    baseline that was measured as it was.
    """
    if not spot.own_past:
        raise Undefined("There is no cycle before it to compare with.")
    before = spot.own_past[-1]
    now, then = spot.standings[spot.position], spot.standings[before]
    if now.comparison == then.comparison:
        return percent(spot.value(), spot.value(before), "The cycle before")
    return percent(spot.of_baseline(), spot.of_baseline(before), "The cycle before")
