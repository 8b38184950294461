"""The benchmark that plants one odd cycle: what it changes, where, and what it counts."""

from dataclasses import replace
from pathlib import Path

import pytest

from metrics.lead_time import OURS
from tests import planted
from tests.benchmarks.lead_time import outliers, series
from tests.benchmarks.lead_time.contenders import CONTENDERS
from tests.benchmarks.lead_time.outliers import Planted
from tests.benchmarks.lead_time.series import Series
from tests.test_narrowing import VOTERS, step


def made(regime: str, sds: float) -> Series:
    """Twenty cycles; what narrows does so from cycle 6 on."""
    past = planted.history(dict.fromkeys(VOTERS, step(6, sds)), seed=1)
    return Series("synopses", "standard", regime, 1, 6 if sds else None, None, past, (1.0,) * 20, {})


HEALTHY, GONE = made("healthy", 0.0), made("replace", 30.0)


def test_one_cycle_alone_is_that_of_the_other_series():
    odd = outliers.with_outlier(HEALTHY.history, GONE.history, 10, 19)
    for key, trend in odd.trends.items():
        before, gone = HEALTHY.history.trends[key], GONE.history.trends[key].values[19]
        assert trend.values[10] == replace(gone, cycle=10)
        assert trend.values[:10] + trend.values[11:] == before.values[:10] + before.values[11:]
        assert trend.baselines == before.baselines


def test_it_is_planted_after_the_baseline_and_not_last():
    assert outliers.places(HEALTHY) == range(4, 19)


def test_every_place_and_depth_is_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Outliers from the third and the last cycle of what is gone ring one rule of two, at every place."""

    def read(world: str, setting: object, regime: object, seed: int, folder: Path) -> Series:
        return HEALTHY if getattr(regime, "name", "") == "healthy" else GONE

    monkeypatch.setattr(series, "read", read)
    monkeypatch.setattr(outliers, "RULES", (OURS, "any_metric_drop"))
    found = outliers.planted(("synopses", 1), tmp_path)
    assert [(p.depth, p.contender, p.places) for p in found] == [
        (depth, rule, 15) for rule in (OURS, "any_metric_drop") for depth in ("third", "last")
    ]
    assert [p.rang for p in found] == [0, 0, 15, 15]


def test_it_is_that_of_the_third_cycle_and_the_last(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """What is gone is so from cycle 6 on: its third such cycle is 8, its last 19."""
    asked = set()

    def rings(rule: str, healthy: Series, gone: Series, at: int, taken: int) -> bool:
        asked.add((at, taken))
        return taken == 19

    both = {"healthy": HEALTHY, "replace": GONE}
    monkeypatch.setattr(series, "read", lambda world, setting, regime, *more: both[regime.name])
    monkeypatch.setattr(outliers, "_rings", rings)
    found = outliers.planted(("synopses", 1), tmp_path)
    assert asked == {(at, taken) for at in range(4, 19) for taken in (8, 19)}
    assert {(p.depth, p.rang) for p in found} == {("third", 0), ("last", 15)}


def test_what_a_contender_flags_as_it_is_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(series, "read", lambda *about: GONE)
    assert outliers.planted(("synopses", 1), tmp_path) == []


def test_what_is_told():
    """Two series of ten places: 1 and 3 of them ring, a fifth on average, between a tenth and three."""
    found = [Planted("neural", "last", OURS, 10, rang) for rang in (1, 3)]
    label = CONTENDERS.get(OURS).label
    said = f"neural, last cycle, {label}: 4 of 20, 20.0 % (10.0 to 30.0), 2 series"
    assert list(outliers.told(found)) == [said]
