"""Distinct-1: how many different words the outputs use for their length."""

from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "distinct_1",
    label="Distinct-1",
    family="diversity",
    healthy="high",
    needs=("output",),
    votes=True,
    scale="log",
    version=2,
    rarefies="per word",
    source="Li et al. 2016, A diversity-promoting objective function, NAACL; rarefied after Hurlbert 1971",
)
def distinct_1(sample: Sample) -> Reading:
    """Different words to be expected among m outputs, over all words to be expected there.

    Pooled over all outputs, each cut to 64 words, and the expectation over all ways to draw m of the n
    outputs, so that cycles of different size compare; `raw` is the textbook ratio at full n. Range 0 to 1.
    Healthy: high. Blind to: meaning (see `dispersion`, `coverage`) and to classes (see `tail_recall`).
    Neighbour: `distinct_2` sees lost phrasings sooner. Its 95 % intervals of changes are conservative: on
    real outputs .98 hold.

    4 words, 3 of them distinct:

    >>> from metrics.sample import demo_sample
    >>> distinct_1(demo_sample(output=["a b", "a c"])).value
    0.75
    """
    spread = sample.gram_texts(1)
    total = sample.gram_total(1)
    if not total[0]:
        raise Undefined("No output is 1 word long.")
    views = spread.expected(sample.outputs, sample.size) / (total * sample.sizes / sample.outputs)
    raw, step = float(spread.types.sum()) / total[0], 1 / total[0]
    seen = spread.histogram
    return Reading(views.clip(max=1.0), sample.n, raw=raw, step=step, note=sample.thinned, spread=seen)
