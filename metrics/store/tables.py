"""What came in, as the Arrow tables that are stored, and what names their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

OUTPUTS = pa.schema(
    [
        ("lineage", pa.string()),
        ("cycle", pa.int32()),
        ("example_id", pa.string()),
        ("sample", pa.int32()),
        ("seed", pa.int32()),
        ("prompt", pa.string()),
        ("output", pa.string()),
        ("reference", pa.string()),
        ("label", pa.string()),
        ("prediction", pa.string()),
        ("finish_reason", pa.string()),
        ("error", pa.string()),
        ("score", pa.float64()),
        ("logprob", pa.float64()),
        ("weight", pa.float64()),
        ("embedding", pa.list_(pa.float32())),
        ("verified", pa.bool_()),
        ("slices", pa.string()),
        ("metadata", pa.string()),
        ("example_key", pa.int64()),
        ("actions", pa.list_(pa.string())),
    ]
)
# Columns that came with a later schema: a cycle without them keeps the name that it was stored under.
LATER = ("actions",)
AGGREGATES = pa.schema(
    [
        ("lineage", pa.string()),
        ("cycle", pa.int32()),
        ("metric", pa.string()),
        ("slice", pa.string()),
        ("value", pa.float64()),
        ("stderr", pa.float64()),
        ("n", pa.float64()),
        ("healthy", pa.string()),
        ("family", pa.string()),
    ]
)
REJECTS = pa.schema([("row", pa.int32()), ("reason", pa.string()), ("raw", pa.string())])

Key = tuple[str, int]


def as_table(outputs: pd.DataFrame) -> pa.Table:
    """An outputs frame as the Arrow table that is stored; slice columns are folded into one JSON column."""
    names = [c for c in outputs.columns if c.startswith("slice.")]
    slices: list[str | None] = [None] * len(outputs)
    if names:
        short = [n.removeprefix("slice.") for n in names]
        rows = zip(*(outputs[n].tolist() for n in names), strict=True)
        found = [{k: v for k, v in zip(short, row, strict=True) if isinstance(v, str)} for row in rows]
        slices = [json.dumps(f, ensure_ascii=False, sort_keys=True) if f else None for f in found]
    columns = {**{c: outputs[c] for c in outputs.columns if c not in names}, "slices": slices}
    return pa.Table.from_arrays(
        [pa.array(columns[f.name], f.type, from_pandas=True) for f in OUTPUTS], schema=OUTPUTS
    )


def unfold(rows: pd.DataFrame) -> pd.DataFrame:
    """Stored rows as an outputs frame, one column per slice."""
    parsed = rows["slices"].map(lambda s: json.loads(s) if isinstance(s, str) else {})
    names = sorted({k for part in parsed for k in part})
    columns = {f"slice.{n}": parsed.map(lambda part, n=n: part.get(n)).astype(object) for n in names}
    steps = [None if v is None else [str(step) for step in v] for v in rows["actions"]]
    columns["actions"] = pd.Series(steps, rows.index, dtype=object)
    rest = rows.drop(columns=["slices", "actions"])
    return pd.concat([rest, pd.DataFrame(columns, index=rows.index)], axis=1)


def by_cycle(outputs: pd.DataFrame, aggregates: pd.DataFrame) -> dict[Key, tuple[pa.Table, pa.Table]]:
    """The Arrow tables of each (lineage, cycle), outputs and aggregates, in order."""
    keys = sorted(set(_keys(outputs)) | set(_keys(aggregates)))
    return {key: (as_table(_part(outputs, key)), _aggregates(_part(aggregates, key))) for key in keys}


def _keys(rows: pd.DataFrame) -> list[Key]:
    found = rows[["lineage", "cycle"]].drop_duplicates()
    return [(str(name), int(cycle)) for name, cycle in zip(found["lineage"], found["cycle"], strict=True)]


def _part(rows: pd.DataFrame, key: Key) -> pd.DataFrame:
    return rows[(rows["lineage"] == key[0]) & (rows["cycle"] == key[1])]


def _aggregates(rows: pd.DataFrame) -> pa.Table:
    arrays = [pa.array(rows[f.name], f.type, from_pandas=True) for f in AGGREGATES]
    return pa.Table.from_arrays(arrays, schema=AGGREGATES)


def digest(rows: pa.Table, facts: Mapping[str, str], aggregates: pa.Table | None = None) -> str:
    """The identity of a cycle's content: the same rows and facts, from whatever file, have the same."""
    hashed = hashlib.sha256(json.dumps(dict(facts), sort_keys=True).encode())
    absent = [name for name in LATER if rows[name].null_count == len(rows)]
    parts = [rows.drop_columns(["lineage", *absent])]
    parts += [aggregates.drop_columns(["lineage"])] if aggregates is not None and len(aggregates) else []
    for column in (c for part in parts for c in part.columns):
        hashed.update(repr(column.to_pylist()).encode("utf-8", "surrogatepass"))
    return hashed.hexdigest()
