"""Expectation-adjusted distinct: distinct words against what as many random draws would give."""

import numpy as np

from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "ead",
    label="Expectation-adjusted distinct",
    family="diversity",
    healthy="high",
    needs=("output",),
    scale="log",
    bounds=(0.0, np.inf),
    unit="ratio",
    source="Liu et al. 2022, Rethinking and refining the distinct metric, ACL",
)
def ead(sample: Sample) -> Reading:
    """Different words among m outputs, over those that as many even draws from the vocabulary would give.

    D / (V (1 - (1 - 1/V)^C)), with C words in m outputs and V the different words of the baseline, fixed with
    it and kept in the comparison. Longer outputs are not punished for their length, unlike in `distinct_1`.
    Range 0 up; above 1 the vocabulary is too small for these outputs. Healthy: high. Blind to: phrasing
    (see `distinct_2`) and meaning (see `dispersion`). Its 95 % intervals of changes are conservative: on real
    outputs .98 hold.

    3 different of 4 words; 4 even draws from 3 words would give 3 (1 - (2/3)^4) = 2.407:

    >>> from metrics.sample import demo_sample
    >>> round(ead(demo_sample(output=["a b", "a c"])).value, 4)
    1.2462
    """
    spread, total = sample.gram_texts(1), sample.gram_total(1)
    if not total[0]:
        raise Undefined("No output has a word.")
    size = sample.comparison.vocabulary or len(sample.grams(1).hashes)
    drawn = total * sample.sizes / sample.outputs
    expected = size * -np.expm1(drawn * np.log1p(-1 / size)) if size > 1 else np.ones_like(drawn)
    views = spread.expected(sample.outputs, sample.size) / expected
    return Reading(views, sample.n, step=1 / float(expected[0]), note=sample.thinned)
