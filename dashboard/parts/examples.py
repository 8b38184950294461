"""The outputs themselves: what the model said at one cycle."""

from __future__ import annotations

import streamlit as st

from dashboard import desk
from dashboard.parts import folded

SHOWN = ("example_id", "prompt", "output", "label", "prediction", "score", "actions")
MOST = 500


def show(at: desk.Revision, lineage: str, clicked: int | None) -> None:
    """A table of one cycle's outputs: the one that was clicked in the chart, or one that is chosen."""
    numbers = [int(c) for c in desk.cycles(at, lineage)["cycle"]]
    if clicked in numbers and st.session_state.get("_clicked") != (lineage, clicked):
        st.session_state["_clicked"] = (lineage, clicked)
        st.session_state["outputs_cycle"] = clicked
        st.session_state["wrote"] = True
    if st.session_state.get("outputs_cycle") not in numbers:
        st.session_state["outputs_cycle"] = numbers[-1]
    with folded.away("What it wrote", "wrote") as is_open:
        if is_open:
            _table(at, lineage, numbers)


def _table(at: desk.Revision, lineage: str, numbers: list[int]) -> None:
    cycle = st.selectbox("Cycle", numbers, key="outputs_cycle", help="Or click a point in the first chart.")
    rows = desk.outputs(at, lineage, cycle)
    if rows.empty:
        st.caption("This cycle came as metric values alone: no output is here to be read.")
        return
    columns: list[str] = [c for c in SHOWN if c in rows and rows[c].notna().any()]
    columns += [str(c) for c in rows if str(c).startswith("slice.")]
    if len(rows) > MOST:
        st.caption(f"The first {MOST} of {len(rows):,} outputs.")
    st.dataframe(rows[columns].head(MOST), hide_index=True, height=320, placeholder="")
