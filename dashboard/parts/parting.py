"""Which parts of a metric are shown: values of a slice column, classes, kinds of output, phrasings."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import glance
from dashboard.story import Line
from dashboard.words import PARTS, WHOLE, apart, kind, kind_title, label, plain, within

MOST = 6
FIRST = 3
_WRITTEN = "_address_slice"


def choose_kind(lines: Sequence[Line]) -> str:
    """Whole, or what is to be told apart; `lines` are the metric's slices and parts at the last cycle."""
    kinds = [WHOLE, *glance.kinds(lines)]
    _follow(lines)
    if st.session_state.get("part") not in kinds:
        st.session_state["part"] = WHOLE
    shown = {k: PARTS.get(k) or f"By {plain(k)}" for k in kinds} | {WHOLE: WHOLE}
    return str(st.selectbox("Parts", kinds, key="part", format_func=apart(kinds, lambda k: shown[k])))


def _follow(lines: Sequence[Line]) -> None:
    """A link or the browser's back button: the address wins over what was selected."""
    asked, there = st.query_params.get_all("slice"), {line.slice for line in lines}
    if asked == st.session_state.get(_WRITTEN):
        return
    known = [s for s in asked if s in there]
    if known:
        st.session_state["part"] = kind(known[0])
        st.session_state["picked"] = known[:MOST]
    elif asked == [WHOLE]:
        st.session_state["part"] = WHOLE


def choose(chosen: str, lines: Sequence[Line]) -> list[str | None]:
    """The slices of one kind to be shown, to begin with those that surely fell farthest; or the whole."""
    if chosen == WHOLE:
        return _written([None])
    mine = [line.slice for line in lines if line.slice is not None and kind(line.slice) == chosen]
    kept = [s for s in st.session_state.get("picked") or [] if s in mine]
    st.session_state["picked"] = kept or mine[:FIRST]
    falls = {line.slice: _fell(line) for line in lines}
    names = apart(mine, lambda s: plain(within(s)))
    picked = st.multiselect(
        label(kind_title(chosen)), mine, key="picked", max_selections=MOST,
        format_func=lambda s: f"{names(s)} ({falls[s]})",
        help="What surely lost most of its own baseline comes first: few outputs move far by chance.",
    )  # fmt: skip
    return _written(list(picked))


def _fell(line: Line) -> str:
    point = line.points[-1]
    share = point.share(point.value)
    return f"{share:.0f} %" if share is not None else "unknown"


def _written(slices: Sequence[str | None]) -> list[str | None]:
    """Put what is shown into the address, so that a link leads to it."""
    names = [WHOLE if s is None else s for s in slices]
    if st.query_params.get_all("slice") != names:
        st.query_params["slice"] = names
    st.session_state[_WRITTEN] = names
    return list(slices)
