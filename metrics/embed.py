"""Texts to vectors, behind one function. Vectors that come with the upload always win over these."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics import text, threads
from metrics.kernels import kernel
from metrics.scanning import digest_of as _digest
from metrics.table import coded

Vectors = npt.NDArray[np.float32]
Array = npt.NDArray[Any]
SPACE = 0x20
# How the tokenizer writes a space, and how many words it is given at once.
MARK, TOGETHER = "\u2581", 256

# A mean over a few hundred word vectors is settled; a looping output must not cost minutes.
MAX_CHARACTERS = 4096
# Sums of squares beyond it, or below one over it, come near the end of the range of single precision.
LARGE = 1e30


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


@kernel
def _pieces(data: Array, offsets: Array) -> tuple[Array, Array, Array, Array]:
    """Cut texts at each space that stands alone between two other characters.

    Returns a hash of every piece in a row, the bytes at which it begins and ends, and each text's first
    piece.
    """
    room = 1 + len(offsets)
    for at in range(offsets[0], offsets[-1]):
        room += data[at] == SPACE
    keys, starts = np.empty(room, np.uint64), np.zeros(len(offsets), np.int64)
    first, last = np.empty(room, np.int64), np.empty(room, np.int64)
    filled = 0
    for row in range(len(offsets) - 1):
        begin, end = offsets[row], offsets[row + 1]
        at, since = begin, begin
        while at < end:
            at += 1
            alone = at + 1 < end and data[at] == SPACE and data[at - 1] != SPACE and data[at + 1] != SPACE
            if at == end or alone:
                keys[filled], first[filled], last[filled] = _digest(data, since, at), since, at
                filled += 1
                since = at + 1
        starts[row + 1] = filled
    return keys[:filled], first[:filled], last[:filled], starts


def embed(texts: pd.Series | Sequence[str | None]) -> Vectors:
    """Embed texts as unit vectors of 256 dimensions, float32; an empty text is a row of zeros.

    The mean of static token vectors (wordllama): the same as the package's own `embed` to 1e-6. A token never
    reaches over a single space, so that each different word is cut into tokens once, however often it comes.
    """
    data, offsets = text.as_bytes(texts, MAX_CHARACTERS)
    keys, first, last, starts = _pieces(data, offsets)
    codes, example = coded(keys)
    spans = zip(first[example].tolist(), last[example].tolist(), strict=True)
    words = [data[begin:end].tobytes().decode() for begin, end in spans]
    return normalise(summed(starts, codes, of_words(words)))


def of_words(words: Sequence[str]) -> Vectors:
    """The sum of the vectors of each word's tokens; the vector of a text is the sum of its words', scaled."""
    tokens, borders = _tokens(words)
    return summed(borders, tokens, _model().embedding)


@functools.cache
def _begins() -> npt.NDArray[np.bool_]:
    """Which tokens begin a word: those spelt with the mark for a space in front."""
    found = np.zeros(len(_model().embedding), bool)
    for spelling, number in _model().tokenizer.get_vocab().items():
        found[number] = spelling.startswith(MARK)
    return found


def _tokens(words: Sequence[str]) -> tuple[Array, Array]:
    """The tokens of all words in a row, and where each word's begin.

    Many words go through the tokenizer as one text, which is several times faster than one by one; a word
    that could be taken for two goes alone.
    """
    encode = _model().tokenizer.encode_batch_fast
    # A special token, such as <s>, makes the tokenizer begin anew behind it.
    special = [token.content for token in _model().tokenizer.get_added_tokens_decoder().values()]
    plain = np.array([not any(part in word for part in (" ", MARK, *special)) for word in words], bool)
    rows = np.flatnonzero(plain)
    joined = [
        " ".join(words[i] for i in rows[at : at + TOGETHER].tolist()) for at in range(0, len(rows), TOGETHER)
    ]
    found = encode(joined, add_special_tokens=False)
    ids = np.concatenate([np.asarray(text.ids, np.int64) for text in found] or [np.empty(0, np.int64)])
    apart = [words[i] for i in np.flatnonzero(~plain).tolist()]
    alone = [np.asarray(text.ids, np.int64) for text in encode(apart, add_special_tokens=False)]
    owner = np.concatenate(
        [
            rows[np.cumsum(_begins()[ids]) - 1],
            np.repeat(np.flatnonzero(~plain), [len(each) for each in alone]),
        ]
    )
    order = np.argsort(owner, kind="stable")
    borders = np.searchsorted(owner[order], np.arange(len(words) + 1))
    return np.concatenate([ids, *alone])[order], borders


@kernel
def _add(codes: Array, vectors: Array, starts: Array, out: Array) -> None:
    for row in range(len(out)):
        for at in range(starts[row], starts[row + 1]):
            code = codes[at]
            for i in range(out.shape[1]):
                out[row, i] += vectors[code, i]


def summed(starts: Array, codes: Array, vectors: Vectors) -> Vectors:
    """For each row the sum of the vectors that its codes name; many rows by two threads."""
    out = np.zeros((len(starts) - 1, vectors.shape[1]), np.float32)
    middle = len(out) // 2
    add = partial(_add, codes.astype(np.int64), np.ascontiguousarray(vectors, np.float32))
    with threads.two(len(codes)) as both:
        list(both(add, (starts[: middle + 1], starts[middle:]), (out[:middle], out[middle:])))
    return out


def normalise(vectors: npt.ArrayLike) -> Vectors:
    """Scale rows to unit length; a row of zeros stays zeros.

    >>> normalise([[3.0, 4.0], [0.0, 0.0]]).round(2).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    rows = np.asarray(vectors, np.float32)
    squares = np.einsum("ij,ij->i", rows, rows)
    fits = (squares > 1 / LARGE) & (squares < LARGE)
    scaled: Vectors = np.divide(rows, np.sqrt(np.where(fits, squares, 1))[:, None], dtype=np.float32)
    if not fits.all():
        # Zero, or beyond what single precision can square.
        exact = rows[~fits].astype(float)
        norms = np.linalg.norm(exact, axis=1, keepdims=True)
        scaled[~fits] = exact / np.where(norms > 0, norms, 1)
    return scaled
