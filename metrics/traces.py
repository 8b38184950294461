"""Chat messages and agent traces as outputs: what the assistant said, what it was asked, what it did.

Known are the message shapes of OpenAI and Anthropic, and plain lists of steps. What is none of these stays
as it is: an eval may well be about JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from metrics import text

ROLES = ("assistant", "user", "system", "tool", "developer", "function", "model", "human", "ai")
OURS = ("assistant", "model", "ai")
THEIRS = ("user", "human")
TEXTS = ("text", "output_text", "input_text")
NAMES, ARGUMENTS = ("tool", "action", "name"), ("input", "arguments", "args", "tool_input", "action_input")
SAY = "say"
_MARKS = tuple(f'"{mark}"' for mark in ("role", *NAMES))

Messages = list[dict[str, Any]]


def untangled(named: pd.DataFrame) -> pd.DataFrame:
    """Raw rows in which messages have become texts, and `actions` of what the assistant did.

    A column of actions that is there already wins. In a cycle where any trace holds a tool call, a row of
    plain talk is a trace too: it did nothing but say.
    """
    changed = {name: _messages(named[name]) for name in ("output", "prompt") if name in named}
    traces, asked = changed.get("output", {}), changed.get("prompt", {})
    if not traces and not asked:
        return named
    named = named.copy(deep=False)
    spoken = {i: said_by(m, OURS) for i, m in traces.items() if is_chat(m)}
    _put(named, "output", {i: "\n\n".join(texts) for i, texts in spoken.items()})
    _put(named, "prompt", {i: (said_by(m, THEIRS) or [""])[-1] for i, m in asked.items() if is_chat(m)})
    _put(named, "actions", _steps(named, traces))
    return named


def _messages(column: pd.Series) -> dict[int, Messages]:
    found = ((i, as_messages(value)) for i, value in enumerate(column))
    return {i: messages for i, messages in found if messages is not None}


def _put(named: pd.DataFrame, name: str, new: dict[int, Any]) -> None:
    if new:
        cells = list(named[name]) if name in named else [None] * len(named)
        named[name] = pd.Series([new.get(i, v) for i, v in enumerate(cells)], named.index, dtype=object)


def _steps(named: pd.DataFrame, traces: dict[int, Messages]) -> dict[int, list[str]]:
    own = named["actions"] if "actions" in named else pd.Series(None, index=named.index, dtype=object)
    free = {i: m for i, m in traces.items() if _is_nothing(own.iloc[i])}
    cycles = [str(c) for c in named["cycle"]] if "cycle" in named else [""] * len(named)
    acting = {cycles[i] for i, messages in free.items() if any(map(calls, messages))}
    return {i: actions(messages) for i, messages in free.items() if cycles[i] in acting}


def _is_nothing(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def as_messages(value: Any) -> Messages | None:
    """A cell as chat messages or steps, or None where it is neither.

    >>> as_messages('[{"role": "user", "content": "Hi"}]')
    [{'role': 'user', 'content': 'Hi'}]
    >>> as_messages('["a", "b"]'), as_messages('[{"role": "Hamlet"}]'), as_messages("plain")
    (None, None, None)
    """
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, dict):
        value = value.get("messages", [value] if _is_message(value) else None)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list) or not value:
        return None
    known = all(isinstance(v, dict) and (_is_message(v) or _is_step(v)) for v in value)
    return value if known else None


def _parsed(text: str) -> Any:
    text = text.strip()
    # Most outputs are plain text, and looking is much quicker than parsing.
    if text[:1] != "[" or not any(mark in text for mark in _MARKS):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_message(item: dict[str, Any]) -> bool:
    return _role(item) in ROLES and bool({"content", "tool_calls", "function_call"} & item.keys())


def _role(item: dict[str, Any]) -> str:
    role = item.get("role")
    return role if isinstance(role, str) else ""


def _is_step(item: dict[str, Any]) -> bool:
    return "role" not in item and bool(_name(item)) and any(name in item for name in ARGUMENTS)


def is_chat(messages: Messages) -> bool:
    """Whether there is a message among them: what is steps alone has no text but its own."""
    return any(_is_message(item) for item in messages)


def said_by(messages: Messages, roles: tuple[str, ...]) -> list[str]:
    """What those in these roles said, message by message, without empty ones.

    >>> said_by([{"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "image"}]}], OURS)
    ['a']
    """
    texts = ("\n".join(_texts(m.get("content"))) for m in messages if _role(m) in roles)
    return [text for text in texts if text.strip()]


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    for part in _parts(content):
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict) and part.get("type") in TEXTS and isinstance(part.get("text"), str):
            yield part["text"]


def _parts(content: Any) -> list[Any]:
    content = content.tolist() if isinstance(content, np.ndarray) else content
    return content if isinstance(content, list) else []


def calls(item: dict[str, Any]) -> list[str]:
    """The names of the tools that one message or step calls, in order."""
    if _is_step(item):
        return [_name(item)]
    if _role(item) not in OURS:
        return []
    uses = [p for p in _parts(item.get("content")) if isinstance(p, dict) and p.get("type") == "tool_use"]
    wrapped = [c for c in _parts(item.get("tool_calls")) if isinstance(c, dict)]
    functions = [c.get("function", c) for c in wrapped] + [item.get("function_call")]
    return [_name(call) or "call" for call in (*uses, *functions) if isinstance(call, dict)]


def _name(call: dict[str, Any]) -> str:
    found = (call.get(key) for key in NAMES)
    return next((name.strip() for name in found if isinstance(name, str) and name.strip()), "")


def actions(messages: Messages) -> list[str]:
    """What was done, one entry a step: the tool's name for a call, 'say' for a message with text.

    >>> actions([{"tool": "search", "input": "x"}, {"role": "assistant", "content": "Found it."}])
    ['search', 'say']
    """
    found: list[str] = []
    for item in messages:
        found += [SAY] if said_by([item], OURS) else []
        found += calls(item)
    return found


def words(frame: pd.DataFrame) -> text.Words:
    """The words of each output; of an agent's trace, its actions."""
    found = text.words(frame["output"])
    if "actions" not in frame or not frame["actions"].notna().any():
        return found
    rows = np.flatnonzero(frame["actions"].notna())
    return text.replaced(found, rows, [list(a) for a in frame["actions"].iloc[rows]])
