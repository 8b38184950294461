"""Drift of the predicted classes: how different their distribution is from the reference's."""

import numpy as np

from metrics import stats
from metrics.core import GROUPS, Reading, Undefined, metric
from metrics.distances import jensen_shannon
from metrics.sample import Sample


@metric(
    "drift_js",
    label="Drift of classes",
    family="drift",
    healthy="low",
    needs=("prediction",),
    source="Lin 1991, Divergence measures based on the Shannon entropy, IEEE Trans. Inf. Theory 37",
)
def drift_js(sample: Sample) -> Reading:
    """Jensen-Shannon distance between the predicted classes and the classes of the reference, by weight.

    The root of the divergence in bits. Range 0, the same, to 1, no class in common. Healthy: low. Blind to:
    the direction: wider or narrower, better or worse look alike, so read it beside `prediction_entropy` and
    `tail_recall`. A plug-in value: with few outputs it does not reach 0.

    Half a, half b against all a: the mixture is 3/4, 1/4, and the divergence .311 bits.

    >>> from metrics.sample import demo_sample
    >>> round(drift_js(demo_sample(prediction=["a", "b"], mass={"a": 1.0})).value, 3)
    0.558
    """
    mass = sample.comparison.mass
    if not mass:
        raise Undefined("No class is known: neither the reference nor the baseline has labels.")
    names = [*sample.categories, None]
    cells = np.bincount(
        sample.group * len(names) + sample.predictions % len(names),
        weights=sample.weight,
        minlength=GROUPS * len(names),
    )
    now = stats.left_out(cells.reshape(GROUPS, -1)).clip(min=0.0)
    then = np.array([mass.get(name, 0.0) if name is not None else 0.0 for name in names])
    return Reading(jensen_shannon(now, then), sample.n)
