"""What the early warning still lacks before it can speak, and the smallest loss that it would then see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from metrics import stats
from metrics.baselines import REFERENCE, count_text
from metrics.core import (
    FEWEST_BASELINE,
    GROUPS,
    NEEDED_TO_VOTE,
    History,
    Metric,
    MetricValue,
    Standing,
    Trend,
)
from metrics.detectable import Spread
from metrics.moving import comparable, learn
from metrics.narrowing import RUN
from metrics.panel import speaks, voters
from metrics.planning import LONG, TAIL_PROMPTS, Aim, counts, least_step, seen_with, spread

# Numbers of prompts that one thinks of, and how many times those there are the next one named is at least.
ROUND = (1, 2, 5)
TIMES = 2.5


def missing(history: History, position: int) -> str:
    """What is missing at a cycle at which nothing can be said yet, and the smallest loss that would be seen.

    It rests on that cycle and those before it. Meant for cycles that are `learning`.
    """
    past = _as_of(history, position)
    voting = voters(past)
    cycles = "" if _judged(past.standings) else _cycles(past.standings[-1])
    said = [cycles, _anew(past.standings), _too_few(voting), _would_see(past, voting)]
    return " ".join(words for words in said if words)


def _as_of(history: History, position: int) -> History:
    """The voters' history as it stood: a baseline that was still growing had the cycles until then."""
    past = history.until(position + 1)
    now = past.standings[-1].cycle

    def cut(trend: Trend) -> Trend:
        known = tuple(tuple(v for v in base if v.cycle <= now) for base in trend.baselines)
        return replace(trend, baselines=known)

    kept = {key: cut(t) for key, t in past.trends.items() if t.slice is None and t.metric.votes}
    return replace(past, trends=kept)


def _cycles(standing: Standing) -> str:
    if standing.cycle in standing.baseline:
        # Counted up to this cycle: what was said at the time is said again when more cycles are there.
        have = standing.baseline.index(standing.cycle) + 1
        needed = len(standing.baseline) if standing.complete else standing.wanted
        return f"Learning what normal looks like: {have} of {needed} baseline cycles."
    if standing.baseline == (REFERENCE,) and not standing.complete:
        cycles = count_text(standing.wanted)
        return f"Learning how much retraining moves it, which human texts do not say: {cycles} cycles do."
    if not standing.complete and max(standing.baseline, default=0) < 0:
        have = len(standing.baseline)
        return f"Learning what normal looks like: the baseline of its control is not whole, {have} so far."
    if not speaks(standing):
        return "Learning what normal looks like: the baseline lies after this cycle."
    return "Learning: the baseline stands; a verdict needs two cycles after it."


def _judged(standings: Sequence[Standing]) -> bool:
    """Whether there are cycles enough for a verdict, so that something else is missing."""
    now = standings[-1]
    return sum(speaks(s) and s.segment == now.segment for s in standings) >= RUN


def _anew(standings: Sequence[Standing]) -> str:
    """Why a lineage that was judged before is learning again."""
    now = standings[-1]
    began = next((s for s in standings if s.segment == now.segment and s.opens_segment), None)
    if began is None or began is now:
        return ""
    return f"It began anew at cycle {began.cycle}, which cannot be compared with those before: {began.note}."


def _too_few(voting: Sequence[Trend]) -> str:
    """Said from the first cycle on: a guard that can never speak must not look like one that is content."""
    if any(_gone(t) for t in voting):
        return ""
    able = [t for t in voting if _n(t) >= t.metric.votes_from]
    if not able and not any(v.status in ("ok", "too_few") for t in voting if (v := t.values[-1])):
        return (
            "No metric that votes can be measured, so no alert can come: they take texts, classes or vectors."
        )
    if not able and any(v.status == "ok" and v.n is None for t in voting if (v := t.values[-1])):
        return "No metric votes, so no alert can come: values need a column n, the number of their outputs."
    if not able:
        have = f"; {max(map(_n, voting)):.0f} are there" if any(map(_n, voting)) else ""
        return f"No metric has enough outputs to vote, so no alert can come: {NEEDED_TO_VOTE}{have}."
    thin = next((t for t in voting if counts(t.metric) == TAIL_PROMPTS and t not in able and _n(t)), None)
    if thin is None:
        return ""
    have = f"it has {_n(thin):.0f} tail prompts, and {thin.metric.votes_from} are needed"
    return f"{thin.metric.label} does not vote: {have}."


def _gone(trend: Trend) -> bool:
    """Whether it was measured in the baseline and is not now: then more outputs are not what is missing."""
    now = trend.values[-1]
    known = any(v.status == "ok" for v in trend.baselines[-1])
    return now is not None and now.status not in ("ok", "too_few") and known


def _n(trend: Trend) -> float:
    now = trend.values[-1]
    return (now.n or 0.0) if now is not None else 0.0


def _would_see(past: History, voting: Sequence[Trend]) -> str:
    """The smallest loss of the tail, or else of the first voter, with what is there and with more of it."""
    known = [(t, v) for t in voting if (v := t.values[-1]) is not None and v.status == "ok" and v.n]
    found = sorted(known, key=lambda each: counts(each[0].metric) != TAIL_PROMPTS)
    if not found:
        return ""
    trend, value = found[0]
    metric, n = trend.metric, value.n or 0.0
    learned = _learned(past, trend)
    now, noise = learned or (value.value or 0.0, _from_sampling(metric, value))
    if noise is None or not noise.deviation:
        return ""
    # Below what it votes with, what it would see with just as many as that.
    aim, have = Aim(), max(n, float(metric.votes_from))
    seen, then = (seen_with(metric, now, noise, count / n, aim) for count in (have, _more(have)))
    sampled = "" if learned else ", were sampling its only noise"
    sure = f"({aim.power:.0%} power in a lineage of {LONG} cycles{sampled})"
    least = "" if n >= metric.votes_from else ", the least that vote,"
    said = f"With {have:,.0f} {counts(metric)}{least} {_change(metric, now, seen)} would be seen {sure}"
    better = then is not None and (seen is None or f"{then:.2g}" != f"{seen:.2g}")
    return f"{said}; {_more(have):,} would show {then:.2g}." if better else f"{said}; more would not help."


def _change(metric: Metric, now: float, seen: float | None) -> str:
    way = "rise" if metric.healthy == "low" else "fall"
    if seen is None:
        return f"no {way} of {metric.label.lower()} from {now:.2g}"
    return f"a {way} of {metric.label.lower()} from {now:.2g} to {seen:.2g}"


def _more(n: float) -> int:
    """The next round number that is well above this one.

    >>> _more(60), _more(151), _more(800)
    (200, 500, 2000)
    """
    tens = 1
    while True:
        for digit in ROUND:
            if digit * tens >= TIMES * n:
                return digit * tens
        tens *= 10


def _learned(past: History, trend: Trend) -> tuple[float, Spread] | None:
    """The level of a voter and what moves it, from the cycles there are; None before these suffice."""
    if not any(_full_baseline(t, comparable(past)) for t in past.trends.values()):
        return None
    moving = learn(past, LONG)
    places = (i for i, p in enumerate(moving.places) if p.metric == trend.metric and p.like.slice is None)
    at = next(places, None)
    if at is None:
        return None
    return float(stats.untransform(moving.places[at].level, trend.metric.scale)), spread(moving, at)


def _full_baseline(trend: Trend, positions: Sequence[int]) -> bool:
    """Whether enough of these cycles can be compared, the last with a baseline of known values."""
    if len(positions) < FEWEST_BASELINE:
        return False
    return sum(v.status == "ok" for v in trend.baselines[positions[-1]]) >= FEWEST_BASELINE


def _from_sampling(metric: Metric, value: MetricValue) -> Spread | None:
    """The sampling variance of one value alone; paired by prompt it will be less."""
    if len(value.replicates) != GROUPS:
        return None
    own = stats.jackknife_se(stats.transform(value.replicates, metric.scale)) ** 2
    return Spread(own, least=least_step(metric, value.value or 0.0, value.step))
