"""Class recall: how well each class is found, and their mean."""

import numpy as np

from metrics.core import Reading, Undefined, metric
from metrics.parts import CLASS
from metrics.sample import Sample


@metric(
    "class_recall",
    label="Recall by class",
    family="tail",
    healthy="high",
    version=2,
    part_minimum=2,
    needs=("label", "prediction"),
    scale="arcsine",
    source="Sokolova and Lapalme 2009, A systematic analysis of performance measures, IP&M 45",
)
def class_recall(sample: Sample) -> Reading:
    """Mean over the known classes of the share of their prompts that are given their class; and each class.

    The classes are those of the baseline, and each has a value of its own from 2 prompts on: of so few it
    says little in one cycle, and its interval says so, but a class that stays away for some cycles is seen.
    Of more than 200 classes those with most prompts have one. Range 0 to 1. Healthy: high. A missing
    prediction counts as wrong. Blind to: common classes weighing more in real life (see `mean_score`).
    Neighbour: `tail_recall` pools the rare ones, with less noise.

    Class a is right 1 of 2 times, class b 1 of 1:

    >>> from metrics.sample import demo_sample
    >>> reading = class_recall(demo_sample(label=["a", "a", "b"], prediction=["a", "b", "b"]))
    >>> reading.value, reading.parts["class:a"].value
    (0.75, 0.5)
    """
    rows, recall = sample.recalls
    known = sample.among(sample.comparison.classes)[:-1] & (rows > 0)
    if not known.any():
        raise Undefined("No output's label is a known class.")
    parts = {
        f"{CLASS}{sample.categories[i]}": Reading(recall[:, i], int(rows[i]), step=1 / rows[i])
        for i in sorted(np.flatnonzero(known), key=lambda i: (-rows[i], i))
    }
    n = int(rows[known].sum())
    return Reading(sample.mean_recall(known), n, step=1 / n, parts=parts)
