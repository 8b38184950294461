"""How the candidate rule finds what is low: worked by hand, and what it must not do."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.core import GROUPS
from tests.benchmarks.lead_time.moves import Moves, contrast


def flat(values: list[list[float]], error: float = 1.0, base: int = 4) -> Moves:
    """Metrics by cycle, each with a jackknife error and none that cycles share."""
    d = np.array(values)
    rng = np.random.default_rng(5)
    draws = rng.normal(size=(*d.shape, GROUPS))
    draws -= draws.mean(axis=-1, keepdims=True)
    size = np.sqrt((GROUPS - 1) / GROUPS * (draws**2).sum(axis=-1, keepdims=True))
    return Moves(d, d[..., None] + draws * error / size, np.zeros(d.shape), base)


def test_a_fall_does_not_hide_itself():
    """Its own step is not in the noise: what lies before has none, so the sampling error alone counts."""
    noise = flat([[0, 0, 0, 0, 0, 0, -9, -9]]).before(6)
    assert noise.retrain.tolist() == [0.0]
    z, _ = flat([[0, 0, 0, 0, 0, 0, -9, -9]]).low(7)
    assert z[0] < -3.3


def test_one_outlier_is_not_low():
    """The mean of two cycles is, but the second of them is not."""
    z, together = flat([[0, 0, 0, 0, 0, 0, -9, 0]]).low(7)
    assert z[0] == 0.0
    assert together == 0.0


def test_what_is_noisy_is_harder_to_find():
    calm, wild = ([[0, s, -s, s, -s, s, -5, -5]] for s in (0.0, 3.0))
    assert flat(calm).low(7)[0][0] < flat(wild).low(7)[0][0] < 0


def test_carry_over_widens_a_window():
    """AR(1) at .5, two cycles side by side, far from the baseline: (1 + .5) / 2, and of the baseline's four
    (4 + 2 (3 * .5 + 2 * .25 + .125)) / 16 = .515625; the two have little to do with each other."""
    far = contrast(np.array([0.5]), 4, 40, 41)[0]
    assert far == pytest.approx(0.75 + 0.515625, abs=1e-6)
    assert contrast(np.array([0.5]), 4, 6, 7)[0] < far


def test_later_cycles_never_matter():
    values = np.random.default_rng(2).normal(size=(3, 12)).tolist()
    long, short = flat(values), flat(values)
    short = Moves(long.d[:, :9], long.replicates[:, :9], long.least[:, :9], 4)
    assert np.array_equal(long.low(8)[0], short.low(8)[0])
    assert long.low(8)[1] == short.low(8)[1]


def test_what_was_never_counted_disturbs_no_other():
    """A rate that is 0 for cycles has no sampling error, and then a step of one count: that says little."""
    values = [[0, 0.5, -0.5, 0.4, -0.4, 0, -6, -6], [0, 0, 0, 0, 0, -1, 0, 0]]
    both, alone = flat(values), flat(values[:1])
    still = np.stack([both.replicates[0], np.zeros((8, GROUPS))])
    least = np.stack([np.zeros(8), np.ones(8)])
    z, _ = Moves(both.d, still, least, 4).low(7)
    assert z[0] == pytest.approx(alone.low(7)[0][0], rel=0.25)
