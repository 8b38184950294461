"""Chat messages and agent traces: what was said becomes the output, what was done the actions."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import pipeline, traces
from metrics.gate import gate
from metrics.opening import table
from metrics.store import Store
from tests.test_gate import ANYTHING, gated, one, reason

OPENAI = [
    {"role": "system", "content": "You are a travel agent."},
    {"role": "user", "content": "A train to Lyon?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "search", "arguments": '{"to": "Lyon"}'}},
            {"id": "b", "type": "function", "function": {"name": "weather", "arguments": "{}"}},
        ],
    },
    {"role": "tool", "tool_call_id": "a", "content": "TGV 6611 at 10:00"},
    {"role": "tool", "tool_call_id": "b", "content": "rain"},
    {"role": "assistant", "content": "There is one at ten."},
    {"role": "user", "content": "Book it."},
    {"role": "assistant", "content": "Booked.", "tool_calls": [{"function": {"name": "book"}}]},
]
ANTHROPIC = [
    {"role": "user", "content": [{"type": "text", "text": "A train to Lyon?"}]},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Look it up."},
            {"type": "text", "text": "I will look."},
            {"type": "tool_use", "id": "a", "name": "search", "input": {"to": "Lyon"}},
            {"type": "tool_use", "id": "b", "name": "weather", "input": {}},
        ],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "TGV 6611"}]},
    {
        "role": "assistant",
        "content": [{"type": "text", "text": "At ten."}, {"type": "text", "text": "Rain."}],
    },
]
STEPS = [
    {"tool": "search", "input": "Lyon"},
    {"action": "book", "arguments": {"train": 6611}, "observation": "done"},
    {"name": "mail", "input": None},
]
CHAT = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]


@pytest.mark.parametrize("shape", [lambda v: v, json.dumps, lambda v: {"messages": v}, lambda v: np.array(v)])
@pytest.mark.parametrize(
    ("messages", "said", "did"),
    [
        (OPENAI, "There is one at ten.\n\nBooked.", ["search", "weather", "say", "say", "book"]),
        (ANTHROPIC, "I will look.\n\nAt ten.\nRain.", ["say", "search", "weather", "say"]),
        (CHAT, "Hello.", None),
        (CHAT[:1], "", None),
    ],
    ids=["openai", "anthropic", "chat", "nobody answered"],
)
def test_messages(messages, said, did, shape):
    row = one(output=shape(messages))
    assert (row["output"], row["actions"]) == (said, did)


@pytest.mark.parametrize("shape", [list, json.dumps])
def test_steps_keep_their_text(shape):
    row = one(output=shape(STEPS))
    assert json.loads(row["output"]) == STEPS
    assert row["actions"] == ["search", "book", "mail"]


@pytest.mark.parametrize("shape", [list, json.dumps])
def test_a_prompt_is_what_the_user_asked_last(shape):
    assert one(prompt=shape(OPENAI))["prompt"] == "Book it."
    assert one(prompt=shape(OPENAI[:1]))["prompt"] == ""
    assert one(prompt="A train to Lyon?")["prompt"] == "A train to Lyon?"


@pytest.mark.parametrize(
    "output",
    [
        {"a": ["ü"]},
        {"role": "engineer", "name": "Ann"},
        [{"role": "Hamlet", "content": "To be"}],
        [{"role": "user", "content": "x"}, "y"],
        ["a", "b"],
        [],
        {"messages": "none"},
        {"name": "Ann", "input": 3},
        [[{"role": "user", "content": "x"}]],
    ],
)
def test_json_that_is_no_trace_stays_json(output):
    row = one(output=output)
    assert json.loads(row["output"]) == output
    assert row["actions"] is None


@pytest.mark.parametrize(
    "text", ['[{"role": "user", "content": "x"', "[" * 20_000 + '"role"', "[role]", "[]"]
)
def test_text_that_looks_like_a_trace_stays_text(text):
    assert one(output=text)["output"] == text


def test_where_others_act_plain_talk_is_an_action_too():
    """Who stopped to use any tool did something else; a cycle in which nobody acts has no traces."""
    rows = [
        {"cycle": c, "example_id": i, "output": o}
        for c, i, o in ((0, "a", OPENAI), (0, "b", CHAT), (1, "b", CHAT))
    ]
    outputs = gate(table(rows, []).rows, lineage="L").outputs
    assert outputs["actions"].tolist() == [["search", "weather", "say", "say", "book"], ["say"], None]


def test_a_call_without_a_name_is_a_call():
    assert traces.actions([{"role": "assistant", "content": "", "tool_calls": [{"function": {}}]}]) == [
        "call"
    ]
    old = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    assert traces.actions([old]) == ["f"]


# Actions that come as a column


@pytest.mark.parametrize("given", [["search", " say "], '["search", "say"]', np.array(["search", "say"])])
def test_a_column_of_actions(given):
    assert one(actions=given)["actions"] == ["search", "say"]
    assert one(actions=given, output=OPENAI)["actions"] == ["search", "say"]


def test_actions_alone_are_enough():
    frame = pd.DataFrame([{"example_id": "a", "actions": ["x"]}, {"example_id": "b", "actions": []}])
    assert gate(frame, lineage="L", cycle=0).outputs["actions"].tolist() == [["x"], []]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"actions": "search"}, "its actions is not a list of texts"),
        ({"actions": {"a": 1}}, "its actions is not a list of texts"),
        ({"actions": [1]}, "its actions is not a list of texts"),
        ({"actions": [" "]}, "its actions is not a list of texts"),
        ({"actions": "[" * 9_000}, "its actions is not a list of texts"),
        ({"actions": ["x"] * 10_001}, "its actions has more than 10,000 entries"),
        ({"actions": ["x" * 201]}, "its actions has an entry longer than 200 characters"),
        (
            {"output": [{"role": "assistant", "tool_calls": [{"function": {"name": "x" * 201}}]}]},
            "its actions has an entry longer than 200 characters",
        ),
    ],
)
def test_reasons(row, why):
    assert reason(**row) == why


ROLES = st.sampled_from(["user", "assistant", "tool", "Hamlet"])
MESSAGE = st.fixed_dictionaries(
    {"role": ROLES | ANYTHING, "content": ANYTHING},
    optional={
        "tool_calls": st.lists(st.fixed_dictionaries({"function": ANYTHING})) | ANYTHING,
        "name": ANYTHING,
    },
)
STEP = st.fixed_dictionaries({"tool": ANYTHING, "input": ANYTHING})


@given(st.lists(st.lists(MESSAGE | STEP, max_size=4), min_size=1, max_size=4), st.booleans())
@settings(max_examples=80)
def test_wild_messages_never_break_the_gate(outputs: list[Any], packed: bool):
    rows = [{"example_id": str(i), "output": json.dumps(o) if packed else o} for i, o in enumerate(outputs)]
    result = gated([*rows, {"example_id": "good", "output": "x"}])
    assert len(result.outputs) + len(result.rejects) == len(rows) + 1
    for steps in result.outputs["actions"]:
        assert steps is None or all(isinstance(s, str) and s.strip() for s in steps)


def test_they_are_stored_and_read_back(tmp_path):
    store = Store(tmp_path / "s.duckdb")
    rows = [{"example_id": f"p{i}", "output": o} for i, o in enumerate((OPENAI, CHAT, "text"))]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pipeline.ingest(store, [tmp_path / "c.jsonl"], lineage="L", cycle=0)
    back = store.outputs("L", [0])
    assert back["actions"].tolist() == [["search", "weather", "say", "say", "book"], ["say"], None]
    assert back["output"].tolist() == ["There is one at ten.\n\nBooked.", "Hello.", "text"]
