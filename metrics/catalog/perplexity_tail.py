"""Perplexity tail: how many outputs surprise the model as only one in twenty of the reference does."""

import numpy as np

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "perplexity_tail",
    label="Surprising outputs",
    family="tail",
    healthy="reference",
    needs=("logprob",),
    scale="arcsine",
    interval="wilson",
    source="Shumailov et al. 2024, AI models collapse when trained on recursively generated data, Nature 631",
)
def perplexity_tail(sample: Sample) -> Reading:
    """Share of outputs, by natural weight, less probable than all but one in twenty of the baseline's.

    The line is the 95 % point of -logprob over the baseline cycles, frozen with it. Range 0 to 1. Healthy:
    near its baseline, .05; collapse empties this tail first, and errors fill it. Blind to: what the unlikely
    outputs say.
    Log-probabilities must be alike in kind (per output, or per token) in all cycles.

    One of four is beyond 3:

    >>> from metrics.sample import demo_sample
    >>> perplexity_tail(demo_sample(logprob=[-1.0, -2.0, -2.5, -9.0], surprise=3.0)).value
    0.25
    """
    line = sample.comparison.surprise
    if line is None:
        raise Undefined("No baseline cycle has log-probabilities.")
    surprise = -sample.numbers("logprob")
    known = ~np.isnan(surprise)
    n = stats.effective_n(sample.weight[known])
    return Reading(sample.mean(surprise > line, known), n, step=1 / n)
