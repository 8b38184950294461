"""What an eval set can see, and how many prompts it would take to see more.

More prompts lessen sampling noise alone: its variance falls with their number, for tail metrics with that of
tail prompts. What retraining adds stays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from metrics import stats
from metrics.core import Metric, TailwatchError
from metrics.detectable import Spread, needed, sureness
from metrics.moving import Moving
from metrics.narrowing import RUN
from metrics.planting import loss_between, worse_by
from metrics.retraining import PERSISTS

OUTPUTS, TAIL_PROMPTS = "outputs", "tail prompts"
LOSS, WITHIN, POWER = 0.10, RUN, 0.8
# What an eval set can see is said of a lineage of so many cycles: in younger ones a fall hides in part.
LONG = 20
# Further than this nobody would go; what needs more is said to be out of reach.
MOST_PROMPTS = 1_000_000
HALVINGS = 30
# A step that moves so many outputs or fewer is that of one of them.
ONE_OUTPUT = 1.5


@dataclass(frozen=True)
class Aim:
    """A share `loss` of a metric, to be seen within so many cycles with the chance `power`."""

    loss: float = LOSS
    within: int = WITHIN
    power: float = POWER

    def __post_init__(self) -> None:
        if not 0 < self.loss < 1:
            raise TailwatchError("A loss is a share between 0 and 1;", f"got {self.loss:g}.", "Take 0.1.")
        if not RUN <= self.within <= 100:
            raise TailwatchError(
                f"An alert needs {RUN} low cycles running, so a loss is seen within {RUN} to 100 cycles;",
                f"got {self.within}.",
            )
        if not 0.5 <= self.power <= 0.99:
            raise TailwatchError("Power is a chance from 0.5 to 0.99;", f"got {self.power:g}.", "Take 0.8.")


@dataclass(frozen=True)
class Detectable:
    """What one voter can see. `n` of `counts` (outputs, or tail prompts) are there.

    `seen`: the value to which it must fall from its `baseline` to be seen, a share `loss` of it; None where
    no fall is deep enough. `needed`: how many would show the loss that is aimed at; None where no number
    would, and `hidden` says by what. `retraining`: by what share of the baseline retrains alone differ (one
    standard deviation).
    """

    metric: str
    label: str
    counts: str
    n: float
    votes: bool
    baseline: float
    seen: float | None
    loss: float | None
    needed: int | None
    hidden: Literal["retraining", "step"] | None
    retraining: float


def counts(metric: Metric) -> str:
    """What the values of a metric rest on."""
    return TAIL_PROMPTS if "tail" in metric.needs else OUTPUTS


def detectables(moving: Moving, aim: Aim) -> list[Detectable]:
    """What each voter can see, the tail first."""
    places = [(i, p) for i, p in enumerate(moving.places) if p.like.slice is None and p.metric.votes]
    found = [_detectable(moving, i, aim) for i, p in places if p.like.n]
    return sorted(found, key=lambda d: (d.counts == OUTPUTS, d.label))


def _detectable(moving: Moving, i: int, aim: Aim) -> Detectable:
    place, now = moving.places[i], spread(moving, i)
    metric, n = place.metric, float(place.like.n or 0)
    baseline = float(stats.untransform(place.level, metric.scale))
    seen = seen_with(metric, baseline, now, 1.0, aim)
    apart, enough = (
        fallen(metric, baseline, math.sqrt(now.retraining)),
        _enough(metric, now, baseline, n, aim),
    )
    still = _enough(metric, replace(now, retraining=0.0), baseline, n, aim) if enough is None else None
    return Detectable(
        *(metric.name, metric.label, counts(metric), n, n >= metric.votes_from, baseline, seen),
        loss=None if seen is None else loss_between(metric, baseline, seen),
        needed=enough,
        hidden=None if enough is not None else "step" if still is None else "retraining",
        retraining=1.0 if apart is None else loss_between(metric, baseline, apart),
    )


def spread(moving: Moving, i: int) -> Spread:
    """What moves one place."""
    noise, place = moving.noise, moving.places[i]
    like, baseline = place.like, float(stats.untransform(place.level, place.metric.scale))
    return Spread(
        float(moving.sampling[i]),
        float(noise.likely[i]),
        float(noise.sampled[i]),
        PERSISTS * float(moving.lasting[i]),
        float(noise.carried[i]),
        moving.baseline,
        max(moving.cycles, LONG),
        least=least_step(place.metric, baseline, like.step),
        by_output=(like.step or 0.0) * (like.n or 0.0) <= ONE_OUTPUT,
        **_beside(moving),
    )


def _beside(moving: Moving) -> dict[str, Any]:
    """How many voters there are, and the share of retraining in what moves them."""
    places = [i for i, p in enumerate(moving.places) if p.like.slice is None and p.metric.votes]
    retrained, drawn = moving.noise.likely[places], moving.noise.sampled[places] * moving.sampling[places]
    whole = np.maximum(retrained + drawn, 1e-300)
    return {"beside": len(places), "unsteady": float((retrained / whole).mean())} if places else {}


def least_step(metric: Metric, baseline: float, step: float | None) -> float:
    """One step of a count on the metric's scale, where the value lies by the time that a loss is seen."""
    return float(stats.step_on_scale(worse_by(metric, baseline, LOSS), step, metric.scale))


def seen_with(metric: Metric, baseline: float, now: Spread, times: float, aim: Aim) -> float | None:
    """The value to which a metric must fall to be seen with so many times the prompts; None where none is."""
    return fallen(metric, baseline, needed(now.with_prompts(times), aim.within, aim.power))


def fallen(metric: Metric, baseline: float, distance: float) -> float | None:
    """The value that lies so far, on the metric's scale, on the bad side of a baseline; None where none does.

    >>> from metrics.core import METRICS
    >>> round(fallen(METRICS.get("dispersion"), 0.8, 0.1), 4)
    0.7239
    >>> fallen(METRICS.get("tail_recall"), 0.1, 1.0) is None
    True
    """
    level = float(stats.transform(baseline, metric.scale))
    moved = level - metric.sign * distance
    value = float(stats.untransform(moved, metric.scale))
    inside = metric.bounds[0] <= value <= metric.bounds[1]
    # Past the end of its scale a share stays at 0 or 1.
    back = float(stats.transform(value, metric.scale))
    return value if inside and math.isclose(back, moved, abs_tol=1e-9) else None


def _enough(metric: Metric, now: Spread, baseline: float, n: float, aim: Aim) -> int | None:
    """How many outputs or tail prompts show the loss that is aimed at, in two digits; None where none do."""
    goal = worse_by(metric, baseline, aim.loss)
    ends = [float(stats.transform(value, metric.scale)) for value in (baseline, goal)]
    fall = abs(ends[0] - ends[1])

    def sure(count: float) -> bool:
        return sureness(now.with_prompts(count / n), fall, aim.within) >= aim.power

    low, high = math.log(metric.votes_from), math.log(MOST_PROMPTS)
    if not sure(MOST_PROMPTS):
        return None
    for _ in range(HALVINGS if not sure(metric.votes_from) else 0):
        middle = (low + high) / 2
        low, high = (low, middle) if sure(math.exp(middle)) else (middle, high)
    return metric.votes_from if sure(metric.votes_from) else rounded_up(math.exp(high))


def rounded_up(count: float) -> int:
    """Two digits, rounded up: more would pretend to be known.

    >>> rounded_up(1234), rounded_up(87.2), rounded_up(200)
    (1300, 88, 200)
    """
    unit = int(10 ** max(math.floor(math.log10(count)) - 1, 0))
    return int(math.ceil(round(count / unit, 6)) * unit)
