"""Drift of the scores: how far their distribution has moved from the reference's."""

from functools import partial

import numpy as np

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.distances import wasserstein_of_sorted
from metrics.sample import Sample


@metric(
    "drift_score_w1",
    label="Drift of scores",
    family="drift",
    healthy="low",
    needs=("score",),
    bounds=(0.0, np.inf),
    unit="score",
    scale="log",
    interval="bootstrap",
    source="Ramdas et al. 2017, On Wasserstein two-sample testing, Entropy 19",
)
def drift_score_w1(sample: Sample) -> Reading:
    """Wasserstein-1 distance between the scores, by natural weight, and the reference's, in score units.

    How far scores must be moved, on average, to look like the reference's. Range 0 up. Healthy: low. Blind
    to: the direction, up or down (read it beside `mean_score`). Never quite 0 with few outputs,
    and its interval is of a distance at this number of outputs, wide where the two are alike.

    Scores 0 and 1 against 1 and 1: one of two moves by 1.

    >>> from metrics.sample import demo_sample
    >>> drift_score_w1(demo_sample(score=[0.0, 1.0], reference_scores=[1.0, 1.0])).value
    0.5
    """
    then = sample.reference.numbers("score") if sample.reference is not None else np.empty(0)
    scored = ~np.isnan(sample.score)
    if not len(then) or not scored.any():
        raise Undefined("The reference has no scores." if scored.any() else "No output has a score.")
    against = np.sort(then)
    distance = partial(wasserstein_of_sorted, others=against)
    views = sample.ordered("score", sample.score, distance)
    draws = sample.redrawn("score", sample.score, distance)
    return Reading(views, stats.effective_n(sample.weight[scored]), draws=draws)
