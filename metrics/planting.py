"""Losses of known size, planted in a history."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from metrics.core import History, Metric, MetricValue


def with_loss(
    history: History, metric: str, loss: float, from_cycle: int, slices: Collection[str | None] = (None,)
) -> History:
    """The same history with one metric worse by a share `loss` from a cycle on, as a whole or in some slices.

    What should be high loses that share of its value. Of what should be low, such as duplicates, the distance
    to the worst there is shrinks by it: a loss of .1 is 10 % fewer outputs that are no duplicates.
    """
    trends = dict(history.trends)
    for part in slices:
        trend = trends[(metric, part)]
        values = tuple(
            _lowered(trend.metric, v, loss) if v is not None and v.cycle >= from_cycle else v
            for v in trend.values
        )
        trends[(metric, part)] = replace(trend, values=values)
    return replace(history, trends=trends)


def _lowered(metric: Metric, value: MetricValue, loss: float) -> MetricValue:
    """One value with its interval and replicates."""
    value_, raw, low, high = (
        None if x is None else worse_by(metric, x, loss)
        for x in (value.value, value.raw, value.low, value.high)
    )
    replicates = tuple(worse_by(metric, r, loss) for r in value.replicates)
    return replace(value, value=value_, raw=raw, low=low, high=high, replicates=replicates)


def worse_by(metric: Metric, value: float, loss: float) -> float:
    """A value after a relative loss, see `with_loss`.

    >>> from metrics.core import METRICS
    >>> round(worse_by(METRICS.get("tail_recall"), 0.7, 0.1), 3)
    0.63
    >>> round(worse_by(METRICS.get("duplicate_rate"), 0.02, 0.1), 3)
    0.118
    """
    if metric.healthy != "low":
        return value - loss * abs(value)
    worst = metric.bounds[1]
    return value + loss * (worst - value if np.isfinite(worst) else abs(value))


def loss_between(metric: Metric, value: float, worse: float) -> float:
    """The relative loss that leads from one value to a worse one, the inverse of `worse_by`.

    >>> from metrics.core import METRICS
    >>> round(loss_between(METRICS.get("duplicate_rate"), 0.02, 0.118), 3)
    0.1
    """
    whole = abs(worse_by(metric, value, 1.0) - value)
    return abs(worse - value) / whole if whole else 0.0
