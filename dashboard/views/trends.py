"""Trends: one lineage, its sentence, the scissors, and any metric of it across the cycles."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import desk
from dashboard.parts import acknowledging, examples, folded, frame, lines, picture, result, status
from dashboard.story import Line, Story
from dashboard.words import WHOLE, count, label, number, part
from metrics.core import METRICS, TailwatchError

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
    name = _choose("Lineage", names, "lineage")
    row = desk.lineages(at).iloc[names.index(name)]
    result.show(at, name)
    st.html(status.block(at, row, frame.theme(), named=True, lead=True))
    for i, (_, alert) in enumerate(acknowledging.open_alerts(at, name).iterrows()):
        acknowledging.button(alert, key=f"acknowledge-{i}")
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


def _choose(title: str, options: list[str], key: str, start: str | None = None) -> str:
    """A selection that the address always holds."""
    if st.session_state.get(key) not in options and st.query_params.get(key) not in options:
        st.session_state[key] = start if start in options else options[0]
    picked = st.selectbox(title, options, index=None, key=key, bind="query-params", required=True)
    return picked if picked in options else options[0]


def _scissors(at: desk.Revision, name: str) -> int | None:
    known = [m for m in METRICS.all() if (m, None) in desk.history(at, name).trends]
    st.subheader("Quality and tails, in percent of their baseline")
    place = st.container()
    chosen = st.multiselect(
        "Metrics on this chart", known, default=_usual(at, name, known), key="compare",
        format_func=lambda m: METRICS.get(m).label, bind="query-params",
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
    left, right = st.columns(2)
    with left:
        metric = _choose_metric(list(dict.fromkeys(m for m, _ in trends)))
    with right:
        slices = [s for m, s in trends if m == metric and s is not None]
        picked = _choose("Slice", [WHOLE, *slices], "slice")
    slice = None if picked == WHOLE else picked
    story = desk.story(at, name, [(metric, slice)], frame.theme(), limits=True)
    if story.lines:
        st.text(_last_words(story.lines[0]))
    picture.show("trend", story, key="trend")
    with folded.away("The numbers", "numbers") as is_open:
        if is_open:
            _numbers(story)
    return metric, slice


def _choose_metric(names: list[str]) -> str:
    labels = {m: METRICS.get(m).label for m in names}
    if st.session_state.get("metric") not in names and st.query_params.get("metric") not in names:
        st.session_state["metric"] = "tail_recall" if "tail_recall" in names else names[0]
    picked = st.selectbox(
        "Metric", names, index=None, key="metric", bind="query-params", required=True,
        format_func=lambda m: labels[m],
    )  # fmt: skip
    return picked if picked in names else names[0]


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
    st.dataframe(pd.DataFrame(rows, columns=names), hide_index=True)


def _slices(at: desk.Revision, name: str, metric: str) -> None:
    wanted = [(m, s) for m, s in desk.history(at, name).trends if m == metric]
    if len(wanted) < 2:
        return
    st.subheader(f"{label(METRICS.get(metric).label)} by slice, at the last cycle")
    picture.show("slices", desk.story(at, name, wanted, frame.theme()), key="slices")


page()
