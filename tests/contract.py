"""What every metric, reader and rule must keep to, as plain functions: they fail by AssertionError."""

from __future__ import annotations

import copy
import csv
import gzip
import io
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from metrics.core import (
    GROUPS,
    History,
    Judgement,
    Metric,
    MetricValue,
    RawTable,
    Reader,
    Rule,
    TailwatchError,
)
from metrics.gate import gate
from metrics.measuring import measure_one
from metrics.sample import Sample
from tests import planted

SEED = 5


def measure(metric: Metric, sample: Sample) -> MetricValue:
    return measure_one(metric, sample, 0, None, SEED)[0]


def near(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-12))


# Metrics


def check_documented(metric: Metric) -> None:
    for said in (r"\b[Rr]ange", r"\bBlind\s+to:", r">>> "):
        assert re.search(said, metric.doc), f"{metric.name}: the docstring does not say '{said}'"
    word = {"high": "high", "low": "low", "reference": "near"}[metric.healthy]
    assert re.search(rf"Healthy:\s+{word}\b", metric.doc), f"{metric.name}: healthy is {metric.healthy}"
    assert metric.source.strip()
    assert metric.label.strip()
    assert metric.bounds[0] < metric.bounds[1]
    assert metric.healthy != "reference" or not metric.votes, "a vote needs one direction"


def check_measures(metric: Metric) -> None:
    value = measure(metric, planted.sample(planted.columns_for(metric)))
    assert value.status == "ok", value.note
    assert len(value.replicates) == GROUPS
    assert len(set(value.replicates)) > 1 or not metric.votes, "leaving prompts out changes nothing"
    assert value.value is not None
    assert value.raw is not None
    assert value.n is not None
    assert 20 <= value.n <= 400


def check_row_order(metric: Metric) -> None:
    cols = planted.columns_for(metric, 200)
    order = np.random.default_rng(SEED).permutation(200)
    turned = {name: [column[i] for i in order] for name, column in cols.items()}
    a, b = (measure(metric, planted.sample(c)) for c in (cols, turned))
    assert a.status == b.status == "ok"
    assert near(a.value, b.value)
    assert near(a.raw, b.raw)
    assert near(a.replicates, b.replicates)


_ARRAYS = ("weight", "score", "labels", "predictions", "group", "prompt", "outputs", "filled")


def check_pure(metric: Metric) -> None:
    cols = planted.columns_for(metric, 100)
    one, other = planted.sample(cols), planted.sample(cols)
    metric.compute(one)
    for name in _ARRAYS:
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name == "score"), name
    for name in ("hashes", "starts", "lengths", "digests", "covered", "sentences"):
        assert np.array_equal(getattr(one.words, name), getattr(other.words, name)), name
    for name in ("count", "total", "products", "nearest", "within"):
        assert np.array_equal(getattr(one.spread, name), getattr(other.spread, name)), name
    for k in (1, 2, 3):
        assert np.array_equal(one.gram_texts(k).many, other.gram_texts(k).many)
    assert one.frame.equals(other.frame)
    assert one.comparison.as_json() == other.comparison.as_json()


def holed(cols: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """The same outputs, a run of them silent, some more here and there, and a run without a vector."""
    silent = [i < 9 or i % 5 == 0 for i in range(len(cols["output"]))]
    texts = ["" if s else t for s, t in zip(silent, cols["output"], strict=True)]
    return {
        **cols,
        "output": texts,
        "embedding": [None if i < 9 else v for i, v in enumerate(cols["embedding"])],
    }


def check_merges(metric: Metric) -> None:
    """Partitions, merged, give what one pass gives: of any size, with empty texts, with several samples."""
    full = planted.columns_for(metric)
    few = {name: column[:120] for name, column in full.items()}
    fours = {**few, "example_id": [f"p{i // 4:04}" for i in range(120)]}
    cases = [(full, 37), (few, 1), (few, 119), (holed(few), 7), (fours, 1), (holed(fours), 7)]
    for cols, size in cases:
        order = np.argsort(cols["example_id"], kind="stable")
        cols = {name: [column[i] for i in order] for name, column in cols.items()}
        samples = [planted.sample(cols, partition=p) for p in (10**6, size)]
        if not all(samples[0].has(need) for need in metric.needs):
            continue
        whole, parts = (metric.compute(s) for s in samples)
        assert np.allclose(whole.views, parts.views, rtol=1e-9, atol=1e-12, equal_nan=True), size
        assert whole.parts.keys() == parts.parts.keys()


def check_deterministic(metric: Metric) -> None:
    cols = planted.columns_for(metric, 100)
    assert measure(metric, planted.sample(cols)) == measure(metric, planted.sample(cols))


def worlds() -> dict[str, dict[str, list[Any]]]:
    full = planted.columns()
    some = {**full, "prediction": [None if i % 3 else p for i, p in enumerate(full["prediction"])]}
    several = {**planted.columns(), "example_id": [f"p{i // 4}" for i in range(400)]}
    return {
        "diverse": full,
        "half": planted.columns(narrow=0.5),
        "identical": planted.columns(narrow=1.0),
        "small": planted.columns(25),
        "unanswered": some,
        "several samples of a prompt": several,
    }


def check_bounds(metric: Metric) -> None:
    lowest, highest = metric.bounds
    for name, cols in worlds().items():
        v = measure(metric, planted.sample(cols))
        if v.status != "ok":
            assert v.value is None, name
            continue
        found = (v.value, v.raw, v.low, v.high, *v.replicates)
        assert all(isinstance(x, float) and math.isfinite(x) for x in found), (name, found)
        assert all(lowest <= x <= highest for x in found), (name, found)
        assert v.low <= v.value <= v.high, (name, v.low, v.value, v.high)


def check_unknown_is_a_status(metric: Metric) -> None:
    full = planted.columns_for(metric)
    for need in metric.needs:
        v = measure(metric, planted.lacking(full, need))
        assert (v.status, v.value) == ("no_column", None), need
        assert v.note
    none = {name: [] for name in full if name != "embedding"}
    few = {name: column[:5] for name, column in full.items()}
    cases = {"no rows": none, "five rows": few}
    if (
        {"output", "vectors"} & set(metric.needs)
        and metric.name != "length_p50"
        and metric.family != "health"
    ):
        cases["empty texts"] = {**full, "output": [""] * 400, "embedding": [[0.0] * 6] * 400}
    for name, cols in cases.items():
        v = measure(metric, planted.sample(cols))
        assert v.status in ("too_few", "no_column", "undefined"), name
        assert (v.value, v.low, v.high, v.replicates) == (None, None, None, ()), name
        assert v.note, name


def check_needs_are_declared(metric: Metric) -> None:
    """What a metric does not declare to need makes no difference to it."""
    full = planted.columns_for(metric, 200)
    value = measure(metric, planted.sample(full)).value
    needs = {part for need in metric.needs for part in need.split(" or ")}
    for name in {"output", "label", "prediction", "score", "logprob"} - needs:
        assert measure(metric, planted.lacking(full, name)).value == value, name


def check_direction(metric: Metric) -> None:
    if metric.healthy == "reference" or metric.family in ("quality", "health", "complexity"):
        return
    if metric.needs == ("score",):
        return
    seen = [
        measure(metric, planted.sample(planted.columns_for(metric, narrow=x))).value for x in (0.0, 0.5, 1.0)
    ]
    steps = np.diff(seen)
    worse = -steps if metric.healthy == "high" else steps
    # A saturated metric may not move at first; one that votes must.
    assert all(worse > 0 if metric.votes else worse >= 0), seen
    assert worse.sum() > 0, seen


METRIC_CHECKS: tuple[Callable[[Metric], None], ...] = (
    check_documented,
    check_measures,
    check_row_order,
    check_pure,
    check_merges,
    check_deterministic,
    check_bounds,
    check_unknown_is_a_status,
    check_needs_are_declared,
    check_direction,
)

# Readers

ROWS = [
    {
        "lineage": "L",
        "cycle": 3,
        "example_id": f"00{i}",
        "output": f'text {i}, "quoted"\nand — 日本 🙂',
        "prediction": "yes" if i % 2 else "no",
        "score": i / 4,
    }
    for i in range(6)
]


def _jsonl(rows: Sequence[Mapping[str, Any]], broken: bool) -> bytes:
    lines = [json.dumps(row) for row in rows]
    return "\n".join([*lines[:2], *(["{not json"] if broken else []), *lines[2:]]).encode()


def _separated(rows: Sequence[Mapping[str, Any]], broken: bool, mark: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark)
    writer.writerow(rows[0])
    for i, row in enumerate(rows):
        writer.writerow(row.values())
        if broken and i == 1:
            writer.writerow(["one cell too few"])
    return out.getvalue().encode()


def _parquet(rows: Sequence[Mapping[str, Any]], broken: bool) -> bytes:
    out = io.BytesIO()
    pd.DataFrame(rows).to_parquet(out)
    return out.getvalue()


WRITERS: dict[str, Callable[[Sequence[Mapping[str, Any]], bool], bytes]] = {
    "jsonl": _jsonl,
    "ndjson": _jsonl,
    "csv": lambda rows, broken: _separated(rows, broken, ","),
    "tsv": lambda rows, broken: _separated(rows, broken, "\t"),
    "parquet": _parquet,
    "pq": _parquet,
}
WHOLE_OR_NOTHING = ("parquet", "pq")


def pack(data: bytes, suffix: str) -> bytes:
    if suffix.endswith(".gz"):
        return gzip.compress(data)
    return pa.compress(data, codec="zstd", asbytes=True) if suffix.endswith(".zst") else data


def _written(reader: Reader, folder: Path, broken: bool) -> list[tuple[str, Path]]:
    """One file for each ending of the reader that this suite can write."""
    found = []
    for suffix in reader.suffixes:
        kind = suffix.split(".")[1]
        if kind in WRITERS:
            path = folder / f"rows{suffix}"
            path.write_bytes(pack(WRITERS[kind](ROWS, broken), suffix))
            found.append((kind, path))
    return found


def check_round_trip(reader: Reader, folder: Path) -> None:
    expected = gate(pd.DataFrame(ROWS)).outputs
    for _, path in _written(reader, folder, broken=False):
        raw = reader.read(path)
        assert isinstance(raw, RawTable)
        assert raw.rejects.empty, path.name
        assert list(raw.rejects.columns) == ["row", "reason", "raw"]
        pd.testing.assert_frame_equal(gate(raw.rows).outputs, expected)


def check_broken_rows(reader: Reader, folder: Path) -> None:
    """No row gets lost in silence: a broken one is set aside with its reason."""
    for kind, path in _written(reader, folder, broken=True):
        raw = reader.read(path)
        assert len(raw.rows) == len(ROWS), path.name
        assert len(raw.rejects) == (kind not in WHOLE_OR_NOTHING), path.name
        assert all(isinstance(reason, str) and len(reason) > 5 for reason in raw.rejects["reason"])


def check_unreadable(reader: Reader, folder: Path) -> None:
    noise = np.random.default_rng(SEED).integers(0, 256, 500, np.uint8).tobytes()
    for suffix in reader.suffixes:
        for name, data in {"empty": b"", "noise": noise, "cut": gzip.compress(noise)[:80]}.items():
            path = folder / f"{name}{suffix}"
            path.write_bytes(data)
            said = _refusal(reader, path)
            assert said is not None, f"{path.name} was taken"
            assert said.endswith((".", "?")), said
            assert "\n" not in said, said
            assert len(said) > 20, said


def _refusal(reader: Reader, path: Path) -> str | None:
    """What is said against a file, by the reader or by the gate behind it."""
    try:
        gate(reader.read(path).rows, lineage="L", cycle=0)
    except TailwatchError as error:
        return str(error)
    except Exception as error:
        raise AssertionError(f"{path.name}: {type(error).__name__} instead of TailwatchError") from error
    return None


def check_reader_documented(reader: Reader, folder: Path) -> None:
    assert len(reader.doc) > 30
    assert reader.label
    assert reader.suffixes
    assert all(re.fullmatch(r"(\.[a-z0-9_]+)+", suffix) for suffix in reader.suffixes)


READER_CHECKS: tuple[Callable[[Reader, Path], None], ...] = (
    check_reader_documented,
    check_round_trip,
    check_broken_rows,
    check_unreadable,
)

# Rules

# What a rule with options is tried with; one without takes no notice.
OPTIONS = {
    "metric": "distinct_1",
    "statistic": "pct_baseline",
    "comparator": "below",
    "line": 90,
    "for_cycles": 2,
}


def said(rule: Rule, past: History) -> list[Judgement]:
    return list(rule.evaluate(past, dict(OPTIONS)))


def histories() -> dict[str, History]:
    return {
        "flat": planted.history({}),
        "collapsing": planted.collapsing(),
        "changed": planted.split(planted.collapsing(), 10),
        "short": planted.history({}, count=3),
    }


def parted(sds: float) -> History:
    """Voters of the whole and of two slices, and six classes; one slice and one class fall with the whole."""
    fall, names = [0.0] * 8 + [sds] * 12, [m.name for m in planted.voters()]
    falling: list[planted.Key] = [(name, part) for part in (None, "task=a") for name in names]
    still: list[planted.Key] = [*((name, "task=b") for name in names), ("mean_score", None)]
    still += [("class_recall", f"class:{i}") for i in range(5)]
    falling.append(("class_recall", "class:x"))
    return planted.of({**dict.fromkeys(falling, fall), **dict.fromkeys(still, [0.0] * 20)}, seed=1)


def check_no_peeking(rule: Rule) -> None:
    for name, past in histories().items():
        whole = said(rule, past)
        for k in range(len(whole)):
            assert said(rule, past.until(k + 1))[k] == whole[k], (name, k)


def check_one_each(rule: Rule) -> None:
    for name, past in histories().items():
        assert [j.cycle for j in said(rule, past)] == [s.cycle for s in past.standings], name
    assert said(rule, History("none", (), {})) == []


def check_rule_pure(rule: Rule) -> None:
    for past in histories().values():
        before = copy.deepcopy(past)
        options = dict(OPTIONS)
        rule.evaluate(past, options)
        assert past == before
        assert options == OPTIONS


def check_rule_deterministic(rule: Rule) -> None:
    for past in histories().values():
        assert said(rule, past) == said(rule, past)


def check_fires(rule: Rule) -> None:
    """Silent while nothing happens, and not silent when every voter, a slice and a class fall at cycle 8."""
    quiet, loud = (said(rule, parted(sds)) for sds in (0.0, 20.0))
    assert [j.cycle for j in quiet if j.findings] == []
    fired = [j.cycle for j in loud if j.findings]
    assert fired
    assert 8 <= fired[0] <= 10
    for finding in (f for j in loud for f in j.findings):
        assert finding.severity in ("watch", "narrowing", "collapse")
        assert finding.since >= 8
        assert finding.message.endswith(".")


def check_rule_documented(rule: Rule) -> None:
    assert len(rule.doc) > 60
    assert rule.label


RULE_CHECKS: tuple[Callable[[Rule], None], ...] = (
    check_rule_documented,
    check_no_peeking,
    check_one_each,
    check_rule_pure,
    check_rule_deterministic,
    check_fires,
)
