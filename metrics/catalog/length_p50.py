"""Median length of the outputs, in words."""

from functools import partial

import numpy as np

from metrics import stats
from metrics.core import Reading, metric
from metrics.sample import Sample


@metric(
    "length_p50",
    label="Median length",
    family="complexity",
    healthy="reference",
    needs=("output",),
    bounds=(0.0, np.inf),
    unit="words",
    interval="bootstrap",
    version=2,
    source="Guo et al. 2024, The curious decline of linguistic diversity, NAACL Findings",
)
def length_p50(sample: Sample) -> Reading:
    """Weighted median of the number of words per output, without the token budget; empty outputs count 0.

    Range 0 up. Healthy: near its baseline; shrinking outputs look narrower in every text metric, so look
    here before believing them. Blind to: everything but length. Of an agent's trace it counts the actions.
    Its 95 % intervals are conservative, as lengths are whole numbers: on real outputs .99 hold.

    >>> from metrics.sample import demo_sample
    >>> length_p50(demo_sample(output=["a", "a b", "a b c"])).value
    2.0
    """
    views = sample.ordered("length", sample.lengths, partial(stats.quantile_of_sorted, q=0.5))
    draws = sample.redrawn_quantiles("length", sample.lengths, 0.5)
    # Lengths are whole numbers: the median of many moves by half a word or not at all.
    return Reading(views, stats.effective_n(sample.weight), step=0.5, draws=draws)
