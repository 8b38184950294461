"""How far a metric lies from its baseline, in units of what moves it when nothing is wrong.

The distance is divided by the larger of two noises: the sampling noise of that very difference, paired by
prompt where there are replicates, and the noise between successive retrainings, learned from the cycles so
far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from metrics import stats
from metrics.core import FEWEST_BASELINE, GROUPS, Metric, MetricValue, Scale, Trend

Floats = npt.NDArray[np.float64]
Pair = tuple[MetricValue, Sequence[MetricValue]]

PRIOR_CORRELATION = 0.3
_STILL = np.zeros(GROUPS)


@dataclass(frozen=True)
class Deviation:
    """How far one value lies from its baseline, on the metric's own scale turned so that down is bad.

    `z` is t-corrected, `change` relative (-0.29 is 29 % below), `noise` the standard deviation that a normal
    retraining moves it by, as a share of the baseline; `sure_change` is the end of the 90 % interval of the
    change that lies nearer to no loss.
    """

    z: float
    change: float
    sure_change: float
    value: float
    baseline: float
    noise: float
    votes: bool
    replicates: Floats = field(repr=False, compare=False, default_factory=lambda: np.zeros(0))


def pairs(trend: Trend, positions: Sequence[int]) -> list[Pair]:
    """The values at these positions that are there, each with its own baseline."""
    found = ((trend.values[i], trend.baselines[i]) for i in positions)
    return [(value, base) for value, base in found if value is not None]


def learned_noise(past: Floats) -> tuple[float, float]:
    """Noise between retrainings from successive differences, with its degrees of freedom (von Neumann 1941).

    A slow drift hardly inflates it. From m values of white noise: 2 (m - 1)^2 / (3 m - 4) degrees.

    >>> [round(x, 3) for x in learned_noise(np.array([0.0, 1.0, 0.0, 1.0]))]
    [0.707, 2.25]
    """
    steps = np.diff(past)
    m = len(past)
    if m < 3:
        return 0.0, 1.0
    return float(np.sqrt(np.mean(steps**2) / 2)), 2 * (m - 1) ** 2 / (3 * m - 4)


def deviation(
    metric: Metric, value: MetricValue, baseline: Sequence[MetricValue], past: Sequence[Pair]
) -> Deviation | None:
    """Compare a value with its baseline; None where either is unknown.

    `past` pairs earlier values with their own baselines: only distances between what was measured alike
    say how much the metric moves.
    """
    d = _distance(metric, value, baseline)
    if d is None or value.value is None:
        return None
    base = _known(baseline)
    replicates = _paired(metric, value, base)
    step = stats.step_on_scale(value.value, value.step, metric.scale)
    sampling = stats.jackknife_se(replicates) if len(replicates) else _unpaired(metric, value, base)
    sampling = max(sampling, step)
    moved = [_distance(metric, then, beside) for then, beside in past]
    learned, freedom = learned_noise(np.array([m for m in moved if m is not None]))
    learned *= float(np.sqrt(1 + 1 / len(base)))
    sigma, freedom = (sampling, GROUPS - 1.0) if sampling >= learned else (learned, freedom)
    z = float(stats.t_corrected(d / sigma, freedom)) if sigma > 0 else 0.0
    # The end of the 90 % interval nearer to no loss, by Student as z itself.
    sure = d + sigma * stats.t_quantile(0.95, freedom)
    centre = float(np.mean([_y(b, metric) for b in base]))
    return _describe(metric, value, centre, sure, sigma, z, replicates)


def _paired(metric: Metric, value: MetricValue, base: Sequence[MetricValue]) -> Floats:
    """Replicates of the difference, empty where any side has none."""
    if not all(len(v.replicates) == GROUPS for v in (value, *base)):
        return np.zeros(0)
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


def _distance(metric: Metric, value: MetricValue, baseline: Sequence[MetricValue]) -> float | None:
    base = _known(baseline)
    if value.status != "ok" or len(base) < FEWEST_BASELINE:
        return None
    return _y(value, metric) - float(np.mean([_y(b, metric) for b in base]))


def _describe(
    metric: Metric, value: MetricValue, centre: float, sure: float, sigma: float, z: float, r: Floats
) -> Deviation:
    sign, now = -1.0 if metric.healthy == "low" else 1.0, value.value or 0.0
    back = [float(stats.untransform(sign * (centre + x), metric.scale)) for x in (0.0, sure, -sigma)]
    base = back[0]
    scale = abs(base) if base else 1.0
    votes = metric.votes and (value.n or 0) >= metric.votes_from
    return Deviation(
        z=z,
        change=(now - base) / scale,
        sure_change=(back[1] - base) / scale,
        value=now,
        baseline=base,
        noise=abs(back[2] - base) / scale,
        votes=votes,
        replicates=r,
    )


def _y(value: MetricValue, metric: Metric) -> float:
    sign = -1.0 if metric.healthy == "low" else 1.0
    return sign * float(stats.transform(value.value or 0.0, metric.scale))


def _replicates(value: MetricValue, metric: Metric) -> Floats:
    sign = -1.0 if metric.healthy == "low" else 1.0
    return sign * stats.transform(value.replicates, metric.scale)


def joint_index(deviations: Sequence[Deviation]) -> float | None:
    """Mean z of the voters over what it varies by, were nothing wrong.

    Their correlation is half that of the replicates, half a constant: twenty replicates say little alone.
    Of a voter without replicates the constant is all that is known.
    """
    if not deviations:
        return None
    told = np.array([len(d.replicates) > 0 for d in deviations])
    moves = np.array(
        [d.replicates - d.replicates.mean() if len(d.replicates) else _STILL for d in deviations]
    )
    norms = np.linalg.norm(moves, axis=1)
    unit = np.divide(moves, norms[:, None], out=np.zeros_like(moves), where=norms[:, None] > 0)
    seen = 0.5 * (unit @ unit.T) + 0.5 * PRIOR_CORRELATION
    correlation = np.where(np.outer(told, told), seen, PRIOR_CORRELATION)
    np.fill_diagonal(correlation, 1.0)
    count = len(deviations)
    spread = np.sqrt(max(float(correlation.sum()), 1.0)) / count
    return float(np.mean([d.z for d in deviations]) / spread)
