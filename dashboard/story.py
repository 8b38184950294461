"""What a chart is given: one lineage's story, all of it plain values. Unknown is None, never 0 or NaN."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """One metric at one cycle. `share` is in percent of the baseline, `z` in normal movements from it."""

    cycle: int
    status: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    baseline: float | None = None
    z: float | None = None
    note: str | None = None

    def share(self, number: float | None) -> float | None:
        """A number in percent of this point's baseline; None where there is no baseline above 0."""
        if number is None or self.baseline is None or self.baseline <= 0:
            return None
        return 100 * number / self.baseline


@dataclass(frozen=True)
class Line:
    """One metric of one slice across the cycles; `points` stand in order, one for each moment."""

    metric: str
    label: str
    family: str
    slice: str | None
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Moment:
    """One cycle and its facts: `mix` counts training examples, `opens` says why a baseline restarts here."""

    cycle: int
    status: str
    message: str = ""
    in_baseline: bool = False
    opens: str | None = None
    checkpoint: str | None = None
    mix: tuple[tuple[str, float], ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class Mark:
    """An alert: where it was raised, on what, and what it says."""

    cycle: int
    severity: str
    metric: str | None
    slice: str | None
    message: str


@dataclass(frozen=True)
class Limit:
    """A user's line on a metric's own scale."""

    value: float
    comparator: str
    severity: str


@dataclass(frozen=True)
class Movement:
    """One row of an alert's evidence: how many normal movements a metric lies from its baseline."""

    metric: str
    label: str
    family: str
    z: float


@dataclass(frozen=True)
class Story:
    """What a chart may show of one lineage; each chart takes from it what it needs."""

    lineage: str
    moments: tuple[Moment, ...]
    lines: tuple[Line, ...]
    status: str = "learning"
    since: int | None = None
    marks: tuple[Mark, ...] = ()
    limits: tuple[Limit, ...] = ()
    movements: tuple[Movement, ...] = ()
    theme: str = "light"
