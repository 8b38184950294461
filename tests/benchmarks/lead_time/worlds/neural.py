"""The world `neural`: long package descriptions, a small neural classifier and interpolated trigrams.

The classifier adds up embeddings of hashed words and puts a softmax layer on them (as fastText does). It
starts from random weights and sees its pairs in random order, or goes on from the last cycle's weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import log_softmax, softmax

from sample_data.humans import MAX_WORDS
from sample_data.model import Coder, Pairs
from tests.benchmarks import corpus
from tests.benchmarks.lead_time.worlds.base import Asked, Floats, Ints, Model, World
from tests.benchmarks.lead_time.worlds.learning import KEPT, Adagrad, Singles, bag, batches
from tests.benchmarks.lead_time.worlds.writing import Interpolated

PAIRS, REFERENCE = 8_000, 4_000
# The texts of the corpus that overlap with none before them.
SEEN_ONCE, FEWEST = 114_000, 400
# These say what kind of package it is, not what it is about; nobody could tell it from a text.
NO_CLASS = (
    *("unknown", "tasks", "oldlibs", "debug", "stdlib", "metapackages", "misc"),
    *("libs", "libdevel", "doc", "devel", "utils"),
)
MIX = (0.70, 0.22, 0.07, 0.01)
BUCKETS, WIDTH = 8192, 24
BATCH, EPOCHS, AGAIN = 200, 2, 1
RATE = 0.2


def load() -> pd.DataFrame:
    """Pieces of long descriptions, those of rare odd sections left out."""
    rows = corpus.rows(SEEN_ONCE)
    rows = rows[~rows["label"].isin(NO_CLASS)]
    rows = rows[rows.groupby("label")["label"].transform("size") >= FEWEST].reset_index(drop=True)
    short = rows["text"].str.split().str[:MAX_WORDS].str.join(" ")
    ids = [f"d{i:06}" for i in range(len(rows))]
    return pd.DataFrame({"id": ids, "text": short, "section": rows["label"]})


@dataclass(frozen=True)
class Net:
    """Embeddings, softmax layer and its bias; and the generator."""

    coder: Coder
    weights: tuple[Singles, Singles, Singles]
    writer: Interpolated

    def judge(self, asked: Asked) -> Floats:
        """The log-chance of each class for each text."""
        texts = asked.once("bag", lambda words: bag(words, self.coder, BUCKETS))
        embedding, layer, bias = self.weights
        scores = (texts @ embedding) @ layer + bias
        return np.asarray(log_softmax(scores.astype(float), axis=1))

    def write(self, section: Ints, rng: np.random.Generator, temperature: float = 1.0) -> Ints:
        """One text for each of these classes."""
        return self.writer.write(section, rng, temperature)


def _fresh(classes: int, rng: np.random.Generator) -> list[Singles]:
    shapes = [(BUCKETS, WIDTH), (WIDTH, classes)]
    drawn = [(rng.standard_normal(shape) / np.sqrt(WIDTH)).astype(np.float32) for shape in shapes]
    return [*drawn, np.zeros(classes, np.float32)]


def trained(
    train: Pairs, coder: Coder, rng: np.random.Generator, before: Net | None
) -> tuple[Singles, Singles, Singles]:
    """Minimise the cross-entropy in mini-batches; fewer rounds where weights are there to start from."""
    weights = _fresh(len(coder.sections), rng)
    if before:
        weights = [KEPT * old + (1 - KEPT) * new for old, new in zip(before.weights, weights, strict=True)]
    embedding, layer, bias = weights
    texts, descent = bag(train.words, coder, BUCKETS), Adagrad(weights, RATE)
    for rows in batches(len(train.section), BATCH, AGAIN if before else EPOCHS, rng):
        some = texts[rows]
        hidden = some @ embedding
        error = softmax(hidden @ layer + bias, axis=1)
        error[np.arange(len(rows)), train.section[rows]] -= 1
        error /= len(rows)
        descent.step([some.T @ (error @ layer.T), hidden.T @ error, error.sum(axis=0)])
    return embedding, layer, bias


def fit(train: Pairs, coder: Coder, rng: np.random.Generator, before: Model | None) -> Model:
    """Train the classifier, and count for the generator."""
    weights = trained(train, coder, rng, before if isinstance(before, Net) else None)
    return Net(coder, weights, Interpolated(train, len(coder.words), MIX))


WORLD = World("neural", PAIRS, REFERENCE, load, fit)
