"""Mean of the worst tenth of the scores."""

from functools import partial

import numpy as np

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "score_cvar10",
    label="Mean of the worst tenth",
    family="quality",
    healthy="high",
    needs=("score",),
    bounds=(-np.inf, np.inf),
    unit="score",
    source="Rockafellar and Uryasev 2000, Optimization of conditional value-at-risk, Journal of Risk 2",
)
def score_cvar10(sample: Sample) -> Reading:
    """Mean score of the worst tenth of the outputs, by natural weight (conditional value at risk).

    Range and unit: those of the score. Healthy: high. Blind to: everything above the worst tenth. With right
    / wrong scores and more than a tenth wrong it is 0 and stays there: then prefer `mean_score`.

    The worst tenth of ten scores is the worst one:

    >>> from metrics.sample import demo_sample
    >>> score_cvar10(demo_sample(score=[float(i) for i in range(1, 11)])).value
    1.0
    """
    scored = ~np.isnan(sample.score)
    if not scored.any():
        raise Undefined("No output has a score.")
    views = sample.ordered("score", sample.score, partial(stats.lower_mean_of_sorted, q=0.1))
    return Reading(views, stats.effective_n(sample.weight[scored]))
