"""After how many cycles a class that is gone rings alone, by the prompts it has and how many were right.

python -m tests.benchmarks.rare_classes

The healthy sample lineage, of all its prompts and of fewer: each class in turn is never right again from one
cycle on, while nothing else changes. `alone`: the share of classes that ring the alarm by themselves;
`named`: those that a message names beside an alarm of the whole. By chance: what rings untouched.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from metrics import pipeline
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
            chance = {f.slice for j in part_loss(past, {}) for f in j.findings}
            print(f"{prompts} prompts, {len(parts(past, RECALL))} classes: {len(chance)} ring untouched")
            every += trials(past)
    for few, more in pairwise(FEW):
        for low, high in pairwise(RIGHT):
            found = [t for t in every if few <= t.prompts < more and low <= t.recall < high]
            if found:
                facts = f"{few:>3} to {more - 1:<4} prompts, recall {low:.1f} to {min(high, 1):.1f}"
                print(f"{facts}: {len(found):3} classes, {row(found, 'alone')} {row(found, 'named')}")


if __name__ == "__main__":
    main()
