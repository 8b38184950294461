"""The alarm bell, pressed from the app, and what it came to the last time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import desk
from dashboard.parts import frame
from dashboard.parts.drawing import shape
from dashboard.words import WORD, apart, safe
from metrics.bell import conclusion, seen_by, sentences, share, worse
from metrics.injecting import INJECTIONS

WHAT = (
    "Narrowing of known kind and strength is planted in copies of a lineage's own outputs, which go on from"
    " its last healthy cycle. Which alerts come, and after how many cycles? The lineage itself is only read,"
    " and scores stay as they are: an alarm must not need them."
)
KEY = (
    "A cell says which alert comes first, after how many narrowed cycles, and which metric sees it; hover for"
    " its sentence. The columns are the share of the outputs that was changed."
)
ABSENT = '<td><span class="tw-quiet">not possible</span></td>'
WAIT = "A minute or two for some hundred prompts, longer for many. Leaving the page stops it."


def show(at: desk.Revision) -> None:
    """A lineage to choose, a button to press, and the last result."""
    names = desk.lineages(at)["lineage"].tolist()
    if not names:
        return
    st.subheader("Would an alert come?", anchor=False)
    st.html(f'<p class="tw-says">{WHAT}</p>')
    with st.container(horizontal=True, vertical_alignment="bottom"):
        lineage = _lineage(at, names)
        pressed = st.button("Press the alarm bell", key="press", help=WAIT)
    every = st.checkbox("At 5 and 40 % of the outputs too, which takes over twice as long", key="press_all")
    if pressed:
        _press(lineage, every)
    kept = desk.selftest(at, lineage)
    if kept is not None:
        _last(kept.result, kept.current, pd.Timestamp(kept.made_at))


def _lineage(at: desk.Revision, names: list[str]) -> str:
    """The lineage to look at: at first the one that was pressed last."""
    last = desk.last_selftest(at)
    start = names.index(last) if last in names else 0
    return st.selectbox(
        "Lineage", names, index=start, key="bell_lineage", format_func=apart(names), width=300
    )


def _press(lineage: str, every: bool) -> None:
    from metrics import selftest

    bar = st.progress(0.0, text="Reading")
    try:
        chosen = {} if every else selftest.QUICK
        result = selftest.press(desk.store(), lineage, progress=frame.filling(bar), **chosen)
    finally:
        bar.empty()
    desk.store().save_selftest(lineage, result)
    frame.say_next(conclusion(result))
    st.rerun()


def _last(result: Mapping[str, Any], current: bool, when: pd.Timestamp) -> None:
    since = "" if current else " The lineage has changed since."
    said = "".join(f'<p class="tw-says">{safe(s)}</p>' for s in sentences(result))
    st.html(
        f'<p class="tw-says tw-lead" data-testid="bell">{safe(conclusion(result), 1000)}</p>'
        f'<p class="tw-says tw-quiet">Pressed {when:%d %B %Y, %H:%M}.{since} {KEY}</p>'
        f"{_table(result['injections'])}{said}"
    )


def _table(cells: Sequence[Mapping[str, Any]]) -> str:
    """Kinds down, strengths across."""
    columns = {c["strength"]: share(c) for c in cells}
    heads = "".join(f"<th>{words}</th>" for words in columns.values())
    rows = ""
    for kind, mine in groupby(cells, lambda c: c["label"]):
        found = list(mine)
        by_strength = {c["strength"]: _cell(c) for c in found}
        head = f'<span class="tw-term" title="{_what(found[0]["injection"])}">{safe(kind)}</span>'
        rows += f"<tr><th>{head}</th>{''.join(by_strength.get(s, ABSENT) for s in columns)}</tr>"
    return f'<div class="tw-wide"><table class="tw-bell"><tr><td></td>{heads}</tr>{rows}</table></div>'


def _what(name: str) -> str:
    """What a kind of narrowing does; a result may be of one that is gone."""
    found = INJECTIONS.all().get(name)
    return safe(" ".join(found.doc.split()), 400) if found else ""


def _cell(cell: Mapping[str, Any]) -> str:
    alert = cell["alert"] or next(iter(cell["alerts"]), None)
    if alert is None:
        return '<td><span class="tw-quiet">no alert</span></td>'
    word = f"{WORD[alert['severity']].lower()} after {alert['after']}"
    quality = "" if cell["quality"] != "dropped" else "; mean score dropped"
    return (
        f'<td title="{safe(alert["message"], 600)}"><span class="tw-line">'
        f"{shape(alert['severity'], frame.theme())}<span>{word}</span></span>"
        f'<span class="tw-quiet">{safe(seen_by(alert), 120)}{worse(alert)}{quality}</span></td>'
    )
