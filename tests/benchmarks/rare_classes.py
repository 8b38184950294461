"""After how many cycles a class that is gone rings alone, by the prompts it has and how many were right.

python -m tests.benchmarks.rare_classes

The healthy sample lineage, of all its prompts and of fewer: each class in turn is never right again from one
cycle on, while nothing else changes. `alone`: the share of classes that ring the alarm by themselves;
`named`: those that a message names beside an alarm of the whole. By chance: what rings untouched, and in how
many cycles a message would name a class. Last, how often the 95 % interval of so few prompts, each right with
the same chance, holds that chance (simulated, seeded).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from metrics import pipeline, stats
from metrics.core import GROUPS, History, MetricValue, Trend
from metrics.going import KINDS, going, parts
from metrics.rules.part_loss import part_loss
from metrics.store import Store
from sample_data import __file__ as samples

LINE = Path(samples).parent / "healthy.parquet"
COLUMNS = ["lineage", "cycle", "example_id", "label", "prediction", "score"]
PROMPTS, ONSET, CYCLES = (800, 400, 200, 100), 8, 5
RECALL = KINDS[0]
FEW, RIGHT = (2, 5, 12, 20, 1_000), (0.2, 0.5, 1.01)
DRAWN, CHANCES, DRAWS = (2, 3, 5, 8, 12, 19), (0.05, 0.2, 0.5, 0.8, 0.95), 2_000


@dataclass(frozen=True)
class Trial:
    """One class that went: its prompts, its recall before, and the cycles until it was rung for and named."""

    prompts: float
    recall: float
    alone: int | None
    named: int | None


def measured(prompts: int, folder: Path) -> History:
    """The lineage with the recall of each class, of so many of its prompts."""
    rows = pd.read_parquet(LINE, columns=COLUMNS)
    kept = np.random.default_rng(prompts).permutation(rows["example_id"].unique())[:prompts]
    store = Store(folder / f"{prompts}.duckdb")
    pipeline.ingest(store, [rows[rows["example_id"].isin(kept)]])
    return pipeline.history(store, str(rows["lineage"].iloc[0]))


def gone(trend: Trend) -> Trend:
    """The same class, never right from the onset on."""

    def lost(value: MetricValue | None) -> MetricValue | None:
        if value is None or value.status != "ok":
            return value
        return replace(value, value=0.0, raw=0.0, low=0.0, replicates=(0.0,) * GROUPS)

    return replace(trend, values=(*trend.values[:ONSET], *map(lost, trend.values[ONSET:])))


def trials(past: History) -> Iterator[Trial]:
    """Each class that has a recall, in turn."""
    seen = range(ONSET, ONSET + CYCLES)
    for trend in parts(past, RECALL):
        key = (RECALL.metric, trend.slice)
        known = [v for v in trend.values[:ONSET] if v is not None and v.value is not None]
        if len(known) < ONSET:
            continue
        after = replace(past, trends={**past.trends, key: gone(trend)})
        rung = [j.cycle for j in part_loss(after, {}) if any(f.slice == key[1] for f in j.findings)]
        said = going(after, seen, {})
        name = f"'{RECALL.part(trend)}'"
        named = [i for i in seen if any(name in sentence for sentence in said[i])]
        yield Trial(
            known[0].n or 0.0,
            float(np.mean([v.value for v in known if v.value is not None])),
            next((c - ONSET for c in rung if c in seen), None),
            next((i - ONSET for i in named), None),
        )


def by_chance(past: History) -> str:
    """What is said of classes while nothing is touched."""
    rung = {f.slice for j in part_loss(past, {}) for f in j.findings}
    judged = range(ONSET, len(past.standings))
    said, names = going(past, judged, {}), [f"'{RECALL.part(trend)}'" for trend in parts(past, RECALL)]
    naming = sum(any(name in sentence for sentence in said[i] for name in names) for i in judged)
    return f"{len(names)} classes: {len(rung)} ring untouched, {naming} of {len(judged)} cycles name one"


def held(prompts: int, chance: float) -> float:
    """The share of draws whose interval holds the chance."""
    rng, inside = np.random.default_rng(prompts), 0
    for _ in range(DRAWS):
        right, group = rng.random(prompts) < chance, rng.integers(0, GROUPS, prompts)
        group[1] = (group[0] + 1) % GROUPS  # Of a single group nothing could be left out.
        left = right.sum() - np.bincount(group, right, GROUPS)
        size = prompts - np.bincount(group, minlength=GROUPS)
        low, high = stats.jackknife_interval(float(right.mean()), left / size, "arcsine", 1 / prompts)
        inside += low - 1e-9 <= chance <= high + 1e-9
    return inside / DRAWS


def row(found: list[Trial], what: str) -> str:
    """The share that is told within the cycles, and the median cycle of those."""
    told = [d + 1 for t in found if (d := getattr(t, what)) is not None]
    cycle = f"in its cycle {np.median(told):.0f}" if told else ""
    return f"{what} {len(told) / len(found):4.0%} {cycle:<16}"


def main() -> None:
    """Print a line for each number of prompts and recall."""
    every: list[Trial] = []
    with tempfile.TemporaryDirectory() as folder:
        for prompts in PROMPTS:
            past = measured(prompts, Path(folder))
            print(f"{prompts} prompts, {by_chance(past)}")
            every += trials(past)
    for few, more in pairwise(FEW):
        for low, high in pairwise(RIGHT):
            found = [t for t in every if few <= t.prompts < more and low <= t.recall < high]
            if found:
                facts = f"{few:>3} to {more - 1:<4} prompts, recall {low:.1f} to {min(high, 1):.1f}"
                print(f"{facts}: {len(found):3} classes, {row(found, 'alone')} {row(found, 'named')}")
    for drawn in DRAWN:
        shares = ", ".join(f"{held(drawn, chance):.3f} at {chance}" for chance in CHANCES)
        print(f"95 % interval of {drawn} prompts holds the chance to be right: {shares}")


if __name__ == "__main__":
    main()
