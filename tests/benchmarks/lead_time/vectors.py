"""The default encoder's vectors of texts made of known words: the sums of its words' vectors, made once.

They come with the outputs, as a team's own may. They are those of `metrics.embed` to 1e-6.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from metrics import embed
from metrics.embed import Vectors
from sample_data.model import END, Coder
from tests.benchmarks.lead_time.worlds.base import Ints


class Encoder:
    """The sum of the token vectors of each word that a coder knows."""

    def __init__(self, coder: Coder) -> None:
        # The first two words of a coder are no words; a row of nothing would disturb the tokenizer's count.
        tokens, borders = embed._tokens(coder.words[2:].tolist())
        table = embed._model().embedding
        sums = embed._summed(borders, tokens, len(table)) @ table
        self._sums = np.concatenate([np.zeros((2, sums.shape[1]), sums.dtype), sums])

    def of(self, words: Ints) -> Vectors:
        """Unit vectors of rows of word ids."""
        real = words != END
        starts = np.concatenate([[0], np.cumsum(real.sum(axis=1))])
        ones = np.ones(starts[-1], np.float32)
        held = csr_matrix((ones, words[real], starts), (len(words), len(self._sums)))
        return embed.normalise(held @ self._sums)
