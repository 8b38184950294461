"""The world `synopses`: one-line synopses of Debian packages, naive Bayes and interpolated trigrams.

The models are those of the sample data; the generator has the same distribution, from a quicker table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sample_data.humans import HUMAN_FILE
from sample_data.model import INTERPOLATION, Coder, Pairs, log_posterior
from tests.benchmarks.lead_time.worlds.base import Floats, Ints, Model, World
from tests.benchmarks.lead_time.worlds.writing import Interpolated

PAIRS, REFERENCE = 5_000, 4_000


def load() -> pd.DataFrame:
    """The texts that the sample data ships."""
    rows = pd.read_parquet(HUMAN_FILE)
    return pd.DataFrame({"id": "pkg-" + rows["package"], "text": rows["text"], "section": rows["section"]})


@dataclass(frozen=True)
class Counted:
    """Naive Bayes over words and word pairs, and the generator."""

    train: Pairs
    coder: Coder
    writer: Interpolated

    def judge(self, words: Ints) -> Floats:
        """The log-chance of each class for each text."""
        return log_posterior(self.train, words, self.coder)

    def write(self, section: Ints, rng: np.random.Generator, temperature: float = 1.0) -> Ints:
        """One text for each of these classes."""
        return self.writer.write(section, rng, temperature)


def fit(train: Pairs, coder: Coder, rng: np.random.Generator, before: Model | None) -> Model:
    """Count; nothing of an earlier model's counts is left but what the training pairs carry over."""
    return Counted(train, coder, Interpolated(train, len(coder.words), INTERPOLATION))


WORLD = World("synopses", PAIRS, REFERENCE, load, fit)
