"""What moves a metric when nothing is wrong: sampling, and the noise between retrainings, learned as it goes.

Everything said of a cycle is learned from the cycles before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from metrics import replicated, stats
from metrics.carrying import LEFT, Carried, about_baseline
from metrics.core import GROUPS
from metrics.deviations import Course, Floats, jackknife
from metrics.replicated import Told

# Runs of so many cycles are looked at.
RUNS = (2, 3, 5)
POOL = 8.0
# A step whose square is beyond so many times the usual one counts as that: a fall is not to hide in the noise
# that it makes. It takes so many steps to know what is usual. Where the next step takes it back, but for this
# share of it, one cycle was odd and says nothing of the others.
LEAP, FEWEST_STEPS, LEFT_OF_IT = 12.0, 3, 1 / 3


@dataclass(frozen=True)
class Steps:
    """What the steps before each cycle, from one known cycle to the next, say of noise; all (cycles,).

    `size`: half their mean square, leaps cut off. `sampling`: what of it sampling explains. `freedom`: the
    degrees of freedom of `size` (von Neumann 1941), 2 (m - 1)^2 / (3 m - 4) from m cycles; 0 where there are
    no two.
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
    drawn = _drawn(course, places)
    squares = _squares(np.diff(course.d[places]), drawn)
    before = np.searchsorted(places, np.arange(cycles))
    count = np.maximum(before - 1, 0)
    m = np.maximum(before, 2)
    return Steps(
        _means(squares, count),
        _means(drawn, count),
        np.where(before >= 3, 2 * (m - 1.0) ** 2 / (3 * m - 4.0), 0.0),
    )


def _squares(moves: Floats, drawn: Floats) -> Floats:
    """Half the squares of steps, each at most LEAP times the mean of those before it, from the fourth on.

    After nothing but equal values, as of one model evaluated again and again, at most LEAP times what
    sampling explains of it, `drawn`.

    >>> root = np.sqrt(2)
    >>> _squares(root * np.array([1.0, 1.0, 1.0, 20.0, 1.0]), np.ones(5)).round(3).tolist()
    [1.0, 1.0, 1.0, 12.0, 1.0]
    >>> _squares(root * np.array([0.0, 0.0, 0.0, 20.0]), np.array([0.0, 0.0, 0.0, 2.0])).tolist()
    [0.0, 0.0, 0.0, 24.0]

    A leap that is taken back at once is unsaid by the step that does: both count as the step past it, here 1.

    >>> _squares(root * np.array([1.0, 1.0, 1.0, 20.0, -19.0, 1.0]), np.ones(6)).round(3).tolist()
    [1.0, 1.0, 1.0, 12.0, -10.0, 1.0]
    """
    found, leapt = moves**2 / 2, False
    for at in range(FEWEST_STEPS, len(found)):
        past = moves[at - 1] + moves[at]
        if leapt and abs(past) <= LEFT_OF_IT * abs(moves[at - 1]):
            found[at], leapt = past**2 - found[at - 1], False
            continue
        usual = float(found[:at].mean()) or float(drawn[at])
        # Where sampling is unknown too a step is all that is known of the noise.
        leapt = 0 < LEAP * usual < found[at]
        found[at] = LEAP * usual if leapt else found[at]
    return found


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


def retrained(seen: Sequence[Steps]) -> Floats:
    """Before each cycle, the share of the variance of steps that sampling does not explain, 0 to 1.

    (cycles,), the mean over the metrics that had steps and whose sampling is known; 0 where none had.
    """
    known = np.array([(each.freedom > 0) & (each.sampling > 0) for each in seen])
    size, sampling = (np.array([getattr(s, name) for s in seen]) for name in ("size", "sampling"))
    more = np.divide(np.maximum(size - sampling, 0), size, out=np.zeros(size.shape), where=size > 0)
    return np.asarray((more * known).sum(axis=0) / np.maximum(known.sum(axis=0), 1), float)


def normal(course: Course, seen: Steps, carried: Carried, share: Floats) -> Normal:
    """Sampling or what the steps say, whichever is more, at each cycle.

    What the steps hold beyond sampling is noise between retrainings. It counts for more where it is carried
    over: then a step is smaller than what the metric moves by in the long run. `share` is this metric's part
    of `carried`, (cycles, LEFT). Where cycles have replicate seeds these are heard too (see `replicated`).
    """
    told = replicated.told(course, seen.size, seen.sampling, seen.freedom)
    learned, alike = _learned(course, told, carried.left, share)
    drawn = np.nan_to_num(course.error) ** 2
    freedom = np.where(drawn >= learned, GROUPS - 1.0, told.freedom)
    return Normal(np.sqrt(np.maximum(drawn, learned)), freedom, alike)


def _learned(course: Course, told: Told, left: Floats, share: Floats) -> tuple[Floats, dict[int, Floats]]:
    """What the steps say of the variance about the baseline, (cycles,), and of the likeness within runs.

    Each of LEFT, as likely as `left` says, has noise that is fresh in every cycle and noise that is carried.
    """
    about = _about(len(course.d), course.base, course.anchors)
    # What several retrains of a cycle take off; nothing where each has one.
    mine = _about(len(course.d), course.base, course.anchors, told.retrains)
    off = {run: left * (mine[run] - each) for run, each in about.items()}
    sampling = told.sampling[:, None]
    total = sampling / (1 - share + share * (1 - np.array(LEFT)))
    slow = np.maximum(told.size - sampling, 0.0) / told.step
    fresh, kept = left * total * (1 - share), left * total * share
    # Steps that are smaller than sampling would have them shrink what is learned, never the error itself.
    less = np.divide(told.size, sampling, out=np.ones(told.size.shape), where=sampling > 0)
    own = about[1]
    smaller = np.minimum(less, 1.0) * (fresh * own[:, :1] + kept * own) + left * slow * own + slow * off[1]
    full = (fresh * own[:, :1] + (kept + left * slow) * own + slow * off[1]).sum(axis=1)
    apart = np.full(len(left), 1 / (1 + max(course.anchors, 1)))
    alike = {}
    for run in RUNS:
        held = (kept + left * slow) * about[run] + slow * off[run]
        shared = (fresh * about[run][:, :1] + held).sum(axis=1)
        alike[run] = np.divide(shared, full, out=apart.copy(), where=full > 0)
    return np.where(told.freedom > 0, smaller.sum(axis=1), 0.0), alike


@lru_cache(maxsize=256)
def _about(
    cycles: int, base: tuple[int, ...], anchors: int, retrains: tuple[int, ...] = ()
) -> dict[int, Floats]:
    """For each of RUNS the mean covariance of a cycle with the others of the run that ends in it.

    All (cycles, LEFT), for noise of variance 1 about its baseline; for a run of one cycle it is the variance.
    `retrains`: how many each cycle's value is pooled from, where some have several.
    """
    spread = {left: replicated.variances(left, retrains) if retrains else () for left in LEFT}
    each = [about_baseline(left, cycles, base, anchors, spread[left]) for left in LEFT]
    return {run: np.array([_lagged(covariance, run) for covariance in each]).T for run in (1, *RUNS)}


def _lagged(covariance: Floats, run: int) -> Floats:
    at, lags = np.arange(len(covariance)), range(1, run) if run > 1 else (0,)
    return np.asarray(np.mean([covariance[at, np.maximum(at - lag, 0)] for lag in lags], axis=0), float)
