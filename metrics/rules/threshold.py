"""A user's own rule: a statistic beyond a line, for so many cycles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metrics import figures
from metrics.core import Finding, History, Judgement, Trend, Undefined, rule
from metrics.figures import STATISTICS, Figure
from metrics.panel import speaks, voters
from metrics.spots import Judging, Spot
from metrics.terms import ALL_VOTERS, WINDOW, checked, lasting, said


@dataclass(frozen=True)
class Step:
    """What a rule sees at one cycle: the figure, or why there is none; `run` is since when it is beyond."""

    cycle: int
    figure: Figure | None = None
    unknown: str | None = None
    run: tuple[int, ...] = ()


@rule("threshold", "Threshold")
def threshold(history: History, options: Mapping[str, Any]) -> Sequence[Judgement]:
    """Fires when a statistic of a metric, or of a family, is beyond a line for so many cycles in a row.

    Options: see `metrics.terms.checked`. By its point, or by its whole 95 % interval beyond the line. Speaks
    once the baseline stands. A cycle at which the statistic is unknown breaks a row of cycles.
    """
    terms = checked(options)
    return [Judgement(s.cycle, _findings(s, terms)) for s in follow(history, terms)]


def follow(history: History, terms: Mapping[str, Any]) -> Iterator[Step]:
    """Go through the cycles with checked terms; each step rests on its cycle and earlier ones alone."""
    trends, judging = watched(history, terms), Judging(history.standings, beside(history, terms))
    run: tuple[int, ...] = ()
    for position, standing in enumerate(history.standings):
        if not speaks(standing) or standing.opens_segment:
            run = ()
            yield Step(standing.cycle)
            continue
        try:
            window = terms.get("window", WINDOW)
            figure = _figure(Spot(history.standings, position, trends, window, judging), terms)
        except Undefined as reason:
            run = ()
            yield Step(standing.cycle, unknown=str(reason))
            continue
        run = (*run, standing.cycle) if _beyond(figure, terms) else ()
        yield Step(standing.cycle, figure, run=run)


def watched(history: History, terms: Mapping[str, Any]) -> tuple[Trend, ...]:
    """The trends that a rule looks at: one metric's, or those of the voters of a family, in order of name."""
    part = terms.get("slice")
    if "metric" in terms:
        one = history.trends.get((terms["metric"], part))
        return (one,) if one else ()
    family = terms["family"]
    found = [t for t in history.trends.values() if t.slice == part and t.metric.votes]
    mine = (t for t in found if family in (ALL_VOTERS, t.metric.family))
    return tuple(sorted(mine, key=lambda trend: trend.metric.name))


def beside(history: History, terms: Mapping[str, Any]) -> tuple[Trend, ...]:
    """The trends that those are judged beside: what votes in the early warning is judged with the others."""
    own = watched(history, terms)
    together = STATISTICS.get(terms["statistic"]).side_by_side and terms.get("slice") is None
    return tuple(voters(history)) if together and any(t.metric.votes for t in own) else own


def _figure(spot: Spot, terms: Mapping[str, Any]) -> Figure:
    if not spot.trends:
        raise Undefined("It was not measured.")
    statistic = STATISTICS.get(terms["statistic"])
    figure = Figure(statistic.compute(spot))
    # The interval holds the point, and costs more: it is only asked for where the point is beyond.
    if terms["evidence"] == "point" or not _beyond(figure, terms):
        return figure
    return Figure(figure.point, figures.interval(statistic, spot))


def _beyond(figure: Figure, terms: Mapping[str, Any]) -> bool:
    low, high = figure.ends or (figure.point, figure.point)
    return bool(low > terms["line"] if terms["comparator"] == "above" else high < terms["line"])


def _findings(step: Step, terms: Mapping[str, Any]) -> tuple[Finding, ...]:
    if step.figure is None or len(step.run) < terms["for_cycles"]:
        return ()
    low, high = step.figure.ends or (None, None)
    evidence = {
        "number": step.figure.point, "low": low, "high": high, "line": terms["line"],
        "statistic": terms["statistic"],
    }  # fmt: skip
    message = f"{said(terms, step.figure)}{lasting(len(step.run))}."
    return (
        Finding(terms["severity"], terms.get("metric"), terms.get("slice"), step.run[0], message, evidence),
    )
