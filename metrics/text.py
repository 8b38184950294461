"""The one tokenizer, and the n-gram counts built on it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

VERSION = "words-1"
TOKEN_BUDGET = 64

_Ints = npt.NDArray[np.int64]

# Scripts written without spaces fall to single characters; a pictograph is a token of its own.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
)
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f"
_WORD = re.compile(
    rf"[{_UNSPACED}]|[^\W{_UNSPACED}](?:[^\W{_UNSPACED}]|[{_MARKS}]|['’](?=\w))*"
    r"|[\u2600-\u27bf\U0001f300-\U0001faff]"
)


def tokenize(text: str, budget: int | None = TOKEN_BUDGET) -> list[str]:
    """Split a text into lower-case words, at most `budget` of them.

    >>> tokenize("Don't panic: 42 naïve TOWELS!")
    ["don't", 'panic', '42', 'naïve', 'towels']
    >>> tokenize("日本語 ok")
    ['日', '本', '語', 'ok']
    """
    # A looping output can be megabytes long: only as much text is read as the budget can need.
    head = text if budget is None else text[: budget * 64]
    words = _WORD.findall(unicodedata.normalize("NFC", head).lower())
    return words if budget is None else words[:budget]


@dataclass(frozen=True)
class Grams:
    """The n-grams of a collection of texts: which type stands in which text, and how often.

    `text`, `type`, `count` are parallel arrays with one entry for each (text, type) pair; `types` is the
    number of distinct n-grams and `texts` the number of texts, empty ones included.
    """

    text: _Ints
    type: _Ints
    count: _Ints
    types: int
    texts: int


def encode(texts: Sequence[str]) -> tuple[_Ints, _Ints, int]:
    """Token ids of all texts in a row, the text each belongs to, and the size of the vocabulary."""
    words = [tokenize(text) for text in texts]
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    flat = [word for text in words for word in text]
    codes = pd.factorize(np.array(flat, dtype=object))[0].astype(np.int64)
    return codes, np.repeat(np.arange(len(words)), lengths), int(codes.max(initial=-1)) + 1


def grams(tokens: _Ints, owner: _Ints, vocabulary: int, texts: int, k: int) -> Grams:
    """Count the k-grams of encoded texts; an n-gram never crosses from one text into the next."""
    ids, first, base = tokens, owner, max(vocabulary, 1)
    for step in range(1, k):
        whole = first[:-1] == owner[step:]
        joined = ids[:-1] * base + tokens[step:]
        codes, seen = pd.factorize(joined[whole]) if whole.any() else (np.empty(0, np.int64), [])
        ids, first = np.full(len(whole), -1, np.int64), first[:-1]
        ids[whole] = codes
        # A window that left its text stays -1, and so does every longer window that starts there.
        first = np.where(whole, first, -1)
        base = max(vocabulary, 1)
        count = len(seen)
    if k == 1:
        count = vocabulary
    inside = (first >= 0) & (ids >= 0)
    pairs = first[inside] * max(count, 1) + ids[inside]
    unique, counts = np.unique(pairs, return_counts=True)
    width = max(count, 1)
    return Grams(unique // width, unique % width, counts.astype(np.int64), count, texts)
