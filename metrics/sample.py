"""What a metric is given: the outputs of one cycle or one slice, with all that is computed from them once.

Metrics speak in views: arrays whose entry 0 belongs to the whole and entry 1 + g to the whole less prompt
group g. A metric that is written for one number works for all of them at once, and its intervals come free.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial

import numpy as np
import pandas as pd

from metrics import grams, stats, text, traces
from metrics.abundance import Abundance
from metrics.comparison import WHOLE, Comparison
from metrics.core import GROUPS
from metrics.embed import Vectors
from metrics.features import Floats, Ints, Reference, Spread, vectors_of, width_given
from metrics.phrasings import Phrasings
from metrics.rows import Bools, Rows

# More outputs than this are worked through in partitions, whose states are merged.
PARTITION = 100_000


class Sample(Rows):
    """Rows, with the words and vectors of the outputs, and what they are held against."""

    def __init__(
        self,
        frame: pd.DataFrame,
        comparison: Comparison,
        slice: str = WHOLE,
        *,
        reference: Callable[[], Reference | None] = lambda: None,
        partition: int = PARTITION,
        part_of: tuple[Sample, Ints] | None = None,
    ) -> None:
        super().__init__(frame, comparison, slice, None if part_of is None else part_of[0].key[part_of[1]])
        self.partition, self._find_reference, self._part_of = partition, reference, part_of

    def sliced(self, rows: Ints, slice: str, reference: Callable[[], Reference | None]) -> Sample:
        """Some of the outputs; what was computed of them here is not computed again."""
        return Sample(
            self.frame.iloc[rows],
            self.comparison,
            slice,
            reference=reference,
            partition=self.partition,
            part_of=(self, rows),
        )

    @cached_property
    def reference(self) -> Reference | None:
        """What the outputs are held against, if anything."""
        return self._find_reference()

    def prepare(self, needs: Collection[str]) -> None:
        """Work out words and vectors beside one another: compiled loops and matrix products share cores."""
        jobs: list[Callable[[], object]] = []
        if {"vectors"} & set(needs) and self.has("vectors"):
            jobs.append(lambda: self.spread)
        if {"output"} & set(needs) and self.has("output"):
            _ = self.words
            for orders in ((3,), (2, 1)):
                jobs.append(partial(self._count, orders))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda job: job(), jobs))

    def _count(self, orders: Sequence[int]) -> None:
        for k in orders:
            self.gram_texts(k)

    def has(self, need: str) -> bool:
        """Whether the sample holds what a metric needs: see WANTS for more than columns."""
        if need not in self._has:
            wants = _WANTS.get(need)
            self._has[need] = bool(wants(self) if wants else self._holds(need))
        return self._has[need]

    def _holds(self, column: str) -> bool:
        # What no output has, no slice of the outputs has: most columns are not given.
        if self._part_of is not None and not self._part_of[0].has(column):
            return False
        return column in self.frame and bool(self.frame[column].notna().any())

    @cached_property
    def _has(self) -> dict[str, bool]:
        return {}

    def _partitions(self) -> list[slice]:
        """Runs of about `partition` outputs; one prompt's outputs, which stand together, stay together."""
        starts = [0]
        while self.n - starts[-1] > self.partition:
            start = starts[-1] + self.partition
            while start < self.n and self.prompt[start] == self.prompt[start - 1]:
                start += 1
            if start == self.n:
                break
            starts.append(start)
        return [slice(a, b) for a, b in zip(starts, [*starts[1:], self.n], strict=True)]

    # Texts

    @cached_property
    def words(self) -> text.Words:
        """The words of each output; of an agent's trace, its actions."""
        if self._part_of is not None:
            whole, rows = self._part_of
            return text.chosen(whole.words, rows)
        return traces.words(self.frame)

    @property
    def lengths(self) -> Floats:
        """Words of each output, without the budget."""
        return self.words.lengths.astype(float)

    @cached_property
    def _grams(self) -> dict[int, grams.Grams]:
        return {}

    def grams(self, k: int) -> grams.Grams:
        """The k-grams of the outputs, counted by partition and merged."""
        if k not in self._grams:
            parts = [grams.count(text.part(self.words, r), self.group[r], k) for r in self._partitions()]
            self._grams[k] = grams.merged(parts)
        return self._grams[k]

    @cached_property
    def _abundances(self) -> dict[tuple[int, str], Abundance]:
        return {}

    def gram_texts(self, k: int) -> Abundance:
        """In how many outputs each k-gram stands."""
        return self._abundance(k, "texts")

    def gram_total(self, k: int) -> Floats:
        """Views of how many k-grams there are, repeats and all."""
        found = self.grams(k)
        return stats.left_out(np.bincount(found.group, weights=found.times, minlength=GROUPS))

    def gram_times(self, k: int) -> Abundance:
        """How often each k-gram occurs."""
        return self._abundance(k, "times")

    def _abundance(self, k: int, what: str) -> Abundance:
        if (k, what) not in self._abundances:
            found = self.grams(k)
            self._abundances[k, what] = Abundance.of(found.type, found.group, getattr(found, what))
        return self._abundances[k, what]

    @cached_property
    def copies(self) -> Abundance:
        """How many outputs hold each text, outer spaces aside; empty outputs are none."""
        codes = pd.factorize(self.words.digests)[0].astype(np.int64)
        return Abundance.of_rows(np.where(self.words.digests > 0, codes, -1), self.group)

    @cached_property
    def filled(self) -> Floats:
        """Views of the number of outputs that are not empty."""
        return self.sum(self.words.digests > 0)

    def drawn(self, most: int, among: Bools) -> Ints:
        """At most `most` of the comparison size's outputs among some, the same prompts in every cycle.

        Drawn by a hash of the prompt alone, so that cycles are compared on the same prompts, and so that the
        draw from a whole is the draw from the draws of its parts.
        """
        order = self._by_key[among[self._by_key]]
        return order[: min(most, self.size)]

    @cached_property
    def _by_key(self) -> Ints:
        return np.lexsort((self.words.digests, self.key))

    # Vectors

    @cached_property
    def spread(self) -> Spread:
        """How the outputs' vectors lie, worked through in partitions and merged."""
        near = self.reference if self.has("reference") else None
        points = near.points if near is not None else None
        parts = [self.spread_of(np.arange(p.start, p.stop), points) for p in self._partitions()]
        return parts[0] if len(parts) == 1 else Spread.merged(parts)

    def spread_of(self, rows: Ints, points: Vectors | None = None) -> Spread:
        """How the vectors of some outputs lie, and how near they come to some points."""
        nowhere = np.empty((0, self.width), np.float32)
        return Spread.of(
            self.vectors(rows), self.group[rows], self.prompt[rows], nowhere if points is None else points
        )

    @cached_property
    def _given(self) -> int:
        return width_given(self.frame)

    @cached_property
    def width(self) -> int:
        """Numbers in a vector."""
        if self._part_of is not None:
            return self._part_of[0].width
        return self._given or int(self._made(self.frame[self.frame["output"].notna()].iloc[:1]).shape[1])

    def _made(self, frame: pd.DataFrame) -> Vectors:
        """Vectors of a part of the outputs, of the kind that all of them have."""
        found = vectors_of(frame, self._given)
        return np.zeros((len(frame), self.width if len(frame) else 1), np.float32) if found is None else found

    @cached_property
    def _all_vectors(self) -> Vectors:
        return self._made(self.frame)

    def vectors(self, rows: Ints) -> Vectors:
        """Unit vectors of some outputs, (rows, width); zeros for an empty one.

        Those of a sample of one partition are kept; of a larger one they are made when asked for.
        """
        if self._part_of is not None:
            whole, mine = self._part_of
            return whole.vectors(mine[rows])
        if self.n <= self.partition:
            return self._all_vectors[rows]
        return self._made(self.frame.iloc[rows])


_WANTS: dict[str, Callable[[Sample], object]] = {
    "vectors": lambda s: s.has("embedding") or s.has("output"),
    "reference": lambda s: s.reference is not None and s.reference.width == s.width,
    "reference texts": lambda s: s.reference is not None and s.reference.frame["output"].notna().any(),
    "tail": lambda s: s.comparison.tail,
    "phrasings": lambda s: s.comparison.phrasings is not None,
    "score or verified": lambda s: s.has("score") or s.has("verified"),
    "several outputs of a prompt": lambda s: s.clustered,
}


def demo_sample(
    *,
    tail: Sequence[str] = (),
    classes: Sequence[str] = (),
    size: int | None = None,
    mass: Mapping[str, float] | None = None,
    surprise: float | None = None,
    vocabulary: int = 0,
    phrasings: Mapping[str, float] | None = None,
    reference: Sequence[Sequence[float]] | None = None,
    reference_texts: Sequence[str] | None = None,
    reference_labels: Sequence[str] | None = None,
    reference_scores: Sequence[float] | None = None,
    partition: int = PARTITION,
    **columns: Sequence[object],
) -> Sample:
    """A small sample from plain columns, and what it is held against, for examples and tests."""
    n = len(next(iter(columns.values())))
    blank = {"output": None, "label": None, "prediction": None, "score": None, "weight": 1.0}
    ids = columns.get("example_id", [f"e{i}" for i in range(n)])
    frame = pd.DataFrame({**blank, **columns, "example_id": ids}, index=range(n))
    frame["score"] = frame["score"].astype("Float64")
    seen = {str(v) for v in columns.get("label", ()) if v is not None}
    comparison = Comparison(
        baseline=(),
        sizes={WHOLE: size or n},
        classes=tuple(sorted(set(classes) or seen)),
        tail=tuple(tail),
        encoder="given",
        reference="",
        cohort=np.empty(0, np.int64),
        mass=mass or {},
        surprise=surprise,
        vocabulary=vocabulary,
        phrasings=Phrasings.of(phrasings) if phrasings else None,
    )
    beside = {
        "embedding": reference,
        "output": reference_texts,
        "label": reference_labels,
        "score": reference_scores,
    }
    given = {name: list(column) for name, column in beside.items() if column is not None}
    against = Reference(pd.DataFrame({"output": None, "label": None, **given}), tail=tail) if given else None
    return Sample(frame, comparison, reference=lambda: against, partition=partition)
