"""Copies of a lineage: its recorded cycles up to where all was well, and further ones made from those."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from metrics.core import FEWEST_BASELINE, History, MetricValue, Standing, TailwatchError
from metrics.judging import episodes
from metrics.panel import speaks
from metrics.store import Alert, Verdict

Key = tuple[str, str | None]


@dataclass(frozen=True)
class Ground:
    """Where copies begin. `past` ends before any alert that is still open.

    `baseline` and `healthy` are positions in it: of the baseline's cycles, as far as they are of the lineage
    itself, and of the later ones of which nothing bad was said. `untested` is the first cycle of a later
    evaluation whose baseline does not stand yet, None where there is none.
    """

    past: History
    baseline: tuple[int, ...]
    healthy: tuple[int, ...]
    untested: int | None = None

    @property
    def sources(self) -> tuple[int, ...]:
        """What further cycles are made from: healthy ones, and the baseline's where these are few.

        A cycle of the baseline lies nearer to it than another would, being part of it.
        """
        few = len(self.healthy) < FEWEST_BASELINE
        return (*self.baseline, *self.healthy) if few else self.healthy

    @property
    def later(self) -> int:
        """Cycles of the past that come after the baseline and compare with it."""
        segment = self.past.standings[-1].segment
        return sum(speaks(s) and s.segment == segment for s in self.past.standings)

    def drawn(self, cycles: int, rng: np.random.Generator) -> tuple[int, ...]:
        """So many sources in any order, none twice before each was once."""
        rounds = -(-cycles // len(self.sources))
        order = np.concatenate([rng.permutation(self.sources) for _ in range(rounds)])
        return tuple(order[:cycles].tolist())


def ground(history: History, verdicts: Sequence[Verdict]) -> Ground:
    """The healthy beginning of a lineage: of the last segment of which the baseline stands.

    Raises TailwatchError where there is none.
    """
    last = next((s for s in reversed(history.standings) if speaks(s)), None)
    if last is None:
        raise TailwatchError(
            f"'{history.lineage}' has no cycle after a baseline yet,",
            "so that no alert could come.",
            "Ingest its next cycle first.",
        )
    mine = [i for i, s in enumerate(history.standings) if s.segment == last.segment]
    untested = next((s.cycle for s in history.standings[mine[-1] + 1 :]), None)
    alerts = [a for a in episodes(history.lineage, verdicts) if a.severity != "watch"]
    since = _since(alerts, {history.standings[i].cycle for i in mine})
    mine = [i for i in mine if since is None or history.standings[i].cycle < since]
    own = {s.cycle for s in history.standings} & set(last.baseline)
    baseline = tuple(i for i in mine if history.standings[i].cycle in own)
    healthy = tuple(i for i in mine if _is_healthy(history.standings[i], verdicts[i], alerts))
    if len(baseline) < len(own) or not (baseline or healthy):
        raise TailwatchError(
            f"No cycle of '{history.lineage}' can be copied:",
            f"the evidence of an open alert begins at cycle {since}, before there was a healthy one.",
        )
    return Ground(history.until(mine[-1] + 1), baseline, healthy, untested)


def _since(alerts: Sequence[Alert], cycles: set[int]) -> int | None:
    """The first cycle of the evidence of what is not over, among these cycles."""
    return min(
        (a.since_cycle for a in alerts if a.resolved_cycle is None and a.since_cycle in cycles), default=None
    )


def _is_healthy(standing: Standing, verdict: Verdict, alerts: Sequence[Alert]) -> bool:
    """Whether a cycle lies after its baseline, and nothing bad was ever said of it."""
    fine = speaks(standing) and verdict.status in ("healthy", "learning")
    ends = [(a.since_cycle, a.last_cycle) for a in alerts]
    return fine and not any(first <= standing.cycle <= last for first, last in ends)


def only(history: History, kept: Callable[[Key], bool]) -> History:
    """The history with some of its trends."""
    return replace(history, trends={key: t for key, t in history.trends.items() if kept(key)})


def continued(
    past: History, sources: Sequence[int], measured: Sequence[Mapping[Key, MetricValue]] = ()
) -> History:
    """A history that goes on with copies of some of its own cycles, under the conditions of each.

    `measured` gives the values of each copy; where it is left out they are those that were recorded. How far
    its replicate seeds lie apart, and what a human reference has, stays as recorded.
    """
    first = past.standings[-1].cycle + 1
    copies = [replace(past.standings[i], cycle=first + nth, note=None) for nth, i in enumerate(sources)]
    trends = {}
    for key, trend in past.trends.items():
        recorded = [trend.values[i] for i in sources]
        found = [values.get(key) for values in measured] if measured else recorded
        placed = (v and replace(v, cycle=first + nth) for nth, v in enumerate(found))
        beside: dict[str, Any] = {
            name: (*each, *(each[i] for i in sources))
            for name in ("baselines", "seeds", "references")
            if (each := getattr(trend, name))
        }
        trends[key] = replace(trend, values=(*trend.values, *placed), **beside)
    return History(past.lineage, (*past.standings, *copies), trends)
