"""A user's own lines: the rules that stand, and a form for another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import desk
from dashboard.parts import folded, frame
from dashboard.words import WORD, apart, part, plain
from metrics import pipeline
from metrics.core import METRICS, SEVERITIES, Metric
from metrics.rules.threshold import STATISTICS, checked


def show(at: desk.Revision, lineage: str, metric: str, slices: Sequence[str | None]) -> None:
    """The user's lines of this lineage, each with a button to delete it, and a form to draw another."""
    mine = desk.rules(at, lineage)
    with folded.away("Your own lines", "lines") as is_open:
        if not is_open:
            return
        for rule in mine:
            left, right = st.columns([5, 1], vertical_alignment="center")
            left.text(in_words(rule.options) + ("" if rule.lineage else " For every lineage."))
            if right.button("Delete", key=f"delete-{rule.id}"):
                desk.store().delete_rule(rule.id)
                _judge(lineage if rule.lineage else None)
                frame.say_next("The line is gone, and every cycle was judged again without it.")
                st.rerun()
        _form(lineage, desk.known(at, lineage)[metric], slices)


def in_words(options: Mapping[str, Any]) -> str:
    """A rule as a sentence."""
    spec = checked(options)
    known = METRICS.all().get(spec.get("metric", ""))
    name = known.label if known else plain(spec.get("metric"))
    of = f" of {part(spec['slice'])}" if spec.get("slice") else ""
    unit = "" if spec["statistic"] == "value" else f" {STATISTICS[spec['statistic']]}"
    lasting = f" for {spec['for_cycles']} cycles running" if spec["for_cycles"] > 1 else ""
    beyond = f"{spec['comparator']} {spec['line']:g}{unit}{lasting}"
    return f"{WORD[spec['severity']]} when {name}{of} is {beyond}."


def _form(lineage: str, metric: Metric, slices: Sequence[str | None]) -> None:
    with st.form("line", border=False):
        slice = slices[0] if slices else None
        of = f" of {part(slice)}" if slice and len(slices) == 1 else ""
        st.text(f"Raise an alert when {plain(metric.label)}{of} is")
        if len(slices) > 1:
            several = [s for s in slices if s is not None]
            slice = st.selectbox("Of which", several, key="line_slice", format_func=apart(several, part))
        one, two, three = st.columns(3)
        side = one.selectbox("Side", ("below", "above"), key="line_side")
        number = two.number_input("Line", value=None, format="%.4g", key="line_at", placeholder="0.3")
        kind = three.selectbox("Of", list(STATISTICS), format_func=lambda s: STATISTICS[s], key="line_of")
        running = one.number_input("For cycles running", min_value=1, value=1, key="line_for")
        severity = two.selectbox("Severity", SEVERITIES, format_func=lambda s: WORD[s], key="line_severity")
        if st.form_submit_button("Draw the line"):
            options = {
                "metric": metric.name, "slice": slice, "statistic": kind, "comparator": side, "line": number,
                "for_cycles": running, "severity": severity,
            }  # fmt: skip
            spec = {k: v for k, v in checked(options).items() if v is not None}
            desk.store().add_rule(lineage, "threshold", spec)
            _judge(lineage)
            frame.say_next(f"Drawn: {in_words(spec)}")
            st.rerun()


def _judge(lineage: str | None) -> None:
    bar = st.progress(0.0, text="Judging every cycle again")
    pipeline.refresh(desk.store(), lineage, progress=frame.filling(bar))
