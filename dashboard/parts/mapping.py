"""Which column is which field."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.words import apart, plain
from metrics import aggregates
from metrics.columns import MAX_SLICES
from metrics.core import RawTable
from metrics.fields import ENOUGH, FACTS, FIELDS

# No column is called so: a file that holds this sign has it replaced, or is refused.
ABSENT = "\x00absent"
FIRST = ("example_id", "prompt", "output", "label", "prediction", "score")
ALIKE = {
    "example_id": ("id", "example", "question_id", "prompt_id", "item_id", "uid", "ticket", "key"),
    "prompt": ("input", "question", "instruction", "query"),
    "output": ("answer", "response", "completion", "text", "generation", "generated"),
    "label": ("true_label", "category", "class", "topic", "gold", "target", "y"),
    "prediction": ("pred", "predicted", "predicted_label", "guess"),
    "score": ("accuracy", "acc", "correct", "rating", "reward", "judge"),
    "reference": ("expected", "ground_truth"),
    "cycle": ("step", "round", "iteration", "generation_number", "epoch"),
    "lineage": ("model", "series", "run"),
    "metric": ("metric_name", "measure", "name"),
    "value": ("metric_value", "mean", "result"),
    "stderr": ("se", "standard_error", "std_err", "sem"),
    "n": ("count", "samples", "size"),
}
# What the rows of an upload may be, and the fields of each: those asked first, and all.
KINDS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "outputs": ("Eval outputs", FIRST, FIELDS),
    "values": ("Metric values measured elsewhere", aggregates.FIELDS[2:6], aggregates.FIELDS),
}


@dataclass(frozen=True)
class Choice:
    """The column of each field, and the columns that have a field's name and are not to be it."""

    mapping: dict[str, str]
    unused: tuple[str, ...]

    def applied(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows with their unused columns under other names, so that they become nobody's field."""
        names = {name: _free(f"{name} (not used)", rows) for name in self.unused if name in rows}
        return rows.rename(columns=names)

    def tables(self, tables: Sequence[RawTable]) -> list[RawTable]:
        """The same for whole tables."""
        return [RawTable(self.applied(t.rows), t.rejects) for t in tables]


def _free(name: str, rows: pd.DataFrame) -> str:
    while name in rows:
        name += "_"
    return name


def choose(rows: pd.DataFrame) -> Choice:
    """Ask for the column of each field; what is named alike is filled in."""
    columns = [str(c) for c in rows.columns]
    shown = apart([ABSENT, *columns], _shown)
    st.subheader("Which column is what")
    kind = _kind(rows)
    _, first, every = KINDS[kind]
    guesses = guessed(columns, every)
    chosen = _ask_all(first, columns, guesses, shown)
    with st.expander("Other fields"):
        chosen |= _ask_all([f for f in every if f not in first], columns, guesses, shown)
    fields = {name: column for name, column in chosen.items() if column is not None}
    mapping = {name: column for name, column in fields.items() if column != name}
    if kind == "outputs":
        mapping |= _slices(columns, set(fields.values()), shown)
    # Beside metric values, what looks like an output would make an upload of outputs.
    dropped = [n for n in (*every, *ENOUGH) if chosen.get(n) is None and n in columns]
    return Choice(mapping, tuple(n for n in dict.fromkeys(dropped) if n not in mapping.values()))


def _kind(rows: pd.DataFrame) -> str:
    """Ask what the rows are; what the columns say is filled in."""
    guess = "values" if aggregates.is_upload(rows, {}) else "outputs"
    # The key moves with the guess, so that another file starts from its own.
    picked = st.radio(
        "What the rows are", list(KINDS), index=list(KINDS).index(guess), key=f"kind_{guess}",
        format_func=lambda k: KINDS[k][0], horizontal=True,
    )  # fmt: skip
    return str(picked)


def _ask_all(
    names: Sequence[str], columns: list[str], guesses: dict[str, str], shown: Callable[[str], str]
) -> dict[str, str | None]:
    places = [c for _ in range(0, len(names), 3) for c in st.columns(3)]
    chosen = {}
    for name, place in zip(names, places, strict=False):
        with place:
            chosen[name] = _ask(name, columns, guesses.get(name), shown)
    return chosen


def _shown(column: str) -> str:
    return "(not in the file)" if column == ABSENT else plain(column)


def _ask(name: str, columns: list[str], guess: str | None, shown: Callable[[str], str]) -> str | None:
    options = [ABSENT, *columns]
    start = options.index(guess) if guess is not None else 0
    picked = st.selectbox(name, options, index=start, key=f"map_{name}", format_func=shown)
    return None if picked in (None, ABSENT) else str(picked)


def _slices(columns: list[str], taken: set[str], shown: Callable[[str], str]) -> dict[str, str]:
    """Ask which of the other columns divide the outputs: each becomes the slice of its name."""
    free = [c for c in columns if c not in taken and _can_slice(c, columns)]
    most = MAX_SLICES - sum(c.startswith("slice.") for c in columns)
    if not free or most < 1:
        return {}
    # What has become a field since it was picked is no slice any more.
    st.session_state["slice_columns"] = [c for c in st.session_state.get("slice_columns", []) if c in free]
    picked = st.multiselect(
        "Columns to slice by", free, key="slice_columns", format_func=shown, max_selections=most,
        placeholder="language, customer tier, ...",
        help="Everything is measured once more for each value of such a column.",
    )  # fmt: skip
    return {f"slice.{column}": column for column in picked}


def _can_slice(column: str, columns: list[str]) -> bool:
    if column in (*FACTS, "slices") or column.startswith("slice.") or not column.strip():
        return False
    return f"slice.{column}" not in columns


def guessed(columns: Sequence[str], fields: Sequence[str] = FIELDS) -> dict[str, str]:
    """The column that each field most likely is: of that name, or of a usual other one; none serves twice.

    >>> guessed(["ID", "answer", "topic", "acc"])
    {'example_id': 'ID', 'output': 'answer', 'label': 'topic', 'score': 'acc'}
    """
    # What is spelled exactly as a field is that field: the gate takes it so.
    found = {c: c for c in columns if c in fields}
    left = {_spelled(c): c for c in reversed(columns) if c not in found}
    for names in ({n: (n,) for n in fields}, {n: usual for n, usual in ALIKE.items() if n in fields}):
        for name, usual in names.items():
            hit = next((n for n in usual if n in left), None)
            if name not in found and hit is not None:
                found[name] = left.pop(hit)
    return {name: found[name] for name in dict.fromkeys([*FIRST, *fields]) if name in found}


def _spelled(column: str) -> str:
    """A name as it is compared: 'Question ID' and 'question-id' are one."""
    return re.sub(r"[\s.-]+", "_", column.strip()).lower()
