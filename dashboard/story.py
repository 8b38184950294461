"""What a chart is given: one lineage's story, all of it plain values. Unknown is None, never 0 or NaN."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.forecasting import Ahead


@dataclass(frozen=True)
class Point:
    """One metric at one cycle. `share` is in percent of the baseline, `z` in normal movements from it.

    `begins` says that it is the first one beside another baseline than those before.
    """

    cycle: int
    status: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    baseline: float | None = None
    z: float | None = None
    note: str | None = None
    begins: bool = False

    def share(self, number: float | None) -> float | None:
        """A number in percent of this point's baseline; None where there is no baseline above 0."""
        if number is None or self.baseline is None or self.baseline <= 0:
            return None
        return 100 * number / self.baseline


@dataclass(frozen=True)
class Line:
    """One metric of one slice across the cycles; `points` stand in order, one for each moment.

    `healthy` is the side on which it is well: high, low, or near the reference. `ahead`: what is foretold of
    the next cycles, while an alert stands on it.
    """

    metric: str
    label: str
    family: str
    slice: str | None
    points: tuple[Point, ...]
    healthy: str = "high"
    ahead: tuple[Ahead, ...] = ()

    @property
    def fall(self) -> float | None:
        """How far the last point lies on the bad side of its baseline, in percent of it; None is unknown."""
        return self._fallen(self.points[-1].value) if self.points else None

    @property
    def order(self) -> tuple[bool, float]:
        """Its place among others, what surely fell farthest first and what is unknown last.

        It is the end of the 95 % interval nearer to no loss that counts: a value of few outputs moves far by
        chance.
        """
        fall = self.fall
        if fall is None:
            return True, 0.0
        point = self.points[-1]
        ends = [end for each in (point.low, point.high) if (end := self._fallen(each)) is not None]
        # Where the baseline lies within the interval nothing may have fallen.
        inside = (point.low or 0.0) <= (point.baseline or 0.0) <= (point.high or 0.0)
        return False, -min([fall, *ends, *([0.0] if inside else [])])

    def _fallen(self, number: float | None) -> float | None:
        share = self.points[-1].share(number)
        if share is None:
            return None
        return {"low": share - 100, "reference": abs(share - 100)}.get(self.healthy, 100 - share)


@dataclass(frozen=True)
class Mode:
    """A kind of output: its most typical texts, and the share of the reference that is of this kind."""

    name: str
    typical: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class Glance:
    """One metric at its last cycle, with the values that led there: one row of the list of all metrics."""

    line: Line
    votes: bool
    says: str
    values: tuple[float | None, ...]

    @property
    def point(self) -> Point:
        """The last cycle's."""
        return self.line.points[-1]


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
class Sight:
    """What one metric sees of each narrowing that was planted, in null standard deviations.

    `shifts` holds (narrowing, shift) at one strength; below 0 is worse. None: it was not measured yet.
    """

    metric: str
    label: str
    family: str
    votes: bool
    healthy: str
    shifts: tuple[tuple[str, float], ...] | None


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
    sights: tuple[Sight, ...] = ()
    theme: str = "light"
