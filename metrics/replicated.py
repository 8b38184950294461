"""Noise between retrainings where replicate seeds of a cycle show it directly.

What a retrain adds anew, of variance e, is carried over by a share `left`: a model's peculiarity is
p = left * (its parent's) + new, of variance r2 = e / (1 - left^2) in the long run. The seeds of one cycle
have one parent, so that beyond sampling they differ by e alone, and the mean of S of them varies by
v = r2 * (1 - (1 - left^2) * (1 - 1 / S)): the new part is divided by S, the parent's is not. From cycle a to
the next, b, half the squared step is (v_a + v_b) / 2 - left * v_a, which without seeds is (1 - left) * r2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc

from metrics.carrying import LEFT
from metrics.deviations import Course, Floats, Retrains

# Seeds share their training data, which cycles do not: where steps are larger than seeds and sampling account
# for, at this level, steps alone count (Bozivich, Bancroft and Hartley 1956, on when to pool).
DOUBT = 0.25


@dataclass(frozen=True)
class Told:
    """What steps and the seeds of earlier cycles say together.

    `size`: the size of steps, (cycles, LEFT), or (cycles, 1) where only steps speak; `sampling`: what of it
    sampling explains, and `freedom`: its degrees of freedom, (cycles,). `step`: the size of steps for noise
    of variance r2 = 1, (cycles, LEFT) or (LEFT,). `retrains`: how many there are of each cycle, where of some
    there are several.
    """

    size: Floats
    sampling: Floats
    freedom: Floats
    step: Floats
    retrains: tuple[int, ...] = ()


def told(course: Course, size: Floats, sampling: Floats, freedom: Floats) -> Told:
    """Steps, all (cycles,), and seeds joined, each by its degrees of freedom.

    What seeds say is e, told by what it makes of steps. They count where steps do not speak against them.
    """
    left = np.array(LEFT)
    if course.retrains is None:
        return Told(size[:, None], sampling, freedom, 1 - left)
    counts = tuple(course.retrains.count.tolist())
    known, fresh = _fresh(course.retrains)
    # Where seeds speak before there is a step, sampling is known from the cycle itself.
    drawn = np.where((freedom == 0) & (known > 0), np.nan_to_num(course.own) ** 2, sampling)
    step = np.array([_step(course, x, counts) for x in LEFT]).T
    made = drawn[:, None] + step * fresh[:, None] / (1 - left**2)
    both = (freedom * size)[:, None] + known[:, None] * made
    both = np.maximum(both / np.maximum(freedom + known, 1)[:, None], 0.0)
    heard = (known > 0) & _agree(size, freedom, np.maximum(made[:, 0], drawn), known)
    joined = np.where(heard[:, None], both, size[:, None])
    return Told(joined, drawn, np.where(heard, freedom + known, freedom), step, counts)


def _fresh(retrains: Retrains) -> tuple[Floats, Floats]:
    """What the seeds before each cycle say: degrees of freedom, and e, which by chance may be below 0."""
    known = _before(retrains.freedom)
    beyond = _before(retrains.freedom * (retrains.size - retrains.sampling))
    return known, beyond / np.maximum(known, 1)


def _before(values: Floats) -> Floats:
    """The sum over the cycles before each."""
    return np.concatenate([[0.0], np.cumsum(values)[:-1]])


def _agree(size: Floats, freedom: Floats, made: Floats, known: Floats) -> npt.NDArray[np.bool_]:
    """Whether steps are no larger than what seeds make them; most they do where nothing is carried over."""
    ratio = np.divide(size, made, out=np.full(len(size), 1e300), where=made > 0)
    chance = fdtrc(np.maximum(freedom, 1), np.maximum(known, 1), ratio)
    return np.asarray((freedom == 0) | (chance >= DOUBT), bool)


def _step(course: Course, left: float, retrains: tuple[int, ...]) -> Floats:
    """Half the mean squared step before each cycle for retrain noise of variance r2 = 1."""
    places = np.flatnonzero(course.known)
    v = np.array(variances(left, retrains))[places]
    half = (v[:-1] + v[1:]) / 2 - left * v[:-1]
    count = np.maximum(np.searchsorted(places, np.arange(len(course.d))) - 1, 0)
    sums = np.concatenate([[0.0], np.cumsum(half)])
    return np.where(count > 0, sums[count] / np.maximum(count, 1), 1 - left)


def variances(left: float, retrains: tuple[int, ...]) -> tuple[float, ...]:
    """The variance of each cycle's value for retrain noise of variance r2 = 1.

    Four retrains divide what is new by four, and all of it is new where nothing is carried over:

    >>> variances(0.0, (1, 4)), variances(0.5, (1, 4))
    ((1.0, 0.25), (1.0, 0.4375))
    """
    return tuple(1 - (1 - left**2) * (1 - 1 / count) for count in retrains)
