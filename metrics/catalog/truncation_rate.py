"""Truncation rate: how many outputs were cut short."""

from metrics import stats
from metrics.core import Reading, metric
from metrics.fields import TRUNCATED
from metrics.sample import Sample


@metric(
    "truncation_rate",
    label="Truncated outputs",
    family="health",
    healthy="low",
    needs=("finish_reason",),
    scale="arcsine",
    interval="wilson",
    source="Wilson 1927, Probable inference, JASA 22 (interval)",
)
def truncation_rate(sample: Sample) -> Reading:
    """Share of outputs whose finish reason says that the length limit was met, by natural weight.

    Reasons understood: length, max_tokens, max_output_tokens, token_limit, model_length, truncated. Range 0
    to 1. Healthy: low; a changed limit moves `length_p50` and every text metric. Blind to: outputs cut by
    other means, and to all where no finish reason is given. Its 95 % intervals of changes are conservative
    where few are cut: with 8 in 1,000 .99 hold.

    >>> from metrics.sample import demo_sample
    >>> truncation_rate(demo_sample(finish_reason=["stop", "length", "stop", "MAX_TOKENS"])).value
    0.5
    """
    found = sample.frame["finish_reason"].str.lower().isin(TRUNCATED).to_numpy(bool)
    n = stats.effective_n(sample.weight)
    return Reading(sample.mean(found), n, step=1 / n)
