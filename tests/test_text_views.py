"""What Self-BLEU, homogenization and lexical richness all promise of their 21 values, on the same texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core import GROUPS
from tests import test_homogenization, test_lexical_richness, test_self_bleu
from tests.words import Text, awkward, texts

Views = Callable[[Sequence[Text], Sequence[int]], np.ndarray]
Plain = Callable[[Sequence[Text]], float]
# The values as the product computes them, and the definition of one of them, slow and plain.
KERNELS = pytest.mark.parametrize(
    ("views", "plain"),
    [(m.views, m.plain) for m in (test_homogenization, test_lexical_richness, test_self_bleu)],
    ids=["homogenization", "lexical_richness", "self_bleu"],
)
UNKNOWN_TOO = {"rel": 1e-12, "abs": 1e-12, "nan_ok": True}


def by_definition(plain: Plain, some: Sequence[Text], group: Sequence[int] | np.ndarray) -> list[float]:
    kept = [[text for text, h in zip(some, group, strict=True) if h != g] for g in range(GROUPS)]
    return [plain(some), *map(plain, kept)]


@KERNELS
def test_every_view_equals_the_definition(views: Views, plain: Plain):
    some, group = awkward()
    assert views(some, group) == pytest.approx(by_definition(plain, some, group), rel=1e-12, abs=1e-12)


@KERNELS
@given(some=texts(most=64), group=st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_small_worlds_equal_the_definition(views: Views, plain: Plain, some, group):
    own = group[: len(some)]
    assert views(some, own) == pytest.approx(by_definition(plain, some, own), **UNKNOWN_TOO)


@KERNELS
@given(some=texts(), random=st.randoms(use_true_random=False))
def test_order_of_texts_never_matters(views: Views, plain: Plain, some, random):
    pairs = [(text, i % 4) for i, text in enumerate(some)]
    first = views(*zip(*pairs, strict=True))
    random.shuffle(pairs)
    assert views(*zip(*pairs, strict=True)) == pytest.approx(first, **UNKNOWN_TOO)
