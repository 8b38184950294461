"""Odd inputs through the real pipeline: each ends in values, statuses or one sentence, and in true ones."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metrics import comparison, modes, pipeline
from metrics.core import TailwatchError
from tests import planted
from tests.telling import CYCLES, N, Told, cells, cycling, rows, told_of


@pytest.fixture
def tell(tmp_path: Path) -> Callable[[pd.DataFrame], Told]:
    return lambda frame: told_of(frame, tmp_path)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What is said of the eval as it is, vectors and all."""
    return told_of(rows(vectors=True), tmp_path_factory.mktemp("usual"))


# Few and empty


@pytest.mark.parametrize("n", [1, 2])
def test_one_row_or_two(tell, n):
    """Too few to say anything of: nothing has a value, and the reason names the number."""
    told = tell(rows(n))
    assert {v["status"] for v in told.values} == {"too_few", "no_column"}
    assert told.verdict["status"] == "learning"


@pytest.mark.parametrize("text", ["", " \n\t ", "...!? -- ,"], ids=["empty", "spaces", "marks"])
def test_outputs_without_a_word(tell, text):
    told = tell(rows().assign(output=text))
    for name in ("distinct_1", "distinct_3", "ead", "hill_1", "missing_mass", "ngram_entropy"):
        assert told.value(name) == "undefined"
    assert told.value("length_p50") == 0.0
    assert told.value("empty_rate") == float(not text.strip())
    assert told.value("collision_rate") == (1.0 if text.strip() else "undefined")
    assert isinstance(told.value("tail_share"), float)


def test_a_model_that_falls_silent_is_said_to(tell):
    """Empty outputs have no diversity that could fall: what went missing must be said, not passed over."""
    frame = rows(220, 8)
    frame["output"] = frame["output"].where(frame["cycle"] < 4, "")
    told = tell(frame)
    assert "Not measurable any more: " in told.verdict["message"]
    assert "Distinct-1" in told.verdict["message"]
    told = pipeline.check(told.store, "L", 3)
    assert "any more" not in told["message"]


def test_one_text_repeated(tell):
    told = tell(rows().assign(output="the same five words again"))
    assert (told.value("collision_rate"), told.value("empty_rate")) == (1.0, 0.0)
    assert told.value("hill_1") == pytest.approx(4.0, rel=0.02)
    assert told.value("dispersion") == pytest.approx(0.0, abs=1e-6)
    assert told.value("rke") == pytest.approx(1.0, abs=1e-6)
    assert told.value("vendi") == pytest.approx(1.0)
    assert told.value("coverage") == "no_column"  # one point has no neighbours


# Long and strange texts


@pytest.mark.parametrize(
    "text",
    ["lorem ipsum, dolor sit amet. " * 36_000, "x" * 1_000_000, "e\u0301" * 400_000, "\u0301" * 400_000],
    ids=["1 MB", "1 MB in a word", "of combined letters", "of marks alone"],
)
def test_one_output_of_a_megabyte_decides_nothing(tell, usual, text):
    """All outputs but one are what they were: capped, it moves a metric little."""
    frame = rows()
    frame.loc[N * (CYCLES - 1), "output"] = text
    told = tell(frame)
    for name in ("distinct_1", "distinct_2", "length_p50"):
        assert told.value(name) == pytest.approx(usual.value(name), rel=0.1), name
    assert told.value("empty_rate") == 0.0


SCRIPTS = {
    "emoji": "🙂 👨‍👩‍👧 🇩🇪 ❤️ 🏽 ☂ 🙃",
    "right to left": "שלום עולם مرحبا بالعالم مَرحبا كيف \u202eحالك\u202c",
    "Chinese": "日 本 語 中 文 字 天 地 玄 黄 宇 宙。",
    "Thai": "สวัสดี ครับ ผม ชื่อ น้ำผึ้ง ที่ นี่",
    "Hindi": "हिन्दी भाषा में कुछ शब्द हैं",
    "bytes of nothing": "a\x00b c\x00 \x00d e",
    "half a character": "a\ud800b c \udfffd e",
    "odd breaks": "a\u2028b\u0085c\r\nd\x0be",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_any_script(tell, script):
    """Runs of seven words at changing places: as many words and pairs as there are, no more."""
    words = SCRIPTS[script].split(" ")
    frame = rows()
    frame["output"] = cells(frame, lambda i: " ".join(words[(i * j) % len(words)] for j in range(7)))
    told = tell(frame)
    assert told.value("empty_rate") == 0.0
    assert 0 < told.value("distinct_1") < told.value("distinct_2") < told.value("distinct_3") < 1
    assert isinstance(told.value("dispersion"), float)
    replaced = any(c in SCRIPTS[script] for c in "\x00\ud800\udfff")
    assert any("were replaced" in note for note in told.report.notes) == replaced


def test_half_characters_side_by_side_are_one(tell):
    """As some logs write an emoji: two surrogates; alone each is unreadable, together they are not."""
    frame = rows()
    frame["output"] = cells(frame, lambda i: f"fine \ud83d\ude42 {i}")
    told = tell(frame)
    assert told.report.notes == []
    assert "🙂" in told.store.outputs("L", [0])["output"].iloc[0]


# Labels, scores, weights


def test_labels_of_mixed_type(tell):
    """A number is the same class as text, float or integer; True is 'true'; None is no label."""
    frame = rows()
    frame["label"] = cells(frame, cycling(1, 2.0, "1", True, False, None, "x", 3.5, math.nan, "None"))
    frame["prediction"] = cells(frame, cycling("1", 2, 1.0, "true", "false", "x", "x", "3.5", None, "None"))
    told = tell(frame)
    classes = {"1", "2", "true", "false", "x", "3.5", "None"}
    (facts,) = told.store.comparisons("L").values()
    assert set(json.loads(facts)["classes"]) == classes
    assert told.value("class_recall") == 1.0
    assert told.value("parse_failure_rate") == 0.0


def test_predictions_outside_the_label_set(tell):
    told = tell(rows().assign(prediction="never a label"))
    names = ("class_coverage", "class_recall", "prediction_entropy", "tail_share", "drift_js")
    assert [told.value(name) for name in names] == [0.0, 0.0, 0.0, 0.0, 1.0]


NAMES = (
    "a=b",
    "class:a:b",
    "🙂🙂",
    "x" * 300,
    "y\u202ez",
    "<b>",
    "\x1b[31mred",
    "p\nq",
    "mode:1",
    "=",
    "None",
)


def test_class_names(tell):
    """Every class has a recall of its own, under its own name, with or without a slice called 'class:a'."""
    frame = rows(n=330)
    frame["label"] = frame["prediction"] = cells(frame, cycling(*NAMES))
    told = tell(frame.assign(**{"slice.class:a": "b"}))
    assert {f"class:{name}" for name in NAMES} | {"class-a=b"} == told.parts("class_recall")
    assert {told.value("class_recall", f"class:{name}") for name in NAMES} == {1.0}


def test_scores_that_are_no_numbers(tell):
    """NaN is no score; an infinite one is refused, row by row, with the reason."""
    frame = rows()
    frame["score"] = cells(frame, cycling(0.5, math.nan, math.inf, -math.inf))
    told = tell(frame)
    assert set(told.report.rejects["reason"]) == {"its score is not finite"}
    assert len(told.report.rejects) == len(frame) / 2
    assert told.value("mean_score") == "too_few"  # 15 of the 30 that are left


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("score", 1.7e308, "its score is beyond 1e\\+60"),
        ("score", -1e308, "its score is beyond 1e\\+60"),
        ("logprob", -1e308, "its logprob is beyond 1e\\+60"),
        ("weight", 1e300, "its weight is not from 1e-30 to 1e\\+30"),
        ("weight", 5e-324, "its weight is not from 1e-30 to 1e\\+30"),
        ("weight", 0.0, "its weight is not above 0"),
    ],
)
def test_numbers_that_no_sum_can_hold(tell, column, value, said):
    with pytest.raises(TailwatchError, match=said):
        tell(rows().assign(**{column: value}))


@pytest.mark.parametrize("value", [1e60, 5e-324, 0.0])
def test_the_widest_scores_that_are_taken(tell, value):
    frame = rows().assign(weight=1.0)
    frame["score"] = cells(frame, cycling(value, -value))
    told = tell(frame)
    assert told.value("score_p10") == -value
    assert told.value("mean_score") == pytest.approx(0.0, abs=1e-15 * value)


def test_one_score_beyond_all_others(tell):
    """It is judged like any other cycle, and what can be said of the others is said."""
    frame = rows().assign(weight=1.0)
    frame.loc[N * (CYCLES - 2), "score"] = 1e60
    told = tell(frame)
    assert told.value("mean_score") < 2
    assert told.value("distinct_1") > 0


def test_weights_of_eighteen_orders(tell):
    """Every other output weighs nothing to speak of: means are those of the others, and so is their n."""
    frame = rows()
    frame["weight"] = cells(frame, cycling(1e9, 1e-9))
    told = tell(frame)
    last = frame[(frame["cycle"] == CYCLES - 1) & (frame["weight"] > 1)]
    assert told.value("mean_score") == pytest.approx(last["score"].mean())
    ns = [v["n"] for v in told.values if v["metric"] == "mean_score"]
    assert ns == [pytest.approx(N / 2)] * CYCLES


def test_one_output_that_weighs_all(tell):
    frame = rows()
    frame["weight"] = cells(frame, lambda i: 1e9 if i % N == 7 else 1e-9)
    told = tell(frame)
    assert (told.value("mean_score"), told.value("length_p50")) == ("too_few", "too_few")


# Columns


def test_columns_that_are_missing_in_some_cycles(tell):
    """Each cycle is measured on what it has; what it lacks is a status that says so."""
    frame = rows(vectors=True)
    for name, cycle in {"output": 2, "prediction": 3, "label": 5, "score": 4, "verified": 1}.items():
        frame[name] = frame[name].astype(object).where(frame["cycle"] != cycle, None)
    told = tell(frame)
    lacking = {"distinct_1": [2], "prediction_entropy": [3], "class_recall": [3, 5], "mean_score": [4]}
    for metric, cycles in {**lacking, "pass_rate": []}.items():
        assert [c for c in range(CYCLES) if told.value(metric, cycle=c) == "no_column"] == cycles, metric


def test_vectors_alone_with_labels(tell):
    told = tell(rows(150, vectors=True).drop(columns=["output", "score"]))
    assert isinstance(told.value("coverage"), float)
    assert told.value("distinct_1") == "no_column"
    assert told.parts("tail_coverage") <= {f"class:{c}" for c in planted.TAIL}
    assert told.parts("tail_coverage")


def test_vectors_alone(tell):
    """Images without labels: what is rare is found among the vectors and named by example."""
    told = tell(rows(150, vectors=True)[["lineage", "cycle", "example_id", "embedding"]])
    assert {v["metric"] for v in told.values if v["status"] == "ok"} == {
        *("coverage", "dispersion", "rke", "tail_coverage", "vendi")
    }
    names = {part.removeprefix("mode:").split(" (")[0] for part in told.parts("tail_coverage")}
    assert names
    assert names <= {f"p{i}" for i in range(150)}


def test_names_of_modes_are_their_own():
    """p1 is not 'p1 (2)' for coming after p12, and two of one name are told apart from a third so called."""
    assert modes._names([["p12"], ["p1"], ["p1"]]) == ("p12", "p1", "p1 (2)")
    assert modes._names([["x (2)"], ["x"], ["x"]]) == ("x (2)", "x", "x (3)")


def test_vectors_with_zeros_and_nan(tell, usual):
    """Zeros are an output without a vector, NaN is none at all: left out with a word, not counted as one."""
    frame = rows(vectors=True)
    zero = np.zeros(6)
    frame["embedding"] = cells(frame, lambda i: frame["embedding"][i] if i % 3 else zero)
    told = tell(frame)
    (found,) = [v for v in told.values if (v["metric"], v["cycle"]) == ("dispersion", CYCLES - 1)]
    assert (found["n"], found["note"]) == (N * 2 // 3, f"{N // 3} empty outputs left out.")
    assert found["value"] == pytest.approx(usual.value("dispersion"), rel=0.2)
    frame["embedding"] = cells(frame, lambda i: frame["embedding"][i] if i % 3 else np.full(6, np.nan))
    report = pipeline.ingest(told.store, [frame], replace=True)
    assert set(report.rejects["reason"]) == {"its embedding is not a list of finite numbers"}


@pytest.mark.parametrize("scale", [1e-30, 1e37])
def test_vectors_of_any_length_point_the_same_way(tell, usual, scale):
    frame = rows(vectors=True)
    told = tell(frame.assign(embedding=cells(frame, lambda i: frame["embedding"][i] * scale)))
    for name in ("dispersion", "rke", "vendi", "coverage"):
        assert told.value(name) == pytest.approx(usual.value(name), rel=1e-4), name


@pytest.mark.parametrize("width", [1, 60])
def test_vectors_all_alike_or_all_at_right_angles(tell, width):
    frame = rows(vectors=True)
    told = tell(frame.assign(embedding=cells(frame, lambda i: np.eye(width)[i % width])))
    assert told.value("dispersion") == (0.0 if width == 1 else 1.0)
    assert told.value("rke") == (1.0 if width == 1 else "undefined")


# Prompts, traces, slices


def test_several_samples_of_a_prompt(tell):
    frame = rows(vectors=True)
    frame["example_id"], frame["sample"] = [f"p{i % N // 3}" for i in range(len(frame))], [*range(3)] * 120
    told = tell(frame)
    assert isinstance(told.value("within_prompt_diversity"), float)
    assert isinstance(told.value("within_prompt_dispersion"), float)


def test_one_prompt_sampled_often(tell):
    """All outputs stand or fall together: no interval can be had, so nothing is claimed."""
    frame = rows(vectors=True)
    told = tell(frame.assign(example_id="p", sample=[*range(N)] * CYCLES))
    assert not [v for v in told.values if v["status"] == "ok"]
    assert "too few different prompts" in " ".join(v["note"] for v in told.values)


def test_traces_without_a_word(tell):
    """Actions alone are what the words are then; nothing was said, and that is said."""
    frame = rows()[["lineage", "cycle", "example_id"]]
    frame["actions"] = cells(frame, lambda i: ["search", "open", "say"][: 1 + i % 3] + ["click"] * (i % 4))
    told = tell(frame)
    assert 0 < told.value("distinct_1") < told.value("distinct_2") < 0.1
    assert told.value("length_p50") == pytest.approx(
        3.5
    )  # 1 to 3 and 0 to 3: twelve sums, half of them 3 or less
    assert (told.value("empty_rate"), told.value("dispersion")) == (1.0, "undefined")


def test_a_slice_of_one_row(tell):
    frame = rows()
    told = tell(frame.assign(**{"slice.k": cells(frame, lambda i: "one" if i % N == 3 else "rest")}))
    assert told.value("distinct_1", "k=one") == "too_few"
    assert isinstance(told.value("distinct_1", "k=rest"), float)


def test_sixty_slices(tell):
    """The fifty with most rows are measured, and it is said; no column is shut out for its name."""
    frame = rows(120, 5)
    frame["slice.a"] = cells(frame, lambda i: f"v{i % N}")
    frame["slice.z"] = cells(frame, cycling("left", "right"))
    told = tell(frame)
    parts = told.parts("distinct_1")
    assert len(parts) == comparison.MOST_SLICES
    assert {"z=left", "z=right"} <= parts
    assert "A cycle has 62 slices; the 50 with most rows are measured." in told.report.notes


def test_slice_values_of_any_kind(tell):
    frame = rows(n=130)
    values = ("a=b", "=:", "🙂" * 20, "x" * 300, "", "  ", "\n", "None", None, 3, 3.0, True, "'; --")
    told = tell(frame.assign(**{"weight": 1.0, "slice.k=1": cells(frame, cycling(*values))}))
    known = ("a=b", "=:", "🙂" * 20, "x" * 300, "None", "3", "true", "'; --")
    assert told.parts("mean_score") == {f"k-1={v}" for v in known}
    assert told.value("mean_score", "k-1=3") != "too_few"


def test_aggregates_with_strange_names(tell):
    names = ["🙂", "a=b", "class:a", "x" * 100, "tail recall", "<script>", "=1+1", "שלום", "%s", "{0}", "';"]
    frame = pd.DataFrame(
        [
            {"lineage": "L", "cycle": c, "metric": m, "value": 10.0 ** (300 * (c % 2)) * (c - 2), "stderr": 1}
            for c in range(CYCLES)
            for m in names
        ]
    )
    told = tell(frame)
    assert {told.value(m, cycle=3) for m in names} == {1e300}
