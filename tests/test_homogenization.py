"""Mean pairwise ROUGE-L against hand-derived values, rouge_score, and the textbook table of the LCS."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from metrics.catalog.homogenization import rouge_l_sums, rouge_views
from tests.words import Text, packed, real, texts

exactly = pytest.approx


class Split:
    """The tokenizer given to rouge_score, so that both see the same words."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()


def views(some: Sequence[Text], group: Sequence[int] | np.ndarray) -> np.ndarray:
    return rouge_views(*packed(some), np.asarray(group))


def whole(*lines: str) -> float:
    return float(views([line.split() for line in lines], [0] * len(lines))[0])


def f1(one: Text, other: Text) -> float:
    """By the table of the longest common subsequence, row by row."""
    row = [0] * (len(other) + 1)
    for word in one:
        row, above = [0], row
        for j, their in enumerate(other):
            row.append(above[j] + 1 if word == their else max(above[j + 1], row[j]))
    return 2 * row[-1] / (len(one) + len(other))


def plain(some: Sequence[Text]) -> float:
    pairs = [f1(a, b) for a, b in itertools.combinations([text for text in some if text], 2)]
    return float(np.mean(pairs)) if pairs else math.nan


def test_order_of_words_matters():
    """ "a c d" of 4 and 4 words in order: 2 * 3 / 8; backwards one word is left: 2 * 1 / 8."""
    assert whole("a b c d", "a x c d") == 0.75
    assert whole("a b c d", "d c b a") == 0.25


def test_lengths_differ():
    """ "b d" of 4 and 2 words: 2 * 2 / 6."""
    assert whole("a b c d", "b d") == exactly(4 / 6)


def test_repeated_words():
    """Each place counts once: of "a a a" and "a b a" two match."""
    assert whole("a a a", "a b a") == exactly(4 / 6)


def test_all_bits_of_a_machine_word():
    full = [f"w{i}" for i in range(64)]
    assert whole(" ".join(full), " ".join(full)) == 1.0
    assert whole(" ".join(full), " ".join(full[1:])) == exactly(2 * 63 / 127)
    with pytest.raises(ValueError, match="65 words"):
        whole(" ".join([*full, "more"]), "a")


def test_empty_texts_are_in_no_pair():
    assert whole("", "a", "", "a") == 1.0
    assert math.isnan(whole("", "a"))
    assert math.isnan(whole())


def test_pairs_of_groups():
    """Texts "a", "a", "b" of groups 2, 0, 2: the pair of (0, 2) that matches, and two that do not."""
    sums, pairs = rouge_l_sums(*packed([["a"], ["a"], ["b"]]), np.array([2, 0, 2]))
    assert sums[0, 2] == sums.sum() == 1.0
    assert (pairs[0, 2], pairs[2, 2], pairs.sum()) == (2, 1, 3)


def test_equals_rouge_score():
    scorer = RougeScorer(["rougeL"], tokenizer=Split())
    some = real(40, join=2, words=20)
    for one, other in itertools.combinations(some, 2):
        expected = scorer.score(" ".join(one), " ".join(other))["rougeL"].fmeasure
        assert whole(" ".join(one), " ".join(other)) == exactly(expected, abs=1e-12)
    assert views(some, [0] * 40)[0] == exactly(plain(some), abs=1e-12)


@given(texts(least=1), st.lists(st.sampled_from("abcd"), min_size=1, max_size=64))
def test_between_0_and_identical_texts(some, text):
    assert views([text] * 3, [0, 1, 2])[:4].tolist() == [1.0] * 4
    assert 0 <= views(some, [0] * len(some))[0] <= 1


@given(texts(least=1))
def test_a_copy_of_every_text_never_lowers_it(some):
    assert views(some * 2, [0] * 2 * len(some))[0] >= views(some, [0] * len(some))[0] - 1e-12
