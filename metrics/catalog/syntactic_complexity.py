"""Syntactic complexity, by a proxy: how many sentences are long or much divided."""

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "syntactic_complexity",
    label="Complex sentences (proxy)",
    family="complexity",
    healthy="reference",
    needs=("output",),
    scale="arcsine",
    source="Guo et al. 2024, The curious decline of linguistic diversity, NAACL Findings (which parses)",
)
def syntactic_complexity(sample: Sample) -> Reading:
    """Share of sentences of over 20 words, or with two or more commas, colons, brackets or dashes inside.

    A proxy: nothing is parsed, so it needs no language model and runs on any language with such marks; it
    says nothing of which structures are used. Range 0 to 1. Healthy: near its baseline. Blind to: long words,
    unpunctuated nesting, and the order of words.

    One sentence of two has two commas:

    >>> from metrics.sample import demo_sample
    >>> syntactic_complexity(demo_sample(output=["One, two, three. Four."])).value
    0.5
    """
    sentences, complex_ones = (sample.sum(sample.words.sentences[:, i]) for i in (0, 1))
    if not sentences[0]:
        raise Undefined("Every output is empty.")
    views = stats.share(complex_ones, sentences)
    return Reading(views, float((sample.words.digests > 0).sum()), step=1 / sentences[0])
