"""How much noise is carried over from cycle to cycle, and how much of it is retraining alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# What may be the case before anything is known: the share of the sampling variance that shows, the variance
# of retraining over it (the larger the less it is believed), and the share that is carried over.
SAMPLED = np.array([0.25, 0.5, 0.75, 1.0])
RATIOS = np.array([0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0])
CARRIED = np.array([0.0, 0.25, 0.5, 0.7, 0.85, 0.95])
# Sampling noise that lasts is taken to keep so much of itself from cycle to cycle; it is believed that none
# lasts, as strongly as a tenth of one pair of cycles would say so.
PERSISTS, BELIEF = 0.8, 0.1
LONGEST = 8
# Less sampling noise and more of another is hard to tell from sampling noise alone: it is believed less.
BOTH = 0.2
BELIEVED = np.where((SAMPLED[:, None] < 1) & (RATIOS > 0), BOTH, 1.0) / (1 + RATIOS)
# Metrics move together, so that all of them say no more than so many that do not would say.
INDEPENDENT = 5.0
ROUNDS = 10
SHARED, SHARED_WEIGHT = 0.35, 8.0


@dataclass(frozen=True)
class Retraining:
    """Noise of some metrics on their own scales, in variances of one cycle.

    `sampled`: the share of the sampling variance that shows, below 1 where cycles differ less than that says.
    `variance`: what retraining adds, its mean over what may be the case, and `likely` the likeliest; both are
    far apart while little is known. `carried`: the share of it that one cycle has from the last, by metric.
    `shared`: correlation of any two metrics' noise.
    """

    sampled: Floats
    variance: Floats
    likely: Floats
    carried: Floats
    shared: float


def freedom(cycles: int) -> float:
    """Degrees of freedom of a variance learned from the steps between so many cycles (von Neumann 1941).

    >>> freedom(4)
    2.25
    """
    return 2 * (cycles - 1) ** 2 / (3 * cycles - 4)


def persisting(variances: Floats, counts: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """From half the variance of steps over 1, 2, ... cycles to that of a cycle, and the share that lasts.

    `variances` and `counts`, of the steps that each rests on, are (lags, metrics). Where a share x of a
    variance v is carried over, steps over L cycles have half the variance v (1 - x phi^L); v and v x are
    fitted by least squares.

    >>> steps = np.array([[2 * (1 - 0.5 * PERSISTS**lag)] for lag in range(1, 9)])
    >>> size, lasting = persisting(steps, np.full((8, 1), 10_000))
    >>> size.round(2).tolist(), lasting.round(2).tolist()
    ([2.0], [0.5])
    """
    seen, told = variances[:LONGEST], counts[:LONGEST]
    unit = seen[:1] + (seen[:1] == 0)
    left = PERSISTS ** np.arange(1, len(seen) + 1)[:, None]
    total = np.maximum(told.sum(axis=0), 1)
    middle, level = (told * left).sum(axis=0) / total, (told * seen).sum(axis=0) / total
    slope = (told * (left - middle) * (level - seen) / unit).sum(axis=0)
    slope *= unit[0] / ((told * (left - middle) ** 2).sum(axis=0) + BELIEF)
    slope = np.clip(slope, 0.0, level / (1 - middle))
    size = level + slope * middle
    return size, np.divide(slope, size, out=np.zeros_like(size), where=size > 0)


def retraining(distances: Floats, sampling: Floats, lasting: Floats) -> Retraining:
    """Learn it from distances to the baseline, (metrics, cycles), down is bad and NaN unknown.

    `sampling` is the sampling variance of one cycle, by metric, and `lasting` the share of it that is carried
    over. A grid of what may be the case is weighed by the likelihood of the distances about their own mean
    (restricted, Patterson and Thompson 1971); what is carried over, by all metrics together.
    """
    facts = zip(distances, sampling, lasting.round(1), strict=True)
    weights, carry = _weighed(np.array([_log_likelihoods(*each) for each in facts]))
    ratios = weights.sum(axis=(1, 3))
    return Retraining(
        sampled=np.einsum("jark,a->j", weights, SAMPLED),
        variance=ratios @ RATIOS * sampling,
        likely=RATIOS[ratios.argmax(axis=1)] * sampling,
        carried=np.full(len(distances), float(carry @ CARRIED)),
        shared=_shared(np.diff(distances, axis=1)),
    )


def _weighed(logs: Floats) -> tuple[Floats, Floats]:
    """How likely each point of the grid is, by metric, and each share that is carried over, by all of them.

    What the others do is what is believed of each metric (empirical Bayes, Efron and Morris 1973).
    """
    likelihoods = np.exp(logs - logs.max(axis=(1, 2, 3), keepdims=True))
    prior, says = BELIEVED / BELIEVED.sum(), min(1.0, INDEPENDENT / len(logs))
    believed, carry = prior, np.full(len(CARRIED), 1 / len(CARRIED))
    for _ in range(ROUNDS):
        weights = likelihoods * believed[..., None] * carry
        weights /= weights.sum(axis=(1, 2, 3), keepdims=True)
        by_carry = (likelihoods * believed[..., None]).sum(axis=(1, 2))
        seen = np.log(np.maximum(by_carry, 1e-300)).sum(axis=0)
        carry = np.exp(says * (seen - seen.max()))
        carry /= carry.sum()
        believed = prior + says * weights.sum(axis=(0, 3))
        believed /= believed.sum()
    return weights, carry


def _log_likelihoods(distances: Floats, sampling: float, lasting: float) -> Floats:
    """One metric's at every point of the grid, (sampled, ratio, carried)."""
    there = np.flatnonzero(np.isfinite(distances))
    if sampling <= 0 or len(there) < 2:
        return np.zeros((len(SAMPLED), len(RATIOS), len(CARRIED)))
    inverse, logdet = _models(tuple(there.tolist()), lasting)
    d = distances[there]
    return np.asarray(-0.5 * (logdet + np.einsum("i,...ij,j->...", d, inverse, d) / sampling))


@lru_cache(maxsize=256)
def _models(cycles: tuple[int, ...], lasting: float) -> tuple[Floats, Floats]:
    """At every point of the grid the inverse covariance about an unknown mean, and its log-determinant."""
    at, count = np.array(cycles), len(cycles)
    apart = np.abs(at[:, None] - at)
    # An orthonormal basis of what is left when the mean is taken away.
    basis = np.linalg.qr(np.column_stack([np.ones(count), np.eye(count)[:, 1:]]))[0][:, 1:]
    carried = np.where(apart == 0, 1.0, CARRIED[:, None, None] ** apart)
    drawn = (1 - lasting) * np.eye(count) + lasting * PERSISTS**apart
    whole = SAMPLED[:, None, None, None, None] * drawn + RATIOS[:, None, None, None] * carried
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
    cycles, seen = float(steps.shape[1]), min(max(both, 0.0), 1.0)
    return (cycles * seen + SHARED_WEIGHT * SHARED) / (cycles + SHARED_WEIGHT)
