"""Intervals: seeded, by prompt group, paired between cycles.

The unit of resampling is the prompt, never the row: several samples of one prompt stand or fall together.
Prompts are put into `GROUPS` fixed groups by a hash of their example_id, the same group in every cycle, so
that the leave-one-group-out replicates of any two cycles can be subtracted from one another.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaln, ndtri, stdtr, stdtrit

from metrics.core import GROUPS, Scale

Floats = npt.NDArray[np.float64]


def groups(example_ids: Sequence[str] | pd.Series) -> npt.NDArray[np.int64]:
    """Group 0 to 19 of each example: fixed by its id alone, on any machine."""
    hashed = pd.util.hash_array(np.asarray(example_ids, dtype=object))
    return (hashed % GROUPS).astype(np.int64)


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
    se = max(se, step_on_scale(value, step, scale))
    half = float(stdtrit(GROUPS - 1, 0.5 + level / 2)) * se
    low, high = untransform([centre - half, centre + half], scale)
    return float(low), float(high)


def step_on_scale(value: float, step: float | None, scale: Scale) -> float:
    """What one step of a count, say 1/53, comes to on a transformed scale near `value`."""
    if not step:
        return 0.0
    other = value - step if value - step > 0 else value + step
    return float(abs(transform(value, scale) - transform(other, scale)))


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
    x, w = x[order], w[order]
    middle = (np.cumsum(w) - 0.5 * w) / w.sum()
    return float(np.interp(q, middle, x))


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


def expected_types(spread: npt.ArrayLike, n: int, m: int) -> float:
    """Expected number of types among m of n texts drawn without replacement (Hurlbert 1971; Heck 1975).

    `spread` holds in how many of the n texts each type stands: sum of 1 - C(n - d, m) / C(n, m).
    Of 4 texts one type stands in all and one in a single text; among 2 of them 1 + 1/2 are expected:

    >>> round(expected_types([4, 1, 0], n=4, m=2), 6)
    1.5
    """
    seen, times = np.unique(np.asarray(spread)[np.asarray(spread) > 0], return_counts=True)
    left = n - seen
    # log C(left, m) - log C(n, m); a type that more than n - m texts hold cannot be missed.
    able = left >= m
    rest = left[able]
    missing = np.exp(gammaln(rest + 1) - gammaln(rest - m + 1) - gammaln(n + 1) + gammaln(n - m + 1))
    return float(times.sum() - np.sum(times[able] * missing))
