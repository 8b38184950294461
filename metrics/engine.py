"""The engine: places every cycle under a comparison and computes the values that are missing, no others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from metrics import aggregates, comparison, human, parts, seeds, stats, threads
from metrics.baselines import REFERENCE, Choice, lent
from metrics.comparison import Comparison
from metrics.core import METRICS, Metric, MetricValue, Standing
from metrics.measuring import measure_one
from metrics.sample import Sample
from metrics.sources import Source
from metrics.store import LineageState, Store

SAVE_SECONDS = 2.0
WORTH_THREADS = 20_000
NOTHING = "The cycle has no outputs to measure."
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
    wholes: dict[int, Comparison]  # by segment
    frozen: dict[int, tuple[int, ...]]  # likewise: the cycles that they were made from


def plan(source: Source, state: LineageState) -> Plan:
    """Place every cycle under a comparison. A cycle that was placed before is not looked at again."""
    before = {s.cycle: s for s in source.store.standings(source.name)}
    known = source.store.comparisons(source.name)
    result = Plan([], {}, {}, {}, {})
    for placed in source.placed():
        standing, segment = placed.standing, placed.standing.segment
        if segment not in result.wholes:
            whole = source.whole(state, placed, known)
            result.wholes[segment] = result.built[whole.key] = whole
            result.facts[whole.key], result.frozen[segment] = whole.as_json(), placed.frozen
        whole, was = result.wholes[segment], before.get(standing.cycle)
        if _is_as_it_was(standing, was) and was and {whole.key, was.comparison} <= known.keys():
            key = was.comparison
            result.facts[key] = known[key]
        else:
            own = _own(source, standing, whole, placed.frozen)
            key = own.key
            result.built[key], result.facts[key] = own, own.as_json()
        result.standings.append(replace(standing, comparison=key))
    return result


def _is_as_it_was(now: Standing, was: Standing | None) -> bool:
    return was is not None and (now.segment, now.baseline) == (was.segment, was.baseline)


def _own(source: Source, standing: Standing, whole: Comparison, frozen: tuple[int, ...]) -> Comparison:
    """The comparison of one cycle: its baseline's, or a smaller one where the cycle is smaller."""
    if standing.cycle in frozen:
        return whole
    frames = {c: source.frame(c) for c in frozen}
    return comparison.narrowed(whole, frames, source.frame(standing.cycle))


def outdated(store: Store, lineage: str) -> bool:
    """Whether a metric's version changed, or a metric came, since some cycle was measured."""
    stored, current, state = store.value_keys(lineage), METRICS.all().values(), store.state(lineage)
    beside = (REFERENCE,) if state and state.reference else ()
    return any(
        (cycle, None, m.name, m.version, s.comparison) not in stored
        for s in store.standings(lineage)
        for cycle in (s.cycle, *beside)
        for m in current
    )


def measure(store: Store, lineage: str, state: LineageState, progress: Progress) -> bool:
    """Compute and store the values that a lineage lacks; False where its data changed meanwhile."""
    source = Source(store, lineage, Choice.parse(state.baseline))
    planned = plan(source, state)
    jobs = list(_missing(source, planned))
    ready: list[tuple[str, MetricValue]] = []
    saved = time.monotonic()
    for i, job in enumerate(jobs, 1):
        progress(0.15 + 0.8 * i / len(jobs), f"Measuring {_called(job.cycle)}")
        found = aggregates.beside(_run(source, job), source.aggregates, job.cycle)
        ready += [(job.comparison.key, v) for v in found]
        # Opening the store costs more than a few values are worth; a crash costs what is not yet saved.
        if i == len(jobs) or time.monotonic() - saved > SAVE_SECONDS:
            store.save_values(lineage, ready, source.digests)
            ready, saved = [], time.monotonic()
    return store.save_standings(lineage, planned.standings, planned.facts, state.data_revision)


def _called(cycle: int) -> str:
    if cycle == REFERENCE:
        return "the human reference"
    return f"cycle {cycle}" if cycle >= 0 else f"cycle {lent(cycle)} of the control"


def _missing(source: Source, planned: Plan) -> Iterable[Job]:
    stored = source.store.value_keys(source.name)
    catalog = METRICS.all().values()
    # The human reference is measured as every cycle is, so that any can be held against it.
    beside = (REFERENCE,) if len(source.pinned) else ()
    wanted = {(c, s.comparison): s for s in planned.standings for c in (*s.baseline, s.cycle, *beside)}
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
        whole, frozen = planned.wholes[standing.segment], planned.frozen[standing.segment]
        planned.built[standing.comparison] = _own(source, standing, whole, frozen)
    return planned.built[standing.comparison]


def _run(source: Source, job: Job) -> list[MetricValue]:
    if job.cycle == REFERENCE:
        return _human(source, job)
    return take(source, job, source.frame(job.cycle))


def take(source: Source, job: Job, frame: pd.DataFrame) -> list[MetricValue]:
    """Measure an outputs frame as that of the job's cycle; nothing is stored."""
    frame = frame[frame["example_key"].isin(job.comparison.cohort)].reset_index(drop=True)
    if frame.empty:
        return [_nothing(job.cycle, metric, part) for metric, part in job.metrics]
    with threads.single(len(frame) < WORTH_THREADS):
        return _values(source, job, frame)


def _human(source: Source, job: Job) -> list[MetricValue]:
    """What is measured of the human reference itself: of its texts, or of one half beside the other.

    Beside a baseline of cycles of as many texts as these have; as the baseline itself, of all.
    """
    frame, found = source.frame(REFERENCE), list[MetricValue]()
    own = job.comparison.baseline == (REFERENCE,)
    size = 0 if own else job.comparison.sizes[comparison.WHOLE]
    able: dict[bool, list[tuple[Metric, str | None]]] = {False: [], True: []}
    for metric, part in job.metrics:
        why = human.silent(metric, source.pinned)
        if why is None:
            able[human.is_against_reference(metric)].append((metric, part))
        else:
            found.append(_nothing(REFERENCE, metric, part, why))
    for halved, metrics in able.items():
        texts = human.half(frame, second=False) if halved else human.matched(frame, size)
        found += _values(source, replace(job, metrics=tuple(metrics)), texts)
    return found


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
    return values + _by_seed(source, job, whole)


def _by_seed(source: Source, job: Job, whole: Sample) -> list[MetricValue]:
    """What the early warning looks at, for each replicate seed alone: all at one number of outputs."""
    wanted = [m for m, part in job.metrics if part is None and (m.votes or m.name == "mean_score")]
    rows, values = seeds.replicates(whole.frame) if wanted else {}, []
    sizes = {parts.SEED: seeds.size(whole.frame, rows)} if rows else {}
    for number, mine in rows.items():
        part, under = parts.of_seed(number), replace(job.comparison, sizes=sizes)
        sample = Sample(
            *(whole.frame.iloc[mine], under, parts.SEED),
            reference=lambda: whole.reference,
            part_of=(whole, mine),
        )
        for metric in wanted:
            seed = stats.seed(source.name, job.cycle, metric.name, part)
            values += measure_one(metric, sample, job.cycle, part, seed)
    return values


def _nothing(cycle: int, metric: Metric, part: str | None, note: str = NOTHING) -> MetricValue:
    return MetricValue(cycle, metric.name, metric.version, part, "no_column", note=note)
