"""Exact Self-BLEU against hand-derived values, nltk, and a slow and plain second implementation."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from metrics.catalog.self_bleu import bleu_views
from metrics.core import GROUPS
from tests.words import Text, awkward, groups, packed, real, texts

exactly = pytest.approx


def whole(*lines: str) -> float:
    some = [line.split() for line in lines]
    return float(bleu_views(*packed(some), np.zeros(len(some), int), views=False)[0])


def views(some: Sequence[Text], group: Sequence[int] | np.ndarray) -> np.ndarray:
    return bleu_views(*packed(some), np.asarray(group))


def grams(text: Text, k: int) -> Counter:
    return Counter(tuple(text[i : i + k]) for i in range(len(text) - k + 1))


def plain(some: Sequence[Text]) -> float:
    """The definition: every n-gram of every text looked up among all other texts that have it."""
    filled = [text for text in some if text]
    holders: dict = defaultdict(list)
    for i, text in enumerate(filled):
        for k in range(1, 5):
            for gram, count in grams(text, k).items():
                holders[gram].append((i, count))
    scores = []
    for i, text in enumerate(filled):
        log = 0.0
        for k in range(1, 5):
            found = grams(text, k)
            clipped = [
                min(c, max((d for j, d in holders[gram] if j != i), default=0)) for gram, c in found.items()
            ]
            log += math.log((sum(clipped) or 0.1) / max(1, len(text) - k + 1)) / 4
            if k == 1 and not any(clipped):
                log = -math.inf
        others = [len(other) for j, other in enumerate(filled) if j != i]
        closest = min(others, key=lambda o: (abs(o - len(text)), o), default=0)
        scores.append(math.exp(log) * min(1.0, math.exp(1 - closest / len(text))))
    return float(np.mean(scores)) if len(scores) > 1 else math.nan


def test_precisions():
    """4 of 5 words, 3 of 4 pairs, 2 of 3 triples, 1 of 2 quadruples: the product is 1/5."""
    assert whole("a b c d e", "a b c d f") == exactly(0.2**0.25, abs=1e-15)


def test_brevity():
    """The shorter text matches in full at length 4 for 5; the longer one is not penalised."""
    assert whole("a b c d", "a b c d e") == exactly((math.exp(-1 / 4) + 0.2**0.25) / 2, abs=1e-15)


def test_of_two_lengths_equally_close_the_shorter():
    """Lengths 3, 4, 5: for the middle one 3 counts, so no penalty; for the shortest 4, exp(1 - 4/3)."""
    short = math.exp(-1 / 3) * (1 * 1 * 1 * 0.1) ** 0.25
    assert whole("a b c", "a b c d", "a b c d e") == exactly((short + 1 + 0.2**0.25) / 3, abs=1e-15)


def test_clipping():
    """Of "a a a a" two count, as the other has two; of "a b a c" both do; no pair matches: 0.1 each."""
    assert whole("a a a a", "a b a c") == exactly((2 / 4 * 0.1 / 3 * 0.1 / 2 * 0.1 / 1) ** 0.25, abs=1e-15)


def test_short_texts():
    """One matched word, and 0.1 / 1 for each order that a text of one word has not."""
    assert whole("a", "a") == exactly(0.001**0.25, abs=1e-15)
    assert whole("a", "b") == 0.0


def test_empty_texts_are_none():
    assert whole("", "a b c d", "", "a b c d") == 1.0
    assert math.isnan(whole("", "a b c d"))
    assert math.isnan(whole())


def test_leaving_out_a_group():
    """A copy in each of the groups 0 and 1, and a stranger in 2."""
    got = views([list("abcd"), list("abcd"), ["e"]], [0, 1, 2])
    assert got.tolist() == [exactly(2 / 3), 0.0, 0.0, 1.0, *[exactly(2 / 3)] * 17]


def test_too_few_texts_without_a_group():
    got = views([["a"] * 4, ["a"] * 4, ["a"] * 4], [3, 3, 5])
    assert np.flatnonzero(np.isnan(got)).tolist() == [1 + 3]


def test_equals_nltk():
    some = real(150, join=2, words=20)
    method1 = SmoothingFunction().method1
    scores = [
        sentence_bleu(some[:i] + some[i + 1 :], text, smoothing_function=method1)
        for i, text in enumerate(some)
    ]
    assert views(some, groups(150))[0] == exactly(np.mean(scores), abs=1e-12)
    assert plain(some) == exactly(np.mean(scores), abs=1e-12)


def test_equals_nltk_on_awkward_texts():
    some = [text for text in awkward()[0] if text]
    method1 = SmoothingFunction().method1
    scores = [
        sentence_bleu(some[:i] + some[i + 1 :], text, smoothing_function=method1)
        for i, text in enumerate(some)
    ]
    assert views(some, np.zeros(len(some)))[0] == exactly(np.mean(scores), abs=1e-12)


def test_tables_that_grow():
    """Thousands of n-gram types: several times more than a new table holds."""
    some = real(800, join=3, words=20)
    group = groups(len(some))
    got = views(some, group)
    assert got[0] == exactly(plain(some), abs=1e-12)
    assert got[1] == exactly(plain([t for t, g in zip(some, group, strict=True) if g != 0]), abs=1e-12)


def test_without_views():
    some, group = awkward()
    assert bleu_views(*packed(some), group, views=False).tolist() == [views(some, group)[0]]


def test_input_is_left_alone():
    tokens, starts = packed(real(30))
    before = tokens.copy()
    bleu_views(tokens, starts, groups(30))
    assert (tokens == before).all()


def test_any_hash_will_do():
    """Small numbers, 0 among them, and numbers that differ in their highest bits only."""
    words = np.array([0, 1, 2, 3, 4, 0, 1, 2, 3, 5])
    starts, group = np.array([0, 5, 10]), np.array([0, 1])
    for tokens in (words.astype(np.uint64), words.astype(np.uint64) << np.uint64(61)):
        assert bleu_views(tokens, starts, group)[0] == exactly(0.2**0.25, abs=1e-15)


def test_the_longest_text():
    assert whole(" ".join(["a"] * 64), " ".join(["a"] * 64)) == exactly(1.0, abs=1e-15)
    with pytest.raises(ValueError, match="65 words"):
        whole(" ".join(["a"] * 65), "a")


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=12), texts(least=1, most=12))
def test_identical_texts_are_the_highest(text, some):
    """1, and the highest that a text of fewer than four words can have."""
    top = 0.1 ** (max(0, 4 - len(text)) / 4)
    assert views([text] * 3, [0, 1, 2])[:4] == exactly([top] * 4, abs=1e-12)
    assert views(some, [0] * len(some))[0] <= 1 + 1e-12


@given(texts(), st.lists(st.sampled_from("abcde"), min_size=4, max_size=8))
def test_a_copy_never_lowers_it(some, text):
    """From four words on: the copies of a shorter text score less than 1, which can pull the mean down."""
    once, twice = [*some, text], [*some, text, text]
    before, after = views(once, [0] * len(once))[0], views(twice, [0] * len(twice))[0]
    assert math.isnan(before) or after >= before - 1e-12


@given(texts())
def test_between_0_and_1(some):
    got = views(some, [i % GROUPS for i in range(len(some))])
    known = got[~np.isnan(got)]
    assert ((known >= 0) & (known <= 1 + 1e-12)).all()
