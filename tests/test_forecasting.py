"""Forecasts: what is foretold of planted series, what is never looked at, and when nothing can be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from metrics import damped
from metrics.core import METRICS, MetricValue, Standing, Trend
from metrics.forecasting import Forecast, crossing, forecast
from tests import planted

STEADY = [0.0] * 20


def trend(moves: Sequence[float], name: str = "distinct_1", *, seed: int = 1, **facts: float) -> Trend:
    """A planted metric at .5 that moves by so many normal movements, positive for worse."""
    own = planted.values(METRICS.get(name), moves, seed, **facts)
    base = tuple(tuple(own[c] for c in s.baseline) for s in planted.standings(len(own)))
    return Trend(METRICS.get(name), None, own, base)


def told(given: Trend, position: int) -> Forecast:
    found = forecast(places(given), given, position)
    assert found is not None
    return found


def places(given: Trend) -> list[Standing]:
    return planted.standings(len(given.values))


def falling(by: float, onset: int = 6, count: int = 20) -> list[float]:
    """So many normal movements worse with every cycle from the onset on."""
    return [by * max(0, c - onset + 1) for c in range(count)]


def wide(found: Forecast, ahead: int) -> float:
    return found.fan[ahead - 1].high - found.fan[ahead - 1].low


# What is foretold of what was planted


@pytest.mark.parametrize("ahead", [1, 3, 5])
def test_intervals_of_steady_metrics_hold(ahead: int):
    """80 % are promised of 200 forecasts (their SE is 3 %), and not by saying that all is possible."""
    held, widths = [], []
    for seed in range(40):
        given = trend(STEADY, seed=seed)
        for position in range(6, 15, 2):
            found = told(given, position).fan[ahead - 1]
            held.append(found.low <= given.values[position + ahead].value <= found.high)
            widths.append(np.log(found.high / found.low))
    assert 0.75 <= np.mean(held) <= 0.97
    # The narrowest honest interval is 2.56 standard deviations of a cycle, which are hypot(.01, .01).
    assert np.median(widths) < (1.5 + 0.3 * ahead) * 2.56 * np.hypot(0.01, 0.01)


def test_a_fall_is_foretold_to_go_on():
    """Three movements a cycle for eight cycles: the next one lies below the last, and in its interval."""
    given = trend(falling(3.0), seed=3)
    found = told(given, 13)
    middles = [a.middle for a in found.fan]
    assert given.values[13].value > middles[0] > middles[1] > middles[2]
    assert found.fan[0].low <= given.values[14].value <= found.fan[0].high


def test_the_bounds_lie_around_the_crossing():
    """A fifth of .5 on the log scale is .223, 15.8 movements: by 1 a cycle from 6 on, crossed in 21.

    Nine in ten are promised; a fall that never slows down is not quite what a damped line expects.
    """
    held, came = [], []
    for seed in range(30):
        given = trend(falling(1.0, count=40), seed=seed)
        crossed = next(c for c, v in enumerate(given.values) if v.value <= 0.4)
        found = told(given, 15)
        held.append(found.earliest is not None and 16 < found.earliest <= crossed)
        came.append(found.likely is None or crossed <= found.likely)
    assert np.mean(held) >= 0.75
    assert np.mean(came) >= 0.5


def test_a_steady_metric_is_not_dated():
    """Twenty movements above the line it will not be crossed by chance; nothing points there."""
    given = trend(STEADY, seed=4, noise=0.005, sampling=0.005)
    found = told(given, 12)
    assert (found.earliest, found.likely, found.crossed) == (12 + damped.HORIZON + 1, None, False)


def test_a_fall_that_has_come_to_rest_is_not_foretold_to_go_on():
    """Down by six until 9, and still since: ten cycles later no trend is left of it."""
    given = trend([min(m, 6.0) for m in falling(2.0)], seed=5)
    found = told(given, 18)
    assert found.fan[4].low < given.values[18].value < found.fan[4].high
    assert found.likely is None


def test_rates_that_should_be_low_rise_and_have_no_line():
    """Worse is up, where a loss has no percentage; the interval stands the right way round."""
    found = told(trend(falling(3.0), "duplicate_rate", seed=2), 12)
    assert all(a.low < a.middle < a.high for a in found.fan)
    assert found.fan[0].middle > 0.5
    assert (found.loss, found.earliest, found.likely) == (None, None, None)


def test_quality_is_asked_for_a_twentieth():
    given = trend(falling(1.0), "mean_score", seed=2)
    assert told(given, 10).loss == 0.05
    assert told(trend(STEADY), 10).loss == 0.2


def test_what_is_lost_already_is_not_foretold():
    found = told(trend(falling(4.0), seed=2), 14)
    assert (found.crossed, found.earliest, found.likely) == (True, None, None)


def test_noisier_prompts_make_wider_intervals():
    quiet, noisy = (told(trend(STEADY, seed=6, sampling=s, noise=0.0), 10) for s in (0.01, 0.04))
    assert wide(noisy, 1) > 2 * wide(quiet, 1)
    assert wide(quiet, 5) > wide(quiet, 1)


# What is never looked at


@pytest.mark.parametrize("position", [5, 9, 14])
def test_later_cycles_change_nothing(position: int):
    given, other = trend(falling(2.0), seed=7), trend(falling(-3.0), seed=8)
    later = Trend(
        given.metric, None, (*given.values[: position + 1], *other.values[position + 1 :]), given.baselines
    )
    cut = position + 1
    short = Trend(given.metric, None, given.values[:cut], given.baselines[:cut])
    assert told(given, position) == told(later, position) == told(short, position)


def test_cycles_under_another_evaluation_change_nothing():
    """Measured otherwise until 10: what was seen there is no part of the story after it."""
    found = []
    for seed in (1, 2):
        past = planted.split(planted.history({"distinct_1": falling(5.0 * seed, 2)}, seed=3), 10)
        given = past.trends[("distinct_1", None)]
        steady = trend(STEADY, seed=9).values
        own = (*given.values[:10], *steady[10:])
        base = tuple(tuple(own[c] for c in s.baseline) for s in past.standings)
        found.append(forecast(past.standings, Trend(given.metric, None, own, base), 17))
    assert found[0] is not None
    assert found[0] == found[1]


def test_the_same_cycles_give_the_same_answer():
    assert told(trend(falling(1.0), seed=1), 12) == told(trend(falling(1.0), seed=1), 12)


# When nothing can be said


def test_nothing_before_the_baseline_stands():
    given = trend(falling(1.0))
    assert [forecast(places(given), given, p) is None for p in range(6)] == [True] * 4 + [False] * 2


def test_nothing_of_a_cycle_without_a_value():
    given = trend(falling(1.0))
    unknown = MetricValue(9, "distinct_1", 1, None, "undefined")
    own = tuple(unknown if v.cycle == 9 else v for v in given.values)
    gap = replace(given, values=own)
    assert forecast(places(given), gap, 9) is None
    # One cycle later it is a gap that the lines step over.
    assert told(gap, 10).earliest is not None


def test_nothing_of_what_has_never_moved():
    """No replicates, no error, and always the same: nobody knows how much it moves."""
    same = tuple(MetricValue(c, "distinct_1", 1, None, "ok", 0.5) for c in range(12))
    given = Trend(METRICS.get("distinct_1"), None, same, tuple(same[:4] for _ in same))
    assert forecast(places(given), given, 10) is None


def test_values_that_came_alone_are_foretold_from_their_steps_or_their_errors():
    """Without replicates the noise is that of the steps so far, or what was said of it."""
    full = trend(STEADY, seed=2)
    bare = tuple(replace(v, replicates=()) for v in full.values)
    base = tuple(bare[:4] for _ in bare)
    steps = told(Trend(full.metric, None, bare, base), 12)
    erring = tuple(replace(v, stderr=0.05) for v in bare)
    errors = told(Trend(full.metric, None, erring, tuple(erring[:4] for _ in erring)), 12)
    assert 0 < wide(steps, 1) < wide(errors, 1)


def test_cycles_are_named_as_the_lineage_names_them():
    """Numbered in tens, the next cycle is ten later."""
    given = trend(falling(1.0), seed=1)
    tens = [replace(s, cycle=10 * s.cycle, baseline=tuple(10 * c for c in s.baseline)) for s in places(given)]
    found = forecast(tens, given, 12)
    assert found is not None
    assert [a.cycle for a in found.fan] == [130, 140, 150, 160, 170]
    assert found.earliest == 10 * told(given, 12).earliest


# The arithmetic


def test_crossing_counts_futures_from_their_first_cycle_beyond_the_line():
    """Ten futures, line 0. Beyond it: none at 1; one at 2, back at 3; at 3 five others; at 4 two more.

    So 0, .1, .6 and .8 of them have crossed by then: a tenth at 2, seven tenths at 4. Where none has crossed
    in a single cycle, it is not before the second.
    """
    drawn = np.ones((4, 10))
    drawn[1, 0] = drawn[2, 1:6] = drawn[3, 6:8] = -1.0
    assert crossing(drawn, 0.0) == (2, 4)
    assert crossing(drawn[:3], 0.0) == (2, None)
    assert crossing(drawn[:1], 0.0) == (2, None)


def test_a_damped_line_is_what_conditioning_on_all_values_at_once_gives():
    """The filter goes cycle by cycle; here the same model is one normal distribution of everything.

    Level and slope after cycle t are sums of the start and of every turn since; the values are levels with
    noise; and what is left of a joint normal, given the values, is linear algebra.
    """
    values = np.array([0.1, -0.2, 0.3, 0.0, -0.5, np.nan, -1.4, -1.5])
    step = np.array([[1.0, damped.DAMPING], [0.0, damped.DAMPING]])
    moves = np.array([np.linalg.matrix_power(step, t) for t in range(len(values))])
    # Cov(state s, state t) for s <= t is P_s (step^(t - s))'.
    own = [np.diag([1e6, damped.TURNS])]
    for _ in values[1:]:
        own.append(step @ own[-1] @ step.T + np.diag([0.0, damped.TURNS]))
    joint = np.block(
        [
            [own[s] @ moves[t - s].T if s <= t else moves[s - t] @ own[t] for t in range(len(values))]
            for s in range(len(values))
        ]
    )
    seen = np.flatnonzero(np.isfinite(values))
    levels = joint[np.ix_(2 * seen, 2 * seen)] + np.eye(len(seen))
    beside = joint[-2:][:, 2 * seen]
    gain = np.linalg.solve(levels, beside.T).T
    mean = gain @ (values[seen] - values[0])
    spread = joint[-2:, -2:] - gain @ beside.T
    found = damped.follow(values)
    assert (found.level - values[0], found.slope) == pytest.approx(tuple(mean), abs=1e-4)
    assert found.spread == pytest.approx((spread[0, 0], spread[0, 1], spread[1, 1]), rel=1e-4)


def test_noise_is_learned_from_what_was_not_foretold():
    """Four of variance 1 are taken as given, four start the line, three tell: none off, or all."""
    steady, jumping = (np.array([*[0.0] * 4, size, -size, size]) for size in (0.0, 3.0))
    found = damped.follow(steady)
    assert (found.noise, found.freedom) == (pytest.approx(4 / 7), 7)
    assert damped.follow(jumping).noise > 3


def test_futures_start_where_the_values_end():
    """Of values that never moved, the middle of what comes lies a small part of a cycle's noise away."""
    drawn = damped.futures(np.zeros(20))
    assert drawn.shape == (damped.HORIZON, damped.DRAWS)
    assert np.abs(np.median(drawn[:5], axis=1)).max() < 0.1


def test_no_interval_leaves_the_shares_there_are():
    """A share that falls to nearly nothing is foretold to fall no further than that."""
    found = told(trend(falling(2.5), "tail_recall", seed=2, noise=0.05, sampling=0.05), 9)
    assert all(0.0 <= a.low <= a.middle <= a.high <= 1.0 for a in found.fan)
    assert found.fan[4].low < 0.01
