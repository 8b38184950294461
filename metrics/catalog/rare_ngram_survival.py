"""Rare word-pair survival: how many of the reference's rare phrasings are still produced."""

from metrics import grams
from metrics.abundance import Abundance
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "rare_ngram_survival",
    label="Survival of rare phrasings",
    family="tail",
    healthy="high",
    needs=("output", "reference texts"),
    scale="arcsine",
    source="Guo et al. 2024, The curious decline of linguistic diversity, NAACL Findings; Hurlbert 1971",
)
def rare_ngram_survival(sample: Sample) -> Reading:
    """Share of the reference's rare word pairs, those in 2 to 4 of its texts, to be expected among m outputs.

    The reference is the pinned human set, else the other baseline cycles. The expectation over all ways to
    draw m of the n outputs; `raw` is the plain share at full n. Range 0 to 1; its level depends on the size
    of the reference, its fall is the news. Healthy: high. Blind to: rare pairs that are new (see
    `missing_mass`) and to rare classes (see `tail_recall`).

    The pair ab stands in two reference texts, bc in three; only ab is still said:

    >>> from metrics.sample import demo_sample
    >>> texts = ["a b", "a b", "b c", "b c", "b c"]
    >>> rare_ngram_survival(demo_sample(output=["a b", "d e"], reference_texts=texts)).value
    0.5
    """
    reference = sample.reference
    assert reference is not None
    names = reference.rare_pairs
    if not len(names):
        raise Undefined("The reference has no word pair that stands in 2 to 4 of its texts.")
    if not sample.gram_times(2).occurrences[0]:
        raise Undefined("No output is 2 words long.")
    kept = Abundance.of(*grams.standing(sample.grams(2), names))
    views = sample.of_some(kept.expected(sample.outputs, sample.size) / len(names))
    raw = float(kept.types.sum()) / len(names)
    return Reading(views.clip(0.0, 1.0), sample.n, raw=raw, step=1 / len(names), note=sample.thinned)
