"""Score at the 10th percentile: how good the bad tenth is."""

from functools import partial

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
    version=2,
    source="Hyndman and Fan 1996, Sample quantiles in statistical packages",
)
def score_p10(sample: Sample) -> Reading:
    """Weighted 10th percentile of the scores, interpolated between the mid-points of the running weight.

    Range and unit: those of the score. Healthy: high. Blind to: everything above the worst tenth, and
    stuck where the worst tenth share one score (as with right / wrong): then prefer `mean_score`. Neighbour:
    `score_cvar10` also sees how bad the bad ones are.

    >>> from metrics.sample import demo_sample
    >>> round(score_p10(demo_sample(score=[0.0, 1.0])).value, 3)  # mid-points .25 and .75; .10 is below both
    0.0
    """
    scored = ~np.isnan(sample.score)
    if not scored.any():
        raise Undefined("No output has a score.")
    views = sample.ordered("score", sample.score, partial(stats.quantile_of_sorted, q=0.1))
    draws = sample.redrawn_quantiles("score", sample.score, 0.1)
    return Reading(views, stats.effective_n(sample.weight[scored]), draws=draws)
