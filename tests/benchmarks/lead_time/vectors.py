"""The default encoder's vectors of texts made of known words: the sums of its words' vectors, made once.

They come with the outputs, as a team's own may. They are those of `metrics.embed` to 1e-6.
"""

from __future__ import annotations

import numpy as np

from metrics import embed
from metrics.embed import Vectors
from sample_data.model import END, Coder
from tests.benchmarks.lead_time.worlds.base import Ints


class Encoder:
    """The sum of the token vectors of each word that a coder knows."""

    def __init__(self, coder: Coder) -> None:
        # The first two words of a coder are no words; a row of nothing would disturb the tokenizer's count.
        sums = embed.of_words(coder.words[2:].tolist())
        self._sums = np.concatenate([np.zeros((2, sums.shape[1]), sums.dtype), sums])

    def of(self, words: Ints) -> Vectors:
        """Unit vectors of rows of word ids."""
        real = words != END
        starts = np.concatenate([[0], np.cumsum(real.sum(axis=1))])
        return embed.normalise(embed.summed(starts, words[real], self._sums))
