"""What every metric costs, alone and together, beside the popular package in the same run: `make bench`.

`python -m tests.benchmarks.catalog [--sizes 1000,10000,100000,1000000]`. Real texts of about 20 words (see
`corpus`; beyond 114,499 they overlap). Each metric is timed in a child process of its own, tokenizing and
embedding included where it needs them, with its 21 leave-one-group-out values and its interval; compiling
is not. Memory is what the task adds to a process that holds the outputs.
"""

import argparse
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from metrics import phrasings, stats, threads
from metrics.comparison import WHOLE, Comparison, class_mass
from metrics.core import METRICS, Metric
from metrics.engine import WORTH_THREADS
from metrics.features import NEIGHBOURS, Reference, Spread, vectors_of
from metrics.measuring import measure_one
from metrics.sample import Sample
from tests.benchmarks import eval as real
from tests.benchmarks import forked, peers

WARM, REPEATED, BASELINE = 2_000, 20_000, 20_000
LEXICAL = (
    "distinct_1",
    "distinct_2",
    "distinct_3",
    "ead",
    "ngram_entropy",
    "hill_1",
    "hill_2",
    "missing_mass",
)
LIMIT = 240.0


def sample(n: int) -> Sample:
    """A cycle of n outputs against 4,000 human texts."""
    human = real.reference()
    mass = class_mass(human["label"], pd.Series(1.0, human.index))
    tail = tuple(sorted(stats.rarest(mass)))
    comparison = Comparison(
        baseline=(0,),
        sizes={WHOLE: int(0.9 * n)},
        classes=tuple(sorted(mass)),
        tail=tail,
        encoder="",
        reference="",
        cohort=np.empty(0, np.int64),
        mass=mass,
        vocabulary=50_000,
        phrasings=phrasings.find(real.rows(BASELINE).assign(cycle=0)),
    )
    against = Reference(human, tail=tail)
    # Points and radii are made once for a lineage and kept.
    _ = against.radii, against.rare_pairs, against.word_counts
    return Sample(real.rows(n), comparison, reference=lambda: against)


def fresh(of: Sample) -> Sample:
    """The same outputs with nothing worked out yet."""
    return Sample(of.frame, of.comparison, reference=of._find_reference)


def measured(of: Sample, names: tuple[str, ...]) -> int:
    """Measure some metrics of one sample, which shares what they have in common."""
    one, catalog = fresh(of), METRICS.all()
    # As the engine does where there is more than one thing to work out.
    if one.n >= WORTH_THREADS and len(names) > 1:
        one.prepare({need for name in names for need in catalog[name].needs})
    return len([measure_one(catalog[name], one, 0, None, 1) for name in names])


def cost(task: Callable[[], Any], n: int) -> str:
    """Seconds and megabytes of a task, as a cell of the table."""
    done = forked.run(task, times=3 if n <= REPEATED else 1)
    return f"{done.seconds:>9.3f} s{done.raised_mb:>7.0f} MB"


def each_metric(sizes: list[int]) -> None:
    """Every metric alone, and all together."""
    samples = {n: sample(n) for n in sizes}
    names = [m.name for m in METRICS.all().values() if applies(m, next(iter(samples.values())))]
    print(f"{'metric':<26}" + "".join(f"{n:>20,}" for n in sizes))
    for name in names:
        print(f"{name:<26}" + "".join(cost(partial(measured, s, (name,)), n) for n, s in samples.items()))
    print(
        f"{'all together':<26}"
        + "".join(cost(partial(measured, s, tuple(names)), n) for n, s in samples.items())
    )
    absent = sorted(set(METRICS.all()) - set(names))
    print(f"Not timed, since these outputs have no such column: {', '.join(absent)}.\n")


def applies(metric: Metric, to: Sample) -> bool:
    """Whether the outputs have what a metric needs."""
    return (
        all(to.has(need) for need in metric.needs) and measure_one(metric, to, 0, None, 1)[0].status == "ok"
    )


def vector_moments(vectors: np.ndarray, group: np.ndarray) -> Any:  # type: ignore[type-arg]
    """Dispersion and RKE with all their views, from vectors that are there."""
    with threads.single(len(vectors) < WORTH_THREADS):  # as the engine does
        spread = without_points(vectors, group)
        return spread.squares, stats.left_out(spread.total)


def without_points(vectors: np.ndarray, group: np.ndarray) -> Spread:  # type: ignore[type-arg]
    """How vectors lie, without a reference."""
    return Spread.of(vectors, group, np.arange(len(vectors)), np.empty((0, vectors.shape[1]), np.float32))


def covered(vectors: np.ndarray, group: np.ndarray, against: Reference) -> Any:  # type: ignore[type-arg]
    """Coverage of a reference whose points and radii are at hand, with its views."""
    nothing = np.arange(len(vectors))
    return against.covered(Spread.of(vectors, group, nothing, against.points).closest).mean(axis=1)


def beside_peers(sizes: list[int], limit: float) -> None:
    """Ours and the popular package on the same texts or vectors, one after the other."""
    print(f"{'task':<34}{'n':>10}{'ours':>12}{'package':>12}{'ratio':>8}  package")
    for n in [n for n in sizes if n <= 100_000]:
        whole = sample(n)
        texts = [" ".join(text.split()) for text in whole.frame["output"]]
        vectors = vectors_of(whole.frame)
        assert vectors is not None
        group, human, _ = whole.group, whole.reference, whole.words
        assert human is not None
        row(
            limit,
            "distinct, EAD, entropy, missing mass",
            n,
            partial(measured, whole, LEXICAL),
            "diversity",
            texts,
        )
        row(limit, "Self-BLEU of all n", n, partial(bleu, whole), "fast_bleu", texts)
        row(
            limit,
            "dispersion, RKE: vectors given",
            n,
            partial(vector_moments, vectors, group),
            "vendi_score",
            vectors,
        )
        row(limit, "Vendi: vectors given", n, partial(vendi, vectors, group), "vendi_score", vectors)
        if n <= 10_000:
            row(
                limit,
                "coverage of 2,000 kept points",
                n,
                partial(covered, vectors, group, human),
                "prdc",
                vectors,
                vectors[::-1].copy(),
            )
            row(
                limit,
                "coverage of n points, radii too",
                n,
                partial(all_points, vectors, group),
                "prdc",
                vectors,
                vectors[::-1].copy(),
            )


def bleu(of: Sample) -> Any:
    """Exact Self-BLEU of all outputs with its views, from words, as the package has it."""
    from metrics.catalog.self_bleu import bleu_views

    return bleu_views(of.words.hashes, of.words.starts, of.group)


def vendi(vectors: np.ndarray, group: np.ndarray) -> Any:  # type: ignore[type-arg]
    """The Vendi score of all vectors with its views."""
    from metrics.catalog.vendi import entropy_views

    with threads.single(len(vectors) < WORTH_THREADS):
        return np.exp(entropy_views(without_points(vectors, group)))


def all_points(vectors: np.ndarray, group: np.ndarray) -> Any:  # type: ignore[type-arg]
    """Coverage of as many points as outputs, neighbours of the points included."""
    points = vectors[::-1].copy()
    similar = points @ points.T
    np.fill_diagonal(similar, -2.0)
    radii = np.partition(similar, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS]
    return (Spread.of(vectors, group, np.arange(len(vectors)), points).closest >= radii).mean(axis=1)


def row(limit: float, task: str, n: int, ours: Callable[[], Any], name: str, *data: Any) -> None:
    """One line: our seconds, the package's, and how many times faster we are."""
    mine = forked.run(ours, times=5)
    theirs = peers.run(name, *data, limit=limit, runs=3 if n <= REPEATED else 1)
    if theirs["seconds"] is None:
        print(
            f"{task:<34}{n:>10,}{mine.seconds:>12.3f}{'-':>12}{'-':>8}  {name}: {theirs['reason']}",
            flush=True,
        )
        return
    ratio = theirs["seconds"] / mine.seconds
    print(
        f"{task:<34}{n:>10,}{mine.seconds:>12.3f}{theirs['seconds']:>12.3f}{ratio:>8.1f}  {name}", flush=True
    )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="1000,10000,100000,1000000", help="numbers of outputs")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds that a package may take")
    parser.add_argument("--only", choices=("metrics", "peers"), help="one of the two tables")
    given = parser.parse_args()
    sizes = [int(part) for part in given.sizes.split(",")]
    warnings.simplefilter("ignore")
    measured(sample(WARM), tuple(METRICS.all()))  # compiles every loop, and loads the encoder
    if given.only != "peers":
        each_metric(sizes)
    if given.only != "metrics":
        beside_peers(sizes, given.limit)


if __name__ == "__main__":
    main()
