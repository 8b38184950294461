"""How well forecasts hold: the table that ships as `metrics/forecasts.csv`, and other forecasters beside it.

    python -m tests.benchmarks.forecasts [--seeds reporting] [--folder FOLDER] [--jobs 2]

It reads the series of `python -m tests.benchmarks.lead_time generate` that are on disk and prints what each
forecaster reached. Of the reporting seeds it writes the product's part down, and prints the README's table.
"""

from __future__ import annotations

import argparse
import itertools
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd

from metrics import foresight
from tests.benchmarks.forecasts import REGIMES, REPORTING, TUNING, WORLDS, table
from tests.benchmarks.forecasts.forecasters import FORECASTERS, OURS
from tests.benchmarks.forecasts.trials import trials
from tests.benchmarks.lead_time import regimes, series
from tests.benchmarks.lead_time.settings import STANDARD

SEEDS = {"tuning": TUNING, "reporting": REPORTING}


def tried(task: tuple[str, str, int], folder: Path) -> pd.DataFrame:
    """The trials of one series; none where it is not on disk."""
    world, regime, seed = task
    about = (world, STANDARD, regimes.REGIMES[regime], seed, folder)
    found = series.read(*about) if series.is_there(*about) else None
    return pd.DataFrame() if found is None else trials(found, list(FORECASTERS))


def study(seeds: range, folder: Path, jobs: int) -> pd.DataFrame:
    """The table of all forecasters on some seeds."""
    tasks = list(itertools.product(WORLDS, REGIMES, seeds))
    with ProcessPoolExecutor(jobs) as pool:
        found = list(pool.map(partial(tried, folder=folder), tasks, chunksize=4))
    return table.shares(pd.concat(found, ignore_index=True))


def main() -> None:
    """Print the tables, and store what ships."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seeds", choices=SEEDS, default="reporting")
    parser.add_argument("--folder", type=Path, default=series.FOLDER, help="where series are kept")
    asked = parser.parse_args()
    found = study(SEEDS[asked.seeds], asked.folder, asked.jobs)
    print(table.contest(found))
    if asked.seeds == "reporting":
        ours = found[found["forecaster"] == OURS].drop(columns=["forecaster", "score"])
        ours.to_csv(foresight.FILE, index=False, float_format="%.3f")
        print(table.markdown(foresight.read(foresight.FILE)))


if __name__ == "__main__":
    main()
