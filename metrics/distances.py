"""Distances between two distributions: different, without saying in which direction."""

from __future__ import annotations

import math

import numpy as np

from metrics.stats import Floats, share


def wasserstein_of_sorted(values: Floats, weights: Floats, others: Floats) -> float:
    """Area between the distribution function of weighted values in order and that of others in order."""
    drawn = weights > 0
    x, w = values[drawn], weights[drawn]
    if not len(x) or not len(others):
        return math.nan
    points = np.sort(np.concatenate([x, others]))
    mine = np.concatenate([[0.0], np.cumsum(w) / w.sum()])[np.searchsorted(x, points[:-1], "right")]
    theirs = np.searchsorted(others, points[:-1], "right") / len(others)
    return float(np.abs(mine - theirs) @ np.diff(points))


def jensen_shannon(now: Floats, then: Floats) -> Floats:
    """Views of the Jensen-Shannon distance in bits between counts, (views, types), and others, (types,).

    >>> jensen_shannon(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 2.0])).round(3).tolist()
    [1.0, 0.558]
    """
    p = share(now, np.broadcast_to(now.sum(axis=1, keepdims=True), now.shape))
    q = then / then.sum()
    middle = (p + q) / 2

    def towards(a: Floats) -> Floats:
        ratio = np.divide(a, middle, out=np.ones_like(middle), where=(a > 0) & (middle > 0))
        return np.asarray(np.sum(a * np.log2(ratio), axis=1))

    divergence = (towards(p) + towards(np.broadcast_to(q, p.shape))) / 2
    return np.asarray(np.sqrt(divergence.clip(0.0, 1.0)))
