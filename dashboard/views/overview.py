"""Overview: every lineage as one card, the most urgent first."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import desk, stories
from dashboard.parts import acknowledging, drawing, frame, picture, status
from dashboard.story import Story
from metrics import demo, pipeline

PER_PAGE = 12
# The first that there is stands beside the mean score.
SECOND = ("tail_recall", "distinct_2", "class_coverage", "coverage", "dispersion")


def page() -> None:
    """Cards, or two doors where there is nothing yet, or the one lineage that there is."""
    at = desk.now()
    lineages = desk.lineages(at)
    st.title("Overview")
    if lineages.empty:
        _doors()
        return
    if len(lineages) == 1 and not st.session_state.get("_been_home"):
        st.session_state["_been_home"] = True
        st.switch_page("views/trends.py", query_params={"lineage": str(lineages["lineage"].iloc[0])})
    st.session_state["_been_home"] = True
    _pending(lineages)
    _cards(at, lineages)
    picture.fetch_library()


def _doors() -> None:
    st.text("There is nothing here yet. Look at an example, or bring the eval outputs of your first cycle.")
    left, right = st.columns(2)
    with left, st.container(key="door-sample"):
        if st.button("Load the sample data", type="primary", width="stretch"):
            _load_sample()
        st.caption("Four lineages of a small model, really retrained on its own output. About a minute.")
    with right, st.container(key="door-upload"):
        if st.button("Upload a cycle", width="stretch"):
            st.switch_page("views/upload.py")
        st.caption("JSONL, CSV or Parquet, one row per output. You map the columns.")


def _load_sample() -> None:
    bar = st.progress(0.0, text="Reading the sample data")
    demo.load(desk.store(), progress=frame.filling(bar))
    frame.say_next("The sample data is loaded: four lineages.")
    st.rerun()


def _pending(lineages: pd.DataFrame) -> None:
    waiting = lineages[lineages["pending"].fillna(False).astype(bool)]
    if waiting.empty:
        return
    st.text(f"{len(waiting)} of {len(lineages)} lineages hold something that has not been measured yet.")
    if st.button("Measure what is missing"):
        bar = st.progress(0.0, text="Measuring")
        pipeline.refresh(desk.store(), progress=frame.filling(bar))
        st.rerun()


def _cards(at: desk.Revision, lineages: pd.DataFrame) -> None:
    ordered = status.by_urgency(at, lineages)
    pages = -(-len(ordered) // PER_PAGE)
    nth = min(st.session_state.get("overview_page") or 1, pages)
    for i, (_, row) in enumerate(ordered.iloc[(nth - 1) * PER_PAGE : nth * PER_PAGE].iterrows()):
        _card(at, row, i)
    if pages > 1:
        st.pagination(pages, key="overview_page")


def _card(at: desk.Revision, lineage: pd.Series, nth: int) -> None:
    name = str(lineage["lineage"])
    with st.container(border=True, key=f"card-{status.of(at, name)}-{nth}"):
        words, side = st.columns([5, 1.4], gap="medium")
        with words:
            st.html(status.block(at, lineage, frame.theme(), named=True))
            with st.container(horizontal=True, vertical_alignment="center"):
                st.page_link("views/trends.py", label="Look", query_params={"lineage": name})
                waiting = acknowledging.open_alerts(at, name)
                if len(waiting):
                    acknowledging.button(waiting.iloc[0], key=f"acknowledge-{nth}")
        with side:
            drawn = drawing.sparkline(_tail_and_mean(at, name))
            if drawn:
                st.html(drawn)


def _tail_and_mean(at: desk.Revision, name: str) -> Story:
    known = desk.measured(at, name)
    tail = next((m for m in SECOND if m in known), None)
    wanted = [(m, None) for m in ("mean_score", tail) if m in known]
    return stories.story(at, name, wanted, frame.theme())


page()
