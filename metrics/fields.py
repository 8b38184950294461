"""The fields of the outputs frame, and how a raw column becomes one of them.

Each parser takes a field's name, its raw column and the series of reasons so far; it writes a reason for
every row it cannot take and returns the typed column.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from metrics.core import TailwatchError

TEXT = ("prompt", "output", "reference", "label", "prediction", "finish_reason", "error")
# An empty output is an output; an empty label or error, as CSV writes it, is none.
TRIMMED = ("label", "prediction", "finish_reason", "error")
NUMBER = ("score", "logprob")
FACTS = ("checkpoint", "parent", "mix", "decoding", "encoder", "scorer", "cycle_label", "notes")
KEY = ("lineage", "cycle", "example_id", "sample", "seed")
FIELDS = (*KEY, *TEXT, *NUMBER, "weight", "embedding", "verified", "actions")
ENOUGH = ("output", "prediction", "embedding", "score", "actions")
MAX_CHARACTERS = 10_000_000
MAX_ID = 2_000
MAX_ACTIONS, MAX_ACTION = 10_000, 200
# Beyond these, squares of sums of squares over a cycle no longer fit a float.
MOST_NUMBER, LEAST_WEIGHT, MOST_WEIGHT = 1e60, 1e-30, 1e30
# Finish reasons that say that an output met the limit of its length.
TRUNCATED = ("length", "max_tokens", "max_output_tokens", "token_limit", "model_length", "truncated")
MIX_KINDS = ("human", "generative", "simulation", "augmentation", "verified", "reviewed", "replaced", "added")


def blank(column: pd.Series) -> pd.Series:
    """Which cells hold nothing."""
    return column.isna() | column.map(lambda v: isinstance(v, str) and not v.strip()).astype(bool)


def reject(reasons: pd.Series, where: pd.Series, reason: str) -> None:
    """Write a reason for the rows that have none yet."""
    reasons.loc[where & (reasons == "")] = reason


def clean(text: str) -> str:
    """Replace what DuckDB or a screen cannot hold, lone surrogates and NUL, by the replacement character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        # By way of UTF-16, two surrogates that stand side by side become the character they mean.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", "\ufffd")


def as_text(value: Any) -> str | None:
    """One cell as text: lists and objects as JSON, whole floats as integers, None for nothing."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return (
        json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value)
    )


def text_column(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    """Any column as clean text, None where there is none; labels and the like lose outer spaces."""
    trim = name in TRIMMED or name.startswith("slice.")
    texts: list[str | None] = []
    long = np.zeros(len(column), bool)
    for i, value in enumerate(column):
        text = as_text(value)
        long[i] = text is not None and len(text) > MAX_CHARACTERS
        text = None if text is None or long[i] else clean(text)
        texts.append((text.strip() or None) if trim and text is not None else text)
    reject(reasons, pd.Series(long, column.index), f"its {name} is longer than {MAX_CHARACTERS:,} characters")
    return pd.Series(texts, column.index, dtype=object)


def required_text(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    """Any column as clean text, a cell with nothing in it rejected."""
    reject(reasons, blank(column), f"it has no {name}")
    long = column.map(lambda v: isinstance(v, str) and len(v) > MAX_ID).astype(bool)
    reject(reasons, long, f"its {name} is longer than {MAX_ID} characters")
    return text_column(name, column, reasons)


_WORDS = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "pass": 1.0, "fail": 0.0}


def number_column(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    """Any column as finite numbers, NaN where there is none."""
    words = column.map(lambda v: _WORDS.get(v.strip().lower(), v) if isinstance(v, str) else v)
    numbers = pd.to_numeric(words.map(plain), errors="coerce")
    wrong = numbers.isna() & ~blank(column) & ~column.map(_is_nan).astype(bool)
    example = " ".join(clean(str(column[wrong].iloc[0])).split()) if wrong.any() else ""
    reject(reasons, wrong, f"its {name} is not a number ('{example[:40]}')")
    reject(reasons, numbers.abs() == math.inf, f"its {name} is not finite")
    return numbers.astype(float).replace([math.inf, -math.inf], math.nan)


def _measurable(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    numbers = number_column(name, column, reasons)
    reject(reasons, numbers.abs() > MOST_NUMBER, f"its {name} is beyond {MOST_NUMBER:g}")
    return numbers


def plain(value: Any) -> Any:
    """Booleans and integers as floats: JSON knows integers that no float can hold."""
    try:
        return float(value) if isinstance(value, bool | np.bool_ | int) else value
    except OverflowError:
        return math.inf


def _is_nan(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() in ("nan", "none", "null")


def _weight(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    numbers = number_column(name, column, reasons).fillna(1.0)
    reject(reasons, numbers <= 0, "its weight is not above 0")
    outside = ~numbers.between(LEAST_WEIGHT, MOST_WEIGHT)
    reject(reasons, outside, f"its weight is not from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}")
    return numbers


def _count(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    numbers = number_column(name, column, reasons)
    whole = numbers.isna() | ((numbers >= 0) & (numbers == numbers.round()) & (numbers < 2**31))
    reject(reasons, ~whole, f"its {name} is not a whole number from 0")
    return numbers.where(whole).astype("Int64")


def required_count(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    """Whole numbers from 0, a cell with nothing in it rejected."""
    reject(reasons, blank(column), f"it has no {name}")
    return _count(name, column, reasons)


def _boolean(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    return (
        number_column(name, column, reasons).map(lambda v: None if math.isnan(v) else v > 0).astype("boolean")
    )


def _vector(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    parsed = column.map(_as_vector).astype(object)
    wrong = parsed.map(lambda v: v is False).astype(bool)
    reject(reasons, wrong, f"its {name} is not a list of finite numbers")
    return parsed.where(~wrong, None)


def _parsed(value: Any) -> Any:
    """A cell that may be JSON: what it holds, None for nothing, False for what is none."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return False


def _as_vector(value: Any) -> Any:
    value = _parsed(value)
    if value is None:
        return None
    try:
        vector = np.asarray(value, np.float64)
    except (TypeError, ValueError, OverflowError):
        return False
    fits = vector.ndim == 1 and len(vector) and (np.abs(vector) <= np.finfo(np.float32).max).all()
    return vector.astype(np.float32) if fits else False


def _actions(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    found = [_as_list(value) for value in column]
    wrong = pd.Series([_why_not(steps) for steps in found], column.index, dtype=object)
    for why in wrong[wrong != ""].unique():
        reject(reasons, wrong == why, f"its {name} {why}")
    fits = [None if why else steps for steps, why in zip(found, wrong, strict=True)]
    return pd.Series(fits, column.index, dtype=object)


def _why_not(steps: list[str] | bool | None) -> str:
    if isinstance(steps, bool):
        return "is not a list of texts"
    if steps and len(steps) > MAX_ACTIONS:
        return f"has more than {MAX_ACTIONS:,} entries"
    if steps and max(map(len, steps)) > MAX_ACTION:
        return f"has an entry longer than {MAX_ACTION} characters"
    return ""


def _as_list(value: Any) -> list[str] | bool | None:
    """A cell as a list of texts, None for nothing, False where it is something else."""
    value = _parsed(value)
    if value is None:
        return None
    value = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        return False
    return [clean(v.strip()) for v in value]


TYPES: dict[str, Callable[[str, pd.Series, pd.Series], pd.Series]] = {
    **dict.fromkeys(TEXT, text_column),
    **dict.fromkeys(NUMBER, _measurable),
    "lineage": required_text,
    "cycle": required_count,
    "example_id": required_text,
    "sample": _count,
    "seed": _count,
    "weight": _weight,
    "embedding": _vector,
    "verified": _boolean,
    "actions": _actions,
}


def parse_pairs(text: str, what: str) -> dict[str, float]:
    """Read 'human=20000,generative=80000'.

    >>> parse_pairs("human=20,generative=80", "mix")
    {'human': 20.0, 'generative': 80.0}
    """
    pairs: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, value = part.partition("=")
        try:
            pairs[name.strip()] = float(value)
        except ValueError:
            raise TailwatchError(
                f"The {what} '{text[:80]}' cannot be read:", f"'{part[:40]}' is not NAME=NUMBER."
            ) from None
    return pairs


def parse_mix(text: str) -> dict[str, float]:
    """Read a training mix: counts by kind, none negative."""
    mix = parse_pairs(text, "mix")
    for kind, count in mix.items():
        if kind not in MIX_KINDS or not (count >= 0 and math.isfinite(count)):
            raise TailwatchError(
                f"The training mix has '{kind[:40]}={count:g}'.",
                f"Kinds are {', '.join(MIX_KINDS)}, counts from 0.",
            )
    return mix
