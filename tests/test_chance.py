"""Simulated chance: it moves as much as it was told to, and what a lineage does is learned back from it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from metrics import chance, moving, stats
from metrics.core import GROUPS, METRICS, History, MetricValue, TailwatchError, Trend
from metrics.moving import Moving, Place
from metrics.planting import with_loss
from metrics.retraining import PERSISTS, Retraining
from tests import planted

Floats = npt.NDArray[np.float64]
NAMES = ("distinct_1", "dispersion", "duplicate_rate")
LONG = 6000


def place(name: str, level: float, slice: str | None = None) -> Place:
    like = MetricValue(0, name, 1, slice, "ok", value=0.5, n=400.0, replicates=(0.5,) * GROUPS)
    return Place(METRICS.get(name), like, level, np.zeros(2 + GROUPS))


def made(
    *,
    retrain: float = 0.0,
    carried: float = 0.0,
    shared: float = 0.0,
    lasting: float = 0.0,
    sampled: float = 1.0,
) -> Moving:
    """Three metrics: sampling SDs .010, .020, .010; the first two correlate by .6, the third with neither."""
    groups = np.array([[0.010, 0.012, 0.0], [0.0, 0.016, 0.0], [0.0, 0.0, 0.010]])
    # Low rates in the middle of their scale, so that no end of it is in the way.
    places = (place(NAMES[0], -1.0), place(NAMES[1], -0.5), place(NAMES[2], 0.7))
    every = np.ones(3)
    variance = every * retrain**2
    noise = Retraining(every * sampled, variance, variance, every * carried, shared)
    return Moving("made", 4, 20, places, groups, every * lasting, np.zeros(3), noise, every * shared)


def levels(history: History) -> Floats:
    """(metrics, cycles) on the metrics' scales, down is bad."""
    rows = []
    for name in NAMES:
        trend = history.trends[(name, None)]
        y = stats.transform([v.value for v in trend.values if v is not None], trend.metric.scale)
        rows.append(-y if trend.metric.healthy == "low" else y)
    return np.array(rows)


def steps(history: History, lag: int = 1) -> Floats:
    y = levels(history)
    return np.asarray(y[:, lag:] - y[:, :-lag])


def test_steps_have_the_sampling_noise_that_was_put_in():
    """Two independent cycles: the variance of a step is twice that of a cycle, correlations stay: .6 and 0.

    Duplicates are turned, which leaves a correlation of 0 where it is. 6,000 steps: errors of 2 and .02.
    """
    found = steps(chance.draw(made(), 1, LONG))
    assert found.std(axis=1) == pytest.approx(math.sqrt(2) * np.array([0.01, 0.02, 0.01]), rel=0.05)
    correlation = np.corrcoef(found)
    assert correlation[0, 1] == pytest.approx(0.6, abs=0.05)
    assert correlation[[0, 1], [2, 2]] == pytest.approx([0, 0], abs=0.05)


def test_replicates_tell_that_noise():
    """The jackknife variance of a cycle, paired with the one before, is that of the step on average."""
    history = chance.draw(made(), 2, 1500)
    for name, size in zip(NAMES, (0.01, 0.02, 0.01), strict=True):
        trend = history.trends[(name, None)]
        moved = stats.transform([v.replicates for v in trend.values if v is not None], trend.metric.scale)
        paired = [stats.jackknife_se(step) ** 2 for step in np.diff(moved, axis=0)]
        assert np.mean(paired) == pytest.approx(2 * size**2, rel=0.05)


def test_retraining_comes_on_top_shared_and_carried_over():
    """Retraining .02, of which .5 is carried over and .4 shared; phi after L cycles is .5^L.

    A step over L cycles: 2 (s^2 + .0004 (1 - .5^L)); over one, 2 (.0001 + .0002) for the first metric. The
    covariance of the first and the third is 2 * .4 * .0004 * .5 = .00016, so r = .00016 / .0006 = .27; the
    third is a rate that should be low, and what is shared is bad for both.
    """
    history = chance.draw(made(retrain=0.02, carried=0.5, shared=0.4), 3, LONG)
    one, four = steps(history), steps(history, 4)
    assert one.var(axis=1) == pytest.approx([0.0006, 0.0012, 0.0006], rel=0.08)
    assert four.var(axis=1)[0] == pytest.approx(2 * (0.0001 + 0.0004 * (1 - 0.5**4)), rel=0.08)
    assert np.corrcoef(one)[0, 2] == pytest.approx(0.00016 / 0.0006, abs=0.05)


def test_sampling_noise_may_last():
    """Half of it lasts: a step over L cycles has the variance 2 s^2 (1 - .5 * .8^L), replicates likewise."""
    history = chance.draw(made(lasting=0.5), 4, LONG)
    for lag in (1, 4):
        wanted = 2 * 0.01**2 * (1 - 0.5 * PERSISTS**lag)
        assert steps(history, lag).var(axis=1)[0] == pytest.approx(wanted, rel=0.1)


def test_what_moved_a_lineage_is_learned_back():
    """From 12 histories of 40 cycles. What is believed beforehand draws retraining noise a little."""
    truth = made(retrain=0.02, lasting=0.0)
    found = [moving.learn(chance.draw(truth, seed, 36)) for seed in range(12)]
    assert np.mean([m.sampling for m in found], axis=0) == pytest.approx(truth.sampling, rel=0.1)
    # Beside a sampling SD of .01 a retraining SD of .02 shows plainly, beside one of .02 less so.
    sizes = np.sqrt(np.mean([m.noise.variance for m in found], axis=0))
    assert sizes == pytest.approx([0.02, 0.02, 0.02], rel=0.25)
    quiet = [moving.learn(chance.draw(made(), seed, 36)) for seed in range(12)]
    assert np.mean([m.noise.likely / m.sampling for m in quiet]) < 0.25
    covariance = np.mean([m.groups.T @ m.groups for m in found], axis=0)
    assert covariance[0, 1] == pytest.approx(0.6 * 0.01 * 0.02, rel=0.15)


def test_sampling_noise_that_lasts_is_learned_from_replicates():
    found = [moving.learn(chance.draw(made(lasting=share), 5, 36)).lasting.mean() for share in (0.0, 0.8)]
    assert found[0] < 0.2
    assert found[1] == pytest.approx(0.8, abs=0.2)


def test_the_same_seed_gives_the_same_history():
    past = planted.history({}, seed=1)
    one, again, other = (chance.healthy(past, seed, cycles=6) for seed in (3, 3, 4))
    assert [t.values for t in one.trends.values()] == [t.values for t in again.trends.values()]
    assert [t.values for t in one.trends.values()] != [t.values for t in other.trends.values()]


def test_it_looks_like_the_lineage():
    """The same metrics around their baseline; four cycles of it and those asked for, all complete."""
    past = planted.history({}, seed=1)
    found = chance.healthy(past, 0, cycles=8)
    assert found.trends.keys() == past.trends.keys()
    assert [s.cycle for s in found.standings] == list(range(12))
    assert {s.baseline for s in found.standings} == {(0, 1, 2, 3)}
    for key, trend in found.trends.items():
        like = past.trends[key].values[3]
        assert [v.status for v in trend.values] == ["ok"] * 12
        assert {(v.n, len(v.replicates), v.version) for v in trend.values} == {(like.n, GROUPS, like.version)}
        assert all(v.low < v.value < v.high for v in trend.values)
        assert trend.baselines == (trend.values[:4],) * 12


def test_values_stay_within_their_bounds():
    """A metric as noisy as can be that lies at the end of its range."""
    wild = made(retrain=3.0)
    for trend in chance.draw(wild, 1, 50).trends.values():
        low, high = trend.metric.bounds
        numbers = [x for v in trend.values for x in (v.value, v.low, v.high, *v.replicates)]
        assert low <= min(numbers) <= max(numbers) <= high


def slices(past: History, name: str) -> History:
    """The same with a slice whose values and replicates are the whole's."""
    trend = past.trends[(name, None)]

    def named(v: MetricValue) -> MetricValue:
        return replace(v, slice="language=de")

    own = tuple(named(v) for v in trend.values)
    base = tuple(tuple(named(v) for v in each) for each in trend.baselines)
    same = Trend(trend.metric, "language=de", own, base)
    return replace(past, trends={**past.trends, (name, "language=de"): same})


def test_slices_are_drawn_with_the_whole():
    """A slice that is the whole has its sampling noise to the last digit."""
    learned = moving.learn(slices(planted.history({}, seed=1, noise=0.0), "distinct_1"))
    places = [p.metric.name for p in learned.places]
    whole, part = (i for i, name in enumerate(places) if name == "distinct_1")
    a, b = learned.groups[:, whole], learned.groups[:, part]
    assert a @ b / math.sqrt((a @ a) * (b @ b)) == pytest.approx(1.0)


def without_replicates(past: History, stderr: float | None) -> History:
    """The same as if it had been measured elsewhere."""

    def bare(v: MetricValue) -> MetricValue:
        return replace(v, replicates=(), stderr=stderr)

    trends = {
        key: replace(
            t,
            values=tuple(map(bare, t.values)),
            baselines=tuple(tuple(map(bare, base)) for base in t.baselines),
        )
        for key, t in past.trends.items()
    }
    return replace(past, trends=trends)


def test_values_measured_elsewhere_move_by_their_standard_error():
    """At .5 a standard error of .01 is .01 on the arcsine scale and .02 on the log scale."""
    learned = moving.learn(without_replicates(planted.history({}, seed=1), 0.01))
    sizes = {p.metric.name: math.sqrt(s) for p, s in zip(learned.places, learned.sampling, strict=True)}
    assert sizes["distinct_1"] == pytest.approx(0.02, rel=0.05)
    assert sizes["tail_recall"] == pytest.approx(0.01, rel=0.05)
    drawn = chance.draw(learned, 1, 8).trends[("distinct_1", None)].values
    assert {(v.replicates, v.stderr) for v in drawn} == {((), 0.01)}


def test_without_any_error_the_steps_say_how_much_it_moves():
    past = without_replicates(planted.history({}, seed=1, noise=0.03, sampling=0.0), None)
    assert np.sqrt(moving.learn(past).sampling).mean() == pytest.approx(0.03, rel=0.25)


def test_what_lies_after_an_open_alert_is_not_learned_from():
    """The fall of cycle 8 would be taken for noise."""
    past = planted.collapsing(onset=8)
    assert [s.cycle for s in moving.before(past, 8).standings] == list(range(8))
    assert moving.before(past, None) == past
    calm, all_of_it = moving.learn(moving.before(past, 8)), moving.learn(past)
    assert calm.noise.variance.mean() < 0.2 * all_of_it.noise.variance.mean()


def test_one_odd_cycle_at_the_end_does_not_end_what_compares():
    past = planted.split(planted.history({}, seed=1), 19)
    assert moving.comparable(past) == list(range(19))


def test_a_jump_beyond_all_measure_is_learned_from_without_fuss():
    """A thousand standard deviations up and down again: no warning, and finite noise."""
    past = planted.history({"distinct_1": [0.0, 1000.0] * 30}, seed=1, count=60, sampling=0.001, noise=0.0)
    learned = moving.learn(past)
    assert learned.cycles == moving.MOST_CYCLES
    assert np.isfinite(learned.noise.variance).all()


def test_too_few_cycles_are_a_sentence():
    with pytest.raises(TailwatchError, match="3 cycles or more; it has 2"):
        chance.healthy(planted.history({}, count=2), 0)


@pytest.mark.parametrize(("name", "wanted"), [("distinct_1", 0.45), ("duplicate_rate", 0.55)])
def test_a_planted_loss_is_as_large_as_asked(name: str, wanted: float):
    """A tenth off .5 is .45. Of duplicates the other half of the outputs shrinks by a tenth: .5 + .05."""
    past = planted.history({}, seed=1, noise=0.0, sampling=0.0)
    found = with_loss(past, name, 0.1, from_cycle=6)
    values = [v.value for v in found.trends[(name, None)].values]
    assert values == pytest.approx([0.5] * 6 + [wanted] * 14)
    assert found.trends[("coverage", None)] == past.trends[("coverage", None)]
    after = found.trends[(name, None)].values[7]
    assert np.mean(after.replicates) == pytest.approx(wanted)
