"""Every metric that somebody else has implemented too, against that; the rest against plain loops.

scikit-learn and scipy are run as they are. scikit-bio is not installed for this: it would bring ten packages
for four formulas, which stand here as they were published.
"""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import zstandard
from scipy import stats as scistats
from scipy.spatial import distance
from scipy.special import digamma
from sklearn import metrics as sk

from metrics import stats
from metrics.abundance import SUMMED, _unseen_entropy
from metrics.core import METRICS, Reading
from metrics.features import NEIGHBOURS
from metrics.measuring import measure_one
from metrics.sample import Sample, demo_sample
from metrics.text import tokenize
from tests import planted

exactly = pytest.approx
COLS = planted.columns(300)


def of(name: str, sample: Sample) -> Reading:
    return METRICS.get(name).compute(sample)


def pairs(texts: list[str]) -> list[tuple[str, str]]:
    """Every word pair of some texts, as often as it occurs; none crosses from one text into the next."""
    return [pair for text in texts for pair in itertools.pairwise(tokenize(text))]


def pair_counts(texts: list[str]) -> np.ndarray:
    return np.array(list(Counter(pairs(texts)).values()))


def units(vectors: list) -> np.ndarray:
    x = np.asarray(vectors, float)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


# Recall against scikit-learn


def test_recalls_are_sklearns():
    """A prediction that is missing is a class of its own; the classes to average over are named."""
    said = [None if i % 7 == 0 else p for i, p in enumerate(COLS["prediction"])]
    given = {**COLS, "prediction": said}
    asked, weight = np.array(COLS["label"]), np.array(COLS["weight"])
    named = np.array([p or "none" for p in said])
    sample = planted.sample(given)

    def recall(classes, how):
        return sk.recall_score(asked, named, labels=list(classes), average=how, sample_weight=weight)

    tail = np.isin(asked, planted.TAIL)
    micro = sk.accuracy_score(asked[tail], named[tail], sample_weight=weight[tail])
    assert of("tail_recall", sample).value == exactly(micro, rel=1e-12)
    assert of("tail_recall", sample).value == exactly(recall(planted.TAIL, "micro"), rel=1e-12)
    assert of("tail_recall_macro", sample).value == exactly(recall(planted.TAIL, "macro"), rel=1e-12)
    every = of("class_recall", sample)
    assert every.value == exactly(recall(planted.CLASSES, "macro"), rel=1e-12)
    each = dict(zip(planted.CLASSES, recall(planted.CLASSES, None), strict=True))
    assert {name: part.value for name, part in every.parts.items()} == {
        f"class:{c}": exactly(value, rel=1e-12) for c, value in each.items()
    }


# Word pairs against the published formulas


def test_hill_2_and_its_raw_value():
    """Simpson 1949: sum x(x-1) / N(N-1) is the unbiased chance of a repeat; raw is 1 / sum p^2."""
    x = pair_counts(COLS["output"])
    n = x.sum()
    reading = of("hill_2", demo_sample(output=COLS["output"]))
    assert reading.value == exactly(n * (n - 1) / (x * (x - 1)).sum(), rel=1e-12)
    assert reading.raw == exactly(1 / ((x / n) ** 2).sum(), rel=1e-12)


def test_missing_mass_raw_is_goods():
    """Good 1953: the share of occurrences that are a pair's only one, f1 / N."""
    x = pair_counts(COLS["output"])
    assert of("missing_mass", demo_sample(output=COLS["output"])).raw == exactly((x == 1).sum() / x.sum())


def test_raw_entropies_are_scipys():
    x = pair_counts(COLS["output"])
    sample = demo_sample(**{k: COLS[k] for k in ("output", "prediction", "weight")})
    assert of("ngram_entropy", sample).raw == exactly(scistats.entropy(x), rel=1e-12)
    assert of("hill_1", sample).raw == exactly(math.exp(scistats.entropy(x)), rel=1e-12)
    mass = [
        sum(w for p, w in zip(COLS["prediction"], COLS["weight"], strict=True) if p == c)
        for c in planted.CLASSES
    ]
    assert of("prediction_entropy", sample).raw == exactly(scistats.entropy(mass), rel=1e-12)


def chao_wang_jost(x: np.ndarray) -> float:
    """Equation 7 of Chao, Wang and Jost 2013, as printed, for counts x; A by their equation 6a."""
    n, f1, f2 = int(x.sum()), int((x == 1).sum()), int((x == 2).sum())
    seen = sum(v / n * (digamma(n) - digamma(v)) for v in x)
    # Without a pair seen twice their other branch; without one seen once either, nothing is unseen.
    twice = 2 * f2 / ((n - 1) * f1 + 2 * f2) if f2 else 2 / ((n - 1) * max(f1 - 1, 0) + 2)
    a = twice if f1 else 1.0
    if a == 1:
        return float(seen)
    # - log A less the first n - 1 terms of its series, in extended precision: the brackets nearly cancel.
    logs = -np.log(np.longdouble(a)) - sum(np.longdouble(1 - a) ** r / r for r in range(1, n))
    return float(seen + f1 / n * (1 - a) ** (1 - n) * float(logs))


@pytest.mark.parametrize(
    "counts",
    [
        [1, 1, 1, 2, 2, 5],
        [1, 1, 3, 4, 9],  # no pair comes twice
        [1, 4, 5],  # one single, none twice: nothing is thought unseen
        [3, 4, 5],
        [2, 2, 2],
        [1] * 8,
        [1, 2],
        [1, 1, 2, 2, 2, 7, 7, 30],
    ],
    ids=str,
)
def test_entropy_is_chao_wang_and_jost(counts):
    """Counts by hand as texts of one pair each, exact to nine digits."""
    texts = [f"w{i} w{i}" for i, c in enumerate(counts) for _ in range(c)]
    found = of("ngram_entropy", demo_sample(output=texts)).value
    assert found == exactly(chao_wang_jost(np.array(counts)), rel=1e-9)


def by_terms(n: float, once: float, twice: float) -> float:
    """f1/n times the sum of q^(j+1) / (n+j), term by term until nothing is left."""
    held = 2 * twice / ((n - 1) * once + 2 * twice) if twice else 2 / ((n - 1) * (once - 1) + 2)
    j = np.arange(int(60 / held))
    return float(once / n * np.sum((1 - held) ** (j + 1.0) / (n + j)))


@pytest.mark.parametrize(
    ("n", "once", "twice"),
    [(n, n * a // 100, n * b // 100) for n in (501, 2_000, 20_000) for a, b in ((90, 5), (50, 10), (2, 20))]
    + [(501, 50, 0), (2_000, 20, 0), (20_000, 5, 0), (2_000, 2, 800)],
)
def test_entropy_of_many_counts_is_an_integral(n, once, twice):
    """Beyond 500 occurrences the sum is an integral: off by less than 1 / n of what the unseen add.

    Of the entropy itself that is less than one part in 1,000 at 501 and one in 40,000 at 20,000.
    """
    assert n > SUMMED
    assert _unseen_entropy(n, once, twice) == exactly(by_terms(n, once, twice), rel=1.0 / n)


# Rarefaction against enumeration

TEXTS = ["a b c d", "a b c", "d d d d", "", "b", "c a b c a"]


def chosen(m: int) -> list[tuple[str, ...]]:
    return list(itertools.combinations(TEXTS, m))


@pytest.mark.parametrize("m", range(1, 7))
def test_missing_mass_is_the_mean_over_all_subsets(m):
    """Pairs in exactly one of m texts over all pairs in m texts, both meant over all C(6, m) choices."""
    once, total = 0, 0
    for texts in chosen(m):
        standing = Counter(pair for text in texts for pair in set(pairs([text])))
        once += sum(c == 1 for c in standing.values())
        total += len(pairs(list(texts)))
    assert of("missing_mass", demo_sample(output=TEXTS, size=m)).value == exactly(once / total, abs=1e-12)


@pytest.mark.parametrize("m", range(1, 7))
def test_rare_ngram_survival_is_the_mean_over_all_subsets(m):
    """ab stands in two reference texts, cd in three, xy in four; bc in one and pq in five are not rare."""
    reference = ["a b"] * 2 + ["c d"] * 3 + ["x y"] * 4 + ["b c"] + ["p q"] * 5
    rare = {("a", "b"), ("c", "d"), ("x", "y")}
    kept = [len(rare & set(pairs(list(texts)))) / 3 for texts in chosen(m)]
    found = of("rare_ngram_survival", demo_sample(output=TEXTS, size=m, reference_texts=reference))
    assert found.value == exactly(np.mean(kept), abs=1e-12)
    assert found.raw == exactly(2 / 3)


@pytest.mark.parametrize("m", range(1, 7))
def test_ead_is_the_mean_over_all_subsets(m):
    """Types meant over all choices; the words of m texts too, put into V (1 - (1 - 1/V)^C), V = 9."""
    words = [[tokenize(text) for text in texts] for texts in chosen(m)]
    types = np.mean([len({w for one in each for w in one}) for each in words])
    drawn = np.mean([sum(map(len, each)) for each in words])
    found = of("ead", demo_sample(output=TEXTS, size=m, vocabulary=9))
    assert found.value == exactly(types / (9 * (1 - (1 - 1 / 9) ** drawn)), rel=1e-9)


@pytest.mark.parametrize("m", [1, 7, 40, 130, 200])
def test_a_stored_spread_gives_the_value_at_any_size(m):
    """Document frequencies as stored, rarefied again: what measuring at that size would have given."""
    cols = {"output": COLS["output"][:200], "prediction": COLS["prediction"][:200]}
    words = {f"distinct_{k}": sum(len(tokenize(t)) - k + 1 for t in cols["output"]) for k in (1, 2, 3)}
    for name in (*words, "duplicate_rate", "class_coverage"):
        df, types = of(name, demo_sample(**cols, size=150, classes=planted.CLASSES)).spread
        found = of(name, demo_sample(**cols, size=m, classes=planted.CLASSES)).value
        seen = [1 - math.comb(200 - d, m) / math.comb(200, m) for d in df]
        expected = np.dot(seen, types)
        if name in words:
            assert found == exactly(expected / (words[name] * m / 200)), name
        else:
            share = expected / len(planted.CLASSES)
            assert found == exactly(share if name == "class_coverage" else 1 - expected / m, abs=1e-9), name


# Drift against scipy


def test_drift_js_is_scipys():
    cols = {name: COLS[name] for name in ("prediction", "weight")}
    masses = planted.BESIDE["mass"]
    now = [np.array(cols["weight"])[np.array(cols["prediction"]) == c].sum() for c in planted.CLASSES]
    then = [masses[c] for c in planted.CLASSES]
    found = of("drift_js", demo_sample(**cols, mass=masses)).value
    assert found == exactly(distance.jensenshannon(now, then, base=2), rel=1e-9)


def test_drift_js_words_is_scipys():
    texts, human = COLS["output"], planted.HUMAN["output"]
    now, then = (Counter(w for t in some for w in tokenize(t)) for some in (texts, human))
    names = sorted(now | then)
    expected = distance.jensenshannon([now[w] for w in names], [then[w] for w in names], base=2)
    assert of("drift_js_words", demo_sample(output=texts, reference_texts=human)).value == exactly(expected)


def test_drift_of_scores_is_scipys():
    score = np.round(COLS["score"], 1)  # rounded, so that many tie
    found = of(
        "drift_score_w1",
        demo_sample(score=score, weight=COLS["weight"], reference_scores=planted.HUMAN["score"]),
    )
    expected = scistats.wasserstein_distance(score, planted.HUMAN["score"], COLS["weight"])
    assert found.value == exactly(expected, rel=1e-9)


# Vectors


def test_dispersion_is_scipys_mean_pairwise_distance():
    x = COLS["embedding"]
    found = of("dispersion", demo_sample(embedding=x)).value
    assert found == exactly(distance.pdist(x, "cosine").mean(), rel=1e-6)


def test_rke_is_the_sum_over_the_whole_kernel():
    """Jalali et al. 2023: 1 / mean k^2; the unbiased form leaves the diagonal out."""
    x = units(COLS["embedding"])
    kernel = x @ x.T
    n = len(x)
    reading = of("rke", demo_sample(embedding=COLS["embedding"]))
    assert reading.raw == exactly(1 / (kernel**2).mean(), rel=1e-6)
    off = (kernel**2).sum() - (np.diag(kernel) ** 2).sum()
    assert reading.value == exactly(n * (n - 1) / off, rel=1e-6)


def vendi_by_kernel(vectors: np.ndarray) -> float:
    """Friedman and Dieng 2023: exp of the entropy of the eigenvalues of the n x n kernel over n."""
    values = np.linalg.eigvalsh(vectors @ vectors.T / len(vectors))
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))


def test_vendi_is_the_entropy_of_the_whole_kernel():
    """The value exactly; the views, which are of first order in what leaves, to 0.1 %."""
    x = units(COLS["embedding"])
    sample = demo_sample(embedding=COLS["embedding"], example_id=COLS["example_id"])
    reading = of("vendi", sample)
    assert reading.value == exactly(vendi_by_kernel(x), rel=1e-4)
    group = stats.groups(COLS["example_id"])
    exact = np.array([vendi_by_kernel(x[group != g]) for g in range(20)])
    assert np.allclose(reading.views[1:], exact, rtol=1e-3)
    assert stats.jackknife_se(reading.views[1:]) == exactly(stats.jackknife_se(exact), rel=0.02)


def prdc_coverage(real: np.ndarray, fake: np.ndarray, k: int, strictly: bool) -> float:
    """Naeem et al. 2020, section 3.2: the share of real points with a fake one in their k-NN ball."""
    among = distance.cdist(real, real)
    radii = np.sort(among, axis=1)[:, k]  # column 0 is the point itself
    nearest = distance.cdist(real, fake).min(axis=1)
    return float((nearest < radii if strictly else nearest <= radii).mean())


@pytest.mark.parametrize("shift", [0.0, 0.5, 2.0])
def test_coverage_is_prdcs(shift):
    """No duplicates, so the sphere's balls are prdc's: the same points are covered, to the last one."""
    rng = np.random.default_rng(3)
    real, fake = rng.normal(size=(120, 4)), rng.normal(size=(60, 4)) + shift
    expected = prdc_coverage(units(real), units(fake), NEIGHBOURS, strictly=True)
    found = of("coverage", demo_sample(embedding=fake.tolist(), reference=real.tolist()))
    assert 0 < expected < 1
    assert found.raw == expected


def test_a_duplicated_reference_point_can_be_covered():
    """Ten copies of a point have radius 0 and prdc asks for a distance below it: never, not even by itself.

    Ours holds one copy of it, and an output that says exactly the same covers it. A model that gives the
    reference back word for word covers all of it; prdc says ten of twenty.
    """
    angles = np.linspace(0.5, 3.0, 10)
    real = np.array([[1.0, 0.0]] * 10 + [[math.cos(a), math.sin(a)] for a in angles])
    assert prdc_coverage(real, real, NEIGHBOURS, strictly=True) == 0.5
    found = of("coverage", demo_sample(embedding=real.tolist(), reference=real.tolist()))
    assert found.raw == 1.0


def test_radius_zero_means_an_exact_match_exists():
    """Eight points closer than single precision tells, and one at right angles to them.

    Their 5th neighbour is at similarity 1, so only a match covers them; an output .01 off does not. The
    ninth has the eight as neighbours, so anything covers it.
    """
    points = [[1.0, i * 1e-9] for i in range(8)] + [[0.0, 1.0]]
    match, close = ([[math.cos(a), math.sin(a)]] for a in (0.0, 0.01))
    assert of("coverage", demo_sample(embedding=match * 40, reference=points)).raw == 1.0
    assert of("coverage", demo_sample(embedding=close * 40, reference=points)).raw == exactly(1 / 9)


# Scores


@pytest.mark.parametrize("n", [20, 57, 100])
def test_score_p10_is_hazens_quantile(n):
    """Equal weights: mid-points (i - 1/2) / n, which is Hyndman and Fan's definition 5, numpy's 'hazen'."""
    score = np.random.default_rng(n).normal(size=n)
    found = of("score_p10", demo_sample(score=score.tolist())).value
    assert found == exactly(np.quantile(score, 0.1, method="hazen"), rel=1e-12)


@pytest.mark.parametrize("n", [20, 57, 100])
def test_score_cvar10_is_the_mean_below_the_line(n):
    """The lowest n / 10 scores, the one on the line by its part: the mean of the quantiles below .1."""
    score = np.random.default_rng(n).normal(size=n)
    levels = (np.arange(100_000) + 0.5) / 1_000_000
    lowest = np.quantile(score, levels, method="inverted_cdf").mean()
    assert of("score_cvar10", demo_sample(score=score.tolist())).value == exactly(lowest, rel=1e-4)


@pytest.mark.parametrize(("hits", "n"), [(0, 20), (1, 40), (37, 60), (60, 60)])
def test_pass_rate_and_its_wilson_interval_are_scipys(hits, n):
    sample = demo_sample(score=[1.0] * hits + [0.0] * (n - hits))
    value = measure_one(METRICS.get("pass_rate"), sample, 0, None, 1)[0]
    test = scistats.binomtest(hits, n).proportion_ci(method="wilson")
    assert (value.value, value.low, value.high) == (
        hits / n,
        exactly(test.low, abs=1e-12),
        exactly(test.high, abs=1e-12),
    )


# Text


def test_compression_ratio_weighs_what_can_be_got_back():
    """In the order and with the window that the ratio takes, it unpacks to every byte of the texts."""
    sample = demo_sample(output=COLS["output"], example_id=COLS["example_id"])
    rows = sample.drawn(10_000, sample.words.digests > 0)
    data = "\n".join(COLS["output"][i] for i in rows).encode()
    window = min(max(len(data).bit_length(), 10), 27)
    how = zstandard.ZstdCompressionParameters.from_level(3, source_size=len(data), window_log=window)
    packed = zstandard.ZstdCompressor(compression_params=how).compress(data)
    assert zstandard.ZstdDecompressor().decompress(packed) == data
    assert sorted(data.decode().split("\n")) == sorted(COLS["output"])
    assert of("compression_ratio", sample).value == len(data) / len(packed)


def test_within_a_prompt_by_loops():
    """Prompts of 1, 2, 3 and 4 outputs: pairs counted, distances taken, prompt by prompt."""
    ids = [f"p{i}" for i in range(40) for _ in range(1 + i % 4)]
    texts, vectors = COLS["output"][: len(ids)], COLS["embedding"][: len(ids)]
    sample = demo_sample(example_id=ids, output=texts, embedding=vectors)
    types, total, far = 0, 0, []
    for one in sorted(set(ids)):
        mine = [i for i, own in enumerate(ids) if own == one]
        if len(mine) > 1:
            found = pairs([texts[i] for i in mine])
            types, total = types + len(set(found)), total + len(found)
            far.append(distance.pdist([vectors[i] for i in mine], "cosine").mean())
    assert of("within_prompt_diversity", sample).value == exactly(types / total, rel=1e-12)
    assert of("within_prompt_dispersion", sample).value == exactly(np.mean(far), rel=1e-6)
