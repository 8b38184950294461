"""Class coverage: how many of the known classes the model still produces at all."""

import numpy as np

from metrics.abundance import Abundance
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
    rarefies="share",
    source="Hurlbert 1971, The nonconcept of species diversity, Ecology 52 (rarefaction)",
)
def class_coverage(sample: Sample) -> Reading:
    """Share of the reference's classes produced at least once among m outputs, m frozen with the baseline.

    The expectation over all ways to draw m of the n outputs; `raw` is the plain share at full n. Range 0 to
    1. Healthy: high. Blind to: how often a class is produced, right or wrong (see `tail_recall`,
    `prediction_entropy`); saturates where classes are few. Its 95 % intervals of changes are conservative: on
    real outputs .99 hold.

    Among 1 of the 2 outputs one of the 2 classes is always seen:

    >>> from metrics.sample import demo_sample
    >>> reading = class_coverage(demo_sample(prediction=["a", "b"], classes=["a", "b"], size=1))
    >>> reading.value, reading.raw
    (0.5, 1.0)
    """
    known = sample.among(sample.comparison.classes)
    if not known.any():
        raise Undefined("No class is known: neither the reference nor the baseline has labels.")
    made = Abundance.of_rows(np.where(known[sample.predictions], sample.predictions, -1), sample.group)
    classes = len(sample.comparison.classes)
    views = sample.of_some(made.expected(sample.outputs, sample.size) / classes).clip(max=1.0)
    raw, cells = float(made.types.sum()) / classes, made.histogram
    return Reading(views, sample.n, raw=raw, step=1 / classes, note=sample.thinned, spread=cells)
