"""Mean score: the number that everybody watches, and that collapse leaves alone longest."""

import numpy as np

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "mean_score",
    label="Mean score",
    family="quality",
    healthy="high",
    needs=("score",),
    bounds=(-np.inf, np.inf),
    unit="score",
    source="Miller 2024, Adding error bars to evals, arXiv:2411.00640",
)
def mean_score(sample: Sample) -> Reading:
    """Weighted mean of the scores, each output weighted by its natural frequency.

    Range and unit: those of the score. Healthy: high. Outputs without a score are left out and counted.
    Blind to: the tails. A model can lose every rare class while this moves by less than its noise; read
    `tail_recall` and the diversity metrics beside it. For the worst outputs prefer `score_p10`.

    >>> from metrics.sample import demo_sample
    >>> mean_score(demo_sample(score=[1.0, 0.0, 1.0], weight=[2.0, 1.0, 1.0])).value
    0.75
    """
    scored = ~np.isnan(sample.score)
    if not scored.any():
        raise Undefined("No output has a score.")
    missing = int((~scored).sum())
    note = f"{missing} outputs have no score." if missing else None
    return Reading(sample.mean(sample.score, scored), stats.effective_n(sample.weight[scored]), note=note)
