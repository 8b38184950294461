"""What classifiers share that are trained step by step: hashed bags of words, batches, and the step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from sample_data.model import END, Coder
from tests.benchmarks.lead_time.worlds.base import Ints

# Odd constants that spread neighbouring word numbers over all buckets (Knuth's multiplicative hashing).
FIRST, SECOND, HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(32)
TINY = 1e-8
# How much of the last weights a warm start keeps; what is kept whole learns more with every cycle, and a line
# of healthy models would never come to rest (Ash and Adams 2020 shrink them for another reason).
KEPT = 0.5

Singles = npt.NDArray[np.float32]


def bag(words: Ints, coder: Coder, buckets: int, pairs: bool = False) -> csr_matrix:
    """One row per text, of length 1: how often it holds words (and neighbouring pairs) of each bucket."""
    folded = coder.folded[words].astype(np.uint64)
    real = words != END
    columns = ((folded * FIRST) >> HALF) % np.uint64(buckets)
    if pairs:
        both = folded[:, :-1] * FIRST + folded[:, 1:] * SECOND
        columns = np.concatenate([columns, (both >> HALF) % np.uint64(buckets)], axis=1)
        real = np.concatenate([real, real[:, 1:]], axis=1)
    counts = real.sum(axis=1)
    starts = np.concatenate([[0], np.cumsum(counts)])
    values = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32)
    return csr_matrix((values, columns[real].astype(np.int32), starts), (len(words), buckets))


def batches(rows: int, size: int, epochs: int, rng: np.random.Generator) -> list[Ints]:
    """Row numbers of each step, in an order of their own each epoch."""
    orders = [rng.permutation(rows) for _ in range(epochs)]
    return [order[at : at + size] for order in orders for at in range(0, rows, size)]


class Adagrad:
    """Duchi et al. 2011: a weight's step shrinks with its past gradients, so rare words learn as well."""

    def __init__(self, weights: Sequence[Singles], rate: float) -> None:
        self._weights, self._rate = weights, rate
        self._squares = [np.full_like(w, TINY) for w in weights]

    def step(self, gradients: Sequence[Singles]) -> None:
        """Change the weights in place; the gradients are used up."""
        for weight, square, gradient in zip(self._weights, self._squares, gradients, strict=True):
            square += gradient * gradient
            gradient *= self._rate
            gradient /= np.sqrt(square)
            weight -= gradient
