"""How many normal movements the value lies from its baseline."""

from __future__ import annotations

from metrics.core import Undefined
from metrics.figures import statistic
from metrics.spots import Spot


@statistic("z", "normal movements from its baseline", says="{} normal movements from its baseline")
def z(spot: Spot) -> float:
    """The distance from the baseline in units of what a normal retraining moves the metric by.

    Corrected for how few cycles that was learned from. Below 0 the value is smaller than its baseline,
    above 0 larger, whichever of the two is healthy.
    """
    spot.value()
    moved = spot.moved(spot.trend)
    if moved is None:
        raise Undefined("Fewer than three cycles of its baseline are known.")
    return -moved.z if spot.trend.metric.healthy == "low" else moved.z
