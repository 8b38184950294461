"""The shipped table of which metric sees which narrowing keeps up with the catalogue."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from metrics.core import METRICS

KINDS = {"tail loss", "semantic narrowing", "copying", "shortening", "mode dropping"}
STRENGTHS = {0.05, 0.1, 0.3}
SEEN = -2.0


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(str(files("metrics") / "which_sees.csv"))


def test_every_metric_is_there_in_its_present_version(table):
    """After a metric was added or changed: `python -m tests.benchmarks.which_sees`."""
    stored = set(zip(table["metric"], table["version"], strict=True))
    assert stored == {(m.name, m.version) for m in METRICS.all().values()}


def test_what_is_left_out_has_a_reason(table):
    out = table[table["narrowing"].isna()]
    assert out["why"].str.len().gt(20).all()
    assert not set(out["metric"]) & set(table["metric"][table["narrowing"].notna()])
    assert not {m.name for m in METRICS.all().values() if m.votes} & set(out["metric"])


def test_every_kind_and_strength_was_measured(table):
    measured = table[table["narrowing"].notna()]
    for _, rows in measured.groupby("metric"):
        cells = set(zip(rows["narrowing"], rows["strength"], strict=True))
        assert cells == {(kind, share) for kind in KINDS for share in STRENGTHS}
        assert len(rows) == len(cells)
    assert np.isfinite(measured["shift"]).all()
    assert (measured["nulls"] >= 200).all()
    assert (measured["draws"] >= 20).all()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_some_voter_sees_a_strong_narrowing(table, kind):
    votes = [m.name for m in METRICS.all().values() if m.votes]
    mine = table[(table["narrowing"] == kind) & (table["strength"] == 0.3) & table["metric"].isin(votes)]
    assert mine["shift"].min() < SEEN
