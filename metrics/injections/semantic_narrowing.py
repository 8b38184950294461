"""Semantic narrowing: outputs are pulled towards the centre."""

import numpy as np
import pandas as pd

from metrics.core import Undefined
from metrics.embed import Vectors
from metrics.injecting import Answers, Bools, Ints, Random, injection, touched

CENTRAL = 0.2
# More than two vectors can differ by: an output said before is passed over, one of another class twice so.
USED, FOREIGN = 4.0, 8.0
BLOCK = 1024


@injection("semantic_narrowing", "Semantic narrowing")
def semantic_narrowing(answers: Answers, strength: float, rng: Random) -> pd.DataFrame:
    """Any outputs give way to the nearest one in meaning that lies near the centre. Predictions stay.

    Near the centre lies the fifth of each class, or of all where there are no labels, whose vectors are
    nearest to the mean of all. Vectors that came with the outputs move along.
    """
    mine, _ = answers.vectors
    rows = touched(np.zeros(len(answers)), strength, rng)
    return answers.answered(rows, _nearest(mine[rows], rows, answers))


def _central(answers: Answers) -> Bools:
    """Which spare outputs lie near the centre of all."""
    vectors = answers.vectors[1]
    close = pd.Series(vectors @ vectors.mean(axis=0))
    rank = close.groupby(answers.classes[1]).rank(pct=True, method="first")
    return np.asarray((rank > 1 - CENTRAL) & (np.abs(vectors).max(axis=1) > 0))


def _nearest(vectors: Vectors, rows: Ints, answers: Answers) -> Ints:
    """For each row the nearest central output of its class; none is taken twice before all were once."""
    central = np.flatnonzero(_central(answers))
    if not len(central):
        raise Undefined("No output lies near the centre: those there are empty.")
    mine, theirs = answers.classes[0][rows], answers.classes[1][central]
    points = answers.vectors[1][central]
    found, passed = np.empty(len(rows), np.int64), np.zeros(len(central), np.float32)
    # A block bounds the memory.
    for start in range(0, len(rows), BLOCK):
        block = slice(start, start + BLOCK)
        fits = vectors[block] @ points.T - FOREIGN * (mine[block, None] != theirs)
        for i, each in enumerate(fits, start):
            found[i] = np.argmax(each - passed)
            passed[found[i]] += USED
    return central[found]
