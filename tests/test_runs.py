"""How unusual runs of low cycles are, each alone and all together, against other ways to compute it."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal

from metrics import runs
from metrics.noise import RUNS, Normal
from metrics.runs import ALIKE, ALIKE_STEPS, CHANCE, CUT
from tests.courses import course
from tests.planted import Floats

NEVER = np.nan


def normal(cycles: int, alike: float = 0.0) -> Normal:
    return Normal(np.ones(cycles), np.full(cycles, 19.0), {run: np.full(cycles, alike) for run in RUNS})


def scored(*each: Floats, alike: float = 0.0) -> list[dict[int, Floats]]:
    every = [np.asarray(scores, float) for scores in each]
    return [runs.run_scores(scores, scores, normal(len(scores), alike)) for scores in every]


# One metric


@pytest.mark.parametrize("alike", [0.0, 0.2, 0.5, 0.8, 0.9])
@pytest.mark.parametrize("run", RUNS)
def test_all_below_is_the_multivariate_normal_chance(run: int, alike: float):
    """Against Genz's integration; to a fiftieth of a deviation."""
    covariance = alike * np.ones((run, run)) + (1 - alike) * np.eye(run)
    found = runs.all_below(np.array([-0.5, -1.5]), np.full(2, alike), run)
    for level, score in zip((-0.5, -1.5), found, strict=True):
        chance = multivariate_normal.cdf([level] * run, cov=covariance, rng=np.random.default_rng(1))
        assert score == pytest.approx(ndtri(chance), abs=0.02)


def test_a_run_is_as_low_as_its_highest_cycle():
    """Independent cycles of -2, -1, -2: the chance that three lie below -1 is ndtr(-1) cubed."""
    (found,) = scored(np.array([-2.0, -1.0, -2.0]))
    assert found[3][2] == pytest.approx(ndtri(ndtr(-1.0) ** 3))
    assert found[2][1:] == pytest.approx([ndtri(ndtr(-1.0) ** 2)] * 2)


def test_a_run_needs_all_of_its_cycles():
    """Before there are enough, and over an unknown one, it is unknown."""
    (found,) = scored(np.array([-5.0, NEVER, -5.0, -5.0, -5.0]))
    assert np.isnan(found[2]).tolist() == [True, True, True, False, False]
    assert np.isnan(found[3]).tolist() == [True] * 4 + [False]
    assert np.isnan(found[5]).all()
    assert all(np.isnan(each).all() for each in scored(np.array([-5.0]))[0].values())


def test_one_low_cycle_between_others_is_no_run():
    (found,) = scored(np.array([0.5, -30.0, 0.5, -30.0, 0.5]))
    assert min(np.nanmin(each) for each in found.values()) > -CUT


@pytest.mark.parametrize("alike", [0.0, 0.4])
def test_an_outlier_does_not_make_two_of_one_low_cycle(alike: float):
    """Of -2 and -30 the chance is that of one cycle at -2; of -2 and -4, no more than twice, that of two."""
    (odd,), (both,) = (scored(np.array([-2.0, far]), alike=alike) for far in (-30.0, -4.0))
    assert odd[2][1] == pytest.approx(-2.0)
    assert both[2][1] == pytest.approx(runs.all_below(np.array([-2.0]), np.array([alike]), 2)[0])
    assert both[2][1] < -2.2


def test_what_is_no_outlier_yet_counts_in_part():
    """Of -2, beside 2.5 times as far down, the chance is that of a cycle and a half; the farther the less."""
    (half,) = scored(np.array([-2.0, -5.0]))
    assert half[2][1] == pytest.approx(ndtri(ndtr(-2.0) ** 1.5))
    found = [scored(np.array([-2.0, far]))[0][2][1] for far in np.arange(-3.0, -8.0, -0.1)]
    assert np.all(np.diff(found) >= 0)
    assert np.diff(found).max() < 0.15


def test_scores_of_any_size_that_is_taken_in_are_compared():
    """They go up to 1e60. A quotient of two that overflowed would warn, and a warning is an error here."""
    (found,) = scored(np.array([0.5, -1e60]))
    assert found[2][1] == pytest.approx(0.5)


def test_an_outlier_in_a_longer_run_leaves_the_others():
    """Before, between and after them; two that are as far down as each other are none."""
    for at in range(3):
        (found,) = scored(np.insert(np.array([-1.0, -1.5]), at, -30.0))
        assert found[3][2] == pytest.approx(ndtri(ndtr(-1.0) ** 2))
    (found,) = scored(np.array([-1.0, -30.0, -30.0]))
    assert found[3][2] == pytest.approx(ndtri(ndtr(-1.0) ** 3))
    assert found[2][2] == pytest.approx(runs.all_below(np.array([-30.0]), np.array([0.0]), 2)[0])


def test_cycles_that_are_alike_are_less_unusual_together():
    """Low by what they share, say their baseline, they tell less than when each is low by itself."""
    apart, near = (scored(np.full(5, -1.5), alike=a)[0] for a in (0.0, 0.8))
    for run in RUNS:
        assert apart[run][4] < near[run][4] < -1.5


# The joint line


def tail(level: float, metrics: int, alike: float) -> float:
    """The chance that healthy metrics lie so much beyond CUT together, by convolution on a grid.

    Given what they share they are independent: then the sum has the M-th power of one's Fourier transform.
    """
    width, size = 0.02, 8192
    nodes = np.linspace(-8, 8, 321)
    weights = np.exp(-(nodes**2) / 2)
    edges = -CUT - width * (np.arange(size) + 0.5)
    below = ndtr((edges - np.sqrt(alike) * nodes[:, None]) / np.sqrt(1 - alike))
    one = np.hstack([1 - below[:, :1], below[:, :-1] - below[:, 1:]])
    together = np.fft.irfft(np.fft.rfft(one, axis=1) ** metrics, size, axis=1)
    above = together[:, round(level / width) :].sum(axis=1)
    return float(above @ weights / weights.sum())


def test_where_nothing_is_unusual_the_index_is_nought():
    """And no -0.0, which would be read as something."""
    found = runs.together(scored(np.ones(5)), np.ones((1, 5), bool), np.full(5, ALIKE))
    assert found.strength[1:].tolist() == [0.0] * 4
    assert not np.signbit(found.strength[1:]).any()


@pytest.mark.parametrize("alike", [0.0, 0.6])
@pytest.mark.parametrize("chance", [0.05, 0.003, 0.0005])
def test_the_line_of_one_metric_is_its_quantile(chance: float, alike: float):
    """Drawn from 100,000: the share above varies by sqrt(1 / (1e5 chance)), 14 % at the rarest."""
    assert ndtr(-CUT - runs.line(1, alike, chance)) == pytest.approx(chance, rel=0.4)


@pytest.mark.parametrize(("metrics", "alike"), [(2, 0.0), (9, 0.0), (9, 0.15), (9, 0.6), (30, 0.9)])
def test_the_line_of_many_metrics(metrics: int, alike: float):
    assert tail(runs.line(metrics, alike), metrics, alike) == pytest.approx(CHANCE, rel=0.2)


@pytest.mark.parametrize(("metrics", "alike"), [(1, 0.0), (9, 0.15), (30, 0.6)])
def test_the_rarer_the_higher_also_beyond_what_was_drawn(metrics: int, alike: float):
    """From 1 in 100 to 1 in ten million, without a jump where the draws end."""
    lines = [runs.line(metrics, alike, chance) for chance in 10 ** -np.arange(2.0, 7.1, 0.1)]
    steps = np.diff(lines)
    assert (steps > 0).all()
    assert steps.max() < 4 * np.median(steps)


def test_the_line_of_a_rare_chance_is_not_too_low():
    """A slice of twenty, at 1 in 40,000: the straight line on the logarithm lies above the true quantile."""
    for metrics, alike in ((8, 0.15), (8, 0.5)):
        assert tail(runs.line(metrics, alike, 0.0005 / 20), metrics, alike) <= 2 * 0.0005 / 20


# All together


def test_the_joint_strength_is_the_sum_beyond_the_cut_over_its_line():
    """One metric twice at -2.75, another at -1: runs of two by hand, of which only the first lies beyond."""
    far, near = np.array([-2.75, -2.75]), np.array([-1.0, 0.0])
    beyond = -(ndtri(ndtr(-2.75) ** 2) + CUT)
    found = runs.together(scored(far, near), np.ones((2, 2), bool), np.array([0.15, 0.15]))
    assert np.isnan(found.strength[0])
    assert found.strength[1] == pytest.approx(beyond / runs.line(2, 0.15))
    assert found.run[1] == 2


def test_who_does_not_vote_adds_nothing():
    far = np.full(5, -9.0)
    votes = np.array([[True] * 5, [False] * 5])
    two = runs.together(scored(np.ones(5), far), votes, np.full(5, ALIKE))
    assert two.strength[4] == 0.0
    assert np.isnan(runs.together(scored(far), votes[1:], np.full(5, ALIKE)).strength).all()


def test_a_healthy_lineage_is_over_the_line_about_as_rarely_as_it_should():
    """Three lengths are looked at, and they go together: more than CHANCE, less than three times it."""
    rng = np.random.default_rng(2)
    count = 10_000
    drawn = np.sqrt(0.15) * rng.normal(size=(1, count)) + np.sqrt(0.85) * rng.normal(size=(8, count))
    # Cycles are independent here; so are the parts of a run, but no two metrics.
    found = runs.together(scored(*drawn), np.ones((8, count), bool), np.full(count, 0.15))
    share = np.mean(found.strength[5:] >= 1)
    assert CHANCE / 3 < share < 3 * CHANCE


def test_one_of_many_rings_as_rarely_as_the_only_one():
    """Bonferroni: at the chance c among ten that vote the line is that of c / 10; the 11th does not vote."""
    line = float(ndtri(0.001 / 10))
    low = {run: np.array([line]) for run in RUNS}
    calm = {run: np.array([0.0]) for run in RUNS}
    votes = np.array([[True]] * 10 + [[False]])
    found = runs.apart([low, *[calm] * 9, low], votes, 0.001)
    assert found[0].strength[0] == pytest.approx(1.0)
    assert found[1].strength[0] == 0.0
    assert np.isnan(found[10].strength[0])


# How alike metrics move


def test_what_metrics_share_is_learned_from_their_steps():
    """Correlation .6, before the 41st cycle: 39 steps beside a prior of 8 at .15 come to about .52."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        d = np.sqrt(0.6) * rng.normal(size=(41, 1)) + np.sqrt(0.4) * rng.normal(size=(41, 8))
        found.append(runs.alikeness([course(d[:, i].tolist()) for i in range(8)], 41))
    assert np.mean(found, axis=0)[:2].tolist() == pytest.approx([ALIKE, ALIKE])
    expected = (39 * 0.6 + ALIKE * ALIKE_STEPS) / (39 + ALIKE_STEPS)
    assert np.mean(found, axis=0)[40] == pytest.approx(expected, abs=0.05)


def test_a_metric_that_is_never_known_says_nothing_of_the_others():
    rng = np.random.default_rng(3)
    shared = rng.normal(size=12)
    known = [course((shared + 0.3 * rng.normal(size=12)).tolist()) for _ in range(4)]
    alone = runs.alikeness(known, 12)
    assert alone[11] > 0.4
    assert (runs.alikeness([*known, course([NEVER] * 12)], 12) == alone).all()
    late = course([*[NEVER] * 9, *rng.normal(size=3)])
    assert (runs.alikeness([*known, late], 12)[:10] == alone[:10]).all()


def test_one_metric_or_none_is_alike_to_nothing():
    assert runs.alikeness([], 4).tolist() == [ALIKE] * 4
    assert runs.alikeness([course([0.0, 1.0, 0.0, 1.0])], 4).tolist() == [ALIKE] * 4
