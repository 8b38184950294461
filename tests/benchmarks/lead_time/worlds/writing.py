"""Class-conditional n-gram generators: what may come next is looked up in one sorted table.

The table is sorted by class, last word and the word before it, so the rows of a shorter context lie side by
side too, and one sort serves every depth. It is what makes a retrain cheap.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sample_data.humans import MAX_WORDS
from sample_data.model import END, START, Pairs
from tests.benchmarks.lead_time.worlds.base import Floats, Ints

TRIGRAM, BIGRAM, SECTION, ANY = range(4)


@dataclass(frozen=True)
class Rows:
    """Contexts in order, the word that follows each, and the size of one context at each depth."""

    keys: Ints
    nexts: Ints
    vocabulary: int

    def unit(self, depth: int) -> int:
        """How many keys share a context of this depth."""
        return int(self.vocabulary**depth)

    def span(self, depth: int, section: Ints, before: Ints, last: Ints) -> tuple[Ints, Ints]:
        """Where the rows of each context begin and end."""
        if depth == ANY:
            return np.zeros(len(section), np.int64), np.full(len(section), len(self.keys))
        context = section
        if depth <= BIGRAM:
            context = context * self.vocabulary + last
        if depth == TRIGRAM:
            context = context * self.vocabulary + before
        unit = self.unit(depth)
        return np.searchsorted(self.keys, context * unit), np.searchsorted(self.keys, (context + 1) * unit)

    def weights(self, depth: int, temperature: float) -> Floats:
        """Running sums of row weights by which a context's words come with frequency ** (1 / temperature)."""
        context = self.keys // self.unit(depth) if depth < ANY else np.zeros_like(self.keys)
        _, word, count = np.unique(
            context * self.vocabulary + self.nexts, return_inverse=True, return_counts=True
        )
        return np.concatenate([[0.0], np.cumsum(count[word] ** (1 / temperature - 1))])


class Table:
    """What follows what in the training texts of each class."""

    def __init__(self, train: Pairs, vocabulary: int) -> None:
        start = np.full((len(train.words), 2), START, dtype=np.int64)
        padded = np.concatenate([start, train.words], axis=1)
        real = np.arange(MAX_WORDS + 1) <= (train.words != END).sum(axis=1)[:, None]
        keys = (train.section[:, None] * vocabulary + padded[:, 1:-1]) * vocabulary + padded[:, :-2]
        # The word is part of what is sorted, so that ties are no matter of how a machine sorts.
        rows = np.sort(keys[real] * vocabulary + train.words[real])
        self._all = Rows(*np.divmod(rows, vocabulary), vocabulary)
        self._weights: dict[tuple[int, float], Floats] = {}

    @cached_property
    def _open(self) -> Rows:
        """The rows that go on: a draw that knows no word before it never ends a text."""
        kept = self._all.nexts != END
        return Rows(self._all.keys[kept], self._all.nexts[kept], self._all.vocabulary)

    def rows(self, depth: int) -> Rows:
        """The rows that a draw of this depth looks at."""
        return self._all if depth <= BIGRAM else self._open

    def draw(self, depth: int, span: tuple[Ints, Ints], rng: np.random.Generator, temperature: float) -> Ints:
        """One word from each span of rows; -1 where a span is empty."""
        rows, (first, end) = self.rows(depth), span
        chance = rng.random(len(first))
        if temperature == 1.0:
            at = first + (chance * (end - first)).astype(np.int64)
        else:
            if (depth, temperature) not in self._weights:
                self._weights[depth, temperature] = rows.weights(depth, temperature)
            sums = self._weights[depth, temperature]
            at = np.searchsorted(sums, sums[first] + chance * (sums[end] - sums[first]), side="right") - 1
        at = np.minimum(np.maximum(at, first), len(rows.keys) - 1)
        return np.where(end > first, rows.nexts[at], -1)


class Writer:
    """Writes texts word by word; a subclass says from which depth each word is drawn."""

    def __init__(self, train: Pairs, vocabulary: int) -> None:
        self.table = Table(train, vocabulary)

    def next(
        self, section: Ints, before: Ints, last: Ints, rng: np.random.Generator, temperature: float
    ) -> Ints:
        """The next word of each text."""
        raise NotImplementedError

    def write(self, section: Ints, rng: np.random.Generator, temperature: float = 1.0) -> Ints:
        """One text of at most 24 words for each of these classes."""
        padded = np.full((len(section), MAX_WORDS + 3), END, dtype=np.int64)
        padded[:, :2] = START
        live = np.arange(len(section))
        for place in range(2, MAX_WORDS + 2):
            before, last = padded[live, place - 2], padded[live, place - 1]
            word = self.next(section[live], before, last, rng, temperature)
            padded[live, place] = word
            live = live[word != END]
        return padded[:, 2:]


class Interpolated(Writer):
    """Each word comes from a depth drawn by fixed weights, or from the next shorter context that is known."""

    def __init__(self, train: Pairs, vocabulary: int, weights: tuple[float, ...]) -> None:
        super().__init__(train, vocabulary)
        self._borders = np.cumsum(weights[:-1])

    def next(
        self, section: Ints, before: Ints, last: Ints, rng: np.random.Generator, temperature: float
    ) -> Ints:
        """The next word of each text."""
        chosen = np.searchsorted(self._borders, rng.random(len(section)), side="right")
        word = np.full(len(section), -1, dtype=np.int64)
        for depth in range(len(self._borders) + 1):
            todo = np.flatnonzero((word < 0) & (chosen <= depth))
            span = self.table.rows(depth).span(depth, section[todo], before[todo], last[todo])
            word[todo] = self.table.draw(depth, span, rng, temperature)
        return word


class BackedOff(Writer):
    """Each word comes from the longest context that was seen `seen` times."""

    def __init__(self, train: Pairs, vocabulary: int, seen: int = 2) -> None:
        super().__init__(train, vocabulary)
        self._seen = seen

    def next(
        self, section: Ints, before: Ints, last: Ints, rng: np.random.Generator, temperature: float
    ) -> Ints:
        """The next word of each text."""
        word = np.full(len(section), -1, dtype=np.int64)
        for depth in (TRIGRAM, BIGRAM, SECTION, ANY):
            todo = np.flatnonzero(word < 0)
            first, end = self.table.rows(depth).span(depth, section[todo], before[todo], last[todo])
            often = end - first >= (self._seen if depth == TRIGRAM else 1)
            span = first[often], end[often]
            word[todo[often]] = self.table.draw(depth, span, rng, temperature)
        return word
