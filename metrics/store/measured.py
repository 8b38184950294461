"""What was measured: comparisons, standings and metric values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from metrics.core import MetricValue, Standing
from metrics.parts import SEED
from metrics.store.database import Database, frame, incoming

ValueKey = tuple[int, str | None, str, int, str]

_VALUES = pa.schema(
    [
        ("cycle", pa.int32()),
        ("slice", pa.string()),
        ("metric", pa.string()),
        ("version", pa.int32()),
        ("comparison", pa.string()),
        ("status", pa.string()),
        *((name, pa.float64()) for name in ("value", "raw", "low", "high", "n", "step")),
        ("replicates", pa.list_(pa.float64())),
        ("note", pa.string()),
        ("stderr", pa.float64()),
        ("spread_seen", pa.list_(pa.int32())),
        ("spread_types", pa.list_(pa.int64())),
    ]
)


@dataclass(frozen=True)
class LineageState:
    """Where a lineage stands: what has come in, up to where it is measured, and what is pinned."""

    data_revision: int
    measured_revision: int
    baseline: str | None
    reference: str | None


class Measured(Database):
    """Reads and writes what was measured."""

    def state(self, lineage: str) -> LineageState | None:
        """The state of a lineage, None where there is no such lineage."""
        query = (
            "SELECT data_revision, measured_revision, baseline, reference_digest"
            " FROM lineages WHERE lineage = ?"
        )
        with self.reading() as con:
            row = con.execute(query, [lineage]).fetchone()
        return LineageState(*row) if row else None

    def digests(self, lineage: str) -> dict[int, str]:
        """The content digest of each cycle."""
        with self.reading() as con:
            query = "SELECT cycle, digest FROM cycles WHERE lineage = ?"
            return dict(con.execute(query, [lineage]).fetchall())

    def value_keys(self, lineage: str) -> set[ValueKey]:
        """Which values are stored: (cycle, slice, metric, version, comparison)."""
        query = "SELECT cycle, slice, metric, version, comparison FROM metric_values WHERE lineage = ?"
        with self.reading() as con:
            return set(con.execute(query, [lineage]).fetchall())

    def save_values(
        self, lineage: str, values: Sequence[tuple[str, MetricValue]], digests: Mapping[int, str]
    ) -> None:
        """Store values, each with its comparison; those of a cycle that changed meanwhile are dropped."""
        columns = {
            "comparison": [key for key, _ in values],
            # Most values have no spread: an empty one is not worth a list of its own.
            "spread_seen": [v.spread[0] or None for _, v in values],
            "spread_types": [v.spread[1] or None for _, v in values],
        }
        columns |= {n: [getattr(v, n) for _, v in values] for n in _VALUES.names if n not in columns}
        rows = pa.table([pa.array(columns[f.name], f.type) for f in _VALUES], schema=_VALUES)
        with self.writing() as con, incoming(con, rows):
            now = dict(
                con.execute("SELECT cycle, digest FROM cycles WHERE lineage = ?", [lineage]).fetchall()
            )
            same = [cycle for cycle, name in digests.items() if now.get(cycle) == name]
            con.execute(
                "DELETE FROM metric_values m USING incoming i WHERE m.lineage = ? AND m.cycle = i.cycle"
                " AND m.slice IS NOT DISTINCT FROM i.slice AND m.metric = i.metric"
                " AND m.comparison = i.comparison",
                [lineage],
            )
            con.execute(
                "INSERT INTO metric_values BY NAME"
                # What stands in for a baseline is no cycle of this lineage; its comparison names its content.
                " SELECT ? AS lineage, * FROM incoming WHERE cycle < 0 OR list_contains(?, cycle)",
                [lineage, same],
            )

    def save_standings(
        self, lineage: str, standings: Iterable[Standing], comparisons: Mapping[str, str], revision: int
    ) -> bool:
        """Store how the cycles stand and drop values that nothing refers to any more.

        False, and nothing is stored, where the lineage's data changed since `revision`.
        """
        with self.writing() as con:
            row = con.execute("SELECT data_revision FROM lineages WHERE lineage = ?", [lineage]).fetchone()
            if row is None or row[0] != revision:
                return False
            con.execute("DELETE FROM standings WHERE lineage = ?", [lineage])
            for s in standings:
                place = [s.cycle, s.segment, s.comparison, list(s.baseline), s.complete, s.note]
                con.execute(
                    "INSERT INTO standings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [lineage, *place, s.shared, s.wanted],
                )
            con.execute("DELETE FROM comparisons WHERE lineage = ?", [lineage])
            for key, facts in comparisons.items():
                con.execute("INSERT INTO comparisons VALUES (?, ?, ?)", [lineage, key, facts])
            con.execute(
                "DELETE FROM metric_values WHERE lineage = ? AND NOT list_contains(?, comparison)",
                [lineage, list(comparisons)],
            )
        return True

    def standings(self, lineage: str) -> list[Standing]:
        """How the measured cycles stand, in order; before them those that a control lineage lends."""
        query = (
            "SELECT cycle, segment, comparison, baseline, complete, note, shared, wanted FROM standings"
            " WHERE lineage = ? ORDER BY cycle"
        )
        with self.reading() as con:
            rows = con.execute(query, [lineage]).fetchall()
        return [Standing(c, s, key, tuple(base), *rest) for c, s, key, base, *rest in rows]

    def comparisons(self, lineage: str) -> dict[str, str]:
        """The frozen conditions of measurement as JSON, by key."""
        with self.reading() as con:
            query = "SELECT comparison, facts FROM comparisons WHERE lineage = ?"
            return dict(con.execute(query, [lineage]).fetchall())

    def all_values(
        self, lineage: str, metric: str | None = None, slice: str | None = "*"
    ) -> dict[ValueKey, MetricValue]:
        """Every stored value of a lineage, the baseline's under each comparison included.

        Of one metric where it is named. `slice` '*' means the whole and every slice, None the whole and its
        replicate seeds only.
        """
        with self.reading() as con:
            rows = con.execute(
                "SELECT cycle, slice, metric, version, comparison, status, value, raw, low, high, n, step,"
                " replicates, note, stderr, spread_seen, spread_types FROM metric_values"
                " WHERE lineage = $lineage AND ($metric IS NULL OR metric = $metric)"
                " AND ($slice = '*' OR slice IS NOT DISTINCT FROM $slice"
                " OR ($slice IS NULL AND starts_with(slice, $seed)))",
                {"lineage": lineage, "metric": metric, "slice": slice, "seed": SEED},
            ).fetchall()
        return dict(map(_value, rows))

    def values(self, lineage: str, metric: str | None = None, slice: str | None = "*") -> pd.DataFrame:
        """Values to show, one row per cycle, metric and slice, each under its cycle's own comparison.

        Columns: lineage, cycle, metric, version, slice, value, raw, low, high, n, status, note. `slice` '*'
        means the whole and every slice, None the whole only.
        """
        with self.reading() as con:
            return frame(
                con,
                "SELECT m.lineage, m.cycle, m.metric, m.version, m.slice, m.value, m.raw, m.low, m.high, m.n,"
                " m.status, m.note FROM metric_values m JOIN standings s"
                " ON s.lineage = m.lineage AND s.cycle = m.cycle AND s.comparison = m.comparison"
                " WHERE m.lineage = $lineage AND m.cycle >= 0 AND ($metric IS NULL OR m.metric = $metric)"
                " AND ($slice = '*' OR m.slice IS NOT DISTINCT FROM $slice)"
                " ORDER BY m.metric, m.slice NULLS FIRST, m.cycle",
                {"lineage": lineage, "metric": metric, "slice": slice},
            )


def _value(row: tuple[Any, ...]) -> tuple[ValueKey, MetricValue]:
    cycle, part, metric, version, key, status, *numbers, replicates, note, stderr, seen, types = row
    value, raw, low, high, n, step = numbers
    found = MetricValue(
        *(cycle, metric, version, part, status, value, raw, low, high, n, step),
        replicates=tuple(replicates or ()),
        note=note,
        stderr=stderr,
        spread=(tuple(seen), tuple(types)) if seen else ((), ()),
    )
    return (cycle, part, metric, version, key), found
