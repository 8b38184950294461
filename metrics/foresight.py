"""How well forecasts held: the table of a study, shipped beside what it is about."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("forecasts.csv")


@dataclass(frozen=True)
class Held:
    """How forecasts held in one regime of one world, on series that nothing was chosen on; shares, or None.

    `of`: mean score, or the metrics that vote; `when`: at every cycle, or under an alert. `one`, `three`,
    `five`: 80 % intervals so many cycles ahead that held. `bound_held`: of the `bounds` that ruled a cycle
    out, those before which nothing was lost; `came`: of the `dates` that the series reached, those by which
    it was. `alone`: forecasts of a 'not before' without such a date; `silent`: of neither.
    """

    world: str
    regime: str
    of: str
    when: str
    series: int
    one: float | None
    three: float | None
    five: float | None
    bounds: int
    bound_held: float | None
    dates: int
    came: float | None
    alone: float | None
    silent: float | None


def read(file: Path) -> list[Held]:
    """The rows that a file holds, in its order; none where there is no file."""
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return [_held(row) for row in csv.DictReader(lines)]


def _held(row: dict[str, str]) -> Held:
    def share(name: str) -> float | None:
        return float(row[name]) if row[name] else None

    facts = (row["world"], row["regime"], row["of"], row["when"], int(row["series"]))
    intervals = (share("held_1"), share("held_3"), share("held_5"))
    bounds, dates = int(row["bound"]), int(row["likely"])
    came, rest = share("likely_came"), (share("open"), share("silent"))
    return Held(*facts, *intervals, bounds, share("bound_held"), dates, came, *rest)


@lru_cache(maxsize=1)
def study() -> list[Held]:
    """The study that ships with this version."""
    return read(FILE)
