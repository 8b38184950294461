"""How well forecasts held: the table of a study, shipped beside what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from metrics.studies import rows

FILE = Path(__file__).with_name("forecasts.csv")
LED, SCORE = "the alarm's metric", "mean score"


@dataclass(frozen=True)
class Held:
    """How forecasts under an alarm held in one regime of one world, on series that nothing was chosen on.

    `of`: LED or SCORE. `forecasts` in so many `series`, `asked`: those before the loss. Shares, None where
    there is nothing to take one of: `one`, `three`, `five`: 80 % intervals so many cycles ahead that held;
    `bound_held`: of the `bounds` that ruled a cycle out, those before which nothing was lost; `came`: of the
    `dates` that the series reached, those by which it was; with 95 % intervals in which each series counts
    once. `unbounded`: of those asked, those without such a date.
    """

    world: str
    regime: str
    of: str
    series: int
    forecasts: int
    one: float | None
    three: float | None
    five: float | None
    asked: int
    bounds: int
    bound_held: float | None
    bound_low: float | None
    bound_high: float | None
    dates: int
    came: float | None
    came_low: float | None
    came_high: float | None
    unbounded: float | None


def read(file: Path) -> tuple[Held, ...]:
    """The rows that a file holds, in its order; none where there is no file."""
    return rows(file, Held)


@lru_cache(maxsize=1)
def study() -> tuple[Held, ...]:
    """The study that ships with this version."""
    return read(FILE)
