"""Metric values that somebody else measured: rows (lineage, cycle, metric, value, stderr, n), no outputs.

They pass a gate of their own, are stored as they came, and stand wherever nothing was measured from outputs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd

from metrics import columns
from metrics.core import METRICS, Family, Healthy, Metric, MetricValue, TailwatchError
from metrics.fields import ENOUGH, FACTS, number_column, reject, required_count, required_text, text_column
from metrics.gate import Gated, cycle_facts, no_outputs, rejected, usable
from metrics.parts import is_own

KEY = ("lineage", "cycle", "metric", "slice")
FIELDS = ("lineage", "cycle", "metric", "value", "stderr", "n", "slice", "healthy", "family")
MAX_NAME = 100
MAX_METRICS, MAX_SLICES = 200, 50
# Half the width of a 95 % interval, in standard errors.
WIDTH = 1.96
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def is_upload(rows: pd.DataFrame, mapping: Mapping[str, str]) -> bool:
    """Whether a raw table holds aggregates: a metric and its value, and nothing that a metric is made of."""
    names = columns.mapped_names([str(c) for c in rows.columns], mapping)
    return {"metric", "value"} <= names and not names & set(ENOUGH)


def fitting(rows: pd.DataFrame, mapping: Mapping[str, str]) -> dict[str, str]:
    """The part of `mapping` that concerns a raw table: fields of its kind, and columns that it has."""
    mine = is_upload(rows, mapping)
    ours = {name for name in mapping if name in FIELDS and name not in ("lineage", "cycle")}
    return {
        name: column
        for name, column in mapping.items()
        if column in rows.columns or (name in (*FIELDS, *FACTS) if mine else name not in ours)
    }


def gate(
    rows: pd.DataFrame,
    *,
    lineage: str | None = None,
    cycle: int | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Gated:
    """Type, order and check raw rows of aggregates, as `metrics.gate.gate` does with outputs."""
    rows, named = columns.placed(rows, lineage, cycle, mapping or {}, (*FIELDS, *FACTS))
    columns.require(named, rows, ("lineage", "cycle", "metric", "value"))
    reasons = pd.Series("", index=named.index, dtype=object)
    typed = _typed(named, reasons)
    _check_names(typed, reasons)
    _check_numbers(typed, reasons)
    _check_words(typed, reasons)
    _check_once(typed, reasons)
    passed = usable(typed, reasons)
    facts = cycle_facts(named[passed], typed[passed])
    return Gated(no_outputs(), rejected(rows, reasons, typed), facts, aggregates=_finish(typed[passed]))


def _typed(named: pd.DataFrame, reasons: pd.Series) -> pd.DataFrame:
    parse = {"lineage": required_text, "cycle": required_count, "metric": required_text}
    parse |= dict.fromkeys(("value", "stderr", "n"), number_column)
    absent = pd.Series(None, index=named.index, dtype=object)
    typed = {name: parse.get(name, text_column)(name, named.get(name, absent), reasons) for name in FIELDS}
    found = pd.DataFrame(typed, index=named.index)
    for name in ("metric", "slice", "healthy", "family"):
        found[name] = found[name].map(_trimmed).astype(object)
    return found


def _trimmed(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _check_names(typed: pd.DataFrame, reasons: pd.Series) -> None:
    for name in ("metric", "slice"):
        texts = typed[name].fillna("")
        reject(reasons, texts.str.len() > MAX_NAME, f"its {name} is longer than {MAX_NAME} characters")
        controls = texts.map(lambda t: bool(_CONTROL.search(t))).astype(bool)
        reject(reasons, controls, f"its {name} holds a control character")
    odd = typed["slice"].map(lambda t: isinstance(t, str) and not (re.match("[^=]+=.", t) and is_own(t)))
    reject(reasons, odd.astype(bool), "its slice is not NAME=VALUE, such as language=de")


def _check_numbers(typed: pd.DataFrame, reasons: pd.Series) -> None:
    reject(reasons, typed["value"].isna(), "it has no value")
    reject(reasons, typed["stderr"] < 0, "its stderr is below 0")
    reject(reasons, typed["n"] <= 0, "its n is not above 0")
    for name, metric in METRICS.all().items():
        low, high = metric.bounds
        outside = (typed["metric"] == name) & ~typed["value"].between(low, high)
        reject(reasons, outside, f"its value is not from {low:g} to {high:g}, where {name} lies")


def _check_words(typed: pd.DataFrame, reasons: pd.Series) -> None:
    for name, known in (("healthy", get_args(Healthy)), ("family", get_args(Family))):
        said = typed[name]
        reject(reasons, said.notna() & ~said.isin(known), f"its {name} is none of {', '.join(known)}")
    for name, metric in METRICS.all().items():
        other = (typed["metric"] == name) & typed["healthy"].notna() & (typed["healthy"] != metric.healthy)
        reject(reasons, other, f"its healthy is not {metric.healthy}, as that of {name} is")
    for name in ("healthy", "family"):
        first = typed[reasons == ""].groupby(["lineage", "metric"])[name].transform("first")
        other = typed[name].notna() & (typed[name] != first.reindex(typed.index)) & (reasons == "")
        reject(reasons, other, f"its {name} is not that of an earlier row of its metric")


def _check_once(typed: pd.DataFrame, reasons: pd.Series) -> None:
    again = typed[reasons == ""].duplicated(list(KEY)).reindex(typed.index, fill_value=False)
    reject(reasons, again, "its metric came before in this cycle and slice")


def _finish(typed: pd.DataFrame) -> pd.DataFrame:
    typed = typed.astype({"cycle": "int64"})
    return typed.sort_values(list(KEY), kind="stable", na_position="first").reset_index(drop=True)


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The aggregates of several files as one frame; raises TailwatchError where they are too many."""
    known = [part for part in parts if len(part)]
    if not known:
        return pd.DataFrame(columns=list(FIELDS))
    found = _finish(pd.concat(known, ignore_index=True))
    twice = found.duplicated(list(KEY))
    if twice.any():
        row = found[twice].iloc[0]
        raise TailwatchError(
            "Two of the files hold the same metric of the same cycle:",
            f"'{row['metric'][:40]}' of cycle {row['cycle']}.",
            "Give each value once.",
        )
    for _, part in found.groupby(["lineage", "cycle"]):
        _check_many(int(part["cycle"].iloc[0]), part)
    return found


def _check_many(cycle: int, part: pd.DataFrame) -> None:
    for name, most in (("metric", MAX_METRICS), ("slice", MAX_SLICES)):
        count = part[name].nunique()
        if count > most:
            raise TailwatchError(
                f"Cycle {cycle} has values of {count} different {name}s;",
                f"{most} are the most.",
                "Leave some away. Is the right column mapped?",
            )


def declared(rows: pd.DataFrame) -> dict[str, Metric]:
    """The metrics of stored aggregates that are not in the catalogue, as their last cycle declares them."""
    found = {}
    for name, part in rows[~rows["metric"].isin(METRICS.all())].sort_values("cycle").groupby("metric"):
        # Not quality, where nobody says so: that never means narrowing.
        family: Family = _last(part["family"]) or "provenance"
        healthy: Healthy = _last(part["healthy"]) or "reference"
        found[str(name)] = Metric(
            *(str(name), str(name), family, healthy, (), "Uploaded as it is."),
            bounds=(-math.inf, math.inf),
            unit="as uploaded",
        )
    return found


def _last(said: pd.Series) -> Any:
    known = said.dropna()
    return known.iloc[-1] if len(known) else None


def values(rows: pd.DataFrame, cycle: int) -> list[MetricValue]:
    """The metric values that stored aggregates state for one cycle, of the whole and of slices."""
    catalog = METRICS.all()
    found = rows[rows["cycle"] == cycle].to_dict("records")
    return [_value({str(k): v for k, v in row.items()}, catalog.get(row["metric"])) for row in found]


def _value(row: Mapping[str, Any], known: Metric | None) -> MetricValue:
    value, stderr = float(row["value"]), _number(row["stderr"])
    bounds = known.bounds if known else (-math.inf, math.inf)
    low, high = (None, None) if stderr is None else _interval(value, stderr, bounds)
    return MetricValue(
        *(int(row["cycle"]), row["metric"], known.version if known else 1, _trimmed(row["slice"]), "ok"),
        value=value,
        raw=value,
        low=low,
        high=high,
        n=_number(row["n"]),
        note="No standard error was given." if stderr is None else None,
        stderr=stderr,
    )


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _interval(value: float, stderr: float, bounds: tuple[float, float]) -> tuple[float, float]:
    # Clipped to what a float holds too: an infinite end is no number.
    most = np.finfo(float).max
    low, high = max(bounds[0], -most), min(bounds[1], most)
    return max(value - WIDTH * stderr, low), min(value + WIDTH * stderr, high)


def beside(measured: Sequence[MetricValue], rows: pd.DataFrame, cycle: int) -> list[MetricValue]:
    """What was measured of a cycle, and what its aggregates state of the rest.

    What was measured from outputs wins; an aggregate stands where the outputs gave no value. Of the
    catalogue's metrics only those that were measured just now are touched: the others are stored already.
    """
    catalog, asked = METRICS.all(), {v.metric for v in measured}
    known = {(v.metric, v.slice) for v in measured if v.status == "ok"}
    stated = [v for v in values(rows, cycle) if v.metric in asked or v.metric not in catalog]
    stated = [v for v in stated if (v.metric, v.slice) not in known]
    replaced = {(v.metric, v.slice) for v in stated}
    return [*(v for v in measured if (v.metric, v.slice) not in replaced), *stated]
