"""The engine: places every cycle under a comparison and computes the values that are missing, no others."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from metrics import aggregates, comparison, stats, threads
from metrics.comparison import Comparison
from metrics.core import METRICS, Metric, MetricValue, Standing
from metrics.measuring import measure_one
from metrics.sample import Sample
from metrics.sources import Source
from metrics.store import LineageState, Store

SAVE_SECONDS = 2.0
WORTH_THREADS = 20_000
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Job:
    """Values to be taken of one cycle under one comparison: each metric of the whole, or of a slice."""

    cycle: int
    comparison: Comparison
    metrics: tuple[tuple[Metric, str | None], ...]


@dataclass(frozen=True)
class Plan:
    """How every cycle stands, and the comparisons in use: facts of all, objects of those that were built."""

    standings: list[Standing]
    facts: dict[str, str]
    built: dict[str, Comparison]
    wholes: dict[tuple[int, ...], Comparison]


def plan(source: Source, state: LineageState) -> Plan:
    """Place every cycle under a comparison. A cycle that was placed before is not looked at again."""
    pinned = json.loads(state.baseline) if state.baseline else []
    before = {s.cycle: s for s in source.store.standings(source.name)}
    known = source.store.comparisons(source.name)
    result = Plan([], {}, {}, {})
    for standing in comparison.standings(source.conditions, pinned):
        if standing.baseline not in result.wholes:
            whole = source.whole(state, standing.baseline, known)
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


def _own(source: Source, standing: Standing, whole: Comparison) -> Comparison:
    """The comparison of one cycle: its baseline's, or a smaller one where the cycle is smaller."""
    if standing.cycle in standing.baseline:
        return whole
    frames = {c: source.frame(c) for c in standing.baseline}
    return comparison.narrowed(whole, frames, source.frame(standing.cycle))


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
    source = Source(store, lineage)
    planned = plan(source, state)
    jobs = list(_missing(source, planned))
    ready: list[tuple[str, MetricValue]] = []
    saved = time.monotonic()
    for i, job in enumerate(jobs, 1):
        progress(0.15 + 0.8 * i / len(jobs), f"Measuring cycle {job.cycle}")
        found = aggregates.beside(take(source, job, source.frame(job.cycle)), source.aggregates, job.cycle)
        ready += [(job.comparison.key, v) for v in found]
        # Opening the store costs more than a few values are worth; a crash costs what is not yet saved.
        if i == len(jobs) or time.monotonic() - saved > SAVE_SECONDS:
            store.save_values(lineage, ready, source.digests)
            ready, saved = [], time.monotonic()
    return store.save_standings(lineage, planned.standings, planned.facts, state.data_revision)


def _missing(source: Source, planned: Plan) -> Iterable[Job]:
    stored = source.store.value_keys(source.name)
    catalog = METRICS.all().values()
    wanted = {(c, s.comparison): s for s in planned.standings for c in (*s.baseline, s.cycle)}
    for (cycle, key), standing in wanted.items():

        def lack(part: str | None, cycle: int = cycle, key: str = key) -> list[tuple[Metric, str | None]]:
            return [(m, part) for m in catalog if (cycle, part, m.name, m.version, key) not in stored]

        # A cycle's slices are stored together with its whole: where that is there, so are they.
        if not lack(None):
            continue
        parts: list[str | None] = [None, *comparison.measured_slices(source.frame(cycle))]
        under = compared(source, planned, standing)
        yield Job(cycle, under, tuple(pair for part in parts for pair in lack(part)))


def compared(source: Source, planned: Plan, standing: Standing) -> Comparison:
    """The comparison that a cycle was placed under; built again where only its facts were known."""
    if standing.comparison not in planned.built:
        whole = planned.wholes[standing.baseline]
        planned.built[standing.comparison] = _own(source, standing, whole)
    return planned.built[standing.comparison]


def take(source: Source, job: Job, frame: pd.DataFrame) -> list[MetricValue]:
    """Measure an outputs frame as that of the job's cycle; nothing is stored."""
    frame = frame[frame["example_key"].isin(job.comparison.cohort)].reset_index(drop=True)
    if frame.empty:
        return [_nothing(job.cycle, metric, part) for metric, part in job.metrics]
    with threads.single(len(frame) < WORTH_THREADS):
        return _values(source, job, frame)


def _values(source: Source, job: Job, frame: pd.DataFrame) -> list[MetricValue]:
    whole = Sample(frame, job.comparison, reference=source.reference(job.cycle, job.comparison, None))
    if len(frame) >= WORTH_THREADS:
        whole.prepare({need for metric, _ in job.metrics for need in metric.needs})
    values = []
    for part in dict.fromkeys(part for _, part in job.metrics):
        sample = whole
        if part is not None:
            rows = np.flatnonzero(comparison.slice_mask(frame, part))
            sample = whole.sliced(rows, part, source.reference(job.cycle, job.comparison, part))
        for metric in [m for m, p in job.metrics if p == part]:
            seed = stats.seed(source.name, job.cycle, metric.name, part)
            values += measure_one(metric, sample, job.cycle, part, seed)
    return values


def _nothing(cycle: int, metric: Metric, part: str | None) -> MetricValue:
    note = "The cycle has no outputs to measure."
    return MetricValue(cycle, metric.name, metric.version, part, "no_column", note=note)
