"""The forecasters that are set side by side. Each sees the distances up to one cycle, and the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrics import damped, forecasting, stats
from metrics.core import GROUPS
from metrics.forecasting import HIGH, LOW, Seen
from tests.benchmarks.forecasts import AHEAD

Floats = npt.NDArray[np.float64]
# A slope that is less sure than this says nothing of when a line will be crossed.
SURE, LAST = 0.9, 4
FREEDOM = GROUPS - 1.0


@dataclass(frozen=True)
class Foretold:
    """The 80 % interval by cycles ahead, and in how many cycles the line is crossed: not before, and by.

    `likely` is None where it cannot be bounded, as is `earliest` where there is no line.
    """

    bands: Mapping[int, tuple[float, float]]
    earliest: int | None
    likely: int | None


Forecaster = Callable[[Seen, float | None], Foretold]


def product(seen: Seen, line: float | None) -> Foretold:
    """The product's: a damped line."""
    drawn = damped.futures(seen.distances)
    bands = {h: tuple(np.quantile(drawn[h - 1], (LOW, HIGH)).tolist()) for h in AHEAD}
    if line is None:
        return Foretold(bands, None, None)
    return Foretold(bands, *forecasting.crossing(drawn, line))


def line_4(seen: Seen, line: float | None) -> Foretold:
    """A straight line through the last cycles, Student's intervals; the line is crossed where they meet it.

    There is no date unless the slope is down at 90 %.
    """
    known = np.flatnonzero(np.isfinite(seen.distances))[-LAST:]
    design = np.stack([np.ones(len(known)), known - len(seen.distances) + 1.0], axis=1)
    spread = np.linalg.inv(design.T @ design)
    level, slope = spread @ design.T @ seen.distances[known]
    steps = np.arange(1, damped.HORIZON + 1)
    ahead = np.stack([np.ones(len(steps)), steps], axis=1)
    wide = _noise(seen) * np.sqrt(1 + np.einsum("ij,jk,ik->i", ahead, spread, ahead))
    falls = stats.t_quantile(SURE, FREEDOM) * _noise(seen) * np.sqrt(spread[1, 1]) < -slope
    return _crossing(level + slope * steps, wide, line, falls=falls)


def as_now(seen: Seen, line: float | None) -> Foretold:
    """Tomorrow as today: the mean of the last two cycles, for ever."""
    known = seen.distances[np.isfinite(seen.distances)][-2:]
    steps = np.ones(damped.HORIZON)
    wide = steps * _noise(seen) * np.sqrt(1 + 1 / len(known))
    return _crossing(steps * known.mean(), wide, line, falls=True)


def _noise(seen: Seen) -> float:
    """The larger of sampling noise, 1, and that learned from cycle to cycle."""
    return max(1.0, float(np.sqrt(np.nanmean(np.diff(seen.distances) ** 2) / 2)))


def _crossing(middle: Floats, wide: Floats, line: float | None, *, falls: bool) -> Foretold:
    """From a middle and a spread by cycles ahead."""
    half = stats.t_quantile(HIGH, FREEDOM) * wide
    bands = {h: (float(middle[h - 1] - half[h - 1]), float(middle[h - 1] + half[h - 1])) for h in AHEAD}
    if line is None:
        return Foretold(bands, None, None)
    early, late = _first(middle - half <= line), _first(middle <= line)
    return Foretold(bands, early, late if falls and late <= damped.HORIZON else None)


def _first(said: npt.NDArray[np.bool_]) -> int:
    """In how many cycles something is said for the first time; one more than there are where it never is."""
    return int(np.argmax(said)) + 1 if said.any() else len(said) + 1


OURS = "ours"
FORECASTERS: dict[str, Forecaster] = {OURS: product, "line_4": line_4, "as_now": as_now}
