"""Ours beside the starting rule where ours flags no more: every line of ours drawn for a share of its chance.

    python -m tests.benchmarks.lead_time.equal --share 0.33 --jobs 2

A rule that flags more finds more. Printed are the false alarms of both on the healthy and the benign series
of the report, world by world, and where something narrows the paired differences that are not by chance. It
reads the series on disk, and what the starting rule said of them; what ships is not changed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from metrics import panel, runs
from metrics.deviations import Floats
from metrics.lead_time import BENIGN, HEALTHY, OURS, STANDARD, STARTING, WORLDS, Pair
from tests.benchmarks.lead_time import kept, plan, series, table
from tests.benchmarks.lead_time.outcomes import Outcome
from tests.benchmarks.lead_time.plan import Cell

RARER = runs.rarer
Task = tuple[Cell, int]


def stricter(share: float) -> None:
    """From now on every line of this process is drawn for a share of its chance."""

    def drawn(retrained: Floats) -> Floats:
        return share * RARER(retrained)

    # The one place that all built-in rules ask; one module knows it by its own name.
    vars(runs)["rarer"] = vars(panel)["rarer"] = drawn


def judged(task: Task, folder: Path) -> list[Outcome]:
    """What ours says of a series."""
    cell, seed = task
    return kept.judged(cell, seed, [OURS], folder)


def worse_and_better(pair: Pair) -> Iterator[str]:
    """What differs by more than chance, by 95 % intervals over series."""
    told = {
        "detection": (pair.detection_low, pair.detection_high, 1),
        "delay": (pair.delay_low, pair.delay_high, -1),
        "lead": (pair.lead_low, pair.lead_high, 1),
    }
    for name, (low, high, sign) in told.items():
        if low is not None and high is not None and not low <= 0 <= high:
            yield f"{'better' if low * sign > 0 else 'WORSE'} {name} ({low:+.2f} to {high:+.2f})"


def main() -> None:
    """Judge again, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--share", type=float, default=0.33)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=series.FOLDER, help="where series are kept")
    asked = parser.parse_args()
    cells = [
        c for c in plan.cells(WORLDS.keys() & plan.WORLDS.keys()) if c.setting in (STANDARD, "half_tail")
    ]
    tasks = [(cell, seed) for cell in cells for seed in cell.seeds]
    with ProcessPoolExecutor(asked.jobs, initializer=stricter, initargs=(asked.share,)) as pool:
        found = [
            o for each in pool.map(partial(judged, folder=asked.folder), tasks, chunksize=8) for o in each
        ]
    theirs = [
        o for cell in cells for (_, name), o in kept.known(cell, asked.folder).items() if name == STARTING
    ]
    for row in table.rows([*found, *theirs]):
        if row.regime in (HEALTHY, *BENIGN):
            print(
                f"{row.world} {row.setting} {row.regime}, {row.contender}: {row.false_alarms} of {row.series}"
            )
    for pair in table.paired([*found, *theirs], OURS, STARTING):
        if pair.detection is not None:
            differs = "; ".join(worse_and_better(pair)) or "no difference beyond chance"
            print(f"{pair.world} {pair.setting} {pair.regime}: {differs}")


if __name__ == "__main__":
    main()
