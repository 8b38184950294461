"""How unusual it is that metrics stay low for some cycles running, each alone and all together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import ndtr, ndtri

from metrics.deviations import Course, Floats
from metrics.noise import RUNS, Normal

# What is less unusual than this adds nothing, so that ten calm metrics do not hide one that falls.
CUT = 1.75
# How often one cycle of a healthy lineage is over the line. Chosen on tuning seeds of the benchmark.
CHANCE = 0.0025
# Errors of sampling are on the safe side, what few retrainings say of their noise is not: where that is more
# than the first share of what moves a lineage the line is drawn for less, an eighth from the second on.
STEADY, UNSTEADY, RARER = 0.2, 0.4, 8.0
# A cycle so many times as far below its baseline as any other of its run begins to be an outlier in it, and
# from the second number on is one: it does not make two of a cycle that lies low by chance beside it. If the
# fall lasts, the next cycle is as low. On tuning seeds of the benchmark it costs up to .1 cycles of delay.
ODD, OUTLIER = 2.0, 3.0
# Until a lineage shows how alike its metrics move, this much, as if seen in so many steps.
ALIKE, ALIKE_STEPS = 0.15, 8.0
_DRAWS, _SEEN, _ROUNDED = 100_000, 0.0003, 0.05
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(41)


def run_scores(scores: Floats, d: Floats, normal: Normal) -> dict[int, Floats]:
    """For each of RUNS, (cycles,): the normal score of the chance that all its cycles lie as low as they do.

    NaN where one of them is unknown. The cycles of a run are alike by their baseline and by what is carried
    over, and are taken as equally correlated. An outlier among them, by their distances `d`, tells nothing.
    """
    found = {}
    for run in RUNS:
        windows = np.full((len(scores), run), np.nan)
        if len(scores) >= run:
            windows[run - 1 :] = sliding_window_view(scores, run)
        told = run - _outlying(d, run)
        found[run] = all_below(windows.max(axis=1), normal.alike[run], told)
    return found


def _outlying(d: Floats, run: int) -> Floats:
    """How much of an outlier the lowest cycle of the run that ends in each is beside the next lowest, 0 to 1.

    >>> _outlying(np.array([-1.0, -2.0, -5.0, -4.0, -12.0, 0.0]), 2).tolist()
    [0.0, 0.0, 0.5, 0.0, 1.0, 1.0]
    """
    found = np.zeros(len(d))
    if len(d) >= run:
        lowest, following = np.partition(sliding_window_view(d, run), 1, axis=1)[:, :2].T
        # Values go up to 1e60: no quotient overflows where the next lowest is not low at all.
        times = lowest / np.minimum(following, -1e-200)
        found[run - 1 :] = np.clip((times - ODD) / (OUTLIER - ODD), 0.0, 1.0)
    return found


def all_below(highest: Floats, alike: Floats, run: int | Floats) -> Floats:
    """The normal score of the chance that `run` equally correlated normal values all lie below.

    Two that are independent lie below 0 in a quarter of cases, two that are half alike in a third:

    >>> all_below(np.zeros(2), np.array([0.0, 0.5]), 2).round(2).tolist()
    [-0.67, -0.43]
    """
    # Beyond .97 the nodes lie too far apart.
    shared = np.clip(alike, 0.0, 0.97)[:, None]
    inner = (highest[:, None] - np.sqrt(shared) * _NODES) / np.sqrt(1 - shared)
    chance = (ndtr(inner) ** np.reshape(run, (-1, 1))) @ (_WEIGHTS / _WEIGHTS.sum())
    return np.asarray(ndtri(np.clip(chance, 1e-15, 1 - 1e-12)), float)


def rarer(retrained: Floats) -> Floats:
    """What the chance of a run to be over the line is multiplied by, (RUNS, cycles).

    `retrained`, (cycles,), is the share of noise between retrainings; what counts is that before the run,
    so that a fall does not hide itself.

    >>> rarer(np.array([0.0, 0.2, 0.275, 0.4, 1.0])).round(2)[0].tolist()
    [1.0, 1.0, 1.0, 0.5, 0.12]
    """
    beyond = np.clip((retrained - STEADY) / (UNSTEADY - STEADY), 0.0, 1.0)
    # In sixths, so that few lines are drawn.
    factor = RARER ** -(np.round(beyond * 6) / 6)
    before = [np.maximum(np.arange(len(factor)) - run + 1, 0) for run in RUNS]
    return np.asarray(factor[np.array(before)], float)


@dataclass(frozen=True)
class Joint:
    """All voting metrics together after each cycle, both (cycles,).

    `strength`: how low their runs lie beside the line, 1 at the line; NaN where none is known. `run`: the
    number of cycles of the run that is lowest.
    """

    strength: Floats
    run: npt.NDArray[np.int64]


def together(
    scores: Sequence[Mapping[int, Floats]],
    votes: npt.NDArray[np.bool_],
    alike: Floats,
    chance: float | Floats = CHANCE,
) -> Joint:
    """Sum what runs lie beyond CUT, over the metrics that vote (metrics, cycles), against the line.

    `chance` is that of one cycle, (cycles,), or (RUNS, cycles).
    """
    strength = np.full((len(RUNS), len(alike)), np.nan)
    rare = np.broadcast_to(chance, strength.shape)
    for i, run in enumerate(RUNS):
        each = np.array([s[run] for s in scores]).reshape(len(scores), len(alike))
        known = votes & ~np.isnan(each)
        beyond = np.where(known, np.maximum(-CUT - each, 0.0), 0.0).sum(axis=0)
        for at in np.flatnonzero(known.any(axis=0)):
            near = round(alike[at] / _ROUNDED) * _ROUNDED
            strength[i, at] = beyond[at] / line(int(known[:, at].sum()), near, float(rare[i, at]))
    best = np.nan_to_num(strength, nan=-1.0).argmax(axis=0)
    return Joint(strength[best, np.arange(len(alike))], np.array(RUNS)[best])


def apart(
    scores: Sequence[Mapping[int, Floats]], votes: npt.NDArray[np.bool_], chance: float | Floats
) -> list[Joint]:
    """Each metric for itself, so that any of them rings in one cycle as rarely as `chance` (Bonferroni).

    `chance` is that of one cycle, (cycles,), or (RUNS, cycles).
    """
    rare = np.broadcast_to(chance, (len(RUNS), votes.shape[1]))
    own = ndtri(rare / np.maximum(votes.sum(axis=0), 1))
    found = []
    for each, able in zip(scores, votes, strict=True):
        low = np.array([each[run] for run in RUNS])
        strength = np.where(able, low / own, np.nan)
        best = np.nan_to_num(strength, nan=-np.inf).argmax(axis=0)
        found.append(Joint(strength[best, np.arange(own.shape[1])], np.array(RUNS)[best]))
    return found


def alikeness(courses: Sequence[Course], cycles: int) -> Floats:
    """Before each of so many cycles: the mean correlation between the steps of two metrics, towards ALIKE.

    It is that of the metrics that are known: one that is never measured says nothing of the others.
    """
    found = np.full(cycles, ALIKE)
    if not courses:
        return found
    steps = np.diff(np.array([c.d for c in courses]), axis=1)
    for at in range(2, cycles):
        before = steps[:, : at - 1]
        known = ~np.isnan(before)
        size = np.nan_to_num(before)
        scale = np.sqrt((size**2).sum(axis=1) / np.maximum(known.sum(axis=1), 1) + 1e-300)
        unit, count = size / scale[:, None], known.sum(axis=0)
        told = count > 1
        pairs = ((unit.sum(axis=0) ** 2 - (unit**2).sum(axis=0))[told] / (count * (count - 1))[told]).sum()
        found[at] = (pairs + ALIKE * ALIKE_STEPS) / (told.sum() + ALIKE_STEPS)
    return np.asarray(np.clip(found, 0.0, 0.95), float)


@lru_cache(maxsize=512)
def line(metrics: int, alike: float, chance: float = CHANCE) -> float:
    """How much so many healthy metrics, equally correlated, lie beyond CUT together this rarely (seeded).

    One alone lies beyond ndtri(.0025) = -2.81, which is 1.06 beyond CUT:

    >>> round(line(1, 0.0), 1)
    1.1
    """
    beyond = _beyond(metrics, alike)
    # Rarer than the draws can show it goes on as it fell off before: by the logarithm of the chance.
    near, far = (float(-np.quantile(beyond, c)) for c in (_SEEN * 10, _SEEN))
    if chance >= _SEEN:
        return float(-np.quantile(beyond, chance))
    return far + (far - near) * math.log10(_SEEN / chance)


@lru_cache(maxsize=64)
def _beyond(metrics: int, alike: float) -> Floats:
    shared, own = _draws(metrics)
    drawn = np.sqrt(alike) * shared + np.sqrt(1 - alike) * own
    return np.asarray(np.minimum(drawn + CUT, 0).sum(axis=1), float)


@lru_cache(maxsize=2)
def _draws(metrics: int) -> tuple[Floats, Floats]:
    """What moves so many metrics alike, (draws, 1), and each alone, (draws, metrics)."""
    rng = np.random.default_rng(metrics)
    return rng.standard_normal((_DRAWS, 1)), rng.standard_normal((_DRAWS, metrics))
