"""How often the 95 % intervals hold the truth, metric by metric, on real outputs: `intervals.csv`.

Draws of 1,000 outputs, 2 % of the population of `population.py`, the same prompts in both cycles of a draw:

- points: how often a cycle's interval holds the metric's true value;
- changes: how often the interval of the change between the two cycles, made of the differences of the stored
  replicates on the metric's scale as the early warning makes it, holds the true change.

The truth is `population`, the metric of all 50,000 outputs at the comparison size of a draw, or, where what a
metric says hangs on the number of outputs in a way that no size undoes, `mean`: its mean over all draws.
Design `two a prompt` draws 500 prompts of two outputs each, for what needs several outputs of a prompt and
for the shares, whose Wilson interval gives way to the jackknife there. Design `half from the tail` draws 500
prompts of tail sections and 500 others, each with its weight, for what goes by natural weight.

    python -m tests.benchmarks.intervals [--draws 2000] [--only mean_score,rke] [--design "two a prompt"]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from metrics import stats
from metrics.comparison import WHOLE
from metrics.core import GROUPS, METRICS, Metric, MetricValue
from metrics.measuring import measure_one
from metrics.sample import Sample
from tests.benchmarks.population import HALF_TAIL, IN_PAIRS, PLAIN, Ints, Population

RESULTS = Path(__file__).parent / "results" / "intervals.csv"
DRAWS, N, M, SEED = 2000, 1000, 900, 7
LEVEL = 0.95
# What these say depends on the number of outputs (or, for one, is read from 2,000 at most), so that no value
# of the whole population is their truth.
AT_THEIR_SIZE = frozenset(
    {
        "compression_ratio",
        "coverage",
        "drift_js",
        "drift_js_words",
        "drift_score_w1",
        "hill_1",
        "homogenization",
        "ngram_entropy",
        "self_bleu",
        "tail_coverage",
        "vendi",
    }
)
SEVERAL = "several outputs of a prompt"
DESIGNS = (PLAIN, IN_PAIRS, HALF_TAIL)
# What goes by weight, beside the shares.
BY_WEIGHT = frozenset(
    {
        "class_recall",
        "drift_js",
        "drift_score_w1",
        "length_p50",
        "mean_score",
        "prediction_entropy",
        "score_cvar10",
        "score_p10",
        "tail_recall_macro",
    }
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """What one metric said: arrays (draws, cycles), and of its replicates (draws, cycles, GROUPS)."""

    value: Floats
    low: Floats
    high: Floats
    step: Floats
    replicates: Floats

    @staticmethod
    def of(values: Sequence[Sequence[MetricValue]]) -> Drawn:
        """From the draws in which both cycles have a value."""
        known = [pair for pair in values if all(v.status == "ok" for v in pair)]

        def column(name: str) -> Floats:
            return np.array([[getattr(v, name) or 0.0 for v in p] for p in known], float).reshape(-1, 2)

        replicates = np.array([[v.replicates for v in pair] for pair in known], float)
        value, low, high, step = map(column, ("value", "low", "high", "step"))
        return Drawn(value, low, high, step, replicates.reshape(-1, 2, GROUPS))


def fits(metric: Metric, design: str) -> bool:
    """Whether a design is for a metric."""
    several, share = SEVERAL in metric.needs, metric.interval == "wilson"
    if design == PLAIN:
        return not several
    return share or (several if design == IN_PAIRS else metric.name in BY_WEIGHT)


def asked(sample: Sample, design: str, rng: np.random.Generator) -> Ints:
    """The rows of one draw."""
    if design == HALF_TAIL:
        rare = sample.among(sample.comparison.tail)[sample.labels]
        halves = [rng.choice(np.flatnonzero(x), N // 2, replace=False) for x in (rare, ~rare)]
        return np.sort(np.concatenate(halves))
    most = int(sample.prompt.max()) + 1
    chosen = rng.choice(most, N * most // sample.n, replace=False)
    return np.flatnonzero(np.isin(sample.prompt, chosen))


def draw(
    samples: Sequence[Sample], metrics: Sequence[Metric], design: str, seed: int
) -> list[list[MetricValue]]:
    """One draw of prompts, measured in both cycles: for each metric a pair of values."""
    rows = asked(samples[0], design, np.random.default_rng([SEED, seed]))
    reference = samples[0].reference
    parts = [sample.sliced(rows, WHOLE, lambda: reference) for sample in samples]
    return [[measure_one(m, part, i, None, seed)[0] for i, part in enumerate(parts)] for m in metrics]


def truths(metric: Metric, samples: Sequence[Sample], drawn: Drawn) -> tuple[str, Floats]:
    """The kind of truth, and its value in each cycle."""
    if metric.name in AT_THEIR_SIZE:
        return "mean", drawn.value.mean(axis=0)
    return "population", np.array([metric.compute(sample).value for sample in samples])


def changes(metric: Metric, drawn: Drawn) -> tuple[Floats, Floats]:
    """The change of each draw on the metric's scale, and the half width of its interval."""
    at, beside = (stats.transform(x, metric.scale) for x in (drawn.value, drawn.replicates))
    moved = beside[:, 1] - beside[:, 0]
    error = np.array([stats.jackknife_se(r) for r in moved])
    steps = zip(drawn.value[:, 1], drawn.step[:, 1], strict=True)
    floor = np.array([stats.step_on_scale(v, s, metric.scale) for v, s in steps])
    return at[:, 1] - at[:, 0], stats.t_quantile(0.5 + LEVEL / 2, GROUPS - 1) * np.maximum(error, floor)


def verdict(held: Sequence[float]) -> str:
    """One word for the worst of several shares."""
    if min(held) < 0.93:
        return "bug" if min(held) < 0.90 else "low"
    return "conservative" if max(held) > 0.97 else "ok"


def row(metric: Metric, design: str, samples: Sequence[Sample], drawn: Drawn) -> dict[str, object]:
    """What is written of one metric."""
    facts: dict[str, object] = {"metric": metric.name, "version": metric.version, "design": design}
    facts |= {"family": metric.family, "interval": metric.interval, "scale": metric.scale}
    if not len(drawn.value):
        return {**facts, "draws": 0, "points": "undefined", "changes": "undefined"}
    kind, truth = truths(metric, samples, drawn)
    slack = 1e-9 * np.abs(truth)
    held = ((drawn.low <= truth + slack) & (truth - slack <= drawn.high)).mean(axis=0)
    moved, half = changes(metric, drawn)
    true = stats.transform(truth, metric.scale)
    change = float(moved.mean()) if kind == "mean" else float(true[1] - true[0])
    kept = float((np.abs(moved - change) <= half + 1e-12).mean())
    spread = np.maximum(drawn.value.std(axis=0), 1e-12)
    bias = (drawn.value.mean(axis=0) - truth) / spread
    return {
        **facts,
        "truth": kind,
        "points_0": held[0],
        "points_1": held[1],
        "change": kept,
        "mc_error": np.sqrt(max(kept * (1 - kept), 0.0475) / len(moved)),
        "points": verdict(held),
        "changes": verdict([kept]),
        "true_0": truth[0],
        "true_1": truth[1],
        "width_0": (drawn.high - drawn.low)[:, 0].mean(),
        "half_change": half.mean(),
        "bias_0": bias[0],
        "bias_1": bias[1],
        "moved": change / max(float(moved.std()), 1e-12),
        "draws": len(moved),
        "n": N,
        "seed": SEED,
    }


def study(draws: int, only: Sequence[str], designs: Sequence[str]) -> pd.DataFrame:
    """The table, one row for each metric of each design."""
    people = Population()
    rows = []
    for design in designs:
        named = [m for m in METRICS.all().values() if not only or m.name in only]
        metrics = [m for m in named if fits(m, design)]
        if not metrics:
            continue
        samples = people.samples(M, design)
        found = [draw(samples, metrics, design, seed) for seed in range(draws)]
        whole = people.samples(M) if design == HALF_TAIL else samples
        rows += [row(m, design, whole, Drawn.of([f[i] for f in found])) for i, m in enumerate(metrics)]
    return pd.DataFrame(rows)


def merged(table: pd.DataFrame) -> pd.DataFrame:
    """The stored table with these rows in place of its own, in order."""
    key = ["metric", "design"]
    if RESULTS.exists():
        stored = pd.read_csv(RESULTS)
        mine = set(map(tuple, table[key].to_numpy().tolist()))
        stays = [tuple(k) not in mine for k in stored[key].to_numpy().tolist()]
        table = pd.concat([stored[stays], table])
    return table.sort_values(key, ignore_index=True)


def main() -> None:
    """Print the table and store it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--only", default="", help="names of metrics, between commas")
    parser.add_argument("--dry", action="store_true", help="print, and store nothing")
    parser.add_argument("--design", choices=DESIGNS, help="one of them only")
    said = parser.parse_args()
    only, designs = [name for name in said.only.split(",") if name], [said.design] if said.design else DESIGNS
    with threadpool_limits(1, "blas"):
        table = study(said.draws, only, designs)
    print(table.to_string(index=False, float_format=lambda x: f"{x:.4g}"))
    if not said.dry:
        RESULTS.parent.mkdir(exist_ok=True)
        merged(table).to_csv(RESULTS, index=False, float_format="%.6g")


if __name__ == "__main__":
    main()
