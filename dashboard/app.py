"""The app: pages, theme, store, and nothing else. Started by `streamlit run`, see `tailwatch serve`."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from dashboard import desk
from dashboard.parts import acknowledging, frame


def main() -> None:
    """Lay out the pages and run the one that is asked for."""
    st.set_page_config(page_title="Tailwatch", layout="wide", initial_sidebar_state="auto")
    frame.style()
    waiting = 0
    # A store that cannot be read is told of by the page itself, once.
    with suppress(Exception):
        waiting = acknowledging.open_count(desk.now())
    alerts = f"Alerts ({waiting})" if waiting else "Alerts"
    pages = [
        st.Page("views/overview.py", title="Overview", default=True),
        st.Page("views/trends.py", title="Trends", url_path="trends"),
        st.Page("views/alerts.py", title=alerts, url_path="alerts"),
        st.Page("views/upload.py", title="Upload", url_path="upload"),
        st.Page("views/method.py", title="How it is measured", url_path="method"),
    ]
    page = st.navigation({"Tailwatch": pages}, expanded=True)
    frame.say_now()
    with frame.calm():
        page.run()


main()
