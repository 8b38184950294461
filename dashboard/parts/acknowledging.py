"""Saying that a person has seen an alert."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import desk
from dashboard.parts import frame
from dashboard.words import WORD, part, plain
from metrics.bell import raised_by
from metrics.core import METRICS


def button(alert: pd.Series, key: str, *, note: str = "") -> None:
    """A button that acknowledges one alert; it stays so through every refresh."""
    if st.button("Acknowledge", key=key, help="Say that you have seen it. It stays listed until it is over."):
        desk.store().acknowledge(str(alert["id"]), note)
        said = f"{alert['severity']} of {alert['lineage']}, since cycle {alert['since_cycle']}"
        frame.say_next(f"Acknowledged: {said}.")
        st.rerun()


def buttons(at: desk.Revision, lineage: str) -> None:
    """A button for each of a lineage's open alerts; several say which they are."""
    waiting = open_alerts(at, lineage)
    for i, (_, alert) in enumerate(waiting.iterrows()):
        with st.container(horizontal=True, vertical_alignment="center"):
            button(alert, key=f"acknowledge-{i}")
            if len(waiting) > 1:
                st.text(f"{WORD[alert['severity']]}: {_what(alert)}")


def _what(alert: pd.Series) -> str:
    """What an alert is about, in few words."""
    known = METRICS.all().get(str(alert["metric"]))
    what = known.label if known else plain(alert["metric"])
    several = "several metrics together"
    of = f" of {part(alert['slice'])}" if isinstance(alert["slice"], str) else ""
    return f"{what if isinstance(alert['metric'], str) else several}{of}, {raised_by(str(alert['rule']))}"


def open_alerts(at: desk.Revision, lineage: str) -> pd.DataFrame:
    """A lineage's alerts that nobody has acknowledged and that are not over."""
    rows = desk.alerts(at)
    return rows[(rows["lineage"] == lineage) & (rows["state"] == "open")]


def open_count(at: desk.Revision) -> int:
    """How many alerts wait for somebody."""
    return int((desk.alerts(at)["state"] == "open").sum())
