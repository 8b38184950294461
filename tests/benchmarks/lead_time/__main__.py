"""Make series and put them on disk; those that are there already are left alone.

    python -m tests.benchmarks.lead_time generate --world synopses --setting standard --regime healthy \\
        --seeds 0:200 --jobs 2
    python -m tests.benchmarks.lead_time noise --world synopses --seeds 0:20
    python -m tests.benchmarks.lead_time compare --world synopses --setting standard --regime healthy slow \\
        --seeds 0:200 --jobs 2

`compare` prints what each contender says of the series that are on disk, and the first less the second.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial

from tests.benchmarks.lead_time import markdown, outcomes, series, table
from tests.benchmarks.lead_time import noise as unsteady
from tests.benchmarks.lead_time.contenders import CONTENDERS
from tests.benchmarks.lead_time.outcomes import Outcome
from tests.benchmarks.lead_time.regimes import REGIMES
from tests.benchmarks.lead_time.settings import SETTINGS
from tests.benchmarks.lead_time.worlds import WORLDS

Task = tuple[str, str, str, int]
FIRST = ("ours", "starting_rule")


def make(task: Task) -> Task:
    """One series."""
    world, setting, regime, seed = task
    series.write(world, SETTINGS[setting], REGIMES[regime], seed)
    return task


def asked(options: argparse.Namespace, there: bool) -> Iterator[Task]:
    """The series that are asked for and on disk, or not there."""
    for task in itertools.product(options.world, options.setting, options.regime, options.seeds):
        world, setting, regime, seed = task
        if series.is_there(world, SETTINGS[setting], REGIMES[regime], seed) == there:
            yield task


def generate(options: argparse.Namespace) -> None:
    """Make what is missing."""
    tasks = list(asked(options, there=False))
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


def judged(task: Task, names: Sequence[str]) -> list[Outcome]:
    """What some contenders say of a series on disk."""
    world, setting, regime, seed = task
    found = series.read(world, SETTINGS[setting], REGIMES[regime], seed)
    return outcomes.outcomes([found] if found else [], map(CONTENDERS.get, names))


def compare(options: argparse.Namespace) -> None:
    """Print a table for each regime, and the first contender less the second."""
    with ProcessPoolExecutor(options.jobs) as pool:
        said = pool.map(partial(judged, names=options.rule), asked(options, there=True), chunksize=4)
        found = list(itertools.chain.from_iterable(said))
    print(markdown.standings(table.rows(found), {name: CONTENDERS.get(name).label for name in options.rule}))
    if len(options.rule) > 1:
        print(markdown.comparison(table.paired(found, *options.rule[:2])))


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
    compares = commands.add_parser("compare", help="what the contenders say of the series on disk")
    for command, run in ((makes, generate), (tells, noise), (compares, compare)):
        command.add_argument("--world", nargs="+", choices=sorted(WORLDS), required=True)
        command.add_argument("--seeds", type=seeds, default=range(10), help="FIRST:END, END not among them")
        command.set_defaults(run=run)
    for command in (makes, compares):
        command.add_argument("--setting", nargs="+", choices=sorted(SETTINGS), required=True)
        command.add_argument("--regime", nargs="+", choices=sorted(REGIMES), required=True)
        command.add_argument("--jobs", type=int, default=1)
    # The drift tests look at the scores of rows, which are not kept.
    usual = [*FIRST, *(n for n in CONTENDERS.all() if n not in FIRST and not n.startswith("drift_test"))]
    compares.add_argument("--rule", nargs="+", choices=usual, default=usual, help="contenders, in this order")
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
