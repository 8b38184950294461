"""Replicate seeds: several retrains of one cycle, told apart so that their values can be compared."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics import comparison
from metrics.comparability import SHARED_NEEDED

# So many seeds of a cycle are measured one by one, those of the lowest numbers.
MOST = 10


def replicates(frame: pd.DataFrame) -> dict[int, npt.NDArray[np.int64]]:
    """The places of each seed's outputs in a cycle's frame, on the prompts that all seeds have.

    None where there are not two seeds, or where they were asked too different questions: a seed needs as
    large a share of the prompts as a cycle does to be compared.
    """
    if "seed" not in frame or frame["seed"].nunique() < 2:
        return {}
    seed, key = frame["seed"].to_numpy(float, na_value=np.nan), frame["example_key"].to_numpy(np.int64)
    asked = {int(s): np.unique(key[seed == s]) for s in np.unique(seed[~np.isnan(seed)])}
    needed = SHARED_NEEDED * max(map(len, asked.values()))
    kept = [s for s, prompts in asked.items() if len(prompts) >= needed][:MOST]
    shared = comparison.common([asked[s] for s in kept])
    if len(kept) < 2 or len(shared) < needed:
        return {}
    within = np.isin(key, shared)
    return {s: np.flatnonzero(within & (seed == s)) for s in kept}


def size(frame: pd.DataFrame, rows: dict[int, npt.NDArray[np.int64]]) -> int:
    """The number of outputs at which the seeds of one cycle are measured: what the smallest can give."""
    ids = frame[["example_id"]]
    return comparison.sizes([ids.iloc[each] for each in rows.values()])[comparison.WHOLE]
