"""How much retraining alone moves metrics: the size of it, what is carried over, what metrics share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# What may be the case before anything is known, each as likely as the next: the share of the sampling
# variance that shows, the variance of retraining over it, and the share that is carried over.
SAMPLED = np.array([0.25, 0.5, 0.75, 1.0])
RATIOS = np.array([0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0])
BELIEVED = 1 / (1 + RATIOS)
CARRIED = np.array([0.0, 0.25, 0.5, 0.7, 0.85])
# Metrics move together, so that each says less of what is carried over than it would say alone.
SAYS = 0.5
SHARED, SHARED_WEIGHT = 0.35, 8.0


@dataclass(frozen=True)
class Retraining:
    """Noise of some metrics on their own scales, in variances of one cycle.

    `sampled`: the share of the sampling variance that shows, below 1 where cycles differ less than that says.
    `variance`: what retraining adds. `carried`: the share of it that one cycle has from the last, by metric.
    `shared`: correlation of any two metrics' noise.
    """

    sampled: Floats
    variance: Floats
    carried: Floats
    shared: float


def freedom(cycles: int) -> float:
    """Degrees of freedom of a variance learned from the steps between so many cycles (von Neumann 1941).

    >>> freedom(4)
    2.25
    """
    return 2 * (cycles - 1) ** 2 / (3 * cycles - 4)


def retraining(distances: Floats, sampling: Floats) -> Retraining:
    """Learn it from distances to the baseline, (metrics, cycles), down is bad and NaN unknown.

    `sampling` is the sampling variance of one cycle, by metric. A grid of what may be the case is weighed by
    the likelihood of the distances about their own mean (restricted, Patterson and Thompson 1971); what is
    carried over is weighed by all metrics together. Returned are the means.
    """
    logs = np.array([_log_likelihoods(d, s) for d, s in zip(distances, sampling, strict=True)])
    weights = np.exp(logs - logs.max(axis=(1, 2, 3), keepdims=True)) * BELIEVED[:, None]
    carry = SAYS * np.log(weights.mean(axis=(1, 2))).sum(axis=0)
    carry = np.exp(carry - carry.max())
    weights = weights / weights.sum(axis=(1, 2), keepdims=True) * carry / carry.sum()
    sampled = np.einsum("jark,a->j", weights, SAMPLED)
    ratio = np.einsum("jark,r->j", weights, RATIOS)
    carried = np.full(len(distances), float(carry @ CARRIED / carry.sum()))
    return Retraining(sampled, ratio * sampling, carried, _shared(np.diff(distances, axis=1)))


def _log_likelihoods(distances: Floats, sampling: float) -> Floats:
    """One metric's at every point of the grid, (sampled, ratio, carried)."""
    there = np.flatnonzero(np.isfinite(distances))
    if sampling <= 0 or len(there) < 2:
        return np.zeros((len(SAMPLED), len(RATIOS), len(CARRIED)))
    inverse, logdet = _models(tuple(there.tolist()))
    d = distances[there]
    return np.asarray(-0.5 * (logdet + np.einsum("i,...ij,j->...", d, inverse, d) / sampling))


@lru_cache(maxsize=64)
def _models(cycles: tuple[int, ...]) -> tuple[Floats, Floats]:
    """At every point of the grid the inverse covariance about an unknown mean, and its log-determinant."""
    at, count = np.array(cycles), len(cycles)
    apart = np.abs(at[:, None] - at)
    # An orthonormal basis of what is left when the mean is taken away.
    basis = np.linalg.qr(np.column_stack([np.ones(count), np.eye(count)[:, 1:]]))[0][:, 1:]
    carried = np.where(apart == 0, 1.0, CARRIED[:, None, None] ** apart)
    whole = SAMPLED[:, None, None, None, None] * np.eye(count) + RATIOS[:, None, None, None] * carried
    within = basis.T @ whole @ basis
    return basis @ np.linalg.inv(within) @ basis.T, np.linalg.slogdet(within)[1]


def _shared(steps: Floats) -> float:
    """The mean correlation between the steps of two metrics, of those that move."""
    steps = np.where(np.isfinite(steps), steps, 0.0)
    sizes = np.sqrt((steps**2).mean(axis=1))
    unit = steps[sizes > 0] / sizes[sizes > 0, None]
    count = len(unit)
    if count < 2:
        return SHARED
    both = float((unit.sum(axis=0) ** 2 - (unit**2).sum(axis=0)).mean()) / (count * (count - 1))
    cycles = steps.shape[1]
    return (cycles * min(max(both, 0.0), 1.0) + SHARED_WEIGHT * SHARED) / (cycles + SHARED_WEIGHT)
