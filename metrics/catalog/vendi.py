"""Vendi score: how many different things the outputs mean, by the entropy of their directions."""

import numpy as np

from metrics import stats, threads
from metrics.core import Reading, Undefined, metric
from metrics.features import Floats, Spread
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
    spread = sample.spread if len(rows) == sample.n else sample.spread_of(rows)
    n = int(spread.count.sum())
    if n < 2:
        raise Undefined("Fewer than two outputs have a vector.")
    return Reading(np.exp(entropy_views(spread)), n, note=sample.taken(rows))


def entropy_views(spread: Spread) -> Floats:
    """Views of -tr S log S, those with a group left out to first order in what leaves S."""
    n = stats.left_out(spread.count)
    with threads.single():
        values, axes = np.linalg.eigh(spread.products.sum(axis=0) / n[0])
    held = values > NOTHING
    logs = np.log(values[held])
    by_group = -np.einsum("gij,ij->g", spread.products, (axes[:, held] * logs) @ axes[:, held].T)
    return np.array([-float(values[held] @ logs), *stats.share(stats.left_out(by_group), n)[1:]])
