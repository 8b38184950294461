"""What makes two cycles comparable, and the sizes and sets frozen with a baseline.

A trend is only worth drawing if every point was measured alike: the same prompts, the same number of texts,
the same token budget, tokenizer, encoder, reference, class set and tail set. A `Comparison` holds all of
these; its key is part of the identity of every stored value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics import stats, text
from metrics.core import GROUPS, Standing

BASELINE_CYCLES = 4
SHARED_NEEDED = 0.8
TAIL_MASS = 0.2
WHOLE = ""

Keys = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Comparison:
    """The frozen conditions of measurement. `sizes` gives m by slice, '' for the whole."""

    baseline: tuple[int, ...]
    sizes: Mapping[str, int]
    classes: tuple[str, ...]
    tail: tuple[str, ...]
    encoder: str
    reference: str
    cohort: Keys = field(repr=False)
    tokenizer: str = text.VERSION
    token_budget: int = text.TOKEN_BUDGET

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
        }
        return json.dumps(facts, sort_keys=True)

    @property
    def key(self) -> str:
        """Short name of exactly these conditions."""
        return hashlib.blake2b(self.as_json().encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Conditions:
    """What of one cycle decides with which others it may be compared. `prompts` is sorted and unique."""

    cycle: int
    prompts: Keys = field(repr=False)
    decoding: str | None = None
    scorer: str | None = None
    encoder: str | None = None
    embedding: str | None = None


def shared(one: Keys, other: Keys) -> float:
    """Share of the smaller set of prompts that both have."""
    smaller = min(len(one), len(other))
    return len(np.intersect1d(one, other, assume_unique=True)) / smaller if smaller else 0.0


def difference(now: Conditions, then: Conditions) -> str | None:
    """Why two cycles may not be compared, in words, or None where they may."""
    part = shared(now.prompts, then.prompts)
    if part < SHARED_NEEDED:
        return f"only {part:.0%} of its prompts are those of cycle {then.cycle}"
    for name in ("decoding", "scorer", "encoder", "embedding"):
        a, b = getattr(now, name), getattr(then, name)
        if a != b and None not in (a, b):
            return f"its {name} is {a}, that of cycle {then.cycle} is {b}"
    return None


def standings(cycles: Sequence[Conditions], pinned: Sequence[int] = ()) -> list[Standing]:
    """Put each cycle into a segment of comparable cycles, looking only backwards.

    A cycle joins the latest segment that it is comparable with, else it opens one: a single odd cycle does
    not end the series. A segment's baseline is its first cycles, or the pinned ones where they lie in it.
    """
    found: list[list[Conditions]] = []
    placed: list[tuple[Conditions, int, str | None]] = []
    for now in cycles:
        reasons = [difference(now, segment[0]) for segment in found]
        fits = [i for i, reason in enumerate(reasons) if reason is None]
        if fits:
            found[fits[-1]].append(now)
            placed.append((now, fits[-1], None))
        else:
            found.append([now])
            placed.append((now, len(found) - 1, reasons[-1] if reasons else None))
    baselines = [_baseline([c.cycle for c in segment], pinned) for segment in found]
    return [
        Standing(now.cycle, found[i][0].cycle, "", baselines[i][0], baselines[i][1], note)
        for now, i, note in placed
    ]


def _baseline(cycles: list[int], pinned: Sequence[int]) -> tuple[tuple[int, ...], bool]:
    chosen = tuple(c for c in cycles if c in pinned)
    if chosen:
        return chosen, True
    return tuple(cycles[:BASELINE_CYCLES]), len(cycles) >= BASELINE_CYCLES


def tail_classes(mass: Mapping[str, float], share: float = TAIL_MASS) -> tuple[str, ...]:
    """The rarest classes that together hold at most `share` of the mass, ties taken together.

    >>> tail_classes({"a": 50, "b": 35, "c": 10, "d": 5})
    ('c', 'd')
    >>> tail_classes({"a": 50, "b": 30, "c": 10, "d": 10, "e": 10})
    ()
    """
    total, running = sum(mass.values()), 0.0
    tail: list[str] = []
    for level in sorted(set(mass.values())):
        tied = [name for name, m in mass.items() if m == level]
        running += level * len(tied)
        if running > share * total * (1 + 1e-9):
            break
        tail += tied
    return tuple(sorted(tail))


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
) -> Comparison:
    """Freeze the conditions of measurement from the baseline cycles' outputs frames.

    Natural mass comes from the reference's labels, else from the baseline's, weighted; a declared tail
    overrides both.
    """
    cohort = common([np.unique(frame["example_key"].to_numpy(np.int64)) for frame in frames.values()])
    within = {c: frame[frame["example_key"].isin(cohort)] for c, frame in frames.items()}
    source = reference if reference is not None and reference["label"].notna().any() else None
    rows = source if source is not None else pd.concat(list(within.values()))
    mass = class_mass(rows["label"], rows["weight"])
    return Comparison(
        baseline=tuple(frames),
        sizes=sizes(list(within.values())),
        classes=tuple(sorted(mass)),
        tail=tuple(sorted(declared_tail)) or tail_classes(mass),
        encoder=encoder,
        reference=reference_name,
        cohort=cohort,
    )


def common(sets: Sequence[Keys]) -> Keys:
    """The prompts that all have."""
    result = sets[0]
    for other in sets[1:]:
        result = np.intersect1d(result, other, assume_unique=True)
    return result


def sizes(frames: Sequence[pd.DataFrame]) -> dict[str, int]:
    """m by slice: what the smallest cycle still has with any one prompt group left out, at most 0.9 of it."""
    found = {WHOLE: [_size(frame) for frame in frames]}
    for frame in frames:
        for name in slice_names(frame):
            found.setdefault(name, []).append(_size(frame[slice_mask(frame, name)]))
    return {name: min(each) for name, each in found.items() if len(each) == len(frames)}


def _size(frame: pd.DataFrame) -> int:
    if frame.empty:
        return 0
    largest = int(np.bincount(stats.groups(frame["example_id"]), minlength=GROUPS).max())
    return max(1, min(int(0.9 * len(frame)), len(frame) - largest))


def slice_names(frame: pd.DataFrame) -> list[str]:
    """The slices present in a frame, as 'column=value', in order."""
    columns = [c for c in frame.columns if c.startswith("slice.")]
    pairs = [(c, v) for c in columns for v in frame[c].dropna().unique()]
    return sorted(f"{c.removeprefix('slice.')}={v}" for c, v in pairs)


def slice_mask(frame: pd.DataFrame, name: str) -> npt.NDArray[np.bool_]:
    """Which rows belong to the slice 'column=value'."""
    column, _, value = name.partition("=")
    if f"slice.{column}" not in frame.columns:
        return np.zeros(len(frame), bool)
    return np.asarray((frame[f"slice.{column}"] == value).fillna(False), bool)


def narrowed(whole: Comparison, frames: Mapping[int, pd.DataFrame], frame: pd.DataFrame) -> Comparison:
    """The comparison for one later cycle: `whole` itself, or smaller where the cycle is smaller.

    Prompts that the cycle lacks are left out on both sides, and m shrinks to what the cycle can give. It
    serves that one verdict; what was measured under `whole` stays as it is.
    """
    keys = np.unique(frame["example_key"].to_numpy(np.int64))
    cohort = np.intersect1d(whole.cohort, keys, assume_unique=True)
    rows = frame[frame["example_key"].isin(cohort)]
    if len(cohort) == len(whole.cohort):
        base = whole
    else:
        kept = [f[f["example_key"].isin(cohort)] for f in frames.values()]
        base = replace(whole, cohort=cohort, sizes=sizes(kept))
    able = sizes([rows])
    fitted = {name: min(size, able.get(name, size)) for name, size in base.sizes.items()}
    return base if fitted == dict(base.sizes) else replace(base, sizes=fitted)
