"""What is computed once per cycle (or slice of it) and shared by all metrics.

Codes, n-gram counts, vectors, nearest neighbours: each on first use, each kept by prompt group, so that a
`Sample` can leave any one group out by subtraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics import embed, stats, text
from metrics.comparison import Comparison
from metrics.core import GROUPS, Undefined

NEIGHBOURS = 5
REFERENCE_POINTS = 2000
BLOCK = 4096
# A similarity below any that two vectors can have.
NOWHERE = -2.0

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """Reference points on the unit sphere, deduplicated, with the similarity of each one's k-th neighbour."""

    vectors: embed.Vectors
    radii: npt.NDArray[np.float32]

    @staticmethod
    def of(vectors: embed.Vectors, seed: int, k: int = NEIGHBOURS) -> Reference | None:
        """At most REFERENCE_POINTS points drawn by `seed`; None where fewer than k + 1 differ."""
        points = np.unique(embed.normalise(vectors), axis=0)
        points = points[np.linalg.norm(points, axis=1) > 0]
        if len(points) > REFERENCE_POINTS:
            chosen = np.random.default_rng(seed).choice(len(points), REFERENCE_POINTS, replace=False)
            points = points[np.sort(chosen)]
        if len(points) <= k:
            return None
        similar = points @ points.T
        np.fill_diagonal(similar, NOWHERE)
        return Reference(points, np.partition(similar, -k, axis=1)[:, -k])


class Features:
    """Arrays with one entry per output, in canonical order, and counts by prompt group."""

    def __init__(
        self,
        frame: pd.DataFrame,
        comparison: Comparison,
        *,
        vectors: embed.Vectors | None = None,
        reference: Reference | None = None,
    ) -> None:
        self.frame = frame.reset_index(drop=True)
        self.classes = comparison.classes
        self.reference = reference
        self.given = vectors
        self.group: Ints = stats.groups(self.frame["example_id"])

    @property
    def n(self) -> int:
        """Number of outputs."""
        return len(self.frame)

    @cached_property
    def prompt(self) -> Ints:
        """A code for each output such that the outputs of one prompt share one."""
        return pd.factorize(self.frame["example_id"])[0].astype(np.int64)

    @cached_property
    def weight(self) -> Floats:
        """Natural frequency of each output over its frequency in the eval set."""
        return self.frame["weight"].to_numpy(float)

    @cached_property
    def score(self) -> Floats:
        """Scores, NaN where there is none."""
        return self.frame["score"].to_numpy(float, na_value=np.nan)

    @cached_property
    def categories(self) -> list[str]:
        """All labels and predictions in this sample and all classes of the comparison."""
        seen = pd.concat([self.frame["label"], self.frame["prediction"]]).dropna()
        return sorted(set(seen) | set(self.classes))

    def _codes(self, column: str) -> Ints:
        return pd.Categorical(self.frame[column], categories=self.categories).codes.astype(np.int64)

    @cached_property
    def labels(self) -> Ints:
        """The right class of each output."""
        return self._codes("label")

    @cached_property
    def predictions(self) -> Ints:
        """The predicted class; -1 is no prediction, a class of its own."""
        return self._codes("prediction")

    @cached_property
    def texts(self) -> list[str]:
        """Outputs as text; a missing one is empty."""
        return self.frame["output"].fillna("").astype(str).tolist()

    @cached_property
    def lengths(self) -> Ints:
        """Words of each output, without a budget."""
        return np.array([len(text.tokenize(t, None)) for t in self.texts], np.int64)

    @cached_property
    def _encoded(self) -> tuple[Ints, Ints, int]:
        return text.encode(self.texts)

    @cached_property
    def tokens(self) -> Ints:
        """Words of each output within the token budget."""
        return np.bincount(self._encoded[1], minlength=self.n)

    @cached_property
    def _counts(self) -> dict[int, tuple[Ints, Ints]]:
        return {}

    def gram_spread(self, k: int) -> tuple[Ints, Ints]:
        """Outputs of each group that hold each k-gram, (types, GROUPS), and the k-grams of each group."""
        if k not in self._counts:
            found = text.grams(*self._encoded, self.n, k)
            group = self.group[found.text]
            cells = np.bincount(found.type * GROUPS + group, minlength=found.types * GROUPS)
            totals = np.bincount(group, weights=found.count, minlength=GROUPS).astype(np.int64)
            self._counts[k] = cells.reshape(-1, GROUPS), totals
        return self._counts[k]

    @cached_property
    def copies(self) -> Ints:
        """A code for each output such that identical texts share one; -1 for an empty text."""
        stripped = pd.Series([t.strip() or None for t in self.texts], dtype=object)
        return pd.factorize(stripped)[0].astype(np.int64)

    @cached_property
    def vectors(self) -> embed.Vectors:
        """Unit vectors of the outputs; zeros for an empty one."""
        if self.given is not None:
            return embed.normalise(self.given)
        return embed.embed(self.texts)

    @cached_property
    def nearest(self) -> npt.NDArray[np.float32]:
        """Highest similarity of each group's outputs to each reference point, (GROUPS, points)."""
        if self.reference is None:
            raise Undefined("There is no reference to cover.")
        points = self.reference.vectors
        best = np.full((GROUPS, len(points)), NOWHERE, np.float32)
        filled = np.flatnonzero(np.linalg.norm(self.vectors, axis=1) > 0)
        order = filled[np.argsort(self.group[filled], kind="stable")]
        # Few large products, not many small ones; a block bounds the memory.
        for start in range(0, len(order), BLOCK):
            rows = order[start : start + BLOCK]
            similar = self.vectors[rows] @ points.T
            present, first = np.unique(self.group[rows], return_index=True)
            best[present] = np.maximum(best[present], np.maximum.reduceat(similar, first, axis=0))
        return best
