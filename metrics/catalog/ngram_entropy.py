"""Entropy of the word pairs, corrected for those not seen."""

import numpy as np

from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "ngram_entropy",
    label="Word-pair entropy",
    family="diversity",
    healthy="high",
    needs=("output",),
    bounds=(0.0, np.inf),
    unit="nats",
    source="Chao, Wang and Jost 2013, Entropy and the species accumulation curve, Methods Ecol. Evol. 4",
)
def ngram_entropy(sample: Sample) -> Reading:
    """Shannon entropy of the word pairs that the outputs are drawn from, estimated from those seen, in nats.

    Sum of x/N (psi(N) - psi(x)) over the pairs seen x times, plus what pairs seen once and twice say of those
    never seen; `raw` is the plug-in value, which grows with the number of outputs. Range 0 up. Healthy: high.
    Blind to: meaning (see `dispersion`). Pairs that come twice inside one output count twice.

    On texts, where most pairs are seen once, it is a lower bound that grows with their number: 9.9 from 1,000
    real texts, 10.4 from 4,000, and 10.8 in all 50,000 of them. Compare cycles with equally many outputs;
    `distinct_2` is free of their number. The 95 % intervals are about that bound, and conservative: .99 hold.

    Four pairs, each seen often, are as good as known: the entropy is log 4.

    >>> from metrics.sample import demo_sample
    >>> round(ngram_entropy(demo_sample(output=["a a", "b b", "c c", "d d"] * 50)).value, 2)
    1.39
    """
    times = sample.gram_times(2)
    if not times.occurrences[0]:
        raise Undefined("No output is 2 words long.")
    return Reading(np.maximum(times.entropy, 0.0), sample.n, raw=times.plug_in)
