"""The early-warning test on planted truth: series of which we know what happened."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from metrics import deviations, narrowing, stats
from metrics.core import GROUPS, METRICS, History, MetricValue
from metrics.deviations import Deviation
from metrics.narrowing import Reading
from tests import planted

ALARMS = ("narrowing", "collapse")
VOTERS = [m.name for m in planted.voters()]


def read(past: History) -> list[Reading]:
    whole = list(past.trends.values())
    voters = [t for t in whole if t.metric.votes]
    return narrowing.read(past.standings, voters, past.trends[("mean_score", None)])


def step(onset: int, sds: float, until: int = 20) -> list[float]:
    return [0.0] * onset + [sds] * (until - onset) + [0.0] * (20 - until)


def first_alarm(readings: Sequence[Reading]) -> int | None:
    return next((r.cycle for r in readings if r.status in ALARMS), None)


# False alarms and detection


@pytest.mark.parametrize("noise", [(0.01, 0.01), (0.02, 0.005)], ids=["even", "mostly retraining"])
def test_flat_series_rarely_alarm(noise):
    """20 cycles, 8 independent voters, retrain noise as large as sampling noise, or four times as large.

    Measured over seeds 0 to 199: 2.5 % ever say narrowing or collapse, in both worlds. Half are run here.
    """
    retrain, sampling = noise
    alarms = [
        first_alarm(read(planted.history({}, seed=seed, noise=retrain, sampling=sampling))) is not None
        for seed in range(100)
    ]
    assert np.mean(alarms) <= 0.08
    assert len(VOTERS) == 8


@pytest.mark.parametrize("onset", [5, 8, 12])
def test_a_step_of_six_deviations_alarms_within_three_cycles(onset):
    """All voters fall by six times the movement of one cycle. No alarm before, whatever the seed."""
    for seed in range(5):
        readings = read(planted.history(dict.fromkeys(VOTERS, step(onset, 6.0)), seed=seed))
        assert onset < first_alarm(readings) <= onset + 2


@pytest.mark.parametrize("name", VOTERS)
def test_one_voter_alone_is_enough_once_its_noise_is_known(name):
    """By cycle 12 eleven steps say how much it moves, so that the step itself no longer masks the fall."""
    readings = read(planted.history({name: step(12, 12.0)}, seed=3))
    assert 12 < first_alarm(readings) <= 14
    assert readings[14].lead == name


@pytest.mark.parametrize("name", VOTERS)
def test_the_good_direction_never_alarms(name):
    """Duplicates falling, everything else rising."""
    readings = read(planted.history({name: step(8, -12.0)}, seed=3, noise=0.004, sampling=0.004))
    assert first_alarm(readings) is None
    assert min(r.deviations[name].z for r in readings[9:12]) > 1.5


def test_a_slow_slide_alarms_too():
    """Half a deviation a cycle in every voter, from cycle 5 on: seen within eight cycles."""
    slide = [0.0] * 5 + [0.5 * i for i in range(1, 16)]
    assert 5 < first_alarm(read(planted.history(dict.fromkeys(VOTERS, slide), seed=1))) <= 13


# What is said


def test_since_is_the_first_low_cycle_not_that_of_the_verdict():
    readings = read(planted.collapsing(onset=8, sds=12.0))
    assert first_alarm(readings) == 9
    assert {r.since for r in readings[9:]} == {8}
    assert readings[8].status == "watch"
    assert readings[8].since is None


def test_learning_until_two_cycles_after_the_baseline():
    """k = 4: cycles 0 to 3 learn, 4 is judged but one cycle is no run, 5 is the first verdict."""
    for sds in (0.0, 30.0):
        statuses = [r.status for r in read(planted.history(dict.fromkeys(VOTERS, step(4, sds)), seed=1))]
        assert statuses[:5] == ["learning"] * 5
        assert statuses[5] == ("healthy" if sds == 0 else "collapse")


def test_learning_goes_on_while_the_baseline_is_incomplete():
    past = planted.history({}, count=3)
    assert [r.status for r in read(past)] == ["learning"] * 3


def test_narrowing_and_collapse():
    """On the log scale .014 is one deviation: 7 of them are 9 %, 30 of them 35 % below the baseline."""
    for sds, said in ((7.0, "narrowing"), (30.0, "collapse")):
        readings = read(planted.history({"distinct_1": step(12, sds), "distinct_2": step(12, sds)}, seed=1))
        assert {r.status for r in readings[14:16]} == {said}
        change = readings[14].deviations["distinct_1"].change
        assert change == pytest.approx(math.exp(-sds * math.hypot(0.01, 0.01)) - 1, abs=0.05)


def test_a_rise_of_duplicates_is_no_loss():
    """What should be low has no share to lose: narrowing, never collapse."""
    readings = read(planted.history({"duplicate_rate": step(12, 60.0)}, seed=1))
    assert {r.status for r in readings[13:]} == {"narrowing"}
    assert readings[14].deviations["duplicate_rate"].change > 0.3


def test_narrowing_with_a_dropped_mean_score_is_collapse():
    moves = {"distinct_1": step(12, 7.0), "distinct_2": step(12, 7.0), "mean_score": step(14, 15.0)}
    readings = read(planted.history(moves, seed=1))
    assert (readings[14].status, readings[14].quality) == ("narrowing", "steady")
    assert (readings[15].status, readings[15].quality, readings[15].quality_since) == (
        "collapse",
        "dropped",
        14,
    )


def test_quality_never_helps():
    """Mean score falls through the floor and nothing else moves: dropped, by the same rule, and no alarm."""
    quiet = read(planted.history({}, seed=1))
    readings = read(planted.history({"mean_score": step(8, 50.0)}, seed=1))
    assert [r.status for r in readings] == [r.status for r in quiet]
    assert [r.index for r in readings] == [r.index for r in quiet]
    assert [r.quality for r in readings[8:11]] == ["steady", "dropped", "dropped"]
    assert "mean_score" not in {r.lead for r in readings}
    assert not METRICS.get("mean_score").votes
    assert not METRICS.get("score_p10").votes


def test_over_after_three_quiet_cycles():
    """Low from 8 to 11, back from 12. Two quiet cycles are too few; then it is over, and may begin again."""
    moves = step(8, 30.0, until=12)
    again = [*moves[:17], 60.0, 60.0, 60.0]
    readings = read(planted.history(dict.fromkeys(VOTERS, again), seed=1))
    assert [r.status for r in readings[12:17]] == ["collapse", "collapse", "healthy", "healthy", "healthy"]
    assert [r.since for r in readings[12:17]] == [8, 8, None, None, None]
    assert (readings[18].status in ALARMS, readings[18].since) == (True, 17)


def test_mean_score_recovers_by_the_same_rule():
    readings = read(planted.history({"mean_score": step(8, 30.0, until=12)}, seed=1))
    assert [r.quality for r in readings[11:16]] == ["dropped", "dropped", "dropped", "steady", "steady"]


def test_two_low_cycles_apart_are_no_run():
    odd = [0.0] * 8 + [6.0, -2.0] * 6
    readings = read(planted.history({"distinct_1": odd}, seed=1))
    assert first_alarm(readings) is None


# Who votes


@pytest.mark.parametrize(("n", "who"), [(400, set(VOTERS)), (199, {"tail_recall"}), (49, set())])
def test_too_few_outputs_never_vote(n, who):
    """200 outputs, or 50 tail prompts for tail recall. Nobody votes: learning, whatever happens."""
    readings = read(planted.history(dict.fromkeys(VOTERS, step(8, 30.0)), seed=1, n=n))
    assert {name for name, d in readings[10].deviations.items() if d.votes} == who
    assert (first_alarm(readings) is not None) == bool(who)
    assert who or {r.status for r in readings} == {"learning"}


def test_unknown_values_are_left_out():
    """A metric that is unknown at a cycle, or in the baseline, has no deviation there; the others go on."""
    past = planted.collapsing(onset=8, sds=12.0)
    key = ("distinct_1", None)
    trend = past.trends[key]
    gone = MetricValue(9, "distinct_1", 1, None, "undefined", note="gone")
    own = tuple(gone if v.cycle == 9 else v for v in trend.values)
    readings = read(replace(past, trends={**past.trends, key: replace(trend, values=own)}))
    assert "distinct_1" not in readings[9].deviations
    assert readings[9].status in ALARMS
    empty = replace(trend, baselines=tuple(() for _ in trend.baselines))
    assert "distinct_1" not in read(replace(past, trends={**past.trends, key: empty}))[10].deviations


def test_another_evaluation_starts_another_baseline():
    """The collapse of cycle 8 is history when the evaluation changes at 10: learn again, then quiet."""
    readings = read(planted.split(planted.collapsing(onset=8, sds=12.0), 10))
    assert readings[9].status in ALARMS
    assert readings[10].status == "not_comparable"
    assert [r.status for r in readings[11:15]] == ["learning"] * 4
    assert not {r.status for r in readings[15:]} & set(ALARMS)


# The arithmetic


def value(level: float, spread: float = 0.0, name: str = "mean_score", **facts: float) -> MetricValue:
    """A value whose jackknife SE is `spread`: ten replicates a up and ten down, 19/20 * 20 a^2 = spread^2."""
    a = spread / math.sqrt(19)
    return MetricValue(
        0, name, 1, None, "ok", value=level, n=400, replicates=(level + a, level - a) * 10, **facts
    )


def deviation(now: MetricValue, base: Sequence[float], past: Sequence[float]) -> Deviation:
    metric = METRICS.get(now.metric)
    beside = [value(b, name=now.metric) for b in base]
    found = deviations.deviation(metric, now, beside, [(value(p, name=now.metric), beside) for p in past])
    assert found is not None
    return found


def test_sampling_noise_decides_where_retraining_moves_nothing():
    """Baseline 5, now 4, SE .5: the ratio -2 at 19 degrees of freedom, whose 95 % quantile is 1.7291."""
    d = deviation(value(4.0, 0.5), [5.0] * 4, [5.0] * 4)
    assert d.z == pytest.approx(float(stats.t_corrected(-2.0, 19)))
    assert (d.change, d.noise) == (pytest.approx(-0.2), pytest.approx(0.1))
    assert d.sure_change == pytest.approx((4 + 1.7291 * 0.5 - 5) / 5, abs=1e-5)


def test_retrain_noise_decides_where_it_is_larger():
    """Past 4 6 4 6: steps of 2, SD sqrt(4 / 2), with the baseline's own sqrt(1 + 1/4); 2.25 degrees."""
    d = deviation(value(2.0, 0.5), [4.0, 6.0, 4.0, 6.0], [4.0, 6.0, 4.0, 6.0])
    assert d.z == pytest.approx(float(stats.t_corrected(-3 / (math.sqrt(2) * math.sqrt(1.25)), 2.25)))


def test_a_saturated_count_is_judged_by_its_step():
    """53 of 53 classes four times, now 52 with no spread at all: one step, as wide as it is at 52 of 53."""
    d = deviation(value(52 / 53, name="class_coverage", step=1 / 53), [1.0] * 4, [1.0] * 4)
    unit = math.asin(math.sqrt(52 / 53)) - math.asin(math.sqrt(51 / 53))
    ratio = (math.asin(math.sqrt(52 / 53)) - math.pi / 2) / unit
    assert d.z == pytest.approx(float(stats.t_corrected(ratio, 19)))


def test_noise_is_learned_from_distances_to_the_baseline_measured_alike():
    """A past cycle measured at another size, 3 against a baseline of 3, moved by nothing."""
    five, three = [value(5.0)] * 4, [value(3.0)] * 4
    past = [(value(5.0), five), (value(3.0), three), (value(5.0), five), (value(5.0), five)]
    found = deviations.deviation(METRICS.get("mean_score"), value(4.0, 0.5), five, past)
    assert found.z == pytest.approx(float(stats.t_corrected(-2.0, 19)))


def test_an_unknown_cycle_breaks_a_run():
    """Low, unknown, low is not two cycles running."""
    run = narrowing._Run(narrowing.METRIC_LINE, narrowing.QUIET_METRIC)
    for cycle, z in enumerate([-5.0, None, -5.0]):
        run.step(cycle, z)
    assert not run.triggers
    run.step(3, -5.0)
    assert run.low == [2, 3]


def test_what_lies_before_a_pinned_baseline_says_nothing_of_noise():
    """Cycle 0 is another model altogether; with the baseline pinned to 1 to 4 it leaves no trace."""
    found = []
    for first in (0.0, 80.0):
        past = planted.history({"distinct_1": [first, *[0.0] * 19]}, seed=2)
        own = past.trends[("distinct_1", None)].values
        places = [replace(s, baseline=(1, 2, 3, 4)) for s in past.standings]
        trend = replace(past.trends[("distinct_1", None)], baselines=tuple(own[1:5] for _ in own))
        found.append(narrowing.read(places, [trend], None)[8].deviations["distinct_1"])
    assert found[0] == found[1]


def test_the_index_corrects_for_correlation():
    """Two voters at -2. Unrelated replicates: r = .15, so the mean -2 varies by sqrt(2.3) / 2.

    Alike replicates: r = .5 + .15 = .65, and sqrt(3.3) / 2. One voter alone: its own z.
    """
    up, down = np.tile([1.0, -1.0], GROUPS // 2), np.repeat([1.0, -1.0], GROUPS // 2)
    a, b = (Deviation(-2.0, 0, 0, 0, 0, 0, True, r) for r in (up, down))
    assert deviations.joint_index([a, b]) == pytest.approx(-2 / (math.sqrt(2.3) / 2))
    assert deviations.joint_index([a, a]) == pytest.approx(-2 / (math.sqrt(3.3) / 2))
    assert deviations.joint_index([a]) == pytest.approx(-2.0)
    assert deviations.joint_index([]) is None
