"""From values to distances: scale, direction, and what sampling moves them by."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from metrics import deviations
from metrics.core import GROUPS, METRICS, MetricValue, Trend
from metrics.deviations import Course
from tests.courses import SPLIT


def value(level: float, error: float | None = None, name: str = "mean_score", **facts: float) -> MetricValue:
    """A value whose replicates tell this standard error; without one it has no replicates."""
    told = () if error is None else tuple((level + error * SPLIT).tolist())
    return MetricValue(0, name, 1, None, "ok", level, n=400, replicates=told, **facts)


def course(values: Sequence[MetricValue | None], base: Sequence[MetricValue]) -> Course:
    """The distances of these values from one baseline, which lies elsewhere."""
    name = base[0].metric
    trend = Trend(METRICS.get(name), None, tuple(values), tuple(tuple(base) for _ in values))
    return deviations.course(trend, range(len(values)), ())


def error(now: MetricValue, base: Sequence[MetricValue]) -> float:
    return float(course([now], base).error[0])


def test_a_distance_is_on_the_scale_of_its_metric_and_down_is_bad():
    """Mean score as it is; distinct-1 by its log; of duplicates, which should be low, more is worse."""
    assert course([value(4.0)], [value(5.0)] * 4).d[0] == pytest.approx(-1.0)
    distinct = [value(x, name="distinct_1") for x in (0.4, 0.5)]
    assert course(distinct[:1], distinct[1:] * 4).d[0] == pytest.approx(math.log(0.8))
    copied = [value(x, name="duplicate_rate") for x in (0.5, 0.25)]
    assert course(copied[:1], copied[1:] * 4).d[0] == pytest.approx(-(math.pi / 4 - math.pi / 6))


def test_the_error_is_paired_by_prompt():
    """Both differ in the same groups by the same: nothing is left. Against one that is still it is .5."""
    assert error(value(4.0, 0.5), [value(5.0, 0.5)] * 4) == pytest.approx(0.0)
    assert error(value(4.0, 0.5), [value(5.0, 0.0)] * 4) == pytest.approx(0.5)


def test_stated_errors_add_up():
    """Now 4 with .3, four times 5 with .8: sqrt(.09 + 4 * .64 / 16) = .5."""
    now, then = replace(value(4.0), stderr=0.3), replace(value(5.0), stderr=0.8)
    found = course([now], [then] * 4)
    assert found.error[0] == pytest.approx(0.5)
    assert found.own[0] == pytest.approx(0.3)
    assert np.isnan(found.replicates).all()


def test_a_stated_error_on_the_log_scale():
    """Half of log(.44 / .36) beside a baseline that is sure."""
    now, then = (replace(value(x, name="distinct_1"), stderr=e) for x, e in ((0.4, 0.04), (0.5, 0.0)))
    assert error(now, [then] * 3) == pytest.approx((math.log(0.44) - math.log(0.36)) / 2)


def test_replicates_on_one_side_alone():
    """The side with replicates brings its own jackknife error: sqrt(.4^2 + .3^2 / 4)."""
    assert error(replace(value(4.0), stderr=0.4), [value(5.0, 0.3)] * 4) == pytest.approx(
        math.sqrt(0.16 + 0.09 / 4)
    )


def test_errors_larger_than_their_value_stay_on_the_scale():
    """.01 +- .1 of a log: only the upper side is one, log 11. Of a share both sides lie outside: cut."""
    assert deviations.error_on_scale(0.01, 0.1, "log") == pytest.approx(math.log(11))
    assert deviations.error_on_scale(0.5, 0.9, "arcsine") == pytest.approx(math.pi / 4)


def test_a_saturated_count_moves_by_a_step_at_least():
    """53 of 53 classes, now 52 with no spread at all: one step, as wide as it is at 52 of 53."""
    full = value(1.0, 0.0, "class_coverage", step=1 / 53)
    found = course([replace(full, value=52 / 53, replicates=(52 / 53,) * GROUPS)], [full] * 4)
    step = math.asin(math.sqrt(52 / 53)) - math.asin(math.sqrt(51 / 53))
    assert (found.error[0], found.least[0]) == (pytest.approx(step), pytest.approx(step))


def test_what_is_unknown_has_no_distance():
    """No value; a status other than ok; a baseline of two; and no noise known at all is an error of 0."""
    gone = MetricValue(0, "mean_score", 1, None, "undefined", note="gone")
    base = [value(5.0)] * 3
    found = course([None, gone, value(4.0)], base)
    assert (found.known.tolist(), found.anchors) == ([False, False, True], 3)
    assert (found.d[2], found.error[2]) == (-1.0, 0.0)
    assert not course([value(4.0)], [*base[:2], gone]).known.any()


def test_a_baseline_cycle_without_a_value_is_no_part_of_the_baseline():
    gone = MetricValue(1, "mean_score", 1, None, "too_few", note="few")
    own = (value(5.0), gone, value(5.0), value(5.0), value(4.0))
    trend = Trend(METRICS.get("mean_score"), None, own, (own[:4],) * 5)
    found = deviations.course(trend, range(5), (0, 1, 2, 3))
    assert (found.base, found.anchors) == ((0, 2, 3), 3)


def test_who_votes():
    """Enough outputs, known, and a metric that votes at all."""
    few, many = value(0.4, name="distinct_1"), value(0.4, name="distinct_1")
    found = course([replace(few, n=199.0), many, None], [many] * 4)
    assert found.votes.tolist() == [False, True, False]
    assert not course([value(4.0)], [value(5.0)] * 4).votes.any()


def test_in_figures():
    """Baseline 5, now 4, normal movement .5 with 19 degrees of freedom, whose 95 % quantile is 1.7291."""
    base, now = (value(5.0),) * 4, value(4.0)
    trend = Trend(METRICS.get("mean_score"), None, (now,), (base,))
    found = deviations.described(trend, 0, -1.0, (0.5, 19.0), (-1.9, -2.5), votes=False)
    assert (found.value, found.baseline, found.z, found.run) == (4.0, pytest.approx(5.0), -1.9, -2.5)
    assert (found.change, found.noise) == (pytest.approx(-0.2), pytest.approx(0.1))
    assert found.sure_change == pytest.approx((-1 + 1.7291 * 0.5) / 5, abs=1e-5)


def test_in_figures_what_should_be_low():
    """Duplicates from .25 to .5 on the arcsine scale are pi / 12 worse; normal movement pi / 24."""
    base, now = (value(0.25, name="duplicate_rate"),) * 4, value(0.5, name="duplicate_rate")
    trend = Trend(METRICS.get("duplicate_rate"), None, (now,), (base,))
    found = deviations.described(trend, 0, -math.pi / 12, (math.pi / 24, 19.0), (-2.0, -2.0), votes=True)
    assert (found.change, found.baseline) == (pytest.approx(1.0), pytest.approx(0.25))
    assert found.noise == pytest.approx((math.sin(math.pi / 6 + math.pi / 24) ** 2 - 0.25) / 0.25)
    assert 0 < found.sure_change < found.change
