"""Distinct-1: how many different words the outputs use for their length."""

from metrics.core import Reading, metric
from metrics.distinct import distinct
from metrics.sample import Sample


@metric(
    "distinct_1",
    label="Distinct-1",
    family="diversity",
    healthy="high",
    needs=("output",),
    votes=True,
    scale="log",
    source="Li et al. 2016, A diversity-promoting objective function, NAACL; rarefied after Hurlbert 1971",
)
def distinct_1(sample: Sample) -> Reading:
    """Different single words among m outputs, over all single words in m outputs.

    Pooled over all outputs, each cut to 64 words, and the expectation over all ways to draw m of the n
    outputs, so that cycles of different size compare; `raw` is the textbook ratio at full n. Range 0 to 1.
    Healthy: high. Blind to: meaning (see `dispersion`, `coverage`) and to classes (see `tail_recall`).
    Neighbour: `distinct_2` sees lost phrasings sooner.

    4 words, 3 of them distinct:

    >>> from metrics.sample import demo_sample
    >>> distinct_1(demo_sample(output=["a b", "a c"])).value
    0.75
    """
    return distinct(sample, 1)
