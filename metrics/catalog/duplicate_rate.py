"""Duplicate rate: how many outputs say word for word what another one says."""

import numpy as np

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "duplicate_rate",
    label="Duplicate rate",
    family="diversity",
    healthy="low",
    needs=("output",),
    votes=True,
    scale="arcsine",
    version=2,
    rarefies="repeats",
    source="Lee et al. 2022, Deduplicating training data makes language models better, ACL",
)
def duplicate_rate(sample: Sample) -> Reading:
    """One minus the share of different texts among m non-empty outputs.

    The expectation over all ways to draw m of the n outputs; `raw` is the plain rate at full n. Range 0 to
    1. Healthy: low. Blind to: texts that differ by one letter (see `distinct_3`, `dispersion`). Neighbour:
    `collision_rate` needs no m. Its 95 % intervals are a little conservative: on real outputs .97 to .98
    hold.

    Of four texts, three the same, 1 - 2/4:

    >>> from metrics.sample import demo_sample
    >>> duplicate_rate(demo_sample(output=["a", "a", "a", "b"])).value
    0.5
    """
    n = sample.filled
    if not n[0]:
        raise Undefined("Every output is empty.")
    # What is left of 1 - 1 is no rate.
    views = np.round(1 - stats.share(sample.copies.expected(n, sample.size), np.minimum(sample.size, n)), 12)
    raw = 1 - float(sample.copies.types.sum()) / n[0]
    cells = sample.copies.histogram
    step = 1 / n[0]
    return Reading(views.clip(0.0, 1.0), n[0], raw=raw, step=step, note=sample.thinned, spread=cells)
