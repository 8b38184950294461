"""The engine: gives each metric its sample, makes replicates and interval, computes only what is missing."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from metrics import comparison, stats
from metrics.comparison import WHOLE, Comparison
from metrics.core import GROUPS, METRICS, Metric, MetricValue, Reading, Standing, Undefined
from metrics.embed import Vectors, embed, encoder_name
from metrics.features import Features, Reference
from metrics.sample import Sample
from metrics.store import LineageState, Store

MAX_SLICE_VALUES = 50
BOOTSTRAP = 200
SAVE_SECONDS = 2.0
READ_AHEAD = 8
Progress = Callable[[float, str], None]


def measure_one(metric: Metric, sample: Sample, cycle: int, part: str | None, seed: int) -> MetricValue:
    """One metric of one sample, with its twenty replicates and interval; unknown is a status."""

    def unknown(status: str, note: str, n: float | None = None) -> MetricValue:
        return MetricValue(cycle, metric.name, metric.version, part, status, n=n, note=note)  # type: ignore[arg-type]

    missing = [need for need in metric.needs if not sample.has(need)]
    if missing:
        return unknown("no_column", f"The outputs have no {' and no '.join(missing)}.")
    if sample.n < metric.minimum:
        return unknown("too_few", f"{sample.n} outputs; {metric.minimum} are needed.", sample.n)
    try:
        whole = metric.compute(sample)
        if whole.n < metric.minimum:
            return unknown("too_few", f"{whole.n:.0f} outputs; {metric.minimum} are needed.", whole.n)
        replicates = tuple(metric.compute(sample.without(g)).value for g in range(GROUPS))
    except Undefined as reason:
        return unknown("undefined", str(reason))
    if not all(map(math.isfinite, (whole.value, *replicates))):
        return unknown("undefined", "The value is not a finite number.")
    low, high = _interval(metric, sample, whole, replicates, seed)
    return MetricValue(
        *(cycle, metric.name, metric.version, part, "ok", whole.value),
        raw=whole.value if whole.raw is None else whole.raw,
        low=max(min(low, whole.value), metric.bounds[0]),
        high=min(max(high, whole.value), metric.bounds[1]),
        n=whole.n,
        step=whole.step,
        replicates=replicates,
        note=whole.note,
    )


def _interval(
    metric: Metric, sample: Sample, whole: Reading, replicates: tuple[float, ...], seed: int
) -> tuple[float, float]:
    if metric.interval == "wilson" and not sample.clustered:
        return stats.wilson(whole.value, whole.n)
    if metric.interval == "bootstrap":
        return _bootstrap(metric, sample, seed)
    return stats.jackknife_interval(whole.value, replicates, metric.scale, whole.step)


def _bootstrap(metric: Metric, sample: Sample, seed: int) -> tuple[float, float]:
    """Percentile interval over prompts drawn with replacement: for quantiles, which no jackknife serves."""
    rng = np.random.default_rng(seed)
    values = [metric.compute(sample.resampled(rng)).value for _ in range(BOOTSTRAP)]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


@dataclass(frozen=True)
class _Job:
    """The values that one cycle still lacks under one comparison."""

    cycle: int
    comparison: Comparison
    metrics: tuple[tuple[Metric, str | None], ...]


class _Lineage:
    """What measuring a lineage needs from the store, read once; frames of cycles are read when asked for."""

    def __init__(self, store: Store, lineage: str) -> None:
        self.store, self.name = store, lineage
        self.digests = store.digests(lineage)
        self.conditions = store.conditions(lineage)
        self.pinned = store.reference(lineage)
        self._frames: dict[int, pd.DataFrame] = {}
        self._points: dict[str | None, Reference | None] = {}

    def contents(self, cycles: Iterable[int]) -> str:
        """What names the reference where it is the baseline itself: other outputs are another reference."""
        # A cycle that came in this very moment has no digest here: then nothing of this plan is kept.
        found = repr([self.digests.get(c) for c in cycles])
        return hashlib.blake2b(found.encode(), digest_size=8).hexdigest()

    def frame(self, cycle: int) -> pd.DataFrame:
        """The outputs frame of a cycle; those after it are read along, since they are wanted next."""
        if cycle not in self._frames:
            cycles = [c.cycle for c in self.conditions]
            first = cycles.index(cycle)
            wanted = [c for c in cycles[first : first + READ_AHEAD] if c not in self._frames]
            found = self.store.outputs(self.name, wanted)
            for each in wanted:
                self._frames[each] = found[found["cycle"] == each].reset_index(drop=True)
        return self._frames[cycle]

    def vectors_of(self, frame: pd.DataFrame) -> Vectors | None:
        """Vectors of an outputs frame: those that came with it, else embedded texts, else None."""
        if frame["embedding"].notna().any():
            width = len(frame["embedding"].dropna().iloc[0])
            rows = [np.zeros(width, np.float32) if v is None else np.asarray(v) for v in frame["embedding"]]
            return np.stack(rows).astype(np.float32)
        if frame["output"].notna().any():
            return embed(frame["output"].fillna("").tolist())
        return None

    def points(self, frame: pd.DataFrame, part: str | None) -> Reference | None:
        """Reference points from the outputs of a frame, or of one slice of it."""
        rows = frame if part is None else frame[comparison.slice_mask(frame, part)]
        vectors = self.vectors_of(rows) if len(rows) else None
        return None if vectors is None else Reference.of(vectors, stats.seed(self.name, "reference"))

    def pinned_reference(self, part: str | None) -> Reference | None:
        """The pinned human reference, or the part of it that belongs to a slice."""
        if part not in self._points:
            self._points[part] = self.points(self.pinned, part)
        return self._points[part]


@dataclass(frozen=True)
class _Plan:
    """How every cycle stands, and the comparisons in use: facts of all, objects of those that were built."""

    standings: list[Standing]
    facts: dict[str, str]
    built: dict[str, Comparison]
    wholes: dict[tuple[int, ...], Comparison]


def plan(source: _Lineage, state: LineageState) -> _Plan:
    """Place every cycle under a comparison. A cycle that was placed before is not looked at again."""
    pinned = json.loads(state.baseline) if state.baseline else []
    before = {s.cycle: s for s in source.store.standings(source.name)}
    known = source.store.comparisons(source.name)
    result = _Plan([], {}, {}, {})
    for standing in comparison.standings(source.conditions, pinned):
        if standing.baseline not in result.wholes:
            whole = _freeze(source, state, {c: source.frame(c) for c in standing.baseline})
            result.wholes[standing.baseline] = result.built[whole.key] = whole
            result.facts[whole.key] = whole.as_json()
        whole, was = result.wholes[standing.baseline], before.get(standing.cycle)
        if was and was.baseline == standing.baseline and {whole.key, was.comparison} <= known.keys():
            key = was.comparison
            result.facts[key] = known[key]
        else:
            own = _own(source, standing, whole)
            key = own.key
            result.built[key], result.facts[key] = own, own.as_json()
        result.standings.append(replace(standing, comparison=key))
    return result


def _own(source: _Lineage, standing: Standing, whole: Comparison) -> Comparison:
    """The comparison of one cycle: its baseline's, or a smaller one where the cycle is smaller."""
    if standing.cycle in standing.baseline:
        return whole
    frames = {c: source.frame(c) for c in standing.baseline}
    return comparison.narrowed(whole, frames, source.frame(standing.cycle))


def _freeze(lineage: _Lineage, state: LineageState, frames: Mapping[int, pd.DataFrame]) -> Comparison:
    given = any(frame["embedding"].notna().any() for frame in frames.values())
    return comparison.build(
        frames,
        encoder="given" if given else encoder_name(),
        reference=lineage.pinned if len(lineage.pinned) else None,
        reference_name=state.reference or lineage.contents(frames),
    )


def outdated(store: Store, lineage: str) -> bool:
    """Whether a metric's version changed, or a metric came, since some cycle was measured."""
    stored, current = store.value_keys(lineage), METRICS.all().values()
    return any(
        (s.cycle, None, m.name, m.version, s.comparison) not in stored
        for s in store.standings(lineage)
        for m in current
    )


def measure(store: Store, lineage: str, state: LineageState, progress: Progress) -> bool:
    """Compute and store the values that a lineage lacks; False where its data changed meanwhile."""
    source = _Lineage(store, lineage)
    planned = plan(source, state)
    jobs = list(_missing(source, planned))
    ready: list[tuple[str, MetricValue]] = []
    saved = time.monotonic()
    for i, job in enumerate(jobs, 1):
        progress(0.15 + 0.8 * i / len(jobs), f"Measuring cycle {job.cycle}")
        ready += [(job.comparison.key, v) for v in _run(source, job)]
        # Opening the store costs more than a few values are worth; a crash costs what is not yet saved.
        if i == len(jobs) or time.monotonic() - saved > SAVE_SECONDS:
            store.save_values(lineage, ready, source.digests)
            ready, saved = [], time.monotonic()
    return store.save_standings(lineage, planned.standings, planned.facts, state.data_revision)


def _missing(source: _Lineage, planned: _Plan) -> Iterable[_Job]:
    stored = source.store.value_keys(source.name)
    catalog = METRICS.all().values()
    wanted = {(c, s.comparison): s for s in planned.standings for c in (*s.baseline, s.cycle)}
    for (cycle, key), standing in wanted.items():

        def lack(part: str | None, cycle: int = cycle, key: str = key) -> list[tuple[Metric, str | None]]:
            return [(m, part) for m in catalog if (cycle, part, m.name, m.version, key) not in stored]

        # A cycle's slices are stored together with its whole: where that is there, so are they.
        if not lack(None):
            continue
        parts: list[str | None] = [None, *comparison.slice_names(source.frame(cycle))[:MAX_SLICE_VALUES]]
        if key not in planned.built:
            planned.built[key] = _own(source, standing, planned.wholes[standing.baseline])
        yield _Job(cycle, planned.built[key], tuple(pair for part in parts for pair in lack(part)))


def _run(source: _Lineage, job: _Job) -> list[MetricValue]:
    frame = source.frame(job.cycle)
    frame = frame[frame["example_key"].isin(job.comparison.cohort)].reset_index(drop=True)
    vectors = source.vectors_of(frame)
    values = []
    for part in dict.fromkeys(part for _, part in job.metrics):
        rows = np.ones(len(frame), bool) if part is None else comparison.slice_mask(frame, part)
        points = _reference(source, job, part) if vectors is not None else None
        if points is not None and vectors is not None and points.vectors.shape[1] != vectors.shape[1]:
            points = None  # a pinned reference with other vectors covers nothing that can be measured
        features = Features(
            frame[rows], job.comparison, vectors=None if vectors is None else vectors[rows], reference=points
        )
        sample = Sample(features, job.comparison, WHOLE if part is None else part)
        for metric in [m for m, p in job.metrics if p == part]:
            seed = stats.seed(source.name, job.cycle, metric.name, part)
            values.append(measure_one(metric, sample, job.cycle, part, seed))
    return values


def _reference(source: _Lineage, job: _Job, part: str | None) -> Reference | None:
    """The points to cover: the pinned human set, else the other baseline cycles at equal size."""
    if len(source.pinned):
        return source.pinned_reference(part)
    others = [c for c in job.comparison.baseline if c != job.cycle]
    # A later cycle is measured against as many baseline cycles as a baseline cycle is against the others.
    others = others[-(len(job.comparison.baseline) - 1) :]
    if not others:
        return None
    frames = pd.concat([source.frame(c) for c in others], ignore_index=True)
    return source.points(frames[frames["example_key"].isin(job.comparison.cohort)], part)
