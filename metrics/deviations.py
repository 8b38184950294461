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
class Course:
    """One metric's distances from its baseline over a line of cycles; NaN where unknown.

    `d`: (cycles,) on the metric's own scale, turned so that down is bad. `replicates`: (cycles, GROUPS) of d,
    paired by prompt, NaN where a side has none. `error`: (cycles,) the standard error of d from sampling, at
    least one step of its count; `own` that of the value alone. `base`: which of the cycles are its baseline,
    none where that lies elsewhere; `anchors` how many values the baseline has. `votes`: whether the value may
    vote.
    """

    metric: Metric
    d: Floats
    replicates: Floats
    error: Floats
    own: Floats
    votes: npt.NDArray[np.bool_]
    base: tuple[int, ...]
    anchors: int

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which cycles have a value beside a baseline."""
        return ~np.isnan(self.d)


def course(trend: Trend, positions: Sequence[int], base: tuple[int, ...]) -> Course:
    """The distances at these positions of a trend; `base` are places among them."""
    metric = trend.metric
    points = [_Point.of(metric, trend.values[i], trend.baselines[i]) for i in positions]
    return Course(
        metric,
        np.array([p.d for p in points]),
        np.array([p.replicates for p in points]).reshape(len(points), GROUPS),
        np.array([p.error for p in points]),
        np.array([p.own for p in points]),
        np.array([p.votes for p in points]),
        base,
        max((len(_known(trend.baselines[i])) for i in positions), default=0),
    )


@dataclass(frozen=True)
class _Point:
    d: float = np.nan
    replicates: Floats | tuple[float, ...] = (np.nan,) * GROUPS
    error: float = np.nan
    own: float = np.nan
    votes: bool = False

    @staticmethod
    def of(metric: Metric, value: MetricValue | None, baseline: Sequence[MetricValue]) -> _Point:
        base = _known(baseline)
        if value is None or value.status != "ok" or len(base) < FEWEST_BASELINE:
            return _Point()
        step = stats.step_on_scale(value.value or 0.0, value.step, metric.scale)
        paired = _paired(metric, value, base)
        error = _unpaired(metric, value, base) if paired is None else stats.jackknife_se(paired)
        return _Point(
            _y(value, metric) - float(np.mean([_y(b, metric) for b in base])),
            (np.nan,) * GROUPS if paired is None else paired,
            max(error, step),
            max(_error(value, metric) or 0.0, step),
            metric.votes and (value.n or 0) >= metric.votes_from,
        )


def _paired(metric: Metric, value: MetricValue, base: Sequence[MetricValue]) -> Floats | None:
    """Replicates of the difference, None where any side has none."""
    if not all(len(v.replicates) == GROUPS for v in (value, *base)):
        return None
    beside = np.array([_replicates(b, metric) for b in base])
    return np.asarray(_replicates(value, metric) - beside.mean(axis=0), float)


def _unpaired(metric: Metric, value: MetricValue, base: Sequence[MetricValue]) -> float:
    """The standard error of the difference from those of its sides, as if these were independent.

    A baseline cycle without one counts as much as the others do; where no side has one, nothing is known of
    sampling and only the noise between retrainings serves.
    """
    own = _error(value, metric) or 0.0
    known = [error for b in base if (error := _error(b, metric)) is not None]
    rest = float(np.mean(np.square(known))) / len(base) if known else 0.0
    return float(np.sqrt(own**2 + rest))


def _error(value: MetricValue, metric: Metric) -> float | None:
    if len(value.replicates) == GROUPS:
        return stats.jackknife_se(stats.transform(value.replicates, metric.scale))
    if value.stderr is None or value.value is None:
        return None
    return error_on_scale(value.value, value.stderr, metric.scale)


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


def _known(values: Sequence[MetricValue]) -> list[MetricValue]:
    return [v for v in values if v.status == "ok"]


def _y(value: MetricValue, metric: Metric) -> float:
    sign = -1.0 if metric.healthy == "low" else 1.0
    return sign * float(stats.transform(value.value or 0.0, metric.scale))


def _replicates(value: MetricValue, metric: Metric) -> Floats:
    sign = -1.0 if metric.healthy == "low" else 1.0
    return sign * stats.transform(value.replicates, metric.scale)


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


def described(
    trend: Trend, position: int, d: float, normal: tuple[float, float], z: tuple[float, float], votes: bool
) -> Deviation:
    """A distance `d` in figures; `normal` is its standard deviation with its degrees of freedom."""
    metric, value = trend.metric, trend.values[position]
    sign, now = -1.0 if metric.healthy == "low" else 1.0, (value.value if value else None) or 0.0
    sigma, freedom = normal
    # The end of the 90 % interval nearer to no loss, by Student as z itself.
    sure = d + sigma * stats.t_quantile(0.95, freedom)
    centre = float(np.mean([_y(b, metric) for b in _known(trend.baselines[position])]))
    base, end, low = (float(stats.untransform(sign * (centre + x), metric.scale)) for x in (0, sure, -sigma))
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
