"""The sizes that are frozen with a baseline, where it has very many slices."""

import numpy as np
import pandas as pd
import pytest

from metrics import comparison, stats
from metrics.core import GROUPS


def many(cycle: int) -> pd.DataFrame:
    """600 outputs: 150 values of one column, uneven and some of them missing, and a column with two."""
    rng = np.random.default_rng(cycle)
    ids = [f"e{i}" for i in range(600)]
    users = [None if u == 0 else f"u{u:03}" for u in np.minimum(rng.geometric(0.02, 600), 150) - 1]
    return pd.DataFrame({"example_id": ids, "slice.user": users, "slice.kind": rng.choice(["a", "b"], 600)})


def test_every_slice_is_sized_in_one_pass(monkeypatch: pytest.MonkeyPatch):
    """By definition: the smallest cycle with any prompt group left out, at most nine tenths of it."""
    frames = [many(cycle) for cycle in range(3)]
    expected = {}
    for name in ["", *comparison.slice_names(frames[0])]:
        parts = [f[comparison.slice_mask(f, name)] if name else f for f in frames]
        least = [len(p) - np.bincount(stats.groups(p["example_id"]), minlength=GROUPS).max() for p in parts]
        sizes = [max(1, min(int(0.9 * len(p)), left)) for p, left in zip(parts, least, strict=True)]
        if all(map(len, parts)):
            expected[name] = min(sizes)
    rows = {n: comparison.slice_mask(frames[0], n).sum() for n in comparison.slice_names(frames[0])}
    # Row by row for each of 10,000 slices this took minutes.
    monkeypatch.setattr(comparison, "slice_mask", None)
    assert comparison.sizes(frames) == expected
    assert len(expected) > 50
    kept = comparison.measured_slices(frames[0])
    assert kept == sorted(sorted(rows, key=lambda name: (-rows[name], name))[:50])
