"""Distinct-2: how many different word pairs the outputs use for their length."""

from metrics.core import Reading, metric
from metrics.distinct import distinct
from metrics.sample import Sample


@metric(
    "distinct_2",
    label="Distinct-2",
    family="diversity",
    healthy="high",
    needs=("output",),
    votes=True,
    scale="log",
    source="Li et al. 2016, A diversity-promoting objective function, NAACL; rarefied after Hurlbert 1971",
)
def distinct_2(sample: Sample) -> Reading:
    """Different adjacent word pairs among m outputs, over all adjacent word pairs in m outputs.

    Pooled over all outputs, each cut to 64 words, and the expectation over all ways to draw m of the n
    outputs, so that cycles of different size compare; `raw` is the textbook ratio at full n. Range 0 to 1.
    Healthy: high. Blind to: meaning (see `dispersion`, `coverage`) and to classes (see `tail_recall`).
    Neighbour: `distinct_1` sees a lost vocabulary.

    pairs ab bc ab bd, 3 of 4 distinct:

    >>> from metrics.sample import demo_sample
    >>> distinct_2(demo_sample(output=["a b c", "a b d"])).value
    0.75
    """
    return distinct(sample, 2)
