"""The world `sealed`: docstrings of the standard library, logistic regression and a back-off generator.

It is opened after all thresholds stand, each time on other seeds: nothing may be tuned on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import log_softmax, softmax

from sample_data.model import Coder, Pairs
from tests.benchmarks import corpus
from tests.benchmarks.lead_time.worlds.base import Asked, Floats, Ints, Model, World
from tests.benchmarks.lead_time.worlds.learning import KEPT, Adagrad, Singles, bag, batches
from tests.benchmarks.lead_time.worlds.writing import BackedOff

PAIRS, REFERENCE = 3_000, 2_000
SEEN_ONCE, FEWEST = 114_000, 220
BUCKETS = 8192
BATCH, EPOCHS, AGAIN, RATE = 100, 3, 1, 2.0


def load() -> pd.DataFrame:
    """Half pieces of docstrings, so that there are enough of them; the class is the module at the top."""
    rows = corpus.rows(SEEN_ONCE)
    rows = rows[rows["label"] == "stdlib"]
    module = rows["package"].str.split("/").str[0].str.removesuffix(".py").str.lstrip("_")
    halves = [[words[: len(words) // 2], words[len(words) // 2 :]] for words in map(str.split, rows["text"])]
    found = pd.DataFrame({"text": halves, "section": module}).explode("text", ignore_index=True)
    found = found.assign(text=found["text"].str.join(" "))
    found = found[~found["text"].str.casefold().duplicated()]
    found = found[found.groupby("section")["section"].transform("size") >= FEWEST]
    return found.assign(id=[f"s{i:05}" for i in range(len(found))]).reset_index(drop=True)


@dataclass(frozen=True)
class Logistic:
    """Multinomial logistic regression on words and word pairs; and the generator."""

    coder: Coder
    weights: Singles
    bias: Singles
    writer: BackedOff

    def judge(self, asked: Asked) -> Floats:
        """The log-chance of each class for each text."""
        texts = asked.once("bag", lambda words: bag(words, self.coder, BUCKETS, pairs=True))
        scores = texts @ self.weights + self.bias
        return np.asarray(log_softmax(scores.astype(float), axis=1))

    def write(self, section: Ints, rng: np.random.Generator, temperature: float = 1.0) -> Ints:
        """One text for each of these classes."""
        return self.writer.write(section, rng, temperature)


def fit(train: Pairs, coder: Coder, rng: np.random.Generator, before: Model | None) -> Model:
    """Descend the cross-entropy in mini-batches, from nothing or from the last cycle's weights."""
    classes = len(coder.sections)
    weights, bias = np.zeros((BUCKETS, classes), np.float32), np.zeros(classes, np.float32)
    again = isinstance(before, Logistic)
    if isinstance(before, Logistic):
        weights, bias = KEPT * before.weights, KEPT * before.bias
    texts, descent = bag(train.words, coder, BUCKETS, pairs=True), Adagrad([weights, bias], RATE)
    for rows in batches(len(train.section), BATCH, AGAIN if again else EPOCHS, rng):
        some = texts[rows]
        error = softmax(some @ weights + bias, axis=1)
        error[np.arange(len(rows)), train.section[rows]] -= 1
        error /= len(rows)
        descent.step([some.T @ error, error.sum(axis=0)])
    return Logistic(coder, weights, bias, BackedOff(train, len(coder.words)))


WORLD = World("sealed", PAIRS, REFERENCE, load, fit)
