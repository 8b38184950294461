"""Ingest, measure, judge: each reads what the one before wrote down, and writes down its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from metrics import advising, aggregates, engine, moving
from metrics.baselines import REFERENCE, Choice
from metrics.choosing import choose
from metrics.core import (
    FEWEST_BASELINE,
    METRICS,
    History,
    Metric,
    MetricValue,
    Standing,
    TailwatchError,
    Trend,
)
from metrics.fields import clean
from metrics.foretelling import foretold
from metrics.intake import Item, take
from metrics.judging import check_result, episodes, judged, open_since
from metrics.parts import seed_of
from metrics.planning import Aim
from metrics.rarefying import resized
from metrics.store import Store, Stored, ValueKey, Verdict

Progress = Callable[[float, str], None]
# Cycle, metric, version, comparison.
_Measured = tuple[int, str, int, str]


def _silent(share: float, what: str) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did: the cycles stored, the rows rejected (row, reason, raw, cycle), and remarks."""

    stored: list[Stored]
    rejects: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def summary(store: Store, report: IngestReport) -> dict[str, Any]:
    """What an ingest did, in plain values: stored, notes, rejected (count by reason), verdicts."""
    last = [(s.lineage, store.verdicts(s.lineage)) for s in report.stored]
    return {
        "stored": [
            {"lineage": s.lineage, "written": list(s.written), "unchanged": list(s.unchanged)}
            for s in report.stored
        ],
        "notes": list(report.notes),
        "rejected": {str(k): int(v) for k, v in report.rejects["reason"].value_counts().items()},
        "verdicts": [
            {"lineage": name, "cycle": v[-1].cycle, "status": v[-1].status, "message": v[-1].message}
            for name, v in last
            if v
        ],
    }


def ingest(
    store: Store,
    files: Sequence[Item],
    *,
    lineage: str | None = None,
    cycle: int | None = None,
    format: str | None = None,
    mapping: Mapping[str, str] | None = None,
    facts: Mapping[str, str] | None = None,
    replace: bool = False,
    progress: Progress = _silent,
) -> IngestReport:
    """Store the eval outputs in files, frames or raw tables, then measure and judge what they changed.

    A table with the columns metric and value, and no outputs, holds aggregates: values measured elsewhere.
    `mapping` gives fields their columns, `facts` are those of the cycle (checkpoint, parent, mix, decoding,
    scorer, encoder, notes) and win over those in the rows. All cycles of one call are stored, or none.
    Raises TailwatchError with one sentence on bad input.
    """
    if not files:
        raise TailwatchError("There is nothing to ingest:", "no file was given.", "Name one or more.")
    progress(0.0, "Reading")
    given = take(files, lineage=lineage, cycle=cycle, format=format, mapping=mapping, facts=facts)
    progress(0.1, "Storing")
    source = clean(", ".join(Path(f).name for f in files if isinstance(f, str | Path)))[:400]
    stored = store.add(
        *(given.outputs, given.rejects, given.facts),
        aggregates=given.aggregates,
        source=source,
        replace=replace,
    )
    for result in stored:
        refresh(store, result.lineage, progress=progress)
    return IngestReport(stored, given.rejects, given.notes)


def reference(
    store: Store,
    files: Sequence[Item],
    *,
    lineage: str,
    format: str | None = None,
    mapping: Mapping[str, str] | None = None,
    progress: Progress = _silent,
) -> int:
    """Pin the human reference set of a lineage; returns the number of texts."""
    given = take(files, lineage=lineage, cycle=0, format=format, mapping=mapping)
    if len(given.aggregates):
        raise TailwatchError(
            "A reference set is made of outputs;", "these are metric values.", "Upload them as a cycle."
        )
    store.set_reference(lineage, given.outputs)
    refresh(store, lineage, progress=progress)
    return len(given.outputs)


def choose_baseline(store: Store, lineage: str, *, progress: Progress = _silent, **choice: Any) -> Choice:
    """Choose what counts as normal for a lineage, see `choosing.choose`, and judge every cycle by it."""
    refresh(store, lineage, progress=progress)
    chosen = choose(store, lineage, **choice)
    refresh(store, lineage, progress=progress)
    return chosen


def refresh(store: Store, lineage: str | None = None, *, progress: Progress = _silent) -> list[str]:
    """Compute what is missing, for one lineage or all: idempotent, resumable, the cure after a crash.

    With a lineage come those that have it as their control. Returns the lineages that something was
    computed for.
    """
    all_of_them = store.lineages()["lineage"].tolist() if lineage is None else []
    names = all_of_them if lineage is None else [lineage, *store.followers(lineage)]
    done = [name for name in names if _refresh_one(store, name, progress)]
    progress(1.0, "Done")
    return done


def _refresh_one(store: Store, lineage: str, progress: Progress) -> bool:
    worked = False
    # Somebody else may add a cycle while this one computes: then what is still missing is computed again.
    while True:
        state = store.state(lineage)
        if state is None:
            raise no_lineage(store, lineage)
        if state.data_revision == state.measured_revision and not engine.outdated(store, lineage):
            return worked
        worked = True
        if not engine.measure(store, lineage, state, progress):
            continue
        if judge(store, lineage, state.data_revision):
            return True


def no_lineage(store: Store, lineage: str) -> TailwatchError:
    """What to say of a lineage that is not in the store."""
    names = store.lineages()["lineage"].tolist()
    found = f"it has {', '.join(names)}." if names else "it is empty."
    return TailwatchError(f"There is no lineage '{lineage}' in the store;", found, "Upload a cycle first.")


def known_metrics(store: Store, lineage: str | None = None) -> dict[str, Metric]:
    """Every metric that can have a value: the catalogue's, and those that came with uploaded aggregates."""
    return METRICS.all() | aggregates.declared(store.aggregates(lineage))


def metric_named(store: Store, name: str, lineage: str | None = None) -> str:
    """The name of a metric that can have a value; another gets a sentence with those there are."""
    if name in METRICS.all():
        return name
    own = aggregates.declared(store.aggregates(lineage))
    if name not in own:
        found = ", ".join([*METRICS.all(), *own][:100])
        raise TailwatchError(f"There is no '{name}' among the metrics.", f"There are {found}.")
    return name


def history(store: Store, lineage: str, *, metric: str | None = None, slice: str | None = "*") -> History:
    """All that was measured of a lineage, each value beside its baseline under the same comparison.

    Or only one metric of it; or of one slice, where None is the whole: a screen shows little at a time.
    """
    standings = store.standings(lineage)
    stored = store.all_values(lineage, metric, slice)
    catalog = known_metrics(store, lineage)
    told = {(k[2], k[1]) for k in stored if k[2] in catalog and k[0] != REFERENCE and seed_of(k[1]) is None}
    seeds = _seeds(stored)

    def value(standing: Standing, cycle: int, metric: str, part: str | None) -> Any:
        return stored.get((cycle, part, metric, catalog[metric].version, standing.comparison))

    # Most cycles have the same baseline, measured alike: its values are looked up once.
    alike = {(s.comparison, s.baseline): s for s in standings}
    trends = {}
    for name, part in sorted(told, key=lambda k: (k[0], k[1] or "")):
        own = tuple(value(s, s.cycle, name, part) for s in standings)
        frozen = {
            key: tuple(v for c in _times(s.baseline) if (v := value(s, c, name, part)) is not None)
            for key, s in alike.items()
        }
        base = tuple(frozen[s.comparison, s.baseline] for s in standings)
        each = tuple(
            seeds.get((s.cycle, name, catalog[name].version, s.comparison), ()) if part is None else ()
            for s in standings
        )
        human = tuple(value(s, REFERENCE, name, part) for s in standings)
        trends[(name, part)] = Trend(catalog[name], part, own, base, each if any(each) else (), human)
    return History(lineage, tuple(standings), trends)


def _times(baseline: tuple[int, ...]) -> tuple[int, ...]:
    """The human reference, which no retraining moves, counts as the fewest cycles that make a baseline."""
    return baseline * FEWEST_BASELINE if baseline == (REFERENCE,) else baseline


def _seeds(stored: Mapping[ValueKey, MetricValue]) -> dict[_Measured, tuple[MetricValue, ...]]:
    """The values of replicate seeds, in order of seed."""
    found: dict[_Measured, list[MetricValue]] = {}
    for (cycle, part, metric, version, key), value in stored.items():
        if seed_of(part) is not None:
            found.setdefault((cycle, metric, version, key), []).append(value)
    return {key: tuple(sorted(each, key=lambda v: seed_of(v.slice) or 0)) for key, each in found.items()}


def at_size(store: Store, lineage: str, size: int, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of `Store.values` that count types, with the values that `size` outputs would give.

    Raises TailwatchError where no cycle has as many outputs.
    """
    keys, catalog = {s.cycle: s.comparison for s in store.standings(lineage)}, METRICS.all()
    found = {
        (c, part, name): resized(catalog[name], value, size)
        for (c, part, name, _, key), value in store.all_values(lineage).items()
        if name in catalog and keys.get(c) == key
    }
    parts = [None if pd.isna(part) else part for part in rows["slice"]]
    places = zip(rows["cycle"], parts, rows["metric"], strict=True)
    values = pd.Series([found.get(place) for place in places], rows.index, dtype=float)
    told = f"As {size} outputs would give it, without an interval."
    kept = rows.assign(value=values, low=None, high=None, note=told)[values.notna()]
    if kept.empty:
        raise TailwatchError(
            f"No cycle of '{lineage}' can be thinned to {size} outputs:", "none has as many."
        )
    return kept


def judge(store: Store, lineage: str, revision: int) -> bool:
    """Apply every rule, foretell, and store what is said; False where the data moved on."""
    past = history(store, lineage)
    verdicts = foretold(past, judged(past, store.rules(lineage)))
    alerts = episodes(lineage, verdicts, store.accepted(lineage))
    return store.save_verdicts(lineage, verdicts, alerts, revision)


def check(store: Store, lineage: str, cycle: int | None = None) -> dict[str, Any]:
    """The verdict after a cycle, by default the last, as outside scripts read it; brought up to date."""
    refresh(store, lineage)
    verdicts = store.verdicts(lineage)
    if not verdicts:
        raise TailwatchError(f"Lineage '{lineage}' has no cycle yet.", do="Upload one.")
    known = [v.cycle for v in verdicts]
    if cycle is not None and cycle not in known:
        raise TailwatchError(
            f"Lineage '{lineage}' has no cycle {cycle};", f"it has {', '.join(map(str, known))}."
        )
    upto = verdicts if cycle is None else verdicts[: known.index(cycle) + 1]
    return check_result(lineage, upto, store.accepted(lineage))


def plan(store: Store, lineage: str, aim: Aim) -> dict[str, Any]:
    """What the eval set of a lineage can see, and how many prompts would be enough; brought up to date.

    Raises TailwatchError where too few cycles say how much the lineage moves by chance.
    """
    refresh(store, lineage)
    return planned(history(store, lineage, slice=None), store.verdicts(lineage), aim)


def planned(past: History, verdicts: Sequence[Verdict], aim: Aim) -> dict[str, Any]:
    """The same of a history and what was said of it."""
    quiet = moving.before(past, open_since(verdicts))
    seeded = any(any(trend.seeds) for trend in quiet.trends.values())
    return advising.plan(moving.learn(quiet), aim, seeded)
