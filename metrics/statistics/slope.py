"""The slope through the last cycles."""

from __future__ import annotations

from functools import lru_cache

from metrics import stats
from metrics.core import MetricValue, Undefined
from metrics.figures import statistic
from metrics.spots import Spot

FEWEST = 3


@statistic(
    "slope",
    "change per cycle, in % of its baseline",
    says="{} % of its baseline per cycle",
    subject="the slope of {}",
    looks_back=True,
)
def slope(spot: Spot) -> float:
    """How fast the value moves: the slope of a straight line through the last cycles, five unless told.

    In percent of its baseline per cycle: -3 loses three hundredths of the baseline each cycle. Each cycle
    counts by the inverse of its sampling variance (weighted least squares). Its interval knows how sure the
    prompts make it, not how much retraining moves the metric.
    """
    spot.value()
    near = [*spot.own_past, spot.position][-spot.window :]
    known = [i for i in near if (v := spot.trend.values[i]) is not None and v.status == "ok"]
    if len(known) < FEWEST:
        raise Undefined(f"Fewer than {FEWEST} of the last {spot.window} cycles are known.")
    errors = [_error(spot.known(i)) for i in known]
    weights = [1 / (e * e) for e in errors] if all(errors) else [1.0] * len(errors)
    points = [(spot.standings[i].cycle, spot.of_baseline(i)) for i in known]
    middle = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / sum(weights)
    pulls = [w * (x - middle) for w, (x, _) in zip(weights, points, strict=True)]
    moved = sum(p * y for p, (_, y) in zip(pulls, points, strict=True))
    return moved / sum(p * x for p, (x, _) in zip(pulls, points, strict=True))


@lru_cache(maxsize=4096)
def _error(value: MetricValue) -> float:
    """The standard error of a value; 0 where it is not known."""
    found = stats.jackknife_se(value.replicates) if value.replicates else value.stderr or 0.0
    return max(found, value.step or 0.0)
