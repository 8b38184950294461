"""What decides which cycles may be compared: what was declared, the prompts, and what the outputs tell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from metrics import traits
from metrics.comparability import Conditions
from metrics.comparison import Keys
from metrics.marks import Marks
from metrics.store.database import frame
from metrics.store.outputs import Outputs
from metrics.traits import Traits

NOTHING: Keys = np.empty(0, np.int64)


class Comparable(Outputs):
    """Reads the conditions of cycles."""

    def conditions(self, lineage: str) -> list[Conditions]:
        """What decides which cycles may be compared, in order of cycle."""
        with self.reading() as con:
            query = (
                "SELECT cycle, decoding, scorer, encoder, max(len(embedding)), count(example_id)"
                " FROM cycles c LEFT JOIN outputs o USING (lineage, cycle)"
                " WHERE lineage = ? GROUP BY ALL ORDER BY cycle"
            )
            facts = con.execute(query, [lineage]).fetchall()
            query = (
                "SELECT cycle, example_key, avg(weight) AS weight,"
                " coalesce(bool_or(prompt <> ''), false) AS worded,"
                " CASE WHEN min(label) = max(label) THEN hash(min(label)) ELSE 0 END AS label"
                " FROM outputs WHERE lineage = ? GROUP BY ALL ORDER BY cycle, example_key"
            )
            asked = frame(con, query, [lineage])
        marked = {cycle: _marks(rows) for cycle, rows in asked.groupby("cycle")}
        told = self._traits(lineage, [cycle for cycle, *_, outputs in facts if outputs])
        return [
            Conditions(
                *(cycle, marked[cycle].prompts if outputs else NOTHING, decoding, scorer, encoder),
                embedding=_vectors(width, outputs),
                traits=told.get(cycle, Traits()),
                marks=marked.get(cycle),
            )
            for cycle, decoding, scorer, encoder, width, outputs in facts
        ]

    def _traits(self, lineage: str, cycles: list[int]) -> Mapping[int, Traits]:
        """The traits of cycles; those of a store that is older than they are, are made now and kept."""
        with self.reading() as con:
            query = "SELECT cycle, facts FROM traits WHERE lineage = ?"
            found = {c: Traits.from_json(facts) for c, facts in con.execute(query, [lineage]).fetchall()}
        for cycle in [c for c in cycles if c not in found]:
            found[cycle] = traits.of(self.outputs(lineage, [cycle]))
            with self.writing() as con:
                # Somebody may have put another cycle in its place meanwhile, with traits of its own.
                con.execute(
                    "INSERT INTO traits SELECT $lineage, $cycle, $facts WHERE NOT EXISTS"
                    " (FROM traits WHERE lineage = $lineage AND cycle = $cycle)",
                    {"lineage": lineage, "cycle": cycle, "facts": found[cycle].as_json()},
                )
        return found


def _marks(rows: pd.DataFrame) -> Marks:
    return Marks(
        rows["example_key"].to_numpy(np.int64),
        rows["label"].to_numpy(np.uint64),
        rows["weight"].to_numpy(float),
        bool(rows["worded"].any()),
    )


def _vectors(width: int | None, outputs: int) -> str | None:
    if not outputs:
        return None
    return f"of {width} numbers" if width else "made here"
