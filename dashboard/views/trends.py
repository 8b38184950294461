"""Trends: one lineage, its sentence, the scissors, and any metric of it across the cycles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboard import desk, glance, stories
from dashboard.charts.slices import MOST
from dashboard.parts import (
    acknowledging,
    address,
    baselines,
    examples,
    families,
    folded,
    frame,
    panels,
    parting,
    picture,
    rejected,
    result,
    rules,
    status,
    visible,
)
from dashboard.story import Line, Story
from dashboard.words import (
    PART,
    UNKNOWN,
    WHOLE,
    apart,
    count,
    kind,
    kind_title,
    label,
    part,
    plain,
    within,
    z_digits,
)
from metrics.core import TailwatchError
from metrics.narrowing import METRIC_LINE

# Of each pair the first that there is.
USUAL = (("mean_score",), ("tail_recall", "tail_coverage"), ("distinct_2", "dispersion"), ("coverage",))
NAMED = 12


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
    families.show(at, name, frame.theme())
    visible.show(at, name, frame.theme())
    metric, slices = _one_metric(at, name)
    examples.show(at, name, cycle)
    rules.away(at, [name], metric, slices[0] if slices else None)
    baselines.show(at, name)
    rejected.show(at, name)
    st.page_link("views/upload.py", label="Upload its next cycle", query_params={"lineage": name})


def _scissors(at: desk.Revision, name: str) -> int | None:
    known = desk.measured(at, name)
    st.subheader("Quality and tails, in percent of their baseline")
    place = st.container()
    chosen = st.multiselect(
        "Metrics on this chart", known, default=_usual(at, name, known), key="compare",
        format_func=apart(known, _label(at, name)), bind="query-params",
    )  # fmt: skip
    with place:
        story = stories.story(at, name, [(m, None) for m in chosen], frame.theme())
        return picture.show("scissors", story, key="scissors", clickable=True)


def _label(at: desk.Revision, name: str) -> Callable[[str], str]:
    known = desk.known(at, name)
    return lambda metric: plain(known[metric].label)


def _usual(at: desk.Revision, name: str, known: list[str]) -> list[str]:
    """The usual metrics, and the one that the verdict rests on."""
    last = desk.verdicts(at, name)[-1]
    lead = [f.metric for _, f in last.findings if f.metric and f.slice is None]
    usual = [next((m for m in either if m in known), "") for either in USUAL]
    return [m for m in dict.fromkeys([*usual, *lead]) if m in known]


def _one_metric(at: desk.Revision, name: str) -> tuple[str, list[str | None]]:
    st.subheader("One metric across cycles", anchor="one-metric")
    known = desk.measured(at, name)
    metrics = list(dict.fromkeys([*known, *desk.known(at, name)]))
    start = next((m for m in ("tail_recall", *known) if m in known), metrics[0])
    left, right = st.columns(2)
    with left:
        metric = address.choose("Metric", metrics, "metric", start, _label(at, name))
    ends = glance.ends(at, name, metric)
    with right:
        chosen = parting.choose_kind(ends)
    slices = parting.choose(chosen, ends)
    story = stories.story(at, name, [(metric, s) for s in slices], frame.theme(), limits=True)
    if chosen == WHOLE:
        for line in story.lines:
            st.text(f"{plain(line.label)} {panels.last_words(line)}")
        picture.show("trend", story, key="trend")
    else:
        panels.show(at, name, metric, [s for s in slices if s is not None], frame.theme())
    with folded.away("The numbers", "numbers") as is_open:
        if is_open:
            _numbers(story)
    _by_slice(at, name, metric, chosen)
    return metric, slices


def _numbers(story: Story) -> None:
    several = len(story.lines) > 1
    rows = [
        (part(line.slice), p.cycle, p.value, p.low, p.high, p.n, p.baseline, p.z, p.status, p.note)
        for line in story.lines
        for p in line.points
    ]
    names = ["part", "cycle", "value", "low", "high", "n", "baseline", "z", "status", "note"]
    digits = max((z_digits(row[7], METRIC_LINE) for row in rows), default=1)
    values = dict.fromkeys(("value", "low", "high", "baseline"), "%.4g")
    formats = {"n": "%.0f", "z": f"%+.{digits}f", **values}
    shown = {name: st.column_config.NumberColumn(format=form) for name, form in formats.items()}
    table = pd.DataFrame(rows, columns=names)
    table = table if several else table.drop(columns="part")
    st.dataframe(table, hide_index=True, placeholder="", column_config=shown)


def _by_slice(at: desk.Revision, name: str, metric: str, chosen: str) -> None:
    """All slices of the chosen kind at the last cycle, or of the first where the whole was chosen."""
    ends = glance.ends(at, name, metric)
    found = glance.kinds(ends)
    if not found:
        return
    shown = chosen if chosen in found else found[0]
    st.subheader(f"By {label(PART.get(shown) or kind_title(shown))}, at the last cycle", anchor=False)
    mine = [line for line in ends if line.slice is not None and kind(line.slice) == shown]
    known = [line for line in mine if line.fall is not None]
    story = stories.story(at, name, [(metric, None)], frame.theme())
    whole = [replace(line, points=line.points[-1:]) for line in story.lines]
    picture.show("slices", replace(story, lines=(*whole, *(known or mine))), key="slices")
    more = len(whole) + len(known or mine) - MOST
    if more > 0:
        st.caption(f"{more} more, which surely lost no more than these, are under 'Parts'.")
    if known and len(known) < len(mine):
        for words in _left_out([x for x in mine if x.fall is None]):
            st.text(words)
    if len(found) > 1 or chosen == WHOLE:
        others = ", ".join(kind_title(k).lower() if k in PART else kind_title(k) for k in found)
        st.caption(f"Choose under 'Parts' to see cycle by cycle: {label(others, 200)}.")


def _left_out(lines: Sequence[Line]) -> list[str]:
    """Slices without a value beside a baseline, by why, each with its n; of very many the first."""
    found: dict[str, list[str]] = {}
    for line in lines:
        point = line.points[-1]
        n = f" (n {count(point.n)})" if point.n is not None else ""
        why = UNKNOWN.get(point.status, "no baseline")
        found.setdefault(why, []).append(f"{plain(within(line.slice or ''), 30)}{n}")
    return [
        f"{why.capitalize()}: {', '.join(names[:NAMED])}"
        + (f", and {len(names) - NAMED} more." if len(names) > NAMED else ".")
        for why, names in found.items()
    ]


page()
