"""Phrasings: what a baseline says again and again, word for word, in answer to different prompts.

They are frozen with the baseline, so that a later cycle can be asked which of them are going.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrics import grams, stats, text, traces
from metrics.core import GROUPS
from metrics.text import Hashes, Ints, Words

VERSION = "phrasings-1"
MOST_PHRASINGS = 40
LENGTHS = (2, 3, 4)
# Outputs of a mean baseline cycle that hold it: with fewer a fall could not be told from chance.
FEWEST_OUTPUTS = 8
# Prompt groups in which it stands: what one prompt asks for is no habit.
FEWEST_GROUPS = 6
# No baseline cycle holds it less often than this part of their mean: else it comes and goes by itself.
STEADY = 0.5
# What more than every other output says is the form of the answer.
MOST_OUTPUTS = 0.5
# How much its parts belong together, 0 by chance and 1 always: "of the" has .3 to .4, "in order to" .8.
TELLING = 0.5
# Two phrasings of which more than half of the outputs are the same say the same.
ALIKE = 0.5
LONGEST_NAME = 80
# Of larger baselines the first prompts by a hash are looked at.
MOST_TEXTS = 20_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Phrasings:
    """Word n-grams, most frequent first: the words of each, and the share of the outputs that hold it."""

    words: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The words of each with blanks between them."""
        return tuple(" ".join(each) for each in self.words)

    @cached_property
    def _hashes(self) -> dict[int, tuple[Ints, Hashes]]:
        """By number of words: which of the phrasings have it, and their grams."""
        found = {}
        for k in sorted({len(each) for each in self.words}):
            mine = [i for i, each in enumerate(self.words) if len(each) == k]
            hashes = text.hashed([word for i in mine for word in self.words[i]])
            found[k] = np.array(mine, np.int64), grams.keyed(hashes.reshape(-1, k))
        return found

    def held(self, words: Words, group: Ints) -> Floats:
        """How many texts of each prompt group hold each phrasing, (GROUPS, phrasings)."""
        counts = np.zeros((GROUPS, len(self.words)))
        for k, (mine, names) in self._hashes.items():
            which, source, _ = grams.places(words, names, k)
            np.add.at(counts, (group[source], mine[which]), 1.0)
        return counts

    def as_dict(self) -> dict[str, Any]:
        """Plain values, from which `from_dict` makes the same phrasings again."""
        return {"words": [list(each) for each in self.words], "shares": list(self.shares)}

    @staticmethod
    def from_dict(facts: Mapping[str, Any]) -> Phrasings:
        """The phrasings that `as_dict` wrote down."""
        return Phrasings(tuple(tuple(each) for each in facts["words"]), tuple(facts["shares"]))

    @staticmethod
    def of(shares: Mapping[str, float]) -> Phrasings:
        """From texts, whose words stand between blanks, and their shares."""
        return Phrasings(tuple(tuple(name.split()) for name in shares), tuple(shares.values()))


@dataclass(frozen=True)
class _Candidate:
    """An n-gram that may be chosen: the texts that hold it, and where the first of them says it.

    `place` is its first word, counted over all texts, and how many it has; `surprise` how much oftener it is
    said than its words would meet by chance, in nats.
    """

    key: int
    texts: Ints
    place: tuple[int, int]
    surprise: float


@dataclass(frozen=True)
class _Counted:
    """How often the grams of one length occur, their names in order; `likely` are the names that fit."""

    names: Hashes
    times: Ints
    likely: Hashes

    @staticmethod
    def of(words: Words, group: Ints, k: int, fewest: int) -> _Counted:
        """With those that stand in texts enough, but not in most, and in enough groups."""
        found = grams.count(words, group, k)
        texts = np.bincount(found.type, weights=found.texts)
        spread = np.bincount(found.type) >= FEWEST_GROUPS
        fits = (texts >= fewest) & (texts <= MOST_OUTPUTS * len(group)) & spread
        order = np.argsort(found.hashes)
        times = np.bincount(found.type, weights=found.times).astype(np.int64)
        return _Counted(found.hashes[order], times[order], found.hashes[fits])

    def of_rows(self, rows: Hashes) -> Ints:
        """How often the grams occur whose words stand in each row."""
        return self.times[np.searchsorted(self.names, grams.keyed(np.ascontiguousarray(rows)))]


def find(rows: pd.DataFrame) -> Phrasings | None:
    """The phrasings of the baseline cycles' outputs, pooled; None where there is none.

    An n-gram of 2 to 4 words that holds together however it is cut in two: its normalised pointwise mutual
    information (Bouma 2009, Normalized (pointwise) mutual information in collocation extraction, GSCL) is
    TELLING at its weakest joint. So a frequent word next to another one is none, and one at the end of a
    phrase is left off. Of n-grams that stand in the same outputs one is chosen, that which is said least
    by chance: mostly the longest. Half of them come from those said hardly often enough to be counted, half
    of the rest from those said up to twice as often, and so on.
    """
    rows = _drawn(rows)
    words, group = traces.words(rows), stats.groups(rows["example_id"])
    cycle, cycles = pd.factorize(rows["cycle"])
    fewest = FEWEST_OUTPUTS * len(cycles)
    counted = {k: _Counted.of(words, group, k, fewest) for k in (1, *LENGTHS)}
    found = [c for k in LENGTHS for c in _candidates(words, counted, k)]
    steady = [c for c in found if _is_steady(np.bincount(cycle[c.texts], minlength=len(cycles)))]
    chosen: dict[str, tuple[tuple[str, ...], float]] = {}
    for each in islice(_apart(_spread(steady, fewest), len(rows)), MOST_PHRASINGS):
        said = _said(rows, words, each)
        if len(name := " ".join(said)) <= LONGEST_NAME:
            chosen.setdefault(name, (said, len(each.texts) / len(rows)))
    ordered = sorted(chosen.values(), key=lambda one: (-one[1], one[0]))
    return Phrasings(*zip(*ordered, strict=True)) if ordered else None


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """About MOST_TEXTS of the outputs: of the same prompts in every cycle."""
    if len(rows) > MOST_TEXTS:
        key = stats.hashed(rows["example_id"])
        rows = rows[key <= np.partition(key, MOST_TEXTS)[MOST_TEXTS]]
    return rows.reset_index(drop=True)


def _candidates(words: Words, counted: Mapping[int, _Counted], k: int) -> Iterator[_Candidate]:
    """The k-grams that fit and hold together."""
    names = np.sort(counted[k].likely)
    which, source, at = grams.places(words, names, k)
    order = np.argsort(which, kind="stable")
    borders = np.searchsorted(which[order], np.arange(len(names) + 1))
    first = at[order[borders[:-1]]]
    said = words.hashes[first[:, None] + np.arange(k)]
    times, total = counted[k].of_rows(said), len(words.hashes)
    joints = [
        np.log(times * total / (counted[j].of_rows(said[:, :j]) * counted[k - j].of_rows(said[:, j:])))
        for j in range(1, k)
    ]
    holds = np.min(joints, axis=0) / -np.log(times / total)
    alone = np.sum([np.log(counted[1].of_rows(said[:, [j]]) / total) for j in range(k)], axis=0)
    surprise = np.log(times / total) - alone
    for i in np.flatnonzero(holds >= TELLING):
        texts = source[order[borders[i] : borders[i + 1]]]
        yield _Candidate(int(names[i]), texts, (int(first[i]), k), float(surprise[i]))


def _is_steady(outputs: Ints) -> bool:
    return bool(outputs.min() >= STEADY * outputs.mean())


def _spread(found: Sequence[_Candidate], fewest: int) -> list[_Candidate]:
    """In the order of choice: the first of those said rarely, and of every further band half as many."""
    bands: dict[int, list[_Candidate]] = {}
    for each in sorted(found, key=lambda c: (-c.surprise, c.key)):
        bands.setdefault(int(np.log2(len(each.texts) / fewest)), []).append(each)
    places = [((rank + 1) * 2**band, band, rank) for band, mine in bands.items() for rank in range(len(mine))]
    return [bands[band][rank] for _, band, rank in sorted(places)]


def _apart(found: Sequence[_Candidate], texts: int) -> Iterator[_Candidate]:
    """Those that do not say the same as one before."""
    before, sizes = np.zeros((0, texts), bool), np.zeros(0)
    for each in found:
        both = before[:, each.texts].sum(axis=1)
        if np.any(both > ALIKE * (sizes + len(each.texts) - both)):
            continue
        own = np.zeros((1, texts), bool)
        own[0, each.texts] = True
        before, sizes = np.concatenate((before, own)), np.append(sizes, len(each.texts))
        yield each


def _said(rows: pd.DataFrame, words: Words, of: _Candidate) -> tuple[str, ...]:
    """The words of a candidate, read in the first text that says it."""
    row = int(of.texts[0])
    first = of.place[0] - int(words.starts[row])
    actions = rows["actions"].iloc[row] if "actions" in rows else None
    told = text.tokenize(rows["output"].iloc[row]) if actions is None else list(actions)
    return tuple(told[first : first + of.place[1]])
