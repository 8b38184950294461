"""Trends: one lineage, its sentence, the scissors, and any metric of it across the cycles."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import desk
from dashboard.parts import acknowledging, address, examples, folded, frame, lines, picture, result, status
from dashboard.story import Line, Story
from dashboard.words import WHOLE, apart, count, label, number, part, z_digits
from metrics.core import METRICS, TailwatchError
from metrics.narrowing import METRIC_LINE

USUAL = ("mean_score", "tail_recall", "distinct_2", "coverage")


def page() -> None:
    """The page of the lineage that the address names, or of the first."""
    at = desk.now()
    names = desk.lineages(at)["lineage"].tolist()
    if not names:
        st.title("Trends")
        st.text("There is nothing to show yet.")
        st.page_link("views/overview.py", label="Load the sample data, or upload a cycle")
        return
    first = str(status.by_urgency(at, desk.lineages(at))["lineage"].iloc[0])
    # The heading needs what is chosen beside it; on a narrow screen it stands above.
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with right:
        name = address.choose("Lineage", names, "lineage", first)
    with left:
        st.title(label(name), anchor=False)
    row = desk.lineages(at).iloc[names.index(name)]
    result.show(at, name)
    st.html(status.block(at, row, frame.theme(), named=False, lead=True))
    acknowledging.buttons(at, name)
    if not desk.verdicts(at, name):
        raise TailwatchError(
            "This lineage is stored, but has not been measured.",
            do="Press 'Measure what is missing' on Overview.",
        )
    cycle = _scissors(at, name)
    metric, slice = _one_metric(at, name)
    _slices(at, name, metric)
    examples.show(at, name, cycle)
    lines.show(at, name, metric, slice)
    st.page_link("views/upload.py", label="Upload its next cycle", query_params={"lineage": name})


def _scissors(at: desk.Revision, name: str) -> int | None:
    known = desk.measured(at, name)
    st.subheader("Quality and tails, in percent of their baseline")
    place = st.container()
    chosen = st.multiselect(
        "Metrics on this chart", known, default=_usual(at, name, known), key="compare",
        format_func=apart(known, lambda m: METRICS.get(m).label), bind="query-params",
    )  # fmt: skip
    with place:
        story = desk.story(at, name, [(m, None) for m in chosen], frame.theme())
        return picture.show("scissors", story, key="scissors", clickable=True)


def _usual(at: desk.Revision, name: str, known: list[str]) -> list[str]:
    """The usual metrics, and the one that the verdict rests on."""
    last = desk.verdicts(at, name)[-1]
    lead = [f.metric for _, f in last.findings if f.metric and f.slice is None]
    return [m for m in dict.fromkeys([*USUAL, *lead]) if m in known]


def _one_metric(at: desk.Revision, name: str) -> tuple[str, str | None]:
    st.subheader("One metric across cycles")
    trends = desk.history(at, name).trends
    metrics = list(dict.fromkeys(m for m, _ in trends))
    start = next((m for m in ("tail_recall", *desk.measured(at, name)) if m in desk.measured(at, name)), "")
    left, right = st.columns(2)
    with left:
        metric = address.choose("Metric", metrics, "metric", start, lambda m: METRICS.get(m).label)
    with right:
        slices = [s for m, s in trends if m == metric and s is not None]
        picked = address.choose(
            "Slice", [WHOLE, *slices], "slice", WHOLE, lambda s: s if s == WHOLE else part(s)
        )
    slice = None if picked == WHOLE else picked
    story = desk.story(at, name, [(metric, slice)], frame.theme(), limits=True)
    if story.lines:
        st.text(_last_words(story.lines[0]))
    picture.show("trend", story, key="trend")
    with folded.away("The numbers", "numbers") as is_open:
        if is_open:
            _numbers(story)
    return metric, slice


def _last_words(line: Line) -> str:
    point = line.points[-1]
    where = f"{line.label} of {part(line.slice)}" if line.slice else line.label
    if point.value is None:
        return f"{where} at cycle {point.cycle}: unknown. {point.note or ''}"
    share = point.share(point.value)
    of = f", {share:.0f} % of its baseline of {number(point.baseline)}" if share is not None else ""
    return (
        f"{where} at cycle {point.cycle}: {number(point.value)} (95 % interval {number(point.low)} to"
        f" {number(point.high)}, n {count(point.n)}){of}."
    )


def _numbers(story: Story) -> None:
    points = story.lines[0].points if story.lines else ()
    rows = [(p.cycle, p.value, p.low, p.high, p.n, p.baseline, p.z, p.status, p.note) for p in points]
    names = ["cycle", "value", "low", "high", "n", "baseline", "z", "status", "note"]
    digits = max((z_digits(p.z, METRIC_LINE) for p in points), default=1)
    values = dict.fromkeys(("value", "low", "high", "baseline"), "%.4g")
    formats = {"n": "%.0f", "z": f"%+.{digits}f", **values}
    shown = {name: st.column_config.NumberColumn(format=form) for name, form in formats.items()}
    table = pd.DataFrame(rows, columns=names)
    st.dataframe(table, hide_index=True, placeholder="", column_config=shown)


def _slices(at: desk.Revision, name: str, metric: str) -> None:
    wanted = [(m, s) for m, s in desk.history(at, name).trends if m == metric]
    if len(wanted) < 2:
        return
    st.subheader(f"{label(METRICS.get(metric).label)} by slice, at the last cycle")
    picture.show("slices", desk.story(at, name, wanted, frame.theme()), key="slices")


page()
