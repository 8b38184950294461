"""Document-rarefied distinct-n: the one definition that distinct_1, distinct_2 and distinct_3 share."""

from __future__ import annotations

from metrics import stats
from metrics.core import Reading, Undefined
from metrics.sample import Sample


def distinct(sample: Sample, k: int) -> Reading:
    """Expected distinct k-grams in m of the n outputs over the expected k-grams in m outputs.

    Without rarefaction the ratio falls with the number of outputs, whatever they say; without the token
    budget a few long outputs decide it.
    """
    spread, total = sample.gram_spread(k)
    if total == 0:
        raise Undefined(f"No output is {k} words long.")
    types = stats.expected_types(spread, sample.n, sample.size)
    value = types / (total * sample.size / sample.n)
    return Reading(min(value, 1.0), sample.n, raw=float((spread > 0).sum()) / total, step=1 / total)
