"""The benchmark of forecasts: its simple forecasters by hand, and its shares from planted trials."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.forecasting import Seen
from tests.benchmarks.forecasts import AHEAD, REPORTING, TUNING, forecasters, table


def seen(*distances: float) -> Seen:
    return Seen(np.array(distances), np.ones(len(distances)), 19.0, 0.0)


def test_a_straight_line_by_hand():
    """0, -1, ..., -7: the steps are 1, so that sqrt(1 / 2) is learned and the sampling noise of 1 decides.

    One cycle ahead of the last four, 2.5 from their middle: 1 + 1/4 + 2.5^2 / 5 = 2.5 variances; Student's
    nine tenths at 19 degrees are 1.3277. The middle is at -12 in five cycles.
    """
    found = forecasters.line_4(seen(*-np.arange(8.0)), -12.0)
    half = 1.3277 * np.sqrt(2.5)
    assert found.bands[1] == pytest.approx((-8 - half, -8 + half), abs=1e-3)
    # 3 ahead 1.25 + 4.5^2 / 5 = 5.3 variances, down to -10 - 3.06; 2 ahead 3.7, to -9 - 2.55 only.
    assert (found.earliest, found.likely) == (3, 5)


def test_a_slope_that_is_not_sure_says_nothing():
    found = forecasters.line_4(seen(0.0, 1.0, 0.0, -1.0, 0.5, -0.5, 0.5, 0.0), -3.0)
    assert (found.earliest, found.likely) == (None, None)


def test_as_now_is_a_level():
    found = forecasters.as_now(seen(0.0, 0.0, 0.0, 0.0, 0.0, -1.0, -3.0), None)
    middles = {h: (low + high) / 2 for h, (low, high) in found.bands.items()}
    assert middles == pytest.approx(dict.fromkeys(AHEAD, -2.0))


def test_the_products_intervals_are_those_of_its_futures():
    found = forecasters.product(seen(*np.zeros(12)), -30.0)
    assert (found.earliest, found.likely) == (None, None)
    for low, high in found.bands.values():
        assert low < 0 < high


def test_the_seeds_are_apart():
    assert not set(TUNING) & set(REPORTING)


def trials(**columns: list[object]) -> pd.DataFrame:
    """Four forecasts of one series: the columns given, the others of no interest."""
    plain = {"forecaster": "ours", "world": "synopses", "regime": "slow", "metric": "tail_recall", "seed": 1}
    rest = {"alert": False, "loses": True, "left": 5, "earliest": np.nan, "likely": np.nan, "crossed": np.nan}
    every = {f"{what}_{h}": 1.0 for what in ("held", "width", "score") for h in AHEAD}
    return pd.DataFrame({**{k: [v] * 4 for k, v in {**plain, **rest, **every}.items()}, **columns})


def row(given: pd.DataFrame, **key: str) -> pd.Series:
    found = table.shares(given)
    for name, value in {"when": table.EVERY, "of": table.VOTERS, **key}.items():
        found = found[found[name] == value]
    assert len(found) == 1
    return found.iloc[0]


def test_a_bound_holds_where_nothing_came_before_it():
    """The next cycle rules nothing out. Of 3, 4 and 2, crossed in 3, in 3, and never: one fails."""
    found = row(trials(earliest=[1.0, 3.0, 4.0, 2.0], crossed=[1.0, 3.0, 3.0, np.nan]))
    assert (found["bound"], found["bound_held"]) == (3, pytest.approx(2 / 3))
    assert (found["open"], found["silent"]) == (1.0, 0.0)


def test_a_date_counts_where_the_series_reached_it():
    """By 2, 5, 6 and 2, with 5 cycles left: the third is out of reach. Crossed in 2, never, never, in 3."""
    found = row(trials(earliest=[1.0] * 4, likely=[2.0, 5.0, 6.0, 2.0], crossed=[2.0, np.nan, np.nan, 3.0]))
    assert (found["likely"], found["likely_came"]) == (3, pytest.approx(1 / 3))


def test_what_is_lost_already_is_not_asked_and_alerts_stand_apart():
    given = trials(loses=[False, True, True, True], alert=[True, True, False, False])
    assert row(given)["asked"] == 3
    assert row(given, when=table.ALERT)["forecasts"] == 2
    assert row(given.assign(metric="mean_score"), of=table.SCORE)["forecasts"] == 4


def test_unknown_values_are_not_counted_and_whole_series_are_drawn():
    """Held, missed, unknown, held; of one series there is but one draw, so that the interval is a point."""
    found = row(trials(held_1=[1.0, 0.0, np.nan, 1.0]))
    assert found["held_1"] == found["held_1_low"] == found["held_1_high"] == pytest.approx(2 / 3)
