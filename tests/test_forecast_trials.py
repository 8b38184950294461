"""The benchmark of forecasts: its simple forecasters by hand, and its shares from planted trials."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metrics import foresight
from metrics.forecasting import Seen
from metrics.foresight import LED, SCORE
from tests.benchmarks.forecasts import AHEAD, REPORTING, TUNING, forecasters, table
from tests.benchmarks.lead_time import plan


def seen(*distances: float) -> Seen:
    return Seen(np.array(distances), 1.0, 0.0)


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


def test_a_slope_that_is_not_sure_has_no_date():
    found = forecasters.line_4(seen(0.0, 1.0, 0.0, -1.0, 0.5, -0.5, 0.5, 0.0), -3.0)
    assert found.likely is None


def test_as_now_is_a_level():
    found = forecasters.as_now(seen(0.0, 0.0, 0.0, 0.0, 0.0, -1.0, -3.0), None)
    middles = {h: (low + high) / 2 for h, (low, high) in found.bands.items()}
    assert middles == pytest.approx(dict.fromkeys(AHEAD, -2.0))


def test_what_ships_is_of_seeds_on_which_nothing_is_chosen():
    assert set(TUNING) <= set(plan.TUNING)
    assert set(REPORTING) <= set(plan.REPORTING)


def trials(**columns: list[object]) -> pd.DataFrame:
    """Four forecasts of one series: the columns given, the others of no interest."""
    plain = {"forecaster": "ours", "world": "synopses", "regime": "slow", "of": LED, "seed": 1}
    rest = {"asked": True, "left": 5, "earliest": np.nan, "likely": np.nan, "crossed": np.nan}
    every = {f"{what}_{h}": 1.0 for what in ("held", "score") for h in AHEAD}
    return pd.DataFrame({**{k: [v] * 4 for k, v in {**plain, **rest, **every}.items()}, **columns})


def row(given: pd.DataFrame) -> pd.Series:
    found = table.shares(given)
    assert len(found) == 1
    return found.iloc[0]


def test_a_bound_holds_where_nothing_came_before_it():
    """The next cycle rules nothing out. Of 3, 4 and 2, crossed in 3, in 3, and never: one fails."""
    found = row(trials(earliest=[1.0, 3.0, 4.0, 2.0], crossed=[1.0, 3.0, 3.0, np.nan]))
    assert (found["bounds"], found["bound_held"]) == (3, pytest.approx(2 / 3))
    assert found["unbounded"] == 1.0


def test_a_bound_that_the_series_did_not_reach_is_not_counted():
    """Not before 6 needs five cycles, not before 7 six; five were left. What came early counts no more."""
    found = row(trials(earliest=[6.0, 7.0, 7.0, 7.0], crossed=[np.nan, np.nan, 2.0, np.nan]))
    assert (found["bounds"], found["bound_held"]) == (1, 1.0)


def test_a_date_counts_where_the_series_reached_it():
    """By 2, 5, 6 and 2, with 5 cycles left: the third is out of reach. Crossed in 2, never, never, in 3."""
    found = row(trials(earliest=[1.0] * 4, likely=[2.0, 5.0, 6.0, 2.0], crossed=[2.0, np.nan, np.nan, 3.0]))
    assert (found["dates"], found["came"]) == (3, pytest.approx(1 / 3))


def test_what_is_lost_already_is_not_asked_and_unknown_values_do_not_count():
    found = row(trials(asked=[False, True, True, True], held_1=[1.0, 0.0, np.nan, 1.0]))
    assert (found["forecasts"], found["asked"], found["one"]) == (4, 3, pytest.approx(2 / 3))


def test_each_series_counts_once_in_an_interval():
    """Half of four forecasts held: if all are of one series that says hardly anything (Wilson 1927)."""
    bounds = {"earliest": [2.0] * 4, "crossed": [np.nan, np.nan, 1.0, 1.0]}
    one, four = row(trials(**bounds)), row(trials(**bounds, seed=[1, 2, 3, 4]))
    assert (one["bound_low"], one["bound_high"]) == pytest.approx((0.0546, 0.9454), abs=1e-3)
    assert (four["bound_low"], four["bound_high"]) == pytest.approx((0.15, 0.85), abs=1e-3)


def test_the_shares_are_read_as_they_were_written(tmp_path: Path):
    both = pd.concat([trials(earliest=[3.0] * 4), trials(of=[SCORE] * 4, earliest=[1.0] * 4)])
    kept = table.shares(both).drop(columns=["forecaster", "score"])
    kept.to_csv(tmp_path / "f.csv", index=False)
    led, score = foresight.read(tmp_path / "f.csv")
    assert (led.of, led.bounds, led.bound_held, led.unbounded) == (LED, 4, 1.0, 1.0)
    assert (score.of, score.bounds, score.bound_held, score.unbounded) == (SCORE, 0, None, 1.0)
    assert "| `slow` | `synopses` | 100% of 4 | - | 100% | - | - | 100% |" in table.markdown([led, score])
    assert foresight.read(tmp_path / "none.csv") == ()


def test_the_readme_shows_the_study_that_ships():
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert table.markdown(foresight.study()) in text
