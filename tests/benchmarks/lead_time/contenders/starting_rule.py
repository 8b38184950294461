"""The rule that the early warning began with, frozen: it stays when the product's rule changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from metrics import stats
from metrics.core import GROUPS, MetricValue, Scale, Standing, Status, Trend
from tests.benchmarks.lead_time.contenders import On, Series, contender, once
from tests.benchmarks.lead_time.lines import Floats

# Who votes: the scale, the sign that makes down bad, and the fewest outputs to vote with.
VOTERS: dict[str, tuple[Scale, float, int]] = {
    "class_coverage": ("arcsine", 1.0, 200),
    "coverage": ("identity", 1.0, 200),
    "dispersion": ("log", 1.0, 200),
    "distinct_1": ("log", 1.0, 200),
    "distinct_2": ("log", 1.0, 200),
    "duplicate_rate": ("arcsine", -1.0, 200),
    "prediction_entropy": ("identity", 1.0, 200),
    "tail_recall": ("arcsine", 1.0, 50),
}
SCORE: dict[str, tuple[Scale, float, int]] = {"mean_score": ("identity", 1.0, 0)}
METRIC_LINE, INDEX_LINE, QUALITY_LINE, WATCH_LINE = -2.2, -1.75, -1.75, -2.5
QUIET_METRIC, QUIET_INDEX, QUIET_CYCLES = -1.0, -0.8, 3
RUN, FEWEST_BASELINE, PRIOR = 2, 3, 0.3
LOSS, LOSS_SURE = 0.20, 0.10


@dataclass(frozen=True)
class Deviation:
    """How far one value lies from its baseline; `lost` where it also makes a narrowing a collapse."""

    z: float
    lost: bool
    votes: bool
    replicates: Floats


@dataclass
class _Run:
    """How long something has been low and how long quiet; one unknown cycle ends both."""

    line: float
    quiet_line: float = QUIET_METRIC
    low: int = 0
    quiet: int = 0
    down: bool = False

    def step(self, z: float | None) -> None:
        self.low = self.low + 1 if z is not None and z <= self.line else 0
        self.quiet = self.quiet + 1 if z is not None and z > self.quiet_line else 0
        self.down = self.quiet < QUIET_CYCLES if self.down else self.low >= RUN


@dataclass
class _State:
    metrics: dict[str, _Run] = field(default_factory=dict)
    index: _Run = field(default_factory=lambda: _Run(INDEX_LINE, QUIET_INDEX))
    quality: _Run = field(default_factory=lambda: _Run(QUALITY_LINE))
    quiet: int = 0
    judged: int = 0
    alarm: bool = False
    collapsed: bool = False


def deviations(trend: Trend, standings: Sequence[Standing]) -> list[Deviation | None]:
    """The deviation at each position, its noise learned from the positions before."""
    scale, sign, fewest = (VOTERS | SCORE)[trend.metric.name]
    moved = [_distance(v, b, scale, sign) for v, b in zip(trend.values, trend.baselines, strict=True)]
    found: list[Deviation | None] = []
    for i, (d, now, standing) in enumerate(zip(moved, trend.values, standings, strict=True)):
        first = min(standing.baseline, default=0)
        past = [j for j in range(i) if standings[j].segment == standing.segment]
        past = [j for j in past if standings[j].cycle >= first]
        if d is None or now is None:
            found.append(None)
            continue
        base = [b for b in trend.baselines[i] if b.status == "ok"]
        learned, freedom = learned_noise(np.array([m for j in past if (m := moved[j]) is not None]))
        learned *= float(np.sqrt(1 + 1 / len(base)))
        found.append(_deviation(d, now, base, (learned, freedom), (scale, sign, fewest)))
    return found


def learned_noise(past: Floats) -> tuple[float, float]:
    """The noise between successive cycles and its degrees of freedom, 2 (m - 1)^2 / (3 m - 4).

    >>> [round(x, 3) for x in learned_noise(np.array([0.0, 1.0, 0.0, 1.0]))]
    [0.707, 2.25]
    """
    m = len(past)
    if m < 3:
        return 0.0, 1.0
    return float(np.sqrt(np.mean(np.diff(past) ** 2) / 2)), 2 * (m - 1) ** 2 / (3 * m - 4)


def _distance(
    value: MetricValue | None, base: Sequence[MetricValue], scale: Scale, sign: float
) -> float | None:
    known = [b.value or 0.0 for b in base if b.status == "ok"]
    if value is None or value.status != "ok" or len(known) < FEWEST_BASELINE:
        return None
    here = float(stats.transform(value.value or 0.0, scale))
    return sign * (here - float(np.mean(stats.transform(known, scale))))


def _deviation(
    d: float,
    now: MetricValue,
    base: Sequence[MetricValue],
    learned: tuple[float, float],
    facts: tuple[Scale, float, int],
) -> Deviation:
    scale, sign, fewest = facts
    replicates = np.zeros(0)
    if all(len(v.replicates) == GROUPS for v in (now, *base)):
        beside = np.array([stats.transform(b.replicates, scale) for b in base])
        replicates = sign * (stats.transform(now.replicates, scale) - beside.mean(axis=0))
    value = now.value or 0.0
    sampling = stats.jackknife_se(replicates) if len(replicates) else 0.0
    sampling = max(sampling, stats.step_on_scale(value, now.step, scale))
    sigma, freedom = (sampling, GROUPS - 1.0) if sampling >= learned[0] else learned
    z = float(stats.t_corrected(d / sigma, freedom)) if sigma > 0 else 0.0
    centre = float(np.mean([stats.transform(b.value or 0.0, scale) for b in base]))
    sure = d + sigma * stats.t_quantile(0.95, freedom)
    old, end = (float(stats.untransform(centre + sign * x, scale)) for x in (0.0, sure))
    unit = abs(old) if old else 1.0
    lost = (value - old) / unit <= -LOSS and (end - old) / unit <= -LOSS_SURE
    return Deviation(z, lost, (now.n or 0) >= fewest, replicates)


def joint_index(voters: Sequence[Deviation]) -> float | None:
    """The mean z over what it varies by: correlation half that of the replicates, half .3.

    One voter alone is its own z. Two without replicates: r = .15, so the mean -2 varies by sqrt(2.3) / 2.

    >>> made = Deviation(-2.0, False, True, np.zeros(0))
    >>> joint_index([made]), round(joint_index([made, made]), 3)
    (-2.0, -2.638)
    """
    if not voters:
        return None
    still = np.zeros(GROUPS)
    moves = np.array([d.replicates - d.replicates.mean() if len(d.replicates) else still for d in voters])
    norms = np.linalg.norm(moves, axis=1)
    unit = np.divide(moves, norms[:, None], out=np.zeros_like(moves), where=norms[:, None] > 0)
    correlation = 0.5 * (unit @ unit.T) + 0.5 * PRIOR
    np.fill_diagonal(correlation, 1.0)
    spread = np.sqrt(max(float(correlation.sum()), 1.0)) / len(voters)
    return float(np.mean([d.z for d in voters]) / spread)


@once
def readings(series: Series) -> list[tuple[Status, bool]]:
    """After each cycle: the verdict, and whether mean score is down by the same rule."""
    history, states, said = series.history, dict[int, _State](), list[tuple[Status, bool]]()
    whole = {name: t for (name, part), t in history.trends.items() if part is None}
    voters = {n: deviations(whole[n], history.standings) for n in VOTERS if n in whole}
    score = deviations(whole["mean_score"], history.standings) if "mean_score" in whole else None
    for i, standing in enumerate(history.standings):
        state = states.setdefault(standing.segment, _State())
        if standing.segment == standing.cycle and standing.note is not None:
            said.append(("not_comparable", False))
        elif not (standing.complete and standing.cycle > max(standing.baseline, default=standing.cycle)):
            said.append(("learning", False))
        else:
            found = {name: d for name, ds in voters.items() if (d := ds[i]) is not None and d.votes}
            said.append(_advance(state, found, score[i] if score else None))
    return said


def _advance(state: _State, voters: dict[str, Deviation], score: Deviation | None) -> tuple[Status, bool]:
    index = joint_index(list(voters.values()))
    for name in voters.keys() | state.metrics.keys():
        run = state.metrics.setdefault(name, _Run(METRIC_LINE))
        run.step(voters[name].z if name in voters else None)
    state.index.step(index)
    state.quality.step(None if score is None else score.z)
    dropped = score is not None and state.quality.down
    state.judged += 1
    if not voters or (state.judged < RUN and not state.alarm):
        return "learning", False
    low = [run for name, run in state.metrics.items() if name in voters and run.low >= RUN]
    state.alarm = state.alarm or bool(low) or state.index.low >= RUN
    calm = all(d.z > QUIET_METRIC for d in voters.values()) and (index or 0.0) > QUIET_INDEX
    state.quiet = state.quiet + 1 if calm else 0
    if state.quiet >= QUIET_CYCLES:
        state.alarm = state.collapsed = False
    if not state.alarm:
        return ("watch" if min(d.z for d in voters.values()) <= WATCH_LINE else "healthy"), dropped
    state.collapsed = state.collapsed or dropped or any(d.lost for d in voters.values())
    return ("collapse" if state.collapsed else "narrowing"), dropped


def statuses(series: Series) -> list[Status]:
    """What it says after each cycle."""
    return [status for status, _ in readings(series)]


@contender("starting_rule", "The starting rule", knows_borders=True, statuses=statuses)
def alarms(series: Series, on: On = "voters") -> list[int]:
    """One voter 2.2 normal movements under its baseline, or all together 1.75, for two cycles running.

    Normal movement is the larger of the paired jackknife error and the noise learned from successive
    cycles, corrected by Student. It is over after three quiet cycles. The lines and the eight voters are
    those that were measured before there was a product; a value without replicates is judged by the
    learned noise. It knows borders: there it begins again with another baseline. On mean score it is the
    same rule with the line 1.75.
    """
    said = zip(series.history.standings, readings(series), strict=True)
    return [s.cycle for s, (status, down) in said if (down if on == "score" else status in _ALARMS)]


_ALARMS = ("narrowing", "collapse")
