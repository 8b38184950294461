"""Where a statistic is asked for: one cycle of what a rule watches, whole or with prompts left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from metrics import stats
from metrics.core import Metric, MetricValue, Scale, Standing, Trend, Undefined
from metrics.deviations import error_on_scale
from metrics.panel import Cycles, Panel, segments

Change = Callable[[Metric, MetricValue], MetricValue]


@dataclass(frozen=True)
class Judging:
    """Trends side by side, as the early warning judges them: what each evaluation says is found once."""

    standings: tuple[Standing, ...]
    trends: tuple[Trend, ...]

    @cached_property
    def panels(self) -> dict[int, tuple[Panel, int]]:
        """By position: the panel of its evaluation, and its place there. A panel never looks ahead."""
        found: dict[int, tuple[Panel, int]] = {}
        for positions in segments(self.standings):
            panel = Panel.of(self.trends, Cycles.of(self.standings, positions))
            found |= {position: (panel, at) for at, position in enumerate(positions)}
        return found


@dataclass(frozen=True)
class Spot:
    """One cycle of the watched trends: one metric's, or those that are judged together.

    `window` is the number of cycles that a statistic over several of them looks back on, this one included.
    `judging` has the trends beside which they are judged; without it they are judged alone. Whatever is not
    known here raises Undefined with the reason.
    """

    standings: tuple[Standing, ...]
    position: int
    trends: tuple[Trend, ...]
    window: int
    judging: Judging | None = None

    @property
    def trend(self) -> Trend:
        """The trend of the one metric that is watched."""
        return self.trends[0]

    @property
    def past(self) -> list[int]:
        """The earlier positions that compare with this one; what lies before a pinned baseline does not."""
        here = self.standings[self.position]
        first = min(here.baseline, default=0)
        found = [i for i in range(self.position) if self.standings[i].segment == here.segment]
        return [i for i in found if self.standings[i].cycle >= first]

    @property
    def own_past(self) -> list[int]:
        """The same, without the cycles that a control lineage lends, which are numbered below 0."""
        return [i for i in self.past if self.standings[i].cycle >= 0]

    def known(self, position: int) -> MetricValue:
        """The metric's value at a position."""
        return _known(self.trend.values[position])

    def value(self, position: int | None = None) -> float:
        """The metric's value at a position, by default here."""
        return self.known(self.position if position is None else position).value or 0.0

    def baseline(self, position: int | None = None) -> float:
        """The mean of the baseline of a position, measured as the value there was."""
        at = self.position if position is None else position
        base = [v.value for v in self.trend.baselines[at] if v.value is not None]
        if not base:
            raise Undefined("Its baseline is not known.")
        return sum(base) / len(base)

    def of_baseline(self, position: int | None = None) -> float:
        """The value at a position in percent of its baseline."""
        return percent(self.value(position), self.baseline(position), "Its baseline")

    def reference(self) -> float:
        """What the pinned human reference has of the metric, measured as the value here was."""
        if not any(self.trend.references):
            raise Undefined("No human reference is pinned.")
        found = self.trend.references[self.position]
        if found is not None and found.status == "ok":
            return found.value or 0.0
        why = f": {found.note}" if found and found.note else "."
        raise Undefined(f"The human reference has no value of it{why}")

    def judged(self) -> tuple[Panel, int]:
        """The panel that judges the trends, and this cycle's place in it."""
        panels = (self.judging or Judging(self.standings, self.trends)).panels
        if self.position not in panels:
            raise Undefined("It lies before its baseline.")
        return panels[self.position]

    def without(self, group: int) -> Spot:
        """The same spot with one prompt group left out of every cycle that has replicates."""
        return self._changed(lambda metric, v: _left_out(metric.scale, v)[group] if v.replicates else v)

    def shifted(self, cycle: int) -> Spot:
        """The same spot with one cycle one standard error higher, where it has no replicates."""
        return self._changed(lambda metric, v: _shifted(metric, v) if v.cycle == cycle else v)

    def stepped(self) -> Spot:
        """The same spot with one count less at this cycle."""
        here = self.standings[self.position].cycle
        return self._changed(lambda _, v: _one_less(v) if v.cycle == here else v)

    def cycles_where(self, holds: Callable[[MetricValue], bool]) -> list[int]:
        """The cycles up to this one at which a known value of the trends is so."""
        positions = [*self.past, self.position]
        found = [t.values[i] for t in self.trends for i in positions]
        found += [b for t in self.trends for b in t.baselines[self.position]]
        found += [r for t in self.trends for r in t.references[self.position : self.position + 1]]
        return sorted({v.cycle for v in found if v is not None and v.status == "ok" and holds(v)})

    def _changed(self, change: Change) -> Spot:
        done: dict[int, MetricValue] = {}

        def one(metric: Metric, value: MetricValue) -> MetricValue:
            # The values of a baseline stand beside every cycle: each is changed once.
            if id(value) not in done:
                done[id(value)] = change(metric, value) if value.status == "ok" else value
            return done[id(value)]

        upto = self.position + 1
        trends = tuple(
            replace(
                t,
                values=tuple(None if v is None else one(t.metric, v) for v in t.values[:upto]),
                baselines=tuple(tuple(one(t.metric, b) for b in base) for base in t.baselines[:upto]),
                references=tuple(None if r is None else one(t.metric, r) for r in t.references[:upto]),
            )
            for t in self.trends
        )
        return replace(self, trends=trends)


def percent(part: float, whole: float, of: str) -> float:
    """`part` in percent of `whole`; nothing is so many percent of nothing.

    >>> percent(0.4, 0.5, "Its baseline")
    80.0
    """
    if not whole:
        raise Undefined(f"{of} is 0, and nothing is so many percent of 0.")
    return 100 * part / whole


def _known(value: MetricValue | None) -> MetricValue:
    if value is None or value.status != "ok" or value.value is None:
        raise Undefined((value.note if value else None) or "It was not measured at this cycle.")
    return value


@lru_cache(maxsize=4096)
def _left_out(scale: Scale, value: MetricValue) -> tuple[MetricValue, ...]:
    """The value with each group left out; its replicates move along, so that its noise stays what it was."""
    on_scale = stats.transform(value.replicates, scale)
    moved = on_scale + (on_scale - float(stats.transform(value.value or 0.0, scale)))[:, None]
    rows = stats.untransform(moved, scale).tolist()
    return tuple(
        replace(value, value=left, replicates=tuple(row))
        for left, row in zip(value.replicates, rows, strict=True)
    )


def _shifted(metric: Metric, value: MetricValue) -> MetricValue:
    now, error = value.value or 0.0, value.stderr or 0.0
    moved = float(stats.transform(now, metric.scale)) + error_on_scale(now, error, metric.scale)
    return replace(value, value=float(stats.untransform(moved, metric.scale)))


def _one_less(value: MetricValue) -> MetricValue:
    now, step = value.value or 0.0, value.step or 0.0
    return replace(value, value=now - step if now - step > 0 else now + step)
