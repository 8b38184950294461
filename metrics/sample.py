"""What a metric is given: the outputs of one cycle, or of one slice, whole or less one prompt group."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics.comparison import WHOLE, Comparison
from metrics.core import Undefined
from metrics.embed import Vectors
from metrics.features import Features, Floats, Ints, Reference

Row = TypeVar("Row", bound=np.generic)


class Sample:
    """Outputs in canonical order. Arrays have one entry per output; missing scores are NaN.

    `labels` and `predictions` are codes into `categories`; -1 is no label, or no prediction, which is a
    class of its own and stays in every denominator.
    """

    def __init__(
        self,
        features: Features,
        comparison: Comparison,
        slice: str = WHOLE,
        left_out: int | None = None,
    ) -> None:
        self._features, self._left_out = features, left_out
        self.comparison, self.slice = comparison, slice
        self._keep: npt.NDArray[Any] | None = None if left_out is None else features.group != left_out

    def without(self, group: int) -> Sample:
        """The same sample less one prompt group."""
        return Sample(self._features, self.comparison, self.slice, group)

    @property
    def clustered(self) -> bool:
        """Whether some prompt has several outputs, which are not independent of one another."""
        return len(self._features.prompt) > int(self._features.prompt.max(initial=-1)) + 1

    def resampled(self, rng: np.random.Generator) -> Sample:
        """As many prompts drawn with replacement, all outputs of a prompt together.

        Only for statistics of rows: counting types in it would be wrong, since every repeat is a duplicate.
        """
        prompt = self._features.prompt
        count = int(prompt.max()) + 1
        times = np.bincount(rng.integers(0, count, count), minlength=count)
        part = Sample(self._features, self.comparison, self.slice)
        part._keep = np.repeat(np.arange(self.n), times[prompt])
        part.n = len(part._keep)
        return part

    def has(self, need: str) -> bool:
        """Whether the sample holds what a metric needs: a column, 'vectors', 'reference' or 'tail'."""
        frame = self._features.frame
        if need == "vectors":
            return self._features.given is not None or self.has("output")
        if need == "reference":
            return self.reference is not None
        if need == "tail":
            return bool(self.comparison.tail)
        return need in frame.columns and bool(frame[need].notna().any())

    def _rows(self, array: npt.NDArray[Row]) -> npt.NDArray[Row]:
        return array if self._keep is None else array[self._keep]

    @property
    def reference(self) -> Reference | None:
        """The points to be covered, if any."""
        return self._features.reference

    @cached_property
    def n(self) -> int:
        """Number of outputs."""
        return self._features.n if self._keep is None else int(self._keep.sum())

    @property
    def size(self) -> int:
        """The comparison size m: how many outputs every compared cycle is thinned to."""
        return min(self.comparison.sizes.get(self.slice, self.n), self.n)

    @property
    def weight(self) -> Floats:
        """Natural frequency of each output over its frequency in the eval set."""
        return self._rows(self._features.weight)

    @property
    def score(self) -> Floats:
        """Scores, NaN where there is none."""
        return self._rows(self._features.score)

    @property
    def categories(self) -> list[str]:
        """All labels and predictions in this sample and all classes of the comparison, in order."""
        return self._features.categories

    @property
    def labels(self) -> Ints:
        """Code of the right class of each output."""
        return self._rows(self._features.labels)

    @property
    def predictions(self) -> Ints:
        """Code of the predicted class of each output."""
        return self._rows(self._features.predictions)

    def among(self, classes: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which categories are among `classes`; one more entry, False, at the end serves code -1."""
        return np.array([*np.isin(self.categories, list(classes)), False])

    @property
    def lengths(self) -> Ints:
        """Words of each output, without a budget."""
        return self._rows(self._features.lengths)

    @property
    def tokens(self) -> Ints:
        """Words of each output within the token budget."""
        return self._rows(self._features.tokens)

    @property
    def copies(self) -> Ints:
        """A code for each output such that identical texts share one; -1 for an empty text."""
        return self._rows(self._features.copies)

    @property
    def vectors(self) -> Vectors:
        """Unit vectors of the outputs, (n, dimensions); zeros for an empty one."""
        return self._rows(self._features.vectors)

    def gram_spread(self, k: int) -> tuple[Ints, int]:
        """In how many outputs each k-gram stands, 0 for one left out, and the number of k-grams in all."""
        spread, totals = self._features.gram_spread(k)
        if self._left_out is None:
            return spread.sum(axis=1), int(totals.sum())
        left = spread.sum(axis=1) - spread[:, self._left_out]
        return left, int(totals.sum() - totals[self._left_out])

    @property
    def nearest(self) -> npt.NDArray[np.float32]:
        """Highest similarity of any output to each reference point."""
        if self.reference is None:
            raise Undefined("There is no reference to cover.")
        best = self._features.nearest
        if self._left_out is not None:
            best = np.delete(best, self._left_out, axis=0)
        return np.asarray(best.max(axis=0))


def demo_sample(
    *,
    tail: Sequence[str] = (),
    classes: Sequence[str] = (),
    size: int | None = None,
    reference: Sequence[Sequence[float]] | None = None,
    **columns: Sequence[object],
) -> Sample:
    """A small sample from plain columns, for examples and tests."""
    n = len(next(iter(columns.values())))
    blank = {"output": None, "label": None, "prediction": None, "score": None, "weight": 1.0}
    ids = columns.get("example_id", [f"e{i}" for i in range(n)])
    frame = pd.DataFrame({**blank, **columns, "example_id": ids}, index=range(n))
    frame["score"] = frame["score"].astype("Float64")
    known = tuple(sorted(set(classes) or {str(v) for v in columns.get("label", ()) if v is not None}))
    comparison = Comparison((), {WHOLE: size or n}, known, tuple(tail), "given", "", np.empty(0, np.int64))
    vectors = np.array(columns["embedding"], np.float32) if "embedding" in columns else None
    points = None if reference is None else Reference.of(np.array(reference, np.float32), seed=0)
    return Sample(Features(frame, comparison, vectors=vectors, reference=points), comparison)
