"""Parse-failure rate: from how many outputs no answer could be read."""

from metrics import stats
from metrics.core import Reading, metric
from metrics.sample import Sample


@metric(
    "parse_failure_rate",
    label="Unparsed outputs",
    family="health",
    healthy="low",
    needs=("label", "prediction"),
    scale="arcsine",
    interval="wilson",
    source="Wilson 1927, Probable inference, JASA 22 (interval)",
)
def parse_failure_rate(sample: Sample) -> Reading:
    """Share of outputs with a label but no prediction, by natural weight: the answer could not be read.

    Range 0 to 1. Healthy: low. Such outputs stay in the denominator of every recall, so a rise looks like
    lost quality: look here first. Blind to: answers read wrongly, and to outputs without a label.

    >>> from metrics.sample import demo_sample
    >>> parse_failure_rate(demo_sample(label=["a", "a"], prediction=["a", None])).value
    0.5
    """
    asked = sample.frame["label"].notna()
    found = (asked & sample.frame["prediction"].isna()).to_numpy(bool)
    n = stats.effective_n(sample.weight[asked])
    return Reading(sample.mean(found, asked.to_numpy(bool)), n, step=1 / n)
