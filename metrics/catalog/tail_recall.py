"""Tail recall: of the outputs that should be of a rare class, how many are."""

from metrics import stats
from metrics.core import TAIL_VOTES_FROM, Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "tail_recall",
    label="Tail recall",
    family="tail",
    healthy="high",
    needs=("label", "prediction", "tail"),
    votes=True,
    votes_from=TAIL_VOTES_FROM,
    scale="arcsine",
    interval="wilson",
    source="Shumailov et al. 2024, AI models collapse when trained on recursively generated data, Nature 631",
)
def tail_recall(sample: Sample) -> Reading:
    """Share of the prompts of tail classes that are given their class, pooled (micro), by natural weight.

    The tail classes are the rarest that together hold at most 20 % of the reference mass, frozen with the
    baseline. Range 0 to 1. Healthy: high. A missing prediction counts as wrong.
    Blind to: rare phrasings inside common classes (see `distinct_2`, `coverage`), and to predictions that
    flood into tail classes wrongly (see `tail_share`). Neighbour: `tail_recall_macro` lets each class count
    the same.

    >>> from metrics.sample import demo_sample
    >>> tail_recall(demo_sample(label=["a", "b", "b"], prediction=["a", "b", "a"], tail=["b"])).value
    0.5
    """
    tail = sample.among(sample.comparison.tail)[sample.labels]
    if not tail.any():
        raise Undefined("No output's label is a tail class.")
    n = stats.effective_n(sample.weight[tail])
    return Reading(sample.mean(sample.predictions == sample.labels, tail), n, step=1 / n)
