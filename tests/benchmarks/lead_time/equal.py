"""Ours beside the starting rule where ours flags no more: every line of ours drawn for a share of its chance.

    python -m tests.benchmarks.lead_time.equal --share 0.5 --jobs 2

A rule that flags more finds more. Printed are the false alarms of both on the healthy and the benign series
of the report, world by world, and where something narrows the paired differences that are not by chance. It
reads the series on disk, and what the starting rule said of them; what ships is not changed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from metrics import panel, runs
from metrics.deviations import Floats
from metrics.lead_time import HEALTHY, NARROWING, OURS, STANDARD, STARTING, Pair
from tests.benchmarks.lead_time import kept, plan, series, table
from tests.benchmarks.lead_time.outcomes import Outcome
from tests.benchmarks.lead_time.plan import Cell
from tests.benchmarks.lead_time.worlds import WORLDS

RARER = runs.rarer
BETTER, WORSE = "better", "WORSE"
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


def cells() -> list[Cell]:
    """What is compared: the standard setting of every world, and what narrows in another one."""
    return [c for c in plan.cells(WORLDS) if c.setting == STANDARD or c.regime in NARROWING]


def compared(share: float, jobs: int, folder: Path) -> list[Outcome]:
    """What ours says of the series with its lines drawn so, and what the starting rule said of them."""
    tasks = [(cell, seed) for cell in cells() for seed in cell.seeds]
    with ProcessPoolExecutor(jobs, initializer=stricter, initargs=(share,)) as pool:
        found = pool.map(partial(judged, folder=folder), tasks, chunksize=8)
        ours = [outcome for each in found for outcome in each]
    theirs = (kept.known(cell, folder) for cell in cells())
    return [*ours, *(o for known in theirs for (_, name), o in known.items() if name == STARTING)]


def false_alarms(found: Sequence[Outcome]) -> Iterator[str]:
    """How many series each contender flags where nothing narrows, world by world."""
    for (world, kind, name), told in _calm(found).items():
        yield f"{world}, {kind}, {name}: {sum(o.false for o in told)} of {len(told)}"


def _calm(found: Sequence[Outcome]) -> dict[tuple[str, str, str], list[Outcome]]:
    groups: dict[tuple[str, str, str], list[Outcome]] = {}
    for each in found:
        world, _, regime = each.group
        if regime not in NARROWING:
            kind = HEALTHY if regime == HEALTHY else "benign"
            groups.setdefault((world, kind, each.contender), []).append(each)
    return groups


def differences(pair: Pair) -> dict[str, str]:
    """What differs by more than chance, by 95 % intervals over series: 'better' or 'WORSE', and by how much.

    Named are detection, delay and lead; a longer delay is worse.
    """
    told = {
        "detection": (pair.detection_low, pair.detection_high, 1),
        "delay": (pair.delay_low, pair.delay_high, -1),
        "lead": (pair.lead_low, pair.lead_high, 1),
    }
    return {
        name: f"{BETTER if low * sign > 0 else WORSE} ({low:+.2f} to {high:+.2f})"
        for name, (low, high, sign) in told.items()
        if low is not None and high is not None and not low <= 0 <= high
    }


def summary(pairs: Sequence[Pair]) -> str:
    """In how many regimes what is better, and worse."""
    told = [differences(pair) for pair in pairs]
    counted = [
        f"{name} {sum(d.get(name, '').startswith(BETTER) for d in told)} {BETTER},"
        f" {sum(d.get(name, '').startswith(WORSE) for d in told)} {WORSE}"
        for name in ("detection", "delay", "lead")
    ]
    return f"Of {len(pairs)}: {'; '.join(counted)}."


def main() -> None:
    """Judge again, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=series.FOLDER, help="where series are kept")
    asked = parser.parse_args()
    found = compared(asked.share, asked.jobs, asked.folder)
    print(*false_alarms(found), sep="\n")
    pairs = [pair for pair in table.paired(found, OURS, STARTING) if pair.regime in NARROWING]
    for pair in pairs:
        differs = "; ".join(f"{name} {how}" for name, how in differences(pair).items())
        print(f"{pair.world} {pair.setting} {pair.regime}: {differs or 'no difference beyond chance'}")
    print(summary(pairs))


if __name__ == "__main__":
    main()
