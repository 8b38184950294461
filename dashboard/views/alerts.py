"""Alerts: what is wrong, since when, how sure, on what evidence, and whether somebody has seen it."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import desk, evidence
from dashboard.parts import acknowledging, baselines, bell, frame, picture, rules, status
from dashboard.story import Story
from dashboard.words import plain, z_digits, z_text
from metrics.bell import raised_by
from metrics.core import METRICS
from metrics.narrowing import METRIC_LINE

PER_PAGE = 10
_TIMES = re.compile(r"([\d.]+) times its normal movement")
STATES = ("open", "acknowledged", "accepted", "resolved")
NOTHING = {
    "open": "No alert is open.",
    "acknowledged": "No alert is acknowledged and still standing.",
    "accepted": "Nobody has accepted what an alert was about as a new baseline.",
    "resolved": "No alert has come to its end yet.",
}


def page() -> None:
    """Alerts of one state, the worst first; under them whether one would come."""
    at = desk.now()
    _alerts(at, desk.alerts(at))
    names = status.by_urgency(at, desk.lineages(at))["lineage"].tolist()
    if names:
        rules.away(at, names)
    bell.show(at)


def _alerts(at: desk.Revision, rows: pd.DataFrame) -> None:
    st.title("Alerts")
    counts = rows["state"].value_counts()
    state = st.segmented_control(
        "State", STATES, default="open", required=True, key="state", bind="query-params",
        format_func=lambda s: f"{s.capitalize()} {counts.get(s, 0)}", label_visibility="collapsed",
    )  # fmt: skip
    shown = status.worst_first(rows[rows["state"] == state])
    if shown.empty:
        st.text(NOTHING[state])
        return
    pages = -(-len(shown) // PER_PAGE)
    nth = min(st.session_state.get("alerts_page") or 1, pages)
    for i, (_, alert) in enumerate(shown.iloc[(nth - 1) * PER_PAGE : nth * PER_PAGE].iterrows()):
        _alert(at, alert, i)
    if pages > 1:
        st.pagination(pages, key="alerts_page")


def _alert(at: desk.Revision, alert: pd.Series, nth: int) -> None:
    with st.container(border=True, key=f"card-{alert['severity']}-{nth}"):
        st.html(
            status.headline(alert["severity"], frame.theme(), alert["lineage"], _span(alert))
            + f'<p class="tw-says" data-testid="sentence">{status.explained(alert["message"])}</p>'
            + f'<div class="tw-facts"><span>{"</span><span>".join(_sure(alert))}</span></div>'
            + _what_z_is(alert)
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            _actions(alert, nth)
        if alert["state"] in ("open", "acknowledged"):
            baselines.accept(at, alert, key=f"{nth}")
        if evidence.rows(alert["evidence"]):
            with st.expander("Evidence", expanded=nth == 0):
                _evidence(at, alert, nth)


def _span(alert: pd.Series) -> str:
    first, last = int(alert["first_cycle"]), int(alert["last_cycle"])
    raised = f"raised at cycle {first}"
    if alert["state"] == "resolved":
        return f"{raised}, over at cycle {int(alert['resolved_cycle'])}"
    if alert["state"] == "accepted":
        return f"{raised}, accepted with the baseline from cycle {int(alert['accepted_cycle'])} on"
    return raised if first == last else f"{raised}, still so at cycle {last}"


def _sure(alert: pd.Series) -> list[str]:
    """Since when, and how sure, in parts."""
    out = [f"Since <b>cycle {int(alert['since_cycle'])}</b>"]
    mine = _own_row(alert)
    if mine is not None:
        out.append(f"How sure: z <b>{z_text(mine['z'], METRIC_LINE)}</b>, low from {METRIC_LINE:g}")
    strength = evidence.strength(alert["evidence"])
    if strength is not None:
        who = "How sure:" if mine is None else "All voting metrics together"
        out.append(f"{who} <b>{max(strength, 0.0):.1f} times</b> the line of the alarm")
    out.append(f"Rule: {raised_by(str(alert['rule']))}")
    return out


def _own_row(alert: pd.Series) -> dict[str, Any] | None:
    """What the evidence says of the metric that the alert is about."""
    metric = evidence.about(alert["evidence"]) or alert["metric"]
    return next((r for r in evidence.rows(alert["evidence"]) if r["metric"] == metric), None)


def _what_z_is(alert: pd.Series) -> str:
    """How z comes from the number that the sentence above it names."""
    row = _own_row(alert)
    if row is None:
        return ""
    label = METRICS.get(row["metric"]).label if row["metric"] in METRICS.all() else ""
    told = _TIMES.search(alert["message"]) if label and alert["message"].startswith(label) else None
    said = f"that {told[1]}" if told else "the number of normal movements"
    return (
        f'<div class="tw-quiet">z is {said}, corrected for how few cycles the noise was learned from.</div>'
    )


def _actions(alert: pd.Series, nth: int) -> None:
    query = {"lineage": alert["lineage"]}
    if isinstance(alert["metric"], str):
        query["metric"] = alert["metric"]
    if isinstance(alert["slice"], str):
        query["slice"] = alert["slice"]
    st.page_link("views/trends.py", label="Look", query_params=query)
    if alert["state"] == "open":
        note = st.text_input(
            "Note",
            key=f"note-{alert['id']}",
            placeholder="A note, if you like",
            label_visibility="collapsed",
            width=260,
        )
        acknowledging.button(alert, key=f"acknowledge-{nth}", note=note or "")
    for did in ("acknowledged", "accepted"):
        if pd.notna(alert[f"{did}_at"]):
            note = alert["note" if did == "acknowledged" else "accepted_note"]
            when = f"{pd.Timestamp(alert[f'{did}_at']):%d %B %Y, %H:%M}"
            st.text(f"{did.capitalize()} {when}. {plain(note, 500) if isinstance(note, str) else ''}")


def _evidence(at: desk.Revision, alert: pd.Series, nth: int) -> None:
    st.caption(
        "Left of 0 is worse. A metric that reaches the dashed line for two cycles running is low; the alarm"
        " rings where all metrics together lie lower, for longer, than a healthy lineage does."
    )
    story = Story(
        alert["lineage"], (), (), movements=evidence.movements(alert["evidence"]), theme=frame.theme()
    )
    picture.show("evidence", story, key=f"evidence-{nth}")
    catalog = METRICS.all()
    table = pd.DataFrame(evidence.rows(alert["evidence"]))
    table["metric"] = [catalog[m].label if m in catalog else m for m in table["metric"]]
    digits = max(z_digits(z, METRIC_LINE) for z in table["z"])
    # Nothing has no sign.
    table["z"] = table["z"].round(digits) + 0.0
    table["change"] = (100 * table["change"]).round(1) + 0.0
    table["noise"] = 100 * table["noise"]
    st.dataframe(
        table[["metric", "change", "noise", "value", "baseline", "z"]],
        hide_index=True,
        column_config={
            "value": st.column_config.NumberColumn(format="%.3g"),
            "baseline": st.column_config.NumberColumn(format="%.3g"),
            "change": st.column_config.NumberColumn("change", format="%+.1f %%"),
            "noise": st.column_config.NumberColumn("normal movement", format="%.1f %%"),
            "z": st.column_config.NumberColumn("z", format=f"%+.{digits}f"),
        },
    )


page()
