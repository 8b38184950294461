"""The outputs of one cycle or one slice as rows: numbers, labels, weights, and their sums by prompt group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics import stats
from metrics.comparison import WHOLE, Comparison
from metrics.core import GROUPS
from metrics.stats import Floats

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]
# Draws of a bootstrap, and from how many outputs on it is done by its normal form.
DRAWS, MANY = 200, 20_000


class Rows:
    """Outputs in canonical order. Arrays have one entry per output; missing scores are NaN.

    `labels` and `predictions` are codes into `categories`; -1 is no label, or no prediction, which is a
    class of its own and stays in every denominator.
    """

    def __init__(
        self, frame: pd.DataFrame, comparison: Comparison, slice: str = WHOLE, key: Hashes | None = None
    ) -> None:
        self.frame = frame.reset_index(drop=True)
        self.comparison, self.slice = comparison, slice
        self.n = len(self.frame)
        # One number for each prompt, the same in every cycle.
        self.key = stats.hashed(self.frame["example_id"]) if key is None else key
        self.group: Ints = (self.key % np.uint64(GROUPS)).astype(np.int64)

    @property
    def size(self) -> int:
        """The comparison size m: how many outputs every compared cycle is thinned to."""
        return min(self.comparison.sizes.get(self.slice, self.n), self.n)

    @cached_property
    def sizes(self) -> Floats:
        """Views of m: where a group's absence leaves fewer outputs, those."""
        return np.minimum(self.size, self.outputs)

    @property
    def thinned(self) -> str | None:
        """A word on how far the outputs are thinned for the comparison, where they are."""
        return f"At {self.size:,} of {self.n:,} outputs." if self.size < self.n else None

    def taken(self, rows: Ints) -> str | None:
        """A word on how many outputs a metric looks at, where that is not all."""
        return f"Of {len(rows):,} outputs." if len(rows) < self.n else None

    @cached_property
    def outputs(self) -> Floats:
        """Views of the number of outputs."""
        return stats.summed(np.ones(self.n), self.group)

    def of_some(self, views: Floats) -> Floats:
        """Views that are NaN where no output is left: none found among none says nothing."""
        return np.where(self.outputs > 0, views, np.nan)

    def sum(self, values: npt.ArrayLike) -> Floats:
        """Views of the sum of one value for each output."""
        return stats.summed(values, self.group)

    def mean(self, values: npt.ArrayLike, among: Bools | None = None) -> Floats:
        """Views of the mean by natural weight, over some of the outputs; NaN where there are none."""
        weight = self.weight if among is None else self.weight * among
        known = np.where(weight > 0, np.asarray(values, float), 0.0)
        return stats.share(self.sum(weight * known), self.sum(weight))

    @cached_property
    def _orders(self) -> dict[str, Ints]:
        return {}

    def _order(self, name: str, values: Floats) -> Ints:
        if name not in self._orders:
            known = np.flatnonzero(~np.isnan(values))
            # Ties by weight, so that the order of the rows decides nothing.
            self._orders[name] = known[np.lexsort((self.weight[known], values[known]))]
        return self._orders[name]

    def ordered(self, name: str, values: Floats, statistic: Callable[[Floats, Floats], float]) -> Floats:
        """Views of a statistic of (known values in order, their weights); `name` keeps the order."""
        order = self._order(name, values)
        x, w, group = values[order], self.weight[order], self.group[order]
        return np.array([statistic(x, w), *(statistic(x, w * (group != g)) for g in range(GROUPS))])

    def redrawn(
        self, name: str, values: Floats, statistic: Callable[[Floats, Floats], float]
    ) -> Callable[[int], Floats]:
        """From a seed to the statistic of many draws of prompts with replacement (all outputs of each)."""
        order = self._order(name, values)
        x, w, prompt = values[order], self.weight[order], self.prompt[order]
        count = int(self.prompt.max(initial=-1)) + 1

        def drawn(seed: int) -> Floats:
            rng = np.random.default_rng(seed)
            times = (np.bincount(rng.integers(0, count, count), minlength=count) for _ in range(DRAWS))
            return np.array([statistic(x, w * each[prompt]) for each in times])

        return drawn

    def redrawn_quantiles(self, name: str, values: Floats, q: float) -> Callable[[int], Floats]:
        """From a seed to the q-quantile of many draws of prompts with replacement (all outputs of each).

        Of many outputs the share below the quantile is drawn instead, from its normal form, and turned back
        into a value (Woodruff 1952): the same interval, without drawing every prompt.
        """
        order = self._order(name, values)
        x, w, prompt = values[order], self.weight[order], self.prompt[order]
        if len(x) <= MANY:
            count = int(self.prompt.max(initial=-1)) + 1
            return lambda seed: stats.bootstrap_quantiles(x, w, prompt, count, q, DRAWS, seed % 2**32)
        middle = (np.cumsum(w) - 0.5 * w) / w.sum()
        # The error of that share: each prompt's outputs stand or fall together.
        excess = np.bincount(prompt, weights=w * ((x <= np.interp(q, middle, x)) - q))
        error = float(np.sqrt(np.sum(excess**2))) / w.sum()

        def drawn(seed: int) -> Floats:
            moved = np.random.default_rng(seed).standard_normal(DRAWS)
            return np.asarray(np.interp(q + error * moved, middle, x))

        return drawn

    @cached_property
    def prompt(self) -> Ints:
        """A code for each output such that the outputs of one prompt share one."""
        return pd.factorize(self.frame["example_id"])[0].astype(np.int64)

    @property
    def clustered(self) -> bool:
        """Whether some prompt has several outputs, which are not independent of one another."""
        return self.n > int(self.prompt.max(initial=-1)) + 1

    # Columns

    @cached_property
    def weight(self) -> Floats:
        """Natural frequency of each output over its frequency in the eval set."""
        return self.frame["weight"].to_numpy(float)

    @cached_property
    def score(self) -> Floats:
        """Scores, NaN where there is none."""
        return self.numbers("score")

    def numbers(self, column: str) -> Floats:
        """A numeric column, NaN where it says nothing or is not there."""
        if column not in self.frame:
            return np.full(self.n, np.nan)
        return self.frame[column].to_numpy(float, na_value=np.nan)

    @cached_property
    def categories(self) -> list[str]:
        """All labels and predictions in this sample and all classes of the comparison, in order."""
        seen = {v for name in ("label", "prediction") for v in self.frame[name].dropna().unique()}
        return sorted(seen | set(self.comparison.classes))

    def _codes(self, column: str) -> Ints:
        return pd.Categorical(self.frame[column], categories=self.categories).codes.astype(np.int64)

    @cached_property
    def labels(self) -> Ints:
        """Code of the right class of each output."""
        return self._codes("label")

    @cached_property
    def predictions(self) -> Ints:
        """Code of the predicted class of each output."""
        return self._codes("prediction")

    def among(self, classes: Sequence[str]) -> Bools:
        """Which categories are among `classes`; one more entry, False, at the end serves code -1."""
        return np.array([*np.isin(self.categories, list(classes)), False])

    @cached_property
    def recalls(self) -> tuple[Ints, Floats]:
        """Outputs labelled with each category, and views of the share of them that are predicted right.

        By natural weight, (1 + GROUPS, categories); NaN for a category without outputs.
        """
        kinds = len(self.categories)
        known = self.labels >= 0
        cells = self.group[known] * kinds + self.labels[known]
        right = (self.predictions == self.labels)[known] * self.weight[known]
        asked = np.bincount(cells, weights=self.weight[known], minlength=GROUPS * kinds)
        hits = np.bincount(cells, weights=right, minlength=GROUPS * kinds)
        rows = np.bincount(self.labels[known], minlength=kinds)
        mass, hit = (stats.left_out(x.reshape(GROUPS, kinds)) for x in (asked, hits))
        # What is left after taking all away is a rounding error, no mass.
        return rows, stats.share(hit, np.where(mass > 1e-9 * mass[0], mass, 0.0)).clip(0.0, 1.0)

    def mean_recall(self, among: Bools) -> Floats:
        """Views of the mean recall of some categories, those without outputs aside; NaN where all are."""
        found = self.recalls[1][:, among]
        known = ~np.isnan(found)
        return stats.share(np.where(known, found, 0.0).sum(axis=1), known.sum(axis=1).astype(float))
