"""Some metrics over the cycles of one evaluation: how low each lies, for how long, and all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from metrics import noise
from metrics.carrying import Carried, carried
from metrics.core import History, Standing, Trend
from metrics.deviations import Course, Deviation, Floats, course, described
from metrics.noise import Normal, Steps
from metrics.runs import CHANCE, CUT, Joint, alikeness, rarer, run_scores, together


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
class Cycles:
    """The cycles judged side by side: positions in a history, numbers, which may speak, which open anew."""

    positions: tuple[int, ...]
    numbers: tuple[int, ...]
    base: tuple[int, ...]
    spoken: npt.NDArray[np.bool_]
    opens: tuple[bool, ...]

    @staticmethod
    def of(standings: Sequence[Standing], positions: Sequence[int]) -> Cycles:
        """Those at some positions; `base` are the places of their baseline among them."""
        places = {standings[i].cycle: at for at, i in enumerate(positions)}
        base = tuple(places[c] for c in standings[positions[-1]].baseline if c in places)
        spoken = np.array([speaks(standings[i]) for i in positions])
        opens = tuple(standings[i].opens_segment for i in positions)
        return Cycles(tuple(positions), tuple(places), base, spoken, opens)

    def courses(self, trends: Sequence[Trend]) -> tuple[Course, ...]:
        """The distances of some metrics."""
        return tuple(course(t, self.positions, self.base) for t in trends)


@dataclass(frozen=True)
class Panel:
    """Metrics side by side.

    `scores`: (metrics, cycles) in normal movements, NaN where unknown or before a verdict may be given.
    `runs`: for each metric and length, (cycles,). `votes`: (metrics, cycles). `held`: what is carried over.
    `retrained`: (cycles,) the share of noise between retrainings in what moves them.
    """

    cycles: Cycles
    trends: tuple[Trend, ...]
    courses: tuple[Course, ...]
    normals: tuple[Normal, ...]
    scores: Floats
    runs: tuple[dict[int, Floats], ...]
    votes: npt.NDArray[np.bool_]
    held: Carried
    retrained: Floats

    @staticmethod
    def of(trends: Sequence[Trend], cycles: Cycles) -> Panel:
        """Different metrics, each with noise of its own."""
        courses = cycles.courses(trends)
        held = carried(courses, len(cycles.numbers))
        return _panel(trends, cycles, courses, [noise.steps(c) for c in courses], held, list(held.share))

    def of_slice(self, trends: Sequence[Trend]) -> Panel:
        """The same metrics of one slice, in which as much is carried over as in the whole."""
        courses = self.cycles.courses(trends)
        known = {t.metric.name: share for t, share in zip(self.trends, self.held.share, strict=True)}
        # Of a metric that the whole does not have, all of it counts as carried.
        each = [known.get(t.metric.name, self.held.all_of_it) for t in trends]
        return _panel(trends, self.cycles, courses, [noise.steps(c) for c in courses], self.held, each)

    def beside(self, trends: Sequence[Trend]) -> Panel:
        """Metrics judged apart from these, and as sharply: what these say of noise is heard there too.

        One metric alone hardly tells what is carried over and how unsteady retrains are, and what it does not
        know blunts its line. These hear nothing of it.
        """
        courses = self.cycles.courses(trends)
        every = carried((*self.courses, *courses), len(self.cycles.numbers))
        share = list(every.share[len(self.courses) :])
        panel = _panel(trends, self.cycles, courses, [noise.steps(c) for c in courses], every, share)
        return replace(panel, retrained=self.retrained) if self.courses else panel

    @staticmethod
    def of_alike(trends: Sequence[Trend], cycles: Cycles, held: Carried) -> Panel:
        """Many of one kind, such as the recalls of classes: they share what is known of their noise.

        `held` is what other metrics say is carried over; here all of it counts as carried.
        """
        courses = cycles.courses(trends)
        share = [held.all_of_it] * len(courses)
        return _panel(trends, cycles, courses, noise.pooled(courses), held, share)

    def joint(self, chance: float | Floats = CHANCE) -> Joint:
        """All together after each cycle, over the line as rarely as `chance`, (cycles,), when healthy."""
        alike, rare = alikeness(self.courses, len(self.cycles.numbers)), chance * rarer(self.retrained)
        return together(self.runs, self.votes, alike, rare)

    def low(self, at: int, run: int) -> dict[int, float]:
        """The metrics that stay low in the run that ends here, with its score."""
        scores = {i: float(each[run][at]) for i, each in enumerate(self.runs) if self.votes[i, at]}
        return {i: score for i, score in scores.items() if score <= -CUT}

    def run(self, i: int, at: int) -> float:
        """The score of one metric's lowest run that ends here; 0 where none is known."""
        known = [score for each in self.runs[i].values() if not np.isnan(score := float(each[at]))]
        return min(known, default=0.0)

    def deviation(self, i: int, at: int) -> Deviation | None:
        """One metric at one cycle, in figures; None where unknown."""
        if np.isnan(self.scores[i, at]):
            return None
        return described(
            *(self.trends[i], self.cycles.positions[at], float(self.courses[i].d[at])),
            normal=(float(self.normals[i].deviation[at]), float(self.normals[i].freedom[at])),
            z=(float(self.scores[i, at]), self.run(i, at)),
            votes=bool(self.courses[i].votes[at]),
        )

    def deviations(self, at: int) -> dict[str, Deviation]:
        """Every known metric at one cycle, in figures."""
        found = {t.metric.name: self.deviation(i, at) for i, t in enumerate(self.trends)}
        return {name: d for name, d in found.items() if d is not None}


def _panel(
    trends: Sequence[Trend],
    cycles: Cycles,
    courses: tuple[Course, ...],
    seen: Sequence[Steps],
    held: Carried,
    share: Sequence[Floats],
) -> Panel:
    each = zip(courses, seen, share, strict=True)
    normals = tuple(noise.normal(one, told, held, part) for one, told, part in each)
    shape = (len(trends), len(cycles.numbers))
    found = [n.scores(c.d) for c, n in zip(courses, normals, strict=True)]
    scores = np.where(cycles.spoken, np.array(found).reshape(shape), np.nan)
    low = tuple(run_scores(z, c.d, n) for z, c, n in zip(scores, courses, normals, strict=True))
    # What never votes in the early warning, such as mean score, is judged wherever it is known.
    able = [c.votes if t.metric.votes else c.known for c, t in zip(courses, trends, strict=True)]
    votes = np.array(able, bool).reshape(shape) & cycles.spoken
    more = noise.retrained(seen) if seen else np.zeros(len(cycles.numbers))
    return Panel(cycles, tuple(trends), courses, normals, scores, low, votes, held, more)


def voters(history: History, part: str | None = None) -> list[Trend]:
    """The voting metrics of the whole, or of one slice, in order of their names."""
    names = sorted(name for name, own in history.trends if own == part)
    return [t for name in names if (t := history.trends[name, part]).metric.votes]


def held(history: History, cycles: Cycles) -> Carried:
    """What the voting metrics of the whole say is carried over."""
    return carried(cycles.courses(voters(history)), len(cycles.numbers))


def scores(history: History, trends: Sequence[Trend]) -> list[list[float | None]]:
    """How many normal movements metrics lie from their baseline at each cycle; None where unknown.

    Of the voting metrics of the whole it is what the early warning sees.
    """
    together = voters(history)
    voting = {id(t) for t in together}
    others = [t for t in trends if id(t) not in voting]
    found: dict[int, list[float | None]] = {id(t): [None] * len(history.standings) for t in trends}
    for positions in segments(history.standings):
        whole = Panel.of(together, Cycles.of(history.standings, positions))
        panels = [whole, *(whole.beside([t]) for t in others)]
        for panel in panels:
            for trend, row in zip(panel.trends, panel.scores, strict=True):
                for i, z in zip(positions, row, strict=True):
                    if id(trend) in found and not np.isnan(z):
                        found[id(trend)][i] = float(z)
    return list(found.values())
