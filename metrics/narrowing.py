"""The early-warning test: metric values in, verdicts out. It stores nothing and asks nobody.

It reads each metric's deviation from its baseline, cycle after cycle, and keeps track of what has been low
and for how long. Everything said of a cycle is computed from that cycle and earlier ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from metrics.core import Quality, Standing, Status, Trend
from metrics.deviations import Deviation, deviation, joint_index, pairs

METRIC_LINE = -2.2
INDEX_LINE = -1.75
QUALITY_LINE = -1.75
WATCH_LINE = -2.5
RUN = 2
QUIET_METRIC, QUIET_INDEX, QUIET_CYCLES = -1.0, -0.8, 3
LOSS, LOSS_SURE = 0.20, 0.10


@dataclass(frozen=True)
class Reading:
    """What the test says after one cycle."""

    cycle: int
    status: Status
    quality: Quality
    since: int | None = None
    quality_since: int | None = None
    index: float | None = None
    lead: str | None = None
    deviations: dict[str, Deviation] = field(default_factory=dict)


@dataclass
class _Run:
    """How long something has been low, how long it has been quiet, and since when it counts as down."""

    line: float
    quiet_line: float
    low: list[int] = field(default_factory=list)
    quiet: int = 0
    since: int | None = None

    def step(self, cycle: int, z: float | None) -> None:
        """Take in one cycle; one that says nothing breaks a run, whichever way it went."""
        if z is None:
            self.low, self.quiet = [], 0
            return
        self.low = [*self.low, cycle] if z <= self.line else []
        self.quiet = self.quiet + 1 if z > self.quiet_line else 0

    @property
    def triggers(self) -> bool:
        """Low often enough in a row."""
        return len(self.low) >= RUN


@dataclass
class _State:
    metrics: dict[str, _Run] = field(default_factory=dict)
    index: _Run = field(default_factory=lambda: _Run(INDEX_LINE, QUIET_INDEX))
    quality: _Run = field(default_factory=lambda: _Run(QUALITY_LINE, QUIET_METRIC))
    since: int | None = None
    lead: str | None = None
    collapsed: bool = False
    quiet: int = 0
    judged: int = 0


def read(standings: Sequence[Standing], trends: Sequence[Trend], quality: Trend | None) -> list[Reading]:
    """Run the test over a lineage; entry k rests on the cycles up to k alone.

    `trends` are those of the whole, in a fixed order; `quality` is mean score, which never makes a narrowing.
    """
    states: dict[int, _State] = {}
    readings: list[Reading] = []
    for position, standing in enumerate(standings):
        state = states.setdefault(standing.segment, _State())
        # What lies before a pinned baseline, such as an untuned first model, says nothing of normal noise.
        first = min(standing.baseline, default=0)
        past = [i for i in range(position) if standings[i].segment == standing.segment]
        past = [i for i in past if standings[i].cycle >= first]
        if standing.opens_segment:
            readings.append(Reading(standing.cycle, "not_comparable", "unknown"))
            continue
        found = _deviations(trends, position, past)
        score = _deviations([quality] if quality else [], position, past)
        readings.append(_advance(state, standing, found, score))
    return readings


def _deviations(trends: Sequence[Trend], position: int, past: Sequence[int]) -> dict[str, Deviation]:
    found = {}
    for trend in trends:
        value = trend.values[position]
        if value is not None:
            result = deviation(trend.metric, value, trend.baselines[position], pairs(trend, past))
            if result is not None:
                found[trend.metric.name] = result
    return found


def speaks(standing: Standing) -> bool:
    """Whether a verdict may be given: the baseline stands, and lies wholly before this cycle."""
    return standing.complete and standing.cycle > max(standing.baseline, default=standing.cycle)


def _advance(
    state: _State, standing: Standing, found: dict[str, Deviation], score: dict[str, Deviation]
) -> Reading:
    cycle = standing.cycle
    if not speaks(standing):
        return Reading(cycle, "learning", "unknown", deviations=found)
    voters = {name: d for name, d in found.items() if d.votes}
    index = joint_index(list(voters.values()))
    for name in voters.keys() | state.metrics.keys():
        run = state.metrics.setdefault(name, _Run(METRIC_LINE, QUIET_METRIC))
        run.step(cycle, voters[name].z if name in voters else None)
    state.index.step(cycle, index)
    dropped = _quality(state, cycle, score.get("mean_score"))
    state.judged += 1
    if not voters or (state.judged < RUN and state.since is None):
        return Reading(cycle, "learning", "unknown", index=index, deviations={**found, **score})
    _alarm(state, voters, index)
    status = _status(state, voters, dropped)
    return Reading(
        cycle, status, dropped, state.since, state.quality.since, index, state.lead, {**found, **score}
    )


def _quality(state: _State, cycle: int, score: Deviation | None) -> Quality:
    run = state.quality
    run.step(cycle, None if score is None else score.z)
    if run.since is None and run.triggers:
        run.since = run.low[0]
    elif run.since is not None and run.quiet >= QUIET_CYCLES:
        run.since = None
    if score is None:
        return "unknown"
    return "steady" if run.since is None else "dropped"


def _alarm(state: _State, voters: dict[str, Deviation], index: float | None) -> None:
    """Switch the alarm on after RUN low cycles, off after QUIET_CYCLES quiet ones."""
    low = {name: run for name, run in state.metrics.items() if run.triggers and name in voters}
    runs = [*low.values(), *([state.index] if state.index.triggers else [])]
    if state.since is None and runs:
        state.since = min(run.low[0] for run in runs)
        state.lead = min(low or voters, key=lambda name: voters[name].z)
    quiet = all(d.z > QUIET_METRIC for d in voters.values()) and (index or 0.0) > QUIET_INDEX
    state.quiet = state.quiet + 1 if quiet else 0
    if state.since is not None and state.quiet >= QUIET_CYCLES:
        state.since, state.lead, state.collapsed = None, None, False


def _status(state: _State, voters: dict[str, Deviation], quality: Quality) -> Status:
    if state.since is None:
        return "watch" if any(d.z <= WATCH_LINE for d in voters.values()) else "healthy"
    # A loss of a rate that should be low has no percentage: only what should be high can collapse so.
    lost = any(d.change <= -LOSS and d.sure_change <= -LOSS_SURE for d in voters.values())
    state.collapsed = state.collapsed or lost or quality == "dropped"
    return "collapse" if state.collapsed else "narrowing"
