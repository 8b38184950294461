"""Phrasing survival: how many of the baseline's phrasings are still in use, and each of them."""

import numpy as np

from metrics import stats
from metrics.core import Reading, Undefined, metric
from metrics.parts import PHRASING
from metrics.sample import Sample

TIMES = 3


@metric(
    "phrasing_survival",
    label="Phrasings still in use",
    family="tail",
    healthy="high",
    needs=("output", "phrasings"),
    scale="arcsine",
    source="Hurlbert 1971, The nonconcept of species diversity, Ecology 52; Bouma 2009, GSCL",
)
def phrasing_survival(sample: Sample) -> Reading:
    """Share of the baseline's phrasings found where each used to be found three times; and each phrasing.

    Phrasings are up to 40 word n-grams frozen with the baseline: 2 to 4 words that belong together and that
    it said in answer to different prompts, most of them rare. Of each, the chance that it stands in at least
    one of 3 / share outputs drawn from the cycle, its share being that in the baseline; their mean is the
    value. So one that is said more often makes up for none that is gone. About .95 while nothing changes,
    .78 with all said half as often. Each phrasing has a value of its own, the share of outputs that hold it.
    `raw` is the share of them found at all. Range 0 to 1. Healthy: high. Blind to: what was said too rarely
    to be counted (see `rare_ngram_survival`), and to a loss of meanings, not wordings (see `coverage`). They
    were chosen for being said often in the baseline, so that later cycles read a little less even when
    nothing changes: on the healthy sample data .95 after .965. The 95 % intervals of changes are
    conservative: .98 hold.

    Two phrasings once stood in half of the outputs: "it depends" still does, "not sure" is gone. Three of
    the six outputs miss the first with a chance of 1 in 20:

    >>> from metrics.sample import demo_sample
    >>> texts = ["it depends"] * 3 + ["yes it is"] * 3
    >>> reading = phrasing_survival(demo_sample(output=texts, phrasings={"it depends": 1.0, "not sure": 0.5}))
    >>> round(reading.value, 3), reading.parts["phrasing:it depends"].value
    (0.475, 0.5)
    """
    frozen = sample.comparison.phrasings
    assert frozen is not None
    if not (np.diff(sample.words.starts) > 1).any():
        raise Undefined("No output is 2 words long.")
    held, outputs = stats.left_out(frozen.held(sample.words, sample.group)), sample.outputs[:, None]
    drawn = np.minimum(np.ceil(TIMES / np.array(frozen.shares)), sample.sizes[:, None])
    found = 1 - stats.unseen(held, outputs, drawn)
    shares = stats.share(held, np.broadcast_to(outputs, held.shape))
    step = 1 / sample.n
    parts = {
        f"{PHRASING}{name}": Reading(shares[:, i], sample.n, step=step) for i, name in enumerate(frozen.names)
    }
    views = sample.of_some(found.mean(axis=1)).clip(0.0, 1.0)
    return Reading(views, sample.n, raw=float((held[0] > 0).mean()), step=step, parts=parts)
