"""How far metrics lie from their baseline over the last cycles, by noise learned from before these cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metrics import stats
from metrics.core import FEWEST_BASELINE, GROUPS, MetricValue, Trend
from tests.benchmarks.lead_time.lines import Floats

WINDOWS = (2, 3, 5, 8)
# What is low on average must still be low: each of the last two cycles, by so much; all together, by so much.
STILL_LOW, STILL_LOW_TOGETHER = -0.7, -0.1
# Noise of one metric is drawn towards that of all, as if all were so many degrees of freedom of its own.
SHRINK = 4.0
# Before anything is known half of the noise is carried over to the next cycle, and .35 is shared.
CARRIED, CARRIED_WEIGHT = 0.5, 5.0
SHARED, SHARED_WEIGHT = 0.35, 8.0
# Retrain noise that may be there unseen, as a share of the sampling variance: it costs degrees of freedom.
UNSEEN = 0.3
# Retrain noise below this share of the sampling variance says nothing of what is carried over.
PLAIN, PLAIN_OF_ONE = 0.15, 0.1
NOTHING = 1e-18


@dataclass(frozen=True)
class Noise:
    """By metric the variances of retraining and of sampling, and what is carried over; what all share."""

    retrain: Floats
    sampling: Floats
    carried: Floats
    shared: float
    freedom: float


@dataclass(frozen=True)
class Moves:
    """Distances from the baseline, (metrics, cycles), 20 replicates of each; the first `base` are its own.

    `least` is the size of one step of each metric: no error is smaller, also where nothing was ever counted.
    """

    d: Floats
    replicates: Floats
    least: Floats
    base: int

    def before(self, end: int) -> Noise:
        """The noise of the first cycles, up to `end`."""
        d = self.d[:, :end]
        sampling = _jackknife(np.diff(self.replicates[:, :end], axis=1)) ** 2 / 2
        sampling = np.maximum(sampling, self.least[:, 1:end] ** 2).mean(axis=1) + NOTHING
        steps, freedom = np.diff(d, axis=1), 2 * (end - 1) ** 2 / (3 * end - 4)
        excess = np.maximum((steps**2).mean(axis=1) / 2, _about_a_line(d)) / sampling
        excess = (freedom * excess + SHRINK * excess.mean()) / (freedom + SHRINK)
        one, two = (_lagged(d, lag) / sampling - 1 for lag in (1, 2))
        usual = _blend(carried(one.mean(), two.mean(), PLAIN), end - 3, CARRIED, CARRIED_WEIGHT)
        return Noise(
            np.maximum(excess - 1, 0) * sampling,
            sampling,
            _blend(carried(one, two, PLAIN_OF_ONE), end - 3, usual, CARRIED_WEIGHT),
            float(_blend(_alike(steps), end - 1, SHARED, SHARED_WEIGHT)),
            freedom + SHRINK,
        )

    def low(self, end: int) -> tuple[Floats, float]:
        """How low each metric is at a cycle, and all together: the lowest over the windows that end there."""
        z, together = np.zeros(len(self.d)), 0.0
        for begin in (end - width + 1 for width in WINDOWS):
            if begin >= self.base:
                noise = self.before(begin)
                own = self._scores(begin, end, noise)
                z = np.minimum(z, own)
                spread = np.sqrt((1 + (len(own) - 1) * noise.shared) / len(own))
                together = min(together, float(own.mean() / spread))
        last = np.stack([self.last(end), self.last(end - 1)])
        still = last.mean(axis=1).max() <= STILL_LOW_TOGETHER
        return np.where(last.max(axis=0) <= STILL_LOW, z, 0.0), together if still else 0.0

    def last(self, at: int) -> Floats:
        """One cycle alone, in normal movements, their size learned before it."""
        noise = self.before(at)
        drawn = np.maximum(_jackknife(self.replicates[:, at]), self.least[:, at])
        spread = np.sqrt(drawn**2 + noise.retrain * (1 + 1 / self.base))
        return np.divide(self.d[:, at], spread, out=np.zeros(len(self.d)), where=spread > 0)

    def _scores(self, begin: int, end: int, noise: Noise) -> Floats:
        """z of the mean of some cycles, corrected by Student at Satterthwaite's (1946) degrees of freedom."""
        mean = self.d[:, begin : end + 1].mean(axis=1)
        least = (self.least[:, begin : end + 1] ** 2).mean(axis=1) / (end - begin + 1)
        drawn = np.maximum(_jackknife(self.replicates[:, begin : end + 1].mean(axis=1)) ** 2, least)
        unit = contrast(noise.carried, self.base, begin, end) / (1 - noise.carried)
        total = drawn + noise.retrain * unit
        hedge = np.maximum(noise.retrain, UNSEEN * noise.sampling) * unit
        freedom = (drawn + hedge) ** 2 / (drawn**2 / (GROUPS - 1) + hedge**2 / noise.freedom)
        z = np.divide(mean, np.sqrt(total), out=np.zeros_like(mean), where=total > 0)
        return np.array([float(stats.t_corrected(a, b)) for a, b in zip(z, freedom, strict=True)])


def carried(one: Floats, two: Floats, plain: float) -> Floats:
    """The share phi of the noise that is carried over: steps over two cycles vary by 1 + phi times as much.

    >>> carried(np.array([1.0]), np.array([1.4]), 0.15).round(2).tolist()
    [0.4]
    """
    ratio = np.divide(two, np.maximum(one, plain)) - 1
    return np.clip(np.where(one > plain, ratio, CARRIED), 0.0, 0.95)


def contrast(carry: Floats, base: int, begin: int, end: int) -> Floats:
    """The variance of a window's mean less the baseline's, for noise of variance 1 with this carry-over.

    Without carry-over it is 1 / width + 1 / base, here 1/2 + 1/4:

    >>> contrast(np.zeros(1), 4, 6, 7).tolist()
    [0.75]
    """
    width = end - begin + 1
    places = np.concatenate([np.arange(base), np.arange(begin, end + 1)])
    weights = np.concatenate([np.full(base, -1 / base), np.full(width, 1 / width)])
    lags = np.abs(places[:, None] - places).ravel()
    by_lag = np.bincount(lags, weights=np.outer(weights, weights).ravel())
    return np.asarray(carry[:, None] ** np.arange(len(by_lag)) @ by_lag)


def moves(trends: Sequence[Trend], positions: Sequence[int], base: int) -> Moves | None:
    """Those metrics that are known, with replicates and enough outputs, at all of these positions."""
    found = [known for trend in trends if (known := _known(trend, positions)) is not None]
    if not found:
        return None
    d, replicates, least = (np.array(each) for each in zip(*found, strict=True))
    return Moves(d, replicates, least, base)


def _known(trend: Trend, positions: Sequence[int]) -> tuple[Floats, Floats, Floats] | None:
    metric, sign = trend.metric, -1.0 if trend.metric.healthy == "low" else 1.0
    d, r, least = [], [], []
    for i in positions:
        every = [v for v in (trend.values[i], *trend.baselines[i]) if v is not None]
        if len(every) <= FEWEST_BASELINE or not all(map(_usable, every)):
            return None
        if metric.votes and (every[0].n or 0) < metric.votes_from:
            return None
        points = [float(stats.transform(v.value or 0.0, metric.scale)) for v in every]
        moved = np.array([stats.transform(v.replicates, metric.scale) for v in every])
        d.append(sign * (points[0] - float(np.mean(points[1:]))))
        r.append(sign * (moved[0] - moved[1:].mean(axis=0)))
        least.append(stats.step_on_scale(every[0].value or 0.0, every[0].step, metric.scale))
    return np.array(d), np.array(r), np.array(least)


def _usable(value: MetricValue) -> bool:
    return value.status == "ok" and len(value.replicates) == GROUPS


def _jackknife(replicates: Floats) -> Floats:
    """The jackknife error along the last axis."""
    off = replicates - replicates.mean(axis=-1, keepdims=True)
    return np.asarray(np.sqrt((GROUPS - 1) / GROUPS * (off**2).sum(axis=-1)))


def _about_a_line(d: Floats) -> Floats:
    """The variance about a straight line: of a slow wander, which successive cycles hardly show."""
    n = d.shape[1]
    if n < 5:
        return np.zeros(len(d))
    x = np.arange(n) - (n - 1) / 2
    centred = d - d.mean(axis=1, keepdims=True)
    rest = centred - (centred @ x / (x @ x))[:, None] * x
    return np.asarray((rest**2).sum(axis=1) / (n - 2))


def _lagged(d: Floats, lag: int) -> Floats:
    """Half the variance of the steps over a lag: of noise without carry-over the same at every lag."""
    steps = d[:, lag:] - d[:, :-lag]
    off = steps - steps.mean(axis=1, keepdims=True)
    return np.asarray((off**2).sum(axis=1) / 2 / max(steps.shape[1] - 1, 1))


def _blend(seen: Floats | float, cycles: int, prior: Floats | float, weight: float) -> Floats:
    """What was seen in so many cycles, drawn towards what was believed before."""
    return np.asarray((max(cycles, 0) * seen + weight * prior) / (max(cycles, 0) + weight))


def _alike(steps: Floats) -> float:
    """The mean correlation between the steps of two metrics."""
    unit = steps / np.sqrt((steps**2).mean(axis=1, keepdims=True) + NOTHING)
    count = len(unit)
    if count < 2:
        return 0.0
    both = float((unit.sum(axis=0) ** 2 - (unit**2).sum(axis=0)).mean()) / (count * (count - 1))
    return min(max(both, 0.0), 1.0)
