"""All metrics at one glance: where each stands at the last cycle, which have no value and why."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

import streamlit as st

from dashboard import desk, stories
from dashboard.desk import Revision
from dashboard.story import Glance, Line
from dashboard.words import NEEDS, PARTS, kind
from metrics import panel
from metrics.core import History, Metric, Trend

VOTERS = "voters"


# A metric that lies further from its baseline than so many normal movements is called out of its range.
NORMAL = 2.0


@dataclass(frozen=True)
class Lack:
    """Why metrics have no value, and the columns that would bring them one, where columns would."""

    words: str
    columns: tuple[str, ...] = ()


@st.cache_resource(show_spinner=False, max_entries=16)
def glances(at: Revision, lineage: str) -> tuple[Glance, ...]:
    """Every metric of which some cycle's value is known, in reading order."""
    past, known = desk.history(at, lineage), desk.known(at, lineage)
    trends = [past.trends[(name, None)] for name in desk.measured(at, lineage)]
    return tuple(
        Glance(
            _end(past, trend, known[trend.metric.name], z),
            known[trend.metric.name].votes,
            " ".join(known[trend.metric.name].doc.split("\n\n")[0].split()),
            _own(past, trend),
        )
        for trend, z in zip(trends, panel.scores(past, trends), strict=True)
    )


def _own(past: History, trend: Trend) -> tuple[float | None, ...]:
    """The values of the lineage's own cycles, without those that a control lends."""
    known = zip(past.standings, trend.values, strict=True)
    return tuple(v.value if v else None for s, v in known if s.cycle >= 0)


def _end(past: History, trend: Trend, metric: Metric, z: Sequence[float | None]) -> Line:
    """A trend's last cycle alone; `z` at each cycle."""
    last = len(past.standings) - 1
    point = stories.point(trend, last, past.standings[last], z[last])
    return Line(metric.name, metric.label, metric.family, trend.slice, (point,), metric.healthy)


@st.cache_resource(show_spinner=False, max_entries=64)
def ends(at: Revision, lineage: str, metric: str) -> tuple[Line, ...]:
    """One metric of every slice and part at the last cycle, those that surely fell farthest first."""
    past, named = desk.parts(at, lineage, metric), desk.known(at, lineage)[metric]
    trends = [t for (_, slice), t in past.trends.items() if slice is not None]
    scores = panel.scores(past, trends)
    found = [_end(past, t, named, z) for t, z in zip(trends, scores, strict=True)]
    return tuple(sorted(found, key=lambda line: line.order))


def kinds(lines: Sequence[Line]) -> list[str]:
    """What the slices of these lines are values of: the metric's own parts first, then the user's columns."""
    found = {kind(line.slice) for line in lines if line.slice is not None}
    return sorted(found, key=lambda k: (k not in PARTS, k))


def groups(found: Sequence[Glance]) -> dict[str, list[Glance]]:
    """The metrics that vote, then the others by family."""
    out: dict[str, list[Glance]] = {}
    for glance in found:
        out.setdefault(VOTERS if glance.votes else glance.line.family, []).append(glance)
    return out


def is_off(glance: Glance) -> bool:
    """Whether a metric lies beyond its normal range, on its bad side or, where it has none, on any."""
    z = glance.point.z
    if z is None:
        return False
    return z <= -NORMAL or (glance.line.healthy == "reference" and z >= NORMAL)


@st.cache_data(show_spinner=False, max_entries=16)
def absent(at: Revision, lineage: str) -> dict[Lack, list[str]]:
    """What is missing, and the labels of the metrics that have no value for want of it."""
    past, valued = desk.history(at, lineage), set(desk.measured(at, lineage))
    out: dict[Lack, list[str]] = {}
    known = desk.known(at, lineage)
    have = {need for name in valued for need in known[name].needs}
    for name, metric in known.items():
        trend = past.trends.get((name, None))
        if name not in valued and trend is not None:
            out.setdefault(_lack(trend, metric, have), []).append(metric.label)
    return out


def _lack(trend: Trend, metric: Metric, have: Set[str]) -> Lack:
    """Why one has no value. A column that others found is not asked for: labels, none of them rare."""
    last = next((v for v in reversed(trend.values) if v is not None), None)
    if last is None:
        return Lack("Nothing was measured yet")
    missing = [NEEDS[need] for need in metric.needs if need in NEEDS and f"no {need}" in (last.note or "")]
    if last.status == "no_column" and missing:
        columns = tuple(dict.fromkeys(c for _, c in missing if c and c not in have))
        return Lack(", ".join(words for words, _ in missing), columns)
    return Lack((last.note or "Unknown").rstrip("."))
