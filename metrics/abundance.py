"""How often each type occurs, in all and in each prompt group: what every type-counting metric rests on.

Words, word pairs, texts, classes: a metric over any of them is a sum of f(times seen) over types. Kept as a
histogram of (times in all, times in a group), such a sum is exact for the whole and for the whole less any
one group, at the cost of a few thousand cells, however many types there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import exp1, psi

from metrics.core import GROUPS
from metrics.kernels import kernel
from metrics.stats import Floats, left_out, unseen

# Up to so many occurrences a sum is worked out term by term.
SUMMED = 500
# Types seen fewer times than this are counted in a table of all that they can be.
FEW = 48

Ints = npt.NDArray[np.int64]
Array = npt.NDArray[Any]


@kernel
def _few(totals: Array, kind: Array, part: Array, group: Array) -> Array:
    """How many entries have each (total, part, group), of types seen fewer than FEW times."""
    counts = np.zeros(FEW * FEW * GROUPS, np.int64)
    for i in range(len(kind)):
        total = totals[kind[i]]
        if total < FEW:
            counts[(total * FEW + part[i]) * GROUPS + group[i]] += 1
    return counts


def _cells(totals: Array, kind: Array, part: Array, group: Array) -> tuple[Ints, Ints, Ints, Ints]:
    """The different (total, part, group) of entries, in order, and how often each is."""
    counts = _few(totals, kind, part, group)
    cells = np.flatnonzero(counts)
    # Few types are seen often: those may be sorted.
    rest = np.flatnonzero(totals[kind] >= FEW)
    keys = (totals[kind[rest]] << 34) | (part[rest].astype(np.int64) << 5) | group[rest]
    keys, many = np.unique(keys, return_counts=True)
    total = np.concatenate((cells // (FEW * GROUPS), keys >> 34))
    parts = np.concatenate((cells // GROUPS % FEW, (keys >> 5) & (2**29 - 1)))
    groups = np.concatenate((cells % GROUPS, keys & 31))
    return total, parts, groups, np.concatenate((counts[cells], many))


@dataclass(frozen=True)
class Abundance:
    """`types[i]` types are seen `seen[i]` times; `many[j]` `total[j]` times, `part[j]` in `group[j]`."""

    seen: Ints
    types: Ints
    total: Ints
    part: Ints
    group: Ints
    many: Ints

    @staticmethod
    def of(kind: npt.NDArray[Any], group: npt.NDArray[Any], times: npt.NDArray[Any]) -> Abundance:
        """From parallel entries: a type's code from 0, a group, how often the type is seen in the group."""
        totals = np.bincount(kind, weights=times).astype(np.int64)
        types = np.bincount(totals)
        seen = np.flatnonzero(types[1:]) + 1
        return Abundance(seen, types[seen], *_cells(totals, kind, times, group))

    @staticmethod
    def of_rows(codes: npt.NDArray[Any], group: npt.NDArray[Any]) -> Abundance:
        """From rows: the code of each (rows below 0 are of no type), and its group."""
        kept = codes >= 0
        cells, times = np.unique(codes[kept].astype(np.int64) * GROUPS + group[kept], return_counts=True)
        return Abundance.of(cells // GROUPS, cells % GROUPS, times)

    def sums(self, value: Callable[[Array, Array], Array], scale: npt.ArrayLike = 0.0) -> Floats:
        """Views of the sum over types of value(times seen, scale), which is 0 for a type seen 0 times.

        `scale` is a number or one for each view, such as the number of texts.
        """
        each = np.broadcast_to(np.asarray(scale, float), (1 + GROUPS,))
        cells = np.broadcast_to(value(self.seen[None, :], each[:, None]), (1 + GROUPS, len(self.seen)))
        whole = np.asarray(cells @ self.types, float)
        own = each[1 + self.group]
        gone = value(self.total, own) - value(self.total - self.part, own)
        whole[1:] -= np.bincount(self.group, weights=gone * self.many, minlength=GROUPS)
        return whole

    @property
    def histogram(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """How often types are seen, and how many types are seen so often."""
        return tuple(self.seen.tolist()), tuple(self.types.tolist())

    @property
    def occurrences(self) -> Floats:
        """Views of how often all types are seen together."""
        return left_out(np.bincount(self.group, weights=self.part * self.many, minlength=GROUPS))

    @property
    def richness(self) -> Floats:
        """Views of the number of types."""
        return self.sums(lambda x, _: (x > 0).astype(float))

    def expected(self, texts: Floats, size: int) -> Floats:
        """Views of the types to be expected among `size` of the `texts`, or all of them where they are fewer.

        Hurlbert 1971, The nonconcept of species diversity; Heck et al. 1975.
        """
        return self.sums(lambda x, n: 1.0 - unseen(x, n, np.minimum(size, n)), texts)

    def expected_once(self, texts: Floats, size: int) -> Floats:
        """Views of the types to be expected in exactly one of `size` of the `texts`."""

        def once(x: Array, n: Array) -> Array:
            # One of the x texts is among those drawn, and of the other n - 1 texts none of the x - 1.
            m = np.minimum(size, n)
            return np.asarray(np.where(x > 0, x * m / n * unseen(np.maximum(x - 1, 0), n - 1, m - 1), 0.0))

        return self.sums(once, texts)

    @property
    def plug_in(self) -> float:
        """Shannon entropy of the shares that were seen, in nats: too low wherever types are unseen."""
        p = self.seen / (self.seen @ self.types)
        return -float((self.types * p * np.log(p)).sum()) + 0.0

    @cached_property
    def entropy(self) -> Floats:
        """Views of the Shannon entropy of what was drawn from, in nats, the unseen included.

        Chao, Wang and Jost 2013, equation 7: sum of x/n (psi(n) - psi(x)), and from the types seen once
        and twice what the unseen add.
        """
        n = self.occurrences
        seen = self.sums(lambda x, n: np.where(x > 0, x / n * (psi(n) - psi(np.maximum(x, 1))), 0.0), n)
        once = self.sums(lambda x, _: (x == 1).astype(float))
        twice = self.sums(lambda x, _: (x == 2).astype(float))
        return np.asarray(
            seen + np.array([_unseen_entropy(*view) for view in zip(n, once, twice, strict=True)])
        )


def _unseen_entropy(n: float, once: float, twice: float) -> float:
    """f1/n times the sum of q^(j+1) / (n+j) over j from 0, q = 1 - A, A a singleton's mean share."""
    if once == 0 or n < 2:
        return 0.0
    pairs = 2 * twice if twice else 2.0
    held = pairs / ((n - 1) * (once if twice else once - 1) + pairs)
    rest = 1 - held
    if rest <= 0:
        return 0.0
    z = n * held / rest
    if n <= SUMMED:
        return float(once / n * _series(int(n), held))
    # The same sum as an integral, exact to one part in n; exp(z) E1(z) by its own series where z is large.
    scaled = float(np.exp(z) * exp1(z)) if z < 500 else 1 / (z + 1)
    return float(once / n * scaled)


def _series(n: int, held: float) -> float:
    """The sum of q^(j+1) / (n+j), q = 1 - held, to double precision."""
    rest = 1 - held
    if n * held < 14:
        # What is left of -log(1 - q) = sum of q^r / r after its first n - 1 terms, brought back to scale.
        r = np.arange(1, n)
        return float((-np.log(held) - np.sum(rest**r / r)) * rest ** (2 - n) / rest)
    j = np.arange(int(40 / held) + 1)
    return float(np.sum(rest ** (j + 1) / (n + j)))
