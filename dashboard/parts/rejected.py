"""The rows that could not be used: they were kept apart, each with its reason, and can be looked at later."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import desk
from dashboard.parts import folded
from dashboard.words import count


def show(at: desk.Revision, lineage: str) -> None:
    """Those of all cycles of a lineage, folded away; nothing where none was rejected."""
    facts = desk.cycles(at, lineage)
    mine = facts[facts["rejected"] > 0]
    if mine.empty:
        return
    with folded.away(f"Rejected rows: {count(int(mine['rejected'].sum()))}", "rejected") as is_open:
        if is_open:
            table(at, lineage, mine["cycle"].tolist())


def table(at: desk.Revision, lineage: str, of: Sequence[int]) -> None:
    """Those of some cycles, with their reasons; nothing where there is none."""
    found = desk.rejects(at, lineage)
    rows = found[found["cycle"].isin(of)]
    if len(rows):
        st.dataframe(rows, hide_index=True, height=min(320, 37 + 35 * len(rows)))
