"""Chance: histories like a lineage's own in which nothing narrows, to see what a rule makes of them.

Every metric stays at its baseline and is moved by noise of the lineage's own size: sampling noise of all
metrics, slices and parts at once, from the prompt groups, and on top of it retraining noise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from metrics import stats
from metrics.core import GROUPS, History, MetricValue, Standing, Trend
from metrics.moving import Moving, Place, learn
from metrics.retraining import PERSISTS

Floats = npt.NDArray[np.float64]


def healthy(history: History, seed: int, cycles: int = 20) -> History:
    """A history like the lineage's own in which nothing narrows: the baseline and so many later cycles.

    Where many are wanted, learn once (`moving.learn`) and `draw` often. Raises TailwatchError where too
    little is known.
    """
    return draw(learn(history), seed, cycles)


def draw(moving: Moving, seed: int, cycles: int = 20) -> History:
    """One history of the baseline and so many later cycles; the same seed gives the same one."""
    rng = np.random.default_rng(stats.seed("chance", moving.lineage, seed))
    count = moving.baseline + cycles
    errors, apart = _sampled(moving, rng, count)
    moved = errors + _retrained(moving, rng, count)
    standings = tuple(Standing(c, 0, "simulated", tuple(range(moving.baseline)), True) for c in range(count))
    trends = {
        (p.metric.name, p.like.slice): _trend(p, moved[:, i], apart[:, :, i], moving.baseline)
        for i, p in enumerate(moving.places)
    }
    return History(moving.lineage, standings, trends)


def _sampled(moving: Moving, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Sampling errors, (cycles, places), and the replicates' distances from them, (cycles, GROUPS, places).

    Each group of prompts contributes its own; an error is their mean, and a replicate leaves one out.
    """
    size = (count, GROUPS, len(moving.groups))
    fresh = rng.standard_normal(size) @ moving.groups * np.sqrt(1 - moving.lasting)
    kept = _process(rng.standard_normal(size), PERSISTS) @ moving.groups * np.sqrt(moving.lasting)
    drawn = np.sqrt(GROUPS) * (fresh + kept)
    error = drawn.mean(axis=1)
    apart = (error[:, None] - drawn) / (GROUPS - 1)
    return np.sqrt(moving.noise.sampled) * (error + moving.alone * rng.standard_normal(error.shape)), apart


def _retrained(moving: Moving, rng: np.random.Generator, count: int) -> Floats:
    """Retraining noise, (cycles, places); what is shared of it is for the worse of all, or for the better."""
    own = rng.standard_normal((count, len(moving.places)))
    fresh = np.sqrt(1 - moving.shared) * own + np.sqrt(moving.shared) * rng.standard_normal((count, 1))
    worse = np.array([p.metric.sign for p in moving.places])
    return np.asarray(worse * np.sqrt(moving.noise.variance) * _process(fresh, moving.noise.carried))


def _process(fresh: Floats, carried: Floats | float) -> Floats:
    """A stationary first-order process of variance 1 along the first axis, in place."""
    for cycle in range(1, len(fresh)):
        fresh[cycle] = carried * fresh[cycle - 1] + np.sqrt(1 - np.square(carried)) * fresh[cycle]
    return fresh


def _trend(place: Place, moved: Floats, apart: Floats, baseline: int) -> Trend:
    """A trend from its errors, (cycles,), and its replicates' distances from them, (cycles, GROUPS)."""
    metric, like = place.metric, place.like
    about = np.tile(np.concatenate([[0.0], place.about]), (len(moved), 1))
    if like.replicates:
        about[:, 3:] += apart
    on_scale = place.level + moved[:, None] + about
    rows = np.clip(stats.untransform(on_scale, metric.scale), *metric.bounds).tolist()
    values = tuple(_value(like, cycle, row) for cycle, row in enumerate(rows))
    return Trend(metric, like.slice, values, (values[:baseline],) * len(values))


def _value(like: MetricValue, cycle: int, row: list[float]) -> MetricValue:
    """A value from itself, the ends of its interval and its replicates."""
    return MetricValue(
        cycle, like.metric, like.version, like.slice, like.status,
        value=row[0], raw=row[0], low=row[1], high=row[2], n=like.n, step=like.step,
        replicates=tuple(row[3:]), stderr=like.stderr,
    )  # fmt: skip
