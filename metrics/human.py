"""The human reference as if it were a cycle: what its texts measure where it was chosen as the baseline."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from metrics import stats
from metrics.baselines import REFERENCE
from metrics.comparison import SHARE, Comparison, sizes
from metrics.core import Metric

ABSENT = ("prediction", "finish_reason", "error", "verified")


def outputs(pinned: pd.DataFrame) -> pd.DataFrame:
    """The reference as an outputs frame. Where nobody predicted anything, a text is of its own class."""
    frame = pinned.assign(**{name: None for name in ABSENT if name not in pinned}, cycle=REFERENCE)
    return frame if frame["prediction"].notna().any() else frame.assign(prediction=frame["label"])


def limited(whole: Comparison, frame: pd.DataFrame) -> Comparison:
    """The comparison with the reference as its baseline: no more outputs of any cycle than it has texts."""
    able = sizes([frame])
    fitted = {name: min(size, able.get(name, size)) for name, size in whole.sizes.items()}
    return replace(whole, baseline=(REFERENCE,), sizes=fitted)


def matched(frame: pd.DataFrame, size: int) -> pd.DataFrame:
    """As many texts as a cycle has outputs whose comparison size is `size`: more words have more variety.

    Decided by a hash of their ids, and as many of each prompt group, so that `size` are left without any one.
    """
    wanted = math.ceil(size / SHARE)
    if not size or len(frame) <= wanted:
        return frame
    order = np.argsort(stats.hashed(frame["example_id"]), kind="stable")
    nth = frame.iloc[order].groupby(stats.groups(frame["example_id"])[order]).cumcount()
    return frame.loc[np.sort(nth.sort_values(kind="stable").index[:wanted])].reset_index(drop=True)


def half(pinned: pd.DataFrame, second: bool) -> pd.DataFrame:
    """One half of the texts, decided by a hash of their ids: the one is held against the other."""
    # Not the last bit, which says something of a text's group too.
    odd = (stats.hashed(pinned["example_id"]) >> np.uint64(32)) % np.uint64(2) == 1
    kept: pd.DataFrame = pinned[odd == second]
    return kept.reset_index(drop=True)


def is_against_reference(metric: Metric) -> bool:
    """Whether a metric says how much of the reference is reached, so that halves serve."""
    return "reference" in metric.needs


def silent(metric: Metric, pinned: pd.DataFrame) -> str | None:
    """Why a metric has no value of the reference itself; None where it has one."""
    if metric.family == "drift" or "reference texts" in metric.needs:
        return "It says how far outputs lie from the reference, which here is what is measured."
    if {"label", "prediction"} <= set(metric.needs) and not pinned["prediction"].notna().any():
        return "Human texts have no predictions."
    return None
