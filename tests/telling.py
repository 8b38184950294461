"""An eval told from end to end: in through the pipeline, out through the command line, checked on the way."""

import io
import json
import math
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pandas as pd

from metrics import cli, pipeline, reports
from metrics.store import Store
from tests import planted

SCHEMAS = Path(__file__).parent / "contract_schemas"
N, CYCLES = 60, 6


@cache
def _eval(n: int, cycles: int) -> pd.DataFrame:
    frames = [
        pd.DataFrame(planted.columns(n, seed=10 + c)).assign(lineage="L", cycle=c) for c in range(cycles)
    ]
    found = pd.concat(frames, ignore_index=True)
    return found.assign(embedding=[np.array(v) for v in found["embedding"]])


def rows(n: int = N, cycles: int = CYCLES, vectors: bool = False) -> pd.DataFrame:
    """A diverse eval, every column there, without vectors where they are not asked for."""
    found = _eval(n, cycles).copy()
    return found if vectors else found.drop(columns="embedding")


def cells(frame: pd.DataFrame, make: Callable[[int], Any]) -> pd.Series:
    """A column whose cell of row i is make(i), whatever its type."""
    return pd.Series([make(i) for i in range(len(frame))], dtype=object)


def cycling(*values: Any) -> Callable[[int], Any]:
    return lambda i: values[i % len(values)]


@dataclass
class Told:
    """What the command line says of a lineage."""

    verdict: dict[str, Any]
    values: list[dict[str, Any]]
    report: pipeline.IngestReport
    store: Store

    def value(self, metric: str, part: str | None = None, cycle: int = CYCLES - 1) -> Any:
        """A value, or the status that stands for it."""
        key = (metric, part, cycle)
        (v,) = [v for v in self.values if (v["metric"], v["slice"], v["cycle"]) == key]
        return v["value"] if v["status"] == "ok" else v["status"]

    def parts(self, metric: str) -> set[str]:
        return {v["slice"] for v in self.values if v["metric"] == metric and v["slice"]}


def never(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def told_of(frame: pd.DataFrame, folder: Path) -> Told:
    """Ingest, check and print; whatever is printed keeps the schema, the bounds and the language."""
    store = Store(folder / "s.duckdb")
    report = pipeline.ingest(store, [frame])
    verdict = json.loads(reports.as_json(pipeline.check(store, "L")), parse_constant=never)
    out = io.StringIO()
    with redirect_stdout(out):
        cli.main(["metrics", "--db", str(store.path), "--lineage", "L", "--format", "json"])
    values = json.loads(out.getvalue(), parse_constant=never)
    for name, found in {"check": verdict, "metrics": values}.items():
        jsonschema.validate(found, json.loads((SCHEMAS / f"{name}.schema.json").read_text()))
    ElementTree.fromstring(reports.as_junit(verdict, "narrowing"))
    assert all(line.isprintable() for line in reports.as_text(verdict, store.choice("L")).split("\n"))
    assert [h["cycle"] for h in verdict["history"]] == sorted(frame["cycle"].unique())
    check(values, store)
    return Told(verdict, values, report, store)


def check(values: list[dict[str, Any]], store: Store) -> None:
    catalog = pipeline.known_metrics(store, "L")
    keys = [(v["cycle"], v["metric"], v["slice"]) for v in values]
    assert len(keys) == len(set(keys))
    assert {k[1] for k in keys if k[2] is None} >= set(catalog)
    for v in values:
        if v["status"] != "ok":
            assert v["value"] is None
            assert v["note"].endswith(".")
            assert "\n" not in v["note"]
            continue
        low, high = catalog[v["metric"]].bounds
        known = [v[k] for k in ("value", "raw", "low", "high") if v[k] is not None]
        assert all(math.isfinite(x) and low <= x <= high for x in known), v
        assert v["low"] is None or v["low"] <= v["value"] <= v["high"], v
