"""Collision rate: the chance that two outputs are the same text."""

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "collision_rate",
    label="Collision rate",
    family="diversity",
    healthy="low",
    needs=("output",),
    scale="arcsine",
    source="Simpson 1949, Measurement of diversity, Nature 163",
)
def collision_rate(sample: Sample) -> Reading:
    """Chance that two outputs drawn at random say the same, word for word: sum c(c-1) / n(n-1).

    Free of the number of outputs. Empty outputs are left out. Range 0 to 1. Healthy: low. Blind to: many
    texts that come twice each, which hardly collide (see `duplicate_rate`), and to near copies.

    Three of four texts the same: of 12 ordered pairs 6 agree:

    >>> from metrics.sample import demo_sample
    >>> collision_rate(demo_sample(output=["a", "a", "a", "b"])).value
    0.5
    """
    n = sample.filled
    if n[0] < 2:
        raise Undefined("Fewer than two outputs are not empty.")
    views = stats.share(sample.copies.sums(lambda x, _: x * (x - 1.0)), n * (n - 1))
    return Reading(views, n[0], step=2 / (n[0] * (n[0] - 1)))
