"""The stored study of the intervals keeps up with the catalogue; what it led to is pinned here."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metrics.core import METRICS, Metric, Reading
from metrics.measuring import measure_one
from tests import planted

# Ten weighted outputs more: twenty groups cannot tell their noise. Neither votes.
LOW = {("empty_rate", "half from the tail"), ("refusal_rate", "half from the tail")}
STUDY = Path(__file__).parent / "benchmarks" / "results" / "intervals.csv"


@pytest.fixture(scope="module")
def study():
    return pd.read_csv(STUDY)


def test_every_metric_was_studied_as_it_is_now(study):
    """After a metric was added or changed: `python -m tests.benchmarks.intervals --only its_name`."""
    stored = set(zip(study["metric"], study["version"], study["interval"], study["scale"], strict=True))
    assert stored == {(m.name, m.version, m.interval, m.scale) for m in METRICS.all().values()}
    assert (study["draws"] >= 2000).all()
    assert (study["n"] <= 0.02 * 50_000).all()


def test_every_interval_holds_the_truth_often_enough(study):
    held = study.set_index(["metric", "design"])[["points_0", "points_1", "change"]].min(axis=1)
    assert held.min() >= 0.90
    assert set(held[held < 0.93].index) <= LOW


def test_the_bootstrap_leaves_as_much_out_as_it_says():
    """Of 200 values in order the 2.5 % point is number .025 * 201: with .025 * 199 it would be 3 %."""
    drawn = np.random.default_rng(1).permutation(np.arange(1.0, 201.0))

    def compute(_):
        return Reading(np.full(21, 100.0), 400, draws=lambda seed: drawn)

    facts = {"label": "x", "family": "quality", "healthy": "high", "needs": (), "source": "none"}
    metric = Metric("x", **facts, bounds=(-np.inf, np.inf), interval="bootstrap", compute=compute)
    value = measure_one(metric, planted.sample(planted.columns()), 0, None, 1)[0]
    assert (value.low, value.high) == pytest.approx((5.025, 195.975))
