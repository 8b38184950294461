"""Texts to vectors, behind one function. Vectors that come with the upload always win over these."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

Vectors = npt.NDArray[np.float32]

# A mean over a few hundred word vectors is settled; a looping output must not cost minutes.
MAX_CHARACTERS = 4096


def encoder_name() -> str:
    """Name and version of the default encoder: part of every vector metric's identity."""
    return f"wordllama-{version('wordllama')}-256"


@functools.cache
def _model() -> Any:
    import logging

    root = logging.getLogger()
    handlers = list(root.handlers)
    import wordllama

    # Importing the package installs a root log handler; ours is an application, so it goes again.
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
    # The stock load looks in the wrong folder and then asks the network.
    folder = Path(wordllama.__file__).parent
    model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
    model.tokenizer.no_padding()
    return model


def embed(texts: Sequence[str]) -> Vectors:
    """Embed texts as unit vectors of 256 dimensions, float32; an empty text is a row of zeros.

    The mean of static token vectors (wordllama), as one sparse product: the same as the package's own
    `embed` to 1e-6, several times faster.
    """
    model = _model()
    heads = [text[:MAX_CHARACTERS] for text in texts]
    ids = [item.ids for item in model.tokenizer.encode_batch_fast(heads, add_special_tokens=False)]
    lengths = np.fromiter(map(len, ids), np.int64, len(ids))
    columns = np.fromiter((i for row in ids for i in row), np.int64, int(lengths.sum()))
    weights = np.repeat(1.0 / np.maximum(lengths, 1), lengths).astype(np.float32)
    table = model.embedding
    pool = csr_matrix((weights, columns, np.concatenate([[0], np.cumsum(lengths)])), (len(ids), len(table)))
    return normalise(pool @ table)


def normalise(vectors: npt.ArrayLike) -> Vectors:
    """Scale rows to unit length; a row of zeros stays zeros.

    >>> normalise([[3.0, 4.0], [0.0, 0.0]]).round(2).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    rows = np.asarray(vectors, np.float32)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vectors = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    return scaled
