"""The forecasters that are set side by side. Each sees the distances up to one cycle, and the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrics import damped, forecasting, stats
from metrics.deviations import learned_noise
from metrics.forecasting import HIGH, LOW, Seen
from tests.benchmarks.forecasts import AHEAD

Floats = npt.NDArray[np.float64]
# A slope that is less sure than this says nothing of when a line will be crossed.
SURE = 0.9


@dataclass(frozen=True)
class Foretold:
    """The 80 % interval by cycles ahead, and in how many cycles the line is crossed: not before, and by.

    `earliest` and `likely` are None where they cannot be bounded.
    """

    bands: Mapping[int, tuple[float, float]]
    earliest: int | None
    likely: int | None


Forecaster = Callable[[Seen, float | None], Foretold]


def product(seen: Seen, line: float | None) -> Foretold:
    """The product's: several damped lines, each by how well it would have foretold the cycles so far."""
    drawn = damped.futures(seen.distances, seen.variance, seen.freedom)
    bands = {h: tuple(np.quantile(drawn[h - 1], (LOW, HIGH)).tolist()) for h in AHEAD}
    if line is None:
        return Foretold(bands, None, None)
    return Foretold(bands, *forecasting.crossing(drawn, line))


def first(said: npt.NDArray[np.bool_]) -> int | None:
    """In how many cycles something is said for the first time."""
    return int(np.argmax(said)) + 1 if said.any() else None


def noise(seen: Seen) -> tuple[float, float]:
    """The larger of sampling noise and that learned from cycle to cycle, with its degrees of freedom."""
    learned, freedom = learned_noise(seen.distances[np.isfinite(seen.distances)])
    sampling = float(np.sqrt(seen.variance.mean()))
    return (sampling, seen.freedom) if sampling >= learned else (learned, freedom)


def straight(seen: Seen, line: float | None, last: int) -> Foretold:
    """A weighted line through the last cycles, Student's intervals; the line is crossed where they meet it.

    Nothing is said of the crossing unless the slope is down at 90 %.
    """
    known = np.flatnonzero(np.isfinite(seen.distances))[-last:]
    sigma, freedom = noise(seen)
    weights = 1 / (seen.variance[known] / seen.variance.mean())
    design = np.stack([np.ones(len(known)), known - len(seen.distances) + 1.0], axis=1)
    spread = np.linalg.inv(design.T @ (weights[:, None] * design))
    level, slope = spread @ design.T @ (weights * seen.distances[known])
    steps = np.arange(1, damped.HORIZON + 1)
    ahead = np.stack([np.ones(len(steps)), steps], axis=1)
    wide = sigma * np.sqrt(1 + np.einsum("ij,jk,ik->i", ahead, spread, ahead))
    falls = stats.t_quantile(SURE, freedom) * sigma * np.sqrt(spread[1, 1]) < -slope
    return crossing(level + slope * steps, wide, freedom, line if falls else None)


def crossing(middle: Floats, wide: Floats, freedom: float, line: float | None) -> Foretold:
    """From a middle and a spread by cycles ahead."""
    half = stats.t_quantile(HIGH, freedom) * wide
    bands = {h: (float(middle[h - 1] - half[h - 1]), float(middle[h - 1] + half[h - 1])) for h in AHEAD}
    if line is None:
        return Foretold(bands, None, None)
    return Foretold(bands, first(middle - half <= line), first(middle <= line))


def line_4(seen: Seen, line: float | None) -> Foretold:
    """A line through the last four cycles."""
    return straight(seen, line, 4)


def line_6(seen: Seen, line: float | None) -> Foretold:
    """A line through the last six cycles."""
    return straight(seen, line, 6)


def line_since(seen: Seen, line: float | None) -> Foretold:
    """A line since the metric has stayed a normal movement under its baseline; four cycles at least."""
    known = seen.distances[np.isfinite(seen.distances)]
    away = known <= -noise(seen)[0]
    stayed = len(away) if away.all() else int(np.argmin(away[::-1]))
    return straight(seen, line, max(4, stayed + 1))


def one_damped(seen: Seen, line: float | None) -> Foretold:
    """One damped line whose slope turns a little (Holt 1957), its noise as for the straight ones."""
    sigma, freedom = noise(seen)
    found = damped.follow(seen.distances, seen.variance, freedom, damped.TURNS[1])
    usual, phi = float(seen.variance.mean()), damped.DAMPING
    level, slope, (a, b, c) = found.level, found.slope, found.spread
    middle, wide = np.empty(damped.HORIZON), np.empty(damped.HORIZON)
    for h in range(damped.HORIZON):
        slope = phi * slope
        level = level + slope
        b, c = phi * b, phi**2 * c
        a, b, c = a + 2 * b + c, b + c, c + damped.TURNS[1] * usual
        middle[h], wide[h] = level, sigma * np.sqrt((a + usual) / usual)
    return crossing(middle, wide, freedom, line)


def as_now(seen: Seen, line: float | None) -> Foretold:
    """Tomorrow as today: the mean of the last two cycles, for ever."""
    sigma, freedom = noise(seen)
    known = seen.distances[np.isfinite(seen.distances)][-2:]
    steps = np.ones(damped.HORIZON)
    return crossing(steps * known.mean(), steps * sigma * np.sqrt(1 + 1 / len(known)), freedom, line)


FORECASTERS: dict[str, Forecaster] = {
    "ours": product,
    "line_4": line_4,
    "line_6": line_6,
    "line_since": line_since,
    "one_damped": one_damped,
    "as_now": as_now,
}
