"""Which column is which field."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.words import apart, plain
from metrics.columns import MAX_SLICES
from metrics.core import RawTable
from metrics.fields import FACTS, FIELDS

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
    guesses, shown = guessed(columns), apart([ABSENT, *columns], _shown)
    st.subheader("Which column is what")
    chosen: dict[str, str | None] = {}
    for name, place in zip(FIRST, [*st.columns(3), *st.columns(3)], strict=True):
        with place:
            chosen[name] = _ask(name, columns, guesses.get(name), shown)
    with st.expander("Other fields"):
        rest = [f for f in FIELDS if f not in FIRST]
        places = [c for _ in range(0, len(rest), 3) for c in st.columns(3)]
        for name, place in zip(rest, places, strict=False):
            with place:
                chosen[name] = _ask(name, columns, guesses.get(name), shown)
    fields = {name: column for name, column in chosen.items() if column is not None}
    mapping = {name: column for name, column in fields.items() if column != name}
    mapping |= _slices(columns, set(fields.values()), shown)
    dropped = [n for n, column in chosen.items() if column is None and n in columns]
    return Choice(mapping, tuple(n for n in dropped if n not in mapping.values()))


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


def guessed(columns: Sequence[str]) -> dict[str, str]:
    """The column that each field most likely is: of that name, or of a usual other one; none serves twice.

    >>> guessed(["ID", "answer", "topic", "acc"])
    {'example_id': 'ID', 'output': 'answer', 'label': 'topic', 'score': 'acc'}
    """
    # What is spelled exactly as a field is that field: the gate takes it so.
    found = {c: c for c in columns if c in FIELDS}
    left = {_spelled(c): c for c in reversed(columns) if c not in found}
    for names in ({n: (n,) for n in FIELDS}, ALIKE):
        for name, usual in names.items():
            hit = next((n for n in usual if n in left), None)
            if name not in found and hit is not None:
                found[name] = left.pop(hit)
    return {name: found[name] for name in dict.fromkeys([*FIRST, *FIELDS]) if name in found}


def _spelled(column: str) -> str:
    """A name as it is compared: 'Question ID' and 'question-id' are one."""
    return re.sub(r"[\s.-]+", "_", column.strip()).lower()
