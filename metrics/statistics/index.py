"""How low several metrics lie, all together."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from metrics import stats
from metrics.core import GROUPS, Undefined
from metrics.figures import statistic
from metrics.panel import Panel
from metrics.runs import run_scores
from metrics.spots import Spot


def _ends(spot: Spot) -> tuple[float, float]:
    """The jackknife's, each prompt group left out of every cycle; the normal movements stay as they are."""
    panel, at = spot.judged()
    point = index(spot)
    without = [_strength(panel, at, group) for group in range(GROUPS)]
    half = stats.t_quantile(0.975, GROUPS - 1) * stats.jackknife_se(without)
    return max(0.0, point - half), point + half


def _strength(panel: Panel, at: int, group: int) -> float:
    """The strength of all together here with one prompt group left out."""
    found = []
    for course, normal in zip(panel.courses, panel.normals, strict=True):
        moved = course.replicates[:, group]
        # A value without replicates stays as it is.
        known = np.where(np.isnan(moved), course.d, moved)
        found.append(run_scores(normal.scores(known), known, normal))
    return float(replace(panel, runs=tuple(found)).joint().strength[at])


@statistic(
    "index",
    "joint index, 1 at the line of the alarm",
    says="{} times the line of the alarm",
    subject="the joint index of {}",
    of="family",
    least=0.0,
    interval=_ends,
)
def index(spot: Spot) -> float:
    """How low the voting metrics of a family, or all of them, lie for two, three or five cycles running.

    What each lies beyond the usual is added up, against what so many healthy metrics that move as much alike
    come to in 1 of 400 cycles: at 1 the early warning rings, at 0 nothing is unusual. A cycle more
    than twice as low as any other of its run counts in part, three times as low not at all, until the next
    one is as low.
    """
    panel, at = spot.judged()
    found = float(panel.joint().strength[at])
    if math.isnan(found):
        raise Undefined("None of its metrics has had enough outputs to vote for two cycles running.")
    return found
