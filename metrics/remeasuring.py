"""Recorded outputs with a narrowing planted in them, measured as the cycle that they were made from was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics import aggregates, engine, stats
from metrics.comparison import Comparison, measured_slices
from metrics.copies import Ground, Key, only
from metrics.core import METRICS, History, MetricValue, Undefined
from metrics.engine import Job, Plan, Progress
from metrics.injecting import INJECTIONS, Answers
from metrics.parts import is_own
from metrics.sources import Source
from metrics.store import LineageState, Store, UserRule

Values = Mapping[Key, MetricValue]
Cell = tuple[str, float]

# Spare outputs come from other cycles until there are so many.
SPARE_ROWS = 4_000


@dataclass(frozen=True)
class Recorded:
    """A lineage's recorded outputs up to its last healthy cycle; they are read and never written.

    `sliced` names the metrics that are measured of single slices; of the whole every one is.
    """

    source: Source
    planned: Plan
    ground: Ground
    sliced: frozenset[str]
    seed: int

    @staticmethod
    def of(
        store: Store, lineage: str, state: LineageState, ground: Ground, rules: Sequence[UserRule], seed: int
    ) -> Recorded:
        """Of a lineage that is measured up to now."""
        source = Source(store, lineage)
        return Recorded(source, engine.plan(source, state), ground, _read_of_slices(rules), seed)

    def read(self, history: History) -> History:
        """The history with those trends that a planted copy has values of."""
        return only(history, lambda key: key[1] is None or not is_own(key[1]) or key[0] in self.sliced)

    def size(self, position: int) -> int:
        """How many outputs the cycle at a position has under its comparison."""
        return len(self._frame(position))

    def planted(
        self, positions: Sequence[int], strengths: Sequence[float], progress: Progress
    ) -> tuple[dict[Cell, list[Values]], dict[str, str]]:
        """The values of some cycles with each kind of narrowing at each strength; why some cannot be planted.

        One cycle after the other, so that the outputs of one alone are held.
        """
        wanted = [(one, strength) for one in INJECTIONS.all().values() for strength in strengths]
        values: dict[Cell, list[Values]] = {(one.name, strength): [] for one, strength in wanted}
        reasons = {}
        for nth, position in enumerate(positions):
            answers = self.answers(position)
            for i, (one, strength) in enumerate(wanted):
                done = (nth + i / len(wanted)) / len(positions)
                progress(done, f"{one.label} in {100 * strength:.0f} % of the outputs")
                rng = np.random.default_rng(stats.seed(self.seed, one.name, strength, nth))
                try:
                    frame = one.inject(answers, strength, rng)
                except Undefined as reason:
                    reasons[one.name] = str(reason)
                    values.pop((one.name, strength), None)
                    continue
                if (one.name, strength) in values:
                    values[one.name, strength].append(self.values(position, frame))
        return values, reasons

    def answers(self, position: int) -> Answers:
        """The outputs of the cycle at a position, and what an injection may know beside them."""
        under, frame = self._under(position), self._frame(position)
        spare = self._spare(position, len(frame))
        return Answers(frame, spare, under.tail, under.mass, under.modes)

    def values(self, position: int, frame: pd.DataFrame) -> Values:
        """What the cycle at a position measures with these outputs in the place of its own."""
        catalog = METRICS.all()
        slices = [(catalog[name], part) for part in measured_slices(frame) for name in sorted(self.sliced)]
        # As the cycle that it was made from, so that nothing but what was planted makes a difference.
        cycle = self._cycle(position)
        job = Job(cycle, self._under(position), (*((m, None) for m in catalog.values()), *slices))
        found = engine.take(self.source, job, frame)
        return {(v.metric, v.slice): v for v in aggregates.beside(found, self.source.aggregates, cycle)}

    def _cycle(self, position: int) -> int:
        return self.ground.past.standings[position].cycle

    def _under(self, position: int) -> Comparison:
        return engine.compared(self.source, self.planned, self.planned.standings[position])

    def _frame(self, position: int) -> pd.DataFrame:
        frame = self.source.frame(self._cycle(position))
        return frame[frame["example_key"].isin(self._under(position).cohort)].reset_index(drop=True)

    def _spare(self, position: int, rows: int) -> pd.DataFrame:
        """Outputs of other healthy cycles, of as many as it takes."""
        others = [i for i in (*self.ground.baseline, *self.ground.healthy) if i != position]
        parts: list[pd.DataFrame] = []
        for other in np.random.default_rng([self.seed, position]).permutation(others).tolist():
            if sum(map(len, parts)) < max(SPARE_ROWS, rows):
                parts.append(self._frame(other))
        return pd.concat(parts, ignore_index=True)


def _read_of_slices(rules: Sequence[UserRule]) -> frozenset[str]:
    """The metrics that may be read of single slices: what votes, mean score, and what a user's rule names."""
    named = {"mean_score", *(str(rule.options.get("metric")) for rule in rules)}
    return frozenset(m.name for m in METRICS.all().values() if m.votes or m.name in named)
