"""Coverage: how much of what people say the model can still say."""

import numpy as np

from metrics.core import Reading, Undefined, metric
from metrics.features import NOWHERE
from metrics.sample import Sample


@metric(
    "coverage",
    label="Coverage",
    family="coverage",
    healthy="high",
    needs=("vectors", "reference"),
    votes=True,
    bounds=(0.0, np.inf),
    unit="ratio",
    version=2,
    source="Naeem et al. 2020, Reliable fidelity and diversity metrics for generative models, ICML",
)
def coverage(sample: Sample) -> Reading:
    """Share of reference points with an output as near as their 5th neighbour, over the share to be expected.

    The expectation is that of outputs from the same source, 1 - prod_{j=1..5} (N - j) / (M + N - j) for N
    reference points and M outputs, so 1 is as good as the reference. The reference is the pinned human set,
    else the other baseline cycles; it is deduplicated, and held fixed by the interval. `raw` is the plain
    share. Range 0 up. Healthy: high. Blind to: how often a region is reached, and to outputs that lie
    nowhere near people's. Neighbour: `tail_coverage` looks at the rare regions alone. Its 95 % intervals are
    conservative: on real outputs .98 hold, of changes .996.

    >>> from metrics.sample import demo_sample
    >>> points = [[1.0, i / 10] for i in range(8)]
    >>> coverage(demo_sample(embedding=points, reference=points)).raw
    1.0
    """
    reference = sample.reference
    assert reference is not None
    if not (sample.spread.nearest > NOWHERE).any():
        raise Undefined("No output has a vector.")
    covered = reference.covered(sample.spread.closest).mean(axis=1)
    expected = reference.expected(sample.outputs)
    step = 1 / (len(reference.points) * expected[0])
    return Reading(covered / expected, sample.n, raw=float(covered[0]), step=step)
