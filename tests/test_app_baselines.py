"""The baseline in the app: accepted with a note, chosen, shown with its history."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from metrics import pipeline
from metrics.store import Store
from tests.test_app import HOSTILE, button, calm, run, wrong


@pytest.fixture
def fallen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Values of a lineage that narrows from cycle 7 on, and of a healthy one beside it."""
    rows = [
        {
            "lineage": name,
            "cycle": c,
            "metric": m,
            "value": 0.5 - 0.1 * (c >= 7 and name == "L") + c % 3 / 500,
        }
        for name in ("L", "control")
        for c in range(12)
        for m in ("distinct_1", "distinct_2")
        for fallen in (0.1 if c >= 7 and name == "L" else 0.0,)
    ]
    path = tmp_path / "s.duckdb"
    monkeypatch.setenv("TAILWATCH_DB", str(path))
    pipeline.ingest(Store(path), [pd.DataFrame(rows).assign(n=300, stderr=0.01)])
    return path


def opened(page: str, *folds: str, **query: str) -> AppTest:
    """A page with some of its folds open."""
    app = run(page, **query)
    for fold in folds:
        app.session_state[fold] = True
    return calm(app.run())


def test_a_baseline_is_accepted_with_a_note_only(fallen: Path):
    app = opened("alerts", "accept-0")
    button(app, "Accept").click().run()
    assert "An alert stands: " in wrong(app)
    assert "--note" not in wrong(app)
    app.text_input(key="accept-note-0").set_value(f"meant so {HOSTILE}")
    calm(button(app, "Accept").click().run())
    assert not wrong(app)
    rows = Store(fallen).alerts("L")
    assert set(rows["state"]) <= {"accepted", "resolved"}
    assert Store(fallen).choice("L").pinned == ((8, 9, 10, 11),)
    shown = run("alerts")
    shown.session_state["state"] = "accepted"
    calm(shown.run())
    assert any(f"meant so {HOSTILE}" in t.value for t in shown.text)


def test_too_few_cycles_cannot_be_accepted(fallen: Path):
    store = Store(fallen)
    for cycle in (9, 10, 11):
        store.delete_cycle("L", cycle)
    pipeline.refresh(store)
    app = opened("alerts", "accept-0")
    assert "Three cycles since cycle 7 are needed for it; so far there are 2." in [t.value for t in app.text]


def test_another_baseline_is_chosen_and_its_history_shown(fallen: Path):
    app = opened("trends", "baseline", lineage="L")
    assert "Compared with the first four cycles." in [t.value for t in app.text]
    app.radio(key="baseline_kind").set_value("A control lineage").run()
    app.text_input(key="baseline_note").set_value("trained in parallel")
    calm(button(app, "Take it as the baseline").click().run())
    assert Store(fallen).choice("L").like == "control"
    again = opened("trends", "baseline", lineage="L")
    assert "Compared with that of the lineage 'control'." in [t.value for t in again.text]
    table = next(d.value for d in again.dataframe if "before" in d.value)
    assert table[["before", "note"]].values.tolist() == [["the first four cycles", "trained in parallel"]]


def test_cycles_that_nobody_can_read_are_a_sentence(fallen: Path):
    app = opened("trends", "baseline", lineage="L")
    app.radio(key="baseline_kind").set_value("Chosen cycles").run()
    app.text_input(key="baseline_cycles").set_value("some")
    calm(button(app, "Take it as the baseline").click().run())
    assert "Cycles are given as 0-3 or 2,3,5; got &#x27;some&#x27;." in wrong(app)
    assert Store(fallen).baseline_history("L").empty


def test_a_lineage_beside_a_control_shows_its_own_cycles_only(fallen: Path):
    pipeline.choose_baseline(Store(fallen), "L", like="control")
    app = opened("trends", "numbers", lineage="L", metric="distinct_1")
    table = next(d.value for d in app.dataframe if "z" in d.value)
    assert table["cycle"].tolist() == list(range(12))
    assert table["z"].notna().all()
