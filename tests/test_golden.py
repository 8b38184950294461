"""Values derived by hand or by a slow and plain second implementation."""

import itertools
import math
import statistics
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from metrics import grams, stats, text
from metrics.catalog.class_coverage import class_coverage
from metrics.catalog.coverage import coverage
from metrics.catalog.dispersion import dispersion
from metrics.catalog.distinct_1 import distinct_1
from metrics.catalog.distinct_2 import distinct_2
from metrics.catalog.distinct_3 import distinct_3
from metrics.catalog.duplicate_rate import duplicate_rate
from metrics.catalog.length_p50 import length_p50
from metrics.catalog.mean_score import mean_score
from metrics.catalog.prediction_entropy import prediction_entropy
from metrics.catalog.score_p10 import score_p10
from metrics.catalog.tail_recall import tail_recall
from metrics.catalog.tail_share import tail_share
from metrics.core import GROUPS, METRICS, Undefined
from metrics.features import NEIGHBOURS, vectors_of
from metrics.measuring import measure_one
from metrics.sample import Sample, demo_sample
from tests import planted

exactly = pytest.approx


def subsets(items: list, m: int) -> list[tuple]:
    return list(itertools.combinations(items, m))


# Metrics against enumeration

TEXTS = ["a b c d", "a b c", "d d d d", "", "b", "c a b c a"]


def ngrams(words: str, k: int) -> list[tuple[str, ...]]:
    tokens = words.split()
    return [tuple(tokens[i : i + k]) for i in range(len(tokens) - k + 1)]


@pytest.mark.parametrize(("metric", "k"), [(distinct_1, 1), (distinct_2, 2), (distinct_3, 3)])
@pytest.mark.parametrize("m", range(1, 7))
def test_distinct_is_the_mean_over_all_subsets(metric, k, m):
    """E[types among m texts] / E[tokens among m texts], both over all C(6, m) choices."""
    grams = [ngrams(t, k) for t in TEXTS]
    types = statistics.mean(len({g for one in chosen for g in one}) for chosen in subsets(grams, m))
    tokens = statistics.mean(sum(map(len, chosen)) for chosen in subsets(grams, m))
    reading = metric(demo_sample(output=TEXTS, size=m))
    assert reading.value == exactly(types / tokens)
    flat = [g for one in grams for g in one]
    assert reading.raw == exactly(len(set(flat)) / len(flat))


@pytest.mark.parametrize("m", range(1, 6))
def test_duplicate_rate_is_the_mean_over_all_subsets(m):
    """The empty text is no text: 5 are left, three of them alike (outer spaces do not count)."""
    outputs = ["x", "x ", " x", "y", "", "z"]
    filled = [t.strip() for t in outputs if t]
    expected = 1 - statistics.mean(len(set(chosen)) / m for chosen in subsets(filled, m))
    reading = duplicate_rate(demo_sample(output=outputs, size=m))
    assert reading.value == exactly(expected, abs=1e-12)
    assert reading.raw == exactly(2 / 5)


@pytest.mark.parametrize("m", range(1, 7))
def test_class_coverage_is_the_mean_over_all_subsets(m):
    """4 classes known; 'new' is none of them, None is no prediction, 'd' is never produced."""
    named = ["a", "a", "b", "new", None, "c"]
    expected = statistics.mean(len(set(chosen) & set("abcd")) / 4 for chosen in subsets(named, m))
    reading = class_coverage(demo_sample(prediction=named, classes=list("abcd"), size=m))
    assert reading.value == exactly(expected)
    assert reading.raw == 3 / 4


def test_dispersion_is_the_mean_over_all_pairs():
    """The closed form against 1 - cosine of each of the C(12, 2) pairs; the zero vector is left out."""
    x = np.random.default_rng(0).normal(size=(12, 5))
    cosine = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in itertools.combinations(x, 2)]
    reading = dispersion(demo_sample(embedding=[*x.tolist(), [0.0] * 5]))
    assert reading.value == exactly(1 - np.mean(cosine), rel=1e-6)
    assert (reading.n, reading.note) == (12, "1 empty outputs left out.")


def test_coverage_is_naeems():
    """Naeem et al. 2020, equation 4, on unit vectors: an output within the k-th neighbour's distance.

    The expectation for M = 9 outputs of the same source and N reference points: a point is missed if its k
    nearest among all N - 1 + M others are reference points, prod (N - j) / (M + N - j).
    """
    rng = np.random.default_rng(1)
    real, made = rng.normal(size=(30, 4)), rng.normal(size=(9, 4)) + 0.4
    unit = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (real, made)]
    among = np.linalg.norm(unit[0][:, None] - unit[0][None], axis=2)
    radius = np.sort(among, axis=1)[:, NEIGHBOURS]  # column 0 is the point itself
    covered = (np.linalg.norm(unit[0][:, None] - unit[1][None], axis=2) <= radius[:, None]).any(axis=1).mean()
    missed = math.prod((30 - j) / (9 + 30 - j) for j in range(1, NEIGHBOURS + 1))
    reading = coverage(demo_sample(embedding=made.tolist(), reference=real.tolist()))
    assert 0 < covered < 1
    assert reading.raw == exactly(covered)
    assert reading.value == exactly(covered / (1 - missed))


def test_coverage_expects_one_of_equals():
    """Outputs from the reference's own source: the ratio is 1 within its noise (200 against 200 points)."""
    rng = np.random.default_rng(2)
    ratios = []
    for _ in range(30):
        real, made = rng.normal(size=(2, 200, 3)).tolist()
        ratios.append(coverage(demo_sample(embedding=made, reference=real)).value)
    assert np.mean(ratios) == exactly(1.0, abs=4 * np.std(ratios) / math.sqrt(30))


def test_coverage_by_exact_match_at_radius_zero():
    """Reference points are deduplicated, so six copies of one text do not make a radius of zero."""
    points = [[1.0, 0.0]] * 6 + [[math.cos(a), math.sin(a)] for a in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)]
    reading = coverage(demo_sample(embedding=points, reference=points))
    assert reading.raw == 1.0
    same = demo_sample(embedding=[[1.0, 0.0]] * 50, reference=[[1.0, 0.0]] * 50)
    assert not same.has("reference")


def test_mean_score_by_weight():
    """(3 * 1.0 + 1 * 0.5) / 4; the row without a score is left out. Kish: (3 + 1)^2 / (9 + 1) = 1.6."""
    reading = mean_score(demo_sample(score=[1.0, 0.5, None], weight=[3.0, 1.0, 50.0]))
    assert (reading.value, reading.n) == (exactly(0.875), exactly(1.6))
    assert reading.note == "1 outputs have no score."
    with pytest.raises(Undefined):
        mean_score(demo_sample(score=[None, None]))


def test_score_p10_between_mid_points():
    """Five equal weights: mid-points .1 .3 .5 .7 .9, so the 10th percentile is the lowest score.

    Weight 1 on score 0 and 3 on score 8: mid-points 1/8 and 5/8; .1 lies below the first. With weights
    0.1 and 0.9 they are .05 and .55, and .1 lies a tenth of the way: 0.8.
    """
    assert score_p10(demo_sample(score=[5.0, 1.0, 4.0, 2.0, 3.0])).value == 1.0
    assert score_p10(demo_sample(score=[0.0, 8.0], weight=[1.0, 3.0])).value == 0.0
    assert score_p10(demo_sample(score=[0.0, 8.0], weight=[0.1, 0.9])).value == exactly(0.8)


def test_length_counts_words_beyond_the_budget():
    """100 words, 3 words, none: the median is 3; of the first alone it is 100, not 64."""
    assert length_p50(demo_sample(output=["w " * 100, "a b c", ""])).value == 3.0
    assert length_p50(demo_sample(output=["w " * 100])).value == 100.0


def test_prediction_entropy_by_weight():
    """Masses a 2, b 1, no answer 1: H = -(1/2 log 1/2 + 2 * 1/4 log 1/4) = 1.5 log 2."""
    reading = prediction_entropy(demo_sample(prediction=["a", "b", None], weight=[2.0, 1.0, 1.0]))
    assert reading.value == exactly(1.5 * math.log(2))


def test_tail_recall_by_weight():
    """Tail rows: b right (weight 1), b wrong (3), c unanswered (4); a does not count: 1 / 8."""
    reading = tail_recall(
        demo_sample(
            label=["a", "b", "b", "c"],
            prediction=["a", "b", "a", None],
            weight=[9.0, 1.0, 3.0, 4.0],
            tail=["b", "c"],
        )
    )
    assert reading.value == exactly(1 / 8)
    assert reading.n == exactly((1 + 3 + 4) ** 2 / (1 + 9 + 16))
    with pytest.raises(Undefined):
        tail_recall(demo_sample(label=["a"], prediction=["a"], tail=["b"]))


def test_tail_recall_of_rows_without_a_label():
    """No label is no tail class, also where the prediction is missing too (both have code -1)."""
    reading = tail_recall(demo_sample(label=[None, "b", "b"], prediction=[None, "b", "a"], tail=["b"]))
    assert reading.value == 0.5


def test_tail_share_by_weight():
    """Predicted tail mass 2 of 8; the missing prediction stays in the denominator."""
    reading = tail_share(
        demo_sample(prediction=["b", "a", None, "a"], weight=[2.0, 1.0, 4.0, 1.0], tail=["b", "c"])
    )
    assert reading.value == 0.25


@pytest.mark.parametrize(
    ("mass", "tail"),
    [
        ({"a": 80, "b": 10, "c": 10}, ("b", "c")),  # both, exactly 20 %
        ({"a": 79, "b": 11, "c": 10}, ("c",)),  # c 10 %, with b 21 %
        ({"a": 70, "b": 15, "c": 15}, ()),  # tied: both or none, 30 %
        ({"a": 1}, ()),
        ({}, ()),
        ({"a": 0.7, "b": 0.1, "c": 0.1, "d": 0.1}, ()),  # three tied tenths
        ({"a": 8, "b": 1, "c": 0.5, "d": 0.5}, ("b", "c", "d")),  # 0.5 + 0.5 + 1 of 10
    ],
)
def test_tail_classes(mass, tail):
    assert tuple(sorted(stats.rarest(mass))) == tail


# Replicates: leaving a group out by subtraction equals measuring what is left


# What looks at the same prompts in every cycle, and so cannot draw others where some are left out.
DRAWN = ("compression_ratio", "homogenization", "self_bleu", "vendi")


@pytest.mark.parametrize("metric", METRICS.all().values(), ids=lambda m: m.name)
def test_a_replicate_is_the_value_of_what_is_left(metric):
    cols = planted.columns_for(metric, 200)
    facts = {"size": 10**6 if metric.name in DRAWN else 150}
    value = measure_one(metric, planted.sample(cols, **facts), 0, None, 1)[0]
    group = stats.groups(cols["example_id"])
    assert len(np.unique(group)) == GROUPS
    for g in (0, 7, 19):
        left = {
            name: [x for x, own in zip(column, group, strict=True) if own != g]
            for name, column in cols.items()
        }
        left_out = metric.compute(planted.sample(left, **facts))
        if metric.name == "prediction_entropy":  # all views are moved by the same correction
            assert value.replicates[g] - value.value == exactly(left_out.raw - value.raw, rel=1e-9)
        else:
            assert value.replicates[g] == exactly(
                left_out.value, rel=1e-3 if metric.name == "vendi" else 1e-9
            )


def test_no_type_count_is_resampled_with_replacement():
    """1,000 texts, distinct-1 .303: a bootstrap with replacement says .216 (shared/metrics.md, section 2)."""
    counting = [m for m in METRICS.all().values() if m.family in ("diversity", "coverage")]
    assert counting
    assert not [m.name for m in counting if m.interval == "bootstrap"]


def test_the_comparison_size_frees_distinct_from_n():
    """Same source, 1,600 and 400 texts, both thinned to 300: within 2 %; the textbook ratios differ."""
    sizes = {"size": 300}
    large = distinct_1(planted.sample(planted.columns(1600), **sizes))
    small = distinct_1(planted.sample(planted.columns(400, seed=9), **sizes))
    assert large.value == exactly(small.value, rel=0.02)
    assert large.raw < 0.6 * small.raw


# Statistics


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_the_jackknife_of_a_mean_is_s_over_root_n(values):
    """Leave-one-out means have SE s / sqrt(n), s with n - 1 in its denominator."""
    n, total = len(values), math.fsum(values)
    se = stats.jackknife_se([(total - v) / (n - 1) for v in values])
    assert se == exactly(statistics.stdev(values) / math.sqrt(n), rel=1e-6, abs=1e-9)


def test_jackknife_interval():
    """SE 1 by construction: ten +a, ten -a with 19/20 * 20 a^2 = 1; t(19) at .975 is 2.0930."""
    a = 1 / math.sqrt(19)
    low, high = stats.jackknife_interval(5.0, [5 + a] * 10 + [5 - a] * 10, "identity")
    assert (low, high) == (exactly(5 - 2.0930, abs=1e-4), exactly(5 + 2.0930, abs=1e-4))


def test_a_saturated_count_is_no_surer_than_one_step():
    """53 of 53 in every replicate: SE 0, floored at the arcsine distance from 1 to 52/53."""
    low, high = stats.jackknife_interval(1.0, [1.0] * 20, "arcsine", step=1 / 53)
    step = math.pi / 2 - math.asin(math.sqrt(52 / 53))
    assert low == exactly(math.sin(math.pi / 2 - 2.0930 * step) ** 2, abs=1e-4)
    assert high == 1.0
    assert stats.step_on_scale(1.0, 1 / 53, "arcsine") == exactly(step)
    assert stats.step_on_scale(0.0, 1 / 53, "arcsine") == exactly(math.asin(math.sqrt(1 / 53)))


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),  # z^2 / (n + z^2) = 3.8415 / 13.8415
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_against_newcombe(hits, n, low, high):
    assert stats.wilson(hits / n, n) == (exactly(low, abs=6e-5), exactly(high, abs=6e-5))


@given(st.floats(-30, 30), st.floats(1.5, 200))
@settings(max_examples=50)
def test_t_corrected_keeps_the_probability(t, freedom):
    """Normal below z as likely as Student below t; odd; never further out than t."""
    z = float(stats.t_corrected(t, freedom))
    tail = special.stdtr(freedom, -abs(t))
    assert special.ndtr(-abs(z)) == exactly(max(tail, 1e-300), rel=1e-6)
    assert z == exactly(-float(stats.t_corrected(-t, freedom)), abs=1e-12)
    assert abs(z) <= abs(t) + 1e-9


@given(st.lists(st.integers(0, 6), min_size=1, max_size=5), st.integers(1, 6))
@settings(max_examples=50)
def test_expected_types_by_enumeration(spread, m):
    """Type i stands in the first spread[i] of 6 texts: count, over all C(6, m) choices, the types met."""
    met = [sum(any(t < d for t in chosen) for d in spread) for chosen in subsets(list(range(6)), m)]
    assert len(spread) - stats.unseen(spread, 6, m).sum() == exactly(statistics.mean(met), abs=1e-9)


def test_expected_types_stays_exact_for_many_texts():
    """A type in 1 of 100,000 texts is among 90,000 of them with probability .9; lgamma must not blur it."""
    assert stats.unseen([1, 100_000], 100_000, 90_000) == exactly([0.1, 0.0], rel=1e-5)


@given(st.floats(0.001, 0.999), st.sampled_from(["identity", "log", "arcsine"]))
def test_scales_round_trip(x, scale):
    assert float(stats.untransform(stats.transform(x, scale), scale)) == exactly(x)


def test_weighted_quantile_does_not_mind_the_order_of_ties():
    a = stats.weighted_quantile([1, 1, 2], 0.5, [1.0, 3.0, 2.0])
    assert a == stats.weighted_quantile([1, 2, 1], 0.5, [3.0, 2.0, 1.0])


def test_groups_and_seeds_do_not_move():
    """Stored replicates pair by group: another hash would silently pair different prompts.

    As first computed (pandas' siphash of the id mod 20; 64 bits of blake2b): a change invalidates stores.
    """
    assert stats.groups(["a", "b", "pkg-abcmidi", "日本"]).tolist() == [4, 15, 0, 9]
    assert stats.seed("l", 3, "distinct_1", None) == 12212471361658474419


# Words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("Don’t PANIC, it's 42.5!", ["don’t", "panic", "it's", "42", "5"]),
        ("rock'n'roll 'quoted' dogs'", ["rock'n'roll", "quoted", "dogs"]),
        ("naïve Ångström ÇA", ["naïve", "ångström", "ça"]),
        ("cafe\u0301 = café", ["café", "café"]),  # decomposed and composed are one word
        ("Straße ΣΊΣΥΦΟΣ", ["straße", "σίσυφος"]),
        ("日本語のテスト", list("日本語のテスト")),
        ("中文abc字", ["中", "文", "abc", "字"]),
        ("ไทย ok", ["ไ", "ท", "ย", "ok"]),
        ("한국어 문장", ["한국어", "문장"]),  # Korean has spaces
        ("שלום עולם", ["שלום", "עולם"]),
        ("مَرحبا بالعالم", ["مَرحبا", "بالعالم"]),  # a vowel sign stays inside its word
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("ok🙂🙂 ☂", ["ok", "🙂", "🙂", "☂"]),
        ("snake_case a-b e.g.", ["snake_case", "a", "b", "e", "g"]),
        ("   \n\t … — !?", []),
        ("", []),
    ],
)
def test_words(given, words):
    assert text.tokenize(given) == words


def test_the_budget_is_64_words():
    assert len(text.tokenize("a " * 1000)) == 64
    assert len(text.tokenize("a " * 1000, None)) == 1000
    assert text.tokenize("字" * 1000) == ["字"] * 64


@given(st.lists(st.text("ab字 ", max_size=8), max_size=6), st.integers(1, 4))
@settings(max_examples=80)
def test_grams_never_cross_texts(texts, k):
    """Against windows slid over each text alone: as many types, each in as many texts, as often in all."""
    found = grams.count(text.words(texts), np.arange(len(texts)) % 3, k)
    windows = [ngrams(" ".join(text.tokenize(t)), k) for t in texts]
    types = {g for one in windows for g in one}
    assert len(found.hashes) == len(types)
    for g in range(3):
        mine, own = found.group == g, windows[g::3]
        assert sorted(found.times[mine]) == sorted(Counter(x for one in own for x in one).values())
        assert sorted(found.texts[mine]) == sorted(Counter(x for one in own for x in set(one)).values())


@given(st.lists(st.text(max_size=40), max_size=5))
@settings(max_examples=300)
def test_the_compiled_twin_reads_as_the_tokenizer(texts):
    """Whatever the text: as many words of each, and the same words under the same hash."""
    texts = [t.encode("utf-8", "replace").decode() for t in texts]
    found = text.words(texts)
    tokens = [text.tokenize(t, None) for t in texts]
    assert found.lengths.tolist() == [len(each) for each in tokens]
    again = text.words([" ".join("x" for _ in each) for each in tokens])
    alike = text.replaced(again, np.arange(len(texts)), tokens)
    assert np.array_equal(found.hashes, alike.hashes)
    assert (found.digests == 0).tolist() == [not t.strip() for t in texts]


def test_no_gram_of_two_texts():
    """'a b' and 'c d' hold ab and cd; a pair bc would make three types of three."""
    assert distinct_2(demo_sample(output=["a b", "c d"])).value == 1.0
    assert distinct_2(demo_sample(output=["a b", "a b"], size=2)).value == 0.5
    with pytest.raises(Undefined):
        distinct_3(demo_sample(output=["a b", "c d"]))


def test_without_a_budget_one_looping_output_would_decide():
    """63 outputs of 2 fresh words and one of 10,000 times 'x': (126 + 1) / (126 + 64)."""
    outputs = [f"u{i} v{i}" for i in range(63)] + ["x " * 10_000]
    assert distinct_1(demo_sample(output=outputs)).value == exactly(127 / 190)


def test_vectors_that_came_with_the_upload_win():
    cols = {"output": ["one text", "one text"], "embedding": [[1.0, 0.0], [0.0, 1.0]]}
    assert dispersion(demo_sample(**cols)).value == 1.0
    assert dispersion(demo_sample(output=cols["output"])).value == exactly(0.0, abs=1e-6)


def test_embedded_texts():
    """Equal texts lie together, an empty one nowhere, and related ones nearer than unrelated ones."""
    frame = demo_sample(output=["a cat sat", "a kitten sat", "quarterly tax report", "", "a cat sat"])
    x = vectors_of(frame.frame)
    assert np.array_equal(x[0], x[4])
    assert not x[3].any()
    assert x[0] @ x[1] > x[0] @ x[2]
    assert isinstance(frame, Sample)
