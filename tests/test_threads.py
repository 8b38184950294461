"""Two threads or one: what comes out is the same to the last bit; size decides only how long it takes."""

import threading
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from metrics import embed, grams, text, threads
from metrics.catalog.homogenization import rouge_views
from metrics.catalog.self_bleu import bleu_views

TEXTS = pd.Series([f"word{i % 7} of {i} and {i * i % 11}, naïve e\u0301 {'x' * (i % 5)}" for i in range(90)])
GROUP = np.arange(90) * 7 % 20


def in_words() -> list[np.ndarray]:
    return list(vars(text.words(TEXTS)).values())


def in_grams() -> list[np.ndarray]:
    return list(vars(grams.count(text.words(TEXTS), GROUP, 2)).values())


def in_vectors() -> list[np.ndarray]:
    return [embed.embed(TEXTS)]


def in_pairs() -> list[np.ndarray]:
    found = text.words(TEXTS)
    return [views(found.hashes, found.starts, GROUP) for views in (bleu_views, rouge_views)]


@pytest.mark.parametrize("work", [in_words, in_grams, in_vectors, in_pairs])
def test_the_same_to_the_last_bit(work: Callable[[], list[np.ndarray]], monkeypatch: pytest.MonkeyPatch):
    alone = work()
    monkeypatch.setattr(threads, "WORTH_TWO", 0)
    assert [a.tobytes() for a in work()] == [a.tobytes() for a in alone]


def test_only_much_work_starts_threads():
    def where(_: int) -> threading.Thread:
        return threading.current_thread()

    with threads.two(threads.WORTH_TWO - 1) as both:
        assert set(both(where, (0, 1))) == {threading.current_thread()}
    with threads.two(threads.WORTH_TWO) as both:
        assert threading.current_thread() not in set(both(where, (0, 1)))
