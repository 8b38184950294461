"""The report: everything that is planned is made, judged, and written down where the product shows it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from metrics import lead_time
from metrics.core import METRICS, TailwatchError
from metrics.lead_time import (
    EARLIER,
    FACTS,
    OURS,
    PAIRS,
    ROWS,
    SEALED,
    STARTING,
    Fact,
    Pair,
    Row,
    Study,
)
from tests.benchmarks.lead_time import kept, making, memory, plan, provenance, readme, table
from tests.benchmarks.lead_time.contenders import CONTENDERS
from tests.benchmarks.lead_time.outcomes import Outcome
from tests.benchmarks.lead_time.plan import Cell

PACKAGES = ("numpy", "pandas", "scipy", "tailwatch")


@dataclass(frozen=True)
class Places:
    """Where series and outcomes are kept, and the checkout that the tables are written into."""

    series: Path
    checkout: Path

    @property
    def tables(self) -> Path:
        """The folder of the tables that ship."""
        return self.checkout / "metrics"


def report(cells: Sequence[Cell], places: Places, jobs: int, *, unseal: bool, only_say: bool) -> None:
    """Say what it costs, do what is missing, and write the tables. What is on disk is never done again."""
    guard(cells, unseal)
    with making.pool(jobs) as processes:
        if not only_say:
            opened(cells, places)
        print(making.told(making.costs(cells, places.series, processes), jobs), file=sys.stderr)
        if only_say:
            return
        for cell in cells:
            making.work(cell, places.series, processes)
    write(places)


def guard(cells: Iterable[Cell], unseal: bool) -> None:
    """Refuse to look at the sealed world by accident."""
    if not unseal and any(cell.world == SEALED for cell in cells):
        raise TailwatchError(
            f"The world '{SEALED}' is opened once for a rule, after its thresholds are committed;",
            "looking at it now would spend its seeds.",
            "Add --open-sealed if they are.",
        )


def opened(cells: Iterable[Cell], places: Places) -> None:
    """Before anything of the sealed world is judged, write down by which rule it was opened."""
    before = lead_time.read(places.tables)
    if any(c.world == SEALED for c in cells) and SEALED not in before.told("opened"):
        fact = Fact("opened", SEALED, provenance.contender(OURS))
        _put(places.tables / FACTS, (*before.facts, fact), Fact)


def write(places: Places) -> None:
    """Write the tables of all that was judged, and what the README says of them.

    The sealed world's table stays as it was while nothing of it was judged by the present rule.
    """
    before = lead_time.read(places.tables)
    found = [o for cell in plan.cells(plan.OPEN) for o in kept.known(cell, places.series).values()]
    if SEALED in before.told("opened"):
        sealed = [o for c in plan.cells([SEALED]) for o in kept.known(c, places.series).values()]
        found += [o for o in sealed if any(other.contender == OURS for other in sealed)]
    done = made(found, before)
    for name, own, kind in ((ROWS, done.rows, Row), (PAIRS, done.pairs, Pair), (FACTS, done.facts, Fact)):
        _put(places.tables / name, own, kind)
    readme.replace_block(places.checkout / "README.md", done)


def made(found: Sequence[Outcome], before: Study) -> Study:
    """The tables of what was found; of a sealed world in which nothing was found now, those there were."""
    stays = {SEALED, *EARLIER} - {o.group[0] for o in found}
    old = [r for r in before.rows if r.world in stays]
    old_pairs = [p for p in before.pairs if p.world in stays]
    judged = {o.group[0] for o in found if o.contender == OURS}
    rules = dict.fromkeys(sorted(judged), provenance.contender(OURS))
    rules |= {r.world: before.told("rule")[r.world] for r in old}
    own, opened = (*table.rows(found), *old), before.told("opened")
    return Study(
        own,
        (*table.paired(found, OURS, STARTING), *old_pairs),
        (
            *_facts("rule", rules),
            *_facts("opened", opened),
            *_facts("alike", {w: rules[w] for w in opened if _alike(w, own, rules, before)}),
            *_told(),
        ),
    )


def _alike(world: str, own: Sequence[Row], rules: Mapping[str, str], before: Study) -> bool:
    """Whether a world has a later rule than it was opened with, which says the same of every regime."""
    first, was = before.told("opened")[world], before.told("rule").get(world)
    if rules.get(world) in (None, first) or was not in (first, before.told("alike").get(world)):
        return False
    now, then = ({r for r in each if (r.world, r.contender) == (world, OURS)} for each in (own, before.rows))
    return now == then


def _told() -> Iterable[Fact]:
    """What holds for every table."""
    first = (OURS, STARTING)
    names = (*first, *(name for name in CONTENDERS.all() if name not in first))
    seeds = {"tuning": plan.TUNING, "reporting": plan.REPORTING, SEALED: plan.UNSEALED}
    yield from _facts("contender", {name: CONTENDERS.get(name).label for name in names})
    yield from _facts("seeds", {name: f"{own.start}:{own.stop}" for name, own in seeds.items()})
    yield from _facts("metric", {name: str(METRICS.get(name).version) for name in memory.measured()})
    yield from _facts("version", {name: version(name) for name in PACKAGES})
    yield Fact("version", "python", platform.python_version())


def _facts(kind: str, told: dict[str, str]) -> list[Fact]:
    return [Fact(kind, name, value) for name, value in told.items()]


def _put(path: Path, own: Sequence[Row] | Sequence[Pair] | Sequence[Fact], kind: type) -> None:
    path.write_text(table.as_csv(own, kind), encoding="utf-8")
