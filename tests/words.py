"""Texts as the compiled metrics take them: 64-bit hashes of words in a row, starts, prompt groups."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from metrics.core import GROUPS

Text = Sequence[str]
HUMAN = Path(__file__).parent.parent / "sample_data/human.parquet"


def hashed(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")


def packed(texts: Sequence[Text]) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of all words, and where each text starts."""
    tokens = np.array([hashed(word) for text in texts for word in text], np.uint64)
    return tokens, np.concatenate(([0], np.cumsum([len(text) for text in texts]))).astype(np.int64)


def real(n: int, join: int = 1, words: int = 64) -> list[list[str]]:
    """Real texts, several joined to one, cut to so many words."""
    lines = pd.read_parquet(HUMAN, columns=["text"]).text[: n * join].str.lower()
    return [" ".join(lines[i * join : (i + 1) * join]).split()[:words] for i in range(n)]


def groups(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, GROUPS, n)


def awkward() -> tuple[list[list[str]], np.ndarray]:
    """60 texts with copies, repeated words, empty and one-word texts; groups of none, one and several."""
    lines = real(36)
    texts = [*lines, *lines[:8], *lines[:4], [], [], ["of"], ["of"], ["zygote"], ["a"] * 9, ["a"] * 7]
    texts += [["a", "b"] * 6, ["b", "a"] * 3, lines[0] * 2, lines[1] * 3, lines[2][::-1]]
    group = np.random.default_rng(1).integers(0, 15, len(texts)) // 2 * 2
    group[[0, 36]] = 17, 19  # a copy alone in its group
    return texts, group


def texts(least: int = 0, most: int = 8) -> st.SearchStrategy[list[list[str]]]:
    """A few short texts of few different words, so that they repeat themselves and one another."""
    return st.lists(st.lists(st.sampled_from("abcd"), min_size=least, max_size=most), min_size=2, max_size=8)
