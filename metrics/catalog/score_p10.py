"""Score at the 10th percentile: how good the bad tenth is."""

import numpy as np

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "score_p10",
    label="Score, 10th percentile",
    family="quality",
    healthy="high",
    needs=("score",),
    bounds=(-np.inf, np.inf),
    unit="score",
    interval="bootstrap",
    source="Hyndman and Fan 1996, Sample quantiles in statistical packages",
)
def score_p10(sample: Sample) -> Reading:
    """Weighted 10th percentile of the scores, interpolated between the mid-points of the running weight.

    Range and unit: those of the score. Healthy: high. Blind to: everything above the worst tenth, and
    stuck where the worst tenth share one score (as with right / wrong): then prefer `mean_score`.

    >>> from metrics.sample import demo_sample
    >>> round(score_p10(demo_sample(score=[0.0, 1.0])).value, 3)  # mid-points .25 and .75; .10 is below both
    0.0
    """
    scored = ~np.isnan(sample.score)
    if not scored.any():
        raise Undefined("No output has a score.")
    weight = sample.weight[scored]
    value = stats.weighted_quantile(sample.score[scored], 0.1, weight)
    return Reading(value, stats.effective_n(weight))
