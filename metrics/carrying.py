"""How much of the noise between retrainings is carried over from one cycle to the next.

A model that starts from the last one keeps its peculiarities, so that a healthy metric wanders: steps from
one cycle to the next look small beside what it moves by in ten. The few cycles of one metric hardly show
that. Its twenty prompt groups do: what a group has beyond the others is carried over in the same way, and
there are nineteen such series for each metric. A straight line is taken out of each: groups that narrow
faster than others do not wander.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from metrics.core import GROUPS
from metrics.deviations import Course, Floats

# How much of a carried noise is left after one cycle; the first is noise that is new in every cycle.
LEFT = (0.0, 0.3, 0.5, 0.7, 0.9)
FRESH = 0.7
# Of what differs between prompt groups, the share that is carried; the rest is drawn anew in every cycle.
SHARES = (0.1, 0.3, 0.6, 1.0)
# One metric says no more than this for carrying, in log-likelihood: a rate that hardly ever moves seems to.
MOST = 3.0
_REST = GROUPS - 1
# A level and a straight line over time leave something to tell from so many cycles on.
_LINE, _FEWEST = 2, 4


@dataclass(frozen=True)
class Carried:
    """Before each cycle: `left` (cycles, LEFT) how likely each is; `share` (courses, cycles, LEFT)."""

    left: Floats
    share: Floats

    @property
    def all_of_it(self) -> Floats:
        """The share, (cycles, LEFT), of a metric all of whose noise is carried if any is."""
        return np.broadcast_to(np.array(LEFT) > 0, self.left.shape).astype(float)


def carried(courses: Sequence[Course], cycles: int) -> Carried:
    """What the cycles before each cycle say, of all courses together. Bayes over a grid (see LEFT, SHARES).

    The likelihood is that of centred replicates at REML (Patterson and Thompson 1971), each group's own level
    and straight line over time taken out; heavy tails, as of rare events, count for less, by the kurtosis of
    the steps.
    """
    prior = np.log([FRESH, *[(1 - FRESH) / (len(LEFT) - 1)] * (len(LEFT) - 1)])
    each = [_course(c.replicates[:cycles].tobytes()) for c in courses]
    told = np.array([np.minimum(told - told[:, :1], MOST) for told, _ in each])
    likely = prior + told.reshape(len(each), cycles, len(LEFT)).sum(axis=0)
    weights = np.exp(likely - likely.max(axis=1, keepdims=True))
    share = np.array([share for _, share in each]).reshape(len(each), cycles, len(LEFT))
    return Carried(weights / weights.sum(axis=1, keepdims=True), share)


# Several rules ask of the same metrics in turn, and it takes longer than all the rest.
@lru_cache(maxsize=128)
def _course(replicates: bytes) -> tuple[Floats, Floats]:
    """What one metric says before each cycle: see `_told`, both (cycles, LEFT)."""
    each = np.frombuffer(replicates).reshape(-1, GROUPS)
    groups = each - each.mean(axis=1, keepdims=True)
    found = np.array([_told(groups[:at]) for at in range(len(groups))])
    return found[:, 0], found[:, 1]


def _told(groups: Floats) -> tuple[Floats, Floats]:
    """The log-likelihood of each of LEFT, and the share that is carried if it is so."""
    places = tuple(np.flatnonzero(~np.isnan(groups[:, 0])).tolist())
    if len(places) < _FEWEST:
        return np.zeros(len(LEFT)), np.zeros(len(LEFT))
    seen = groups[list(places)]
    if np.abs(seen).max() < 1e-12:
        return np.zeros(len(LEFT)), np.zeros(len(LEFT))
    inverse, log_size = _forms(tuple(p - places[0] for p in places))
    freedom = _REST * (len(places) - _LINE)
    total = np.maximum(np.tensordot(inverse, seen @ seen.T), 1e-300)
    likely = -0.5 * (_REST * log_size + freedom * np.log(total / freedom)) * _tempered(seen)
    top = likely.max(axis=1, keepdims=True)
    weights = np.exp(likely - top)
    told = top[:, 0] + np.log(weights.mean(axis=1))
    shares = weights @ np.array(SHARES) / weights.sum(axis=1)
    return told, np.where(np.array(LEFT) > 0, shares, 0.0)


def _tempered(seen: Floats) -> float:
    """A variance from steps of kurtosis k tells as much as 2 / (k - 1) as many of a normal distribution."""
    steps = np.diff(seen, axis=0) ** 2
    # Of the largest, so that the squares of large scores are numbers too.
    steps = steps / (steps.max() or 1.0)
    square = float(steps.mean()) ** 2
    kurtosis = float((steps**2).mean()) / square if square > 0 else np.inf
    return min(1.0, 2 / (kurtosis - 1)) if kurtosis > 1 else 1.0


@lru_cache(maxsize=256)
def _forms(places: tuple[int, ...]) -> tuple[Floats, Floats]:
    """For each of LEFT and SHARES the inverse covariance of contrasts in time, and its log-determinant."""
    at = np.array(places)
    basis = np.linalg.svd(np.vander(at, _LINE))[0][:, _LINE:]
    inverse = np.empty((len(LEFT), len(SHARES), len(at), len(at)))
    log_size = np.empty((len(LEFT), len(SHARES)))
    for i, left in enumerate(LEFT):
        for j, share in enumerate(SHARES):
            covariance = (1 - share) * np.eye(len(at)) + share * decay(left, at)
            inner = basis.T @ covariance @ basis
            inverse[i, j] = basis @ np.linalg.inv(inner) @ basis.T
            log_size[i, j] = np.linalg.slogdet(inner)[1]
    return inverse, log_size


def decay(left: float, at: npt.NDArray[Any]) -> Floats:
    """The correlation between cycles of a carried noise.

    >>> decay(0.5, np.arange(3)).tolist()
    [[1.0, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 1.0]]
    """
    return np.asarray(left ** np.abs(np.subtract.outer(at, at)), float)


@lru_cache(maxsize=256)
def about_baseline(
    left: float, cycles: int, base: tuple[int, ...], anchors: int, variances: tuple[float, ...] = ()
) -> Floats:
    """The covariance (cycles, cycles) of distances from the mean of the baseline, for noise of variance 1.

    Or of `variances` by cycle, of which as much is carried over to later cycles.

    Fresh noise about a baseline of 4 elsewhere: 1 and 1/4, which two cycles share:

    >>> about_baseline(0.0, 2, (), 4).tolist()
    [[1.25, 0.25], [0.25, 1.25]]
    """
    every = decay(left, np.arange(cycles))
    if variances:
        every = every * np.array(variances)[np.minimum.outer(np.arange(cycles), np.arange(cycles))]
    if not base:
        return every + 1 / max(anchors, 1)
    beside = every[:, list(base)].mean(axis=1)
    return np.asarray(every - beside[:, None] - beside + beside[list(base)].mean(), float)
