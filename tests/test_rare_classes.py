"""Classes of few prompts: measured, named and rung for, but not for what chance does to so few."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metrics import pipeline, runs
from metrics.core import METRICS, RULES, Finding, History
from metrics.measuring import measure_one
from metrics.noise import RUNS
from metrics.store import Store, Verdict
from sample_data import __file__ as samples
from tests import planted
from tests.planted import Key

WHOLE: list[Key] = [*((m.name, None) for m in planted.voters()), ("mean_score", None)]
CYCLES, ONSET = 12, 7
COLUMNS = ["lineage", "cycle", "example_id", "label", "prediction", "score"]


@cache
def healthy() -> pd.DataFrame:
    """A line of models really retrained on human texts: 800 prompts, 49 classes of 8 to 52."""
    rows = pd.read_parquet(Path(samples).parent / "healthy.parquet", columns=COLUMNS)
    return rows[rows["cycle"] < CYCLES]


def told(folder: Path, *gone: str) -> list[Verdict]:
    """The verdicts where these classes are never named again from the onset on."""
    rows = healthy().copy()
    lost = rows["label"].isin(gone) & (rows["cycle"] >= ONSET)
    rows.loc[lost, "prediction"] = "libs"
    store = Store(folder / "s.duckdb")
    pipeline.ingest(store, [rows])
    return store.verdicts(str(rows["lineage"].iloc[0]))


def alone(verdicts: list[Verdict]) -> dict[str | None, list[tuple[int, Finding]]]:
    """What is found of classes on their own, with its cycles."""
    found: dict[str | None, list[tuple[int, Finding]]] = {}
    for verdict in verdicts:
        for rule, finding in verdict.findings:
            if rule == "part_loss" and finding.metric == "class_recall":
                found.setdefault(finding.slice, []).append((verdict.cycle, finding))
    return found


# Of 11 prompts nine in ten were right, of 13 one in two: the one rings in its second cycle, the other later.
@pytest.mark.parametrize(("name", "prompts", "delay"), [("gnu-r", 11, 1), ("php", 13, 4)])
def test_a_rare_class_that_is_gone_rings_alone(tmp_path: Path, name: str, prompts: int, delay: int):
    verdicts = told(tmp_path, name)
    found = alone(verdicts)
    assert list(found) == [f"class:{name}"]
    cycle, finding = found[f"class:{name}"][0]
    assert finding.severity == "narrowing"
    assert ONSET < cycle <= ONSET + delay
    assert ONSET <= finding.since < cycle
    assert finding.message.startswith(f"Recall of '{name}' 0.")
    assert f" to 0.00 ({prompts} outputs), " in finding.message
    assert f" times its normal movement, since cycle {finding.since}. Mean score is " in finding.message
    assert verdicts[-1].status == "narrowing"


def test_nothing_of_the_kind_is_said_of_the_same_lineage_untouched(tmp_path: Path):
    verdicts = told(tmp_path)
    assert alone(verdicts) == {}
    assert {v.status for v in verdicts[5:]} == {"healthy"}


def test_rare_classes_that_go_together_are_named_in_the_alarm_of_the_whole(tmp_path: Path):
    gone = ["hamradio", "php", "mail", "lisp", "kde", "httpd", "tex", "misc"]
    last = told(tmp_path, *gone)[-1]
    assert last.status in ("narrowing", "collapse")
    named = last.message.split("Going: ")[1].split("; ")
    classes = [said.split("'")[1] for said in named if said.startswith("recall of")]
    assert len(classes) == 3
    assert set(classes) <= set(gone)


def test_a_class_is_measured_from_two_prompts_on():
    """Two prompts in two groups have a value, with an interval that says how little it is; one has none."""
    labels = ["a"] * 30 + ["b"] * 2 + ["c"]
    sample = planted.demo_sample(label=labels, prediction=labels)
    found = {v.slice: v for v in measure_one(METRICS.get("class_recall"), sample, 0, None, 0)}
    few, one = found["class:b"], found["class:c"]
    assert (few.status, few.value, few.n) == ("ok", 1.0, 2)
    assert few.low is not None
    assert few.low < 0.05
    assert (one.status, one.value, one.note) == ("too_few", None, "1 output; 2 are needed.")


def history(seed: int, fall: float, **facts: float) -> History:
    """Thirty classes, of which one falls at a cycle by so many of its movements."""
    moves = dict.fromkeys(WHOLE, [0.0] * 20)
    moves |= {("class_recall", f"class:{i:02}"): [0.0] * 20 for i in range(30)}
    moves["class_recall", "class:07"] = [0.0] * 9 + [fall] * 11
    return planted.of(moves, seed=seed, **facts)


def rings(past: History) -> bool:
    return any(j.findings for j in RULES.get("part_loss").evaluate(past, {}))


@pytest.mark.parametrize(("noise", "fewer"), [(0.0, False), (0.03, True)])
def test_where_retrains_are_unsteady_the_line_is_drawn_for_less(
    monkeypatch: pytest.MonkeyPatch, noise: float, fewer: bool
):
    """Falls near the line: in a steady lineage as many ring as without that, in an unsteady one fewer."""
    pasts = [history(seed, 3.0, noise=noise) for seed in range(12)]
    ringing = sum(map(rings, pasts))
    monkeypatch.setattr(runs, "rarer", lambda share: np.ones((len(RUNS), len(share))))
    before = sum(map(rings, pasts))
    assert ringing < before if fewer else ringing == before
