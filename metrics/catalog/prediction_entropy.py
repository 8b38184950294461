"""Prediction entropy: how evenly the model spreads its predictions over the classes."""

import numpy as np

from metrics.core import Reading, Undefined, metric
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
    source="Shannon 1948, A mathematical theory of communication",
)
def prediction_entropy(sample: Sample) -> Reading:
    """Shannon entropy of the predicted classes by natural weight, in nats: -sum p log p.

    The plug-in value: with few outputs and many classes it lies below the entropy of endless outputs, alike
    in every cycle of one size. Rises with refusals too. Range 0 to log(number of classes).
    Healthy: high. Missing predictions are a class of their own.
    Blind to: which classes are right (see `tail_recall`), and to the wording of outputs (`distinct_2`).

    >>> from metrics.sample import demo_sample
    >>> round(prediction_entropy(demo_sample(prediction=["a", "b", "a", "b"])).value, 4)  # log 2
    0.6931
    """
    if sample.n == 0:
        raise Undefined("There are no predictions.")
    mass = np.bincount(sample.predictions + 1, weights=sample.weight)
    share = mass[mass > 0] / mass.sum()
    return Reading(float(-(share * np.log(share)).sum()) + 0.0, sample.n)
