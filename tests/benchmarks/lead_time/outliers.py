"""How often one odd cycle of a healthy series rings the alarm: a one-off outlier must flip nothing.

    python -m tests.benchmarks.lead_time.outliers --jobs 2

One cycle of a healthy series is replaced by one of the series of the same seed that is retrained on its own
output from some cycle on: by its third such cycle, or by its last, which is far gone. The prompts are the
same. That is done at each cycle after the baseline but the last, one at a time, to every series of the report
of which both are there. Counted is what alarms at any cycle; series that a contender flags as they are do not
count for it. In brackets the 95 % interval over series. It reads the series on disk.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from metrics import lead_time
from metrics.comparison import BASELINE_CYCLES
from metrics.core import History, Trend
from metrics.lead_time import HEALTHY, OURS, STANDARD, STARTING
from tests.benchmarks.lead_time import plan, series, table
from tests.benchmarks.lead_time.contenders import CONTENDERS
from tests.benchmarks.lead_time.regimes import REGIMES
from tests.benchmarks.lead_time.series import Series
from tests.benchmarks.lead_time.settings import SETTINGS
from tests.benchmarks.lead_time.worlds import WORLDS

GONE = "replace"
RULES = (OURS, STARTING, "any_metric_drop", "cusum")
DEPTHS = {"third": 3, "last": None}


@dataclass(frozen=True)
class Planted:
    """Of one series and contender: at how many cycles an outlier was planted, and how many of them rang."""

    world: str
    depth: str
    contender: str
    places: int
    rang: int


def with_outlier(past: History, gone: History, at: int, taken: int) -> History:
    """The history with its cycle `at` as the cycle `taken` of another one that asks the same prompts."""
    trends = {key: _with(trend, gone.trends[key], at, taken) for key, trend in past.trends.items()}
    return replace(past, trends=trends)


def _with(trend: Trend, gone: Trend, at: int, taken: int) -> Trend:
    other = gone.values[taken]
    odd = None if other is None else replace(other, cycle=at)
    return replace(trend, values=(*trend.values[:at], odd, *trend.values[at + 1 :]))


def planted(task: tuple[str, int], folder: Path) -> list[Planted]:
    """What the contenders say of one healthy series with an outlier, wherever it is planted."""
    world, seed = task
    healthy, gone = (
        series.read(world, SETTINGS[STANDARD], REGIMES[regime], seed, folder) for regime in (HEALTHY, GONE)
    )
    if healthy is None or gone is None or gone.onset is None:
        return []
    found = []
    for rule in RULES:
        if not CONTENDERS.get(rule).alarms(healthy):
            for depth, count in DEPTHS.items():
                taken = len(gone.truth) - 1 if count is None else gone.onset + count - 1
                rang = [_rings(rule, healthy, gone, at, taken) for at in places(healthy)]
                found.append(Planted(world, depth, rule, len(rang), sum(rang)))
    return found


def places(healthy: Series) -> range:
    """Where an outlier is planted: after the baseline, and not last, where nothing shows that it was one."""
    return range(BASELINE_CYCLES, len(healthy.truth) - 1)


def _rings(rule: str, healthy: Series, gone: Series, at: int, taken: int) -> bool:
    odd = replace(healthy, history=with_outlier(healthy.history, gone.history, at, taken))
    return bool(CONTENDERS.get(rule).alarms(odd))


def told(found: Sequence[Planted]) -> Iterator[str]:
    """A line for each world, depth and contender."""
    for key in dict.fromkeys((p.world, p.depth, p.contender) for p in found):
        mine = [p for p in found if (p.world, p.depth, p.contender) == key]
        shares = [p.rang / p.places for p in mine]
        mean, low, high = table.bootstrap(shares, seed=1)
        name = f"{key[0]}, {key[1]} cycle, {CONTENDERS.get(key[2]).label}"
        counted = f"{sum(p.rang for p in mine)} of {sum(p.places for p in mine)}"
        rate = f"{100 * mean:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
        yield f"{name}: {counted}, {rate}, {len(mine)} series"


def main() -> None:
    """Plant, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    seen = [*plan.OPEN, *(world for world in WORLDS if world in lead_time.study().told("opened"))]
    parser.add_argument("--world", nargs="+", choices=seen, default=seen)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=series.FOLDER, help="where series are kept")
    asked = parser.parse_args()
    cells = [c for c in plan.cells(asked.world) if (c.setting, c.regime) == (STANDARD, GONE)]
    tasks = [(cell.world, seed) for cell in cells for seed in cell.seeds]
    with ProcessPoolExecutor(asked.jobs) as pool:
        found = [p for each in pool.map(partial(planted, folder=asked.folder), tasks) for p in each]
    print(*told(found), sep="\n")


if __name__ == "__main__":
    main()
