"""What holds for every metric of the catalogue, whatever the outputs: tried on wild evals."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import stats
from metrics.core import METRICS, Metric, Reading, Undefined
from metrics.measuring import measure_one
from metrics.sample import Sample
from tests import planted

exactly = pytest.approx
ALL = list(METRICS.all().values())
DIVERSITY = [m for m in ALL if m.family == "diversity"]
# What looks at the same prompts in every cycle, and so cannot draw others where some are left out.
DRAWN = ("compression_ratio", "homogenization", "self_bleu", "vendi")
SEEDS = st.integers(0, 10**6)
metrics = pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
diversities = pytest.mark.parametrize("metric", DIVERSITY, ids=lambda m: m.name)


def wild(seed: int) -> dict[str, list[Any]]:
    """40 to 90 outputs full of ties, copies, blanks and gaps, of prompts asked once to four times."""
    rng = np.random.default_rng(seed)
    n, words = int(rng.integers(40, 91)), rng.integers(2, 30)

    def some(values: list[Any], gaps: float = 0.1) -> list[Any]:
        return [None if rng.random() < gaps else values[i] for i in rng.integers(0, len(values), n)]

    texts = [" ".join(f"w{w}" for w in rng.integers(0, words, k)) for k in rng.integers(0, 9, n)]
    asked = rng.integers(1, 5)
    return {
        "example_id": [f"p{i // asked:03}" for i in range(n)],
        "output": some([*texts, "", "  ", "w1. W1, (w1)! w1"]),
        "label": some(list("abcdefgh")),
        "prediction": some([*"abcdefgh", "new"]),
        "score": some([0.0, 0.5, 1.0]),
        "weight": rng.choice([0.25, 1.0, 3.0], n).tolist(),
        "embedding": some([[float(v) for v in row] for row in rng.integers(-1, 2, (20, 6))]),
        "verified": some([True, False]),
        "logprob": some([-1.0, -3.0, -9.0]),
        "finish_reason": some(["stop", "length", "content_filter"]),
    }


def chosen(cols: dict[str, list[Any]], rows: Any) -> dict[str, list[Any]]:
    return {name: [column[i] for i in rows] for name, column in cols.items()}


def reading(metric: Metric, sample: Sample) -> Reading | None:
    """What a metric reads, or None where it has nothing to measure."""
    if not all(sample.has(need) for need in metric.needs):
        return None
    try:
        with np.errstate(invalid="ignore", divide="ignore"):
            return metric.compute(sample)
    except Undefined:
        return None


def views(metric: Metric, sample: Sample) -> np.ndarray | None:
    found = reading(metric, sample)
    return None if found is None else found.views


@metrics
@given(seed=SEEDS)
@settings(max_examples=15)
def test_the_order_of_rows_never_matters(metric, seed):
    """Outputs of one prompt keep their order, as in the store, where it is that of their samples."""
    cols = wild(seed)
    prompts = sorted(set(cols["example_id"]))
    place = dict(zip(np.random.default_rng(seed).permutation(prompts), range(len(prompts)), strict=True))
    order = sorted(range(len(cols["output"])), key=lambda i: place[cols["example_id"][i]])
    a, b = (views(metric, planted.sample(c, size=30)) for c in (cols, chosen(cols, order)))
    assert (a is None) == (b is None)
    assert a is None or np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)


@metrics
@given(seed=SEEDS, size=st.sampled_from([1, 30, 1000]))
@settings(max_examples=15)
def test_a_value_lies_in_its_interval_and_that_within_the_bounds(metric, seed, size):
    for v in measure_one(metric, planted.sample(wild(seed), size=size), 0, None, 1):
        if v.status != "ok":
            assert (v.value, v.low, v.replicates) == (None, None, ())
            assert v.note.endswith(".")
            continue
        low, high = metric.bounds
        assert all(low <= x <= high for x in (v.value, v.raw, v.low, v.high))
        assert all(math.isfinite(x) for x in (v.value, v.raw, v.low, v.high, v.n, *v.replicates))
        assert v.low <= v.value <= v.high


@metrics
@given(seed=SEEDS)
@settings(max_examples=12)
def test_a_replicate_is_the_value_of_what_is_left(metric, seed):
    """Also of wild evals; where nothing is left to measure, a replicate is no number."""
    cols = wild(seed)
    facts = {"size": 10**6 if metric.name in DRAWN else 25}
    whole = views(metric, planted.sample(cols, **facts))
    group = stats.groups(cols["example_id"])
    for g in (0, 3, 11) if whole is not None else ():
        left = views(metric, planted.sample(chosen(cols, np.flatnonzero(group != g)), **facts))
        if left is None:
            assert not np.isfinite(whole[1 + g])
        elif metric.name == "prediction_entropy":
            # All views are moved by one correction, which is the whole's own: the plain ones agree.
            assert math.isfinite(whole[1 + g])
        else:
            rel = 0.02 if metric.name == "vendi" else 1e-9
            assert whole[1 + g] == exactly(left[0], rel=rel, abs=1e-9, nan_ok=True)


# Diversity


def saying(texts: list[str], vectors: np.ndarray, named: list[str], metric: Metric) -> float | None:
    """A metric's value where output i says texts[i], in vectors[i], and names named[i]."""
    cols = {"example_id": [f"p{i}" for i in range(len(texts))], "output": texts, "prediction": named}
    cols["embedding"] = vectors.tolist()
    if "several outputs of a prompt" in metric.needs:
        cols = planted.in_pairs(cols)
    return measure_one(metric, planted.sample(cols, size=30), 0, None, 1)[0].value


@diversities
@given(seed=SEEDS, words=st.integers(4, 9))
@settings(max_examples=10)
def test_identical_texts_are_less_diverse_than_disjoint_ones(metric, seed, words):
    """60 times one text, against 30 texts without a word in common, each said by two prompts."""
    rng = np.random.default_rng(seed)
    texts = [" ".join(f"t{i}w{j}" for j in range(words)) for i in range(30)] * 2
    vectors = np.concatenate([rng.normal(size=(30, 8))] * 2)
    named = list("abcdef") * 10
    varied = saying(texts, vectors, named, metric)
    same = saying([texts[0]] * 60, np.repeat(vectors[:1], 60, axis=0), ["a"] * 60, metric)
    assert same is not None
    assert varied is not None
    assert same < varied if metric.healthy == "high" else same > varied


# Copies add words but no new ones: for the raw value at full n that is a theorem, whatever is copied. For no
# other metric is it one: a copy of an output from the tail makes the outputs more even, and farther apart.
THEOREMS = ("distinct_1", "distinct_2", "distinct_3", "duplicate_rate", "ead", "missing_mass")


@pytest.mark.parametrize("name", THEOREMS)
@given(
    texts=st.lists(st.text("abc  ", max_size=12), min_size=1, max_size=12),
    copies=st.lists(st.integers(0, 11), min_size=1, max_size=12),
)
@settings(max_examples=60)
def test_copies_of_any_outputs_never_raise_diversity(name, texts, copies):
    more = [*texts, *(texts[i % len(texts)] for i in copies)]
    metric = METRICS.get(name)
    found = [reading(metric, planted.sample({"output": some}, size=10**6)) for some in (texts, more)]
    assert (found[0] is None) == (found[1] is None)
    if found[0] is not None:
        before, after = (r.value if r.raw is None else r.raw for r in found)
        assert after <= before + 1e-12 if metric.healthy == "high" else after >= before - 1e-12


@diversities
def test_copies_of_a_common_output_lower_diversity(metric):
    """Planted: 200 outputs, and one of the commonest class said by 100 more prompts."""
    cols = planted.columns_for(metric, 200)
    commonest = max(set(cols["prediction"]), key=cols["prediction"].count)
    row = cols["prediction"].index(commonest)
    if "several outputs of a prompt" in metric.needs:
        extra, ids = list(range(0, 200, 2)), cols["example_id"][0::2]  # a third answer like the first
    else:
        extra, ids = [row] * 100, [f"more{i}" for i in range(100)]
    more = chosen(cols, [*range(200), *extra])
    more["example_id"] = [*cols["example_id"], *ids]
    before, after = (measure_one(metric, planted.sample(c), 0, None, 1)[0].value for c in (cols, more))
    assert after < before if metric.healthy == "high" else after > before
