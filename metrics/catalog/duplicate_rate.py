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
    source="Lee et al. 2022, Deduplicating training data makes language models better, ACL",
)
def duplicate_rate(sample: Sample) -> Reading:
    """One minus the share of different texts among m non-empty outputs.

    The expectation over all ways to draw m of the n outputs; `raw` is the plain rate at full n. Range 0 to
    1. Healthy: low. Blind to: texts that differ by one letter (see `distinct_3`, `dispersion`).

    Of four texts, three the same, 1 - 2/4:

    >>> from metrics.sample import demo_sample
    >>> duplicate_rate(demo_sample(output=["a", "a", "a", "b"])).value
    0.5
    """
    filled = sample.copies[sample.copies >= 0]
    if not len(filled):
        raise Undefined("Every output is empty.")
    counts = np.bincount(filled)
    m = min(sample.size, len(filled))
    value = 1 - stats.expected_types(counts, len(filled), m) / m
    raw = 1 - float((counts > 0).sum()) / len(filled)
    return Reading(max(value, 0.0), len(filled), raw=raw, step=1 / len(filled))
