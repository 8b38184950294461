"""Where a metric is going: its next cycles, and when a line will be crossed, or that nobody can say.

A metric's distance from its baseline is followed as `damped` says. The interval of a cycle ahead holds the
middle four fifths of the futures; a future has crossed the line from the first cycle on at which it lies
beyond it. So the bounds of the crossing are those at which the predictions meet the line, as by Fieller
(1954), and not an error put around their middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrics import damped, stats
from metrics.core import GROUPS, History, Metric, MetricValue, Standing, Trend
from metrics.deviations import error_on_scale, learned_noise

Floats = npt.NDArray[np.float64]

FAN, FEWEST = 5, 5
LOW, HIGH = 0.1, 0.9
# Falls slow down more often than not: on the tuning seeds, what came in 7 of 10 futures came true in half to
# nine tenths of the series, what came in 5 of 10 in a quarter to eight tenths.
EARLY, LIKELY = 0.1, 0.7
LOSS, QUALITY_LOSS = 0.20, 0.05


@dataclass(frozen=True)
class Ahead:
    """A metric at a future cycle: the ends of the 80 % interval of its value, and the middle."""

    cycle: int
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Forecast:
    """What can be said after one cycle, from it and those before it, of the cycles to come.

    `fan`: the next FAN cycles. `loss`: the share of the baseline whose loss is asked about, None where it
    has no meaning; `crossed`: it is lost already. `earliest`: not before this cycle, None where it is
    unlikely for as far as anybody looks. `likely`: more likely than not by this cycle, None where that
    cannot be bounded.
    """

    cycle: int
    fan: tuple[Ahead, ...]
    loss: float | None = None
    crossed: bool = False
    earliest: int | None = None
    likely: int | None = None


@dataclass(frozen=True)
class Seen:
    """The distances from the baseline up to a cycle, on the metric's scale turned so that down is bad.

    NaN is unknown. `variance`: what sampling makes each vary by, known with so many degrees of `freedom`.
    `centre`: the baseline at the last of them, on the same scale.
    """

    distances: Floats
    variance: Floats
    freedom: float
    centre: float


def forecast(
    standings: Sequence[Standing], trend: Trend, position: int, loss: float | None = None
) -> Forecast | None:
    """What the cycles up to one position say of those after it.

    `loss` is the share of the baseline whose loss is asked about: by default a twentieth of what tells
    quality, a fifth of all else. None where too little is known: no baseline, no value now, fewer than
    FEWEST cycles, or nothing that says how much the metric moves by itself.
    """
    seen = so_far(standings, trend, position)
    if seen is None:
        return None
    drawn = damped.futures(seen.distances, seen.variance, seen.freedom)
    cycle, gap = standings[position].cycle, _gap(standings, position)
    ends = np.quantile(drawn[:FAN], (LOW, 0.5, HIGH), axis=1).T
    fan = tuple(_ahead(trend.metric, seen, cycle + gap * h, e) for h, e in enumerate(ends, start=1))
    loss = usual_loss(trend.metric) if loss is None else loss
    line = line_at(trend.metric, seen.centre, loss)
    if line is None:
        return Forecast(cycle, fan)
    if seen.distances[-1] <= line:
        return Forecast(cycle, fan, loss, crossed=True)
    earliest, likely = (None if h is None else cycle + gap * h for h in crossing(drawn, line))
    return Forecast(cycle, fan, loss, False, earliest, likely)


def usual_loss(metric: Metric) -> float:
    """The loss that is asked about: a twentieth of quality is a drop, a fifth of all else a collapse."""
    return QUALITY_LOSS if metric.family == "quality" else LOSS


def line_at(metric: Metric, centre: float, loss: float) -> float | None:
    """The distance at which a share of the baseline is lost; of a rate that should be low there is none."""
    base = float(stats.untransform(centre, metric.scale))
    if metric.healthy != "high" or base <= 0:
        return None
    return float(stats.transform(base * (1 - loss), metric.scale)) - centre


def crossing(drawn: Floats, line: float) -> tuple[int | None, int | None]:
    """In how many cycles a line is crossed: not before, and more likely than not by; None is unbounded.

    `drawn` are the futures, (cycles, draws), as `damped.futures` gives them.
    """
    chances = np.maximum.accumulate(drawn <= line, axis=0).mean(axis=1)
    early, late = (np.flatnonzero(chances >= chance) for chance in (EARLY, LIKELY))
    return int(early[0]) + 1 if len(early) else None, int(late[0]) + 1 if len(late) else None


def _gap(standings: Sequence[Standing], position: int) -> int:
    """How far the cycles' numbers lie apart: the next is named as those before it."""
    steps = np.diff([s.cycle for s in standings[: position + 1]])
    return int(np.median(steps)) if len(steps) else 1


def _ahead(metric: Metric, seen: Seen, cycle: int, ends: Floats) -> Ahead:
    values = stats.untransform(_sign(metric) * (seen.centre + ends), metric.scale)
    low, middle, high = sorted(map(float, values))
    return Ahead(cycle, low, middle, high)


def so_far(standings: Sequence[Standing], trend: Trend, position: int) -> Seen | None:
    """What was seen up to one position of what is compared with the same baseline; None is too little."""
    now, base = standings[position], trend.baselines[position]
    if not now.complete or now.cycle <= max(now.baseline, default=now.cycle):
        return None
    # What lies before a pinned baseline, such as an untuned first model, is another story.
    mine = [i for i in range(position + 1) if standings[i].segment == now.segment]
    mine = [i for i in mine if standings[i].cycle >= min(now.baseline)]
    values = [trend.values[i] for i in mine]
    found = [_moved(trend.metric, v, trend.baselines[i]) for i, v in zip(mine, values, strict=True)]
    distances = np.array([np.nan if f is None else f[0] for f in found])
    if np.isnan(distances[-1]) or np.isfinite(distances).sum() < FEWEST:
        return None
    variance, freedom = _noise(_errors(trend.metric, values, found), distances)
    return Seen(distances, variance, freedom, _centre(trend.metric, base)) if variance[-1] > 0 else None


def _sign(metric: Metric) -> float:
    return -1.0 if metric.healthy == "low" else 1.0


def _centre(metric: Metric, baseline: Sequence[MetricValue]) -> float:
    known = [b.value for b in baseline if b.value is not None]
    return _sign(metric) * float(np.mean(stats.transform(known, metric.scale)))


def _moved(
    metric: Metric, value: MetricValue | None, baseline: Sequence[MetricValue]
) -> tuple[float, Floats] | None:
    """A value's distance from the baseline measured alike, and its replicates where every side has them."""
    base = [b for b in baseline if b.value is not None]
    if value is None or value.value is None or not base:
        return None
    sign = _sign(metric)
    distance = sign * float(stats.transform(value.value, metric.scale)) - _centre(metric, base)
    if not all(len(v.replicates) == GROUPS for v in (value, *base)):
        return distance, np.zeros(0)
    beside = np.mean([stats.transform(b.replicates, metric.scale) for b in base], axis=0)
    return distance, np.asarray(sign * (stats.transform(value.replicates, metric.scale) - beside), float)


def _errors(
    metric: Metric, values: Sequence[MetricValue | None], found: Sequence[tuple[float, Floats] | None]
) -> Floats:
    """What sampling moves each cycle by; NaN where nothing tells.

    Where there are replicates, of the paired change from the cycle before: what a prompt brings to both is
    no noise.
    """
    errors = np.full(len(values), np.nan)
    for i, (value, now) in enumerate(zip(values, found, strict=True)):
        before = found[i - 1] if i else None
        if value is None or value.value is None or now is None:
            continue
        if before is not None and len(before[1]) and len(now[1]):
            errors[i] = stats.jackknife_se(now[1] - before[1]) / np.sqrt(2)
        elif value.stderr is not None:
            errors[i] = error_on_scale(value.value, value.stderr, metric.scale)
        # No less than one step of a count, however saturated.
        errors[i] = np.fmax(errors[i], stats.step_on_scale(value.value, value.step, metric.scale) or np.nan)
    return errors


def _noise(errors: Floats, distances: Floats) -> tuple[Floats, float]:
    """Each cycle's variance with its degrees of freedom; learned from the steps so far where none is told."""
    if not np.nansum(errors) > 0:
        learned, freedom = learned_noise(distances[np.isfinite(distances)])
        return np.full(len(errors), learned**2), freedom
    usual = float(np.nanmean(errors**2))
    # Twenty replicates tell a variance badly: each cycle's own is taken half way to that of all.
    return (np.where(np.isnan(errors), usual, errors**2) + usual) / 2, GROUPS - 1.0


def forecast_sentence(history: History, position: int, metric: str, slice: str | None = None) -> str:
    """In words, when a metric will have lost a fifth of its baseline, and mean score a twentieth.

    From the cycles up to one position; empty where nothing can be said, or all is lost already.
    """
    keys = dict.fromkeys([(metric, slice), ("mean_score", None)])
    trends = [history.trends[key] for key in keys if key in history.trends]
    return together([in_words(t.metric.label, forecast(history.standings, t, position)) for t in trends])


def together(said: Sequence[str]) -> str:
    """What is said of several metrics, under the one condition that all of it has; without what is empty."""
    known = " ".join(words for words in said if words)
    return f"If it goes on like this: {known}" if known else ""


def in_words(label: str, found: Forecast | None) -> str:
    """What is said of one metric; empty where nothing can be, or all is lost already."""
    if found is None or found.loss is None or found.crossed:
        return ""
    lost, following = f"lost {found.loss:.0%} of its baseline", found.fan[0].cycle
    if found.earliest is None:
        return f"{label}: cannot bound when it will have {lost}, nothing points there yet."
    if found.likely == following:
        return f"{label} will more likely than not have {lost} with the next cycle."
    begun = f"{label} will have {lost} not before cycle {found.earliest}"
    if found.earliest == following:
        begun = f"{label} may have {lost} with the next cycle"
    end = (
        "by when cannot be bounded"
        if found.likely is None
        else f"more likely than not by cycle {found.likely}"
    )
    return f"{begun}, {end}."
