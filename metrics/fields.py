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
FIELDS = (*KEY, *TEXT, *NUMBER, "weight", "embedding", "verified")
ENOUGH = ("output", "prediction", "embedding", "score")
MAX_CHARACTERS = 10_000_000
MAX_ID = 2_000
MIX_KINDS = ("human", "generative", "simulation", "augmentation", "verified", "reviewed", "replaced", "added")


def blank(column: pd.Series) -> pd.Series:
    """Which cells hold nothing."""
    return column.isna() | column.map(lambda v: isinstance(v, str) and not v.strip()).astype(bool)


def reject(reasons: pd.Series, where: pd.Series, reason: str) -> None:
    """Write a reason for the rows that have none yet."""
    reasons.loc[where & (reasons == "")] = reason


def clean(text: str) -> str:
    """Replace what DuckDB or a screen cannot hold, lone surrogates and NUL, by the replacement character."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd") if text else text


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


def _required_text(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    reject(reasons, blank(column), f"it has no {name}")
    long = column.map(lambda v: isinstance(v, str) and len(v) > MAX_ID).astype(bool)
    reject(reasons, long, f"its {name} is longer than {MAX_ID} characters")
    return text_column(name, column, reasons)


_WORDS = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "pass": 1.0, "fail": 0.0}


def _number(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    words = column.map(lambda v: _WORDS.get(v.strip().lower(), v) if isinstance(v, str) else v)
    numbers = pd.to_numeric(words.map(plain), errors="coerce")
    wrong = numbers.isna() & ~blank(column) & ~column.map(_is_nan).astype(bool)
    example = " ".join(clean(str(column[wrong].iloc[0])).split()) if wrong.any() else ""
    reject(reasons, wrong, f"its {name} is not a number ('{example[:40]}')")
    reject(reasons, numbers.abs() == math.inf, f"its {name} is not finite")
    return numbers.astype(float).replace([math.inf, -math.inf], math.nan)


def plain(value: Any) -> Any:
    """Booleans and integers as floats: JSON knows integers that no float can hold."""
    try:
        return float(value) if isinstance(value, bool | np.bool_ | int) else value
    except OverflowError:
        return math.inf


def _is_nan(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() in ("nan", "none", "null")


def _weight(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    numbers = _number(name, column, reasons).fillna(1.0)
    reject(reasons, numbers <= 0, "its weight is not above 0")
    return numbers


def _count(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    numbers = _number(name, column, reasons)
    whole = numbers.isna() | ((numbers >= 0) & (numbers == numbers.round()) & (numbers < 2**31))
    reject(reasons, ~whole, f"its {name} is not a whole number from 0")
    return numbers.where(whole).astype("Int64")


def _required_count(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    reject(reasons, blank(column), f"it has no {name}")
    return _count(name, column, reasons)


def _boolean(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    return _number(name, column, reasons).map(lambda v: None if math.isnan(v) else v > 0).astype("boolean")


def _vector(name: str, column: pd.Series, reasons: pd.Series) -> pd.Series:
    parsed = column.map(_as_vector).astype(object)
    wrong = parsed.map(lambda v: v is False).astype(bool)
    reject(reasons, wrong, f"its {name} is not a list of finite numbers")
    return parsed.where(~wrong, None)


def _as_vector(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return False
    try:
        vector = np.asarray(value, np.float64)
    except (TypeError, ValueError, OverflowError):
        return False
    fits = vector.ndim == 1 and len(vector) and (np.abs(vector) <= np.finfo(np.float32).max).all()
    return vector.astype(np.float32) if fits else False


TYPES: dict[str, Callable[[str, pd.Series, pd.Series], pd.Series]] = {
    **dict.fromkeys(TEXT, text_column),
    **dict.fromkeys(NUMBER, _number),
    "lineage": _required_text,
    "cycle": _required_count,
    "example_id": _required_text,
    "sample": _count,
    "seed": _count,
    "weight": _weight,
    "embedding": _vector,
    "verified": _boolean,
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
