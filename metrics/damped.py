"""Several damped lines through a series of noisy values, and the futures that they foretell together.

A damped line goes on as it went, a little less with every cycle (Gardner and McKenzie 1985), and its slope
may turn (Harvey 1989). The lines differ in how far theirs turns, each with several sizes of noise, and every
one counts by how well it would have foretold the values so far (Harrison and Stevens 1976). So what is not
known (the level, the slope, whether it lasts, the noise) is in the spread of the futures, with no
approximation. `tests/benchmarks/forecasts` measures how well that serves; the constants are from its tuning
seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from metrics import stats

Floats = npt.NDArray[np.float64]

# What is left of a slope a cycle later, and the variance by which it turns, in variances of a cycle.
DAMPING = 0.85
TURNS = (0.001, 0.1, 1.0)
# The variance of a cycle, in variances of its sampling: retraining adds to it, and jackknives err upwards.
NOISES = np.array([0.7, 1.4, 2.8, 5.6])
DRAWS, HORIZON = 2000, 20
# The first values, those of a baseline, start a line and do not judge it.
STARTING = 4


@dataclass(frozen=True)
class Line:
    """One damped line after the last value.

    `spread`: the variances of level and slope with their covariance between, in variances of a cycle.
    `fits`: the log likelihood of the values, by size of noise.
    """

    turns: float
    level: float
    slope: float
    spread: tuple[float, float, float]
    fits: Floats


def futures(values: Floats, variance: Floats, freedom: float) -> Floats:
    """The next values in many futures, (HORIZON, DRAWS), from values in order; NaN is a gap in them.

    `variance` is what sampling makes each of them vary by, known with so many degrees of `freedom`. The same
    chances serve every call, so that two answers differ by their values alone.
    """
    lines = [follow(values, variance, freedom, turns) for turns in TURNS]
    fits = np.array([line.fits for line in lines]).ravel()
    weights = np.cumsum(np.exp(fits - fits.max()))
    own = np.searchsorted(weights / weights[-1], (np.arange(DRAWS) + 0.5) / DRAWS)
    line, noise = np.divmod(np.minimum(own, len(fits) - 1), len(NOISES))
    luck, start, steps = _dice(freedom)
    scale = luck * np.sqrt(NOISES[noise])
    level, slope = _starts(lines, line, scale, start)
    turn = scale * np.sqrt(np.array(TURNS)[line] * variance.mean())
    off = scale * np.sqrt(variance[-1])
    drawn = np.empty((HORIZON, DRAWS))
    for ahead, (turned, noisy) in enumerate(steps):
        slope = DAMPING * slope
        level = level + slope
        slope = slope + turn * turned
        drawn[ahead] = level + off * noisy
    return drawn


def follow(values: Floats, variance: Floats, freedom: float, turns: float) -> Line:
    """One damped line through the values, by the Kalman filter.

    All variances are in those of a cycle, so that one pass serves every size of noise.
    """
    usual = float(variance.mean())
    level, slope = float(values[np.isfinite(values)][0]), 0.0
    a, b, c = 1e6 * usual, 0.0, max(turns, TURNS[0]) * usual
    fits, counted = np.zeros(len(NOISES)), 0
    for place, (value, own) in enumerate(zip(values, variance, strict=True)):
        if place:
            level, slope = level + DAMPING * slope, DAMPING * slope
            b, c = DAMPING * b, DAMPING**2 * c
            a, b, c = a + 2 * b + c, b + c, c + turns * usual
        if np.isnan(value):
            continue
        off, wide = value - level, a + own
        if counted >= STARTING:
            fits += _fit(off, wide, freedom)
        counted += 1
        level, slope = level + a / wide * off, slope + b / wide * off
        a, b, c = a - a * a / wide, b - a * b / wide, c - b * b / wide
    return Line(turns, level, slope, (a, b, c), fits)


def _fit(off: float, wide: float, freedom: float) -> Floats:
    """The log density of Student's distribution by size of noise, but for what is common to all."""
    scaled = off**2 / (wide * NOISES * freedom)
    return np.asarray(-0.5 * np.log(wide * NOISES) - (freedom + 1) / 2 * np.log1p(scaled))


@lru_cache(maxsize=8)
def _dice(freedom: float) -> tuple[Floats, Floats, Floats]:
    """The chances of every future: how noisy it is, where it starts, how each step goes."""
    rng = np.random.default_rng(stats.seed("futures", freedom))
    luck = np.sqrt(freedom / rng.chisquare(freedom, DRAWS))
    return luck, rng.normal(size=(2, DRAWS)), rng.normal(size=(HORIZON, 2, DRAWS))


def _starts(
    lines: Sequence[Line], line: npt.NDArray[np.intp], scale: Floats, start: Floats
) -> tuple[Floats, Floats]:
    """The level and the slope from which each future goes on."""
    level, slope = (np.array([getattr(each, name) for each in lines]) for name in ("level", "slope"))
    a, b, c = np.array([each.spread for each in lines]).T
    own, lean = np.sqrt(a), b / np.sqrt(a)
    rest = np.sqrt(np.maximum(c - lean**2, 0.0))
    return (
        level[line] + scale * own[line] * start[0],
        slope[line] + scale * (lean[line] * start[0] + rest[line] * start[1]),
    )
