"""Macro tail recall: how well the rare classes are found, each class counting the same."""

from metrics.core import TAIL_VOTES_FROM, Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "tail_recall_macro",
    label="Tail recall, class by class",
    family="tail",
    healthy="high",
    needs=("label", "prediction", "tail"),
    votes_from=TAIL_VOTES_FROM,
    scale="arcsine",
    source="Sokolova and Lapalme 2009, A systematic analysis of performance measures, IP&M 45",
)
def tail_recall_macro(sample: Sample) -> Reading:
    """Mean over the tail classes of the share of their prompts that are given their class.

    Classes without a prompt are left out, by name of their number. Range 0 to 1. Healthy: high. A missing
    prediction counts as wrong. Blind to: how common a class is; a class of two prompts moves it as much as
    one of fifty, so it is noisier than `tail_recall`.

    Class b is right 1 of 2 times, class c 1 of 1:

    >>> from metrics.sample import demo_sample
    >>> label, said = ["a", "b", "b", "c"], ["a", "b", "a", "c"]
    >>> tail_recall_macro(demo_sample(label=label, prediction=said, tail=["b", "c"])).value
    0.75
    """
    rows, _ = sample.recalls
    tail = sample.among(sample.comparison.tail)[:-1] & (rows > 0)
    if not tail.any():
        raise Undefined("No output's label is a tail class.")
    absent = len(sample.comparison.tail) - int(tail.sum())
    note = f"{absent} of {len(sample.comparison.tail)} tail classes have no prompt." if absent else None
    views = sample.mean_recall(tail)
    n = int(rows[tail].sum())
    return Reading(views, n, step=1 / n, note=note)
