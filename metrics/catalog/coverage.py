"""Coverage: how much of what people wrote the model's outputs still come near to."""

import numpy as np

from metrics.core import Reading, Undefined, metric
from metrics.features import NEIGHBOURS, NOWHERE
from metrics.sample import Sample

# Equal texts embed equally up to the rounding of a float32 product.
TOLERANCE = 1e-6


@metric(
    "coverage",
    label="Coverage",
    family="coverage",
    healthy="high",
    needs=("vectors", "reference"),
    votes=True,
    bounds=(0.0, np.inf),
    scale="log",
    unit="ratio",
    source="Naeem et al. 2020, Reliable fidelity and diversity metrics for generative models, ICML",
)
def coverage(sample: Sample) -> Reading:
    """Share of reference points with an output nearer than their 5th neighbour, over its expectation.

    The expectation is the share that as many texts from the reference's own source would reach,
    1 - prod_{j=1..5} (N - j) / (M + N - j) for N reference points and M outputs, which frees the ratio from
    sample size. 1 means: as wide as the reference, if prompts come
    in the reference's class shares; an eval set with extra tail prompts reads otherwise, and only the
    change counts. The reference is the pinned human set, else the other baseline cycles, deduplicated, at
    most 2,000 points. Healthy: high; `raw` is the plain share.
    Blind to: how often a region is visited, and to wording that leaves the meaning alone.

    Outputs that are the reference itself reach every point:

    >>> from metrics.sample import demo_sample
    >>> points = [[1.0, i / 10] for i in range(8)]
    >>> coverage(demo_sample(embedding=points, reference=points)).raw
    1.0
    """
    reference = sample.reference
    assert reference is not None
    points = len(reference.vectors)
    if not (sample.nearest > NOWHERE).any():
        raise Undefined("No output has a vector.")
    covered = float((sample.nearest >= reference.radii - TOLERANCE).mean())
    j = np.arange(1, NEIGHBOURS + 1)
    expected = 1 - float(np.prod((points - j) / (sample.n + points - j)))
    return Reading(covered / expected, sample.n, raw=covered, step=1 / (points * expected))
