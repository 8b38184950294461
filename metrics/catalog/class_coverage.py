"""Class coverage: how many of the known classes the model still produces at all."""

import numpy as np

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "class_coverage",
    label="Class coverage",
    family="coverage",
    healthy="high",
    needs=("prediction",),
    votes=True,
    scale="arcsine",
    source="Hurlbert 1971, The nonconcept of species diversity, Ecology 52 (rarefaction)",
)
def class_coverage(sample: Sample) -> Reading:
    """Share of the reference's classes produced at least once among m outputs, m frozen with the baseline.

    The expectation over all ways to draw m of the n outputs; `raw` is the plain share at full n. Range 0 to
    1. Healthy: high. Blind to: how often a class is produced, right or wrong (see `tail_recall`,
    `prediction_entropy`); saturates where classes are few.

    Among 1 of the 2 outputs one of the 2 classes is always seen:

    >>> from metrics.sample import demo_sample
    >>> reading = class_coverage(demo_sample(prediction=["a", "b"], classes=["a", "b"], size=1))
    >>> reading.value, reading.raw
    (0.5, 1.0)
    """
    known = sample.among(sample.comparison.classes)
    if not known.any():
        raise Undefined("No class is known: neither the reference nor the baseline has labels.")
    made = sample.predictions[known[sample.predictions]]
    counts = np.bincount(made, minlength=1)
    classes = len(sample.comparison.classes)
    value = stats.expected_types(counts, sample.n, sample.size) / classes
    return Reading(min(value, 1.0), sample.n, raw=float((counts > 0).sum()) / classes, step=1 / classes)
