"""How it is measured: every metric and every rule in its own words, found in their folders."""

from __future__ import annotations

import math
import re

import streamlit as st

from dashboard.palette import family_colour, palette
from dashboard.parts import frame
from dashboard.parts.drawing import shape
from dashboard.words import FAMILY, HEALTHY, MEANING, STATUSES, WORD, safe
from metrics.core import METRICS, RULES, Metric

ORDER = tuple(FAMILY)
_NAME = re.compile(r"`([^`]+)`")
POINT = (
    "A point is one metric over the eval outputs of one cycle. Its band is the 95 % interval: how much the"
    " value hangs on the prompts that happen to be in the eval set. Every cycle is measured at the same size"
    " as its baseline, so that no trend comes from size alone. A value that cannot be known is a gap with a"
    " word, never 0."
)


def page() -> None:
    """Statuses, intervals, metrics by family, rules."""
    st.title("How it is measured")
    _statuses()
    st.subheader("What a point and its band are")
    st.html(f'<p class="tw-says">{POINT}</p>')
    _metrics()
    st.subheader("Rules")
    for rule in RULES.all().values():
        with st.container(border=True):
            st.html(f'<div class="tw-line"><span class="tw-name">{safe(rule.label)}</span></div>')
            _doc(rule.doc)


def _statuses() -> None:
    st.subheader("What the statuses say")
    theme = frame.theme()
    rows = "".join(
        f'<div class="tw-line tw-row">{shape(s, theme)}<span class="tw-word">{WORD[s]}</span>'
        f"<span>{safe(MEANING[s])}</span></div>"
        for s in STATUSES
    )
    st.html(rows)


def _metrics() -> None:
    st.subheader("Metrics")
    found = list(METRICS.all().values())
    families = [f for f in ORDER if any(m.family == f for m in found)]
    picked = st.pills(
        "Family", families, format_func=lambda f: FAMILY.get(f, f), key="family", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    for metric in sorted(found, key=lambda m: (ORDER.index(m.family), m.label)):
        if picked in (None, metric.family):
            _metric(metric)


def _metric(metric: Metric) -> None:
    colour = family_colour(palette(frame.theme()), metric.family)
    with st.container(border=True, key=f"metric-{metric.name}"):
        st.html(
            f'<div class="tw-line"><span class="tw-swatch" style="background:{colour}"></span>'
            f'<span class="tw-name">{safe(metric.label)}</span>'
            f'<span class="tw-quiet">{safe(metric.name)}</span></div>'
            f'<div class="tw-facts"><span>{"</span><span>".join(_facts(metric))}</span></div>'
        )
        _doc(metric.doc)
        st.html(f'<div class="tw-quiet">{safe(metric.source)}</div>')


def _facts(metric: Metric) -> list[str]:
    facts = [
        FAMILY[metric.family],
        f"healthy: {HEALTHY[metric.healthy]}",
        f"range {_range(metric)}",
        f"unit: {safe(metric.unit)}",
        f"needs {safe(', '.join(metric.needs))}",
        f"version {metric.version}",
    ]
    return [*facts, "votes in the early warning"] if metric.votes else facts


def _range(metric: Metric) -> str:
    low, high = metric.bounds
    ends = [f"from {low:g}" if math.isfinite(low) else "", f"to {high:g}" if math.isfinite(high) else ""]
    return " ".join(e for e in ends if e) or "that of the score"


def _doc(doc: str) -> None:
    """A docstring: its words as text, its example as code."""
    words, _, example = doc.partition(">>>")
    for paragraph in words.split("\n\n"):
        if paragraph.strip():
            shown = _NAME.sub(r"<code>\1</code>", safe(" ".join(paragraph.split()), 4000))
            st.html(f'<p class="tw-says">{shown}</p>')
    if example:
        st.code(f">>>{example}".rstrip(), language=None)


page()
