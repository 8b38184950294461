"""Pass rate: how many outputs are right, where right or wrong is all there is."""

import numpy as np

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "pass_rate",
    label="Pass rate",
    family="quality",
    healthy="high",
    needs=("score or verified",),
    scale="arcsine",
    interval="wilson",
    source="Wilson 1927, Probable inference, the law of succession, and statistical inference, JASA 22",
)
def pass_rate(sample: Sample) -> Reading:
    """Share of outputs that pass, by natural weight: those a verifier approved, else those with score 1.

    Only where a verifier column is there or every score is 0 or 1. An output that ended in an error has not
    passed; one that nobody judged is left out. Range 0 to 1. Healthy: high. Blind to: the tails, like
    `mean_score`, and to how narrowly an output failed.

    >>> from metrics.sample import demo_sample
    >>> pass_rate(demo_sample(score=[1.0, 0.0, 1.0, 1.0])).value
    0.75
    """
    verdict = sample.numbers("verified") if sample.has("verified") else sample.score
    known = ~np.isnan(verdict)
    if not np.isin(verdict[known], (0.0, 1.0)).all():
        raise Undefined("The scores are not all 0 or 1, and no verifier's column is there.")
    if "error" in sample.frame:
        failed = sample.frame["error"].notna().to_numpy(bool)
        verdict, known = np.where(failed, 0.0, verdict), known | failed
    if not known.any():
        raise Undefined("No output was judged.")
    n = stats.effective_n(sample.weight[known])
    return Reading(sample.mean(verdict, known), n, step=1 / n)
