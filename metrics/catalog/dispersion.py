"""Dispersion: how far apart the outputs lie in meaning."""

import numpy as np

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "dispersion",
    label="Dispersion",
    family="diversity",
    healthy="high",
    needs=("vectors",),
    votes=True,
    scale="log",
    bounds=(0.0, 2.0),
    unit="cosine distance",
    version=2,
    source="Lai et al. 2020, Diversity, density, and homogeneity, LREC",
)
def dispersion(sample: Sample) -> Reading:
    """Mean cosine distance between two different outputs: 1 - (|sum x|^2 - n) / (n (n - 1)), x unit vectors.

    Free of sample size. Range 0 to 2. Healthy: high. Outputs without a vector (empty texts) are left out.
    Blind to: lost tails, when what is left still lies far apart (see `coverage`), and to wording.

    Two outputs the same and one at right angles: distances 0, 1, 1.

    >>> from metrics.sample import demo_sample
    >>> round(dispersion(demo_sample(embedding=[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])).value, 4)
    0.6667
    """
    spread = sample.spread
    n, total = stats.left_out(spread.count), stats.left_out(spread.total)
    if n[0] < 2:
        raise Undefined("Fewer than two outputs have a vector.")
    dropped = sample.n - int(n[0])
    note = f"{dropped} empty outputs left out." if dropped else None
    alike = stats.share(np.einsum("ij,ij->i", total, total) - n, n * (n - 1))
    return Reading((1 - alike).clip(min=0.0), n[0], note=note)
