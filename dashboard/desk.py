"""What the pages read, kept until the store changes: every read is cached on (path, revision)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.story import Limit, Line, Mark, Mode, Moment, Movement, Point, Story
from dashboard.words import FAMILY
from metrics import deviations, forecasting, pipeline
from metrics.core import METRICS, History, Metric, Standing, TailwatchError, Trend
from metrics.fields import MIX_KINDS, parse_mix
from metrics.forecasting import Forecast
from metrics.narrowing import METRIC_LINE
from metrics.rules.threshold import checked
from metrics.store import Store, UserRule, Verdict

Revision = tuple[str, int]


def path() -> str:
    """Where the store is: TAILWATCH_DB, or tailwatch.duckdb in the working folder."""
    return os.environ.get("TAILWATCH_DB") or "tailwatch.duckdb"


@st.cache_resource(show_spinner=False, max_entries=8)
def _store(where: str) -> Store:
    return Store(where)


def store() -> Store:
    """The store."""
    return _store(path())


def now() -> Revision:
    """The state that everything read in this run belongs to."""
    return path(), store().revision()


@st.cache_data(show_spinner=False, max_entries=8)
def lineages(at: Revision) -> pd.DataFrame:
    """One row per lineage, see Store.lineages."""
    return _store(at[0]).lineages()


@st.cache_data(show_spinner=False, max_entries=64)
def cycles(at: Revision, lineage: str) -> pd.DataFrame:
    """One row per cycle, see Store.cycles."""
    return _store(at[0]).cycles(lineage)


@st.cache_data(show_spinner=False, max_entries=8)
def alerts(at: Revision) -> pd.DataFrame:
    """Every alert, see Store.alerts."""
    return _store(at[0]).alerts()


@st.cache_resource(show_spinner=False, max_entries=64)
def verdicts(at: Revision, lineage: str) -> list[Verdict]:
    """What was said after each cycle."""
    return _store(at[0]).verdicts(lineage)


@st.cache_data(show_spinner=False, max_entries=32)
def rules(at: Revision, lineage: str) -> list[UserRule]:
    """The user's rules for a lineage."""
    return _store(at[0]).rules(lineage)


@st.cache_resource(show_spinner=False, max_entries=16)
def history(at: Revision, lineage: str) -> History:
    """All that was measured of a lineage's whole, each value beside its baseline."""
    return pipeline.history(_store(at[0]), lineage, slice=None)


@st.cache_resource(show_spinner=False, max_entries=32)
def parts(at: Revision, lineage: str, metric: str) -> History:
    """One metric of the whole, of every slice and of its own parts: of all metrics that would be slow."""
    return pipeline.history(_store(at[0]), lineage, metric=metric)


@st.cache_resource(show_spinner=False, max_entries=16)
def known(at: Revision, lineage: str) -> dict[str, Metric]:
    """The metrics of the catalogue, and those that came with a lineage's uploaded values, in reading order.

    Those that vote come first, the others by family.
    """
    order = tuple(FAMILY)
    found = pipeline.known_metrics(_store(at[0]), lineage).items()
    return dict(sorted(found, key=lambda kv: (not kv[1].votes, order.index(kv[1].family), kv[1].label)))


@st.cache_data(show_spinner=False, max_entries=16)
def modes(at: Revision, lineage: str) -> dict[str, Mode]:
    """The kinds of output in the reference that the last cycle is measured against, by name."""
    store, standings = _store(at[0]), history(at, lineage).standings
    facts = store.comparisons(lineage).get(standings[-1].comparison) if standings else None
    found = json.loads(facts).get("modes") if facts else None
    if not found:
        return {}
    rows = zip(found["names"], found["typical"], found["shares"], strict=True)
    return {name: Mode(name, tuple(typical), share) for name, typical, share in rows}


@st.cache_data(show_spinner=False, max_entries=8)
def outputs(at: Revision, lineage: str, cycle: int) -> pd.DataFrame:
    """The outputs of one cycle."""
    return _store(at[0]).outputs(lineage, [cycle])


@st.cache_data(show_spinner=False, max_entries=32)
def rejects(at: Revision, lineage: str, cycle: int) -> pd.DataFrame:
    """The rows rejected with one cycle."""
    return _store(at[0]).rejects(lineage, cycle)


@st.cache_data(show_spinner=False, max_entries=64)
def measured(at: Revision, lineage: str) -> list[str]:
    """The metrics of which at least one value is known, of the whole, in reading order."""
    trends = history(at, lineage).trends
    found = {m for (m, _), t in trends.items() if any(v and v.status == "ok" for v in t.values)}
    return [m for m in known(at, lineage) if m in found]


@st.cache_resource(show_spinner=False, max_entries=512)
def line(at: Revision, lineage: str, metric: str, slice: str | None) -> Line:
    """One metric of one slice across the cycles, each point beside its baseline."""
    past = history(at, lineage) if slice is None else parts(at, lineage, metric)
    named = known(at, lineage).get(metric) or METRICS.get(metric)
    found = past.trends.get((metric, slice))
    points = tuple(point(found, i, s, past.standings) for i, s in enumerate(past.standings)) if found else ()
    told = forecast(at, lineage, metric, slice) if (metric, slice) in alarmed(at, lineage) else None
    ahead = told.fan if told is not None else ()
    return Line(metric, named.label, named.family, slice, points, named.healthy, ahead)


@st.cache_resource(show_spinner=False, max_entries=512)
def forecast(at: Revision, lineage: str, metric: str, slice: str | None) -> Forecast | None:
    """What the cycles so far say of a metric's next ones; None where they say nothing."""
    past = history(at, lineage) if slice is None else parts(at, lineage, metric)
    found, last = past.trends.get((metric, slice)), len(past.standings) - 1
    return forecasting.forecast(past.standings, found, last) if found is not None else None


@st.cache_data(show_spinner=False, max_entries=64)
def alarmed(at: Revision, lineage: str) -> set[tuple[str, str | None]]:
    """What a standing alert is about: its metric, those that are as low, and mean score, which may follow."""
    rows = alerts(at)
    mine = rows[(rows["lineage"] == lineage) & rows["resolved_cycle"].isna() & (rows["severity"] != "watch")]
    found = {(m, _text(s)) for m, s in zip(mine["metric"], mine["slice"], strict=True) if _text(m)}
    low = {(r["metric"], None) for e in mine["evidence"] for r in evidence_rows(e) if r["z"] <= METRIC_LINE}
    return found | low | ({("mean_score", None)} if len(mine) else set())


def point(trend: Trend, position: int, standing: Standing, standings: Sequence[Standing]) -> Point:
    """A trend's value at one position beside its baseline."""
    value = trend.values[position]
    if value is None:
        return Point(standing.cycle, "undefined")
    base = [b.value for b in trend.baselines[position] if b.value is not None]
    past = [i for i in range(position) if standings[i].segment == standing.segment]
    earlier = deviations.pairs(trend, past)
    moved = deviations.deviation(trend.metric, value, trend.baselines[position], earlier)
    baseline = moved.baseline if moved is not None else (sum(base) / len(base) if base else None)
    # A cycle of the baseline is not so many movements away from itself.
    z = moved.z if moved is not None and standing.cycle not in standing.baseline else None
    return Point(
        standing.cycle, value.status, value.value, value.low, value.high, value.n, baseline, z, value.note
    )


def story(
    at: Revision, lineage: str, wanted: Sequence[tuple[str, str | None]], theme: str, *, limits: bool = False
) -> Story:
    """A lineage's story with the wanted (metric, slice) lines, ready for a chart."""
    said = verdicts(at, lineage)
    lines = tuple(found for m, s in wanted if (found := line(at, lineage, m, s)).points)
    return Story(
        lineage,
        _moments(at, lineage, said),
        lines,
        status=said[-1].status if said else "learning",
        since=said[-1].since if said else None,
        marks=_marks(at, lineage),
        limits=_limits(at, lineage, wanted[0], lines) if limits and wanted and lines else (),
        theme=theme,
    )


def _moments(at: Revision, lineage: str, said: Sequence[Verdict]) -> tuple[Moment, ...]:
    verdict = {v.cycle: v for v in said}
    standing = {s.cycle: s for s in history(at, lineage).standings}
    out = []
    for row in cycles(at, lineage).to_dict("records"):
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
                stands.note if stands.opens_segment else None,
                _text(row["checkpoint"]),
                tuple(mix(row["mix"]).items()),
                _text(row["notes"]),
            )
        )
    return tuple(out)


def mix(stored: object) -> dict[str, float]:
    """A training mix as it is stored; empty where there is none."""
    try:
        return parse_mix(stored) if isinstance(stored, str) else {}
    except TailwatchError:
        return {}


def human_share(stored: object) -> float | None:
    """The share of human training examples; None where the mix is not known."""
    parts = {k: v for k, v in mix(stored).items() if k in MIX_KINDS[:4]}
    whole = sum(parts.values())
    return parts.get("human", 0.0) / whole if whole else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _marks(at: Revision, lineage: str) -> tuple[Mark, ...]:
    rows = alerts(at)
    mine = rows[rows["lineage"] == lineage].to_dict("records")
    return tuple(
        Mark(int(r["first_cycle"]), r["severity"], _text(r["metric"]), _text(r["slice"]), r["message"])
        for r in mine
    )


def _limits(
    at: Revision, lineage: str, wanted: tuple[str, str | None], lines: Sequence[Line]
) -> tuple[Limit, ...]:
    """The user's lines on this metric that can be drawn on its own scale."""
    base = next((p.baseline for p in reversed(lines[0].points) if p.baseline is not None), None)
    out = []
    for rule in rules(at, lineage):
        spec = checked(rule.options)
        if (spec.get("metric"), spec.get("slice")) != wanted:
            continue
        if spec["statistic"] == "value":
            out.append(Limit(spec["line"], spec["comparator"], spec["severity"]))
        elif spec["statistic"] == "pct_baseline" and base is not None:
            out.append(Limit(base * spec["line"] / 100, spec["comparator"], spec["severity"]))
    return tuple(out)


def movements(evidence: str) -> tuple[Movement, ...]:
    """An alert's evidence as rows, the lowest first."""
    catalog = METRICS.all()
    return tuple(
        Movement(row["metric"], catalog[row["metric"]].label, catalog[row["metric"]].family, row["z"])
        for row in evidence_rows(evidence)
        if row["metric"] in catalog
    )


def evidence_rows(evidence: str) -> list[dict[str, Any]]:
    """The rows of an alert's evidence; none where its rule gives another kind."""
    found = json.loads(evidence).get("metrics", [])
    return [row for row in found if isinstance(row, dict)]


def index(evidence: str) -> float | None:
    """All voting metrics together, in normal movements; None where the rule does not join them."""
    found = json.loads(evidence).get("index")
    return float(found) if isinstance(found, int | float) else None
