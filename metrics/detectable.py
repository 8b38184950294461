"""The minimum detectable change: the smallest lasting loss that the early warning would see, and how surely.

The closed form of the rule's line where one metric falls and all others stay as they were.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri, ndtr, ndtri

from metrics import stats
from metrics.comparison import BASELINE_CYCLES
from metrics.core import GROUPS
from metrics.narrowing import RUN
from metrics.noise import LEAP
from metrics.retraining import freedom
from metrics.runs import ALIKE, CHANCE, CUT, all_below, rarer
from metrics.runs import line as joint_line

Floats = npt.NDArray[np.float64]

# Points of the two integrals: over what all cycles share, and over how far the learned noise is off.
POINTS = 16
HALVINGS = 20
FARTHEST = 100.0


@dataclass(frozen=True)
class Spread:
    """What moves one metric on its own scale: variances of one cycle, by prompts and by retraining.

    `shown`: the share of the sampling variance by which cycles really differ. `lasting` and `carried`: the
    share of each that a cycle has from the last. `baseline` cycles are the normal; `cycles` told the noise,
    or it is known with so many degrees of freedom. `least`: the step of a count, below which no error is
    taken to be; `by_output` where one output is that step, so that more of them make it smaller. `beside`
    are the voters, this one included, and `unsteady` is the share of retraining in what moves them.
    """

    sampling: float
    retraining: float = 0.0
    shown: float = 1.0
    lasting: float = 0.0
    carried: float = 0.0
    baseline: int = BASELINE_CYCLES
    cycles: int = 20
    known: float | None = None
    least: float = 0.0
    by_output: bool = False
    beside: int = 8
    unsteady: float = 0.0

    @property
    def variance(self) -> float:
        """That of one cycle, as the rule takes it: never less than the prompts would say."""
        return max(self.sampling, self.shown * self.sampling + self.retraining)

    @property
    def deviation(self) -> float:
        """The standard deviation of a cycle's distance from its baseline."""
        return max(float(np.sqrt(self.variance * (1 + 1 / self.baseline))), self.least)

    @property
    def freedom(self) -> float:
        """Degrees of freedom with which that is known (Satterthwaite 1946)."""
        if self.known is not None:
            return self.known
        parts = np.array([self.sampling, self.retraining])
        known = np.array([GROUPS - 1.0, freedom(max(self.cycles, 3))])
        total = float((parts**2 / known).sum())
        return float(parts.sum() ** 2 / total) if total else GROUPS - 1.0

    @property
    def alike(self) -> float:
        """The correlation of neighbouring distances: the baseline's own error, and what is carried over."""
        own = self.shown * self.sampling + self.retraining
        kept = self.lasting * self.shown * self.sampling + self.carried * self.retraining
        return (1 / self.baseline + (kept / own if own else 0.0)) / (1 + 1 / self.baseline)

    def with_prompts(self, times: float) -> Spread:
        """The same with so many times the prompts: what is known of the noise is not known less for it."""
        least = self.least / times if self.by_output else self.least
        return replace(self, sampling=self.sampling / times, known=self.freedom, least=least)


def line(spread: Spread) -> float:
    """How many learned standard deviations a fall must be for its first two cycles to be over the line.

    The first of them is a step by which the noise has risen when the second is judged: D deviations low, it
    adds (1 + 1 / baseline) D^2 / 2 to the squares of which the noise is the mean, but no more than a leap
    counts, and is then what tells it.
    """
    rare = CHANCE * float(rarer(np.array([spread.unsteady]))[0, 0])
    low = _lowest(round(spread.alike, 2), spread.beside, rare)
    far = -stats.t_quantile(float(ndtr(low)), min(spread.freedom, freedom(max(spread.cycles, 3))))
    left = 1 - (1 + 1 / spread.baseline) * far**2 / (2 * spread.cycles)
    masked = far / math.sqrt(left) if left > 0 else math.inf
    return min(masked, far * math.sqrt(1 + LEAP / spread.cycles))


@lru_cache(maxsize=1024)
def _lowest(alike: float, voters: int, chance: float) -> float:
    """How low two cycles, so alike, must both lie for their metric alone to be over the line of all."""
    wanted = -CUT - joint_line(voters, ALIKE, chance)
    low, high = -12.0, 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        reached = all_below(np.array([middle]), np.array([alike]), RUN)[0] <= wanted
        low, high = (middle, high) if reached else (low, middle)
    return low


def sureness(spread: Spread, fall: float, within: int) -> float:
    """The chance that the early warning calls a metric low within so many cycles of a fall that lasts.

    `fall` is on the metric's own scale. Averaged over what neighbouring cycles share, a normal variable, and
    over the ratio of the learned noise to the true one, the root of chi-squared over its degrees of freedom.

    >>> still = Spread(sampling=1.0)
    >>> round(sureness(still, 4.5, within=2), 1)
    0.3
    """
    shares = (np.arange(POINTS) + 0.5) / POINTS
    common = ndtri(shares) * np.sqrt(min(spread.alike, 1.0))
    learned = np.sqrt(chdtri(spread.freedom, shares) / spread.freedom)[:, None]
    far = line(spread)
    # Where nothing moves, the smallest fall is beyond all chance.
    times = fall / spread.deviation if spread.deviation else float("inf") if fall > 0 else 0.0
    beyond = times + common - far * learned
    each = ndtr(beyond / np.sqrt(max(1 - spread.alike, 1e-9)))
    return float(_in_a_row(each, within).mean())


def needed(spread: Spread, within: int, power: float) -> float:
    """How far a metric must fall and stay, on its own scale, to be seen within so many cycles so surely.

    >>> still = Spread(sampling=1.0)
    >>> round(needed(still, within=2, power=0.8), 1)
    6.3
    """
    low, high = 0.0, FARTHEST * spread.deviation
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if sureness(spread, middle, within) < power else (low, middle)
    return high


def _in_a_row(chance: Floats, within: int) -> Floats:
    """The chance of RUN in a row within so many tries, for the chance of each.

    >>> _in_a_row(np.array([0.5]), 2), _in_a_row(np.array([0.5]), 3)
    (array([0.25]), array([0.375]))
    """
    running = np.zeros((RUN, *chance.shape))
    running[0], done = 1.0, np.zeros(chance.shape)
    for _ in range(within):
        done = done + running[-1] * chance
        running = np.concatenate([(running.sum(axis=0) * (1 - chance))[None], running[:-1] * chance])
    return np.asarray(done)
