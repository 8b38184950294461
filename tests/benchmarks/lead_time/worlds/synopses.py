"""The world `synopses`: one-line synopses of Debian packages, naive Bayes and interpolated trigrams.

The models are those of the sample data: the classifier gives the same chances, the generator the same
distribution, and both are quicker.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from sample_data.humans import HUMAN_FILE
from sample_data.model import END, INTERPOLATION, SMOOTHING, Coder, Pairs
from tests.benchmarks.lead_time.worlds.base import Asked, Floats, Ints, Model, World
from tests.benchmarks.lead_time.worlds.writing import Interpolated

PAIRS, REFERENCE = 5_000, 4_000


def load() -> pd.DataFrame:
    """The texts that the sample data ships."""
    rows = pd.read_parquet(HUMAN_FILE)
    return pd.DataFrame({"id": "pkg-" + rows["package"], "text": rows["text"], "section": rows["section"]})


def _features(words: Ints, coder: Coder) -> tuple[Ints, Ints]:
    """How many features each text has, and all of them in a row: words and neighbouring pairs."""
    plain = coder.folded[words]
    real = words != END
    pairs = (plain[:, :-1] + 1) * len(coder.words) + plain[:, 1:]
    both = np.concatenate([real, real[:, 1:]], axis=1)
    return both.sum(axis=1), np.concatenate([plain, pairs], axis=1)[both]


@dataclass(frozen=True)
class Questions:
    """The different features of the texts that are judged, and which of them each text has."""

    features: pd.Index
    held: csr_matrix

    @staticmethod
    def of(words: Ints, coder: Coder) -> Questions:
        """Of texts."""
        counts, found = _features(words, coder)
        features, columns = np.unique(found, return_inverse=True)
        starts = np.concatenate([[0], np.cumsum(counts)])
        ones = np.ones(len(columns), np.float32)
        return Questions(pd.Index(features), csr_matrix((ones, columns, starts)))


@dataclass(frozen=True)
class Counted:
    """Naive Bayes over words and word pairs, and the generator."""

    train: Pairs
    coder: Coder
    writer: Interpolated

    def judge(self, asked: Asked) -> Floats:
        """The log-chance of each class for each text.

        Features that a class never had differ from the others in a smoothing term only, so the sum over all
        classes is that term, and the rest is sparse.
        """
        questions = asked.once("features", lambda words: Questions.of(words, self.coder))
        classes, kinds = len(self.coder.sections), len(questions.features)
        counts, features = _features(self.train.words, self.coder)
        section = np.repeat(self.train.section, counts)
        at = questions.features.get_indexer(pd.Index(features))
        met = at >= 0
        cells = at[met] * classes + section[met]
        table = np.bincount(cells, minlength=kinds * classes).reshape(kinds, classes)
        totals = np.bincount(section, minlength=classes) + SMOOTHING * len(pd.unique(features))
        known = questions.held @ np.asarray(table.any(axis=1), np.float32)
        found = np.flatnonzero(table)
        seen = np.zeros((kinds, classes), np.float32)
        seen.flat[found] = np.log1p(table.flat[found] / SMOOTHING)
        with np.errstate(divide="ignore"):
            prior = np.log(np.bincount(self.train.section, minlength=classes))
        never = np.log(SMOOTHING) - np.log(totals)
        return np.asarray(prior + known[:, None] * never + questions.held @ seen)

    def write(self, section: Ints, rng: np.random.Generator, temperature: float = 1.0) -> Ints:
        """One text for each of these classes."""
        return self.writer.write(section, rng, temperature)


def fit(train: Pairs, coder: Coder, rng: np.random.Generator, before: Model | None) -> Model:
    """Count; nothing of an earlier model's counts is left but what the training pairs carry over."""
    return Counted(train, coder, Interpolated(train, len(coder.words), INTERPOLATION))


WORLD = World("synopses", PAIRS, REFERENCE, load, fit)
