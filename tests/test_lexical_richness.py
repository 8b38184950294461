"""MTLD against hand-derived values, the package lexicalrichness, and a plain second implementation."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.catalog.lexical_richness import mtld_sums, mtld_views
from tests.words import Text, packed, texts

exactly = pytest.approx


def views(some: Sequence[Text], group: Sequence[int] | np.ndarray) -> np.ndarray:
    return mtld_views(*packed(some), np.asarray(group))


def whole(*lines: str) -> float:
    return float(views([line.split() for line in lines], [0] * len(lines))[0])


def squares(n: int, modulus: int) -> list[str]:
    """A long text that repeats itself, the same one everywhere."""
    return [str(i * i % modulus) for i in range(n)]


def factors(text: Iterable[str]) -> float:
    done, seen = 0.0, []
    for word in text:
        seen.append(word)
        if len(set(seen)) / len(seen) <= 0.72:
            done, seen = done + 1, []
    return done + (1 - len(set(seen)) / len(seen)) / 0.28 if seen else done


def plain(some: Sequence[Text]) -> float:
    worn = 0.0
    for text in some:
        ahead, back = factors(text), factors(list(text)[::-1])
        worn += len(text) / ((len(text) / ahead + len(text) / back) / 2) if ahead else 0.0
    return sum(map(len, some)) / worn if worn else math.nan


def test_one_word_over_and_over():
    """Two words wear the share down to a half: a factor for each pair."""
    assert whole("a a a a") == 2.0


def test_a_started_factor():
    """4 different of 5 either way: (1 - 4/5) / (1 - 0.72) factors for 5 words."""
    assert whole("a b c d a") == exactly(5 * 0.28 / 0.2)


def test_both_directions():
    """ "a a b c d": forwards one factor and b c d start none; backwards 4 of 5 differ, 0.2 / 0.28 factors."""
    assert whole("a a b c d") == exactly((5 / 1 + 5 * 0.28 / 0.2) / 2)


def test_the_threshold_itself_completes_a_factor():
    """18 different of 25 are exactly 0.72, then none. Backwards z y x w0 w0 w0, then w0 w0 twice."""
    text = [f"w{i}" for i in range(18)] + ["w0"] * 7 + ["x", "y", "z"]
    assert views([text], [0])[0] == exactly((28 / 1 + 28 / 3) / 2)


def test_texts_are_pooled_by_words():
    """4 words with 2 factors, 3 words with none, an empty text: 7 / 2. Words never wear across texts."""
    assert whole("a a a a", "a b c", "") == 3.5
    words, worn = mtld_sums(*packed([["a"] * 4, ["a", "b", "c"]]), np.array([3, 5]))
    assert (words[3], words[5], worn[3], worn[5]) == (4, 3, 2, 0)


def test_without_a_repetition_it_is_unknown():
    assert math.isnan(whole("a b c", "a"))
    assert math.isnan(whole(""))
    assert math.isnan(whole())
    assert np.isnan(views([["a", "a"], ["b"]], [4, 5])).tolist() == [i == 1 + 4 for i in range(21)]


@pytest.mark.parametrize(
    ("n", "modulus", "mtld"),
    [
        (400, 97, 50.464610517991304),
        (400, 11, 5.555555555555555),
        (1000, 1009, 1000.0),
        (64, 61, 39.578947368421055),
        (3000, 211, 107.14285714285714),
    ],
)
def test_equals_lexicalrichness(n: int, modulus: int, mtld: float):
    """LexicalRichness(text, preprocessor=None, tokenizer=None).mtld() of version 0.5.1.

    Its values stand here because the package needs matplotlib and textblob.
    """
    assert views([squares(n, modulus)], [0])[0] == exactly(mtld, rel=1e-12)


@given(st.lists(st.sampled_from("abcd"), min_size=2, max_size=80))
def test_turning_a_text_round_changes_nothing(text):
    there, back = views([text], [0])[0], views([text[::-1]], [0])[0]
    assert there == exactly(back, rel=1e-12, nan_ok=True)


@given(texts(least=2, most=40))
def test_never_below_that_of_one_word_over_and_over(some):
    """Two words wear a share down at the soonest; one left over is no factor."""
    value = views(some, [0] * len(some))[0]
    assert math.isnan(value) or value >= 2
