"""Make series and put them on disk; those that are there already are left alone.

    python -m tests.benchmarks.lead_time generate --world synopses --setting standard --regime healthy \\
        --seeds 0:200 --jobs 2
    python -m tests.benchmarks.lead_time noise --world synopses --seeds 0:20
    python -m tests.benchmarks.lead_time compare --world synopses --setting standard --regime healthy slow \\
        --seeds 0:200 --jobs 2

`compare` prints what each contender says of the series that are on disk, and the first less the second. It is
for choosing thresholds: it looks at tuning seeds alone, and never at the sealed world.

    python -m tests.benchmarks.lead_time report --jobs 2

makes and judges all that `plan.py` names, which takes hours the first time and goes on where it was stopped,
and writes the tables into the product and the README. `--estimate` only says how long it would take.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from metrics.core import TailwatchError
from metrics.lead_time import OURS, SEALED, STARTING
from tests.benchmarks.lead_time import making, markdown, outcomes, plan, series, table
from tests.benchmarks.lead_time import noise as unsteady
from tests.benchmarks.lead_time import report as reporting
from tests.benchmarks.lead_time.contenders import CONTENDERS
from tests.benchmarks.lead_time.outcomes import Outcome
from tests.benchmarks.lead_time.regimes import REGIMES
from tests.benchmarks.lead_time.report import Places
from tests.benchmarks.lead_time.settings import SETTINGS
from tests.benchmarks.lead_time.worlds import WORLDS

Task = tuple[str, str, str, int]
FIRST = (OURS, STARTING)
CHECKOUT = Path(__file__).parents[3]


def make(task: Task, folder: Path) -> None:
    """One series."""
    world, setting, regime, seed = task
    series.write(world, SETTINGS[setting], REGIMES[regime], seed, folder)


def asked(options: argparse.Namespace, there: bool) -> Iterator[Task]:
    """The series that are asked for and on disk, or not there."""
    for task in itertools.product(options.world, options.setting, options.regime, options.seeds):
        world, setting, regime, seed = task
        if series.is_there(world, SETTINGS[setting], REGIMES[regime], seed, options.folder) == there:
            yield task


def generate(options: argparse.Namespace) -> None:
    """Make what is missing."""
    tasks = list(asked(options, there=False))
    with making.pool(options.jobs) as processes:
        for _ in making.watched("made", [processes.submit(make, task, options.folder) for task in tasks]):
            pass


def judged(task: Task, names: Sequence[str], folder: Path) -> list[Outcome]:
    """What some contenders say of a series on disk."""
    world, setting, regime, seed = task
    found = series.read(world, SETTINGS[setting], REGIMES[regime], seed, folder)
    return outcomes.outcomes([found] if found else [], map(CONTENDERS.get, names))


def compare(options: argparse.Namespace) -> None:
    """Print a table for each regime, and the first contender less the second."""
    if SEALED in options.world or options.seeds.stop > plan.TUNING.stop:
        raise TailwatchError(
            "Only tuning seeds are compared, and nothing of the sealed world:",
            f"asked for seeds up to {options.seeds.stop} of {', '.join(options.world)}.",
            f"Give seeds below {plan.TUNING.stop}; the others are looked at by `report`.",
        )
    with ProcessPoolExecutor(options.jobs) as pool:
        said = pool.map(
            partial(judged, names=options.rule, folder=options.folder),
            asked(options, there=True),
            chunksize=4,
        )
        found = list(itertools.chain.from_iterable(said))
    print(markdown.standings(table.rows(found), {name: CONTENDERS.get(name).label for name in options.rule}))
    if len(options.rule) > 1:
        print(markdown.comparison(table.paired(found, *options.rule[:2])))


def noise(options: argparse.Namespace) -> None:
    """Print how unsteady the healthy series on disk are."""
    for world in options.world:
        print(*unsteady.table(world, options.seeds), sep="\n")


def report(options: argparse.Namespace) -> None:
    """Make, judge and write down what is planned."""
    parts = plan.PARTS if options.part == "all" else [options.part]
    cells = plan.cells(options.world, parts, options.most)
    places = Places(options.folder, options.to)
    reporting.report(cells, places, options.jobs, unseal=options.open_sealed, only_say=options.estimate)


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
        command.add_argument("--folder", type=Path, default=series.FOLDER, help="where series are kept")
    usual = [*FIRST, *(n for n in CONTENDERS.all() if n not in FIRST)]
    compares.add_argument("--rule", nargs="+", choices=usual, default=usual, help="contenders, in this order")
    _reports(commands.add_parser("report", help="make and judge what is planned, and write the tables"))
    options = parser.parse_args()
    try:
        options.run(options)
    except TailwatchError as error:
        raise SystemExit(str(error)) from None


def _reports(command: argparse.ArgumentParser) -> None:
    """The options of the report."""
    command.add_argument("--world", nargs="+", choices=sorted(WORLDS), default=list(plan.OPEN))
    command.add_argument("--part", choices=[*plan.PARTS, "all"], default="all")
    command.add_argument("--jobs", type=int, default=1)
    command.add_argument("--estimate", action="store_true", help="say how long it would take, and stop")
    command.add_argument("--open-sealed", action="store_true", help="look at the world `sealed`")
    command.add_argument(
        "--most", type=int, default=len(plan.REPORTING), help="series in a cell, for a trial"
    )
    command.add_argument("--folder", type=Path, default=series.FOLDER, help="where series are kept")
    command.add_argument("--to", type=Path, default=CHECKOUT, help="the checkout to write the tables into")
    command.set_defaults(run=report)


if __name__ == "__main__":
    main()
