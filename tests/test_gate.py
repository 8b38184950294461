"""The gate: each row that comes in comes out once, typed or with a reason, or one sentence says why."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.core import READERS, TailwatchError
from metrics.fields import FACTS, FIELDS, KEY, parse_mix, parse_pairs
from metrics.gate import Gated, gate
from metrics.intake import read
from metrics.opening import table

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Text with all that JSON can smuggle in: lone surrogates, NUL, right-to-left marks.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=6) | st.sampled_from(
    [
        "",
        " ",
        "\x00",
        "\ud800",
        "nan",
        "None",
        "1e400",
        "-1",
        "007",
        "3.0",
        "[1, 2]",
        "[1]",
        '{"a": 1}',
        "‮",
        "true",
    ]
)
NUMBERS = st.integers(-2, 4) | st.sampled_from([10**400, -(10**400), 2**31, 1e300, math.nan, math.inf, 1.5])
SCALARS = st.none() | st.booleans() | NUMBERS | ANY_TEXT
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=2),
    max_leaves=5,
)
NAMES = st.sampled_from([*FIELDS, "slices", "slice.task", "metadata", "own", "own\x00", "\udc80"])
WILD = st.lists(st.dictionaries(NAMES, ANYTHING, max_size=8), max_size=6)
# Mostly right, so that many rows pass.
TAME = st.lists(
    st.fixed_dictionaries(
        {
            "example_id": st.sampled_from("abc"),
            "output": SCALARS,
            "sample": st.sampled_from([None, 0, 1, "2"]),
        },
        optional={
            "score": SCALARS,
            "embedding": st.lists(st.floats(-1, 1), min_size=2, max_size=2) | ANYTHING,
            "weight": NUMBERS,
            "label": ANY_TEXT,
            "seed": st.sampled_from([None, 0, 1]),
            "slices": st.dictionaries(ANY_TEXT, SCALARS, max_size=2) | SCALARS,
            "own": ANYTHING,
        },
    ),
    min_size=1,
    max_size=8,
)


def gated(rows: list[dict[str, Any]], **options: Any) -> Gated:
    """Rows as a reader hands them over, each with its number in a column of its own."""
    numbered = [{**row, "number": i} for i, row in enumerate(rows)]
    return gate(table(numbered, []).rows, **{"lineage": "L", "cycle": 0, **options})


def one(**row: Any) -> pd.Series:
    return gated([{"example_id": "a", "output": "x", **row}]).outputs.iloc[0]


def reason(**row: Any) -> str:
    """Why a row is rejected, beside one that passes."""
    rows = [{"example_id": "good", "output": "x"}, {"example_id": "a", "output": "x", **row}]
    rejects = gated(rows).rejects
    assert len(rejects) == 1
    return str(rejects["reason"].iloc[0])


def sentence(rows: list[dict[str, Any]], **options: Any) -> str:
    with pytest.raises(TailwatchError) as caught:
        gate(pd.DataFrame(rows, dtype=object), **options)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def numbers_of(outputs: pd.DataFrame) -> list[int]:
    return [int(json.loads(m)["number"]) for m in outputs["metadata"]]


def check_invariants(rows: list[dict[str, Any]], result: Gated) -> None:
    outputs, rejects = result.outputs, result.rejects
    through = sorted([*numbers_of(outputs), *(rejects["row"] - 1)])
    assert through == list(range(len(rows))), "each row is in outputs or in rejects, once"
    assert not outputs.duplicated(list(KEY)).any()
    keys = [tuple((v is pd.NA, v) for v in row) for row in outputs[list(KEY)].itertuples(index=False)]
    assert [k[2] for k in keys] == sorted(k[2] for k in keys), "canonical order"
    assert outputs["cycle"].dtype == outputs["sample"].dtype == outputs["example_key"].dtype == np.int64
    assert outputs[["score", "weight", "logprob"]].dtypes.eq(np.float64).all()
    assert not np.isinf(outputs[["score", "weight", "logprob"]]).any().any()
    assert (outputs["weight"] > 0).all()
    widths = {len(v) for v in outputs["embedding"] if v is not None}
    assert len(widths) <= 1
    assert all(np.isfinite(v).all() and v.dtype == np.float32 for v in outputs["embedding"] if v is not None)
    for column in outputs.select_dtypes(object).columns.difference(["embedding", "actions"]):
        for value in outputs[column]:
            assert value is None or value is pd.NA or isinstance(value, str | float), (column, value)
            assert not isinstance(value, str) or ("\x00" not in value and value.encode("utf-8") is not None)
    for steps in outputs["actions"]:
        assert steps is None or all(isinstance(s, str) and s and "\x00" not in s for s in steps)
    assert all(isinstance(r, str) and r and "\n" not in r for r in rejects["reason"])
    for raw in rejects["raw"]:
        raw.encode("ascii")


def attempt(frame: pd.DataFrame, **options: Any) -> Gated | str:
    try:
        return gate(frame, **options)
    except TailwatchError as error:
        return str(error)


@given(WILD)
@few
def test_wild_rows_never_break_the_gate(rows):
    numbered = [{**row, "number": i} for i, row in enumerate(rows)]
    result = attempt(table(numbered, []).rows, lineage="L", cycle=0)
    if isinstance(result, str):
        assert result.endswith(".")
    else:
        check_invariants(rows, result)


@given(WILD)
@few
def test_wild_frames_never_break_the_gate(rows):
    """As a caller's own frame, with pandas' idea of the types, and its own lineage and cycle."""
    try:
        frame = pd.DataFrame(rows)
    except UnicodeEncodeError:  # pandas' own strings cannot hold a lone surrogate
        return
    result = attempt(frame)
    if isinstance(result, str):
        assert result.endswith(".")
    else:
        assert len(result.outputs) + len(result.rejects) == len(rows)


@given(TAME)
@few
def test_tame_rows(rows):
    numbered = [{**row, "number": i} for i, row in enumerate(rows)]
    result = attempt(table(numbered, []).rows, lineage="L", cycle=0)
    assert isinstance(result, str) or check_invariants(rows, result) is None


@given(TAME, st.randoms())
@few
def test_the_order_of_rows_does_not_matter_where_keys_are_given(rows, random):
    rows = [{**row, "example_id": f"e{i // 2}", "sample": i % 2, "seed": None} for i, row in enumerate(rows)]
    turned = random.sample(rows, len(rows))
    a, b = (attempt(table(r, []).rows, lineage="L", cycle=0) for r in (rows, turned))
    if isinstance(a, str) or isinstance(b, str):
        assert isinstance(a, str)
        assert isinstance(b, str)
    else:
        pd.testing.assert_frame_equal(a.outputs, b.outputs, check_like=True)


# Types, field by field


@pytest.mark.parametrize(
    ("given", "value"),
    [("3", 3.0), (" 0.5 ", 0.5), (True, 1.0), ("fail", 0.0), ("Yes", 1.0), ("1e-3", 0.001), (2**53, 2.0**53)],
)
def test_scores(given, value):
    assert one(score=given)["score"] == value


@pytest.mark.parametrize("given", [None, "", "  ", "NaN", "null", float("nan")])
def test_no_score_is_no_score(given):
    assert math.isnan(one(score=given)["score"])


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"score": "good"}, "its score is not a number ('good')"),
        ({"score": [1]}, "its score is not a number ('[1]')"),
        ({"score": 10**400}, "its score is not finite"),
        ({"score": "inf"}, "its score is not finite"),
        ({"weight": 0}, "its weight is not above 0"),
        ({"weight": "x"}, "its weight is not a number ('x')"),
        ({"sample": -1}, "its sample is not a whole number from 0"),
        ({"seed": 1.5}, "its seed is not a whole number from 0"),
        ({"seed": 2**31}, "its seed is not a whole number from 0"),
        ({"example_id": " "}, "it has no example_id"),
        ({"output": None}, "it has no output, prediction, embedding or score, and no error"),
        ({"embedding": "1, 2"}, "its embedding is not a list of finite numbers"),
        ({"embedding": [1, None]}, "its embedding is not a list of finite numbers"),
        ({"embedding": [[1.0, 2.0]]}, "its embedding is not a list of finite numbers"),
        ({"embedding": [1e39]}, "its embedding is not a list of finite numbers"),
        ({"embedding": [10**400]}, "its embedding is not a list of finite numbers"),
        ({"output": "x" * 10_000_001}, "its output is longer than 10,000,000 characters"),
    ],
)
def test_reasons(row, why):
    assert reason(**row) == why


def test_weights_default_to_one():
    assert [one(weight=w)["weight"] for w in (None, "", 2.5)] == [1.0, 1.0, 2.5]


def test_an_empty_output_is_an_output_and_a_failed_one_stays():
    rows = [
        {"example_id": "a", "output": ""},
        {"example_id": "b", "error": "timeout"},
        {"example_id": "c", "error": ""},
    ]
    result = gated(rows)
    assert result.outputs["example_id"].tolist() == ["a", "b"]
    assert result.rejects["row"].tolist() == [3]


def test_labels_lose_outer_spaces_and_outputs_do_not():
    row = one(label=" a ", prediction="\t", output=" x ", error="")
    assert (row["label"], row["prediction"], row["output"], row["error"]) == ("a", None, " x ", None)


def test_ids_keep_their_zeros_and_numbers_become_text():
    assert [one(example_id=i)["example_id"] for i in ("007", 7, 7.0, True)] == ["007", "7", "7", "true"]


def test_lists_and_objects_become_json():
    assert one(output={"a": ["ü"]})["output"] == '{"a": ["ü"]}'


def test_nul_and_lone_surrogates_are_replaced():
    assert one(output="a\x00b\ud800c")["output"] == "a\ufffdb\ufffdc"


def test_columns_of_nobody_are_kept_as_metadata():
    result = gate(
        pd.DataFrame([{"example_id": "a", "output": "x", "own": 1, "none": None}]), lineage="L", cycle=0
    )
    assert json.loads(result.outputs["metadata"].iloc[0]) == {"own": "1"}


def test_embeddings_of_another_length_are_set_aside():
    rows = [{"example_id": str(i), "embedding": [1.0] * (3 if i else 2)} for i in range(3)]
    assert gated(rows).rejects["reason"].tolist() == ["its embedding has not 3 numbers"]


def test_another_cycle_of_the_same_file_may_have_another_encoder():
    """Its vectors are of another length, all of them: nothing is lost, and it is told when compared."""
    rows = [
        {"cycle": cycle, "example_id": str(i), "embedding": [1.0] * (3 + cycle)}
        for cycle in range(2)
        for i in range(3)
    ]
    found = gate(pd.DataFrame(rows), lineage="L")
    assert found.rejects.empty
    assert [len(v) for v in found.outputs["embedding"]] == [3, 3, 3, 4, 4, 4]


# Samples and duplicates


def test_further_samples_are_numbered_in_order():
    rows = [{"example_id": "a", "output": o} for o in "xyz"] + [{"example_id": "b", "output": "x"}]
    result = gate(pd.DataFrame(rows), lineage="L", cycle=0)
    assert result.outputs[["example_id", "sample", "output"]].to_numpy().tolist() == [
        ["a", 0, "x"],
        ["a", 1, "y"],
        ["a", 2, "z"],
        ["b", 0, "x"],
    ]
    assert result.notes == ["2 rows repeat an example_id: taken as further samples of it."]


def test_equal_samples_of_most_prompts_are_kept():
    """Several outputs per prompt that all say the same: that is a collapse, not a slip of the file."""
    rows = [{"example_id": name, "output": "the same"} for name in "aabbcd"]
    result = gate(table(rows, []).rows, lineage="L", cycle=0)
    assert result.outputs["sample"].tolist() == [0, 1, 0, 1, 0, 0]
    assert result.rejects.empty


def test_rejected_rows_are_numbered_as_in_their_file(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"example_id": "a", "score": 1}\n\nnonsense\n{"score": 1}\n')
    found = read(tmp_path / "a.jsonl")
    result = gate(found.rows, lineage="L", cycle=0)
    assert found.rejects["row"].tolist() == [3]
    assert result.rejects["row"].tolist() == [4]


def test_samples_that_differ_by_their_vector_alone():
    rows = [{"example_id": "a", "embedding": [1.0, i]} for i in (0.0, 1.0, 1.0)]
    rows += [{"example_id": name, "embedding": [1.0, 0.0]} for name in "bcd"]
    result = gate(table(rows, []).rows, lineage="L", cycle=0)
    assert result.outputs["sample"].tolist() == [0, 1, 0, 0, 0]
    assert result.rejects["reason"].tolist() == ["it repeats an earlier row"]


def test_a_repeated_key_is_set_aside_but_not_in_another_seed_or_cycle():
    rows = [
        {"cycle": c, "seed": s, "example_id": "a", "sample": 0, "output": o}
        for c, s, o in [(0, 1, "x"), (0, 1, "y"), (0, 2, "x"), (1, 1, "x")]
    ]
    result = gate(pd.DataFrame(rows), lineage="L")
    assert len(result.outputs) == 3
    assert result.rejects[["row", "reason", "cycle"]].to_numpy().tolist() == [
        [2, "its example_id and sample came before", 0]
    ]


def test_the_same_id_asked_differently_is_another_prompt():
    keys = [one(prompt=p)["example_key"] for p in ("why?", "how?", "why?")]
    assert keys[0] == keys[2] != keys[1]


# Names, cycles, lineages, facts

GOOD = {"example_id": "a", "output": "x"}


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ([], {}, "The upload holds no rows."),
        (
            [{"output": "x"}],
            {},
            "has no column 'example_id'; it has 'output'. Map it with --map example_id=COLUMN.",
        ),
        (
            [GOOD],
            {"lineage": None},
            "has no column 'lineage'; it has 'example_id', 'output'. Name it with --lineage L.",
        ),
        ([GOOD], {"cycle": None}, "Give it with --cycle N."),
        ([{"example_id": "a", "text": "x"}], {}, "nothing to measure"),
        (
            [GOOD],
            {"mapping": {"output": "text"}},
            "no column 'text' to map to output; it has 'example_id', 'output'.",
        ),
        ([GOOD], {"mapping": {"outputs": "output"}}, "There is no field 'outputs'."),
        ([{**GOOD, "cycle": 3}], {}, "Cycle 0 was given, but the upload's rows carry their own: 3."),
        (
            [{**GOOD, "cycle": "x"}],
            {"cycle": None},
            "All 1 were rejected, the first because its cycle is not",
        ),
        ([{**GOOD, **{f"slice.{i}": 1 for i in range(11)}}], {}, "11 slice columns; at most 10"),
        ([{**GOOD, "slices": {str(i): 1 for i in range(5000)}}], {}, "5000 slice columns; at most 10"),
        (
            [{**GOOD, "mix": m, "example_id": m} for m in "ab"],
            {},
            "disagree on its mix: 'a' and 'b'. A cycle has one.",
        ),
        ([{**GOOD, "lineage": x} for x in "AB"], {}, "rows are of several: 'A', 'B'."),
    ],
)
def test_sentences(rows, options, said):
    assert said in sentence(rows, **{"lineage": "L", "cycle": 0, **options})


def test_each_retrain_of_a_cycle_has_a_checkpoint_of_its_own():
    """Seeds 1 and 0 of one cycle; but two checkpoints of one seed cannot be right."""
    rows = [{**GOOD, "seed": seed, "checkpoint": f"v{seed}"} for seed in (1, 0)]
    assert gated(rows).facts == {("L", 0): {"checkpoint": "v0, v1"}}
    assert "disagree on its checkpoint" in sentence(
        [*rows, {**rows[0], "example_id": "b", "checkpoint": "v2"}], lineage="L", cycle=0
    )


def test_a_column_named_twice():
    frame = pd.DataFrame([["a", "x", "y"]], columns=["example_id", "output", "output"])
    with pytest.raises(TailwatchError, match="names the column 'output' twice"):
        gate(frame, lineage="L", cycle=0)


def test_rows_of_several_lineages_and_cycles():
    rows = [{"lineage": x, "cycle": c, "checkpoint": f"{x}{c}", **GOOD} for x in "BA" for c in ("1", 0.0)]
    result = gate(pd.DataFrame(rows))
    assert result.outputs[["lineage", "cycle"]].to_numpy().tolist() == [
        ["A", 0],
        ["A", 1],
        ["B", 0],
        ["B", 1],
    ]
    assert result.facts[("B", 1)] == {"checkpoint": "B1"}


def test_the_given_lineage_wins_over_one_of_the_rows():
    assert gate(pd.DataFrame([{**GOOD, "lineage": "own"}]), lineage="L", cycle=0).outputs["lineage"][0] == "L"


def test_the_given_cycle_fills_the_rows_that_name_none():
    rows = [{**GOOD, "cycle": 7}, {**GOOD, "example_id": "b", "cycle": None}]
    assert gate(pd.DataFrame(rows), lineage="L", cycle=7).outputs["cycle"].tolist() == [7, 7]
    assert gate(pd.DataFrame([GOOD]), lineage="L", cycle=7).outputs["cycle"].tolist() == [7]


def test_facts_as_csv_and_floats_write_them():
    """An empty cell is no fact, and the parent 3.0 is cycle 3; a checkpoint 1.0 stays what it is."""
    rows = [{**GOOD, "parent": "", "mix": " "}, {**GOOD, "cycle": 1, "parent": "0.0", "checkpoint": "1.0"}]
    rows[0]["cycle"] = 0
    facts = gate(pd.DataFrame(rows), lineage="L").facts
    assert facts == {("L", 0): {}, ("L", 1): {"parent": "0", "checkpoint": "1.0"}}
    assert set(FACTS) > {"parent", "checkpoint", "mix"}


def test_mapping_may_swap_share_and_make_slices():
    rows = [{"id": 1, "q": "Q", "a": "A", "prompt": "unused"}]
    fields = {"example_id": "id", "prompt": "q", "output": "a", "reference": "a", "slice.topic": "q"}
    row = gate(pd.DataFrame(rows), lineage="L", cycle=0, mapping=fields).outputs.iloc[0]
    assert row[["example_id", "prompt", "output", "reference", "slice.topic"]].tolist() == [
        "1",
        "Q",
        "A",
        "A",
        "Q",
    ]
    row = gate(
        pd.DataFrame([{**GOOD, "prompt": "P"}]),
        lineage="L",
        cycle=0,
        mapping={"prompt": "output", "output": "prompt"},
    ).outputs.iloc[0]
    assert (row["prompt"], row["output"]) == ("x", "P")


@pytest.mark.parametrize("slices", [{"task": "t", "n": 1}, '{"task": "t", "n": 1}'])
def test_slices_as_object_or_json(slices):
    row = one(slices=slices)
    assert (row["slice.task"], row["slice.n"]) == ("t", "1")


def test_a_slice_column_wins_over_the_object():
    assert one(**{"slice.task": "mine", "slices": {"task": "other", "x": "y"}})["slice.task"] == "mine"


def test_training_mix():
    assert parse_mix("human=20000, generative=8e4,verified=0") == {
        "human": 2e4,
        "generative": 8e4,
        "verified": 0,
    }
    assert parse_mix("") == {}
    assert parse_pairs("a=-1", "mix") == {"a": -1.0}


@pytest.mark.parametrize(
    "text", ["human", "human=", "human=x", "robot=1", "human=-1", "human=nan", "human=inf", "=1"]
)
def test_training_mix_that_cannot_be(text):
    with pytest.raises(TailwatchError) as caught:
        parse_mix(text)
    assert text[:5] in str(caught.value)


# Readers and the gate together


def test_the_same_rows_from_csv_and_jsonl_are_the_same_outputs(tmp_path):
    """Blank cells included: what a table cannot say, an empty cell, is nothing in both."""
    rows = [
        {"example_id": "1", "output": "a", "label": "x", "score": 1.0, "error": None},
        {"example_id": "2", "output": "b", "label": None, "score": None, "error": "late"},
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "r.csv", index=False)
    pd.DataFrame(rows).to_json(tmp_path / "r.jsonl", orient="records", lines=True)
    csv, jsonl = (READERS.get(n).read(tmp_path / f"r.{n}").rows for n in ("csv", "jsonl"))
    both = [gate(r, lineage="L", cycle=0).outputs for r in (csv, jsonl)]
    pd.testing.assert_frame_equal(*both)


@pytest.mark.parametrize("depth", [65, 700, 100_000])
def test_a_line_nested_too_deep_is_set_aside(tmp_path, depth):
    """Python's own recursion limit would end the whole upload."""
    good = '{"example_id": "a", "output": [[1]]}'
    (tmp_path / "r.jsonl").write_text(f'{good}\n{{"output": {"[" * depth}{"]" * depth}}}\n')
    raw = READERS.get("jsonl").read(tmp_path / "r.jsonl")
    assert (len(raw.rows), raw.rejects["row"].tolist()) == (1, [2])


def test_bytes_that_are_no_utf8_and_a_byte_order_mark(tmp_path):
    (tmp_path / "r.csv").write_bytes(b"\xef\xbb\xbfexample_id,output\r\na,caf\xe9\r\n")
    row = READERS.get("csv").read(tmp_path / "r.csv").rows.iloc[0]
    assert row.to_dict() == {"example_id": "a", "output": "caf\ufffd"}


def test_columns_under_other_names_are_told_where_outputs_or_scores_are_missing():
    """Nothing is lost, but an eval whose outputs are called 'answer' would be measured without them."""
    rows = pd.DataFrame({"example_id": ["a", "b"], "answer": ["x", "y"], "prediction": "p", "score": 1.0})
    told = (
        "The upload has no output; what it has beside fields is 'answer'. Map one with --map output=COLUMN."
    )
    assert gate(rows, lineage="L", cycle=0).notes == [told]
    assert gate(rows, lineage="L", cycle=0, mapping={"output": "answer"}).notes == []
    assert gate(rows.drop(columns="answer"), lineage="L", cycle=0).notes == []
