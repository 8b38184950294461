"""What is folded away is not sent to the browser until somebody opens it: the first chart comes sooner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st


@contextmanager
def away(title: str, key: str) -> Iterator[bool]:
    """A fold with a title; yields whether it is open, so that its content is made only then."""
    fold = st.expander(title, key=key, on_change="rerun")
    with fold:
        yield bool(fold.open)
