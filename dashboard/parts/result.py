"""What an upload came to, shown once on the page of its lineage."""

from __future__ import annotations

import streamlit as st

from dashboard import desk
from dashboard.words import cycles, label

_KEY = "_uploaded"


def keep(lineage: str, written: list[int], outputs: int, rejected: int, notes: list[str]) -> None:
    """Remember it for the next page."""
    st.session_state[_KEY] = (lineage, written, outputs, rejected, notes)


def show(at: desk.Revision, lineage: str) -> None:
    """Say what was stored and what was rejected, until it is closed."""
    name, written, outputs, rejected, notes = st.session_state.get(_KEY) or ("", [], 0, 0, [])
    if name != lineage or not written:
        return
    with st.container(border=True, key="uploaded"):
        said = f"Stored {cycles(written)}: {outputs:,} outputs. "
        st.text(said + (f"{rejected:,} rows were rejected:" if rejected else "No row was rejected."))
        for note in notes:
            st.text(note)
        for cycle in written if rejected else []:
            rows = desk.rejects(at, lineage, cycle)
            if len(rows):
                st.caption(label(f"Cycle {cycle}"))
                st.dataframe(rows, hide_index=True, height=min(320, 76 + 35 * len(rows)))
        if st.button("Close", key="close-result"):
            del st.session_state[_KEY]
            st.rerun()
