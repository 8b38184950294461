"""Homogenization: how much of its wording and word order one output shares with another."""

from __future__ import annotations

from functools import partial

import numpy as np

from metrics import threads
from metrics.core import GROUPS, Reading, Undefined, metric
from metrics.kernels import LONGEST, Floats, Ints, Words, checked, kernel
from metrics.sample import Sample
from metrics.text import chosen

MOST = 2_000

THREADS = 2
_ONE, _TWO, _FOUR, _LAST = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)
_PAIRS, _QUADS = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
_BYTES, _EACH = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)


@kernel
def _bits(word: np.uint64) -> np.int64:
    """How many bits of the word are set (Warren 2012, Hacker's Delight); compiles to one instruction."""
    word -= (word >> _ONE) & _PAIRS
    word = (word & _QUADS) + ((word >> _TWO) & _QUADS)
    return np.int64((((word + (word >> _FOUR)) & _BYTES) * _EACH) >> _LAST)


@kernel
def _common(places: Words, codes: Ints, start: int, end: int) -> np.int64:
    """Longest common subsequence of a text, given as the places of each word, and the text codes[start:end].

    Bit p of `row` is 0 where the subsequence grows at the first text's word p (Hyyrö 2004).
    """
    row = ~np.uint64(0)
    for at in range(start, end):
        hit = row & places[codes[at]]
        row = (row + hit) | (row - hit)
    return _bits(~row)


@kernel
def _rouge(codes: Ints, starts: Ints, lengths: Ints, group: Ints, words: int, first: int) -> Floats:
    """Sums of ROUGE-L by pair of groups, over each THREADS-th text with the texts after it."""
    sums, places, row = np.zeros((GROUPS, GROUPS)), np.zeros(words, np.uint64), np.zeros(GROUPS)
    for a in range(first, len(group), THREADS):
        for at in range(starts[a], starts[a + 1]):
            places[codes[at]] |= _ONE << np.uint64(at - starts[a])
        row[:] = 0.0
        for b in range(a + 1, len(group)):
            common = _common(places, codes, starts[b], starts[b + 1])
            row[group[b]] += 2 * common / (lengths[a] + lengths[b])
        for other in range(GROUPS):
            sums[min(group[a], other), max(group[a], other)] += row[other]
        for at in range(starts[a], starts[a + 1]):
            places[codes[at]] = np.uint64(0)
    return sums


def _shared(tokens: Words, starts: Ints) -> tuple[Ints, Ints, int]:
    """The words that occur more than once, as codes from 0, and where each text starts among them.

    A word that occurs once is in no common subsequence: without it every pair is the sooner compared.
    """
    _, codes, counts = np.unique(tokens, return_inverse=True, return_counts=True)
    kept = counts[codes] > 1
    places = np.concatenate(([0], np.cumsum(kept)))
    return codes[kept].astype(np.int64), places[starts], len(counts)


def rouge_l_sums(tokens: Words, starts: Ints, group: Ints) -> tuple[Floats, Ints]:
    """Sum of ROUGE-L F1 over the pairs of two different texts, and the number of pairs, by their groups.

    A pair of groups g and h stands at [min(g, h), max(g, h)], each pair of texts once; below the diagonal
    are zeros. F1 is 2 LCS / (words of one + words of the other), as rouge_score has it without stemmer.
    Texts have at most 64 words; empty ones are in no pair. Time grows with the square of the texts.

    "a b c" and "a c d" of groups 0 and 1 share "a c": 2 * 2 / 6

    >>> words = np.array([1, 2, 3, 1, 3, 4], np.uint64)
    >>> sums, pairs = rouge_l_sums(words, np.array([0, 3, 6]), np.array([0, 1]))
    >>> round(float(sums[0, 1]), 4), int(pairs.sum())
    (0.6667, 1)
    """
    tokens, starts, group = checked(tokens, starts, group, LONGEST)
    filled = np.diff(starts) > 0
    starts, group = starts[np.append(filled, True)], group[filled]
    codes, places, words = _shared(tokens, starts)
    with threads.two(len(codes) * len(group) // 2) as both:
        rouge = partial(_rouge, codes, places, np.diff(starts), group, words)
        sums = np.sum(list(both(rouge, range(THREADS))), axis=0)
    texts = np.bincount(group, minlength=GROUPS)
    pairs = np.triu(np.outer(texts, texts), 1) + np.diag(texts * (texts - 1) // 2)
    return sums, pairs


def rouge_views(tokens: Words, starts: Ints, group: Ints) -> Floats:
    """Mean ROUGE-L F1 of two different texts: of all texts, then with each prompt group left out.

    NaN with fewer than two texts that are not empty.

    >>> words = np.array([1, 2, 3, 1, 3, 4, 5], np.uint64)
    >>> rouge_views(words, np.array([0, 3, 6, 7]), np.array([0, 1, 2]))[:4].round(4)
    array([0.2222, 0.    , 0.    , 0.6667])
    """
    sums, pairs = (_views(x) for x in rouge_l_sums(tokens, starts, group))
    means: Floats = np.divide(sums, pairs, out=np.full(1 + GROUPS, np.nan), where=pairs > 0)
    return means


def _views(table: Floats | Ints) -> Floats:
    """The sum of the whole table, then without the row and the column of each group."""
    without = [np.delete(np.delete(table, g, 0), g, 1).sum() for g in range(GROUPS)]
    return np.array([table.sum(), *without], float)


@metric(
    "homogenization",
    label="Homogenization (ROUGE-L)",
    family="diversity",
    healthy="low",
    needs=("output",),
    scale="arcsine",
    source="Padmakumar and He 2024, Does writing with language models reduce content diversity?, ICLR",
)
def homogenization(sample: Sample) -> Reading:
    """Mean ROUGE-L F1 of two different outputs, over all pairs of at most 2,000 outputs.

    The longest common subsequence of two texts, over their mean length. The same prompts in every cycle; free
    of their number. Range 0 to 1. Healthy: low. Blind to: meaning (see `dispersion`), and to a few copies
    among many outputs, which are few of the pairs (see `duplicate_rate`, `self_bleu`).

    Of three pairs one shares 2 of 3 and 3 words, F1 = 2/3:

    >>> from metrics.sample import demo_sample
    >>> round(homogenization(demo_sample(output=["a b c", "a c d", "e"])).value, 4)
    0.2222
    """
    rows = sample.drawn(MOST, np.diff(sample.words.starts) > 0)
    if len(rows) < 2:
        raise Undefined("Fewer than two outputs have words.")
    words = chosen(sample.words, rows)
    return Reading(
        rouge_views(words.hashes, words.starts, sample.group[rows]), len(rows), note=sample.taken(rows)
    )
