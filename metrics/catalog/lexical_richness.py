"""Lexical richness: how many words an output goes on before it has to repeat itself."""

from __future__ import annotations

import numpy as np

from metrics.core import GROUPS, Reading, Undefined, metric
from metrics.kernels import Floats, Ints, Words, checked, kernel
from metrics.sample import Sample

# The share of different words at which a factor is complete (McCarthy and Jarvis 2010).
THRESHOLD = 0.72
_GOLDEN, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)


@kernel
def _is_new(word: np.uint64, seen: Words, stamps: Ints, stamp: int) -> bool:
    """Whether the word comes for the first time under this stamp; a slot with another stamp is free."""
    mask = len(seen) - 1
    slot = np.int64((word * _GOLDEN) >> _HALF) & mask
    while stamps[slot] == stamp and seen[slot] != word:
        slot = (slot + 1) & mask
    new = stamps[slot] != stamp
    seen[slot], stamps[slot] = word, stamp
    return bool(new)


@kernel
def _factors(text: Words, seen: Words, stamps: Ints, stamp: int) -> float:
    """How many times the words, read in this order, wear their share of different ones down to THRESHOLD."""
    factors, words, types, begun = 0.0, 0, 0, stamp
    for word in text:
        words += 1
        types += int(_is_new(word, seen, stamps, begun))
        if types / words <= THRESHOLD:
            factors, words, types, begun = factors + 1, 0, 0, begun + 1
    if words:
        factors += (1 - types / words) / (1 - THRESHOLD)
    return factors


@kernel
def _text_factors(tokens: Words, starts: Ints, size: int) -> Floats:
    """Factors of each text: the number of its words over its MTLD, 0 where no word comes twice.

    MTLD is the mean of words / factors forwards and words / factors backwards, so its factors are the
    harmonic mean of the two directions'. Without a repetition both are 0. `size`, a power of 2, is more than
    the words of any text.
    """
    seen, stamps = np.zeros(size, np.uint64), np.zeros(size, np.int64)
    factors, stamp = np.zeros(len(starts) - 1), 1
    for i in range(len(factors)):
        text = tokens[starts[i] : starts[i + 1]]
        ahead = _factors(text, seen, stamps, stamp)
        stamp += len(text) + 1
        back = _factors(text[::-1], seen, stamps, stamp)
        stamp += len(text) + 1
        if ahead > 0:
            factors[i] = 2 * ahead * back / (ahead + back)
    return factors


def mtld_sums(tokens: Words, starts: Ints, group: Ints) -> tuple[Floats, Floats]:
    """Words and MTLD factors of all texts of each prompt group, so that words / factors is their richness.

    For one text this is MTLD (McCarthy and Jarvis 2010) as the package lexicalrichness has it: a factor ends
    where the share of different words falls to 0.72 or less, a started one counts (1 - share) / (1 - 0.72),
    read forwards and backwards. Over several texts it is the harmonic mean of their MTLD by words, which a
    short text without any repetition does not break: it has words and 0 factors. (lexicalrichness gives such
    a text 1 factor, so that it would read poorer than with a repetition.) Texts may have any length.

    "a b c d a": forwards and backwards 4 of 5 words differ, (1 - 4/5) / (1 - 0.72) = 0.714 factors:

    >>> words, factors = mtld_sums(np.array([1, 2, 3, 4, 1], np.uint64), np.array([0, 5]), np.array([7]))
    >>> float(words[7]), round(float(factors[7]), 3)
    (5.0, 0.714)
    """
    tokens, starts, group = checked(tokens, starts, group)
    longest = int(np.diff(starts).max(initial=0))
    factors = _text_factors(tokens, starts, 2 << longest.bit_length())
    words, worn = np.zeros(GROUPS), np.zeros(GROUPS)
    np.add.at(words, group, np.diff(starts))
    np.add.at(worn, group, factors)
    return words, worn


def mtld_views(tokens: Words, starts: Ints, group: Ints) -> Floats:
    """Words per MTLD factor: of all texts, then with each prompt group left out; NaN without a repetition.

    >>> words = np.array([1, 2, 3, 4, 1, 5, 6], np.uint64)
    >>> mtld_views(words, np.array([0, 5, 7]), np.array([0, 1]))[:3].round(4)  # 7 / 0.714, -, 5 / 0.714
    array([9.8, nan, 7. ])
    """
    words, factors = (_views(x) for x in mtld_sums(tokens, starts, group))
    ratios: Floats = np.divide(words, factors, out=np.full(1 + GROUPS, np.nan), where=factors > 0)
    return ratios


def _views(sums: Floats) -> Floats:
    """The whole sum, then the sum without each group. Subtracted, 0 would become a rest."""
    return np.array([sums.sum(), *(np.delete(sums, g).sum() for g in range(GROUPS))])


@metric(
    "lexical_richness",
    label="Lexical richness (MTLD)",
    family="complexity",
    healthy="reference",
    needs=("output",),
    scale="log",
    bounds=(0.0, np.inf),
    unit="words",
    source="McCarthy and Jarvis 2010, MTLD, vocd-D, and HD-D, Behavior Research Methods 42",
)
def lexical_richness(sample: Sample) -> Reading:
    """Words that an output runs on before it repeats itself too much, pooled over all outputs (MTLD).

    Words over the number of stretches, inside one output, in which the share of different words falls to
    .72. Range 0 up; above the length of the outputs where few repeat a word. Healthy: near its baseline.
    Blind to: outputs that are alike (see `distinct_1`), since each is read alone; unknown where none repeats
    a word. The first 64 words of each output.

    >>> from metrics.sample import demo_sample
    >>> round(lexical_richness(demo_sample(output=["a b c d a"] * 40)).value, 3)  # 5 / ((1 - 4/5) / .28)
    7.0
    """
    words = sample.words
    if not len(words.hashes):
        raise Undefined("No output has a word.")
    views = mtld_views(words.hashes, words.starts, sample.group)
    if not np.isfinite(views[0]):
        raise Undefined("No output repeats a word.")
    return Reading(views, float((words.digests > 0).sum()))
