"""Hill number of order 1: how many equally common word pairs would be as diverse."""

import numpy as np

from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "hill_1",
    label="Effective word pairs (Hill 1)",
    family="diversity",
    healthy="high",
    needs=("output",),
    scale="log",
    bounds=(0.0, np.inf),
    unit="word pairs",
    source="Hill 1973, Diversity and evenness, Ecology 54; Chao, Wang and Jost 2013",
)
def hill_1(sample: Sample) -> Reading:
    """exp of `ngram_entropy`: so many equally common word pairs would have the same entropy.

    Range 1 up. Healthy: high. `raw` is the plug-in value. Blind to: meaning (see `dispersion`). A lower
    bound that grows with the number of outputs, as `ngram_entropy` says. Neighbour: `hill_2` looks at the
    common pairs only and needs no correction for the unseen.

    >>> from metrics.sample import demo_sample
    >>> round(hill_1(demo_sample(output=["a a", "b b", "c c", "d d"] * 50)).value, 1)
    4.0
    """
    times = sample.gram_times(2)
    if not times.occurrences[0]:
        raise Undefined("No output is 2 words long.")
    return Reading(np.exp(np.maximum(times.entropy, 0.0)), sample.n, raw=float(np.exp(times.plug_in)))
