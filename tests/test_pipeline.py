"""Ingest, measure, judge on the shipped outputs of models that were really retrained on their own output."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest

from metrics import cli, engine, pipeline
from metrics.core import METRICS, TailwatchError
from metrics.store import Store

REPO = Path(__file__).parent.parent
ALARMS = {"narrowing", "collapse"}


@cache
def real(lineage: str) -> pd.DataFrame:
    """A shipped lineage, 640 of its 800 prompts, without slices to be quick."""
    frame = pd.read_parquet(REPO / "sample_data" / f"{lineage}.parquet").drop(columns="slice.role")
    return frame[frame["example_id"].isin(sorted(frame["example_id"].unique())[:640])]


def rows(cycles: Any, lineage: str = "anchored", part: slice = slice(None)) -> pd.DataFrame:
    """Some cycles, and of them a part of the prompts."""
    frame = real(lineage)
    chosen = sorted(frame["example_id"].unique())[part]
    return frame[frame["cycle"].isin(list(cycles)) & frame["example_id"].isin(chosen)]


def statuses(store: Store, lineage: str = "anchored") -> list[str]:
    return [entry["status"] for entry in pipeline.check(store, lineage)["history"]]


def all_of(store: Store, upto: int) -> pd.DataFrame:
    found = store.values("anchored")
    return found[found["cycle"] <= upto].reset_index(drop=True)


def verdicts(store: Store, upto: int) -> list[Any]:
    return [v for v in store.verdicts("anchored") if v.cycle <= upto]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, list[dict[str, Any]]]:
    """Cycles 0 to 9 as they came, one by one, and what was said after each. The loop closes at cycle 5."""
    store = Store(tmp_path_factory.mktemp("told") / "s.duckdb")
    said = []
    for cycle in range(10):
        pipeline.ingest(store, [rows([cycle])])
        said.append(pipeline.check(store, "anchored"))
    return store, said


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "s.duckdb")


# No verdict looks ahead


def test_the_replay_says_what_was_said_at_the_time(told):
    """check --cycle K with all ten cycles there is, to the letter, what it was when K was the last."""
    store, said = told
    for cycle, then in enumerate(said):
        assert pipeline.check(store, "anchored", cycle) == then
    assert [entry["status"] for entry in said[-1]["history"]] == [then["status"] for then in said]


def test_a_verdict_needs_the_baseline_and_two_cycles(told):
    """Four baseline cycles, then the (k + 2)th cycle at the earliest; the loop closed at 5 and is seen."""
    said = [then["status"] for then in told[1]]
    assert said[:5] == ["learning"] * 5
    assert "learning" not in said[5:]
    assert said[-1] in ALARMS
    assert told[1][-1]["since_cycle"] >= 5
    assert told[1][-1]["last_healthy_cycle"] in (None, 5, 6)


def test_check_and_metrics_keep_their_schemas(told, capsys):
    schemas = {
        p.name.split(".")[0]: json.loads(p.read_text()) for p in (REPO / "tests/contract_schemas").iterdir()
    }
    for then in told[1]:
        jsonschema.validate(then, schemas["check"])
    db = str(told[0].path)
    assert cli.main(["metrics", "--db", db, "--lineage", "anchored", "--format", "json"]) == 0
    values = json.loads(capsys.readouterr().out)
    jsonschema.validate(values, schemas["metrics"])
    whole = [v for v in values if v["slice"] is None]
    assert len(whole) == 10 * len(METRICS.all())
    parted = {v["metric"] for v in values if v["slice"] is not None}
    assert parted == {"class_recall", "phrasing_survival", "tail_coverage"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{**values[0], "value": None, "status": "ok"}], schemas["metrics"])


@pytest.mark.parametrize("name", ["check", "metrics"])
def test_the_schemas_are_those_of_the_contract(name):
    """The copy beside this test is the one that outside scripts use, where that is at hand."""
    mine = REPO / f"tests/contract_schemas/{name}.schema.json"
    theirs = REPO.parent / f"shared/contract/{name}.schema.json"
    assert json.loads(mine.read_text())["title"] == f"tailwatch {name} --format json"
    assert not theirs.exists() or mine.read_bytes() == theirs.read_bytes()


def test_any_size_can_be_had_later(store, capsys):
    """From the stored histograms: at the measured m the stored value, at 100 outputs a higher distinct-2."""
    pipeline.ingest(store, [rows(range(4))])
    comparison = json.loads(next(iter(store.comparisons("anchored").values())))
    command = ["metrics", "--db", str(store.path), "--lineage", "anchored", "--format", "json", "--size"]
    at: dict[int, dict[tuple, float]] = {}
    for size in (comparison["sizes"][""], 100):
        assert cli.main([*command, str(size)]) == 0
        found = [v for v in json.loads(capsys.readouterr().out) if v["slice"] is None]
        at[size] = {(v["metric"], v["cycle"]): v["value"] for v in found}
    stored = store.values("anchored", slice=None).set_index(["metric", "cycle"])["value"]
    names = {"class_coverage", "distinct_1", "distinct_2", "distinct_3", "duplicate_rate"}
    for place, value in at[comparison["sizes"][""]].items():
        assert place[0] in names
        assert value == pytest.approx(stored[place], rel=1e-9)
    assert {name for name, _ in at[100]} == names
    assert at[100]["distinct_2", 0] > stored["distinct_2", 0]
    assert cli.main([*command, "100000"]) == 2


# Order, size, change of the eval


def test_cycles_in_any_order_end_the_same(told, store):
    for part in ([6, 4], [1, 5, 0, 2], [3]):
        pipeline.ingest(store, [rows(part).sample(frac=1, random_state=0)])
    pd.testing.assert_frame_equal(all_of(store, 6), all_of(told[0], 6))
    assert verdicts(store, 6) == verdicts(told[0], 6)


def test_a_small_later_cycle_changes_nothing_earlier(store):
    """Cycle 6 has 200 prompts fewer: it is judged by those it has, and what was stored stays."""
    pipeline.ingest(store, [rows(range(6))])
    values, said = all_of(store, 5), verdicts(store, 5)
    pipeline.ingest(store, [rows([6], part=slice(440))])
    pd.testing.assert_frame_equal(all_of(store, 5), values)
    assert verdicts(store, 5) == said
    assert statuses(store)[6] in {"healthy", "watch", *ALARMS}
    assert store.values("anchored", "distinct_1")["n"].tolist()[-2:] == [640, 440]


def test_fewer_outputs_alone_are_no_narrowing(store):
    """A healthy lineage whose last three cycles have a third of the prompts fewer."""
    parts = [rows(range(7), "healthy"), rows(range(7, 10), "healthy", slice(0, None, 3))]
    parts.append(rows(range(7, 10), "healthy", slice(1, None, 3)))
    pipeline.ingest(store, [pd.concat(parts)])
    assert not ALARMS & set(statuses(store, "healthy"))


def test_never_flagged_across_a_changed_eval_set(store):
    """Other prompts from cycle 5 on, when the loop closes: a new baseline starts, nothing is compared."""
    old, new = rows(range(5), part=slice(320)), rows(range(5, 9), part=slice(320, 640))
    pipeline.ingest(store, [pd.concat([old, new])])
    said = pipeline.check(store, "anchored", 5)
    assert said["status"] == "not_comparable"
    assert "only 0% of its prompts are those of cycle 0" in said["message"]
    assert statuses(store) == ["learning"] * 5 + ["not_comparable"] + ["learning"] * 3
    assert store.alerts("anchored").empty


def test_a_single_odd_cycle_does_not_end_the_series(store):
    """Cycle 6 asks other prompts; 7 and 8 go on against the old baseline and see what began in 5."""
    odd = rows([6], "replace", slice(320, 640))
    usual = rows([0, 1, 2, 3, 4, 5, 7, 8], "replace", slice(320))
    pipeline.ingest(store, [pd.concat([usual, odd])])
    said = statuses(store, "replace")
    assert said[6] == "not_comparable"
    assert said[8] in ALARMS
    assert [s.segment for s in store.standings("replace")] == [0] * 6 + [6] + [0] * 2


@pytest.mark.parametrize("fact", ["decoding", "scorer", "encoder"])
def test_a_changed_measurement_is_not_compared(store, fact):
    small = slice(0, 60)
    pipeline.ingest(store, [rows(range(3), part=small).assign(**{fact: "one"})])
    pipeline.ingest(store, [rows([3], part=small).assign(**{fact: "two"})])
    said = pipeline.check(store, "anchored")
    assert said["status"] == "not_comparable"
    assert f"its {fact} is two, that of cycle 0 is one" in said["message"]


def relabelled(frame: pd.DataFrame, share: float) -> pd.DataFrame:
    """The right class of some prompts is another; what the model answered is as it was."""
    every = int(1 / share)
    return frame.assign(label=frame["label"].where(np.arange(len(frame)) % every > 0, "another"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda f: relabelled(f, 0.05),
            "labelled prompts that it shares with cycle 0 have another label there",
        ),
        (lambda f: f.drop(columns="weight"), "its prompts have no weights, those of cycle 0 have"),
        (lambda f: f.assign(weight=f["weight"].to_numpy()[::-1]), "its prompts are weighted otherwise than"),
        (lambda f: f.drop(columns="prompt"), "its prompts have no texts, those of cycle 0 have"),
    ],
)
def test_what_the_eval_set_says_of_its_prompts_must_stay_for_a_comparison(store, change, said):
    """Recall and weighted means move with labels and weights, whatever the model does."""
    usual = [rows([c], "healthy") for c in range(7)]
    usual = [f.assign(weight=1.0 + np.arange(len(f)) % 4) for f in usual]
    pipeline.ingest(store, [*usual[:5], *map(change, usual[5:])])
    assert statuses(store, "healthy")[5:] == ["not_comparable", "learning"]
    assert said in pipeline.check(store, "healthy", 5)["message"]


def test_a_few_corrected_labels_and_weights_told_anew_are_compared(store):
    """One label in a hundred, weights in other units and a little otherwise: nobody begins anew for these."""
    usual = [rows([c], "healthy").assign(weight=lambda f: 1.0 + np.arange(len(f)) % 4) for c in range(6)]
    last = relabelled(usual[5], 0.01)
    usual[5] = last.assign(weight=last["weight"] * 7 * (1 + 0.05 * (np.arange(len(last)) % 2)))
    pipeline.ingest(store, usual)
    assert statuses(store, "healthy")[5] in {"healthy", "watch"}


def test_a_column_of_labels_that_goes_missing_is_no_other_eval_set(store):
    """What cannot be measured without is named; what can be goes on."""
    usual = [rows([c], "healthy") for c in range(6)]
    pipeline.ingest(store, [*usual[:5], usual[5].drop(columns="label")])
    assert statuses(store, "healthy")[5] == "watch"


# Vectors that came with the outputs


def vectors(cycle: int, width: int = 3, seed: int = 0, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng([seed, cycle])
    facts = {"lineage": "V", "cycle": cycle, "example_id": [f"p{i}" for i in range(n)], "output": "words"}
    return pd.DataFrame({**facts, "embedding": list(rng.normal(size=(n, width)))})


def test_other_vectors_are_not_compared(store):
    """Another encoder, or none: a distance between its vectors is another metric."""
    odd = [vectors(4, width=2), vectors(5).drop(columns="embedding")]
    pipeline.ingest(store, [*(vectors(c) for c in (0, 1, 2, 3, 6)), *odd])
    assert statuses(store, "V")[4:6] == ["not_comparable"] * 2
    assert [s.segment for s in store.standings("V")] == [0, 0, 0, 0, 4, 5, 0]


def test_a_reference_with_other_vectors_covers_nothing(store):
    pipeline.ingest(store, [vectors(c) for c in range(2)])
    pipeline.reference(store, [vectors(0, width=2).drop(columns=["lineage", "cycle"])], lineage="V")
    assert set(store.values("V", "coverage")["status"]) == {"no_column"}
    assert set(store.values("V", "dispersion")["status"]) == {"ok"}


def test_a_replaced_baseline_cycle_is_another_reference(store, tmp_path):
    """Without a pinned reference, coverage is measured against the baseline's outputs: they changed."""
    pipeline.ingest(store, [vectors(c) for c in range(5)])
    pipeline.ingest(store, [vectors(1, seed=9)], replace=True)
    fresh = Store(tmp_path / "fresh.duckdb")
    pipeline.ingest(fresh, [vectors(c, seed=9 * (c == 1)) for c in range(5)])
    pd.testing.assert_frame_equal(store.values("V"), fresh.values("V"))


# Refresh


def test_refresh_is_idempotent(told):
    store = told[0]
    revision = store.revision()
    assert pipeline.refresh(store) == []
    assert pipeline.refresh(store, "anchored") == []
    assert store.revision() == revision


def test_a_new_version_of_a_metric_recomputes_that_metric_alone(store, monkeypatch):
    pipeline.ingest(store, [rows(range(3), part=slice(60))])
    before, measured = store.values("anchored"), []
    old, measure_one = METRICS.get("length_p50"), engine.measure_one

    def doubled(sample: Any) -> Any:
        reading = old.compute(sample)
        return replace(reading, views=2 * reading.views)

    def counted(metric: Any, *args: Any) -> Any:
        measured.append(metric.name)
        return measure_one(metric, *args)

    monkeypatch.setitem(METRICS._found, "length_p50", replace(old, version=old.version + 1, compute=doubled))
    monkeypatch.setattr(engine, "measure_one", counted)
    assert pipeline.refresh(store) == ["anchored"]
    assert measured == ["length_p50"] * 3
    after = store.values("anchored")
    same = before["metric"] != "length_p50"
    pd.testing.assert_frame_equal(after[same], before[same])
    assert after["version"][~same].tolist() == [old.version + 1] * 3
    assert after["value"][~same].tolist() == [2 * v for v in before["value"][~same]]
    assert pipeline.refresh(store) == []


def test_the_same_data_gives_the_same_numbers(told, store):
    """Interval bounds too: whatever is random is seeded from lineage, cycle and metric."""
    pipeline.ingest(store, [rows(range(4))])
    columns = ["metric", "cycle", "value", "low", "high", "n", "status"]
    again, first = (all_of(s, 3)[columns] for s in (store, told[0]))
    pd.testing.assert_frame_equal(again, first)


# Alerts and what people say of them


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """`replace` up to cycle 8: the model learns from nothing but itself from cycle 5 on."""
    store = Store(tmp_path_factory.mktemp("fallen") / "s.duckdb")
    pipeline.ingest(store, [rows(range(8), "replace")])
    return store


def test_an_acknowledgement_survives_every_refresh(fallen, monkeypatch):
    alert = fallen.alerts("replace").query("severity != 'watch'").iloc[0]
    fallen.acknowledge(alert["id"], "seen")
    old = METRICS.get("length_p50")
    monkeypatch.setitem(METRICS._found, "length_p50", replace(old, version=3))
    assert pipeline.refresh(fallen) == ["replace"]
    pipeline.ingest(fallen, [rows([8], "replace")])
    found = fallen.alerts("replace").set_index("id").loc[alert["id"]]
    assert (found["state"], found["note"]) == ("acknowledged", "seen")
    assert found["last_cycle"] == 8
    log = fallen.alert_log("replace").query("alert == @alert.id")["event"].tolist()
    assert log.count("acknowledged") == 1
    assert sum(event.startswith("raised") for event in log) == 1


def test_a_users_line_raises_and_is_taken_back(fallen):
    spec = {"metric": "distinct_1", "comparator": "below", "line": 99.0, "statistic": "pct_baseline"}
    rule = fallen.add_rule("replace", "threshold", spec)
    assert fallen.add_rule("replace", "threshold", spec) == rule
    said = pipeline.check(fallen, "replace")
    mine = [a for a in said["alerts"] if a["rule"] == f"threshold:{rule.id}"]
    assert [(a["metric"], a["severity"]) for a in mine] == [("distinct_1", "watch")]
    assert "your line of 99" in mine[0]["message"]
    fallen.delete_rule(rule.id)
    assert not [a for a in pipeline.check(fallen, "replace")["alerts"] if a["rule"] != "early_warning"]


def test_pinning_the_baseline(fallen):
    """Cycles 1 to 3 are what counts as normal; then again the first four."""
    pipeline.ingest(fallen, [rows([8], "replace")])
    before = fallen.verdicts("replace")
    pipeline.choose_baseline(fallen, "replace", cycles=[1, 2, 3], note="the first was odd")
    said = pipeline.check(fallen, "replace")
    assert {s.baseline for s in fallen.standings("replace")} == {(1, 2, 3)}
    assert said["status"] in ALARMS
    pipeline.choose_baseline(fallen, "replace", first=4)
    assert fallen.verdicts("replace") == before
    with pytest.raises(TailwatchError, match="has no cycle 77"):
        pipeline.choose_baseline(fallen, "replace", cycles=[77, 78, 79])


def test_slices_are_measured_and_do_not_vote(store):
    frame = rows(range(2), part=slice(100)).copy()
    frame["slice.half"] = np.where(frame["example_id"].map(len) % 2, "left", "right")
    pipeline.ingest(store, [frame])
    found = store.values("anchored", "mean_score")
    assert found["slice"].fillna("-").tolist() == ["-"] * 2 + ["half=left"] * 2 + ["half=right"] * 2
    whole, left, right = (found["n"][i : i + 2].to_numpy() for i in (0, 2, 4))
    assert (left < whole).all()
    assert (right < whole).all()
    kept = frame[(frame["cycle"] == 0) & (frame["slice.half"] == "left")]
    expected = np.average(kept["score"], weights=kept["weight"])
    assert found["value"].iloc[2] == pytest.approx(expected)
