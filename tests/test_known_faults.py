"""Faults of popular packages, shown without the packages, and that none of them is ours."""

import itertools
from collections import Counter

import numpy as np
import pytest

from metrics import stats
from metrics.catalog.distinct_1 import distinct_1
from metrics.catalog.distinct_2 import distinct_2
from metrics.core import METRICS, Undefined
from metrics.measuring import measure_one
from metrics.sample import demo_sample

exactly = pytest.approx


def test_pairs_across_texts_count_what_nobody_said():
    """Ten words, each said once alone: joined into one stream they make nine pairs, all different."""
    texts = [f"word{i}" for i in range(10)]
    stream = list(itertools.pairwise(" ".join(texts).split()))
    assert len(set(stream)) / len(stream) == 1.0
    with pytest.raises(Undefined):
        distinct_2(demo_sample(output=texts))


def test_distinct_averaged_over_texts_is_blind_to_collapse():
    """1,000 times one text of 29 words, 28 of them different: 28 / 29 each, 28 / 29,000 pooled."""
    text = " ".join([*(f"w{i}" for i in range(28)), "w0"])
    averaged = np.mean([len(set(t.split())) / len(t.split()) for t in [text] * 1000])
    assert averaged == exactly(0.966, abs=5e-4)
    assert distinct_1(demo_sample(output=[text] * 1000)).value == exactly(0.001, abs=5e-5)


def typical(n: int = 1000) -> list[str]:
    """n texts of ten words: 2,364 words once, 666 others making up the rest, so 3,030 of 10,000 differ."""
    rng = np.random.default_rng(4)
    rest = [f"often{i % 666}" for i in range(10 * n - 2364)]
    words = rng.permutation([f"once{i}" for i in range(2364)] + rest)
    return [" ".join(words[i : i + 10]) for i in range(0, 10 * n, 10)]


def test_types_must_not_be_drawn_with_replacement():
    """A word of one text is missing from a bootstrap sample with probability (1 - 1/n)^n, about .37.

    So .303 becomes (666 + .632 * 2,364) / 10,000 = .216, far outside any honest interval; ours, which leaves
    groups out, holds the value that it measured.
    """
    texts = typical()
    words = [t.split() for t in texts]
    rng = np.random.default_rng(5)
    drawn = [[words[i] for i in rng.integers(0, 1000, 1000)] for _ in range(30)]
    bootstrap = [len({w for t in sample for w in t}) / 10_000 for sample in drawn]
    value = measure_one(METRICS.get("distinct_1"), demo_sample(output=texts), 0, None, 1)[0]
    assert value.value == exactly(0.303)
    df = np.array(list(Counter(w for t in words for w in set(t)).values()))
    assert np.mean(bootstrap) == exactly((1 - (1 - df / 1000) ** 1000).sum() / 10_000, abs=0.002)
    assert np.mean(bootstrap) == exactly(0.216, abs=0.002)
    assert max(bootstrap) < value.low < 0.303 < value.high
    assert value.high - value.low < 0.04


def test_raw_distinct_falls_with_size_alone():
    """The first 250 of the same texts say more different words for their length than all 1,000 do."""
    texts = typical()
    few, all_of_them = (distinct_1(demo_sample(output=t, size=250)) for t in (texts[:250], texts))
    assert few.raw > 1.3 * all_of_them.raw
    assert few.value == exactly(all_of_them.value, rel=0.03)


def test_coverage_of_outputs_drawn_with_replacement_falls():
    """The same outputs, each as often as chance has it: a third are gone, and coverage with them."""
    rng = np.random.default_rng(6)
    points, outputs = rng.normal(size=(2, 400, 3)).tolist()
    whole = METRICS.get("coverage").compute(demo_sample(embedding=outputs, reference=points)).raw
    again = [
        METRICS.get("coverage")
        .compute(demo_sample(embedding=[outputs[i] for i in rng.integers(0, 400, 400)], reference=points))
        .raw
        for _ in range(10)
    ]
    assert np.mean(again) < whole - 0.03
    assert not [
        m.name for m in METRICS.all().values() if m.family == "coverage" and m.interval == "bootstrap"
    ]


def test_a_plug_in_kernel_entropy_grows_with_size():
    """1 / |X'X / n|^2 of the same source, 100 and 2,000 outputs; the unbiased form stays where it is."""
    rng = np.random.default_rng(7)
    made = (rng.normal(size=(n, 40)) for n in (100, 2000))
    few, many = (METRICS.get("rke").compute(demo_sample(embedding=x.tolist())) for x in made)
    assert many.raw > 1.3 * few.raw
    assert many.value == exactly(few.value, rel=0.05)
    assert stats.jackknife_se(many.views[1:]) < stats.jackknife_se(few.views[1:])
