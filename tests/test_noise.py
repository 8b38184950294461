"""What normal movement is learned from steps, and how it is told from sampling."""

import math

import numpy as np
import pytest

from metrics import noise, stats
from metrics.carrying import LEFT, Carried, about_baseline
from metrics.core import GROUPS
from metrics.noise import RUNS, Steps
from tests.courses import SPLIT, course
from tests.planted import Floats

NEVER = np.nan


def surely(left: float, cycles: int, share: float = 1.0) -> tuple[Carried, Floats]:
    """That so much is left of a carried noise, of which `share` of sampling is carried, at all cycles."""
    sure = np.tile([float(x == left) for x in LEFT], (cycles, 1))
    part = np.where(sure * left > 0, share, 0.0)
    return Carried(sure, part[None]), part


# Steps


def test_an_unknown_cycle_is_stepped_over():
    """Known are 0, 2, 0: steps of 2 and 2, half their mean square is 2. Two values give no freedom yet."""
    found = noise.steps(course([0.0, NEVER, 2.0, 0.0, 0.0]))
    assert found.size.tolist() == [0.0, 0.0, 0.0, 2.0, 2.0]
    assert found.freedom.tolist() == [0.0, 0.0, 0.0, 0.0, pytest.approx(8 / 5)]


def test_the_freedom_of_steps_is_that_of_their_variance():
    """A variance from v degrees of freedom varies by 2 / v of its square; 5 normal values give 32 / 11."""
    drawn = np.random.default_rng(1).normal(size=(40_000, 5))
    size = (np.diff(drawn, axis=1) ** 2).mean(axis=1) / 2
    freedom = noise.steps(course([0.0] * 6)).freedom[5]
    assert freedom == pytest.approx(32 / 11)
    assert size.mean() == pytest.approx(1.0, abs=0.02)
    assert size.var() == pytest.approx(2 / freedom, rel=0.05)


def test_a_step_is_learned_before_the_next_cycle_and_never_in_its_own():
    far = [0.0, 1.0, 0.0, 1.0, 0.0, 3.0]
    assert noise.steps(course(far)).size[5] == noise.steps(course([*far[:5], -2.0])).size[5] == 0.5
    assert noise.steps(course([*far, 0.0])).size[6] == pytest.approx((4 * 1 + 3**2) / 10)


def test_a_leap_counts_as_a_large_step_and_no_more():
    """A fall of 50 where steps are of 1 is one of sqrt(12): the noise that it makes does not hide it."""
    far = [0.0, 1.0, 0.0, 1.0, 0.0, -50.0, -50.0, -50.0]
    found = noise.steps(course(far)).size
    assert found[6] == pytest.approx((4 * 1 + noise.LEAP) / 10)
    assert found[7] == pytest.approx((4 * 1 + noise.LEAP + 0) / 12)


def test_one_odd_cycle_says_nothing_of_the_others():
    """After 0, 1, 0, 1, 0, -50 and back to 1 the two leaps count as two steps of 1, past it.

    Until it is back the leap counts as one, and what comes after is heard as ever.
    """
    found = noise.steps(course([0.0, 1.0, 0.0, 1.0, 0.0, -50.0, 1.0, 0.0, 1.0])).size
    assert found[6] == pytest.approx((4 * 1 + noise.LEAP) / 10)
    assert found[7:].tolist() == pytest.approx([6 / 12, 7 / 14])
    kept = noise.steps(course([0.0, 1.0, 0.0, 1.0, 0.0, -50.0, -20.0, -20.0])).size
    assert kept[7] > 2 * found[7]


def test_after_equal_values_any_step_is_noise():
    assert noise.steps(course([0.0] * 5 + [2.0, 2.0])).size[6] == pytest.approx(4 / 10)


def test_after_equal_values_a_leap_is_one_beside_sampling():
    """The same model four times, then 9 lower: half of 81 is cut to 12 times the 1 that sampling makes."""
    found = noise.steps(course([0, 0, 0, 0, 9, 9], own=1.0))
    assert found.size.tolist() == pytest.approx([0, 0, 0, 0, 0, 12 / 4])


def test_sampling_of_a_step_is_paired_by_prompt():
    """The groups of the second cycle differ by an error of 1 from those of the others: half of it squared."""
    groups = np.zeros((5, GROUPS))
    groups[1] = SPLIT
    found = noise.steps(course([0.0] * 5, groups=groups, own=9.0)).sampling
    assert found[2:].tolist() == pytest.approx([0.5, 0.5, 1 / 3])


def test_sampling_of_a_step_between_values_without_replicates():
    """Own errors of .3: half of .09 + .09. A step of a count is a step: half of .2 squared."""
    assert noise.steps(course([0.0] * 4, own=0.3)).sampling[3] == pytest.approx(0.09)
    assert noise.steps(course([0.0] * 4, least=0.2)).sampling[3] == pytest.approx(0.02)


# Normal movement


def test_sampling_decides_where_retraining_moves_nothing():
    far = course([0.0] * 4 + [-1.0], error=0.5)
    found = noise.normal(far, noise.steps(far), *surely(0.0, 5))
    assert (found.deviation[4], found.freedom[4]) == (0.5, 19.0)
    assert found.scores(far.d)[4] == pytest.approx(float(stats.t_corrected(-2.0, 19)))


def test_what_is_learned_decides_where_it_is_larger():
    """Steps of 2: a variance of 2, about a baseline of four 2 (1 + 1/4), with 18/8 degrees of freedom."""
    far = course([-1.0, 1.0, -1.0, 1.0, -3.0], error=0.5)
    found = noise.normal(far, noise.steps(far), *surely(0.0, 5))
    assert (found.deviation[4], found.freedom[4]) == (pytest.approx(math.sqrt(2.5)), pytest.approx(2.25))
    assert found.scores(far.d)[4] == pytest.approx(float(stats.t_corrected(-3 / math.sqrt(2.5), 2.25)))


def test_distances_of_noise_of_which_half_is_left():
    """Cycle 4 about cycles 0 to 3: 1 - 2 * 15/64 + 33/64 = 67/64, where 33/64 is the mean of .5^|i - j|."""
    assert about_baseline(0.5, 5, (0, 1, 2, 3), 4)[4, 4] == pytest.approx(67 / 64)


def test_carried_noise_counts_for_more_than_its_steps():
    """Steps of 2 are half the variance where half is left: 4, times 67/64 about the baseline."""
    far = course([-1.0, 1.0, -1.0, 1.0, -3.0])
    found = noise.normal(far, noise.steps(far), *surely(0.5, 5))
    assert found.deviation[4] ** 2 == pytest.approx(4 * 67 / 64)


def test_the_carried_share_of_sampling_counts_for_more_too():
    """Steps are just as sampling says, 1. Half of its variance t is carried: t (1/2 + 1/4) = 1, t = 4/3."""
    far = course([0.0, math.sqrt(2), 0.0, math.sqrt(2), 0.0], own=1.0)
    seen = noise.steps(far)
    assert (seen.size[4], seen.sampling[4]) == (pytest.approx(1.0), pytest.approx(1.0))
    found = noise.normal(far, seen, *surely(0.5, 5, share=0.5))
    assert found.deviation[4] ** 2 == pytest.approx(4 / 3 * (0.5 * 1.25 + 0.5 * 67 / 64))


def test_cycles_of_a_run_are_alike_by_their_baseline():
    """Fresh noise about four cycles: 1/4 is shared of 1 + 1/4, in any run. Carried noise shares more."""
    far = course([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0])
    fresh, kept = (noise.normal(far, noise.steps(far), *surely(x, 10)).alike for x in (0.0, 0.9))
    for run in RUNS:
        assert fresh[run][9] == pytest.approx(0.2)
        assert kept[run][9] > 0.6
    assert kept[2][9] > kept[5][9]


def test_a_baseline_elsewhere_is_shared_by_all_cycles():
    """1 + 1/4 from the first cycle on."""
    far = course([-1.0, 1.0, -1.0, 1.0], base=())
    assert noise.normal(far, noise.steps(far), *surely(0.0, 4)).deviation[3] ** 2 == pytest.approx(2 * 1.25)


def test_where_nothing_moves_nothing_is_unusual():
    far = course([0.0, 0.0, 0.0, 0.0, -1.0, NEVER])
    scores = noise.normal(far, noise.steps(far), *surely(0.0, 6)).scores(far.d)
    assert scores[4] == 0.0
    assert np.isnan(scores[5])


def test_the_share_of_retraining_is_what_sampling_does_not_explain():
    """Steps of 2, half their mean square 2, of which sampling makes 1/2: 3/4. The other only samples,
    so that both have 3/8; before the third known value no step tells anything.
    """
    moving, still = course([0.0, 2.0, 0.0, 2.0], own=math.sqrt(0.5)), course([0.0] * 4, own=math.sqrt(0.5))
    found = noise.retrained([noise.steps(moving), noise.steps(still)])
    assert found.tolist() == [0.0, 0.0, 0.0, pytest.approx(3 / 8)]
    unknown = noise.steps(course([NEVER] * 4))
    assert noise.retrained([noise.steps(moving), unknown])[3] == pytest.approx(3 / 4)


# Many alike


def test_many_alike_share_how_much_they_move_beyond_sampling():
    """Ratios of 4 and 0 at 8/5 degrees of freedom, 2 on average, which counts for 8: (1.6 r + 16) / 9.6."""
    moving, still = course([0.0, 2.0, 0.0, 2.0], own=math.sqrt(0.5)), course([0.0] * 4, own=math.sqrt(0.5))
    found = noise.pooled([moving, still])
    assert [x.size[3] for x in found] == pytest.approx([0.5 * (1.6 * 4 + 16) / 9.6, 0.5 * 16 / 9.6])
    assert [x.freedom[3] for x in found] == pytest.approx([9.6, 9.6])


def test_a_part_of_which_nothing_is_known_moves_by_sampling():
    (found,) = noise.pooled([course([NEVER] * 4)])
    assert found.size.tolist() == [0.0] * 4
    assert noise.pooled([]) == []


def test_a_part_that_comes_later_leaves_no_trace_before():
    first, late = course([0.0, 2.0, 0.0, 2.0, 0.0], own=0.5), course([NEVER] * 3 + [0.0, 9.0], own=0.5)
    alone, beside = noise.pooled([first])[0], noise.pooled([first, late])[0]
    assert isinstance(beside, Steps)
    assert alone.size.tolist() == beside.size.tolist()
