"""Intervals: seeded, by prompt group, paired between cycles.

The unit of resampling is the prompt, never the row: several samples of one prompt stand or fall together.
Prompts are put into `GROUPS` fixed groups by a hash of their example_id, the same group in every cycle, so
that the leave-one-group-out replicates of any two cycles can be subtracted from one another.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaln, ndtri, stdtr, stdtrit

from metrics.core import GROUPS, Scale
from metrics.kernels import kernel

Floats = npt.NDArray[np.float64]
Key = TypeVar("Key", bound=Hashable)


def hashed(example_ids: Sequence[str] | pd.Series) -> npt.NDArray[np.uint64]:
    """One number for each example, fixed by its id alone, on any machine."""
    return pd.util.hash_array(np.asarray(example_ids, dtype=object))


def groups(example_ids: Sequence[str] | pd.Series) -> npt.NDArray[np.int64]:
    """Group 0 to 19 of each example: fixed by its id alone, on any machine."""
    return (hashed(example_ids) % GROUPS).astype(np.int64)


def seed(*parts: object) -> int:
    """A seed made from names, such as (lineage, cycle, metric): the same data gives the same numbers."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def transform(values: npt.ArrayLike, scale: Scale) -> Floats:
    """Put values on the scale on which their noise is most even: log, or arcsine of the root for shares."""
    x = np.asarray(values, float)
    if scale == "log":
        x = np.log(np.maximum(x, 1e-12))
    elif scale == "arcsine":
        x = np.arcsin(np.sqrt(np.clip(x, 0.0, 1.0)))
    return x


def untransform(values: npt.ArrayLike, scale: Scale) -> Floats:
    """Back from `transform`."""
    y = np.asarray(values, float)
    if scale == "log":
        y = np.exp(y)
    elif scale == "arcsine":
        y = np.sin(np.clip(y, 0.0, math.pi / 2)) ** 2
    return y


def jackknife_se(replicates: npt.ArrayLike) -> float:
    """Standard error from leave-one-group-out replicates (Tukey 1958): sqrt((G-1)/G * sum (r - mean r)^2).

    For the mean of 1, 2, 3, 4 left out one at a time this is s / sqrt(n) = 1.29099 / 2:

    >>> round(jackknife_se([9 / 3, 8 / 3, 7 / 3, 6 / 3]), 5)
    0.6455
    """
    r = np.asarray(replicates, float)
    return float(np.sqrt((len(r) - 1) / len(r) * np.sum((r - r.mean()) ** 2)))


def jackknife_interval(
    value: float, replicates: npt.ArrayLike, scale: Scale, step: float | None = None, level: float = 0.95
) -> tuple[float, float]:
    """Student interval with GROUPS - 1 degrees of freedom, made on the metric's scale and carried back.

    A standard error is never less than one step of the count, however saturated the count.
    """
    centre = float(transform(value, scale))
    se = jackknife_se(transform(replicates, scale))
    se = max(se, float(step_on_scale(value, step, scale)))
    half = float(stdtrit(GROUPS - 1, 0.5 + level / 2)) * se
    low, high = untransform([centre - half, centre + half], scale)
    return float(low), float(high)


def step_on_scale(value: npt.ArrayLike, step: npt.ArrayLike | None, scale: Scale) -> Floats:
    """What one step of a count, say 1/53, comes to on a transformed scale near `value`; 0 without one."""
    x, size = np.asarray(value, float), np.asarray(0.0 if step is None else step, float)
    other = np.where(x - size > 0, x - size, x + size)
    return np.asarray(np.abs(transform(x, scale) - transform(other, scale)), float)


def wilson(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a share of n, n effective where rows are weighted (Wilson 1927).

    >>> [round(x, 4) for x in wilson(0.5, 100)]
    [0.4038, 0.5962]
    """
    z = float(ndtri(0.5 + level / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def effective_n(weights: npt.ArrayLike) -> float:
    """Kish's effective number of rows, (sum w)^2 / sum w^2.

    >>> effective_n([1, 1, 1, 1]), effective_n([1, 0, 0, 0])
    (4.0, 1.0)
    """
    w = np.asarray(weights, float)
    total = float(np.sum(w**2))
    return float(np.sum(w)) ** 2 / total if total else 0.0


def weighted_quantile(values: npt.ArrayLike, q: float, weights: npt.ArrayLike) -> float:
    """The q-quantile, interpolated between the mid-points of the weights' running sum."""
    x, w = np.asarray(values, float), np.asarray(weights, float)
    # Ties by weight, so that the order of the rows decides nothing.
    order = np.lexsort((w, x))
    return quantile_of_sorted(x[order], w[order], q)


def quantile_of_sorted(values: Floats, weights: Floats, q: float) -> float:
    """`weighted_quantile` of values in order; those of weight 0 are not there. NaN where none is."""
    drawn = weights > 0
    x, w = values[drawn], weights[drawn]
    if not len(x):
        return math.nan
    running = np.cumsum(w)
    return float(np.interp(q, (running - 0.5 * w) / running[-1], x))


@kernel
def bootstrap_quantiles(
    values: Floats,
    weights: Floats,
    prompt: npt.NDArray[np.int64],
    prompts: int,
    q: float,
    draws: int,
    seed: int,
) -> Floats:
    """`quantile_of_sorted` of the rows of as many prompts drawn with replacement, many times (Efron 1979)."""
    np.random.seed(seed)
    found = np.empty(draws)
    for draw in range(draws):
        times = np.zeros(prompts)
        for _ in range(prompts):
            times[np.random.randint(0, prompts)] += 1
        total = 0.0
        for i in range(len(values)):
            total += weights[i] * times[prompt[i]]
        running, last, before = 0.0, -1, 0.0
        found[draw] = np.nan
        for i in range(len(values)):
            weight = weights[i] * times[prompt[i]]
            if weight == 0.0:
                continue
            middle = (running + weight / 2) / total
            if middle >= q:
                step = 0.0 if last < 0 else (q - before) / (middle - before)
                base = values[i] if last < 0 else values[last]
                found[draw] = base + step * (values[i] - base)
                break
            running, last, before = running + weight, i, middle
            found[draw] = values[i]
    return found


def lower_mean_of_sorted(values: Floats, weights: Floats, q: float) -> float:
    """Mean of the lowest share q, by weight, of values in order; NaN where there is none.

    The lowest half of 0, 1, 2, 3 is 0 and 1:

    >>> lower_mean_of_sorted(np.arange(4.0), np.ones(4), 0.5)
    0.5
    """
    running = np.cumsum(weights)
    if not len(running) or running[-1] <= 0:
        return math.nan
    most = q * running[-1]
    taken = np.clip(most - (running - weights), 0.0, weights)
    return float(taken @ values / most)


def t_corrected(ratio: npt.ArrayLike, freedom: npt.ArrayLike) -> Floats:
    """The normal score of a Student ratio: a deviation over a noise learned from few cycles counts for less.

    >>> t_corrected(-4.0, 3.0).round(2).item(), t_corrected(-4.0, 1e6).round(2).item()
    (-2.2, -4.0)
    """
    t, v = np.asarray(ratio, float), np.asarray(freedom, float)
    # The lower tail keeps its digits where the upper one would round to 1.
    z = ndtri(np.maximum(stdtr(v, -np.abs(t)), 1e-300))
    return np.asarray(np.where(t < 0, z, -z), float)


def t_quantile(p: float, freedom: float) -> float:
    """The p-quantile of Student's distribution."""
    return float(stdtrit(freedom, p))


def rarest(mass: Mapping[Key, float], most: float = 0.2) -> set[Key]:
    """The rarest that together hold at most `most` of the mass, ties taken together.

    >>> sorted(rarest({"a": 50, "b": 35, "c": 10, "d": 5}))
    ['c', 'd']
    >>> rarest({"a": 50, "b": 30, "c": 10, "d": 10, "e": 10})
    set()
    """
    total, running = sum(mass.values()), 0.0
    found: set[Key] = set()
    for level in sorted(set(mass.values())):
        tied = [name for name, m in mass.items() if m == level]
        running += level * len(tied)
        if running > most * total * (1 + 1e-9):
            break
        found.update(tied)
    return found


def left_out(parts: npt.ArrayLike) -> Floats:
    """From sums by prompt group, (GROUPS, ...), to views: the sum of all, then of all less each group.

    >>> left_out(np.eye(GROUPS)[0])[:3]
    array([1., 0., 1.])
    """
    by_group = np.asarray(parts, float)
    whole = by_group.sum(axis=0)
    return np.concatenate([whole[None], whole[None] - by_group])


def summed(values: npt.ArrayLike, group: npt.NDArray[np.int64]) -> Floats:
    """Views of the sum of one value for each row."""
    return left_out(np.bincount(group, weights=np.asarray(values, float), minlength=GROUPS))


def share(part: Floats, whole: Floats) -> Floats:
    """part / whole, NaN where there is no whole."""
    empty = np.full(np.shape(part), np.nan)
    return np.asarray(np.divide(part, whole, out=empty, where=np.asarray(whole) > 0))


def unseen(seen: npt.ArrayLike, n: npt.ArrayLike, m: npt.ArrayLike) -> Floats:
    """Chance that m of n texts, drawn without replacement, miss a type in d of them: C(n-d, m) / C(n, m).

    Of 4 texts one type stands in 1, another in 3; two texts miss the first half the time, the other never:

    >>> unseen([1, 3, 0], 4, 2).round(6).tolist()
    [0.5, 0.0, 1.0]
    """
    d, every, drawn = np.broadcast_arrays(*(np.asarray(x, float) for x in (seen, n, m)))
    able = every - d >= drawn
    left = np.where(able, every - d, drawn)
    logs = gammaln(left + 1) - gammaln(left - drawn + 1) - gammaln(every + 1) + gammaln(every - drawn + 1)
    return np.asarray(np.where(able, np.exp(logs), 0.0))
