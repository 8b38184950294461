"""The early-warning test: metric values in, verdicts out. It stores nothing and asks nobody.

It reads how far each metric lies from its baseline, cycle after cycle, and keeps track of what has been low
and for how long. Everything said of a cycle is computed from that cycle and earlier ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from metrics.alarms import Alarm
from metrics.core import FEWEST_BASELINE, Quality, Standing, Status, Trend
from metrics.deviations import Deviation
from metrics.panel import Cycles, Panel, segments, speaks

# From here on a metric is called low: two cycles running of it, and nothing else, ring the alarm among eight
# metrics that move as much alike as most do.
METRIC_LINE = -2.8
# One cycle as low as this is worth a look, no more.
WATCH_LINE = -2.75
# Lost, and surely lost, as shares of the baseline, for so many cycles running: then it is a collapse. Of mean
# score a twentieth is much.
LOSS, LOSS_SURE = 0.20, 0.10
SCORE_LOSS, SCORE_LOSS_SURE = 0.05, 0.025
LOST = 3
# No alarm before so many low cycles running, and no verdict before so many after the baseline.
RUN = 2


@dataclass(frozen=True)
class Reading:
    """What the test says after one cycle.

    `strength`: how low the metrics lie together beside the line, 1 at the line. `low`: those that are low,
    the lowest first; `silent`: those that had values in the baseline and have none now.
    """

    cycle: int
    status: Status
    quality: Quality
    since: int | None = None
    quality_since: int | None = None
    strength: float | None = None
    lead: str | None = None
    low: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    deviations: dict[str, Deviation] = field(default_factory=dict)

    @property
    def voters(self) -> dict[str, Deviation]:
        """How far what votes lies from its baseline."""
        return {name: d for name, d in self.deviations.items() if d.votes}

    @property
    def about(self) -> str | None:
        """The metric that is spoken of while the alarm is on; None where it is off, or none can be.

        The one that rang, as long as it lies half as low as the lowest or nothing is low; then the lowest.
        """
        lowest = min(self.voters, key=lambda name: self.voters[name].z, default=None)
        if lowest is None or self.lead is None:
            return None
        if self.lead not in self.voters:
            return lowest
        deepest = self.voters[lowest].z
        return self.lead if deepest > METRIC_LINE or self.voters[self.lead].z <= deepest / 2 else lowest


def read(standings: Sequence[Standing], trends: Sequence[Trend], quality: Trend | None) -> list[Reading]:
    """Run the test over a lineage; entry k rests on the cycles up to k alone.

    `trends` are those of the whole, in a fixed order; `quality` is mean score, which never makes a narrowing.
    """
    readings = {i: Reading(s.cycle, "learning", "unknown") for i, s in enumerate(standings)}
    for positions in segments(standings):
        found = _segment(standings, trends, quality, positions)
        readings |= dict(zip(positions, found, strict=True))
    return list(readings.values())


def _segment(
    standings: Sequence[Standing], trends: Sequence[Trend], quality: Trend | None, positions: Sequence[int]
) -> list[Reading]:
    cycles = Cycles.of(standings, positions)
    panel = Panel.of(trends, cycles)
    score = panel.beside([quality] if quality else [])
    test = _Test(Alarm(panel, panel.joint()), Alarm(score, score.joint()))
    return [test.step(standings[i], at) for at, i in enumerate(positions)]


@dataclass
class _Test:
    voters: Alarm
    score: Alarm
    collapsed: bool = False
    judged: int = 0
    lost: dict[str, int] = field(default_factory=dict)

    def step(self, standing: Standing, at: int) -> Reading:
        if standing.opens_segment:
            return Reading(standing.cycle, "not_comparable", "unknown")
        panel = self.voters.panel
        found, silent = panel.deviations(at), self._silent(at) if speaks(standing) else ()
        scored = self.score.panel.deviations(at)
        if not speaks(standing):
            return Reading(standing.cycle, "learning", "unknown", deviations=found)
        self.voters.step(at)
        self.judged += 1
        quality = self._quality(at)
        strength = float(self.voters.joint.strength[at])
        self.lost = {name: self.lost.get(name, 0) + 1 for name in _lost(found, scored)}
        voters = {name: d for name, d in found.items() if d.votes}
        told = voters | (scored if quality == "dropped" else {})
        lost = any(self.lost.get(name, 0) >= LOST for name in told)
        status = self._status(voters, lost, silent)
        return Reading(
            standing.cycle,
            status,
            quality,
            self.voters.cycle,
            self.score.cycle if quality == "dropped" else None,
            None if np.isnan(strength) else strength,
            None if self.voters.lead is None else panel.trends[self.voters.lead].metric.name,
            tuple(panel.trends[i].metric.name for i in self.voters.low(at)),
            silent,
            found | scored,
        )

    def _quality(self, at: int) -> Quality:
        if not self.score.panel.votes[:, at].any():
            return "unknown"
        self.score.step(at)
        # It is judged where no metric can vote, too.
        if self.judged < RUN:
            return "unknown"
        return "steady" if self.score.since is None else "dropped"

    def _silent(self, at: int) -> tuple[str, ...]:
        """What votes, had a value in the baseline and has none now."""
        panel = self.voters.panel
        i = panel.cycles.positions[at]
        return tuple(
            t.metric.name
            for t in panel.trends
            if (now := t.values[i]) is not None and now.status != "ok"
            if sum(then.status == "ok" for then in t.baselines[i]) >= FEWEST_BASELINE
        )

    def _status(self, voters: dict[str, Deviation], lost: bool, silent: tuple[str, ...]) -> Status:
        if self.voters.since is None:
            self.collapsed = False
            if self.judged < RUN or not (voters or silent):
                return "learning"
            # Outputs that say nothing narrow nothing, and are no good sign either.
            alert = silent or any(d.z <= WATCH_LINE for d in voters.values())
            return "watch" if alert else "healthy"
        self.collapsed = self.collapsed or lost
        return "collapse" if self.collapsed else "narrowing"


def _lost(voters: dict[str, Deviation], score: dict[str, Deviation]) -> list[str]:
    """What has lost much. A rise of a rate that should be low has no percentage, and its fall is no loss."""
    limits = [(voters, LOSS, LOSS_SURE), (score, SCORE_LOSS, SCORE_LOSS_SURE)]
    return [
        name
        for found, loss, sure in limits
        for name, d in found.items()
        if d.z < 0 and d.change <= -loss and d.sure_change <= -sure
    ]
