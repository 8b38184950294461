"""Planted histories whose cycles have replicate seeds: retrain noise and sampling of known size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from metrics import parts, stats
from metrics.core import GROUPS, METRICS, History, Metric, MetricValue, Trend
from tests import planted


def value(metric: Metric, cycle: int, part: str | None, y: float, replicates: np.ndarray) -> MetricValue:
    """A value from its place, and its replicates' places, on the metric's scale."""
    now, moved = stats.untransform(y, metric.scale), stats.untransform(replicates, metric.scale)
    facts = {"value": float(now), "raw": float(now), "n": 400.0}
    return MetricValue(
        cycle, metric.name, 1, part, "ok", **facts, replicates=tuple(map(float, np.ravel(moved)))
    )


def trend(
    metric: Metric,
    seed: int,
    *,
    moves: Sequence[float],
    seeds: Sequence[int],
    apart: float = 0.01,
    data: float = 0.0,
    sampling: float = 0.01,
    left: float = 0.0,
    lucky: bool = False,
) -> Trend:
    """A metric of `seeds[c]` retrains at cycle c, which differ by `apart`; pooled is their mean.

    `left` of what the first of them has is carried over to all of the next cycle; `data` is what all of a
    cycle have in common, such as its training data. `moves` are on the metric's scale, positive for narrower.
    `lucky`: what the retrains of each cycle have cancels out in their mean.
    """
    rng = np.random.default_rng(seed)
    worse = 1.0 if metric.healthy == "low" else -1.0
    level, parent = float(stats.transform(0.5, metric.scale)), 0.0
    own, each = [], []
    for cycle, (move, count) in enumerate(zip(moves, seeds, strict=True)):
        models = left * parent + apart * rng.normal(size=count)
        models = models - lucky * models.mean()
        parent = float(models[0])
        y = level + worse * move + data * rng.normal() + models + sampling * rng.normal(size=count)
        spread = sampling * np.sqrt(GROUPS) / (GROUPS - 1)
        r = y[:, None] + spread * rng.normal(size=(count, GROUPS))
        own.append(value(metric, cycle, None, float(y.mean()), r.mean(axis=0)))
        several = range(count) if count > 1 else ()
        each.append(tuple(value(metric, cycle, parts.of_seed(s), y[s], r[s]) for s in several))
    base = tuple(tuple(own[c] for c in s.baseline) for s in planted.standings(len(own)))
    return Trend(metric, None, tuple(own), base, tuple(each) if any(each) else ())


def history(
    moves: Mapping[str, Sequence[float]], *, seeds: Sequence[int], seed: int = 0, **facts: float
) -> History:
    """All voters and mean score; `seeds` says how many retrains each cycle has."""
    count = len(seeds)
    names = [*(m.name for m in planted.voters()), "mean_score"]
    trends = {
        (name, None): trend(
            METRICS.get(name), seed * 100 + i, moves=moves.get(name, [0.0] * count), seeds=seeds, **facts
        )
        for i, name in enumerate(names)
    }
    return History("planted", tuple(planted.standings(count)), trends)


def unseeded(past: History) -> History:
    """The same history as if nobody had told the seeds apart."""
    return replace(past, trends={key: replace(t, seeds=()) for key, t in past.trends.items()})
