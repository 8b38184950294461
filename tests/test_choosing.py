"""What a person may choose where alerts stand, and where other lineages are judged by this one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from metrics import pipeline
from metrics.choosing import silenced
from metrics.cli import main
from metrics.core import TailwatchError
from metrics.store import Store
from tests.test_baselines import falling


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """L and M narrow from cycle 7 on; a healthy control; M is judged by that."""
    store = Store(tmp_path_factory.mktemp("chosen") / "s.duckdb")
    pipeline.ingest(store, [falling(), falling(lineage="M"), falling(onset=12, lineage="control")])
    pipeline.choose_baseline(store, "M", like="control")
    return store.path


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Store:
    return Store(shutil.copy(made, tmp_path / "s.duckdb"))


def refused(store: Store, lineage: str = "L", **choice: Any) -> str:
    with pytest.raises(TailwatchError) as error:
        pipeline.choose_baseline(store, lineage, **choice)
    return str(error.value)


def test_the_worst_alert_that_stands_is_named_and_how_many_more_there_are(store: Store):
    """Three lines of a user that every cycle crosses: raised at the fourth, fifth and sixth after 3."""
    line = {"metric": "mean_score", "statistic": "value", "comparator": "above", "line": -9.0}
    for severity, cycles in (("watch", 4), ("collapse", 5), ("watch", 6)):
        store.add_rule("control", "threshold", {**line, "severity": severity, "for_cycles": cycles})
    said = refused(store, "control", cycles=[8, 9, 10, 11])
    assert store.alerts("control")["severity"].tolist() == ["watch", "collapse", "watch"]
    assert said.startswith("An alert stands: collapse since cycle 4, and 2 more.")


@pytest.mark.parametrize("note", ["\u200b\u2060", "\u202e", "\x07\x1b", "\u3164 \u2800", "\u00ad\ufe0f"])
def test_a_note_that_nobody_can_see_says_nothing(store: Store, note: str):
    assert "say why with --note" in refused(store, cycles=[8, 9, 10, 11], note=note)
    pipeline.choose_baseline(store, "L", cycles=[8, 9, 10, 11], note=f"{note}意")


def test_who_is_a_control_keeps_a_baseline_of_its_own(store: Store):
    said = "'control' is the control of M. A control has cycles of its own as its baseline."
    assert refused(store, "control", like="L") == refused(store, "control", reference=True) == said
    pipeline.choose_baseline(store, "control", first=5)
    pipeline.choose_baseline(store, "M", first=4)
    pipeline.choose_baseline(store, "control", like="L")


def test_what_others_are_judged_by_is_not_deleted(store: Store, capsys: pytest.CaptureFixture[str]):
    words = ("cycles", "--db", str(store.path), "--lineage", "control", "--delete")
    assert main([*words, "2"]) == 2
    assert "Cycle 2 is part of the baseline by which M is judged. Choose another" in capsys.readouterr().err
    assert len(store.cycles("control")) == 12
    assert main([*words, "11"]) == 0
    pipeline.choose_baseline(store, "M", first=4)
    assert main([*words, "2"]) == 0


def test_what_an_alert_stands_by_is_not_deleted(store: Store, capsys: pytest.CaptureFixture[str]):
    """Else later cycles would become what is normal without anybody's word, and the alert would be gone."""
    alerts = store.alerts("L")
    words = ("--db", str(store.path), "--lineage", "L")
    assert main(["cycles", *words, "--delete", "2"]) == 2
    said = "Cycle 2 is part of a baseline of 'L', and an alert stands: "
    assert said in capsys.readouterr().err
    pd.testing.assert_frame_equal(store.alerts("L"), alerts)
    assert main(["baseline", *words, "--cycles", "8-11", "--note", "wanted so"]) == 0
    assert main(["cycles", *words, "--delete", "2"]) == 0
    assert store.baseline_history("L")["note"].tolist() == ["wanted so"]


def test_a_baseline_that_is_not_whole_says_so(store: Store, capsys: pytest.CaptureFixture[str]):
    """Of M too, whose control it is: a baseline that every further cycle moves is none."""
    assert main(["baseline", "--db", str(store.path), "--lineage", "control", "--first", "14"]) == 0
    said = "It has 12 of these 14 so far; until all are there, nothing is judged."
    assert said in capsys.readouterr().err
    found = pipeline.check(store, "M")
    assert found["status"] == "learning"
    assert "the baseline of its control is not whole, 12 so far." in found["message"]


def test_what_is_no_alert_by_another_baseline_is_told():
    """Of three that stood one is found again, later, and one was accepted; what was over is not told."""
    columns = ["rule", "metric", "slice", "state", "message"]
    before = [
        ("early_warning", "distinct_1", None, "open", "found again"),
        ("part_loss", "class_recall", "class:a", "acknowledged", "gone"),
        ("part_loss", "class_recall", "class:b", "open", "accepted"),
        ("part_loss", "class_recall", "class:c", "resolved", "was over"),
    ]
    after = [
        # Led by another metric now: the whole still narrows.
        ("early_warning", "dispersion", None, "open", "later"),
        ("part_loss", "class_recall", "class:b", "accepted", "accepted"),
    ]
    tables = [pd.DataFrame(rows, columns=columns) for rows in (before, after)]
    assert silenced(*tables) == ["gone"]
    assert silenced(tables[0], pd.DataFrame(columns=columns)) == ["found again", "gone", "accepted"]


def test_first_cycles_in_which_an_alert_began_take_a_note(store: Store):
    """L narrows from 7 on. As many first cycles as before it freeze nothing that was lost."""
    pipeline.choose_baseline(store, "L", first=6)
    since = int(store.alerts("L")["since_cycle"].iloc[0])
    said = refused(store, "L", first=since + 1)
    assert said.startswith("An alert stands: ")
    assert f"since cycle {since}" in said
    assert "what was lost until then is accepted as normal" in said
    pipeline.choose_baseline(store, "L", first=since + 1, note="a new product line")
    history = store.baseline_history("L")
    assert history["note"].iloc[0] == "a new product line"
    assert {s.cycle for s in store.standings("L") if since in s.baseline} >= {since}


def test_who_is_judged_by_a_control_is_told_of_its_new_baseline(
    store: Store, capsys: pytest.CaptureFixture[str]
):
    assert main(["baseline", "--db", str(store.path), "--lineage", "control", "--first", "5"]) == 0
    assert "Judged again by it too: M." in capsys.readouterr().err
