"""What came in: lineages, their cycles, outputs, aggregates, rejected rows, the pinned human reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pandas as pd
import pyarrow as pa

from metrics import traits
from metrics.core import TailwatchError
from metrics.store.database import Connection, Database, frame, incoming, touch
from metrics.store.tables import AGGREGATES, REJECTS, as_table, by_cycle, digest, unfold


@dataclass(frozen=True)
class Stored:
    """What an ingest did: the cycles that were written, and those that were there already, to the byte."""

    lineage: str
    written: tuple[int, ...]
    unchanged: tuple[int, ...]


class Outputs(Database):
    """Reads and writes what came in."""

    def add(
        self,
        outputs: pd.DataFrame,
        rejects: pd.DataFrame,
        facts: Mapping[tuple[str, int], Mapping[str, str]],
        *,
        aggregates: pd.DataFrame | None = None,
        source: str = "",
        replace: bool = False,
    ) -> list[Stored]:
        """Store an outputs frame and aggregates, all of their cycles or none.

        A cycle with the same content is left alone; one with other content needs `replace`.
        """
        given = pd.DataFrame(columns=list(AGGREGATES.names)) if aggregates is None else aggregates
        parts = by_cycle(outputs, given)
        digests = {key: digest(rows, facts.get(key, {}), own) for key, (rows, own) in parts.items()}
        told = {key: traits.of(part) for key, part in outputs.groupby(["lineage", "cycle"])}
        done: dict[str, tuple[list[int], list[int]]] = {}
        with self.writing() as con:
            for key, (table, own) in parts.items():
                written, unchanged = done.setdefault(key[0], ([], []))
                if _holds(con, key, digests[key], replace):
                    unchanged.append(key[1])
                    continue
                _forget(con, *key)
                first = not any(others for others, _ in done.values())
                mine = _belonging(rejects, key, set(parts), first)
                row = (source, digests[key], table.num_rows, len(mine))
                _write(con, key, (table, own, mine), facts.get(key, {}), row)
                if key in told:
                    con.execute("INSERT INTO traits VALUES (?, ?, ?)", [*key, told[key].as_json()])
                written.append(key[1])
            for lineage in [name for name, (written, _) in done.items() if written]:
                touch(con, lineage)
        return [Stored(name, tuple(w), tuple(u)) for name, (w, u) in done.items()]

    def delete_cycle(self, lineage: str, cycle: int) -> None:
        """Remove a cycle with all that was stored of it."""
        self._cycle_or_error(lineage, cycle)
        with self.writing() as con:
            _forget(con, lineage, cycle)
            touch(con, lineage)

    def rename_cycle(self, lineage: str, cycle: int, label: str) -> None:
        """Give a cycle another label."""
        self._cycle_or_error(lineage, cycle)
        with self.writing() as con:
            con.execute(
                "UPDATE cycles SET label = ? WHERE lineage = ? AND cycle = ?", [label, lineage, cycle]
            )

    def set_reference(self, lineage: str, outputs: pd.DataFrame) -> None:
        """Pin the human reference set of a lineage, in place of any earlier one."""
        rows = as_table(outputs)
        with self.writing() as con, incoming(con, rows):
            touch(con, lineage)
            con.execute("DELETE FROM reference_outputs WHERE lineage = ?", [lineage])
            con.execute(
                "INSERT INTO reference_outputs BY NAME SELECT ? AS lineage, example_id, output, label,"
                " prediction, score, logprob, weight, embedding, slices, actions FROM incoming",
                [lineage],
            )
            name = digest(rows.drop_columns(["cycle"]), {})
            con.execute("UPDATE lineages SET reference_digest = ? WHERE lineage = ?", [name, lineage])

    def lineages(self) -> pd.DataFrame:
        """One row per lineage: lineage, created_at, cycles, last_cycle, last_ingest, outputs, pending.

        `pending` says that something has come in which has not been measured and judged yet.
        """
        with self.reading() as con:
            return frame(
                con,
                "SELECT l.lineage, l.created_at, count(c.cycle)::INTEGER AS cycles,"
                " max(c.cycle) AS last_cycle,"
                " max(c.ingested_at) AS last_ingest, coalesce(sum(c.outputs), 0)::BIGINT AS outputs,"
                " any_value(l.data_revision <> l.measured_revision) AS pending,"
                " any_value(l.baseline) AS baseline, any_value(l.reference_digest) AS reference_digest"
                " FROM lineages l LEFT JOIN cycles c USING (lineage) GROUP BY ALL ORDER BY l.lineage",
            )

    def cycles(self, lineage: str) -> pd.DataFrame:
        """One row per cycle with its facts, in order."""
        with self.reading() as con:
            return frame(con, "SELECT * FROM cycles WHERE lineage = ? ORDER BY cycle", [lineage])

    def outputs(self, lineage: str, cycles: Sequence[int], columns: Sequence[str] = ()) -> pd.DataFrame:
        """The outputs frame of some cycles, in canonical order, with all columns or only those named."""
        with self.reading() as con:
            table = con.table("outputs")
            kept = [c for c in table.columns if not columns or c in columns]
            rows = table.filter(
                duckdb.ColumnExpression("lineage") == duckdb.ConstantExpression(lineage)
            ).filter(duckdb.ColumnExpression("cycle").isin(*map(duckdb.ConstantExpression, cycles)))
            order = ("cycle", "example_id", "sample", "seed")
            found = rows.sort(*order).select(*kept).to_arrow_table().to_pandas()
        return unfold(found)

    def output_counts(self, lineage: str) -> dict[int, int]:
        """How many outputs each cycle has."""
        with self.reading() as con:
            query = "SELECT cycle, outputs FROM cycles WHERE lineage = ?"
            return dict(con.execute(query, [lineage]).fetchall())

    def aggregates(self, lineage: str | None = None) -> pd.DataFrame:
        """The metric values that came as such, of one lineage or of all, in order.

        Columns: lineage, cycle, metric, slice, value, stderr, n, healthy, family.
        """
        with self.reading() as con:
            return frame(
                con,
                "SELECT * FROM aggregates WHERE $lineage IS NULL OR lineage = $lineage"
                " ORDER BY lineage, cycle, metric, slice NULLS FIRST",
                {"lineage": lineage},
            )

    def rejects(self, lineage: str, cycle: int | None = None) -> pd.DataFrame:
        """The rows rejected with the upload of a cycle, or of all, in order: cycle, row, reason, raw.

        Raises TailwatchError where the lineage has no such cycle.
        """
        if cycle is not None:
            self._cycle_or_error(lineage, cycle)
        query = (
            "SELECT cycle, row, reason, raw FROM rejects"
            " WHERE lineage = $lineage AND ($cycle IS NULL OR cycle = $cycle) ORDER BY cycle, row"
        )
        with self.reading() as con:
            return frame(con, query, {"lineage": lineage, "cycle": cycle})

    def reference(self, lineage: str) -> pd.DataFrame:
        """The pinned human reference set; empty where there is none."""
        with self.reading() as con:
            query = "SELECT * FROM reference_outputs WHERE lineage = ? ORDER BY example_id, output"
            return unfold(frame(con, query, [lineage]))

    def _cycle_or_error(self, lineage: str, cycle: int) -> None:
        have = self.cycles(lineage)["cycle"].tolist()
        if cycle not in have:
            found = f"it has {', '.join(map(str, have))}." if have else "it has none."
            raise TailwatchError(f"Lineage '{lineage}' has no cycle {cycle};", found)


def _holds(con: Connection, key: tuple[str, int], content: str, replace: bool) -> bool:
    row = con.execute("SELECT digest FROM cycles WHERE lineage = ? AND cycle = ?", key).fetchone()
    if row is None:
        return False
    if row[0] != content and not replace:
        raise TailwatchError(
            f"Cycle {key[1]} of '{key[0]}' is there already, with other content.",
            "Nothing was stored.",
            "Give --replace to put this one in its place, or another --cycle.",
        )
    return bool(row[0] == content)


def _belonging(
    rejects: pd.DataFrame, key: tuple[str, int], keys: set[tuple[str, int]], first: bool
) -> pd.DataFrame:
    """The rejected rows of a cycle; those that belong to none go with the first one written."""
    places = zip(rejects["lineage"], rejects["cycle"], strict=True)
    owners = [(name, None if pd.isna(cycle) else int(cycle)) for name, cycle in places]
    return rejects[[owner == key or (first and owner not in keys) for owner in owners]]


def _forget(con: Connection, lineage: str, cycle: int) -> None:
    key = [lineage, cycle]
    con.execute("DELETE FROM outputs WHERE lineage = ? AND cycle = ?", key)
    con.execute("DELETE FROM aggregates WHERE lineage = ? AND cycle = ?", key)
    con.execute("DELETE FROM rejects WHERE lineage = ? AND cycle = ?", key)
    con.execute("DELETE FROM cycles WHERE lineage = ? AND cycle = ?", key)
    con.execute("DELETE FROM standings WHERE lineage = ? AND cycle = ?", key)
    con.execute("DELETE FROM metric_values WHERE lineage = ? AND cycle = ?", key)
    con.execute("DELETE FROM verdicts WHERE lineage = ? AND cycle = ?", key)
    con.execute("DELETE FROM traits WHERE lineage = ? AND cycle = ?", key)


def _write(
    con: Connection,
    key: tuple[str, int],
    content: tuple[pa.Table, pa.Table, pd.DataFrame],
    facts: Mapping[str, str],
    row: tuple[str, str, int, int],
) -> None:
    outputs, aggregates, rejects = content
    with incoming(con, outputs):
        con.execute("INSERT INTO outputs BY NAME SELECT * FROM incoming")
    with incoming(con, aggregates):
        con.execute("INSERT INTO aggregates BY NAME SELECT * FROM incoming")
    if len(rejects):
        table = pa.Table.from_pandas(rejects[list(REJECTS.names)], schema=REJECTS, preserve_index=False)
        with incoming(con, table):
            con.execute("INSERT INTO rejects SELECT ?, ?, row, reason, raw FROM incoming", list(key))
    named = [facts.get(n) for n in ("cycle_label", "checkpoint", "parent", "mix", "decoding", "scorer")]
    con.execute(
        "INSERT INTO cycles BY NAME SELECT ? AS lineage, ? AS cycle, ? AS label, ? AS checkpoint,"
        " CAST(? AS INTEGER) AS parent, ? AS mix, ? AS decoding, ? AS scorer, ? AS encoder, ? AS notes,"
        " ? AS source, ? AS digest, ? AS outputs, ? AS rejected, now()::TIMESTAMP AS ingested_at",
        [*key, *named, facts.get("encoder"), facts.get("notes"), *row],
    )
