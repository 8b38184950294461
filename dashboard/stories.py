"""The story of a lineage, put together from what the desk reads: lines, moments, marks and limits."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from dashboard import desk
from dashboard.desk import Revision
from dashboard.mixes import mix
from dashboard.story import Limit, Line, Mark, Moment, Point, Story
from metrics import panel
from metrics.core import METRICS, History, Standing, Trend, Undefined
from metrics.figures import STATISTICS
from metrics.forecasting import Ahead, forecast
from metrics.foretelling import about
from metrics.spots import Spot
from metrics.store import Verdict
from metrics.terms import WINDOW, checked


@st.cache_resource(show_spinner=False, max_entries=512)
def line(at: Revision, lineage: str, metric: str, slice: str | None) -> Line:
    """One metric of one slice across the cycles, each point beside its baseline."""
    past = desk.history(at, lineage) if slice is None else desk.parts(at, lineage, metric)
    named = desk.known(at, lineage).get(metric) or METRICS.get(metric)
    found = past.trends.get((metric, slice))
    points = _points(past, found) if found else ()
    return Line(metric, named.label, named.family, slice, points, named.healthy, _ahead(at, lineage, found))


def _ahead(at: Revision, lineage: str, trend: Trend | None) -> tuple[Ahead, ...]:
    """What is foretold of a trend; nothing but of what the standing alarm's message speaks of."""
    said, standings = desk.verdicts(at, lineage), desk.history(at, lineage).standings
    spoken = about(said[-1]) if said else ()
    if trend is None or trend.slice is not None or trend.metric.name not in spoken:
        return ()
    told = forecast(standings, trend, len(standings) - 1)
    return told.fan if told is not None else ()


def _points(past: History, trend: Trend) -> tuple[Point, ...]:
    """A trend's values, each beside its baseline."""
    scores = panel.scores(past, [trend])[0]
    places = enumerate(zip(past.standings, scores, strict=True))
    # The cycles that a control lends have numbers below 0 and are not this lineage's own.
    return tuple(point(trend, i, standing, z) for i, (standing, z) in places if standing.cycle >= 0)


def point(trend: Trend, position: int, standing: Standing, z: float | None) -> Point:
    """A trend's value at one position beside its baseline; `z` normal movements away."""
    value = trend.values[position]
    if value is None:
        return Point(standing.cycle, "undefined")
    base = [b.value for b in trend.baselines[position] if b.value is not None]
    baseline = sum(base) / len(base) if base else None
    begins = position > 0 and standing.cycle == standing.segment
    shown = (value.value, value.low, value.high, value.n)
    return Point(standing.cycle, value.status, *shown, baseline, z, value.note, begins)


def story(
    at: Revision, lineage: str, wanted: Sequence[tuple[str, str | None]], theme: str, *, limits: bool = False
) -> Story:
    """A lineage's story with the wanted (metric, slice) lines, ready for a chart."""
    said = desk.verdicts(at, lineage)
    lines = tuple(found for m, s in wanted if (found := line(at, lineage, m, s)).points)
    return Story(
        lineage,
        _moments(at, lineage, said),
        lines,
        status=said[-1].status if said else "learning",
        since=said[-1].since if said else None,
        marks=_marks(at, lineage),
        limits=_limits(at, lineage, wanted[0]) if limits and wanted else (),
        theme=theme,
    )


def _moments(at: Revision, lineage: str, said: Sequence[Verdict]) -> tuple[Moment, ...]:
    verdict = {v.cycle: v for v in said}
    standing = {s.cycle: s for s in desk.history(at, lineage).standings}
    out = []
    for row in desk.cycles(at, lineage).to_dict("records"):
        cycle = int(row["cycle"])
        if cycle not in standing:
            continue
        mine, stands = verdict.get(cycle), standing[cycle]
        out.append(
            Moment(
                cycle,
                mine.status if mine else "learning",
                mine.message if mine else "",
                cycle in stands.baseline,
                stands.note if stands.opens_segment else _begins(stands),
                _text(row["checkpoint"]),
                tuple(mix(row["mix"]).items()),
                _text(row["notes"]),
            )
        )
    return tuple(out)


def _begins(standing: Standing) -> str | None:
    """Whether a chosen baseline begins here, after another."""
    later = standing.cycle == standing.segment == standing.baseline[0] and standing.cycle > 0
    return "A baseline that was chosen begins here." if later else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _marks(at: Revision, lineage: str) -> tuple[Mark, ...]:
    rows = desk.alerts(at)
    mine = rows[rows["lineage"] == lineage].to_dict("records")
    return tuple(
        Mark(int(r["first_cycle"]), r["severity"], _text(r["metric"]), _text(r["slice"]), r["message"])
        for r in mine
    )


def _limits(at: Revision, lineage: str, wanted: tuple[str, str | None]) -> tuple[Limit, ...]:
    """The user's rules on this metric whose line stands at one value of it."""
    past = desk.history(at, lineage) if wanted[1] is None else desk.parts(at, lineage, wanted[0])
    found = past.trends.get(wanted)
    here = Spot(past.standings, len(past.standings) - 1, (found,), WINDOW) if found else None
    out = []
    for rule in desk.rules(at, lineage):
        terms = checked(rule.options)
        level = STATISTICS.get(terms["statistic"]).level
        if here is not None and level and (terms.get("metric"), terms.get("slice")) == wanted:
            with suppress(Undefined):
                out.append(Limit(level(here, terms["line"]), terms["comparator"], terms["severity"]))
    return tuple(out)
