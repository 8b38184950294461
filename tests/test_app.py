"""Every page of the app, without a browser: what is on it, and what it does to the store."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboard
import metrics
from dashboard.parts import hints, status
from dashboard.parts.leading import seen
from dashboard.parts.mapping import ABSENT, guessed
from metrics import demo, foresight, lead_time, pipeline, seeing, trials
from metrics.foresight import LED, Held
from metrics.foretelling import BEGINS
from metrics.lead_time import Fact
from metrics.seeing import Shift
from metrics.store import Store

APP = Path(str(dashboard.__file__)).with_name("app.py")
PAGES = ("overview", "trends", "alerts", "upload", "method")
HOSTILE = "<img src=http://example.org/x> ![y](http://example.org/y) :red[z]"


def outputs(lineage: str, cycles: int, narrow_from: int = 99, n: int = 260) -> pd.DataFrame:
    """Eval outputs of 20 classes; from a cycle on, the rare ones are answered with the common ones."""
    parts = []
    for cycle in range(cycles):
        draw = np.random.default_rng(cycle)
        label = np.arange(n) % 20
        wrong = draw.random(n) < (0.95 if cycle >= narrow_from else 0.1)
        prediction = np.where(wrong & (label > 9), label % 3, label)
        words = draw.integers(0, 4 if cycle >= narrow_from else 400, (n, 6))
        text = [" ".join(f"w{w}" for w in row) for row in words]
        parts.append(
            pd.DataFrame(
                {
                    "lineage": lineage,
                    "cycle": cycle,
                    "example_id": [f"e{i}" for i in range(n)],
                    "output": text,
                    "label": [f"c{x}" for x in label],
                    "prediction": [f"c{x}" for x in prediction],
                    "score": draw.random(n),
                    "slice.kind": np.where(label > 9, "rare", "common"),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a lineage that narrows and one, of a hostile name, that is still learning."""
    path = tmp_path_factory.mktemp("app") / "two.duckdb"
    pipeline.ingest(Store(path), [outputs("falls", 8, narrow_from=6), outputs(HOSTILE, 2)])
    return path


@pytest.fixture
def at(two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that store, which the app reads."""
    path = tmp_path / "store.duckdb"
    path.write_bytes(two.read_bytes())
    monkeypatch.setenv("TAILWATCH_DB", str(path))
    return path


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store that is not there yet."""
    path = tmp_path / "empty.duckdb"
    monkeypatch.setenv("TAILWATCH_DB", str(path))
    return path


def run(page: str = "overview", **query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if page != "overview":
        app.switch_page(f"views/{page}.py").run()
    return calm(app)


def calm(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def html(app: AppTest) -> str:
    return "\n".join(str(block.proto.body) for block in app.get("html"))


def captions(app: AppTest) -> list[str]:
    """As they are read, without what keeps Markdown from seeing marks."""
    return [str(c.value).replace("\\", "") for c in app.caption]


def wrong(app: AppTest) -> str:
    return "\n".join(part for part in html(app).split("<div") if 'data-testid="wrong"' in part)


def button(app: AppTest, label: str) -> st.testing.v1.element_tree.Button:
    return next(b for b in app.button if b.label == label)


@pytest.mark.parametrize("page", PAGES)
def test_page_runs(at: Path, page: str):
    assert not wrong(run(page))


@pytest.mark.parametrize("page", PAGES)
def test_page_runs_on_an_empty_store(empty: Path, page: str):
    assert not wrong(run(page))


def test_empty_overview_has_two_doors(empty: Path):
    assert [b.label for b in run().button] == ["Load the sample data", "Upload a cycle"]


def test_sample_data_door_loads(empty: Path):
    def load(store: Store, progress: pipeline.Progress) -> None:
        progress(0.5, "creep: measuring")
        pipeline.ingest(store, [outputs("creep", 1)])

    app = run()
    with patch.object(demo, "load", load):
        button(app, "Load the sample data").click().run()
    calm(app)
    assert Store(empty).lineages()["lineage"].tolist() == ["creep"]


def test_overview_puts_the_urgent_first(at: Path):
    shown = html(run())
    assert shown.index("falls") < shown.index("&lt;img")
    assert 'data-status="narrowing"' in shown
    assert "Learning" in shown
    assert "Last healthy: <b>cycle 5</b>" in shown


def test_where_it_narrows_from_the_first_verdict_on_one_goes_back_to_the_baseline(empty: Path):
    pipeline.ingest(Store(empty), [outputs("falls", 7, narrow_from=4)])
    assert "Last healthy: its baseline, <b>the first four cycles</b>" in html(run())


def test_overview_says_what_the_store_says(at: Path):
    said = Store(at).verdicts("falls")[-1].message.split(";")[0].split(" is ")[1]
    assert said in html(run())


@pytest.mark.parametrize("page", PAGES)
def test_hostile_names_stay_text(at: Path, page: str):
    """Nowhere as HTML, and in no label that is read as Markdown."""
    app = run(page, lineage=HOSTILE) if page == "overview" else run(page)
    assert "<img src=http" not in html(app)
    texts = [e.value for kind in ("markdown", "caption", "title", "subheader") for e in app.get(kind)]
    texts += [e.label for kind in ("button", "expander") for e in app.get(kind)]
    assert not [t for t in texts if "![y](" in str(t) or "<img" in str(t)]


def test_trends_opens_on_the_most_urgent_and_takes_another(at: Path):
    app = run("trends")
    assert app.selectbox(key="lineage").value == "falls"
    app.selectbox(key="lineage").select(HOSTILE).run()
    assert calm(app).title[0].value.startswith(r"\<img src\=http\:")
    assert app.query_params["lineage"] in (HOSTILE, [HOSTILE])


def test_trends_has_every_metric_and_slice(at: Path):
    app = run("trends")
    known = set(Store(at).values("falls")["metric"])
    assert len(app.selectbox(key="metric").options) == len(known)
    app.selectbox(key="part").select("kind").run()
    assert {"rare", "common"} <= {t.value for t in calm(app).text}
    assert sum("95 % interval" in c for c in captions(app)) == 2
    assert app.query_params["slice"] == ["kind=rare", "kind=common"]


def test_a_link_leads_to_the_parts_it_names(at: Path):
    app = run("trends", lineage="falls", metric="distinct_2", slice="kind=common")
    assert app.selectbox(key="part").value == "kind"
    assert app.multiselect(key="picked").value == ["kind=common"]
    app.selectbox(key="part").select("Whole").run()
    assert calm(app).query_params["slice"] == "Whole"


def test_a_class_of_few_prompts_is_shown_with_its_interval(at: Path):
    app = run("trends", lineage="falls", metric="class_recall", slice="class:c3")
    assert app.selectbox(key="part").value == "class:"
    assert any("95 % interval" in c and "n 13" in c for c in captions(app))


def test_classes_that_do_not_fit_the_picture_are_counted(at: Path, monkeypatch: pytest.MonkeyPatch):
    """Twenty classes and the whole, of which fifteen fit; where all do, nothing is said."""
    assert not any(
        "more, which" in c for c in captions(run("trends", lineage="falls", metric="class_recall"))
    )
    monkeypatch.setattr("dashboard.charts.slices.MOST", 15)
    shown = captions(run("trends", lineage="falls", metric="class_recall"))
    assert "6 more, which surely lost no more than these, are under 'Parts'." in shown


def test_slices_that_are_too_small_say_so(empty: Path):
    rows = outputs("few", 5)
    rows["slice.kind"] = np.where(rows["example_id"].str.len() < 3, "tiny", "other")
    pipeline.ingest(Store(empty), [rows, outputs("other", 2)])
    app = run("trends", lineage="few", metric="distinct_2", slice="kind=tiny")
    assert app.selectbox(key="part").value == "kind"
    assert any("10 outputs; 20 are needed" in c for c in captions(app))


def test_metrics_stand_by_family_and_the_voters_first(at: Path):
    shown = html(run("trends", lineage="falls"))
    assert shown.index("Voters") < shown.index("Distinct-2</a>") < shown.index('"family-diversity"')
    assert "beyond their normal range: <b>" in shown
    missing = shown[shown.index('"absent"') :]
    assert "No log-probabilities (column logprob): Surprising outputs." in missing
    assert "Tail recall<" not in missing


def test_a_column_that_is_there_is_not_asked_for(empty: Path):
    """Two classes, half and half: there are labels, and no rare class."""
    rows = outputs("even", 5)
    rows["label"] = rows["prediction"] = np.where(np.arange(len(rows)) % 2, "a", "b")
    pipeline.ingest(Store(empty), [rows])
    shown = html(run("trends", lineage="even"))
    missing = shown[shown.index('"absent"') :]
    assert "No tail classes: " in missing
    assert "These columns would bring some: logprob, sample, finish_reason." in missing


def test_what_the_eval_set_could_see_is_said(at: Path):
    """On the card at a glance, on the lineage's page voter by voter once somebody opens it."""
    assert re.search(r"Smallest loss it could see: <b>\d+%</b> of class coverage", html(run()))
    app = run("trends", lineage="falls")
    assert "visible-distinct_1" not in html(app)
    app.session_state["visible"] = True
    shown = html(calm(app.run()))
    assert "visible-distinct_1" in shown
    assert re.search(r"260 outputs: from 0\.\d+ to 0\.\d+", shown)


def test_what_was_thinned_is_said(at: Path):
    app = run("trends", lineage="falls", metric="distinct_2")
    assert any(re.search(r"At 2\d\d of 260 outputs\.", t.value) for t in app.text)


def test_kinds_of_output_show_their_texts_as_text(empty: Path):
    frame = outputs("L", 2).drop(columns=["label", "prediction"])
    store = Store(empty)
    pipeline.ingest(store, [frame.assign(output=HOSTILE + " " + frame["output"])])
    pipeline.ingest(
        store, [stated(1, "another")]
    )  # where there is one alone, its page opens without the rest
    found = [s for _, s in pipeline.history(store, "L", metric="tail_coverage").trends if s]
    mode = next(s for s in found if s.startswith("mode:"))
    app = run("trends", lineage="L", metric="tail_coverage", slice=mode)
    assert app.multiselect(key="picked").value == [mode]
    assert HOSTILE in app.code[0].value
    assert "<img src=http" not in html(app)
    texts = [e.value for e in (*app.caption, *app.subheader, *app.markdown)]
    assert not [t for t in texts if "![y](" in t or "<img" in t]


def test_acknowledging_persists_through_a_refresh(at: Path):
    app = run("alerts")
    app.text_input[0].input("seen").run()
    button(app, "Acknowledge").click().run()
    calm(app)
    store = Store(at)
    pipeline.ingest(store, [outputs("falls", 9, narrow_from=6).query("cycle == 8")])
    rows = store.alerts("falls")
    assert (rows["state"] == "acknowledged").sum() == 1
    assert rows.loc[rows["state"] == "acknowledged", "note"].item() == "seen"
    again = run("alerts")
    again.segmented_control(key="state").set_value("acknowledged").run()
    assert any("seen" in t.value for t in calm(again).text)


def test_what_is_not_measured_yet_is_said_and_can_be_measured(empty: Path):
    with patch.object(pipeline, "refresh"):
        pipeline.ingest(Store(empty), [outputs("waits", 2), outputs("too", 1)])
    app = run()
    assert "has not been measured yet" in html(app)
    assert "has not been measured" in wrong(run("trends"))
    button(app, "Measure what is missing").click().run()
    assert 'data-status="learning"' in html(calm(app))


def csv(frame: pd.DataFrame, name: str = "outputs.csv") -> tuple[str, bytes, str]:
    held = io.StringIO()
    frame.to_csv(held, index=False)
    return name, held.getvalue().encode(), "text/csv"


def test_upload_maps_names_and_stores(at: Path):
    frame = outputs("", 1).drop(columns=["lineage", "cycle"])
    frame = frame.rename(columns={"output": "said", "label": "class"})
    app = run("upload")
    app.file_uploader(key="files").set_value([csv(frame)]).run()
    assert app.selectbox(key="map_label").value == "class"
    app.selectbox(key="map_output").select("said").run()
    app.selectbox(key="to_lineage").select("falls").run()
    assert app.number_input(key="to_cycle_8").value == 8
    button(app, "Store and measure").click().run()
    calm(app)
    assert Store(at).lineages().set_index("lineage").loc["falls", "last_cycle"] == 8


def test_upload_says_what_was_rejected_and_why(empty: Path):
    frame = outputs("new", 1)
    frame.loc[3, "example_id"] = None
    app = run("upload")
    app.file_uploader(key="files").set_value([csv(frame)]).run()
    button(app, "Store and measure").click().run()
    calm(app)
    assert any("1 row was rejected" in t.value for t in app.text)
    assert "it has no example_id" in app.dataframe[0].value["reason"].tolist()
    # And later, when the result is closed.
    assert "Rejected rows: 1" in [e.label for e in run("trends").get("expander")]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("broken.parquet", b"not parquet", "cannot be read"),
        ("empty.csv", b"", "is empty"),
        ("other.csv", b"a,b\n1,2\n", "has no column"),
        (f"{HOSTILE}.jsonl".replace("/", ""), b"\xff\xfe{", ""),
    ],
)
def test_bad_upload_is_told_in_one_sentence(empty: Path, name: str, content: bytes, words: str):
    app = run("upload")
    app.file_uploader(key="files").set_value([(name, content, "text/plain")]).run()
    found = [b for b in app.button if b.label == "Store and measure"]
    if found:
        app.text_input(key="to_name").input("new").run()
        button(app, "Store and measure").click().run()
    calm(app)
    assert words in wrong(app)
    assert wrong(app)
    assert Store(empty).lineages().empty


def test_a_store_that_cannot_be_opened_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TAILWATCH_DB", str(tmp_path))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert "is a folder" in wrong(calm(app))


def test_a_fault_of_ours_is_one_calm_sentence(at: Path):
    with patch.object(Store, "alerts", side_effect=RuntimeError("secret detail")):
        app = run("alerts")
    assert "Something went wrong" in wrong(app)
    assert "secret detail" not in html(app)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules are tried on few simulated series."""
    monkeypatch.setattr(trials, "SERIES", 10)


def test_a_rule_of_ones_own_is_tried_kept_changed_and_deleted(at: Path, few: None):
    app = run("trends", lineage="falls")
    app.session_state["rules"] = True
    app.selectbox(key="metric").select("distinct_2").run()
    assert not any(b.label == "Keep this rule" for b in app.button)
    app.number_input(key="rule-line").set_value(0.99).run()
    assert "Watch when Distinct-2 is below 0.99." in html(app)
    assert "0 % (0 to 28 %) of healthy 20-cycle series; on the 8 cycles so far" in html(app)
    assert "would have fired at 6, 7." in html(app)
    button(calm(app), "Keep this rule").click().run()
    (rule,) = Store(at).rules("falls")
    assert Store(at).alerts("falls")["rule"].str.startswith("threshold").any()
    app.session_state["rules"] = True
    app.run()
    button(app, "Change").click().run()
    app.number_input(key=f"rule-{rule.id}-line").set_value(0.01).run()
    assert "would have stayed silent" in html(app)
    button(calm(app), "Keep the change").click().run()
    assert [(r.id, r.options["line"]) for r in Store(at).rules("falls")] == [(rule.id, 0.01)]
    assert not Store(at).alerts("falls")["rule"].str.startswith("threshold").any()
    assert "before: Watch when Distinct-2 is below 0.99." in html(app)
    button(app, "Delete").click().run()
    assert len(Store(at).rules("falls")) == 1
    button(app, "Delete it").click().run()
    assert Store(calm(app) and at).rules("falls") == []


def test_how_it_is_measured_finds_every_metric_and_rule(at: Path):
    from metrics.core import METRICS, RULES

    shown = html(run("method"))
    for thing in (*METRICS.all().values(), *RULES.all().values()):
        assert thing.label.replace("%", "") in shown.replace("%", "")


STUDY = [
    Shift("tail_recall", kind, share, shift, 20, 3000)
    for kind, shift in (("tail loss", -7.5), ("copying", 0.3))
    for share in (0.05, 0.1)
]


def test_every_metric_is_one_line_of_the_index(empty: Path):
    from metrics.core import METRICS

    shown = html(run("method"))
    lines = re.findall(r'data-testid="metric-(\w+)"', shown)
    assert sorted(lines) == sorted(METRICS.all())
    assert lines.index("tail_recall") < lines.index("class_recall")


def standing(contender: str, regime: str = "healthy", **told: Any) -> lead_time.Row:
    plain = dict.fromkeys(lead_time.Row.__dataclass_fields__) | {"world": "synopses", "setting": "standard"}
    return lead_time.Row(**(plain | {"contender": contender, "regime": regime, "series": 400} | told))


CALM = {"false_share": 0.01, "false_low": 0.0027, "false_high": 0.0254}
SOME = {"detected": 40, "detected_share": 0.8, "detected_low": 0.7, "detected_high": 0.9, "median_delay": 9.0}
LEADS = lead_time.Study(
    (
        standing("ours", **CALM, unjudged=0.25),
        standing("starting_rule", false_share=0.1, false_low=0.07, false_high=0.14),
        standing("cusum", false_share=0.5, false_low=0.45, false_high=0.55),
        standing(
            "ours",
            "slow",
            **CALM,
            **SOME,
            unjudged=0.3,
            lead=0.4,
            lead_low=-0.2,
            lead_high=1.0,
            lead_series=40,
        ),
    ),
    facts=(
        *(Fact("contender", "ours", "Tailwatch"), Fact("contender", "starting_rule", "The starting rule")),
        *(Fact("contender", "cusum", "CUSUM"), Fact("rule", "synopses", "1a2b3c")),
        *(Fact("seeds", "tuning", "0:30000"), Fact("seeds", "reporting", "30000:31000")),
    ),
)


def test_method_says_which_metric_sees_what(empty: Path):
    with patch.object(seeing, "study", lambda: (STUDY, {"refusal_rate": "Nothing is planted in it."})):
        shown = html(run("method"))
    assert "Sees tail loss from 5%. Blind to copying." in shown
    assert "Which narrowing it sees: not measured yet." in shown
    assert "Tail loss: Tail recall sees it best (-7.5); 0 of 1 voters are blind to it." in shown
    assert "Not in the table: Refusals. Nothing is planted in it." in shown


def test_a_study_that_is_not_there_is_said(empty: Path):
    with patch.object(seeing, "study", lambda: ([], {})):
        app = run("method")
    assert "Not measured yet." in [t.value for t in app.text]


def test_method_says_how_early_and_how_often_in_vain(empty: Path):
    """Ours beside the starting rule, regime by regime; what fails is in bold, and no other rule is shown."""
    with patch.object(lead_time, "study", lambda: LEADS):
        shown = html(run("method"))
    lines = re.findall(r'<div class="tw-scores"><span>(.*?)</span>', shown)
    assert lines == ["Tailwatch", "The starting rule", "Tailwatch"]
    assert "1% (0.3 to 2.5)" in shown
    assert "25% of the cycles" in shown
    assert " series, 30% of their cycles not judged</span>" in shown
    assert '<span class="tw-told">5% or less are flagged.</span>' in shown
    assert "<b>Cries wolf: more than 5% are flagged.</b>" in shown
    assert "<b>No lead is shown.</b>" in shown
    assert "+0.4 (-0.2 to +1.0) in 40" in shown
    assert "Human share falls by 6 points a cycle" in shown
    assert "seeds 0:30000, those of two earlier reports among them" in shown
    assert "these series are of the seeds 30000:31000" in shown


def test_method_says_the_whole_of_where_its_tables_come_from(empty: Path):
    """Of the tables that ship: by the rule as it is, to the last word; each earlier opening has its own."""
    shown = html(run("method"))
    (rule,) = re.findall(r"Tailwatch's rule has the digest (\w+)\. Thresholds", shown.replace("&#x27;", "'"))
    assert rule == lead_time.study().told("rule")["sealed"]
    assert "in which both alarms came.</p>" in shown


def test_what_nobody_judges_is_said_whichever_rule_comes_first():
    """CUSUM has no statuses; where neither rule has any, the number of series stands alone."""
    silent, ours = standing("cusum", "slow", **CALM, **SOME), LEADS.rows[-1]
    for rows in ([silent, ours], [ours, silent]):
        assert seen(rows) == "400 series, 30% of their cycles not judged"
    assert seen([silent]) == "400 series"


def test_another_rule_can_be_looked_at(empty: Path):
    with patch.object(lead_time, "study", lambda: LEADS):
        app = run("method")
        app.selectbox(key="lead-ours").set_value("cusum").run()
    assert re.findall(r'<div class="tw-scores"><span>(.*?)</span>', html(calm(app))) == [
        *("CUSUM", "The starting rule")
    ]


def test_a_benchmark_that_was_not_made_is_said(empty: Path):
    with patch.object(lead_time, "study", lambda: lead_time.Study()):
        app = run("method")
    assert "Not yet measured." in [t.value for t in app.text]


def uploaded(*files: tuple[str, bytes, str], **query: str) -> AppTest:
    app = run("upload", **query)
    app.file_uploader(key="files").set_value(list(files)).run()
    return calm(app)


def stored(app: AppTest) -> AppTest:
    button(app, "Store and measure").click().run()
    return calm(app)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('{"example_id": "a", "output": "b", "lineage": "q", "cycle": 1e999}', "its cycle is not finite"),
        ('{"example_id": "a", "output": "b", "lineage": ["q"], "cycle": 0.5}', "not a whole number"),
        ('{"example_id": "a", "output": "b", "lineage": {"q": 1}, "cycle": [2]}', "not a number"),
        ('{"example_id": "a", "output": "b", "lineage": "q", "cycle": 1%s}' % ("0" * 400), "not finite"),
    ],
)
def test_odd_lineages_and_cycles_are_left_to_the_gate(empty: Path, row: str, words: str):
    app = uploaded(("odd.jsonl", row.encode(), "text/plain"))
    assert not wrong(app)
    assert words in wrong(stored(app))
    assert "FIELD=COLUMN" not in wrong(app)


def test_no_lineage_is_preset_unless_one_came_from_it(at: Path):
    frame = outputs("", 1).drop(columns=["lineage", "cycle"])
    app = uploaded(csv(frame, "c0.csv"))
    assert app.selectbox(key="to_lineage").options[0] == "A new lineage"
    assert "has no name" in wrong(stored(app))
    assert Store(at).lineages().set_index("lineage").loc["falls", "last_cycle"] == 7
    app = uploaded(csv(frame, "c0.csv"), lineage="falls")
    assert app.selectbox(key="to_lineage").value == "falls"
    assert app.number_input(key="to_cycle_8").value == 8


def test_columns_become_slices(empty: Path):
    frame = outputs("new", 1).rename(columns={"slice.kind": "kind"})
    app = uploaded(csv(frame))
    app.multiselect(key="slice_columns").select("kind").run()
    assert not wrong(stored(app))
    assert Store(empty).outputs("new", [0])["slice.kind"].value_counts().to_dict() == {
        "rare": 130,
        "common": 130,
    }


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["Ticket", "Response", "Input"],
         {"example_id": "Ticket", "output": "Response", "prompt": "Input"}),
        (["question_id", "question", "answer"],
         {"example_id": "question_id", "prompt": "question", "output": "answer"}),
        (["id", "example_id"], {"example_id": "example_id"}),
        (["key", "text", "gold", "guess", "judge"],
         {"example_id": "key", "output": "text", "label": "gold", "prediction": "guess", "score": "judge"}),
        (["ID", "Output", "output", "Class", "PRED", "Acc"],
         {"example_id": "ID", "output": "output", "label": "Class", "prediction": "PRED", "score": "Acc"}),
    ],
)  # fmt: skip
def test_columns_are_guessed_and_none_twice(columns: list[str], expected: dict[str, str]):
    found = guessed(columns)
    assert {k: v for k, v in found.items() if v} == expected
    assert len(set(found.values())) == len(found)


def test_a_field_that_is_not_in_the_file_is_not_taken_from_it(empty: Path):
    app = uploaded(csv(outputs("new", 1)))
    app.selectbox(key="map_label").select(ABSENT).run()
    assert not wrong(stored(app))
    rows = Store(empty).outputs("new", [0])
    assert rows["label"].isna().all()
    assert json.loads(rows["metadata"].iloc[0])["label (not used)"].startswith("c")


def test_names_in_select_boxes_have_no_direction_and_stay_apart(empty: Path):
    turned = "falls\u202e"
    pipeline.ingest(Store(empty), [outputs("falls", 1), outputs(turned, 1)])
    app = run("trends", lineage=turned)
    assert app.selectbox(key="lineage").options == ["falls", "falls (2)"]
    assert app.selectbox(key="lineage").value == turned
    app = uploaded(csv(outputs("", 1).drop(columns=["lineage", "cycle"])))
    assert app.selectbox(key="to_lineage").options == ["A new lineage", "falls", "falls (2)"]


def test_trends_is_headed_by_its_lineage(at: Path):
    assert [t.value for t in run("trends").title] == ["falls"]


def test_the_worst_alert_stands_first():
    """By severity, the whole before its parts, then the newest; the store gives them by their cycles."""
    told = [("watch", None, 9), ("narrowing", "a=b", 8), ("collapse", None, 5)]
    told += [("narrowing", None, 4), ("narrowing", "a=c", 9)]
    rows = pd.DataFrame(told, columns=["severity", "slice", "first_cycle"])
    assert status.worst_first(rows).index.tolist() == [2, 3, 4, 1, 0]


def test_alert_says_what_z_is(at: Path):
    found = re.search(
        r"([\d.]+) times its normal movement.*?z is that ([\d.]+), corrected", html(run("alerts")), re.S
    )
    assert found
    assert found[1] == found[2]


def test_what_is_foretold_stands_apart_in_the_alarms_message(at: Path):
    said = Store(at).verdicts("falls")[-1].message
    words = said[said.index(BEGINS) :]
    shown = re.sub(r"<span class=.tw-term[^>]*>(.*?)</span>", r"\1", html(run("alerts")))
    assert f'<span class="tw-ahead">{words}</span>' in shown


def test_method_says_how_forecasts_held(empty: Path):
    """What is promised and not kept is in bold; where nothing was asked there is no share."""
    good = Held("synopses", "slow", LED, 60, 90, 0.9, 0.8, 0.8, 80, 40, 0.95, 0.9, 1, 20, 0.6, 0.4, 0.8, 0.7)
    bad = replace(good, regime="late", five=0.5, bound_high=0.8, dates=0, came=None, came_high=None)
    with patch.object(foresight, "study", lambda: [good, bad]):
        shown = html(run("method"))
    assert "Human share falls by 6 points a cycle" in shown
    assert (
        '"not before: held">95% of 40</span><span class="tw-score" data-says="by: came true">60% of 20<'
        in shown
    )
    told = re.findall(r'tw-held.*?<span class="tw-told">(.*?)</span>', shown)
    assert told == ["", "<b>It came sooner than was said too often.</b> <b>The intervals are too narrow.</b>"]
    assert 'data-says="by: came true">-<' in shown


def test_hints_of_the_core_never_speak_of_the_command_line():
    """Every word with a dash before it that the core can advise, outside of the command line's own files."""
    core = Path(str(metrics.__file__)).parent
    own = {*(core / "commands").glob("*.py"), *(core / f"{n}.py" for n in ("cli", "asking", "printing"))}
    files = [p for p in core.rglob("*.py") if p not in own]
    texts = [t for p in files for t in re.findall(r'"([^"\n]*(?:--[a-z]|`tailwatch)[^"\n]*)"', p.read_text())]
    assert len(texts) > 8
    for text in [*texts, "Name it with --score NAME.", "Give --with L.", "Give it with --cycle N."]:
        assert "--" not in hints.what_to_do(text)
        assert "`tailwatch" not in hints.what_to_do(text)


# The alarm bell


def rung(**facts: object) -> dict[str, object]:
    """What pressing the bell came to: one kind seen at one strength, not at the other, one not possible."""
    alert = {
        "after": 2,
        "severity": "narrowing",
        "worst": "collapse",
        "rule": "early_warning",
        "slice": HOSTILE,
        "message": HOSTILE,
    }
    cell = {"injection": "copying", "label": "Copying", "outputs": 26, "quality": "steady", "statuses": []}
    fired = {**cell, "strength": 0.2, "fired": True, "after": 2, "alert": {**alert, "metric": "distinct_1"}}
    silent = {**cell, "strength": 0.4, "fired": False, "after": None, "alert": None, "alerts": []}
    other = {**silent, "injection": "tail_loss", "label": "Tail loss", "quality": "dropped"}
    series = {"series": 40, "cycles": 9, "flagged": 1, "share": 0.025, "low": 0.004, "high": 0.129}
    return {
        "lineage": "falls", "cycles": 6, "last_cycle": 5, "sources": [0, 1, 2, 3, 4], "rings": False,
        "unseen": [{"label": "Shortening", "why": "Length has no vote."}],
        "silent": [silent], "injections": [{**fired, "alerts": [fired["alert"]]}, silent, other],
        "impossible": [{"label": "Tail loss", "why": "No class is left."}],
        "untouched": {"simulated": series, "recorded": {**series, "flagged": 0}}, **facts,
    }  # fmt: skip


def test_the_alarm_bell_is_pressed_and_its_result_kept(at: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[object] = []

    def press(store: Store, lineage: str, *, progress: pipeline.Progress, **chosen: object) -> object:
        progress(0.5, "Copying in 20 % of the outputs")
        asked.append((lineage, sorted(chosen)))
        return rung()

    monkeypatch.setattr("metrics.selftest.press", press)
    app = run("alerts")
    assert 'data-testid="bell"' not in html(app)
    app.selectbox(key="bell_lineage").select("falls").run()
    button(app, "Press the alarm bell").click().run()
    assert not wrong(calm(app))
    app.checkbox(key="press_all").check().run()
    button(app, "Press the alarm bell").click().run()
    assert asked == [("falls", ["simulated", "strengths"]), ("falls", [])]
    page = html(run("alerts"))
    assert "The bell does not ring for copying in 40 % of the outputs." in page
    assert page.count("no alert</span>") == 2
    assert page.count("not possible</span>") == 1
    assert "Shortening rings no bell. Length has no vote." in page
    assert "narrowing after 2" in page
    assert "Distinct-1 of &lt;img" in page
    assert ", then collapse" in page
    assert 'title="Outputs become copies' in page
    assert "<img src=http" not in page


def test_a_result_of_what_was_before_says_so(at: Path):
    store = Store(at)
    store.save_selftest("falls", rung())
    assert "The lineage has changed since." not in html(run("alerts"))
    store.add_rule("falls", "threshold", {"metric": "mean_score", "comparator": "below", "line": -1.0})
    pipeline.refresh(store)
    assert "The lineage has changed since." in html(run("alerts"))


def test_a_bell_that_cannot_be_pressed_says_why(at: Path):
    app = run("alerts")
    app.selectbox(key="bell_lineage").select_index(0).run()
    button(app, "Press the alarm bell").click().run()
    assert "no cycle after a baseline yet" in wrong(calm(app))


# Metric values without outputs


def stated(cycles: int, lineage: str = "L") -> pd.DataFrame:
    """Values of a metric of the catalogue and of one with a hostile name, whose error is not known."""
    rows = [
        {"lineage": lineage, "cycle": c, "metric": m, "value": v + c / 100, "stderr": e, "n": 300}
        for c in range(cycles)
        for m, v, e in (("distinct_1", 0.3, 0.01), (HOSTILE, 7.0, None))
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("page", PAGES)
def test_metric_values_of_any_name_are_shown(empty: Path, page: str):
    store = Store(empty)
    pipeline.ingest(store, [stated(7)])
    store.add_rule("L", "threshold", {"metric": HOSTILE, "comparator": "above", "line": 1.0})
    pipeline.refresh(store)
    app = run(page)
    assert not wrong(app)
    assert "<img src=http" not in html(app)


def test_an_uploaded_metric_is_charted_and_takes_a_rule(empty: Path, few: None):
    pipeline.ingest(Store(empty), [stated(7)])
    app = run("trends", lineage="L")
    app.session_state["rules"] = app.session_state["wrote"] = app.session_state["numbers"] = True
    app.selectbox(key="metric").select(HOSTILE).run()
    assert not wrong(calm(app))
    assert any("at cycle 6: 7.06 (interval unknown, n 300)" in t.value for t in app.text)
    assert any("came as metric values alone" in c.value for c in app.caption)
    app.number_input(key="rule-line").set_value(8.0).run()
    button(app, "Keep this rule").click().run()
    assert not wrong(calm(app))
    assert Store(empty).alerts("L")["metric"].tolist() == [HOSTILE]


def test_metric_values_are_uploaded_by_the_app(empty: Path):
    frame = stated(3, "new").rename(columns={"metric": "metric_name", "stderr": "se"}).assign(score=1.0)
    app = uploaded(csv(frame.drop(columns="score").rename(columns={"metric_name": "metric"}), "v.csv"))
    assert app.radio(key="kind_values").value == "values"
    app = uploaded(csv(frame, "v.csv"))
    app.radio(key="kind_outputs").set_value("values").run()
    assert app.selectbox(key="map_metric").value == "metric_name"
    assert not wrong(stored(app))
    assert any("metric values, no outputs" in t.value for t in app.text)
    kept = Store(empty).aggregates("new")
    assert set(kept["metric"]) == {"distinct_1", HOSTILE}
    assert kept["stderr"].notna().sum() == 3
