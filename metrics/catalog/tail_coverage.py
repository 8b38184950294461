"""Tail coverage: how much of the rare things that people say the model can still say, one by one."""

import numpy as np

from metrics.core import Reading, Undefined, metric
from metrics.features import NOWHERE
from metrics.rows import Bools
from metrics.sample import Sample


@metric(
    "tail_coverage",
    label="Tail coverage",
    family="tail",
    healthy="high",
    needs=("vectors", "reference"),
    bounds=(0.0, np.inf),
    unit="ratio",
    source="Naeem et al. 2020, Reliable fidelity and diversity metrics for generative models, ICML",
)
def tail_coverage(sample: Sample) -> Reading:
    """`coverage` of the reference points that are rare: those of rare classes, else those in rare modes.

    Modes are clusters of the reference's vectors, each named by its most typical text; the rarest, which
    together hold at most a fifth of the reference, are the tail, and each has a value of its own. Range 0
    up; 1 is what the reference's own source would reach. Healthy: high. Blind to: how often a rare region
    is reached (see `tail_share`), and to wording (see `rare_ngram_survival`). Its 95 % intervals are
    conservative: on real outputs .98 hold, of changes .999.

    Six rare points lie where no output comes near:

    >>> from metrics.sample import demo_sample
    >>> points = [[1.0, i / 10] for i in range(8)] + [[-1.0, i / 10] for i in range(6)]
    >>> labels = ["a"] * 8 + ["b"] * 6
    >>> sample = demo_sample(embedding=points[:8], reference=points, reference_labels=labels, tail=["b"])
    >>> tail_coverage(sample).raw
    0.0
    """
    reference = sample.reference
    assert reference is not None
    if not (sample.spread.nearest > NOWHERE).any():
        raise Undefined("No output has a vector.")
    if not reference.in_tail.any():
        raise Undefined("The reference has neither rare classes nor rare modes.")
    covered, expected = reference.covered(sample.spread.closest), reference.expected(sample.outputs)

    def reading(points: Bools) -> Reading:
        views = covered[:, points].mean(axis=1)
        step = 1 / (points.sum() * expected[0])
        return Reading(views / expected, sample.n, raw=float(views[0]), step=step)

    parts = {name: reading(reference.regions == name) for name in reference.rare_regions}
    whole = reading(reference.in_tail)
    return Reading(whole.views, sample.n, raw=whole.raw, step=whole.step, parts=parts)
