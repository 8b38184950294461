"""Saying that a person has seen an alert."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import desk
from dashboard.parts import frame


def button(alert: pd.Series, key: str, *, note: str = "") -> None:
    """A button that acknowledges one alert; it stays so through every refresh."""
    if st.button("Acknowledge", key=key, help="Say that you have seen it. It stays listed until it is over."):
        desk.store().acknowledge(str(alert["id"]), note)
        said = f"{alert['severity']} of {alert['lineage']}, since cycle {alert['since_cycle']}"
        frame.say_next(f"Acknowledged: {said}.")
        st.rerun()


def open_alerts(at: desk.Revision, lineage: str) -> pd.DataFrame:
    """A lineage's alerts that nobody has acknowledged and that are not over."""
    rows = desk.alerts(at)
    return rows[(rows["lineage"] == lineage) & (rows["state"] == "open")]


def open_count(at: desk.Revision) -> int:
    """How many alerts wait for somebody."""
    return int((desk.alerts(at)["state"] == "open").sum())
