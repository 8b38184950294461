"""What a user's rule compares with its line: each statistic's point, its interval, and when it is unknown."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from metrics import figures, narrowing, panel, stats
from metrics.core import GROUPS, METRICS, MetricValue, Trend, Undefined
from metrics.figures import STATISTICS
from metrics.spots import Judging, Spot
from tests import planted

T = stats.t_quantile(0.975, GROUPS - 1)
BASE = [0.4, 0.6, 0.4, 0.6]
ALL = STATISTICS.all()
OF_ONE = sorted(name for name, s in ALL.items() if s.of == "metric")


def value(cycle: int, x: float | None, name: str = "mean_score", **facts: Any) -> MetricValue:
    """A value that reads just this, with 400 outputs; None is unknown."""
    if x is None:
        return MetricValue(cycle, name, 1, None, "undefined", note="Nothing to count.")
    return MetricValue(cycle, name, 1, None, "ok", x, x, **{"n": 400.0, **facts})


def spot(values: Sequence[MetricValue], window: int = 5) -> Spot:
    """The last cycle of one metric whose baseline is its first four."""
    places = planted.standings(len(values))
    base = tuple(tuple(values[c] for c in s.baseline) for s in places)
    # The human reference, which has a value of its own beside every cycle's.
    human = value(-1, 0.6, replicates=(0.6,) * GROUPS)
    trend = Trend(METRICS.get(values[0].metric), None, tuple(values), base, references=(human,) * len(values))
    return Spot(tuple(places), len(values) - 1, (trend,), window)


def plain(numbers: Sequence[float | None], name: str = "mean_score", window: int = 5) -> Spot:
    return spot([value(c, x, name, stderr=0.01) for c, x in enumerate(numbers)], window)


def paired(numbers: Sequence[float], shares: Sequence[float], **facts: Any) -> Spot:
    """Each value with replicates that lie so much of it to either side."""
    sides = [(-1) ** g for g in range(GROUPS)]
    values = [
        value(c, x, replicates=tuple(x * (1 + share * side) for side in sides), **facts)
        for c, (x, share) in enumerate(zip(numbers, shares, strict=True))
    ]
    return spot(values)


def of(statistic: str, at: Spot) -> float:
    return ALL[statistic].compute(at)


def width(statistic: str, at: Spot) -> float:
    low, high = figures.interval(ALL[statistic], at)
    return high - low


@pytest.mark.parametrize("name", ALL)
def test_each_is_named_as_its_file_and_says_what_it_is(name: str):
    """The command line lists the files, without importing what is heavy."""
    found = ALL[name]
    assert import_module(f"metrics.statistics.{name}").__name__ == found.compute.__module__
    assert found.doc.splitlines()[0].endswith((".", ":", ","))
    assert "{}" in found.says
    assert "{}" in found.subject


@pytest.mark.parametrize(
    ("statistic", "numbers", "expected"),
    [
        ("value", [*BASE, 0.3], 0.3),
        ("pct_baseline", [*BASE, 0.3], 60),  # of their mean, .5
        ("pct_previous", [*BASE, 0.3], 50),  # of .6
        ("pct_reference", [*BASE, 0.3], 50),  # of .6
        # 100, 100, 96, 92, 88 % of .5 lie -2 ... 2 from the middle cycle:
        # (-2 * 100 - 1 * 100 + 1 * 92 + 2 * 88) / (4 + 1 + 1 + 4) = -3.2
        ("slope", [0.5, 0.5, 0.5, 0.5, 0.48, 0.46, 0.44], -3.2),
    ],
)
def test_by_hand(statistic: str, numbers: Sequence[float], expected: float):
    assert of(statistic, plain(numbers)) == pytest.approx(expected)


def test_a_slope_leaves_out_what_is_unknown_and_needs_three():
    """(2, 100) and (4, 98), (6, 96): a straight line, 1 % of .5 down each cycle."""
    numbers = [0.5, 0.5, 0.5, None, 0.49, None, 0.48]
    assert of("slope", plain(numbers)) == pytest.approx(-1)
    with pytest.raises(Undefined, match="Fewer than 3 of the last 4 cycles"):
        of("slope", plain(numbers, window=4))


def test_a_slope_counts_a_sure_cycle_for_more():
    """100, 100, 70 % with errors of 1, 1 and 1000 parts: by the first two it is level, alike it is -15."""
    at = spot([value(c, x, stderr=0.001) for c, x in enumerate([0.5, 0.5, 0.5, 0.5, 0.5, 0.35])], window=3)
    assert of("slope", at) == pytest.approx(-15)
    last = replace(at.trend, values=(*at.trend.values[:-1], value(5, 0.35, stderr=1.0)))
    assert abs(of("slope", replace(at, trends=(last,)))) < 0.001


def test_the_cycle_before_is_measured_alike():
    """At the size of the last, .3 of a baseline of .4 is 75 %; at that before, .6 of one of .6 is 100 %."""
    at = plain([0.6, 0.6, 0.6, 0.6, 0.6, 0.3])
    small = tuple(value(c, 0.4) for c in range(4))
    places = (*at.standings[:-1], replace(at.standings[-1], comparison="smaller"))
    trend = replace(at.trend, baselines=(*at.trend.baselines[:-1], small))
    assert of("pct_previous", replace(at, standings=places, trends=(trend,))) == pytest.approx(75)


def test_cycles_that_a_control_lends_lie_before_none():
    """Four lent cycles, then two of the lineage's own: nothing before the first, and no slope through two."""
    at = plain([*BASE, 0.5, 0.4])
    lent = tuple(replace(s, cycle=s.cycle - (2**31 if i < 4 else 4)) for i, s in enumerate(at.standings))
    at = replace(at, standings=tuple(replace(s, baseline=tuple(x.cycle for x in lent[:4])) for s in lent))
    assert of("pct_previous", at) == pytest.approx(80)
    assert of("pct_baseline", at) == pytest.approx(80)
    with pytest.raises(Undefined, match="no cycle before it"):
        of("pct_previous", replace(at, position=4))
    with pytest.raises(Undefined, match="Fewer than 3"):
        of("slope", at)


def test_z_keeps_its_sign_and_an_index_rises_whatever_is_healthy():
    low = planted.collapsing(onset=8, count=10)
    for name, below in (("distinct_1", True), ("duplicate_rate", False)):
        at = Spot(low.standings, 9, (low.trends[(name, None)],), 5)
        assert (of("z", at) < -2) == below
        assert (of("z", at) > 2) != below
        assert of("index", at) > 1


def test_z_and_index_are_what_the_early_warning_says():
    """Judged beside the others that vote, a metric lies where charts show it, all where alerts do."""
    past = planted.collapsing(onset=8, count=11)
    voting = tuple(panel.voters(past))
    readings = narrowing.read(past.standings, voting, None)
    side_by_side = Judging(past.standings, voting)
    for position in (7, 10):
        assert of("index", Spot(past.standings, position, voting, 5)) == readings[position].strength
        for trend in voting:
            z = of("z", Spot(past.standings, position, (trend,), 5, side_by_side))
            turned = -z if trend.metric.healthy == "low" else z
            assert turned == readings[position].deviations[trend.metric.name].z


def test_an_index_sees_what_all_have_in_common():
    """All together ring, of each alone fewer than half do: one may look lower than all by chance."""
    small = planted.history({m.name: [0.0] * 8 + [2.0] * 2 for m in planted.voters()}, count=10)
    found = tuple(small.trends[(m.name, None)] for m in planted.voters())
    each = [of("index", Spot(small.standings, 9, (trend,), 5)) for trend in found]
    assert of("index", Spot(small.standings, 9, found, 5)) >= 1.0 > sorted(each)[len(each) // 2]


def test_too_few_outputs_do_not_vote():
    few = planted.history({}, count=10, n=150)
    with pytest.raises(Undefined, match="enough outputs to vote"):
        of("index", Spot(few.standings, 9, (few.trends[("distinct_1", None)],), 5))


@pytest.mark.parametrize("statistic", OF_ONE)
def test_unknown_is_said_and_never_a_number(statistic: str):
    with pytest.raises(Undefined, match="Nothing to count"):
        of(statistic, plain([*BASE, None]))


@pytest.mark.parametrize(
    ("statistic", "numbers", "why"),
    [
        ("pct_baseline", [0.0, 0.0, 0.0, 0.0, 0.1], "Its baseline is 0"),
        ("pct_baseline", [None, None, None, None, 0.1], "Its baseline is not known"),
        ("pct_previous", [*BASE, 0.0, 0.1], "The cycle before is 0"),
        ("pct_previous", [*BASE, None, 0.1], "Nothing to count"),
        ("slope", [0.0, 0.0, 0.0, 0.0, 0.1], "Its baseline is 0"),
        ("z", [0.4, 0.6, None, None, 0.1], "Fewer than three cycles of its baseline"),
    ],
)
def test_why_it_is_unknown(statistic: str, numbers: Sequence[float | None], why: str):
    with pytest.raises(Undefined, match=why):
        of(statistic, plain(numbers))


def test_the_human_reference_may_have_no_value():
    at = plain([*BASE, 0.3])
    silent = replace(at.trend, references=(value(-1, None),) * 5)
    with pytest.raises(Undefined, match="The human reference has no value of it: Nothing to count"):
        of("pct_reference", replace(at, trends=(silent,)))
    with pytest.raises(Undefined, match="No human reference is pinned"):
        of("pct_reference", replace(at, trends=(replace(at.trend, references=()),)))


def test_the_value_has_the_interval_that_the_charts_show():
    assert figures.interval(ALL["value"], spot([value(0, 0.5, low=0.4, high=0.7)])) == (0.4, 0.7)
    with pytest.raises(Undefined, match="interval is not known"):
        figures.interval(ALL["value"], spot([value(0, 0.5)]))


def test_what_moves_all_cycles_alike_cancels():
    """Each group out moves every value by 1 %: the percentage stays. If it moves the last alone, it does not.

    Twenty replicates at 60 (1 +- .01): sqrt(19/20 * 20 * .6^2) = 2.6153.
    """
    numbers = [*BASE, 0.3]
    assert width("pct_baseline", paired(numbers, [0.01] * 5)) == pytest.approx(0, abs=1e-9)
    alone = paired(numbers, [0, 0, 0, 0, 0.01])
    assert width("pct_baseline", alone) == pytest.approx(2 * T * 2.6153, rel=1e-4)
    assert width("slope", paired([0.5] * 6, [0.01] * 6)) == pytest.approx(0, abs=1e-9)
    assert width("slope", paired([0.5] * 6, [0.0] * 5 + [0.01])) > 0.1


def test_values_without_replicates_add_their_own_errors():
    """80 % of a baseline of .5, all with errors of .02. The last moves it by 4. Each of the four moves the
    baseline to .505, and 80 to 79.2079, by .7921. sqrt(16 + 4 * .6274) = 4.3021.
    """
    at = spot([value(c, x, stderr=0.02) for c, x in enumerate([*BASE, 0.4])])
    assert width("pct_baseline", at) == pytest.approx(2 * T * 4.3021, rel=1e-4)
    unsure = replace(at.trend, values=(*at.trend.values[:-1], value(4, 0.4)))
    with pytest.raises(Undefined, match="without a standard error"):
        width("pct_baseline", replace(at, trends=(unsure,)))


def test_an_interval_is_never_narrower_than_one_step_of_a_count():
    """53 of 53, whichever group is left out; one less would be 1 / 53, 1.8868 % of the baseline of 1."""
    at = paired([1.0] * 5, [0.0] * 5, step=1 / 53)
    assert width("pct_baseline", at) == pytest.approx(2 * T * 1.8868, rel=1e-4)


@pytest.mark.parametrize(
    ("statistic", "name"),
    [("pct_baseline", "distinct_1"), ("pct_previous", "tail_recall"), ("slope", "mean_score")],
)
def test_intervals_hold_the_truth_as_often_as_they_say(statistic: str, name: str):
    """Sampling noise alone, so that the truth is no change: 95 of 100 intervals hold it, give or take 8."""
    truth, held = (0.0 if statistic == "slope" else 100.0), 0
    for seed in range(100):
        at = spot(planted.values(METRICS.get(name), [0.0] * 7, seed, noise=0.0, sampling=0.02))
        low, high = figures.interval(ALL[statistic], at)
        held += low <= truth <= high
    assert 87 <= held < 100


def test_z_has_an_interval_of_its_sampling():
    """Where sampling noise is all there is, one normal movement is one error or more: T to a side at most."""
    past = planted.history({"distinct_1": [0.0] * 9 + [4.0]}, count=10, noise=0.0)
    at = Spot(past.standings, 9, (past.trends[("distinct_1", None)],), 5)
    low, high = figures.interval(ALL["z"], at)
    assert low < of("z", at) < high
    assert 0.3 * 2 * T < high - low < 1.05 * 2 * T


def test_an_index_has_an_interval_of_the_prompts():
    """As wide as the runs that it adds up are unsure, and never below nothing unusual."""
    past = planted.history({"distinct_1": [0.0] * 8 + [4.0] * 2}, count=10, noise=0.0)
    at = Spot(past.standings, 9, (past.trends[("distinct_1", None)],), 5)
    low, high = figures.interval(ALL["index"], at)
    assert 0 <= low < of("index", at) < high
    calm = Spot(past.standings, 7, at.trends, 5)
    assert figures.interval(ALL["index"], calm)[0] == 0
