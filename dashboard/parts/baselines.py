"""The baseline: what counts as normal, what was chosen so far and why, and a form to choose another."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import desk
from dashboard.parts import folded, frame, hints
from dashboard.words import apart, plain
from metrics import pipeline
from metrics.baselines import Choice, count_text
from metrics.choosing import silenced
from metrics.core import FEWEST_BASELINE, TailwatchError
from metrics.printing import parse_cycles

FIRST, CHOSEN, LIKE, HUMAN = "The first cycles", "Chosen cycles", "A control lineage", "The human reference"
WHAT = {
    FIRST: "So many first cycles, wherever an evaluation begins.",
    CHOSEN: "Every cycle after these is compared with them. What was said before them stays.",
    LIKE: "Another lineage that is known to be well: this one is compared with its baseline.",
    HUMAN: "What people wrote: diversity, entropy and coverage have a value there, a score has none. An alarm"
    " that is there at once says how far the model is from people, not that it is getting worse.",
}
USUAL = 4


def show(at: desk.Revision, lineage: str) -> None:
    """What counts as normal and what was chosen, folded away, with a form."""
    choice, history, _ = desk.baselines(at, lineage)
    with folded.away("The baseline", "baseline") as is_open:
        if not is_open:
            return
        st.text(f"Compared with {plain(choice.words, 200)}.")
        if len(history):
            _table(history)
        _form(at, lineage)


def _table(history: pd.DataFrame) -> None:
    rows = {
        "chosen": history["pinned_at"],
        "baseline": [plain(Choice.parse(spec).words) for spec in history["baseline"]],
        "note": [plain(note, 500) for note in history["note"]],
        "accepted from": [f"cycle {int(c)}" if pd.notna(c) else "" for c in history["accepted_cycle"]],
        "before": [plain(Choice.parse(spec).words) for spec in history["instead"]],
    }
    when = st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm")
    shown = {"chosen": when, "note": st.column_config.TextColumn(width="large")}
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=shown)


def _form(at: desk.Revision, lineage: str) -> None:
    rows = desk.lineages(at)
    others = [name for name in rows["lineage"] if name != lineage]
    human = bool(rows.set_index("lineage")["reference_digest"].notna()[lineage])
    kinds = [FIRST, CHOSEN, *([LIKE] if others else []), *([HUMAN] if human else [])]
    kind = st.radio("Compare with", kinds, key="baseline_kind", horizontal=True)
    st.caption(WHAT[kind])
    choice: dict[str, Any] = {"reference": True} if kind == HUMAN else {}
    if kind == FIRST:
        choice["first"] = st.number_input("How many", FEWEST_BASELINE, 100, USUAL, key="baseline_first")
    elif kind == CHOSEN:
        choice["cycles"] = st.text_input("Cycles", key="baseline_cycles", placeholder="8-11 or 2, 3, 5")
    elif kind == LIKE:
        choice["like"] = st.selectbox("Control", others, key="baseline_like", format_func=apart(others))
    note = st.text_input("Note", key="baseline_note", placeholder="Why, for whoever looks at it later")
    if st.button("Take it as the baseline", key="baseline_take"):
        _choose(lineage, note=note, **choice)


def accept(at: desk.Revision, alert: pd.Series, key: str) -> None:
    """A fold in which a person makes the cycles since an alert began the new normal, and says why."""
    lineage, since = str(alert["lineage"]), int(alert["since_cycle"])
    with folded.away("Accept as new baseline", f"accept-{key}") as is_open:
        if not is_open:
            return
        known = desk.history(at, lineage).standings
        cycles = [s.cycle for s in known if s.segment == known[-1].segment and s.cycle >= since][-USUAL:]
        if len(cycles) < FEWEST_BASELINE:
            need = count_text(FEWEST_BASELINE).capitalize()
            st.text(f"{need} cycles since cycle {since} are needed for it; so far there are {len(cycles)}.")
            return
        with st.form(f"accept-form-{key}", border=False):
            st.text("From then on what was lost counts as normal. The alert is closed, with your note.")
            text = st.text_input("Cycles", f"{cycles[0]}-{cycles[-1]}", key=f"accept-cycles-{key}")
            hint = "Why this is meant, such as: new product line"
            note = st.text_input("Note", key=f"accept-note-{key}", placeholder=hint)
            if st.form_submit_button("Accept"):
                _choose(lineage, cycles=text, note=note)


def _choose(lineage: str, **choice: Any) -> None:
    bar = st.progress(0.0, text="Judging every cycle by it")
    try:
        if "cycles" in choice:
            choice["cycles"] = parse_cycles(choice["cycles"])
        before = desk.store().alerts(lineage)
        chosen = pipeline.choose_baseline(desk.store(), lineage, progress=frame.filling(bar), **choice)
    except TailwatchError as error:
        bar.empty()
        frame.wrong(hints.sentence(error))
        return
    gone = len(silenced(before, desk.store().alerts(lineage)))
    away = f" By it {gone} alert{' that stood is' if gone == 1 else 's that stood are'} none." if gone else ""
    frame.say_next(f"From now on it is compared with {chosen.words}. Every cycle was judged again.{away}")
    st.rerun()
