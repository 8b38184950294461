"""Planted truth: outputs, samples and histories whose right verdict is known because they were made so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from metrics import stats
from metrics.core import GROUPS, METRICS, History, Metric, MetricValue, Standing, Trend
from metrics.sample import Sample, demo_sample

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


def values(
    metric: Metric,
    moves: Sequence[float],
    seed: int,
    *,
    noise: float = 0.01,
    sampling: float = 0.01,
    n: int = 400,
) -> tuple[MetricValue, ...]:
    """A metric's values around one level, with retrain noise, sampling noise and replicates that tell it.

    `moves` are in units of the standard deviation of one cycle, positive for narrower.
    """
    rng = np.random.default_rng(seed)
    worse = 1.0 if metric.healthy == "low" else -1.0
    level = float(stats.transform(0.5, metric.scale))
    spread = float(np.hypot(noise, sampling))
    found = []
    for cycle, move in enumerate(moves):
        y = level + worse * move * spread + noise * rng.normal() + sampling * rng.normal()
        # (G-1)/G * sum of squares of G such moves is sampling ** 2 on average.
        r = y + sampling * np.sqrt(GROUPS) / (GROUPS - 1) * rng.normal(size=GROUPS)
        now, replicates = stats.untransform(y, metric.scale), stats.untransform(r, metric.scale)
        low, high = stats.jackknife_interval(float(now), replicates, metric.scale)
        facts = {"value": float(now), "raw": float(now), "low": low, "high": high, "n": float(n)}
        found.append(
            MetricValue(cycle, metric.name, 1, None, "ok", **facts, replicates=tuple(map(float, replicates)))
        )
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
    catalog = METRICS.all()
    names = [*(m.name for m in voters()), "mean_score"]
    places = standings(count)
    trends = {}
    for i, name in enumerate(names):
        own = values(catalog[name], moves.get(name, [0.0] * count), seed * 100 + i, **facts)
        base = tuple(tuple(own[c] for c in s.baseline) for s in places)
        trends[(name, None)] = Trend(catalog[name], None, own, base)
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
