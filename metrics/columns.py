"""From the columns of a file to the fields of the outputs frame, still untyped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from metrics.core import TailwatchError
from metrics.fields import ENOUGH, FACTS, FIELDS, blank, clean, plain

MAX_SLICES = 10
MAX_NAME = 200
NOT_IN_NAMES = str.maketrans("=:", "--")


def named_columns(
    rows: pd.DataFrame, lineage: str | None, cycle: int | None, mapping: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows with storable column names, and the same under the names of fields, lineage and cycle set.

    Raises TailwatchError where a column that is needed, or that `mapping` names, is not there.
    """
    rows, named = placed(rows, lineage, cycle, mapping, (*FIELDS, "slices", *FACTS))
    require(named, rows, ("lineage", "cycle", "example_id"))
    if not any(name in named for name in ENOUGH):
        raise TailwatchError(
            f"The upload has nothing to measure: none of the columns {', '.join(ENOUGH)};",
            f"it has {_listed(rows)}.",
            "Map one with --map output=COLUMN.",
        )
    return rows, _slices(named)


def placed(
    rows: pd.DataFrame,
    lineage: str | None,
    cycle: int | None,
    mapping: Mapping[str, str],
    known: Sequence[str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows with storable column names, and the same mapped to `known` fields, lineage and cycle set."""
    rows = _with_names(rows)
    mapping = {clean(name): clean(column) for name, column in mapping.items()}
    named = _place(_rename(rows, mapping, known), None if lineage is None else clean(lineage), cycle)
    return rows, named


def mapped_names(columns: Sequence[str], mapping: Mapping[str, str]) -> set[str]:
    """What the columns are called once those of `mapping` that are there are mapped.

    >>> sorted(mapped_names(["id", "text"], {"output": "text", "score": "points"}))
    ['id', 'output']
    """
    found = {name: column for name, column in mapping.items() if column in columns}
    return set(columns) - set(found.values()) | set(found)


def _with_names(rows: pd.DataFrame) -> pd.DataFrame:
    names = [clean(str(c)) for c in rows.columns]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise TailwatchError(f"The upload names the column '{min(twice)[:40]}' twice.", do="Rename one.")
    return rows.set_axis(names, axis=1)


def _rename(rows: pd.DataFrame, mapping: Mapping[str, str], known: Sequence[str]) -> pd.DataFrame:
    for name, column in mapping.items():
        if name not in known and not (name.startswith("slice.") and "slices" in known):
            more = " and slice.NAME" if "slices" in known else ""
            raise TailwatchError(f"There is no field '{name}'.", f"The fields are {', '.join(known)}{more}.")
        if column not in rows.columns:
            raise TailwatchError(
                f"The upload has no column '{column}' to map to {name};",
                f"it has {_listed(rows)}.",
                f"Map another with --map {name}=COLUMN.",
            )
    taken = rows.drop(columns=[c for c in mapping if c in rows.columns and c not in mapping.values()])
    copies = {name: rows[column] for name, column in mapping.items()}
    left = taken.drop(columns=[c for c in set(mapping.values()) if c in taken.columns])
    return pd.concat([left, pd.DataFrame(copies)], axis=1).reset_index(drop=True)


def _listed(rows: pd.DataFrame) -> str:
    names = [f"'{str(c)[:40]}'" for c in rows.columns[:20]]
    return ", ".join(names) + (" and more" if len(rows.columns) > 20 else "")


def _place(rows: pd.DataFrame, lineage: str | None, cycle: int | None) -> pd.DataFrame:
    rows = rows.copy(deep=False)
    if lineage is not None:
        if not lineage.strip() or len(lineage) > MAX_NAME:
            raise TailwatchError(
                f"A lineage's name has 1 to {MAX_NAME} characters;", f"this one has {len(lineage.strip())}."
            )
        own = {str(v) for v in rows["lineage"][~blank(rows["lineage"])]} if "lineage" in rows else set()
        if len(own) > 1:
            raise TailwatchError(
                f"Lineage '{lineage[:40]}' was given, but the upload's rows are of several:",
                f"{', '.join(repr(name[:40]) for name in sorted(own)[:10])}.",
                "Leave the lineage away, or drop the column.",
            )
        rows["lineage"] = lineage
    if cycle is not None:
        given = (
            pd.to_numeric(rows["cycle"].map(plain), errors="coerce")
            if "cycle" in rows
            else pd.Series(dtype=float)
        )
        found = given.dropna().unique().tolist()
        if set(found) - {cycle}:
            raise TailwatchError(
                f"Cycle {cycle} was given, but the upload's rows carry their own:",
                f"{', '.join(f'{c:g}' for c in sorted(found)[:10])}.",
                "Leave the cycle away, or drop the column.",
            )
        rows["cycle"] = cycle
    return rows


def require(named: pd.DataFrame, rows: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise TailwatchError where a column that every row needs is not there."""
    if rows.empty:
        raise TailwatchError("The upload holds no rows.", do="Check that the eval wrote its outputs.")
    hints = {"lineage": "Name it with --lineage L.", "cycle": "Give it with --cycle N."}
    for name in names:
        if name not in named:
            hint = hints.get(name, f"Map it with --map {name}=COLUMN.")
            raise TailwatchError(f"The upload has no column '{name}';", f"it has {_listed(rows)}.", hint)


def _slices(named: pd.DataFrame) -> pd.DataFrame:
    if "slices" in named:
        parts = named["slices"].map(_as_mapping)
        parts = parts.map(lambda part: {clean(str(k)): v for k, v in part.items()})
        keys = {k for part in parts for k in part}
        _limit({f"slice.{k}" for k in keys} | set(named.columns))
        names = sorted(k for k in keys if f"slice.{k}" not in named)
        columns = {f"slice.{name}": parts.map(lambda part, n=name: part.get(n)) for name in names}
        named = pd.concat([named.drop(columns="slices"), pd.DataFrame(columns, index=named.index)], axis=1)
    _limit(set(named.columns))
    # A slice is written 'name=value', a part of a metric 'class:value': neither mark may stand in a name.
    return named.rename(columns=lambda c: c.translate(NOT_IN_NAMES) if c.startswith("slice.") else c)


def _limit(columns: set[str]) -> None:
    found = [c for c in columns if c.startswith("slice.")]
    if len(found) > MAX_SLICES:
        raise TailwatchError(
            f"The upload has {len(found)} slice columns;",
            f"at most {MAX_SLICES} are kept.",
            "Drop the others.",
        )


def _as_mapping(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}
