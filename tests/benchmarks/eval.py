"""A large eval of real texts for the benchmarks: the archive's labels, predictions by a classifier.

The classifier is multinomial naive Bayes over the words of the one-line synopses in sample_data, which are
other texts than those it judges here; the score is the probability that it gives to the right class.
"""

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.special import softmax

from metrics import text
from tests.benchmarks import corpus

SYNOPSES = corpus.BENCH.parent / "sample_data" / "human.parquet"
CACHE = corpus.BENCH / "judged.parquet"
BUCKETS = 1 << 16
BLOCK = 50_000


def _bags(texts: pd.Series) -> csr_matrix:
    """Words of each text, counted in buckets of their hashes."""
    words = text.words(texts)
    columns = (words.hashes % np.uint64(BUCKETS)).astype(np.int64)
    return csr_matrix((np.ones(len(columns)), columns, words.starts), (len(texts), BUCKETS))


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    known = pd.read_parquet(SYNOPSES)
    classes, codes = np.unique(known["section"], return_inverse=True)
    counts = csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes))))) @ _bags(known["text"]) + 0.0
    table = np.log(counts.toarray() + 0.1)
    table -= np.log(np.exp(table).sum(axis=1, keepdims=True))
    prior = np.log(np.bincount(codes) / len(codes))
    parts = []
    for start in range(0, len(rows), BLOCK):
        part = rows.iloc[start : start + BLOCK]
        chance = softmax(_bags(part["text"]) @ table.T + prior, axis=1)
        right = np.searchsorted(classes, part["label"]).clip(max=len(classes) - 1)
        score = np.where(classes[right] == part["label"], chance[np.arange(len(part)), right], 0.0)
        parts.append(pd.DataFrame({"prediction": classes[chance.argmax(axis=1)], "score": score}))
    return pd.concat(parts, ignore_index=True)


def rows(n: int) -> pd.DataFrame:
    """The first n texts as an outputs frame: example_id, output, label, prediction, score, weight."""
    found = corpus.rows(n)
    if not CACHE.exists():
        _judged(corpus.rows(corpus.MOST)).to_parquet(CACHE)
    judged = pd.read_parquet(CACHE).iloc[:n]
    return pd.DataFrame(
        {
            "example_id": [f"e{i:07}" for i in range(n)],
            "output": found["text"],
            "label": found["label"],
            "prediction": judged["prediction"],
            "score": judged["score"],
            "weight": 1.0,
        }
    )


def reference(n: int = 4_000) -> pd.DataFrame:
    """Human texts that are not among the rows of up to 110,000: the last n that do not overlap with them."""
    found = corpus.rows(114_000).iloc[-n:].reset_index(drop=True)
    ids = [f"h{i:05}" for i in range(n)]
    return pd.DataFrame({"example_id": ids, "output": found["text"], "label": found["label"]})
