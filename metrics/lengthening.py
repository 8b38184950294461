"""Outputs that go on for longer than before, and are as rich: what lengthens them is not what narrows them.

Longer outputs alone make metrics fall that count per word, or that take the mean of a text: twice as many
words hold fewer than twice as many different ones (Heaps 1978, Information Retrieval). But a model that
collapses can ramble too. Its words come again, so that as many words of its outputs hold fewer different
ones; and it grows longer cycle by cycle. Neither excuses anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from metrics import text

# Fewer outputs are no evidence; of more, so many are looked at.
ENOUGH, MOST = 100, 2_000
# Numbers of words at which richness is noted.
AMOUNTS = (500, 1_000, 2_000, 4_000)
# Times as many words in an output, and the part of the different ones among as many words.
LONGER, RICH = 1.25, 0.85


@dataclass(frozen=True)
class Wording:
    """How many words an output has on average, each counted up to the token budget, as metrics see it.

    `different`: by number of words, which share of so many in a row, over several outputs, differ.
    """

    words: float
    different: Mapping[int, float] = field(default_factory=dict)


def of(rows: pd.DataFrame) -> Wording | None:
    """The wording of outputs; None where there are too few.

    Which of many are looked at, and in which order, is decided by their prompts: the same ones in each cycle.
    """
    order = np.argsort(rows["example_key"].to_numpy(np.int64).view(np.uint64), kind="stable")[:MOST]
    found = text.words(rows["output"].iloc[order])
    counts = np.diff(found.starts)
    if (counts > 0).sum() < ENOUGH:
        return None
    enough = [amount for amount in AMOUNTS if amount <= len(found.hashes)]
    different = {amount: len(np.unique(found.hashes[:amount])) / amount for amount in enough}
    return Wording(float(counts[counts > 0].mean()), different)


def longer(now: Wording, then: Wording) -> bool:
    """Whether outputs are much longer than others and as rich in words."""
    both = now.different.keys() & then.different.keys()
    if not both or now.words < LONGER * then.words:
        return False
    return now.different[max(both)] >= RICH * then.different[max(both)]


def unusual(now: Wording, then: Sequence[Wording]) -> bool:
    """Whether they are longer than all of others, and by more than those differ among themselves."""
    lengths = [each.words for each in then]
    apart = max(lengths) / min(lengths)
    return all(longer(now, each) for each in then) and now.words >= apart * max(lengths)
