"""How well forecasts hold: the table that ships as `metrics/forecasts.csv`, and all forecasters beside it.

    python -m tests.benchmarks.forecasts [--jobs 2] [--seeds tuning|reporting] [--dry]

It reads the series of `python -m tests.benchmarks.lead_time generate` that are on disk, prints the tables and
writes `results/forecasts.csv`, and, of the product's forecaster on the reporting seeds, the file that ships.
"""

from __future__ import annotations

import argparse
import itertools
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd

import metrics as package
from tests.benchmarks.forecasts import REGIMES, REPORTING, TUNING, WORLDS, table
from tests.benchmarks.forecasts.forecasters import FORECASTERS
from tests.benchmarks.forecasts.trials import trials
from tests.benchmarks.lead_time import regimes, series
from tests.benchmarks.lead_time.settings import STANDARD

RESULTS = Path(__file__).parent.parent / "results" / "forecasts.csv"
SHIPPED = Path(package.__file__).parent / "forecasts.csv"
SEEDS = {"tuning": TUNING, "reporting": REPORTING}
OURS = "ours"


def tried(task: tuple[str, str, int]) -> pd.DataFrame | None:
    """The trials of one series, None where it is not on disk."""
    world, regime, seed = task
    found = series.read(world, STANDARD, regimes.REGIMES[regime], seed)
    return None if found is None else trials(found, list(FORECASTERS))


def study(seeds: range, jobs: int) -> pd.DataFrame:
    """The table of all forecasters on some seeds."""
    tasks = list(itertools.product(WORLDS, REGIMES, seeds))
    with ProcessPoolExecutor(jobs) as pool:
        found = [each for each in pool.map(tried, tasks, chunksize=4) if each is not None]
    return table.shares(pd.concat(found, ignore_index=True))


def main() -> None:
    """Print the tables and store them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seeds", choices=SEEDS, nargs="+", default=list(SEEDS))
    parser.add_argument("--dry", action="store_true", help="print, and store nothing")
    asked = parser.parse_args()
    found = {name: study(SEEDS[name], asked.jobs) for name in asked.seeds}
    for name, own in found.items():
        print(f"## Seeds for {name}: {SEEDS[name].start} to {SEEDS[name].stop - 1}\n\n{table.contest(own)}")
        print(table.markdown(own[own["forecaster"] == OURS]))
    if not asked.dry and len(found) == len(SEEDS):
        both = pd.concat([own.assign(seeds=name) for name, own in found.items()])
        RESULTS.parent.mkdir(exist_ok=True)
        both.to_csv(RESULTS, index=False, float_format="%.4g")
        ours = both[(both["forecaster"] == OURS) & (both["seeds"] == "reporting")]
        ours.drop(columns=["forecaster", "seeds"]).to_csv(SHIPPED, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
