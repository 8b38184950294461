"""n-grams counted in buckets equal n-grams counted one by one, whatever their keys and partitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import grams
from metrics.text import Words

Entries = list[tuple[int, int, int]]
TEXTS = st.lists(
    st.tuples(st.integers(0, 19), st.lists(st.integers(1, 5), max_size=9)), min_size=1, max_size=12
)


def as_words(texts: Sequence[tuple[int, Sequence[int]]]) -> Words:
    """Texts given as their prompt group and the hashes of their words."""
    starts = np.concatenate(([0], np.cumsum([len(words) for _, words in texts]))).astype(np.int64)
    none, hashes = (
        np.zeros(len(texts), np.int64),
        np.array([w for _, words in texts for w in words], np.uint64),
    )
    return Words(
        hashes, starts, np.diff(starts), none.astype(np.uint64), none, np.zeros((len(texts), 2), np.int64)
    )


def counted(texts: Sequence[tuple[int, Sequence[int]]], k: int) -> grams.Grams:
    return grams.count(as_words(texts), np.array([group for group, _ in texts]), k)


def by_definition(texts: Sequence[tuple[int, Sequence[int]]], k: int) -> Entries:
    """Of each k-gram and group: the group, how many of its texts say it, and how often."""
    said: Counter[tuple[tuple[int, ...], int]] = Counter()
    held: Counter[tuple[tuple[int, ...], int]] = Counter()
    for group, words in texts:
        own = [tuple(words[i : i + k]) for i in range(len(words) - k + 1)]
        said.update((gram, group) for gram in own)
        held.update((gram, group) for gram in set(own))
    return sorted((group, held[gram, group], said[gram, group]) for gram, group in said)


def entries(found: grams.Grams) -> Entries:
    return sorted(zip(found.group.tolist(), found.texts.tolist(), found.times.tolist(), strict=True))


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("spread", [1, 0x9E3779B97F4A7C15], ids=["one bucket", "all buckets"])
@given(texts=TEXTS)
def test_counts(k: int, spread: int, texts):
    own = [(group, [(w * spread) % 2**64 for w in words]) for group, words in texts]
    found = counted(own, k)
    assert entries(found) == by_definition(own, k)
    assert len(found.hashes) == len({tuple(w[i : i + k]) for _, w in own for i in range(len(w) - k + 1)})
    assert len(set(zip(found.type.tolist(), found.group.tolist(), strict=True))) == len(found.type)


@given(texts=TEXTS, cut=st.integers(0, 12))
def test_parts_merge_into_the_whole(texts, cut):
    whole, merged = counted(texts, 2), grams.merged([counted(t, 2) for t in (texts[:cut], texts[cut:])])

    def named(of: grams.Grams) -> list[tuple[int, ...]]:
        columns = of.hashes[of.type], of.group, of.texts, of.times
        return sorted(zip(*(column.tolist() for column in columns), strict=True))

    assert named(merged) == named(whole)
    assert sorted(merged.hashes.tolist()) == sorted(whole.hashes.tolist())


@pytest.mark.parametrize("k", [2, 3])
@given(
    texts=TEXTS, wanted=st.lists(st.tuples(*[st.integers(1, 5)] * 3), unique=True, min_size=1, max_size=40)
)
def test_places(k: int, texts, wanted):
    """The first place of each wanted gram in each text, and the key by which it is counted."""
    wanted = list(dict.fromkeys(gram[:k] for gram in wanted))
    names = grams.keyed(np.array(wanted, np.uint64))
    words = as_words(texts)
    found = zip(*(column.tolist() for column in grams.places(words, names, k)), strict=True)
    expected = [
        (wanted.index(gram), text, int(words.starts[text]) + own.index(gram))
        for text, (_, said) in enumerate(texts)
        for own in [[tuple(said[i : i + k]) for i in range(len(said) - k + 1)]]
        for gram in set(own) & set(wanted)
    ]
    assert sorted(found) == sorted(expected)
    counts = counted(texts, k)
    assert set(counts.hashes.tolist()) & set(names.tolist()) == {int(names[i]) for i, *_ in expected}
