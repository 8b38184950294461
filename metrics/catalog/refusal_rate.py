"""Refusal rate: how many outputs decline to answer."""

from metrics import stats
from metrics.core import Reading, metric
from metrics.sample import Sample

FILTERED = ("content_filter", "refusal", "safety")
OPENING = (
    r"(?i)^\s*(?:i['’]?m (?:very |really |so )?sorry|i am sorry|sorry, (?:but )?i|i apologi[sz]e,? but"
    r"|i (?:can(?:no|['’])t|can not|won['’]t|will not|am not able to|am unable to)"
    r"|i['’]m (?:not able|unable) to|as an ai\b|as a language model)"
)


@metric(
    "refusal_rate",
    label="Refusals",
    family="health",
    healthy="low",
    needs=("output",),
    scale="arcsine",
    interval="wilson",
    source="Xie et al. 2024, SORRY-Bench, arXiv:2406.14598 (refusals and their wording)",
)
def refusal_rate(sample: Sample) -> Reading:
    """Share of outputs, by natural weight, that a filter stopped or that open with a usual English refusal.

    A proxy by wording ("I cannot ...", "I'm sorry, but ...", "As an AI ..."). Range 0 to 1. Healthy: low.
    Refusals are alike, so a rise also lowers `distinct_2`: look here before calling that a narrowing. Blind
    to: refusals in other words and languages, and to answers that open so and then go on. A change of a few
    outputs among weighted ones has a 95 % interval that holds .92 of the time.

    >>> from metrics.sample import demo_sample
    >>> refusal_rate(demo_sample(output=["I'm sorry, but I can't help with that.", "Paris."])).value
    0.5
    """
    found = sample.frame["output"].astype("str").str.contains(OPENING, regex=True, na=False).to_numpy(bool)
    if sample.has("finish_reason"):
        found = found | sample.frame["finish_reason"].str.lower().isin(FILTERED).to_numpy(bool)
    n = stats.effective_n(sample.weight)
    return Reading(sample.mean(found), n, step=1 / n)
