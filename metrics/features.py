"""What is computed once per cycle (or slice of it) from vectors, and what a cycle is compared with.

A state adds up: made from each partition and merged, it is what one pass would give. All of it is kept by
prompt group, so that any one group can be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics import embed, grams, text
from metrics.core import GROUPS
from metrics.modes import Modes
from metrics.parts import CLASS, MODE

NEIGHBOURS = 5
REFERENCE_POINTS = 2000
BLOCK = 2048
# A word pair is rare where so many texts of the reference hold it: one alone may be a slip of the pen.
RARE = (2, 4)
# A similarity below any that two vectors can have.
NOWHERE = -2.0
# An exact match has similarity 1 up to the rounding of single precision.
TOLERANCE = 1e-6

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]


def width_given(frame: pd.DataFrame) -> int:
    """Numbers in the vectors that came along with outputs; 0 where none did."""
    known = frame["embedding"].notna() if "embedding" in frame else pd.Series(dtype=bool)
    return len(frame["embedding"][known].iloc[0]) if known.any() else 0


def vectors_of(frame: pd.DataFrame, given: int | None = None) -> embed.Vectors | None:
    """Unit vectors of outputs: those that came along, else embedded texts, else None; zeros if empty.

    `given` is the width of the vectors that came along with the outputs of which these are a part.
    """
    width = width_given(frame) if given is None else given
    if width:
        rows = [np.zeros(width, np.float32) if v is None else np.asarray(v) for v in frame["embedding"]]
        return embed.normalise(np.stack(rows).astype(np.float32))
    if frame["output"].notna().any():
        return embed.embed(frame["output"])
    return None


class Reference:
    """What a cycle's outputs are held against: the pinned human set, or other baseline cycles.

    `tail` are the classes that are rare; where there are none, the rare ones of `modes` stand in.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        *,
        tail: Sequence[str] = (),
        modes: Modes | None = None,
        seed: int = 0,
    ) -> None:
        self.frame, self.modes = frame, modes
        self._tail, self._seed = tail, seed

    @cached_property
    def _vectors(self) -> embed.Vectors | None:
        return vectors_of(self.frame)

    @cached_property
    def _kept(self) -> Ints:
        """Which rows are the points: different ones, at most REFERENCE_POINTS, drawn by the seed."""
        assert self._vectors is not None
        filled = np.flatnonzero(np.linalg.norm(self._vectors, axis=1) > 0)
        _, first = np.unique(self._vectors[filled], axis=0, return_index=True)
        rows = filled[first]
        if len(rows) > REFERENCE_POINTS:
            rows = rows[np.random.default_rng(self._seed).choice(len(rows), REFERENCE_POINTS, replace=False)]
        return np.sort(rows).astype(np.int64)

    @property
    def width(self) -> int:
        """Numbers in a vector; 0 where there are none, or too few different ones for neighbours."""
        if self._vectors is None or len(self._kept) <= NEIGHBOURS:
            return 0
        return int(self._vectors.shape[1])

    @cached_property
    def points(self) -> embed.Vectors:
        """The points on the unit sphere, (points, width), no two the same."""
        assert self._vectors is not None
        return self._vectors[self._kept]

    @cached_property
    def radii(self) -> Singles:
        """The similarity of each point's k-th nearest neighbour among the others."""
        similar = self.points @ self.points.T
        np.fill_diagonal(similar, NOWHERE)
        return np.asarray(np.partition(similar, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS])

    @cached_property
    def in_tail(self) -> npt.NDArray[np.bool_]:
        """Which points lie in a rare class or, where nobody named classes, in a rare mode."""
        labels = self.frame["label"].iloc[self._kept]
        if self._tail and labels.notna().any():
            return labels.isin(list(self._tail)).to_numpy(bool)
        if self.modes is None:
            return np.zeros(len(self._kept), bool)
        return np.asarray([*self.modes.rare, False])[self.modes.of(self.points)]

    @cached_property
    def regions(self) -> npt.NDArray[np.object_]:
        """The class or mode in which each point lies, by name."""
        labels = self.frame["label"].iloc[self._kept]
        if self._tail and labels.notna().any():
            return (CLASS + labels.fillna("").astype(str)).to_numpy(object)
        names = [*(self.modes.names if self.modes else ()), ""]
        where = self.modes.of(self.points) if self.modes else np.full(len(self._kept), -1)
        return np.array([f"{MODE}{names[i]}" for i in where], dtype=object)

    @property
    def rare_regions(self) -> list[str]:
        """The rare classes or modes that hold points, those with most first."""
        names, points = np.unique(self.regions[self.in_tail].astype(str), return_counts=True)
        return [str(names[i]) for i in np.lexsort((names, -points))]

    def covered(self, closest: Singles) -> npt.NDArray[np.bool_]:
        """Which points, in each view, have an output as near as their k-th neighbour (Naeem et al. 2020)."""
        return np.asarray(closest >= self.radii - TOLERANCE)

    def expected(self, outputs: Floats) -> Floats:
        """Views of the share of points that outputs of the reference's own source would cover.

        A point is missed if its k nearest among all others are reference points:
        1 - prod_{j=1..k} (N - j) / (M + N - j).
        """
        points, j = len(self.points), np.arange(1, NEIGHBOURS + 1)[:, None]
        return np.asarray(1 - np.prod((points - j) / (outputs + points - j), axis=0))

    @cached_property
    def words(self) -> text.Words:
        """The words of the reference's texts."""
        return text.words(self.frame["output"])

    @cached_property
    def rare_pairs(self) -> text.Hashes:
        """The word pairs that stand in two to four of the texts, in order."""
        found = grams.count(self.words, np.zeros(len(self.frame), np.int64), 2)
        return np.sort(found.hashes[found.type[(found.texts >= RARE[0]) & (found.texts <= RARE[1])]])

    @cached_property
    def word_counts(self) -> tuple[text.Hashes, Ints]:
        """Every word of the texts, in order, and how often it occurs."""
        found, counts = np.unique(self.words.hashes, return_counts=True)
        return found, counts.astype(np.int64)

    def numbers(self, column: str) -> Floats:
        """The known values of a numeric column; none where the reference lacks it."""
        if column not in self.frame:
            return np.empty(0)
        return self.frame[column].dropna().to_numpy(float)


@dataclass(frozen=True)
class Spread:
    """How a set of unit vectors lies, by prompt group g: all that the vector metrics need.

    `count[g]` vectors (rows of zeros left out), their `total[g]` and their `products[g]` = X'X; `nearest[g]`
    is the highest similarity of any to each reference point;
    `within[g]` adds up, over prompts with several outputs, their mean distance, and counts the prompts.
    """

    count: Floats
    total: Floats
    products: Floats
    nearest: Singles
    within: Floats

    @staticmethod
    def of(vectors: embed.Vectors, group: Ints, prompt: Ints, points: embed.Vectors) -> Spread:
        """Of one partition, which holds all outputs of its prompts. Memory: GROUPS * width^2 doubles."""
        filled = np.flatnonzero(np.abs(vectors).max(axis=1, initial=0) > 0)
        order = filled[np.argsort(group[filled], kind="stable")]
        x, groups = vectors[order], group[order]
        borders = np.searchsorted(groups, np.arange(GROUPS + 1))
        width = x.shape[1]
        total, products = np.empty((GROUPS, width)), np.empty((GROUPS, width, width))
        # Written where they stay: in a small slice a copy of ten megabytes costs more than the products.
        for g, (a, b) in enumerate(pairwise(borders)):
            part = x[a:b].astype(float)
            np.sum(part, axis=0, out=total[g])
            np.matmul(part.T, part, out=products[g])
        return Spread(
            np.diff(borders).astype(float),
            total,
            products,
            _nearest(x, groups, points),
            _within(x, groups, prompt[order]),
        )

    @staticmethod
    def merged(parts: Sequence[Spread]) -> Spread:
        """Of all partitions together."""
        best = np.maximum.reduce([part.nearest for part in parts])
        names = ("count", "total", "products", "within")
        sums = {name: np.sum([getattr(part, name) for part in parts], axis=0) for name in names}
        return Spread(nearest=best, **sums)

    @cached_property
    def squares(self) -> Floats:
        """Views of |X'X|^2, which is the sum of squared similarities over all ordered pairs."""
        flat = self.products.reshape(GROUPS, -1)
        overlap = flat @ flat.T
        return np.array([overlap.sum(), *(overlap.sum() - 2 * overlap.sum(axis=1) + overlap.diagonal())])

    @property
    def closest(self) -> Singles:
        """Views of the highest similarity of any output to each reference point, (1 + GROUPS, points)."""
        ranked = np.sort(self.nearest, axis=0)
        best, holder = ranked[-1], np.argmax(self.nearest, axis=0)
        left = np.where(np.arange(GROUPS)[:, None] == holder, ranked[-2], best)
        return np.concatenate([best[None], left])


def _nearest(x: embed.Vectors, groups: Ints, points: embed.Vectors) -> Singles:
    """Highest similarity of each group's vectors, given in order of group, to each point."""
    best = np.full((GROUPS, len(points)), NOWHERE, np.float32)
    turned = np.ascontiguousarray(points.T)
    # Few large products, not many small ones; a block bounds the memory.
    for start in range(0, len(x) if len(points) else 0, BLOCK):
        similar = x[start : start + BLOCK] @ turned
        present, first = np.unique(groups[start : start + BLOCK], return_index=True)
        for g, part in zip(present, np.split(similar, first[1:]), strict=True):
            np.maximum(best[g], part.max(axis=0), out=best[g])
    return best


def _within(x: embed.Vectors, groups: Ints, prompt: Ints) -> Floats:
    """By group: the sum over prompts of the mean distance between two of their vectors, and those prompts."""
    found = np.zeros((GROUPS, 2))
    codes, place, counts = np.unique(prompt, return_inverse=True, return_counts=True)
    if not len(codes) or counts.max() < 2:
        return found
    order = np.argsort(place, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    total = np.add.reduceat(x[order].astype(float), starts, axis=0)
    several = counts > 1
    size = counts[several].astype(float)
    alike = (np.einsum("ij,ij->i", total[several], total[several]) - size) / (size * (size - 1))
    mine = groups[order][starts][several]
    found[:, 0] = np.bincount(mine, weights=1 - alike, minlength=GROUPS)
    found[:, 1] = np.bincount(mine, minlength=GROUPS)
    return found
