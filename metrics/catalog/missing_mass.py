"""Missing mass: how much of what the model would say next has not been seen yet."""

from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "missing_mass",
    label="Missing mass",
    family="diversity",
    healthy="high",
    needs=("output",),
    scale="arcsine",
    source="Good 1953, The population frequencies of species, Biometrika 40; Chao and Jost 2012, Ecology 93",
)
def missing_mass(sample: Sample) -> Reading:
    """Chance that the next word pair is new: the pairs that stand in one of m outputs over all pairs there.

    Good and Turing's f1 / N, counted in outputs and taken at m; `raw` is f1 / N of the single occurrences at
    full n. Range 0 to 1. Healthy: high; it falls when nothing new is said any more. Blind to: which pairs
    are lost (see `rare_ngram_survival`) and to meaning (see `dispersion`). Its 95 % intervals are
    conservative: on real outputs .98 hold, of changes .99.

    Of the pairs ab, ab, bc, bd two stand in one output only, 2 of 4:

    >>> from metrics.sample import demo_sample
    >>> missing_mass(demo_sample(output=["a b c", "a b", "b d"])).value
    0.5
    """
    times = sample.gram_times(2)
    total = times.occurrences
    if not total[0]:
        raise Undefined("No output is 2 words long.")
    once = sample.gram_texts(2).expected_once(sample.outputs, sample.size)
    raw = float(times.types[times.seen == 1].sum()) / total[0]
    views = once / (total * sample.sizes / sample.outputs)
    return Reading(views.clip(0.0, 1.0), sample.n, raw=raw, step=1 / total[0], note=sample.thinned)
