"""Aggregates: values measured elsewhere come in, are stored, judged and shown like all others."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import aggregates, cli, comparability, pipeline
from metrics.core import METRICS, RULES, MetricValue, TailwatchError
from metrics.opening import table
from metrics.store import Store
from tests import planted
from tests.test_gate import ANYTHING, SCALARS
from tests.test_store import everything, scores

GOOD = {"metric": "bleu", "value": 30.0}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "s.duckdb")


def gated(rows: list[dict[str, Any]], **options: Any) -> Any:
    return aggregates.gate(table(rows, []).rows, **{"lineage": "L", "cycle": 0, **options})


def reason(**row: Any) -> str:
    """Why a row is rejected, beside one that passes."""
    rejects = gated([{"metric": "good", "value": 1}, {**GOOD, **row}]).rejects
    assert len(rejects) == 1
    return str(rejects["reason"].iloc[0])


def series(moves: dict[str, list[float]], *, stderr: float | None = 0.002, n: int = 400) -> pd.DataFrame:
    """Metrics around a level of their own, a little noise, and what each cycle adds."""
    rng = np.random.default_rng(5)
    rows = [
        {"lineage": "L", "cycle": c, "metric": m, "value": 0.5 + 0.002 * rng.normal() + move, "n": n}
        for m, all_moves in moves.items()
        for c, move in enumerate(all_moves)
    ]
    return pd.DataFrame(rows) if stderr is None else pd.DataFrame(rows).assign(stderr=stderr)


def fall(onset: int, by: float, count: int = 10) -> list[float]:
    return [0.0] * onset + [-by] * (count - onset)


# The gate


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"value": "high"}, "its value is not a number ('high')"),
        ({"value": [1]}, "its value is not a number ('[1]')"),
        ({"value": "inf"}, "its value is not finite"),
        ({"value": 10**400}, "its value is not finite"),
        ({"value": None}, "it has no value"),
        ({"value": "nan"}, "it has no value"),
        ({"stderr": -0.1}, "its stderr is below 0"),
        ({"stderr": "x"}, "its stderr is not a number ('x')"),
        ({"n": 0}, "its n is not above 0"),
        ({"metric": " "}, "it has no metric"),
        ({"metric": None}, "it has no metric"),
        ({"metric": "x" * 101}, "its metric is longer than 100 characters"),
        ({"metric": "a\nb"}, "its metric holds a control character"),
        ({"metric": "a\u202eb"}, "its metric holds a control character"),
        ({"metric": "good"}, "its metric came before in this cycle and slice"),
        ({"slice": "de"}, "its slice is not NAME=VALUE, such as language=de"),
        ({"slice": "=de"}, "its slice is not NAME=VALUE, such as language=de"),
        ({"healthy": "upwards"}, "its healthy is none of high, low, reference"),
        ({"family": "best"}, "its family is none of quality, diversity, complexity, tail, coverage, health,"),
        ({"metric": "distinct_1", "value": 30}, "its value is not from 0 to 1, where distinct_1 lies"),
        ({"metric": "distinct_1", "value": 0.3, "healthy": "low"}, "its healthy is not high, as that of"),
    ],
)
def test_reasons(row, why):
    assert reason(**row).startswith(why)


def test_a_metric_says_one_thing_of_itself():
    rows = [{**GOOD, "slice": f"k={i}", "healthy": h} for i, h in enumerate(("high", None, "high", "low"))]
    assert gated(rows).rejects["reason"].tolist() == [
        "its healthy is not that of an earlier row of its metric"
    ]


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ([{"metric": "a"}], {}, "no column 'value'; it has 'metric'. Map it with --map value=COLUMN."),
        ([GOOD], {"lineage": None}, "Name it with --lineage L."),
        ([GOOD], {"cycle": None}, "Give it with --cycle N."),
        ([{**GOOD, "value": "x"}], {}, "All 1 were rejected, the first because its value is not a number"),
        ([{**GOOD, "mix": m, "slice": f"k={m}"} for m in "ab"], {}, "disagree on its mix"),
        ([GOOD], {"mapping": {"prompt": "metric"}}, "There is no field 'prompt'. The fields are lineage,"),
    ],
)
def test_sentences(rows, options, said):
    with pytest.raises(TailwatchError) as caught:
        gated(rows, **options)
    assert said in str(caught.value)
    assert str(caught.value).endswith(".")


@given(st.lists(st.dictionaries(st.sampled_from([*aggregates.FIELDS, "own", "mix"]), ANYTHING), max_size=6))
@settings(max_examples=60)
def test_wild_rows_never_break_the_gate(raw):
    check_gate([{**GOOD, **row} for row in raw])


@given(
    st.lists(st.fixed_dictionaries({"metric": st.sampled_from(["a", "b", "distinct_1"]), "value": SCALARS}))
)
@settings(max_examples=60)
def test_tame_rows(raw):
    check_gate(raw)


def attempt(rows: list[dict[str, Any]]) -> Any:
    try:
        return aggregates.gate(table([{"cycle": 0, **row} for row in rows], []).rows, lineage="L")
    except TailwatchError as error:
        return str(error)


def check_gate(rows: list[dict[str, Any]]) -> None:
    """Each row comes out once, typed or with a reason, or one sentence says why none does."""
    result = attempt(rows)
    if isinstance(result, str):
        assert result.endswith(".")
        return
    own = result.aggregates
    assert len(own) + len(result.rejects) == len(rows)
    assert np.isfinite(own["value"]).all()
    assert not own.duplicated(list(aggregates.KEY)).any()
    assert all(r and "\n" not in r for r in result.rejects["reason"])


def test_what_an_upload_is():
    rows = pd.DataFrame([{"name": "bleu", "result": 3, "score": 1}])
    assert not aggregates.is_upload(rows, {})
    assert not aggregates.is_upload(rows, {"metric": "name", "value": "result"})
    assert aggregates.is_upload(rows, {"metric": "name", "value": "score"})
    assert not aggregates.is_upload(pd.DataFrame([{**GOOD, "output": "x"}]), {})


# As metric values


def test_values_of_one_cycle():
    """distinct_1 lies from 0 to 1: .99 + 1.96 * .1 is cut at 1. Without an error the interval is unknown."""
    rows = [
        {"metric": "distinct_1", "value": 0.99, "stderr": 0.1, "n": 500},
        {"metric": "bleu", "value": 30, "slice": "language=de"},
    ]
    bleu, distinct = aggregates.values(gated(rows).aggregates, 0)
    assert (distinct.low, distinct.high, distinct.n) == (pytest.approx(0.99 - 0.196), 1.0, 500)
    assert (distinct.version, distinct.raw, distinct.stderr) == (METRICS.get("distinct_1").version, 0.99, 0.1)
    assert (bleu.slice, bleu.low, bleu.high, bleu.n, bleu.version) == ("language=de", None, None, None, 1)
    assert bleu.note == "No standard error was given."
    assert aggregates.values(gated(rows).aggregates, 1) == []


def test_an_interval_is_finite():
    (value,) = aggregates.values(gated([{**GOOD, "value": 1.7e308, "stderr": 1.7e308}]).aggregates, 0)
    assert math.isfinite(value.low)
    assert math.isfinite(value.high)


def test_declared_metrics_never_vote():
    rows = [{"cycle": c, **GOOD, "healthy": h} for c, h in ((0, "low"), (1, None))]
    rows += [{"cycle": 0, "metric": "plain", "value": 1}, {"cycle": 0, "metric": "distinct_1", "value": 0.1}]
    found = aggregates.declared(aggregates.joined([gated(rows, cycle=None).aggregates]))
    assert {name: (m.healthy, m.family, m.votes) for name, m in found.items()} == {
        "bleu": ("low", "provenance", False),
        "plain": ("reference", "provenance", False),
    }


def test_what_was_measured_wins():
    """An aggregate stands where the outputs gave no value, and of the catalogue only beside a fresh value."""
    rows = [{"metric": m, "value": 0.5} for m in ("distinct_1", "distinct_2", "distinct_3", "bleu")]
    measured = [
        MetricValue(0, "distinct_1", 1, None, "ok", 0.1),
        MetricValue(0, "distinct_2", 1, None, "too_few", note="few"),
    ]
    found = {v.metric: v.value for v in aggregates.beside(measured, gated(rows).aggregates, 0)}
    assert found == {"distinct_1": 0.1, "distinct_2": 0.5, "bleu": 0.5}


# In, stored, judged


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_any_reader_brings_them(store, tmp_path, ending):
    frame = series({"bleu": [0.0] * 2}).rename(columns={"metric": "name"}).assign(slice=None, healthy="high")
    path = tmp_path / f"a.{ending}"
    {
        "csv": lambda: frame.to_csv(path, index=False),
        "jsonl": lambda: frame.to_json(path, orient="records", lines=True),
        "parquet": lambda: frame.to_parquet(path),
    }[ending]()
    assert cli.main(["ingest", str(path), "--map", "metric=name", "--db", str(store.path)]) == 0
    assert store.cycles("L")["outputs"].tolist() == [0, 0]
    assert store.values("L", "bleu")["status"].tolist() == ["ok", "ok"]
    before = everything(store)
    assert cli.main(["ingest", str(path), "--map", "metric=name", "--db", str(store.path)]) == 0
    assert everything(store) == before


def test_voters_vote_and_raise_the_alarm(store):
    """A single voter is seen late: its fall is a step too, and takes steps to be told from noise."""
    moves = {"distinct_1": fall(6, 0.2, 12), "mean_score": [0.0] * 12, "bleu": [0.0] * 12}
    pipeline.ingest(store, [series(moves)])
    said = pipeline.check(store, "L")
    assert [h["status"] for h in said["history"][:7]] == ["learning"] * 5 + ["healthy", "watch"]
    assert (said["status"], said["since_cycle"], said["quality"]["status"]) == ("collapse", 6, "steady")
    assert said["alerts"][0]["metric"] == "distinct_1"


def test_too_small_or_unsized_never_votes(store):
    frame = series({"distinct_1": fall(6, 0.2)}, n=199)
    pipeline.ingest(store, [frame, frame.assign(lineage="M").drop(columns="n")])
    for lineage in "LM":
        assert {h["status"] for h in pipeline.check(store, lineage)["history"]} == {"learning"}


def test_without_standard_errors_the_learned_noise_serves(store):
    pipeline.ingest(store, [series({"distinct_1": fall(12, 0.2, 16), "distinct_2": [0.0] * 16}, stderr=None)])
    said = pipeline.check(store, "L")
    assert [h["status"] for h in said["history"][5:12]] == ["healthy"] * 7
    assert said["status"] == "collapse"
    assert store.values("L", "distinct_1")["low"].isna().all()


def test_all_at_one_value_and_no_noise_says_nothing(store):
    frame = series({"distinct_1": [0.0] * 8}, stderr=None).assign(value=0.5)
    pipeline.ingest(store, [frame])
    assert pipeline.check(store, "L")["status"] == "healthy"


def test_a_rule_on_an_uploaded_metric(store, capsys):
    pipeline.ingest(store, [series({"bleu": fall(6, 0.2)})])
    words = ["rules", "--db", str(store.path), "--lineage", "L", "--below", "0.4"]
    assert cli.main([*words, "--add", "blue"]) == 2
    assert "There is no metric 'blue'. Is it bleu?" in capsys.readouterr().err
    assert cli.main([*words, "--add", "bleu"]) == 0
    said = pipeline.check(store, "L")
    assert (said["status"], said["alerts"][0]["metric"]) == ("watch", "bleu")
    assert "Bleu is 0.3" in said["message"]
    capsys.readouterr()
    assert cli.main(["metrics", "--db", str(store.path), "--lineage", "L", "--format", "json"]) == 0
    values = [v for v in json.loads(capsys.readouterr().out) if v["metric"] == "bleu"]
    assert [v["cycle"] for v in values] == list(range(10))


def test_other_content_is_refused_and_replaced(store):
    pipeline.ingest(store, [series({"bleu": [0.0] * 2})])
    before = everything(store)
    with pytest.raises(TailwatchError, match="Cycle 1 of 'L' is there already, with other content"):
        pipeline.ingest(store, [series({"bleu": [0.0, 1.0, 0.0]})])
    assert everything(store) == before
    pipeline.ingest(store, [series({"acc": [0.0, 1.0]})], replace=True)
    assert set(store.aggregates("L")["metric"]) == {"acc"}
    assert set(store.values("L")["metric"]) >= {"acc"}
    assert store.values("L", "bleu").empty
    store.delete_cycle("L", 1)
    assert store.aggregates("L")["cycle"].tolist() == [0]


def test_outputs_and_aggregates_of_one_cycle(store):
    """Two files, one call: both are stored, and the score that was measured wins over the one stated."""
    own = pd.DataFrame([{"cycle": 0, "name": m, "value": 0.25} for m in ("mean_score", "bleu", "distinct_1")])
    files = [scores(0).rename(columns={"score": "points"}), own]
    mapping = {"score": "points", "metric": "name"}
    pipeline.ingest(store, files, lineage="L", mapping=mapping)
    assert store.cycles("L")["outputs"].tolist() == [60]
    found = store.values("L").set_index("metric")["value"]
    assert found["mean_score"] == pytest.approx(scores(0)["score"].mean())
    assert (found["bleu"], found["distinct_1"]) == (0.25, 0.25)
    (again,) = pipeline.ingest(store, files, lineage="L", mapping=mapping).stored
    assert again.unchanged == (0,)
    with pytest.raises(TailwatchError, match="no column 'nowhere' to map to stderr"):
        pipeline.ingest(store, files, lineage="L", mapping={**mapping, "stderr": "nowhere"})
    with pytest.raises(TailwatchError, match="No file has a column 'said' to map to output"):
        pipeline.ingest(store, [own, own], lineage="L", mapping={"metric": "name", "output": "said"})


def test_two_files_of_one_metric_and_far_too_many():
    one = gated([GOOD]).aggregates
    with pytest.raises(TailwatchError, match="same metric of the same cycle: 'bleu' of cycle 0"):
        aggregates.joined([one, one])
    many = gated([{"metric": f"m{i}", "value": 1} for i in range(201)]).aggregates
    with pytest.raises(TailwatchError, match="Cycle 0 has values of 201 different metrics; 200 are the most"):
        aggregates.joined([many])
    sliced = gated([{**GOOD, "slice": f"k={i}"} for i in range(51)]).aggregates
    with pytest.raises(TailwatchError, match="51 different slices"):
        aggregates.joined([sliced])


def test_a_reference_is_made_of_outputs(store):
    with pytest.raises(TailwatchError, match="A reference set is made of outputs"):
        pipeline.reference(store, [pd.DataFrame([GOOD])], lineage="L")


# Beside cycles that have outputs


@pytest.mark.parametrize("bare", [{0}, {5}, {0, 1, 2, 3}, {1, 6}])
def test_cycles_with_and_without_outputs_compare(store, bare):
    """Wherever the cycles without outputs lie, nothing is called incomparable and nothing breaks."""
    stated = series({"mean_score": [0.0] * 7, "bleu": [0.0] * 7})
    outputs = pd.concat([scores(c) for c in range(7) if c not in bare])
    pipeline.ingest(store, [outputs, stated])
    assert "not_comparable" not in {h["status"] for h in pipeline.check(store, "L")["history"]}
    found = store.values("L", "mean_score")
    assert found["status"].tolist() == ["ok"] * 7
    assert set(found.loc[found["n"] == 400, "cycle"]) == bare
    assert store.values("L", "distinct_1")["status"].tolist() == ["no_column"] * 7
    assert pipeline.refresh(store) == []


def test_a_cycle_without_outputs_is_no_bridge_between_two_evals():
    """Cycle 0 has none; 1 and 2 ask other prompts than 3, which is comparable with 0 and not with 1."""
    prompts = [np.empty(0, np.int64), np.arange(9), np.arange(9), np.arange(20, 29)]
    places = comparability.place([comparability.Conditions(c, p) for c, p in enumerate(prompts)])
    assert [p.standing.segment for p in places] == [0, 0, 0, 3]


def test_a_new_version_keeps_what_was_stated(store, monkeypatch):
    pipeline.ingest(store, [series({"distinct_1": [0.0] * 3, "bleu": [0.0] * 3})])
    old = METRICS.get("distinct_1")
    monkeypatch.setitem(METRICS._found, "distinct_1", replace(old, version=9))
    assert pipeline.refresh(store) == ["L"]
    found = store.values("L", "distinct_1")
    assert (found["version"].tolist(), found["status"].tolist()) == ([9] * 3, ["ok"] * 3)
    assert len(store.values("L", "bleu")) == 3


# Values without replicates


@pytest.mark.parametrize("seed", range(3))
def test_stated_errors_judge_as_replicates_do(seed):
    """Planted histories: with stderr in place of replicates a healthy one stays quiet, a fall is seen."""
    names = [m.name for m in planted.voters()]
    falling = dict.fromkeys(names, [0.0] * 8 + [10.0] * 12)
    rule = RULES.get("early_warning").evaluate
    assert {j.status for j in rule(planted.bare(planted.history({}, seed=seed)), {})} <= {
        "learning",
        "healthy",
        "watch",
    }
    said = [j.status for j in rule(planted.bare(planted.history(falling, seed=seed)), {})]
    assert not {"narrowing", "collapse"} & set(said[:8])
    assert said[9] in ("narrowing", "collapse")
