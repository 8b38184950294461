"""Hill number of order 2: how many equally common word pairs would repeat as seldom."""

import numpy as np

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "hill_2",
    label="Effective common word pairs (Hill 2)",
    family="diversity",
    healthy="high",
    needs=("output",),
    scale="log",
    bounds=(0.0, np.inf),
    unit="word pairs",
    source="Hill 1973, Diversity and evenness, Ecology 54; Simpson 1949, Nature 163",
)
def hill_2(sample: Sample) -> Reading:
    """One over the chance that two word pairs drawn from the outputs are the same: N(N-1) / sum x(x-1).

    The unbiased form, free of the number of outputs. `raw` is 1 / sum p^2. Range 1 up. Healthy: high. Blind
    to: rare pairs, which hardly weigh here (see `distinct_2`, `rare_ngram_survival`).

    Pairs ab, ab, cd, cd: of 12 ordered draws of two, 4 give the same pair:

    >>> from metrics.sample import demo_sample
    >>> round(hill_2(demo_sample(output=["a b", "a b", "c d", "c d"])).value, 6)
    3.0
    """
    times = sample.gram_times(2)
    total = times.occurrences
    same = times.sums(lambda x, _: x * (x - 1.0))
    if total[0] < 2 or not same[0]:
        raise Undefined("No word pair occurs twice, so nothing repeats to be measured.")
    raw = total[0] ** 2 / float(times.types @ times.seen.astype(float) ** 2)
    return Reading(stats.share(total * (total - 1), same), sample.n, raw=raw)
