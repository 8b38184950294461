"""What the eval set of a lineage can see: the smallest loss of each voter, and what would show less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard import desk
from dashboard.parts import drawing, folded
from dashboard.words import count, number, safe
from metrics import advising
from metrics.core import METRICS

ASKED = (
    "A loss that stays is seen if it is this large or larger. Smaller ones hide in the noise: that of the"
    " prompts, which more of them lessen, and that of retraining, which they do not. A rate that should be"
    " low loses outputs that are well: of duplicates, those that repeat nothing."
)


def smallest(at: desk.Revision, lineage: str) -> list[str]:
    """The smallest loss of the tail that would be seen, or else of the first voter, as a fact; or none."""
    plan = desk.plan(at, lineage)
    first = next((row for row in plan["metrics"] if row["votes"]), None) if plan else None
    if first is None or first["loss"] is None:
        return []
    label = safe(first["label"].lower())
    return [f"Smallest loss it could see: <b>{advising.percent(first['loss'])}</b> of {label}"]


def show(at: desk.Revision, lineage: str, theme: str) -> None:
    """Advice where the eval set is thin in the tail, and a fold with one line for each voter."""
    plan = desk.plan(at, lineage)
    if not plan or not plan["metrics"]:
        return
    if plan["advice"]:
        st.text(plan["advice"])
    with folded.away("What this eval set could see", "visible") as is_open:
        if not is_open:
            return
        st.html(f'<p class="tw-says">{safe(plan["message"], 1000)}</p>')
        st.html(_rows(plan, theme))
        goal = f"within {plan['within']} cycles, {plan['power']:.0%} of the time{advising.at(plan['cycles'])}"
        st.html(f'<p class="tw-says tw-quiet">{ASKED} Seen is what raises an alert {goal}.</p>')


def _rows(plan: Mapping[str, Any], theme: str) -> str:
    names = ("", "", "smallest loss", f"to see {plan['loss']:.0%}", "with what is there")
    top = "".join(f'<span class="tw-value">{name}</span>' for name in names)
    most = max((row["loss"] or 1.0 for row in plan["metrics"]), default=1.0)
    rows = "".join(_row(row, plan, most, theme) for row in plan["metrics"])
    return f'<div class="tw-list"><div class="tw-item tw-head tw-quiet">{top}</div>{rows}</div>'


def _row(row: Mapping[str, Any], plan: Mapping[str, Any], most: float, theme: str) -> str:
    link = f"?{urlencode({'lineage': plan['lineage'], 'metric': row['metric']})}#one-metric"
    loss = row["loss"]
    shown = "none" if loss is None else advising.percent(loss)
    needed = "no number" if row["needed"] is None else count(row["needed"])
    bar = drawing.bar((1.0 if loss is None else loss) / most, METRICS.get(row["metric"]).family, theme)
    return (
        f'<div class="tw-item" data-testid="visible-{safe(row["metric"])}">'
        f'<a href="{safe(link, 2000)}" target="_self">{safe(row["label"], 60)}</a>{bar}'
        f'<span class="tw-value">{shown}</span><span class="tw-value tw-quiet">{needed}'
        f'<span class="tw-narrow"> for {plan["loss"]:.0%}</span></span>'
        f'<span class="tw-quiet">{_words(row)}</span></div>'
    )


def _words(row: Mapping[str, Any]) -> str:
    rests = f"{count(row['n'])} {row['counts']}"
    if not row["votes"]:
        return f"{rests}: too few to vote"
    if row["seen"] is None:
        return f"{rests}: no fall from {number(row['baseline'])} is deep enough"
    return f"{rests}: from {number(row['baseline'])} to {number(row['seen'])}"
