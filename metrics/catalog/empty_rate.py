"""Empty rate: how many outputs say nothing."""

from metrics import stats
from metrics.core import Reading, metric
from metrics.sample import Sample


@metric(
    "empty_rate",
    label="Empty outputs",
    family="health",
    healthy="low",
    needs=("output",),
    scale="arcsine",
    interval="wilson",
    source="Wilson 1927, Probable inference, JASA 22 (interval)",
)
def empty_rate(sample: Sample) -> Reading:
    """Share of outputs without text, spaces aside, by natural weight; errors without text among them.

    Range 0 to 1. Healthy: low. Health of the eval, not of the model's variety: with a rise every text
    metric rests on fewer outputs. Blind to: outputs that are cut short (see `truncation_rate`) or refuse
    (`refusal_rate`). A change of a few outputs among weighted ones has a 95 % interval that holds .92 of the
    time.

    >>> from metrics.sample import demo_sample
    >>> empty_rate(demo_sample(output=["a", " ", "b", None])).value
    0.5
    """
    found = sample.words.digests == 0
    n = stats.effective_n(sample.weight)
    return Reading(sample.mean(found), n, step=1 / n)
