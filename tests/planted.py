"""Planted truth: outputs, samples and histories whose right verdict is known because they were made so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics import stats
from metrics.core import GROUPS, METRICS, History, Metric, MetricValue, Standing, Trend
from metrics.sample import Sample, demo_sample

Floats = npt.NDArray[np.float64]

CLASSES = list("abcdefgh")
SHARES = np.array([0.3, 0.25, 0.15, 0.1, 0.08, 0.05, 0.04, 0.03])
TAIL = ("e", "f", "g", "h")
WORDS = np.array([f"word{i}" for i in range(500)])
ZIPF = 1 / np.arange(1, 501)
# As long as the others are on average: what shortens texts alone narrows nothing.
SAME = " ".join(f"same{i}" for i in range(12))
CENTRES = np.random.default_rng(1).normal(size=(8, 6))


def columns(n: int = 400, seed: int = 2, narrow: float = 0.0) -> dict[str, list[Any]]:
    """A diverse eval of `n` prompts; a share `narrow` of its outputs says one and the same thing."""
    rng = np.random.default_rng(seed)
    label = rng.choice(8, n, p=SHARES)
    named = np.where(rng.random(n) < 0.7, label, rng.choice(8, n, p=SHARES))
    lengths = rng.integers(6, 19, n)
    texts = [" ".join(rng.choice(WORDS, k, p=ZIPF / ZIPF.sum())) for k in lengths]
    vectors = CENTRES[named] + 0.5 * rng.normal(size=(n, 6))
    score = 0.8 * (named == label) + 0.2 * rng.random(n)
    same = rng.random(n) < narrow
    return {
        "example_id": [f"p{i}" for i in range(n)],
        "output": [SAME if s else t for s, t in zip(same, texts, strict=True)],
        "label": [CLASSES[i] for i in label],
        "prediction": [CLASSES[0 if s else i] for s, i in zip(same, named, strict=True)],
        "score": score.tolist(),
        "weight": (0.5 + rng.random(n)).tolist(),
        "embedding": np.where(same[:, None], CENTRES[:1], vectors).tolist(),
        "verified": [bool(s > 0.5) for s in score],
        "logprob": (-rng.gamma(2.0, size=n)).tolist(),
        "finish_reason": ["length" if r < 0.1 else "stop" for r in rng.random(n)],
    }


def in_pairs(cols: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """The same outputs as two of each prompt."""
    return {**cols, "example_id": [f"p{i // 2:04}" for i in range(len(cols["output"]))]}


def columns_for(metric: Metric, n: int = 400, narrow: float = 0.0) -> dict[str, Sequence[Any]]:
    """The planted eval in the shape that a metric needs."""
    cols = columns(n, narrow=narrow)
    return in_pairs(cols) if "several outputs of a prompt" in metric.needs else cols


HUMAN = columns(300, seed=3)
# Words that stand beside each other by chance alone, and the shares of outputs in which they do.
PHRASINGS = {"word0 word0": 0.2, "word0 word1": 0.12, "word2 word0": 0.08, "word1 word0 word0": 0.02}
BESIDE = {
    "tail": TAIL,
    "classes": CLASSES,
    "mass": dict(zip(CLASSES, SHARES.tolist(), strict=True)),
    "size": 150,
    "surprise": 4.0,
    "vocabulary": 500,
    "phrasings": PHRASINGS,
    "reference": HUMAN["embedding"],
    "reference_texts": HUMAN["output"],
    "reference_labels": HUMAN["label"],
    "reference_scores": HUMAN["score"],
}


def sample(cols: Mapping[str, Sequence[Any]], **facts: Any) -> Sample:
    """The sample of some columns, with everything beside it that a metric may need."""
    return demo_sample(**{**BESIDE, **facts}, **cols)


def lacking(cols: Mapping[str, Sequence[Any]], need: str) -> Sample:
    """The sample of some columns without what `need` names."""
    gone = {
        "tail": ("tail",),
        "reference": ("reference",),
        "reference texts": ("reference_texts",),
        "vectors": ("output", "embedding"),
        "score or verified": ("score", "verified"),
        "several outputs of a prompt": ("example_id",),
    }.get(need, (need,))
    facts = {name: () if name == "tail" else None for name in gone if name in BESIDE}
    return sample({name: column for name, column in cols.items() if name not in gone}, **facts)


def carried_over(fresh: Floats, carry: float) -> Floats:
    """Stationary noise of variance 1 from fresh noise, (cycles, ...), `carry` of it left after one cycle."""
    noise = fresh.copy()
    for cycle in range(1, len(noise)):
        noise[cycle] = carry * noise[cycle - 1] + np.sqrt(1 - carry**2) * fresh[cycle]
    return noise


def noises(seed: int, count: int, carry: float) -> tuple[Floats, Floats]:
    """Noise of variance 1: of retraining, (cycles,), and of sampling, of the whole and of each group.

    With `carry` all retrain noise is carried over, and half the variance of sampling noise.
    """
    drawn = np.random.default_rng(seed).normal(size=(count, 2 + GROUPS))
    retrained, sampled = drawn[:, 0], drawn[:, 1:]
    if carry:
        held = np.random.default_rng([seed, 1]).normal(size=sampled.shape)
        sampled = (sampled + carried_over(held, carry)) / np.sqrt(2)
    return carried_over(retrained, carry), sampled


def values(
    metric: Metric,
    moves: Sequence[float],
    seed: int,
    *,
    noise: float = 0.01,
    sampling: float = 0.01,
    n: int = 400,
    carry: float = 0.0,
    part: str | None = None,
) -> tuple[MetricValue, ...]:
    """A metric's values around one level, with retrain noise, sampling noise and replicates that tell it.

    `moves` are in units of the standard deviation of one cycle, positive for narrower. `carry`: see `noises`.
    """
    count, worse = len(moves), 1.0 if metric.healthy == "low" else -1.0
    retrained, sampled = noises(seed, count, carry)
    level = float(stats.transform(0.5, metric.scale))
    moved = worse * np.array(moves) * float(np.hypot(noise, sampling))
    y = level + moved + noise * retrained + sampling * sampled[:, 0]
    # (G-1)/G * sum of squares of G such moves is sampling ** 2 on average.
    r = y[:, None] + sampling * np.sqrt(GROUPS) / (GROUPS - 1) * sampled[:, 1:]
    found = []
    for cycle in range(count):
        now, replicates = stats.untransform(y[cycle], metric.scale), stats.untransform(r[cycle], metric.scale)
        low, high = stats.jackknife_interval(float(now), replicates, metric.scale)
        facts = {"value": float(now), "raw": float(now), "low": low, "high": high, "n": float(n)}
        facts["replicates"] = tuple(map(float, replicates))
        found.append(MetricValue(cycle, metric.name, 1, part, "ok", **facts))
    return tuple(found)


def stated(cycles: int, fall_from: int = 99, lineage: str = "L") -> pd.DataFrame:
    """Metric values without outputs, of the whole and one slice; from a cycle on, they are a fifth less."""
    rng = np.random.default_rng(5)
    draws = rng.normal(size=(cycles, 2, 2)) * 0.004
    rows = [
        {"lineage": lineage, "cycle": c, "metric": m, "slice": s, "stderr": 0.004, "n": 400,
         "value": (0.4 if c >= fall_from else 0.5) + draws[c, i, j]}
        for c in range(cycles)
        for i, m in enumerate(("distinct_1", "mean_score"))
        for j, s in enumerate((None, "language=de"))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def voters() -> list[Metric]:
    """The metrics that vote in the early warning, in order."""
    return [m for m in METRICS.all().values() if m.votes]


def standings(count: int, baseline: int = 4, segment: int = 0) -> list[Standing]:
    """Cycles that all compare with the first ones."""
    base = tuple(range(segment, min(segment + baseline, count)))
    return [
        Standing(c, segment, "k", base, len(base) == baseline, "it changed" if c == segment > 0 else None)
        for c in range(segment, count)
    ]


def history(moves: Mapping[str, Sequence[float]], *, seed: int = 0, count: int = 20, **facts: Any) -> History:
    """All voters and mean score over `count` cycles; `moves` says which of them goes down, and how far."""
    names = [*(m.name for m in voters()), "mean_score"]
    keys: list[Key] = [(name, None) for name in names]
    still = [0.0] * count
    return of({key: moves.get(key[0], still) for key in keys}, seed=seed, **facts)


Key = tuple[str, str | None]


def of(moves: Mapping[Key, Sequence[float]], *, seed: int = 0, baseline: int = 4, **facts: Any) -> History:
    """A history of these metrics of the whole (None) or of slices, each with noise of its own."""
    catalog, count = METRICS.all(), len(next(iter(moves.values())))
    own = {
        (name, part): values(catalog[name], each, seed * 100 + i, part=part, **facts)
        for i, ((name, part), each) in enumerate(moves.items())
    }
    return made(own, standings(count, baseline))


def made(own: Mapping[Key, Sequence[MetricValue | None]], places: Sequence[Standing]) -> History:
    """The history of these values, each beside those of the cycles that its standing names."""
    catalog, trends = METRICS.all(), {}
    for (name, part), each in own.items():
        base = tuple(tuple(v for c in s.baseline if (v := each[c]) is not None) for s in places)
        trends[name, part] = Trend(catalog[name], part, tuple(each), base)
    return History("planted", tuple(places), trends)


def collapsing(onset: int = 8, count: int = 20, sds: float = 12.0) -> History:
    """A history in which every voter falls by `sds` standard deviations at `onset` and stays there."""
    step = [0.0] * onset + [sds] * (count - onset)
    return history({m.name: step for m in voters()}, count=count)


def split(past: History, at: int) -> History:
    """The same history with the evaluation changed at one cycle, so that a second baseline begins there."""
    count = len(past.standings)
    places = (*(replace(s) for s in past.standings[:at]), *standings(count, segment=at))
    trends = {
        key: replace(
            t, baselines=tuple(tuple(t.values[c] for c in s.baseline if t.values[c]) for s in places)
        )
        for key, t in past.trends.items()
    }
    return History(past.lineage, places, trends)


def bare(past: History) -> History:
    """The same history with a standard error in the place of each value's replicates."""

    def strip(values: Sequence[MetricValue | None]) -> tuple[MetricValue, ...]:
        known = [v for v in values if v is not None]
        return tuple(replace(v, replicates=(), stderr=stats.jackknife_se(v.replicates)) for v in known)

    trends = {
        key: replace(t, values=strip(t.values), baselines=tuple(map(strip, t.baselines)))
        for key, t in past.trends.items()
    }
    return replace(past, trends=trends)
