"""Some metrics over the cycles of one evaluation: how low each lies, for how long, and all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrics import runs
from metrics.carrying import carried
from metrics.core import Standing, Trend
from metrics.deviations import Course, Deviation, Floats, course, described
from metrics.noise import Normal, normal
from metrics.runs import Joint


def speaks(standing: Standing) -> bool:
    """Whether a verdict may be given: the baseline stands, and lies wholly before this cycle."""
    return standing.complete and standing.cycle > max(standing.baseline, default=standing.cycle)


def segments(standings: Sequence[Standing]) -> list[list[int]]:
    """The positions of each evaluation that stayed the same, from its baseline on.

    What lies before a pinned baseline, such as an untuned first model, says nothing of normal noise.
    """
    found = []
    for segment in dict.fromkeys(s.segment for s in standings):
        mine = [i for i, s in enumerate(standings) if s.segment == segment]
        first = min(standings[mine[-1]].baseline, default=0)
        found.append([i for i in mine if standings[i].cycle >= first])
    return [positions for positions in found if positions]


@dataclass(frozen=True)
class Panel:
    """Metrics side by side over some cycles, those at `positions` of a history.

    `scores`: (metrics, cycles) in normal movements, NaN where unknown or before a verdict may be given.
    `runs`: for each metric and length, (cycles,). `votes`: (metrics, cycles).
    """

    positions: tuple[int, ...]
    cycles: tuple[int, ...]
    trends: tuple[Trend, ...]
    courses: tuple[Course, ...]
    normals: tuple[Normal, ...]
    scores: Floats
    runs: tuple[dict[int, Floats], ...]
    votes: npt.NDArray[np.bool_]
    joint: Joint

    @staticmethod
    def of(trends: Sequence[Trend], standings: Sequence[Standing], positions: Sequence[int]) -> Panel:
        """Measure the normal movements of these trends and how far they are exceeded."""
        places = {standings[i].cycle: at for at, i in enumerate(positions)}
        anchored = standings[positions[-1]].baseline
        base = tuple(places[c] for c in anchored if c in places)
        courses = tuple(course(t, positions, base) for t in trends)
        held = carried(courses, len(positions))
        normals = tuple(normal(c, held, part) for c, part in zip(courses, held.share, strict=True))
        spoken = np.array([speaks(standings[i]) for i in positions])
        found = [np.where(spoken, n.scores(c.d), np.nan) for c, n in zip(courses, normals, strict=True)]
        scores = np.array(found).reshape(len(trends), len(positions))
        each = tuple(runs.run_scores(z, n) for z, n in zip(scores, normals, strict=True))
        votes = np.array([c.votes if t.metric.votes else c.known for c, t in zip(courses, trends, strict=True)])
        votes = votes.reshape(scores.shape) & spoken
        joint = runs.together(each, votes, runs.alikeness(courses))
        cycles = tuple(standings[i].cycle for i in positions)
        return Panel(tuple(positions), cycles, tuple(trends), courses, normals, scores, each, votes, joint)

    def low(self, at: int) -> dict[int, float]:
        """The metrics that stay low in the lowest run that ends here, with the score of that run."""
        run = int(self.joint.run[at])
        scores = {i: float(each[run][at]) for i, each in enumerate(self.runs) if self.votes[i, at]}
        return {i: score for i, score in scores.items() if score <= -runs.CUT}

    def lowest(self, at: int) -> tuple[str, ...]:
        """The names of `low`, the lowest first."""
        low = self.low(at)
        return tuple(self.trends[i].metric.name for i in sorted(low, key=lambda i: low[i]))

    def deviations(self, at: int) -> dict[str, Deviation]:
        """Every known metric at one cycle, in figures."""
        found = {}
        for i, (trend, one, usual) in enumerate(zip(self.trends, self.courses, self.normals, strict=True)):
            if one.known[at] and not np.isnan(self.scores[i, at]):
                worst = min((s for r in self.runs[i].values() if not np.isnan(s := float(r[at]))), default=0.0)
                found[trend.metric.name] = described(
                    *(trend, self.positions[at], float(one.d[at])),
                    normal=(float(usual.deviation[at]), float(usual.freedom[at])),
                    z=(float(self.scores[i, at]), worst),
                    votes=bool(self.votes[i, at]),
                )
        return found


def scores(trend: Trend, standings: Sequence[Standing]) -> list[float | None]:
    """One metric's distance from its baseline in normal movements at each cycle; None where unknown."""
    found: list[float | None] = [None] * len(standings)
    for positions in segments(standings):
        for i, z in zip(positions, Panel.of([trend], standings, positions).scores[0], strict=True):
            found[i] = None if np.isnan(z) else float(z)
    return found
