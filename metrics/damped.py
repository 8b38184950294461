"""A damped line through a series of noisy values, and the futures that it foretells.

It goes on as it went, a little less with every cycle (Gardner and McKenzie 1985); its slope turns by chance
(Harvey 1989), and how noisy it is is learned on the way (West and Harrison 1997, 4.6). So what is not known
(the level, the slope, whether it lasts, the noise) is in the spread of the futures.
`tests/benchmarks/forecasts` measures how well that serves; the constants are from its tuning seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from metrics import stats

Floats = npt.NDArray[np.float64]

# What is left of a slope a cycle later, and the variance by which it turns, in variances of a cycle.
DAMPING, TURNS = 0.85, 0.3
# That a cycle varies by what sampling explains counts for so many values; then the values themselves tell.
COUNTS = 4.0
DRAWS, HORIZON = 2000, 10
# The first values, those of a baseline, start a line and do not judge it.
STARTING = 4


@dataclass(frozen=True)
class Line:
    """A damped line after the last value.

    `spread`: the variances of level and slope with their covariance between, in variances of a cycle.
    `noise`: that variance, with its degrees of `freedom`.
    """

    level: float
    slope: float
    spread: tuple[float, float, float]
    noise: float
    freedom: float


def futures(values: Floats) -> Floats:
    """The next values in many futures, (HORIZON, DRAWS), from values in order; NaN is a gap in them.

    They are in standard deviations of a cycle's sampling. The same chances serve every call, so that two
    answers differ by their values alone.
    """
    line = follow(values)
    a, b, c = line.spread
    luck, start, steps = _dice(line.freedom)
    scale = np.sqrt(line.noise) * luck
    level = line.level + scale * np.sqrt(a) * start[0]
    lean = b / a * np.sqrt(a) * start[0] + np.sqrt(c - b * b / a) * start[1]
    slope = line.slope + scale * lean
    drawn = np.empty((HORIZON, DRAWS))
    for ahead, (turned, noisy) in enumerate(steps):
        slope = DAMPING * slope
        level = level + slope
        slope = slope + scale * np.sqrt(TURNS) * turned
        drawn[ahead] = level + scale * noisy
    return drawn


def follow(values: Floats) -> Line:
    """The damped line through values in order, by the Kalman filter; NaN is a gap."""
    level, slope = float(values[np.isfinite(values)][0]), 0.0
    a, b, c = 1e6, 0.0, TURNS
    squares, counted = COUNTS, 0
    for place, value in enumerate(values):
        if place:
            level, slope = level + DAMPING * slope, DAMPING * slope
            b, c = DAMPING * b, DAMPING**2 * c
            a, b, c = a + 2 * b + c, b + c, c + TURNS
        if np.isnan(value):
            continue
        off, wide = value - level, a + 1
        if counted >= STARTING:
            squares += off**2 / wide
        counted += 1
        level, slope = level + a / wide * off, slope + b / wide * off
        a, b, c = a - a * a / wide, b - a * b / wide, c - b * b / wide
    freedom = COUNTS + max(counted - STARTING, 0)
    return Line(level, slope, (a, b, c), squares / freedom, freedom)


@lru_cache(maxsize=64)
def _dice(freedom: float) -> tuple[Floats, Floats, Floats]:
    """The chances of every future: how noisy it is, where it starts, how each step goes."""
    rng = np.random.default_rng(stats.seed("futures"))
    start, steps = rng.normal(size=(2, DRAWS)), rng.normal(size=(HORIZON, 2, DRAWS))
    return np.sqrt(freedom / rng.chisquare(freedom, DRAWS)), start, steps
