"""What an upload came to, shown on the page of its lineage until it is closed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import desk
from dashboard.parts import rejected
from dashboard.words import cycles, plain

_KEY = "_uploaded"


def keep(lineage: str, written: Sequence[int], notes: Sequence[str]) -> None:
    """Remember it for the next page."""
    st.session_state[_KEY] = (lineage, list(written), list(notes))


def show(at: desk.Revision, lineage: str) -> None:
    """Say what was stored, and what was rejected and why."""
    name, written, notes = st.session_state.get(_KEY) or ("", [], [])
    facts = desk.cycles(at, lineage)
    mine = facts[facts["cycle"].isin(written)]
    if name != lineage or mine.empty:
        return
    with st.container(border=True, key="uploaded"):
        st.text(_words(written, int(mine["outputs"].sum()), int(mine["rejected"].sum())))
        for note in notes:
            st.text(plain(note, 400))
        rejected.table(at, lineage, written)
        if st.button("Close", key="close-result"):
            del st.session_state[_KEY]
            st.rerun()


def _words(written: list[int], outputs: int, rejected: int) -> str:
    held = f"{outputs:,} output{'' if outputs == 1 else 's'}" if outputs else "metric values, no outputs"
    stored = f"Stored {cycles(written)}: {held}."
    if not rejected:
        return f"{stored} No row was rejected."
    return f"{stored} {rejected:,} row{' was' if rejected == 1 else 's were'} rejected."
