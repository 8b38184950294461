"""What the popular rules look at: plain numbers, cycle by cycle, and the first baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrics.core import Trend
from tests.benchmarks.lead_time.contenders import On, Series

Floats = npt.NDArray[np.float64]
# Rounding is no movement: four equal baseline values have a mean that may differ in the last digit.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Line:
    """One metric by position, NaN where it is unknown, turned so that down is bad.

    `step`: what one output more or less makes of it; equal values of a count do not tell that it
    stands still.
    """

    name: str
    should_be_high: bool
    values: Floats
    base: Floats
    step: float = 0.0

    @property
    def centre(self) -> float:
        """The mean of the baseline."""
        return float(np.mean(self.base))

    def spread(self, ddof: int = 1) -> float:
        """The standard deviation of the baseline, never less than one step or what rounding makes of ties."""
        found = float(np.std(self.base, ddof=ddof))
        return max(found, self.step, ROUNDING * max(abs(self.centre), 1.0))

    @property
    def z(self) -> Floats:
        """Every value in standard deviations of the baseline."""
        return (self.values - self.centre) / self.spread()


def watched(series: Series, on: On) -> list[Trend]:
    """The trends of the whole that a rule looks at: those that vote, or mean score."""
    whole = {name: t for (name, part), t in series.history.trends.items() if part is None}
    if on == "score":
        return [whole["mean_score"]] if "mean_score" in whole else []
    return [whole[name] for name in sorted(whole) if whole[name].metric.votes]


def first_baseline(series: Series) -> tuple[int, ...]:
    """The positions of the first baseline; none while it is not complete, so that nobody judges."""
    standings = series.history.standings
    if not standings or not standings[0].complete:
        return ()
    return tuple(i for i, s in enumerate(standings) if s.cycle in standings[0].baseline)


def lines(series: Series, on: On) -> list[Line]:
    """What is watched, where at least two cycles of the baseline are known."""
    base = list(first_baseline(series))
    made = []
    for trend in watched(series, on):
        high = trend.metric.healthy != "low"
        known = [v.value if v is not None and v.status == "ok" else None for v in trend.values]
        values = np.array([np.nan if v is None else v for v in known]) * (1.0 if high else -1.0)
        own = values[base]
        own = own[~np.isnan(own)]
        if len(own) >= 2:
            made.append(Line(trend.metric.name, high, values, own, _step(trend, base)))
    return made


def _step(trend: Trend, base: list[int]) -> float:
    known = [v.step for i in base if (v := trend.values[i]) is not None and v.status == "ok"]
    return max((step for step in known if step is not None), default=0.0)


def after(series: Series) -> range:
    """The positions that may be judged: those after the first baseline, borders or not."""
    base = first_baseline(series)
    return range(max(base) + 1 if base else len(series.history.standings), len(series.history.standings))


def where(series: Series, alarm: Callable[[int], bool]) -> list[int]:
    """The cycles after the baseline at whose position the alarm is on."""
    return [series.history.standings[i].cycle for i in after(series) if alarm(i)]


def any_of(series: Series, flags: Iterable[npt.NDArray[np.bool_]]) -> list[int]:
    """The cycles after the baseline at which one of the lines is flagged."""
    every = list(flags)
    return where(series, lambda i: any(flag[i] for flag in every))
