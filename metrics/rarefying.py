"""Type-counting metrics at any number of outputs, from the histograms that are stored with their values."""

from __future__ import annotations

import numpy as np

from metrics import stats
from metrics.core import Metric, MetricValue


def resized(metric: Metric, value: MetricValue, size: int) -> float | None:
    """What `size` of a cycle's outputs would give; None where the metric counts no types, or there are fewer.

    From the types seen in so many outputs each, and the textbook value: the metric's expectation over all
    ways to draw `size` outputs, as if the cycle had been measured at that size.
    """
    seen, types = (np.asarray(part, float) for part in value.spread)
    if metric.rarefies is None or not len(seen) or value.n is None or not 0 < size <= value.n:
        return None
    expected = float(types @ (1 - stats.unseen(seen, value.n, size)))
    if metric.rarefies == "repeats":
        return 1 - expected / size
    share = (value.raw or 0.0) * expected / float(types.sum())
    return share if metric.rarefies == "share" else min(share * value.n / size, 1.0)
