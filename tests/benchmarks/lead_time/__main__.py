"""Make series and put them on disk; those that are there already are left alone.

    python -m tests.benchmarks.lead_time generate --world synopses --setting standard --regime healthy \\
        --seeds 0:200 --jobs 2
    python -m tests.benchmarks.lead_time noise --world synopses --seeds 0:20
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.benchmarks.lead_time import noise as unsteady
from tests.benchmarks.lead_time import series
from tests.benchmarks.lead_time.regimes import REGIMES
from tests.benchmarks.lead_time.settings import SETTINGS
from tests.benchmarks.lead_time.worlds import WORLDS

Task = tuple[str, str, str, int]


def make(task: Task) -> Task:
    """One series."""
    world, setting, regime, seed = task
    series.write(world, SETTINGS[setting], REGIMES[regime], seed)
    return task


def missing(options: argparse.Namespace) -> Iterator[Task]:
    """The series that are asked for and not on disk."""
    for world in options.world:
        for setting in options.setting:
            for regime in options.regime:
                for seed in options.seeds:
                    if not series.is_there(world, SETTINGS[setting], REGIMES[regime], seed):
                        yield world, setting, regime, seed


def generate(options: argparse.Namespace) -> None:
    """Make what is missing."""
    tasks = list(missing(options))
    began = time.monotonic()
    # Each process works on a series of its own: threads inside one would only wait for each other.
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with ProcessPoolExecutor(options.jobs) as pool:
        for done, future in enumerate(as_completed([pool.submit(make, task) for task in tasks]), start=1):
            world, setting, regime, seed = future.result()
            left = (time.monotonic() - began) / done * (len(tasks) - done)
            line = f"{done} of {len(tasks)}: {world} {setting} {regime} {seed}, {left / 60:.0f} minutes left"
            print(f"\r{line:<90}", end="", file=sys.stderr, flush=True)
    print(f"\n{len(tasks)} series made in {time.monotonic() - began:.0f} s", file=sys.stderr)


def noise(options: argparse.Namespace) -> None:
    """Print how unsteady the healthy series on disk are."""
    for world in options.world:
        print(*unsteady.table(world, options.seeds), sep="\n")


def seeds(text: str) -> range:
    """FIRST:END as a range."""
    first, end = text.split(":")
    return range(int(first), int(end))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True)
    makes = commands.add_parser("generate", help="make series and keep them")
    tells = commands.add_parser("noise", help="how unsteady the healthy series on disk are")
    for command, run in ((makes, generate), (tells, noise)):
        command.add_argument("--world", nargs="+", choices=sorted(WORLDS), required=True)
        command.add_argument("--seeds", type=seeds, default=range(10), help="FIRST:END, END not among them")
        command.set_defaults(run=run)
    makes.add_argument("--setting", nargs="+", choices=sorted(SETTINGS), required=True)
    makes.add_argument("--regime", nargs="+", choices=sorted(REGIMES), required=True)
    makes.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
