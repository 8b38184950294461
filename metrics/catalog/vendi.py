"""Vendi score: how many different things the outputs mean, by the entropy of their directions."""

import numpy as np

from metrics import stats, threads
from metrics.core import Reading, Undefined, metric
from metrics.features import Floats, Ints
from metrics.sample import Sample

MOST = 20_000
NOTHING = 1e-12


@metric(
    "vendi",
    label="Effective directions (Vendi)",
    family="diversity",
    healthy="high",
    needs=("vectors",),
    scale="log",
    bounds=(0.0, np.inf),
    unit="outputs",
    source="Friedman and Dieng 2023, The Vendi score, TMLR",
)
def vendi(sample: Sample) -> Reading:
    """exp(-tr S log S) of S = X'X / n, X the unit vectors of m outputs, at most 20,000 of the same prompts.

    Range 1 up: so many equally used directions would have the same entropy. Healthy: high. It grows with the
    number of outputs, which is why m is fixed with the baseline. Leave-one-group-out values to first order,
    tr(log S dS). Blind to: wording, and to what is lost inside a direction. Neighbour: `rke` is free of size.

    Four outputs along two directions, two each, have the entropy log 2:

    >>> from metrics.sample import demo_sample
    >>> round(vendi(demo_sample(embedding=[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])).value, 6)
    2.0
    """
    rows = sample.drawn(MOST, np.ones(sample.n, bool))
    vectors = sample.vectors(rows).astype(float)
    filled = np.abs(vectors).max(axis=1, initial=0) > 0
    x, group = vectors[filled], sample.group[rows][filled]
    if len(x) < 2:
        raise Undefined("Fewer than two outputs have a vector.")
    return Reading(np.exp(_entropies(x, group)), len(x), note=sample.thinned)


def _entropies(x: Floats, group: Ints) -> Floats:
    """Views of -tr S log S, those with a group left out to first order in what leaves S."""
    with threads.single():
        values, axes = np.linalg.eigh(x.T @ x / len(x))
    held = values > NOTHING
    logs = np.log(values[held])
    whole = -float(values[held] @ logs)
    # Output i adds (x_i . v)^2 / n to the share of direction v.
    weight = (x @ axes[:, held]) ** 2 @ logs
    n, sums = stats.summed(np.ones(len(x)), group), stats.summed(weight, group)
    return np.array([whole, *(-(sums[1:] / n[1:]))])
