"""What moves a metric when nothing is wrong: sampling, and the noise between retrainings, learned as it goes.

Everything said of a cycle is learned from the cycles before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metrics import stats
from metrics.carrying import LEFT, Carried, about_baseline
from metrics.core import GROUPS
from metrics.deviations import Course, Floats, jackknife

# Runs of so many cycles are looked at.
RUNS = (2, 3, 5)
POOL = 8.0


@dataclass(frozen=True)
class Steps:
    """What the steps before each cycle, from one known cycle to the next, say of noise; all (cycles,).

    `size`: half their mean square. `sampling`: what of it sampling explains. `freedom`: the degrees of
    freedom of `size` (von Neumann 1941), 2 (m - 1)^2 / (3 m - 4) from m cycles; 0 where there are no two.
    """

    size: Floats
    sampling: Floats
    freedom: Floats


@dataclass(frozen=True)
class Normal:
    """What a metric's distance from its baseline varies by at each cycle were nothing wrong.

    `deviation`: (cycles,) its standard deviation, with `freedom`; `alike`: for each of RUNS, (cycles,), the
    correlation between the cycles of a run.
    """

    deviation: Floats
    freedom: Floats
    alike: dict[int, Floats]

    def scores(self, d: Floats) -> Floats:
        """Distances in normal movements, corrected by Student; NaN where unknown, 0 where nothing moves."""
        still = ~(self.deviation > 0)
        ratio = np.where(still & ~np.isnan(d), 0.0, d / np.where(still, 1.0, self.deviation))
        return stats.t_corrected(ratio, self.freedom)


def steps(course: Course) -> Steps:
    """Steps between successive values: a slow drift hardly inflates what they say.

    The steps of 0, 1, 0, 1 are 1, so that half their mean square is 1/2, with 18/8 degrees of freedom:

    >>> known = np.zeros((5, GROUPS)) * np.nan
    >>> zeros = np.zeros(5)
    >>> made = Course(None, np.array([0.0, 1, 0, 1, 0]), known, zeros, zeros, zeros, zeros > 0, (), 4)
    >>> [float(x[4]) for x in (steps(made).size, steps(made).freedom)]
    [0.5, 2.25]
    """
    cycles, places = len(course.d), np.flatnonzero(course.known)
    squares = np.diff(course.d[places]) ** 2 / 2
    drawn = _drawn(course, places)
    before = np.searchsorted(places, np.arange(cycles))
    count = np.maximum(before - 1, 0)
    m = np.maximum(before, 2)
    return Steps(
        _means(squares, count),
        _means(drawn, count),
        np.where(before >= 3, 2 * (m - 1.0) ** 2 / (3 * m - 4.0), 0.0),
    )


def _drawn(course: Course, places: np.ndarray) -> Floats:
    """Half the variance that sampling gives each step, paired by prompt where both sides have replicates."""
    paired = jackknife(np.diff(course.replicates[places], axis=0)) ** 2 / 2
    own = course.own[places] ** 2
    apart = (own[1:] + own[:-1]) / 2
    drawn = np.where(np.isnan(paired), apart, paired)
    return np.asarray(np.maximum(drawn, course.least[places][1:] ** 2 / 2), float)


def _means(values: Floats, count: np.ndarray) -> Floats:
    """The mean of the first `count` values; 0 of none."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(sums[count] / np.maximum(count, 1), float)


def pooled(courses: Sequence[Course]) -> list[Steps]:
    """The steps of many alike, such as the recalls of classes: what few steps of one say is drawn to all.

    It is their size beside what sampling explains that is shared, as if POOL degrees of freedom told of it.
    """
    found = [steps(c) for c in courses]
    if not found:
        return []
    ratios = np.array([_ratio(s) for s in found])
    told = (~np.isnan(ratios)).sum(axis=0)
    usual = np.where(told > 0, np.nansum(ratios, axis=0) / np.maximum(told, 1), 1.0)
    drawn = []
    for each, ratio in zip(found, ratios, strict=True):
        freedom = np.where(np.isnan(ratio), 0.0, each.freedom)
        shared = (freedom * np.nan_to_num(ratio) + POOL * usual) / (freedom + POOL)
        drawn.append(Steps(shared * each.sampling, each.sampling, freedom + POOL))
    return drawn


def _ratio(seen: Steps) -> Floats:
    told = (seen.sampling > 0) & (seen.freedom > 0)
    return np.asarray(np.divide(seen.size, seen.sampling, out=np.full(len(told), np.nan), where=told))


def normal(course: Course, seen: Steps, carried: Carried, share: Floats) -> Normal:
    """Sampling or what the steps say, whichever is more, at each cycle.

    What the steps hold beyond sampling is noise between retrainings. It counts for more where it is carried
    over: then a step is smaller than what the metric moves by in the long run. `share` is this metric's part
    of `carried`, (cycles, LEFT).
    """
    cycles = len(course.d)
    beyond = np.maximum(seen.size - seen.sampling, 0.0)
    # Steps that are smaller than sampling would have them shrink what is learned, never the error itself.
    less = np.minimum(np.divide(seen.size, seen.sampling, out=np.ones(cycles), where=seen.sampling > 0), 1.0)
    learned, full = np.zeros(cycles), np.zeros(cycles)
    together = {run: np.zeros(cycles) for run in RUNS}
    for i, left in enumerate(LEFT):
        part = share[:, i]
        total = seen.sampling / ((1 - part) + part * (1 - left))
        fresh = about_baseline(0.0, cycles, course.base, course.anchors)
        kept = about_baseline(left, cycles, course.base, course.anchors)
        white, held = total * (1 - part), total * part
        slow = beyond / (1 - left)
        weight = carried.left[:, i]
        learned += weight * (
            less * (white * fresh.diagonal() + held * kept.diagonal()) + slow * kept.diagonal()
        )
        full += weight * (white * fresh.diagonal() + (held + slow) * kept.diagonal())
        for run in RUNS:
            together[run] += weight * (white * _lagged(fresh, run) + (held + slow) * _lagged(kept, run))
    learned = np.where(seen.freedom > 0, learned, 0.0)
    drawn = np.nan_to_num(course.error) ** 2
    apart = 1 / (1 + max(course.anchors, 1))
    alike = {r: np.divide(c, full, out=np.full(cycles, apart), where=full > 0) for r, c in together.items()}
    freedom = np.where(drawn >= learned, GROUPS - 1.0, seen.freedom)
    return Normal(np.sqrt(np.maximum(drawn, learned)), freedom, alike)


def _lagged(covariance: Floats, run: int) -> Floats:
    """The mean covariance of each cycle with the others of the run that ends in it."""
    cycles = np.arange(len(covariance))
    return np.asarray(
        np.mean([covariance[cycles, np.maximum(cycles - lag, 0)] for lag in range(1, run)], axis=0), float
    )
