"""Distances of one metric made by hand, for the tests of what is learned from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metrics.core import GROUPS, METRICS
from metrics.deviations import Course
from tests.planted import Floats

# Ten groups up by this and ten down have a jackknife error of 1: 19/20 * 20 a^2 = 1.
UNIT = 1 / np.sqrt(GROUPS - 1)
SPLIT = UNIT * np.array([1.0, -1.0] * (GROUPS // 2))


def course(
    d: Sequence[float],
    *,
    error: float = 0.0,
    own: float = 0.0,
    least: float = 0.0,
    groups: Floats | None = None,
    base: tuple[int, ...] = (0, 1, 2, 3),
) -> Course:
    """A metric at these distances; `groups` (cycles, GROUPS) are replicates, which it lacks without them."""
    far = np.array(d, float)
    every = np.ones(len(far))
    told = np.full((len(far), GROUPS), np.nan) if groups is None else groups
    metric = METRICS.get("distinct_1")
    known = ~np.isnan(far)
    return Course(metric, far, told, error * every, own * every, least * every, known, base, len(base) or 4)
