"""How far a metric lies from its baseline, cycle by cycle, and what sampling alone would move it by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrics import stats
from metrics.core import FEWEST_BASELINE, GROUPS, Metric, MetricValue, Scale, Trend

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Retrains:
    """How far the retrains of one cycle lie apart, on the metric's own scale; all (cycles,).

    `count`: retrains that the cycle's value is pooled from, 1 where it has no seeds. `size`: the variance of
    theirs about their mean, `sampling`: what of it sampling explains, paired by prompt, `freedom`: its
    degrees of freedom, 0 where there are no two.
    """

    count: npt.NDArray[np.int64]
    size: Floats
    sampling: Floats
    freedom: Floats

    @staticmethod
    def of(metric: Metric, values: Sequence[Sequence[MetricValue]]) -> Retrains | None:
        """Of the values by seed at each cycle; None where no cycle has several."""
        if not any(values):
            return None
        found = [_apart(metric, [v for v in each if v.status == "ok" and _full(v)]) for each in values]
        size, sampling, freedom = np.array(found, float).T
        return Retrains(np.array([max(len(each), 1) for each in values]), size, sampling, freedom)


def _apart(metric: Metric, seeds: Sequence[MetricValue]) -> tuple[float, float, int]:
    """The variance between retrains, and half that which sampling gives the difference of two of them."""
    if len(seeds) < 2:
        return 0.0, 0.0, 0
    point = np.array([v.value for v in seeds], float)
    moved = _turned(np.array([v.replicates for v in seeds]), metric)
    one, other = np.triu_indices(len(seeds), 1)
    least = stats.step_on_scale(point, np.array([v.step or 0.0 for v in seeds]), metric.scale)
    drawn = np.maximum(jackknife(moved[one] - moved[other]), np.maximum(least[one], least[other])) ** 2 / 2
    return float(_turned(point, metric).var(ddof=1)), float(drawn.mean()), len(seeds) - 1


@dataclass(frozen=True)
class Course:
    """One metric's distances from its baseline over a line of cycles; NaN where unknown.

    `d`: (cycles,) on the metric's own scale, turned so that down is bad. `replicates`: (cycles, GROUPS) of d,
    paired by prompt, NaN where a side has none. `error`: (cycles,) the standard error of d from sampling, at
    least one step of its count, `least`; `own` that of the value alone. `base`: which of the cycles are its
    baseline, none where that lies elsewhere; `anchors` how many values the baseline has. `votes`: whether
    the value may vote. `retrains`: what replicate seeds say, where some cycle has them.
    """

    metric: Metric
    d: Floats
    replicates: Floats
    error: Floats
    own: Floats
    least: Floats
    votes: npt.NDArray[np.bool_]
    base: tuple[int, ...]
    anchors: int
    retrains: Retrains | None = None

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which cycles have a value beside a baseline."""
        return ~np.isnan(self.d)


def course(trend: Trend, positions: Sequence[int], base: tuple[int, ...]) -> Course:
    """The distances at these positions of a trend; `base` are places among them."""
    metric = trend.metric
    beside = _anchors(metric, [trend.baselines[i] for i in positions])
    pairs = zip((trend.values[i] for i in positions), beside, strict=True)
    known = [v if v is not None and v.status == "ok" and a.count else None for v, a in pairs]
    point = np.array([np.nan if v is None else v.value for v in known], float)
    step = np.array([0.0 if v is None else v.step or 0.0 for v in known])
    least = stats.step_on_scale(point, step, metric.scale)
    replicates = _replicates(known, metric)
    alone = _errors(known, replicates, metric, 0.0)
    paired = replicates - np.array([a.replicates for a in beside]).reshape(replicates.shape)
    apart = np.sqrt(alone**2 + np.array([a.variance for a in beside]))
    return Course(
        metric,
        _turned(point, metric) - np.array([a.centre for a in beside]),
        paired,
        np.maximum(np.where(np.isnan(paired[:, 0]), apart, jackknife(paired)), least),
        np.maximum(alone, least),
        least,
        np.array([v is not None and metric.votes and (v.n or 0) >= metric.votes_from for v in known], bool),
        tuple(place for place in base if known[place] is not None),
        # That of the first: a later cycle, measured under other conditions, says nothing of earlier ones.
        next((a.count for a in beside if a.count), 0),
        Retrains.of(metric, [trend.seeds[i] for i in positions]) if trend.seeds else None,
    )


_NONE = (np.nan,) * GROUPS


def _full(value: MetricValue) -> bool:
    return len(value.replicates) == GROUPS


def _replicates(values: Sequence[MetricValue | None], metric: Metric) -> Floats:
    """(values, GROUPS) on the metric's scale, NaN where a value has none."""
    full = [v.replicates if v is not None and _full(v) else _NONE for v in values]
    return _turned(np.array(full).reshape(-1, GROUPS), metric)


def _errors(
    values: Sequence[MetricValue | None], replicates: Floats, metric: Metric, missing: float
) -> Floats:
    """The standard errors on the metric's scale: by replicates, else as stated, else `missing`."""
    stated = [
        missing if v is None or v.stderr is None or v.value is None
        else error_on_scale(v.value, v.stderr, metric.scale)
        for v in values
    ]  # fmt: skip
    return np.where(np.isnan(replicates[:, 0]), np.array(stated), jackknife(replicates))


@dataclass(frozen=True)
class _Anchor:
    """A baseline: its mean, its mean replicates, and the variance of its mean as far as it is known."""

    centre: float
    replicates: Floats
    variance: float
    count: int

    @staticmethod
    def of(metric: Metric, baseline: Sequence[MetricValue]) -> _Anchor:
        base = [v for v in baseline if v.status == "ok"]
        if len(base) < FEWEST_BASELINE:
            return _Anchor(np.nan, np.full(GROUPS, np.nan), np.nan, 0)
        replicates = _replicates(base, metric)
        errors = _errors(base, replicates, metric, np.nan)
        # A baseline cycle without an error counts as much as the others do.
        known = errors[~np.isnan(errors)]
        centre = float(_turned(np.array([v.value or 0.0 for v in base]), metric).mean())
        variance = float(np.mean(known**2)) / len(base) if len(known) else 0.0
        return _Anchor(centre, replicates.mean(axis=0), variance, len(base))


def _anchors(metric: Metric, baselines: Sequence[Sequence[MetricValue]]) -> list[_Anchor]:
    """One for each baseline. The cycles of one evaluation mostly share the very same values."""
    keys = [tuple(map(id, baseline)) for baseline in baselines]
    different = dict(zip(keys, baselines, strict=True))
    made = {key: _Anchor.of(metric, baseline) for key, baseline in different.items()}
    return [made[key] for key in keys]


def _turned(values: Floats, metric: Metric) -> Floats:
    """On the metric's scale, down being bad."""
    return np.asarray(metric.sign * stats.transform(values, metric.scale), float)


def jackknife(replicates: Floats) -> Floats:
    """The jackknife error of each row of replicates, NaN where there are none."""
    off = replicates - replicates.mean(axis=1, keepdims=True)
    return np.asarray(np.sqrt((GROUPS - 1) / GROUPS * (off**2).sum(axis=1)), float)


def error_on_scale(value: float, stderr: float, scale: Scale) -> float:
    """A standard error carried to a metric's scale (delta method), from the sides that lie on the scale.

    On the log scale .1 of 1 is (log 1.1 - log .9) / 2; at a share of 1 there is no other side than below:

    >>> round(error_on_scale(1.0, 0.1, "log"), 4), round(error_on_scale(1.0, 0.1, "arcsine"), 4)
    (0.1003, 0.3218)
    """
    sides = np.array([value - stderr, value + stderr])
    low, high = {"identity": (-np.inf, np.inf), "log": (1e-12, np.inf), "arcsine": (0.0, 1.0)}[scale]
    inside = sides[(sides >= low) & (sides <= high)]
    moved = stats.transform(inside if len(inside) else sides, scale) - stats.transform(value, scale)
    return float(np.mean(np.abs(moved)))


@dataclass(frozen=True)
class Deviation:
    """How far one value lies from its baseline, in figures that a person reads.

    `z` counts normal movements, Student-corrected, down being bad; `run` is the score of its worst run of
    cycles up to this one. `change` is relative (-0.29 is 29 % below), `noise` the normal movement, as a share
    of the baseline; `sure_change` is the end of the 90 % interval of the change that lies nearer to no loss.
    """

    z: float
    run: float
    change: float
    sure_change: float
    value: float
    baseline: float
    noise: float
    votes: bool

    @property
    def against_normal(self) -> str:
        """The change against the normal movement, in words."""
        times = abs(self.change) / self.noise if self.noise else 0.0
        return f"{times:.1f} times its normal movement"


def described(
    trend: Trend, position: int, d: float, normal: tuple[float, float], z: tuple[float, float], votes: bool
) -> Deviation:
    """A distance `d` in figures; `normal` is its standard deviation with its degrees of freedom."""
    metric, value = trend.metric, trend.values[position]
    now = (value.value if value else None) or 0.0
    sigma, freedom = normal
    # The end of the 90 % interval nearer to no loss, by Student as z itself.
    sure = d + sigma * stats.t_quantile(0.95, freedom)
    known = np.array([b.value or 0.0 for b in trend.baselines[position] if b.status == "ok"])
    centre = float(_turned(known, metric).mean())
    ends = metric.sign * (centre + np.array([0.0, sure, -sigma]))
    base, end, low = stats.untransform(ends, metric.scale).tolist()
    scale = abs(base) if base else 1.0
    return Deviation(
        z=z[0],
        run=z[1],
        change=(now - base) / scale,
        sure_change=(end - base) / scale,
        value=now,
        baseline=base,
        noise=abs(low - base) / scale,
        votes=votes,
    )
