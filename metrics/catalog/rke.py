"""Renyi kernel entropy score: how many different things the outputs mean, by pairs."""

import numpy as np

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "rke",
    label="Effective meanings (RKE)",
    family="diversity",
    healthy="high",
    needs=("vectors",),
    scale="log",
    bounds=(0.0, np.inf),
    unit="outputs",
    source="Jalali et al. 2023, An information-theoretic evaluation of generative models, NeurIPS",
)
def rke(sample: Sample) -> Reading:
    """One over the mean squared cosine similarity of two different outputs: 1 / mean_{i != j} (x_i . x_j)^2.

    The unbiased form, free of the number of outputs; `raw` is 1 / |X'X / n|^2, which grows with it. Range 1
    up: so many directions at right angles, equally used, would look the same. Healthy: high. Blind to: rare
    meanings (see `tail_coverage`) and to wording. Neighbour: `vendi` weighs rare directions more, but moves
    with the number of outputs; alarms belong on this one.

    Four outputs along two directions: of 12 ordered pairs 4 have similarity 1, the others 0:

    >>> from metrics.sample import demo_sample
    >>> round(rke(demo_sample(embedding=[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])).value, 6)
    3.0
    """
    spread = sample.spread
    n, squares = stats.left_out(spread.count), spread.squares
    if n[0] < 2:
        raise Undefined("Fewer than two outputs have a vector.")
    if squares[0] - n[0] <= 1e-9 * n[0]:
        raise Undefined("All outputs lie at right angles: no pair is alike.")
    return Reading(stats.share(n * (n - 1), squares - n), n[0], raw=float(n[0] ** 2 / squares[0]))
