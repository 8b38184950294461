"""Which column is which field."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from metrics.fields import FIELDS

ABSENT = "(not in the file)"
FIRST = ("example_id", "prompt", "output", "label", "prediction", "score")
PLACE = ("lineage", "cycle")
ALIKE = {
    "example_id": ("id", "example", "prompt_id", "uid", "key"),
    "prompt": ("input", "question", "instruction", "query"),
    "output": ("text", "response", "completion", "generation", "answer", "generated"),
    "reference": ("target", "gold", "expected"),
    "label": ("class", "category", "true_label", "y"),
    "prediction": ("pred", "predicted", "predicted_label"),
    "score": ("reward", "rating", "accuracy", "correct"),
    "cycle": ("step", "round", "iteration", "generation_number", "epoch"),
    "lineage": ("model", "series", "run"),
}


def choose(rows: pd.DataFrame) -> dict[str, str]:
    """Ask for the column of each field; what is named alike is filled in."""
    columns = [str(c) for c in rows.columns]
    st.subheader("Which column is what")
    chosen: dict[str, str | None] = {}
    for name, place in zip(FIRST, [*st.columns(3), *st.columns(3)], strict=True):
        with place:
            chosen[name] = _ask(name, columns)
    with st.expander("Other fields"):
        rest = [f for f in FIELDS if f not in FIRST]
        places = [c for _ in range(0, len(rest), 3) for c in st.columns(3)]
        for name, place in zip(rest, places, strict=False):
            with place:
                chosen[name] = _ask(name, columns)
    return {name: column for name, column in chosen.items() if column is not None and column != name}


def _ask(name: str, columns: list[str]) -> str | None:
    options = [ABSENT, *columns]
    guess = guessed(name, columns)
    picked = st.selectbox(name, options, index=options.index(guess) if guess else 0, key=f"map_{name}")
    return None if picked in (None, ABSENT) else str(picked)


def guessed(name: str, columns: list[str]) -> str | None:
    """The column that a field most likely is: of that name, or of a usual other one."""
    lower = {c.lower(): c for c in reversed(columns)}
    return next((lower[n] for n in (name, *ALIKE.get(name, ())) if n in lower), None)
