"""What the contenders said of the series, on disk: a file for each cell, a line for each judging of a series.

A line names how its series was made and what each contender's code did. A contender that has changed since is
asked again; the series need not be made again for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from metrics.core import Status
from tests.benchmarks.lead_time import provenance, series
from tests.benchmarks.lead_time.contenders import CONTENDERS
from tests.benchmarks.lead_time.outcomes import Outcome, outcome
from tests.benchmarks.lead_time.plan import Cell
from tests.benchmarks.lead_time.regimes import REGIMES
from tests.benchmarks.lead_time.settings import SETTINGS

LETTERS: dict[Status, str] = {
    "learning": "l",
    "healthy": "h",
    "watch": "w",
    "narrowing": "n",
    "collapse": "c",
    "not_comparable": "x",
}
STATUSES = {letter: status for status, letter in LETTERS.items()}
Known = dict[tuple[int, str], Outcome]


def file(cell: Cell, folder: Path) -> Path:
    """Where the outcomes of a cell are."""
    return folder / "outcomes" / cell.world / cell.setting / f"{cell.regime}.jsonl"


def known(cell: Cell, folder: Path) -> Known:
    """What was said of a cell's series as they are made now, by the contenders as they are now."""
    try:
        lines = file(cell, folder).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    made_by = series.key(cell.world, SETTINGS[cell.setting], REGIMES[cell.regime])
    found: Known = {}
    for line in lines:
        for each in _read(line, cell, made_by):
            found[each.seed, each.contender] = each
    return {(seed, name): each for (seed, name), each in found.items() if seed in cell.seeds}


def _read(line: str, cell: Cell, made_by: str) -> Iterator[Outcome]:
    try:
        told = json.loads(line)
    except json.JSONDecodeError:
        # The last line of a report that was killed while it wrote.
        return
    if told["made_by"] != made_by:
        return
    group, facts = (cell.world, cell.setting, cell.regime), (told["cycles"], told["onset"], told["recovery"])
    for name, (code, alarms, score, letters) in told["said"].items():
        if name in CONTENDERS.all() and code == provenance.contender(name):
            statuses = None if letters is None else tuple(STATUSES[letter] for letter in letters)
            yield Outcome(group, told["seed"], name, *facts, tuple(alarms), tuple(score), statuses)


def missing(cell: Cell, folder: Path) -> dict[int, list[str]]:
    """The contenders that have yet to judge each series, by seed."""
    there = known(cell, folder)
    lack = {seed: [name for name in CONTENDERS.all() if (seed, name) not in there] for seed in cell.seeds}
    return {seed: names for seed, names in lack.items() if names}


def judged(cell: Cell, seed: int, names: Sequence[str], folder: Path) -> list[Outcome]:
    """What some contenders say of a series on disk."""
    found = series.read(cell.world, SETTINGS[cell.setting], REGIMES[cell.regime], seed, folder)
    assert found is not None
    return [outcome(CONTENDERS.get(name), found) for name in names]


def keep(cell: Cell, found: Iterable[Outcome], folder: Path) -> None:
    """Write down what was said of one series."""
    said, every = {}, list(found)
    for each in every:
        letters = None if each.statuses is None else "".join(LETTERS[status] for status in each.statuses)
        said[each.contender] = (provenance.contender(each.contender), each.alarms, each.score, letters)
    first, path = every[0], file(cell, folder)
    told = {
        "made_by": series.key(cell.world, SETTINGS[cell.setting], REGIMES[cell.regime]),
        "seed": first.seed,
        "cycles": first.cycles,
        "onset": first.onset,
        "recovery": first.recovery,
        "said": said,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as lines:
        # A line break before it ends whatever half a line there is.
        lines.write(f"\n{json.dumps(told, separators=(',', ':'))}")
