"""Who is held out of a world for one seed: prompts, spares, reference and oracle; the rest is the pool."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_data.holdout import stream
from tests.benchmarks.lead_time.settings import Setting
from tests.benchmarks.lead_time.worlds.base import Bools, Floats, Ints, Texts

ORACLE = 4_000


@dataclass(frozen=True)
class Parts:
    """Row numbers of the disjoint parts; `weight` of each class among the prompts, `pull` of each pool row.

    `spare` are prompts that may come in for others; `oracle` tail texts that only the truth is read from.
    `pull` makes up for what the parts took from rare classes: pool rows drawn by it come in natural shares.
    """

    prompts: Ints
    spare: Ints
    reference: Ints
    oracle: Ints
    pool: Ints
    weight: Floats
    pull: Floats


def _first(rows: Ints, rare: Bools, number: int, half_tail: bool) -> Ints:
    """The first rows, or as many of the tail as of the rest."""
    if not half_tail:
        return rows[:number]
    halves = [rows[rare[rows] == kind][: number // 2] for kind in (True, False)]
    return np.concatenate(halves)


def _without(rows: Ints, taken: Ints) -> Ints:
    return rows[~np.isin(rows, taken)]


def parts(texts: Texts, reference: int, setting: Setting, seed: int) -> Parts:
    """Draw all parts of one seed."""
    section, classes = texts.pairs.section, len(texts.coder.sections)
    rare = texts.tail[section]
    rows = stream(seed, "parts").permutation(len(section))
    held, rows = rows[:reference], rows[reference:]
    asked = _first(rows, rare, setting.prompts, setting.half_tail)
    rows = _without(rows, asked)
    spare = _first(rows, rare, setting.prompts // 2, setting.half_tail)
    rows = _without(rows, spare)
    tail = rows[rare[rows]]
    oracle = tail[: min(ORACLE, len(tail) // 2)]
    pool = _without(rows, oracle)
    natural = np.bincount(section, minlength=classes) / len(section)
    shares = [np.bincount(section[part], minlength=classes) / len(part) for part in (asked, pool)]
    weight, pull = (np.divide(natural, share, out=np.ones(classes), where=share > 0) for share in shares)
    if not setting.half_tail:
        weight = np.ones(classes)
    return Parts(asked, spare, held, oracle, pool, weight, pull[section[pool]])
