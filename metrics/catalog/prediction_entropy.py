"""Prediction entropy: how evenly the model spreads its predictions over the classes."""

import numpy as np

from metrics import stats
from metrics.core import GROUPS, Reading, metric
from metrics.sample import Sample


@metric(
    "prediction_entropy",
    label="Prediction entropy",
    family="diversity",
    healthy="high",
    needs=("prediction",),
    votes=True,
    bounds=(0.0, np.inf),
    unit="nats",
    version=2,
    source="Zahl 1977, Jackknifing an index of diversity, Ecology 58; Shannon 1948",
)
def prediction_entropy(sample: Sample) -> Reading:
    """Shannon entropy of the predicted classes by natural weight, in nats, less the bias of few outputs.

    -sum p log p falls short by about (classes - 1) / 2n; the leave-one-group-out values tell by how much.
    `raw` is the plain value. Range 0 to a little over log(number of classes). Healthy: high; it rises with
    refusals too. Missing predictions are a class of their own. Blind to: which classes are right (see
    `tail_recall`), and to the wording of outputs (`distinct_2`).

    >>> from metrics.sample import demo_sample
    >>> prediction_entropy(demo_sample(prediction=["a", "b", "a", "b"])).raw  # log 2
    0.6931471805599453
    """
    classes = len(sample.categories) + 1
    cells = np.bincount(
        sample.group * classes + sample.predictions + 1, weights=sample.weight, minlength=GROUPS * classes
    )
    mass = stats.left_out(cells.reshape(GROUPS, classes)).clip(min=0.0)
    share = stats.share(mass, mass.sum(axis=1, keepdims=True))
    views = -np.sum(share * np.log(np.where(share > 0, share, 1.0)), axis=1) + 0.0
    corrected = GROUPS * views[0] - (GROUPS - 1) * float(np.mean(views[1:]))
    # As far as the correction can be trusted: with one prompt a group it would overshoot.
    shift = max(corrected - views[0], 0.0) if sample.n >= 2 * GROUPS else 0.0
    return Reading(views + shift, sample.n, raw=float(views[0]))
