"""The self-test: what it plants is seen, what it does not plant is not claimed, and nothing is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from metrics import bell, pipeline
from metrics.cli import main
from metrics.copies import continued, ground
from metrics.core import Finding, History, TailwatchError
from metrics.injecting import INJECTIONS
from metrics.judging import judged
from metrics.remeasuring import Recorded
from metrics.selftest import press
from metrics.store import Store, Verdict
from tests.planted import CLASSES, SHARES, TAIL, history, split

N, CYCLES = 300, 8
WORDS = np.array([f"word{i}" for i in range(400)])
# A user's own line, under which shortening drives the median length: texts have 9 words.
SHORT = {"metric": "length_p50", "comparator": "below", "line": 9.0, "severity": "narrowing"}


def outputs(cycles: int = CYCLES, lineage: str = "L", narrow_from: int = 99) -> pd.DataFrame:
    """Cycles of a healthy model, the same 300 prompts in each; later ones answer rare classes as 'a'."""
    label = np.repeat(np.array(CLASSES, object), (N * SHARES).round().astype(int))
    parts = []
    for cycle in range(cycles):
        rng = np.random.default_rng(100 + cycle)
        named = np.where(rng.random(N) < 0.8, label, rng.choice(CLASSES, N, p=SHARES))
        if cycle >= narrow_from:
            named = np.where(np.isin(label, TAIL), "a", named)
        text = [
            " ".join([f"{k}{i}" for i in rng.integers(0, 9, 3)] + rng.choice(WORDS, 6).tolist())
            for k in label
        ]
        ids = [f"p{i}" for i in range(N)]
        columns = {"example_id": ids, "output": text, "label": label, "prediction": named}
        parts.append(pd.DataFrame({**columns, "lineage": lineage, "cycle": cycle, "score": rng.random(N)}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one healthy lineage."""
    path = tmp_path_factory.mktemp("selftest") / "store.duckdb"
    pipeline.ingest(Store(path), [outputs()])
    return path


@pytest.fixture(scope="module")
def pressed(path: Path) -> dict[str, Any]:
    """What pressing the bell at one strength came to."""
    before = path.read_bytes()
    found = press(Store(path), "L", cycles=3, strengths=(0.2,), simulated=4)
    assert path.read_bytes() == before
    return found


@pytest.fixture
def copy(path: Path, tmp_path: Path) -> Path:
    """A copy of that store, to be changed."""
    own = tmp_path / "own.duckdb"
    own.write_bytes(path.read_bytes())
    return own


def rows(path: Path) -> Iterator[tuple[str, list[Any]]]:
    with duckdb.connect(str(path), read_only=True) as con:
        for (table,) in con.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall():
            yield table, con.table(table).order("ALL").fetchall()


def recorded(store: Store, seed: int = 0) -> tuple[Recorded, History]:
    past = pipeline.history(store, "L")
    state = store.state("L")
    assert state is not None
    begin = ground(past, store.verdicts("L"))
    return Recorded.of(store, "L", state, begin, store.rules("L"), seed), past


def test_a_lost_tail_is_seen_at_once_and_quality_knows_nothing(pressed: dict[str, Any]):
    """A fifth of the prompts is of tail classes: planted in 20 % of the outputs, all of them are lost."""
    cell = next(c for c in pressed["injections"] if c["injection"] == "tail_loss")
    assert (cell["fired"], cell["outputs"], cell["quality"]) == (True, N // 5, "steady")
    assert cell["after"] <= 2
    assert cell["alert"]["severity"] in ("narrowing", "collapse")
    assert len(cell["statuses"]) == 3
    assert cell["statuses"][cell["after"] - 1] == cell["alert"]["severity"]
    assert cell["statuses"][-1] == cell["alert"]["worst"]


def test_every_kind_is_planted_and_the_bell_says_which_it_is_silent_about(pressed: dict[str, Any]):
    assert {c["injection"] for c in pressed["injections"]} == set(INJECTIONS.all())
    quiet = {c["injection"] for c in pressed["injections"] if not c["fired"]}
    looked_for = {name for name, each in INJECTIONS.all().items() if not each.unseen}
    assert {c["injection"] for c in pressed["silent"]} == quiet & looked_for
    assert pressed["rings"] == (not quiet & looked_for)
    assert pressed["impossible"] == []
    assert json.loads(json.dumps(pressed, allow_nan=False)) == pressed


def test_copies_begin_after_the_recorded_cycles_and_are_made_from_healthy_ones(pressed: dict[str, Any]):
    assert pressed["last_cycle"] == CYCLES - 1
    assert pressed["sources"] == [4, 5, 6, 7]
    simulated, recorded = pressed["untouched"]["simulated"], pressed["untouched"]["recorded"]
    # Four cycles after the baseline, and three more.
    assert (simulated["series"], simulated["cycles"], recorded["cycles"]) == (4, 7, 3)
    assert simulated["low"] <= simulated["share"] <= simulated["high"]


def test_the_same_seed_plants_the_same_and_another_does_not(path: Path):
    found = [
        recorded(Store(path), seed)[0].planted((5,), (0.1,), lambda share, what: None)[0]["tail_loss", 0.1]
        for seed in (0, 0, 1)
    ]
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_a_copy_with_nothing_planted_measures_what_was_recorded(path: Path):
    """Healthy cycle and baseline cycle alike: the same values, intervals and replicates, to the bit."""
    given, past = recorded(Store(path))
    for position in (2, 6):
        found = given.values(position, given.answers(position).frame)
        assert {key: past.trends[key].values[position] for key in found} == found
        assert {"class:h", None} <= {part for _, part in found}


def test_copies_stand_under_the_conditions_of_what_they_were_made_from(path: Path):
    past = pipeline.history(Store(path), "L")
    copy = continued(past, (6, 4))
    assert [s.cycle for s in copy.standings] == [*range(CYCLES), CYCLES, CYCLES + 1]
    assert [s.comparison for s in copy.standings[-2:]] == [past.standings[i].comparison for i in (6, 4)]
    trend, own = copy.trends["tail_recall", None], past.trends["tail_recall", None]
    assert [(v.cycle, v.value) for v in trend.values[-2:]] == [
        (8, own.values[6].value),
        (9, own.values[4].value),
    ]
    assert trend.baselines[-2:] == (own.baselines[6], own.baselines[4])
    assert judged(copy.until(CYCLES), []) == judged(past, [])


def test_only_the_result_is_stored(
    copy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("metrics.selftest.QUICK", {"strengths": (0.2,), "simulated": 2})
    before = dict(rows(copy))
    words = ["selftest", "--db", str(copy), "--lineage", "L", "--quick", "--cycles", "1", "--format", "json"]
    code = main(words)
    printed = json.loads(capsys.readouterr().out)
    after = dict(rows(copy))
    assert code == int(not printed["rings"])
    assert {name for name in before if before[name] != after[name]} == {"selftests", "meta"}
    kept = Store(copy).selftest("L")
    assert kept is not None
    assert (kept.current, kept.result) == (True, printed)
    Store(copy).add_rule("L", "threshold", SHORT)
    again = Store(copy).selftest("L")
    assert again is not None
    assert not again.current


def test_what_no_rule_looks_for_need_not_ring(copy: Path):
    """Length has no vote: shortening says why nothing comes, and the bell rings without it."""
    found = press(Store(copy), "L", cycles=2, strengths=(0.2,), simulated=2)
    quiet = {c["injection"] for c in found["injections"] if not c["fired"]}
    assert "shortening" in quiet
    assert [c["injection"] for c in found["unseen"]] == ["shortening"]
    assert {c["injection"] for c in found["silent"]} == quiet - {"shortening"}
    assert found["rings"] == (quiet == {"shortening"})
    assert "Shortening rings no bell. Length has no vote" in " ".join(bell.sentences(found))


def test_a_users_rule_is_pressed_too_and_can_make_the_bell_ring(copy: Path):
    store = Store(copy)
    store.add_rule("L", "threshold", SHORT)
    with pytest.raises(TailwatchError, match="Not every cycle of 'L' is measured yet"):
        press(store, "L")
    pipeline.refresh(store)
    found = press(store, "L", cycles=2, strengths=(0.6,), simulated=2)
    cell = next(c for c in found["injections"] if c["injection"] == "shortening")
    assert (cell["after"], cell["alert"]["metric"]) == (1, "length_p50")
    assert cell["alert"]["rule"].startswith("threshold:")


def test_a_bell_that_rings_anyway_is_given_no_credit(copy: Path):
    """A line that is crossed as soon as copies begin says nothing of what was planted in them."""
    store = Store(copy)
    # Four recorded cycles come after the baseline: the first further one is the fifth in a row.
    always = {"metric": "mean_score", "comparator": "above", "line": -1.0, "severity": "narrowing"}
    store.add_rule("L", "threshold", {**always, "for_cycles": 5})
    pipeline.refresh(store)
    found = press(store, "L", cycles=2, strengths=(0.05,), simulated=2)
    assert found["untouched"]["recorded"]["flagged"] == found["untouched"]["recorded"]["series"]
    cell = next(c for c in found["injections"] if c["injection"] == "copying")
    assert "mean_score" not in {a["metric"] for a in cell["alerts"]}


def test_copies_end_before_an_open_alert(tmp_path: Path):
    store = Store(tmp_path / "s.duckdb")
    pipeline.ingest(store, [outputs(10, narrow_from=7).drop(columns="output")])
    found = press(store, "L", cycles=2, strengths=(0.2,), simulated=2)
    assert found["last_cycle"] == 6
    assert found["sources"] == [4, 5, 6]
    # Without texts only a class can be lost, and that is seen.
    assert {c["injection"] for c in found["injections"]} == {"tail_loss"}
    assert {c["injection"] for c in found["impossible"]} == set(INJECTIONS.all()) - {"tail_loss"}
    assert found["rings"]


def test_what_cannot_be_copied_is_said_in_one_sentence(path: Path, tmp_path: Path):
    store, scores = Store(path), Store(tmp_path / "s.duckdb")
    pipeline.ingest(scores, [outputs(5, "scores")[["lineage", "cycle", "example_id", "score"]]])
    with pytest.raises(TailwatchError, match=r"'L' has no cycle after a baseline yet"):
        ground(pipeline.history(store, "L").until(4), store.verdicts("L")[:4])
    with pytest.raises(TailwatchError, match=r"No narrowing can be planted in 'scores'"):
        press(scores, "scores")
    with pytest.raises(TailwatchError, match=r"There is no lineage 'nobody'"):
        press(store, "nobody")
    for wrong in ({"cycles": 0}, {"cycles": 41}, {"seed": -1}):
        with pytest.raises(TailwatchError, match=r"A self-test goes on|A seed is"):
            press(store, "L", **wrong)


def said(*statuses: str, since: int | None = None) -> list[Verdict]:
    """Verdicts, those of a narrowing with what was found."""
    found = (("early_warning", Finding("narrowing", "tail_recall", None, since or 0, "")),)
    return [
        Verdict(c, s, "steady", since, None, "", found if s == "narrowing" else ())
        for c, s in enumerate(statuses)
    ]


def test_copies_are_made_from_what_was_healthy_in_the_last_segment():
    """Cycles 4 and 6 to 7: 5 was a watch, and of 8 to 10 an alert says that they were narrow already."""
    past = history({}, count=12)
    verdicts = said(*["learning"] * 5, "watch", *["healthy"] * 4, "narrowing", "narrowing", since=8)
    begin = ground(past, verdicts)
    assert (len(begin.past.standings), begin.baseline, begin.healthy) == (8, (0, 1, 2, 3), (4, 6, 7))
    assert (begin.sources, begin.later) == ((4, 6, 7), 4)
    # Once it is over the cycles after it count, those of the episode do not.
    over = said(*["learning"] * 5, "healthy", "narrowing", "narrowing", *["healthy"] * 4, since=6)
    assert ground(past, over).healthy == (4, 5, 8, 9, 10, 11)
    # A new baseline that does not stand yet is no ground; one that does is the only one.
    assert len(ground(split(past, 9), said(*["healthy"] * 9, *["learning"] * 3)).past.standings) == 9
    assert ground(split(past, 6), said(*["healthy"] * 6, *["learning"] * 6)).baseline == (6, 7, 8, 9)


def test_few_healthy_cycles_are_eked_out_by_the_baseline_and_drawn_evenly():
    begin = ground(history({}, count=6), said(*["learning"] * 6))
    assert begin.sources == (0, 1, 2, 3, 4, 5)
    drawn = begin.drawn(15, np.random.default_rng(0))
    assert sorted(np.bincount(drawn)) == [2, 2, 2, 3, 3, 3]


def test_a_baseline_from_elsewhere_is_no_cycle_to_copy():
    """A control lineage's cycles stand in under numbers below 0."""
    past = history({}, count=8)
    away = tuple(replace(s, baseline=(-9, -8, -7, -6)) for s in past.standings)
    begin = ground(replace(past, standings=away), said(*["healthy"] * 8))
    assert (begin.baseline, begin.sources) == ((), tuple(range(8)))
    with pytest.raises(TailwatchError, match=r"No cycle of 'planted' can be copied"):
        ground(replace(past, standings=away), said(*["healthy"] * 7, "narrowing", since=0))


@pytest.mark.parametrize("silent", [(), ({"label": "Copying", "strength": 0.4},)])
def test_the_table_and_its_sentences_are_printed(
    path: Path,
    pressed: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    silent: tuple[Any, ...],
):
    result = {**pressed, "rings": not silent, "silent": silent}
    monkeypatch.setattr("metrics.selftest.press", lambda *_, **__: result)
    monkeypatch.setattr(Store, "save_selftest", lambda *_: None)
    assert main(["selftest", "--db", str(path), "--lineage", "L"]) == len(silent)
    out = capsys.readouterr().out
    row = next(line for line in out.splitlines() if "Tail loss" in line)
    assert "20 %" in row
    assert row.split()[-1] == "steady"
    assert "of 4 simulated copies" in out
    assert "95 % interval" in out
    assert re.search(r"swing further than real retrains: .* \d\.\d to \d\.\d % are flagged", out)
    said = "does not ring for copying in 40 % of the outputs." if silent else "rings for every narrowing"
    assert said in out.splitlines()[-1]
