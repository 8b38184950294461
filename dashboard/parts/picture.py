"""A chart on a page."""

from __future__ import annotations

from typing import Any

import streamlit as st
from plotly.graph_objects import Figure

from dashboard.charts import CHARTS
from dashboard.story import Story


def show(name: str, story: Story, key: str, *, clickable: bool = False) -> int | None:
    """Draw a chart of the catalogue; returns the cycle of the point that was clicked, if any."""
    chart = CHARTS.get(name)
    options: dict[str, Any] = {
        "theme": None,
        "key": key,
        "alt": chart.label,
        "config": {"displayModeBar": False, "scrollZoom": False, "doubleClick": False},
    }
    if not clickable:
        st.plotly_chart(chart.draw(story), **options)
        return None
    event = st.plotly_chart(chart.draw(story), on_select="rerun", selection_mode="points", **options)
    picked = [p.get("customdata", p.get("x")) for p in event["selection"]["points"]]
    first = picked[0][0] if picked and isinstance(picked[0], list) else (picked[0] if picked else None)
    return int(first) if isinstance(first, int | float) else None


def fetch_library() -> None:
    """Have the browser fetch and start the chart library while somebody reads a page that has no chart.

    That takes about a second, and the next click most likely leads to a chart.
    """
    with st.container(key="unseen"):
        st.plotly_chart(Figure(layout={"width": 10, "height": 10}), theme=None, key="unseen-chart")
