"""Making and judging what is missing, in several processes, with the time it is going to take said before."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from tests.benchmarks.lead_time import kept, series, worlds
from tests.benchmarks.lead_time.outcomes import Outcome
from tests.benchmarks.lead_time.plan import Cell
from tests.benchmarks.lead_time.regimes import REGIMES
from tests.benchmarks.lead_time.settings import SETTINGS

T = TypeVar("T")
# The first series of a process also waits for what is compiled, so the quickest of some tells the cost.
TRIED = 2
JUDGING = "judging"


@contextmanager
def pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that work on a series each: threads inside one would only wait for each other."""
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with ProcessPoolExecutor(jobs) as processes:
        try:
            yield processes
        except BaseException:
            processes.shutdown(cancel_futures=True)
            raise


def make(cell: Cell, folder: Path, seed: int) -> float:
    """One series; returns the seconds it took."""
    worlds.encoder(cell.world)
    began = time.monotonic()
    series.write(cell.world, SETTINGS[cell.setting], REGIMES[cell.regime], seed, folder)
    return time.monotonic() - began


def judge(cell: Cell, folder: Path, task: tuple[int, list[str]]) -> tuple[float, list[Outcome]]:
    """What some contenders say of one series, and the seconds it took."""
    began = time.monotonic()
    found = kept.judged(cell, *task, folder)
    return time.monotonic() - began, found


def lacking(cell: Cell, folder: Path) -> list[int]:
    """The seeds of a cell whose series is not on disk."""
    about = cell.world, SETTINGS[cell.setting], REGIMES[cell.regime]
    return [seed for seed in cell.seeds if not series.is_there(*about, seed, folder)]


@dataclass(frozen=True)
class Cost:
    """What is missing of one kind, and the seconds that one of it takes."""

    what: str
    number: int
    each: float

    @property
    def seconds(self) -> float:
        """All of it, one after the other."""
        return self.number * self.each


def costs(cells: Iterable[Cell], folder: Path, processes: ProcessPoolExecutor) -> list[Cost]:
    """What is missing, by world and setting, and what it costs: some of each is made for that, and kept."""
    print("Making some series of each setting to see what they cost ...", file=sys.stderr, flush=True)
    groups: dict[str, list[Cell]] = {}
    every = list(cells)
    for cell in every:
        groups.setdefault(f"{cell.world}, {cell.setting}", []).append(cell)
    found = [_cost(what, own, folder, processes) for what, own in groups.items()]
    return [*found, _judging(every, folder, processes)]


def _cost(what: str, cells: list[Cell], folder: Path, processes: ProcessPoolExecutor) -> Cost:
    lack = [(cell, seed) for cell in cells for seed in lacking(cell, folder)]
    tried = [processes.submit(make, cell, folder, seed) for cell, seed in lack[:TRIED]]
    return Cost(what, len(lack) - len(tried), min((each.result() for each in tried), default=0.0))


def _judging(cells: list[Cell], folder: Path, processes: ProcessPoolExecutor) -> Cost:
    number, able = 0, []
    for cell in cells:
        tasks, absent = kept.missing(cell, folder), set(lacking(cell, folder))
        number += len(tasks)
        able += [(cell, task) for task in tasks.items() if task[0] not in absent]
    tried = [processes.submit(judge, cell, folder, task) for cell, task in able[:TRIED]]
    return Cost(JUDGING, number, min((each.result()[0] for each in tried), default=0.0))


def told(found: Iterable[Cost], jobs: int) -> str:
    """The estimate, in words."""
    every = [cost for cost in found if cost.number]
    lines = [f"{c.what}: {c.number} series, {c.each:.1f} s each" for c in every]
    minutes = sum(c.seconds for c in every) / jobs / 60
    return "\n".join([*lines, f"All of it: about {minutes:.0f} minutes in {jobs} processes."])


def work(cell: Cell, folder: Path, processes: ProcessPoolExecutor) -> None:
    """Make the series of a cell that are missing, and have them judged by whoever has not."""
    name = f"{cell.world} {cell.setting} {cell.regime}"
    making = [processes.submit(make, cell, folder, seed) for seed in lacking(cell, folder)]
    for _ in watched(f"{name}: made", making):
        pass
    tasks = kept.missing(cell, folder).items()
    judging = [processes.submit(partial(judge, cell, folder), task) for task in tasks]
    for _, found in watched(f"{name}: judged", judging):
        kept.keep(cell, found, folder)


def watched(what: str, futures: list[Future[T]]) -> Iterator[T]:
    """The results as they come, while a line tells how many there are and how long it may take."""
    began = time.monotonic()
    for done, future in enumerate(as_completed(futures), start=1):
        yield future.result()
        left = (time.monotonic() - began) / done * (len(futures) - done)
        line = f"{what} {done} of {len(futures)}, {left / 60:.0f} minutes left"
        print(f"\r{line:<90}", end="", file=sys.stderr, flush=True)
    if futures:
        print(file=sys.stderr)
