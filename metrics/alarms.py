"""An alarm that goes on at a line and off when what was lost has come back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from metrics.panel import Panel
from metrics.runs import Joint

# It is over when no more than this share of what was lost is still missing, for so many cycles running; of
# one part alone, on the average of so many. Chosen on tuning seeds of the benchmark.
MISSING, BACK_CYCLES = 0.35, 3
# What came before a leap was by chance: it had lost less than this share of what the leap lost.
BEGUN = 0.1


@dataclass
class Alarm:
    """Whether an alarm is on: since which place, led by which metric, and what was lost so far.

    `joint` rings it; `only` is the one metric that it is about, where it is not about all. `since` is where
    the run begins that rang, `began` where its loss does.
    """

    panel: Panel
    joint: Joint
    only: int | None = None
    since: int | None = None
    began: int | None = None
    lead: int | None = None
    _weights: dict[int, float] = field(default_factory=dict)

    @property
    def cycle(self) -> int | None:
        """The cycle since when it is on; None where it is off."""
        return None if self.began is None else self.panel.cycles.numbers[self.began]

    def strength(self, at: int) -> float | None:
        """How low it lies beside the line, 1 at the line; None where nothing is known."""
        found = float(self.joint.strength[at])
        return None if np.isnan(found) else round(found, 3)

    def fades(self, at: int) -> bool:
        """Whether it would not ring any more, though what was lost has not come back."""
        return not self.joint.strength[at] >= 1

    def step(self, at: int) -> None:
        """Take in one cycle: on at the line; off when what was lost has come back."""
        if self.joint.strength[at] >= 1:
            self._ring(at)
        elif self.since is not None and self._is_back(at):
            self.since, self.began, self.lead, self._weights = None, None, None, {}

    def places(self) -> Iterator[int]:
        """Go through the cycles: those at which it is on, without the one at which the evaluation changed."""
        for at, opens in enumerate(self.panel.cycles.opens):
            self.step(at)
            if self.since is not None and not opens:
                yield at

    def low(self, at: int) -> list[int]:
        """What stays low in the lowest run that ends here, the lowest first."""
        low = self.panel.low(at, int(self.joint.run[at]))
        return sorted(low if self.only is None else low.keys() & {self.only}, key=lambda i: low[i])

    def _ring(self, at: int) -> None:
        low, begins = self.low(at), self.since is None
        for i in set(low) - self._weights.keys():
            self._weights[i] = 1 / max(float(self.panel.normals[i].deviation[at]), 1e-12)
        if begins:
            self.since, self.lead = at - int(self.joint.run[at]) + 1, low[0]
            self.began = self._begin(low, range(self.since, at + 1))

    def _begin(self, low: list[int], run: range) -> int:
        """The first cycle of a run that had lost something beside the most that any of them lost."""
        lost = [-sum(self._weights[i] * float(self.panel.courses[i].d[t]) for i in low) for t in run]
        begun = (t for t, each in zip(run, lost, strict=True) if each >= BEGUN * max(lost))
        return next(begun, run.start)

    def _is_back(self, at: int) -> bool:
        begin = at - BACK_CYCLES + 1
        if begin <= (self.since or 0):
            return False
        missing = [self._missing(t) for t in range(begin, at + 1)]
        # One part alone, such as a class of few prompts, moves too much to lie near its baseline thrice.
        return (max(missing) if self.only is None else sum(missing) / BACK_CYCLES) <= MISSING

    def _missing(self, at: int) -> float:
        """The share of the deepest loss so far that is still missing, over all that was ever low.

        The deepest are two cycles running, so that one outlier does not make all that follows look good.
        """
        now, deepest, since = 0.0, 0.0, self.since or 0
        for i, weight in self._weights.items():
            d = self.panel.courses[i].d
            if not np.isnan(d[at]):
                pairs = (d[since:at] + d[since + 1 : at + 1]) / 2
                now += weight * float(d[at])
                deepest += weight * float(np.nanmin(np.append(pairs, 0.0)))
        return now / deepest if deepest < 0 else 1.0
