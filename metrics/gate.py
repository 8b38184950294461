"""The one gate: raw rows in, typed outputs frame out, and every row that did not pass with its reason.

Outputs are untrusted text. What comes through here is text, numbers and lists, of known names and bounded
size; nothing else enters the store.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from metrics import traces
from metrics.columns import named_columns
from metrics.core import NUMBERED, TailwatchError
from metrics.fields import (
    ENOUGH,
    FACTS,
    FIELDS,
    KEY,
    TYPES,
    as_text,
    blank,
    clean,
    reject,
    text_column,
)

MAX_REJECT = 2_000
MAX_LINEAGES, MAX_CYCLES = 20, 1_000


@dataclass
class Gated:
    """What passed, in canonical order, what did not (row, reason, raw), and each cycle's own facts.

    An upload holds outputs or aggregates; the other of the two is empty.
    """

    outputs: pd.DataFrame
    rejects: pd.DataFrame
    facts: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    aggregates: pd.DataFrame = field(default_factory=pd.DataFrame)


def gate(
    rows: pd.DataFrame,
    *,
    lineage: str | None = None,
    cycle: int | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Gated:
    """Type, order and check raw rows.

    `mapping` gives field names their columns in `rows`. A `lineage` given here wins over the rows' own; a
    `cycle` given for rows of several cycles is refused. Raises TailwatchError where no row can be used.
    """
    rows, named = named_columns(rows, lineage, cycle, mapping or {})
    named = traces.untangled(named)
    reasons = pd.Series("", index=named.index, dtype=object)
    typed = pd.DataFrame(index=named.index)
    for name in FIELDS:
        column = named[name] if name in named else pd.Series(None, index=named.index, dtype=object)
        typed[name] = TYPES[name](name, column, reasons)
    for name in [c for c in named.columns if c.startswith("slice.")]:
        typed[name] = text_column(name, named[name], reasons)
    # A trace without words says nothing, which is not the same as having no output.
    typed["output"] = typed["output"].where(typed["output"].notna() | typed["actions"].isna(), "")
    typed["metadata"] = _metadata(named)
    _check_vectors(typed, reasons)
    _check_content(typed, reasons)
    notes = [*_number_samples(typed, named, reasons), *_replaced(typed), *_unnamed(named)]
    passed = usable(typed, reasons)
    rejects = rejected(rows, reasons, typed)
    return Gated(_finish(typed[passed]), rejects, cycle_facts(named[passed], typed[passed]), notes)


def usable(typed: pd.DataFrame, reasons: pd.Series) -> pd.Series:
    """Which rows have no reason against them; raises TailwatchError where none is left."""
    passed = reasons == ""
    if not passed.any():
        raise TailwatchError(
            "No row of the upload can be used.",
            f"All {len(reasons)} were rejected, the first because {reasons.iloc[0]}.",
            "Mend the file or map its columns with --map FIELD=COLUMN.",
        )
    _check_number(typed[passed])
    return passed


def no_outputs() -> pd.DataFrame:
    """The outputs frame of an upload that has none."""
    empty = pd.DataFrame(columns=[*FIELDS, "metadata", "example_key"], dtype=object)
    return empty.astype({"cycle": "int64", "sample": "int64", "example_key": "int64"})


def _extra(named: pd.DataFrame) -> list[str]:
    return [c for c in named.columns if c not in (*FIELDS, *FACTS) and not str(c).startswith("slice.")]


def _unnamed(named: pd.DataFrame) -> list[str]:
    """A word on columns that bear no field's name, where a field that most evals have is missing."""
    extra, missing = _extra(named), [name for name in ("output", "score") if name not in named]
    if not extra or not missing:
        return []
    names = ", ".join(f"'{c[:40]}'" for c in extra[:10]) + (" and more" if len(extra) > 10 else "")
    lacks = f"The upload has no {' and no '.join(missing)}"
    return [f"{lacks}; what it has beside fields is {names}. Map one with --map {missing[0]}=COLUMN."]


def _metadata(named: pd.DataFrame) -> pd.Series:
    """Columns that are nobody's field are kept as JSON: nothing is lost."""
    extra = _extra(named)
    if not extra:
        return pd.Series(None, index=named.index, dtype=object)
    texts: list[str | None] = []
    for row in named[extra].to_dict("records"):
        kept = {clean(str(k)): clean(text) for k, v in row.items() if (text := as_text(v))}
        texts.append(json.dumps(kept, ensure_ascii=False) if kept else None)
    return pd.Series(texts, named.index, dtype=object)


def _check_vectors(typed: pd.DataFrame, reasons: pd.Series) -> None:
    """A cycle has vectors of one length; another cycle may have another encoder."""
    lengths = typed["embedding"].map(lambda v: len(v) if v is not None else 0)
    given = lengths[lengths > 0]
    for _, own in given.groupby([typed["lineage"][given.index], typed["cycle"][given.index]], dropna=False):
        usual = int(own.mode().iloc[0])
        wrong = pd.Series(False, typed.index)
        wrong[own.index] = own != usual
        reject(reasons, wrong, f"its embedding has not {usual} numbers")


def _check_number(typed: pd.DataFrame) -> None:
    """A column taken for lineage or cycle by mistake has a value for every row."""
    for name, most in (("lineage", MAX_LINEAGES), ("cycle", MAX_CYCLES)):
        found = typed[name].nunique()
        if found > most:
            raise TailwatchError(
                f"The upload names {found} different values of {name};",
                f"{most} are the most in one upload.",
                "Is the right column mapped?",
            )


def _check_content(typed: pd.DataFrame, reasons: pd.Series) -> None:
    """A failed output stays, in the denominator; a row that says nothing at all does not."""
    empty = typed[[*ENOUGH, "error", "label"]].isna().all(axis=1)
    reject(reasons, empty, "it has no output, prediction, embedding or score, and no error")


def _number_samples(typed: pd.DataFrame, named: pd.DataFrame, reasons: pd.Series) -> list[str]:
    key = ["lineage", "cycle", "example_id"]
    passed = reasons == ""
    if "sample" in named and named["sample"].notna().any():
        typed["sample"] = typed["sample"].fillna(0).astype("Int64")
        again = typed[passed].duplicated([*key, "sample", "seed"])
        reject(reasons, again.reindex(typed.index, fill_value=False), "its example_id and sample came before")
        return []
    vectors = typed["embedding"].map(lambda v: None if v is None else v.tobytes())
    steps = typed["actions"].map(lambda v: None if v is None else tuple(v))
    content = typed.assign(embedding=vectors, actions=steps)[passed].drop(columns="sample")
    often = content.groupby(key, dropna=False).size() > 1
    # Where most prompts have several outputs, equal ones are what a collapse looks like, not a mistake.
    if often.mean() < 0.5:
        again = content.duplicated().reindex(typed.index, fill_value=False)
        reject(reasons, again, "it repeats an earlier row")
    order = typed[reasons == ""].groupby([*key, "seed"], dropna=False).cumcount()
    typed["sample"] = order.reindex(typed.index, fill_value=0).astype("Int64")
    several = int((order > 0).sum())
    many = f"{several} rows repeat" if several > 1 else "1 row repeats"
    return [f"{many} an example_id: taken as further samples of it."] if several else []


def _replaced(typed: pd.DataFrame) -> list[str]:
    """A word on bytes that were not UTF-8, NULs and lone surrogates: each stands as U+FFFD now."""
    hit = np.zeros(len(typed), bool)
    for name in ("prompt", "output", "label", "prediction"):
        hit |= typed[name].map(lambda t: isinstance(t, str) and "\ufffd" in t).to_numpy(bool)
    many = int(hit.sum())
    return [f"{many} rows hold characters that are not valid UTF-8; they were replaced."] if many else []


def rejected(rows: pd.DataFrame, reasons: pd.Series, typed: pd.DataFrame) -> pd.DataFrame:
    """The rows with a reason against them, numbered as in their file, else from 1.

    Lineage and cycle are missing where a row has none.
    """
    wrong = reasons.to_numpy() != ""
    number = rows.index if rows.index.name == NUMBERED else pd.RangeIndex(1, len(rows) + 1)
    out = rows.reset_index(drop=True)[wrong]
    raw = [json.dumps(row, ensure_ascii=True, default=str)[:MAX_REJECT] for row in out.to_dict("records")]
    columns = {"row": number[wrong], "reason": reasons[wrong].to_numpy(), "raw": raw}
    place = {name: typed[name][wrong].array for name in ("lineage", "cycle")}
    return pd.DataFrame({**columns, **place}).astype({"reason": object})


def _finish(typed: pd.DataFrame) -> pd.DataFrame:
    typed = typed.astype({"cycle": "int64", "sample": "int64"})
    keys = typed["example_id"].astype(str) + "\x1f" + typed["prompt"].fillna("").astype(str)
    # The key of a prompt is its id and its words: the same id asked differently is another prompt.
    typed["example_key"] = pd.util.hash_array(keys.to_numpy(object)).view(np.int64)
    return typed.sort_values(list(KEY), kind="stable").reset_index(drop=True)


def cycle_facts(named: pd.DataFrame, typed: pd.DataFrame) -> dict[tuple[str, int], dict[str, str]]:
    """Facts of a cycle that ride in its rows must be the same in all of them; each seed has a checkpoint."""
    found: dict[tuple[str, int], dict[str, str]] = {}
    keys = pd.Series(list(zip(typed["lineage"], typed["cycle"], strict=True)), named.index, dtype=object)
    for key in sorted(set(keys)):
        part, (lineage, cycle) = named[keys == key], key
        facts = found.setdefault((str(lineage), int(cycle)), {})
        for name in [f for f in FACTS if f in named.columns]:
            told = part[name][~blank(part[name])].map(as_text)
            values = _different(told, name, typed.set_axis(named.index).loc[told.index])
            if len(values) > 1:
                raise TailwatchError(
                    f"The rows of cycle {cycle} disagree on its {name}:",
                    f"'{str(values[0])[:40]}' and '{str(values[1])[:40]}'.",
                    "A cycle has one.",
                )
            if len(values):
                fact = clean(str(values[0]))
                # A cycle's number as a table of floats writes it, 3.0, is the number 3.
                facts[name] = re.sub(r"\.0+$", "", fact) if name == "parent" else fact
    return found


def _different(told: pd.Series, name: str, typed: pd.DataFrame) -> Sequence[str]:
    """What the rows of a cycle say of one fact; where each retrain has a checkpoint, all of them as one."""
    values: Sequence[str] = told.unique().tolist()
    if len(values) < 2 or name != "checkpoint" or "seed" not in typed:
        return values
    retrains = told.groupby(typed["seed"], dropna=False)
    return [", ".join(retrains.first())] if (retrains.nunique() == 1).all() else values
