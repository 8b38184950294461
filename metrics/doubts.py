"""What makes a baseline doubtful: it falls itself, its first cycle lies apart, it is old, or was inherited.

Or outputs are much longer than they were in it. None of this changes a status. It is said beside it, so
that a person may choose another baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from metrics import stats
from metrics.baselines import REFERENCE, cycles_text, lent
from metrics.comparability import SHARED_NEEDED
from metrics.core import GROUPS, History, MetricValue, Trend
from metrics.deviations import error_on_scale
from metrics.store import Verdict

Floats = npt.NDArray[np.float64]

# `python -m tests.benchmarks.doubts` counts how few healthy series are ever told either.
FALLS, APART, STILL = -3.0, 3.5, 2.0
OLD, FEWEST, AFTER = 30, 3, 2
# Times as long as in any cycle of the baseline: then text metrics fall by that alone.
LONGER = 1.25
ALARMS = ("narrowing", "collapse")


class Doubts:
    """The doubts about the baselines of one history, cycle by cycle; what was said of one is said again."""

    def __init__(self, history: History) -> None:
        self._standings = history.standings
        whole = [
            t for (_, part), t in sorted(history.trends.items(), key=lambda kv: kv[0][0]) if part is None
        ]
        self._voters = [t for t in whole if t.metric.votes]
        self._length = next((t for t in whole if t.metric.name == "length_p50"), None)
        self._unsteady: dict[tuple[int, ...], str] = {}
        self._inherited: dict[int, int | None] = {}
        self._distances: dict[str, list[float | None]] = {}
        self._errors: dict[tuple[Any, ...], float] = {}

    def after(self, position: int, before: Verdict | None = None) -> list[str]:
        """What is to be said after the cycle at a position, from that cycle and earlier ones alone.

        To be asked in order. `before` is the verdict of the cycle before it.
        """
        here = self._standings[position]
        words = [self._origin(position, before), self._moving(position), self._age(position)]
        words.append(self._longer(position))
        if here.shared < SHARED_NEEDED:
            words.append(f"It is compared on {here.shared:.0%} of the baseline's prompts.")
        return [word for word in words if word]

    def _origin(self, position: int, before: Verdict | None) -> str:
        """Whether the baseline was learned after a change of the evaluation, while an alarm stood."""
        here = self._standings[position]
        if here.segment not in self._inherited:
            since = None
            if here.opens_segment and before is not None:
                was = self._inherited.get(self._standings[position - 1].segment)
                since = before.since if before.status in ALARMS else was
            self._inherited[here.segment] = since
        since = self._inherited[here.segment]
        told = f"The new baseline is learned from a model that was narrowing since cycle {since}."
        return told if since is not None else ""

    def _age(self, position: int) -> str:
        here = self._standings[position]
        if here.baseline == (REFERENCE,):
            return ""
        since = sum(self._standings[i].cycle >= 0 for i in self._later(position))
        return f"The baseline lies {since} cycles back." if since > OLD else ""

    def _longer(self, position: int) -> str:
        """Whether the median output is much longer than in every cycle of the baseline."""
        known = self._length.baselines[position] if self._length else ()
        now = self._length.values[position] if self._length else None
        then = [v.value for v in known if v.value]
        if now is None or not now.value or not then or now.value < LONGER * max(then):
            return ""
        longer = f"{now.value:.3g} words, up from {np.median(then):.3g} in the baseline"
        return f"The median output has {longer}: longer outputs alone make metrics of text fall."

    def _later(self, position: int) -> list[int]:
        """Where the cycles lie that came after the baseline, up to here."""
        here = self._standings[position]
        known = enumerate(self._standings[: position + 1])
        return [i for i, s in known if s.segment == here.segment and s.cycle > max(here.baseline)]

    def _moving(self, position: int) -> str:
        """Whether a voter falls within the baseline, or the first cycle of it is not like the others."""
        here = self._standings[position]
        if here.baseline not in self._unsteady and here.complete and len(self._later(position)) >= AFTER:
            found = self._found(position, here.baseline)
            if found:
                self._unsteady[here.baseline] = found
        return self._unsteady.get(here.baseline, "")

    def _found(self, position: int, cycles: tuple[int, ...]) -> str:
        if len(cycles) < FEWEST:
            return ""
        alone = np.array([1.0, *[-1 / (len(cycles) - 1)] * (len(cycles) - 1)])
        apart = self._farthest(position, alone, APART)
        rest = self._z(apart, position, np.array([0.0, *slope(cycles[1:])])) if apart else None
        # Where the others go on moving, the first is only where that begins.
        if apart is not None and rest is not None and abs(rest) < STILL:
            first, *others = _values(apart, position)
            where = f"{apart.metric.label} {first:.3g} beside {np.mean(others):.3g}"
            return f"{_called(cycles[:1]).capitalize()} lies apart from the rest of the baseline: {where}."
        falls = self._farthest(position, slope(cycles), FALLS)
        if falls is None:
            return ""
        first, *_, last = _values(falls, position)
        where = f"{falls.metric.label} went from {first:.3g} to {last:.3g} over {_called(cycles)}"
        return f"The baseline itself moves for the worse: {where}."

    def _farthest(self, position: int, weights: Floats, line: float) -> Trend | None:
        """The voter in which a contrast of the baseline's cycles lies farthest beyond a line, if any does.

        A line above 0 is one on either side.
        """
        known = [(z, t) for t in self._voters if (z := self._z(t, position, weights)) is not None]
        ranked = [(-abs(z) if line > 0 else z, t) for z, t in known]
        z, trend = min(ranked, key=lambda item: item[0], default=(0.0, None))
        return trend if z <= -abs(line) else None

    def _z(self, trend: Trend, position: int, weights: Floats) -> float | None:
        """A contrast of the baseline's values in units of what moves it, as a deviation's z is made."""
        base = trend.baselines[position]
        if len(base) != len(weights) or any(v.status != "ok" for v in base):
            return None
        y = np.array([_y(v, trend) for v in base])
        moved = float(weights @ y)
        # Without the contrast itself, which else would count as the noise that it is held against.
        steps = np.diff(y - moved * weights / (weights @ weights)).tolist()
        learned, freedom = _noise(steps + np.diff(self._after(trend, position)).tolist())
        sampling, learned = self._error(base, trend, weights), learned * float(np.linalg.norm(weights))
        sigma, freedom = (sampling, GROUPS - 1.0) if sampling >= learned else (learned, freedom)
        return float(stats.t_corrected(moved / sigma, freedom)) if sigma > 0 else None

    def _error(self, base: Sequence[MetricValue], trend: Trend, weights: Floats) -> float:
        """The sampling error of a contrast, which is the same at all cycles of one baseline."""
        key = (trend.metric.name, tuple(map(id, base)), tuple(weights))
        if key not in self._errors:
            self._errors[key] = _sampling(base, trend, weights)
        return self._errors[key]

    def _after(self, trend: Trend, position: int) -> Floats:
        """The distances from their baselines of the cycles after them, so far."""
        name = trend.metric.name
        if name not in self._distances:
            self._distances[name] = [
                _distance(now, base, trend) for now, base in zip(trend.values, trend.baselines, strict=True)
            ]
        found = [self._distances[name][i] for i in self._later(position)]
        return np.array([d for d in found if d is not None])


def _noise(steps: Sequence[float]) -> tuple[float, float]:
    """The noise of one cycle from successive differences, and its degrees of freedom (von Neumann 1941)."""
    m = len(steps) + 1
    return float(np.sqrt(np.mean(np.square(steps)) / 2)), 2 * (m - 1) ** 2 / (3 * m - 4)


def slope(cycles: Sequence[int]) -> Floats:
    """The weights that make the least-squares slope of values at these cycles.

    >>> (slope([0, 1, 2]) @ [5.0, 7.0, 9.0]).item()
    2.0
    """
    t = np.array(cycles, float) - np.mean(cycles)
    return np.asarray(t / (t @ t))


def _sampling(base: Sequence[MetricValue], trend: Trend, weights: Floats) -> float:
    """The sampling error of a contrast, paired by prompt where there are replicates; at least a step's."""
    steps = [float(stats.step_on_scale(v.value or 0.0, v.step, trend.metric.scale)) for v in base]
    least = max(steps) * float(np.linalg.norm(weights))
    if all(len(v.replicates) == GROUPS for v in base):
        moved = weights @ np.array([stats.transform(v.replicates, trend.metric.scale) for v in base])
        return max(stats.jackknife_se(moved), least)
    errors = [error_on_scale(v.value or 0.0, v.stderr or 0.0, trend.metric.scale) for v in base]
    return max(float(np.linalg.norm(weights * errors)), least)


def _y(value: MetricValue, trend: Trend) -> float:
    """A value on its scale, turned so that down is bad."""
    return trend.metric.sign * float(stats.transform(value.value or 0.0, trend.metric.scale))


def _distance(now: MetricValue | None, base: Sequence[MetricValue], trend: Trend) -> float | None:
    known = [_y(v, trend) for v in base if v.status == "ok"]
    if now is None or now.status != "ok" or not known:
        return None
    return _y(now, trend) - float(np.mean(known))


def _values(trend: Trend, position: int) -> list[float]:
    return [v.value or 0.0 for v in trend.baselines[position]]


def _called(cycles: Sequence[int]) -> str:
    """The cycles in words, those of a control by their own numbers."""
    if cycles[0] >= 0:
        return cycles_text(cycles)
    return f"{cycles_text([lent(c) for c in cycles])} of the control"
