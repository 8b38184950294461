"""Tail share: how much of what the model says belongs to rare classes."""

from metrics import stats
from metrics.core import Reading, metric
from metrics.sample import Sample


@metric(
    "tail_share",
    label="Tail share",
    family="tail",
    healthy="reference",
    needs=("prediction", "tail"),
    scale="arcsine",
    interval="wilson",
    source="Shumailov et al. 2024, AI models collapse when trained on recursively generated data, Nature 631",
)
def tail_share(sample: Sample) -> Reading:
    """Share of outputs whose predicted class is a tail class, by natural weight.

    Range 0 to 1. Healthy: near its baseline; it falls when rare classes are no longer produced and rises
    when common prompts are answered with rare classes. Missing predictions stay in the denominator.
    Blind to: whether the predictions are right (see `tail_recall`). Its 95 % intervals are conservative where
    half the prompts are drawn from the tail and weighted: on real outputs .99 hold.

    >>> from metrics.sample import demo_sample
    >>> tail_share(demo_sample(prediction=["a", "b", None, "a"], tail=["b"])).value
    0.25
    """
    tail = sample.among(sample.comparison.tail)[sample.predictions]
    n = stats.effective_n(sample.weight)
    return Reading(sample.mean(tail), n, step=1 / n)
