"""Selections that the address of the page holds, so that a link leads to what its sender saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.words import apart, plain


def choose(
    title: str, options: Sequence[str], key: str, start: str, shown: Callable[[str], str] = plain
) -> str:
    """A selection that is in the address from the first moment on.

    Streamlit's own binding leaves the value that a page starts with out of the address.
    """
    written, asked = f"_address_{key}", st.query_params.get(key)
    if asked in options and asked != st.session_state.get(written):
        # A link or the browser's back button: the address wins over what was selected.
        st.session_state[key] = asked
    if st.session_state.get(key) not in options:
        before = st.session_state.get(written)
        st.session_state[key] = next((o for o in (asked, before, start) if o in options), options[0])
    picked = str(st.selectbox(title, options, key=key, format_func=apart(options, shown)))
    if asked != picked:
        st.query_params[key] = picked
    st.session_state[written] = picked
    return picked
