"""What is brought to the upload page: the file, and what is known of its cycle."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from metrics import intake
from metrics.core import RawTable

KINDS = ("human", "generative", "simulation", "augmentation")


def read(file: UploadedFile) -> RawTable:
    """An uploaded file as it is, untyped; read once."""
    return _read(file.file_id, file)


@st.cache_resource(show_spinner="Reading the file", max_entries=8, scope="session")
def _read(file_id: str, _file: UploadedFile) -> RawTable:
    with tempfile.TemporaryDirectory() as folder:
        # Only the endings of the name are kept: they choose the reader, the rest is anybody's text.
        place = Path(folder) / ("upload" + "".join(Path(_file.name).suffixes[-2:]).lower())
        place.write_bytes(_file.getbuffer())
        return intake.read(place)


def facts() -> dict[str, Any]:
    """The options of an ingest that most uploads leave alone."""
    with st.expander("More about this cycle: checkpoint, training mix, decoding"):
        left, right = st.columns(2)
        found = {
            "checkpoint": left.text_input("Checkpoint", key="fact_checkpoint"),
            "decoding": right.text_input("Decoding", key="fact_decoding", placeholder="temperature=0.7"),
            "scorer": left.text_input("Scorer", key="fact_scorer", placeholder="what gave the scores"),
            "notes": right.text_input("Note", key="fact_notes", placeholder="new base model"),
        }
        st.text("Training examples by kind, where you know them")
        counts = {}
        for kind, column in zip(KINDS, st.columns(len(KINDS)), strict=True):
            counts[kind] = column.number_input(kind.capitalize(), min_value=0, value=None, key=f"mix_{kind}")
        found["mix"] = ",".join(f"{kind}={n}" for kind, n in counts.items() if n is not None)
        replace = st.checkbox("Replace the cycle if it is there already", key="replace")
    return {"facts": {k: v for k, v in found.items() if v}, "replace": replace}
