"""Where a metric is going: its next cycles, and when a line will be crossed, or that nobody can say.

A metric's distance from its baseline is followed as `damped` says. The interval of a cycle ahead holds the
middle four fifths of the futures; a future has crossed the line from the first cycle on at which it lies
beyond it. So the bounds of the crossing are those at which the predictions meet the line, as by Fieller
(1954), and not an error put around their middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrics import damped, noise, stats
from metrics.core import Metric, Standing, Trend
from metrics.deviations import course
from metrics.panel import segments, speaks

Floats = npt.NDArray[np.float64]

FAN, FEWEST = 5, 5
LOW, HIGH = 0.1, 0.9
# Falls slow down more often than a line can know: on the tuning seeds what comes in 5 of 10 futures mostly
# came in fewer than half of the series, what comes in 7 of 10 in more.
EARLY, LIKELY = 0.1, 0.7
LOSS, QUALITY_LOSS = 0.20, 0.05


@dataclass(frozen=True)
class Ahead:
    """A metric at a future cycle: the ends of the 80 % interval of its value, and the middle."""

    cycle: int
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Forecast:
    """What can be said after one cycle, from it and those before it, of the cycles to come.

    `fan`: the next FAN cycles. `loss`: the share of the baseline whose loss is asked about, None where it
    has no meaning; `crossed`: it is lost already. `earliest`: not before this cycle; `likely`: more likely
    than not by this cycle, None where that cannot be bounded within damped.HORIZON cycles.
    """

    fan: tuple[Ahead, ...]
    loss: float | None = None
    crossed: bool = False
    earliest: int | None = None
    likely: int | None = None


@dataclass(frozen=True)
class Seen:
    """The distances from the baseline up to a cycle, on the metric's scale turned so that down is bad.

    In units of what sampling makes one of them vary by; NaN is unknown. `unit` and the baseline's `centre`
    are on the metric's scale.
    """

    distances: Floats
    unit: float
    centre: float


def forecast(standings: Sequence[Standing], trend: Trend, position: int) -> Forecast | None:
    """What the cycles up to one position say of those after it.

    None where too little is known: no baseline, no value now, fewer than FEWEST cycles, or nothing that says
    how much the metric moves by itself.
    """
    seen = so_far(standings, trend, position)
    if seen is None:
        return None
    drawn, metric = damped.futures(seen.distances), trend.metric
    now, gap = standings[position].cycle, _gap(standings[: position + 1])
    ends = np.quantile(drawn[:FAN], (LOW, 0.5, HIGH), axis=1).T
    fan = tuple(_ahead(metric, seen, now + gap * h, e) for h, e in enumerate(ends, start=1))
    line = line_at(metric, seen)
    if line is None:
        return Forecast(fan)
    if seen.distances[-1] <= line:
        return Forecast(fan, loss(metric), crossed=True)
    early, late = crossing(drawn, line)
    return Forecast(fan, loss(metric), False, now + gap * early, None if late is None else now + gap * late)


def loss(metric: Metric) -> float:
    """The loss that is asked about: a twentieth of quality is a drop, a fifth of all else a collapse."""
    return QUALITY_LOSS if metric.family == "quality" else LOSS


def line_at(metric: Metric, seen: Seen) -> float | None:
    """The distance at which that is lost; of a rate that should be low there is none."""
    base = float(stats.untransform(seen.centre, metric.scale))
    if metric.healthy != "high" or base <= 0:
        return None
    return (float(stats.transform(base * (1 - loss(metric)), metric.scale)) - seen.centre) / seen.unit


def crossing(drawn: Floats, line: float) -> tuple[int, int | None]:
    """In how many cycles a line is crossed: not before, and more likely than not by; None is unbounded.

    `drawn` are the futures, (cycles, draws), as `damped.futures` gives them; it is not before their end where
    few of them cross it.
    """
    chances = np.maximum.accumulate(drawn <= line, axis=0).mean(axis=1)
    early, late = (int((chances < chance).sum()) + 1 for chance in (EARLY, LIKELY))
    return early, late if late <= len(drawn) else None


def so_far(standings: Sequence[Standing], trend: Trend, position: int) -> Seen | None:
    """What was seen up to one position of what is compared with the same baseline; None is too little."""
    if not speaks(standings[position]):
        return None
    # What a control lends has numbers below 0 and is no part of this story.
    mine = [i for i in segments(standings[: position + 1])[-1] if standings[i].cycle >= 0]
    found = course(trend, mine, ())
    value = trend.values[position]
    if not found.known[-1] or found.known.sum() < FEWEST or value is None or value.value is None:
        return None
    steps = noise.steps(found)
    # What came without an error is told by its own steps.
    unit = float(np.sqrt(steps.sampling[-1] or steps.size[-1]))
    if not unit > 0:
        return None
    centre = trend.metric.sign * float(stats.transform(value.value, trend.metric.scale)) - found.d[-1]
    return Seen(found.d / unit, unit, centre)


def _gap(standings: Sequence[Standing]) -> int:
    """How far the cycles' numbers lie apart: the next is named as those before it."""
    return int(np.median(np.diff([s.cycle for s in standings if s.cycle >= 0])))


def _ahead(metric: Metric, seen: Seen, cycle: int, ends: Floats) -> Ahead:
    values = stats.untransform(metric.sign * (seen.centre + seen.unit * ends), metric.scale)
    low, middle, high = sorted(map(float, values))
    return Ahead(cycle, low, middle, high)
