"""A user's own rules: those that stand, what each does on this lineage, and a form for another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import desk
from dashboard.parts import folded, frame, ruleform, trying
from dashboard.parts.drawing import shape
from dashboard.words import apart, part, safe
from metrics import pipeline
from metrics.store import UserRule
from metrics.terms import checked, in_words


def show(at: desk.Revision, lineage: str, metric: str | None = None, slice: str | None = None) -> None:
    """The rules that apply to a lineage, and a form for another, which starts from this metric and slice."""
    mine = desk.rules(at, lineage)
    for rule in mine:
        with st.container(border=True, key=f"rule-{rule.id}"):
            _rule(at, lineage, rule)
    if st.session_state.get("_changing") not in {r.id for r in mine}:
        st.session_state.pop("_changing", None)
        st.text("Another rule" if mine else "Raise an alert of your own when a metric meets a line.")
        ruleform.show(at, lineage, ruleform.Start(metric=metric, slice=slice))


def away(
    at: desk.Revision, lineages: Sequence[str], metric: str | None = None, slice: str | None = None
) -> None:
    """The same, folded away; of several lineages one is chosen."""
    with folded.away("Rules of your own", "rules") as is_open:
        if not is_open:
            return
        name = lineages[0]
        if len(lineages) > 1:
            name = str(st.selectbox("Lineage", lineages, key="rules_of", format_func=apart(lineages)))
        show(at, name, metric, slice)


def spoken(options: Mapping[str, Any]) -> str:
    """A rule as a sentence."""
    return in_words(checked(options), part)


def _rule(at: desk.Revision, lineage: str, rule: UserRule) -> None:
    if st.session_state.get("_changing") == rule.id:
        ruleform.show(at, lineage, ruleform.Start(rule=rule))
        return
    severity = checked(rule.options)["severity"]
    every = "" if rule.lineage else " For every lineage."
    st.html(
        f'<p class="tw-says">{shape(severity, frame.theme())}'
        f' <b class="tw-name">{safe(spoken(rule.options) + every)}</b></p>'
        + "".join(f'<p class="tw-says tw-quiet">{safe(line)}</p>' for line in _was(at, rule))
    )
    does = trying.trial(at, lineage, rule.options).in_words()
    st.html(f'<p class="tw-says" data-testid="does">{safe(does, 1000)}</p>')
    with st.container(horizontal=True, vertical_alignment="center"):
        _actions(rule)


def _was(at: desk.Revision, rule: UserRule) -> list[str]:
    """What the rule was before it was last changed."""
    log = desk.rule_log(at)
    mine = log[(log["rule"] == rule.id) & (log["event"] != "deleted")]
    if len(mine) < 2 or mine["event"].iloc[-1] != "changed":
        return []
    before, since = json.loads(mine["options"].iloc[-2]), pd.Timestamp(mine["said_at"].iloc[-1])
    return [f"Changed on {since:%d %B %Y}; before: {spoken(before)}"]


def _actions(rule: UserRule) -> None:
    if st.session_state.get("_deleting") != rule.id:
        if st.button("Change", key=f"change-{rule.id}"):
            st.session_state["_changing"] = rule.id
            st.rerun()
        if st.button("Delete", key=f"delete-{rule.id}"):
            st.session_state["_deleting"] = rule.id
            st.rerun()
        return
    st.text("Delete this rule? Its alerts leave the list; the log keeps what was said.")
    if st.button("Delete it", key=f"sure-{rule.id}", type="primary"):
        desk.store().delete_rule(rule.id)
        del st.session_state["_deleting"]
        bar = st.progress(0.0, text="Judging every cycle again")
        pipeline.refresh(desk.store(), rule.lineage, progress=frame.filling(bar))
        frame.say_next("The rule is gone, and every cycle was judged again without it.")
        st.rerun()
    if st.button("Keep it", key=f"keep-{rule.id}"):
        del st.session_state["_deleting"]
        st.rerun()
