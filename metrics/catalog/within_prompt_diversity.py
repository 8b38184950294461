"""Within-prompt diversity: do several answers to one prompt say it differently?"""

from dataclasses import replace

import numpy as np

from metrics import grams, stats
from metrics.core import GROUPS, Reading, Undefined, metric
from metrics.sample import Sample


@metric(
    "within_prompt_diversity",
    label="Diversity within a prompt",
    family="diversity",
    healthy="high",
    needs=("output", "several outputs of a prompt"),
    scale="log",
    source="Tevet and Berant 2021, Evaluating the evaluation of diversity in NLG, EACL",
)
def within_prompt_diversity(sample: Sample) -> Reading:
    """Different word pairs among the outputs of one prompt over all word pairs there, pooled over prompts.

    Only prompts with several outputs count; compare cycles with equally many outputs a prompt. Range 0 to 1.
    Healthy: high. Blind to: prompts that are all answered alike (see `distinct_2`, pooled over everything),
    and to meaning (see `within_prompt_dispersion`).

    One prompt says ab twice (1 of 2 different), the other ab and cd (2 of 2); 3 of 4:

    >>> from metrics.sample import demo_sample
    >>> asked = ["p", "p", "q", "q"]
    >>> within_prompt_diversity(demo_sample(example_id=asked, output=["a b", "a b", "a b", "c d"])).value
    0.75
    """
    several = np.bincount(sample.prompt)[sample.prompt] > 1
    words = sample.words
    # A word of one prompt is another word in the next: then pairs are told apart by prompt.
    salt = np.repeat(stats.hashed(sample.frame["example_id"]), np.diff(words.starts))
    salted, rest = replace(words, hashes=words.hashes ^ salt), np.where(several, sample.group, GROUPS)
    asked = grams.count(salted, rest, 2)
    kept = asked.group < GROUPS
    types = stats.left_out(np.bincount(asked.group[kept], minlength=GROUPS))
    total = stats.left_out(np.bincount(asked.group[kept], weights=asked.times[kept], minlength=GROUPS))
    if not total[0]:
        raise Undefined("No prompt has several outputs of 2 words.")
    return Reading(stats.share(types, total), int(several.sum()), step=1 / total[0])
