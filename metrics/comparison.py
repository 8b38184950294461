"""The sizes and sets frozen with a baseline, under which cycles are measured alike.

A trend is only worth drawing if every point was measured alike: the same prompts, the same number of texts,
the same token budget, tokenizer, encoder, reference, class set and tail set. A `Comparison` holds all of
these; its key is part of the identity of every stored value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics import phrasings, stats, text
from metrics.baselines import BASELINE_CYCLES as BASELINE_CYCLES
from metrics.core import GROUPS
from metrics.modes import Modes
from metrics.phrasings import Phrasings

TAIL_MASS = 0.2
SHARE = 0.9
MOST_SLICES = 50
WHOLE = ""

Keys = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Comparison:
    """The frozen conditions of measurement.

    `sizes` gives m by slice, '' for the whole; `mass` the natural mass of each class; `vocabulary` the
    number of different words of the baseline; `surprise` the negative log-probability that one reference
    output in twenty exceeds; `modes` the kinds of output where nobody named classes; `phrasings` what the
    baseline says again and again. `source` names the data all this was made from, and `narrower` says that
    it was fitted to one smaller cycle.
    """

    baseline: tuple[int, ...]
    sizes: Mapping[str, int]
    classes: tuple[str, ...]
    tail: tuple[str, ...]
    encoder: str
    reference: str
    cohort: Keys = field(repr=False)
    tokenizer: str = text.VERSION
    token_budget: int = text.TOKEN_BUDGET
    mass: Mapping[str, float] = field(default_factory=dict)
    vocabulary: int = 0
    surprise: float | None = None
    modes: Modes | None = None
    phrasings: Phrasings | None = None
    source: str = ""
    narrower: bool = False

    def as_json(self) -> str:
        """Everything but the list of prompts, whose digest stands for it."""
        facts = {
            "baseline": list(self.baseline),
            "sizes": dict(sorted(self.sizes.items())),
            "classes": list(self.classes),
            "tail": list(self.tail),
            "encoder": self.encoder,
            "reference": self.reference,
            "cohort": hashlib.blake2b(self.cohort.tobytes(), digest_size=12).hexdigest(),
            "prompts": len(self.cohort),
            "tokenizer": self.tokenizer,
            "token_budget": self.token_budget,
            "mass": dict(sorted(self.mass.items())),
            "vocabulary": self.vocabulary,
            "surprise": self.surprise,
            "modes": self.modes.as_dict() if self.modes else None,
            "phrasings": self.phrasings.as_dict() if self.phrasings else None,
            "source": self.source,
            "narrower": self.narrower,
        }
        return json.dumps(facts, sort_keys=True)

    @cached_property
    def key(self) -> str:
        """Short name of exactly these conditions."""
        return hashlib.blake2b(self.as_json().encode(), digest_size=8).hexdigest()

    @staticmethod
    def from_json(text: str, cohort: Keys) -> Comparison:
        """The comparison that `as_json` wrote down, with its list of prompts."""
        facts = json.loads(text)
        modes = Modes.from_dict(facts["modes"]) if facts["modes"] else None
        said = Phrasings.from_dict(facts["phrasings"]) if facts["phrasings"] else None
        known: dict[str, Any] = {name: facts[name] for name in facts if name not in ("cohort", "prompts")}
        known |= {name: tuple(facts[name]) for name in ("baseline", "classes", "tail")}
        known |= {"modes": modes, "phrasings": said}
        return Comparison(**known, cohort=cohort)


def class_mass(labels: pd.Series, weights: pd.Series) -> dict[str, float]:
    """Natural mass of each class: the sum of its rows' weights."""
    kept = labels.notna()
    return {str(k): float(v) for k, v in weights[kept].groupby(labels[kept]).sum().items()}


def build(
    frames: Mapping[int, pd.DataFrame],
    *,
    encoder: str,
    reference: pd.DataFrame | None = None,
    reference_name: str = "",
    declared_tail: Sequence[str] = (),
    modes: Modes | None = None,
    source: str = "",
) -> Comparison:
    """Freeze the conditions of measurement from the baseline cycles' outputs frames.

    Natural mass comes from the reference's labels, else from the baseline's, weighted; a declared tail
    overrides both.
    """
    cohort = common([_prompts(frame) for frame in frames.values() if len(frame)])
    within = {c: frame[frame["example_key"].isin(cohort)] for c, frame in frames.items()}
    pooled = pd.concat(list(within.values()))
    labelled = reference is not None and reference["label"].notna().any()
    rows = reference if reference is not None and labelled else pooled
    mass = class_mass(rows["label"], rows["weight"])
    return Comparison(
        baseline=tuple(frames),
        sizes=sizes(list(within.values())),
        classes=tuple(sorted(mass)),
        tail=tuple(sorted(declared_tail)) or tuple(sorted(stats.rarest(mass, TAIL_MASS))),
        encoder=encoder,
        reference=reference_name,
        cohort=cohort,
        mass=mass,
        vocabulary=len(np.unique(text.words(pooled["output"]).hashes)),
        surprise=_surprise(pooled),
        modes=modes,
        phrasings=phrasings.find(pooled),
        source=source,
    )


def _surprise(rows: pd.DataFrame) -> float | None:
    known = rows["logprob"].notna()
    if not known.any():
        return None
    return stats.weighted_quantile(-rows["logprob"][known].to_numpy(float), 0.95, rows["weight"][known])


def _prompts(frame: pd.DataFrame) -> Keys:
    return np.unique(frame["example_key"].to_numpy(np.int64))


def common(sets: Sequence[Keys]) -> Keys:
    """The prompts that all have."""
    result = sets[0] if sets else np.empty(0, np.int64)
    for other in sets[1:]:
        result = np.intersect1d(result, other, assume_unique=True)
    return result


def sizes(frames: Sequence[pd.DataFrame]) -> dict[str, int]:
    """m by slice: what the smallest cycle still has with any one prompt group left out, at most SHARE of it.

    Cycles without outputs limit nothing.
    """
    asked = [frame for frame in frames if len(frame)]
    found: dict[str, list[int]] = {WHOLE: [] if asked else [0]}
    for frame in asked:
        for name, rows in _rows_by_group(frame).items():
            found.setdefault(name, []).append(_size(rows))
    return {name: min(each) for name, each in sorted(found.items()) if len(each) >= len(asked)}


def _rows_by_group(frame: pd.DataFrame) -> dict[str, Keys]:
    """How many rows each prompt group has, (GROUPS,), by slice, '' for the whole; every slice in one pass."""
    group = stats.groups(frame["example_id"])
    found = {WHOLE: np.bincount(group, minlength=GROUPS)}
    for column in _slice_columns(frame):
        codes, values = pd.factorize(frame[column])
        told = codes >= 0
        counts = np.bincount(codes[told] * GROUPS + group[told], minlength=GROUPS * len(values))
        named = (_slice_name(column, value) for value in values)
        found |= dict(zip(named, counts.reshape(-1, GROUPS), strict=True))
    return found


def _size(rows: Keys) -> int:
    total = int(rows.sum())
    return max(1, min(int(SHARE * total), total - int(rows.max())))


def _slice_columns(frame: pd.DataFrame) -> list[str]:
    return [c for c in frame.columns if c.startswith("slice.")]


def _slice_name(column: str, value: object) -> str:
    return f"{column.removeprefix('slice.')}={value}"


def slice_names(frame: pd.DataFrame) -> list[str]:
    """The slices present in a frame, as 'column=value', in order."""
    return sorted(_slice_name(c, v) for c in _slice_columns(frame) for v in frame[c].dropna().unique())


def measured_slices(frame: pd.DataFrame) -> list[str]:
    """The slices that are measured: at most MOST_SLICES, those with most rows, in order."""
    rows = {
        _slice_name(column, value): int(count)
        for column in _slice_columns(frame)
        for value, count in frame[column].value_counts().items()
    }
    return sorted(sorted(rows, key=lambda name: (-rows[name], name))[:MOST_SLICES])


def slice_mask(frame: pd.DataFrame, name: str) -> npt.NDArray[np.bool_]:
    """Which rows belong to the slice 'column=value'."""
    column, _, value = name.partition("=")
    if f"slice.{column}" not in frame.columns:
        return np.zeros(len(frame), bool)
    return np.asarray((frame[f"slice.{column}"] == value).fillna(False), bool)


def narrowed(whole: Comparison, frames: Mapping[int, pd.DataFrame], frame: pd.DataFrame) -> Comparison:
    """The comparison for one later cycle: `whole` itself, or smaller where the cycle is smaller.

    Prompts that the cycle lacks are left out on both sides, and m shrinks to what the cycle can give. It
    serves that one verdict; what was measured under `whole` stays as it is. A cycle without outputs is
    compared by its aggregates alone, and one whose baseline has none is measured on prompts of its own.
    """
    if frame.empty:
        return whole
    keys = _prompts(frame)
    if not len(whole.cohort):
        return replace(whole, cohort=keys, sizes=sizes([frame]))
    cohort = np.intersect1d(whole.cohort, keys, assume_unique=True)
    rows = frame[frame["example_key"].isin(cohort)]
    if len(cohort) == len(whole.cohort):
        base = whole
    else:
        kept = [f[f["example_key"].isin(cohort)] for f in frames.values()]
        base = replace(whole, cohort=cohort, sizes=sizes(kept), narrower=True)
    able = sizes([rows])
    fitted = {
        name: min(size, able.get(name, size), whole.sizes.get(name, size))
        for name, size in base.sizes.items()
    }
    return base if fitted == dict(base.sizes) else replace(base, sizes=fitted, narrower=True)
