"""Upload: a file, its columns, its place, and straight to the result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import desk
from dashboard.parts import bringing, frame, mapping, picture, result
from dashboard.words import apart, count, cycles, plain
from metrics import pipeline
from metrics.core import READERS, RawTable, TailwatchError
from metrics.fields import as_text, blank
from metrics.fields import plain as as_number

# A lineage that is stored holds no such sign, so that none can be called so.
OWN, NEW = "\x00own", "\x00new"
NEEDED = (
    "Needed are an example_id that stays the same across cycles, and one of output, prediction, embedding"
    " or score. Or bring metric values that were measured elsewhere: metric, value, and best stderr and n."
)


def page() -> None:
    """Choose, map, name, store."""
    st.title("Upload a cycle")
    st.text("One row per eval output. Nothing is stored before you press the button at the end.")
    endings = sorted({s.split(".")[-1] for r in READERS.all().values() for s in r.suffixes})
    files = st.file_uploader(
        "Eval outputs of one cycle, or of several", type=endings, accept_multiple_files=True, key="files"
    )
    if not files:
        formats = ", ".join(r.label for r in READERS.all().values())
        st.caption(f"Read are {formats}.")
        st.caption(NEEDED)
        picture.fetch_library()
        return
    tables = [bringing.read(file) for file in files]
    rows = pd.concat([t.rows.head(200) for t in tables], ignore_index=True)
    _preview(files, tables)
    chosen = mapping.choose(rows)
    tables = chosen.tables(tables)
    options = _place(tables, chosen.applied(rows), chosen.mapping)
    if st.button("Store and measure", type="primary", key="store"):
        _store(tables, options)


def _preview(files: list[UploadedFile], tables: list[RawTable]) -> None:
    for file, found in zip(files, tables, strict=True):
        lines = "1 line" if len(found.rejects) == 1 else f"{count(len(found.rejects))} lines"
        unread = f", {lines} could not be read" if len(found.rejects) else ""
        st.text(f"{plain(file.name)}: {count(len(found.rows))} rows{unread}")
    first = tables[0].rows.head(20)
    st.dataframe(first.map(_cell), hide_index=True, height=220)


def _cell(value: Any) -> str:
    """One cell to look at: vectors and long texts are cut."""
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else plain(value, 200)


def _place(tables: list[RawTable], rows: pd.DataFrame, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Lineage, cycle and facts, from the file where it has them."""
    st.subheader("Where it belongs")
    left, right = st.columns(2)
    with left:
        lineage = _lineage(rows, chosen.get("lineage", "lineage"))
    with right:
        cycle = _cycle(tables, chosen.get("cycle", "cycle"), lineage)
    options = bringing.facts()
    return {**options, "lineage": lineage, "cycle": cycle, "mapping": dict(chosen)}


def _lineage(rows: pd.DataFrame, column: str) -> str | None:
    known = desk.lineages(desk.now())["lineage"].tolist()
    own = _said(rows[column]) if column in rows else []
    options = [*([OWN] if own else []), NEW, *known]
    # Somebody else's lineage is never preset: only the file or the page one came from may name it.
    asked = st.query_params.get("lineage")
    start = options.index(asked) if not own and asked in known else 0
    shown = apart(options, lambda o: {OWN: "As in the file", NEW: "A new lineage"}.get(o) or plain(o))
    picked = st.selectbox("Lineage", options, index=start, key="to_lineage", format_func=shown)
    if picked == OWN:
        st.text("In the file: " + ", ".join(plain(v, 40) for v in own[:5]))
        return None
    if picked != NEW:
        return str(picked)
    name = st.text_input("Its name", key="to_name", placeholder="support-assistant", max_chars=120)
    return name.strip() if name and name.strip() else ""


def _said(column: pd.Series) -> list[str]:
    """The different texts of a column whose cells may be anything, in order."""
    return list(dict.fromkeys(text for v in column[~blank(column)] if (text := as_text(v)) is not None))


def _cycle(tables: list[RawTable], column: str, lineage: str | None) -> int | None:
    own = [t.rows[column] for t in tables if column in t.rows]
    if any((~blank(cells)).any() for cells in own):
        found = _numbers(pd.concat(own))
        said = f"{cycles(found[:40])}, as in the file" if found else "none that is a number"
        st.text_input("Cycle", value=said, disabled=True)
        return None
    known = desk.cycles(desk.now(), lineage)["cycle"].tolist() if lineage else []
    after = int(max(known, default=-1)) + 1
    # The key moves with the lineage, so that another lineage starts from its own next cycle.
    return int(st.number_input("Cycle", min_value=0, value=after, key=f"to_cycle_{after}"))


def _numbers(cells: pd.Series) -> list[int]:
    """The cycles that a column names; what is none is left to the gate, which says so."""
    numbers = pd.to_numeric(cells.map(as_number), errors="coerce")
    return sorted({int(v) for v in numbers[numbers.between(0, 2**31 - 1)]})


def _store(tables: list[RawTable], options: dict[str, Any]) -> None:
    if options["lineage"] == "":
        raise TailwatchError("The new lineage has no name.", do="Type one under 'Its name'.")
    bar = st.progress(0.0, text="Reading")
    try:
        report = pipeline.ingest(desk.store(), tables, progress=frame.filling(bar), **options)
    finally:
        bar.empty()
    written = [c for s in report.stored for c in s.written]
    lineage = report.stored[0].lineage
    if not written:
        frame.say_next("These cycles are here already, to the byte. Nothing was changed.")
    else:
        new = [s for s in report.stored if s.written]
        result.keep(new[0].lineage, new[0].written, report.notes)
        frame.say_next(f"Stored {cycles(written)} of {new[0].lineage}.")
        lineage = new[0].lineage
    st.switch_page("views/trends.py", query_params={"lineage": lineage})


page()
