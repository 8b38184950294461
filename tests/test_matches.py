"""How many n-grams match, and how many matches hang on one prompt group."""

from collections.abc import Sequence

import numpy as np

from metrics import threads
from metrics.core import GROUPS
from metrics.matches import matches
from tests.words import packed


def counted(lines: Sequence[str], group: Sequence[int], views: bool = True) -> tuple[np.ndarray, np.ndarray]:
    tokens, starts = packed([line.split() for line in lines])
    with threads.two(len(tokens)) as both:
        return matches(both, tokens, starts, np.array(group), orders=2, views=views)


def lost(lines: Sequence[str], group: Sequence[int]) -> list[dict[int, int]]:
    """Of each text, the single words lost without a group, by group."""
    words = counted(lines, group)[1][0]
    return [{g: int(text[g]) for g in range(GROUPS) if text[g]} for text in words]


def test_matches_by_order():
    matched, _ = counted(["a b c", "a b d", "b c"], [0, 1, 2])
    assert matched.tolist() == [[3, 2, 2], [2, 1, 1]]


def test_a_word_matches_as_often_as_a_second_text_says_it():
    assert counted(["a a a", "a a", "a"], [0, 1, 2])[0][0].tolist() == [2, 2, 1]


def test_two_texts_hang_on_each_other():
    assert lost(["a", "a"], [3, 7]) == [{3: 1, 7: 1}] * 2
    assert lost(["a", "a"], [3, 3]) == [{3: 1}] * 2


def test_of_three_texts_two_may_be_of_one_group():
    assert lost(["a", "a", "a"], [3, 7, 3]) == [{3: 1}] * 3
    assert lost(["a", "a", "a"], [3, 7, 7]) == [{7: 1}] * 3
    assert lost(["a", "a", "a"], [7, 7, 3]) == [{7: 1}] * 3
    assert lost(["a", "a", "a"], [3, 5, 7]) == [{}] * 3


def test_four_texts_or_more():
    """Two outside any group are enough, and texts of one group are no help to others of it."""
    assert lost(["a"] * 4, [3, 3, 7, 7]) == [{}] * 4
    assert lost(["a"] * 6, [3] * 5 + [7]) == [{3: 1}] * 6


def test_a_second_time_hangs_on_fewer_texts():
    """ "a" is everywhere, "a a" in two texts only."""
    assert lost(["a a", "a", "a a", "a"], [0, 1, 2, 3]) == [{0: 1, 2: 1}, {}, {0: 1, 2: 1}, {}]


def test_the_whole_alone():
    matched, none = counted(["a b", "a b"], [0, 1], views=False)
    assert matched.tolist() == [[2, 2], [1, 1]]
    assert none.shape == (2, 0, GROUPS)
