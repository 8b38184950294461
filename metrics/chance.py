"""Chance: histories like a lineage's own in which nothing narrows, so that one can see what a rule makes of them.

Every metric stays at its baseline and is moved by noise of the lineage's own size. Sampling noise is drawn
for all metrics, slices and parts at once, from the prompt groups: what leaving out a group does to one
metric and to another tells how they move together (the paired grouped jackknife, Tukey 1958). Retraining
noise comes on top, shared between metrics in part and carried over from cycle to cycle in part.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from metrics import stats
from metrics.comparison import BASELINE_CYCLES
from metrics.core import (
    FEWEST_BASELINE,
    GROUPS,
    History,
    Metric,
    MetricValue,
    Standing,
    TailwatchError,
    Trend,
)
from metrics.deviations import error_on_scale
from metrics.retraining import Retraining, retraining

Floats = npt.NDArray[np.float64]
Key = tuple[str, str | None]


@dataclass(frozen=True)
class Place:
    """One trend as it stands in its baseline: the last known value, its level, and what lies about a value.

    `level` on the metric's scale; `about` holds, beside a value on that scale, the ends of its interval and
    its replicates, which all cycles have in common.
    """

    metric: Metric
    like: MetricValue
    level: float
    about: Floats

    @property
    def key(self) -> Key:
        """Metric and slice."""
        return self.metric.name, self.like.slice


@dataclass(frozen=True)
class Chance:
    """What moves a lineage when nothing is wrong.

    `groups`: (rank, trends), whose columns vary together as the prompts do: the sampling covariance of one
    cycle is its square. `alone`: the sampling error of trends without replicates. `shared`: by trend.
    """

    lineage: str
    baseline: int
    places: tuple[Place, ...]
    groups: Floats
    alone: Floats
    noise: Retraining
    shared: Floats

    @property
    def sampling(self) -> Floats:
        """The sampling variance of one cycle, beside others with the same prompts, by trend."""
        return np.asarray((self.groups**2).sum(axis=0) + self.alone**2)

    def draw(self, seed: int, cycles: int = 20) -> History:
        """A history of the baseline and so many later cycles; the same seed gives the same one."""
        rng = np.random.default_rng([seed, 0x7A11])
        count = self.baseline + cycles
        values, apart = self._sampled(rng, count)
        values += self._retrained(rng, count)
        standings = tuple(
            Standing(c, 0, "simulated", tuple(range(self.baseline)), True) for c in range(count)
        )
        trends = {
            place.key: _trend(place, values[:, i], apart[:, :, i], self.baseline)
            for i, place in enumerate(self.places)
        }
        return History(self.lineage, standings, trends)

    def _sampled(self, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """Sampling errors, (cycles, trends), and the replicates' distances from them, (cycles, GROUPS, trends).

        Each group of prompts contributes its own; the error is their mean, and a replicate leaves one out.
        """
        drawn = rng.standard_normal((count, GROUPS, len(self.groups))) @ (np.sqrt(GROUPS) * self.groups)
        error = drawn.mean(axis=1)
        apart = (error[:, None] - drawn) / (GROUPS - 1)
        shown = np.sqrt(self.noise.sampled)
        return shown * (error + self.alone * rng.standard_normal(error.shape)), apart

    def _retrained(self, rng: np.random.Generator, count: int) -> Floats:
        """Retraining noise, (cycles, trends): a stationary first-order process for each, partly shared."""
        size = (count, len(self.places))
        fresh = np.sqrt(1 - self.shared) * rng.standard_normal(size)
        fresh += np.sqrt(self.shared) * rng.standard_normal((count, 1))
        carried = self.noise.carried
        moved = fresh.copy()
        for cycle in range(1, count):
            moved[cycle] = carried * moved[cycle - 1] + np.sqrt(1 - carried**2) * fresh[cycle]
        # What metrics share moves all of them for the worse, or all for the better.
        worse = np.array([-1.0 if p.metric.healthy == "low" else 1.0 for p in self.places])
        return np.asarray(worse * np.sqrt(self.noise.variance) * moved)


def learn(history: History) -> Chance:
    """Learn what moves a lineage from the last cycles that compare with one another.

    Give it the history before an open alert, `before`: what narrows is no noise. Raises TailwatchError where
    fewer than three cycles can be compared, or where no metric is known.
    """
    positions = _comparable(history)
    found = [(t, row) for t in history.trends.values() if (row := _row(t, positions)) is not None]
    if len(positions) < FEWEST_BASELINE or not found:
        raise TailwatchError(
            f"What moves '{history.lineage}' by chance is learned from {FEWEST_BASELINE} cycles or more;",
            f"{len(positions)} can be compared so far." if found else "none has a value.",
            "Ingest another cycle.",
        )
    places = tuple(row.place for _, row in found)
    groups = _groups(np.array([row.replicates for _, row in found]))
    alone = np.array([row.error for _, row in found])
    whole = np.array([p.like.slice is None for p in places])
    distances = np.array([row.distances for _, row in found])
    noise = _noise(distances, (groups**2).sum(axis=0) + alone**2, whole)
    # The parts of a metric hardly share anything but prompts: of real retrains their steps correlate by .00.
    shared = np.where(whole, noise.shared, 0.0)
    base = history.standings[positions[-1]]
    count = len(base.baseline) if base.complete else BASELINE_CYCLES
    return Chance(history.lineage, count, places, groups, alone, noise, shared)


def before(history: History, since: int | None) -> History:
    """The history before the evidence of an alert that is still open: all of it where there is none."""
    return history.until(sum(since is None or s.cycle < since for s in history.standings))


def healthy(history: History, seed: int, cycles: int = 20) -> History:
    """One history like the lineage's own in which nothing narrows: the baseline and so many later cycles.

    Raises TailwatchError where too little is known, as `learn`, which serves where many are wanted.
    """
    return learn(history).draw(seed, cycles)


def with_loss(
    history: History, metric: str, loss: float, from_cycle: int, slices: Collection[str | None] = (None,)
) -> History:
    """The same history with one metric worse by a share `loss` from a cycle on, as a whole or in some slices.

    What should be high loses that share of its value. Of what should be low, such as duplicates, the distance
    to the worst there is shrinks by it: 10 % fewer outputs that are no duplicates.
    """
    trends = dict(history.trends)
    for part in slices:
        trend = trends[(metric, part)]
        values = tuple(
            lowered(trend.metric, v, loss) if v is not None and v.cycle >= from_cycle else v
            for v in trend.values
        )
        trends[(metric, part)] = replace(trend, values=values)
    return replace(history, trends=trends)


def lowered(metric: Metric, value: MetricValue, loss: float) -> MetricValue:
    """One value, with its interval and replicates, worse by a share `loss`."""

    def moved(x: float | None) -> float | None:
        return None if x is None else worse_by(metric, x, loss)

    replicates = tuple(worse_by(metric, r, loss) for r in value.replicates)
    facts = {name: moved(getattr(value, name)) for name in ("value", "raw", "low", "high")}
    return replace(value, replicates=replicates, **facts)


def worse_by(metric: Metric, value: float, loss: float) -> float:
    """A value after a relative loss, see `with_loss`.

    >>> from metrics.core import METRICS
    >>> round(worse_by(METRICS.get("tail_recall"), 0.7, 0.1), 3)
    0.63
    >>> round(worse_by(METRICS.get("duplicate_rate"), 0.02, 0.1), 3)
    0.118
    """
    if metric.healthy != "low":
        return value - loss * abs(value)
    worst = metric.bounds[1]
    return value + loss * (worst - value if np.isfinite(worst) else abs(value))


@dataclass(frozen=True)
class _Row:
    """One trend over the cycles: distances from its baseline, (cycles,), and their replicates, NaN unknown."""

    place: Place
    distances: Floats
    replicates: Floats
    error: float


def _comparable(history: History) -> list[int]:
    """The positions of the last cycles that compare with one another, from their baseline on.

    One odd cycle at the end, which compares with nothing, does not end them.
    """
    found: list[int] = []
    for last in reversed(history.standings):
        first = min(last.baseline, default=0)
        same = [i for i, s in enumerate(history.standings) if s.segment == last.segment and s.cycle >= first]
        if len(same) >= FEWEST_BASELINE:
            return same
        found = found or same
    return found


def _row(trend: Trend, positions: Sequence[int]) -> _Row | None:
    """A trend as numbers; None where its baseline is not known."""
    metric, scale = trend.metric, trend.metric.scale
    base = _known(trend.baselines[positions[-1]]) if positions else []
    if len(base) < FEWEST_BASELINE:
        return None
    distances, replicates = np.full(len(positions), np.nan), np.full((len(positions), GROUPS), np.nan)
    for row, position in enumerate(positions):
        value, beside = trend.values[position], _known(trend.baselines[position])
        if value is None or value.value is None or len(beside) < FEWEST_BASELINE:
            continue
        levels = stats.transform([v.value or 0.0 for v in (value, *beside)], scale)
        distances[row] = levels[0] - levels[1:].mean()
        if all(len(v.replicates) == GROUPS for v in (value, *beside)):
            moved = stats.transform([v.replicates for v in (value, *beside)], scale)
            replicates[row] = moved[0] - moved[1:].mean(axis=0)
    place = _place(metric, base)
    sign = -1.0 if metric.healthy == "low" else 1.0
    return _Row(place, sign * distances, replicates, 0.0 if place.like.replicates else _error(metric, base))


def _known(values: Sequence[MetricValue]) -> list[MetricValue]:
    return [v for v in values if v.status == "ok" and v.value is not None]


def _place(metric: Metric, base: Sequence[MetricValue]) -> Place:
    like = base[-1]
    own = stats.transform([v.value or 0.0 for v in base], metric.scale)
    ends = [[v.value if end is None else end for end in (v.low, v.high)] for v in base]
    about = [stats.transform(np.array(ends, float), metric.scale).mean(axis=0) - own.mean()]
    told = [v.replicates for v in base if len(v.replicates) == GROUPS]
    if len(told) == len(base):
        common = stats.transform(told, metric.scale).mean(axis=0)
        about.append(common - common.mean())
    else:
        like = replace(like, replicates=())
    return Place(metric, like, float(own.mean()), np.concatenate(about))


def _error(metric: Metric, base: Sequence[MetricValue]) -> float:
    """The standard error that came with values that have no replicates, on the metric's scale; 0 unknown."""
    told = [error_on_scale(v.value or 0.0, v.stderr, metric.scale) for v in base if v.stderr is not None]
    return float(np.sqrt(np.mean(np.square(told)))) if told else 0.0


def _groups(replicates: Floats) -> Floats:
    """From (trends, cycles, GROUPS) to rows whose products are the sampling covariance of one cycle.

    Steps between neighbouring cycles have twice that covariance, for what their prompts share falls out.
    """
    steps = np.diff(replicates, axis=1)
    there = np.isfinite(steps).all(axis=2)
    steps = np.where(there[:, :, None], steps - steps.mean(axis=2, keepdims=True), 0.0)
    counted = np.maximum(there.sum(axis=1), 1)[:, None, None]
    rows = (steps * np.sqrt((GROUPS - 1) / GROUPS / 2 / counted)).reshape(len(steps), -1).T
    return np.asarray(np.linalg.qr(rows, mode="r"))


def _noise(distances: Floats, sampling: Floats, whole: npt.NDArray[np.bool_]) -> Retraining:
    """Retraining noise of the whole and of slices and parts, each learned among its like."""
    sampled, variance, carried = (np.ones(len(whole)) for _ in range(3))
    shared = 0.0
    for mine in (whole, ~whole):
        if mine.any():
            found = retraining(distances[mine], sampling[mine])
            sampled[mine], variance[mine], carried[mine] = found.sampled, found.variance, found.carried
            shared = found.shared if mine is whole else shared
    return Retraining(sampled, variance, carried, shared)


def _trend(place: Place, moved: Floats, apart: Floats, baseline: int) -> Trend:
    """A trend from its errors, (cycles,), and its replicates' distances from them, (cycles, GROUPS)."""
    metric, like = place.metric, place.like
    about = np.tile(np.concatenate([[0.0], place.about]), (len(moved), 1))
    if like.replicates:
        about[:, 3:] += apart
    on_scale = place.level + moved[:, None] + about
    rows = np.clip(stats.untransform(on_scale, metric.scale), *metric.bounds).tolist()
    key = (metric.name, like.version, like.slice, "ok")
    values = tuple(
        MetricValue(
            *(cycle, *key, row[0], row[0], row[1], row[2], like.n, like.step, tuple(row[3:])),
            stderr=like.stderr,
        )
        for cycle, row in enumerate(rows)
    )
    return Trend(metric, like.slice, values, (values[:baseline],) * len(values))
