"""What a rule would do on a lineage: found once for each state of the store, with a bar meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import desk
from dashboard.parts import frame
from metrics import trials


def trial(at: desk.Revision, lineage: str, options: Mapping[str, Any]) -> trials.Trial:
    """The trial of a rule; kept for this session, and by the store for every other."""
    kept = {key: trial for key, trial in st.session_state.get("_trials", {}).items() if key[0] == at}
    st.session_state["_trials"] = kept
    key = (at, lineage, json.dumps(dict(options), sort_keys=True))
    if key not in kept:
        place = st.empty()
        kept[key] = trials.tried(desk.store(), lineage, options, frame.filling(place))
        place.empty()
    found: trials.Trial = kept[key]
    return found
