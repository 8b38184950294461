"""A figure: what a statistic says at one cycle, with its interval, or why it cannot be told."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from metrics import stats
from metrics.core import GROUPS, MetricValue, Registry, Undefined
from metrics.spots import Spot

Compute = Callable[[Spot], float]
Ends = Callable[[Spot], tuple[float, float]]
Level = Callable[[Spot, float], float]


@dataclass(frozen=True)
class Statistic:
    """A pure function from a spot to a number, with its facts declared.

    `label` stands in a list of statistics; `says` is what the number is of, such as '{} % of its baseline',
    and `subject` what has the number, such as 'the slope of {}'. `of` tells whether it is a statistic of one
    metric or of several together, `looks_back` whether it is one over several cycles, `side_by_side` whether
    what other voting metrics say of the noise counts, and `needs_reference` whether it is held against the
    pinned human reference. `level` gives the value at which the metric meets
    a line, where there is one that stands still, so that the line can be drawn. `least` is the smallest it
    can be, for metrics that are never below 0. Its interval is the jackknife's, unless `interval` gives
    another.
    """

    name: str
    label: str
    says: str = "{}"
    subject: str = "{}"
    of: Literal["metric", "family"] = "metric"
    looks_back: bool = False
    side_by_side: bool = False
    needs_reference: bool = False
    least: float = -math.inf
    level: Level | None = field(default=None, compare=False)
    interval: Ends | None = field(default=None, compare=False)
    compute: Compute = field(default=NotImplemented, compare=False)

    @property
    def doc(self) -> str:
        """The statistic's docstring."""
        return inspect.getdoc(self.compute) or ""


@dataclass(frozen=True)
class Figure:
    """What a statistic says at one cycle; `ends` are those of its 95 % interval, where it was asked for."""

    point: float
    ends: tuple[float, float] | None = None


STATISTICS: Registry[Statistic] = Registry("metrics.statistics")


def statistic(name: str, label: str, **facts: Any) -> Callable[[Compute], Compute]:
    """Declare the decorated function as a statistic; `facts` are the fields of `Statistic`."""

    def register(compute: Compute) -> Compute:
        STATISTICS.add(Statistic(name, label, compute=compute, **facts))
        return compute

    return register


def interval(statistic: Statistic, spot: Spot) -> tuple[float, float]:
    """The 95 % interval of a statistic: its own, or the jackknife's over the prompt groups.

    Each of the groups is left out of every cycle at once, so that what moves all cycles alike cancels. A
    value without replicates adds what one standard error of it moves the statistic by. At least one step
    of a count. Raises Undefined where the statistic, or the error of this cycle's value, is not known.
    """
    if statistic.interval is not None:
        return statistic.interval(spot)
    point = statistic.compute(spot)
    if spot.standings[spot.position].cycle in spot.cycles_where(lambda v: _alone(v) and v.stderr is None):
        raise Undefined("It came without a standard error.")
    moves = [statistic.compute(spot.shifted(c)) - point for c in spot.cycles_where(_alone)]
    error = math.hypot(_paired(statistic, spot), *moves)
    error = max(error, abs(statistic.compute(spot.stepped()) - point))
    half = stats.t_quantile(0.975, GROUPS - 1) * error
    return point - half, point + half


def _alone(value: MetricValue) -> bool:
    """Whether a value has no replicates that could be paired."""
    return not value.replicates


def _paired(statistic: Statistic, spot: Spot) -> float:
    if not spot.cycles_where(lambda v: bool(v.replicates)):
        return 0.0
    return stats.jackknife_se([statistic.compute(spot.without(g)) for g in range(GROUPS)])
