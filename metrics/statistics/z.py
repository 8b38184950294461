"""How many normal movements the value lies from its baseline."""

from __future__ import annotations

import math

from metrics import stats
from metrics.core import GROUPS, Undefined
from metrics.figures import statistic
from metrics.spots import Spot


def _moved(spot: Spot, further: float) -> float:
    """Normal movements from the baseline, `further` sampling errors away; below 0 is smaller."""
    spot.value()
    panel, at = spot.judged()
    mine = [t.metric.name for t in panel.trends].index(spot.trend.metric.name)
    course, normal = panel.courses[mine], panel.normals[mine]
    sign = spot.trend.metric.sign
    found = float(normal.scores(course.d + sign * further * course.error)[at])
    if math.isnan(found):
        raise Undefined("Fewer than three cycles of its baseline are known.")
    return sign * found


def _ends(spot: Spot) -> tuple[float, float]:
    """By the sampling of the value beside its baseline, paired by prompt; the normal movement as it is."""
    far = stats.t_quantile(0.975, GROUPS - 1)
    return _moved(spot, -far), _moved(spot, far)


@statistic(
    "z",
    "normal movements from its baseline",
    says="{} normal movements from its baseline",
    side_by_side=True,
    interval=_ends,
)
def z(spot: Spot) -> float:
    """The distance from the baseline in units of what a normal retraining moves the metric by.

    Corrected for how few cycles that was learned from; the charts show the same. Below 0 the value is smaller
    than its baseline, above 0 larger, whichever of the two is healthy.
    """
    return _moved(spot, 0.0)
