"""How much noise is carried over, learned from the prompt groups of few cycles."""

import numpy as np
import pytest

from metrics.carrying import FRESH, LEFT, MOST, SHARES, carried, decay
from metrics.core import GROUPS
from metrics.deviations import Course
from tests.courses import course
from tests.planted import Floats, carried_over

PRIOR = [FRESH, *[(1 - FRESH) / 4] * 4]


def groups(seed: int, carry: float, cycles: int = 6) -> Floats:
    """Replicates in which each group differs by noise of which `carry` is left, about a level of its own."""
    rng = np.random.default_rng(seed)
    return carried_over(rng.normal(size=(cycles, GROUPS)), carry) + 3 * rng.normal(size=GROUPS)


def of(*each: Floats) -> list[Course]:
    return [course([0.0] * len(g), groups=g) for g in each]


@pytest.mark.parametrize("seed", range(10))
def test_six_cycles_of_eight_metrics_tell_carried_from_fresh(seed: int):
    """Before the seventh cycle; .8 of a noise left against none."""
    for carry, low, high in ((0.0, 0.5, 1.0), (0.8, 0.0, 0.01)):
        found = of(*(groups(100 * seed + i, carry, cycles=7) for i in range(8)))
        assert low <= carried(found, 7).left[6, 0] <= high


def test_how_much_is_left_is_told_by_many_metrics_in_a_few_cycles():
    """As long as no single metric says so much that it is capped (see MOST). Beyond .5 most looks a line."""
    for carry, best in ((0.3, (0.3, 0.5)), (0.9, (0.5, 0.7, 0.9))):
        found = carried(of(*(groups(i, carry, cycles=7) for i in range(30))), 7).left[6]
        assert LEFT[int(found.argmax())] in best


def test_the_carried_share_is_told():
    """All that differs between groups is carried, or a quarter of it."""
    whole = carried(of(groups(1, 0.9, 40)), 40).share[0, 39, LEFT.index(0.9)]
    rng = np.random.default_rng(2)
    mixed = groups(1, 0.9, 40) + np.sqrt(3) * rng.normal(size=(40, GROUPS))
    quarter = carried(of(mixed), 40).share[0, 39, LEFT.index(0.9)]
    assert whole > 0.9
    assert 0.1 <= quarter < 0.5
    assert carried(of(mixed), 40).share[0, 39, 0] == 0.0


def test_before_four_cycles_and_without_replicates_the_prior_stands():
    bare = course([0.0] * 8)
    assert carried([bare], 8).left.tolist() == [pytest.approx(PRIOR)] * 8
    assert carried([], 8).left.tolist() == [pytest.approx(PRIOR)] * 8
    told = carried(of(groups(1, 0.9)), 6).left
    assert told[:4].tolist() == [pytest.approx(PRIOR)] * 4
    assert told[4].tolist() != pytest.approx(PRIOR)


def test_levels_and_units_of_groups_say_nothing():
    """What a group always has beyond the others, and the unit, are taken out."""
    noise = groups(3, 0.5)
    other = 1000 * noise + 50 * np.arange(GROUPS)
    narrowing = noise + np.arange(6)[:, None] * np.arange(GROUPS)
    moved = other + 7 * np.arange(6)[:, None]
    huge = 1e90 * noise
    assert carried(of(noise), 6).left == pytest.approx(carried(of(huge), 6).left)
    assert carried(of(noise), 6).left == pytest.approx(carried(of(other), 6).left)
    assert carried(of(noise), 6).left == pytest.approx(carried(of(moved), 6).left)
    # The kurtosis of the steps is with the lines in it.
    assert carried(of(narrowing), 6).left == pytest.approx(carried(of(noise), 6).left, abs=0.1)


def likely(seen: Floats, left: float, share: float) -> float:
    """The log-likelihood of the second differences of 19 series, their variance the best there is."""
    steps, cycles = np.diff(seen, 2, axis=0), len(seen)
    across = np.diff(np.eye(cycles), 2, axis=0)
    size = across @ ((1 - share) * np.eye(cycles) + share * decay(left, np.arange(cycles))) @ across.T
    freedom = 19 * (cycles - 2)
    total = np.trace(np.linalg.solve(size, steps @ steps.T))
    return float(-0.5 * (19 * np.linalg.slogdet(size)[1] + freedom * np.log(total / freedom)))


@pytest.mark.parametrize("seed", range(4))
def test_the_likelihood_is_that_of_second_differences(seed: int):
    """REML in one basis of contrasts is REML in another: here in changes of the step between cycles.

    Steps of kurtosis k above 3 count for 2 / (k - 1).
    """
    noise = groups(seed, 0.2, 5)
    seen = noise - noise.mean(axis=1, keepdims=True)
    steps = np.diff(seen, axis=0)
    counts = min(1.0, 2 / ((steps**4).mean() / (steps**2).mean() ** 2 - 1))
    told = [[counts * likely(seen, left, share) for share in SHARES] for left in LEFT]
    beyond = np.log(np.exp(np.array(told) - told[0][0]).mean(axis=1))
    assert beyond.max() < MOST
    weights = np.array(PRIOR) * np.exp(beyond)
    found = carried(of(np.vstack([noise, noise[:1]])), 6).left[5]
    assert found == pytest.approx(weights / weights.sum(), rel=1e-6)


def test_one_metric_never_convinces():
    """However much it wanders: e^3 times the prior odds, at the most."""
    found = carried(of(groups(1, 0.9, 30)), 30).left[29]
    assert found[0] >= FRESH / (FRESH + (1 - FRESH) * np.exp(MOST)) - 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_rare_events_do_not_look_carried(seed: int):
    """Groups of which one in fifty changes for good at a cycle, beside four metrics with fresh noise."""
    rng = np.random.default_rng(seed)
    rare = np.cumsum(rng.random((20, GROUPS)) < 0.02, axis=0) * 1.0
    found = carried(of(rare, *(groups(50 * seed + i, 0.0, 20) for i in range(4))), 20).left[19]
    assert found[0] > 0.8


def test_a_metric_whose_groups_never_differ_says_nothing():
    assert carried(of(np.ones((8, GROUPS))), 8).left[7] == pytest.approx(PRIOR)


def test_later_cycles_change_nothing_said_before():
    each = [groups(i, 0.7, 15) for i in range(3)]
    whole, part = carried(of(*each), 15), carried(of(*(g[:9] for g in each)), 9)
    assert (whole.left[:9] == part.left).all()
    assert (whole.share[:, :9] == part.share).all()


def test_cycles_without_a_value_are_left_out_at_their_place():
    """Six cycles, with a gap or in a row: noise that fades is less alike across the gap."""
    seen = groups(6, 0.3, 8)
    holed = seen.copy()
    holed[1:3] = np.nan
    apart = carried(of(holed), 8).left[7]
    near = carried(of(np.delete(seen, [1, 2], axis=0)), 6).left[5]
    assert apart != pytest.approx(near)
    assert apart.sum() == pytest.approx(1.0)
