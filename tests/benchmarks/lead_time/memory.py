"""A store without a file: what measuring and reading back a lineage need of one, in memory.

It holds one lineage whose cycles and reference are given at once; everything else is `Store`'s business, so
that measuring, comparability and history are the product's own. A method that it lacks fails for want of a
file.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from unittest import mock

import pandas as pd

from metrics import aggregates, modes, traits
from metrics.comparability import Conditions
from metrics.comparison import Keys
from metrics.core import METRICS, Metric, MetricValue, Standing
from metrics.store import LineageState, Store
from metrics.store.measured import ValueKey

LINEAGE, REVISION = "series", 1
# Beside what votes: what a verdict says of quality, and what names the classes that are going.
WIDTH = "of 256 numbers"
BESIDE = ("mean_score", "class_recall")


def measured() -> dict[str, Metric]:
    """The metrics that a verdict reads."""
    return {name: m for name, m in METRICS.all().items() if m.votes or name in BESIDE}


@contextlib.contextmanager
def only_what_verdicts_read() -> Iterator[None]:
    """Within this context the catalogue holds those metrics and no others."""
    everything, METRICS._found = METRICS.all(), measured()
    try:
        # Modes serve where nobody named classes; here everybody did, and no measured metric asks for them.
        with mock.patch.object(modes, "find", return_value=None):
            yield
    finally:
        METRICS._found = everything


class Memory(Store):
    """One lineage in memory."""

    def __init__(
        self,
        frames: Mapping[int, pd.DataFrame] | None = None,
        facts: Mapping[int, Mapping[str, str]] | None = None,
        reference: pd.DataFrame | None = None,
    ) -> None:
        self._frames, self._facts = frames or {}, facts or {}
        self._reference = pd.DataFrame() if reference is None else reference
        self._standings: list[Standing] = []
        self._comparisons: dict[str, str] = {}
        self._values: dict[ValueKey, MetricValue] = {}

    def state(self, lineage: str) -> LineageState:
        """Everything has come in and nothing is measured; the reference is the baseline's beginning."""
        return LineageState(REVISION, 0, None, "human" if len(self._reference) else None)

    def digests(self, lineage: str) -> dict[int, str]:
        """A name for the content of each cycle; within one series its number is enough."""
        return {cycle: str(cycle) for cycle in self._frames}

    def conditions(self, lineage: str) -> list[Conditions]:
        """What decides which cycles may be compared."""
        return [
            Conditions(
                cycle,
                self._keys(frame),
                decoding=self._facts.get(cycle, {}).get("decoding"),
                scorer=self._facts.get(cycle, {}).get("scorer"),
                embedding=WIDTH,
                traits=traits.of(frame),
            )
            for cycle, frame in self._frames.items()
        ]

    @staticmethod
    def _keys(frame: pd.DataFrame) -> Keys:
        keys: Keys = frame["example_key"].drop_duplicates().sort_values().to_numpy()
        return keys

    def reference(self, lineage: str) -> pd.DataFrame:
        """The pinned human reference."""
        return self._reference

    def output_counts(self, lineage: str) -> dict[int, int]:
        """How many outputs each cycle has."""
        return {cycle: len(frame) for cycle, frame in self._frames.items()}

    def aggregates(self, lineage: str | None = None) -> pd.DataFrame:
        """Nobody measured anything elsewhere."""
        return pd.DataFrame(columns=list(aggregates.FIELDS))

    def outputs(self, lineage: str, cycles: Sequence[int], columns: Sequence[str] = ()) -> pd.DataFrame:
        """The outputs of some cycles."""
        return pd.concat([self._frames[cycle] for cycle in cycles], ignore_index=True)

    def value_keys(self, lineage: str) -> set[ValueKey]:
        """Which values are there."""
        return set(self._values)

    def save_values(
        self, lineage: str, values: Sequence[tuple[str, MetricValue]], digests: Mapping[int, str]
    ) -> None:
        """Keep values."""
        self._values |= {(v.cycle, v.slice, v.metric, v.version, key): v for key, v in values}

    def save_standings(
        self, lineage: str, standings: Iterable[Standing], comparisons: Mapping[str, str], revision: int
    ) -> bool:
        """Keep how the cycles stand."""
        self._standings, self._comparisons = list(standings), dict(comparisons)
        return True

    def standings(self, lineage: str) -> list[Standing]:
        """How the cycles stand."""
        return self._standings

    def comparisons(self, lineage: str) -> dict[str, str]:
        """The conditions of measurement."""
        return self._comparisons

    def all_values(
        self, lineage: str, metric: str | None = None, slice: str | None = "*"
    ) -> dict[ValueKey, MetricValue]:
        """Every value; only all of them can be asked for."""
        return self._values
