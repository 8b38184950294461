"""What moves a lineage when nothing is wrong, learned from those of its cycles that compare with one another.

Sampling noise is that of the prompts: what leaving out a group of them does to one metric and to another
tells how large it is and how they move together (the grouped jackknife, Tukey 1958), paired between cycles.
What is left of the movement is retraining. Both may be carried over from cycle to cycle.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from metrics import stats
from metrics.comparison import BASELINE_CYCLES
from metrics.core import FEWEST_BASELINE, GROUPS, History, Metric, MetricValue, TailwatchError, Trend
from metrics.deviations import error_on_scale
from metrics.retraining import Retraining, persisting, retraining

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# What lies further back says little more of how much a lineage moves now.
MOST_CYCLES = 40


@dataclass(frozen=True)
class Place:
    """One trend as it stands in its baseline: the last known value, its level, and what lies about a value.

    `level` is on the metric's scale; `about` holds, beside a value there, the two ends of its interval and
    then what of its replicates all cycles have in common.
    """

    metric: Metric
    like: MetricValue
    level: float
    about: Floats


@dataclass(frozen=True)
class Moving:
    """What moves each of `places`, in that order.

    `groups`, (rank, places): its columns vary together as the prompts do, and its squares add up to the
    sampling variance of a cycle. `lasting`: the share of that which is carried over. `alone`: the standard
    error of what has no replicates. `noise`: what retraining adds; `shared`: the correlation of that.
    `cycles` were learned from; a baseline has `baseline` of them.
    """

    lineage: str
    baseline: int
    cycles: int
    places: tuple[Place, ...]
    groups: Floats
    lasting: Floats
    alone: Floats
    noise: Retraining
    shared: Floats

    @property
    def sampling(self) -> Floats:
        """The sampling variance of one cycle, beside others with the same prompts, by place."""
        return np.asarray((self.groups**2).sum(axis=0) + self.alone**2)

    def only(self, wanted: Collection[tuple[str, str | None]]) -> Moving:
        """What moves some of them alone, by metric and slice: learned with the others, and sooner drawn."""
        kept = [i for i, p in enumerate(self.places) if (p.metric.name, p.like.slice) in wanted]
        noise: dict[str, Any] = {
            name: x[kept] for name, x in vars(self.noise).items() if isinstance(x, np.ndarray)
        }
        return replace(
            self,
            places=tuple(self.places[i] for i in kept),
            groups=self.groups[:, kept],
            lasting=self.lasting[kept],
            alone=self.alone[kept],
            noise=replace(self.noise, **noise),
            shared=self.shared[kept],
        )


@dataclass(frozen=True)
class _Row:
    """One trend over the cycles: distances from its baseline, down is bad; their replicates; NaN unknown."""

    place: Place
    distances: Floats
    replicates: Floats
    error: float


def before(history: History, since: int | None) -> History:
    """The history before the evidence of an alert that is still open; all of it where there is none."""
    return history.until(sum(since is None or s.cycle < since for s in history.standings))


def learn(history: History, most: int = MOST_CYCLES) -> Moving:
    """Learn it from the last cycles that compare with one another, at most so many.

    Give it the history before an open alert (`before`): what narrows is no noise. Raises TailwatchError where
    fewer than three cycles can be compared, or where no metric is known in them.
    """
    positions = comparable(history)[-most:]
    rows = [row for t in history.trends.values() if (row := _row(t, positions)) is not None]
    if len(positions) < FEWEST_BASELINE or not rows:
        raise TailwatchError(
            f"What moves '{history.lineage}' by chance is learned from {FEWEST_BASELINE} cycles or more;",
            f"it has {len(positions)} that can be compared, with {len(rows)} metrics.",
            "Ingest another cycle.",
        )
    whole = np.array([row.place.like.slice is None for row in rows])
    alone = np.array([row.error for row in rows])
    groups, lasting = _groups(np.array([row.replicates for row in rows]))
    distances = np.array([row.distances for row in rows])
    noise = _noise(distances, (groups**2).sum(axis=0) + alone**2, lasting, whole)
    last = history.standings[positions[-1]]
    baseline = len(last.baseline) if last.complete else BASELINE_CYCLES
    places = tuple(row.place for row in rows)
    # Beyond their prompts the parts of a metric share nothing: in real retrains they correlate by .00.
    shared = np.where(whole, noise.shared, 0.0)
    return Moving(history.lineage, baseline, len(positions), places, groups, lasting, alone, noise, shared)


def comparable(history: History) -> list[int]:
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
    metric = trend.metric
    base = _known(trend.baselines[positions[-1]]) if positions else []
    if len(base) < FEWEST_BASELINE:
        return None
    distances, replicates = np.full(len(positions), np.nan), np.full((len(positions), GROUPS), np.nan)
    for row, position in enumerate(positions):
        value, beside = trend.values[position], _known(trend.baselines[position])
        if value is None or value.value is None or len(beside) < FEWEST_BASELINE:
            continue
        levels = stats.transform([v.value or 0.0 for v in (value, *beside)], metric.scale)
        distances[row] = levels[0] - levels[1:].mean()
        if all(len(v.replicates) == GROUPS for v in (value, *beside)):
            moved = stats.transform([v.replicates for v in (value, *beside)], metric.scale)
            replicates[row] = moved[0] - moved[1:].mean(axis=0)
    place = _asked(_place(metric, base), [v for i in positions if (v := trend.values[i]) is not None])
    error = 0.0 if place.like.replicates else _error(metric, base, distances)
    return _Row(place, metric.sign * distances, replicates, error)


def _known(values: Sequence[MetricValue]) -> list[MetricValue]:
    return [v for v in values if v.status == "ok" and v.value is not None]


def _place(metric: Metric, base: Sequence[MetricValue]) -> Place:
    like = base[-1]
    own = stats.transform([v.value or 0.0 for v in base], metric.scale)
    ends = [[v.value if end is None else end for end in (v.low, v.high)] for v in base]
    about = [stats.transform(np.array(ends, float), metric.scale).mean(axis=0) - own.mean()]
    if all(len(v.replicates) == GROUPS for v in base):
        common = stats.transform([v.replicates for v in base], metric.scale).mean(axis=0)
        about.append(common - common.mean())
    else:
        like = replace(like, replicates=())
    return Place(metric, like, float(own.mean()), np.concatenate(about))


def _asked(place: Place, values: Sequence[MetricValue]) -> Place:
    """The place with as many outputs as cycles have now: a baseline may have had more, or be human texts."""
    last = next((v for v in reversed(values) if v.status == "ok" and v.n), place.like)
    return replace(place, like=replace(place.like, n=last.n, step=last.step))


def _error(metric: Metric, base: Sequence[MetricValue], distances: Floats) -> float:
    """The standard error that came with values without replicates, else half of what their steps vary by."""
    told = [error_on_scale(v.value or 0.0, v.stderr, metric.scale) for v in base if v.stderr is not None]
    steps = np.diff(distances[np.isfinite(distances)])
    if told:
        return float(np.sqrt(np.mean(np.square(told))))
    return float(np.sqrt(np.mean(steps**2) / 2)) if len(steps) else 0.0


def _groups(replicates: Floats) -> tuple[Floats, Floats]:
    """From replicates, (places, cycles, GROUPS), to `Moving.groups` and `Moving.lasting`.

    What the prompts of all cycles share falls out of the steps between them, which have twice the covariance
    of a cycle. Steps over more cycles have more of it where it is carried over.
    """
    off = replicates - replicates.mean(axis=2, keepdims=True)
    by_lag = [_half_variances(off, lag) for lag in range(1, off.shape[1])]
    size, lasting = persisting(np.array([v for v, _ in by_lag]), np.array([n for _, n in by_lag]))
    steps = np.nan_to_num(np.diff(off, axis=1))
    rows = steps.reshape(len(steps), -1).T * np.sqrt((GROUPS - 1) / GROUPS / 2)
    told = np.maximum(by_lag[0][1], 1)
    first = np.asarray(np.linalg.qr(rows / np.sqrt(told), mode="r"), float)
    now = np.sqrt((first**2).sum(axis=0))
    return np.divide(first * np.sqrt(size), now, out=np.zeros_like(first), where=now > 0), lasting


def _half_variances(off: Floats, lag: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Half the jackknife variance of the steps over a lag, by place, and how many steps tell it."""
    steps = off[:, lag:] - off[:, :-lag]
    there = np.isfinite(steps).all(axis=2)
    found = (GROUPS - 1) / GROUPS / 2 * (np.nan_to_num(steps) ** 2).sum(axis=2)
    counted = there.sum(axis=1)
    return (found * there).sum(axis=1) / np.maximum(counted, 1), counted


def _noise(distances: Floats, sampling: Floats, lasting: Floats, whole: Bools) -> Retraining:
    """Retraining noise of the whole and of slices and parts, each learned among its like."""
    joined = {name: np.empty(len(whole)) for name in ("sampled", "variance", "likely", "carried")}
    shared = 0.0
    for mine in (~whole, whole):
        if mine.any():
            found = retraining(distances[mine], sampling[mine], lasting[mine])
            shared = found.shared
            for name, values in joined.items():
                values[mine] = getattr(found, name)
    return Retraining(**joined, shared=shared)
